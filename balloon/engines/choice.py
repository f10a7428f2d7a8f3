"""Those who may move look around, weigh their options and choose."""

from __future__ import annotations

import numpy as np

from balloon._jit import inner, shared
from balloon.behaviour.decide import met
from balloon.behaviour.inputs import Traits, View
from balloon.behaviour.rules import utility
from balloon.draws import (
    EVENT,
    SHOCK,
    TRIAL,
    gumbel_of,
    keys,
    least_gumbel_of,
    most_gumbel_of,
    philox,
    small,
    tag_of,
    uniform,
    unit,
)
from balloon.engines.columns import (
    APPS,
    CHOICE,
    FIRST,
    FORCED,
    FROM,
    HABIT,
    HOME,
    LAST,
    SLOT,
    TRIED,
)
from balloon.engines.faults import OF_TRIAL, note, note_utilities
from balloon.engines.stage import STRANDED
from balloon.engines.stayers import set_apart


@shared
def choose(t, g, m, setting, parameters, actors, scratch, stage):
    """Let the first ``m`` of those who wait choose; what they do stands in the columns."""
    _gather(g, m, actors, scratch, stage)
    _judge(t, g, m, setting, parameters, scratch, stage)
    _draw_shocks(t, m, setting, scratch)
    if setting.linear or parameters.trial > 0.0:  # those who try something need all shocks
        _take_best(g, m, parameters.outside_option, scratch, stage)
    else:
        _find_best(g, m, parameters.outside_option, scratch, stage)
    if parameters.trial > 0.0:
        _try_out(t, g, m, setting, parameters, scratch, stage)


@inner
def _gather(g, m, actors, scratch, stage):
    """What they are, from the columns of all actors."""
    column, risk, platforms = scratch.column, scratch.risk, stage.available.shape[1]
    for c in range(m):
        i = np.uint64(column[SLOT, c])
        code, used = np.int64(actors.home[i]), np.int64(actors.habit[i])
        at_home = code < platforms
        origin = code if at_home else used
        closed = at_home and not stage.available[g, np.uint64(code)]
        column[FROM, c] = origin if origin >= 0 else platforms
        column[HOME, c], column[HABIT, c], column[APPS, c] = code, used, actors.apps[i]
        column[FORCED, c] = 1 if closed or code == platforms + STRANDED else 0
        risk[c] = actors.risk_aversion[i]


@shared
def look_around(t, g, m, setting, parameters, home, scratch, stage):
    """Share of contacts on each available platform, of those on any, for those who wait.

    Who turns out to stay is settled; returns how many are left.
    """
    if not setting.social:
        return m
    platforms, longest, others = stage.available.shape[1], 0, setting.others
    slot, first, last = scratch.column[SLOT], scratch.column[FIRST], scratch.column[LAST]
    lane, packed = scratch.lane, scratch.packed
    for c in range(m):
        i = np.uint64(slot[c])
        first[c], last[c] = setting.start[i], setting.start[i + np.uint64(1)]
        longest = max(longest, last[c] - first[c])
    if setting.annealed > 0 or platforms > 8 or longest > 255:
        _look_wide(t, g, m, setting, home, scratch, stage)
        return m
    lane[:] = np.uint64(0)
    for q in range(platforms):
        if stage.available[g, q]:
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
    if setting.linear and parameters.peer_influence > 0.0:
        m = set_apart(t, m, home, setting, parameters, scratch)
    byte, ones, top = np.uint64(255), np.uint64(0x0101010101010101), np.uint64(56)
    for q in range(platforms):
        row, by = scratch.peers[q], np.uint64(8 * q)
        for c in range(m):
            number = small(packed[c] * ones >> top)
            row[c] = small(packed[c] >> by & byte) / max(number, 1.0)
    return m


@inner
def _look_wide(t, g, m, setting, home, scratch, stage):
    """The same for many platforms, hubs and others met afresh."""
    platforms, start, slot = stage.available.shape[1], setting.start, scratch.column[SLOT]
    crowd = scratch.lane
    for c in range(m):
        i = np.uint64(slot[c])
        crowd[:] = np.uint64(0)
        for e in range(setting.annealed):
            j = met(t, i, e, setting.seed, setting.replicate, home.size)
            crowd[home[j]] += np.uint64(1)
        if setting.annealed == 0:
            for e in range(start[i], start[i + np.uint64(1)]):
                crowd[home[setting.others[e]]] += np.uint64(1)
        number = np.uint64(0)
        for q in range(platforms):
            number += crowd[q] if stage.available[g, q] else np.uint64(0)
        for q in range(platforms):
            scratch.peers[q, c] = small(crowd[q]) / small(number) if number > 0 else 0.0


@inner
def _judge(t, g, m, setting, parameters, scratch, stage):
    """Utility of every available platform to every chooser; -inf where no path leads."""
    column, risk, way, exposure = scratch.column, scratch.risk, scratch.way, setting.exposures[g]
    home, habit, apps, mean_belief = column[HOME], column[HABIT], column[APPS], stage.mean_belief[g]
    for q in range(stage.available.shape[1]):
        if not stage.available[g, q]:
            continue
        row, near = scratch.value[q], scratch.peers[q]
        _approach(q, m, column[FROM], setting.friction, way)
        a, b, cost, bit = stage.asc[g, q], stage.belief[g, q], stage.onboarding_cost[g, q], np.int64(1) << q
        for c in range(m):
            f = way[c]
            free = (f == np.inf) | (q == home[c]) | (q == habit[c])
            pay = cost if apps[c] & bit == 0 else 0.0
            view = View(q, a, near[c], b, mean_belief, 0.0 if free else f, pay)
            v = utility(Traits(g, risk[c], exposure), view, parameters)
            row[c] = -np.inf if f == np.inf else v
        note_utilities(stage.fault, m, column[SLOT], t, q, row)


@inner
def _approach(q, m, origin, friction, way):
    """Friction from where each chooser comes from to platform q.

    A loop of its own: a look into a table would keep the loop over utilities from running several
    choosers at once.
    """
    for c in range(m):
        way[c] = friction[q, np.uint64(origin[c])]


@inner
def _draw_shocks(t, m, setting, scratch):
    """Uniforms of all options, dormancy first."""
    slot, shock, replicate, moment = scratch.column[SLOT], scratch.shock, setting.replicate, np.uint64(t)
    k0, k1 = keys(setting.seed)
    for block in range(shock.shape[0] // 4):
        tag = tag_of(SHOCK, block)
        r0, r1, r2, r3 = shock[4 * block], shock[4 * block + 1], shock[4 * block + 2], shock[4 * block + 3]
        for c in range(m):
            w = philox(np.uint64(slot[c]), moment, replicate, tag, k0, k1)
            r0[c], r1[c], r2[c], r3[c] = unit(w[0]), unit(w[1]), unit(w[2]), unit(w[3])


@inner
def _take_best(g, m, outside_option, scratch, stage):
    """The best of the platforms and dormancy, each with its shock; ties go to the first."""
    choice, best, platforms = scratch.column[CHOICE], scratch.best, stage.available.shape[1]
    for item in range(platforms + 1):
        luck = scratch.shock[item]
        for c in range(m):
            luck[c] = gumbel_of(luck[c])
    luck = scratch.shock[0]
    for c in range(m):
        best[c] = outside_option + luck[c]
        choice[c] = platforms
    for q in range(platforms):
        if stage.available[g, q]:
            row, luck = scratch.value[q], scratch.shock[q + 1]
            for c in range(m):
                v = row[c] + luck[c]
                better = v > best[c]
                best[c] = v if better else best[c]
                choice[c] = q if better else choice[c]


@inner
def _find_best(g, m, outside_option, scratch, stage):
    """The same where nobody was settled before: bounds of the shocks leave most choosers one option."""
    choice, least, rivals = scratch.column[CHOICE], scratch.best, scratch.way
    value, shock, platforms = scratch.value, scratch.shock, stage.available.shape[1]
    for c in range(m):
        least[c] = outside_option + least_gumbel_of(shock[0, c])
    for q in range(platforms):
        if stage.available[g, q]:
            row, luck = value[q], shock[q + 1]
            for c in range(m):
                v = row[c] + least_gumbel_of(luck[c])
                better = v > least[c]
                least[c] = v if better else least[c]
    for c in range(m):
        can = outside_option + most_gumbel_of(shock[0, c]) >= least[c]
        choice[c], rivals[c] = platforms, 1.0 if can else 0.0
    for q in range(platforms):
        if stage.available[g, q]:
            row, luck = value[q], shock[q + 1]
            for c in range(m):
                can = row[c] + most_gumbel_of(luck[c]) >= least[c]
                choice[c] = q if can else choice[c]
                rivals[c] += 1.0 if can else 0.0
    for c in range(m):
        if rivals[c] != 1.0:
            choice[c] = _best_of_rivals(g, c, outside_option, scratch, stage)


@inner
def _best_of_rivals(g, c, outside_option, scratch, stage):
    """The best option of one chooser among those that can reach what the best is worth at least."""
    value, shock, platforms = scratch.value, scratch.shock, stage.available.shape[1]
    best, choice, least, luck = -np.inf, platforms, scratch.best[c], shock[0, c]
    if outside_option + most_gumbel_of(luck) >= least:
        best = outside_option + gumbel_of(luck)
    for q in range(platforms):
        luck = shock[q + 1, c]
        if stage.available[g, q] and value[q, c] + most_gumbel_of(luck) >= least:
            v = value[q, c] + gumbel_of(luck)
            if v > best:
                best, choice = v, q
    return choice


@inner
def _try_out(t, g, m, setting, parameters, scratch, stage):
    """The platform that would be best if switching were free, for those who try one out."""
    column, exposure, mean_belief = scratch.column, setting.exposures[g], stage.mean_belief[g]
    for c in range(m):
        column[TRIED, c] = -1
        i, origin = np.uint64(column[SLOT, c]), column[FROM, c]
        if not uniform(setting.seed, setting.replicate, t, i, EVENT, TRIAL) < parameters.trial:
            continue
        best = -np.inf
        for q in range(stage.available.shape[1]):
            if stage.available[g, q] and setting.friction[q, origin] < np.inf:
                pay = 0.0 if column[APPS, c] >> q & 1 else stage.onboarding_cost[g, q]
                view = View(
                    q, stage.asc[g, q], scratch.peers[q, c], stage.belief[g, q], mean_belief, 0.0, pay
                )
                v = utility(Traits(g, scratch.risk[c], exposure), view, parameters)
                if not v < np.inf:
                    note(stage.fault, OF_TRIAL, i, t, q, v)
                v += scratch.shock[q + 1, c]
                if v > best:
                    best = v
                    column[TRIED, c] = q
