"""The engine of objects and the compiled one tell the same story, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import balloon as bl
from balloon.contacts import Contacts
from balloon.engines import arrays, objects
from balloon.scenario import Scenario
from tests.golden.scenarios import ALL, closure, squeeze
from tests.twins.compare import checksum, differences, in_plain_python, in_step
from tests.twins.own_rules import ALL as OWN_RULES
from tests.twins.worlds import alarms, worlds

seeds = st.integers(0, 2**63 - 1)
many = settings(
    # The numbers of a world are short as they are; shrinking one costs minutes.
    phases=(Phase.explicit, Phase.generate),
)


def activated_by(luck: int, scenario: Scenario, *, seed: int) -> Iterator[objects.State]:
    """States of the object engine with another order of activation."""
    states = objects.states(scenario, seed=seed, replicate=0)
    first = next(states)
    first.model.random.seed(luck)
    yield first
    yield from states


@settings(many, max_examples=150)
@given(scenario=worlds(), seed=seeds, replicate=st.integers(0, 2**32 - 1))
def test_both_engines_tell_the_same_story_of_any_world(scenario: Scenario, seed: int, replicate: int) -> None:
    ones = arrays.states(scenario, seed=seed, replicate=replicate)
    others = objects.states(scenario, seed=seed, replicate=replicate)
    assert in_step(ones, others) == scenario.steps


@settings(many, max_examples=25)
@given(scenario=worlds(own=False), seed=seeds, luck=st.integers(0, 2**32))
def test_it_does_not_matter_who_decides_first(scenario: Scenario, seed: int, luck: int) -> None:
    ones = activated_by(luck, scenario, seed=seed)
    others = activated_by(luck + 1, scenario, seed=seed)
    assert in_step(ones, others) == scenario.steps


def test_a_hub_that_knows_everybody_is_seen_alike_by_both_engines() -> None:
    n = 1200  # several blocks, and more contacts than a byte counts
    star = Contacts.given(n, [(0, k) for k in range(1, 700)] + [(k, k + 1) for k in range(1, n - 1)])
    world = squeeze(actors=n, steps=3)
    world = world.with_({"behaviour.revision_rate": 1.0}).with_(
        population=replace(world.population, contacts=star)
    )
    ones, others = (engine.states(world, seed=5, replicate=0) for engine in (arrays, objects))
    assert in_step(ones, others) == 3


@pytest.mark.parametrize("name", ALL)
def test_the_largest_seed_gives_the_same_story_in_both_engines(name: str) -> None:
    ones, others = (
        engine.states(ALL[name](actors=40, steps=4), seed=2**64 - 1, replicate=2**32 - 1)
        for engine in (arrays, objects)
    )
    assert in_step(ones, others) == 4


@pytest.mark.parametrize("engine", ["arrays", "objects"])
def test_the_number_of_threads_changes_nothing(engine: str) -> None:
    world = closure(actors=60, steps=6)
    alone = bl.simulate(world, replicates=6, seed=3, engine=engine)
    for workers in (1, 4):
        with ThreadPoolExecutor(workers) as threads:
            runs = bl.simulate(world, replicates=6, seed=3, engine=engine, executor=threads)
        assert runs.identical(alone)


def test_another_process_comes_to_the_same_result() -> None:
    world = closure(actors=60, steps=6)
    alone = bl.simulate(world, replicates=2, seed=3, engine="objects")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        runs = bl.simulate(world, replicates=2, seed=3, engine="objects", executor=processes)
    assert runs.identical(alone)


PLAIN = """
import json, sys
from tests.golden.scenarios import ALL
from tests.twins.compare import checksum
from tests.twins.test_engines_agree import small_worlds
sums = {f"{name} {engine}": checksum(world, engine=engine, seed=9)
        for name, world in small_worlds().items() for engine in ("arrays", "objects")}
json.dump(sums, sys.stdout)
"""


def weary(traits: Any, view: Any, parameters: Any) -> float:
    """A utility that only those with an aversion to risk have."""
    return view.asc - 0.1 / traits.risk_aversion - view.friction - view.onboarding_cost


def small_worlds() -> dict[str, Scenario]:
    """Scenarios small enough for an engine that runs as plain Python."""
    small = {name: make(actors=12, steps=9) for name, make in ALL.items()}
    small["own rules"] = replace(small["squeeze"], behaviour=replace(small["squeeze"].behaviour, **OWN_RULES))
    small["a utility not for everybody"] = small["squeeze"].with_({"behaviour.utility": weary})
    small["more steps than a byte counts"] = replace(alarms(actors=2), steps=280)
    return small


def test_plain_python_gives_the_bits_of_the_compiled_engine() -> None:
    plain = in_plain_python(PLAIN)
    for name, world in small_worlds().items():
        compiled = checksum(world, engine="arrays", seed=9)
        assert plain[f"{name} arrays"] == compiled
        assert plain[f"{name} objects"] == compiled


def test_a_difference_of_one_bit_is_noticed() -> None:
    world = squeeze(actors=30, steps=2)
    (*_, one), (*_, other) = (engine.states(world, seed=1, replicate=0) for engine in (arrays, objects))
    assert differences(one, other) == []
    other.series.belief[2, 0, 0] = float(other.series.belief[2, 0, 0]) * (1 + 2**-52)
    other.series.moves[1, 0, 1] += 1
    assert [found.partition(":")[0] for found in differences(one, other)] == ["series.moves", "series.belief"]
