"""What to collect next, against information worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

import balloon as bl
from balloon.calibrate.design import WHAT_THERE_IS, suggest_data
from balloon.calibrate.problem import problem
from balloon.errors import FitError

FREE = {
    "behaviour.switching_cost": (3.0, 8.0),
    "behaviour.revision_rate": (0.05, 0.5),
    "platforms.Telegram.requests": (0.01, 0.04),
}


def share(scenario, week, *, n=300):
    return bl.Observation(
        quantity="share", start=scenario.start + timedelta(weeks=week), platform="Signal", value=0.1,
        unit="share", n=n, dispersion=1.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scenario():
    return bl.load("minimal").with_({"steps": 26})


@pytest.fixture(scope="module")
def asked(scenario):
    return problem(scenario, bl.Observations((share(scenario, 10),)), FREE)


def test_one_share_adds_the_information_of_its_sample(scenario) -> None:
    one = problem(scenario, bl.Observations((share(scenario, 10),)), {"behaviour.switching_cost": (3.0, 8.0)})
    table = suggest_data(one, [0.0], {"more": bl.Observations((share(scenario, 20, n=500),))})
    step = 1e-4

    def told(week, n):
        """n p'2 / (p (1 - p)), by differences."""
        at = problem(scenario, bl.Observations((share(scenario, week),)), dict([next(iter(FREE.items()))]))
        low, middle, high = at.predict(np.array([[-step], [0.0], [step]]))[:, 0]
        return n * ((high - low) / (2 * step)) ** 2 / (middle * (1 - middle))

    before, after = told(10, 300), told(10, 300) + told(20, 500)
    cost = table["behaviour.switching_cost"]
    assert cost[WHAT_THERE_IS] == pytest.approx(1 - (1 + before) ** -0.5, rel=1e-5)
    assert cost["more"] == pytest.approx(1 - (1 + after) ** -0.5, rel=1e-5)
    assert table.gain["more"] == pytest.approx(cost["more"] - cost[WHAT_THERE_IS])


def test_people_asked_whether_they_thought_of_moving_tell_the_revision_rate(asked) -> None:
    table = suggest_data(asked, asked.start)
    best = table.drop(WHAT_THERE_IS)["behaviour.revision_rate"].idxmax()
    assert best == "attention"
    rate = table["behaviour.revision_rate"]
    assert rate[WHAT_THERE_IS] < 0.3
    assert rate[best] > 0.9


def test_the_best_for_one_parameter_is_not_the_best_for_another(asked) -> None:
    first = {t: suggest_data(asked, asked.start, targets=[t]).index[1] for t in FREE}
    assert first["behaviour.revision_rate"] == "attention"
    assert first["platforms.Telegram.requests"] != "attention"


def test_nothing_is_lost_by_more_data_and_the_best_stands_first(asked) -> None:
    table = suggest_data(asked, asked.start)
    names = list(FREE)
    assert (table[names] >= table.loc[WHAT_THERE_IS, names] - 1e-9).all(axis=None)
    assert table.index[0] == WHAT_THERE_IS
    assert table.gain[1:].is_monotonic_decreasing


def test_twice_as_many_persons_tell_more(asked) -> None:
    few, many = (suggest_data(asked, asked.start, n=n).gain["attention"] for n in (20, 40))
    assert many > few


def test_a_known_scale_of_arrests_tells_the_pressure_and_an_unknown_one_hardly(scenario) -> None:
    def contraction(scale):
        row = bl.Observation(
            quantity="arrests", start=scenario.start + timedelta(weeks=5), value=3, unit="arrests",
            end=scenario.start + timedelta(weeks=9), platform="Telegram", scale=scale, dispersion=1.0,
        )  # fmt: skip
        there = problem(scenario, bl.Observations((share(scenario, 10), row)), FREE)
        return suggest_data(there, there.start)["platforms.Telegram.requests"]["arrests"]

    assert contraction(1.0) > 0.3
    assert contraction("police records") < 0.15


def test_a_series_that_nobody_has_seen_yet_comes_with_an_unknown_scale(asked) -> None:
    requests = suggest_data(asked, asked.start)["platforms.Telegram.requests"]
    assert requests["arrests"] < requests[WHAT_THERE_IS] + 0.15


def test_targets_that_are_not_free_and_empty_candidates_are_refused(asked) -> None:
    with pytest.raises(
        FitError, match=r"target 'behaviour\.trial': is not free; there are behaviour\.switching"
    ):
        suggest_data(asked, asked.start, targets=["behaviour.trial"])
    with pytest.raises(FitError, match="no candidates; name some data"):
        suggest_data(asked, asked.start, {})


def test_candidates_that_the_scenario_cannot_show_are_refused(asked, scenario) -> None:
    own = scenario.with_({"behaviour.revision_rate": 0.99}).with_({"step_days": 14.0, "steps": 13})
    there = problem(own, bl.Observations((share(own, 10),)), {"behaviour.switching_cost": (3.0, 8.0)})
    row = bl.Observation(
        quantity="attention", start=own.start, end=own.start + timedelta(weeks=4), value=0.1, unit="share",
        n=100, dispersion=1.0,
    )  # fmt: skip
    with pytest.raises(FitError, match="can show none of the candidates"):
        suggest_data(there, there.start, {"attention": bl.Observations((row,))})
