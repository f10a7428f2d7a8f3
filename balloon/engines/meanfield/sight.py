"""What everybody sees in a step: the policy with all that adapts, beliefs, shares of contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import chance, ratio
from balloon.engines.meanfield.rules import ENFORCEMENT, TRAITS, OfArrays, heard
from balloon.engines.meanfield.world import State, World, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

Sheet = Any
"""A (B, G, P) array."""
Seen = tuple[Any, Any]
"""What `crowd` finds."""


class Sight(NamedTuple):
    """What is in force and seen in one step; b is the batch, or 1 where nothing varies."""

    available: NDArray[np.bool_]
    """(G, P)"""
    reopened: NDArray[np.bool_]
    """(G, P)"""
    taken: NDArray[np.bool_]
    """(G, P)"""
    asc: Sheet
    onboarding_cost: Sheet
    cooperation: Sheet
    requests: Sheet
    undercover: Sheet
    seizure: Sheet
    announced: Sheet


class Memory(NamedTuple):
    """What the policy remembers of earlier steps; rewritten as the run goes on."""

    homes: NDArray[Any]
    """(B, T + 1, G, P + 2) actors by place."""
    arrests: NDArray[Any]
    """(B, T + 1, G, P)"""
    triggered: NDArray[np.float64]
    """(B, n, P) week in which an outreach was set off, inf: not yet."""


def look(world: World, t: int, memory: Memory) -> Sight:
    """The policy of step t (from 1), after what was counted up to step t - 1."""
    policy, laid = world.layout.policy, world.numbers
    available = policy.available[t - 1]
    closed_before = ~policy.available[t - 2] if t > 1 else np.zeros_like(available)
    return Sight(
        available=available,
        reopened=available & closed_before,
        taken=policy.taken[t - 1],
        asc=laid.asc[:, t - 1],
        onboarding_cost=laid.onboarding_cost[:, t - 1],
        cooperation=_answered(world, t, memory),
        requests=_asked(world, t, memory) * laid.requests_factor[:, t - 1],
        undercover=laid.undercover[:, t - 1],
        seizure=laid.seizure[:, t - 1],
        announced=laid.announced[:, t - 1],
    )


def _answered(world: World, t: int, memory: Memory) -> Sheet:
    """Cooperation, with what outreach has won; which platform is won is a branch on the state."""
    policy, laid = world.layout.policy, world.numbers
    answered = laid.cooperation[:, t - 1]
    now = (t - 0.5) * world.weeks
    for o, who in enumerate(policy.outreach_groups):
        won = memory.triggered[:, o] + policy.outreach_numbers[o, 2] <= now
        if won.any():
            value = laid.outreach_numbers[:, o, 1][:, None, None]
            better = won[:, None] & who[:, None] & (value.real > answered.real)
            answered = np.where(better, value, answered)
    return answered


def _asked(world: World, t: int, memory: Memory) -> Sheet:
    """Requests per actor-week, those of a budget by the shares seen and the actors present."""
    policy, laid = world.layout.policy, world.numbers
    asked = laid.requests[:, t - 1]
    platforms = asked.shape[-1]
    for k in np.unique(policy.budget[t - 1]):
        if k < 0:
            continue
        named = policy.budget_groups[k]
        seen = memory.homes[:, max(t - 1 - policy.budget_lag[k], 0), named, :platforms].sum(axis=1)
        here = memory.homes[:, t - 1, named, :platforms].sum(axis=1)
        members = memory.homes[:, 0, named].sum(axis=(1, 2))
        part = ratio(seen, seen.sum(axis=1, keepdims=True))
        granted = ratio(part * (laid.budget_requests[:, k] * members)[:, None], here)
        granted = np.where(here == 0, 0.0, granted)
        asked = np.where((policy.budget[t - 1] == k)[:, None], granted[:, None], asked)
    return asked


def pressure(world: World, sight: Sight, *, fearless: bool = False) -> Any:
    """(B, G, k, P) arrests per actor-week at home on each platform, nothing where it is closed.

    ``fearless`` takes the risk aversion as 0, as beliefs at the start do.
    """
    groups, platforms = sight.available.shape
    risk = np.zeros((1, 1, 1, 1)) if fearless else world.risk[..., None]
    traits: OfArrays = TRAITS(np.arange(groups)[:, None, None], risk, scaled(world.exposures, 4))
    works: OfArrays = ENFORCEMENT(
        np.arange(platforms), *(s[:, :, None] for s in (sight.undercover, sight.requests, sight.cooperation))
    )
    rate = world.layout.rules.hazard(traits, works, world.per[4])
    # All four axes are there, even where an own rule gives one number for everybody.
    available = sight.available[None, :, None]
    if not fearless:  # of beliefs at the start, those that are given are not asked for
        heard(world.layout.scenario, "hazard", rate, available)
    return np.where(available, rate, 0.0)


def first_beliefs(world: World, sight: Sight, state: State) -> State:
    """Beliefs that were not given start at the true rate of the first step."""
    true = pressure(world, sight, fearless=True)[:, :, 0]
    unknown = np.isnan(state.weekly)
    heard(world.layout.scenario, "hazard", true[:, :, None], unknown[:, :, None])
    return state._replace(weekly=np.where(unknown, true, state.weekly))


def annual(weekly: Sheet) -> Sheet:
    """Annual probability of a weekly rate."""
    return chance(52.0 * weekly)


def mean_belief(belief: Sheet, homes: Sheet) -> Any:
    """(B, G) belief weighted by the homes; the plain mean where nobody is at home."""
    total = homes.sum(axis=-1)
    weighted = ratio((homes * belief).sum(axis=-1), total)
    return np.where(total == 0, belief.mean(axis=-1), weighted)


def crowd(world: World, sight: Sight, homes: Sheet) -> Seen:
    """Share of the contacts at home on each open platform, of those on any, and of all contacts.

    Returns
    -------
    shares : (B, G, P) array
        0 where nobody is visible.
    visible : (B, G) array
    """
    known = np.where(sight.available, world.met @ homes, 0.0)
    visible = np.add.reduce(known, axis=-1)
    return ratio(known, visible[..., None]), visible


def learn(world: World, told: Sheet | None, weekly: Sheet, arrests: Sheet, homes: Sheet) -> Sheet:
    """Beliefs after the arrests of the step among those at home at its start, and after announcements."""
    surprise = arrests / world.weeks - homes * weekly
    change = world.gain * ratio(surprise, homes + world.per[3].credibility)
    weekly = weekly + np.where(homes == 0, 0.0, change)
    if told is not None:
        now = annual(weekly) + told
        now = np.where(now.real < 0.0, 0.0, np.where(now.real > 0.999, 0.999, now))
        weekly = np.where(told != 0, -np.log(1.0 - now) / 52.0, weekly)
    return weekly


def reach_out(world: World, t: int, memory: Memory) -> None:
    """Note which platforms outreach turns to at the end of step t."""
    policy, laid = world.layout.policy, world.numbers
    platforms = memory.arrests.shape[-1]
    for o in np.flatnonzero(policy.outreach_on[:, t - 1]):
        who = policy.outreach_groups[o]
        if policy.outreach_arrests[o]:
            first = max(t - int(policy.outreach_window[o]) + 1, 1)
            counts = memory.arrests[:, first : t + 1, who].sum(axis=(1, 2)).real
        else:
            counts = memory.homes[:, t, who, :platforms].sum(axis=1).real
        threshold = laid.outreach_numbers[:, o, 0].real[:, None]
        passed = policy.outreach_platforms[o] & (counts > threshold * counts.sum(axis=1, keepdims=True))
        found = memory.triggered[:, o]
        memory.triggered[:, o] = np.where(passed, np.minimum(found, t * world.weeks), found)
