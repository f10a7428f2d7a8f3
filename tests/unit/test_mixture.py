"""A mixture of t distributions whose density, draws and fit can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from balloon.calibrate.mixture import GUARD, HEAVY, MOST_PARTS, PART, Mixture, fitted

WIDE = np.array([[2.0, 0.6], [0.6, 0.5]])
TWO = Mixture(
    weight=np.array([0.3, 0.7]),
    centre=np.array([[-3.0, 0.0], [2.0, 1.0]]),
    root=np.linalg.cholesky(np.stack([WIDE, np.eye(2)])),
)


def test_the_density_is_that_of_the_t_distributions_of_scipy() -> None:
    points = np.random.default_rng(1).normal(size=(50, 2)) * 4
    parts = [
        stats.multivariate_t(centre, root @ root.T, df=HEAVY).pdf(points)
        for centre, root in zip(TWO.centre, TWO.root, strict=True)
    ]
    whole = np.log(0.3 * parts[0] + 0.7 * parts[1])
    ours = TWO.log_density(points)
    np.testing.assert_allclose(ours - ours[0], whole - whole[0], atol=1e-12)


def test_draws_have_the_moments_of_the_mixture() -> None:
    x = TWO.draw((400, 500, 2), np.random.default_rng(2)).reshape(-1, 2)
    spread = HEAVY / (HEAVY - 2) * (0.3 * WIDE + 0.7 * np.eye(2))  # of a t within a part
    apart = TWO.centre[1] - TWO.centre[0]
    np.testing.assert_allclose(x.mean(axis=0), [0.5, 0.7], atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), spread + 0.3 * 0.7 * np.outer(apart, apart), rtol=0.05)


def test_two_heaps_are_found() -> None:
    rng = np.random.default_rng(3)
    draws = np.concatenate([rng.normal(-4, 0.5, size=(1500, 1)), rng.normal(4, 1.0, size=(3000, 1))])
    found = fitted(draws, np.cov(draws.T).reshape(1, 1), rng)
    left = found.weight[:-1][found.centre[:-1, 0] < 0].sum() / (1.0 - GUARD)
    assert left == pytest.approx(1 / 3, abs=0.02)
    for at in (0.0, -8.0, 10.0):  # between and beside the heaps
        assert found.log_density(np.array([at])) < found.log_density(np.array([-4.0])) - 2


def test_a_bent_density_is_closer_to_the_mixture_than_to_one_part() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(12_000, 2)) * (2.0, 0.3)
    x[:, 1] += 0.3 * x[:, 0] ** 2
    train, test = x[:6000], x[6000:]
    covariance = np.cov(train.T)
    many, one = fitted(train, covariance, rng), Mixture.one(train.mean(axis=0), covariance)
    assert many.log_density(test).mean() > one.log_density(test).mean() + 0.3


def test_parts_come_with_draws_and_one_guards_all() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(PART * (MOST_PARTS + 2), 3))
    for count, parts in ((10, 1), (PART, 1), (2 * PART, 2), (len(x), MOST_PARTS)):
        found = fitted(x[:count], np.eye(3), rng)
        assert len(found.weight) == parts + 1
        assert found.weight.sum() == pytest.approx(1.0)
        assert found.weight[-1] == GUARD
        np.testing.assert_allclose(found.root[-1], np.eye(3))


def test_draws_that_lie_on_a_line_do_no_harm() -> None:
    x = np.repeat(np.linspace(-1, 1, 5000)[:, None], 3, axis=1)
    found = fitted(x, np.cov(x.T) + 0.05 * np.eye(3), np.random.default_rng(6))
    assert np.isfinite(found.log_density(x)).all()
    assert np.isfinite(found.draw((100, 3), np.random.default_rng(7))).all()
