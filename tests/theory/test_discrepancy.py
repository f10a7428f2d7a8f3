"""The mean field judged by the actors, and the actors fitted where it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

import balloon as bl
from balloon.calibrate import abm
from balloon.calibrate.abm import emulate, fit_abm
from balloon.calibrate.discrepancy import actors_at, check_abm
from balloon.calibrate.fit import settle
from balloon.calibrate.problem import problem
from balloon.contacts import Contacts
from balloon.errors import FitError

FREE = {"platforms.Signal.asc": (-1.0, 1.0), "behaviour.switching_cost": (2.0, 4.5)}


def study(*, actors, peer_influence=0.0, degree=4, n=300, contacts="small_world"):
    scenario = bl.load("minimal").with_(
        {"population.actors": actors, "behaviour.peer_influence": peer_influence, "steps": 40}
    )
    scenario = scenario.with_({"behaviour.switching_cost": 3.0})
    people = replace(scenario.population, contacts=Contacts(kind=contacts, degree=degree))
    scenario = replace(scenario, population=people)
    rows = [
        bl.Observation(
            quantity="share", start=scenario.start + timedelta(weeks=w), platform=name, unit="share",
            end=scenario.start + timedelta(weeks=w + 1), value=1 / 3, n=n, dispersion=2.0,
        )
        for w in range(2, 40, 6)
        for name in scenario.platforms
    ]  # fmt: skip
    return problem(scenario, bl.Observations(tuple(rows)), FREE)


@pytest.fixture(scope="module")
def crowd():
    """Few contacts that matter much: the mean field is wrong."""
    return study(actors=10_000, peer_influence=3.0)


def test_without_peers_the_mean_field_is_fine() -> None:
    calm = study(actors=20_000, n=50)
    found = check_abm(calm, calm.start)
    assert found.verdict == "fine"
    assert str(found).startswith("fine: actors and mean field differ by up to 0.")
    assert (found.widening < 1.1).all()


def test_the_actors_are_policed_at_the_estimate_and_not_as_the_scenario_says() -> None:
    changed = {"population.actors": 20_000, "steps": 30, "behaviour.arrests_per_answer": 0.001}
    scenario = bl.load("minimal").with_(changed)  # hardly anybody is arrested, so that nobody is deterred
    rows = [
        bl.Observation(
            quantity="answered", start=scenario.start + timedelta(weeks=w), value=100.0, unit="actors",
            end=scenario.start + timedelta(weeks=w + 10), platform="Telegram", dispersion=4.0,
        )
        for w in (8, 18)
    ]  # fmt: skip
    free = {"platforms.Telegram.requests": (0.005, 0.08)}
    one = problem(scenario, bl.Observations(tuple(rows)), free)
    found = check_abm(one, one.start + 1.0)
    own = float(one.predict(one.start)[0][0].real)
    assert found.expected[0] > 1.5 * own  # more requests than the scenario has
    assert found.verdict == "fine"
    assert found.simulated == pytest.approx(found.expected, abs=0.3 * found.sd.max())


def test_few_contacts_that_matter_much_are_found(crowd) -> None:
    found = check_abm(crowd, crowd.start)
    assert found.verdict != "fine"
    assert found.quantities().gap["share"] > 0.3
    assert (found.widening >= 1.0).all()
    assert found.widening.max() > 1.2


def test_intervals_are_refused_where_the_gap_is_a_standard_deviation() -> None:
    sharp = study(actors=10_000, peer_influence=3.0, n=20_000)
    found = check_abm(sharp, sharp.start)
    assert found.verdict == "refuse"
    assert "intervals of the mean field are refused" in str(found)
    assert "fit_abm(fit)" in str(found)


def test_the_shift_is_where_a_fit_to_the_actors_own_shares_lands() -> None:
    mild = study(actors=20_000, peer_influence=2.2, n=200)
    found = check_abm(mild, mild.start)
    fitted = settle(mild.with_observations(found.simulated), starts=1)
    # The prior pulls back towards its median, by covariance x start: that part is removed.
    covariance = np.linalg.inv(mild.information(mild.start) + np.eye(2))
    away = (fitted.theta - mild.start + covariance @ mild.start) / found.spread
    assert np.abs(found.shift).max() > 0.3
    np.testing.assert_allclose(away, found.shift, atol=0.15)


def test_a_world_of_few_actors_has_luck_of_its_own() -> None:
    few, many = (check_abm(one, one.start) for one in (study(actors=500), study(actors=10_000)))
    # Luck falls with the root of the number: a factor of 4.5.
    assert (few.wobble / many.wobble > 2.0).all()
    assert few.verdict == "widen"
    widest = int(few.widening.argmax())
    said = f"half-widths x {few.widening[widest]:.2f} ({few.problem.names[widest]})"
    assert f"with the luck of one world this widens intervals: {said}" in str(few)


def test_the_corrected_mean_field_says_what_the_actors_do(crowd) -> None:
    covariance = np.linalg.inv(crowd.information(crowd.start) + np.eye(2))
    made = emulate(crowd, crowd.start, covariance, seed=3)
    corrected = check_abm(made, crowd.start, seed=99)
    plain = check_abm(crowd, crowd.start, seed=99)
    assert corrected.quantities().gap["share"] < 0.3 * plain.quantities().gap["share"]
    assert "actors and emulator differ by up to" in str(corrected)
    # The intervals of a fit of the actors hold the luck of a world already.
    assert (corrected.widening <= np.hypot(1.0, corrected.shift)).all()
    shares = made.predict(crowd.start)[0].reshape(-1, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)


def test_derivatives_of_the_corrected_mean_field_are_exact(crowd) -> None:
    covariance = np.linalg.inv(crowd.information(crowd.start) + np.eye(2))
    made = emulate(crowd, crowd.start, covariance, replicates=2)
    slopes, step = made.slopes(crowd.start[None])[1][0], 1e-5
    for j in range(2):
        move = step * np.eye(2)[j]
        ahead, back = (made.predict(crowd.start + sign * move)[0] for sign in (1, -1))
        np.testing.assert_allclose(slopes[:, j], (ahead - back) / (2 * step), atol=1e-7)


def test_a_fit_of_the_actors_finds_what_a_fit_of_the_mean_field_misses(crowd) -> None:
    true = np.array([0.3, -0.5])
    told = crowd.with_observations(actors_at(crowd, true, replicates=16, seed=77).mean(axis=0))
    plain = settle(told, starts=1)
    fitted = fit_abm(plain)
    away, before = (np.abs(one.theta - true) / np.sqrt(np.diag(plain.spread)) for one in (fitted, plain))
    assert before.max() > 0.5
    assert away.max() < 0.5
    assert np.array_equal(fit_abm(plain).theta, fitted.theta)
    # The luck of a world of 10,000 actors is in the covariance, beside what the data leave open.
    bare = np.linalg.inv(fitted.problem.information(fitted.theta) + np.eye(2))
    assert (np.diag(fitted.spread) > np.diag(bare)).all()


def test_one_replicate_is_refused(crowd) -> None:
    with pytest.raises(FitError, match="replicates is 1; need 2 or more to tell luck from error"):
        check_abm(crowd, crowd.start, replicates=1)


def test_draws_of_the_fitted_actors_hold_the_luck_of_a_world(crowd, monkeypatch) -> None:
    told = crowd.with_observations(actors_at(crowd, np.zeros(2), replicates=2, seed=78)[0])
    alone = np.random.default_rng(1).normal(scale=(0.2, 0.5), size=(4000, 2))
    monkeypatch.setattr(abm, "sampled", lambda fit, **_: replace(fit, draws=alone))
    fitted = fit_abm(replace(settle(told, starts=1), draws=np.zeros((4000, 2))))
    bare = np.linalg.inv(fitted.problem.information(fitted.theta) + np.eye(2))
    luck = np.diag(fitted.spread - bare)
    assert (luck > 0).all()
    # Independent of the posterior: the variances add.
    np.testing.assert_allclose(fitted.draws.var(axis=0), np.array([0.04, 0.25]) + luck, rtol=0.1)


def test_a_fit_that_does_not_settle_says_so_and_gives_no_interval(crowd, monkeypatch) -> None:
    monkeypatch.setattr(abm, "SETTLED", 0.0)
    monkeypatch.setattr(abm, "ROUNDS", 2)
    plain = settle(crowd.with_observations(crowd.predict(np.zeros(2))[0]), starts=1)
    with pytest.raises(
        FitError, match=r"still moves by \d+\.\d posterior sd after 2 rounds, so there is no est"
    ):
        fit_abm(plain, replicates=2)
