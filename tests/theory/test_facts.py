"""The facts that the model must be able to show, each with the parameters that show it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from worlds import run, week, world

from balloon.contacts import Contacts
from balloon.interventions import Announcement, Cooperation, PlatformChange, Takedown
from balloon.population import Group

N = 20_000
KOREA = {"A": {"requests": 0.04}, "B": {"requests": 0.04}, "C": {"requests": 0.04}}


def squeezed(*, cooperate: bool = True, risk_aversion: float = 15.0, **behaviour: float) -> np.ndarray:
    """Shares by place after a year in which A answers 90 % of the requests from week 4 on, or does not."""
    act = (Cooperation(platform="A", start=week(4), value=0.9),) if cooperate else ()
    numbers = {
        "switching_cost": 2.0,
        "outside_option": -2.0,
        "revision_rate": 0.2,
        "learning_rate": 0.2,
        **behaviour,
    }
    group = Group(name="g", start={"A": 0.7, "B": 0.15, "C": 0.15}, risk_aversion=risk_aversion)
    out = run(world(*act, platforms=KOREA, groups=(group,), actors=N, steps=56, squeezed="A", **numbers))
    return out["actors"][0, -1] / N


def test_displacement_can_be_partial() -> None:
    """Risk aversion 15, outside option 0: of the loss of A a part moves, a part stops, a part is arrested."""
    change = squeezed(outside_option=0.0) - squeezed(cooperate=False, outside_option=0.0)
    loss, displaced = -change[0], change[1] + change[2]
    assert loss > 0.05
    assert 0.2 < displaced / loss < 0.9
    assert 0.1 < change[3] / loss < 0.5
    assert change[4] / loss > 0.05


def test_displacement_can_be_none_and_can_be_nearly_full() -> None:
    """Spillover 1 and an easy way out displace nobody; dormancy closed displaces all but the arrested."""
    none = squeezed(spillover=1.0, outside_option=-1.0) - squeezed(
        cooperate=False, spillover=1.0, outside_option=-1.0
    )
    full = squeezed(outside_option=-50.0) - squeezed(cooperate=False, outside_option=-50.0)
    assert none[0] < -0.05
    assert none[1] + none[2] <= 0
    assert full[3] == 0
    assert (full[1] + full[2]) / (-full[0] - full[4]) == pytest.approx(1.0)
    assert (full[1] + full[2]) / -full[0] > 0.5


@pytest.mark.parametrize("spillover", [0.5, 0.75, 1.0])
def test_benefits_diffuse_when_beliefs_spill_over(spillover: float) -> None:
    """Nobody moves between platforms (cost 30), so B can only lose through what its users hear of A."""
    numbers = {"switching_cost": 30.0, "spillover": spillover}
    change = squeezed(**numbers) - squeezed(cooperate=False, **numbers)
    assert change[1] < -0.01  # standard error of the paired difference below 0.001
    assert change[2] < -0.01


def test_benefits_diffuse_beyond_displacement_at_a_spillover_of_a_half_and_more() -> None:
    """With ordinary movement open, the others lose more by what they hear than they gain by who comes."""
    for spillover in (0.6, 0.8):
        numbers = {"switching_cost": 5.0, "spillover": spillover, "risk_aversion": 30.0}
        change = squeezed(**numbers) - squeezed(cooperate=False, **numbers)
        assert change[1] + change[2] < -0.01


def test_without_spillover_no_benefit_diffuses() -> None:
    numbers = {"switching_cost": 30.0, "spillover": 0.0}
    change = squeezed(**numbers) - squeezed(cooperate=False, **numbers)
    assert change[1] == 0
    assert change[2] == 0


def test_after_a_temporary_ban_the_banned_return_by_habit() -> None:
    """A ban of six weeks, switching cost 5 as in ordinary times: most go back in the week it ends.

    By hand: those forced to B keep the habit of A, which is then free of cost: with asc 1.5 of A 82 %
    return at once. Those who in five weeks stayed on B by choice (2 % a week) have B as their habit, and
    for them A is 5 utils away: 3 % at a revision.
    """
    platforms = {"A": {"asc": 1.5}, "B": {}}
    ban = Takedown(platform="A", start=week(4), until=week(10))
    out = run(world(ban, platforms=platforms, actors=N, steps=20, switching_cost=5.0, revision_rate=0.02))
    homes = out["actors"][0, :, 0] / N
    assert homes[3] > 0.98
    assert (homes[5:11] == 0).all()
    loyal = 0.98**5
    expected = loyal / (1 + math.exp(-1.5)) + (1 - loyal) * 0.02 / (1 + math.exp(3.5))
    assert out["moves"][0, 11, 1, 0] / N == pytest.approx(expected, abs=4 * math.sqrt(0.2 / N))
    assert expected > 0.7


def test_a_scare_overshoots_and_falls_back_while_the_old_platform_keeps_its_users() -> None:
    """Korea 2014 in small: trials 0.8, apps dropped at 0.25 a revision, idle use 0.5, switching cost 6.

    A scare of four weeks lowers A by 6 utils, from 4 above B to 2 below: nobody's home changes much,
    but many try B. Its active users grow more than fivefold and fall back, not all the way.
    """
    platforms = {"A": {"asc": 4.0, "onboarding_cost": 0.5}, "B": {"onboarding_cost": 0.5}}
    scare = PlatformChange(platform="A", start=week(8), until=week(12), asc=-6.0)
    group = Group(name="g", start={"A": 0.98, "B": 0.02}, start_apps={"A": 1.0}, risk_aversion=0.0)
    out = run(
        world(
            scare,
            platforms=platforms,
            groups=(group,),
            actors=N,
            steps=40,
            revision_rate=0.2,
            switching_cost=6.0,
            trial=0.8,
            uninstall_probability=0.25,
            idle_use=0.5,
        )
    )
    active, homes = out["active"][0, :, 1] / N, out["actors"][0, :, 0] / N
    before, peak, end = active[8], active.max(), active[-1]
    assert active.argmax() == 12
    assert peak > 5 * before
    assert 1.5 * before < end < 0.5 * peak
    assert homes.min() > 0.95


def destinations(peer_influence: float, rechoice_rate: float | None) -> np.ndarray:
    """Shares of three equal destinations in those who leave a closed market; B starts with a small lead."""
    start = {"A": 0.92, "B": 0.04, "C": 0.02, "D": 0.02}
    out = run(
        world(
            Takedown(platform="A", start=week(1)),
            platforms="ABCD",
            start=start,
            actors=2_000,
            steps=40,
            contacts=Contacts(kind="erdos_renyi", degree=20.0),
            switching_cost=2.0,
            revision_rate=0.05,
            rechoice_rate=rechoice_rate,
            peer_influence=peer_influence,
        ),
        replicates=40,
    )
    to = out["moves"][:, 2:, 4, 1:4].sum(axis=1) + out["moves"][:, 2, 0, 1:4]
    return to / to.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("peer_influence", [4.0, 5.0, 6.0])
def test_one_destination_can_take_the_majority_of_a_closed_market(peer_influence: float) -> None:
    """Rechoice 0.1 a week, 20 contacts, B at 4 % and C, D at 2 % before: early movers show the way.

    Means over 40 replicates about 0.56, 0.65, 0.70 (standard error 0.015), the 0.71 of the record among them.
    """
    shares = destinations(peer_influence, rechoice_rate=0.1).max(axis=1)
    assert shares.mean() > 0.5
    if peer_influence >= 5:
        assert shares.min() < 0.71 < shares.max()
    at_once = destinations(peer_influence, rechoice_rate=None).max(axis=1)
    assert at_once.mean() < shares.mean() - 0.03


def test_without_peers_a_closed_market_splits_evenly() -> None:
    shares = destinations(0.0, rechoice_rate=0.1)
    assert shares.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=4 * math.sqrt(0.22 / 1_840 / 40))


def test_deterrence_needs_risk_aversions_of_ten_to_fifty() -> None:
    """Believed annual probabilities of 0.17 on A (outside option -3): dormancy grows from a few percent
    at risk aversion 0 to a clear part at 10 and to most at 50.
    """
    dormant = {
        r: squeezed(risk_aversion=r, outside_option=-3.0, switching_cost=5.0, spillover=1.0)[3]
        for r in (0, 10, 50)
    }
    base = {
        r: squeezed(risk_aversion=r, outside_option=-3.0, switching_cost=5.0, spillover=1.0, cooperate=False)[
            3
        ]
        for r in (0, 10, 50)
    }
    effect = {r: dormant[r] - base[r] for r in dormant}
    # At risk aversion 0 the effect is through arrests alone: fewer are left to go dormant.
    assert effect[0] <= 0
    assert effect[10] > 0.05
    assert effect[50] > 0.3


def test_an_announcement_alone_deters_while_beliefs_last() -> None:
    """No hazard changes; belief jumps by 0.4 and, with learning 0.1 and nobody arrested, decays."""
    group = Group(name="g", start={"A": 1.0}, risk_aversion=20.0)
    out = run(
        world(
            Announcement(platform="A", start=week(2), belief=0.4),
            platforms="A",
            groups=(group,),
            actors=N,
            steps=80,
            revision_rate=0.2,
            outside_option=-3.0,
            learning_rate=0.1,
        )
    )
    dormant = out["actors"][0, :, 1] / N
    weekly = -np.log1p(-out["belief"][0, :, 0, 0]) / 52
    assert dormant[3] < 0.04
    assert dormant.max() > 0.4
    assert dormant[-1] < 0.1
    assert weekly[-1] < weekly[3] / 100
    assert out["arrests"].sum() == 0
