"""What a fit promises: recovery, one optimum, intervals that hold, and silence where data say nothing.

The full table is measured by benchmarks/calibration.py.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import toy

import balloon as bl
from balloon.calibrate.fit import settle
from balloon.calibrate.identifiability import PRIOR_RETURNED, identifiability
from balloon.calibrate.priors import Z90, Prior
from balloon.calibrate.problem import Problem, problem

SETS = 200


# ---- the toy model: many data sets ------------------------------------------------------------


@pytest.fixture(scope="module")
def studies() -> list[tuple[np.ndarray, bl.Fit]]:
    """Parameters drawn from the prior, data from the likelihood, and a fit to each.

    Enough data for a posterior that is nearly normal, as Laplace's intervals need it: with a
    fifth of them they cover 86 to 88 %, and those of chains 91 % (200 data sets).
    """
    made = toy.toy([*toy.waves(n=2000, every=1), *toy.arrests(dispersion=1.2), *toy.stock(sd=5.0)])
    found = []
    for seed in range(SETS):
        truth, data = toy.drawn(made, seed)
        found.append((truth, settle(data, starts=3, seed=seed)))
    return found


def test_ninety_percent_intervals_hold_the_truth_in_ninety_percent_of_data_sets(studies) -> None:
    covered = np.array(
        [np.abs(fit.theta - truth) < Z90 * np.sqrt(np.diag(fit.spread)) for truth, fit in studies]
    )
    assert 0.87 <= covered.mean() <= 0.93
    assert covered.mean(axis=0).min() >= 0.82


def test_all_starts_reach_one_optimum_in_nineteen_of_twenty_data_sets(studies) -> None:
    agreed = [np.ptp(fit.starts.log_posterior) < 0.5 for _, fit in studies]
    assert np.mean(agreed) >= 0.95


def test_errors_are_as_large_as_the_fit_says(studies) -> None:
    scaled = np.array([(fit.theta - truth) / np.sqrt(np.diag(fit.spread)) for truth, fit in studies])
    # 1000 numbers: the standard error of their sd is .022
    assert scaled.std() == pytest.approx(1.0, abs=0.08)


def test_two_bad_waves_of_ten_lower_the_coverage_of_huber_less_than_that_of_the_plain_loss() -> None:
    covered: dict[str, list[np.ndarray]] = {"plain": [], "huber": []}
    for seed in range(40):
        truth, data = toy.drawn(toy.toy(), seed)
        values = data.likelihood.values.copy()
        for wave in (3, 6):
            rows = list(data.model.waves[wave])
            values[rows] = np.random.default_rng(seed).dirichlet(np.ones(3))
        for loss, found in covered.items():
            fit = settle(toy.toy(loss=loss).with_observations(values), starts=1)
            found.append(np.abs(fit.theta - truth) < Z90 * np.sqrt(np.diag(fit.spread)))
    assert np.mean(covered["huber"]) > np.mean(covered["plain"]) + 0.1


def test_draws_of_a_chain_and_of_laplace_agree_where_the_posterior_is_nearly_normal() -> None:
    rows = bl.Observations((*toy.waves(n=4000), *toy.stock()))
    free = {"platforms.B.asc": (-1.0, 1.0), "behaviour.revision_rate": (0.1, 0.4)}
    world = toy.scenario()
    made = problem(world, rows, free, forward=toy.forward(world))
    values = made.predict(np.zeros((1, 2)))[0]
    fit = settle(made.with_observations(values))
    from balloon.calibrate.fit import sampled

    drawn = sampled(fit, draws=4000)
    assert drawn.method == "mcmc"
    assert drawn.summary().method.unique().tolist() == ["mcmc"]
    quick, slow = fit.summary(), drawn.summary()
    width = quick.high - quick.low
    assert (slow.low - quick.low).abs().to_numpy() == pytest.approx(0.0, abs=0.1 * width.max())
    assert (slow.high - quick.high).abs().to_numpy() == pytest.approx(0.0, abs=0.1 * width.max())
    assert len(drawn.thetas(100)) == 100
    with pytest.raises(bl.FitError, match=r"5000 draws of 4000; ask for fewer"):
        drawn.thetas(5000)


# ---- the mean field ---------------------------------------------------------------------------


START = date(2024, 1, 1)
NAMES = ("A", "B", "C")
FREE = {
    "platforms.B.asc": Prior.normal(-0.4, 0.7),
    "platforms.C.asc": Prior.normal(-0.8, 0.7),
    "groups.all.risk_aversion": Prior.log_normal(15.0, 0.5),
    "behaviour.switching_cost": Prior.log_normal(2.5, 0.3),
    "behaviour.revision_rate": Prior.logit_normal(0.2, 0.5),
    "behaviour.learning_rate": Prior.log_normal(0.1, 0.5),
    "behaviour.arrests_per_answer": Prior.log_normal(0.2, 0.4),
}


def squeeze(**changes: float) -> bl.Scenario:
    """Three platforms; the first starts to answer in week 15 of 40."""
    return bl.Scenario(
        name="squeeze",
        landscape=bl.Landscape(
            platforms=tuple(
                bl.Platform(name=n, asc=a, requests=0.02, undercover=0.001)
                for n, a in zip(NAMES, (0.0, -0.4, -0.8), strict=True)
            )
        ),
        population=bl.Population(
            actors=5000,
            groups=(
                bl.Group(
                    name="all", start=dict(zip(NAMES, (0.6, 0.25, 0.15), strict=True)), risk_aversion=15.0
                ),
            ),
        ),
        behaviour=bl.Behaviour(**{"switching_cost": 2.5, "arrests_per_answer": 0.2, **changes}),
        interventions=(bl.Cooperation(platform="A", start=START + timedelta(weeks=15), value=0.9),),
        start=START,
        steps=40,
    )


def rows(*quantities: str) -> bl.Observations:
    made = []
    for t in range(2, 40, 4):
        day, after = START + timedelta(weeks=t), START + timedelta(weeks=t + 2)
        made += [
            bl.Observation(
                quantity="share", start=day, platform=p, value=0.3, unit="share", n=1000, dispersion=4.0
            )
            for p in NAMES
        ]
        made += [
            bl.Observation(
                quantity="arrests", start=day, end=after, platform=p, value=9, unit="actors", dispersion=1.5
            )
            for p in NAMES
        ]
        made.append(bl.Observation(quantity="actors", start=day, value=4000, unit="actors", sd=100))
    return bl.Observations(tuple(row for row in made if row.quantity in quantities))


@pytest.fixture(scope="module")
def world() -> Problem:
    return problem(squeeze(), rows("share", "arrests", "actors"), FREE)


def drawn(world: Problem, seed: int) -> tuple[np.ndarray, Problem]:
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(len(world.names))
    return truth, world.with_observations(world.simulate(truth, rng))


def test_the_jacobian_of_the_mean_field_is_exact(world: Problem) -> None:
    """Against central differences of fourth order, h = 1e-3 prior sd: their own error is about 1e-9."""
    truth = drawn(world, 1)[0]
    _, slopes = world.slopes(truth[None])
    size, h = len(truth), 1e-3
    around = np.concatenate([truth + d * h * np.eye(size) for d in (1, -1, 2, -2)])
    ahead, back, far, behind = world.predict(around).reshape(4, size, -1)
    numeric = (8 * (ahead - back) - (far - behind)) / (12 * h)
    for k in range(size):
        worst = np.abs(slopes[0, :, k] - numeric[k]).max() / np.abs(numeric[k]).max()
        assert worst < 1e-8, world.names[k]


def test_the_mean_field_gives_back_what_made_the_data(world: Problem) -> None:
    errors, spans = [], []
    for seed in range(4):
        truth, data = drawn(world, seed)
        fit = settle(data, starts=3, seed=seed)
        errors.append(np.abs(fit.theta - truth) / np.sqrt(np.diag(fit.spread)))
        spans.append(np.ptp(fit.starts.log_posterior))
    assert np.max(errors) < 4.0  # 28 standardised errors
    assert np.max(spans) < 0.5


def test_shares_alone_do_not_tell_the_hazard_from_the_aversion_to_it() -> None:
    """Pressure and risk aversion act on shares as a product, but for those who are arrested."""
    free = {name: FREE[name] for name in ("groups.all.risk_aversion", "behaviour.arrests_per_answer")}
    shares, all_ = (
        identifiability(one, one.start)
        for one in (problem(squeeze(), rows(*q), free) for q in (("share",), ("share", "arrests")))
    )
    assert (all_.contraction > shares.contraction + 0.2).all()
    assert any("risk_aversion" in said and "arrests_per_answer" in said for said in shares.sloppy)


def test_every_asc_with_the_outside_option_is_an_exact_null_direction_of_the_mean_field() -> None:
    free = {f"platforms.{n}.asc": Prior.normal(0, 1) for n in NAMES} | {
        "behaviour.outside_option": Prior.normal(-3, 1)
    }
    one = problem(squeeze(), rows("share", "actors"), free)
    found = identifiability(one, one.start)
    assert len(found.null) == 1
    assert all(name in found.null[0] for name in free)


def test_the_scale_of_detection_against_requests_is_an_exact_null_direction_of_the_mean_field() -> None:
    """Cases are requests times their unknown scale; without learning nobody reacts to the requests."""
    calm = squeeze(learning_rate=0.0, arrests_per_answer=0.0)
    calm = calm.with_({f"platforms.{n}.undercover": 0.0 for n in NAMES})
    cases = [
        bl.Observation(
            quantity="cases", start=START + timedelta(weeks=t), end=START + timedelta(weeks=t + 4),
            platform="A", value=50.0, unit="cases", scale="police", dispersion=2.0,
        )
        for t in range(16, 40, 4)
    ]  # fmt: skip
    free = {"platforms.A.requests": Prior.log_normal(0.02, 0.5)}
    one = problem(calm, bl.Observations(tuple(cases)), free)
    found = identifiability(one, one.start)
    assert len(found.null) == 1
    assert "scale.police" in found.null[0]
    assert "platforms.A.requests" in found.null[0]


def test_what_nothing_happened_to_tell_is_returned_as_its_prior() -> None:
    free = {
        "platforms.B.asc": FREE["platforms.B.asc"],
        "behaviour.learning_rate": FREE["behaviour.learning_rate"],
    }
    before = START + timedelta(weeks=15)
    two = [row for row in rows("share") if row.start < before]
    fit = settle(problem(squeeze(), bl.Observations(tuple(two)), free), starts=2)
    table = fit.summary()
    assert table.verdict["behaviour.learning_rate"] == PRIOR_RETURNED
    assert np.isnan(table.estimate["behaviour.learning_rate"])
    assert table.verdict["platforms.B.asc"] == "identified"
    assert fit.identified == ("platforms.B.asc",)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("platforms.A.undercover", 0.003),
        ("platforms.A.requests", 0.05),
        ("platforms.B.cooperation", 0.3),
        ("behaviour.revision_rate", 0.4),
        ("groups.all.start.A", 0.4),
    ],
)
def test_a_prediction_at_other_values_is_that_of_the_scenario_with_these_values(
    path: str, value: float
) -> None:
    start, end = START + timedelta(weeks=10), START + timedelta(weeks=30)
    seen = [
        bl.Observation(
            quantity="cases", start=start, end=end, platform=p, value=50.0, unit="cases", scale=2.0,
            dispersion=2.0,
        )
        for p in NAMES
    ]  # fmt: skip
    asked = bl.Observation(quantity="attention", start=start, end=end, value=0.5, unit="share", sd=0.1)
    there = [*seen, asked, *rows("share", "arrests", "actors")]
    world = squeeze().with_({f"platforms.{n}.cooperation": 0.1 for n in "BC"})
    low, high = value / 4.0, value * 1.8
    one = problem(world, bl.Observations(tuple(there)), {path: (low, high)})
    from balloon.scenario import at_values

    other = problem(at_values(world, {path: value}), bl.Observations(tuple(there)), {path: (low, high)})
    expected = other.predict(other.start[None])[0]
    assert one.predict(one.theta({path: value}))[0] == pytest.approx(expected, rel=1e-9)
    assert one.predict(one.start[None])[0] != pytest.approx(expected, rel=1e-3)
