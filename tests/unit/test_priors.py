"""Priors: what is held of a parameter before the data, and the scale it is fitted on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import balloon as bl
from balloon import Prior
from balloon.calibrate.priors import default_form, make_prior, pairs

WAYS = {
    "normal": Prior.normal(-1.0, 2.0),
    "log-normal": Prior.log_normal(0.2, 0.5),
    "logit-normal": Prior.logit_normal(0.3, 1.0, lower=0.0, upper=2.0),
}


@given(st.sampled_from(sorted(WAYS)), st.floats(-6, 6))
def test_values_and_standardised_values_are_each_others_inverse(form: str, theta: float) -> None:
    prior = WAYS[form]
    assert prior.theta(prior.value(theta)) == pytest.approx(theta, abs=1e-9)


@pytest.mark.parametrize("form", WAYS)
def test_the_median_is_at_zero_and_ninety_percent_lie_within_the_interval(form: str) -> None:
    prior = WAYS[form]
    assert float(prior.value(0.0)) == pytest.approx(prior.median)
    drawn = prior.value(np.random.default_rng(1).standard_normal(100_000))
    low, high = prior.interval()
    assert ((drawn > low) & (drawn < high)).mean() == pytest.approx(0.9, abs=4 * (0.09 / 1e5) ** 0.5)


@pytest.mark.parametrize("form", WAYS)
def test_the_slope_of_a_value_by_a_complex_step_is_that_of_differences(form: str) -> None:
    prior = WAYS[form]
    slope = prior.value(np.array([0.7 + 1e-30j])).imag[0] / 1e-30
    ahead, back = prior.value(0.7 + 1e-6), prior.value(0.7 - 1e-6)
    assert slope == pytest.approx(float(ahead - back) / 2e-6, rel=1e-8)


def test_two_ends_are_the_central_ninety_percent_on_the_scale_of_the_form() -> None:
    assert Prior.between(2.0, 8.0, form="log-normal").median == pytest.approx(4.0)
    assert Prior.between(2.0, 8.0, form="normal").median == 5.0
    even = Prior.between(0.2, 0.8, form="logit-normal")
    assert even.median == pytest.approx(0.5)
    assert even.interval() == pytest.approx((0.2, 0.8))


def test_an_end_that_the_form_cannot_reach_is_moved_inside_by_a_twentieth_of_the_range() -> None:
    assert Prior.between(0.0, 4.0, form="log-normal").interval() == pytest.approx((0.2, 4.0))
    assert Prior.between(0.0, 1.0, form="logit-normal").interval() == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("platforms.Signal.asc", "normal"),
        ("behaviour.outside_option", "normal"),
        ("behaviour.peer_influence", "normal"),
        ("behaviour.switching_cost", "log-normal"),
        ("behaviour.learning_rate", "log-normal"),
        ("groups.drugs.risk_aversion", "log-normal"),
        ("behaviour.spillover", "logit-normal"),
        ("groups.drugs.start.Telegram", "logit-normal"),
    ],
)
def test_the_form_follows_from_what_the_parameter_is(path: str, form: str) -> None:
    assert default_form(bl.load("telegram-korea-2024"), path)[0] == form


def test_a_rate_of_revision_stays_below_one_a_step() -> None:
    scenario = bl.load("minimal").with_(step_days=3.5)
    assert default_form(scenario, "behaviour.revision_rate") == ("logit-normal", 0.0, 2.0)


def test_a_name_alone_takes_the_range_of_the_scenario() -> None:
    prior = make_prior(bl.load("telegram-korea-2024"), "behaviour.switching_cost", None)
    assert prior.interval() == pytest.approx((4.0, 7.0))
    assert prior.source == "range in the scenario"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Prior.normal(float("nan"), 1.0), r"normal prior: median is nan; need a finite number"),
        (lambda: Prior.log_normal(0.0, 1.0), r"log-normal prior: median is 0\.0; need a number > 0"),
        (
            lambda: Prior.logit_normal(1.0, 1.0),
            r"median is 1\.0; need a number between 0 and 1, ends excluded",
        ),
        (lambda: Prior.normal(0.0, float("nan")), r"sd is nan; need a number > 0"),
        (lambda: Prior.normal(0.0, 0.0), r"sd is 0\.0; need a number > 0, or leave the parameter out"),
        (lambda: Prior(form="cauchy", median=0, sd=1), r"prior form 'cauchy': there are 'normal'"),
        (
            lambda: Prior.between(3.0, 1.0, form="normal"),
            r"range 3\.0\.\.1\.0: need two finite numbers, low < high",
        ),
        (lambda: Prior.between(float("nan"), 1.0, form="normal"), r"range nan\.\.1\.0: need two finite"),
        (lambda: Prior.between(-1.0, 1.0, form="log-normal"), r"a log-normal prior needs a number > 0"),
        (lambda: Prior.between(0.5, 1.5, form="logit-normal"), r"needs a number between 0 and 1"),
    ],
)
def test_a_prior_that_cannot_be_is_refused(build, message: str) -> None:
    with pytest.raises(bl.FitError, match=message):
        build()


def test_a_name_without_a_range_and_a_prior_that_is_none_are_refused() -> None:
    scenario = bl.load("minimal")
    with pytest.raises(bl.FitError, match=r"behaviour\.trial: the scenario has no range .* give one: free="):
        make_prior(scenario, "behaviour.trial", None)
    with pytest.raises(bl.FitError, match=r"behaviour\.trial: prior 'wide'; give a Prior, or \(low, high\)"):
        make_prior(scenario, "behaviour.trial", "wide")  # type: ignore[arg-type]
    with pytest.raises(bl.FitError, match=r"behaviour\.trial: prior \(0\.5, 1\.5\): range 0\.5\.\.1\.5"):
        make_prior(scenario, "behaviour.trial", (0.5, 1.5))


def test_a_parameter_declared_twice_is_refused() -> None:
    with pytest.raises(bl.FitError, match=r"declared free twice: behaviour\.trial"):
        pairs(["behaviour.trial", ("behaviour.trial", (0.1, 0.2))])
    with pytest.raises(bl.FitError, match="need a mapping or a sequence of dotted paths"):
        pairs("behaviour.trial")
