"""From starts to the mode: damped Gauss-Newton steps, all starts side by side.

The mean field costs little more for many vectors of parameters than for one, so that all starts and all
their derivatives run together. `scipy.optimize.least_squares` then goes on from the best end and judges
it; it could not run the starts side by side.

Free dispersions change no prediction: after each step near the mode they are set to their own best
values, given the predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from balloon.calibrate.priors import LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.calibrate.problem import Problem

    Floats: TypeAlias = NDArray[np.float64]
    Mask: TypeAlias = NDArray[np.bool_]

EDGE = LIMIT - 1e-3
"""How far a step may go: the prior ends at 6."""
ENOUGH = 1e-4
"""Nats that another step would gain, from which on a start has arrived."""
NEARBY = 0.02
"""Squared distance, in standard deviations, from which two starts on one way count as one."""
HALVES = 6
"""Halvings of the way of an impossible start to the first one."""
LONGEST = 2.0
"""Prior standard deviations that a step moves any number at most: beyond, slopes say nothing."""
MOST = 60
"""Steps of one start."""


class Ends(NamedTuple):
    """What S starts reached."""

    theta: Floats
    """(S, k)"""
    log_posterior: Floats
    """(S,) without the prior's part if it was left out."""
    converged: Mask
    """(S,)"""
    joined: NDArray[np.int64]
    """(S,) the start whose way it joined, or itself."""
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """B points with predictions, slopes and what follows; dispersions may change without a new run."""

    problem: Problem
    priors: float
    """1: with the prior's rows; 0: without."""
    theta: Floats
    predicted: Floats
    slopes: Floats
    residual: Floats
    """(B, m + k)"""
    jacobian: Floats
    """(B, m + k, k)"""

    @classmethod
    def at(cls, problem: Problem, theta: Floats, priors: float) -> Place:
        """Run the model and its derivatives."""
        return cls.of(problem, priors, theta, *problem.slopes(theta))

    @classmethod
    def of(cls, problem: Problem, priors: float, theta: Floats, predicted: Floats, slopes: Floats) -> Place:
        """From a run."""
        found, made = problem.likelihood.lost_residuals(predicted, problem.dispersions(theta), slopes)
        k = theta.shape[1]
        prior = np.broadcast_to(priors * np.eye(k), (len(theta), k, k))
        residual = np.concatenate([found, priors * theta], axis=1)
        return cls(problem, priors, theta, predicted, slopes, residual, np.concatenate([made, prior], axis=1))

    @property
    def columns(self) -> tuple[Floats, ...]:
        """What there is of each point."""
        return self.theta, self.predicted, self.slopes, self.residual, self.jacobian

    def height(self) -> Floats:
        """(B,) log-likelihood, with the log-prior if it counts."""
        found = self.problem.likelihood.log_density(self.predicted, self.problem.dispersions(self.theta))
        return found + self.problem.log_prior(self.theta) if self.priors else found

    def take(self, which: Any) -> Place:
        """Some of the points."""
        return Place(self.problem, self.priors, *(column[which] for column in self.columns))

    def put(self, which: Any, other: Place) -> Place:
        """A copy with other points in the place of some."""
        made = [column.copy() for column in self.columns]
        for mine, new in zip(made, other.columns, strict=True):
            mine[which] = new
        return Place(self.problem, self.priors, *made)

    def dispersed(self, free: Mask) -> Place:
        """The same points at the best values of some (k,) dispersions for their predictions."""
        from scipy.optimize import minimize_scalar

        problem, theta = self.problem, self.theta.copy()
        for k in np.flatnonzero(free):
            for b in range(len(theta)):

                def cost(value: float, b: int = b, k: int = int(k)) -> float:
                    moved = theta[b : b + 1].copy()
                    moved[0, k] = value
                    found = problem.likelihood.log_density(
                        self.predicted[b : b + 1], problem.dispersions(moved)
                    )
                    return -float(found[0] + problem.log_prior(moved)[0])

                theta[b, k] = minimize_scalar(cost, bounds=(-EDGE, EDGE), method="bounded").x
        return Place.of(problem, self.priors, theta, self.predicted, self.slopes)


def descend(
    problem: Problem, starts: Floats, *, held: Mask | None = None, priors: bool = True, merge: bool = True
) -> Ends:
    """Go from each start to the mode that it leads to.

    Levenberg-Marquardt steps with the gain rule of Nielsen (1999, IMM-REP-1999-05), none longer than 2
    prior standard deviations in any number, within 6 of them.

    Parameters
    ----------
    problem : Problem
    starts : (S, k) array
    held : (S, k) array of bool, optional
        What keeps its value.
    priors : bool
        Whether the prior counts; its ends hold in any case.
    merge : bool
        Whether a start that meets the way of another one stops there.
    """
    return travel(problem, starts, held=held, priors=priors, merge=merge)[0]


def travel(
    problem: Problem, starts: Floats, *, held: Mask | None = None, priors: bool = True, merge: bool = True
) -> tuple[Ends, Place]:
    """As `descend`; the places reached beside the ends."""
    count, k = starts.shape
    held = np.zeros((count, k), bool) if held is None else held
    free = ~problem.dispersed & ~held
    loose = problem.dispersed & ~held.any(axis=0)
    settle = bool(loose.any())
    here = _possible(Place.at(problem, np.clip(starts, -EDGE, EDGE), float(priors)), held)
    damping, growth = np.full(count, np.nan), np.full(count, 2.0)
    converged, joined = np.zeros(count, bool), np.arange(count)
    live, settled = np.ones(count, bool), np.full(count, not settle)
    steps = 0
    while live.any() and steps < MOST:
        steps += 1
        which = np.flatnonzero(live)
        mine = here.take(which)
        step, gain, damping[which] = _step(mine, free[which], damping[which])
        if settle and (gain < 1.0).any():
            near = which[gain < 1.0]
            here = here.put(near, here.take(near).dispersed(loose))
            settled[near] = True
            mine = here.take(which)
            step, gain, damping[which] = _step(mine, free[which], damping[which])
        arrived = (gain < ENOUGH) & settled[which]
        converged[which[arrived]] = True
        live[which[arrived]] = False
        moving = ~arrived
        if not moving.any():
            break
        which, mine, step = which[moving], mine.take(moving), step[moving]
        there = Place.at(problem, np.clip(mine.theta + step, -EDGE, EDGE), float(priors))
        better, ratio = _compared(mine, there)
        damping[which], growth[which] = damped(damping[which], growth[which], better, ratio)
        if better.any():
            here = here.put(which[better], there.take(better))
        if merge:
            _join(here, joined, live)
    live_now = joined == np.arange(count)
    theta, height = here.theta.copy(), here.height()
    for s in np.flatnonzero(~live_now):
        last = joined[s]
        while joined[last] != last:
            last = joined[last]
        joined[s] = last
        theta[s], height[s], converged[s] = theta[last], height[last], converged[last]
    return Ends(theta, height, converged, joined, steps), here


def _possible(here: Place, held: Mask) -> Place:
    """Move starts at which the observations cannot be towards the first one."""
    for _ in range(HALVES):
        bad = np.asarray(~np.isfinite(here.residual).all(axis=1))
        bad[0] = False
        if not bad.any():
            break
        theta = np.where(held[bad], here.theta[bad], 0.5 * (here.theta[bad] + here.theta[:1]))
        here = here.put(bad, Place.at(here.problem, theta, here.priors))
    return here


def _step(mine: Place, free: Mask, damping: Floats) -> tuple[Floats, Floats, Floats]:
    """(B, k) the step, (B,) what an undamped one would gain, (B,) the damping, set if it is nan."""
    jacobian = mine.jacobian * free[:, None, :]
    known = np.asarray(np.isfinite(mine.residual).all(axis=1))
    residual = np.where(known[:, None], mine.residual, 0.0)
    curve = jacobian.transpose(0, 2, 1) @ jacobian
    slope = (jacobian * residual[..., None]).sum(axis=1)
    # At an end of the prior only steps inwards count.
    stuck = (np.abs(mine.theta) >= EDGE) & (slope * mine.theta < 0)
    open_ = free & ~stuck
    slope = slope * open_
    both = open_[:, :, None] & open_[:, None, :]
    k = free.shape[1]
    curve = np.where(both, curve, 0.0) + np.eye(k) * ~open_[:, None, :]
    start = 1e-3 * np.einsum("bkk->bk", curve).max(axis=1)
    damping = np.where(np.isnan(damping), start, damping)
    tiny = 1e-9 * np.einsum("bkk->bk", curve).max(axis=1)[:, None, None] * np.eye(k)
    whole = np.linalg.solve(curve + tiny, -slope[..., None])[..., 0]
    step = np.linalg.solve(curve + damping[:, None, None] * np.eye(k), -slope[..., None])[..., 0]
    gain = -0.5 * (whole * slope).sum(axis=1)
    step = step * np.minimum(1.0, LONGEST / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
    return step, np.where(known, gain, np.inf), damping


def _compared(mine: Place, there: Place) -> tuple[Mask, Floats]:
    """Whether a step lowered the sum of squares, and by which part of what the slopes promised."""
    residual, jacobian = mine.residual, mine.jacobian
    with np.errstate(all="ignore"):
        after = 0.5 * (there.residual**2).sum(axis=1)
        before = 0.5 * (residual**2).sum(axis=1)
        moved = there.theta - mine.theta
        promised = before - 0.5 * ((residual + (jacobian @ moved[..., None])[..., 0]) ** 2).sum(axis=1)
        ratio = (before - after) / np.where(promised > 0, promised, 1e-300)
    better = np.isfinite(after) & ((after < before) | ~np.isfinite(before))
    return better, np.where(np.isfinite(ratio), ratio, 0.0)


def damped(damping: Floats, growth: Floats, better: Mask, ratio: Floats) -> tuple[Floats, Floats]:
    """Damping and its growth after steps that gained so much of what was promised (Nielsen 1999)."""
    shrink = np.maximum(0.1, 1.0 - (2.0 * np.clip(ratio, 0.0, 1.0) - 1.0) ** 3)
    return (
        np.where(better, damping * shrink, damping * growth),
        np.where(better, 2.0, np.minimum(2.0 * growth, 1e6)),
    )


def _join(here: Place, joined: NDArray[np.int64], live: Mask) -> None:
    """Stop starts that came close to another one; the later joins the earlier."""
    own = np.flatnonzero(joined == np.arange(len(joined)))
    if len(own) < 2:
        return
    for n, a in enumerate(own):
        for b in own[n + 1 :]:
            if not (live[b] and joined[b] == b and joined[a] == a):
                continue
            apart = here.theta[b] - here.theta[a]
            seen = here.jacobian[a] @ apart
            if float(seen @ seen) < NEARBY:
                joined[b] = a
                live[b] = False


def finish(place: Place) -> tuple[Place, bool, str]:
    """Go on from one place by `scipy.optimize.least_squares`, until it says that it has arrived.

    Returns
    -------
    place : Place
    converged : bool
    message : str
        SciPy's.
    """
    from scipy.optimize import least_squares

    problem, theta = place.problem, place.theta[0]
    free = ~problem.dispersed
    seen = {theta[free].tobytes(): place}

    def at(part: Floats) -> Place:
        key = part.tobytes()
        if key not in seen:
            full = theta.copy()
            full[free] = part
            seen[key] = Place.at(problem, full[None], place.priors)
        return seen[key]

    def residuals(part: Floats) -> Floats:
        found = at(part).residual[0]
        return np.where(np.isfinite(found), found, 1e9)

    def jacobian(part: Floats) -> Floats:
        found: Floats = at(part).jacobian[0][:, free]
        return found

    done: Any = least_squares(
        residuals,
        theta[free],
        jac=jacobian,
        bounds=(-LIMIT, LIMIT),
        method="trf",
        ftol=1e-7,
        xtol=1e-6,
        gtol=1e-4,
        max_nfev=50,
    )
    return at(done.x), bool(done.status > 0), str(done.message)
