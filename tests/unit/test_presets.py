"""The scenarios that ship: whole, sourced, and the same after every round trip."""

from __future__ import annotations

import csv
import json
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balloon import files, presets
from balloon.errors import BalloonError, DataError, ScenarioError
from balloon.evidence import ASSUMPTION
from balloon.interventions import Announcement, Cooperation, Outreach, Takedown
from balloon.presets import evidence as evidence_table
from balloon.presets import names as preset_names
from balloon.presets import path as preset_path
from balloon.presets import sources
from balloon.scenario import Scenario, at_values
from balloon.simulate import draw_ranges, simulate

NAMES = preset_names()
every_preset = pytest.mark.parametrize("name", NAMES)
every_case = pytest.mark.parametrize("name", sorted(set(NAMES) - {"minimal"}))  # ten lines, of defaults


def written(name: str) -> dict[str, Any]:
    return tomllib.loads(preset_path(name).read_text(encoding="utf-8"))


def bare(value: object, path: str = "") -> Iterator[str]:
    """Paths of the numbers that a file states without evidence."""
    if isinstance(value, dict) and "value" not in value:
        for key, inner in value.items():
            yield from bare(inner, f"{path}.{key}")
    elif isinstance(value, dict) and isinstance(value["value"], dict):
        yield from bare({k: v for k, v in value.items() if k != "value"}, path)
        yield from bare(value["value"], f"{path}.value")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from bare(inner, f"{path}.{number}")
    elif isinstance(value, dict):
        if "source" not in value:
            yield path
    elif isinstance(value, int | float):
        yield path


def test_the_presets_are_the_cases_of_the_library() -> None:
    assert {
        "telegram-korea-2024", "telegram-korea-2024-outreach", "encrypted-phones-2020",
        "darknet-markets-2017", "whatsapp-policy-2021", "kakaotalk-exile-2014", "minimal",
    } <= set(NAMES)  # fmt: skip


@every_preset
def test_a_preset_is_named_as_its_file(name: str) -> None:
    assert files.load(name).name == name


@every_preset
def test_a_preset_comes_back_from_toml(name: str, tmp_path: Path) -> None:
    scenario = files.load(name)
    files.save(scenario, tmp_path / "again.toml")
    assert files.load(tmp_path / "again.toml") == scenario


@every_preset
def test_a_preset_comes_back_from_its_canonical_json(name: str) -> None:
    scenario = files.load(name)
    again = files.from_document(json.loads(scenario.to_json()))
    assert again == scenario
    assert again.to_json() == scenario.to_json()


@every_preset
def test_every_number_that_a_preset_states_has_a_source(name: str) -> None:
    settings = {"schema_version", "steps", "step_days", "start", "reference"}
    stated = {key: value for key, value in written(name).items() if key not in settings}
    assert list(bare(stated)) == []
    table = files.load(name).evidence().set_index("path")
    known = {source.source_id for source in sources()}
    assert set(table["source"]) <= known | {ASSUMPTION, "not stated"}
    assert set(table.loc[table["source"] == "not stated", "low"].isna()) == {True}


@every_case
def test_an_assumption_has_a_range_or_says_why_it_is_held(name: str) -> None:
    table = files.load(name).evidence()
    bare_ones = table[(table["source"] == ASSUMPTION) & table["low"].isna()]
    said = bare_ones["note"].str.contains(r"held fixed: \w+ \w+")
    assert list(bare_ones.loc[~said, "path"]) == []


@every_case
def test_a_number_that_a_preset_does_not_state_plays_no_part(name: str) -> None:
    """All of them changed at once, the run is the same to the last actor."""
    scenario = files.load(name).with_({"population.actors": 300})
    table = files.load(name).evidence()
    silent = table[table["source"] == "not stated"].set_index("path")["value"]
    others = {path: 10 if path == "contacts.size" else value + 0.1 for path, value in silent.items()}
    told, changed = (simulate(one, replicates=2, seed=1).data for one in (scenario, scenario.with_(others)))
    for counted in ("actors", "moves", "arrests", "joins", "installed", "active"):
        assert np.array_equal(told[counted], changed[counted]), counted


@pytest.mark.parametrize(
    ("find", "error", "said"),
    [
        (
            lambda: presets.path("telegram-korea-2042"),
            ScenarioError,
            "no preset 'telegram-korea-2042'; did you mean 'telegram-korea-2024'? There are 'darknet",
        ),
        (lambda: presets.path("../minimal"), ScenarioError, "no preset '../minimal'; did you mean 'minimal'"),
        (lambda: presets.path(None), ScenarioError, "no preset None; there are 'darknet-markets-2017', "),
        (
            lambda: presets.evidence("korea_police_outcome"),
            DataError,
            "no table of published figures 'korea_police_outcome'; did you mean 'korea_police_outcomes'?",
        ),
        (
            lambda: presets.observations("x"),
            DataError,
            "no observations 'x'; there are 'darknet-markets-2017', ",
        ),
    ],
)
def test_a_file_that_does_not_ship_is_refused_with_the_nearest(
    find: Callable[[], Path], error: type[BalloonError], said: str
) -> None:
    with pytest.raises(error) as refusal:
        find()
    assert said in str(refusal.value)


@every_preset
def test_a_preset_has_no_cautions_at_either_end_of_its_ranges(name: str) -> None:
    scenario = files.load(name)
    assert scenario.cautions() == ()
    for end in (0, 1):
        values = {path: ends[end] for path, ends in scenario.ranges().items()}
        assert at_values(scenario, values).cautions() == ()


@every_preset
def test_every_draw_from_the_ranges_of_a_preset_is_a_world(name: str) -> None:
    """256 draws and both corners are built with all their checks; no sum of two numbers leaves its bounds."""
    scenario = files.load(name)
    corners = [{path: ends[end] for path, ends in scenario.ranges().items()} for end in (0, 1)]
    for values in [*draw_ranges(scenario, replicates=256, seed=1), *corners]:
        drawn = at_values(scenario, values)
        policy = drawn.policy()
        assert policy.onboarding_cost.min() >= 0
        assert 0 <= policy.cooperation.min() <= policy.cooperation.max() <= 1
        assert min(policy.undercover.min(), policy.requests.min(), policy.seizure.min()) >= 0
        assert policy.announced.max() < 1
        assert sum(drawn.population.sizes) == scenario.population.actors


@every_preset
def test_no_range_asks_for_a_fraction_of_an_actor(name: str) -> None:
    whole = {"population.actors", "contacts.size", "contacts.actors"}
    assert not whole & set(files.load(name).ranges())


@every_preset
def test_every_dated_event_has_a_label_and_a_source(name: str) -> None:
    for one in files.load(name).interventions:
        assert one.label
        assert one.source or isinstance(one, Outreach)  # outreach is an option, not a fact


@every_preset
def test_a_preset_says_what_it_reproduces_and_what_not(name: str) -> None:
    if name != "minimal":
        note = files.load(name).note
        assert "eproduces" in note
        assert "Does not reproduce" in note


def test_loading_a_preset_takes_less_than_a_third_of_a_second() -> None:
    files.load("minimal")  # imports
    begun = time.thread_time()
    files.load("telegram-korea-2024")
    assert time.thread_time() - begun < 0.3


def korea() -> Scenario:
    return files.load("telegram-korea-2024")


def test_korea_starts_on_a_monday_with_six_platforms() -> None:
    scenario = korea()
    assert scenario.platforms == ("Telegram", "Signal", "Viber", "SimpleX", "KakaoTalk", "WhatsApp")
    assert scenario.start.isoweekday() == 1
    assert scenario.squeezed == "Telegram"
    assert scenario.reference == date(2024, 8, 19)  # the Monday before the arrest of the founder
    assert scenario.population.actors == 2000


def test_korea_has_the_four_dated_events_of_telegram() -> None:
    events = [(type(i), i.start) for i in korea().interventions]
    assert events == [
        (Announcement, date(2024, 8, 24)),
        (Announcement, date(2024, 9, 23)),
        (Cooperation, date(2024, 10, 1)),
        (Cooperation, date(2025, 2, 3)),
    ]


def test_telegram_answers_nothing_then_90_then_95_per_cent() -> None:
    answered = korea().policy().cooperation[:, 0, 0]
    # Steps end on Mondays; 1 October 2024 is in the 14th week, 3 February 2025 starts the 32nd.
    assert answered[12] == 0.0
    assert answered[13] == 0.9
    assert answered[30] == 0.9
    assert answered[31] == 0.95


def test_without_telegram_nothing_is_left_but_the_question() -> None:
    calm = korea().without("Telegram")
    assert calm.interventions == ()
    assert (calm.squeezed, calm.reference) == ("Telegram", date(2024, 8, 19))


def test_the_outreach_variant_differs_by_its_option_alone() -> None:
    option = files.load("telegram-korea-2024-outreach")
    facts = tuple(i for i in option.interventions if not isinstance(i, Outreach))
    assert len(option.interventions) == len(facts) + 1
    plain = korea()
    assert replace(option, interventions=facts, name=plain.name, title=plain.title, note=plain.note) == plain


def test_hansa_closes_fifteen_days_after_alphabay() -> None:
    scenario = files.load("darknet-markets-2017")
    closed = {i.platform: i.start for i in scenario.interventions if isinstance(i, Takedown)}
    assert closed == {"AlphaBay": date(2017, 7, 5), "Hansa": date(2017, 7, 20)}
    assert scenario.step_days == 1.0
    assert 4 <= scenario.behaviour.peer_influence <= 6
    assert scenario.behaviour.rechoice_rate is not None


def test_three_telephones_close_one_after_the_other() -> None:
    scenario = files.load("encrypted-phones-2020")
    closed = [(i.platform, i.start) for i in scenario.interventions if isinstance(i, Takedown)]
    assert closed == [
        ("EncroChat", date(2020, 6, 13)),
        ("Sky ECC", date(2021, 3, 19)),
        ("ANOM", date(2021, 6, 8)),
    ]


def test_the_minimal_preset_has_three_platforms_and_ten_lines() -> None:
    lines = preset_path("minimal").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == 10
    assert len(files.load("minimal").platforms) == 3


def test_the_sources_have_distinct_ids_and_addresses() -> None:
    known = sources()
    assert len({s.source_id for s in known}) == len(known)
    assert all(s.url.startswith("http") and s.kind for s in known)


def test_every_table_of_evidence_cites_known_sources() -> None:
    known = {source.source_id for source in sources()}
    tables = sorted(evidence_table("sources").parent.glob("*.csv"))
    assert len(tables) == 15
    for table in tables:
        with table.open(encoding="utf-8", newline="") as lines:
            assert {row["source_id"] for row in csv.DictReader(lines)} <= known, table.name


def test_the_transparency_data_carry_their_attribution() -> None:
    readme = (evidence_table("sources").parent / "README.md").read_text(encoding="utf-8")
    assert "CC-BY" in readme
    assert "github.com/Te-k/telegram-transparency" in readme
