"""What follows from the rules: chances in a step, apps and habits after a choice. Pure scalars."""

from __future__ import annotations

import numpy as np

from balloon._jit import jit, scalar
from balloon.draws import ENCOUNTER, EVIDENCE, UNINSTALL, exp, log, uniform, unit, words

NOWHERE = np.int8(-1)
"""No habit."""


@scalar
def chance(rate, weeks):
    """Probability that something of this weekly rate happens within a step, 1 - exp(-rate weeks)."""
    return 1.0 - exp(-rate * weeks)


@scalar
def struck(u, rate, weeks):
    """Whether a uniform number falls under `chance`.

    1 - exp(-x) <= x, so most cases are settled without the exponential, and exactly.
    """
    x = rate * weeks
    if u >= x:
        return False
    return u < 1.0 - exp(-x)


@scalar
def annual(weekly):
    """Annual probability of a weekly rate, 1 - exp(-52 h)."""
    return 1.0 - exp(-52.0 * weekly)


@scalar
def per_week(annual_probability):
    """Weekly rate of an annual probability in [0, 1), -log(1 - b) / 52."""
    return -log(1.0 - annual_probability) / 52.0


@scalar
def learnt(h, arrests, actors, credibility, gain, weeks):
    """Believed weekly rate after the arrests among the actors of one step."""
    if actors == 0:
        return h
    return h + gain * (arrests / weeks - actors * h) / (actors + credibility)


@scalar
def habit_after(habit, choice, forced, platforms):
    """Habit after a revision: the chosen platform, unless forced out or going dormant."""
    if forced or choice >= platforms:
        return habit
    return choice


@jit
def apps_after(apps, choice, tried, kept, drop, seed, replicate, step, slot, platforms):
    """Apps after a revision, as a bit mask.

    Parameters
    ----------
    apps, kept : uint32
        Installed before; apps that cannot be dropped now, their data being used in evidence.
    choice, tried : int
        Platform chosen (``platforms`` or more: dormancy) and platform put to a trial (-1: none).
    drop : float
        Probability of dropping each app but the new home's.
    """
    one = np.uint32(1)
    if choice < platforms:
        apps |= one << np.uint32(choice)
    if tried >= 0:
        apps |= one << np.uint32(tried)
    if drop > 0.0:
        loose = apps & ~kept
        if choice < platforms:
            loose &= ~(one << np.uint32(choice))
        for block in range((platforms + 3) // 4):
            if loose >> np.uint32(4 * block) & np.uint32(15):
                w = words(seed, replicate, step, slot, UNINSTALL, block)
                for item in range(4):
                    bit = one << np.uint32(4 * block + item)
                    if loose & bit and unit(w[item]) < drop:
                        apps &= ~bit
    return np.uint32(apps)


@jit
def seizure_rate(held, seizure):
    """Arrests per week by the data taken from the platforms whose apps were held."""
    rate = 0.0
    for p in range(seizure.size):
        if held >> np.uint32(p) & np.uint32(1):
            rate += seizure[p]
    return rate


@jit
def source_of(t, i, seed, replicate, code, rate, seized_rate, held, seizure):
    """The platform the evidence for an arrest came from, in proportion to the rates."""
    left = uniform(seed, replicate, t, i, EVIDENCE, 0) * (rate + seized_rate) - rate
    if left < 0.0:
        return code
    source = code
    for p in range(seizure.size):
        if held >> np.uint32(p) & np.uint32(1) and seizure[p] > 0.0:
            source = p
            left -= seizure[p]
            if left < 0.0:
                break
    return source


@jit
def held_in_evidence(held, seizure):
    """Apps that cannot be dropped: their data were taken and still lead to arrests."""
    kept = np.uint32(0)
    for p in range(seizure.size):
        if seizure[p] > 0.0:
            kept |= held & (np.uint32(1) << np.uint32(p))
    return kept


@jit
def met(t, i, e, seed, replicate, n):
    """Slot of the e-th other that an actor meets in a step, never itself."""
    j = np.int64(uniform(seed, replicate, t, i, ENCOUNTER, e) * (n - 1))
    return j + 1 if j >= np.int64(i) else j
