"""The compiled engine: recruits, lays out the columns and yields a state after every step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from balloon._jit import compile_part, plain
from balloon.behaviour.inputs import Parameters
from balloon.engines.choice import choose, look_around
from balloon.engines.columns import Extra, Scratch, Setting, new_scratch
from balloon.engines.passes import advance
from balloon.engines.refusal import refuse_faults
from balloon.engines.stage import Series, Stage, code, new_series, new_stage
from balloon.engines.stayers import set_aside
from balloon.engines.tally import apply, drop_apps
from balloon.recruit import Actors, new_actors, recruit
from balloon.scenario import Scenario
from balloon.timetable import Policy


class State(NamedTuple):
    """A run after t steps; later steps add rows to ``series`` and rewrite the columns."""

    t: int
    actors: Actors
    series: Series
    stage: Stage


class Run(NamedTuple):
    """All that one replicate works on."""

    setting: Setting
    parameters: Parameters
    policy: Policy
    actors: Actors
    extra: Extra
    scratch: Scratch
    stage: Stage
    series: Series


class Plan(NamedTuple):
    """What all replicates of a scenario share."""

    policy: Policy
    sizes: tuple[int, ...]
    exposures: NDArray[np.float64]
    friction: NDArray[np.float64]
    """(P, P + 1) see `Setting`."""
    start: NDArray[np.int64]
    others: NDArray[np.int32]
    """Rows of a given contact graph; drawn ones belong to the replicate."""


@lru_cache(maxsize=4)
def plan(scenario: Scenario) -> Plan:
    """Lay out what all replicates share; a pure function of a frozen value, hence remembered."""
    platforms, contacts = len(scenario.platforms), scenario.population.contacts
    friction = np.zeros((platforms, platforms + 1))
    friction[:, :platforms] = scenario.landscape.friction().T
    sizes = scenario.population.sizes
    ties = contacts.draw(sizes) if contacts.kind == "given" else None
    return Plan(
        policy=scenario.policy(),
        sizes=sizes,
        exposures=np.array([g.exposure for g in scenario.groups]),
        friction=friction,
        start=ties.start if ties else np.zeros(sum(sizes) + 1, np.int64),
        others=ties.others if ties else np.empty(0, np.int32),
    )


def prepare(scenario: Scenario, *, seed: int, replicate: int) -> Run:
    """Recruit, draw contacts, set the stage: the state before the first step."""
    contacts, shared = scenario.population.contacts, plan(scenario)
    actors = recruit(scenario, seed=seed, replicate=replicate)
    start, others = shared.start, shared.others
    if any(_looks(scenario)) and contacts.kind not in ("given", "annealed"):
        ties = contacts.draw(shared.sizes, seed=seed, replicate=replicate)
        start, others = ties.start, ties.others
    return _laid_out(scenario, shared, actors, start, others, seed=seed, replicate=replicate)


def _looks(scenario: Scenario) -> tuple[bool, bool]:
    """Whether anybody looks where contacts are at home, and whether contacts were removed."""
    behaviour = scenario.behaviour
    rules = behaviour.own_rules
    return (
        behaviour.peer_influence != 0 or "utility" in rules,
        behaviour.vigilance != 0 or "revision_rate_rule" in rules,
    )


def _laid_out(
    scenario: Scenario,
    shared: Plan,
    actors: Actors,
    start: NDArray[np.int64],
    others: NDArray[np.int32],
    *,
    seed: int,
    replicate: int,
) -> Run:
    """All that a replicate with these actors and contacts works on."""
    behaviour, contacts = scenario.behaviour, scenario.population.contacts
    rules, n, (social, watchful) = behaviour.own_rules, len(actors.home), _looks(scenario)
    setting = Setting(
        seed=np.uint64(seed),
        replicate=np.uint64(replicate),
        weeks=scenario.weeks,
        social=social,
        watchful=watchful,
        built_in=not rules.keys() & {"hazard", "revision_rate_rule"},
        linear="utility" not in rules,
        annealed=int(contacts.degree) if contacts.kind == "annealed" and n > 1 else 0,
        reference=scenario.reference_step,
        exposures=shared.exposures,
        bounds=np.concatenate([[0], np.cumsum(shared.sizes)]).astype(np.int64),
        friction=shared.friction,
        start=start,
        others=others,
    )
    extra = Extra(
        ahead=actors.home.copy(),
        seized=np.zeros(n if shared.policy.taken.any() else 0, np.uint32),
        origin=np.zeros(n, np.int8),
        alarm=np.zeros(n, np.uint8),
    )
    platforms = len(scenario.platforms)
    return Run(
        setting=setting,
        parameters=behaviour.parameters,
        policy=shared.policy,
        actors=actors,
        extra=extra,
        scratch=new_scratch(platforms),
        stage=new_stage(scenario, shared.policy),
        series=new_series(scenario.steps, len(shared.sizes), platforms),
    )


def _blank(scenario: Scenario) -> Run:
    """What a replicate works on, of the right types and with nothing in it."""
    shared, actors = plan(scenario), new_actors(scenario.population.actors)
    return _laid_out(scenario, shared, actors, shared.start, shared.others, seed=0, replicate=0)


PARTS = (set_aside, drop_apps, look_around, choose, apply)
"""The large parts of `balloon.engines.passes.act`, in the order in which it comes to them."""


def compile_step(scenario: Scenario) -> None:
    """Compile the step for a scenario and keep it, without a run."""
    code(advance, scenario, 0, 0, *_blank(scenario))


def compile_parts(scenario: Scenario) -> None:
    """Compile the large parts of the step and keep them, the last first: another compiles the step itself."""
    run = _blank(scenario)
    kinds = {**run._asdict(), "home": run.actors.home}
    for part in reversed(PARTS):
        names = plain(part).__code__.co_varnames[: plain(part).__code__.co_argcount]
        compile_part(part, *(kinds.get(name, 0) for name in names))


def states(scenario: Scenario, *, seed: int, replicate: int) -> Iterator[State]:
    """Yield the state at the start and after every step; the caller decides what to keep."""
    run = prepare(scenario, seed=seed, replicate=replicate)
    go = code(advance, scenario, 0, 0, *run)
    for t in range(scenario.steps + 1):
        go(t, t, *run)
        refuse_faults(run.stage.fault, scenario)
        yield State(t, run.actors, run.series, run.stage)


def final(scenario: Scenario, *, seed: int, replicate: int) -> State:
    """The state after the last step: the run in one call, for those who need none of the others."""
    run = prepare(scenario, seed=seed, replicate=replicate)
    code(advance, scenario, 0, 0, *run)(0, scenario.steps, *run)
    refuse_faults(run.stage.fault, scenario)
    return State(scenario.steps, run.actors, run.series, run.stage)
