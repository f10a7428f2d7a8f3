"""Data made from a right model look like the data; what the prior contributes is found."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

import balloon as bl
from balloon.calibrate.checks import check, coverage, sensitivity_to_priors
from balloon.calibrate.problem import problem
from balloon.calibrate.sbc import mode
from balloon.errors import FitError

NAMES = ("behaviour.switching_cost", "platforms.Signal.asc")


def shares(scenario, *, weeks=(1, 5, 9), dispersion=2.0):
    """Waves of shares on all platforms, each over four weeks."""
    return [
        bl.Observation(
            quantity="share", start=scenario.start + timedelta(weeks=w), platform=name, unit="share",
            end=scenario.start + timedelta(weeks=w + 4), value=1 / 3, n=300, dispersion=dispersion,
        )
        for w in weeks
        for name in scenario.platforms
    ]  # fmt: skip


@pytest.fixture(scope="module")
def blank():
    scenario = bl.load("minimal").with_({"steps": 14})
    start = scenario.start
    arrests = [
        bl.Observation(
            quantity="arrests", start=start + timedelta(weeks=w), end=start + timedelta(weeks=w + 3),
            value=3, unit="actors", dispersion=1.0,
        )
        for w in (5, 8, 11)
    ]  # fmt: skip
    return problem(
        scenario, bl.Observations((*shares(scenario), *arrests)), dict.fromkeys(NAMES, None) | FREE
    )


FREE = {"behaviour.switching_cost": (2.0, 8.0), "platforms.Signal.asc": (-1.0, 1.0)}


@pytest.fixture(scope="module")
def fitted(blank):
    told = blank.with_observations(blank.simulate(np.array([0.3, -0.4]), np.random.default_rng(1)))
    theta, covariance = mode(told)
    return told, np.random.default_rng(2).multivariate_normal(theta, covariance, size=400)


def test_data_of_the_model_itself_pass(fitted) -> None:
    found = check(*fitted)
    assert 0.02 < found.p < 0.98
    assert (found.quantities().p > 0.02).all()
    assert found.quantities().dispersion["all"] == pytest.approx(1.0, abs=0.6)


def test_tail_probabilities_are_spread_over_the_unit_interval(blank) -> None:
    rng, found = np.random.default_rng(3), []
    for _ in range(40):
        theta = rng.standard_normal(2) * 0.5
        told = blank.with_observations(blank.simulate(theta, rng))
        found.append(check(told, np.tile(theta, (60, 1)), seed=1).p)
    # At the true values p is uniform: of 40, the mean lies within .5 +- 3 x .289 / sqrt(40).
    assert np.mean(found) == pytest.approx(0.5, abs=0.14)
    assert min(found) < 0.2
    assert max(found) > 0.8


def test_one_corrupted_wave_is_found_and_the_others_are_not(fitted) -> None:
    told, draws = fitted
    values = told.likelihood.values.copy()
    values[3:6] = np.roll(values[3:6], 1)
    found = check(told.with_observations(values), draws)
    table = found.waves()
    assert table.p[1] < 0.01
    assert (table.p[[0, 2]] > 0.01).all()
    assert found.quantities().p["share"] < 0.01 < found.quantities().p["arrests"]
    assert "share: deviates more than the model allows" in str(found)
    assert (found.rows().p[3:6] < 0.05).any()


def test_data_that_scatter_twice_as_far_have_a_dispersion_of_four(blank) -> None:
    scenario = blank.scenario
    rows = shares(scenario, dispersion=8.0)
    wild = problem(scenario, bl.Observations(tuple(rows)), FREE)
    tame = problem(scenario, bl.Observations(tuple(shares(scenario))), FREE)
    rng, found = np.random.default_rng(4), []
    for _ in range(30):
        told = tame.with_observations(wild.simulate(np.zeros(2), rng))
        found.append(check(told, np.zeros((40, 2)), seed=2).quantities().dispersion["all"])
    assert np.mean(found) == pytest.approx(4.0, rel=0.25)


def test_rows_say_what_was_expected_and_how_far_off_it_was(fitted) -> None:
    told, draws = fitted
    table = check(told, draws).rows()
    assert list(table.columns) == ["observed", "expected", "low", "high", "residual", "p"]
    assert (table.low <= table.expected).all()
    assert (table.expected <= table.high).all()
    assert table.index[0] == told.observations[0].thing
    np.testing.assert_allclose(table.expected[:3].sum(), 1.0, atol=1e-9)


def test_a_seed_that_is_none_is_refused(fitted) -> None:
    with pytest.raises(FitError, match=r"seed is -1; need 0 or more, a whole number"):
        check(*fitted, seed=-1)


def test_of_bounds_no_number_was_observed() -> None:
    scenario = bl.load("minimal").with_({"steps": 14})
    rows = shares(scenario)
    first = replace(rows[0], value=None, low=0.2, high=0.6, n=None, dispersion=None, sd=0.05)
    one = problem(scenario, bl.Observations((first, *rows[3:])), FREE)
    table = check(one, np.zeros((50, 2))).rows()
    assert math.isnan(table.observed.iloc[0])
    assert table.observed.iloc[1:].notna().all()
    assert table.residual.notna().all()


def test_a_tail_probability_is_told_no_closer_than_the_data_made_again_tell_it(fitted) -> None:
    told, draws = fitted
    values = told.likelihood.values.copy()
    values[3:6] = np.roll(values[3:6], 1)
    assert check(told.with_observations(values), draws).said == "p < 0.01"


def test_draws_of_another_shape_are_refused(fitted) -> None:
    with pytest.raises(FitError, match=r"draws of shape \(3, 1\); need \(D, 2\), two draws or more"):
        check(fitted[0], np.zeros((3, 1)))


# ---- priors ---------------------------------------------------------------------------------------


def normal_draws(spread, mean=(0.0, 0.0), size=20_000):
    return np.random.default_rng(5).multivariate_normal(mean, np.diag(np.square(spread)), size=size)


def moved(table, prior, change, quantity):
    one = table[(table.prior == prior) & (table.change == change) & (table.quantity == quantity)]
    assert len(one) == 1
    return one.iloc[0]


@pytest.mark.parametrize("spread", [0.2, 0.6])
def test_a_shift_of_the_prior_moves_the_mean_by_the_posterior_variance(blank, spread) -> None:
    # Both normal: precision 1 / s^2, of which the prior has 1; its centre moves by 1, the mean by s^2.
    table = sensitivity_to_priors(blank, normal_draws((spread, 0.1)))
    cost, asc = NAMES
    assert moved(table, cost, "+1 sd", asc).moved == pytest.approx(0.0, abs=0.05)
    for change, sign in (("+1 sd", 1), ("-1 sd", -1)):
        one = moved(table, cost, change, cost)
        draws = blank.values(normal_draws((spread, 0.1)) + sign * np.array([spread**2, 0.0]))[cost]
        assert one.after == pytest.approx(draws.mean(), rel=0.02)
        assert one.by == "weights"


def test_a_wider_prior_lets_the_mean_go_where_the_data_are(blank) -> None:
    # Posterior sd .6, mean .5: precision 2.78 -> 2.03, mean .5 x 2.78 / 2.03 = .685.
    asc = NAMES[1]
    table = sensitivity_to_priors(blank, normal_draws((0.1, 0.6), mean=(0.0, 0.5)))
    one = moved(table, asc, "twice as wide", asc)
    sd = blank.priors[asc].sd
    assert one.after / sd == pytest.approx(0.5 * 2.7778 / 2.0278, rel=0.03)
    assert one.moved == pytest.approx((0.685 - 0.5) / 0.6, rel=0.1)


def test_where_weights_would_fail_the_normal_formula_says_the_same(blank) -> None:
    asc = NAMES[1]
    table = sensitivity_to_priors(blank, normal_draws((0.1, 0.95), mean=(0.0, 0.2)))
    one = moved(table, asc, "twice as wide", asc)
    assert one.by == "normal"
    # Precision 1.108 -> .358
    assert one.after / blank.priors[asc].sd == pytest.approx(0.2 * 1.108 / 0.358, rel=0.1)


def test_a_parameter_stays_where_it_can_be_however_far_its_prior_moves(blank) -> None:
    # A posterior as wide as the prior, at -1.5: without most of the prior its mean is at -6.
    draws = normal_draws((0.99, 0.5), mean=(-1.5, 0.0))
    table = sensitivity_to_priors(blank, draws)
    name = blank.names[0]
    row = table[(table.prior == name) & (table.quantity == name) & (table.change == "twice as wide")].iloc[0]
    assert row.by == "normal"
    assert 0 < row.after < row.before


def test_a_derived_number_moves_with_the_parameter_it_hangs_on(blank) -> None:
    draws = normal_draws((0.5, 0.5))
    table = sensitivity_to_priors(blank, draws, derived={"displaced": 2.0 + draws[:, 1]})
    assert moved(table, NAMES[1], "+1 sd", "displaced").after == pytest.approx(2.25, abs=0.02)
    assert moved(table, NAMES[0], "+1 sd", "displaced").moved == pytest.approx(0.0, abs=0.05)
    assert table.moved.abs().is_monotonic_decreasing
    with pytest.raises(FitError, match=r"displaced: \(3,\) values for 20000 draws"):
        sensitivity_to_priors(blank, draws, derived={"displaced": np.zeros(3)})


# ---- coverage -------------------------------------------------------------------------------------


def test_coverage_counts_and_gives_its_own_uncertainty() -> None:
    low, high = np.zeros((100, 2)), np.ones((100, 2))
    true = np.full((100, 2), 0.5)
    true[:10, 0] = 2.0
    share, least, most = coverage(low, high, true)
    assert share.tolist() == [0.9, 1.0]
    # Wilson: (p + z2/2n -+ z sqrt(p q / n + z2/4n2)) / (1 + z2/n) with n = 100, z = 1.96.
    np.testing.assert_allclose([least[0], most[0]], [0.8256, 0.9448], atol=2e-4)
    assert most[1] == 1.0


def test_reversed_intervals_are_refused() -> None:
    with pytest.raises(FitError, match="no low end <= its high end"):
        coverage([[1.0]], [[0.0]], [[0.5]])
    with pytest.raises(FitError, match="need one shape"):
        coverage([[1.0]], [[2.0, 3.0]], [[0.5]])
