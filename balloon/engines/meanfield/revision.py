"""Who chooses in a step: by revising, because a platform closes or opens again, by filling a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Mass, ratio
from balloon.engines.meanfield.others import unseen
from balloon.engines.meanfield.rules import TRAITS, heard
from balloon.engines.meanfield.values import room
from balloon.engines.stage import STRANDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.sight import Sight
    from balloon.engines.meanfield.world import World


class Closing(NamedTuple):
    """What closing and reopening platforms do to those whose habit they are."""

    forced: NDArray[np.bool_]
    """(G, C) a choice leaves the habit as it is."""
    waits: NDArray[np.bool_]
    """(G, C) who does not choose is stranded."""
    back: NDArray[np.bool_]
    """(G, C) all choose, since their habit is open again."""
    rate: Any
    """(b, 1, 1, 1) chance of choosing of those who are forced to."""


def closing(world: World, sight: Sight) -> Closing:
    """What closes and what opens again under a policy."""
    at = world.layout.cells
    platforms = sight.available.shape[1]
    forced = np.zeros((len(sight.available), at.number), bool)
    forced[:, at.at_home] = ~sight.available[:, at.home[at.at_home]]
    waits = forced.copy()
    forced[:, at.home == platforms + STRANDED] = True
    rate: Any = world.per[4].rechoice_rate * world.weeks
    if np.isnan(np.asarray(rate)).any():  # all at once
        rate, waits = 1.0, np.zeros_like(waits)
    rate = np.where(np.real(rate) > 1.0, 1.0, rate)
    away = (at.habit >= 0) & (at.habit != at.home)
    back = np.zeros_like(forced)
    back[:, away] = sight.reopened[:, at.habit[away]]
    return Closing(forced, waits, back, rate)


def revising(world: World, closing: Closing | None, fresh: NDArray[Any] | None) -> Mass:
    """(b, G, k, C) chance of choosing in the step.

    ``fresh`` are the actors arrested in the last step; None where nobody cares.
    """
    at, weeks, numbers = world.layout.cells, world.weeks, world.per[3]
    traits, groups = _traits(world), np.ones((world.sizes.shape[1], 1), bool)

    def rule(*given: Any) -> Any:
        pace = world.layout.rules.revision_rate(*given)
        return heard(world.layout.scenario, "revision_rate_rule", pace, groups)

    calm = np.asarray(rule(traits, 0.0, weeks, numbers) * weeks)
    alert = calm
    if fresh is not None:
        alert = np.asarray(rule(traits, _lost(world, fresh)[..., None], weeks, numbers) * weeks)
    replaced = np.asarray(-np.expm1(-numbers.replacement_rate * weeks))
    shape = np.broadcast_shapes((1, world.sizes.shape[1], 1), alert.shape, calm.shape, replaced.shape)
    rate = room((*shape, at.number), np.result_type(float, alert, calm, replaced))
    rate[:] = calm[..., None]
    rate[..., at.at_home] = alert[..., None]
    rate[rate.real > 1.0] = 1.0
    rate[..., at.removed] = replaced
    if closing is None:
        return rate
    rate = np.where(closing.forced[:, None], closing.rate, rate)
    return np.where(closing.back[:, None], 1.0, rate)


def _traits(world: World) -> Any:
    groups = np.arange(world.sizes.shape[1])
    return TRAITS(groups[:, None], world.risk, world.exposures[..., None])


def _lost(world: World, fresh: NDArray[Any]) -> NDArray[Any]:
    """(B, G) share of the contacts arrested in the last step."""
    linked = 1.0 - unseen(world.others, 1.0)  # nobody is lost to those without contacts
    share = (world.others.mixing @ ratio(fresh, world.sizes)[..., None])[..., 0]
    return np.asarray(share * linked)
