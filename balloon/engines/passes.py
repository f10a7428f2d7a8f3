"""One step of the compiled engine: passes over blocks of actors that fit the nearest cache.

Everybody observes the homes of the last step, everybody decides, the new homes are a second
column. Only those who reconsider judge platforms, only those who might move look at their contacts,
only those who change touch the counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._jit import inner, jit
from balloon.behaviour.decide import (
    apps_after,
    chance,
    habit_after,
    held_in_evidence,
    met,
    seizure_rate,
    source_of,
    struck,
)
from balloon.behaviour.inputs import Enforcement, Traits, View
from balloon.behaviour.rules import hazard, revision_rate, utility
from balloon.draws import (
    ARREST,
    EVENT,
    REPLACEMENT,
    REVISION,
    SHOCK,
    TRIAL,
    log,
    most_gumbel,
    philox,
    small,
    uniform,
    unit,
)
from balloon.engines.stage import DORMANT, FRESH, REMOVED, STRANDED, place_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 512  # slots sifted at once: their rows fit the first-level cache
WIDTH = 2 * BLOCK  # choosers gathered from several blocks, so that the loops over them are long


class Setting(NamedTuple):
    """What does not change during a run."""

    seed: np.uint64
    replicate: np.uint64
    weeks: float
    """Length of a step."""
    social: bool
    """Somebody looks where contacts are at home."""
    watchful: bool
    """Somebody looks whether contacts were removed."""
    built_in: bool
    """Hazard and revision follow the built-in rules, whose bounds are known."""
    linear: bool
    """Utility is the built-in one, linear in the contacts."""
    annealed: int
    """Others met afresh each step; 0: the ties are fixed."""
    reference: int
    """Step from which the same actors are followed."""
    exposures: NDArray[np.float64]
    """(G,)"""
    bounds: NDArray[np.int64]
    """(G + 1,) slots of group g: bounds[g] .. bounds[g + 1] - 1."""
    friction: NDArray[np.float64]
    """(P, P + 1) to platform q from platform p, or from nowhere (last column, 0)."""
    start: NDArray[np.int64]
    """(N + 1,) rows of the contact graph."""
    others: NDArray[np.int32]
    """(2 E,) contacts."""


class Scratch(NamedTuple):
    """What the passes hand to each other: rows of B = BLOCK slots, then of W = WIDTH choosers."""

    event: NDArray[np.float64]
    """(2, B) uniforms of arrest and revision, by slot."""
    flag: NDArray[np.int64]
    """(B,) whether something can happen to the slot."""
    shock: NDArray[np.float64]
    """(>= P + 1, W) uniforms, then Gumbel shocks, dormancy first; from here on by chooser."""
    value: NDArray[np.float64]
    """(P, W) utilities."""
    peers: NDArray[np.float64]
    """(P, W) shares of contacts."""
    best: NDArray[np.float64]
    """(W,) value of the best option so far."""
    mine: NDArray[np.float64]
    """(W,) friction to one platform, then the uniform of the present option."""
    risk: NDArray[np.float64]
    """(W,) risk aversions."""
    packed: NDArray[np.uint64]
    """(W,) contacts by platform, eight bits each."""
    column: NDArray[np.int64]
    """(10, W) what the choosers are and do: see the names below."""


SLOT, FROM, HOME, HABIT, APPS, FORCED, CHOICE, TRIED, FIRST, LAST = range(10)
"""Columns; FIRST and LAST bound the contacts of a chooser."""


def new_scratch(platforms: int) -> Scratch:
    """Rows for one thread."""
    return Scratch(
        event=np.empty((2, BLOCK)),
        flag=np.empty(BLOCK, np.int64),
        shock=np.empty((4 * ((platforms + 4) // 4), WIDTH)),
        value=np.empty((platforms, WIDTH)),
        peers=np.zeros((platforms, WIDTH)),
        best=np.empty(WIDTH),
        mine=np.empty(WIDTH),
        risk=np.empty(WIDTH),
        packed=np.empty(WIDTH, np.uint64),
        column=np.empty((10, WIDTH), np.int64),
    )


class Extra(NamedTuple):
    """Columns beside the actors' own."""

    ahead: NDArray[np.int8]
    """(N,) homes at the end of the step."""
    seized: NDArray[np.uint32]
    """(N,) apps whose data were taken; empty without seizures."""
    origin: NDArray[np.int8]
    """(N,) place at the reference date."""


@jit
def act(t, setting, parameters, actors, extra, scratch, stage, series):
    """Let everybody decide on the stage of step t and the homes after step t - 1; count."""
    weeks, seed, replicate = setting.weeks, setting.seed, setting.replicate
    home, ahead, habit, apps, seized = actors.home, extra.ahead, actors.habit, actors.apps, extra.seized
    event, column, risk, peers = scratch.event, scratch.column, scratch.risk, scratch.peers
    shock, value, start, others = scratch.shock, scratch.value, setting.start, setting.others
    groups, platforms = stage.available.shape
    _carry(t, series.actors, series.installed, series.idle, series.joint, home, ahead)
    removals = 0
    for p in range(platforms + 1):
        removals += series.moves[t - 1, p, platforms + REMOVED]
    watch = setting.watchful and removals > 0
    # By the built-in utility, contacts add between 0 and peer_influence utils: a small one is bounded
    # before anybody looks around.
    early = setting.linear and abs(parameters.peer_influence) <= 2.0
    margin = abs(parameters.peer_influence) if setting.social and early else 0.0
    for g in range(groups):
        first, last = setting.bounds[g], setting.bounds[g + 1]
        exposure, mean_belief = setting.exposures[g], stage.mean_belief[g]
        available, belief, seizure = stage.available[g], stage.belief[g], stage.seizure[g]
        undercover, requests, cooperation = stage.undercover[g], stage.requests[g], stage.cooperation[g]
        asc, onboarding_cost = stage.asc[g], stage.onboarding_cost[g]
        if seized.size > 0:
            _take_data(first, last, apps, seized, stage.taken[g])
        arrest, revise = 2.0, 2.0
        if setting.built_in:
            arrest, revise = _bounds(
                g, exposure, weeks, parameters, available, stage.reopened[g], undercover, requests,
                cooperation, seizure, series.actors[t - 1, g], watch,
            )  # fmt: skip
        m, gone = 0, 0
        for lo in range(first, last, BLOCK):
            n = min(BLOCK, last - lo)
            _draw_events(t, lo, n, seed, replicate, event[0], event[1], scratch.flag, arrest, revise)
            m, gone = _sift(
                t, g, lo, n, m, gone, exposure, weeks, seed, replicate, parameters, event[0], event[1],
                scratch.flag, column, risk, home, ahead, habit, apps, seized, actors.risk_aversion,
                available, stage.reopened[g], undercover, requests, cooperation, seizure,
                series.arrests[t, g], setting.built_in, watch, setting.annealed, start, others,
            )  # fmt: skip
            if m + gone + BLOCK <= WIDTH and lo + BLOCK < last:
                continue
            left = 0
            if m > 0:
                if setting.social and not early:
                    _look_around(
                        t, m, seed, replicate, column, home, available, scratch.packed, peers,
                        setting.annealed, start, others,
                    )  # fmt: skip
                _judge(
                    g, m, 0.0 if early else 1.0, exposure, parameters, column, risk, peers, value,
                    scratch.mine, setting.friction, available, asc, onboarding_cost, belief, mean_belief,
                )  # fmt: skip
                left = _set_aside(
                    t, m, seed, replicate, margin, setting.social and not early, parameters, column, risk,
                    peers, value, shock, scratch.best, scratch.mine, available,
                )  # fmt: skip
                if parameters.uninstall_probability > 0.0:
                    _drop_apps(
                        t, m - left, seed, replicate, parameters, column[FIRST], home, apps, seized, seizure,
                        series.joins[t], series.installed[t], series.idle[t],
                    )  # fmt: skip
                if setting.social and early:
                    _look_around(
                        t, left, seed, replicate, column, home, available, scratch.packed, peers,
                        setting.annealed, start, others,
                    )  # fmt: skip
                _judge(
                    g, left, 1.0, exposure, parameters, column, risk, peers, value, scratch.mine,
                    setting.friction, available, asc, onboarding_cost, belief, mean_belief,
                )  # fmt: skip
                _choose(
                    left, parameters.outside_option, column[CHOICE], value, shock, scratch.best, available
                )
                if parameters.trial > 0.0:
                    _try_out(
                        t, g, left, seed, replicate, exposure, parameters, column, risk, peers, shock,
                        setting.friction, available, asc, onboarding_cost, belief, mean_belief,
                    )  # fmt: skip
            _apply(
                t, left, gone, seed, replicate, parameters, column, ahead, habit, apps, actors.entered,
                seized, seizure, extra.origin, setting.reference, series.actors[t, g], series.moves[t],
                series.joint[t], series.joins[t], series.installed[t], series.idle[t], series.newcomers[t],
            )  # fmt: skip
            m, gone = 0, 0
    for p in range(platforms + 2):
        stayers = 0
        for g in range(groups):
            stayers += series.actors[t - 1, g, p]
        for q in range(platforms + 2):
            stayers -= series.moves[t, p, q]
        series.moves[t, p, p] = stayers


@inner
def _carry(t, actors, installed, idle, joint, home, ahead):
    """Start step t from the counts and homes of the last one."""
    for p in range(installed.shape[1]):
        installed[t, p] = installed[t - 1, p]
        idle[t, p] = idle[t - 1, p]
    for p in range(joint.shape[1]):
        for g in range(actors.shape[1]):
            actors[t, g, p] = actors[t - 1, g, p]
        for q in range(joint.shape[2]):
            joint[t, p, q] = joint[t - 1, p, q]
    for i in range(home.size):
        ahead[i] = home[i]


@inner
def _take_data(first, last, apps, seized, taken):
    """Note who has the app of a platform whose data are taken in this step."""
    for p in range(taken.size):
        if taken[p]:
            bit = np.uint32(1) << np.uint32(p)
            for i in range(first, last):
                seized[i] = (seized[i] & ~bit) | (apps[i] & bit)


@inner
def _bounds(
    g, exposure, weeks, parameters, available, reopened, undercover, requests, cooperation, seizure,
    actors, watch,
):  # fmt: skip
    """Chances of arrest and of revision that nobody of a group exceeds, by the built-in rules.

    Above 1, everybody is looked at: where a habit reopens, or somebody's home has closed.
    """
    traits, arrest = Traits(g, 0.0, exposure), 0.0
    for p in range(available.size):
        if reopened[p] or (not available[p] and actors[p] > 0):
            return 2.0, 2.0
        works = Enforcement(p, undercover[p], requests[p], cooperation[p])
        arrest = max(arrest, hazard(traits, works, parameters))
    for p in range(available.size):
        arrest += seizure[p]
    revise = revision_rate(traits, 1.0 if watch else 0.0, weeks, parameters)
    slack = 1.0 + 1e-9  # for rounding
    return arrest * weeks * slack, revise * weeks * slack


@inner
def _draw_events(t, lo, n, seed, replicate, arrest, revision, flag, most_arrest, most_revision):
    """Uniforms of arrest and revision of every slot of the block, and whether either can strike."""
    word, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = seed & word, seed >> half
    tag, moment, base = np.uint64(EVENT) << np.uint64(24), np.uint64(t), np.uint64(lo)
    for k in range(n):
        w = philox(base + np.uint64(k), moment, replicate, tag, k0, k1)
        a, r = unit(w[ARREST]), unit(w[REVISION])
        arrest[k], revision[k] = a, r
        flag[k] = 1 if a < most_arrest or r < most_revision else 0


@inner
def _sift(
    t, g, lo, n, chosen, left_out, exposure, weeks, seed, replicate, parameters, arrest, revision, flag,
    column, risk, home, ahead, habit, apps, seized, risk_aversion, available, reopened, undercover, requests,
    cooperation, seizure, arrests, built_in, watch, annealed, start, others,
):  # fmt: skip
    """Arrest, strand and replace; return how many choose and how many leave without a choice.

    The columns of the former are added from the front, those of the latter from the back.
    """
    platforms = available.size
    dormant, removed = platforms + DORMANT, platforms + REMOVED
    stranded, fresh = platforms + STRANDED, platforms + FRESH
    slot, origin, old, used, owned = column[SLOT], column[FROM], column[HOME], column[HABIT], column[APPS]
    forced, choice = column[FORCED], column[CHOICE]
    replace = chance(parameters.replacement_rate, weeks)
    rechoice = parameters.rechoice_rate * weeks
    m, gone, base = np.uint64(chosen), np.uint64(left_out), np.uint64(lo)
    for number in range(n):
        k = np.uint64(number)
        i = base + k
        code = np.int64(home[i])
        if flag[k] == 0 and code <= dormant:
            continue
        used_to = np.int64(habit[i])
        away = -1  # -1 does not choose, 0 free, 1 forced
        if code == removed or code == fresh:
            ahead[i] = removed
            if replace > 0.0 and uniform(seed, replicate, t, i, EVENT, REPLACEMENT) < replace:
                away = 0
        else:
            traits = Traits(g, risk_aversion[i], exposure)
            at_home = code < platforms
            open_home = at_home and available[np.uint64(code)]
            rate, seized_rate, leaves = 0.0, 0.0, -1
            if open_home:
                p = np.uint64(code)
                works = Enforcement(int(code), undercover[p], requests[p], cooperation[p])
                rate = hazard(traits, works, parameters)
            if seized.size > 0:
                seized_rate = seizure_rate(seized[i], seizure)
            if struck(arrest[k], rate + seized_rate, weeks):
                source = code
                if seized_rate > 0.0:
                    source = source_of(t, i, seed, replicate, code, rate, seized_rate, seized[i], seizure)
                arrests[source] += 1
                leaves = fresh
            elif used_to >= 0 and used_to != code and reopened[used_to]:
                away = 0 if open_home or code == dormant else 1
            elif open_home or code == dormant:
                calm = revision[k] < revision_rate(traits, 0.0, weeks, parameters) * weeks
                if not watch or not open_home:
                    away = 0 if calm else -1
                elif calm and built_in:  # the built-in rate only rises with what befalls contacts
                    away = 0
                else:
                    share = _removed_share(t, i, seed, replicate, home, fresh, annealed, start, others)
                    if revision[k] < revision_rate(traits, share, weeks, parameters) * weeks:
                        away = 0
            elif not revision[k] >= rechoice:  # nan: all at once
                away = 1
            elif at_home:
                leaves = stranded
            if leaves >= 0:
                gone += np.uint64(1)
                c = np.uint64(WIDTH) - gone
                slot[c], old[c], choice[c] = i, code, leaves
        if away >= 0:
            slot[m], old[m], forced[m], used[m], owned[m] = i, code, away, used_to, apps[i]
            at = code if code < platforms else used_to
            origin[m] = at if at >= 0 else platforms
            risk[m] = risk_aversion[i]
            m += np.uint64(1)
    return np.int64(m), np.int64(gone)


@inner
def _removed_share(t, i, seed, replicate, home, fresh, annealed, start, others):
    """Share of an actor's contacts that were removed in the last step."""
    gone, number = 0, annealed
    if annealed > 0:
        for e in range(annealed):
            gone += home[met(t, i, e, seed, replicate, home.size)] == fresh
    else:
        number = start[i + np.uint64(1)] - start[i]
        for e in range(start[i], start[i + np.uint64(1)]):
            gone += home[others[np.uint64(e)]] == fresh
    return gone / number if number > 0 else 0.0


@inner
def _look_around(t, m, seed, replicate, column, home, available, packed, peers, annealed, start, others):
    """Share of the choosers' contacts on each available platform, of those on any of them."""
    platforms, longest = available.size, 0
    slot, first, last = column[SLOT], column[FIRST], column[LAST]
    for c in range(m):
        i = np.uint64(slot[c])
        first[c], last[c] = start[i], start[i + np.uint64(1)]
        longest = max(longest, last[c] - first[c])
    if annealed > 0 or platforms > 8 or longest > 255:
        _look_wide(t, m, seed, replicate, slot, home, available, peers, annealed, start, others)
        return
    lane = np.zeros(platforms + 4, np.uint64)
    for q in range(platforms):
        if available[q]:
            lane[q] = np.uint64(1) << np.uint64(8 * q)
    for c in range(m):
        # Touch both ends of every row first: many fetches from memory then run at once.
        if last[c] > first[c]:
            packed[c] = np.uint64(others[np.uint64(first[c])]) + np.uint64(others[np.uint64(last[c] - 1)])
    for c in range(m):
        word = np.uint64(0)
        for e in range(np.uint64(first[c]), np.uint64(last[c])):
            word += lane[np.uint64(home[np.uint64(others[e])])]
        packed[c] = word
    byte, ones, top = np.uint64(255), np.uint64(0x0101010101010101), np.uint64(56)
    for q in range(platforms):
        row, by = peers[q], np.uint64(8 * q)
        for c in range(m):
            number = small(packed[c] * ones >> top)
            row[c] = small(packed[c] >> by & byte) / max(number, 1.0)


@inner
def _look_wide(t, m, seed, replicate, slot, home, available, peers, annealed, start, others):
    """The same for many platforms, hubs and others met afresh."""
    platforms = available.size
    crowd = np.zeros(platforms + 4, np.int64)
    for c in range(m):
        i = np.uint64(slot[c])
        for q in range(platforms + 4):
            crowd[q] = 0
        if annealed > 0:
            for e in range(annealed):
                crowd[home[met(t, i, e, seed, replicate, home.size)]] += 1
        else:
            for e in range(start[i], start[i + np.uint64(1)]):
                crowd[home[others[e]]] += 1
        number = 0
        for q in range(platforms):
            number += crowd[q] if available[q] else 0
        for q in range(platforms):
            peers[q, c] = crowd[q] / number if number > 0 else 0.0


@inner
def _judge(
    g, m, seen, exposure, parameters, column, risk, peers, value, way, friction, available, asc,
    onboarding_cost, belief, mean_belief,
):  # fmt: skip
    """Utility of every available platform to every chooser; -inf where no path leads.

    ``seen`` is 0 as long as nobody has looked around, then 1.
    """
    origin, home, habit, apps = column[FROM], column[HOME], column[HABIT], column[APPS]
    for q in range(available.size):
        if not available[q]:
            continue
        row, near, flat = value[q], peers[q], True
        for p in range(available.size):
            flat &= p == q or friction[q, p] == friction[q, (q + 1) % available.size]
        _approach(q, m, flat, origin, friction, way)
        a, cost, b, bit = asc[q], onboarding_cost[q], belief[q], np.int64(1) << q
        for c in range(m):
            f = way[c]
            free = (f == np.inf) | (q == home[c]) | (q == habit[c])
            pay = cost if apps[c] & bit == 0 else 0.0
            view = View(q, a, seen * near[c], b, mean_belief, 0.0 if free else f, pay)
            v = utility(Traits(g, risk[c], exposure), view, parameters)
            row[c] = -np.inf if f == np.inf else v


@inner
def _approach(q, m, flat, origin, friction, way):
    """Friction from where each chooser comes from to platform q.

    A loop of its own: a look into a table would keep the loop over utilities from running several
    choosers at once; nor is there anything to look up where q is equally far from everywhere.
    """
    platforms = friction.shape[0]
    if flat:
        far = friction[q, (q + 1) % platforms]
        for c in range(m):
            way[c] = 0.0 if (origin[c] == q) | (origin[c] == platforms) else far
    else:
        for c in range(m):
            way[c] = friction[q, np.uint64(origin[c])]


@inner
def _set_aside(
    t, m, seed, replicate, margin, carry, parameters, column, risk, peers, value, shock, best, mine,
    available,
):  # fmt: skip
    """Draw the luck of the options and settle those who stay for sure; return how many are left.

    With u the uniform of an option, its Gumbel shock -log(-log u) is at most -log(1 - u), hence at
    most ln 2 times the number of binary places by which 1 - u is small: no logarithm is needed to
    see that an option cannot beat the present one. Exact: it only spares work. ``margin`` is what
    the contacts can still add to one option over another. The columns of those who are left are
    moved to the front, their contacts' shares as well if ``carry``; the slots of the others stand in
    column FIRST.
    """
    slot, home, habit = column[SLOT], column[HOME], column[HABIT]
    settled, still = column[FIRST], column[LAST]
    platforms, outside_option, trial = available.size, parameters.outside_option, parameters.trial
    word, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1, moment = seed & word, seed >> half, np.uint64(t)
    for b in range((platforms + 4) // 4):
        tag = (np.uint64(SHOCK) << np.uint64(24)) | np.uint64(b)
        r0, r1, r2, r3 = shock[4 * b], shock[4 * b + 1], shock[4 * b + 2], shock[4 * b + 3]
        for c in range(m):
            w = philox(np.uint64(slot[c]), moment, replicate, tag, k0, k1)
            r0[c], r1[c], r2[c], r3[c] = unit(w[0]), unit(w[1]), unit(w[2]), unit(w[3])
    for c in range(m):
        h = home[c]
        still[c] = 0
        if h < platforms and available[np.uint64(h)]:
            best[c], mine[c] = value[np.uint64(h), c], shock[np.uint64(h + 1), c]
        elif h == platforms:
            best[c], mine[c] = outside_option, shock[0, c]
        else:
            best[c], mine[c], still[c] = -np.inf, 0.5, 1
    slack = margin + 1e-9  # far above rounding
    for c in range(m):
        best[c] = best[c] - log(-log(mine[c])) - slack
    luck = shock[0]
    for c in range(m):
        still[c] |= (outside_option + most_gumbel(luck[c]) >= best[c]) & (home[c] != platforms)
    for q in range(platforms):
        if available[q]:
            row, luck = value[q], shock[q + 1]
            for c in range(m):
                still[c] |= (row[c] + most_gumbel(luck[c]) >= best[c]) & (home[c] != q)
    left = np.uint64(0)
    for c in range(m):
        keep = still[c] != 0 or habit[c] != home[c]
        if trial > 0.0 and not keep:
            keep = uniform(seed, replicate, t, slot[c], EVENT, TRIAL) < trial
        # One of the two writes is written over.
        still[left], settled[np.uint64(c) - left] = c, c
        left += np.uint64(1) if keep else np.uint64(0)
    for k in range(np.uint64(m) - left):
        settled[k] = slot[np.uint64(settled[k])]
    for item in range(platforms + 1):
        _front(shock[item], still, left)
    for name in (SLOT, FROM, HOME, HABIT, APPS, FORCED):
        _front(column[name], still, left)
    _front(risk, still, left)
    if carry:
        for q in range(platforms):
            _front(peers[q], still, left)
    return np.int64(left)


@inner
def _front(row, kept, number):
    """Move the kept entries of a row to its front; they come in ascending order."""
    for k in range(number):
        row[k] = row[np.uint64(kept[k])]


@inner
def _drop_apps(t, n, seed, replicate, parameters, slot, home, apps, seized, seizure, joins, installed, idle):
    """Drop apps of those who were settled where they are."""
    platforms, none = joins.size, np.uint32(0)
    for k in range(n):
        i = np.uint64(slot[k])
        before, here = apps[i], np.int64(home[i])
        kept = held_in_evidence(seized[i], seizure) if seized.size > 0 else none
        after = apps_after(
            before, here, -1, kept, parameters.uninstall_probability, seed, replicate, t, i, platforms
        )
        if before != after:
            apps[i] = after
            _count_apps(here, here, before, after, joins, installed, idle)


@inner
def _choose(m, outside_option, choice, value, shock, best, available):
    """The best of the platforms and dormancy, each with its shock; ties go to the first."""
    platforms = available.size
    for item in range(platforms + 1):
        luck = shock[item]
        for c in range(m):
            luck[c] = -log(-log(luck[c]))
    luck = shock[0]
    for c in range(m):
        best[c] = outside_option + luck[c]
        choice[c] = platforms
    for q in range(platforms):
        if available[q]:
            row, luck = value[q], shock[q + 1]
            for c in range(m):
                v = row[c] + luck[c]
                better = v > best[c]
                best[c] = v if better else best[c]
                choice[c] = q if better else choice[c]


@inner
def _try_out(
    t, g, m, seed, replicate, exposure, parameters, column, risk, peers, shock, friction,
    available, asc, onboarding_cost, belief, mean_belief,
):  # fmt: skip
    """The platform that would be best if switching were free, for those who try one out."""
    for c in range(m):
        column[TRIED, c] = -1
        if not uniform(seed, replicate, t, column[SLOT, c], EVENT, TRIAL) < parameters.trial:
            continue
        best = -np.inf
        for q in range(available.size):
            if available[q] and friction[q, column[FROM, c]] < np.inf:
                pay = 0.0 if column[APPS, c] >> q & 1 else onboarding_cost[q]
                view = View(q, asc[q], peers[q, c], belief[q], mean_belief, 0.0, pay)
                v = utility(Traits(g, risk[c], exposure), view, parameters) + shock[q + 1, c]
                if v > best:
                    best = v
                    column[TRIED, c] = q


@inner
def _apply(
    t, m, gone, seed, replicate, parameters, column, ahead, habit, apps, entered, seized, seizure,
    origin, reference, actors, moves, joint, joins, installed, idle, newcomers,
):  # fmt: skip
    """Write homes, habits and apps of those who chose or left, and count what changed."""
    platforms, drop = joins.size, parameters.uninstall_probability
    none = np.uint32(0)
    for c in range(WIDTH - gone, WIDTH):
        i, old, new = column[SLOT, c], column[HOME, c], column[CHOICE, c]
        before, after = apps[i], apps[i]
        ahead[i] = new
        if new == platforms + FRESH:  # arrested: apps and habit are lost
            after = none
            habit[i] = -1
            if seized.size > 0:
                seized[i] = none
        apps[i] = after
        there = place_of(new, platforms)
        _count_home(i, place_of(old, platforms), there, t, entered, origin, reference, actors, moves, joint)
        _count_apps(place_of(old, platforms), there, before, after, joins, installed, idle)
    for c in range(m):
        i, old, choice = column[SLOT, c], column[HOME, c], column[CHOICE, c]
        tried = column[TRIED, c] if parameters.trial > 0.0 else -1
        habit[i] = habit_after(habit[i], choice, column[FORCED, c] == 1, platforms)
        if choice == old and tried < 0 and drop == 0.0:
            continue
        ahead[i] = choice
        before = apps[i]
        kept = held_in_evidence(seized[i], seizure) if seized.size > 0 else none
        after = apps_after(before, choice, tried, kept, drop, seed, replicate, t, i, platforms)
        apps[i] = after
        here = place_of(old, platforms)
        if here == platforms + REMOVED:
            entered[i] = t
            newcomers[choice] += 1
        if here != choice:
            _count_home(i, here, choice, t, entered, origin, reference, actors, moves, joint)
        if here != choice or before != after:
            _count_apps(here, choice, before, after, joins, installed, idle)


@inner
def _count_home(i, here, there, t, entered, origin, reference, actors, moves, joint):
    """Count a change of place; ``joint`` follows those who were there at the reference date."""
    actors[here] -= 1
    actors[there] += 1
    if here != there:
        moves[here, there] += 1
    if t > reference and entered[i] <= reference:
        joint[origin[i], here] -= 1
        joint[origin[i], there] += 1


@inner
def _count_apps(here, there, before, after, joins, installed, idle):
    """Count the apps of one actor anew; idle: at home on another platform."""
    platforms = joins.size
    for q in range(platforms):
        had, has = before >> np.uint32(q) & np.uint32(1), after >> np.uint32(q) & np.uint32(1)
        installed[q] += np.int64(has) - np.int64(had)
        if had and here < platforms and here != q:
            idle[q] -= 1
        if has and there < platforms and there != q:
            idle[q] += 1
        if has and not had:
            joins[q] += 1
