"""Every intervention moves what it should, when it should, for whom it should, and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from worlds import DAY, run, week, world

from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Intervention,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.population import Group

MANY = 100_000
ASKED = {
    "A": {"requests": 2.0, "cooperation": 0.2},
    "B": {"requests": 2.0},
}  # 0.2 arrests per week at kappa = 1


def weekly_rate(out: dict[str, np.ndarray], platform: int, weeks: float = 1.0) -> np.ndarray:
    """Observed hazard on a platform step by step, and its standard error, shape (2, T)."""
    n, k = out["actors"][0, :-1, platform], out["arrests"][0, 1:, platform]
    p = k / n
    return np.array([-np.log1p(-p) / weeks, np.sqrt(np.maximum(p, 1 / n) / n) / weeks])


def check_rates(out: dict[str, np.ndarray], platform: int, expected: list[float], weeks: float = 1.0) -> None:
    observed, error = weekly_rate(out, platform, weeks)
    assert np.abs(observed - expected).max() < 0.05
    assert (np.abs(observed - expected) < 4 * error + 1e-12).all(), (observed, expected)


def at_home(**changes: float) -> dict[str, object]:
    return {"platforms": ASKED, "start": {"A": 0.5, "B": 0.5}, "actors": MANY, "steps": 6, **changes}


def test_cooperation_raises_arrests_on_its_platform_for_its_period_only() -> None:
    out = run(world(Cooperation(platform="A", start=week(2), until=week(4), value=0.8), **at_home()))
    check_rates(out, 0, [0.04, 0.04, 0.16, 0.16, 0.04, 0.04])
    check_rates(out, 1, [0.0] * 6)


def test_the_later_cooperation_wins_and_a_ramp_starts_from_the_value_in_force() -> None:
    acts = (
        Cooperation(platform="A", start=week(1), value=1.0),
        Cooperation(platform="A", start=week(2), until=week(5), value=0.2, ramp_weeks=2),
    )
    out = run(world(*acts, **at_home()))
    # Ramp at its midpoints: 1/4 and 3/4 of the way from 1.0 to 0.2; then the earlier value again.
    check_rates(out, 0, [0.04, 0.2, 0.2 * 0.8, 0.2 * 0.4, 0.04, 0.2])


def test_crackdown_multiplies_requests_and_undercover_work_apart() -> None:
    platforms = {"A": {"requests": 0.4, "cooperation": 1.0, "undercover": 0.01}, "B": {"undercover": 0.02}}
    acts = (
        Crackdown(platform="A", start=week(1), until=week(3), requests=2.0),
        Crackdown(platform="A", start=week(2), until=week(4), undercover=5.0),
        Crackdown(platform="A", start=week(4), requests=0.0, ramp_weeks=2),
    )
    out = run(world(*acts, **at_home(platforms=platforms)))
    check_rates(out, 0, [0.05, 0.09, 0.13, 0.09, 0.01 + 0.04 * 0.75, 0.01 + 0.04 * 0.25])
    check_rates(out, 1, [0.02] * 6)


def test_a_platform_change_adds_to_utility_and_to_onboarding_for_its_period() -> None:
    acts = (
        PlatformChange(platform="B", start=week(1), until=week(2), asc=1.0),
        PlatformChange(platform="C", start=week(2), onboarding_cost=1.0, ramp_weeks=2),
    )
    group = Group(name="g", start={"A": 1.0}, start_apps={"A": 1.0, "B": 1.0}, risk_aversion=0.0)
    out = run(
        world(
            *acts,
            platforms="ABC",
            groups=(group,),
            actors=MANY,
            steps=3,
            revision_rate=1.0,
            uninstall_probability=0.0,
        )
    )
    e, error = math.e, 4 * math.sqrt(0.25 / MANY)
    shares = out["actors"][0, 1:, :3] / MANY
    assert shares[0] == pytest.approx([1 / 3] * 3, abs=error)
    assert shares[1] == pytest.approx([1 / (2 + e), e / (2 + e), 1 / (2 + e)], abs=error)
    # In step 3 the app of C costs 0.25 to those who never installed it, (2/3)(1 - 1/(2 + e)) of all.
    without = 2 / 3 * (1 - 1 / (2 + e))
    c = without * math.exp(-0.25) / (2 + math.exp(-0.25)) + (1 - without) / 3
    assert shares[2, 2] == pytest.approx(c, abs=error)


def test_a_takedown_empties_the_platform_and_a_launch_opens_it() -> None:
    acts = (
        Takedown(platform="B", start=week(2), until=week(4)),
        Launch(platform="C", start=week(1), until=week(3)),
    )
    start = {"A": 0.5, "B": 0.5}
    out = run(world(*acts, platforms="ABC", start=start, actors=MANY, steps=6, revision_rate=1.0))
    assert (out["actors"][0, :, 1] > 0).tolist() == [True, True, True, False, False, True, True]
    assert (out["actors"][0, :, 2] > 0).tolist() == [False, False, True, True, False, False, False]
    assert (out["actors"][0, 4, 0]) == MANY


def test_those_of_a_closed_platform_move_at_once_without_a_rate_of_rechoice() -> None:
    out = run(world(Takedown(platform="A", start=week(1)), platforms="ABC", actors=MANY, steps=3))
    assert out["actors"][0, 1, 0] == MANY
    assert out["actors"][0, 2, 0] == 0
    assert out["actors"][0, 2, 1] / MANY == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / MANY))
    assert (out["actors"][0, 3] == out["actors"][0, 2]).all()


def test_with_a_rate_of_rechoice_they_wait_dormant_and_leave_geometrically() -> None:
    out = run(world(Takedown(platform="A", start=week(1)), actors=MANY, steps=5, rechoice_rate=0.25))
    waiting = out["actors"][0, 1:, 2] / MANY
    expected = np.array([0.0, *(0.75 ** np.arange(1, 5))])
    assert waiting == pytest.approx(expected, abs=4 * math.sqrt(0.25 / MANY))


def test_those_who_waited_and_chose_dormancy_wait_no_longer() -> None:
    """Stranded, a quarter chooses each week, half of them dormancy; then nobody wakes (revision rate 0)."""
    out = run(
        world(
            Takedown(platform="A", start=DAY), actors=MANY, steps=30, rechoice_rate=0.25, outside_option=0.0
        )
    )
    moved = out["actors"][0, 1:, 1] / MANY
    assert moved == pytest.approx(0.5 * (1 - 0.75 ** np.arange(1, 31)), abs=4 * math.sqrt(0.25 / MANY))


def test_outreach_by_homes_waits_for_the_crowd_and_for_the_delay_and_is_irreversible() -> None:
    """A closes in step 3 and B holds all from its end, week 3; two weeks later, in step 6, it answers."""
    acts = (
        Takedown(platform="A", start=week(2)),
        Outreach(start=DAY, until=week(4), platforms=("B",), threshold=0.75, value=0.5, delay_weeks=2.0),
    )
    out = run(world(*acts, **at_home(steps=8, platforms={"A": {}, "B": {"requests": 2.0}})))
    check_rates(out, 1, [0.0] * 5 + [0.1] * 3)


def test_outreach_never_lowers_cooperation_and_leaves_other_platforms_alone() -> None:
    acts = (
        Cooperation(platform="A", start=week(1), value=0.9),
        Outreach(start=DAY, platforms=("A",), threshold=0.1, value=0.5),
    )
    out = run(world(*acts, **at_home()))
    check_rates(out, 0, [0.04] + [0.18] * 5)
    check_rates(out, 1, [0.0] * 6)


def test_outreach_by_arrests_counts_those_of_its_window() -> None:
    """Weekly rates: A 0.05; B 0.0075, in a crackdown from step 3 on 0.15. Threshold 0.57.

    B's part of the arrests of the last two weeks is 0.62 at the end of step 3: B answers from step 4 on.
    Over four weeks it is 0.53 at the end of step 3 and 0.60 at the end of step 4: from step 5 on.
    """
    platforms = {"A": {"undercover": 0.05}, "B": {"undercover": 0.0075, "requests": 1.0}}
    start = {"A": 0.5, "B": 0.5}
    for window, first in ((2.0, 4), (4.0, 5)):
        acts = (
            Crackdown(platform="B", start=week(2), undercover=20.0),
            Outreach(
                start=DAY, platforms=("B",), threshold=0.57, value=1.0, measure="arrests", window_weeks=window
            ),
        )
        out = run(world(*acts, **at_home(platforms=platforms, start=start)))
        expected = [0.0075] * 2 + [0.15] * 4
        check_rates(out, 1, [r + (0.1 if t >= first else 0.0) for t, r in enumerate(expected, start=1)])


def test_a_budget_is_divided_by_the_shares_seen_and_unspent_where_nobody_is() -> None:
    """Requests of 0.5 per actor of 10,000, half seen on A, half on B, a lag of one week, kappa = 1.

    A closes in step 3, its half moves to B and C. Until step 4 the shares seen are those of the end
    of step 2: then A's part is unspent, B's half is spent over the 3/4 there now, C gets nothing.
    """
    platforms = {name: {"requests": 2.0, "cooperation": 1.0} for name in "ABC"}
    acts = (Takedown(platform="A", start=week(2)), Budget(start=DAY, requests=0.5, lag_weeks=1.0))
    scenario = world(*acts, platforms=platforms, start={"A": 0.5, "B": 0.5}, actors=MANY, steps=6)
    out = run(scenario)
    actors = out["actors"][0, :, :3].astype(float)
    expected = np.zeros((6, 3))
    for t in range(1, 7):
        seen, here = actors[max(t - 2, 0)], actors[t - 1]
        spent = 0.05 * MANY * seen / seen.sum()
        expected[t - 1] = np.where(here > 0, spent / np.where(here > 0, here, 1), 0.0)
    assert expected[3].tolist() == pytest.approx([0.0, 0.05 * 0.5 / (actors[3, 1] / MANY), 0.0], rel=0.05)
    for t in range(1, 7):
        for p in range(3):
            hazard = 0.0 if (t == 3 and p == 0) else expected[t - 1, p]
            n, k = actors[t - 1, p], out["arrests"][0, t, p]
            mean = n * -math.expm1(-hazard)
            assert abs(k - mean) <= 4 * math.sqrt(mean) + 1e-9


def test_a_budget_follows_the_actors_and_spends_no_more_than_it_has() -> None:
    """Without a lag the requests per actor at home are the same everywhere: total / all at home."""
    platforms = {name: {"requests": 2.0, "cooperation": 1.0} for name in "AB"}
    start = {"A": 0.6, "B": 0.2, "dormant": 0.2}
    out = run(world(Budget(start=DAY, requests=0.4), platforms=platforms, start=start, actors=MANY, steps=4))
    for p in (0, 1):
        homes = out["actors"][0, :-1, :2].sum(axis=1)
        check_rates(out, p, list(0.04 * MANY / homes))


def two_groups(*interventions: Intervention) -> dict[str, np.ndarray]:
    groups = tuple(
        Group(name=name, share=0.5, start={"A": 0.5, "B": 0.5}, start_apps={"A": 0.5}, risk_aversion=10.0)
        for name in ("one", "two")
    )
    platforms = {
        n: {"requests": 0.3, "cooperation": 0.3, "undercover": 0.01, "onboarding_cost": 1.0} for n in "ABC"
    }
    return run(
        world(
            *interventions,
            platforms=platforms,
            groups=groups,
            actors=4_000,
            steps=10,
            revision_rate=0.3,
            switching_cost=1.0,
            outside_option=-2.0,
            learning_rate=0.2,
            replacement_rate=0.2,
            trial=0.2,
            uninstall_probability=0.2,
            squeezed="A",
        ),
        replicates=2,
    )


NAMED = {"groups": ("two",), "start": week(2)}


@pytest.mark.parametrize(
    "act",
    [
        Cooperation(platform="A", value=0.9, **NAMED),
        Crackdown(platform="A", requests=3.0, undercover=2.0, **NAMED),
        Outreach(threshold=0.1, value=0.9, **NAMED),
        Outreach(threshold=0.1, value=0.9, measure="arrests", **NAMED),
        Budget(requests=0.9, **NAMED),
        PlatformChange(platform="A", asc=-1.0, **NAMED),
        PlatformChange(platform="C", onboarding_cost=-0.9, **NAMED),
        Takedown(platform="A", seizure=0.2, seizure_weeks=3.0, **NAMED),
        Launch(platform="C", **NAMED),
        Announcement(platform="A", belief=0.4, **NAMED),
    ],
    ids=lambda act: f"{act.kind}-{'-'.join(act.targets)}",
)
def test_an_intervention_on_one_group_leaves_the_other_as_it_was_to_the_last_actor(act: Intervention) -> None:
    without, under = two_groups(), two_groups(act)
    for name in ("actors_by_group", "arrests_by_group", "belief"):
        assert (without[name][:, :, 0] == under[name][:, :, 0]).all()
        if name != "arrests_by_group" or act.kind != "platform_change":
            assert (without[name][:, :, 1] != under[name][:, :, 1]).any()
    if act.kind != "launch":  # absent before its launch
        for name in ("actors_by_group", "belief"):
            assert (without[name][:, :3] == under[name][:, :3]).all() or act.kind == "announcement"


@pytest.mark.parametrize(
    "act",
    [
        Cooperation(platform="A", start=week(2), value=0.3),
        Cooperation(platform="A", start=week(2), value=0.3, ramp_weeks=3),
        Crackdown(platform="A", start=week(2)),
        Outreach(start=week(2), threshold=0.0, value=0.2),
        Outreach(start=week(2), threshold=1.0, value=1.0),
        PlatformChange(platform="A", start=week(2), ramp_weeks=2),
        Launch(platform="C", start=DAY),
        Announcement(platform="A", start=week(2), belief=0.0),
    ],
    ids=lambda act: f"{act.kind}",
)
def test_an_intervention_that_does_nothing_changes_nothing(act: Intervention) -> None:
    without, under = two_groups(), two_groups(act)
    for name, values in without.items():
        assert (values == under[name]).all(), name
