"""The facts that the model must be able to show, each with the parameters that show it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from balloon.contacts import Contacts
from balloon.interventions import Announcement, Cooperation, PlatformChange, Takedown
from balloon.population import Group
from worlds import run, week, world

N = 20_000
KOREA = {"A": {"requests": 0.04}, "B": {"requests": 0.04}, "C": {"requests": 0.04}}


def squeezed(*, cooperate: bool = True, risk_aversion: float = 15.0, **behaviour: float) -> np.ndarray:
    """Shares by place after a year in which A answers 90 % of the requests from week 4 on, or does not."""
    act = (Cooperation(platform="A", start=week(4), value=0.9),) if cooperate else ()
    numbers = {"switching_cost": 2.0, "outside_option": -2.0, "revision_rate": 0.2, "learning_rate": 0.2, **behaviour}
    group = Group(name="g", start={"A": 0.7, "B": 0.15, "C": 0.15}, risk_aversion=risk_aversion)
    out = run(world(*act, platforms=KOREA, groups=(group,), actors=N, steps=56, squeezed="A", **numbers))
    return out["actors"][0, -1] / N


def test_displacement_can_be_partial() -> None:
    """Risk aversion 15, outside option -2: of the loss of A a part moves, a part stops, a part is arrested."""
    change = squeezed() - squeezed(cooperate=False)
    loss, displaced = -change[0], change[1] + change[2]
    assert loss > 0.05
    assert 0.2 < displaced / loss < 0.9
    assert change[3] / loss > 0.05
    assert change[4] / loss > 0.05


def test_displacement_can_be_none_and_can_be_nearly_full() -> None:
    """Spillover 1 and a near way out leave nobody displaced; dormancy closed displaces all but the arrested."""
    none = squeezed(spillover=1.0, outside_option=-1.0) - squeezed(cooperate=False, spillover=1.0, outside_option=-1.0)
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

    By hand: those forced to B find A and B equally good and free of cost at the reopening, so half
    return at once, and with asc 1.5 of A 82 %; without their habit, at a cost of 5, 3 %.
    """
    platforms = {"A": {"asc": 1.5}, "B": {}}
    ban = Takedown(platform="A", start=week(4), until=week(10))
    out = run(world(ban, platforms=platforms, actors=N, steps=20, switching_cost=5.0, revision_rate=0.02))
    homes = out["actors"][0, :, 0] / N
    assert homes[3] > 0.98
    assert (homes[5:11] == 0).all()
    expected = 1 / (1 + math.exp(-1.5))
    assert out["moves"][0, 11, 1, 0] / out["actors"][0, 10, 1] == pytest.approx(expected, abs=4 * math.sqrt(0.15 / N))
    assert 1 / (1 + math.exp(3.5)) < 0.03


def test_a_scare_overshoots_and_falls_back_while_the_old_platform_keeps_its_users() -> None:
    """Korea 2014 in small: trials 0.5, apps dropped at 0.15 a revision, idle use 0.5, habit worth 6 utils.

    A scare of four weeks lowers A by 3: active users of B jump to a multiple, then fall back, but not
    to where they were; at home on A remain more than nine in ten all along.
    """
    platforms = {"A": {"asc": 2.0, "onboarding_cost": 0.5}, "B": {"onboarding_cost": 0.5}}
    scare = PlatformChange(platform="A", start=week(8), until=week(12), asc=-3.0)
    group = Group(name="g", start={"A": 0.99, "B": 0.01}, start_apps={"A": 1.0}, risk_aversion=0.0)
    out = run(world(scare, platforms=platforms, groups=(group,), actors=N, steps=30, revision_rate=0.2, switching_cost=6.0,
                    trial=0.5, uninstall_probability=0.15, idle_use=0.5))  # fmt: skip
    active, homes = out["active"][0, :, 1] / N, out["actors"][0, :, 0] / N
    before, peak, end = active[8], active.max(), active[-1]
    assert 9 <= active.argmax() <= 13
    assert peak > 1.5 * before
    assert before < end < peak - 0.3 * (peak - before)
    assert homes.min() > 0.9


def largest_destination(peer_influence: float) -> np.ndarray:
    """Of three equal destinations of a closed market, the largest's share, by replicate."""
    start = {"A": 0.94, "B": 0.02, "C": 0.02, "D": 0.02}
    platforms = {"A": {}, "B": {}, "C": {}, "D": {}}
    out = run(world(Takedown(platform="A", start=week(1)), platforms=platforms, start=start, actors=2_000, steps=30,
                    contacts=Contacts(kind="erdos_renyi", degree=10.0), switching_cost=2.0, revision_rate=0.05,
                    rechoice_rate=0.2, peer_influence=peer_influence), replicates=40)  # fmt: skip
    to = out["moves"][:, 2:, 4, 1:4].sum(axis=1)  # from waiting dormant to B, C, D
    return to.max(axis=1) / to.sum(axis=1)


@pytest.mark.parametrize("peer_influence", [4.0, 5.0, 6.0])
def test_one_destination_can_take_the_majority_of_a_closed_market(peer_influence: float) -> None:
    """Rechoice 0.2 a week: early movers show the way. Means over 40 replicates; 0.71 lies in the range."""
    shares = largest_destination(peer_influence)
    assert shares.mean() > 0.5
    assert shares.max() > 0.71
    assert shares.min() < 0.71 or peer_influence > 5


def test_without_peers_a_closed_market_splits_evenly() -> None:
    assert largest_destination(0.0).max() < 1 / 3 + 5 * math.sqrt(0.22 / 1_880)


def test_deterrence_needs_risk_aversions_of_ten_to_fifty() -> None:
    """Believed annual probabilities of 0.17 on A (outside option -3): dormancy grows from a few percent
    at risk aversion 0 to a clear part at 10 and to most at 50.
    """
    dormant = {r: squeezed(risk_aversion=r, outside_option=-3.0, switching_cost=5.0, spillover=1.0)[3] for r in (0, 10, 50)}
    base = {r: squeezed(risk_aversion=r, outside_option=-3.0, switching_cost=5.0, spillover=1.0, cooperate=False)[3]
            for r in (0, 10, 50)}  # fmt: skip
    effect = {r: dormant[r] - base[r] for r in dormant}
    # At risk aversion 0 the effect is through arrests alone: fewer are left to go dormant.
    assert effect[0] <= 0
    assert effect[10] > 0.05
    assert effect[50] > 0.3


def test_an_announcement_alone_deters_while_beliefs_last() -> None:
    """No hazard changes; belief jumps by 0.4 and, with learning 0.1 and nobody arrested, decays."""
    group = Group(name="g", start={"A": 1.0}, risk_aversion=20.0)
    out = run(world(Announcement(platform="A", start=week(2), belief=0.4), platforms="A", groups=(group,), actors=N, steps=80,
                    revision_rate=0.2, outside_option=-3.0, learning_rate=0.1))  # fmt: skip
    dormant = out["actors"][0, :, 1] / N
    weekly = -np.log1p(-out["belief"][0, :, 0, 0]) / 52
    assert dormant[3] < 0.04
    assert dormant.max() > 0.4
    assert dormant[-1] < 0.1
    assert weekly[-1] < weekly[3] / 100
    assert out["arrests"].sum() == 0
