"""A fit of the actors themselves, for where the mean field will not do.

Simulated moments with common luck (McFadden 1989, Econometrica 57(5): 995-1026;
Gourieroux, Monfort & Renault 1993, J. Appl. Econometrics 8: S85-S118): runs at points around the estimate,
all with the same addresses, so that they differ smoothly. What they differ by from the mean field is
emulated by a plane, in logarithms where the observation is a share or a count; the mean field with this
correction is a problem like any other, with exact derivatives, an optimiser and a sampler. Its mode is the
next centre, until it stays where it is. The luck of a world is added to the covariance. Emulating the
difference to a cheap model rather than the dear one: Kennedy & O'Hagan (2000), Biometrika 87(1): 1-13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.calibrate.discrepancy import actors_at, moved_by, sd_of
from balloon.calibrate.fit import sampled, settle
from balloon.calibrate.likelihood import NORMAL, SHARE
from balloon.calibrate.priors import LIMIT
from balloon.calibrate.problem import Problem
from balloon.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.result import Fit

    Floats = NDArray[np.float64]

SETTLED = 0.3
"""Distance from one centre to the next, in posterior sd, from which on it stays."""
ROUNDS = 8
"""Centres of the fit of the actors, at most."""
WORLDS = 32
"""Replicates that say how much the luck of one world matters."""
REACH = 3.0
"""Posterior sd from the centre beyond which the plane levels off."""
FLOOR = 0.01
"""Of an observation's sd, added before logarithms are taken."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Emulated(Problem):
    """A problem whose predictions are those of the actors near a centre: the mean field, corrected."""

    centre: Floats
    """(k,)"""
    axes: Floats
    """(k, k) rows: one posterior sd along each axis of the covariance at the centre."""
    level: Floats
    """(m,) correction of each cell at the centre."""
    tilt: Floats
    """(m, k) its change along each axis."""

    @property
    def of_actors(self) -> bool:
        """True: the predictions are those of the actors."""
        return True

    def _seen(self, columns: Mapping[Any, Any], theta: NDArray[Any]) -> NDArray[Any]:
        ours = self.likelihood
        cells = ours.cells(Problem._seen(self, columns, theta))  # noqa: SLF001 - slots leave no zero-argument super
        along = (theta - self.centre) @ np.linalg.inv(self.axes)
        correction = self.level + REACH * np.tanh(along / REACH) @ self.tilt.T
        plain = ours.kind == NORMAL
        times = np.exp(np.where(plain, 0.0, correction))  # a difference may be too large for a factor
        corrected = np.where(plain, cells + correction, cells * times)
        whole = (corrected @ ours.shares) @ ours.shares.T
        made: NDArray[Any] = np.where(
            ours.kind == SHARE, corrected / np.where(whole == 0, 1.0, whole), corrected
        )
        return made[..., : len(ours.values)]


def emulate(
    problem: Problem, theta: ArrayLike, covariance: ArrayLike, *, replicates: int = 8, seed: int = 0
) -> Emulated:
    """Correct the mean field by runs of the actors around a point.

    At the centre and one posterior sd to both sides along each axis of the covariance, 2 k + 1 points of
    ``replicates`` runs, all of the same luck.

    Parameters
    ----------
    problem : Problem
    theta : (k,) array
    covariance : (k, k) array
        Of the posterior, as known so far.
    replicates, seed : int
        Of engine "arrays".
    """
    at, k = np.asarray(theta, float), len(problem.names)
    values, vectors = np.linalg.eigh(np.asarray(covariance, float))
    axes = (vectors * np.sqrt(values)).T
    points = np.vstack([at, at + axes, at - axes])
    plain = {field.name: getattr(problem, field.name) for field in fields(Problem)}
    bare = Problem(**plain)
    found = [_correction(bare, point, replicates, seed) for point in points]
    ahead, back = np.array(found[1 : k + 1]), np.array(found[k + 1 :])
    return Emulated(**plain, centre=at, axes=axes, level=np.mean(found, axis=0), tilt=(ahead - back).T / 2.0)


def _correction(problem: Problem, theta: Floats, replicates: int, seed: int) -> Floats:
    """(m,) from the mean field to the actors: a difference, or a difference of logarithms."""
    ours = problem.likelihood
    told = actors_at(problem, theta, replicates=replicates, seed=seed).mean(axis=0)
    expected = problem.predict(theta)[0].real
    sd = sd_of(problem, expected, theta)
    floor = FLOOR * np.concatenate([sd, np.full(len(ours.kind) - len(sd), sd.min())])
    a, b = (np.maximum(ours.cells(x), 0.0) for x in (told, expected))
    difference = ours.cells(told) - ours.cells(expected)
    found = np.where(ours.kind == NORMAL, difference, np.log((a + floor) / (b + floor)))
    return np.asarray(found, float)


def fit_abm(fit: Fit, *, replicates: int = 8, seed: int = 0) -> Fit:
    """Fit the actors themselves, from a fit of the mean field on.

    The covariance holds what the observations leave open, the luck of a world of as many actors as the
    scenario has, and that of the replicates. If the fit has draws, so has the new one, with this luck
    added to each.

    Parameters
    ----------
    fit : Fit
    replicates, seed : int
        Runs of the actors at each of the 2 k + 1 points of a round; as a rule two to four rounds.

    Returns
    -------
    Fit
        Of a corrected problem, see `Emulated`.

    Raises
    ------
    FitError
        The estimate does not settle: near a tipping point the actors do not differ smoothly.
    """
    here, moved = replace(fit, draws=None, mixing=""), math.inf
    centre = fit.theta
    for number in range(ROUNDS):
        made = emulate(fit.problem, centre, here.spread, replicates=replicates, seed=seed)
        here = settle(replace(made, start=centre), starts=1, seed=fit.seed)
        step = here.theta - centre
        moved = float(np.max(np.abs(step) / np.sqrt(np.diag(here.spread))))
        if moved < SETTLED:
            return _with_luck(fit, here, replicates, seed)
        # Centres that jump to and fro across a bend meet in the middle.
        centre = centre + (step if number < ROUNDS // 2 else step / 2.0)
    raise FitError(
        f"the fit of the actors still moves by {moved:.1f} posterior sd after {ROUNDS} rounds, so there is "
        "no estimate and no interval; use more replicates or actors, narrower priors, or fix a parameter"
    )


def _with_luck(old: Fit, here: Fit, replicates: int, seed: int) -> Fit:
    """The fit with the luck of a world, and of the replicates, in its covariance and draws."""
    seen = actors_at(here.problem, here.theta, replicates=WORLDS, seed=seed)
    moved = moved_by(here.problem, here.theta, here.spread, seen - seen.mean(axis=0))
    luck = moved.T @ moved / (WORLDS - 1) * (1.0 + 1.0 / replicates)
    if old.draws is None:
        return replace(here, spread=here.spread + luck)
    drawn = sampled(here, draws=len(old.draws))
    assert drawn.draws is not None
    rng = np.random.default_rng([seed, 2])
    noise = rng.multivariate_normal(np.zeros(len(luck)), luck, size=len(drawn.draws), method="eigh")
    return replace(drawn, spread=here.spread + luck, draws=np.clip(drawn.draws + noise, -LIMIT, LIMIT))
