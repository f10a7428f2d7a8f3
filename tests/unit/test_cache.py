"""Compiled code is kept between runs, and never outlives the text it was made from."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import pytest

import balloon as bl
from balloon import _kept
from balloon._jit import jit, plain, specialise
from balloon.cli import terminal
from balloon.engines import arrays
from balloon.engines.passes import act, advance
from balloon.engines.stage import observe

PROGRAM = """
import balloon as bl
from balloon.engines import arrays
from balloon.engines.stage import observe

scenario = bl.load("minimal").with_({"behaviour.peer_influence": 0.0, "platforms.Telegram.undercover": 0.002})
run = arrays.prepare(scenario, seed=1, replicate=0)
setting = run.setting
observe(1, setting.exposures, run.parameters, run.policy, setting.weeks, run.stage, run.series)
print(float(run.series.belief[0, 0, 0]).hex(), sum(observe.stats.cache_hits.values()))
"""
"""Prints a belief that `observe` of one module gets from `hazard` of another, and whether `observe`
came from the cache."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that may be edited."""
    root = tmp_path / "copy"
    skip = shutil.ignore_patterns("__pycache__", "plots")
    shutil.copytree(Path(bl.__file__).parent, root / "balloon", ignore=skip)
    return root


def run(copy: Path, cache: Path) -> tuple[float, int]:
    """The belief, and the number of times that compiled code was taken from the cache."""
    own = {"PYTHONPATH": str(copy), "BALLOON_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    hidden = {"XDG_CACHE_HOME": str(copy / "elsewhere"), "NUMBA_DISABLE_JIT": "0"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | own | hidden,
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    belief, hits = done.stdout.split()
    return float.fromhex(belief), int(hits)


def edit(copy: Path, module: str, old: str, new: str) -> None:
    file = copy / "balloon" / module
    text = file.read_text("utf-8")
    assert old in text
    before = file.stat()
    file.write_text(text.replace(old, new), "utf-8")
    # As after a checkout: neither the date nor, here, anything else but the text tells of the edit.
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_an_edited_rule_runs_in_its_new_form_although_the_cache_is_warm(copy: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cold, warm = run(copy, cache), run(copy, cache)
    assert warm == (cold[0], 1)
    # At 0.002 arrests a week: 1 - exp(-52 x 0.002).
    assert cold == (pytest.approx(0.0988, abs=1e-4), 0)
    # Twice the hazard: the belief, 1 - exp(-52 h), goes from b to 1 - (1 - b) ** 2.
    edit(copy, "behaviour/rules.py", "return traits.exposure * (", "return 2.0 * traits.exposure * (")
    doubled = run(copy, cache)
    assert doubled == (pytest.approx(1 - (1 - cold[0]) ** 2), 0)
    edit(copy, "behaviour/rules.py", "return 2.0 * traits.exposure * (", "return traits.exposure * (")
    assert run(copy, cache) == (cold[0], 1)


def test_the_cache_is_where_the_environment_says(copy: Path, tmp_path: Path) -> None:
    cache = tmp_path / "chosen"
    run(copy, cache)
    assert list(cache.rglob("*.nbi"))
    assert not (copy / "elsewhere").exists()
    assert not [f for f in copy.rglob("*") if f.suffix in (".nbi", ".nbc")]


def test_a_cache_that_cannot_be_written_is_done_without(copy: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    belief, hits = run(copy, in_the_way / "cache")
    assert 0 <= belief < 1
    assert hits == 0


def doubled(number: Any) -> Any:
    return 2 * number


def test_code_that_was_kept_for_other_types_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALLOON_CACHE_DIR", str(tmp_path))
    first = jit(doubled)
    assert (first(1), first(1.5)) == (2, 3.0)
    whole, real = sorted(tmp_path.rglob("*doubled*.nbc"))
    shutil.copyfile(whole, real)  # as if two processes had taken one name at once
    assert jit(doubled)(1.5) == 3.0


def test_code_around_an_own_rule_bears_names_of_its_own() -> None:
    # Symbols are named after functions: under an old name the linker may take one for the other, and a
    # scenario without own rules would run with those of another.
    def hazard(traits: Any, enforcement: Any, parameters: Any) -> float:
        return 0.05

    made = specialise(advance, frozenset({("hazard", hazard)}))
    inside = plain(made).__globals__
    for name, was in (("observe", observe), ("act", act)):
        assert plain(inside[name]).__qualname__ != plain(was).__qualname__
    assert plain(made).__qualname__ != plain(advance).__qualname__


HOLDER = """
import sys
from balloon._kept import alone

with alone("a.function"):
    print("alone", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_a_process_waits_for_another_that_compiles_and_no_longer_than_that_lives() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "alone\n"
        entered = threading.Event()

        def enter() -> None:
            with _kept.alone("a.function"):
                entered.set()

        threading.Thread(target=enter, daemon=True).start()
        with _kept.alone("another.function"):  # is nobody's
            assert not entered.wait(0.3)
        other.kill()
        assert entered.wait(30)


SCENARIOS = ["minimal", "telegram-korea-2024", "encrypted-phones-2020", "kakaotalk-exile-2014"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_step_compiled_for_one_scenario_serves_them_all(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: list[Any] = []
    monkeypatch.setattr(arrays, "code", lambda *given: kinds.append([numba.typeof(a) for a in given[2:]]))
    arrays.compile_step(bl.load("minimal"))
    scenario = bl.load(name)
    kinds.append([numba.typeof(a) for a in (0, 0, *arrays.prepare(scenario, seed=1, replicate=0))])
    assert kinds[0] == kinds[1]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Commands that a process with an empty cache and two cores starts."""
    started: list[Any] = []
    monkeypatch.setenv("BALLOON_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr(terminal, "cores", lambda: 2)

    def start(command: list[str], **_: Any) -> Any:
        started.append(command)
        return contextlib.nullcontext(SimpleNamespace(wait=lambda: 0))

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.run)
    monkeypatch.setattr(arrays, "compile_parts", lambda scenario: started.append(scenario.name))
    return started


def test_a_first_run_compiles_the_step_in_a_second_process_and_its_parts_in_this(
    commands: list[Any],
) -> None:
    terminal.compile_ahead()
    command, parts = commands
    assert (command[0], parts) == (sys.executable, "minimal")
    compile(command[-1], "command", "exec")


def test_the_second_process_ends_with_the_first(tmp_path: Path) -> None:
    """Its standard input is closed then."""
    own = {"BALLOON_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    command = [sys.executable, "-P", "-c", terminal.COMPILE]
    done = subprocess.run(command, env=os.environ | own, stdin=subprocess.DEVNULL, timeout=300, check=False)
    assert done.returncode == 1
    assert not list(tmp_path.rglob("balloon.engines.passes.advance.nbi"))


@pytest.mark.parametrize("named", ["", "caches"])
def test_a_cache_folder_of_the_user_that_is_not_absolute_is_none(
    named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BALLOON_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _kept.cache_folder().parent == tmp_path / ".cache" / "balloon"


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("BALLOON_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", none)
    assert not _kept.is_writable.__wrapped__()


SLOPE = 0.0


def by_slope(traits: Any, view: Any, parameters: Any) -> float:
    """The larger the slope, the more is the first platform worth."""
    return -SLOPE * view.platform


def test_a_number_around_an_own_rule_that_is_changed_changes_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"behaviour.utility": by_slope, "behaviour.revision_rate": 1.0, "population.actors": 60}
    scenario = bl.load("minimal").without().with_(changes | {"steps": 8})
    for slope in (0.0, 20.0):
        monkeypatch.setitem(globals(), "SLOPE", slope)
        runs = [bl.simulate(scenario, seed=1, engine=engine) for engine in ("arrays", "objects")]
        elsewhere = [int(one.data.actors.values[0, -1, 1:3].sum()) for one in runs]
        assert elsewhere[0] == elsewhere[1]
        assert (elsewhere[0] == 0) == (slope > 0)


PARTS = """
import balloon as bl
from balloon.engines import arrays

arrays.compile_parts(bl.load("minimal"))
print(*(len(part.part.overloads) for part in arrays.PARTS))
"""

STEP = """
import balloon as bl
from balloon.engines import arrays

print(*arrays.final(bl.load("minimal"), seed=1, replicate=0).series.moves.ravel())
print(*(hits for part in arrays.PARTS for hits in part.part.stats.cache_hits.values()))
"""


def test_a_step_of_parts_that_another_process_compiled_takes_each_and_gives_the_same_numbers(
    tmp_path: Path,
) -> None:
    own = {"BALLOON_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}

    def lines(program: str) -> list[list[int]]:
        done = subprocess.run(
            [sys.executable, "-c", program], env=os.environ | own, capture_output=True, text=True, check=True
        )
        return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]

    assert lines(PARTS) == [[1] * len(arrays.PARTS)]
    moves, hits = lines(STEP)
    assert hits == [1] * len(arrays.PARTS)
    here = arrays.final(bl.load("minimal"), seed=1, replicate=0)
    assert moves == here.series.moves.ravel().tolist()


@pytest.mark.parametrize("reason", ["kept", "one core", "not compiled"])
def test_a_second_process_is_started_only_where_it_helps(
    reason: str, commands: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason == "kept":
        _kept.cache_folder().mkdir(parents=True)
        (_kept.cache_folder() / "balloon.engines.passes.advance.nbi").touch()
    elif reason == "one core":
        monkeypatch.setattr(terminal, "cores", lambda: 1)
    else:
        monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    terminal.compile_ahead()
    assert commands == []
