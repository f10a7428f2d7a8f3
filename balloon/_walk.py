"""Rest points followed from one value of a parameter to the next, and where a way of them ends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._rest import APART, SETTLED, WARM_UP, RestPoint, between, distance, rest_near, settle, warmed
from balloon.engines.meanfield.frozen import Frozen, freeze
from balloon.engines.meanfield.values import VARIABLE
from balloon.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

NEAR = 0.05
"""A change of shares up to which Newton's method may go from one value to the next."""
ASIDE = 0.2
"""Distance from the line between two points, in parts of theirs, up to which a brink belongs to both."""
JUMP = 0.02
"""A change of shares that is left after all halvings is a jump."""
HALVINGS = 8


class Stage(NamedTuple):
    """The step at one value of the parameter."""

    value: float
    frozen: Frozen


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

    def reached(self, stage: Stage, before: RestPoint, known: tuple[RestPoint, ...] = ()) -> RestPoint:
        """The stable point at a value on the branch of one before, or else where the crowd goes from there.

        A branch is followed by Newton's method alone: just beyond its end the crowd lingers where the branch
        was, for longer the nearer the end is, and to follow it there would take forever.
        """
        found = rest_near(stage.frozen, before.vector, known, before)
        if found is not None and found.stable:
            if distance(found, before) < NEAR:
                return found
            known = (*known, found)
        return self._settled(stage, before.vector, known)

    def within(self, stage: Stage, point: RestPoint, after: RestPoint) -> RestPoint:
        """The stable point at a value between those of two others, on the branch of one of them.

        Where the branch of the first has ended, the other's goes on: nobody need wait for the crowd.
        """
        found = rest_near(stage.frozen, point.vector, (), point)
        if found is not None and found.stable and distance(found, point) < NEAR:
            return found
        other = rest_near(stage.frozen, after.vector, (), after)
        if other is not None and other.stable and distance(other, after) < distance(other, point):
            return other
        return self._settled(stage, point.vector)

    def _settled(
        self, stage: Stage, vector: NDArray[np.float64], known: tuple[RestPoint, ...] = ()
    ) -> RestPoint:
        """The stable point to which a crowd goes in time."""
        point = settle(stage.frozen, warmed(stage.frozen, vector[None], WARM_UP)[0], known)
        if point is None:
            raise EngineError(
                f"{self.parameter} = {stage.value:g}: no rest point is reached; is revision_rate 0, or does "
                "the scenario go round in circles?"
            )
        return point

    def along(
        self, stages: list[Stage], first: RestPoint, known: list[RestPoint] | None = None
    ) -> list[RestPoint]:
        """The points reached one after another, from that at the first value; some may be known already."""
        points = [first]
        for k, stage in enumerate(stages[1:], 1):
            points.append(self.reached(stage, points[-1], (known[k],) if known else ()))
        return points

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

    def end(self, stages: list[Stage], points: list[RestPoint]) -> float | None:
        """Value at which the way jumps, by halving; None if it does not.

        A jump is the largest change from one value to the next, if it stays as large when the
        distance between the values is halved again and again.
        """
        gaps = [distance(a, b) for a, b in pairwise(points)]
        k = int(np.argmax(gaps))
        here, there = stages[k].value, stages[k + 1].value
        point, after = points[k], points[k + 1]
        for _ in range(HALVINGS):
            if distance(point, after) <= JUMP:
                return None
            middle = (here + there) / 2
            stage = self.at(middle)
            tried = self.within(stage, point, after)
            if distance(tried, point) < distance(tried, after):
                here, point = middle, tried
            else:
                there, after = middle, tried
        return (here + there) / 2 if distance(point, after) > JUMP else None


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
