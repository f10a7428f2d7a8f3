"""Most who reconsider stay: to see it for sure needs neither contacts nor logarithms.

Utility is linear in all that an actor brings, contacts add a bounded amount, and the Gumbel shock of a
word lies between two bounds that cost a few operations (`balloon.draws.most_gumbel`). Where no other
option can reach the present home under these bounds, the actor stays. Exact: it only spares work.
"""

from __future__ import annotations

import numpy as np

from balloon._jit import inner, scalar, shared
from balloon.behaviour.inputs import Traits, View
from balloon.behaviour.rules import utility
from balloon.draws import SHOCK, keys, least_gumbel, most_gumbel, philox, small, tag_of
from balloon.engines.columns import AT, HELD, KEPT, LOST, MINE, RISK, RIVAL, SEAT, SLOT, STAY


@inner
def bound_options(g, setting, parameters, scratch, stage):
    """Bound what homes and options are worth to anybody of a group, for lack of any other knowledge.

    A home p is worth at least anchor[0, p] - anchor[1, p] r to who has risk aversion r; option q,
    coming from another platform, at most option[0, q + 1] - option[1, q + 1] r, less the onboarding
    cost option[2, q + 1] if its app is not installed. Dormancy is option 0. The coefficients are read
    off the rule itself.
    """
    if not setting.linear:
        return  # nobody asks, and an own rule may not know these traits
    option, anchor, platforms = scratch.option, scratch.anchor, stage.available.shape[1]
    option[0, :], option[1, :], option[2, :] = -np.inf, 0.0, 0.0
    anchor[0, :], anchor[1, :] = -np.inf, 0.0
    option[0, 0] = parameters.outside_option
    calm, wary = Traits(g, 0.0, setting.exposures[g]), Traits(g, 1.0, setting.exposures[g])
    mean, scale = stage.mean_belief[g], 1.0
    for q in range(platforms):
        if not stage.available[g, q]:
            continue
        a, cost, b = stage.asc[g, q], stage.onboarding_cost[g, q], stage.belief[g, q]
        worth = utility(calm, View(q, a, 0.0, b, mean, 0.0, 0.0), parameters)
        crowd = utility(calm, View(q, a, 1.0, b, mean, 0.0, 0.0), parameters) - worth
        fear = worth - utility(wary, View(q, a, 0.0, b, mean, 0.0, 0.0), parameters)
        if not setting.social:
            crowd = 0.0
        option[1, q + 1] = fear
        option[2, q + 1] = worth - utility(calm, View(q, a, 0.0, b, mean, 0.0, cost), parameters)
        anchor[0, q], anchor[1, q] = worth + min(crowd, 0.0), fear
        # Term by term: what cancels in a sum has been rounded all the same. A sum over the platforms, not
        # a maximum, so that nan and infinity go through it, and nobody is settled.
        scale += abs(worth) + abs(crowd) + abs(fear) + abs(cost)
        for p in range(platforms):
            f = setting.friction[q, p]
            if p != q and f < np.inf:
                v = utility(calm, View(q, a, 0.0, b, mean, f, 0.0), parameters)
                option[0, q + 1] = max(option[0, q + 1], v + max(crowd, 0.0))
                scale += abs(worth - v)
    for q in range(platforms):  # far above rounding
        anchor[0, q] -= 1e-9 * scale
        anchor[1, q] += 1e-9 * scale


@shared
def set_aside(t, m, rest, setting, scratch):
    """Settle the choosers who stay for sure; add the slots of the others to ``rest`` that wait.

    Returns how many wait now. The slots of those who are settled stand in row MINE.
    """
    seat, kept, settled = scratch.chooser[SEAT], scratch.chooser[KEPT], scratch.chooser[MINE]
    waiting, least, most = scratch.column[SLOT], scratch.least, scratch.most
    stay, rival = scratch.liking[STAY], scratch.liking[RIVAL]
    if setting.linear:
        _compare(t, m, setting, scratch)
    else:
        kept[:m] = np.uint64(1)
    left = np.uint64(rest)
    for number in range(m):
        c = np.uint64(number)
        # What is written of those who are settled is written over.
        waiting[left], settled[c - left + np.uint64(rest)] = seat[c], seat[c]
        least[left], most[left] = stay[c], rival[c]
        left += kept[c]
    return np.int64(left)


@inner
def set_apart(t, m, home, setting, parameters, scratch):
    """Of those who wait, settle who stay now that their contacts are known; return how many are left.

    Until then every other platform was credited with all contacts, and the home with none. Slots and
    contacts of those who are left move up; the slots of those who are settled stand in row MINE.
    """
    _part_contacts(m, home, scratch)
    slot, packed, least, most = scratch.column[SLOT], scratch.packed, scratch.least, scratch.most
    kept, settled = scratch.chooser[KEPT], scratch.chooser[MINE]
    here, largest = scratch.chooser[AT], scratch.chooser[LOST]
    byte, ones = np.uint64(255), np.uint64(0x0101010101010101)
    k0, k1 = keys(setting.seed)
    replicate, tag, moment = setting.replicate, tag_of(SHOCK, 0), np.uint64(t)
    pull, dormant = parameters.peer_influence, parameters.outside_option
    for c in range(m):
        met = max(small(packed[c] * ones >> np.uint64(56)), 1.0)
        home_worth = least[c] + pull * (small(packed[c] >> here[c] & byte) / met)
        away_worth = most[c] - pull * (1.0 - small(largest[c]) / met)
        w = philox(np.uint64(slot[c]), moment, replicate, tag, k0, k1)
        idle_worth = dormant + most_gumbel(w[0])  # no contact draws there
        stays = (away_worth < home_worth) & (idle_worth < home_worth)
        kept[c] = np.uint64(0) if stays else np.uint64(1)
    left = np.uint64(0)
    for place in range(m):
        k = np.uint64(place)
        slot[left], packed[left], settled[k - left] = slot[k], packed[k], slot[k]
        left += kept[k]
    return np.int64(left)


@inner
def _part_contacts(m, home, scratch):
    """Where the byte of those at home stands, in row AT; the most on another platform, in row LOST."""
    slot, packed, byte = scratch.column[SLOT], scratch.packed, np.uint64(255)
    here, away, largest = scratch.chooser[AT], scratch.chooser[HELD], scratch.chooser[LOST]
    for c in range(m):
        here[c] = np.uint64(home[np.uint64(slot[c])]) * np.uint64(8) & np.uint64(63)  # 8 platforms at most
    for c in range(m):
        away[c] = packed[c] & ~(byte << here[c])
    largest[:m] = np.uint64(0)
    for q in range(scratch.peers.shape[0]):
        by = np.uint64(8 * q)
        for c in range(m):
            largest[c] = max(largest[c], away[c] >> by & byte)


@inner
def _compare(t, m, setting, scratch):
    """Note in row KEPT who might prefer another option to the present home.

    Row STAY says how much the home is worth at least, row RIVAL how much any other option is at most.
    """
    mine, kept = scratch.chooser[MINE], scratch.chooser[KEPT]
    stay, rival = scratch.liking[STAY], scratch.liking[RIVAL]
    for c in range(m):
        rival[c] = -np.inf
    for block in range(scratch.option.shape[1] // 4):
        _compare_four(t, m, block, setting, scratch.option[:, 4 * block : 4 * block + 4], scratch)
    for c in range(m):
        stay[c] += least_gumbel(mine[c])
        kept[c] = np.uint64(0) if rival[c] < stay[c] else np.uint64(1)  # nan: weigh the options


@inner
def _compare_four(t, m, block, setting, option, scratch):
    """Draw four options of all choosers and raise the bounds of their best one away from home."""
    k0, k1 = keys(setting.seed)
    replicate, tag, moment, one = setting.replicate, tag_of(SHOCK, block), np.uint64(t), np.uint64(1)
    seat, home, apps = scratch.chooser[SEAT], scratch.chooser[AT], scratch.chooser[HELD]
    mine, risk, rival = scratch.chooser[MINE], scratch.liking[RISK], scratch.liking[RIVAL]
    i0 = np.uint64(4 * block)
    i1, i2, i3 = i0 + one, i0 + one + one, i0 + one + one + one
    v0, v1, v2, v3 = option[0, 0], option[0, 1], option[0, 2], option[0, 3]
    f0, f1, f2, f3 = option[1, 0], option[1, 1], option[1, 2], option[1, 3]
    c0, c1, c2, c3 = option[2, 0], option[2, 1], option[2, 2], option[2, 3]
    for c in range(m):
        w = philox(seat[c], moment, replicate, tag, k0, k1)
        at, held, r, best, own = home[c], apps[c], risk[c], rival[c], mine[c]
        best, own = _compare_one(w[0], i0, v0, f0, c0, at, held, r, best, own)
        best, own = _compare_one(w[1], i1, v1, f1, c1, at, held, r, best, own)
        best, own = _compare_one(w[2], i2, v2, f2, c2, at, held, r, best, own)
        best, own = _compare_one(w[3], i3, v3, f3, c3, at, held, r, best, own)
        rival[c], mine[c] = best, own


@scalar
def _compare_one(word, item, value, fear, cost, at, held, r, best, own):
    """Best option away from home and word of the home, with one more option looked at."""
    pay = cost if held >> item & np.uint64(1) == 0 else 0.0
    v = value - fear * r - pay + most_gumbel(word)
    here = at == item
    v = -np.inf if here else v
    return max(best, v), word if here else own
