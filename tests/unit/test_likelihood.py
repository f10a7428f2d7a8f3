"""How probable observations are: against scipy's distributions, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import toy
from scipy import stats

import balloon as bl
from balloon.calibrate import _cells
from balloon.calibrate.blocks import HUBER, likelihood
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.observe import prepare


def made(rows: list[Observation], predicted: list[float], **options: str):
    model = prepare(Observations(tuple(rows)), toy.scenario())
    return likelihood(model, np.array(predicted), **options)


def share(platform: str, value: float, week: int = 3, **uncertainty: float) -> Observation:
    return Observation(
        quantity="share", start=toy.week(week), platform=platform, value=value, unit="share", **uncertainty
    )


def arrested(value: float, dispersion: float, week: int = 0) -> Observation:
    return Observation(
        quantity="arrests", start=toy.week(week), end=toy.week(week + 2), value=value, unit="actors",
        dispersion=dispersion,
    )  # fmt: skip


NONE = np.zeros((1, 0))


def density(one, predicted) -> float:
    return float(one.log_density(np.array([predicted], float), NONE)[0])


def test_two_shares_of_a_wave_and_the_rest_are_multinomial_where_the_dispersion_is_one() -> None:
    rows = [share("A", 0.5, n=10, dispersion=1), share("B", 0.3, n=10, dispersion=1)]
    one = made(rows, [0.4, 0.4])
    expected = stats.multinomial.logpmf([5, 3, 2], 10, [0.4, 0.4, 0.2])
    assert density(one, [0.4, 0.4]) == pytest.approx(expected, abs=1e-12)


def test_a_wave_of_larger_dispersion_is_dirichlet_multinomial() -> None:
    rows = [share("A", 0.5, n=10, dispersion=4), share("B", 0.3, n=10, dispersion=4)]
    one = made(rows, [0.4, 0.4])
    concentration = (10 - 4) / (4 - 1)
    expected = stats.dirichlet_multinomial.logpmf([5, 3, 2], concentration * np.array([0.4, 0.4, 0.2]), 10)
    assert density(one, [0.4, 0.4]) == pytest.approx(float(expected), abs=1e-11)


def test_a_wave_that_names_every_platform_leaves_no_rest() -> None:
    rows = [share(p, v, n=10, dispersion=4) for p, v in zip("ABC", (0.5, 0.3, 0.2), strict=True)]
    one = made(rows, [0.4, 0.4, 0.2])
    assert one.residuals(np.array([[0.4, 0.4, 0.2]]), NONE).shape == (1, 3)
    expected = stats.dirichlet_multinomial.logpmf([5, 3, 2], 2.0 * np.array([0.4, 0.4, 0.2]), 10)
    assert density(one, [0.4, 0.4, 0.2]) == pytest.approx(float(expected), abs=1e-11)


@pytest.mark.parametrize("value", [0, 3, 40])
def test_counts_are_poisson_or_negative_binomial(value: int) -> None:
    assert density(made([arrested(value, 1)], [7.0]), [7.0]) == pytest.approx(
        stats.poisson.logpmf(value, 7.0)
    )
    wide = stats.nbinom.logpmf(value, 7.0 / 1.5, 1 / 2.5)  # variance 2.5 times the mean
    assert density(made([arrested(value, 2.5)], [7.0]), [7.0]) == pytest.approx(wide)


def test_values_with_sd_are_normal_and_ratios_log_normal() -> None:
    assert density(made([share("A", 0.5, sd=0.1)], [0.4]), [0.3]) == pytest.approx(
        stats.norm.logpdf(0.5, 0.3, 0.1)
    )
    change = Observation(
        quantity="change", of="actors", platform="A", start=toy.week(9), base_start=toy.week(2), value=2.0,
        unit="ratio", sd=0.2,
    )  # fmt: skip
    assert density(made([change], [1.0]), [1.5]) == pytest.approx(stats.lognorm.logpdf(2.0, 0.1, scale=1.5))


def between(low: float, high: float, sd: float) -> Observation:
    return Observation(
        quantity="share", start=toy.week(3), platform="A", low=low, high=high, unit="share", sd=sd
    )


def doubled(low: float, high: float, sd: float) -> Observation:
    return Observation(
        quantity="change", of="actors", platform="A", start=toy.week(9), base_start=toy.week(2), low=low,
        high=high, unit="ratio", sd=sd,
    )  # fmt: skip


def test_bounds_are_a_uniform_with_an_error_added() -> None:
    # The middle .4 is the truth + uniform(-.2, .2) + normal(0, .05).
    one = made([between(0.2, 0.6, 0.05)], [0.4])
    for at in (0.05, 0.2, 0.4, 0.55, 0.7, 0.95):
        expected = (stats.norm.cdf(0.6, at, 0.05) - stats.norm.cdf(0.2, at, 0.05)) / 0.4
        assert density(one, [at]) == pytest.approx(np.log(expected), rel=1e-9)


def test_between_far_bounds_nothing_is_said_and_outside_the_nearer_one_is_a_value() -> None:
    one, value = made([between(0.2, 0.8, 0.01)], [0.4]), made([share("A", 0.8, sd=0.01)], [0.8])
    assert density(one, [0.3]) == pytest.approx(density(one, [0.5]), abs=1e-12)
    # Two errors outside each: that of the bound counts the tail, -log(Phi(-2)) = 3.78, the value 2.
    assert density(one, [0.5]) - density(one, [0.82]) == pytest.approx(3.783, abs=1e-3)
    assert density(value, [0.8]) - density(value, [0.82]) == pytest.approx(2.0)
    residual, slopes = one.lost_residuals(np.array([[0.5]]), NONE, np.ones((1, 1, 1)))
    assert np.abs(residual).max() < 1e-90
    assert np.abs(slopes).max() < 1e-90


def test_bounds_that_come_together_are_a_value() -> None:
    near, value = made([between(0.5 - 1e-6, 0.5 + 1e-6, 0.1)], [0.4]), made([share("A", 0.5, sd=0.1)], [0.4])
    assert density(near, [0.3]) == pytest.approx(density(value, [0.3]), abs=1e-9)
    unit = np.ones((1, 1, 1))
    assert near.information(np.array([[0.3]]), NONE, unit) == pytest.approx(
        value.information(np.array([[0.3]]), NONE, unit)
    )


def test_bounds_of_a_ratio_are_those_of_its_logarithm() -> None:
    # From half to double: middle 1, ln 2 to each side; sd .2 of a middle of 1.
    one = made([doubled(0.5, 2.0, 0.2)], [1.0])
    for at in (0.3, 1.0, 1.9, 3.0):
        inside = np.diff(stats.norm.cdf(np.log([0.5, 2.0]), np.log(at), 0.2))[0]
        assert density(one, [at]) == pytest.approx(np.log(inside / np.log(4.0)), rel=1e-9)


@pytest.mark.parametrize("sd", [0.3, 0.05, 0.002])
@pytest.mark.parametrize("build", [between, doubled])
def test_residuals_of_bounds_are_smooth_and_lose_what_the_density_does(build, sd: float) -> None:
    one, h = made([build(0.2, 0.6, sd)], [0.4]), 1e-7
    middle = one.values[0]
    at = np.array([0.1, 0.19, 0.2, 0.3, middle * (1 - 1e-4), middle, 0.5, 0.59, 0.61, 0.9])[:, None]
    residual, slopes = one.lost_residuals(at, NONE, np.ones((len(at), 1, 1)))
    ahead, back = (one.lost_residuals(at + step, NONE)[0] for step in (h, -h))
    assert slopes[:, 0] == pytest.approx((ahead - back) / (2 * h), rel=1e-5, abs=1e-6)
    assert (np.diff(residual[:, 0]) <= 0).all()
    top = float(one.log_density(np.array([[middle]]), NONE)[0])
    assert top - 0.5 * residual[:, 0] ** 2 == pytest.approx(one.log_density(at, NONE), rel=1e-9, abs=1e-9)


def test_middles_of_bounds_are_drawn_as_they_are_judged() -> None:
    one, luck = made([between(0.2, 0.6, 0.05)], [0.4]), np.random.default_rng(1)
    drawn = np.array([one.simulate(np.array([0.4]), NONE, luck)[0] for _ in range(5_000)])
    sd = (0.2**2 / 3 + 0.05**2) ** 0.5
    assert drawn.mean() == pytest.approx(0.4, abs=4 * sd / 5_000**0.5)
    assert drawn.std() == pytest.approx(sd, rel=0.04)
    # The information is that of this spread, so that intervals do not depend on where inside the mode is.
    for at in (0.3, 0.4):
        found = one.information(np.array([[at]]), NONE, np.ones((1, 1, 1)))
        assert found.item() == pytest.approx(1 / sd**2)
    ratio = made([doubled(0.5, 2.0, 0.2)], [1.0])
    logs = np.log([ratio.simulate(np.array([1.0]), NONE, luck)[0] for _ in range(5_000)])
    assert logs.std() == pytest.approx((np.log(2) ** 2 / 3 + 0.2**2) ** 0.5, rel=0.04)


def mixed(**options: str):
    rows = [
        *(share(p, v, week=3, n=200, dispersion=3) for p, v in (("A", 0.5), ("B", 0.31))),
        share("A", 0.0, week=6, n=50, dispersion=1),
        arrested(12, 1),
        arrested(0, 2.0, week=2),
        arrested(30, 4.0, week=4),
        share("C", 0.2, week=9, sd=0.05),
    ]
    return made(rows, [0.4, 0.3, 0.2, 8.0, 1.0, 20.0, 0.3], **options)


AT = np.array([[0.42, 0.33, 0.1, 9.0, 1.5, 22.0, 0.25], [0.7, 0.1, 0.3, 30.0, 4.0, 60.0, 0.05]])


@pytest.mark.parametrize("loss", ["plain", "huber"])
def test_half_the_squares_of_the_residuals_are_what_the_log_density_loses(loss: str) -> None:
    one = mixed(loss=loss)
    residual, _ = one.lost_residuals(AT, NONE)
    squares = 0.5 * (residual**2).sum(axis=1)
    lost = one.log_density(AT, NONE)
    assert squares[0] - squares[1] == pytest.approx(lost[1] - lost[0], rel=1e-10)


@pytest.mark.parametrize("loss", ["plain", "huber"])
def test_slopes_of_the_residuals_are_those_of_central_differences(loss: str) -> None:
    one, h = mixed(loss=loss), 1e-6
    n = AT.shape[1]
    _, slopes = one.lost_residuals(AT, NONE, np.broadcast_to(np.eye(n), (2, n, n)))
    for k in range(n):
        step = h * AT[:, [k]] * np.eye(n)[k]
        ahead, back = (one.lost_residuals(AT + s * step, NONE)[0] for s in (1, -1))
        numeric = (ahead - back) / (2 * h * AT[:, [k]])
        assert slopes[..., k] == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("phi", [np.inf, 40.0])
def test_the_integral_near_the_best_prediction_meets_the_difference_away_from_it(phi: float) -> None:
    count, size = np.full(1, 30.0), np.full(1, phi)
    rate = np.full(1, 1.0 if phi == np.inf else phi * np.log(1 + 1 / phi))
    best = _cells.best_count(count, size, rate)
    inner, outer = (
        _cells.deviance_residuals(count, best * (1 + d), size, best, rate)
        for d in (_cells.NEAR * (1 - 1e-12), _cells.NEAR * (1 + 1e-12))
    )
    assert inner[0][0] == pytest.approx(outer[0][0], rel=1e-10)
    assert inner[1][0] == pytest.approx(outer[1][0], rel=1e-10)
    at = _cells.deviance_residuals(count, best, size, best, rate)
    assert at[0][0] == 0.0
    assert at[1][0] == pytest.approx(-np.sqrt(_cells.bend(count, best, size)[0]))


def test_no_prediction_beats_the_best_one() -> None:
    one = mixed()
    ideal = one.saturated(NONE)
    best = ideal.best[:, : len(one.values)].copy()
    best[:, -1] = one.values[-1]
    top = one.log_density(best, NONE)[0]
    assert top == pytest.approx(ideal.top[0])
    luck = np.random.default_rng(1)
    for _ in range(50):
        away = best * np.exp(0.05 * luck.standard_normal(best.shape))
        assert one.log_density(away, NONE)[0] <= top


def test_a_count_where_none_can_be_is_impossible() -> None:
    assert density(made([arrested(5, 1)], [7.0]), [0.0]) == -np.inf


def test_draws_have_the_stated_mean_and_variance() -> None:
    rows = [share("A", 0.3, n=100, dispersion=5), arrested(10, 3)]
    one, luck = made(rows, [0.3, 10.0]), np.random.default_rng(1)
    drawn = np.array([one.simulate(np.array([0.3, 10.0]), NONE, luck) for _ in range(20_000)])
    variance = np.array([5 * 0.3 * 0.7 / 100, 3 * 10.0])
    assert drawn.mean(axis=0) == pytest.approx([0.3, 10.0], abs=4 * np.sqrt(variance.max() / 20_000))
    assert drawn.var(axis=0) == pytest.approx(variance, rel=0.06)  # about four standard errors


def test_deviances_without_slopes_are_the_squares_of_the_residuals() -> None:
    one, away = mixed(), np.concatenate([AT * far for far in (1.0, 0.999, 0.96, 0.7)])
    squares = one.residuals(away, NONE) ** 2
    np.testing.assert_allclose(one.deviances(away, NONE), squares @ one.together, rtol=1e-9, atol=1e-10)
    count, size, rate = (np.full(3, c) for c in (7.0, np.inf, 1.0))
    x = np.array([0.0, -1.0, np.nan])
    assert np.isinf(_cells.deviances(count, x, size, count, rate)[:2]).all()
    none = np.zeros(3)
    assert _cells.deviances(none, np.array([0.0, 2.0, -1.0]), size, none, rate).tolist() == [0.0, 4.0, np.inf]


def test_huber_counts_a_bad_block_by_its_root_and_a_good_one_in_full() -> None:
    plain, huber = mixed(), mixed(loss="huber")
    deviance = plain.deviances(AT[1:], NONE)[0]
    limit = huber.limit
    expected = np.where(deviance > limit, 2 * np.sqrt(limit * deviance) - limit, deviance)
    residual, _ = huber.lost_residuals(AT[1:], NONE)
    assert (residual**2).sum() == pytest.approx(expected.sum())
    assert limit[-1] == pytest.approx(1.345**2, rel=1e-4)
    assert limit[0] == pytest.approx(stats.chi2.ppf(HUBER, 2))  # two free shares of three


def test_the_information_of_huber_is_weighted_and_not_that_of_the_slopes() -> None:
    n = AT.shape[1]
    unit = np.broadcast_to(np.eye(n), (1, n, n))
    plain = np.diag(mixed().information(AT[1:], NONE, unit)[0])
    huber = np.diag(mixed(loss="huber").information(AT[1:], NONE, unit)[0])
    deviance, limit = mixed().deviances(AT[1:], NONE)[0], mixed(loss="huber").limit
    weight = np.minimum(1.0, np.sqrt(limit / deviance))
    row = 3  # the first count, a block of its own: waves come first
    block = int(np.flatnonzero(mixed().together[row])[0])
    assert huber[row] / plain[row] == pytest.approx(weight[block])


def test_a_free_dispersion_keeps_one_correlation_for_all_n() -> None:
    rows = [share("A", 0.5, week=w, n=n) for w, n in ((3, 101), (6, 201), (9, 301))]
    one = made(rows, [0.5] * 3)
    assert one.typical.tolist() == [201.0]
    assert one.all_dispersions([[3.0]])[0, :3].tolist() == pytest.approx([2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("row", "predicted", "message"),
    [
        (share("A", 0.5, n=10, dispersion=12), 0.5, r"dispersion 12 with n = 10; no share varies that much"),
        (arrested(5, 0.5), 5.0, r"dispersion 0\.5; counts vary at least as Poisson numbers do"),
        (arrested(5, 1), 0.0, r"5 was observed, but the scenario makes it 0 whatever the parameters"),
        (share("A", 0.5, n=10, dispersion=1), float("nan"), r"a share of nobody; leave the row out"),
    ],
)
def test_what_no_parameter_could_bring_about_is_refused(row, predicted: float, message: str) -> None:
    with pytest.raises(bl.FitError, match=message):
        made([row], [predicted])


def test_a_ratio_of_zero_is_refused() -> None:
    change = Observation(
        quantity="change", of="actors", platform="A", start=toy.week(9), base_start=toy.week(2), value=0.0,
        unit="ratio", sd=0.2,
    )  # fmt: skip
    with pytest.raises(bl.FitError, match="a ratio of 0 has no logarithm"):
        made([change], [1.0])


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(bl.FitError, match=r"loss 'cauchy': there are 'plain', 'huber'"):
        mixed(loss="cauchy")


def test_other_values_must_be_as_many_and_finite() -> None:
    with pytest.raises(bl.FitError, match=r"need .* finite numbers"):
        mixed().with_values([1.0, 2.0])
