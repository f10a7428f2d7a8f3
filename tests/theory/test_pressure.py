"""Arrest, seizure, replacement and belief against survival curves and recursions worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare
from worlds import DAY, run, week, world

from balloon.engines.arrays import states
from balloon.errors import ScenarioError
from balloon.interventions import Announcement, Takedown
from balloon.population import Group

MANY = 100_000


def test_a_constant_hazard_gives_geometric_survival() -> None:
    """0.03 a week by undercover work, 0.2 x 0.5 x 0.1 = 0.01 by requests, exposure 2: 0.08 in all."""
    platforms = {"A": {"undercover": 0.03, "requests": 0.2, "cooperation": 0.5}}
    group = Group(name="g", exposure=2.0, start={"A": 1.0}, risk_aversion=0.0)
    out = run(world(platforms=platforms, groups=(group,), actors=MANY, steps=20))
    survival = np.exp(-0.08 * np.arange(21))
    expected = MANY * np.append(survival[:-1] - survival[1:], survival[-1])
    observed = np.append(out["arrests"][0, 1:, 0], out["actors"][0, -1, 0])
    assert chisquare(observed, expected).pvalue > 1e-3
    assert (out["actors"][0, :, 2] == np.cumsum(out["arrests"][0, :, 0])).all()


def test_removal_depends_on_elapsed_time_and_not_on_the_step() -> None:
    """1 - exp(-rate dt): after 4 weeks the same survival in steps of 1, 7 and 14 days."""
    for days in (1.0, 7.0, 14.0):
        scenario = world(
            platforms={"A": {"undercover": 0.05}}, actors=MANY, steps=round(28 / days), step_days=days
        )
        left = run(scenario)["actors"][0, -1, 0] / MANY
        assert left == pytest.approx(math.exp(-0.2), abs=4 * math.sqrt(0.15 / MANY))


def test_the_dormant_and_those_elsewhere_are_out_of_reach_of_a_platform() -> None:
    start = {"A": 0.3, "B": 0.3, "dormant": 0.4}
    out = run(world(platforms={"A": {"undercover": 0.2}, "B": {}}, start=start, actors=10_000, steps=5))
    assert out["arrests"][0, 1:, 0].sum() > 0
    assert out["arrests"][0, :, 1].sum() == 0
    assert (out["actors"][0, :, 1:3] == out["actors"][0, 0, 1:3]).all()


def test_seized_data_arrest_those_who_had_the_app_wherever_they_are_now() -> None:
    """Takedown of A at 0.1 a week for 3 weeks; B's half had A's app in half of the cases."""
    group = Group(
        name="g",
        start={"A": 0.4, "B": 0.4, "dormant": 0.2},
        start_apps={"A": 0.5},
        exposure=3.0,
        risk_aversion=0.0,
    )
    act = Takedown(platform="A", start=week(1), seizure=0.1, seizure_weeks=3.0)
    out = run(world(act, groups=(group,), actors=MANY, steps=6, uninstall_probability=1.0, revision_rate=0.3))
    arrests, installed = out["arrests"][0], out["installed"][0, :, 0]
    assert (arrests[:, 1] == 0).all()
    assert (arrests[[0, 1, 5, 6], 0] == 0).all()
    hit = -math.expm1(-0.1)  # exposure multiplies the pressure on homes, not seizures
    for t in (2, 3, 4):
        assert arrests[t, 0] / installed[t - 1] == pytest.approx(
            hit, abs=4 * math.sqrt(hit / installed[t - 1])
        )
        assert installed[t] == installed[t - 1] - arrests[t, 0]  # the app cannot be dropped meanwhile
    assert installed[5] < installed[4] * 0.8


def test_two_sources_share_the_arrests_in_proportion_to_their_rates() -> None:
    group = Group(name="g", start={"B": 1.0}, start_apps={"A": 1.0}, risk_aversion=0.0)
    act = Takedown(platform="A", start=DAY, seizure=0.15, seizure_weeks=1.0)
    out = run(
        world(act, platforms={"A": {}, "B": {"undercover": 0.05}}, groups=(group,), actors=MANY, steps=1)
    )
    by_source = out["arrests"][0, 1]
    total = -math.expm1(-0.2)
    assert by_source.sum() / MANY == pytest.approx(total, abs=4 * math.sqrt(total / MANY))
    assert by_source[0] / by_source.sum() == pytest.approx(0.75, abs=4 * math.sqrt(0.1875 / by_source.sum()))


def test_roles_are_refilled_at_their_rate_by_newcomers_without_apps() -> None:
    """Everybody on A is arrested fast; newcomers choose between A, B (onboarding 2) and dormancy at once."""
    group = Group(name="g", start={"A": 1.0}, start_apps={"B": 1.0}, risk_aversion=0.0)
    platforms = {"A": {"undercover": 0.25}, "B": {"onboarding_cost": 2.0}}
    out = run(
        world(
            platforms=platforms,
            groups=(group,),
            actors=MANY,
            steps=4,
            outside_option=0.0,
            replacement_rate=0.2,
        )
    )
    newcomers, removed = out["newcomers"][0], out["actors"][0, :, 3]
    assert newcomers[:2].sum() == 0  # nobody was removed before step 1
    chance, weights = -math.expm1(-0.2), np.array([1.0, math.exp(-2.0), 1.0])
    for t in (2, 3, 4):
        found = newcomers[t].sum()
        assert found / removed[t - 1] == pytest.approx(chance, abs=4 * math.sqrt(0.15 / removed[t - 1]))
        assert (out["moves"][0, t, 3, :3] == newcomers[t, :3]).all()
    total = newcomers[:, :3].sum(axis=0)
    assert chisquare(total, weights / weights.sum() * total.sum()).pvalue > 1e-3
    # They came with nothing: on B are only the apps of the first generation and of those who chose B.
    first_generation = MANY - out["joint"][0, -1, 0, 3]
    assert out["installed"][0, -1, 1] == first_generation + total[1]


def test_a_newcomer_cannot_be_arrested_in_the_step_of_entry() -> None:
    out = run(world(platforms={"A": {"undercover": 0.25}}, actors=MANY, steps=3, replacement_rate=0.25))
    moves = out["moves"][0]
    chance = -math.expm1(-0.25)
    for t in (1, 2, 3):
        before = out["actors"][0, t - 1, 0]
        assert out["arrests"][0, t, 0] == moves[t, 0, 2]
        assert moves[t, 0, 2] / before == pytest.approx(chance, abs=4 * math.sqrt(0.18 / before))


@pytest.mark.parametrize(("actors", "replicates"), [(1_000, 200), (100_000, 4)])
def test_belief_is_unbiased_whatever_the_number_of_actors(actors: int, replicates: int) -> None:
    """Started at half and at twice the true rate, 0.01 a week, belief follows its recursion to the truth."""
    days, rate, learning, credibility = 1.0, 0.01, 0.3, 20.0
    weeks, steps = days / 7, 200
    groups = tuple(
        Group(
            name=name,
            share=0.5,
            start={"A": 1.0},
            risk_aversion=0.0,
            belief={"A": -math.expm1(-52 * rate * k)},
        )
        for name, k in (("low", 0.5), ("high", 2.0))
    )
    out = run(
        world(
            platforms={"A": {"undercover": rate}},
            groups=groups,
            actors=actors,
            steps=steps,
            step_days=days,
            learning_rate=learning,
            credibility=credibility,
        ),
        replicates=replicates,
    )
    weight = -math.expm1(-learning * weeks)
    weekly = -np.log1p(-out["belief"][:, :, :, 0]) / 52
    for g, k in enumerate((0.5, 2.0)):
        h, n = rate * k, actors / 2
        for _ in range(steps):
            h += weight * (-math.expm1(-rate * weeks) / weeks * n - n * h) / (n + credibility)
            n *= math.exp(-rate * weeks)
        # One arrest among n moves h by weight / (dt n); an AR(1) with this weight keeps half of it.
        spread = math.sqrt(rate / weeks * weight / 2 / n)
        tolerance = 4 * spread / math.sqrt(replicates)
        assert weekly[:, -1, g].mean() == pytest.approx(h, abs=tolerance)
        assert h == pytest.approx(rate, rel=0.02)


def test_one_arrest_among_three_moves_belief_by_credibility() -> None:
    """h += (1 - e^-0.3) (arrests - 3 h) / (3 + 20), from the truth of 0.1 a week; zero where nobody is."""
    out = run(
        world(
            platforms={"A": {"undercover": 0.1}, "B": {"undercover": 0.2}},
            actors=3,
            steps=1,
            contacts=world().population.contacts,
            learning_rate=0.3,
        ),
        replicates=40,
    )
    weekly = -np.log1p(-out["belief"][:, :, 0]) / 52
    arrests = out["arrests"][:, 1, 0]
    assert set(arrests) >= {0, 1}
    expected = 0.1 + -math.expm1(-0.3) * (arrests - 3 * 0.1) / 23
    assert weekly[:, 1, 0] == pytest.approx(expected, rel=1e-9)
    assert weekly[:, :, 1] == pytest.approx(0.2, rel=1e-9)


def test_an_announcement_moves_belief_once_and_is_clipped() -> None:
    group = Group(name="g", start={"A": 1.0}, belief={"A": 0.4, "B": 0.3}, risk_aversion=0.0)
    out = run(
        world(
            Announcement(platform="A", start=week(1), belief=0.5),
            Announcement(platform="A", start=week(1.5), belief=-0.2),  # the same step: added up first
            Announcement(platform="A", start=week(3), belief=0.9),
            Announcement(platform="B", start=week(2), belief=-1.0),
            groups=(group,),
            steps=5,
        )
    )
    assert out["belief"][0, :, 0, 0] == pytest.approx([0.4, 0.4, 0.7, 0.7, 0.999, 0.999])
    assert out["belief"][0, :, 0, 1] == pytest.approx([0.3, 0.3, 0.3, 0.0, 0.0, 0.0])


def test_start_apps_are_the_home_and_each_other_with_its_probability() -> None:
    group = Group(name="g", start={"A": 0.5, "B": 0.3, "dormant": 0.2}, start_apps={"A": 0.1, "C": 0.6})
    first = next(states(world(platforms="ABC", groups=(group,), actors=MANY), seed=2, replicate=0))
    expected = np.array([0.5 + 0.5 * 0.1, 0.3, 0.6])
    assert first.series.installed[0] / MANY == pytest.approx(expected, abs=4 * math.sqrt(0.25 / MANY))
    assert (first.actors.habit[first.actors.home == 3] == -1).all()


def test_overlapping_seizures_on_one_platform_are_refused_with_their_dates() -> None:
    acts = (
        Takedown(platform="A", start=DAY, until=week(1), seizure=0.05, seizure_weeks=10.0),
        Takedown(platform="A", start=week(3), seizure=0.1, seizure_weeks=10.0),
    )
    with pytest.raises(ScenarioError, match=r"two seizures on 'A' overlap: that of .* lasts to .* the next"):
        world(*acts)


def test_data_of_a_second_takedown_say_nothing_about_the_first() -> None:
    """A is raided in week 1 (0.05 a week for three weeks), reopens, and is raided in week 4 (0.1).

    Group "late" tries A in between: the first raid has no data on it.
    """
    groups = (
        Group(name="early", share=0.5, start={"B": 1.0}, start_apps={"A": 1.0}, risk_aversion=0.0),
        Group(name="late", share=0.5, start={"B": 1.0}, risk_aversion=0.0),
    )
    acts = (
        Takedown(platform="A", start=DAY, until=week(1), seizure=0.05, seizure_weeks=3.0),
        Takedown(platform="A", start=week(3), seizure=0.1, seizure_weeks=10.0),
    )
    out = run(
        world(*acts, groups=groups, actors=MANY, steps=6, revision_rate=1.0, switching_cost=40.0, trial=1.0)
    )
    late, total = out["arrests_by_group"][0, 4, 1, 0], out["actors_by_group"][0, 3, 1].sum()
    have = out["installed"][0, 3, 0] - out["actors_by_group"][0, 3, 0, :3].sum()  # all of the early have it
    assert out["arrests_by_group"][0, 1:4, 1].sum() == 0
    assert total == MANY / 2
    assert have > MANY / 10
    assert late / have == pytest.approx(-math.expm1(-0.1), abs=4 * math.sqrt(0.09 / have))
