"""Rest points followed from one value of a parameter to the next, and where a way of them ends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._rest import (
    APART,
    FEW,
    SETTLED,
    WARM_UP,
    Restless,
    RestPoint,
    between,
    distance,
    rest_near,
    settle,
    straight,
    warmed,
)
from balloon.engines.meanfield.frozen import Frozen, freeze
from balloon.engines.meanfield.values import VARIABLE
from balloon.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

FINE = 4096
"""Into so many parts the range is divided, if need be, to follow a branch and to find its end."""
NEAR = 0.05
"""A change of shares up to which a point may be on the branch of the one before."""
CLEAR, FORETOLD = 0.005, 0.6
"""A change of shares that needs no proof; the part of a larger one that the derivatives may not foretell."""
ASIDE = 0.2
"""Distance from the line between two points, in parts of theirs, up to which a brink belongs to both."""
JUMP, LEAVE = 0.02, 0.02
"""A change of shares at the end of a branch that is a jump; how far on a crowd is then led that lingers."""


class Stage(NamedTuple):
    """The step at one value of the parameter."""

    value: float
    frozen: Frozen


class Leap(NamedTuple):
    """The end of a branch."""

    value: float
    size: float
    """How far from there the crowd comes to rest, a change of shares."""


class Way(NamedTuple):
    """The points reached at one value after another, and the ends of branches between each two values."""

    points: list[RestPoint]
    leaps: list[tuple[Leap, ...]]

    @property
    def back(self) -> Way:
        """The same from its end."""
        return Way(self.points[::-1], self.leaps[::-1])

    @property
    def tip(self) -> float | None:
        """The value of the largest jump; None if there is none."""
        largest = max(
            (leap for some in self.leaps for leap in some), key=lambda leap: leap.size, default=None
        )
        return largest.value if largest and largest.size > JUMP else None


@dataclass(frozen=True, slots=True)
class Walk:
    """Rest points at one value after another."""

    scenario: Scenario
    parameter: str
    classes: int

    def at(self, value: float) -> Stage:
        """The step at a value."""
        frozen = freeze(self.scenario.with_({self.parameter: float(value)}), classes=self.classes)
        return Stage(float(value), frozen)

    def stages(self, grid: NDArray[np.float64]) -> list[Stage]:
        """The steps at all values.

        Raises
        ------
        EngineError
            A parameter that changes nothing, or that is switched off at one end.
        """
        ends = (float(grid[0]), float(grid[-1]))
        for value in ends:  # refused at once what cannot be
            self.scenario.with_({self.parameter: value})
        low, high = map(self.at, ends)
        low_state, high_state = (one.frozen.vectors(one.frozen.rest) for one in (low, high))
        if low_state.shape != high_state.shape:
            raise EngineError(
                f"tipping along {self.parameter}: at {low.value:g} a part of the model is switched off that "
                f"counts at {high.value:g}, so that no state can be followed from one to the other; begin at "
                f"the next value, {grid[1]:g}"
            )
        if np.array_equal(low.frozen.step(low_state), high.frozen.step(low_state)):
            raise EngineError(
                f"tipping along {self.parameter}: under the policy of the last step {low.value:g} and "
                f"{high.value:g} come to the same; if an intervention sets another value, name its number: "
                f"{self._dated()}"
            )
        return [low, *(self.at(value) for value in grid[1:-1]), high]

    def _dated(self) -> str:
        """Paths of the numbers of interventions."""
        every = [(at, noun) for at, noun in self.scenario.nouns() if at.startswith("interventions.")]
        paths = [f"{at}.{name}" for at, noun in every for name in VARIABLE.get(type(noun), ())]
        return ", ".join(paths) or "there is none"

    def first(self, stage: Stage) -> RestPoint:
        """The stable point reached from the scenario's start."""
        return self._settled(stage, stage.frozen.vectors(stage.frozen.rest)[0])

    def along(self, stages: list[Stage], first: RestPoint, known: Way | None = None) -> Way:
        """The points reached one after another, from that at the first value.

        A known way is of the same values in the same order: where this one is on a branch of that which does
        not end on the way to the next value, it goes on as that does.
        """
        points, leaps = [first], list[tuple[Leap, ...]]()
        least = abs(stages[-1].value - stages[0].value) / FINE
        for k, (here, there) in enumerate(pairwise(stages)):
            if known and points[-1] is known.points[k] and not known.leaps[k]:
                points.append(known.points[k + 1])
                leaps.append(())
                continue
            after = (known.points[k + 1],) if known else ()
            point, ends = self.onward(here, points[-1], there, after, least)
            points.append(point)
            leaps.append(ends)
        return Way(points, leaps)

    def onward(
        self, here: Stage, point: RestPoint, goal: Stage, known: tuple[RestPoint, ...], least: float
    ) -> tuple[RestPoint, tuple[Leap, ...]]:
        """The point at the goal, and the ends of branches before it.

        A branch is followed by steps that are halved until the next point is surely on it; where the least
        step is too long the branch has ended, and the crowd goes where it goes from there.
        """
        ends: list[Leap] = []
        ahead = [goal]
        while ahead:
            next_one = ahead[-1]
            there = known if next_one is goal else ()
            found = self.followed(next_one, point, there)
            if found is None and point.stable and abs(next_one.value - here.value) > least:
                ahead.append(self.at((here.value + next_one.value) / 2))
                continue
            if found is None:
                found = self.landed(next_one, point, there)
                ends.append(Leap((here.value + next_one.value) / 2, distance(found, point)))
            here, point = ahead.pop(), found
        return point, tuple(ends)

    def followed(self, stage: Stage, before: RestPoint, known: tuple[RestPoint, ...]) -> RestPoint | None:
        """The stable point on the branch of one before; None if it is not sure that there is one."""
        frozen, vector = stage.frozen, before.vector
        found = rest_near(frozen, vector, known, before, reach=2 * NEAR, rounds=FEW)
        if found is None or not found.stable or not distance(found, before) < NEAR:
            return None
        if distance(found, before) < CLEAR:
            return found
        foretold = frozen.shares((vector + self._drift(stage, before))[None])[0]
        missed = np.abs(found.places - foretold).max()
        return found if missed < FORETOLD * distance(found, before) else None

    def landed(self, stage: Stage, before: RestPoint, known: tuple[RestPoint, ...]) -> RestPoint:
        """The stable point to which a crowd goes from the end of its branch, just before this value.

        Where the branch was it would linger, for longer the nearer the end is: so it is led on a little, the
        way in which the branch was going.
        """
        frozen, vector, move = stage.frozen, before.vector, self._drift(stage, before)
        masses = slice(0, frozen.masses)
        change = np.abs(frozen.shares((vector + move)[None])[0] - before.places).max()
        falling = move[masses] < 0
        room = (-vector[masses][falling] / move[masses][falling]).min(initial=np.inf)
        led = vector
        if np.isfinite(move).all() and change > 0:
            led = frozen.inside((vector + min(LEAVE / change, room / 2) * move)[None])[0]
        return self._settled(stage, led, known)

    def _drift(self, stage: Stage, before: RestPoint) -> NDArray[np.float64]:
        """The change of state with the value, by the derivatives at the point before."""
        return straight(before.slope, stage.frozen.step(before.vector[None])[0] - before.vector)

    def _settled(
        self, stage: Stage, vector: NDArray[np.float64], known: tuple[RestPoint, ...] = ()
    ) -> RestPoint:
        """The stable point to which a crowd goes in time."""
        point = settle(stage.frozen, warmed(stage.frozen, vector[None], WARM_UP)[0], known, reach=NEAR)
        if isinstance(point, Restless):
            raise EngineError(
                f"tipping along {self.parameter}: at {stage.value:g} the crowd comes to no rest: {point}; "
                "see its course with a run of engine='meanfield', or choose bounds without this value"
            )
        return point

    def between(
        self, stages: list[Stage], up: list[RestPoint], down: list[RestPoint]
    ) -> list[RestPoint | None]:
        """Unstable points where the ways up and down are apart; of several the one that lies between them."""
        found: list[RestPoint | None] = []
        for stage, one, other in zip(stages, up, down, strict=True):
            point = None
            if distance(one, other) > APART:
                starts = [found[-1].vector] if found and found[-1] is not None else []
                point = self.brink(stage.frozen, one, other, [*starts, *between(one, other)])
            found.append(point)
        return found

    def brink(
        self, frozen: Frozen, one: RestPoint, other: RestPoint, starts: list[NDArray[np.float64]]
    ) -> RestPoint | None:
        """The first unstable point near the line between two stable ones, or else the nearest."""
        a, b = one.places, other.places
        best, least = None, np.inf
        for start in starts:
            point = rest_near(frozen, start)
            if point is None or point.stable:
                continue
            here = point.places - a
            off = float(np.abs(here - (b - a) * ((here @ (b - a)) / ((b - a) @ (b - a)))).max())
            if off < least:
                best, least = point, off
            if least < ASIDE * distance(one, other):
                break
        return best


def alike(frozen: Frozen) -> tuple[tuple[str, ...], ...]:
    """Platforms that could be exchanged and nothing would change, two or more together."""
    names = frozen.world.layout.scenario.platforms
    count = len(names)
    states = np.array([*(frozen.all_at(p) for p in range(count)), frozen.vectors(frozen.rest)[0]])
    after = np.concatenate([frozen.shares(states), frozen.shares(warmed(frozen, states, 5))], axis=1)
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


def parted(point: RestPoint, names: tuple[str, ...]) -> bool:
    """Whether platforms that could be exchanged have come to different shares."""
    shares = [point.shares[name] for name in names]
    return max(shares) - min(shares) > APART
