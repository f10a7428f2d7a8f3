"""Homes, habits and apps after the choices of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Choices, Mass, ratio
from balloon.engines.meanfield.world import State, World

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.sight import Sight


class Ways(NamedTuple):
    """Who chooses, and what follows for those who do and those who do not."""

    rate: Mass
    """(B, G, K, C) chance of choosing in the step."""
    forced: NDArray[np.bool_]
    """(G, C) a choice leaves the habit as it is."""
    waits: NDArray[np.bool_]
    """(G, C) who does not choose is stranded."""


class Turn(NamedTuple):
    """What those who were not arrested do."""

    staying: Mass
    """(B, G, K, C)"""
    made: Choices
    new: tuple[Mass, Mass] | None
    """Apps that come by a trial: (B, G, K, C, P, P) by platform chosen, (B, G, K, C, P) by the dormant."""
    installed: Mass
    """(B, G, K, C, P) share of the cell that has each app before."""


class Arrivals(NamedTuple):
    """Mass that comes to R cells, with its apps."""

    mass: Any
    """(B, G, K, R)"""
    apps: Any
    """(B, G, K, R, P)"""
    seized: Any
    """(B, G, K, R, Z)"""
    new: Any
    """(B, G, K, R, P) apps from a trial, 0.0 without trials."""


def settle(
    world: World, sight: Sight, left: State, turn: Turn, ways: Ways
) -> tuple[Mass, Mass, Mass, NDArray[Any]]:
    """Mass, apps and seized apps by cell after the step, and the joins (B, P)."""
    at, platforms = world.layout.cells, sight.available.shape[1]
    held = ratio(left.seized, left.apps[..., world.taken])
    mass = turn.staying.copy()
    apps = turn.installed * mass[..., None]
    seized = ratio(left.seized, left.mass[..., None]) * mass[..., None]
    _strand(world, mass, apps, seized, ways)

    def add(where: Any, come: Arrivals, *, chosen: bool = True) -> None:
        mass[..., where] += come.mass
        kept, still = _after_drops(world, sight, come, chosen=chosen)
        apps[..., where, :] += kept
        seized[..., where, :] += still

    free = None
    if ways.forced.any():
        free = ~ways.forced
        for k, there in enumerate(at.forced_to):
            who = ways.forced & (at.evict[k] > 0)
            # Away from the habit, or back at it.
            add(there, _to_platforms(turn, held, world, who))
    add(slice(platforms), _to_platforms(turn, held, world, free))
    add(at.dormant, _to_dormancy(turn, held, world), chosen=False)
    joins = turn.made.joining.sum(axis=(1, 2, 3))
    if turn.new is not None:
        pairs, idle = turn.new
        tried = pairs.sum(axis=(1, 2, 3, 4)) + idle.sum(axis=(1, 2, 3))
        joins = joins + tried * (1.0 - world.per[2].uninstall_probability)
    return mass, apps, seized, joins


def _strand(world: World, mass: Mass, apps: Mass, seized: Mass, ways: Ways) -> None:
    """Those who wait on a closed platform become dormant with their habit."""
    at = world.layout.cells
    if not ways.waits.any():
        return
    wait = ways.waits[:, None]
    mass[..., at.stranded] += (mass * wait) @ at.strand.T
    for column in (apps, seized):
        column[..., at.stranded, :] += at.strand @ (column * wait[..., None])
        np.multiply(column, ~wait[..., None], out=column)
    mass *= ~wait


def _to_platforms(turn: Turn, held: Mass, world: World, who: NDArray[np.bool_] | None) -> Arrivals:
    """Those who choose platforms, from all cells or from some (G, C), by platform chosen."""
    platform = turn.made.platform
    if who is not None:
        platform = platform * who[:, None, None, :, None]
    parts, cells, platforms = platform.shape[3:]
    before = np.broadcast_to(turn.made.installed, platform.shape)
    flat = platform.reshape(*platform.shape[:3], parts * cells, platforms)
    columns = np.swapaxes(flat, -1, -2)
    apps = columns @ before.reshape(flat.shape)
    taken = before[..., world.taken] * held[:, :, :, None]
    new: Any = 0.0
    if turn.new is not None:
        pairs = turn.new[0] if who is None else turn.new[0] * who[:, None, :, None, None]
        new = pairs.sum(axis=3)
    return Arrivals(
        mass=flat.sum(axis=-2),
        apps=apps,
        seized=columns @ taken.reshape(*flat.shape[:-1], len(world.taken)),
        new=new,
    )


def _to_dormancy(turn: Turn, held: Mass, world: World) -> Arrivals:
    """Those who go dormant, by habit."""
    lull, dormancy = world.layout.cells.lull, turn.made.dormancy
    apps = (dormancy[..., None] * turn.made.installed).sum(axis=3)
    return Arrivals(
        mass=dormancy.sum(axis=3) @ lull.T,
        apps=lull @ apps,
        seized=lull @ (apps[..., world.taken] * held),
        new=0.0 if turn.new is None else lull @ turn.new[1],
    )


def _after_drops(world: World, sight: Sight, come: Arrivals, *, chosen: bool) -> tuple[Any, Any]:
    """Apps and seized apps of arrivals; each is dropped but the home's and those held in evidence."""
    drop = world.per[5].uninstall_probability
    apps = come.apps + come.new
    if chosen:
        own = np.arange(apps.shape[-1])
        apps[..., own, own] = come.mass
    keep: Any = 1.0 - drop
    if chosen:
        keep = keep + drop * np.eye(apps.shape[-1])  # never the new home's
    kept = apps * keep
    seized = come.seized
    if world.taken:
        evidence = (sight.seizure[..., world.taken] != 0)[:, :, None, None]
        loose = keep[..., world.taken] if chosen else keep
        kept[..., world.taken] += np.where(evidence, seized * (1.0 - loose), 0.0)
        seized = np.where(evidence, seized, seized * loose)
    return kept, seized
