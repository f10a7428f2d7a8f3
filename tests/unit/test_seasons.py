"""What the mean field leaves out changes no number: steps alike, cells alike, apps that do not matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from cases import CASES
from worlds import week, world

import balloon as bl
from balloon.behaviour.inputs import Parameters, Traits, View
from balloon.calibrate.problem import problem
from balloon.engines.meanfield import MeanField, run
from balloon.engines.meanfield.world import World, lay_out
from balloon.engines.meanfield.world import world as numbers_of
from balloon.errors import EngineError
from balloon.interventions import Cooperation, Crackdown, Takedown

COUNTED_IN_APPS = ("joins", "installed", "active")


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of the step for which the policy is looked at, each time it is."""
    asked, plain = [], run.look

    def look(here: World, t: int, memory: Any) -> Any:
        asked.append(t)
        return plain(here, t, memory)

    monkeypatch.setattr(run, "look", look)
    return asked


def test_a_policy_is_looked_at_when_it_changes_and_not_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    squeeze = Cooperation(platform="A", start=week(5), until=week(9), value=0.9)
    MeanField(world(squeeze, revision_rate=0.3, steps=12)).run()
    assert asked == [1, 6, 10]


def test_a_platform_opens_again_for_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    closed = Takedown(platform="A", start=week(3), until=week(6))
    MeanField(world(closed, revision_rate=0.3, steps=10)).run()
    assert asked == [1, 4, 5, 7, 8]


def test_a_change_that_is_none_in_the_scenario_is_one_where_its_size_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = counting(monkeypatch)
    idle = Crackdown(platform="A", start=week(4), requests=1.0)
    scenario = world(idle, revision_rate=0.3, steps=8)
    MeanField(scenario).run()
    assert asked == [1]
    asked.clear()
    MeanField(scenario).run({"interventions.crackdown:A:2024-01-29.requests": [3.0]})
    assert asked == [1, 5]


@pytest.mark.parametrize("name", CASES)
def test_a_season_has_the_numbers_of_its_steps_one_by_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = MeanField(CASES[name]())
    seasons = field.run()

    def always(*arguments: Any, **named: Any) -> World:
        here = numbers_of(*arguments, **named)
        return here._replace(turns=np.ones_like(here.turns))

    monkeypatch.setattr(run, "world", always)
    steps = field.run()
    for key, series in seasons._asdict().items():
        if series is not None:
            assert np.array_equal(series, getattr(steps, key)), key


def test_cells_that_see_the_same_share_a_row() -> None:
    """On a complete graph: at home on each platform or dormant with its habit, and from nowhere."""
    at = lay_out(world(platforms="ABC", steps=3)).cells
    assert len(at.friction) == len(at.reach) == 4
    homes, none, habits = at.outlook[:3], at.outlook[at.dormant.start], at.outlook[at.dormant][1:]
    assert homes.tolist() == habits.tolist()
    assert at.outlook[at.removed] == none
    assert at.friction[homes].tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert at.friction[none].tolist() == [0, 0, 0]


def test_apps_that_change_nothing_need_not_be_followed() -> None:
    scenario = world(
        Cooperation(platform="A", start=week(3), value=0.9),
        platforms={"A": {"requests": 0.1}, "B": {"asc": 0.5, "undercover": 0.01}},
        risk_aversion=5.0, revision_rate=0.4, trial=0.3, idle_use=0.2, replacement_rate=0.1,
    )  # fmt: skip
    field = MeanField(scenario)
    every, fewer = field.run(), field.run(apps=False)
    for key, series in every._asdict().items():
        if key in COUNTED_IN_APPS:
            assert getattr(fewer, key) is None, key
        elif series is not None:
            assert getattr(fewer, key) == pytest.approx(series, rel=1e-12), key


def test_without_idle_use_those_active_on_a_platform_are_those_at_home_there() -> None:
    fewer = MeanField(world(revision_rate=0.4, idle_use=0.0)).run(apps=False)
    assert fewer.installed is None
    assert np.array_equal(fewer.active, fewer.actors[..., :-2])


def taste(traits: Traits, view: View, parameters: Parameters) -> float:
    return view.asc


@pytest.mark.parametrize(
    "matter",
    [
        lambda: world(platforms={"A": {}, "B": {"onboarding_cost": 1.0}}, revision_rate=0.4),
        lambda: world(Takedown(platform="A", start=week(2), seizure=0.1, seizure_weeks=4), revision_rate=0.4),
        lambda: world(revision_rate=0.4).with_({"behaviour.utility": taste}),
    ],
)
def test_apps_that_change_what_actors_do_are_followed_in_any_case(matter: Callable[[], Any]) -> None:
    fewer = MeanField(matter()).run(apps=False)
    assert all(getattr(fewer, key) is not None for key in COUNTED_IN_APPS)


# ---- what a fit asks for ------------------------------------------------------------------


def columns_of(quantity: str, **behaviour: float) -> set[Any]:
    """What the model of one observation gives back."""
    scenario = world(revision_rate=0.4, steps=10, **behaviour)
    day = scenario.start + timedelta(weeks=4)
    end = None if quantity != "joins" else day + timedelta(weeks=4)
    row = bl.Observation(
        quantity=quantity, start=day, end=end, platform="A", value=100.0, unit="actors", sd=10.0
    )
    made = problem(scenario, bl.Observations((row,)), {"platforms.B.asc": (-1.0, 1.0)})
    whole = set(made.forward_whole({"platforms.B.asc": np.zeros(1)}))
    assert set(COUNTED_IN_APPS) <= whole
    return set(made.forward({"platforms.B.asc": np.zeros(1)}))


def test_a_fit_follows_apps_where_an_observation_counts_them() -> None:
    assert "installed" not in columns_of("actors")
    assert "installed" in columns_of("installed")
    assert "installed" in columns_of("joins")


def test_active_users_need_apps_only_if_apps_are_used_from_elsewhere() -> None:
    alone = columns_of("active", idle_use=0.0)
    assert "active" in alone
    assert "installed" not in alone
    assert {"active", "installed"} <= columns_of("active", idle_use=0.3)


def test_no_column_of_apps_is_made_up() -> None:
    scenario = world(revision_rate=0.4, steps=10)
    day = scenario.start + timedelta(weeks=4)

    def rows(quantity: str) -> bl.Observations:
        row = bl.Observation(quantity=quantity, start=day, platform="A", value=9.0, unit="actors", sd=1.0)
        return bl.Observations((row,))

    free = {"platforms.B.asc": (-1.0, 1.0)}
    few = problem(scenario, rows("actors"), free).forward({"platforms.B.asc": np.zeros(1)})
    with pytest.raises(EngineError, match="column 'installed' is missing"):
        problem(scenario, rows("installed"), free).model.predict(few)
