"""Scenarios and their nouns: frozen values that refuse what cannot be."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from balloon import files
from balloon._units import UNITS
from balloon._values import Table, kinds
from balloon.behaviour import Behaviour
from balloon.behaviour.behaviour import describe_rule
from balloon.contacts import Contacts
from balloon.errors import BalloonError, ScenarioError
from balloon.evidence import Evidence
from balloon.interventions import (
    KINDS,
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Intervention,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.landscape import Edge, Landscape, Platform
from balloon.plots.naming import called
from balloon.population import Group, Population
from balloon.scenario import Scenario, at_values

DAY = date(2024, 1, 1)


def build(*interventions: Intervention, **changes: Any) -> Scenario:
    """Two platforms, one group, ten weeks from the first of January 2024."""
    parts: dict[str, Any] = {
        "name": "two",
        "landscape": Landscape(platforms=(Platform(name="A"), Platform(name="B"))),
        "population": Population(actors=50, groups=(Group(name="g", start={"A": 0.5, "B": 0.5}),)),
        "interventions": interventions,
        "start": DAY,
        "steps": 10,
    }
    return Scenario(**{**parts, **changes})


def landscape_of(count: int) -> Landscape:
    return Landscape(platforms=tuple(Platform(name=f"p{n}") for n in range(count)))


# ---- the types of the nouns ---------------------------------------------------------------


def test_lists_and_numbers_of_numpy_are_settled_where_a_value_is_built() -> None:
    press = Cooperation(platform="A", start=DAY, value=np.float32(0.5), groups=["g"])  # type: ignore[arg-type]
    crew = Population(actors=np.int64(50), groups=[Group(name="g", start={"A": 1.0})])  # type: ignore[arg-type]
    scenario = build(press, population=crew, steps=np.int32(10))
    plain = build(
        Cooperation(platform="A", start=DAY, value=0.5, groups=("g",)),
        population=Population(actors=50, groups=(Group(name="g", start={"A": 1.0}),)),
    )
    assert scenario == plain
    assert hash(scenario) == hash(plain)
    assert scenario.sha256 == plain.sha256


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Platform(name=1), "platform 1: name is 1; need text"),
        (lambda: Platform(name="A", asc="x"), "platform 'A': asc is 'x'; need a number"),
        (lambda: Platform(name="A", asc=True), "platform 'A': asc is True; need a number"),
        (lambda: Population(actors=10.5, groups=()), "population: actors is 10.5; need a whole number"),
        (lambda: build(steps=5.5), "scenario 'two': steps is 5.5; need a whole number"),
        (lambda: build(start="2024-01-01"), "start is '2024-01-01'; need a date without a time of day"),
        (lambda: Launch(platform="A", start=datetime(2024, 1, 2)), "launch: start is datetime.datetime(2024"),  # noqa: DTZ001
        (
            lambda: Launch(platform="A", start=DAY, groups="g"),
            "groups is 'g'; need a tuple, such as ('name',)",
        ),
        (lambda: Contacts(kind="communities", size=2.5), "size is 2.5; need a whole number"),
        (
            lambda: Contacts.given(5, [(0, 1), (0.5, 1), (1, 2, 3)]),
            "contacts 'given': ties[1] is (0.5, 1); need a pair of slots, such as (0, 1) (2 such)",
        ),
        (lambda: Contacts(ties=(5,)), "ties[0] is 5; need a pair of slots, such as (0, 1)"),
        (lambda: Contacts(ties=5), "ties is 5; need a tuple, such as ((0, 1),)"),
        (lambda: Launch(platform="A", start=DAY, groups=("g", 1)), "launch: groups[1] is 1; need text"),
        (lambda: Group(name="g", start=[1]), "group 'g': start is [1]; need a table of names and numbers"),
        (lambda: Group(name="g", start=None), "group 'g': start is None; need a table of names and numbers"),
        (lambda: Group(name="g", start={"x": "y"}), "group 'g': start['x'] is 'y'; need a number"),
        (lambda: Group(name="g", start={"x": True}), "group 'g': start['x'] is True; need a number"),
        (lambda: Group(name="g", start={1: 1.0}), "group 'g': a name in start is 1; need text"),
        (lambda: Landscape(platforms=("a", "b")), "landscape: platforms[0] is 'a'; need a Platform (2 such)"),
        (lambda: Landscape(platforms="ab"), "landscape: platforms is 'ab'; need a tuple, such as (Platform("),
        (
            lambda: Landscape(platforms=(Platform(name="A"),), edges=(("A", "B"),)),
            "landscape: edges[0] is ('A', 'B'); need an Edge",
        ),
        (lambda: Population(actors=3, groups=("x",)), "population: groups[0] is 'x'; need a Group"),
        (
            lambda: Population(actors=3, groups=(Group(name="g", start={"A": 1}),), contacts="none"),
            "population: contacts is 'none'; need a Contacts",
        ),
        (lambda: Platform(name="A", evidence=("x",)), "platform 'A': evidence[0] is 'x'; need an Evidence"),
        (lambda: Evidence(field="asc", low="1", high=2), "evidence for 'asc': low is '1'; need a number"),
        (lambda: Evidence(field=3), "evidence for 3: field is 3; need text"),
        (lambda: build("x"), "scenario 'two': interventions[0] is 'x'; need an Intervention"),
        (lambda: build(Launch), "interventions[0] is <class 'balloon.interventions.Launch'>; need an"),
        (lambda: build(behaviour=None), "scenario 'two': behaviour is None; need a Behaviour"),
    ],
)
def test_a_value_of_another_type_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        make()
    assert said in str(refusal.value)


def test_all_values_of_another_type_are_refused_at_once() -> None:
    with pytest.raises(ScenarioError) as refusal:
        Group(name="g", share="all", start={"A": "x", "B": None, "C": 0.5}, evidence=5)  # type: ignore[dict-item, arg-type]
    assert refusal.value.problems == (
        "group 'g': share is 'all'; need a number",
        "group 'g': start['A'] is 'x'; need a number",
        "group 'g': start['B'] is None; need a number",
        "group 'g': evidence is 5; need a tuple, such as (Evidence(...),)",
    )


JUNK: tuple[Any, ...] = (
    None, "", "x", b"x", True, -1, 5, 10**12, 10**400, 2.5, 1e300, math.nan, math.inf, -math.inf, 1j,
    np.float64(0.5), np.str_("x"), np.array([1.0, 2.0]), DAY, (), ("x",), (None,), ((),),
    (("A", "B"),), (1, 2), ((1, 2),), [1], [[0, 1]], {"A"}, range(3), {}, {"a": "b"}, {1: 2}, {"A": None},
    object(), int, Platform(name="A"), Evidence(field="asc"),
)  # fmt: skip


def every_noun() -> list[Any]:
    acts: tuple[Intervention, ...] = (
        Cooperation(platform="A", start=DAY, value=0.5),
        Outreach(start=DAY, threshold=0.5, value=0.9),
        Budget(start=DAY, requests=0.1),
        Crackdown(platform="A", start=DAY),
        PlatformChange(platform="A", start=DAY),
        Takedown(platform="A", start=DAY, seizure=0.1, seizure_weeks=2.0),
        Takedown(platform="A", start=date(2024, 2, 1), seizure=0.1, seizure_weeks=2.0),
        Announcement(platform="A", start=DAY, belief=0.1),
    )
    scenario = build(*acts)
    more = (Edge(origin="A", destination="B"), Contacts.given(3, [(0, 1)]), Launch(platform="A", start=DAY))
    return [
        *(noun for _, noun in scenario.nouns()),
        *more,
        Evidence(field="asc"),
        scenario.landscape,
        scenario,
    ]


@pytest.mark.parametrize("noun", every_noun(), ids=lambda noun: type(noun).__name__)
def test_whatever_a_noun_is_given_is_taken_or_refused_in_words(noun: Any) -> None:
    for field in dataclasses.fields(noun):
        for value in JUNK:
            try:
                made = replace(noun, **{field.name: value})
            except ScenarioError:
                continue
            hash(made)


def test_whatever_with_is_given_is_taken_or_refused_in_words() -> None:
    scenario: Scenario = every_noun()[-1]
    for path, noun in scenario.nouns():
        for field in dataclasses.fields(noun):
            for value in (None, "", 10**12, 1e300, (), {}):
                try:
                    made = scenario.with_({f"{path}.{field.name}": value})
                except ScenarioError:
                    continue
                made.cautions()


def test_a_refusal_cuts_a_value_that_is_long() -> None:
    with pytest.raises(ScenarioError) as refusal:
        build(behaviour=build())
    assert "behaviour is Scenario(name='two', " in str(refusal.value)
    assert "...; need a Behaviour" in str(refusal.value)
    assert len(str(refusal.value)) < 150


def test_what_is_no_scenario_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"scenario is None; need a Scenario, such as balloon.load"):
        files.save(None, tmp_path / "none.toml")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_counts_that_cannot_be_drawn_have_no_range() -> None:
    some = (Evidence(field="actors", low=10.0, high=90.0),)
    with pytest.raises(
        ScenarioError, match="actors has a range; all replicates have the same number of actors"
    ):
        Population(actors=50, groups=(Group(name="g", start={"A": 1.0}),), evidence=some)
    drawn = (Evidence(field="degree", low=4.0, high=8.0),)
    with pytest.raises(
        ScenarioError, match="degree has a range, 4 to 8, and is a whole number: it cannot be drawn"
    ):
        Contacts(kind="annealed", degree=6, evidence=drawn)
    assert Contacts(degree=6, evidence=drawn).degree == 6


def test_a_drawn_size_of_communities_is_a_whole_number() -> None:
    held = Contacts(kind="communities", size=20, evidence=(Evidence(field="size", low=10.0, high=30.0),))
    crew = Population(actors=50, groups=(Group(name="g", start={"A": 1.0}),), contacts=held)
    assert at_values(build(population=crew), {"contacts.size": 17.6}).population.contacts.size == 18


# ---- refusals of the nouns ----------------------------------------------------------------

REFUSALS: list[tuple[Callable[[], object], str]] = [
    (lambda: Platform(name=""), "platform '': the name '' will not do"),
    (lambda: Platform(name=" A"), "the name ' A' will not do; need some text without '.' or outer blanks"),
    (lambda: Platform(name="A.B"), "the name 'A.B' will not do"),
    (lambda: Platform(name="removed"), "the name 'removed' is taken by a place of the model"),
    (lambda: Platform(name="A", asc=math.inf), "platform 'A': asc is inf; need a finite number"),
    (lambda: Platform(name="A", requests=-1), "platform 'A': requests is -1; need a number >= 0"),
    (lambda: Platform(name="A", requests=math.nan), "platform 'A': requests is nan; need a number >= 0"),
    (lambda: Platform(name="A", undercover=-0.1), "platform 'A': undercover is -0.1; need a number >= 0"),
    (lambda: Platform(name="A", onboarding_cost=-2), "onboarding_cost is -2; need a number >= 0"),
    (lambda: Platform(name="A", cooperation=1.1), "cooperation is 1.1; need a number from 0 to 1"),
    (lambda: Platform(name="A", cooperation=math.nan), "cooperation is nan; need a number from 0 to 1"),
    (lambda: Edge(origin="A", destination="A"), "edge 'A' -> 'A': leads to itself"),
    (lambda: Edge(origin="A", destination="B", friction=-1), "friction is -1; need a number >= 0"),
    (lambda: landscape_of(0), "landscape: has no platform; need at least one"),
    (lambda: landscape_of(33), "landscape: 33 platforms; the bit mask of apps holds 32"),
    (
        lambda: Landscape(platforms=(Platform(name="A"), Platform(name="A"))),
        "landscape: platform named twice: 'A'; names must differ",
    ),
    (
        lambda: Landscape(platforms=(Platform(name="A"),), edges=(Edge(origin="A", destination="B"),)),
        "landscape: unknown platform of an edge 'B'; there are 'A'",
    ),
    (lambda: Group(name="g", start={"A": 0.5}), "group 'g': start shares add up to 0.5; need 1"),
    (lambda: Group(name="g", start={"A": 2, "B": -1}), "group 'g': start['A'] is 2.0; need a number from 0"),
    (lambda: Group(name="g", start={"A": 1}, exposure=-1), "exposure is -1; need a number >= 0"),
    (lambda: Group(name="g", start={"A": 1}, risk_aversion=math.nan), "risk_aversion is nan; need"),
    (lambda: Group(name="g", start={"A": 1}, asc={"A": math.nan}), "asc['A'] is nan; need a finite number"),
    (lambda: Group(name="g", start={"A": 1}, belief={"A": 1}), "belief of 1 is a certainty"),
    (lambda: Group(name="g", start={"A": 1}, start_apps={"A": 1.5}), "start_apps['A'] is 1.5; need a number"),
    (lambda: Population(actors=1, groups=()), "population: has no group; need at least one"),
    (
        lambda: Population(actors=0, groups=(Group(name="g", start={"A": 1}),), contacts=Contacts(degree=0)),
        "population: actors is 0; need a whole number from 1",
    ),
    (
        lambda: Population(actors=20, groups=(Group(name="g", start={"A": 1}),) * 2),
        "population: group named twice: 'g'; names must differ",
    ),
    (
        lambda: Population(actors=20, groups=(Group(name="g", share=0.4, start={"A": 1}),)),
        "population: shares of the groups add up to 0.4; need 1",
    ),
    (
        lambda: Population(actors=5, groups=(Group(name="g", start={"A": 1}),)),
        "contacts of degree 10 among 5 actors; need at most 4",
    ),
    (lambda: Contacts(kind="ring"), "contacts 'ring': there is no such kind; there are 'erdos_renyi'"),
    (lambda: Contacts(degree=-1), "degree is -1; need a number >= 0"),
    (lambda: Contacts(kind="small_world", degree=3), "degree is 3; need an even whole number"),
    (lambda: Contacts(kind="small_world", rewiring=2), "rewiring is 2; need a number from 0 to 1"),
    (lambda: Contacts.given(3, [(1, 1)]), "tie (1, 1) is a self-loop; leave it out (1 such)"),
    (lambda: Contacts.given(3, [(1, 3)]), "tie (1, 3) has an index out of range; need 0 to 2 (1 such)"),
    (lambda: Contacts.given(3, [(-1, 2)]), "tie (-1, 2) has an index out of range; need 0 to 2"),
    (lambda: Contacts.given(3, [(0, 1), (1, 0)]), "1 ties are given twice; give each pair once"),
    (lambda: Behaviour(revision_rate=-0.2), "behaviour: revision_rate is -0.2; need a number >= 0"),
    (lambda: Behaviour(learning_rate=math.nan), "behaviour: learning_rate is nan; need a number >= 0"),
    (lambda: Behaviour(rechoice_rate=-1.0), "behaviour: rechoice_rate is -1.0; need a number >= 0"),
    (lambda: Behaviour(spillover=1.01), "behaviour: spillover is 1.01; need a number from 0 to 1"),
    (lambda: Behaviour(trial=-0.01), "behaviour: trial is -0.01; need a number from 0 to 1"),
    (lambda: Behaviour(outside_option=math.nan), "outside_option is nan; need a number, or -inf to close it"),
    (lambda: Behaviour(utility=3), "utility is 3; need a plain Python function of scalars"),  # type: ignore[arg-type]
    (
        lambda: Cooperation(platform="A", start=DAY, value=1.2),
        "cooperation on 'A' from 2024-01-01: value is 1.2; need a number from 0 to 1",
    ),
    (lambda: Launch(platform="", start=DAY), "from 2024-01-01: platform is ''; need the name of a platform"),
    (lambda: Platform(name="A", asc=10**400), "platform 'A': asc is 1000000000000000000000"),
    (
        lambda: Takedown(platform="A", start=DAY, until=DAY),
        "takedown on 'A' from 2024-01-01: 2024-01-01..2024-01-01 is empty; need start < until",
    ),
    (
        lambda: Takedown(platform="A", start=DAY, until=date(2023, 1, 1)),
        "takedown on 'A' from 2024-01-01: 2024-01-01..2023-01-01 is empty",
    ),
    (lambda: Takedown(platform="A", start=DAY, seizure=-1), "seizure is -1; need a number >= 0"),
    (
        lambda: Takedown(platform="A", start=DAY, seizure=0.5),
        "seizure is 0.5 and seizure_weeks is 0, which arrests nobody; say for how many weeks the data lead",
    ),
    (
        lambda: Launch(platform="A", start=DAY, until=DAY),
        "launch on 'A' from 2024-01-01: 2024-01-01..2024-01-01",
    ),
    (lambda: Crackdown(platform="A", start=DAY, requests=-1), "requests is -1; need a number >= 0"),
    (lambda: PlatformChange(platform="A", start=DAY, asc=math.nan), "asc is nan; need a finite number"),
    (
        lambda: Budget(start=DAY, requests=math.nan),
        "budget on all platforms from 2024-01-01: requests is nan",
    ),
    (lambda: Outreach(start=DAY, threshold=2, value=0.5), "threshold is 2; need a number from 0 to 1"),
    (
        lambda: Outreach(start=DAY, threshold=0.1, value=0.5, measure="fear"),
        "measure is 'fear'; need 'homes' or 'arrests'",
    ),
    (
        lambda: Outreach(start=DAY, threshold=0.1, value=0.5, window_weeks=0),
        "window_weeks is 0; need a number > 0",
    ),
    (lambda: Announcement(platform="A", start=DAY, belief=2), "belief is 2; need a number from -1 to 1"),
    (
        lambda: Announcement(platform="A", start=DAY, belief=0.1, until=date(2025, 1, 1)),
        "until is 2025-01-01; an announcement is made once, leave it out",
    ),
    (lambda: Evidence(field="asc", low=1), "evidence for 'asc': range 1.0..None is half open"),
    (lambda: Evidence(field="asc", low=2, high=1), "evidence for 'asc': range 2.0..1.0 is reversed"),
    (lambda: Evidence(field="asc", low=-math.inf, high=1), "low is -inf; need a finite number"),
    (lambda: Evidence(field="asc", low=0, high=math.nan), "high is nan; need a finite number"),
    (lambda: Evidence(field="asc", source=""), "evidence for 'asc': the source is empty"),
    (
        lambda: Platform(name="A", evidence=(Evidence(field="cost"),)),
        "platform 'A': evidence for 'cost', which is no number here; there are asc, onboarding_cost",
    ),
    (
        lambda: Platform(name="A", evidence=(Evidence(field="asc"), Evidence(field="asc"))),
        "platform 'A': evidence named twice: 'asc'",
    ),
    (
        lambda: Group(name="g", start={"A": 1}, evidence=(Evidence(field="start.B"),)),
        "group 'g': evidence for 'start.B', which is no number here",
    ),
]


@pytest.mark.parametrize(("make", "said"), REFUSALS, ids=[said for _, said in REFUSALS])
def test_an_impossible_noun_is_refused_with_the_thing_and_the_value(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(ScenarioError) as refusal:
        make()
    assert said in str(refusal.value)


def test_thirty_two_platforms_fit_the_bit_mask() -> None:
    assert len(landscape_of(32).names) == 32


def test_a_noun_names_all_its_problems_at_once() -> None:
    with pytest.raises(ScenarioError) as refusal:
        Platform(name="A", requests=-1, undercover=-1, cooperation=2)
    assert len(refusal.value.problems) == 3
    assert str(refusal.value).count("\n") == 2


def test_a_refusal_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(ScenarioError("one", "two")))
    assert error.problems == ("one", "two")
    assert isinstance(error, BalloonError | ValueError)


# ---- refusals of the scenario -------------------------------------------------------------


@pytest.mark.parametrize(
    ("interventions", "changes", "said"),
    [
        ((), {"name": ""}, "has no name; give it one"),
        ((), {"steps": 0}, "steps is 0; need a whole number >= 1"),
        ((), {"step_days": 0}, "step_days is 0; need a number of days > 0"),
        ((), {"step_days": math.nan}, "step_days is nan; need a number of days > 0"),
        ((), {"squeezed": "C"}, "unknown squeezed platform 'C'; there are 'A', 'B'"),
        (
            (),
            {"reference": date(2025, 1, 1)},
            "reference is 2025-01-01; need a date in 2024-01-01..2024-03-11",
        ),
        (
            (Takedown(platform="C", start=DAY),),
            {},
            "interventions.0 (takedown): unknown platform 'C'; there are 'A', 'B'",
        ),
        (
            (Outreach(platforms=("A", "C"), start=DAY, threshold=0.1, value=1),),
            {},
            "interventions.0 (outreach): unknown platform 'C'",
        ),
        (
            (Takedown(platform="A", start=DAY, groups=("h",)),),
            {},
            "interventions.0 (takedown): unknown group 'h'; there are 'g'",
        ),
        (
            (),
            {"steps": 20_000},
            "20000 steps of 7 days from 2024-01-01 leave the calendar; need dates from 1678-01-01 to 2262-04",
        ),
        ((), {"step_days": 1e308}, "10 steps of 1e+308 days from 2024-01-01 leave the calendar"),
        ((), {"start": date(1500, 1, 1)}, "from 1500-01-01 leave the calendar"),
        (
            (Takedown(platform="A", start=date(2024, 3, 11)),),
            {},
            "interventions.0 (takedown) starts on 2024-03-11, outside the horizon 2024-01-01..2024-03-11",
        ),
        (
            (Takedown(platform="A", start=date(2023, 12, 31)),),
            {},
            "interventions.0 (takedown) starts on 2023-12-31, outside the horizon",
        ),
        (
            (Launch(platform="A", start=date(2024, 2, 1)),),
            {},
            "group 'g' starts with share 0.5 on 'A', which is launched later; start it elsewhere",
        ),
        (
            (Takedown(platform="A", start=DAY), Takedown(platform="B", start=date(2024, 1, 8))),
            {"behaviour": Behaviour(outside_option=-math.inf)},
            "from step 2 actors of group 'g' on 'A' have no place to go: it is closed, no open platform",
        ),
        (
            (Takedown(platform="A", start=DAY),),
            {
                "behaviour": Behaviour(outside_option=-math.inf),
                "landscape": Landscape(
                    platforms=(Platform(name="A"), Platform(name="B")),
                    edges=(Edge(origin="B", destination="A"),),
                ),
            },
            "from step 1 actors of group 'g' on 'A' have no place to go",
        ),
        (
            (Launch(platform="A", start=date(2024, 2, 1)), Launch(platform="B", start=date(2024, 2, 1))),
            {
                "behaviour": Behaviour(outside_option=-math.inf),
                "population": Population(actors=20, groups=(Group(name="g", start={"dormant": 1.0}),)),
            },
            "in step 1 actors of group 'g' who start dormant have no place to go: no platform is open",
        ),
        (
            (),
            {"population": Population(actors=20, groups=(Group(name="g", start={"A": 0.5, "C": 0.5}),))},
            "groups.g: unknown platform in start 'C'; there are 'A', 'B', 'dormant'",
        ),
        (
            (),
            {
                "population": Population(
                    actors=20, groups=(Group(name="g", start={"A": 1}, asc={"dormant": 1}),)
                )
            },
            "groups.g: unknown platform in asc 'dormant'; there are 'A', 'B'",
        ),
    ],
)
def test_an_impossible_scenario_is_refused(
    interventions: tuple[Intervention, ...], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ScenarioError) as refusal:
        build(*interventions, **changes)
    assert any(said in problem for problem in refusal.value.problems)


def test_all_open_again_or_dormancy_allowed_is_a_way_out() -> None:
    build(Takedown(platform="A", start=DAY), Takedown(platform="B", start=DAY))
    closed = Behaviour(outside_option=-math.inf)
    build(
        Takedown(platform="A", start=DAY, until=date(2024, 1, 8)),
        Takedown(platform="B", start=date(2024, 1, 8)),
        behaviour=closed,
    )


def test_nobody_is_stuck_on_a_platform_before_its_launch() -> None:
    one_way = Landscape(
        platforms=(Platform(name="A"), Platform(name="B")), edges=(Edge(origin="A", destination="B"),)
    )
    build(
        Launch(platform="B", start=date(2024, 2, 1)),
        landscape=one_way,
        population=Population(actors=20, groups=(Group(name="g", start={"A": 1}),)),
        behaviour=Behaviour(outside_option=-math.inf),
    )


# ---- values -------------------------------------------------------------------------------


def test_two_scenarios_of_the_same_parts_are_one_value() -> None:
    one, two = build(Takedown(platform="A", start=DAY)), build(Takedown(platform="A", start=DAY))
    assert one == two
    assert hash(one) == hash(two)
    assert one.sha256 == two.sha256
    assert len({one, two}) == 1
    assert one != build()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_is_the_same_value(copied: Callable[[Scenario], Scenario]) -> None:
    scenario = files.load("telegram-korea-2024")
    again = copied(scenario)
    assert again == scenario
    assert hash(again) == hash(scenario)
    assert again.sha256 == scenario.sha256


def test_every_noun_is_frozen_and_hashable() -> None:
    scenario = files.load("telegram-korea-2024")
    for _, noun in scenario.nouns():
        hash(noun)
        field = dataclasses.fields(noun)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(noun, field, "x")
    with pytest.raises(AttributeError, match="frozen"):
        scenario.groups[0].start.x = 1  # type: ignore[attr-defined]


def test_the_fingerprint_is_that_of_the_canonical_json() -> None:
    scenario = build()
    assert scenario.sha256 == hashlib.sha256(scenario.to_json().encode()).hexdigest()
    assert json.loads(scenario.to_json())["platforms"]["A"]["asc"] == 0.0


def test_whole_numbers_and_floats_are_one_scenario() -> None:
    whole = build(step_days=7, behaviour=Behaviour(switching_cost=4, rechoice_rate=1))
    exact = build(step_days=7.0, behaviour=Behaviour(switching_cost=4.0, rechoice_rate=1.0))
    assert whole == exact
    assert whole.sha256 == exact.sha256


def test_the_order_of_evidence_and_of_tables_means_nothing() -> None:
    low, high = Evidence(field="asc", low=0, high=1), Evidence(field="requests")
    assert Platform(name="A", evidence=(low, high)) == Platform(name="A", evidence=(high, low))
    assert Table({"a": 1, "b": 2}) == Table({"b": 2, "a": 1})
    assert hash(Table({"a": 1, "b": 2})) == hash(Table({"b": 2, "a": 1}))


def test_the_complete_landscape_has_one_form() -> None:
    platforms = (Platform(name="A"), Platform(name="B"))
    both = (Edge(origin="B", destination="A"), Edge(origin="A", destination="B"))
    assert Landscape(platforms=platforms, edges=both) == Landscape(platforms=platforms)


def test_a_landscape_comes_back_from_networkx() -> None:
    platforms = (Platform(name="A", asc=1.0, note="x"), Platform(name="B", cooperation=0.5))
    for edges in (None, (), (Edge(origin="A", destination="B", friction=0.5),)):
        landscape = Landscape(platforms=platforms, edges=edges)
        assert Landscape.from_networkx(landscape.to_networkx()) == landscape


def test_unknown_attributes_of_a_networkx_landscape_are_refused() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node("A", colour="red")
    graph.add_edge("A", "B", weight=7, Friction=3)
    graph.add_edge("B", "A", friction=3)
    with pytest.raises(ScenarioError) as refusal:
        Landscape.from_networkx(graph)
    node, edge = refusal.value.problems
    assert "node 'A' has unknown attributes ['colour']; allowed: ('asc', 'onboarding_cost'," in node
    assert "edge 'A' -> 'B' has unknown attributes ['Friction', 'weight']; allowed: ('friction', 'ev" in edge


def test_the_friction_of_a_networkx_edge_is_a_number() -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("A", "B", friction="3")
    with pytest.raises(ScenarioError, match=r"edge 'A' -> 'B': friction is '3'; need a number"):
        Landscape.from_networkx(graph)
    graph.add_edge("A", "B", friction=3)
    assert [edge.friction for edge in Landscape.from_networkx(graph).edges or ()] == [3, 3]


# ---- dates and the question ---------------------------------------------------------------


def test_ten_weeks_end_on_the_monday_after_the_last() -> None:
    scenario = build()
    assert scenario.end == date(2024, 3, 11)
    assert scenario.date_of(1) == date(2024, 1, 8)


def test_the_question_is_about_the_platform_of_the_earliest_intervention() -> None:
    later = Takedown(platform="A", start=date(2024, 2, 20))
    earlier = Takedown(platform="B", start=date(2024, 2, 14))
    scenario = build(later, earlier)
    assert scenario.squeezed == "B"
    assert scenario.reference == date(2024, 2, 12)  # the Monday before the fourteenth, a Wednesday
    assert scenario.reference_step == 6


def test_without_interventions_the_question_is_about_the_largest_platform() -> None:
    groups = (Group(name="g", start={"A": 0.3, "B": 0.7}),)
    scenario = build(population=Population(actors=50, groups=groups))
    assert (scenario.squeezed, scenario.reference) == ("B", DAY)


# ---- change -------------------------------------------------------------------------------


def test_with_returns_a_copy_and_leaves_the_original() -> None:
    scenario = build()
    changed = scenario.with_({"platforms.B.asc": 0.5, "behaviour.trial": 0.1}, steps=5)
    assert changed.landscape.platforms[1].asc == 0.5
    assert changed.behaviour.trial == 0.1
    assert changed.steps == 5
    assert scenario == build()


def test_with_reaches_every_kind_of_noun() -> None:
    scenario = build(Cooperation(platform="A", start=DAY, value=0.5)).with_(
        {
            "groups.g.start": {"A": 0.2, "B": 0.8},
            "groups.g.asc.A": 1.0,
            "population.actors": 60,
            "contacts.degree": 6,
            f"interventions.cooperation:A:{DAY}.value": 0.9,
        }
    )
    assert scenario.groups[0].start == {"A": 0.2, "B": 0.8}
    assert scenario.groups[0].asc == {"A": 1.0}
    assert scenario.population.actors == 60
    assert scenario.population.contacts.degree == 6
    assert scenario.policy().cooperation[0, 0, 0] == 0.9


def test_a_replaced_number_loses_its_evidence_and_the_others_keep_theirs() -> None:
    scenario = files.load("telegram-korea-2024").with_({"platforms.Signal.asc": -2.5})
    said = scenario.evidence().set_index("path")["source"]
    assert said["platforms.Signal.asc"] == "not stated"
    assert said["platforms.Viber.asc"] == "assumption"


def test_a_replaced_table_loses_the_evidence_of_all_its_entries() -> None:
    scenario = files.load("minimal").with_({"groups.all.start": {"Telegram": 1.0}})
    said = scenario.evidence().set_index("path")["source"]
    assert said["groups.all.start.Telegram"] == "not stated"


def test_a_path_that_leads_nowhere_suggests_the_nearest() -> None:
    with pytest.raises(
        ScenarioError, match=r"no parameter at 'platforms.B.ascc'; did you mean platforms.B.asc"
    ):
        build().with_({"platforms.B.ascc": 1.0})


def test_an_impossible_value_is_refused_by_with() -> None:
    with pytest.raises(ScenarioError, match="platform 'A': requests is -1"):
        build().with_({"platforms.A.requests": -1})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (5, "with_ is given 5; need a table of paths and values, such as {'platforms.Signal.asc': 0.5}"),
        ({5: 1.0}, "no parameter at '5'; evidence() lists the paths"),
        ({"groups.g.start": 5}, "group 'g': start is 5; need a table of names and numbers"),
        ({"groups.g.start.A": "0.5"}, "group 'g': start['A'] is '0.5'; need a number"),
        ({"platforms.B.asc.x": 1.0}, "no parameter at 'platforms.B.asc.x'; did you mean platforms.B.asc"),
        ({"interventions": ("x",)}, "scenario 'two': interventions[0] is 'x'; need an Intervention"),
        ({"behaviour": None}, "scenario 'two': behaviour is None; need a Behaviour"),
    ],
)
def test_with_refuses_what_is_of_another_type(changes: Any, said: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        build().with_(changes)
    assert said in str(refusal.value)


def test_numbers_that_ask_for_each_other_change_at_once() -> None:
    halves = (Group(name="g", share=0.5, start={"A": 1.0}), Group(name="h", share=0.5, start={"A": 1.0}))
    scenario = build(population=Population(actors=50, groups=halves))
    changed = scenario.with_(
        {"groups.g.share": 0.3, "groups.h.share": 0.7, "groups.h.start.A": 0.4} | {"groups.h.start.B": 0.6}
    )
    assert [group.share for group in changed.groups] == [0.3, 0.7]
    assert changed.groups[1].start == {"A": 0.4, "B": 0.6}


def test_without_a_platform_drops_what_is_done_to_it_alone() -> None:
    scenario = build(
        Takedown(platform="A", start=DAY),
        Cooperation(platform="B", start=DAY, value=0.5),
        Budget(start=DAY, requests=0.1),
        Outreach(start=DAY, threshold=0.5, value=0.9),
    )
    left = scenario.without("A").interventions
    assert [one.kind for one in left] == ["cooperation", "budget", "outreach"]
    assert left[2].targets == ("B",)
    assert scenario.without().interventions == ()


def test_without_keeps_the_question_and_refuses_an_unknown_platform() -> None:
    scenario = build(Takedown(platform="B", start=date(2024, 2, 1)))
    calm = scenario.without("B")
    assert (calm.squeezed, calm.reference) == (scenario.squeezed, scenario.reference)
    with pytest.raises(ScenarioError, match="unknown platform 'C'; there are 'A', 'B'"):
        scenario.without("C")


def test_a_copy_keeps_the_question_until_it_is_to_be_settled_anew() -> None:
    first, later = date(2024, 1, 15), date(2024, 2, 12)
    scenario = build(Takedown(platform="A", start=first))
    moved = scenario.with_(interventions=(Takedown(platform="B", start=later),))
    assert (moved.squeezed, moved.reference) == ("A", first)
    anew = moved.with_(squeezed="", reference=None)
    assert (anew.squeezed, anew.reference) == ("B", later)


@pytest.mark.parametrize(
    ("change", "said", "way_out"),
    [
        (
            {"steps": 2},
            "reference is 2024-02-12; need a date in 2024-01-01..2024-01-15",
            {"reference": None},
        ),
        (
            {"landscape": Landscape(platforms=(Platform(name="A"),))},
            "unknown squeezed platform 'B'; there are 'A'; name one of them",
            {"squeezed": ""},
        ),
    ],
)
def test_a_question_that_a_copy_cannot_keep_is_refused_with_the_way_out(
    change: dict[str, Any], said: str, way_out: dict[str, Any]
) -> None:
    people = Population(actors=50, groups=(Group(name="g", start={"A": 1.0}),))
    calm = build(Takedown(platform="B", start=date(2024, 2, 12)), population=people).without()
    with pytest.raises(ScenarioError) as refusal:
        calm.with_(change)
    ((name, default),) = way_out.items()
    anew = f"or take the default: leave {name} out of a file, or say with_({name}={default!r}, ...)"
    assert refusal.value.problems == (f"scenario 'two': {said}, {anew}",)
    assert calm.with_({**change, **way_out}).squeezed in ("A", "B")


# ---- evidence -----------------------------------------------------------------------------


def test_the_table_of_evidence_has_a_row_for_every_number() -> None:
    table = build(Cooperation(platform="A", start=DAY, value=0.5)).evidence()
    assert list(table.columns) == ["path", "value", "low", "high", "unit", "source", "note"]
    assert table["path"].is_unique
    rows = table.set_index("path")
    assert rows.loc["groups.g.start.A", "value"] == 0.5
    assert rows.loc[f"interventions.cooperation:A:{DAY}.value", "unit"] == "share of requests"
    assert rows.loc["behaviour.revision_rate", "unit"] == "per week"
    assert set(rows["source"]) == {"not stated"}


def test_a_stated_number_shows_its_range_and_source() -> None:
    row = (
        files.load("telegram-korea-2024").evidence().set_index("path").loc["platforms.KakaoTalk.cooperation"]
    )
    assert (row["value"], row["low"], row["high"], row["source"]) == (0.77, 0.73, 0.8, "S36")


def test_the_units_are_those_of_the_fields_that_hold_numbers() -> None:
    nouns = (Scenario, Platform, Edge, Population, Contacts, Group, Behaviour, *KINDS)
    numbers = {
        f"{noun.__name__}.{field.name}"
        for noun in nouns
        for field in dataclasses.fields(noun)
        if kinds(noun)[field.name] in (int, float, Table)
    }
    assert set(UNITS) == numbers - {"Scenario.steps"}


def test_every_number_of_every_noun_has_a_unit() -> None:
    kinds = (
        Outreach(start=DAY, threshold=0.5, value=0.9),
        Budget(start=DAY, requests=0.1),
        Crackdown(platform="A", start=DAY),
        PlatformChange(platform="A", start=DAY),
        Launch(platform="A", start=DAY),
        Takedown(platform="B", start=DAY, until=date(2024, 2, 1)),
        Announcement(platform="A", start=DAY, belief=0.1),
    )
    table = build(*kinds, behaviour=Behaviour(rechoice_rate=1.0)).evidence()
    assert table["unit"].str.len().min() > 0


def test_drawn_shares_still_add_up_to_one() -> None:
    scenario = files.load("telegram-korea-2024")
    drawn = at_values(scenario, {path: high for path, (_, high) in scenario.ranges().items()})
    assert sum(g.share for g in drawn.groups) == pytest.approx(1.0)
    for group in drawn.groups:
        assert sum(group.start.values()) == pytest.approx(1.0)
    assert drawn.behaviour.switching_cost == 7.0


def test_large_rates_are_cautioned_against() -> None:
    quick = build(behaviour=Behaviour(revision_rate=1.5, learning_rate=0.5))
    assert len(quick.cautions()) == 2
    assert "revision_rate x step = 1.50 > 1" in quick.cautions()[0]
    assert "learning_rate x step = 0.50 > 0.3" in quick.cautions()[1]
    assert replace(quick, step_days=1.0).cautions() == ()


def test_the_pressure_cautioned_against_counts_what_outreach_may_win() -> None:
    asked = Landscape(platforms=(Platform(name="A"), Platform(name="B", requests=4.0)))
    follow = Outreach(platforms=("B",), start=DAY, threshold=0.6, value=1.0)
    (said,) = build(follow, landscape=asked).cautions()
    assert "pressure x step = 0.40 > 0.3" in said  # 4 requests x 1 answered x 0.1 arrests for an answer
    assert build(landscape=asked).cautions() == ()


def test_the_pressure_cautioned_against_is_that_of_one_group_not_a_mixture() -> None:
    watched = Landscape(platforms=(Platform(name="A", undercover=0.01), Platform(name="B")))
    halves = {"share": 0.5, "start": {"A": 1.0}}
    crew = Population(actors=50, groups=(Group(name="g", exposure=5.0, **halves), Group(name="h", **halves)))
    pressed = Crackdown(platform="A", start=DAY, undercover=20.0, groups=("h",))
    assert build(pressed, landscape=watched, population=crew).cautions() == ()  # 5 x .01 and 1 x .2
    (said,) = build(replace(pressed, groups=("g",)), landscape=watched, population=crew).cautions()
    assert "pressure x step = 1.00 > 0.3" in said


# Midpoints of the ten weekly steps: noon of 2024-01-04, -11, -18 ... 2024-03-07.
@pytest.mark.parametrize(
    ("act", "thing", "near"),
    [
        (
            Takedown(platform="A", start=date(2024, 1, 12), until=date(2024, 1, 18)),
            "takedown on 'A' from 2024-01-12 to 2024-01-18",
            "those near it are on 2024-01-11 and 2024-01-18",
        ),
        (
            Cooperation(platform="B", start=date(2024, 3, 8), value=0.5),
            "cooperation on 'B' from 2024-03-08",
            "the last one is on 2024-03-07",
        ),
        (
            Budget(start=DAY, until=date(2024, 1, 4), requests=0.1),
            "budget on all platforms from 2024-01-01 to 2024-01-04",
            "the first one is on 2024-01-04",
        ),
    ],
)
def test_an_intervention_that_no_step_feels_is_cautioned_against(
    act: Intervention, thing: str, near: str
) -> None:
    scenario = build(act)
    (said,) = scenario.cautions()
    assert said.startswith(f"interventions.0 ({thing}) is in force in no step: none has its midpoint in it, ")
    assert said.endswith(f", {near}; use shorter steps or other dates")
    assert scenario.with_(step_days=1.0, steps=70).cautions() == ()


def test_a_seizure_that_ends_before_a_midpoint_is_cautioned_against() -> None:
    scenario = build(Takedown(platform="A", start=date(2024, 1, 12), seizure=0.1, seizure_weeks=0.5))
    (said,) = scenario.cautions()
    assert said.startswith(
        "interventions.0 (takedown on 'A' from 2024-01-12) arrests nobody: no step has its"
    )
    assert "midpoint in the 0.5 weeks of its seizure, those near it are on 2024-01-11 and 2024-01-18" in said
    assert said.endswith("; use shorter steps, another date or more seizure_weeks")
    path = "interventions.takedown:A:2024-01-12.seizure_weeks"
    assert scenario.with_({path: 1.0}).cautions() == ()


@pytest.mark.parametrize(
    "act",
    [
        Takedown(platform="A", start=date(2024, 1, 18), until=date(2024, 1, 19)),  # holds a midpoint
        Takedown(platform="A", start=DAY, seizure=0.0, seizure_weeks=0.1),  # the low end of a range
        Announcement(platform="A", start=date(2024, 3, 10), belief=0.1),  # made in the step of its date
    ],
)
def test_what_a_step_feels_is_not_cautioned_against(act: Intervention) -> None:
    scenario = build(act)
    assert scenario.cautions() == ()
    before, after = build().policy(), scenario.policy()
    changed = [
        name for name in before._fields if not np.array_equal(getattr(before, name), getattr(after, name))
    ]
    assert changed


def test_a_seizure_counts_though_its_platform_is_closed_in_no_step() -> None:
    until = date(2024, 1, 18)
    act = Takedown(platform="A", start=date(2024, 1, 12), until=until, seizure=0.1, seizure_weeks=2.0)
    (said,) = build(act).cautions()
    assert "is in force in no step, though its seizure arrests: none has its midpoint in it" in said
    assert build(act).policy().available.all()
    assert build(act).policy().seizure.any()


def test_a_group_that_rounds_to_nobody_is_cautioned_against() -> None:
    tiny = Group(name="tiny", share=0.004, start={"A": 1.0})
    rest = Group(name="rest", share=0.996, start={"A": 1.0})
    crew = Population(actors=100, groups=(tiny, rest))
    (said,) = crew.nobody()
    assert said.startswith("group 'tiny' has a share of 0.004 of 100 actors, which rounds to nobody: ")
    assert said.endswith("; take more actors, or a larger share")
    assert said in build(population=crew).cautions()
    assert replace(crew, actors=1000).nobody() == ()


def test_interventions_of_one_day_on_other_groups_have_paths_of_their_own() -> None:
    """Dropping the first must not give its name, and what is drawn for it, to the second."""
    groups = tuple(Group(name=name, share=0.5, start={"A": 1.0}) for name in ("a", "b"))
    acts = tuple(Cooperation(platform="A", start=DAY, value=0.5, groups=(name,)) for name in ("a", "b"))
    both = build(*acts, population=Population(actors=100, groups=groups))
    first, second = (path for path, noun in both.nouns() if noun in acts)
    assert (first, second) == tuple(f"interventions.cooperation:A:{DAY}:{name}" for name in ("a", "b"))
    assert [path for path, noun in both.with_(interventions=acts[1:]).nouns() if noun in acts] == [second]
    assert called(both, f"{second}.value") == f"cooperation on A, {DAY} (b): value"


def test_communities_too_small_for_their_ties_are_cautioned_against() -> None:
    crew = Population(
        actors=500,
        groups=(Group(name="g", start={"A": 1.0}),),
        contacts=Contacts(kind="communities", degree=10.0, size=5, within=0.6),
    )
    (said,) = build(population=crew).cautions()
    assert "group 'g': a community of 5 slots has no room for 6 contacts inside it, at most 4" in said
    assert "raise size, or lower degree or within" in said
    assert replace(crew, contacts=replace(crew.contacts, size=7)).crowding() == ()


def test_a_change_that_makes_joining_a_reward_is_cautioned_against_at_the_low_ends() -> None:
    costly = Platform(
        name="B", onboarding_cost=1.0, evidence=(Evidence(field="onboarding_cost", low=0.5, high=2.0),)
    )
    eased = PlatformChange(
        platform="B",
        start=DAY,
        onboarding_cost=-0.5,
        evidence=(Evidence(field="onboarding_cost", low=-0.75, high=0.0),),
    )
    both = Landscape(platforms=(Platform(name="A"), costly))
    (said,) = build(eased, landscape=both).cautions()
    assert said.startswith(
        "platforms.B.onboarding_cost and interventions.platform_change:B:2024-01-01.onboarding_cost "
        "add up to -0.25 at the low ends of their ranges"
    )
    assert "raise one" in said
    dearer = PlatformChange(platform="B", start=DAY, onboarding_cost=0.25)
    assert build(eased, dearer, landscape=both).cautions() == ()  # 0.5 - 0.75 + 0.25
    assert build(replace(eased, evidence=()), landscape=both).cautions() == ()  # 0.5 - 0.5


def test_a_population_of_nobody_is_refused_once() -> None:
    with pytest.raises(ScenarioError) as refusal:
        Population(actors=0, groups=(Group(name="g", start={"A": 1.0}),))
    assert "degree" not in str(refusal.value)


def test_own_rules_that_differ_by_a_name_alone_are_other_scenarios() -> None:
    def by_asc(traits: Any, view: Any, parameters: Any) -> float:
        return view.asc

    def by_peers(traits: Any, view: Any, parameters: Any) -> float:
        return view.peers

    one, other = (describe_rule(rule)["sha256"] for rule in (by_asc, by_peers))
    assert one != other


def test_own_rules_that_differ_by_a_number_around_them_are_other_scenarios() -> None:
    def steep(slope: float) -> Any:
        def rule(traits: Any, view: Any, parameters: Any) -> float:
            return slope * view.asc

        return rule

    one, same, other = (describe_rule(steep(slope))["sha256"] for slope in (1.0, 1.0, 2.0))
    assert one == same != other
