"""Whether chains have mixed: numbers that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from balloon.calibrate.diagnostics import (
    _autocovariance,
    _variogram,
    ess_bulk,
    ess_tail,
    rank_normalised,
    rhat,
    split,
)
from balloon.errors import FitError


def autoregressive(correlation: float, *, chains: int, draws: int, walkers: int = 1, seed: int = 1):
    """Chains whose draws are worth (1 - correlation) / (1 + correlation) of their number."""
    noise = np.random.default_rng(seed).normal(size=(chains, draws, walkers))
    x = noise.copy()
    for t in range(1, draws):
        x[:, t] = correlation * x[:, t - 1] + math.sqrt(1 - correlation**2) * noise[:, t]
    return x


def test_two_chains_of_four_draws_by_hand() -> None:
    # Ranks as the numbers; normal quantiles of (rank - 3/8) / 8.25 = .0758, .1970, .3182, .4394 and so on.
    draws = [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]
    assert split(draws)[..., 0].tolist() == [[1, 2], [5, 6], [3, 4], [7, 8]]
    z = np.array([-1.4342, -0.8525, -0.4728, -0.1525, 0.1525, 0.4728, 0.8525, 1.4342])
    np.testing.assert_allclose(rank_normalised(np.arange(1, 9)), z, atol=5e-5)
    halves = z.reshape(4, 2)
    within = ((halves[:, 1] - halves[:, 0]) ** 2 / 2).mean()
    between = halves.mean(axis=1).var(ddof=1)
    assert rhat(draws) == pytest.approx(math.sqrt((within / 2 + between) / within), abs=1e-3)


def test_independent_draws_are_worth_their_number() -> None:
    x = np.random.default_rng(2).normal(size=(4, 1000))
    assert rhat(x) < 1.005
    assert ess_bulk(x) == pytest.approx(4000, rel=0.1)
    assert ess_tail(x) == pytest.approx(4000, rel=0.1)


@pytest.mark.parametrize("correlation", [0.5, 0.9, -0.4])
def test_an_autoregressive_chain_is_worth_what_theory_says(correlation: float) -> None:
    x = autoregressive(correlation, chains=4, draws=5000)
    assert ess_bulk(x[..., 0]) == pytest.approx(20000 * (1 - correlation) / (1 + correlation), rel=0.1)


def test_chains_in_different_places_are_seen() -> None:
    x = np.random.default_rng(3).normal(size=(4, 1000))
    x[0] += 1.0
    # Means 1, 0, 0, 0: a variance of 2/7 over the eight halves.
    assert rhat(x) == pytest.approx(math.sqrt(1 + 2 / 7), rel=0.05)
    assert ess_bulk(x) < 50


def test_chains_of_different_width_are_seen_though_their_centres_agree() -> None:
    x = np.random.default_rng(4).normal(size=(4, 1000))
    x[0] *= 4.0
    assert rhat(x) > 1.03


def test_a_drift_within_each_chain_is_seen_by_its_halves() -> None:
    x = np.random.default_rng(5).normal(size=(4, 1000)) + np.linspace(0.0, 2.0, 1000)
    assert rhat(x) > 1.1


def test_infinite_variance_does_no_harm() -> None:
    x = np.random.default_rng(6).standard_cauchy((4, 1000))
    assert rhat(x) < 1.01
    assert ess_bulk(x) == pytest.approx(4000, rel=0.15)


def test_walkers_that_are_independent_count_each() -> None:
    x = autoregressive(0.8, chains=4, draws=2000, walkers=10)
    assert ess_bulk(x) == pytest.approx(4 * 2000 * 10 * 0.2 / 1.8, rel=0.15)
    assert rhat(x) < 1.005


def test_few_steps_of_many_walkers_are_worth_what_theory_says_each_time() -> None:
    theory = 4 * 80 * 24 * 0.2 / 1.8
    found = [ess_bulk(autoregressive(0.8, chains=4, draws=80, walkers=24, seed=s)) for s in range(20)]
    assert np.mean(found) == pytest.approx(theory, rel=0.2)
    assert np.std(found) < 0.25 * theory


@pytest.mark.parametrize(("correlation", "draws"), [(0.0, 25), (0.4, 25), (0.6, 50), (0.8, 100)])
def test_short_chains_are_never_worth_more_than_theory_says(correlation: float, draws: int) -> None:
    # The variance of a mean of n draws is that of one, times (1 + 2 sum of (1 - t / n) c^t) / n.
    t = np.arange(1, draws)
    theory = 4 * 24 * draws / (1 + 2 * np.sum((1 - t / draws) * correlation**t))
    many = (autoregressive(correlation, chains=4, draws=draws, walkers=24, seed=s) for s in range(40))
    assert 0.88 * theory < np.mean([ess_bulk(x) for x in many]) < 1.02 * theory


def test_the_variogram_is_half_the_mean_square_of_differences() -> None:
    # Steps apart: differences 1, 2, 4 and their squares 1, 4, 16; then 3, 6; then 7.
    x = np.array([[0.0, 1.0, 3.0, 7.0]])
    np.testing.assert_allclose(_variogram(x, _autocovariance(x)), [0, 21 / 6, 45 / 4, 49 / 2], atol=1e-12)


def test_walkers_with_half_of_their_luck_in_common_count_less() -> None:
    shared, own = (autoregressive(0.8, chains=4, draws=2000, walkers=w, seed=w) for w in (1, 10))
    x = np.sqrt(0.5) * (shared + own)
    # The variance of the mean of ten is 1/2 + 1/2 / 10 of that of one.
    assert ess_bulk(x) == pytest.approx(4 * 2000 * 0.2 / 1.8 / 0.55, rel=0.15)


def test_walkers_that_move_together_count_as_one() -> None:
    x = np.repeat(autoregressive(0.8, chains=4, draws=2000), 10, axis=2)
    assert ess_bulk(x) == pytest.approx(ess_bulk(x[..., 0]), rel=1e-3)
    assert ess_tail(x) == pytest.approx(ess_tail(x[..., 0]), rel=0.02)


def test_the_reference_implementation_finds_the_same() -> None:
    # Made once with ArviZ 0.21 (rhat and ess) from the same chains.
    rng = np.random.default_rng(3)
    for correlation, apart, wide in ((0.0, 1.00075021, 3837.760), (0.5, 1.00216005, 1251.349)):
        noise = rng.normal(size=(4, 1001))
        x = np.zeros_like(noise)
        for t in range(1, 1001):
            x[:, t] = correlation * x[:, t - 1] + noise[:, t]
        assert rhat(x) == pytest.approx(apart, abs=1e-8)
        assert ess_bulk(x) == pytest.approx(wide, abs=1e-3)


def test_what_never_varies_has_no_diagnostics() -> None:
    x = np.ones((4, 100))
    assert math.isnan(rhat(x))
    assert math.isnan(ess_bulk(x))


@pytest.mark.parametrize("shape", [(10,), (2, 3), (2, 3, 4, 5)])
def test_draws_that_cannot_be_split_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FitError, match=r"draws of shape .*; need \(chains, draws\) or \(ensembles"):
        rhat(np.zeros(shape))
