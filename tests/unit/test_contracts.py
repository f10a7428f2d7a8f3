"""The contract suites hold what ships, and catch what breaks the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from balloon.engines import arrays, objects
from balloon.measures import concentration, gross_effect, total_net_effect, weighted_displacement_quotient
from balloon.testing import EngineContract, MeasureContract


class TestArrays(EngineContract):
    """The compiled engine."""

    states = staticmethod(arrays.states)


class TestObjects(EngineContract):
    """The engine of Mesa agents."""

    states = staticmethod(objects.states)


class TestGrossEffect(MeasureContract):
    def measure(self, baseline, alternative):
        return gross_effect((baseline[:, 0], alternative[:, 0]))


class TestQuotient(MeasureContract):
    def measure(self, baseline, alternative):
        target, buffer, everybody = _weighed(baseline, alternative)
        return weighted_displacement_quotient(target, buffer, everybody)


class TestTotalNetEffect(MeasureContract):
    def measure(self, baseline, alternative):
        return total_net_effect(*_weighed(baseline, alternative))


class TestConcentration(MeasureContract):
    def measure(self, baseline, alternative):
        return concentration(alternative[:, :-2]) - concentration(baseline[:, :-2])


def _weighed(*worlds):
    return (
        tuple(world[:, 0] for world in worlds),
        tuple(world[:, 1:-2].sum(axis=1) for world in worlds),
        tuple(world.sum(axis=1) for world in worlds),
    )


def broken(**wrong: Any) -> type[EngineContract]:
    """An engine that is the compiled one but for something."""

    def states(scenario, *, seed: int, replicate: int) -> Iterator[arrays.State]:
        seed = wrong.get("seed", seed)
        for state in arrays.states(scenario, seed=seed, replicate=replicate):
            changed = {
                name: edit(getattr(state.series, name)) for name, edit in wrong.items() if name != "seed"
            }
            yield state._replace(series=state.series._replace(**changed))

    return type("Broken", (EngineContract,), {"states": staticmethod(states)})


def plus(cell: tuple[int, ...]) -> Any:
    """One more in a cell."""

    def edit(counts):
        more = counts.copy()
        more[cell] += 1
        return more

    return edit


@pytest.mark.parametrize(
    ("wrong", "test", "sentence"),
    [
        ({"actors": plus((3, 0, 0))}, "test_nobody_is_lost", "the actors add up to"),
        ({"moves": plus((2, 0, 1))}, "test_moves_lead_from_one_count_to_the_next", "step 2: rows of moves"),
        ({"seed": 7}, "test_seed_and_replicate_name_the_luck", "another seed or replicate gave the same run"),
        (
            {"belief": plus((1, 0, 0))},
            "test_it_tells_the_same_story_as_the_compiled_engine",
            "belief differs",
        ),
    ],
)
def test_a_broken_engine_is_caught(wrong: dict[str, Any], test: str, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        getattr(broken(**wrong)(), test)()


def test_an_engine_that_yields_only_its_end_is_caught() -> None:
    def states(scenario, *, seed: int, replicate: int) -> Iterator[arrays.State]:
        yield arrays.final(scenario, seed=seed, replicate=replicate)

    lazy = type("Lazy", (EngineContract,), {"states": staticmethod(states)})()
    with pytest.raises(AssertionError, match=r"the states are those after steps \[8\]"):
        lazy.test_it_yields_the_start_and_every_step()


@pytest.mark.parametrize(
    ("measure", "test", "sentence"),
    [
        (lambda b, a: (b - a).mean(), "test_it_gives_one_number_a_replicate", r"gave shape \(\)"),
        (
            lambda b, a: (b - a)[:, 0] - (b - a)[:, 0].mean(),
            "test_a_replicate_does_not_know_of_the_others",
            "one by one",
        ),
        (
            lambda b, a: np.where(b[:, 0] > 0, a[:, 0], np.inf),
            "test_where_it_has_no_meaning_it_is_nan_and_nothing_is_said",
            "nobody is there to begin with: gave",
        ),
        (
            lambda b, a: a[:, 1] - b[:, 1],
            "test_it_does_not_depend_on_the_order_of_the_other_platforms",
            "another order",
        ),
    ],
)
def test_a_broken_measure_is_caught(measure: Any, test: str, sentence: str) -> None:
    contract = type("Broken", (MeasureContract,), {"measure": staticmethod(measure)})()
    with pytest.raises(AssertionError, match=sentence):
        getattr(contract, test)()


def test_a_division_by_zero_and_a_changed_count_are_errors_of_their_own() -> None:
    ratio = type("Ratio", (MeasureContract,), {"measure": staticmethod(lambda b, a: a[:, 0] / b[:, 0])})()
    with pytest.raises(RuntimeWarning, match=r"invalid value|divide by zero"):
        ratio.test_where_it_has_no_meaning_it_is_nan_and_nothing_is_said()

    def steals(b, a):
        b[:, 0] = 0
        return a[:, 0]

    thief = type("Thief", (MeasureContract,), {"measure": staticmethod(steals)})()
    with pytest.raises(ValueError, match="read-only"):
        thief.test_the_counts_are_left_as_they_are()
