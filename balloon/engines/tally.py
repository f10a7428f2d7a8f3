"""What changes is written down and counted: homes, habits, apps, moves, joins."""

from __future__ import annotations

import numpy as np

from balloon._jit import inner, shared
from balloon.behaviour.decide import apps_after, habit_after, held_in_evidence
from balloon.draws import UNINSTALL, keys, philox, tag_of, unit
from balloon.engines.columns import APPS, CHOICE, FORCED, HABIT, HOME, LOST, MINE, SLOT, TRIED
from balloon.engines.stage import FRESH, REMOVED, place_of


@inner
def take_stock(bounds, actors, series):
    """Count homes and apps at the start."""
    platforms, one = series.installed.shape[1], np.uint32(1)
    for g in range(bounds.size - 1):
        for i in range(bounds[g], bounds[g + 1]):
            home = actors.home[i]
            series.actors[0, g, home] += 1
            for q in range(platforms):
                has = np.int64(actors.apps[i] >> np.uint32(q) & one)
                series.installed[0, q] += has
                if home < platforms and home != q:
                    series.idle[0, q] += has


@inner
def mark_origin(t, actors, extra, series):
    """Remember where everybody is at the reference date."""
    platforms = series.installed.shape[1]
    for i in range(actors.home.size):
        place = place_of(actors.home[i], platforms)
        extra.origin[i] = place
        series.joint[t, place, place] += 1


@inner
def carry(t, series):
    """Start the counts of step t from those of the last one."""
    platforms = series.installed.shape[1]
    for p in range(platforms):
        series.installed[t, p] = series.installed[t - 1, p]
        series.idle[t, p] = series.idle[t - 1, p]
    for p in range(platforms + 2):
        for g in range(series.actors.shape[1]):
            series.actors[t, g, p] = series.actors[t - 1, g, p]
        for q in range(platforms + 2):
            series.joint[t, p, q] = series.joint[t - 1, p, q]


@inner
def count_stayers(t, series):
    """The diagonal of the moves: who was somewhere and did not move away."""
    for p in range(series.moves.shape[1]):
        stayers = 0
        for g in range(series.actors.shape[1]):
            stayers += series.actors[t - 1, g, p]
        for q in range(series.moves.shape[2]):
            stayers -= series.moves[t, p, q]
        series.moves[t, p, p] = stayers


@inner
def leave(t, g, i, code, new, setting, actors, extra, series):
    """Write and count one who is arrested, or whose platform closed, without a choice."""
    platforms = series.installed.shape[1]
    before = actors.apps[i]
    after = before
    extra.ahead[i] = new
    if new == platforms + FRESH:  # arrested: apps and habit are lost, contacts alarmed
        after = np.uint32(0)
        actors.apps[i] = after
        actors.habit[i] = -1
        if extra.seized.size > 0:
            extra.seized[i] = after
        if setting.watchful and setting.annealed == 0:
            for e in range(setting.start[i], setting.start[i + np.uint64(1)]):
                extra.alarm[setting.others[np.uint64(e)]] = np.uint8(t & 255)
    here, there = place_of(code, platforms), place_of(new, platforms)
    since = setting.reference if t > setting.reference else -1
    _count_home(
        g, i, here, there, since, actors.entered, extra.origin, series.actors[t], series.moves[t],
        series.joint[t],
    )  # fmt: skip
    _count_apps(here, there, before, after, series.joins[t], series.installed[t], series.idle[t])


@shared
def drop_apps(t, g, n, setting, parameters, actors, extra, scratch, stage, series):
    """Drop apps of those who were settled where they are."""
    platforms, none = series.installed.shape[1], np.uint32(0)
    if parameters.uninstall_probability == 0.0:
        return
    _draw_lots(t, n, parameters.uninstall_probability, setting, scratch)
    for k in range(n):
        i = scratch.chooser[MINE, k]
        before, here = actors.apps[i], np.int64(actors.home[i])
        if np.uint64(before) & scratch.chooser[LOST, k] == 0:
            continue
        kept = held_in_evidence(extra.seized[i], stage.seizure[g]) if extra.seized.size > 0 else none
        after = apps_after(
            before, here, -1, kept, parameters.uninstall_probability, setting.seed, setting.replicate, t, i,
            platforms,
        )  # fmt: skip
        if before != after:
            actors.apps[i] = after
            _count_apps(here, here, before, after, series.joins[t], series.installed[t], series.idle[t])


@inner
def _draw_lots(t, n, drop, setting, scratch):
    """Note which apps would be lost if they were installed and loose: most people lose none."""
    k0, k1 = keys(setting.seed)
    replicate, moment, one, two = setting.replicate, np.uint64(t), np.uint64(1), np.uint64(2)
    slot, lost = scratch.chooser[MINE], scratch.chooser[LOST]
    for k in range(n):
        lost[k] = np.uint64(0)
    for block in range(scratch.shock.shape[0] // 4):
        tag, by = tag_of(UNINSTALL, block), np.uint64(4 * block)
        for k in range(n):
            w = philox(slot[k], moment, replicate, tag, k0, k1)
            low = np.uint64(unit(w[0]) < drop) | np.uint64(unit(w[1]) < drop) << one
            high = np.uint64(unit(w[2]) < drop) | np.uint64(unit(w[3]) < drop) << one
            lost[k] |= (low | high << two) << by


@shared
def apply(t, g, m, setting, parameters, actors, extra, scratch, stage, series):
    """Write homes, habits and apps of those who chose, and count what changed."""
    platforms, drop, column = series.installed.shape[1], parameters.uninstall_probability, scratch.column
    joins, installed, idle = series.joins[t], series.installed[t], series.idle[t]
    counts, moves, joint = series.actors[t], series.moves[t], series.joint[t]
    none, since = np.uint32(0), setting.reference if t > setting.reference else -1
    for c in range(m):
        i, old, choice = np.uint64(column[SLOT, c]), column[HOME, c], column[CHOICE, c]
        tried = column[TRIED, c] if parameters.trial > 0.0 else -1
        actors.habit[i] = habit_after(column[HABIT, c], choice, column[FORCED, c] == 1, platforms)
        if choice == old and tried < 0 and drop == 0.0:
            continue
        extra.ahead[i] = choice
        before = np.uint32(column[APPS, c])
        kept = held_in_evidence(extra.seized[i], stage.seizure[g]) if extra.seized.size > 0 else none
        after = apps_after(
            before, choice, tried, kept, drop, setting.seed, setting.replicate, t, i, platforms
        )
        actors.apps[i] = after
        here = place_of(old, platforms)
        if here == platforms + REMOVED:
            actors.entered[i] = t
            series.newcomers[t, choice] += 1
        if here != choice:
            _count_home(g, i, here, choice, since, actors.entered, extra.origin, counts, moves, joint)
        if here != choice or before != after:
            _count_apps(here, choice, before, after, joins, installed, idle)


@inner
def _count_home(g, i, here, there, since, entered, origin, actors, moves, joint):
    """Count a change of place; ``joint`` follows those who were there at the reference date, ``since``."""
    actors[g, here] -= 1
    actors[g, there] += 1
    if here != there:
        moves[here, there] += 1
    if entered[i] <= since:
        joint[origin[i], here] -= 1
        joint[origin[i], there] += 1


@inner
def _count_apps(here, there, before, after, joins, installed, idle):
    """Count the apps of one actor anew; idle: at home on another platform."""
    one, none = np.uint32(1), np.uint32(0)
    platforms, joined = joins.size, after & ~before
    unused = before & ~(one << np.uint32(here)) if here < platforms else none
    useless = after & ~(one << np.uint32(there)) if there < platforms else none
    for q in range(platforms):
        by = np.uint32(q)
        installed[q] += np.int64(after >> by & one) - np.int64(before >> by & one)
        idle[q] += np.int64(useless >> by & one) - np.int64(unused >> by & one)
        joins[q] += np.int64(joined >> by & one)
