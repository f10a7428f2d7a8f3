"""The examples run, and show what they say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from balloon import Actor, Behaviour
from balloon.testing import ActorContract, RuleContract

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(name: str) -> dict[str, Any]:
    """The names of an example; nothing runs but its definitions."""
    return runpy.run_path(str(EXAMPLES / name))


def test_the_homesick_stay_on_telegram_more_than_others(capsys: pytest.CaptureFixture[str]) -> None:
    frames = load("own_actor.py")["main"](actors=200, steps=12)
    assert frames["Homesick"]["Telegram"].iloc[-1] > frames["Actor"]["Telegram"].iloc[-1]
    assert capsys.readouterr().out.count("on Telegram on 2024-11-25") == 2


def test_an_own_rule_changes_where_the_actors_go(capsys: pytest.CaptureFixture[str]) -> None:
    left = OWN_RULE["main"](actors=300, replicates=1)
    assert left["built-in"] != left["first friends"]
    assert "first friends" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::balloon.BalloonWarning")
def test_the_forecast_for_korea_is_that_of_the_assumptions_and_says_so() -> None:
    korea = load("korea_a_year_on.py")
    fit = korea["fitted"](starts=1)
    assert fit.identified == ()
    table = korea["a_year_on"](fit, replicates=24)
    assert list(table.index) == [*fit.problem.scenario.platforms, "dormant", "removed"]
    assert (table["low"] < table["high"]).all()
    assert (
        table.loc["Telegram", "high"] - table.loc["Telegram", "low"] > 0.2
    )  # a fifth of all actors and more
    # The same draws of all else: what the posterior takes off the prior's spread is what the data told.
    assert table.loc["Telegram", "contraction"] < 0.2
    assert fit.check_abm(replicates=2).quantities().verdict["answered"] == "fine"


@pytest.mark.filterwarnings("ignore::balloon.BalloonWarning")
def test_the_users_of_sky_ecc_are_within_their_bounds_and_anom_does_not_grow_as_it_did() -> None:
    telephones = load("gain_of_anom.py")
    fit = telephones["fitted"](starts=1)
    told = fit.problem.predict(fit.theta)[0].real
    low, high = fit.problem.observations[1].ends
    assert (low, high) == (70_000, 170_000)
    assert low < told[1] < high
    assert told[3] < 0.7 * fit.problem.observations[3].number
    assert fit.check().p < 0.05
    assert "bars without a dot: bounds" in fit.plot().caption.notes[0]
    gain = telephones["gain_of_anom"](fit)["gain of ANOM, share of Sky ECC's users"]
    assert gain.low < gain.median < gain.high < 0.035  # below the lower of the sources' bounds


def test_an_example_is_shorter_than_60_lines() -> None:
    lengths = {file.name: len(file.read_text("utf-8").splitlines()) for file in EXAMPLES.glob("*.py")}
    assert {name: length for name, length in lengths.items() if length >= 60} == {}


def test_a_platform_that_answers_loses_actors_and_each_policy_has_its_ledger(
    capsys: pytest.CaptureFixture[str],
) -> None:
    effect = load("two_policies.py")["main"](actors=300, replicates=3)
    assert effect.names == ("Signal answers", "police follow the crowd")
    assert (effect.of("Signal answers").ledger("Signal").net[:, 0, 0] > 0).all()
    assert capsys.readouterr().out.count("Ledger of Signal") == 2


def test_the_three_pages_of_the_briefing_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = load("briefing.py")["main"](tmp_path, actors=100, replicates=12)
    assert sorted(page.name for page in tmp_path.iterdir()) == ["brief.html", "model.html", "what-if.html"]
    assert all("<html" in page.read_text("utf-8") for page in pages)
    assert "Beyond luck the answer goes with" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore")  # of the widget libraries
def test_the_solara_page_is_built_and_its_model_steps() -> None:
    pytest.importorskip("solara", reason="solara is not installed: pip install 'mesa[viz]'")
    pytest.importorskip("altair", reason="altair is not installed: pip install 'mesa[viz]'")
    example = load("solara_app.py")
    model = example["Squeeze"](actors=60, cooperation=1.0, peer_influence=0.0, seed=2)
    model.step()
    table = model.datacollector.get_model_vars_dataframe()
    assert table.sum(axis=1).tolist() == [60, 60]


OWN_RULE = load("own_rule.py")  # once: every copy of a rule is compiled anew


class TestOwnRuleOfTheExample(RuleContract):
    behaviour = Behaviour(peer_influence=2.0, utility=OWN_RULE["first_friends"])


class TestBuiltInRules(RuleContract):
    behaviour = Behaviour(peer_influence=1.0, vigilance=2.0, spillover=0.3)


class TestBuiltInActor(ActorContract):
    actor = Actor
