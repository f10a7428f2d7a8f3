"""Shapley values: parts that add up, on changes small enough to share by hand."""

from datetime import date

import numpy as np
import pytest

import balloon as bl
from balloon.attribution import attribute
from balloon.errors import EngineError, ScenarioError

PLAIN = bl.load("minimal").without()
ASKED = bl.Cooperation(platform="Telegram", start=date(2024, 10, 1), value=0.9)
RAID = bl.Crackdown(platform="Telegram", start=date(2024, 11, 1), requests=3.0)
NEWS = bl.Announcement(platform="Signal", start=date(2024, 11, 1), belief=0.1)


def with_(*interventions):
    return PLAIN.with_(interventions=interventions)


def counted(scenario):
    """Actors: each intervention alone moves 6 from place 0 to 1, the first two together 4 more."""
    moved = 6 * len(scenario.interventions)
    moved += 4 if {ASKED, RAID} <= set(scenario.interventions) else 0
    k = len(scenario.platforms) + 2
    actors = np.zeros((2, k), np.int64)
    actors[:, 0], actors[:, 1] = 100 - moved, moved
    return range(2), actors


def test_what_two_do_only_together_is_shared_equally() -> None:
    shared = attribute(PLAIN, with_(ASKED, RAID, NEWS), counted)
    telegram = shared.parts.isel(replicate=0, place=0)
    assert telegram.values.tolist() == [-8, -8, -6]
    assert telegram.intervention.values.tolist() == [
        "cooperation:Telegram:2024-10-01",
        "crackdown:Telegram:2024-11-01",
        "announcement:Signal:2024-11-01",
    ]


def test_the_parts_add_up_to_the_whole() -> None:
    shared = attribute(PLAIN, with_(ASKED, RAID, NEWS), counted)
    assert (shared.parts.sum("intervention") == shared.whole).all()
    assert shared.whole.isel(replicate=0).values.tolist()[:2] == [-22, 22]


def test_interventions_can_be_taken_as_one_by_platform() -> None:
    shared = attribute(PLAIN, with_(ASKED, RAID, NEWS), counted, by="platform")
    assert shared.parts.isel(replicate=0, place=0).to_series().to_dict() == {"Telegram": -16, "Signal": -6}


def test_an_outreach_stands_under_the_platforms_it_names_and_a_budget_under_all() -> None:
    start = date(2024, 11, 1)
    to_one = bl.Outreach(platforms=("Signal",), start=start, threshold=0.1, value=0.9)
    to_two = bl.Outreach(platforms=("Signal", "Viber"), start=start, threshold=0.1, value=0.9)
    money = bl.Budget(start=start, requests=0.02)
    shared = attribute(PLAIN, with_(to_one, NEWS, to_two, money), counted, by="platform")
    assert shared.parts.isel(replicate=0, place=0).to_series().to_dict() == {
        "Signal": -12,
        "Signal, Viber": -6,
        "all": -6,
    }


def test_one_replicate_has_no_range_and_the_refusal_says_where_its_numbers_are() -> None:
    def once(scenario):
        return [0], counted(scenario)[1][:1]

    shared = attribute(PLAIN, with_(ASKED), once)
    with pytest.raises(EngineError, match=r"attribution: one replicate gives no 90 % range; .*\.parts"):
        shared.to_frame()
    assert str(shared).startswith("Mean change in actors, over 1 replicate\n")
    assert shared.parts.values.ravel().tolist()[:2] == [-6, 6]


def test_interventions_of_the_baseline_have_no_part() -> None:
    shared = attribute(with_(ASKED), with_(ASKED, RAID), counted)
    assert shared.parts.isel(replicate=0, place=0).to_series().to_dict() == {
        "crackdown:Telegram:2024-11-01": -10
    }


def test_a_baseline_of_another_behaviour_cannot_be_shared_among_interventions() -> None:
    other = with_(ASKED).with_({"behaviour.switching_cost": 1.0})
    with pytest.raises(ScenarioError, match="does not only add interventions to the baseline"):
        attribute(PLAIN, other, counted)


def test_more_than_six_parts_are_refused_with_the_way_out() -> None:
    many = [bl.Cooperation(platform="Telegram", start=date(2024, 10, k), value=0.5) for k in range(1, 8)]
    with pytest.raises(
        EngineError, match=r"7 parts by intervention need 128 scenarios; at most 6.*'platform'"
    ):
        attribute(PLAIN, with_(*many), counted)


def test_nothing_added_is_refused() -> None:
    with pytest.raises(EngineError, match="adds no intervention"):
        attribute(PLAIN, PLAIN, counted)


def test_another_way_of_taking_apart_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="by 'group': there is no such way"):
        attribute(PLAIN, with_(ASKED), counted, by="group")
