"""What keeps the house in order: public names, a light import, one printer, one list of compiled text."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import balloon

ROOT = Path(balloon.__file__).parents[1]
PACKAGE = Path(balloon.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("matplotlib", "mesa", "xarray", "numba", "pandas", "networkx", "scipy", "pydantic", "tqdm")

PUBLIC = """
Actor Announcement BalloonError BalloonModel BalloonWarning Behaviour Budget Contacts Contrast
Cooperation Crackdown DataError Document Edge EngineError Evidence Fit FitError Group Landscape Launch
Observation Observations Outreach Platform PlatformChange Population Prior Provenance Replay RunError Runs
Scenario ScenarioError Takedown __version__ calibrate contrast describe discrepancy equilibria evidence load
load_runs precision presets read_observations replay save simulate summarize tipping
""".split()  # noqa: SIM905 - a list to be read


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def name(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def test_the_public_names_change_by_decision_only() -> None:
    assert sorted(balloon.__all__) == sorted(PUBLIC)
    assert dir(balloon) == list(balloon.__all__)


@pytest.mark.parametrize("public", PUBLIC)
def test_a_public_name_leads_to_what_bears_it(public: str) -> None:
    found = getattr(balloon, public)
    if public != "__version__":
        assert found.__name__.removeprefix("balloon.") == public


@pytest.mark.parametrize(
    "public",
    ["simulate", "calibrate", "summarize", "replay", "contrast", "describe", "precision", "evidence"],
)
@pytest.mark.parametrize("first", ["", "import balloon.{0};", "from balloon.{0} import *;", "balloon.{0};"])
def test_a_function_is_not_hidden_by_the_module_of_its_name(public: str, first: str) -> None:
    code = f"import balloon; {first.format(public)} print(callable(balloon.{public}))"
    assert python(code) == "True"


def test_importing_balloon_loads_nothing_heavy() -> None:
    code = f"import balloon, sys; print(*(set({HEAVY!r}) & set(sys.modules)))"
    assert python(code) == ""


# Time of the processor, from the start of Python; of ten one is enough, for it is longer where the
# core's other thread is at work.
SPENT = "; import sys, time; print(time.process_time(), file=sys.stderr)"


def seconds(code: str) -> float:
    """What a fresh interpreter spends on a program."""
    command = [sys.executable, "-c", code + SPENT]
    how = {"capture_output": True, "text": True, "timeout": 120, "cwd": ROOT}
    return float(subprocess.run(command, **how, check=True).stderr)


def test_importing_balloon_takes_less_than_half_a_second() -> None:
    assert any(seconds("import balloon") < 0.5 for _ in range(10))


def test_the_presets_are_listed_in_less_than_a_second() -> None:
    assert any(seconds("from balloon.cli import main; main(['presets'])") < 1.0 for _ in range(10))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_only_the_command_line_prints(module: Path) -> None:
    if name(module) == "cli/terminal.py":
        return
    calls = [n for n in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(n, ast.Call)]
    assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_no_state_is_kept_in_a_module(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]


HELPERS = {"compile_part", "own", "plain", "specialise"}  # of balloon._jit: they compile what others wrote


def compiled_modules() -> set[str]:
    """The modules that compile something: those that import anything but helpers from balloon._jit."""
    found = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            if names - HELPERS and node.module == "balloon._jit":
                found.add(name(module))
    return found


def feeders(modules: set[str]) -> set[str]:
    """What compiled modules import from balloon at run time: a constant from there is compiled in."""
    found = set()
    for module in modules:
        for node in ast.parse((PACKAGE / module).read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("balloon."):
                found.add((node.module or "").removeprefix("balloon.").replace(".", "/") + ".py")
    return found


def test_every_compiled_module_is_part_of_the_stamp_of_the_cache() -> None:
    from balloon._kept import COMPILED

    assert compiled_modules() <= set(COMPILED)
    assert all((PACKAGE / listed).is_file() for listed in COMPILED)


# Their names in compiled modules are used outside compiled functions only.
NOT_COMPILED_IN = {"_values.py", "contacts.py", "timetable.py"}


def test_what_compiled_modules_import_is_part_of_the_stamp_as_well() -> None:
    from balloon._kept import COMPILED

    assert feeders(compiled_modules()) - NOT_COMPILED_IN <= set(COMPILED)


def test_imports_run_one_way() -> None:
    linter = pytest.importorskip("importlinter.cli")
    root = PACKAGE.parent
    if not (root / "setup.cfg").is_file():
        pytest.skip("installed without the repository")
    before = Path.cwd()
    os.chdir(root)
    try:
        assert linter.lint_imports(config_filename="setup.cfg", no_cache=True) == 0
    finally:
        os.chdir(before)


def test_every_scenario_and_table_that_ships_is_named_as_package_data() -> None:
    from configparser import ConfigParser

    root = PACKAGE.parent
    if not (root / "setup.cfg").is_file():
        pytest.skip("installed without the repository")
    config = ConfigParser(interpolation=None)
    config.read(root / "setup.cfg", "utf-8")
    patterns = config["options.package_data"]["balloon.presets"].split(", ")
    folder = PACKAGE / "presets"
    shipped = {file for pattern in patterns for file in folder.glob(pattern)}
    there = {f for f in folder.rglob("*") if f.is_file() and f.suffix not in (".py", ".pyc")}
    assert shipped == there
    assert tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["build-system"]
