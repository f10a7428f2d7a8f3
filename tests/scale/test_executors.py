"""The same bits from threads, processes, loky and Dask; what is killed is resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon.simulate import Simulation, assemble
from balloon.work import gather
from tests.scale.jobs import Square, runs_of

ROOT = Path(bl.__file__).parents[1]
SCENARIO = bl.load("minimal").with_({"population.actors": 200, "steps": 10})
REPLICATES = 12


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.fixture(scope="module")
def process_pool() -> Iterator[Executor]:
    with processes() as pool:
        yield pool


@pytest.fixture(scope="module")
def loky_pool() -> Iterator[Executor]:
    loky = pytest.importorskip("loky")
    pool = loky.ProcessPoolExecutor(2)
    yield pool
    pool.shutdown(kill_workers=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes that talk over TCP, started and stopped here."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            protocol="tcp",
            dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def expected() -> bl.Runs:
    """What one thread comes to, replicate by replicate."""
    return runs(block=REPLICATES, workers=1)


def runs(**how: Any) -> bl.Runs:
    done = gather(Simulation(SCENARIO, 5), stop=REPLICATES, size=1.0, **how)
    return assemble(SCENARIO, done, seed=5, replicates=REPLICATES)


@pytest.mark.parametrize("block", [1, 5, None])
@pytest.mark.parametrize("kind", ["threads", "process_pool", "loky_pool", "cluster"])
def test_every_executor_comes_to_the_same_bits(
    request: pytest.FixtureRequest, expected: bl.Runs, kind: str, block: int | None
) -> None:
    pool = None if kind == "threads" else request.getfixturevalue(kind)
    pool = pool.get_executor() if kind == "cluster" else pool
    assert runs(executor=pool, block=block).identical(expected)
    assert bl.simulate(SCENARIO, replicates=REPLICATES, seed=5).identical(expected)


@pytest.mark.parametrize("kind", ["process_pool", "loky_pool", "cluster"])
def test_drawn_parameters_and_failures_travel(request: pytest.FixtureRequest, kind: str) -> None:
    pool = request.getfixturevalue(kind)
    pool = pool.get_executor() if kind == "cluster" else pool
    path = "behaviour.revision_rate"
    given = [{path: -1.0 if r == 4 else r / 100} for r in range(10)]
    how: dict[str, Any] = {"replicates": 10, "seed": 2, "parameters": given}
    far, here = bl.simulate(SCENARIO, executor=pool, **how), bl.simulate(SCENARIO, **how)
    assert far.identical(here)
    assert far.failures.replicate.tolist() == [4]


def test_the_workers_of_dask_are_two_processes_over_tcp(cluster: Any) -> None:
    workers = cluster.scheduler_info()["workers"]
    pids = set(cluster.run(os.getpid).values())
    assert len(workers) == len(pids) == 2
    assert os.getpid() not in pids
    assert all(address.startswith("tcp://") for address in workers)


def test_dask_that_takes_no_work_any_more_is_refused(cluster: Any) -> None:
    shut = cluster.get_executor()
    shut.shutdown()
    with pytest.raises(bl.EngineError, match=r"is shut down .*; pass one that accepts work"):
        gather(Square(), stop=3, executor=shut, size=1)
    other = type(cluster)(cluster.scheduler.address)
    left = other.get_executor()
    other.close()
    with pytest.raises(bl.EngineError, match=r"Client is closed.*; pass one that accepts work"):
        gather(Square(), stop=3, executor=left, size=1)


def test_a_rule_that_no_worker_can_import_is_refused_in_words(process_pool: Executor) -> None:
    def local(traits: Any, view: Any, parameters: Any) -> float:
        return view.asc

    scenario = SCENARIO.with_({"behaviour.utility": local})
    with pytest.raises(bl.EngineError, match="own rules and actors must stand in a module that its workers"):
        bl.simulate(scenario, replicates=2, executor=process_pool)


# ---- killed -------------------------------------------------------------------------------


def test_a_worker_that_is_killed_costs_its_block_only(tmp_path: Path) -> None:
    log, store = tmp_path / "log", tmp_path / "store"
    log.mkdir()
    job = Square(str(log), lethal=15, nap=0.02)
    how: dict[str, Any] = {"stop": 30, "block": 2, "size": 1, "store": store}
    said = "the executor lost a worker, killed or out of memory .*: call again with it and a new executor"
    with processes() as pool, pytest.raises(bl.EngineError, match=said):
        gather(job, executor=pool, **how)
    kept = {n for file in store.rglob("[0-9]*.block") for n in range(*map(int, file.name.split("-")[:2]))}
    assert len(kept) >= 8
    before = runs_of(log)
    done = gather(job, **how)
    whole = gather(Square(), stop=30, size=1)
    assert done.numbers == whole.numbers
    assert [one["square"].tobytes() for one in done.columns] == [
        one["square"].tobytes() for one in whole.columns
    ]
    again = runs_of(log)
    for number in kept:  # nothing that was stored was done again
        assert again.count(number) == before.count(number) == 1


def test_dask_replaces_a_worker_that_is_killed(cluster: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    done = gather(
        Square(str(log), lethal=7, nap=0.02), stop=20, block=2, size=1, executor=cluster.get_executor()
    )
    assert [float(one["square"][0]) for one in done.columns] == [r**2 for r in range(20)]
    assert runs_of(log).count(7) == 2


PROGRAM = """
import sys
import balloon as bl

scenario = bl.load("minimal").with_({"population.actors": 2000, "steps": 40})
pool = None
if sys.argv[3] == "one":  # blocks as short as they get: many workers are announced
    from concurrent.futures import ThreadPoolExecutor
    pool = ThreadPoolExecutor(1)
    pool._max_workers = 1000
bl.simulate(scenario, replicates=int(sys.argv[1]), seed=5, store=sys.argv[2], executor=pool)
if pool is not None:
    pool.shutdown()
"""
LONG = bl.load("minimal").with_({"population.actors": 2000, "steps": 40})


def start(replicates: int, store: Path, how: str = "all") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, str(replicates), str(store), how]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def stored(store: Path) -> int:
    return len(list(store.rglob("[0-9]*.block")))


def closed() -> Executor:
    """An executor that does nothing any more: what it is not asked for need not be done."""
    pool = ProcessPoolExecutor(1)
    pool.shutdown()
    return pool


def test_a_whole_process_that_is_killed_is_resumed(tmp_path: Path) -> None:
    running = start(400, tmp_path, "one")
    until = time.monotonic() + 60
    while stored(tmp_path) < 10 and time.monotonic() < until:
        assert running.poll() is None, running.stderr and running.stderr.read()
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    kept = stored(tmp_path)
    assert 10 <= kept < 400
    times = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("[0-9]*.block")}
    resumed = bl.simulate(LONG, replicates=400, seed=5, store=tmp_path)
    assert resumed.identical(bl.simulate(LONG, replicates=400, seed=5))
    assert {file: file.stat().st_mtime_ns for file in times} == times
    # Every replicate is in exactly one block; what was half written has a hidden name.
    spans = [range(*map(int, file.name.split("-")[:2])) for file in tmp_path.rglob("[0-9]*.block")]
    assert sorted(number for span in spans for number in span) == list(range(400))


def test_two_processes_may_write_one_store_at_once(tmp_path: Path) -> None:
    both = [start(60, tmp_path), start(60, tmp_path, "one")]
    for one in both:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0, said
    done = bl.simulate(LONG, replicates=60, seed=5, store=tmp_path, executor=closed())
    assert done.identical(bl.simulate(LONG, replicates=60, seed=5))
