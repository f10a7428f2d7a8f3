"""How much a page may ask for: a server answers several people, and a slip of the keyboard is quick."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from balloon.errors import ScenarioError
from balloon.files import from_toml

if TYPE_CHECKING:
    from balloon.scenario import Scenario

LETTERS = 200_000
"""Of a scenario's text."""
STEPS, PLATFORMS, GROUPS, INTERVENTIONS = 2_000, 30, 30, 200
ACTORS, DEGREE, REPLICATES = 50_000, 100, 500
WORK = 4e9
"""Actor-steps of a run, both worlds together: about 200 s of one core (`balloon.work.SECOND` a second)."""
COUNTS = 5e7
"""Counts that a run keeps: about 0.4 GB."""

ELSEWHERE = "the command line has no such bound: balloon contrast"


def read(text: str) -> Scenario:
    """The scenario that a text describes; its size is judged before anything is built from it.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    if len(text) > LETTERS:
        raise ScenarioError(f"the text has {len(text):,} letters; the page reads at most {LETTERS:,}")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        table = {}  # from_toml says what is wrong
    _refuse(_too_long(table))
    scenario = from_toml(text)
    _refuse(_too_large(scenario))
    return scenario


def check_size(scenarios: Sequence[Scenario], replicates: int) -> None:
    """Refuse a run that takes too long, or too much memory.

    Raises
    ------
    ScenarioError
        Too many replicates, actor-steps or counts.
    """
    problems = []
    if not 2 <= replicates <= REPLICATES:
        problems.append(f"replicates is {replicates:,}; the page runs from 2 to {REPLICATES:,}; {ELSEWHERE}")
    work = replicates * sum(int(_most(one, "population.actors")) * one.steps for one in scenarios)
    if work > WORK:
        problems.append(
            f"{replicates:,} pairs of runs are {work:,} actor-steps; the page does at most {WORK:,.0f}: take "
            f"fewer replicates, actors or steps; {ELSEWHERE}"
        )
    one = scenarios[0]
    places = len(one.platforms) + 2
    counts = replicates * (one.steps + 1) * places**2 * (2 + 3 * len(one.groups))
    if counts > COUNTS:
        problems.append(
            f"{replicates:,} pairs of runs leave {counts:,} counts; the page keeps at most {COUNTS:,.0f}: "
            f"take fewer replicates, steps, groups or platforms; {ELSEWHERE}"
        )
    _refuse(problems)


def _too_long(table: Mapping[str, Any]) -> list[str]:
    """What would take long to build at all."""
    population = table.get("population")
    actors = population.get("actors") if isinstance(population, dict) else None
    if isinstance(actors, dict):
        actors = actors.get("value")
    numbers = {"steps": (table.get("steps"), STEPS), "population.actors": (actors, ACTORS)}
    problems = [
        f"{name} is {value:,}; the page takes at most {most:,}; {ELSEWHERE}"
        for name, (value, most) in numbers.items()
        if isinstance(value, int) and value > most
    ]
    parts = {"platforms": PLATFORMS, "groups": GROUPS, "interventions": INTERVENTIONS}
    for name, most in parts.items():
        held = table.get(name)
        if isinstance(held, dict | list) and len(held) > most:
            problems.append(f"{len(held):,} {name}; the page takes at most {most}; {ELSEWHERE}")
    return problems


def _too_large(scenario: Scenario) -> list[str]:
    """What is known of the scenario as a whole, ranges included: they may be drawn from."""
    bounds = {"population.actors": ACTORS, "contacts.degree": DEGREE}
    return [
        f"{path} is up to {_most(scenario, path):,g}; the page takes at most {most:,}; {ELSEWHERE}"
        for path, most in bounds.items()
        if _most(scenario, path) > most
    ]


def _most(scenario: Scenario, path: str) -> float:
    """The largest value that a run can meet."""
    own = {
        "population.actors": scenario.population.actors,
        "contacts.degree": scenario.population.contacts.degree,
    }
    return max(own[path], scenario.ranges().get(path, (0.0, 0.0))[1])


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ScenarioError(*problems)
