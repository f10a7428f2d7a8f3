"""What the data say, and what they do not: null directions by name, contraction, verdicts."""

from __future__ import annotations

import numpy as np
import pytest
import toy

from balloon.calibrate.fit import settle
from balloon.calibrate.identifiability import PRIOR_RETURNED, bits, correlation, identifiability, verdict
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.priors import Prior
from balloon.calibrate.problem import problem

HAZARD = {
    "behaviour.arrests_per_answer": Prior.log_normal(0.1, 0.5),
    "platforms.A.requests": Prior.log_normal(0.05, 0.5),
}


def judged(rows, free):
    made = toy.toy(rows, free)
    return identifiability(made, made.start)


def police(value: float = 60.0):
    return [
        Observation(
            quantity="arrests", start=toy.week(t), end=toy.week(t + 5), platform="A", value=value,
            unit="arrests", dispersion=2.0, scale="police",
        )
        for t in range(0, 30, 5)
    ]  # fmt: skip


def test_the_scale_of_detection_against_the_hazard_is_a_null_direction_and_named() -> None:
    free = {"platforms.A.undercover": Prior.log_normal(0.01, 0.5)}
    world = toy.scenario().with_({f"platforms.{n}.requests": 0.0 for n in toy.NAMES})
    made = problem(world, Observations(tuple(police())), free, forward=toy.forward(world))
    found = identifiability(made, made.start)
    assert len(found.null) == 1
    assert "scale.police" in found.null[0]
    assert "platforms.A.undercover" in found.null[0]
    assert found.null[0].endswith("change no observation; fix one of them")
    assert found.verdicts == (PRIOR_RETURNED, PRIOR_RETURNED)


def test_a_hazard_that_is_a_product_of_two_rates_is_a_null_direction_of_both() -> None:
    world = toy.scenario().with_({f"platforms.{n}.undercover": 0.0 for n in toy.NAMES})
    only_a = [row for row in toy.arrests() if row.platform == "A"]
    made = problem(world, Observations(tuple(only_a)), HAZARD, forward=toy.forward(world))
    found = identifiability(made, made.start)
    assert len(found.null) == 1
    # The product stays: one rises by the factor by which the other falls.
    factors = sorted(float(part) for part in _numbers(found.null[0]))
    assert factors[0] * factors[1] == pytest.approx(1.0, abs=0.02)


def _numbers(text: str) -> list[str]:
    return [word for word in text.replace("x", " ").split() if word.replace(".", "").isdigit()]


def test_every_asc_and_the_outside_option_together_change_nothing() -> None:
    free = {f"platforms.{n}.asc": Prior.normal(0, 1) for n in toy.NAMES} | {
        "behaviour.outside_option": Prior.normal(-2, 1)
    }
    found = judged([*toy.waves(), *toy.stock()], free)
    assert len(found.null) == 1
    assert all(name in found.null[0] for name in free)
    assert set(found.verdicts) == {PRIOR_RETURNED}
    fixed = judged([*toy.waves(), *toy.stock()], dict(list(free.items())[1:]))
    assert not fixed.null
    assert set(fixed.verdicts) == {"identified"}


def test_a_parameter_that_no_observation_depends_on_is_named_alone() -> None:
    free = {**toy.FREE, "platforms.B.requests": Prior.log_normal(0.05, 0.5)}
    found = judged(toy.waves(), free)
    said = {one.split(":")[0] for one in found.null}
    assert said == {"behaviour.arrests_per_answer", "platforms.B.requests"}
    assert all(one.endswith("no observation depends on it; fix it") for one in found.null)
    table = found.to_frame()
    assert table.verdict["platforms.B.requests"] == PRIOR_RETURNED
    assert table.contraction["platforms.B.requests"] == pytest.approx(0.0, abs=1e-6)
    assert table.verdict["platforms.B.asc"] == "identified"


def test_contraction_is_one_minus_posterior_over_prior_standard_deviation() -> None:
    made = toy.toy([*toy.stock(sd=100.0)], {"behaviour.outside_option": Prior.normal(-2, 1)})
    found = identifiability(made, made.start)
    _, slopes = made.slopes(made.start[None])
    information = float((slopes[0, :, 0] ** 2).sum()) / 100.0**2
    assert found.contraction[0] == pytest.approx(1.0 - (1.0 + information) ** -0.5)
    assert found.eigenvalues[0] == pytest.approx(information)


def test_more_data_never_lower_the_contraction() -> None:
    few, many = (
        judged(rows, toy.FREE) for rows in (toy.waves(every=9), [*toy.waves(every=9), *toy.arrests()])
    )
    assert (many.contraction >= few.contraction - 1e-12).all()


def test_a_combination_of_which_the_data_say_little_is_told_in_words() -> None:
    free = {
        "behaviour.arrests_per_answer": Prior.log_normal(0.1, 0.3),
        "platforms.A.undercover": Prior.log_normal(0.01, 0.3),
    }
    only_a = [row for row in toy.arrests(dispersion=6.0) if row.platform == "A"]
    found = judged(only_a, free)
    said = found.null + found.sloppy
    assert any("arrests_per_answer" in one and "undercover" in one for one in said)
    assert "contraction" in str(found)


def test_the_summary_prints_no_number_where_the_prior_is_returned() -> None:
    free = {**toy.FREE, "platforms.B.requests": Prior.log_normal(0.05, 0.5)}
    fit = settle(toy.toy(toy.waves(), free), starts=2)
    table = fit.summary()
    silent = table.loc["platforms.B.requests"]
    assert np.isnan([silent.estimate, silent.low, silent.high]).all()
    assert silent.verdict == PRIOR_RETURNED
    assert silent.prior_low < 0.05 < silent.prior_high
    assert "platforms.B.requests" not in fit.identified
    assert "platforms.B.asc" in fit.identified


def test_a_parameter_that_misfit_pulls_without_narrowing_is_named() -> None:
    made = toy.toy(toy.waves(), {**toy.FREE, "platforms.B.requests": Prior.log_normal(0.05, 0.5)})
    at, spread = made.start, np.full(len(made.names), 0.5)
    last = made.names.index("platforms.B.requests")
    spread[last] = 0.96
    at[last] = -1.3
    found = identifiability(made, at, spread)
    # sqrt(1 - .96^2) = .28
    (said,) = found.pulled
    assert said.startswith(
        "platforms.B.requests by -1.3 prior sd, where so little information moves it by 0.3;"
    )
    assert "moved, though hardly narrowed: platforms.B.requests" in str(found)
    at[last] = -0.5
    assert identifiability(made, at, spread).pulled == ()


@pytest.mark.parametrize(
    ("contraction", "said"), [(0.5, "identified"), (0.3, "weakly"), (0.1, "weakly"), (0.09, PRIOR_RETURNED)]
)
def test_verdicts_follow_from_contraction(contraction: float, said: str) -> None:
    assert verdict(contraction) == said


def test_correlations_and_bits_by_hand() -> None:
    assert correlation(np.array([[4.0, 1.0], [1.0, 1.0]]))[0, 1] == 0.5
    assert bits(np.array([3.0, 0.0])) == 1.0
