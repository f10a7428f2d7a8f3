"""Where an actor can stand: pairs of home and habit, with what leads from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Ways, ways
from balloon.engines.stage import DORMANT, REMOVED, STRANDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario
    from balloon.timetable import Policy


class Cells(NamedTuple):
    """C pairs of home and habit.

    In this order: at home by habit, at home away from a habit that has closed, dormant without a habit,
    dormant with each habit, stranded, removed.
    """

    home: NDArray[np.int64]
    """(C,) code of home, see `balloon.engines.stage`."""
    habit: NDArray[np.int64]
    """(C,) platform, -1: none."""
    place: NDArray[np.float64]
    """(P + 2, C) 1 where a cell counts as a place."""
    outlook: NDArray[np.int64]
    """(C,) row of the tables below: what an option costs is the same for cells of one outlook."""
    friction: NDArray[np.float64]
    """(R, P) multiples of the switching cost, 0 at the home and at the habit and where no path leads."""
    reach: NDArray[np.bool_]
    """(R, P) whether a path leads there."""
    ways: Ways
    """The frictions from each cell, for trials."""
    at_home: NDArray[np.bool_]
    """(C,)"""
    elsewhere: NDArray[np.bool_]
    """(C, P) whether the actors of a cell are at home on another platform."""
    lull: NDArray[np.float64]
    """(P + 1, C) 1 where going dormant leads from a cell to the dormant cell of a habit, none first."""
    closable: tuple[int, ...]
    """Platforms that close while somebody is there."""
    evict: NDArray[np.float64]
    """(closable, C) 1 where a cell has this habit."""
    forced_to: NDArray[np.int64]
    """(closable, P) cell at home on a platform, away from the habit."""
    strand: NDArray[np.float64]
    """(closable, C) 1 where being stranded leads from a home to the stranded cell of a habit."""
    dormant: slice
    stranded: slice
    removed: int

    @property
    def number(self) -> int:
        """Number of cells."""
        return len(self.home)


def cells(scenario: Scenario, policy: Policy) -> Cells:
    """The cells that can ever be filled."""
    platforms = len(scenario.platforms)
    closable = _closable(scenario, policy)
    everywhere = range(platforms)
    pairs = [(p, p) for p in everywhere]
    pairs += [(p, q) for q in closable for p in everywhere if p != q]
    dormant = slice(len(pairs), len(pairs) + platforms + 1)
    pairs += [(platforms + DORMANT, q) for q in (-1, *everywhere)]
    stranded = slice(len(pairs), len(pairs) + len(closable))
    pairs += [(platforms + STRANDED, q) for q in closable]
    removed = len(pairs)
    pairs.append((platforms + REMOVED, -1))
    home, habit = np.array(pairs).T
    at_home = home < platforms
    outlook, friction, reach = _outlooks(scenario, home, habit)
    counts_as = np.where(home == platforms + STRANDED, platforms + DORMANT, home)
    index = {pair: c for c, pair in enumerate(pairs)}
    return Cells(
        home=home,
        habit=habit,
        place=(np.arange(platforms + 2)[:, None] == counts_as).astype(float),
        outlook=outlook,
        friction=friction,
        reach=reach,
        ways=ways(friction[outlook]),
        at_home=at_home,
        elsewhere=at_home[:, None] & (home[:, None] != np.arange(platforms)),
        lull=(np.arange(-1, platforms)[:, None] == habit).astype(float),
        closable=closable,
        evict=(np.array(closable, dtype=int)[:, None] == habit).astype(float),
        forced_to=np.array([[index[p, q] for p in everywhere] for q in closable], int).reshape(-1, platforms),
        strand=((np.array(closable, dtype=int)[:, None] == habit) & at_home).astype(float),
        dormant=dormant,
        stranded=stranded,
        removed=removed,
    )


def _closable(scenario: Scenario, policy: Policy) -> tuple[int, ...]:
    """Platforms that are closed to a group of which somebody can be there."""
    found = []
    for p, name in enumerate(scenario.platforms):
        for g, group in enumerate(scenario.groups):
            is_open = policy.available[:, g, p]
            been = np.logical_or.accumulate(is_open) | (group.start.get(name, 0.0) > 0)
            if (been & ~is_open).any():
                found.append(p)
                break
    return tuple(found)


def _outlooks(
    scenario: Scenario, home: NDArray[np.int64], habit: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Friction from the home, or from the habit of those without one, and whether a path leads there.

    Cells for which both are the same everywhere share a row.
    """
    platforms = len(scenario.platforms)
    there = np.arange(platforms)
    paths = np.vstack([scenario.landscape.friction(), np.zeros(platforms)])  # the last: from nowhere
    friction = paths[np.where(home < platforms, home, habit)]
    reach = np.isfinite(friction)
    used = (there == home[:, None]) | (there == habit[:, None])
    friction = np.where(used | ~reach, 0.0, friction)
    _, first, outlook = np.unique(
        np.hstack([friction, reach]), axis=0, return_index=True, return_inverse=True
    )
    return outlook.reshape(-1), friction[first], reach[first]
