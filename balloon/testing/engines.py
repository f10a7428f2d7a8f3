"""What `simulate` relies on in an engine that follows actors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from balloon.testing.given import small_scenario

if TYPE_CHECKING:
    from balloon.engines.stage import Series
    from balloon.scenario import Scenario


class EngineContract:
    """What `simulate` relies on in an engine; set ``states`` to ``staticmethod(your function)``.

    The function takes a scenario, a seed and a replicate by keyword, and yields a state at the start and
    after every step. A state has ``t``, the steps done, and ``series``, the counts up to then (see
    `balloon.engines.stage.Series`). An engine that follows actors gives the same numbers as the compiled
    one, to the last bit: the addresses of luck leave nothing open.

    Examples
    --------
    >>> from balloon.engines import objects
    >>> class TestObjects(EngineContract):
    ...     states = staticmethod(objects.states)
    >>> TestObjects().test_nobody_is_lost()
    """

    states: ClassVar[Callable[..., Iterator[Any]]]

    def scenario(self) -> Scenario:
        """What is run; override it for a scenario of your own."""
        return small_scenario()

    def history(self, *, seed: int = 1, replicate: int = 0) -> Series:
        """The counts of a whole run."""
        *_, last = type(self).states(self.scenario(), seed=seed, replicate=replicate)
        series: Series = last.series
        return series

    def test_it_yields_the_start_and_every_step(self) -> None:
        """The caller decides what to keep, and when to stop."""
        steps = [state.t for state in type(self).states(self.scenario(), seed=1, replicate=0)]
        assert steps == list(range(self.scenario().steps + 1)), f"the states are those after steps {steps}"

    def test_nobody_is_lost(self) -> None:
        """Over platforms, dormant and removed, the actors always add up."""
        homes = self.history().actors.sum(axis=(1, 2))
        assert (homes == self.scenario().population.actors).all(), f"the actors add up to {homes}"

    def test_moves_lead_from_one_count_to_the_next(self) -> None:
        """Stayers stand on the diagonal: rows add up to the actors before, columns to those after."""
        series = self.history()
        actors = series.actors.sum(axis=1)
        for t in range(1, len(actors)):
            assert np.array_equal(series.moves[t].sum(axis=1), actors[t - 1]), f"step {t}: rows of moves"
            assert np.array_equal(series.moves[t].sum(axis=0), actors[t]), f"step {t}: columns of moves"

    def test_seed_and_replicate_name_the_luck(self) -> None:
        """The same names give the same run, others another one."""
        one, again = self.history(), self.history()
        differ = [
            name for name in one._fields if not np.array_equal(getattr(one, name), getattr(again, name))
        ]
        assert not differ, f"the same seed gave other numbers: {differ}"
        for other in (self.history(seed=2), self.history(replicate=1)):
            same = np.array_equal(one.actors, other.actors)
            assert not same, "another seed or replicate gave the same run"

    def test_it_tells_the_same_story_as_the_compiled_engine(self) -> None:
        """Every count and every belief, to the last bit."""
        from balloon.engines import arrays

        *_, last = arrays.states(self.scenario(), seed=1, replicate=0)
        mine = self.history()
        for name in last.series._fields:
            same = np.array_equal(getattr(mine, name), getattr(last.series, name))
            assert same, f"{name} differs from that of the compiled engine"
