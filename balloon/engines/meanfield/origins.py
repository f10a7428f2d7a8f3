"""The same actors from the reference date on: every risk class split by where its actors were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.engines.meanfield.values import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.world import State, World


def split(world: World, state: State) -> tuple[World, State]:
    """Split every class into one for each place but "removed", and a last one for all others.

    The others are the removed and those who fill their roles: not the same persons any more. Each
    part carries the apps of its own cells, so from here on the closure of apps is finer.
    """
    places = world.layout.cells.place  # its last row takes the removed

    def spread(held: NDArray[Any], extra: int) -> NDArray[Any]:
        share = places.reshape(*places.shape, *(1,) * extra)
        parts = held[:, :, :, None] * share
        return parts.reshape(*held.shape[:2], held.shape[2] * len(places), *held.shape[3:])

    classes = packed(np.repeat(world.risk, len(places), axis=2))
    return world._replace(risk=classes), state._replace(
        mass=spread(state.mass, 0), apps=spread(state.apps, 1), seized=spread(state.seized, 1)
    )


def part_with_removed(world: World, state: State) -> State:
    """Hand the removed over to the last part of their class."""
    parts, removed = len(world.layout.cells.place), world.layout.cells.removed
    mass = state.mass.reshape(*state.mass.shape[:2], -1, parts, state.mass.shape[-1])
    gone = mass[..., removed].sum(axis=-1)
    mass[..., removed] = 0.0
    mass[..., -1, removed] = gone
    return state._replace(mass=mass.reshape(state.mass.shape))


def same_actors(world: World, state: State, before: NDArray[Any]) -> NDArray[Any]:
    """(B, P + 2, P + 2) place at the reference date and place now; who is nowhere else was removed.

    Parameters
    ----------
    before : (B, P + 2) array
        Actors by place at the reference date.
    """
    place = world.layout.cells.place
    mass = state.mass.reshape(*state.mass.shape[:2], -1, len(place), state.mass.shape[-1])
    joint: NDArray[Any] = mass.sum(axis=(1, 2)) @ place.T
    joint[:, -1] = 0.0
    joint[:, :, -1] = before - joint[:, :, :-1].sum(axis=-1)
    return joint
