"""Ranks of true values are uniform where a posterior is right, and visibly not where it is wrong."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

import balloon as bl
from balloon.calibrate.problem import problem
from balloon.calibrate.sampler import chains
from balloon.calibrate.sbc import Drawn, Sbc, by_laplace, mode, sbc, simultaneous_band
from balloon.errors import FitError


@dataclass(frozen=True)
class Line:
    """y = theta_1 + theta_2 x + noise at five points; its posterior is known."""

    y: tuple[float, ...] = (0.0,) * 5
    names = ("level", "slope")

    @property
    def design(self):
        return np.stack([np.ones(5), np.linspace(-1, 1, 5)], axis=1)

    def log_posterior(self, theta):
        away = np.asarray(self.y) - np.atleast_2d(theta) @ self.design.T
        return -0.5 * (away**2).sum(axis=1) - 0.5 * (np.atleast_2d(theta) ** 2).sum(axis=1)

    def simulate(self, theta, rng):
        return self.design @ theta + rng.standard_normal(5)

    def with_observations(self, values):
        return replace(self, y=tuple(values))

    def posterior(self):
        covariance = np.linalg.inv(self.design.T @ self.design + np.eye(2))
        return covariance @ self.design.T @ np.asarray(self.y), covariance


def exact(line, count, seed, *, wide=1.0, shift=0.0):
    mean, covariance = line.posterior()
    rng = np.random.default_rng([99, *seed])
    return Drawn(rng.multivariate_normal(mean + shift, wide**2 * covariance, size=count), mixed=True)


def test_the_exact_posterior_stays_inside_and_covers_what_it_promises() -> None:
    found = sbc(Line(), sets=300, seed=1, posterior=exact)
    assert found.names == ("level", "slope", "log posterior")
    assert found.outside == ()
    # 300 trials at .9: standard error .017.
    np.testing.assert_allclose(found.coverage(0.9), 0.9, atol=3.5 * 0.0173)


def test_a_posterior_that_is_too_narrow_leaves_the_band() -> None:
    found = sbc(Line(), sets=300, seed=1, posterior=lambda *a: exact(*a, wide=0.7))
    assert {"level", "slope"} <= set(found.outside)
    # P(|z| < 1.645 x 0.7) = .75
    np.testing.assert_allclose(found.coverage(0.9)[:2], 0.75, atol=3.5 * 0.025)
    assert "outside: level, slope" in str(found)


def test_a_posterior_in_the_wrong_place_leaves_the_band() -> None:
    found = sbc(Line(), sets=300, seed=1, posterior=lambda *a: exact(*a, shift=0.25))
    assert set(found.outside) >= {"level", "slope"}


def test_a_posterior_that_returns_the_prior_is_caught_by_the_log_posterior_alone() -> None:
    def ignorant(line, count, seed):
        return Drawn(np.random.default_rng([7, *seed]).standard_normal((count, 2)), mixed=True)

    assert sbc(Line(), sets=300, seed=1, posterior=ignorant).outside == ("log posterior",)


def test_chains_from_the_mode_stay_inside() -> None:
    def drawn(line, count, seed):
        found = chains(line.log_posterior, *line.posterior(), draws=10 * count, seed=seed)
        return Drawn(found.thin(count), found.converged)

    found = sbc(Line(), sets=60, seed=2, posterior=drawn)
    assert found.mixed.all()
    assert found.outside == ()


def test_a_data_set_depends_on_its_number_alone_and_not_on_who_fits_it() -> None:
    few, many = (sbc(Line(), sets=n, seed=3, posterior=exact).ranks for n in (3, 8))
    assert np.array_equal(few, many[:3])
    with ThreadPoolExecutor(2) as threads:
        spread = sbc(Line(), sets=8, seed=3, posterior=exact, executor=threads).ranks
    assert np.array_equal(many, spread)


def test_chains_that_had_not_mixed_are_counted_and_told() -> None:
    def lazy(line, count, seed):
        return exact(line, count, seed)._replace(mixed=seed[-1] > 0)

    found = sbc(Line(), sets=5, seed=1, posterior=lazy)
    assert found.mixed.tolist() == [False, True, True, True, True]
    assert "1 of 5 chains had not mixed" in str(found)
    assert found.to_frame().shape == (5, 4)


@pytest.mark.parametrize(("sets", "draws"), [(3, 4), (20, 9), (100, 99)])
def test_uniform_ranks_stay_in_the_band_as_often_as_it_says(sets: int, draws: int) -> None:
    low, high = simultaneous_band(sets, draws, level=0.95)
    if sets == 3:
        luck = np.array(list(itertools.product(range(5), repeat=3)))  # all there can be
        error = 0.0
    else:
        luck = np.random.default_rng(1).integers(0, draws + 1, size=(4000, sets))
        error = 3 * np.sqrt(0.95 * 0.05 / 4000)
    below = np.stack([(luck <= r).sum(axis=1) for r in range(draws)], axis=1)
    inside = ((below >= low) & (below <= high)).all(axis=1).mean()
    assert inside >= 0.95 - error
    if sets == 100:
        assert inside <= 0.95 + error


def test_coverage_counts_the_middle_ranks() -> None:
    ranks = np.arange(100)[:, None]
    one = Sbc(names=("a",), ranks=ranks, draws=99, mixed=np.ones(100, bool), level=0.99)
    assert one.coverage(0.9).tolist() == [0.9]
    assert one.outside == ()


def test_too_few_data_sets_are_refused_and_a_failed_fit_has_its_number() -> None:
    with pytest.raises(FitError, match="1 data sets and 99 draws; need two or more"):
        sbc(Line(), sets=1)

    def failing(*_):
        raise FitError("no mode")

    with pytest.raises(FitError, match="data set 0: no mode"):
        sbc(Line(), sets=2, posterior=failing)


@pytest.fixture(scope="module")
def study():
    scenario = bl.load("minimal").with_({"steps": 12})
    start = scenario.start
    rows = [
        bl.Observation(
            quantity="share", start=start + timedelta(weeks=4 * w), end=start + timedelta(weeks=4 * w + 4),
            platform=name, value=1 / 3, unit="share", n=300, dispersion=2.0,
        )
        for w in range(3)
        for name in scenario.platforms
    ]  # fmt: skip
    free = {"behaviour.switching_cost": (2.0, 8.0), "platforms.Signal.asc": (-1.0, 1.0)}
    return problem(scenario, bl.Observations(tuple(rows)), free)


def test_chains_of_a_small_fit_stay_inside(study) -> None:
    found = sbc(study, sets=4, seed=4)
    assert found.outside == ()
    assert found.mixed.all()


def test_the_quick_way_draws_around_the_mode(study) -> None:
    drawn = by_laplace(study, 500, (1,)).theta
    theta, covariance = mode(study)
    np.testing.assert_allclose(drawn.mean(axis=0), theta, atol=4 * np.sqrt(np.diag(covariance) / 500).max())
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt(np.diag(covariance)), rtol=0.15)
