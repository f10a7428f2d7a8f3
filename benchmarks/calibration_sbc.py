"""Do the intervals of a fit hold what they promise? Simulation-based calibration at full length.

`python -m benchmarks.calibration_sbc` draws parameters from their priors and data from the likelihood, fits
them by chains and ranks the true values; it prints what leaves the 99 % simultaneous bands. Data: 25 weekly
shares of three platforms, arrests in bins of four weeks, active users. `--quick` takes Laplace's
approximation instead of chains. With `--out FILE` the ranks are written one by one, and a second call goes
on from there: chains with 8 parameters take some ten seconds of a core for each data set.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import balloon as bl
from balloon.calibrate.problem import Problem, problem
from balloon.calibrate.sbc import LOG_POSTERIOR, Sbc, by_chains, by_laplace, sbc

FREE = {
    "platforms.Signal.asc": (-1.0, 1.0),
    "platforms.Viber.asc": (-1.0, 1.0),
    "behaviour.switching_cost": (3.0, 8.0),
    "behaviour.revision_rate": (0.1, 0.4),
    "behaviour.learning_rate": (0.05, 0.4),
    "groups.all.risk_aversion": (5.0, 40.0),
    "platforms.Telegram.requests": (0.01, 0.04),
    "behaviour.outside_option": (-6.0, -2.0),
}
DRAWS = 99
"""From each posterior: ranks are percentages."""


@cache
def study(parameters: int) -> Problem:
    """The first so many of the free parameters; the values of the observations do not matter."""
    scenario = bl.load("minimal").with_({"steps": 32})

    def row(quantity: str, week: int, weeks: int, **rest) -> bl.Observation:
        start = scenario.start + timedelta(weeks=week)
        return bl.Observation(quantity=quantity, start=start, end=start + timedelta(weeks=weeks), **rest)

    rows = [
        row("share", week, 1, platform=name, value=1 / 3, unit="share", n=1000, dispersion=1000 / 300)
        for week in range(6, 31)
        for name in scenario.platforms
    ]
    rows += [row("arrests", week, 4, value=3, unit="actors", dispersion=1.0) for week in range(5, 29, 4)]
    rows += [
        row("active", week, 1, platform=name, value=100, unit="actors", sd=20.0)
        for week in range(6, 31, 4)
        for name in scenario.platforms
    ]
    return problem(scenario, bl.Observations(tuple(rows)), dict(list(FREE.items())[:parameters]))


def one(number: int, *, parameters: int, sets: int, seed: int, quick: bool) -> Sbc:
    """One data set, in a process of its own: a problem does not travel, so that each process builds one."""
    chosen = by_laplace if quick else by_chains
    return sbc(study(parameters), sets=sets, seed=seed, posterior=chosen, draws=DRAWS, numbers=[number])


def kept(path: Path | None) -> dict[int, list[int]]:
    """Ranks, and whether the chains had mixed, of the data sets that are in a file already."""
    if path is None or not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row[0]): [int(cell) for cell in row[1:]] for row in list(csv.reader(file))[1:]}


def fitted(asked: argparse.Namespace, numbers: list[int]) -> Iterator[tuple[int, Sbc]]:
    """The data sets one after the other, until the time is up."""
    run = partial(one, parameters=asked.parameters, sets=asked.sets, seed=asked.seed, quick=asked.quick)
    end = time.perf_counter() + 60.0 * asked.minutes
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        for number, found in zip(numbers, pool.map(run, numbers), strict=True):
            yield number, found
            if time.perf_counter() > end:
                pool.shutdown(cancel_futures=True)
                return


def main() -> int:
    """Run the data sets that are not there yet and print the verdict on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--parameters", type=int, default=len(FREE))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no data set after so many")
    parser.add_argument("--out", type=Path, help="CSV of ranks; data sets that are in it are not run again")
    asked = parser.parse_args()
    start, names = time.perf_counter(), (*study(asked.parameters).names, LOG_POSTERIOR)
    rows = kept(asked.out)
    if asked.out and not rows:
        asked.out.write_text(",".join(("set", *names, "mixed")) + "\n", encoding="utf-8")
    for number, found in fitted(asked, [n for n in range(asked.sets) if n not in rows]):
        rows[number] = [*found.ranks[0].tolist(), int(found.mixed[0])]
        if asked.out:  # at once: what was interrupted goes on from here
            with asked.out.open("a", encoding="utf-8") as file:
                file.write(",".join(map(str, (number, *rows[number]))) + "\n")
    table = np.array([rows[number] for number in sorted(rows)])
    whole = Sbc(names=names, ranks=table[:, :-1], draws=DRAWS, mixed=table[:, -1] == 1, level=0.99)
    print(whole)
    pooled = float(whole.coverage(0.9)[:-1].mean())
    print(f"90 % intervals, pooled: {pooled:.3f}; {time.perf_counter() - start:.0f} s")
    return int(bool(whole.outside))


if __name__ == "__main__":
    sys.exit(main())
