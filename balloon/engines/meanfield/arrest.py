"""Who is arrested in a step, by enforcement on the platforms and by seized data."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.engines.meanfield.choice import Mass, power, ratio
from balloon.engines.meanfield.world import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.season import Season
    from balloon.engines.meanfield.sight import Sight
    from balloon.engines.meanfield.world import State, World


def take_data(world: World, sight: Sight, state: State) -> State:
    """Those who have the app of a platform whose data are taken in this step."""
    if not world.taken or not sight.taken.any():
        return state
    seized = state.seized.copy(order="K")
    for z, p in enumerate(world.taken):
        who = sight.taken[:, p]
        seized[:, who, ..., z] = state.apps[:, who, ..., p]
    return state._replace(seized=seized)


def arrest(world: World, season: Season, state: State) -> tuple[State, NDArray[Any], Mass]:
    """Who is left free, arrests by source (B, G, P), and who is arrested by cell."""
    if season.hot:
        return _by_seizures(world, season, state)
    left = state.mass * season.free
    caught = state.mass - left
    arrests = np.add.reduce(caught, axis=2) @ world.layout.cells.place[:-2].T
    apps = state.apps * season.free[..., None] if world.apps else state.apps
    return state._replace(mass=left, apps=apps), arrests, caught


def _by_seizures(world: World, season: Season, state: State) -> tuple[State, NDArray[Any], Mass]:
    """The same where seized data lead to arrests: all sources add up to one rate.

    Who was seized is taken as independent from one platform to the next.
    """
    at, weeks, rate = world.layout.cells, world.weeks, season.rate
    share = [ratio(state.seized[..., z], state.mass) for z in season.hot]
    seizure = [scaled(season.sight.seizure[..., world.taken[z]], 4) for z in season.hot]
    arrests = np.zeros((*state.mass.shape[:2], at.place.shape[0] - 2), np.result_type(state.mass, rate))
    left = np.zeros(state.mass.shape, arrests.dtype)
    for held in itertools.product((False, True), repeat=len(season.hot)):
        mass, whole = state.mass, rate
        for one, s, sigma in zip(held, share, seizure, strict=True):
            mass = mass * (s if one else 1.0 - s)
            whole = whole + sigma if one else whole
        free = power(-whole * weeks)
        left += mass * free
        by_rate = ratio(mass * (1.0 - free), whole)
        arrests += (by_rate * rate).sum(axis=2) @ at.place[:-2].T
        for one, z, sigma in zip(held, season.hot, seizure, strict=True):
            if one:
                arrests[..., world.taken[z]] += (by_rate * sigma).sum(axis=(2, 3))
    free = ratio(left, state.mass)
    apps, seized = state.apps * free[..., None], state.seized * free[..., None]
    for z, s, sigma in zip(season.hot, share, seizure, strict=True):
        fall = 1.0 - power(-sigma * weeks)
        others = ratio(free, 1.0 - s * fall)
        p = world.taken[z]
        apps[..., p] = (state.apps[..., p] - state.seized[..., z] * fall) * others
        seized[..., z] = state.seized[..., z] * (1.0 - fall) * others
    return state._replace(mass=left, apps=apps, seized=seized), arrests, state.mass - left
