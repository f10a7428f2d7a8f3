"""Contract suites: inherit one, and your own rule or actor is held to what the engines rely on.

The suites need no test framework: their methods are plain assertions whose names pytest collects
from your subclass. Name the subclass ``Test...``.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from balloon.behaviour import Behaviour
from balloon.behaviour.inputs import Enforcement, Traits, View
from balloon.errors import EngineError

if TYPE_CHECKING:
    from balloon.engines.objects import Actor, BalloonModel
    from balloon.scenario import Scenario

__all__ = ["ActorContract", "RuleContract", "enforcements", "small_scenario", "traits", "views"]


def traits() -> Iterator[Traits]:
    """Actors of two groups, from the fearless to the fearful, exposed or not.

    Examples
    --------
    >>> len(list(traits()))
    8
    """
    for group, risk_aversion, exposure in product((0, 1), (0.0, 40.0), (0.0, 1.5)):
        yield Traits(group, risk_aversion, exposure)


def views() -> Iterator[View]:
    """Platforms with all that an actor may see of them, at the ends of every range.

    Examples
    --------
    >>> sum(view.friction == 0 for view in views()) > 0
    True
    """
    for number, asc, peers, belief, mean_belief, friction, onboarding_cost in product(
        (0, 2), (-1.0, 1.0), (0.0, 1.0), (0.0, 0.999), (0.0, 0.5), (0.0, 2.5), (0.0, 1.0)
    ):
        yield View(number, asc, peers, belief, mean_belief, friction, onboarding_cost)


def enforcements() -> Iterator[Enforcement]:
    """Platforms with all that the police may do there.

    Examples
    --------
    >>> Enforcement(platform=0, undercover=0.0, requests=0.0, cooperation=0.0) in enforcements()
    True
    """
    for platform, undercover, requests, cooperation in product((0, 2), (0.0, 0.2), (0.0, 3.0), (0.0, 1.0)):
        yield Enforcement(platform, undercover, requests, cooperation)


def small_scenario(behaviour: Behaviour | None = None, *, actors: int = 80, steps: int = 8) -> Scenario:
    """A scenario in which something of everything happens, small enough for a test.

    Examples
    --------
    >>> small_scenario(actors=20).population.actors
    20
    """
    from dataclasses import replace

    from balloon.files import load

    lively = Behaviour(
        peer_influence=1.0, vigilance=2.0, spillover=0.3, revision_rate=0.5, switching_cost=1.0
    )
    changes = {"population.actors": actors, "platforms.Telegram.requests": 1.0}
    scenario = load("minimal").with_(changes).with_(steps=steps)
    return replace(scenario, behaviour=behaviour or lively)


class RuleContract:
    """What the engines rely on in an own rule; set ``behaviour`` to a `Behaviour` that has it.

    Examples
    --------
    >>> def homesick(traits, view, parameters):
    ...     return view.asc - parameters.switching_cost * view.friction * view.friction
    >>> class TestHomesick(RuleContract):
    ...     behaviour = Behaviour(utility=homesick)
    >>> TestHomesick().test_every_value_is_a_finite_number()
    """

    behaviour: ClassVar[Behaviour]

    def calls(self) -> Iterator[tuple[str, Callable[..., float], tuple[Any, ...]]]:
        """Every rule in force, with arguments from the whole range: name, rule, arguments."""
        from balloon.behaviour import rules

        numbers, mine = self.behaviour.parameters, self.behaviour.own_rules
        utility = mine.get("utility", rules.utility)
        hazard = mine.get("hazard", rules.hazard)
        revision_rate = mine.get("revision_rate_rule", rules.revision_rate)
        for who in traits():
            for view in views():
                yield "utility", utility, (who, view, numbers)
            for works in enforcements():
                yield "hazard", hazard, (who, works, numbers)
            for removed, weeks in product((0.0, 1.0), (1 / 7, 1.0, 30 / 7)):
                yield "revision_rate", revision_rate, (who, removed, weeks, numbers)

    def test_every_value_is_a_finite_number(self) -> None:
        """No nan, no infinity, nothing but a number."""
        for name, rule, given in self.calls():
            value = rule(*given)
            assert isinstance(value, float | int), f"{name}{given} gave {value!r}; need a number"
            assert math.isfinite(value), f"{name}{given} gave {value!r}; need a finite number"

    def test_rates_are_not_negative(self) -> None:
        """A hazard or a rate of revision below 0 means nothing."""
        for name, rule, given in self.calls():
            value = rule(*given)
            assert name == "utility" or value >= 0, f"{name}{given} gave {value!r}; need a rate >= 0"

    def test_the_same_inputs_give_the_same_value(self) -> None:
        """A rule has no memory and no luck."""
        forwards = [rule(*given) for _, rule, given in self.calls()]
        backwards = [rule(*given) for _, rule, given in reversed(list(self.calls()))]
        assert forwards == backwards[::-1], "a rule gave another value when it was called again"

    def test_the_compiled_rule_says_what_its_text_says(self) -> None:
        """Numba understood the rule; it may differ in the last digits, as in ``x ** 3``."""
        from balloon._jit import own, plain

        compiled: dict[Any, Callable[..., float]] = {}
        for name, rule, given in self.calls():
            fast, text = compiled.setdefault(rule, own(rule)), plain(rule)
            value, expected = fast(*given), text(*given)
            same = math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12)
            assert same, f"{name}{given} gave {value!r} compiled and {expected!r} as plain Python"

    def test_both_engines_run_it_with_equal_results(self) -> None:
        """To the last bit."""
        from balloon.simulate import simulate

        scenario = small_scenario(self.behaviour)
        one, other = (simulate(scenario, seed=1, engine=engine).data for engine in ("arrays", "objects"))
        for name in one.data_vars:
            assert np.array_equal(one[name], other[name]), f"the engines differ in {name}"


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
    >>> TestHomesick().test_every_value_is_a_finite_number()
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

    def test_every_value_is_a_finite_number(self) -> None:
        """No nan, no infinity, nothing but a number."""
        for call, value in self.values(self.model().slots[0]):
            assert isinstance(value, float | int), f"{call} gave {value!r}; need a number"
            assert math.isfinite(value), f"{call} gave {value!r}; need a finite number"

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
