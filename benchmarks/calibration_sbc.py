"""Do the intervals of a fit hold what they promise? Simulation-based calibration at full length.

`python -m benchmarks.calibration_sbc` draws parameters from their priors and data from the likelihood, fits
them by chains and ranks the true values; it prints what leaves the 99 % simultaneous bands and writes the
ranks. Data: 25 weekly shares of three platforms, arrests in bins of four weeks, active users. `--quick`
takes Laplace's approximation instead of chains.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import balloon as bl
from balloon.calibrate.problem import Problem, problem
from balloon.calibrate.sbc import Sbc, by_chains, by_laplace, sbc

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


def part(numbers: range, *, parameters: int, sets: int, seed: int, quick: bool) -> Sbc:
    """Some of the data sets, in a process of its own: a problem does not travel."""
    chosen = by_laplace if quick else by_chains
    return sbc(study(parameters), sets=sets, seed=seed, posterior=chosen, numbers=numbers)


def main() -> int:
    """Run all data sets and print the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--parameters", type=int, default=len(FREE))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    start = time.perf_counter()
    parts = [range(w, asked.sets, asked.workers) for w in range(asked.workers)]
    one = partial(part, parameters=asked.parameters, sets=asked.sets, seed=asked.seed, quick=asked.quick)
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(one, parts))
    order = np.argsort(np.concatenate([np.array(numbers) for numbers in parts]))
    whole = Sbc(
        names=found[0].names,
        ranks=np.concatenate([each.ranks for each in found])[order],
        draws=found[0].draws,
        mixed=np.concatenate([each.mixed for each in found])[order],
        level=found[0].level,
    )
    print(whole)
    pooled = float(whole.coverage(0.9)[:-1].mean())
    print(f"90 % intervals, pooled: {pooled:.3f}; {time.perf_counter() - start:.0f} s")
    if asked.out:
        whole.to_frame().to_csv(asked.out, index_label="set")
    return int(bool(whole.outside))


if __name__ == "__main__":
    sys.exit(main())
