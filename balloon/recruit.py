"""Who the actors are at the start: homes, risk aversions and apps, drawn by address."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._bundle import bundle
from balloon._jit import jit
from balloon._values import DORMANT
from balloon.draws import HOME, RECRUIT, RISK, exp, normal, uniform, unit, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

FIRST_APP = 4  # item of the first platform's start app


@bundle
class Actors(NamedTuple):
    """The columns of the actors; row i is slot i, groups in blocks of slots."""

    home: NDArray[np.int8]
    """(N,) platform, or a code beyond the platforms: see `balloon.engines.stage`."""
    habit: NDArray[np.int8]
    """(N,) platform the actor is used to, -1: none."""
    apps: NDArray[np.uint32]
    """(N,) bit q: the app of platform q is installed."""
    entered: NDArray[np.int32]
    """(N,) step of entry, 0: from the start."""
    risk_aversion: NDArray[np.float64]
    """(N,) utils per annual probability."""


def new_actors(n: int) -> Actors:
    """Empty columns."""
    return Actors(
        home=np.zeros(n, np.int8),
        habit=np.zeros(n, np.int8),
        apps=np.zeros(n, np.uint32),
        entered=np.zeros(n, np.int32),
        risk_aversion=np.zeros(n),
    )


def recruit(scenario: Scenario, *, seed: int, replicate: int) -> Actors:
    """Fill the slots.

    Start homes are independent draws from the group's start shares; risk aversion is log-normal
    with the group's mean and coefficient of variation (s2 = ln(1 + cv2), mu = ln mean - s2 / 2).

    Examples
    --------
    >>> import balloon as bl
    >>> actors = recruit(bl.load("minimal"), seed=1, replicate=0)
    >>> bool((actors.entered == 0).all())
    True
    """
    names, actors = scenario.platforms, new_actors(scenario.population.actors)
    first = 0
    for group, size in zip(scenario.groups, scenario.population.sizes, strict=True):
        shares = np.array([group.start.get(place, 0.0) for place in (*names, DORMANT)])
        apps = np.array([group.start_apps.get(name, 0.0) for name in names])
        variance = math.log(1.0 + group.risk_aversion_cv * group.risk_aversion_cv)
        mean = group.risk_aversion
        location = math.log(mean) - variance / 2.0 if mean > 0 else -math.inf
        block = slice(first, first + size)
        _fill(
            first, np.cumsum(shares), apps, location, math.sqrt(variance),
            np.uint64(seed), np.uint64(replicate),
            actors.home[block], actors.habit[block], actors.apps[block], actors.risk_aversion[block],
        )  # fmt: skip
        first += size
    return actors


@jit
def _fill(first, shares, start_apps, location, scale, seed, replicate, home, habit, apps, risk):
    """Draw one group; the last place with a share takes what rounding leaves."""
    platforms = start_apps.size
    last = platforms
    while last > 0 and shares[last] == shares[last - 1]:
        last -= 1
    some_apps = False
    for q in range(platforms):
        some_apps |= start_apps[q] > 0.0
    for i in range(home.size):
        slot = first + i
        w = words(seed, replicate, 0, slot, RECRUIT, 0)
        u = unit(w[HOME])
        place = 0
        while place < last and u >= shares[place]:
            place += 1
        risk[i] = exp(location + scale * normal(unit(w[RISK])))
        home[i] = place
        habit[i] = place if place < platforms else -1
        mask = np.uint32(0)
        for q in range(platforms):
            has = q == place
            if some_apps and not has:
                has = uniform(seed, replicate, 0, slot, RECRUIT, FIRST_APP + q) < start_apps[q]
            if has:
                mask |= np.uint32(1) << np.uint32(q)
        apps[i] = mask
