"""What the engine of objects relies on in own actors."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from balloon.errors import EngineError
from balloon.testing.given import enforcements, small_scenario, traits, views

if TYPE_CHECKING:
    from balloon.engines.objects import Actor, BalloonModel
    from balloon.scenario import Scenario


class ActorContract:
    """What the engine of objects relies on in own actors; set ``actor`` to the subclass.

    Examples
    --------
    >>> from balloon import Actor
    >>> class Homesick(Actor):
    ...     def utility(self, traits, view):
    ...         return super().utility(traits, view) + (2.0 if view.friction == 0 else 0.0)
    >>> class TestHomesick(ActorContract):
    ...     actor = Homesick
    >>> TestHomesick().test_every_value_means_something()
    """

    actor: ClassVar[type[Actor]]

    def scenario(self) -> Scenario:
        """Where the actors are tried; override it for a scenario of your own."""
        return small_scenario()

    def model(self, *, seed: int = 1) -> BalloonModel:
        """A model of these actors before its first step."""
        from balloon.engines.objects import BalloonModel

        return BalloonModel(self.scenario(), seed=seed, actor=self.actor)

    def values(self, one: Actor) -> Iterator[tuple[str, float]]:
        """What an actor makes of arguments from the whole range: call, value."""
        for who in traits():
            for view in views():
                yield f"utility({who}, {view})", one.utility(who, view)
            for works in enforcements():
                yield f"hazard({who}, {works})", one.hazard(who, works)
            for removed, weeks in product((0.0, 1.0), (1 / 7, 1.0, 30 / 7)):
                value = one.revision_rate(who, removed, weeks)
                yield f"revision_rate({who}, {removed}, {weeks})", value

    def history(self, order: int) -> Any:
        """The counts of a whole run whose actors are activated in some order."""
        model = self.model()
        model.random.seed(order)
        while model.running:
            model.step()
        return model.series

    def test_every_value_means_something(self) -> None:
        """A finite number; a utility may be -inf, for what is never chosen."""
        for call, value in self.values(self.model().slots[0]):
            assert isinstance(value, float | int), f"{call} gave {value!r}; need a number"
            never = call.startswith("utility") and value == -math.inf
            assert never or math.isfinite(value), f"{call} gave {value!r}; need a finite number"

    def test_rates_are_not_negative(self) -> None:
        """A hazard or a rate of revision below 0 means nothing."""
        for call, value in self.values(self.model().slots[0]):
            assert call.startswith("utility") or value >= 0, f"{call} gave {value!r}; need a rate >= 0"

    def test_the_same_inputs_give_the_same_value(self) -> None:
        """No luck of its own, no memory of having been asked."""
        one = self.model().slots[0]
        again = "the actor gave another value when it was asked again"
        assert list(self.values(one)) == list(self.values(one)), again

    def test_it_does_not_matter_who_decides_first(self) -> None:
        """Nobody looks at what others decide in the same step."""
        one, other = self.history(1), self.history(2)
        for name in one._fields:
            same = np.array_equal(getattr(one, name), getattr(other, name))
            assert same, f"{name} depends on the order of activation"

    def test_nobody_is_lost(self) -> None:
        """Over platforms, dormant and removed, the actors always add up."""
        homes = self.history(1).actors.sum(axis=(1, 2))
        assert (homes == self.scenario().population.actors).all(), f"the actors add up to {homes}"

    def test_other_processes_can_find_it(self) -> None:
        """The class stands in a module, so that an executor of processes can run it."""
        assert pickle.loads(pickle.dumps(self.actor)) is self.actor  # noqa: S301 - our own bytes

    def test_the_compiled_engine_refuses_it(self) -> None:
        """Own methods run in the engine of objects only, and simulate says so."""
        from balloon.simulate import simulate

        refusal = ""
        try:
            simulate(self.scenario(), engine="arrays", actor=self.actor)
        except EngineError as error:
            refusal = str(error)
        assert "engine='objects'" in refusal, "the compiled engine took an own actor and ignored it"
