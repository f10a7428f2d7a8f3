"""Along a ridge: the best values of all other parameters where one is held.

Without priors the data may leave directions open. Steps are therefore the best ones within the ends of the
priors, so that what is left to gain in such a direction is known, and a walk that gains next to nothing ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from balloon.calibrate.search import EDGE, Place, damped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Mask: TypeAlias = NDArray[np.bool_]

ENOUGH = 1e-3
"""Nats that the best step within the ends of the priors would gain, from which on a point of a profile has
arrived; its centre is looked for to a tenth of that."""
STALLED, PATIENCE = 5e-3, 5
"""Nats that so many steps gained together: a walk on the level, which ends."""
MOST = 60
"""Steps of one point."""


def climb(here: Place, *, held: int | None) -> tuple[Place, Mask]:
    """Go from B points to the best of what is not held, by damped Gauss-Newton steps.

    Returns
    -------
    place : Place
    arrived : (B,) array of bool
    """
    problem, count = here.problem, len(here.theta)
    others, enough = np.arange(len(problem.names)) != held, 0.1 * ENOUGH if held is None else ENOUGH
    free, loose = ~problem.dispersed & others, problem.dispersed & others
    damping, growth = np.full(count, 1e-3), np.full(count, 2.0)
    gains, arrived = np.full((count, PATIENCE), np.inf), np.zeros(count, bool)
    for turn in range(MOST):
        which = np.flatnonzero(~arrived)
        if loose.any() and which.size:
            here = here.put(which, here.take(which).dispersed(loose))
        left = np.array([_best(here, b, free, 0.0)[1] for b in which.tolist()])
        arrived[which[(left < enough) | (gains[which].sum(axis=1) < STALLED)]] = True
        which = np.flatnonzero(~arrived)
        if not which.size:
            break
        mine = here.take(which)
        found = [_best(here, b, free, float(damping[b])) for b in which.tolist()]
        steps, promised = np.array([one for one, _ in found]), np.array([gain for _, gain in found])
        there = Place.at(problem, np.clip(mine.theta + steps, -EDGE, EDGE), here.priors)
        with np.errstate(invalid="ignore"):
            gained = 0.5 * ((mine.residual**2).sum(axis=1) - (there.residual**2).sum(axis=1))
        better = (gained > 0) & np.isfinite(there.residual).all(axis=1)
        gains[which, turn % PATIENCE] = np.where(better, gained, 0.0)
        ratio = np.where(better, gained, 0.0) / np.maximum(promised, 1e-300)
        damping[which], growth[which] = damped(damping[which], growth[which], better, ratio)
        here = here.put(which[better], there.take(better))
    return here, arrived


def _best(here: Place, b: int, free: Mask, damping: float) -> tuple[Floats, float]:
    """(k,) the best step of point b within the ends of the priors, and the nats that its slopes promise."""
    from scipy.optimize import lsq_linear

    step = np.zeros(len(free))
    residual, jacobian, at = here.residual[b], here.jacobian[b][:, free], here.theta[b][free]
    if not free.any():
        return step, 0.0
    if not np.isfinite(residual).all():
        return step, np.inf
    k = len(at)
    size = max(float((jacobian * jacobian).sum(axis=0).max()), 1.0)
    rows = np.vstack([jacobian, np.sqrt(damping * size) * np.eye(k)])
    ends = np.minimum(-EDGE - at, -1e-9), np.maximum(EDGE - at, 1e-9)
    found = lsq_linear(rows, np.concatenate([-residual, np.zeros(k)]), ends, method="bvls").x
    step[free] = found
    left = residual + jacobian @ found
    return step, 0.5 * float(residual @ residual - left @ left)
