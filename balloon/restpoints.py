"""Where a scenario settles, whether it stays there, and at which pressure the crowd tips.

The rest points are those of the mean field (`balloon.engines.meanfield`): states that one step maps
onto themselves under the policy of the last step. With peer effects there can be several, so that
where the crowd settles depends on where it was (Brock & Durlauf 2001, Rev. Econ. Stud. 68(2): 235-260;
Granovetter 1978, Am. J. Sociol. 83(6): 1420-1443).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._rest import APART, WARM_UP, RestPoint, between, distance, rest_near, settle, warmed
from balloon._values import Checks
from balloon._walk import Walk, alike, parted
from balloon.engines.meanfield import CLASSES
from balloon.engines.meanfield.frozen import freeze
from balloon.errors import EngineError
from balloon.scenario import require_scenario

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from balloon.scenario import Scenario


def equilibria(scenario: Scenario, *, classes: int = CLASSES) -> tuple[RestPoint, ...]:
    """Find the rest points of a scenario under the policy of its last step.

    Searched from everybody on each platform, everybody dormant and the start of the scenario, and
    between every two stable points that come out; points farther off the way can be missed.

    Returns
    -------
    tuple of RestPoint
        By falling share of the first platform.

    Raises
    ------
    EngineError
        If actors are removed and never replaced, or if no rest point is found.

    Examples
    --------
    >>> import balloon as bl
    >>> calm = bl.load("minimal").without().with_({"behaviour.replacement_rate": 0.05})
    >>> [point.stable for point in equilibria(calm)]
    [True]
    """
    require_scenario(scenario, EngineError)
    frozen = freeze(scenario, classes=classes)
    platforms = range(len(scenario.platforms))
    starts = [frozen.all_at(p) for p in (*platforms, None)] + [frozen.vectors(frozen.rest)[0]]
    found: list[RestPoint] = []
    for vector in warmed(frozen, np.array(starts), WARM_UP):
        point = settle(frozen, vector)
        _note(found, point if isinstance(point, RestPoint) else point.brink)
    stable = [point for point in found if point.stable]
    for k, one in enumerate(stable):
        for other in stable[:k]:
            for vector in between(one, other):
                _note(found, rest_near(frozen, vector))
    if not found:
        raise EngineError(f"scenario {scenario.name!r}: no rest point found; is revision_rate 0?")
    return tuple(sorted(found, key=lambda point: -next(iter(point.shares.values()))))


def _note(found: list[RestPoint], point: RestPoint | None) -> None:
    """Add a rest point, unless it is known."""
    if point is not None and all(distance(point, one) > APART for one in found):
        found.append(point)


# ---- tipping ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Tipping:
    """The rest points along one parameter, followed slowly up and down again."""

    parameter: str
    """Dotted path."""
    branches: pd.DataFrame
    """value; branch: "up" or "down" (the stable point that is reached when the parameter rises or falls
    slowly) or "between" (unstable, the brink between the two); stable; radius; a column for each place
    with its share of all actors."""
    critical: float | None
    """Value at which the crowd tips when the parameter rises slowly, to a thousandth of the range; of several
    the one with the largest jump; None: it never does."""
    back: float | None
    """The same when the parameter falls again: where it tips back."""
    reversible: bool
    """Whether going back to the lowest value brings the crowd back to where it was."""
    scenario: Scenario = field(repr=False)
    """What is the same all along."""
    alike: tuple[tuple[str, ...], ...] = ()
    """Platforms that are alike in everything and part on the way: which of them takes over is luck, and the
    branches show one case."""

    @property
    def folds(self) -> tuple[float, ...]:
        """Values at which a stable rest point ends, in order."""
        return tuple(sorted(x for x in (self.critical, self.back) if x is not None))

    @property
    def span(self) -> tuple[float, float] | None:
        """The values between which it matters where the crowd was; None if it never does.

        From where it tips back to where it tips, or to the end of the range where it does not.
        """
        ways = self.branches.set_index("value")
        up, down = (ways[ways.branch == way][ways.columns[3:]] for way in ("up", "down"))
        apart = up.index[((up - down).abs() > APART).any(axis=1)]
        ends = (*apart.tolist(), *self.folds)
        return (min(ends), max(ends)) if len(ends) > 1 else None

    @property
    def hysteresis(self) -> float:
        """Width of the range in which it matters where the crowd was; 0 without tipping."""
        return self.span[1] - self.span[0] if self.span else 0.0

    def plot(self, platform: str | None = None) -> Figure:
        """Draw the bifurcation of a platform, by default the one that the scenario is about."""
        from balloon.plots.bifurcation import tipping_figure  # a convenience: plots stands above

        return tipping_figure(self, platform=platform)


def tipping(
    scenario: Scenario,
    parameter: str,
    bounds: tuple[float, float],
    *,
    values: int = 21,
    classes: int = CLASSES,
) -> Tipping:
    """Follow the rest points while one parameter rises slowly and falls again.

    Parameters
    ----------
    scenario : Scenario
    parameter : str
        Dotted path, such as "platforms.Telegram.undercover": the pressure.
    bounds : (float, float)
        Lowest and highest value.
    values : int
        Values in between and at the ends, evenly spaced, of which the rest points are told. Between them a
        branch is followed in steps as small as it takes, and its end is found to a thousandth of the range,
        however many values there are.

    Returns
    -------
    Tipping

    Raises
    ------
    EngineError
        Bounds that are no range, fewer than three values, a crowd that goes in circles at one of them, a
        parameter that changes nothing under the policy of the last step, or one that is switched off at one
        end.
    ScenarioError
        A path that leads nowhere, or bounds that the parameter cannot have.
    """
    require_scenario(scenario, EngineError)
    checks = Checks(f"tipping along {parameter}")
    if not _is_range(bounds):
        checks.say(f"bounds are {bounds!r}; need the lowest value, then a higher one, both finite")
    if not (values >= 3 and values == int(values)):
        checks.say(f"values is {values!r}; need a whole number >= 3")
    if checks.problems:
        raise EngineError("\n".join(checks.problems))
    walk = Walk(scenario, parameter, classes)
    grid = np.linspace(*bounds, int(values))
    stages = walk.stages(grid)
    rising = walk.along(stages, walk.first(stages[0]))
    falling = walk.along(stages[::-1], rising.points[-1], rising.back)
    up, down = rising.points, falling.back.points
    brinks = walk.between(stages, up, down)
    twins = alike(stages[len(stages) // 2].frozen)
    return Tipping(
        parameter=parameter,
        branches=_table(grid, {"up": up, "down": down, "between": brinks}),
        critical=rising.tip,
        back=falling.tip,
        reversible=distance(up[0], down[0]) < APART,
        scenario=scenario,
        alike=tuple(names for names in twins if any(parted(point, names) for point in (*up, *down))),
    )


def _is_range(bounds: Any) -> bool:
    """Whether bounds are two finite numbers, the lower one first."""
    try:
        low, high = map(float, bounds)
    except (TypeError, ValueError):
        return False
    return low < high and isfinite(low) and isfinite(high)


def _table(grid: NDArray[np.float64], ways: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"value": value, "branch": name, "stable": point.stable, "radius": point.radius, **point.shares}
        for name, points in ways.items()
        for value, point in zip(grid.tolist(), points, strict=True)
        if point is not None
    ]
    return pd.DataFrame(rows)
