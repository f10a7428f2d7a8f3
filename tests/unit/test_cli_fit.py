"""balloon fit: a table, files, and refusals that say what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toy

import balloon as bl
from balloon.calibrate import fit as fitting
from balloon.cli import main
from balloon.errors import FitError, ScenarioError


@pytest.fixture(scope="module")
def fit() -> bl.Fit:
    return fitting.settle(toy.drawn(toy.toy(), 3)[1], starts=1, seed=1)


CASE = ["fit", "whatsapp-policy-2021", "whatsapp-policy-2021"]
FREE = ["--free", "behaviour.trial=0.05:0.2", "behaviour.uninstall_probability", "--starts", "1"]


def test_a_fit_writes_its_files_and_a_table_of_80_columns(tmp_path: Path, capsys: Any) -> None:
    assert main([*CASE, *FREE, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.split("Written:")[0].splitlines())) <= 80
    assert "90% interval" in said
    # Actors and mean field differ by more than a standard deviation here: its intervals are not shown.
    assert said.count("refused") >= 3
    assert "fit the actors themselves: --actors." in " ".join(said.split())
    assert " to " not in said.split("Fit:")[0]
    assert (tmp_path / "summary.csv").read_text().splitlines()[1].count(",,") == 1
    assert "does not make data like these" in said
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"summary.csv", "fit.json", "fitted.toml", "fit.png", "fit.svg"}
    fitted = bl.load(tmp_path / "fitted.toml")
    assert fitted == bl.Fit.load(tmp_path / "fit.json").scenario
    assert 'source = "fit to S67' in (tmp_path / "fitted.toml").read_text()


def test_where_the_mean_field_is_refused_the_actors_can_be_fitted(tmp_path: Path, capsys: Any) -> None:
    one = ["--free", "behaviour.trial=0.05:0.2", "--starts", "1"]
    assert main([*CASE, *one, "--actors", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.split("Written:")[0].splitlines()
    assert max(map(len, lines)) <= 80
    said = " ".join(" ".join(lines).split())
    assert '"laplace (quick), actors"' in (tmp_path / "summary.csv").read_text()
    assert "laplace (quick), actors" in (tmp_path / "fitted.toml").read_text()
    assert "The actors themselves were fitted, by simulated moments" in said
    assert "refused" not in said
    low, high = (tmp_path / "summary.csv").read_text().splitlines()[1].split(",")[2:4]
    assert float(low) < float(high)


def test_quick_intervals_are_called_quick(fit: bl.Fit) -> None:
    from balloon.cli.fit import doubts

    quick = " ".join(doubts(fit, "beside", refused=False))
    assert "Intervals: Laplace's, a quick look" in quick
    assert "run this again with --method mcmc" in quick
    assert "quick look" not in " ".join(doubts(fit, "beside", refused=True))
    drawn = replace(fit, draws=fit.thetas(50), mixing="mixed")
    assert "quick look" not in " ".join(doubts(drawn, "beside", refused=False))


def test_where_nothing_is_identified_it_says_so_and_writes_nothing(tmp_path: Path, capsys: Any) -> None:
    free = ["--free", "behaviour.learning_rate", "--starts", "1", "--out", str(tmp_path / "new")]
    assert main(["fit", "telegram-korea-2024", "telegram-korea-2024", *free]) == 1
    said = capsys.readouterr()
    assert "nothing is identified: these data do not tell behaviour.learning_rate" in said.err
    assert said.out == ""
    assert not (tmp_path / "new").exists()


def test_a_search_that_does_not_converge_gives_no_interval(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise FitError("the search did not converge, so there is no estimate and no interval")

    monkeypatch.setattr(fitting, "settle", lost)
    assert main([*CASE, *FREE, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "did not converge" in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free", "problem"),
    [
        ("behaviour.trial=low:high", "'low:high' are no two numbers; write behaviour.trial=LOW:HIGH"),
        ("behaviour.tril", "behaviour.trial"),
        ("behaviour.trial=0.5:0.1", "low < high"),
        ("steps", "steps"),
    ],
)
def test_bad_input_ends_with_2(tmp_path: Path, capsys: Any, free: str, problem: str) -> None:
    assert main([*CASE, "--free", free, "--out", str(tmp_path)]) == 2
    assert problem in capsys.readouterr().err


def test_a_source_that_is_neither_known_nor_a_fit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    bl.save(bl.load("minimal"), file)
    text = file.read_text()
    assert 'source = "assumption"' in text
    file.write_text(text.replace('source = "assumption"', 'source = "fit to S67"', 1))
    bl.load(file)
    file.write_text(text.replace('source = "assumption"', 'source = "a fit"', 1))
    with pytest.raises(ScenarioError, match="unknown source 'a fit'"):
        bl.load(file)
