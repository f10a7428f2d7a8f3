"""balloon copy: a scenario of one's own in one command, and refusals that say what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon.cli import main


def test_a_copy_is_the_scenario_under_the_name_of_its_file(tmp_path: Path, capsys: Any) -> None:
    mine = tmp_path / "mine.toml"
    assert main(["copy", "telegram-korea-2024", str(mine)]) == 0
    assert bl.load(mine) == bl.load("telegram-korea-2024").with_(name="mine")
    said = capsys.readouterr().out
    assert said.splitlines()[:2] == ["Written:", f"  {mine}"]
    assert "Its title and note still tell of telegram-korea-2024: edit them." in said
    assert f"balloon run {mine}" in said


def test_a_number_that_is_set_loses_the_source_that_spoke_of_the_old_one(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    changes = ["--set", "behaviour.switching_cost=3.5", "--set", "population.actors=500"]
    assert main(["copy", "telegram-korea-2024", str(mine), *changes]) == 0
    copied = bl.load(mine)
    rows = copied.evidence().set_index("path")
    assert rows.loc["behaviour.switching_cost", ["value", "source"]].tolist() == [3.5, "not stated"]
    assert copied.population.actors == 500
    assert rows.loc["behaviour.trial", "source"] == "assumption"


def test_a_copy_of_a_copy_is_made_as_well_as_one_of_a_preset(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    assert main(["copy", "minimal", str(first), "--set", "behaviour.trial=0.3"]) == 0
    assert main(["copy", str(first), str(second)]) == 0
    assert bl.load(second) == bl.load("minimal").with_({"behaviour.trial": 0.3, "name": "second"})


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path, capsys: Any) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("work of a week")
    assert main(["copy", "minimal", str(mine)]) == 2
    assert "mine.toml: is there already, and may hold work of yours; choose another name" in (
        capsys.readouterr().err
    )
    assert mine.read_text() == "work of a week"


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("mine.txt", "", "mine.txt: a scenario is written as .toml; choose such a name"),
        ("no/where.toml", "", "where.toml: cannot be written (No such file or directory)"),
        ("mine.toml", "steps=9", "--set steps=9: 'steps' is no path, such as behaviour.switching_cost"),
        (
            "mine.toml",
            "behaviour.trial=x",
            "--set behaviour.trial=x: 'x' is no number; write behaviour.trial=1.5",
        ),
        ("mine.toml", "behaviour.trial", "'' is no number; write behaviour.trial=1.5"),
        ("mine.toml", "behaviour.trail=1", "did you mean behaviour.trial"),
        ("mine.toml", "behaviour.trial=2", "behaviour: trial is 2; need a number from 0 to 1"),
        (
            "mine.toml",
            "groups.all.start=1",
            "--set groups.all.start: is no number in 'minimal'; edit the file",
        ),
        ("mine.toml", "platforms.Signal.note=1", "--set platforms.Signal.note: is no number in 'minimal'"),
        (
            "mine.toml",
            "behaviour.trial.x=1",
            "no parameter at 'behaviour.trial.x'; did you mean behaviour.trial",
        ),
        ("mine.toml", "groups.all.start.Telegram=1", "start shares add up to"),
    ],
)
def test_what_cannot_be_copied_is_refused_and_leaves_nothing(
    tmp_path: Path, capsys: Any, file: str, change: str, sentence: str
) -> None:
    wish = ["--set", change] if change else []
    assert main(["copy", "minimal", str(tmp_path / file), *wish]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_may_be_missing_can_be_set(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    assert main(["copy", "minimal", str(mine), "--set", "behaviour.rechoice_rate=0.5"]) == 0
    assert bl.load(mine).behaviour.rechoice_rate == 0.5


def test_a_number_is_set_once(tmp_path: Path, capsys: Any) -> None:
    twice = ["--set", "behaviour.trial=0.1", "--set", "behaviour.trial=0.2"]
    assert main(["copy", "minimal", str(tmp_path / "mine.toml"), *twice]) == 2
    assert "--set behaviour.trial: is given twice; give it once" in capsys.readouterr().err
