"""Draws from densities whose moments and quantiles are known."""

from __future__ import annotations

import emcee
import numpy as np
import pytest
from scipy import stats

from balloon.calibrate.sampler import chains, sample
from balloon.errors import BalloonWarning, FitError


def normal(x):
    return -0.5 * (x * x).sum(axis=1)


def banana(x):
    """Normal in x and in y + 0.1 x2 - 0.4 (Haario, Saksman & Tamminen 1999, twisted), sd 2 and 1."""
    return -0.5 * (x[:, 0] ** 2 / 4 + (x[:, 1] + 0.1 * x[:, 0] ** 2 - 0.4) ** 2)


@pytest.fixture(scope="module")
def eleven():
    return sample(normal, np.zeros(11), np.eye(11), draws=40_000, seed=1)


def test_the_mean_square_of_eleven_normals_is_eleven(eleven) -> None:
    squares = (eleven.draws**2).sum(axis=-1)
    # Variance 22 of one draw; the log density is -1/2 the square, so its effective draws are known.
    error = np.sqrt(22 / eleven.bulk[-1])
    assert error < 0.15
    assert abs(squares.mean() - 11) < 3.5 * error


def test_every_quantile_of_eleven_normals_is_where_it_should_be(eleven) -> None:
    assert eleven.converged
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        below = (eleven.flat < stats.norm.ppf(level)).mean(axis=0)
        error = np.sqrt(level * (1 - level) / np.minimum(eleven.bulk, eleven.tail)[:-1])
        assert (abs(below - level) < 4 * error).all()


def test_chains_that_stop_as_soon_as_they_may_err_no_more_than_they_say() -> None:
    runs = [chains(normal, np.zeros(6), np.eye(6), draws=1, seed=seed) for seed in range(100)]
    assert all(run.converged for run in runs)
    for level, said in ((0.05, "tail"), (0.5, "bulk"), (0.95, "tail")):
        below = np.array([(run.flat < stats.norm.ppf(level)).mean(axis=0) for run in runs])
        promised = np.array([level * (1 - level) / getattr(run, said)[:-1] for run in runs])
        # 600 squares: their mean is known to 6 % or better.
        assert ((below - level) ** 2).mean() < 1.1 * promised.mean()


def test_the_square_of_eleven_normals_is_chi_square(eleven) -> None:
    squares = (eleven.flat**2).sum(axis=1)
    for level in (0.05, 0.5, 0.95):
        below = (squares < stats.chi2.ppf(level, 11)).mean()
        error = np.sqrt(level * (1 - level) / min(eleven.bulk[-1], eleven.tail[-1]))
        assert abs(below - level) < 3.5 * error


def test_correlated_numbers_keep_their_covariance() -> None:
    covariance = np.array([[4.0, 1.9], [1.9, 1.0]])
    inverse = np.linalg.inv(covariance)
    chains = sample(
        lambda x: -0.5 * np.einsum("bi,ij,bj->b", x, inverse, x),
        [0.0, 0.0], np.eye(2), draws=20_000, seed=2,
    )  # fmt: skip
    np.testing.assert_allclose(np.cov(chains.flat.T), covariance, rtol=0.1)


def test_a_banana_is_followed_to_its_ends() -> None:
    chains = sample(banana, [0.0, 0.4], np.diag([4.0, 1.0]), draws=40_000, seed=3)
    x, y = chains.flat.T
    straight = y + 0.1 * x**2 - 0.4
    assert chains.converged
    for z, sd, at in ((x, 2.0, 0), (straight, 1.0, 1)):
        assert abs(z.mean()) < 4 * sd / np.sqrt(chains.bulk[at])
        assert z.std() == pytest.approx(sd, rel=0.05)


def test_a_start_and_a_covariance_that_are_off_are_overcome() -> None:
    chains = sample(lambda x: normal(x - 2.0), np.zeros(3), 0.1 * np.eye(3), draws=4_000, seed=4)
    assert chains.converged
    np.testing.assert_allclose(chains.flat.mean(axis=0), 2.0, atol=0.15)


def test_the_same_seed_gives_the_same_draws_and_another_gives_others() -> None:
    one, same, other = (sample(normal, [0.0], [[1.0]], draws=500, seed=s).flat for s in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.isin(other, one).any()


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    np.random.seed(7)  # noqa: NPY002 - the state that must not matter
    before = sample(normal, [0.0], [[1.0]], draws=500, seed=5).flat
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    after = sample(normal, [0.0], [[1.0]], draws=500, seed=5).flat
    assert np.array_equal(before, after)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_chains_that_ran_out_of_evaluations_are_told_and_not_called_mixed() -> None:
    with pytest.warns(BalloonWarning, match=r"NOT MIXED: R-hat up to .*limit of 100 "):
        chains = sample(banana, [0.0, 0.4], np.diag([4.0, 1.0]), seed=8, limit=100)
    assert not chains.converged
    assert str(chains).startswith("NOT MIXED")


def test_a_density_without_an_answer_counts_as_impossible_and_is_told() -> None:
    def half(x):
        return np.where(x[:, 0] > 0, normal(x), np.nan)

    with pytest.warns(BalloonWarning, match=r"not a number \d+ times of"):
        chains = sample(half, [0.5], [[1.0]], draws=4_000, seed=9)
    assert chains.flat.min() > 0
    assert chains.flat.mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.06)


def test_bounds_are_kept() -> None:
    def cut(x):
        return np.where((np.abs(x) <= 1).all(axis=1), normal(x), -np.inf)

    chains = sample(cut, np.zeros(2), np.eye(2), draws=8_000, seed=10)
    assert np.abs(chains.flat).max() <= 1
    assert chains.flat.std() == pytest.approx(stats.truncnorm.std(-1, 1), rel=0.03)


def test_the_density_is_asked_for_many_points_at_once() -> None:
    sizes = []

    def counted(x):
        sizes.append(len(x))
        return normal(x)

    chains = sample(counted, np.zeros(11), np.eye(11), draws=500, seed=11)
    assert min(sizes[1:]) >= 48
    assert chains.evaluations == sum(sizes)


def test_thinned_draws_are_spread_over_all() -> None:
    chains = sample(normal, [0.0], [[1.0]], draws=500, seed=5)
    assert chains.thin(2).tolist() == [chains.flat[0].tolist(), chains.flat[-1].tolist()]
    with pytest.raises(FitError, match=r"ask for 1 to \d+, or sample more"):
        chains.thin(10**6)


def test_a_covariance_that_is_none_is_refused() -> None:
    with pytest.raises(FitError, match="not positive definite; is the start a mode"):
        sample(normal, [0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], seed=1)
    with pytest.raises(FitError, match=r"shape \(2,\) with a covariance of shape \(1, 1\)"):
        sample(normal, [0.0, 0.0], [[1.0]], seed=1)


def test_a_single_ensemble_is_refused() -> None:
    with pytest.raises(FitError, match="ensembles is 1; need 2 or more"):
        sample(normal, [0.0], [[1.0]], seed=1, ensembles=1)


def test_a_start_where_nothing_is_possible_is_refused() -> None:
    with pytest.raises(FitError, match="no possible place near the start"):
        sample(lambda x: np.full(len(x), -np.inf), [0.0], [[1.0]], seed=1)


def test_a_density_of_another_shape_is_refused() -> None:
    with pytest.raises(FitError, match=r"has shape \(\); need \(96,\)"):
        sample(np.sum, [0.0], [[1.0]], seed=1)


def test_odd_or_few_walkers_are_refused() -> None:
    for walkers in (2, 13):
        with pytest.raises(
            FitError, match=rf"walkers is {walkers}; need an even number, 4 or more for 1 par"
        ):
            sample(normal, [0.0], [[1.0]], seed=1, walkers=walkers)


def test_emcee_finds_the_same_banana() -> None:
    walkers = np.random.default_rng(1).normal(size=(24, 2))
    other = emcee.EnsembleSampler(24, 2, banana, vectorize=True, moves=emcee.moves.DEMove())
    state = emcee.State(walkers, random_state=np.random.RandomState(1).get_state())
    other.run_mcmc(state, 4000)
    theirs = other.get_chain(discard=500, flat=True)
    ours = sample(banana, [0.0, 0.4], np.diag([4.0, 1.0]), draws=40_000, seed=3).flat
    levels = (0.05, 0.5, 0.95)
    np.testing.assert_allclose(
        np.quantile(ours, levels, axis=0), np.quantile(theirs, levels, axis=0), atol=0.25
    )
