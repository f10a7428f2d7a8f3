"""What everybody sees in a step, and what the step leaves behind: shared by `arrays` and `objects`.

Policy with everything that adapts, beliefs, counts. Compiled, deterministic, no luck in here.

Codes of ``home`` with P platforms: 0 .. P - 1 the platforms, P dormant, P + 1 removed, P + 2
stranded (dormant since its platform closed, has not chosen again yet), P + 3 removed in the last
step. As places, stranded counts as dormant and the last as removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._bundle import bundle
from balloon._jit import entry, inner, jit, scalar, specialise
from balloon.behaviour.decide import annual, chance, learnt, per_week
from balloon.behaviour.inputs import Enforcement, Traits
from balloon.behaviour.rules import hazard
from balloon.engines.faults import OF_HAZARD, OF_REVISION, OF_TRIAL, OF_UTILITY, new_faults, note
from balloon.timetable import Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

bundle(Policy)

DORMANT, REMOVED, STRANDED, FRESH = range(4)
"""Codes of home, counted from the number of platforms."""


ASKED = {
    "hazard": (OF_HAZARD,), "revision_rate_rule": (OF_REVISION,), "utility": (OF_UTILITY, OF_TRIAL),
}  # fmt: skip
"""Kinds of questions that a rule is asked."""


@scalar
def place_of(code, platforms):
    """The place a code of home counts as."""
    return code if code < platforms + 2 else code - 2


@bundle
class Stage(NamedTuple):
    """What is in force and believed in one step; G groups, P platforms, rewritten each step."""

    available: NDArray[np.bool_]
    """(G, P)"""
    reopened: NDArray[np.bool_]
    """(G, P) available now, not in the step before."""
    asc: NDArray[np.float64]
    """(G, P) utils."""
    onboarding_cost: NDArray[np.float64]
    """(G, P) utils."""
    cooperation: NDArray[np.float64]
    """(G, P) share of requests answered."""
    requests: NDArray[np.float64]
    """(G, P) requests per actor-week."""
    undercover: NDArray[np.float64]
    """(G, P) arrests per actor-week."""
    seizure: NDArray[np.float64]
    """(G, P) arrests per week of those whose data were taken."""
    taken: NDArray[np.bool_]
    """(G, P) data are taken in this step."""
    belief: NDArray[np.float64]
    """(G, P) annual probabilities."""
    mean_belief: NDArray[np.float64]
    """(G,) annual probabilities."""
    weekly: NDArray[np.float64]
    """(G, P) believed weekly rates; the state that lives on from step to step."""
    given: NDArray[np.float64]
    """(G, P) annual probabilities believed at the start, nan: the true rate of step 1."""
    triggered: NDArray[np.float64]
    """(n, P) week in which an outreach was set off on a platform, inf: not yet."""
    fault: NDArray[np.float64]
    """(4, 4) what own rules gave that means nothing: see `balloon.engines.faults`."""


@bundle
class Series(NamedTuple):
    """What happened, row t after t steps; flows cover step t and are 0 at 0."""

    actors: NDArray[np.int64]
    """(T + 1, G, P + 2) by place."""
    arrests: NDArray[np.int64]
    """(T + 1, G, P) by the platform the evidence came from."""
    moves: NDArray[np.int64]
    """(T + 1, P + 2, P + 2) origin, destination; stayers on the diagonal."""
    joins: NDArray[np.int64]
    """(T + 1, P)"""
    installed: NDArray[np.int64]
    """(T + 1, P)"""
    idle: NDArray[np.int64]
    """(T + 1, P) installed, home on another platform."""
    newcomers: NDArray[np.int64]
    """(T + 1, P + 2) by place first chosen."""
    joint: NDArray[np.int64]
    """(T + 1, P + 2, P + 2) place at the reference date, place now, same actors."""
    belief: NDArray[np.float64]
    """(T + 1, G, P) annual probabilities."""
    cooperation: NDArray[np.float64]
    """(T + 1, G, P) share of requests answered in step t; row 0 as row 1."""


def new_stage(scenario: Scenario, policy: Policy) -> Stage:
    """The stage before anything is observed."""
    groups, names = scenario.groups, scenario.platforms
    shape = (len(groups), len(names))
    flags = {"available", "reopened", "taken"}
    made: dict[str, NDArray[Any]] = {
        name: np.zeros(shape, bool if name in flags else float) for name in Stage._fields
    }
    made["mean_belief"] = np.zeros(len(groups))
    made["weekly"][:] = np.nan
    made["given"] = np.array([[g.belief.get(p, np.nan) for p in names] for g in groups])
    made["triggered"] = np.full((len(policy.outreach_on), len(names)), np.inf)
    rules = scenario.behaviour.own_rules
    made["fault"] = new_faults(kind for name in rules for kind in ASKED[name])
    return Stage(**made)


def new_series(steps: int, groups: int, platforms: int) -> Series:
    """Empty counts."""
    t, k = steps + 1, platforms + 2
    return Series(
        actors=np.zeros((t, groups, k), np.int64),
        arrests=np.zeros((t, groups, platforms), np.int64),
        moves=np.zeros((t, k, k), np.int64),
        joins=np.zeros((t, platforms), np.int64),
        installed=np.zeros((t, platforms), np.int64),
        idle=np.zeros((t, platforms), np.int64),
        newcomers=np.zeros((t, k), np.int64),
        joint=np.zeros((t, k, k), np.int64),
        belief=np.zeros((t, groups, platforms)),
        cooperation=np.zeros((t, groups, platforms)),
    )


@jit
def observe(t, exposures, parameters, policy, weeks, stage, series):
    """Write the stage of step t (from 1) from the timetable and the state after step t - 1.

    The first call also settles the beliefs at the start.
    """
    groups, platforms = stage.available.shape
    now = (t - 0.5) * weeks
    for g in range(groups):
        k = policy.budget[t - 1, g]
        total, weighted, plain = 0, 0.0, 0.0
        for p in range(platforms):
            open_now = policy.available[t - 1, g, p]
            stage.available[g, p] = open_now
            stage.reopened[g, p] = open_now and t > 1 and not policy.available[t - 2, g, p]
            stage.asc[g, p] = policy.asc[t - 1, g, p]
            stage.onboarding_cost[g, p] = policy.onboarding_cost[t - 1, g, p]
            stage.undercover[g, p] = policy.undercover[t - 1, g, p]
            stage.seizure[g, p] = policy.seizure[t - 1, g, p]
            stage.taken[g, p] = policy.taken[t - 1, g, p]
            answered = policy.cooperation[t - 1, g, p]
            for o in range(policy.outreach_on.shape[0]):
                delay = policy.outreach_numbers[o, 2]
                if policy.outreach_groups[o, g] and now >= stage.triggered[o, p] + delay:
                    answered = max(answered, policy.outreach_numbers[o, 1])
            stage.cooperation[g, p] = answered
            series.cooperation[t, g, p] = answered
            if t == 1:
                series.cooperation[0, g, p] = answered
            asked = policy.requests[t - 1, g, p]
            if k >= 0:
                seen_at = max(t - 1 - policy.budget_lag[k], 0)
                asked = policy.budget_requests[k] * _granted(
                    p, platforms, policy.budget_groups[k], series.actors[0], series.actors[seen_at],
                    series.actors[t - 1],
                )  # fmt: skip
            stage.requests[g, p] = asked * policy.requests_factor[t - 1, g, p]
            if stage.weekly[g, p] != stage.weekly[g, p]:
                works = Enforcement(p, stage.undercover[g, p], stage.requests[g, p], answered)
                h = hazard(Traits(g, 0.0, exposures[g]), works, parameters) if open_now else 0.0
                given = stage.given[g, p]
                stage.weekly[g, p] = per_week(given) if given >= 0.0 else h
                if not given >= 0.0 and not 0.0 <= h < np.inf:
                    note(stage.fault, OF_HAZARD, g - groups, t, p, h)
                series.belief[0, g, p] = annual(stage.weekly[g, p])
            believed = annual(stage.weekly[g, p])
            stage.belief[g, p] = believed
            total += series.actors[t - 1, g, p]
            weighted += series.actors[t - 1, g, p] * believed
            plain += believed
        # The plain mean where nobody is at home: an empty landscape is not a safe one.
        stage.mean_belief[g] = weighted / total if total > 0 else plain / platforms


@inner
def _granted(p, platforms, named, recruited, seen, present):
    """What a budget of one request per actor-week of the named groups gives those on a platform.

    Its part by the shares seen, spent over those present; nothing where nobody is.
    """
    members = here = seen_here = seen_anywhere = 0
    for g in range(named.size):
        if named[g]:
            here += present[g, p]
            seen_here += seen[g, p]
            for q in range(platforms):
                seen_anywhere += seen[g, q]
                members += recruited[g, q]
            members += recruited[g, platforms] + recruited[g, platforms + 1]
    if here == 0 or seen_anywhere == 0:
        return 0.0
    return members * (seen_here / seen_anywhere) / here


@jit
def close_step(t, parameters, policy, weeks, stage, series):
    """Beliefs learn from step t, announcements are made, outreach looks at where the crowd is."""
    groups, platforms = stage.available.shape
    gain = chance(parameters.learning_rate, weeks)
    for g in range(groups):
        for p in range(platforms):
            h = learnt(
                stage.weekly[g, p], series.arrests[t, g, p], series.actors[t - 1, g, p],
                parameters.credibility, gain, weeks,
            )  # fmt: skip
            if policy.announced[t - 1, g, p] != 0.0:
                h = per_week(min(max(annual(h) + policy.announced[t - 1, g, p], 0.0), 0.999))
            stage.weekly[g, p] = h
            series.belief[t, g, p] = annual(h)
    for o in range(policy.outreach_on.shape[0]):
        if not policy.outreach_on[o, t - 1]:
            continue
        total = 0
        for p in range(platforms):
            total += _crowd(t, o, p, policy, series)
        for p in range(platforms):
            crowd = _crowd(t, o, p, policy, series)
            if policy.outreach_platforms[o, p] and crowd > policy.outreach_numbers[o, 0] * total:
                stage.triggered[o, p] = min(stage.triggered[o, p], t * weeks)


@inner
def _crowd(t, o, p, policy, series):
    """Actors on a platform after step t, or arrests in the window until then, that an outreach looks at."""
    crowd = 0
    for g in range(series.arrests.shape[1]):
        if policy.outreach_groups[o, g]:
            if policy.outreach_arrests[o]:
                for s in range(max(t - policy.outreach_window[o] + 1, 1), t + 1):
                    crowd += series.arrests[s, g, p]
            else:
                crowd += series.actors[t, g, p]
    return crowd


def kernel(function: Any, scenario: Scenario) -> Any:
    """A compiled function of this package with the scenario's own rules in it."""
    rules = {name.removesuffix("_rule"): rule for name, rule in scenario.behaviour.own_rules.items()}
    return specialise(function, frozenset(rules.items())) if rules else function


def code(function: Any, scenario: Scenario, *arguments: Any) -> Any:
    """`kernel`, settled on the types of these arguments: see `balloon._jit.entry`."""
    return entry(kernel(function, scenario), *arguments)
