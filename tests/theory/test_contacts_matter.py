"""Peers and vigilance: what contacts do, on graphs small enough to reason about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom
from worlds import DAY, run, world

from balloon.contacts import Contacts
from balloon.interventions import Takedown
from balloon.population import Group

PAIRS = 40_000
COUPLES = Contacts.given(
    2 * PAIRS, [(i, i + PAIRS) for i in range(PAIRS)]
)  # slot i knows slot i + PAIRS only


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_peers_pull_by_their_share_at_the_end_of_the_last_step() -> None:
    """One contact each: all of an actor's contacts are on one platform. Utility 1.5 for being with it."""
    groups = (
        Group(name="followers", share=0.5, start={"A": 1.0}, risk_aversion=0.0),
        Group(name="models", share=0.5, start={"A": 0.25, "B": 0.5, "dormant": 0.25}, risk_aversion=0.0),
    )
    out = run(
        world(
            groups=groups, contacts=COUPLES, actors=2 * PAIRS, steps=1, revision_rate=1.0, peer_influence=1.5
        )
    )
    shares = out["actors_by_group"][0, 1, 0, :2] / PAIRS
    start = out["actors_by_group"][0, 0, 1, :3] / PAIRS
    expected = start[0] * sigma(1.5) + start[1] * sigma(-1.5) + start[2] * 0.5  # the dormant say nothing
    assert shares[0] == pytest.approx(expected, abs=4 * math.sqrt(0.25 / PAIRS))


def test_contacts_on_a_platform_that_is_closed_to_the_actor_do_not_count() -> None:
    """Two contacts, on A and on B; A closes: then all who can be joined are on B, s = 1 and not 1/2."""
    n = 20_000
    ties = [(i, n + i) for i in range(n)] + [(i, 2 * n + i) for i in range(n)]
    groups = (
        Group(name="ego", share=1 / 3, start={"C": 1.0}, risk_aversion=0.0),
        Group(name="on A", share=1 / 3, start={"A": 1.0}, risk_aversion=0.0),
        Group(name="on B", share=1 / 3, start={"B": 1.0}, risk_aversion=0.0),
    )
    for acts, pull in (((), 0.5), ((Takedown(platform="A", start=DAY),), 1.0)):
        out = run(
            world(
                *acts,
                platforms="ABC",
                groups=groups,
                contacts=Contacts.given(3 * n, ties),
                actors=3 * n,
                steps=1,
                revision_rate=1.0,
                peer_influence=2.0,
            )
        )
        weights = np.exp(2.0 * np.array([0.0 if acts else pull, pull, 0.0]))
        weights[0] *= not acts
        expected = weights / weights.sum()
        assert out["actors_by_group"][0, 1, 0, :3] / n == pytest.approx(expected, abs=4 * math.sqrt(0.25 / n))


def test_annealed_contacts_are_independent_draws_among_all_others() -> None:
    """One other a step: share A of all have the pull to A, afresh each step, whatever came before."""
    n = 100_000
    out = run(
        world(
            start={"A": 0.7, "B": 0.3},
            contacts=Contacts(kind="annealed", degree=1.0),
            actors=n,
            steps=4,
            revision_rate=1.0,
            peer_influence=2.0,
        )
    )
    for t in range(1, 5):
        before = out["actors"][0, t - 1, 0] / n
        for origin in (0, 1):  # where one is now does not matter
            row = out["moves"][0, t, origin, :2]
            expected = before * sigma(2.0) + (1 - before) * sigma(-2.0)
            assert row[0] / row.sum() == pytest.approx(expected, abs=4 * math.sqrt(0.25 / row.sum()))


def test_many_annealed_contacts_show_everybody_the_shares() -> None:
    """40 others a step: s is binomial around the share; half revise, peer influence 3; step by step."""
    n, others = 50_000, np.arange(41)
    out = run(
        world(
            start={"A": 0.6, "B": 0.4},
            contacts=Contacts(kind="annealed", degree=40.0),
            actors=n,
            steps=8,
            revision_rate=0.5,
            peer_influence=3.0,
        )
    )
    for t in range(1, 9):
        share = out["actors"][0, t - 1, 0] / n
        chosen = binom.pmf(others, 40, share) @ (1 / (1 + np.exp(-3.0 * (2 * others / 40 - 1))))
        expected = share + 0.5 * (chosen - share)
        assert out["actors"][0, t, 0] / n == pytest.approx(expected, abs=4 * math.sqrt(0.25 / n))


@pytest.mark.parametrize("days", [7.0, 3.5])
def test_the_loss_of_a_contact_raises_the_rate_of_revision_in_the_next_step(days: float) -> None:
    """The hunted are arrested at 0.2 a week; each safe actor knows one of them. Vigilance 4 weeks.

    Rate 0.05 (1 + 4 x 1 / dt): 0.25 a week in steps of a week, 0.45 in steps of half a week; and only
    in the step after the removal.
    """
    groups = (
        Group(name="safe", share=0.5, exposure=0.0, start={"B": 1.0}, risk_aversion=0.0),
        Group(name="hunted", share=0.5, start={"A": 1.0}, risk_aversion=0.0),
    )
    platforms = {"A": {"undercover": 0.2, "asc": -100.0}, "B": {}, "C": {"asc": 100.0}}
    steps, weeks = 3, days / 7
    out = run(
        world(
            platforms=platforms,
            groups=groups,
            contacts=COUPLES,
            actors=2 * PAIRS,
            steps=steps,
            step_days=days,
            revision_rate=0.05,
            vigilance=4.0,
            switching_cost=0.0,
            outside_option=-300.0,
            squeezed="A",
        )
    )
    safe = out["actors_by_group"][0, :, 0, 1]
    alone, alarmed = 0.05 * weeks, 0.05 * (1 + 4 / weeks) * weeks
    for t in range(1, steps + 1):
        lost = out["arrests"][0, t - 1, 0] / PAIRS  # part of the safe whose contact was removed
        left = 1 - safe[t] / safe[t - 1]
        expected = lost * alarmed + (1 - lost) * alone
        assert left == pytest.approx(expected, abs=4 * math.sqrt(0.06 / safe[t - 1]))


def test_vigilance_is_a_share_of_all_contacts_and_the_dormant_have_none() -> None:
    """Two contacts, one of them hunted: half the alarm. The dormant revise at the plain rate."""
    n = 30_000
    ties = [(i, n + i) for i in range(n)] + [(i, 2 * n + i) for i in range(n)]
    groups = (
        Group(name="safe", share=1 / 3, exposure=0.0, start={"B": 0.5, "dormant": 0.5}, risk_aversion=0.0),
        Group(name="hunted", share=1 / 3, start={"A": 1.0}, risk_aversion=0.0),
        Group(name="calm", share=1 / 3, exposure=0.0, start={"dormant": 1.0}, risk_aversion=0.0),
    )
    platforms = {"A": {"undercover": 0.28, "asc": -200.0}, "B": {}, "C": {"asc": 200.0}}
    out = run(
        world(
            platforms=platforms,
            groups=groups,
            contacts=Contacts.given(3 * n, ties),
            actors=3 * n,
            steps=2,
            revision_rate=0.1,
            vigilance=6.0,
            outside_option=-300.0,
            squeezed="A",
        )
    )
    lost = out["arrests"][0, 1, 0] / n
    homes = out["actors_by_group"][0, :, 0]
    left = 1 - homes[2, 1] / homes[1, 1]
    assert left == pytest.approx(
        lost * 0.1 * (1 + 6 * 0.5) + (1 - lost) * 0.1, abs=4 * math.sqrt(0.13 / homes[1, 1])
    )
    woken = 1 - homes[2, 3] / homes[1, 3]
    assert woken == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / homes[1, 3]))
