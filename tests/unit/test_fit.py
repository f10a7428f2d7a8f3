"""calibrate, on a model that can be followed by hand: the mode, its intervals, files, refusals."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy

import balloon as bl
from balloon.calibrate import profile as profiles
from balloon.calibrate import ridge, search
from balloon.calibrate.derived import displaced_share, interval_of, weekly_switching
from balloon.calibrate.fit import sampled, settle
from balloon.calibrate.observations import Observations
from balloon.calibrate.priors import Prior
from balloon.calibrate.problem import problem
from balloon.calibrate.profile import profile
from balloon.calibrate.ridge import climb


@pytest.fixture(scope="module")
def fit() -> bl.Fit:
    return settle(toy.drawn(toy.toy(), 3)[1], starts=4, seed=1)


def on_the_mean_field(fit: bl.Fit) -> bl.Fit:
    """What the fit would be if its model were not the toy, which no file can hold."""
    asked = fit.problem
    made = problem(asked.scenario, asked.observations, asked.priors)
    return replace(fit, problem=made.with_observations(asked.likelihood.values))


# ---- the problem ------------------------------------------------------------------------------


def test_half_the_squares_of_the_residuals_are_what_the_log_posterior_loses() -> None:
    made = toy.drawn(toy.toy(), 1)[1]
    two = np.array([[0.1] * 5, [0.5, -0.5, 0.3, 0.0, -1.0]])
    squares, height = 0.5 * (made.residuals(two) ** 2).sum(axis=1), made.log_posterior(two)
    assert squares[0] - squares[1] == pytest.approx(height[1] - height[0])


def test_the_jacobian_is_that_of_complex_steps_one_by_one_and_of_central_differences() -> None:
    made = toy.drawn(toy.toy(), 1)[1]
    at = np.array([0.5, -0.5, 0.3, 0.2, -1.0])
    jacobian = made.jacobian(at)
    predicted, slopes = made.slopes(at)
    for k in range(5):
        alone = made.predict((at + 1e-20j * np.eye(5)[k])[None])[0].imag / 1e-20
        assert slopes[0, :, k] == pytest.approx(alone, rel=1e-12, abs=1e-12)
        step = 1e-5 * np.eye(5)[k]
        numeric = (made.residuals(at + step) - made.residuals(at - step))[0] / 2e-5
        assert jacobian[:, k] == pytest.approx(numeric, rel=1e-7, abs=1e-7)
    assert predicted[0] == pytest.approx(made.predict(at[None])[0], rel=1e-14)


def test_derivatives_along_scales_and_dispersions_cost_no_run_of_the_model() -> None:
    made, ran = toy.drawn(toy.toy(), 1)[1], []

    def counted(values: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        ran.extend(next(iter(values.values())))
        return made.forward(values)

    aware = replace(made, forward=counted)
    aware.slopes(np.zeros((3, 5)))
    assert len(ran) == 3 * len(made.paths)


def test_values_and_theta_are_each_others_inverse() -> None:
    made = toy.toy()
    theta = np.random.default_rng(1).standard_normal((4, 5))
    assert made.theta(made.values(theta)) == pytest.approx(theta)
    with pytest.raises(bl.FitError, match=r"values for behaviour\.trial: need one for each of"):
        made.theta({**made.values(theta), "behaviour.trial": 0.1})


def test_beyond_six_prior_standard_deviations_nothing_is_possible_and_the_model_does_not_run() -> None:
    made = toy.toy()
    far = np.zeros((2, 5))
    far[1, 0] = 6.1
    height = made.log_posterior(far)
    assert np.isfinite(height[0])
    assert height[1] == -np.inf


def test_many_vectors_run_in_parts_and_give_what_each_gives_alone() -> None:
    made = toy.toy()
    many = np.random.default_rng(1).standard_normal((600, 5))
    assert made.predict(many)[[0, 599]] == pytest.approx(made.predict(many[[0, 599]]), rel=1e-13)


# ---- the mode -----------------------------------------------------------------------------------


def test_the_mode_is_that_of_a_general_minimiser(fit: bl.Fit) -> None:
    from scipy.optimize import minimize

    other = minimize(
        lambda x: -fit.problem.log_posterior(x[None])[0],
        fit.problem.start,
        method="L-BFGS-B",
        bounds=[(-5, 5)] * 5,
    )
    assert fit.theta == pytest.approx(other.x, abs=2e-3)
    assert fit.problem.log_posterior(fit.theta)[0] >= -other.fun - 1e-6


def test_all_starts_reach_one_optimum_and_say_so(fit: bl.Fit) -> None:
    starts = fit.starts
    assert len(starts) == 4
    assert starts.converged.all()
    assert np.ptp(starts.log_posterior) < 0.5


def test_data_without_error_give_back_the_truth_within_half_a_standard_deviation() -> None:
    fit = settle(toy.toy())  # the truth is 0; the mode of a skewed likelihood is not quite its data
    assert (np.abs(fit.theta) < 0.5 * np.sqrt(np.diag(fit.spread))).all()


def test_intervals_are_those_of_the_information_and_the_prior(fit: bl.Fit) -> None:
    k = len(fit.names)
    expected = np.linalg.inv(fit.problem.information(fit.theta) + np.eye(k))
    assert fit.covariance.to_numpy() == pytest.approx(expected)
    row = fit.summary().loc["platforms.B.asc"]
    half = 1.6448536 * expected[0, 0] ** 0.5  # its prior sd is 1
    assert row.high - row.estimate == pytest.approx(half, rel=1e-6)
    assert row.low < row.estimate < row.high
    assert row.method == "laplace (quick)"


def test_a_free_dispersion_is_found() -> None:
    made = toy.toy([*toy.waves(n=400, dispersion=None, every=1), *toy.stock()])
    assert made.names[-1] == "dispersion.share"
    truth = np.zeros(len(made.names))
    truth[-1] = float(made.priors["dispersion.share"].theta(6.0))
    data = made.with_observations(made.simulate(truth, np.random.default_rng(2)))
    row = settle(data, starts=2).summary().loc["dispersion.share"]
    assert row.low < 6.0 < row.high
    assert row.verdict == "identified"


def test_a_free_scale_is_a_parameter_with_a_wide_prior() -> None:
    counts = [
        bl.Observation(
            quantity="arrests", start=toy.week(t), end=toy.week(t + 5), value=50.0 + t, unit="arrests",
            dispersion=2.0, scale="police",
        )
        for t in range(0, 30, 5)
    ]  # fmt: skip
    free = {"behaviour.revision_rate": (0.1, 0.4)}
    made = toy.toy([*toy.waves(), *counts], free)
    assert made.names == ("behaviour.revision_rate", "scale.police")
    assert made.priors["scale.police"].sd == 3.0
    assert settle(made).summary().verdict["scale.police"] == "identified"
    known = toy.toy([*toy.waves(), *counts], {**free, "scale.police": (0.5, 2.0)})
    assert known.priors["scale.police"].median == pytest.approx(1.0)


def test_a_search_that_does_not_arrive_raises_and_gives_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST", 1)
    with pytest.raises(bl.FitError, match=r"the search did not converge .* no estimate and no interval"):
        settle(toy.drawn(toy.toy(), 3)[1], starts=2)


def test_no_step_goes_further_than_two_prior_standard_deviations(
    fit: bl.Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 1)
    starts = np.linspace(-4.0, 4.0, 9)[:, None] * np.ones(len(fit.names))
    moved = np.abs(search.descend(fit.problem, starts, merge=False).theta - starts).max(axis=1)
    assert moved.max() == pytest.approx(2.0)


def test_two_modes_are_said_to_be_two() -> None:
    # Shares that depend on the square of asc have two roots; the prior prefers the positive one by 2 nats.
    made = toy.toy([*toy.waves(), *toy.stock()], {"platforms.B.asc": Prior.normal(0.5, 0.7)})
    inner = made.forward

    def even(free):
        return inner({"platforms.B.asc": free["platforms.B.asc"] * free["platforms.B.asc"]})

    two = replace(made, forward=even).with_observations(made.predict(made.theta({"platforms.B.asc": 1.0}))[0])
    with pytest.warns(bl.BalloonWarning, match="starts reached a lower optimum"):
        found = settle(two, starts=8, seed=1)
    assert np.ptp(found.starts["platforms.B.asc"]) > 1.0


def test_an_estimate_at_the_end_of_its_prior_is_said_to_contradict_it() -> None:
    made = toy.toy(free={"platforms.B.asc": Prior.normal(0.0, 0.01)})
    far = toy.toy(free={"platforms.B.asc": Prior.normal(0.0, 1.0)})
    data = made.with_observations(far.predict(np.array([[3.0]]))[0])
    with pytest.warns(
        bl.BalloonWarning, match=r"platforms\.B\.asc: the estimate lies at the end of its prior"
    ):
        settle(data, starts=1)


# ---- robust -------------------------------------------------------------------------------------


def corrupted(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The truth, and data of which two waves of ten have A and C exchanged."""
    truth, data = toy.drawn(toy.toy(), seed)
    values = data.likelihood.values.copy()
    for wave in (4, 7):
        rows = list(data.model.waves[wave])
        values[rows] = values[rows[::-1]]
    return truth, values


def test_bad_waves_move_the_estimate_less_under_huber() -> None:
    errors: dict[str, list[float]] = {"plain": [], "huber": []}
    for seed in range(8):
        truth, values = corrupted(seed)
        for loss, found in errors.items():
            fit = settle(toy.toy(loss=loss).with_observations(values), starts=1)
            found.append(float(np.mean((fit.theta - truth) ** 2)))
    assert np.mean(errors["huber"]) < np.mean(errors["plain"])


# ---- draws, predictions, derived ----------------------------------------------------------------


def test_draws_have_the_covariance_of_the_fit_and_name_their_method(fit: bl.Fit) -> None:
    drawn = fit.thetas(20_000)
    assert np.cov(drawn.T) == pytest.approx(fit.spread, abs=0.05 * fit.spread.max())
    table = fit.sample(10)
    assert table.attrs["method"] == "laplace (quick)"
    assert list(table.columns) == list(fit.names)


def test_predictions_are_parameters_of_a_simulation() -> None:
    scenario = bl.load("minimal")
    row = bl.Observation(
        quantity="share", start=scenario.date_of(20), platform="Telegram", value=0.5, unit="share", sd=0.05
    )
    later = bl.Observation(
        quantity="share", start=scenario.date_of(40), platform="Telegram", value=0.45, unit="share", sd=0.05
    )
    here = next(p for p, _ in scenario.nouns() if p.startswith("interventions.cooperation"))
    free = {"behaviour.switching_cost": (3.0, 8.0), f"{here}.value": (0.5, 0.97)}
    fit = bl.calibrate(scenario, bl.Observations((row, later)), free=free, starts=1)
    runs = bl.simulate(scenario, replicates=3, seed=1, parameters=fit.predict(n=3))
    assert runs.data.sizes["replicate"] == 3
    calm = scenario.without()
    assert set(fit.predict(calm, n=2)[0]) == {"behaviour.switching_cost"}
    longer = scenario.with_({"steps": scenario.steps + 26})
    whole = fit.predict(longer, n=3, ranges=True)
    assert set(whole[0]) == set(fit.predict(n=3)[0]) | set(longer.ranges())
    assert [one["behaviour.switching_cost"] for one in whole] == [
        one["behaviour.switching_cost"] for one in fit.predict(n=3)
    ]
    later = bl.simulate(longer, replicates=3, seed=1, parameters=whole)
    assert later.data.sizes["time"] == longer.steps + 1
    effect = bl.contrast(calm, scenario, replicates=3, seed=1, parameters=fit.predict(n=3))
    assert effect.coupling.sizes["replicate"] == 3
    moved = fit.derived(displaced_share(0), scenario, calm, n=20)
    assert moved.low <= moved.median <= moved.high
    assert 0 < fit.derived(weekly_switching, n=20).median < 0.2


def test_what_is_no_scenario_and_no_observations_is_refused_by_its_value() -> None:
    scenario = bl.load("minimal").with_({"steps": 8})
    rows = [
        bl.Observation(
            quantity="share", start=scenario.date_of(w), platform="Telegram", value=0.5, unit="share", sd=0.05
        )
        for w in (2, 6)
    ]
    fit = bl.calibrate(
        scenario, bl.Observations(tuple(rows)), free={"behaviour.switching_cost": (3.0, 8.0)}, starts=1
    )
    with pytest.raises(bl.FitError, match=r"scenario is 'minimal'; need a Scenario"):
        fit.predict("minimal")  # type: ignore[arg-type]
    with pytest.raises(bl.FitError, match=r"candidate 'more' is 3; need Observations"):
        fit.suggest_data({"more": 3})  # type: ignore[dict-item]


def test_a_derived_quantity_that_divides_by_nothing_says_in_how_many_draws() -> None:
    with pytest.raises(bl.FitError, match=r"is no finite number in 2 of 3 draws; does it divide by"):
        interval_of([1.0, np.nan, np.inf])


def test_a_derived_quantity_must_be_one_number_a_draw(fit: bl.Fit) -> None:
    with pytest.raises(bl.FitError, match=r"a derived quantity of shape \(2, 3\); return one finite number"):
        interval_of(np.zeros((2, 3)))
    assert str(interval_of(np.arange(101.0))) == "50 (5 to 95, 90%)"


def test_the_fitted_scenario_says_where_its_numbers_come_from(fit: bl.Fit) -> None:
    scenario = fit.scenario
    assert scenario.landscape.platforms[1].asc == pytest.approx(fit.estimates["platforms.B.asc"])
    said = scenario.landscape.platforms[1].evidence[0]
    assert said.source == "fit to observations"
    assert said.low < scenario.landscape.platforms[1].asc < said.high
    assert "identified" in said.note


def test_where_a_sampler_ran_the_ranges_of_the_fitted_scenario_are_those_of_its_draws(fit: bl.Fit) -> None:
    drawn = np.tile(fit.theta, (101, 1))
    drawn[:, 0] = np.linspace(0.0, 1.0, 101)
    chained = replace(fit, draws=drawn, mixing="mixed: R-hat up to 1.001")
    prior = fit.problem.priors["platforms.B.asc"]
    said = chained.scenario.landscape.platforms[1].evidence[0]
    low, high = (float(prior.value(end)) for end in (0.05, 0.95))
    own = fit.estimates["platforms.B.asc"]
    assert (said.low, said.high) == (pytest.approx(min(low, own)), pytest.approx(max(high, own)))
    assert said.note.startswith("90 % interval, mcmc; ")
    unmixed = replace(chained, mixing="NOT mixed")
    assert (
        unmixed.scenario.landscape.platforms[1].evidence[0].note.startswith("90 % interval, mcmc (not mixed)")
    )


def test_intervals_of_mcmc_are_those_of_its_draws_and_travel_with_the_fit(tmp_path) -> None:
    data = toy.drawn(toy.toy(), 3)[1]
    plain = data.with_observations(data.likelihood.values)
    fit = sampled(settle(plain, starts=1, seed=1), draws=300)
    assert fit.method == "mcmc"
    assert fit.mixing.startswith("mixed")
    row, drawn = fit.summary().loc["platforms.B.asc"], fit.sample(300)["platforms.B.asc"]
    assert row.method == "mcmc"
    assert (row.low, row.high) == pytest.approx(tuple(drawn.quantile([0.05, 0.95])))
    quick = settle(plain, starts=1, seed=1).summary().loc["platforms.B.asc"]
    assert row.high - row.low == pytest.approx(quick.high - quick.low, rel=0.3)
    with pytest.raises(bl.FitError, match="301 draws of 300; ask for fewer, or calibrate with more draws"):
        fit.sample(301)
    with pytest.raises(bl.FitError, match="0 draws; ask for 1 or more"):
        replace(fit, draws=None).sample(0)
    on_the_mean_field(fit).save(tmp_path / "fit.json")
    back = bl.Fit.load(tmp_path / "fit.json")
    assert (back.draws == fit.draws).all()
    assert back.mixing == fit.mixing


def test_a_fit_is_shown_in_one_line(fit: bl.Fit) -> None:
    assert repr(fit).startswith("Fit('toy': 5 parameters, ")
    assert repr(fit).endswith("laplace (quick); 5 of 5 identified; see summary())")


def test_a_saved_fit_is_read_back_as_it_was(tmp_path, fit: bl.Fit) -> None:
    path = tmp_path / "fit.json"
    on_the_mean_field(fit).save(path)
    back = bl.Fit.load(path)
    assert back.names == fit.names
    assert (back.theta == fit.theta).all()
    assert (back.spread == fit.spread).all()
    assert back.problem.priors == fit.problem.priors
    assert (back.problem.likelihood.values == fit.problem.likelihood.values).all()
    assert back.starts.equals(fit.starts)


def test_what_is_no_fit_is_not_read(tmp_path, fit: bl.Fit) -> None:
    path = tmp_path / "fit.json"
    with pytest.raises(bl.DataError, match=r"fit\.json: cannot be read"):
        bl.Fit.load(path)
    path.write_text("{}")
    with pytest.raises(bl.DataError, match=r"fit\.json: not a fit that balloon saved"):
        bl.Fit.load(path)
    on_the_mean_field(fit).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(bl.DataError, match="format 99 of a fit, this version reads 1"):
        bl.Fit.load(path)


# ---- profiles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["prior", "none"])
@pytest.mark.parametrize("name", ["platforms.B.asc", "behaviour.arrests_per_answer"])
def test_the_ends_of_a_profile_are_those_of_minos(fit: bl.Fit, name: str, penalty: str) -> None:
    from iminuit import Minuit

    problem, priors = fit.problem, penalty == "prior"

    def cost(theta: np.ndarray) -> float:
        height = problem.log_posterior if priors else problem.log_likelihood
        return -2.0 * float(height(theta[None])[0])

    names = [f"x{k}" for k in range(len(fit.names))]
    other = Minuit(cost, fit.theta, name=names)
    other.errordef = Minuit.LEAST_SQUARES
    other.strategy = 2
    other.tol = 1e-4
    other.migrad()
    key = names[fit.names.index(name)]
    other.minos(key, cl=0.9)
    ends = [other.values[key] + getattr(other.merrors[key], side) for side in ("lower", "upper")]
    found = fit.profile(name, priors=priors)
    theta = [float(problem.priors[name].theta(end)) for end in (found.low, found.high)]
    assert theta == pytest.approx(ends, abs=0.01 * (ends[1] - ends[0]))
    assert found.low < found.estimate < found.high


def test_the_ends_of_a_profile_lie_between_points_of_it(fit: bl.Fit) -> None:
    found = fit.profile("behaviour.revision_rate")
    assert found.values[0] < found.low
    assert found.high < found.values[-1]
    assert not found.open
    inside = (found.values >= found.low) & (found.values <= found.high)
    assert found.drops[inside].max() <= 2.7055 * 1.01
    assert found.drops.min() == 0.0


def test_a_profile_that_the_data_leave_open_ends_where_the_parameter_does() -> None:
    free = {"behaviour.arrests_per_answer": (0.05, 0.2), "platforms.B.asc": Prior.normal(0, 1)}
    fit = settle(toy.toy(toy.waves(), free))  # no arrests are observed
    found = fit.profile("behaviour.arrests_per_answer", priors=False)
    assert (found.low, found.high) == (0.0, np.inf)
    assert found.open
    assert not fit.profile("behaviour.arrests_per_answer").open


def test_a_profile_says_in_words_which_end_the_data_leave_open(fit: bl.Fit) -> None:
    found = fit.profile("platforms.B.asc")
    assert str(found) == (
        f"platforms.B.asc: {found.estimate:.4g} ({found.low:.4g} to {found.high:.4g}, 90%; data and prior)"
    )
    both = replace(found, priors=False, low=-np.inf, high=np.inf)
    assert str(both) == "platforms.B.asc: the data alone set no end below or above, so there is no estimate"
    assert "; the data alone set no end above" in str(replace(both, low=found.low))
    assert "; the data alone set no end below" in str(replace(both, high=found.high))


def test_a_profile_about_another_optimum_says_where_to_fit_again(
    fit: bl.Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre stays away from the mode, as it does at the foot of another hill."""
    away = fit.theta.copy()
    away[0] += 1.0

    def stay(here: search.Place, *, held: int | None) -> tuple[search.Place, np.ndarray]:
        return (here, np.ones(1, bool)) if held is None else climb(here, held=held)

    monkeypatch.setattr(profiles, "climb", stay)
    name = fit.names[0]
    with pytest.raises(bl.FitError, match="fits better than the estimate by") as refusal:
        profile(fit.problem, away, fit.spread, name)
    said = str(refusal.value)
    assert "fit again from there: calibrate(scenario.with_({'" in said
    start = ast.literal_eval(said[said.index("{") : said.index("}") + 1])
    assert set(start) == set(fit.problem.paths)


def test_without_priors_a_better_optimum_is_the_new_centre(
    fit: bl.Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look at the centre goes astray; what is found is what an undisturbed profile finds."""
    whole, astray = fit.profile(fit.names[0], priors=False), []

    def lost(here: search.Place, *, held: int | None) -> tuple[search.Place, np.ndarray]:
        if held is None and not astray:
            astray.append(True)
            away = here.theta.copy()
            away[:, 0] += 1.0
            return search.Place.at(here.problem, away, here.priors), np.ones(1, bool)
        return climb(here, held=held)

    monkeypatch.setattr(profiles, "climb", lost)
    found = fit.profile(fit.names[0], priors=False)
    assert astray
    assert (found.low, found.estimate, found.high) == pytest.approx(
        (whole.low, whole.estimate, whole.high), rel=2e-3
    )


def test_a_walk_on_the_level_ends(fit: bl.Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slopes that promise a nat for ever, and five steps that gain nothing."""
    k, promises = len(fit.theta), []

    def promised(*_: object) -> tuple[np.ndarray, float]:
        promises.append(1.0)
        return np.zeros(k), 1.0

    monkeypatch.setattr(ridge, "_best", promised)
    _, arrived = climb(search.Place.at(fit.problem, fit.theta[None], 0.0), held=None)
    assert arrived.all()
    assert len(promises) == 2 * ridge.PATIENCE + 1


def test_levels_and_numbers_of_draws_that_cannot_be_are_refused(fit: bl.Fit) -> None:
    with pytest.raises(
        bl.FitError, match=r"summary: level is 2; need a number between 0 and 1, such as 0\.9"
    ):
        fit.summary(level=2)
    with pytest.raises(bl.FitError, match="interval: level is 90; need a number between 0 and 1"):
        interval_of([1.0, 2.0], level=90)
    with pytest.raises(bl.FitError, match=r"2\.5 draws; ask for a whole number, 1 or more"):
        fit.sample(2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [0.0, 1.0, 90, float("nan")])
def test_a_profile_needs_a_level_between_0_and_1(fit: bl.Fit, level: float) -> None:
    with pytest.raises(bl.FitError, match=r"level is .*; need a number between 0 and 1, such as 0\.9"):
        fit.profile("platforms.B.asc", level=level)


def test_a_profile_of_nothing_is_refused(fit: bl.Fit) -> None:
    with pytest.raises(
        bl.FitError, match=r"profile of 'asc': there is no such parameter; there are platforms"
    ):
        fit.profile("asc")


def test_a_profile_looks_for_the_mode_first(fit: bl.Fit) -> None:
    away = fit.theta + 2.0 * np.sqrt(np.diag(fit.spread))
    found = profile(fit.problem, away, fit.spread, "platforms.B.asc")
    assert found.estimate == pytest.approx(fit.estimates["platforms.B.asc"], abs=1e-3)


# ---- bad input --------------------------------------------------------------------------------------


ROWS = Observations(tuple(toy.waves()))


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ({}, "no parameter is free"),
        (
            {"behaviour.swiching_cost": (1, 2)},
            r"no parameter at 'behaviour\.swiching_cost'; did you mean behaviour\.",
        ),
        ({"population.actors": (500, 2000)}, "population.actors: cannot be fitted, it shapes the layout"),
        ([3], r"free holds 3; need dotted paths, or pairs of a path and its prior"),
        ([("behaviour.trial",)], r"free holds \('behaviour\.trial',\); need dotted paths, or pairs"),
        ({3: (0, 1)}, r"free holds 3; need a dotted path such as 'behaviour\.switching_cost'"),
        (["behaviour.trial", "behaviour.trial"], r"declared free twice: behaviour\.trial"),
        (
            {"behaviour.trial": (0.01, 0.1)},
            r"behaviour\.trial: the prior .* excludes the start, .* own value 0",
        ),
        (
            {"platforms.B.asc": (50, 60)},
            r"excludes the start, the scenario's own value 0; widen it, or start inside",
        ),
        ({"platforms.B.asc": (float("nan"), 1)}, r"platforms\.B\.asc: prior \(nan, 1\): range nan"),
        (
            {"behaviour.rechoice_rate": (0.1, 0.5)},
            r"is None in the scenario; a fit needs a number to start from",
        ),
        (
            {"platforms.B.asc": (-1, 1), "scale.police": (1, 2)},
            r"scale\.police: no such parameter; the observations",
        ),
    ],
)
def test_free_parameters_that_cannot_be_are_refused(free, message: str) -> None:
    with pytest.raises(bl.BalloonError, match=message):
        problem(toy.scenario(), ROWS, free, forward=toy.forward(toy.scenario()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "guess"}, "method 'guess': there are 'laplace', 'mcmc'"),
        ({"starts": 0}, "starts is 0; need 1 or more"),
        ({"starts": 1.5}, r"starts is 1\.5; need 1 or more, a whole number"),
        ({"seed": -1}, "seed is -1; need 0 or more"),
        ({"method": "mcmc", "draws": 0}, "draws is 0; need 1 or more"),
        ({"loss": "l2"}, "loss 'l2': there are 'plain', 'huber'"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message: str) -> None:
    with pytest.raises(bl.FitError, match=message):
        bl.calibrate(
            toy.scenario(),
            ROWS,
            free={"platforms.B.asc": (-1, 1)},
            forward=toy.forward(toy.scenario()),
            **options,
        )


def test_a_fit_of_a_model_of_ones_own_is_not_saved_as_one_of_the_mean_field(
    fit: bl.Fit, tmp_path: Path
) -> None:
    with pytest.raises(bl.FitError, match=r"forward is a model of one's own: code cannot be saved"):
        fit.save(tmp_path / "fit.json")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_no_observations_until_it_is_read() -> None:
    said = "observations are of type DataFrame; need Observations, as balloon.read_observations gives of"
    with pytest.raises(bl.FitError, match=said):
        bl.calibrate(toy.scenario(), ROWS.to_frame(), free=["platforms.B.asc"])  # type: ignore[arg-type]
    with pytest.raises(bl.FitError, match=r"scenario is 'minimal'; need a Scenario, such as balloon\.load"):
        bl.calibrate("minimal", ROWS, free=["platforms.B.asc"])  # type: ignore[arg-type]


def test_two_time_points_need_a_stated_dispersion() -> None:
    rows = Observations(tuple(toy.waves(dispersion=None, every=15)))
    with pytest.raises(bl.DataError, match="dispersion cannot be estimated from so few"):
        bl.calibrate(toy.scenario(), rows, free={"platforms.B.asc": (-1, 1)})


@pytest.mark.parametrize(
    "code",
    [
        "import balloon as bl; print(callable(bl.calibrate))",
        "import balloon.calibrate, balloon; print(callable(balloon.calibrate))",
        "from balloon.calibrate import calibrate; import balloon; print(balloon.calibrate is calibrate)",
        "from balloon.calibrate import sbc; import balloon; print(bool(sbc) and callable(balloon.calibrate))",
    ],
)
def test_calibrate_is_a_function_and_the_name_of_its_package(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_fit_makes_no_warning_of_its_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settle(toy.drawn(toy.toy(), 5)[1], starts=3)


# ---- checks, which have tests of their own ------------------------------------------------------------


def test_a_fit_offers_its_checks(fit: bl.Fit) -> None:
    assert 0 <= fit.check(seed=1).p <= 1
    moves = fit.sensitivity_to_priors()
    assert set(moves["prior"]) == set(fit.names)


def test_a_fit_on_the_mean_field_offers_those_that_need_it(tmp_path) -> None:
    scenario = bl.load("minimal").with_(steps=12)
    rows = [
        bl.Observation(
            quantity="share", start=scenario.date_of(t), platform="Telegram", value=0.78, unit="share", n=300,
            dispersion=2.0,
        )
        for t in (2, 6, 10)
    ]  # fmt: skip
    free = {"behaviour.switching_cost": (3.0, 8.0)}
    fit = bl.calibrate(scenario, bl.Observations(tuple(rows)), free=free, starts=1)
    assert len(fit.check_abm(replicates=2).rows()) == 3
    assert "gain" in fit.suggest_data()
    moved = fit.sensitivity_to_priors({"switching": weekly_switching})
    assert "switching" in set(moved["quantity"])
    from balloon.calibrate.abm import emulate

    near = emulate(fit.problem, fit.theta, fit.spread, replicates=2)
    path = tmp_path / "fit.json"
    replace(fit, problem=near).save(path)
    back = bl.Fit.load(path).problem
    assert back.predict(fit.theta) == pytest.approx(near.predict(fit.theta))
