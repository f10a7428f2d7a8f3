"""The command line: what it prints, writes and leaves behind, and how it ends."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon import cli
from balloon._staging import Staging
from balloon.cli.run import findings
from balloon.cli.terminal import which
from balloon.errors import BalloonWarning

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(bl.__file__).parents[1])}
FILES = ["migration.png", "migration.svg", "runs.nc", "summary.csv"]


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A scenario that takes no time."""
    path = tmp_path / "small.toml"
    bl.save(bl.load("minimal").with_({"steps": 10, "population.actors": 80, "title": "A small one"}), path)
    return str(path)


def run(*arguments: str) -> int:
    """The exit code; argparse leaves by SystemExit."""
    try:
        return cli.main([*map(str, arguments)])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def left_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


# ---- how it runs --------------------------------------------------------------------------


def test_the_interpreter_is_set_for_a_command_and_left_as_it_was(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings() -> tuple[float, tuple[int, int, int]]:
        return sys.getswitchinterval(), gc.get_threshold()

    usual, inside = settings(), []
    monkeypatch.setattr(
        importlib.import_module("balloon.cli.run"), "command", lambda *_: inside.append(settings())
    )
    assert run("run", small) == 0
    assert settings() == usual
    turn, (young, *_) = inside[0]
    assert turn == pytest.approx(1e-4)
    assert young == 100_000


def test_the_program_does_not_search_for_cycles_when_it_leaves() -> None:
    program = """
import gc, sys
from balloon.cli import program

sys.argv = ["balloon", "presets"]
code = program()
seen = len(gc.get_objects())  # those that a search would go through
sys.stderr.write(f"{code} {seen}")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    code, seen = map(int, done.stderr.split())
    assert code == 0
    assert seen < 100  # of hundreds of thousands


# ---- what it prints and writes ------------------------------------------------------------


def test_presets_are_listed_by_name_and_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("presets") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in bl.presets.names())
    assert "South Korea: Telegram starts to answer the police" in out


@pytest.mark.parametrize("command", [("presets",), *(("show", name) for name in bl.presets.names())])
def test_lines_fit_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(*command) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("command", cli.commands())
def test_a_help_text_fits_80_columns_and_explains_every_argument(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(*command.split()[1:], "--help") == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    parser = cli.commands()[command]
    assert parser.description
    if command != "balloon":
        assert parser.description.endswith(".")
        assert all(action.help for action in parser._actions)


@pytest.mark.parametrize("command", [command for command in cli.commands() if command != "balloon"])
def test_the_example_of_a_help_text_is_a_command_that_is_taken(command: str) -> None:
    said = cli.commands()[command].epilog or f"Example: {command}"
    example = said.removeprefix("Example: ").split(" > ")[0].split()
    assert " ".join(example[:2]) == command
    assert cli._parser().parse_args(example[1:]).command


def test_show_names_dates_interventions_and_the_source_of_every_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("show", "telegram-korea-2024") == 0
    out = capsys.readouterr().out
    scenario = bl.load("telegram-korea-2024")
    assert f"{scenario.start} to {scenario.end}, 79 steps of 7 days" in out
    assert "from 2024-10-01  cooperation on Telegram" in out
    numbers = out.partition("Numbers, with their ranges and sources\n")[2].splitlines()
    rows = [line.split() for line in numbers if line.startswith("  ") and not line.startswith("   ")]
    assert len(rows) == len(scenario.evidence())
    assert ["switching_cost", "5.5", "4", "to", "7", "assumption"] in [row[:6] for row in rows]


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert "platforms" in json.loads(capsys.readouterr().out)["required"]


def test_a_run_says_where_the_actors_are_and_writes_four_files(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "out"
    assert run("run", small, "--replicates", "8", "--seed", "3", "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert left_in(out) == FILES
    assert "A small one" in said
    assert "8 runs of 80 actors, 10 steps of 7 days, seed 3" in " ".join(said.split())
    assert "fixed: the spread is luck only" in said
    runs = bl.load_runs(out / "runs.nc")
    for row in runs.destinations("Telegram").itertuples():
        numbers = f"{100 * row.q50:.1f} {100 * row.q05:.1f} to {100 * row.q95:.1f}"
        assert any(" ".join(line.split()).startswith(f"{row.place} {numbers}") for line in said.splitlines())
    assert all(f"  {out / file}" in said for file in FILES)


def test_the_same_command_writes_the_same_bytes(small: str, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert run("run", small, "--replicates", "3", "--out", tmp_path / folder) == 0
    for file in FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_one_run_has_no_range(capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path) -> None:
    assert run("run", small, "--replicates", "1", "--no-baseline", "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "one run of 80 actors" in said
    assert "90 %" not in said
    assert "without *" not in said


def test_expected_numbers_at_fixed_parameters_are_one_run_unless_more_are_asked_for(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    mean = ("run", small, "--engine", "meanfield", "--out", tmp_path / "out")
    assert run(*mean) == 0
    assert "expected numbers of 80 actors" in capsys.readouterr().out
    assert bl.load_runs(tmp_path / "out" / "runs.nc").provenance.replicates == 1
    assert run(*mean, "--replicates", "2") == 2
    assert "replicates=2: it has no luck, so all would be equal" in capsys.readouterr().err


def test_expected_numbers_over_ranges_are_as_many_runs_as_any_and_the_baseline_without_ranges_is_one(
    tmp_path: Path,
) -> None:
    only = "interventions.cooperation:Telegram:2024-10-01.value"
    scenario = bl.load("minimal")
    held = {path: 1.0 for path in scenario.ranges() if not path.startswith("interventions.")}
    scenario = scenario.with_({"steps": 6, "population.actors": 50} | held)
    assert list(scenario.ranges()) == [only]
    bl.save(scenario, tmp_path / "one.toml")
    mean = ("run", tmp_path / "one.toml", "--engine", "meanfield", "--parameters", "ranges")
    for number, asked in ((100, ()), (3, ("--replicates", "3"))):
        assert run(*mean, *asked, "--out", tmp_path / "out") == 0
        assert bl.load_runs(tmp_path / "out" / "runs.nc").provenance.replicates == number


def test_ranges_are_said_and_saved(capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path) -> None:
    assert run("run", small, "--replicates", "4", "--parameters", "ranges", "--out", tmp_path / "out") == 0
    assert "drawn from their ranges" in capsys.readouterr().out
    assert bl.load_runs(tmp_path / "out" / "runs.nc").provenance.parameters == "ranges"


def test_where_nobody_was_at_home_nobody_can_be_followed() -> None:
    scenario = bl.load("minimal")
    start = {"groups.all.start": {"Telegram": 1.0}, "squeezed": "Signal", "reference": scenario.start}
    runs = bl.simulate(scenario.with_({"steps": 6, "population.actors": 50, **start}), replicates=2)
    assert findings(runs, None, "Signal")[-1] == "Nobody was at home on Signal on 2024-09-02."


def test_without_a_single_range_of_its_own_the_baseline_runs_at_the_values_of_the_file(
    tmp_path: Path,
) -> None:
    scenario = bl.load("minimal").with_(
        {"steps": 6, "population.actors": 50}
        | {path: 1.0 for path in bl.load("minimal").ranges() if not path.startswith("interventions.")}
    )
    bl.save(scenario, tmp_path / "one.toml")
    assert list(scenario.without().ranges()) == []
    few = ("--parameters", "ranges", "--replicates", "2")
    assert run("run", tmp_path / "one.toml", *few, "--out", tmp_path) == 0


def test_rules_that_raise_are_a_failed_run_not_bad_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, small: str, tmp_path: Path
) -> None:
    def raises(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(importlib.import_module("balloon.simulate"), "replicate", raises)
    assert run("run", small, "--replicates", "2", "--out", tmp_path / "out") == 1
    assert "more than a tenth, so no more are run" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_contrast_explains_the_loss_and_writes_six_files(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("contrast", small, "--replicates", "3", "--without", "Telegram", "--out", out) == 0
    said = capsys.readouterr().out
    assert said.startswith("The same actors with the same luck, with and without")
    assert "3 pairs of runs, seed 1" in " ".join(said.split())
    assert "loss of Telegram" in said
    assert all(len(line) <= 80 for line in said.splitlines() if str(tmp_path) not in line)
    assert left_in(out) == sorted(
        ["contrast.png", "contrast.svg", "ledger.csv", "measures.csv", "baseline.nc", "alternative.nc"]
    )
    assert bl.load_runs(out / "alternative.nc").identical(bl.simulate(bl.load(small), replicates=3, seed=1))


def test_two_scenarios_are_contrasted_the_first_being_the_baseline(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    dearer = tmp_path / "dearer.toml"
    bl.save(bl.load(small).with_({"behaviour.switching_cost": 9.0, "name": "dearer"}), dearer)
    assert run("contrast", small, dearer, "--replicates", "2", "--out", tmp_path / "out") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "in the alternative (dearer) and in the baseline (minimal)" in said


def test_what_cannot_be_contrasted_is_refused(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    bl.save(bl.load(small).with_({"population.actors": 81}), other)
    for arguments, said in [
        ((other,), "has 81 actors, the baseline 80; make them equal"),
        ((other, "--without", "Telegram"), "the baseline is the first scenario; drop one"),
        (("--without", "Signal"), "nothing is done on 'Signal', so there is nothing to go without"),
        (("--platform", "Wickr"), "--platform 'Wickr': is not there; there are 'Telegram'"),
        (("--replicates", "1"), "need a whole number from 2"),
    ]:
        assert run("contrast", small, *arguments, "--out", tmp_path / "out") == 2
        assert said in capsys.readouterr().err


def test_runs_are_kept_in_a_store_and_taken_from_it(
    monkeypatch: pytest.MonkeyPatch, small: str, tmp_path: Path
) -> None:
    how = ("--replicates", "3", "--store", tmp_path / "store")
    assert run("run", small, *how, "--out", tmp_path / "a") == 0
    monkeypatch.setattr(importlib.import_module("balloon.simulate"), "replicate", never)
    assert run("run", small, *how, "--out", tmp_path / "b") == 0
    for file in FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_runs_that_failed_are_counted(small: str) -> None:
    runs = bl.simulate(bl.load(small), replicates=10)
    failure = {"replicate": 3, "error": "E: e", "traceback": "", "parameters": None}
    runs = bl.Runs(runs.data.drop_sel(replicate=3).assign_attrs(failures=json.dumps([failure])))
    assert which(runs).startswith("9 of 10 runs (1 failed) of 80 actors")


def test_replay_says_identical_or_ends_with_1(
    capsys: pytest.CaptureFixture[str], small: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("run", small, "--replicates", "2", "--out", out) == 0
    assert run("replay", out / "runs.nc") == 0
    assert "identical" in capsys.readouterr().out
    runs = bl.load_runs(out / "runs.nc")
    runs.data["arrests"][0, 0, 0] += 1
    runs.save(out / "runs.nc")
    assert run("replay", out / "runs.nc") == 1
    assert "differs in arrests" in capsys.readouterr().err


# ---- how it ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("run", "telegram-korea-2042"), "did you mean 'telegram-korea-2024'?"),
        (("run", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("run", "minimal", "--without", "Telegran"), "unknown platform 'Telegran'"),
        (("run", "minimal", "--replicates", "0"), "'0'; need a whole number from 1 to 4294967295"),
        (("run", "minimal", "--replicates", "many"), "'many'; need a whole number from 1"),
        (("run", "minimal", "--seed", "-1"), "'-1'; need a whole number from 0 to 18446744073709551615"),
        (("run", "minimal", "--engine", "steam"), "invalid choice: 'steam'"),
        (("replay", "nowhere.nc"), "nowhere.nc: no such file"),
        (("show", "nothing"), "no preset 'nothing'"),
        ((), "COMMAND"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*command) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert left_in(tmp_path) == []


def test_all_errors_of_a_file_are_told_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    text = bl.presets.path("minimal").read_text("utf-8")
    bad.write_text(text.replace("steps = 52", "steps = 0.5\ncolour = 3"), "utf-8")
    assert run("run", bad) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def never(*_: Any, **__: Any) -> None:
    raise AssertionError("the run was started")


@pytest.mark.parametrize("part", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(importlib.import_module("balloon.simulate"), "simulate", never)
    assert run("run", "minimal", "--out", tmp_path / part) == 2
    assert "cannot be written to" in capsys.readouterr().err
    assert left_in(tmp_path) == ["file"]


def test_a_folder_in_the_place_of_a_file_is_refused_before_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "runs.nc").mkdir()
    monkeypatch.setattr(importlib.import_module("balloon.simulate"), "simulate", never)
    assert run("run", "minimal", "--out", tmp_path) == 2
    assert "is a folder, and a file shall be written there" in capsys.readouterr().err
    assert left_in(tmp_path) == ["runs.nc"]


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero (test_cli.py, line"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_a_failure_ends_with_1_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    problem: Exception,
    sentence: str,
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr(importlib.import_module("balloon.simulate"), "simulate", fails)
    assert run("run", "minimal", "--out", tmp_path / "deep" / "out") == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert left_in(tmp_path) == []


def test_a_file_that_cannot_be_written_at_the_end_is_a_failure_and_the_old_files_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, small: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "runs.nc").write_text("of the last run")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bl.Runs, "save", full)
    assert run("run", small, "--replicates", "2", "--out", out) == 1
    assert "the run went well, but its files could not be written" in capsys.readouterr().err
    assert left_in(out) == ["runs.nc"]
    assert (out / "runs.nc").read_text() == "of the last run"


def test_a_warning_is_one_sentence_and_said_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    coarse = tmp_path / "coarse.toml"
    few = {"steps": 6, "population.actors": 50}
    bl.save(bl.load("minimal").with_({**few, "behaviour.learning_rate": 0.9}), coarse)
    with warnings.catch_warnings():
        warnings.simplefilter("default", BalloonWarning)
        assert run("run", coarse, "--replicates", "1", "--out", tmp_path / "out") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("balloon: warning: scenario 'minimal': learning_rate x step = 0.90 > 0.3")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "balloon", "show", "telegram-korea-2024"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, cwd=tmp_path, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


# ---- interruption -------------------------------------------------------------------------


@contextlib.contextmanager
def at_work(scenario: str, out: Path, cache: Path | None) -> Iterator[subprocess.Popen[str]]:
    """A run in another process, as a shell would start it, when it has begun."""
    own = {} if cache is None else {"BALLOON_CACHE_DIR": str(cache)}
    process = subprocess.Popen(
        [sys.executable, "-m", "balloon", "run", scenario, "--replicates", "8", "--out", str(out)],
        env=ENVIRONMENT | own,
        cwd=out.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where tests run in the background, their children would ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        until = time.monotonic() + 60
        while not out.exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert out.exists()
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupt(process: subprocess.Popen[str], kind: signal.Signals = signal.SIGINT) -> tuple[float, int, str]:
    """Seconds until it ended, its exit code, and what it said."""
    assert process.poll() is None
    start = time.monotonic()
    process.send_signal(kind)
    _, said = process.communicate(timeout=30)
    return time.monotonic() - start, process.returncode, said


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way")
@pytest.mark.parametrize(
    ("actors", "cold", "seconds"),
    [
        (100, "cold", 0.0),  # folders made, libraries being loaded
        (100, "cold", 2.0),  # compiling
        (3_000_000, "", 4.0),  # recruiting three million actors, drawing their contacts, running
    ],
)
def test_ctrl_c_ends_within_a_second_and_leaves_nothing(
    tmp_path: Path, actors: int, cold: str, seconds: float
) -> None:
    path = tmp_path / "scenario.toml"
    bl.save(bl.load("minimal").with_({"population.actors": actors, "steps": 5000}), path)
    cache = tmp_path / "cache"
    with at_work(str(path), tmp_path / "out", cache if cold else None) as process:
        time.sleep(seconds)
        took, code, said = interrupt(process)
    assert (code, said.splitlines()) == (130, ["balloon: interrupted; nothing was written"])
    assert took < 1.0
    assert [file for file in left_in(tmp_path) if not file.startswith("cache")] == ["scenario.toml"]


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way")
def test_who_is_asked_to_end_takes_back_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    bl.save(bl.load("minimal").with_({"population.actors": 3_000_000, "steps": 5000}), path)
    with at_work(str(path), tmp_path / "out", None) as process:
        _, code, said = interrupt(process, signal.SIGTERM)
    assert (code, said.splitlines()) == (128 + 15, ["balloon: interrupted; nothing was written"])
    assert left_in(tmp_path) == ["scenario.toml"]


def test_files_that_wait_are_taken_back_also_while_one_is_written(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "new" / "out", FILES)
    staging.open()
    with (staging.folder / "runs.nc").open("w") as half:
        half.write("half")
        staging.drop()
    assert left_in(tmp_path) == []
    staging.publish()  # by a thread that does not know yet
    assert left_in(tmp_path) == []


def test_files_that_are_published_stay(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "out", ("a", "b"))
    staging.open()
    for name in ("a", "b"):
        (staging.folder / name).write_text(name)
    assert staging.publish() == [tmp_path / "out" / "a", tmp_path / "out" / "b"]
    staging.drop()
    assert left_in(tmp_path / "out") == ["a", "b"]


def test_a_folder_that_was_there_before_stays(tmp_path: Path) -> None:
    staging = Staging(tmp_path, FILES)
    staging.open()
    staging.drop()
    assert tmp_path.is_dir()
    assert left_in(tmp_path) == []
