"""The store: what is kept is found again, what is damaged is not believed, what does not fit is refused."""

from __future__ import annotations

import ast
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import balloon as bl
from balloon import store as store_module
from balloon._fingerprint import fingerprint
from balloon.store import MODEL, model_version
from balloon.work import Gathered, gather, stream
from tests.scale.jobs import Square, runs_of

SMALL = bl.load("minimal").with_({"population.actors": 200, "steps": 8})
PACKAGE = Path(bl.__file__).parent
X = [{"x": r / 10} for r in range(40)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def squares(done: Gathered) -> list[float]:
    return [float(columns["square"][0]) for columns in done.columns]


def blocks(store: Path) -> list[Path]:
    return sorted(store.rglob("[0-9]*.block"))


def damage(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


# ---- found again --------------------------------------------------------------------------


def test_a_second_call_computes_nothing_and_gives_the_same(log: Path, store: Path) -> None:
    job = Square(str(log))
    first = gather(job, stop=10, store=store, size=1)
    again = gather(job, stop=10, store=store, size=1)
    assert runs_of(log) == list(range(10))
    assert again.numbers == first.numbers
    for one, other in zip(first.columns, again.columns, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert one[name].dtype == other[name].dtype
            assert one[name].shape == other[name].shape
            assert one[name].tobytes() == other[name].tobytes()


@pytest.mark.parametrize(("before", "after"), [(3, 7), (7, 3), (1, 10), (10, 1)])
@pytest.mark.parametrize("draws", [None, X])
def test_blocks_of_other_lengths_are_used(
    log: Path, store: Path, before: int, after: int, draws: list[dict[str, float]] | None
) -> None:
    job = Square(str(log))
    gather(job, first=4, stop=15, draws=draws and draws[4:15], block=before, store=store, size=1)
    done = gather(job, stop=12, draws=draws and draws[:12], block=after, store=store, size=1)
    done = gather(job, stop=40, draws=draws, block=after, store=store, size=1)
    assert squares(done) == [r**2 + (r / 10 if draws else 0) for r in range(40)]
    assert runs_of(log) == list(range(40))


def test_blocks_that_overlap_give_every_replicate_once(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    gather(Square(), stop=6, block=6, store=store, size=1)
    gather(Square(), first=4, stop=9, block=5, store=other, size=1)
    for file in blocks(other):
        shutil.copy(file, blocks(store)[0].parent)
    told = stream(Square(bad=(9,)), stop=100, store=store, size=1)
    found = [number for block in told for number in block.numbers]
    assert sorted(found) == [n for n in range(100) if n != 9]


def test_other_values_are_other_results(log: Path, store: Path) -> None:
    job = Square(str(log))
    gather(job, stop=3, draws=X[:3], store=store, size=1)
    done = gather(job, stop=3, draws=[{"x": 0.0}, {"x": 5.0}, {"x": 0.2}], block=2, store=store, size=1)
    assert squares(done) == [0.0, 6.0, 4.2]
    # Block 0-2 holds other values than the first call's block did: its replicates run again.
    assert runs_of(log).count(1) == 2


def test_one_replicate_of_other_values_in_a_long_block_is_computed_alone(log: Path, store: Path) -> None:
    job = Square(str(log))
    gather(job, stop=10, draws=X[:10], block=10, store=store, size=1)
    assert squares(gather(job, first=2, stop=4, draws=[{"x": 0.2}, {"x": 9.0}], store=store, size=1)) == [
        4.2,
        18.0,
    ]
    assert runs_of(log) == sorted([*range(10), 3])


def test_other_jobs_do_not_meet_in_a_store(log: Path, store: Path) -> None:
    gather(Square(str(log), name="one"), stop=3, store=store, size=1)
    gather(Square(str(log), name="other"), stop=3, store=store, size=1)
    assert runs_of(log) == [0, 0, 1, 1, 2, 2]


def test_failures_are_not_stored_and_the_rest_is(log: Path, store: Path) -> None:
    done = gather(Square(str(log), bad=(3,)), stop=10, block=5, store=store, size=1)
    assert len(done.failures) == 1
    mended = gather(Square(str(log)), stop=10, block=5, store=store, size=1)
    assert squares(mended) == [r**2 for r in range(10)]
    assert runs_of(log) == sorted([*range(10), 3])


def test_what_was_done_before_too_many_failed_is_kept(log: Path, store: Path) -> None:
    with pytest.raises(bl.EngineError, match="2 of 10 replicates failed"):
        gather(Square(str(log), bad=(8, 9)), stop=10, block=1, workers=1, store=store, size=1)
    gather(Square(str(log)), stop=10, block=1, workers=1, store=store, size=1)
    assert runs_of(log) == sorted([*range(10), 8, 9])


def test_simulate_with_a_store_is_simulate(store: Path) -> None:
    expected = bl.simulate(SMALL, replicates=5, seed=3, parameters="ranges")
    bl.simulate(SMALL, replicates=3, seed=3, parameters="ranges", store=store)
    closed = ThreadPoolExecutor(1)
    bl.simulate(SMALL, replicates=5, seed=3, parameters="ranges", store=store)
    closed.shutdown()
    # Nothing is missing, so nothing is asked of an executor that would refuse.
    done = bl.simulate(SMALL, replicates=5, seed=3, parameters="ranges", store=store, executor=closed)
    assert done.identical(expected)


def test_another_scenario_seed_or_engine_is_another_job() -> None:
    from balloon.simulate import Simulation

    jobs = [
        Simulation(SMALL, 1),
        Simulation(SMALL, 2),
        Simulation(SMALL, 1, "objects"),
        Simulation(SMALL.with_(steps=9), 1),
    ]
    assert len({job.key() for job in jobs}) == len(jobs)


# ---- damage -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["flipped", "truncated", "empty", "other"])
def test_a_damaged_block_is_reported_and_computed_again(log: Path, store: Path, how: str) -> None:
    job = Square(str(log))
    gather(job, stop=12, block=4, store=store, size=1)
    whole = [file.read_bytes() for file in blocks(store)]
    victim = blocks(store)[1]
    if how == "flipped":
        damage(victim)
    else:
        content = {"truncated": whole[1][:-20], "empty": b"", "other": whole[0]}[how]
        victim.write_bytes(content)
    with pytest.warns(bl.BalloonWarning, match=f"{victim.name}: is damaged, its checksum does not hold"):
        done = gather(job, stop=12, block=4, store=store, size=1)
    assert squares(done) == [r**2 for r in range(12)]
    if how != "other":  # a whole block under the name of another one is not what it says, either
        assert runs_of(log) == sorted([*range(12), 4, 5, 6, 7])
    assert [file.read_bytes() for file in blocks(store)] == whole
    assert not list(store.rglob(".*"))
    gather(job, stop=12, store=store, size=1)  # without a warning


def test_a_block_is_read_without_pickle(store: Path) -> None:
    class Objects(Square):
        def __call__(self, *_: Any) -> Any:
            return {"thing": np.array([object()])}

    with pytest.raises(ValueError, match="allow_pickle=False"):
        gather(Objects(), stop=1, store=store, size=1)


def test_a_block_that_turned_good_meanwhile_is_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gather(Square(), stop=4, block=4, store=store, size=1)
    (file,) = blocks(store)
    good = file.read_bytes()
    damage(file)
    parse = store_module.Store._parse

    def other_process_writes(self: Any, data: bytes, *rest: Any) -> Any:
        content = parse(self, data, *rest)
        if content is None:
            file.write_bytes(good)
        return content

    monkeypatch.setattr(store_module.Store, "_parse", other_process_writes)
    assert squares(gather(Square(bad=(0, 1, 2, 3)), stop=4, store=store, size=1)) == [0, 1, 4, 9]
    assert file.read_bytes() == good


def test_half_written_files_of_the_dead_are_swept_up_those_of_the_living_are_not(store: Path) -> None:
    gather(Square(), stop=2, block=2, store=store, size=1)
    folder = blocks(store)[0].parent
    old, new = folder / ".a.0123456789ab.block", folder / ".b.0123456789ab.block"
    for file in (old, new):
        file.write_text("half")
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    gather(Square(), stop=3, store=store, size=1)
    assert (old.exists(), new.exists()) == (False, True)


# ---- refused ------------------------------------------------------------------------------


def test_a_store_of_another_model_is_refused(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gather(Square(), stop=2, store=store, size=1)
    here = model_version()
    monkeypatch.setattr(store_module, "model_version", lambda: "9.9.9+fedcba")
    said = f"was written by version {here} of the model, this is 9.9.9+fedcba; their numbers do not mix: "
    with pytest.raises(bl.DataError) as refused:
        gather(Square(), stop=2, store=store, size=1)
    assert str(refused.value) == f"{store}: {said}choose another folder, or delete this one"


def test_a_store_with_an_unreadable_mark_is_refused(store: Path) -> None:
    store.mkdir()
    (store / "store.json").write_text("{")
    with pytest.raises(bl.DataError, match=r"store.json: cannot be read as the mark of a store"):
        gather(Square(), stop=2, store=store, size=1)


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(bl.DataError, match=r"it cannot be written to \(Not a directory\)"):
        gather(Square(), stop=2, store=tmp_path / "file" / "store", size=1)


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store that may be read, not written to; for the super-user, in the eyes of somebody else."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    folder = root / "store"
    gather(Square(), stop=4, block=4, store=folder, size=1)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    super_user = os.geteuid() == 0
    if super_user:
        os.seteuid(65534)
    yield folder
    if super_user:
        os.seteuid(0)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(root)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_store_that_is_read_only_is_refused_before_any_work(read_only: Path) -> None:
    said = r"not all replicates are in this store, and it cannot be written to \(Permission denied\); make it"
    with pytest.raises(bl.DataError, match=said):
        gather(Square(bad=(4, 5)), stop=6, store=read_only, size=1)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_store_that_is_read_only_can_be_read(read_only: Path) -> None:
    assert squares(gather(Square(), stop=4, store=read_only, size=1)) == [0, 1, 4, 9]


# ---- version of the model -----------------------------------------------------------------


def test_the_version_changes_with_the_text_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip = shutil.ignore_patterns("__pycache__", "*.toml", "*.csv")
    copy = shutil.copytree(PACKAGE, tmp_path / "balloon", ignore=skip)
    monkeypatch.setattr(store_module, "__file__", str(copy / "store.py"))
    version = model_version.__wrapped__
    before = version()
    assert before == model_version()
    for name, changes in {"cli/run.py": False, "plots/curves.py": False, "behaviour/rules.py": True}.items():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        assert (version() != before) is changes
        before = version()


def imports(file: Path) -> set[str]:
    """Files of balloon that a file imports at run time, anywhere in its text."""
    found = set()
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("balloon."):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.ImportFrom) and node.module == "balloon":
            names |= {f"balloon.{alias.name}" for alias in node.names}
    for name in names:
        path = PACKAGE.joinpath(*name.split(".")[1:])
        found |= {p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()}
    return {p.relative_to(PACKAGE).as_posix() for p in found}


def jobs() -> set[str]:
    """Modules that define what is done in a replicate."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not any(ast.unparse(b) == "Protocol" for b in node.bases):
                methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                if {"key", "own", "__call__"} <= methods:
                    found.add(file.relative_to(PACKAGE).as_posix())
    return found


# They hand out replicates, keep and label what comes back, or say what is wrong.
NO_NUMBERS = {
    "_fingerprint.py", "_idle.py", "_numbering.py", "_saying.py", "_units.py", "_version.py", "_writing.py",
    "errors.py", "runs.py", "store.py", "work.py",
}  # fmt: skip


def test_every_module_that_can_change_a_number_is_part_of_the_version() -> None:
    assert jobs() >= {"simulate.py"}
    reached, new = set(), jobs()
    while new:
        reached |= new
        new = {other for name in new - NO_NUMBERS for other in imports(PACKAGE / name)} - reached
    assert {name for name in reached - NO_NUMBERS if not name.startswith(MODEL)} == set()
    for prefix in MODEL:
        assert (PACKAGE / prefix).exists(), prefix


# ---- own rules ----------------------------------------------------------------------------

SLOPE = 2.0


def helper(x: float) -> float:
    return x


def plain(traits: Any, view: Any, parameters: Any) -> float:
    return SLOPE * view.asc + math.exp(-view.friction) + np.sqrt(abs(view.peers))


def calls_a_helper(traits: Any, view: Any, parameters: Any) -> float:
    return helper(view.asc)


def test_a_change_in_an_own_rule_is_another_job(
    log: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from balloon.simulate import Simulation

    scenario = SMALL.with_({"behaviour.utility": plain})
    assert Simulation(scenario, 1).own == (plain,)
    job = Square(str(log), own=(plain,))
    gather(job, stop=2, store=store, size=1)
    gather(job, stop=2, store=store, size=1)
    assert runs_of(log) == [0, 1]
    monkeypatch.setitem(globals(), "SLOPE", 3.0)
    gather(job, stop=2, store=store, size=1)
    assert runs_of(log) == [0, 0, 1, 1]


def test_a_number_that_a_rule_takes_from_around_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(plain)
    assert fingerprint(plain) == before
    monkeypatch.setitem(globals(), "SLOPE", 3.0)
    assert fingerprint(plain) != before


def test_rules_that_differ_in_a_name_a_constant_or_a_default_have_other_fingerprints() -> None:
    rules = [
        lambda view: view.asc,
        lambda view: view.peers,
        lambda view: view.asc + 1,
        lambda view: view.asc + 1.0,
        lambda view, more=1: view.asc + more,
        lambda view, more=2: view.asc + more,
        *(lambda view, slope=slope: slope * view.asc for slope in (1.0, 2.0)),
        lambda view: math.exp(view.asc),
        lambda view: math.log(view.asc),
        lambda view: math.exp(view.asc) if view.asc else 0,
    ]
    assert len({fingerprint(rule) for rule in rules}) == len(rules)


def test_a_number_in_a_closure_counts() -> None:
    def made(slope: float) -> Any:
        return lambda view: slope * view.asc

    assert fingerprint(made(1.0)) == fingerprint(made(1.0)) != fingerprint(made(2.0))


def test_arrays_and_tuples_around_a_rule_count() -> None:
    def made(slopes: Any) -> Any:
        return lambda view: slopes[0] * view.asc

    given = [np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([1, 2]), (1.0, 2.0), (1.0, 3.0)]
    assert len({fingerprint(made(slopes)) for slopes in given}) == len(given)
    assert fingerprint(made(given[0])) == fingerprint(made(given[0].copy()))


def test_a_rule_may_build_on_a_built_in_one() -> None:
    from balloon.behaviour.rules import utility

    def mine(traits: Any, view: Any, parameters: Any) -> float:
        return utility(traits, view, parameters) + 1.0

    assert fingerprint(mine)


def test_a_rule_that_calls_a_function_of_its_own_is_refused_with_a_store(store: Path) -> None:
    scenario = SMALL.with_({"behaviour.utility": calls_a_helper})
    said = "own rule 'calls_a_helper': it refers to 'helper', and a change there would not be noticed; use"
    with pytest.raises(bl.EngineError, match=said):
        bl.simulate(scenario, replicates=2, store=store)
    assert not store.exists()


def test_own_actors_are_refused_with_a_store(store: Path) -> None:
    class Mine(bl.Actor):
        pass

    with pytest.raises(bl.EngineError, match="own actors cannot be told apart by a fingerprint"):
        bl.simulate(SMALL, engine="objects", actor=Mine, store=store)
