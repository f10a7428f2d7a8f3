"""The targets of calibration, measured: speed, recovery, coverage, agreement of starts.

    python benchmarks/calibration.py --sets 100

A world of 5 platforms, 5 risk classes and 100 weeks, with a squeeze in week 40 and 11 free parameters.
Each data set is drawn from the likelihood at parameters drawn from the prior.
"""

from __future__ import annotations

import argparse
import time
import warnings
from datetime import date, timedelta

import numpy as np

import balloon as bl
from balloon.calibrate.fit import settle
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.priors import Z90, Prior
from balloon.calibrate.problem import Problem, problem

PLATFORMS = ("A", "B", "C", "D", "E")
START = date(2024, 1, 1)
WEEKS = 100
SQUEEZE = 40


def world() -> bl.Scenario:
    """Five platforms; the first, which half of the actors use, starts to answer in week 40."""
    asc = (0.0, -0.4, -0.8, -1.0, -1.2)
    start = dict(zip(PLATFORMS, (0.5, 0.17, 0.13, 0.11, 0.09), strict=True))
    return bl.Scenario(
        name="calibration",
        landscape=bl.Landscape(
            platforms=tuple(
                bl.Platform(name=name, asc=a, requests=0.02, undercover=0.001)
                for name, a in zip(PLATFORMS, asc, strict=True)
            )
        ),
        population=bl.Population(
            actors=20_000,
            groups=(bl.Group(name="all", start=start, risk_aversion=15.0),),
        ),
        behaviour=bl.Behaviour(
            switching_cost=2.5, outside_option=-3.0, peer_influence=0.5, revision_rate=0.2, learning_rate=0.1,
            replacement_rate=0.02, arrests_per_answer=0.2,
        ),
        interventions=(bl.Cooperation(platform="A", start=START + timedelta(weeks=SQUEEZE), value=0.9),),
        start=START,
        steps=WEEKS,
    )  # fmt: skip


PRIORS = {
    "platforms.B.asc": Prior.normal(-0.4, 0.7),
    "platforms.C.asc": Prior.normal(-0.8, 0.7),
    "platforms.D.asc": Prior.normal(-1.0, 0.7),
    "platforms.E.asc": Prior.normal(-1.2, 0.7),
    "groups.all.risk_aversion": Prior.log_normal(15.0, 0.5),
    "behaviour.peer_influence": Prior.normal(0.5, 0.25),
    "behaviour.switching_cost": Prior.log_normal(2.5, 0.3),
    "behaviour.revision_rate": Prior.logit_normal(0.2, 0.5),
    "behaviour.learning_rate": Prior.log_normal(0.1, 0.5),
    "behaviour.arrests_per_answer": Prior.log_normal(0.2, 0.4),
    "behaviour.outside_option": Prior.normal(-3.0, 0.7),
}
KINDS = {
    "asc": "asc", "risk_aversion": "risk aversion", "peer_influence": "peer influence",
    "switching_cost": "switching cost", "revision_rate": "revision rate", "learning_rate": "learning rate",
    "arrests_per_answer": "hazard", "outside_option": "exit",
}  # fmt: skip


def observations() -> Observations:
    """25 waves of shares (n = 1000, dispersion 4.3), flows, arrests in 4-week bins, active users."""
    n, dispersion = 1000, 1300 / 301
    rows = []
    for k in range(25):
        day = START + timedelta(weeks=4 * k + 3)
        rows += [
            Observation(
                quantity="share", start=day, platform=p, value=0.2, unit="share", n=n, dispersion=dispersion
            )
            for p in PLATFORMS
        ]
        first, last = START + timedelta(weeks=4 * k), START + timedelta(weeks=4 * k + 4)
        rows += [
            Observation(
                quantity="arrests", start=first, end=last, platform=p, value=10, unit="actors", dispersion=1.5
            )
            for p in PLATFORMS
        ]
        rows.append(Observation(quantity="actors", start=day, value=15_000, unit="actors", sd=400))
        rows += [
            Observation(
                quantity="moves", start=first, end=last, platform="A", platform_to=p, value=20, unit="actors",
                dispersion=3,
            )
            for p in PLATFORMS[1:]
        ]  # fmt: skip
    return Observations(tuple(rows))


SUBSETS = {
    "before/after only": lambda rows: [r for r in rows if r.quantity == "share" and weeks(r) in (39, 99)],
    "25 weekly shares": lambda rows: [r for r in rows if r.quantity == "share"],
    "25 shares + arrests": lambda rows: [r for r in rows if r.quantity in ("share", "arrests")],
    "25 shares + flows + arrests": lambda rows: [r for r in rows if r.quantity != "actors"],
    "+ active users": list,
}


def weeks(row: Observation) -> int:
    """Weeks from the start."""
    return (row.start - START).days // 7


def kind(name: str) -> str:
    """Kind of a parameter."""
    return KINDS[name.rpartition(".")[2]]


def by_kind(names, columns: np.ndarray, how) -> dict[str, float]:
    """One number for each kind of parameter, from (sets, k)."""
    kinds = [kind(name) for name in names]
    return {one: float(how(columns[:, [k == one for k in kinds]])) for one in dict.fromkeys(kinds)}


def data_set(blank: Problem, number: int) -> tuple[np.ndarray, Problem]:
    """Parameters from the prior, no further out than three standard deviations, and data drawn there."""
    rng = np.random.default_rng([2024, number])
    truth = np.clip(rng.standard_normal(len(blank.names)), -3.0, 3.0)
    return truth, blank.with_observations(blank.simulate(truth, rng))


def corrupt(data: Problem, number: int) -> Problem:
    """Two of the 25 waves drawn with all shares equally likely."""
    rng = np.random.default_rng([2025, number])
    values = data.likelihood.values.copy()
    for wave in rng.choice(25, size=2, replace=False):
        rows = list(data.model.waves[wave])
        values[rows] = rng.dirichlet(np.ones(len(rows)))
    return data.with_observations(values)


def line(label: str, numbers: dict[str, float]) -> None:
    """Print a line of numbers."""
    print(f"{label:<36}" + "".join(f"{name} {number:.2f}  " for name, number in numbers.items()), flush=True)


def jacobian(blank: Problem) -> None:
    """Compare exact derivatives with differences."""
    truth, data = data_set(blank, 0)
    _, slopes = data.slopes(truth[None])
    worst = 0.0
    for k in range(len(truth)):
        ahead, back = (data.predict((truth + s * 1e-4 * np.eye(len(truth))[k])[None])[0] for s in (1, -1))
        near, far = (data.predict((truth + s * 2e-4 * np.eye(len(truth))[k])[None])[0] for s in (1, -1))
        numeric = (8 * (ahead - back) - (near - far)) / 12e-4  # fourth order
        worst = max(worst, float(np.abs(slopes[0, :, k] - numeric).max() / np.abs(numeric).max()))
    print(f"Jacobian against central differences of fourth order: {worst:.1e} relative")


def identified(sets: int) -> None:
    """What identifies what."""
    print("\nmedian contraction")
    for label, choose in SUBSETS.items():
        rows = choose(list(observations()))
        one = problem(world(), Observations(tuple(rows)), PRIORS)
        found = []
        for number in range(sets):
            theta = np.random.default_rng([1, number]).standard_normal(len(one.names))
            covariance = np.linalg.inv(one.information(theta) + np.eye(len(theta)))
            found.append(1.0 - np.sqrt(np.diag(covariance)))
        line(label, by_kind(one.names, np.array(found), np.median))


def fits(blank: Problem, sets: int, *, loss: str = "plain", spoil: bool = False, starts: int = 4) -> dict:
    """Fit many data sets and keep errors, coverage, agreement and seconds."""
    base = problem(world(), observations(), PRIORS, loss=loss) if loss != "plain" else blank
    errors, covered, spans, spent, wall, failed = [], [], [], [], [], 0
    for number in range(sets):
        truth, data = data_set(blank, number)
        data = base.with_observations((corrupt(data, number) if spoil else data).likelihood.values)
        begun, clock = time.process_time(), time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bl.BalloonWarning)
            try:
                fit = settle(data, starts=starts, seed=number)
            except bl.FitError:
                failed += 1
                continue
        spent.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
        sd = np.sqrt(np.diag(fit.spread))
        errors.append(np.abs(fit.theta - truth))
        covered.append(np.abs(fit.theta - truth) < Z90 * sd)
        spans.append(float(np.ptp(fit.starts.log_posterior)))
    return {
        "errors": np.array(errors), "covered": np.array(covered), "spans": np.array(spans),
        "seconds": np.array(spent), "wall": np.array(wall), "failed": failed,
    }  # fmt: skip


def report(label: str, blank: Problem, found: dict) -> None:
    """Print what the fits came to."""
    print(f"\n{label}: {len(found['errors'])} data sets, {found['failed']} did not converge")
    spent = found["seconds"]
    print(
        f"seconds a fit: {np.median(found['wall']):.2f}, of the processor {np.median(spent):.2f}, of 95 of "
        f"100 below {np.quantile(spent, 0.95):.2f}, the slowest {spent.max():.2f}"
    )
    print(f"all starts within .5 nats: {(found['spans'] < 0.5).mean():.1%}")
    line("median absolute error, prior sd", by_kind(blank.names, found["errors"], np.median))
    pooled = found["covered"].mean()
    print(f"coverage of 90 % intervals, pooled: {pooled:.3f}")
    line("coverage", dict(zip(blank.names, found["covered"].mean(axis=0).tolist(), strict=True)))


def main() -> None:
    """Measure all."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sets", type=int, default=100, help="data sets")
    arguments.add_argument("--robust", type=int, default=40, help="data sets with corrupted waves")
    asked = arguments.parse_args()
    blank = problem(world(), observations(), PRIORS)
    jacobian(blank)
    identified(15)
    report("clean", blank, fits(blank, asked.sets))
    if asked.robust:
        report("huber, clean", blank, fits(blank, asked.robust, loss="huber", starts=1))
        report(
            "huber, two corrupted waves", blank, fits(blank, asked.robust, loss="huber", spoil=True, starts=1)
        )
        report("plain, two corrupted waves", blank, fits(blank, asked.robust, spoil=True, starts=1))


if __name__ == "__main__":
    main()
