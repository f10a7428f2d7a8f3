"""Choice: logit shares, habits, costs, apps and trials, each against a formula worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare
from worlds import DAY, run, week, world

from balloon.engines.arrays import states
from balloon.interventions import Cooperation, Takedown
from balloon.landscape import Edge
from balloon.population import Group

MANY = 200_000
ONCE = {"revision_rate": 1.0, "steps": 1}  # everybody chooses once


def logit(**utilities: float) -> dict[str, float]:
    """Shares of a multinomial logit."""
    weights = {name: math.exp(v) for name, v in utilities.items()}
    return {name: w / sum(weights.values()) for name, w in weights.items()}


def test_without_pressure_and_peers_the_shares_are_multinomial_logit() -> None:
    platforms = {"A": {"asc": 1.0}, "B": {"asc": 0.0}, "C": {"asc": -0.7}, "D": {"asc": 0.4}}
    out = run(world(platforms=platforms, actors=MANY, outside_option=-0.5, **ONCE))
    expected = np.array(list(logit(A=1.0, B=0.0, C=-0.7, D=0.4, dormant=-0.5).values())) * MANY
    assert chisquare(out["actors"][0, 1, :5], expected).pvalue > 1e-3
    assert out["actors"][0, 1, 5] == 0


def test_choices_of_successive_steps_are_independent_of_each_other() -> None:
    """Without costs the shares stay logit for ever, and where one was says nothing of where one goes."""
    out = run(world(platforms={"A": {"asc": 0.5}, "B": {}}, actors=MANY, revision_rate=1.0, steps=3))
    stay = logit(A=0.5, B=0.0)["A"]
    for t in (2, 3):
        moves = out["moves"][0, t]
        for origin in (0, 1):
            n = moves[origin].sum()
            error = math.sqrt(stay * (1 - stay) / n)
            assert moves[origin, 0] / n == pytest.approx(stay, abs=4 * error)


def test_costs_of_switching_and_onboarding_enter_the_logit_as_utils() -> None:
    """From A: friction 0.5 x cost 2 to B, onboarding 1.5 for those without the app; the group likes C."""
    edges = (Edge(origin="A", destination="B", friction=0.5), Edge(origin="B", destination="C", friction=1.0))
    group = Group(name="g", start={"A": 1.0}, start_apps={"B": 0.5}, asc={"C": 3.0}, risk_aversion=0.0)
    platforms = {"A": {}, "B": {"onboarding_cost": 1.5}, "C": {"onboarding_cost": 0.25}}
    out = run(
        world(platforms=platforms, groups=(group,), edges=edges, actors=MANY, switching_cost=2.0, **ONCE)
    )
    c = 3.0 - 1.5 * 2.0 - 0.25  # by the shortest path A - B - C
    have, lack = logit(A=0.0, B=-1.0, C=c), logit(A=0.0, B=-2.5, C=c)
    expected = [MANY * (have[p] + lack[p]) / 2 for p in "ABC"]
    assert chisquare(out["actors"][0, 1, :3], expected).pvalue > 1e-3


def test_risk_aversion_weighs_the_annual_belief() -> None:
    group = Group(
        name="g", start={"A": 1.0}, belief={"A": 0.3, "B": 0.05}, risk_aversion=8.0, risk_aversion_cv=0.0
    )
    out = run(world(groups=(group,), actors=MANY, spillover=0.25, outside_option=-2.0, **ONCE))
    # All are at home on A in the beginning, so the mean belief is that of A.
    a, b = -8.0 * 0.3, -8.0 * (0.75 * 0.05 + 0.25 * 0.3)
    expected = np.array(list(logit(A=a, B=b, dormant=-2.0).values())) * MANY
    assert chisquare(out["actors"][0, 1, :3], expected).pvalue > 1e-3


def test_risk_aversion_is_log_normal_with_the_mean_and_spread_given() -> None:
    group = Group(name="g", start={"A": 1.0}, risk_aversion=12.0, risk_aversion_cv=0.5)
    risks = next(states(world(groups=(group,), actors=MANY), seed=1, replicate=0)).actors.risk_aversion
    error = 0.5 * 12.0 / math.sqrt(MANY)
    assert risks.mean() == pytest.approx(12.0, abs=4 * error)
    assert np.log(risks).std() == pytest.approx(math.sqrt(math.log(1.25)), rel=0.01)  # s.e. 0.0016


def test_ordinary_switching_is_five_percent_a_year() -> None:
    """Three equal platforms, nobody may go dormant, switching cost 5, onboarding 1, revision 0.2 a week.

    One alternative without its app weighs e^-6, one with it e^-5. Followed over 52 weeks by hand that
    gives 0.0524 moves per actor and year (0.0500 of the actors have moved at least once).
    """
    platforms = {name: {"onboarding_cost": 1.0} for name in "ABC"}
    out = run(world(platforms=platforms, actors=MANY, steps=52, switching_cost=5.0, revision_rate=0.2))
    shares, expected = np.array([1.0, 0.0, 0.0]), 0.0  # by the number of other apps installed
    for _ in range(52):
        have, lack = np.arange(3) * math.exp(-5), (2 - np.arange(3)) * math.exp(-6)
        leave, install = 0.2 * (have + lack) / (1 + have + lack), 0.2 * lack / (1 + have + lack)
        expected += shares @ leave
        shares = shares * (1 - install) + np.roll(shares * install, 1)
    assert expected == pytest.approx(0.0524, abs=5e-5)
    moves = out["moves"][0, 1:]
    moved = moves.sum() - np.trace(moves.sum(axis=0))
    assert moved / MANY == pytest.approx(expected, abs=4 * math.sqrt(expected / MANY))


def test_the_habit_costs_nothing_and_pulls_back() -> None:
    """A is closed for two weeks, reopens, and all reconsider: A is free of cost, staying on B as well.

    Those forced to B keep A as their habit, so A and B weigh the same at the reopening and C is
    5 utils away by friction from A (dormant or not).
    """
    closure = Takedown(platform="A", start=DAY, until=week(2))
    edges = (
        Edge(origin="A", destination="B", friction=0.0),
        Edge(origin="B", destination="A", friction=3.0),
        Edge(origin="B", destination="C", friction=1.0),
    )
    out = run(world(closure, platforms="ABC", edges=edges, actors=MANY, steps=3, switching_cost=5.0))
    # Forced: B at friction 0, C at friction 1.
    forced = logit(B=0.0, C=-5.0)
    error = math.sqrt(forced["C"] / MANY)
    assert out["actors"][0, 1, 2] / MANY == pytest.approx(forced["C"], abs=4 * error)
    assert out["actors"][0, 1].tolist() == out["actors"][0, 2].tolist()
    back = out["moves"][0, 3, 1, 0] / out["actors"][0, 2, 1]
    expected = logit(A=0.0, B=0.0, C=-5.0)["A"]
    assert back == pytest.approx(expected, abs=4 * math.sqrt(0.25 / MANY))
    # From C nothing leads anywhere, so even the habit is no option.
    assert out["moves"][0, 3, 2, 2] == out["actors"][0, 2, 2]


def test_a_free_move_makes_a_new_habit_and_a_forced_one_does_not() -> None:
    free = list(states(world(actors=2_000, revision_rate=1.0, steps=1), seed=1, replicate=0))[-1]
    assert (free.actors.habit == free.actors.home).all()
    forced = world(Takedown(platform="A", start=DAY), actors=2_000, revision_rate=1.0, steps=1)
    last = list(states(forced, seed=1, replicate=0))[-1]
    assert (last.actors.home == 1).all()
    assert (last.actors.habit == 0).all()


def test_the_dormant_keep_habit_and_apps_and_pay_from_the_habit() -> None:
    """Half go dormant in the closing; those on B's doorstep pay switching from their habit A."""
    closure = Takedown(platform="A", start=DAY)
    out = run(
        world(
            closure,
            platforms="AB",
            actors=MANY,
            switching_cost=1.0,
            outside_option=-1.0,
            revision_rate=0.2,
            steps=2,
        )
    )
    assert out["actors"][0, 1, 2] / MANY == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / MANY))
    woken = out["moves"][0, 2, 2, 1] / out["actors"][0, 1, 2]
    assert woken == pytest.approx(0.2 * 0.5, abs=4 * math.sqrt(0.09 / (MANY / 2)))
    assert out["installed"][0, 2, 0] == MANY  # nobody dropped the app of A


def test_actors_without_home_or_habit_pay_no_switching_cost() -> None:
    group = Group(name="g", start={"dormant": 1.0}, start_apps={"B": 1.0}, risk_aversion=0.0)
    platforms = {"A": {"onboarding_cost": 1.0}, "B": {"onboarding_cost": 1.0}}
    edges = (Edge(origin="A", destination="B", friction=9.0),)
    out = run(
        world(
            platforms=platforms,
            groups=(group,),
            edges=edges,
            switching_cost=7.0,
            outside_option=0.0,
            actors=MANY,
            **ONCE,
        )
    )
    expected = np.array(list(logit(A=-1.0, B=0.0, dormant=0.0).values())) * MANY
    assert chisquare(out["actors"][0, 1, :3], expected).pvalue > 1e-3


def test_a_trial_installs_the_best_platform_as_if_switching_were_free() -> None:
    """Nobody moves (cost 40), everybody tries with probability 0.5: B by the logit without friction."""
    platforms = {"A": {}, "B": {"asc": 0.5, "onboarding_cost": 1.0}}
    out = run(world(platforms=platforms, actors=MANY, switching_cost=40.0, trial=0.5, idle_use=0.25, **ONCE))
    expected = 0.5 * logit(A=0.0, B=-0.5)["B"]
    error = math.sqrt(expected * (1 - expected) / MANY)
    assert out["actors"][0, 1].tolist() == [MANY, 0, 0, 0]
    assert out["joins"][0, 1, 1] / MANY == pytest.approx(expected, abs=4 * error)
    assert out["installed"][0, 1].tolist() == [MANY, out["joins"][0, 1, 1]]
    assert out["active"][0, 1] == pytest.approx([MANY, 0.25 * out["joins"][0, 1, 1]])


def test_apps_other_than_the_home_are_dropped_at_revisions_only() -> None:
    group = Group(name="g", start={"A": 1.0}, start_apps={"B": 1.0}, risk_aversion=0.0)
    out = run(
        world(
            groups=(group,),
            actors=MANY,
            switching_cost=40.0,
            revision_rate=0.3,
            steps=2,
            uninstall_probability=0.5,
        )
    )
    for t in (1, 2):
        expected = 0.85**t
        error = math.sqrt(expected * (1 - expected) / MANY)
        assert out["installed"][0, t, 1] / MANY == pytest.approx(expected, abs=4 * error)
        assert out["installed"][0, t, 0] == MANY


def one_revision(*interventions: Cooperation) -> tuple[np.ndarray, np.ndarray]:
    """Homes before and after everybody revised once, beliefs at the start being the true rates."""
    platforms = {n: {"requests": 0.05, "cooperation": 0.1, "onboarding_cost": 0.5} for n in "ABCD"}
    start = {"A": 0.4, "B": 0.2, "C": 0.2, "D": 0.1, "dormant": 0.1}
    group = Group(name="g", start=start, start_apps=dict.fromkeys("ABCD", 0.3), risk_aversion=10.0)
    scenario = world(
        *interventions,
        platforms=platforms,
        groups=(group,),
        actors=100_000,
        revision_rate=1.0,
        steps=1,
        switching_cost=0.7,
        outside_option=-1.0,
        squeezed="A",
    )
    return tuple(s.actors.home.copy() for s in states(scenario, seed=3, replicate=0))


def test_cooperation_of_a_moves_nobody_from_b_to_c_at_one_revision_from_a_common_state() -> None:
    """No peers, vigilance, spillover or adaptive policy: who is elsewhere than without it, left A."""
    before, without = one_revision()
    same, under = one_revision(Cooperation(platform="A", start=DAY, value=0.9))
    assert (before == same).all()
    free = (without < 5) & (under < 5)  # arrests aside
    differ = free & (without != under)
    assert differ.sum() > 1_000
    assert (without[differ] == 0).all()
    assert len(np.unique(under[differ])) == 4  # B, C, D and dormancy all took some
