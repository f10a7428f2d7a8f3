"""What stays the same from step to step while the policy stands: found once for all these steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Mass, power
from balloon.engines.meanfield.revision import Closing, closing, revising
from balloon.engines.meanfield.sight import Sheet, Sight, pressure
from balloon.engines.meanfield.values import room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.world import World


class Season(NamedTuple):
    """A policy, and what follows from it alone; b is the batch, or 1 where nothing varies."""

    sight: Sight
    rate: Mass
    """(b, G, k, C) arrests per actor-week, those by seized data left out."""
    free: Mass
    """(b, G, k, C) chance of not being arrested in a step at this rate."""
    hot: tuple[int, ...]
    """Which of the platforms whose data are taken lead to arrests by them."""
    closing: Closing | None
    """None where nothing ever closes."""
    revising: Mass | None
    """(b, G, k, C) chance of choosing in a step; None where it depends on who was arrested last."""
    shut: NDArray[np.bool_] | None
    """(G, 1, R, P) options that are closed or out of reach; None: there are none."""
    away: Mass
    """(b, G, 1, 1, P) by how much the onboarding cost lowers a weight, under the built-in utility."""
    told: Sheet | None
    """(b, G, P) what is announced; None: nothing."""


def season(world: World, sight: Sight) -> Season:
    """What follows from a policy."""
    at = world.layout.cells
    lam = pressure(world, sight)
    rate = room((*lam.shape[:3], at.number), lam.dtype)
    rate[..., at.at_home] = lam[..., at.home[at.at_home]]
    closed = closing(world, sight) if at.closable else None
    shut = ~(sight.available[:, None, None] & at.reach)
    return Season(
        sight=sight,
        rate=rate,
        free=power(-rate * world.weeks),
        hot=tuple(z for z, p in enumerate(world.taken) if np.any(sight.seizure[..., p] != 0)),
        closing=closed,
        revising=None if world.watchful else revising(world, closed, None),
        shut=shut if shut.any() else None,
        away=power(-sight.onboarding_cost)[:, :, None, None],
        told=sight.announced if np.any(sight.announced != 0) else None,
    )
