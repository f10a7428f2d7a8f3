"""One step of the compiled engine: passes over blocks of actors that fit the nearest cache.

Everybody observes the homes of the last step, everybody decides, the new homes are a second
column. Only those who reconsider judge platforms, only those who might move look at their contacts,
only those who change touch the counts.
"""

from __future__ import annotations

import numpy as np

from balloon._jit import inner, jit
from balloon.behaviour.decide import chance, met, seizure_rate, source_of, struck
from balloon.behaviour.inputs import Enforcement, Traits
from balloon.behaviour.rules import hazard, revision_rate
from balloon.draws import ARREST, EVENT, REPLACEMENT, REVISION, TRIAL, keys, philox, tag_of, uniform, unit
from balloon.engines.choice import choose, look_around
from balloon.engines.columns import AT, BLOCK, HELD, RISK, SEAT, STAY, WIDTH
from balloon.engines.faults import OF_HAZARD, OF_REVISION, is_faulty, note
from balloon.engines.stage import DORMANT, FRESH, REMOVED, STRANDED, close_step, observe
from balloon.engines.stayers import bound_options, set_aside
from balloon.engines.tally import apply, carry, count_stayers, drop_apps, leave, mark_origin, take_stock

QUIET, CHOOSES, OPEN = range(3)
"""What the uniforms of a slot say: nothing happens, it reconsiders and nothing else, look closer."""

WHO, WHOM = 0, 1
"""Rows of ``listed``: places in the block of those who choose, of those to look into."""


@jit
def advance(first, last, setting, parameters, policy, actors, extra, scratch, stage, series):
    """Do steps ``first`` to ``last``; step 0 takes stock and sets the stage for the first look.

    A step in which an own rule gave what means nothing is the last.
    """
    for t in range(first, last + 1):
        if t == 0:
            take_stock(setting.bounds, actors, series)
        observe(max(t, 1), setting.exposures, parameters, policy, setting.weeks, stage, series)
        if t > 0:
            act(t, setting, parameters, actors, extra, scratch, stage, series)
            close_step(t, parameters, policy, setting.weeks, stage, series)
        if t == setting.reference:
            mark_origin(t, actors, extra, series)
        if is_faulty(stage.fault):
            return


@inner
def act(t, setting, parameters, actors, extra, scratch, stage, series):
    """Let everybody decide on the stage of step t and the homes after step t - 1; count."""
    carry(t, series)
    platforms = stage.available.shape[1]
    removals = 0
    for p in range(platforms + 1):
        removals += series.moves[t - 1, p, platforms + REMOVED]
    watch = setting.watchful and removals > 0
    for g in range(len(setting.exposures)):
        if extra.seized.size > 0:
            _take_data(g, setting, actors, extra, stage)
        limits = _bounds(g, setting, parameters, stage, series.actors[t - 1, g], watch)
        bound_options(g, setting, parameters, scratch, stage)
        m, waiting, end = 0, 0, setting.bounds[g + 1]
        for lo in range(setting.bounds[g], end, BLOCK):
            n = min(BLOCK, end - lo)
            _draw_events(t, lo, n, setting, actors.home, extra.alarm, platforms + DORMANT, limits, scratch)
            n, unclear = _sift(n, scratch)
            n = _look_closer(
                t, g, lo, n, unclear, watch, setting, parameters, actors, extra, scratch, stage, series
            )
            m = _enlist(lo, m, n, parameters.trial, actors, scratch)
            if m + BLOCK <= WIDTH and lo + BLOCK < end:
                continue
            left = set_aside(t, m, waiting, setting, scratch)
            settled = m - (left - waiting)
            drop_apps(t, g, settled, setting, parameters, actors, extra, scratch, stage, series)
            m, waiting = 0, left
            if waiting > WIDTH or lo + BLOCK >= end:
                left = look_around(t, g, waiting, setting, parameters, actors.home, scratch, stage)
                settled = waiting - left
                drop_apps(t, g, settled, setting, parameters, actors, extra, scratch, stage, series)
                choose(t, g, left, setting, parameters, actors, scratch, stage)
                apply(t, g, left, setting, parameters, actors, extra, scratch, stage, series)
                waiting = 0
    count_stayers(t, series)
    for i in range(actors.home.size):
        actors.home[i] = extra.ahead[i]


@inner
def _take_data(g, setting, actors, extra, stage):
    """Note who has the app of a platform whose data are taken in this step."""
    apps, seized = actors.apps, extra.seized
    for p in range(stage.taken.shape[1]):
        if stage.taken[g, p]:
            bit = np.uint32(1) << np.uint32(p)
            for i in range(setting.bounds[g], setting.bounds[g + 1]):
                seized[i] = (seized[i] & ~bit) | (apps[i] & bit)


@inner
def _bounds(g, setting, parameters, stage, actors, watch):
    """Chances of arrest and of revision that nobody of a group exceeds, and of a calm revision.

    Above 1, everybody is looked at: under own rules, where a habit reopens, or where somebody's home
    has closed. Revisions are calm where no contact was removed: then all have the same chance.
    """
    if not setting.built_in:
        return 2.0, 2.0, 0.0
    traits, arrest, weeks = Traits(g, 0.0, setting.exposures[g]), 0.0, setting.weeks
    for p in range(stage.available.shape[1]):
        if stage.reopened[g, p] or (not stage.available[g, p] and actors[p] > 0):
            return 2.0, 2.0, 0.0
        works = Enforcement(p, stage.undercover[g, p], stage.requests[g, p], stage.cooperation[g, p])
        arrest = max(arrest, hazard(traits, works, parameters))
    for p in range(stage.available.shape[1]):
        arrest += stage.seizure[g, p]
    calm = revision_rate(traits, 0.0, weeks, parameters) * weeks
    most = revision_rate(traits, 1.0 if watch else 0.0, weeks, parameters) * weeks
    slack = 1.0 + 1e-9  # for rounding
    return arrest * weeks * slack, most * slack if watch else calm, calm


@inner
def _draw_events(t, lo, n, setting, home, alarm, dormant, limits, scratch):
    """Uniforms of arrest, revision and trial of every slot of the block, and what they leave open.

    Who may be alarmed: a contact was removed in the last step, or in this one. Steps are compared modulo
    256, so once in a while somebody is looked at for nothing.
    """
    k0, k1 = keys(setting.seed)
    replicate, tag, moment, base = setting.replicate, tag_of(EVENT, 0), np.uint64(t), np.uint64(lo)
    arrest, revision, trial, flag = scratch.event[0], scratch.event[1], scratch.event[2], scratch.flag
    most_arrest, most_revision, calm = limits
    lately = 1 if setting.annealed == 0 else 255
    for k in range(n):
        w = philox(base + np.uint64(k), moment, replicate, tag, k0, k1)
        a, r = unit(w[ARREST]), unit(w[REVISION])
        arrest[k], revision[k], trial[k] = a, r, unit(w[TRIAL])
        i = base + np.uint64(k)
        alarmed = (t - np.int64(alarm[i])) & 255 <= lately
        unclear = (a < most_arrest) | ((r >= calm) & (r < most_revision) & alarmed) | (home[i] > dormant)
        flag[k] = OPEN if unclear else CHOOSES if r < calm else QUIET


@inner
def _sift(n, scratch):
    """List the places in the block of those who choose and of those to look into."""
    flag, who, whom = scratch.flag, scratch.listed[WHO], scratch.listed[WHOM]
    a, b = np.uint64(0), np.uint64(0)
    for number in range(n):
        k = np.uint64(number)
        who[a], whom[b] = k, k
        a += np.uint64(flag[k] == CHOOSES)
        b += np.uint64(flag[k] == OPEN)
    return np.int64(a), np.int64(b)


@inner
def _look_closer(t, g, lo, n, unclear, watch, setting, parameters, actors, extra, scratch, stage, series):
    """Arrest, strand and replace those of whom the luck alone does not say it; return how many choose.

    Who chooses as well is added to the list of those who do.
    """
    platforms = stage.available.shape[1]
    dormant, removed = platforms + DORMANT, platforms + REMOVED
    stranded, fresh = platforms + STRANDED, platforms + FRESH
    who, arrest, revision = scratch.listed[WHO], scratch.event[0], scratch.event[1]
    available, seizure, seized = stage.available[g], stage.seizure[g], extra.seized
    seed, replicate, weeks, exposure = setting.seed, setting.replicate, setting.weeks, setting.exposures[g]
    replace = chance(parameters.replacement_rate, weeks)
    rechoice = parameters.rechoice_rate * weeks
    for j in range(unclear):
        k = scratch.listed[WHOM, j]
        i = np.uint64(lo) + k
        code, habit = np.int64(actors.home[i]), np.int64(actors.habit[i])
        chooses, leaves = False, -1
        if code == removed or code == fresh:
            extra.ahead[i] = removed
            chooses = replace > 0.0 and uniform(seed, replicate, t, i, EVENT, REPLACEMENT) < replace
        else:
            traits = Traits(g, actors.risk_aversion[i], exposure)
            at_home = code < platforms
            open_home = at_home and available[np.uint64(code)]
            rate, seized_rate = 0.0, 0.0
            if open_home:
                p = np.uint64(code)
                works = Enforcement(
                    int(code), stage.undercover[g, p], stage.requests[g, p], stage.cooperation[g, p]
                )
                rate = hazard(traits, works, parameters)
                if not 0.0 <= rate < np.inf:
                    note(stage.fault, OF_HAZARD, i, t, code, rate)
            if seized.size > 0:
                seized_rate = seizure_rate(seized[i], seizure)
            if struck(arrest[k], rate + seized_rate, weeks):
                source = code
                if seized_rate > 0.0:
                    source = source_of(t, i, seed, replicate, code, rate, seized_rate, seized[i], seizure)
                series.arrests[t, g, source] += 1
                leaves = fresh
            elif habit >= 0 and habit != code and stage.reopened[g, habit]:
                chooses = True
            elif open_home or code == dormant:
                pace = revision_rate(traits, 0.0, weeks, parameters)
                chooses = revision[k] < pace * weeks
                # The built-in rate only rises with what befalls contacts.
                if watch and open_home and not (chooses and setting.built_in):
                    share = _removed_share(t, i, fresh, setting, actors.home)
                    pace = revision_rate(traits, share, weeks, parameters)
                    chooses = revision[k] < pace * weeks
                if not 0.0 <= pace < np.inf:
                    note(stage.fault, OF_REVISION, i, t, code, pace)
            elif not revision[k] >= rechoice:  # nan: all at once
                chooses = True
            elif at_home:
                leaves = stranded
        if leaves >= 0:
            leave(t, g, i, code, leaves, setting, actors, extra, series)
        if chooses:
            who[n] = k
            n += 1
    return n


@inner
def _removed_share(t, i, fresh, setting, home):
    """Share of an actor's contacts that were removed in the last step."""
    gone, number, start = 0, setting.annealed, setting.start
    if number > 0:
        for e in range(number):
            gone += home[met(t, i, e, setting.seed, setting.replicate, home.size)] == fresh
    else:
        number = start[i + np.uint64(1)] - start[i]
        for e in range(start[i], start[i + np.uint64(1)]):
            gone += home[setting.others[np.uint64(e)]] == fresh
    return gone / number if number > 0 else 0.0


@inner
def _enlist(lo, m, n, trial, actors, scratch):
    """Add ``n`` of a block to the ``m`` choosers, with the least that their homes are worth to them.

    That is -inf for those who have to weigh their options in any case: the homeless, those with
    another habit, those who try out an app.
    """
    seat, home, apps = scratch.chooser[SEAT], scratch.chooser[AT], scratch.chooser[HELD]
    risk, stay, anchor = scratch.liking[RISK], scratch.liking[STAY], scratch.anchor
    base, start, luck = np.uint64(lo), np.uint64(m), scratch.event[2]
    for j in range(n):
        k, c = scratch.listed[WHO, j], start + np.uint64(j)
        i = base + k
        code, held, r = np.uint64(actors.home[i]), np.uint64(actors.apps[i]), actors.risk_aversion[i]
        free = (actors.habit[i] == actors.home[i]) & (held >> code & np.uint64(1) == 1) & (luck[k] >= trial)
        seat[c], home[c], apps[c], risk[c] = i, code + np.uint64(1), held << np.uint64(1), r
        stay[c] = anchor[0, code] - anchor[1, code] * r if free else -np.inf
    return m + n
