"""Profiles: how the best fit gets worse as one parameter is moved away from its estimate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from balloon.calibrate.priors import LOG_NORMAL, NORMAL, Prior
from balloon.calibrate.search import EDGE, descend
from balloon.errors import FitError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from balloon.calibrate.problem import Problem

    Floats: TypeAlias = NDArray[np.float64]
    Height: TypeAlias = Callable[[Floats], Floats]

GRID = (0.5, 1.0, 1.5, 2.0, 2.6)
"""Where the profile is taken first, in standard deviations from the estimate."""
CLOSE = 2e-3
"""Of the root of twice the fall in log-posterior, at the ends of the interval."""
HIGHER = 1e-2
"""Nats by which a profile may beat the estimate before that is no mode."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Profile:
    """A profile of one parameter and the interval it gives; made by `Fit.profile`."""

    name: str
    level: float
    priors: bool
    """Whether the other parameters, and this one, are held by their priors."""
    values: Floats
    """(g,) of the parameter, in its unit, ascending."""
    drops: Floats
    """(g,) twice the fall of the log-posterior from its best, >= 0."""
    estimate: float
    low: float
    """End of the interval; the end of what the parameter can be where the data set none."""
    high: float

    @property
    def open(self) -> bool:
        """Whether the data, and the prior if it counts, leave an end open."""
        return not (self.values[0] < self.low and self.high < self.values[-1])

    def to_frame(self) -> pd.DataFrame:
        """Values and drops as a table."""
        import pandas as pd

        return pd.DataFrame({"value": self.values, "drop": self.drops})


def profile(
    problem: Problem,
    theta: Floats,
    covariance: Floats,
    name: str,
    *,
    level: float = 0.9,
    priors: bool = True,
) -> Profile:
    """Profile one parameter about the mode.

    The interval ends where twice the fall of the log-posterior, the other parameters at their best,
    reaches the quantile of a chi-squared number with one degree of freedom (Wilks 1938; penalised
    where priors count). Ends are roots between two points of the profile, never beyond them.

    Parameters
    ----------
    problem : Problem
    theta : (k,) array
        The mode.
    covariance : (k, k) array
        On the scale of theta.
    name : str
    level : float
    priors : bool
        Without them only what the data say counts, within 6 prior standard deviations.

    Raises
    ------
    FitError
        An unknown name, or a point of the profile that fits better than the mode.
    """
    from scipy.stats import chi2

    if name not in problem.names:
        raise FitError(
            f"profile of {name!r}: there is no such parameter; there are {', '.join(problem.names)}"
        )
    j = problem.names.index(name)
    limit = float(np.sqrt(chi2.ppf(level, 1)))
    centre, top = _centre(problem, theta, priors=priors)
    along = covariance[:, j] / covariance[j, j]
    held = np.zeros(len(theta), bool)
    held[j] = True
    known: dict[float, tuple[float, Floats]] = {float(centre[j]): (0.0, centre)}

    def roots(points: Floats) -> Floats:
        """Roots of twice the fall at some values; each starts from the nearest one known."""
        where = np.array(list(known))
        near = [known[float(where[np.abs(where - point).argmin()])][1] for point in points]
        starts = np.array([one + along * (point - one[j]) for one, point in zip(near, points, strict=True)])
        starts[:, j] = points
        ends = descend(problem, starts, held=np.tile(held, (len(points), 1)), priors=priors, merge=False)
        falls = top - ends.log_posterior
        if falls.min() < -HIGHER:
            raise FitError(
                f"profile of {name}: a point fits better than the estimate by {-falls.min():.2g} nats, so "
                "that this is not the mode; fit again with more starts"
            )
        found = np.sqrt(np.maximum(2.0 * falls, 0.0))
        for point, root, end in zip(points.tolist(), found.tolist(), ends.theta, strict=True):
            known[point] = (root, end)
        return found

    sd = float(np.sqrt(covariance[j, j]))
    steps = np.array([*(-g for g in reversed(GRID)), *GRID]) * sd
    roots(_distinct(np.clip(centre[j] + steps, -EDGE, EDGE), centre[j]))
    ends = _ends(roots, known, float(centre[j]), sd, limit)
    return _made(problem.priors[name], name, known, float(centre[j]), ends, level=level, priors=priors)


def _centre(problem: Problem, theta: Floats, *, priors: bool) -> tuple[Floats, float]:
    """The mode, and its height; without priors it is looked for from the mode with them."""
    ends = descend(problem, theta[None], priors=priors)
    if not ends.converged[0]:
        raise FitError(
            "the search without priors did not converge: the data leave a direction open; keep the priors"
        )
    return ends.theta[0], float(ends.log_posterior[0])


def _distinct(points: Floats, centre: float) -> Floats:
    found = np.unique(points)
    return found[np.abs(found - centre) > 1e-9]


def _ends(
    roots: Height, known: dict[float, tuple[float, Floats]], centre: float, sd: float, limit: float
) -> tuple[float | None, float | None]:
    """Where the profile crosses the limit below and above; None: not before the prior ends."""
    brackets: dict[int, tuple[float, float]] = {}
    for reach in (3.5, 5.0, 8.0, 14.0, np.inf):
        missing = []
        for side in (-1, 1):
            found = _bracket(known, centre, limit, side)
            if found is not None:
                brackets[side] = found
            elif side not in brackets:
                missing.append(float(np.clip(centre + side * min(reach * sd, 2 * EDGE), -EDGE, EDGE)))
        fresh = [point for point in missing if point not in known]
        if not fresh:
            break
        roots(np.array(fresh))
    for side in (-1, 1):
        found = _bracket(known, centre, limit, side)
        if found is not None:
            brackets[side] = found
    return _refined(roots, known, brackets, limit)


def _bracket(
    known: dict[float, tuple[float, Floats]], centre: float, limit: float, side: int
) -> tuple[float, float] | None:
    """The last point inside before the first one outside, going away from the estimate."""
    inside = centre
    for point in sorted((p for p in known if side * (p - centre) > 0), key=lambda p: abs(p - centre)):
        if known[point][0] > limit:
            return inside, point
        inside = point
    return None


def _refined(
    roots: Height,
    known: dict[float, tuple[float, Floats]],
    brackets: dict[int, tuple[float, float]],
    limit: float,
) -> tuple[float | None, float | None]:
    """Close the brackets, both sides at once, by false position that alternates with halving."""
    found: dict[int, float] = {}
    for turn in range(40):
        points: dict[int, float] = {}
        for side, (a, b) in brackets.items():
            if side in found:
                continue
            ra, rb = known[a][0] - limit, known[b][0] - limit
            nearest = a if abs(ra) < abs(rb) else b
            if abs(known[nearest][0] - limit) < CLOSE or abs(b - a) < 1e-9:
                found[side] = nearest
            else:
                points[side] = a - ra * (b - a) / (rb - ra) if turn % 3 < 2 else 0.5 * (a + b)
        if not points:
            break
        roots(np.array(list(points.values())))
        for side, point in points.items():
            a, b = brackets[side]
            brackets[side] = (a, point) if known[point][0] > limit else (point, b)
    return found.get(-1), found.get(1)


def _made(
    prior: Prior,
    name: str,
    known: dict[float, tuple[float, Floats]],
    centre: float,
    ends: tuple[float | None, float | None],
    *,
    level: float,
    priors: bool,
) -> Profile:
    points = np.array(sorted(known))
    whole = {NORMAL: (-np.inf, np.inf), LOG_NORMAL: (0.0, np.inf)}.get(prior.form, (prior.lower, prior.upper))
    low, high = (
        edge if end is None else float(prior.value(end)) for end, edge in zip(ends, whole, strict=True)
    )
    estimate = float(prior.value(centre))
    if not low < estimate < high:
        raise FitError(
            f"profile of {name}: {low:g} < {estimate:g} < {high:g} does not hold; fit again, more starts"
        )
    return Profile(
        name=name,
        level=level,
        priors=priors,
        values=prior.value(points),
        drops=np.array([known[p][0] ** 2 for p in points.tolist()]),
        estimate=estimate,
        low=low,
        high=high,
    )
