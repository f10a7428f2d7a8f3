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
