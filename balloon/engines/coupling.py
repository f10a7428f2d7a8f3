"""The same actors in two worlds: who is where in the one and in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._jit import jit
from balloon.engines.stage import place_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Coupling(NamedTuple):
    """Counts of slots by place in the baseline and in the alternative, row t after t steps."""

    same: NDArray[np.int64]
    """(T + 1, G, P + 2, P + 2) slots that hold the same person in both worlds."""
    refilled: NDArray[np.int64]
    """(T + 1, G, P + 2, P + 2) slots whose role was filled again by another person in one of them."""
    bystanders: NDArray[np.int64]
    """(T + 1, G, P, P + 2) by platform and place: of the same persons, those who were never at home
    on the platform in either world up to then; at the place in the alternative minus in the baseline."""


def new_coupling(steps: int, groups: int, platforms: int) -> Coupling:
    """Empty counts."""
    t, k = steps + 1, platforms + 2
    return Coupling(
        same=np.zeros((t, groups, k, k), np.int64),
        refilled=np.zeros((t, groups, k, k), np.int64),
        bystanders=np.zeros((t, groups, platforms, k), np.int64),
    )


def couple(
    t: int, bounds: NDArray[np.int64], baseline: Any, alternative: Any, visited: Any, coupling: Coupling
) -> None:
    """Count the states after step t of two worlds with the same slots.

    Parameters
    ----------
    bounds : (G + 1,) int64
        Slots of group g: bounds[g] .. bounds[g + 1] - 1.
    baseline, alternative : Actors
    visited : (N,) uint32
        Platforms on which the person has been at home in either world; rewritten.
    """
    _couple(
        t, bounds, baseline.home, alternative.home, baseline.entered, alternative.entered, visited,
        coupling.same[t], coupling.refilled[t], coupling.bystanders[t],
    )  # fmt: skip


@jit
def _couple(
    t, bounds, home, other_home, entered, other_entered, visited, same, refilled, bystanders
):  # fmt: skip
    groups, platforms = bystanders.shape[:2]
    for g in range(groups):
        for i in range(bounds[g], bounds[g + 1]):
            a, b = place_of(home[i], platforms), place_of(other_home[i], platforms)
            if entered[i] != other_entered[i]:
                refilled[g, a, b] += 1
                continue
            if entered[i] == t:  # the same newcomer enters in both worlds
                visited[i] = 0
            if a < platforms:
                visited[i] |= np.uint32(1) << np.uint32(a)
            if b < platforms:
                visited[i] |= np.uint32(1) << np.uint32(b)
            same[g, a, b] += 1
            if a != b:
                for x in range(platforms):
                    if not visited[i] >> np.uint32(x) & np.uint32(1):
                        bystanders[g, x, b] += 1
                        bystanders[g, x, a] -= 1
