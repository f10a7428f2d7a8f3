"""Where a scenario settles, whether it stays there, and at which pressure the crowd tips.

The rest points are those of the mean field (`balloon.engines.meanfield`): states that one step maps
onto themselves under the policy of the last step. With peer effects there can be several, so that
where the crowd settles depends on where it was (Brock & Durlauf 2001, Rev. Econ. Stud. 68(2): 235-260;
Granovetter 1978, Am. J. Sociol. 83(6): 1420-1443).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._values import Checks
from balloon.engines.meanfield import CLASSES
from balloon.engines.meanfield.frozen import Frozen, freeze
from balloon.errors import EngineError
from balloon.runs import places

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

APART = 1e-4
"""Shares that differ by less are of one rest point."""
SETTLED = 1e-10
"""Change in one step, share of all actors, of a state at rest."""
PUSH, NOBODY = 0.1, 1e-12
"""Part of a cell that a push off the brink empties at most; share of the actors below which one is empty."""
WARM_UP, PATIENCE = 200, 25_000
"""Steps before the first search, and in all before a point that is not stable is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class RestPoint:
    """A state that one step maps onto itself."""

    shares: dict[str, float]
    """Share of all actors by place: the platforms, dormant, removed."""
    stable: bool
    """Whether a small change dies out."""
    radius: float
    """Spectral radius of the step there: a small change grows by this factor a step, if above 1."""
    vector: NDArray[np.float64] = field(repr=False)
    """The state; see `balloon.engines.meanfield.frozen`."""


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
    frozen = freeze(scenario, classes=classes)
    platforms = range(len(scenario.platforms))
    starts = [frozen.all_at(p) for p in (*platforms, None)] + [frozen.vectors(frozen.rest)[0]]
    found: list[RestPoint] = []
    for vector in _warmed(frozen, np.array(starts), WARM_UP):
        _note(found, _settle(frozen, vector))
    stable = [point for point in found if point.stable]
    for k, one in enumerate(stable):
        for other in stable[:k]:
            for part in (0.5, 0.3, 0.7, 0.15, 0.85):
                _note(found, _newton(frozen, part * one.vector + (1 - part) * other.vector))
    if not found:
        raise EngineError(f"scenario {scenario.name!r}: no rest point found; is revision_rate 0?")
    return tuple(sorted(found, key=lambda point: -next(iter(point.shares.values()))))


def _note(found: list[RestPoint], point: RestPoint | None) -> None:
    """Add a rest point, unless it is known."""
    if point is None:
        return
    here = np.array(list(point.shares.values()))
    if all(np.abs(here - list(one.shares.values())).max() > APART for one in found):
        found.append(point)


def _warmed(frozen: Frozen, vectors: NDArray[Any], steps: int) -> NDArray[Any]:
    """The states so many steps later."""
    for _ in range(steps):
        before, vectors = vectors, frozen.step(vectors)
        if np.array_equal(before, vectors):  # and so for ever
            break
    return vectors


def _settle(frozen: Frozen, vector: NDArray[np.float64]) -> RestPoint | None:
    """The stable rest point that a state goes to: by steps as far as it must, then by Newton's method.

    Where platforms are alike a state may come to rest on the brink between them; the luck of any crowd would
    push it off, and so it is pushed.
    """
    done = WARM_UP
    while done < PATIENCE:
        point = _newton(frozen, vector)
        if point is not None and point.stable:
            return point
        if point is not None and _there(frozen, vector, point):
            vector = _pushed(frozen, point.vector)
        vector = _warmed(frozen, vector[None], done)[0]
        done *= 2
    return _newton(frozen, vector)


def _there(frozen: Frozen, vector: NDArray[np.float64], point: RestPoint) -> bool:
    """Whether a state is at a rest point already."""
    here = frozen.shares(vector[None])[0]
    return float(np.abs(here - list(point.shares.values())).max()) < APART


def _pushed(frozen: Frozen, vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """A state a little off the brink, along what grows fastest there; the first platform that moves gains."""
    free = _Free.of(frozen)
    growth, ways = np.linalg.eig(free.reduce(frozen.jacobian(vector)))
    move = free.embed(ways[:, int(np.abs(growth).argmax())].real)
    held = vector[: free.masses] > NOBODY * free.actors
    move[: free.masses] *= held
    change = frozen.shares((vector + 1e-6 * move)[None])[0] - frozen.shares(vector[None])[0]
    leads = np.flatnonzero(np.abs(change) > 0.1 * np.abs(change).max())
    move *= np.sign(change[leads[0]]) if leads.size else 1.0
    falling = held & (move[: free.masses] < 0)
    room = -vector[: free.masses][falling] / move[: free.masses][falling]
    pushed: NDArray[np.float64] = vector + PUSH * float(room.min(initial=1.0)) * move
    return pushed


def _newton(frozen: Frozen, vector: NDArray[np.float64]) -> RestPoint | None:
    """The rest point near a state, or None where the search ends elsewhere or nowhere."""
    with np.errstate(all="ignore"):  # a search that leaves what the model knows ends in numbers that are none
        return _searched(frozen, vector)


def _searched(frozen: Frozen, vector: NDArray[np.float64]) -> RestPoint | None:
    free = _Free.of(frozen)
    for _ in range(40):
        gap = frozen.step(vector[None])[0] - vector
        slope = free.reduce(frozen.jacobian(vector))
        if np.abs(gap[: free.masses]).max() < SETTLED * free.actors:
            return _point(frozen, vector, slope)
        try:
            move = free.embed(np.linalg.solve(slope - np.eye(len(slope)), -gap[free.kept]))
        except np.linalg.LinAlgError:
            return None
        fall = move[: free.masses] < 0
        room = -vector[: free.masses][fall] / move[: free.masses][fall]
        # Stay inside: no cell may be emptied by more than nine tenths at once.
        least = min(1.0, 0.9 * float(room[room > 0].min(initial=np.inf)))
        if least < 1e-8 or not np.isfinite(move).all():
            return None
        vector = vector + least * move
    return None


def _point(frozen: Frozen, vector: NDArray[np.float64], slope: NDArray[np.float64]) -> RestPoint:
    radius = float(np.abs(np.linalg.eigvals(slope)).max())
    names = places(frozen.world.layout.scenario.platforms)
    shares = dict(zip(names, frozen.shares(vector[None])[0].tolist(), strict=True))
    return RestPoint(shares, radius < 1, radius, vector)


@dataclass(frozen=True, slots=True)
class _Free:
    """The directions in which a state can change: the actors of a group and class keep their number."""

    masses: int
    """Leading entries of a vector that are actors by cell."""
    cells: int
    actors: float
    kept: NDArray[np.int64]
    """Entries that are free; the others follow."""
    size: int

    @classmethod
    def of(cls, frozen: Frozen) -> _Free:
        """Free are all cells but the first of every class, and what nothing holds in its place."""
        world = frozen.world
        at, mass = world.layout.cells, frozen.rest.mass[0]
        size = frozen.vectors(frozen.rest).shape[1]
        groups, platforms = frozen.sight.available.shape
        is_free = np.ones(size, dtype=bool)
        by_cell = is_free[: mass.size].reshape(mass.shape)
        by_cell[..., 0] = False
        if world.layout.scenario.behaviour.replacement_rate == 0:
            by_cell[..., at.removed] = False
        after = mass.size
        if world.apps_matter:
            apps = is_free[after : after + mass.size * platforms].reshape(*mass.shape, platforms)
            apps[..., at.removed, :] = False
            after += apps.size
        if frozen.learning:
            # Nobody learns where nobody can be.
            is_free[after : after + groups * platforms] = frozen.sight.available.reshape(-1)
        return cls(mass.size, at.number, float(mass.sum()), np.flatnonzero(is_free), size)

    def reduce(self, jacobian: NDArray[np.float64]) -> NDArray[np.float64]:
        """The derivatives along the free directions."""
        rows = jacobian[self.kept]
        first = self.kept // self.cells * self.cells
        mine = self.kept < self.masses
        made = rows[:, self.kept]
        made[:, mine] -= rows[:, first[mine]]
        return made

    def embed(self, move: NDArray[np.float64]) -> NDArray[np.float64]:
        """A change of all entries from one of the free ones."""
        whole = np.zeros(self.size)
        whole[self.kept] = move
        by_class = whole[: self.masses].reshape(-1, self.cells)
        by_class[:, 0] = -by_class[:, 1:].sum(axis=1)
        return whole


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
    """Value at which the crowd tips when the parameter rises; None: it never does."""
    back: float | None
    """Value at which it tips back when the parameter falls; None: it never does."""
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
    def hysteresis(self) -> float:
        """Width of the range in which it matters where the crowd was; 0 without tipping."""
        values = self.branches.pivot_table(index="value", columns="branch", values=self._first, observed=True)
        apart = (values["up"] - values["down"]).abs() > APART
        return float(values.index[apart].max() - values.index[apart].min()) if apart.any() else 0.0

    def plot(self, platform: str | None = None) -> Figure:
        """Draw the bifurcation of a platform, by default the one that the scenario is about."""
        from balloon.plots.bifurcation import tipping_figure  # a convenience: plots stands above

        return tipping_figure(self, platform=platform)

    @property
    def _first(self) -> str:
        return str(self.branches.columns[4])


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
        Values in between and at the ends, evenly spaced; where a stable point ends is then found to a
        thousandth of the range.

    Returns
    -------
    Tipping

    Raises
    ------
    EngineError
        Bounds that are no range, fewer than three values, or no rest point.
    ScenarioError
        A path that leads nowhere.
    """
    low, high = bounds
    checks = Checks(f"tipping along {parameter}")
    if not low < high:
        checks.say(f"bounds are {bounds!r}; need the lowest value, then a higher one")
    if not values >= 3:
        checks.say(f"values is {values!r}; need a whole number >= 3")
    if checks.problems:
        raise EngineError("\n".join(checks.problems))
    walk = _Walk(scenario, parameter, classes)
    grid = np.linspace(low, high, values)
    first = walk.reached(low, None)
    up = walk.along(grid, first)
    down = walk.along(grid[::-1], up[-1])[::-1]
    between = walk.between(grid, up, down)
    critical = walk.end(grid, up)
    back = walk.end(grid[::-1], down[::-1])
    twins = alike(walk.at(float(grid[len(grid) // 2])))
    return Tipping(
        parameter=parameter,
        branches=_table(grid, {"up": up, "down": down, "between": between}),
        critical=critical,
        back=back,
        reversible=_distance(up[0], down[0]) < APART,
        scenario=scenario,
        alike=tuple(names for names in twins if any(_parted(point, names) for point in (*up, *down))),
    )


def alike(frozen: Frozen) -> tuple[tuple[str, ...], ...]:
    """Platforms that could be exchanged and nothing would change, two or more together."""
    names = frozen.world.layout.scenario.platforms
    count = len(names)
    states = np.array([*(frozen.all_at(p) for p in range(count)), frozen.vectors(frozen.rest)[0]])
    after = np.concatenate([frozen.shares(states), frozen.shares(_warmed(frozen, states, 5))], axis=1)
    found: list[list[int]] = []
    for q in range(count):
        mine = next((one for one in found if _exchanged(after, one[0], q, count)), None)
        if mine is None:
            found.append([q])
        else:
            mine.append(q)
    return tuple(tuple(names[p] for p in one) for one in found if len(one) > 1)


def _exchanged(after: NDArray[Any], p: int, q: int, count: int) -> bool:
    """Whether two platforms in each other's place, in starts (rows) and shares, leave all as it was."""
    rows = np.arange(count + 1)
    rows[[p, q]] = q, p
    places = np.arange(after.shape[1])
    half = len(places) // 2
    for first in (0, half):
        places[[first + p, first + q]] = first + q, first + p
    return bool(np.abs(after[rows][:, places] - after).max() < SETTLED)


def _parted(point: RestPoint, names: tuple[str, ...]) -> bool:
    shares = [point.shares[name] for name in names]
    return max(shares) - min(shares) > APART


@dataclass(frozen=True, slots=True)
class _Walk:
    """Rest points at one value after another."""

    scenario: Scenario
    parameter: str
    classes: int

    def at(self, value: float) -> Frozen:
        return freeze(self.scenario.with_({self.parameter: float(value)}), classes=self.classes)

    def reached(self, value: float, before: RestPoint | None) -> RestPoint:
        """The stable point reached at a value from an earlier one, or from the scenario's start."""
        near = None if before is None else self.beside(value, before)
        if near is not None:
            return near
        frozen = self.at(value)
        vector = frozen.vectors(frozen.rest)[0] if before is None else before.vector
        point = _settle(frozen, _warmed(frozen, vector[None], WARM_UP)[0])
        if point is None:
            raise EngineError(
                f"{self.parameter} = {value:g}: no rest point is reached; is revision_rate 0, or does the "
                "scenario go round in circles?"
            )
        return point

    def beside(self, value: float, *points: RestPoint) -> RestPoint | None:
        """The stable point at a value on the branch of the first of these points whose branch goes so far.

        Newton's method alone: just beyond the end of a branch the crowd lingers where the branch was, for
        longer the nearer the end is, and to follow it there would take forever.
        """
        frozen = self.at(value)
        for point in points:
            found = _newton(frozen, point.vector)
            if found is not None and found.stable and _distance(found, point) < NEAR:
                return found
        return None

    def along(self, grid: NDArray[np.float64], first: RestPoint) -> list[RestPoint]:
        """The points reached one after another."""
        points: list[RestPoint] = []
        for value in grid:
            points.append(self.reached(float(value), points[-1] if points else first))
        return points

    def between(
        self, grid: NDArray[np.float64], up: list[RestPoint], down: list[RestPoint]
    ) -> list[RestPoint | None]:
        """Unstable points where the ways up and down are apart; of several the one that lies between them."""
        found: list[RestPoint | None] = []
        for value, one, other in zip(grid, up, down, strict=True):
            point = None
            if _distance(one, other) > APART:
                frozen = self.at(float(value))
                starts = [found[-1].vector] if found and found[-1] is not None else []
                starts += [x * one.vector + (1 - x) * other.vector for x in (0.5, 0.3, 0.7, 0.15, 0.85)]
                point = self.brink(frozen, one, other, starts)
            found.append(point)
        return found

    def brink(
        self, frozen: Frozen, one: RestPoint, other: RestPoint, starts: list[NDArray[np.float64]]
    ) -> RestPoint | None:
        """The first unstable point near the line between two stable ones, or else the nearest."""
        a, b = (np.array(list(point.shares.values())) for point in (one, other))
        best, least = None, np.inf
        for start in starts:
            point = _newton(frozen, start)
            if point is None or point.stable:
                continue
            here = np.array(list(point.shares.values())) - a
            off = float(np.abs(here - (b - a) * ((here @ (b - a)) / ((b - a) @ (b - a)))).max())
            if off < least:
                best, least = point, off
            if least < ASIDE * _distance(one, other):
                break
        return best

    def end(self, grid: NDArray[np.float64], points: list[RestPoint]) -> float | None:
        """Value at which the way jumps, by halving; None if it does not.

        A jump is the largest change from one value to the next, if it stays as large when the
        distance between the values is halved again and again.
        """
        gaps = [_distance(a, b) for a, b in pairwise(points)]
        k = int(np.argmax(gaps))
        here, there, point = float(grid[k]), float(grid[k + 1]), points[k]
        after = points[k + 1]
        for _ in range(HALVINGS):
            middle = (here + there) / 2
            tried = self.beside(middle, point, after) or self.reached(middle, point)
            if _distance(tried, point) < _distance(tried, after):
                here, point = middle, tried
            else:
                there, after = middle, tried
        return (here + there) / 2 if _distance(point, after) > JUMP else None


NEAR = 0.05
"""A change of shares up to which Newton's method may go from one value to the next."""
ASIDE = 0.2
"""Distance from the line between two points, in parts of theirs, up to which a brink belongs to both."""
JUMP = 0.02
"""A change of shares that is left after all halvings is a jump."""
HALVINGS = 8


def _distance(one: RestPoint, other: RestPoint) -> float:
    a, b = (np.array(list(point.shares.values())) for point in (one, other))
    return float(np.abs(a - b).max())


def _table(grid: NDArray[np.float64], ways: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"value": value, "branch": name, "stable": point.stable, "radius": point.radius, **point.shares}
        for name, points in ways.items()
        for value, point in zip(grid.tolist(), points, strict=True)
        if point is not None
    ]
    return pd.DataFrame(rows)
