"""Measure what executors cost and gain, and what many replicates need of memory; writes Markdown.

`python -m benchmarks.scale --quick` takes about four minutes, without `--quick` it takes some twenty.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from benchmarks import clock

# Before NumPy and numba are loaded: they read it once.
os.environ.update(clock.ONE_THREAD)

from benchmarks.speed import Lines, table, verdict

ACTORS = 10_000


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much of everything is run."""

    seconds: float
    """Of work in one round of the comparison, for one worker."""
    rounds: int
    crowds: tuple[int, ...]
    """Numbers of replicates of the memory test."""


QUICK = Scale(seconds=4.0, rounds=3, crowds=(200, 400, 800))
FULL = Scale(seconds=4.0, rounds=10, crowds=(200, 400, 800, 10_000))


def pools(stack: ExitStack) -> dict[tuple[str, int], Executor]:
    """An executor of each kind with one worker and with two; those whose library is here."""
    found: dict[tuple[str, int], Executor] = {}
    for workers in (1, 2):
        found["threads", workers] = stack.enter_context(ThreadPoolExecutor(workers))
        spawn = get_context("spawn")
        found["processes", workers] = stack.enter_context(ProcessPoolExecutor(workers, mp_context=spawn))
        try:
            import loky
        except ImportError:
            pass
        else:
            pool = loky.ProcessPoolExecutor(workers)
            stack.callback(pool.shutdown, kill_workers=True)
            found["loky", workers] = pool
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            continue
        cluster = stack.enter_context(
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                protocol="tcp",
                dashboard_address=":0",
                silence_logs=50,
            )
        )
        found["Dask", workers] = stack.enter_context(Client(cluster)).get_executor()
    return found


def executors(scale: Scale) -> Lines:
    """Time of the same work: a plain loop, then every executor with one worker and with two, in turns."""
    from balloon.simulate import Simulation
    from balloon.work import gather
    from benchmarks import case

    job = Simulation(case.scenario(ACTORS, revision_rate=0.2), 1)
    job(0, None)  # compile
    one = clock.best_of(5, lambda: job(0, None))
    block = max(1, round(1 / one))
    number = block * max(2, round(scale.seconds / (block * one)))

    def loop() -> None:
        for r in range(number):
            job(r, None)

    def through(pool: Executor, store: str | None = None) -> Callable[[], object]:
        return lambda: gather(job, stop=number, executor=pool, block=block, size=1.0, store=store)

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        runners: dict[tuple[str, int], Callable[[], object]] = {("plain loop", 1): loop}
        for (name, workers), pool in pools(stack).items():
            through(pool)()  # load and compile there
            runners[name, workers] = through(pool)
        count = iter(range(1000))
        alone = stack.enter_context(ThreadPoolExecutor(1))

        def stored() -> None:
            through(alone, f"{folder}/{next(count)}")()

        runners["threads, with a store", 1] = stored
        best = dict.fromkeys(runners, float("inf"))
        for _ in range(scale.rounds):
            for key, run in runners.items():
                best[key] = min(best[key], clock.best_of(1, run))
    return _comparison(best, number, block, one)


def _comparison(best: dict[tuple[str, int], float], number: int, block: int, one: float) -> Lines:
    loop, rows = best["plain loop", 1], []
    for name, workers in sorted(best):
        if (name, workers) == ("plain loop", 1):
            continue
        taken = best[name, workers]
        if workers == 1:
            cost = 100 * (taken / loop - 1)
            said = verdict(measured=cost, target=5.0, at_least=False)
            rows.append((name, 1, f"{taken:.2f}", f"{cost:+.1f} %", "< 5 %", said))
        else:
            gain = best[name, 1] / taken
            said = verdict(measured=gain, target=1.7, at_least=True) if name != "threads" else ""
            rows.append((name, 2, f"{taken:.2f}", f"{gain:.2f} x one", ">= 1.7", said))
    note = (
        f"{number} replicates of {ACTORS:,} actors for a year, {1e3 * one:.1f} ms each, in blocks of "
        f"{block}, about a second.\nThe plain loop takes {loop:.2f} s. One worker against the loop, two "
        "workers against one of the same kind;\nbest of several rounds, all in turns."
    )
    head = ("executor", "workers", "seconds", "measured", "target", "")
    return ["## Executors", "", note, "", *table(head, rows)]


MEMORY = """
import json, sys, time
from balloon.summarize import summarize
from benchmarks import case
from benchmarks.clock import peak_memory

summarize(case.scenario(100, revision_rate=0.2, steps=2), replicates=2)
before, begun = peak_memory(), time.perf_counter()
summarize(case.scenario(int(sys.argv[1]), revision_rate=0.2), replicates=int(sys.argv[2]), seed=1)
print(json.dumps({"before": before, "peak": peak_memory(), "seconds": time.perf_counter() - begun}))
"""


def memory(scale: Scale) -> Lines:
    """Peak memory of summarize, each number of replicates in a process of its own."""
    rows: list[tuple[object, ...]] = []
    peaks: dict[int, float] = {}
    for replicates in scale.crowds:
        done = clock.run([sys.executable, "-c", MEMORY, str(ACTORS), str(replicates)])
        if done.returncode != 0:
            rows.append((f"{replicates:,}", "failed", "", "", ""))
            continue
        said = json.loads(done.stdout)
        peaks[replicates] = said["peak"]
        met = verdict(measured=said["peak"], target=2.0, at_least=False) if replicates == 10_000 else ""
        asked = "<= 2" if replicates == 10_000 else ""
        rows.append((f"{replicates:,}", f"{said['peak']:.3f}", asked, met, f"{said['seconds']:.1f}"))
    grown = ""
    if len(peaks) > 1:
        *_, few, many = peaks
        each = (peaks[many] - peaks[few]) / (many - few)
        grown = (
            f"From {few:,} to {many:,} replicates it grows by {1e6 * each:.2f} kB a replicate, whose series "
            f"have {series_size() / 1e3:.0f} kB."
        )
    head = ("replicates", "peak, GB", "target", "", "seconds")
    lines = [f"## Memory of summarize, {ACTORS:,} actors for a year, threads", "", *table(head, rows)]
    return [*lines, grown, ""] if grown else lines


def series_size() -> int:
    """Bytes that a replicate leaves behind."""
    from balloon.simulate import Simulation
    from benchmarks import case

    columns = Simulation(case.scenario(ACTORS, revision_rate=0.2), 1)(0, None)
    return sum(series.nbytes for series in columns.values())


PARTS: dict[str, Callable[[Scale], Lines]] = {"memory": memory, "executors": executors}


def report(scale: Scale, chosen: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the report as they are measured."""
    yield "# Scale-out"
    yield ""
    yield f"Machine: {clock.machine()}."
    yield ""
    for name in chosen:
        yield from PARTS[name](scale)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, about four minutes")
    parser.add_argument(
        "--part", action="append", choices=tuple(PARTS), help="only this part; may be repeated"
    )
    parser.add_argument("--out", type=Path, help="also write the report to this file")
    given = parser.parse_args(arguments)
    if clock.busy() > 0.5:
        print("The machine is busy: expect worse ratios than its own.", file=sys.stderr)
    lines, begun = [], perf_counter()
    for line in report(QUICK if given.quick else FULL, given.part or tuple(PARTS)):
        print(line, flush=True)
        lines.append(line)
    print(f"{perf_counter() - begun:.0f} s", file=sys.stderr)
    if given.out is not None:
        given.out.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
