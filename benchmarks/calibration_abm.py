"""Coverage where the mean field is wrong: few contacts that matter much.

`python -m benchmarks.calibration_abm` draws parameters from their priors, data from one run of the actors
and the likelihood, and fits them three ways: the mean field as it is, its intervals widened by `check_abm`,
and the actors themselves by `fit_abm`. It prints how often 90 % intervals hold the true values.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np

import balloon as bl
from balloon.calibrate.abm import fit_abm
from balloon.calibrate.checks import coverage
from balloon.calibrate.discrepancy import actors_at, check_abm
from balloon.calibrate.fit import settle
from balloon.calibrate.problem import Problem, problem
from balloon.contacts import Contacts
from balloon.errors import FitError

FREE = {
    "platforms.Signal.asc": (-1.0, 1.0),
    "behaviour.switching_cost": (2.0, 4.5),
    "behaviour.peer_influence": (1.5, 3.5),
    "platforms.Telegram.requests": (0.01, 0.04),
}
HALF = 1.6448536269514722


def study(actors: int, degree: int) -> Problem:
    """Four free parameters, a small world of few contacts."""
    changed = {
        "population.actors": actors,
        "behaviour.peer_influence": 2.5,
        "behaviour.switching_cost": 3.0,
    }
    scenario = bl.load("minimal").with_(changed)
    contacts = Contacts(kind="small_world", degree=degree)
    scenario = replace(scenario, population=replace(scenario.population, contacts=contacts))

    def row(quantity: str, week: int, weeks: int, **rest) -> bl.Observation:
        start = scenario.start + timedelta(weeks=week)
        return bl.Observation(quantity=quantity, start=start, end=start + timedelta(weeks=weeks), **rest)

    rows = [
        row("share", week, 1, platform=name, value=1 / 3, unit="share", n=300, dispersion=2.0)
        for week in range(2, 52, 4)
        for name in scenario.platforms
    ]
    rows += [row("arrests", week, 8, value=3, unit="actors", dispersion=1.5) for week in range(4, 44, 8)]
    return problem(scenario, bl.Observations(tuple(rows)), FREE)


def told(blank: Problem, number: int) -> tuple[Problem, np.ndarray]:
    """A data set of one run of the actors, and its true parameters."""
    rng = np.random.default_rng([7, number])
    true = rng.standard_normal(len(blank.names))
    world = actors_at(blank, true, replicates=2, seed=10_000 + number)[0]
    return blank.with_observations(blank.likelihood.simulate(world, blank.dispersions(true), rng)), true


def main() -> None:
    """Print the coverage of each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--actors", type=int, default=4_000)
    parser.add_argument("--degree", type=int, default=4)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", bl.BalloonWarning)
    start, blank = time.perf_counter(), study(asked.actors, asked.degree)
    ways: dict[str, list] = {"mean field": [], "mean field, widened": [], "actors": []}
    trues, said, failed = [], Counter(), 0
    for number in range(asked.sets):
        data, true = told(blank, number)
        try:
            plain = settle(data, starts=2)
            fitted = fit_abm(plain, seed=number)
        except FitError as error:
            failed += 1
            print(f"data set {number}: {error}")
            continue
        check = check_abm(data, plain.theta, seed=number)
        said[check.verdict] += 1
        trues.append(true)
        spread = np.sqrt(np.diag(plain.spread))
        ways["mean field"].append((plain.theta, spread))
        ways["mean field, widened"].append((plain.theta, spread * check.widening))
        ways["actors"].append((fitted.theta, np.sqrt(np.diag(fitted.spread))))
    print(f"\n{len(trues)} data sets of {asked.actors:,} actors, degree {asked.degree}; {failed} not settled")
    print(f"verdicts: {dict(said)}; {time.perf_counter() - start:.0f} s\n")
    print("| fit | " + " | ".join(blank.names) + " | pooled | largest bias (sd) |")
    print("|---" * (len(blank.names) + 3) + "|")
    for name, found in ways.items():
        centre, spread = (np.array([one[k] for one in found]) for k in (0, 1))
        share = coverage(centre - HALF * spread, centre + HALF * spread, np.array(trues))[0]
        bias = np.abs(((centre - trues) / spread).mean(axis=0)).max()
        cells = " | ".join(f"{s:.2f}" for s in share)
        print(f"| {name} | {cells} | {share.mean():.2f} | {bias:.2f} |")


if __name__ == "__main__":
    main()
