"""The same replicate in several worlds, in step: who is where in the one and in the other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._values import numbers
from balloon.errors import EngineError, ScenarioError
from balloon.population import Group
from balloon.scenario import Scenario, at_values, find
from balloon.simulate import draw_ranges, engine_states, reduced, require_mappings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.objects import Actor

    Columns = dict[str, NDArray[Any]]

TABLES = ("start", "start_apps", "asc", "belief")


@dataclass(frozen=True)
class Pairs:
    """A job: one replicate of a baseline and its alternatives; see `balloon.work.Job`."""

    scenarios: tuple[Scenario, ...]
    """The baseline, then its alternatives."""
    seed: int
    engine: str = "arrays"
    actor: type[Actor] | None = None

    def key(self) -> str:
        """Everything that decides the result, but for the replicate and its parameters."""
        return json.dumps(["contrast", *(s.sha256 for s in self.scenarios), self.seed, self.engine])

    @property
    def own(self) -> tuple[Any, ...]:
        """Functions and classes of the user that take part."""
        rules = [rule for s in self.scenarios for rule in s.behaviour.own_rules.values()]
        return (*rules, *([self.actor] if self.actor else []))

    def __call__(self, number: int, values: Mapping[str, float] | None) -> Columns:
        """Counts of every world over time, as "0.actors", and of every pair, as "1.same"."""
        from balloon.engines.coupling import couple, new_coupling

        worlds = [at_values(s, _of_world(k, values)) for k, s in enumerate(self.scenarios)]
        how: dict[str, Any] = {
            "seed": self.seed,
            "replicate": number,
            "engine": self.engine,
            "actor": self.actor,
        }
        runs = [engine_states(world, **how) for world in worlds]
        first = worlds[0]
        bounds = np.concatenate([[0], np.cumsum(first.population.sizes)]).astype(np.int64)
        pairs = [new_coupling(first.steps, len(first.groups), len(first.platforms)) for _ in worlds[1:]]
        visited = [np.zeros(first.population.actors, np.uint32) for _ in pairs]
        states: tuple[Any, ...] = ()
        for states in zip(*runs, strict=True):
            here = states[0].actors
            for state, seen, pair in zip(states[1:], visited, pairs, strict=True):
                couple(state.t, bounds, here, state.actors, seen, pair)
        columns: Columns = {}
        for k, (world, state) in enumerate(zip(worlds, states, strict=True)):
            columns |= {f"{k}.{name}": counts for name, counts in reduced(world, state).items()}
        for k, pair in enumerate(pairs, start=1):
            columns |= {f"{k}.{name}": counts.astype(np.int32) for name, counts in pair._asdict().items()}
        return columns


def _of_world(k: int, values: Mapping[str, float] | None) -> dict[str, float]:
    """Those of the values that belong to scenario k."""
    prefix = f"{k}."
    return {name[len(prefix) :]: v for name, v in (values or {}).items() if name.startswith(prefix)}


def draw(
    scenarios: Sequence[Scenario],
    parameters: str | Sequence[Mapping[str, float]] | None,
    *,
    replicates: int,
    seed: int,
) -> list[list[Mapping[str, float]]] | None:
    """Parameter values of each scenario for each replicate; None: the scenarios' own.

    Of given mappings, a path that an alternative has not, or at which its own value differs from the
    baseline's, is left as the alternative has it: that is what it asks about.

    Raises
    ------
    EngineError
        Neither None nor "ranges" nor enough mappings; "ranges" where no scenario has any.
    ScenarioError
        A path that no scenario has.
    """
    if parameters is None:
        return None
    if isinstance(parameters, str):
        if parameters != "ranges":
            raise EngineError(
                f"parameters is {parameters!r}; need None, 'ranges' or a mapping for each replicate"
            )
        if not any(scenario.ranges() for scenario in scenarios):
            draw_ranges(scenarios[-1], replicates=replicates, seed=seed)  # refuses, and says the way out
        return [
            draw_ranges(s, replicates=replicates, seed=seed) if s.ranges() else [{}] * replicates
            for s in scenarios
        ]
    require_mappings(parameters)
    if len(parameters) < replicates:
        raise EngineError(
            f"{len(parameters)} mappings of parameters for {replicates} replicates; give one for each"
        )
    own = [_values_of(scenario) for scenario in scenarios]
    paths = {path for mapping in parameters for path in mapping}
    for path in sorted(paths):
        if not any(path in known for known in own):
            find(scenarios[-1], path)  # refuses it, with the nearest
    first = own[0]
    takes = [{p for p in paths & known.keys() if known[p] == first.get(p, known[p])} for known in own]
    return [[{p: m[p] for p in m if p in take} for m in parameters[:replicates]] for take in takes]


def _values_of(scenario: Scenario) -> dict[str, float]:
    """Every number of a scenario by its path."""
    return {f"{path}.{name}": value for path, noun in scenario.nouns() for name, value in numbers(noun)}


# ---- the same actors ---------------------------------------------------------------------


def check_same_actors(scenarios: Sequence[Scenario], rename: Mapping[str, str]) -> None:
    """Refuse scenarios whose slots do not hold the same persons at the same times.

    ``rename`` gives the baseline's name of a platform for an alternative's.
    """
    baseline = scenarios[0]
    problems = [
        f"alternative {k} ({scenario.name!r}): {what}"
        for k, scenario in enumerate(scenarios[1:], start=1)
        for what in _differences(baseline, scenario, rename)
    ]
    if problems:
        raise ScenarioError(*problems)


def _differences(baseline: Scenario, other: Scenario, rename: Mapping[str, str]) -> list[str]:
    """What keeps two scenarios from holding the same actors, in words."""
    said = []
    ours, theirs = baseline.platforms, tuple(rename.get(name, name) for name in other.platforms)
    if ours != theirs:
        said.append(
            f"platforms are {_list(theirs)}, the baseline's {_list(ours)}; both need the same, in the same "
            "order (close one by Takedown or Launch; other names by rename={its name: the baseline's})"
        )
    for name in ("start", "steps", "step_days"):
        mine, its = getattr(baseline, name), getattr(other, name)
        if mine != its:
            said.append(f"{name} is {its}, the baseline's {mine}; make them equal")
    one, two = baseline.population, other.population
    if one.actors != two.actors:
        said.append(f"has {two.actors} actors, the baseline {one.actors}; make them equal")
    if one.contacts != two.contacts:
        said.append("contacts differ from the baseline's: other people; make them equal")
    if [g.name for g in one.groups] != [g.name for g in two.groups]:
        said.append(
            f"groups are {_list(g.name for g in two.groups)}, the baseline's "
            f"{_list(g.name for g in one.groups)}; make them equal"
        )
        return said
    for mine, its in zip(one.groups, two.groups, strict=True):
        said += _different_people(mine, its, rename)
    return said


def _different_people(mine: Group, its: Group, rename: Mapping[str, str]) -> list[str]:
    """Fields of a group, but for its exposure, that differ: other people would be in the slots."""

    def of(group: Group, name: str, names: Mapping[str, str]) -> Any:
        value = getattr(group, name)
        return {names.get(k, k): v for k, v in value.items()} if name in TABLES else value

    both = {
        name: (of(its, name, rename), of(mine, name, {}))
        for name in ("share", "risk_aversion", "risk_aversion_cv", *TABLES)
    }
    return [
        f"groups.{its.name}.{name} is {one}, the baseline's {other}: other people; make them equal"
        for name, (one, other) in both.items()
        if one != other
    ]


def _list(names: Any) -> str:
    return ", ".join(map(repr, names))
