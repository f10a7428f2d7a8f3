"""Profiles: how the best fit gets worse as one parameter is moved away from its estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from balloon.calibrate.derived import check_level
from balloon.calibrate.priors import LOG_NORMAL, NORMAL
from balloon.calibrate.ridge import climb
from balloon.calibrate.search import EDGE, Place
from balloon.errors import FitError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from balloon.calibrate.problem import Problem

    Floats: TypeAlias = NDArray[np.float64]

GRID = (0.8, 1.6, 2.5)
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
    """The best value; where an end is open one of many that are as good."""
    low: float
    """End of the interval; the end of what the parameter can be where the data set none."""
    high: float

    @property
    def open_below(self) -> bool:
        """Whether the data, and the prior if it counts, set no lower end."""
        return not self.values[0] < self.low

    @property
    def open_above(self) -> bool:
        """Whether they set no upper end."""
        return not self.high < self.values[-1]

    @property
    def open(self) -> bool:
        """Whether they leave an end open."""
        return self.open_below or self.open_above

    def to_frame(self) -> pd.DataFrame:
        """Values and drops as a table."""
        import pandas as pd

        return pd.DataFrame({"value": self.values, "drop": self.drops})

    def __str__(self) -> str:
        whose = "data and prior" if self.priors else "the data alone"
        if self.open_below and self.open_above:
            return f"{self.name}: {whose} set no end below or above, so there is no estimate"
        if self.open_above:
            return f"{self.name}: above {self.low:.4g} ({self.level:.0%}); {whose} set no end above"
        if self.open_below:
            return f"{self.name}: below {self.high:.4g} ({self.level:.0%}); {whose} set no end below"
        return (
            f"{self.name}: {self.estimate:.4g} ({self.low:.4g} to {self.high:.4g}, {self.level:.0%}; {whose})"
        )


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
        Between 0 and 1.
    priors : bool
        Without them only what the data say counts, within 6 prior standard deviations; an end that the data
        do not set is left open.

    Raises
    ------
    FitError
        An unknown name, a level that is none, a search that does not arrive, or a point of the profile that
        fits better than the mode.
    """
    if name not in problem.names:
        raise FitError(
            f"profile of {name!r}: there is no such parameter; there are {', '.join(problem.names)}"
        )
    check_level(f"profile of {name}", level)
    try:
        return _Curve.about(problem, theta, covariance, problem.names.index(name), priors=priors).profile(
            level
        )
    except _HigherError as higher:
        start = {path: float(f"{value:.4g}") for path, value in problem.parameters(higher.theta)[0].items()}
        raise FitError(
            f"profile of {name}: a point fits better than the estimate by {higher.nats:.2g} nats, so that "
            f"this is not the mode; fit again from there: calibrate(scenario.with_({start}), ...)"
        ) from None


class _HigherError(Exception):
    """A point of the profile fits better than the mode."""

    def __init__(self, theta: Floats, nats: float) -> None:
        super().__init__(nats)
        self.theta, self.nats = theta, nats


@dataclass(slots=True, eq=False)
class _Curve:
    """The points of a profile that are known."""

    problem: Problem
    j: int
    priors: bool
    along: Floats
    """(k,) how the others follow, to first order."""
    sd: float
    known: dict[float, tuple[float, Place]]
    """Value -> height (log-posterior, or log-likelihood) and place."""
    centre: float
    """The best value."""

    @classmethod
    def about(cls, problem: Problem, theta: Floats, covariance: Floats, j: int, *, priors: bool) -> _Curve:
        """From a centre that is looked for: without priors it is not the mode."""
        along, sd = covariance[:, j] / covariance[j, j], float(np.sqrt(covariance[j, j]))
        made = cls(problem, j, priors, along, sd, {}, 0.0)
        made.look(Place.at(problem, theta[None], float(priors)))
        return made

    def look(self, place: Place) -> None:
        """Go to the best point from here, which is the centre from then on."""
        found = self._arrived(place, None)
        self.centre = float(found.theta[0, self.j])
        self.known[self.centre] = float(found.height()[0]), found

    def _arrived(self, place: Place, held: int | None) -> Place:
        found, arrived = climb(place, held=held)
        if not (arrived | ~np.isfinite(found.height())).all():
            without, way = (
                ("", "give narrower priors") if self.priors else (" without priors", "keep the priors")
            )
            raise FitError(
                f"profile of {self.problem.names[self.j]}: the search{without} did not arrive; {way}, or "
                "free fewer parameters"
            )
        return found

    def profile(self, level: float) -> Profile:
        """Points on a grid, then those that close in on the ends."""
        from scipy.stats import chi2

        steps = np.array([*(-g for g in reversed(GRID)), *GRID]) * self.sd
        points = np.unique(np.clip(self.centre + steps, -EDGE, EDGE))
        self.find(points[np.abs(points - self.centre) > 1e-9])
        return _made(self, _ends(self, float(np.sqrt(chi2.ppf(level, 1)))), level)

    def root(self, point: float) -> float:
        """Root of twice the fall at a known value."""
        fall = self.known[self.centre][0] - self.known[point][0]
        return float(np.sqrt(max(2.0 * fall, 0.0)))

    def find(self, points: Floats) -> None:
        """The best of the others at some values; each starts from the nearest one known."""
        where = np.array(list(self.known))
        near = [float(where[np.abs(where - point).argmin()]) for point in points]
        starts = np.concatenate([self.known[one][1].theta for one in near])
        starts = np.clip(starts + self.along * (points - np.array(near))[:, None], -EDGE, EDGE)
        starts[:, self.j] = points
        found = self._arrived(Place.at(self.problem, starts, float(self.priors)), self.j)
        heights = found.height()
        for b, point in enumerate(points.tolist()):
            self.known[point] = float(heights[b]), found.take([b])
        best = int(np.nanargmax(heights))
        more = float(heights[best]) - self.known[self.centre][0]
        if more > HIGHER and self.priors:
            raise _HigherError(found.theta[best], more)
        if more > HIGHER:
            self.look(found.take([best]))

    def bracket(self, limit: float, side: int) -> tuple[float, float] | None:
        """The last point inside before the first one outside, going away from the estimate."""
        inside = self.centre
        beyond = [point for point in self.known if side * (point - inside) > 0]
        for point in sorted(beyond, key=lambda point: abs(point - self.centre)):
            if self.root(point) > limit:
                return inside, point
            inside = point
        return None


def _ends(curve: _Curve, limit: float) -> tuple[float | None, float | None]:
    """Where the profile crosses the limit below and above; None: not before the prior ends."""
    for reach in (3.5, 5.0, 8.0, 14.0, np.inf):
        missing = [
            float(np.clip(curve.centre + side * min(reach * curve.sd, 2 * EDGE), -EDGE, EDGE))
            for side in (-1, 1)
            if curve.bracket(limit, side) is None
        ]
        fresh = [point for point in missing if point not in curve.known]
        if fresh:
            curve.find(np.array(fresh))
    found = {side: curve.bracket(limit, side) for side in (-1, 1)}
    return _refined(curve, {side: both for side, both in found.items() if both is not None}, limit)


def _refined(
    curve: _Curve, brackets: dict[int, tuple[float, float]], limit: float
) -> tuple[float | None, float | None]:
    """Close the brackets, both sides at once, by false position that alternates with halving."""
    found: dict[int, float] = {}
    for turn in range(40):
        points: dict[int, float] = {}
        for side, (a, b) in brackets.items():
            if side in found:
                continue
            ra, rb = curve.root(a) - limit, curve.root(b) - limit
            nearest = a if abs(ra) < abs(rb) else b
            if abs(curve.root(nearest) - limit) < CLOSE or abs(b - a) < 1e-9:
                found[side] = nearest
            else:
                points[side] = a - ra * (b - a) / (rb - ra) if turn % 3 < 2 else 0.5 * (a + b)
        if not points:
            break
        curve.find(np.array(list(points.values())))
        for side, point in points.items():
            a, b = brackets[side]
            brackets[side] = (a, point) if curve.root(point) > limit else (point, b)
    return found.get(-1), found.get(1)


def _made(curve: _Curve, ends: tuple[float | None, float | None], level: float) -> Profile:
    name = curve.problem.names[curve.j]
    prior, points = curve.problem.priors[name], np.array(sorted(curve.known))
    whole = {NORMAL: (-np.inf, np.inf), LOG_NORMAL: (0.0, np.inf)}.get(prior.form, (prior.lower, prior.upper))
    low, high = (
        edge if end is None else float(prior.value(end)) for end, edge in zip(ends, whole, strict=True)
    )
    estimate = float(prior.value(curve.centre))
    if not low < estimate < high:
        raise FitError(
            f"profile of {name}: {low:g} < {estimate:g} < {high:g} does not hold; fit again, more starts"
        )
    return Profile(
        name=name,
        level=level,
        priors=curve.priors,
        values=prior.value(points),
        drops=np.array([curve.root(point) ** 2 for point in points.tolist()]),
        estimate=estimate,
        low=low,
        high=high,
    )
