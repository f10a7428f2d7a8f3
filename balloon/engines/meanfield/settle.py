"""Homes, habits and apps after the choices of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Choices, Mass, counted, ratio
from balloon.engines.meanfield.world import State, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from balloon.engines.meanfield.season import Season
    from balloon.engines.meanfield.sight import Sight


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
    """(B, G, K, R, P) apps from a trial; None without trials."""


class Settled(NamedTuple):
    """Who is where after a step, with which apps; apps are as before where they are not followed."""

    mass: Mass
    apps: Any
    seized: Any
    joins: NDArray[Any] | None
    """(B, P) apps installed; None where apps are not followed."""


def settle(world: World, season: Season, left: State, turn: Turn) -> Settled:
    """Mass, apps and seized apps by cell after the step, and the joins."""
    at, platforms = world.layout.cells, season.sight.available.shape[1]
    mass, apps, seized, held = turn.staying.copy(order="K"), left.apps, left.seized, left.seized
    if world.apps:
        apps = turn.installed * mass[..., None]
    if world.taken:
        held = ratio(left.seized, left.apps[..., world.taken])
        seized = ratio(left.seized, left.mass[..., None]) * mass[..., None]
    _strand(world, season, mass, apps, seized)

    def add(where: Any, come: Arrivals, *, chosen: bool = True) -> None:
        mass[..., where] += come.mass
        if world.apps:
            kept, still = _after_drops(world, season.sight, come, chosen=chosen)
            apps[..., where, :] += kept
            if world.taken:
                seized[..., where, :] += still

    for where, who in _destinations(world, season, platforms):
        add(where, _to_platforms(turn, held, world, who))
    add(at.dormant, _to_dormancy(turn, held, world), chosen=False)
    return Settled(mass, apps, seized, _joins(world, turn))


def _destinations(
    world: World, season: Season, platforms: int
) -> Iterator[tuple[Any, NDArray[np.bool_] | None]]:
    """Cells, one for each platform, and the (G, C) cells from which they are chosen; None: from all."""
    at = world.layout.cells
    if season.closing is None:
        yield slice(platforms), None
        return
    forced = season.closing.forced
    for k, there in enumerate(at.forced_to):
        # Away from the habit, or back at it.
        yield there, forced & (at.evict[k] > 0)
    yield slice(platforms), ~forced


def _joins(world: World, turn: Turn) -> NDArray[Any] | None:
    """Apps installed, by choice and by trial."""
    if not world.apps:
        return None
    joins: NDArray[Any] = np.add.reduce(turn.made.joining, axis=(1, 2, 3))
    if turn.new is not None:
        pairs, idle = turn.new
        tried = pairs.sum(axis=(1, 2, 3, 4)) + idle.sum(axis=(1, 2, 3))
        joins = joins + tried * (1.0 - world.per[2].uninstall_probability)
    return joins


def _strand(world: World, season: Season, mass: Mass, apps: Mass, seized: Mass) -> None:
    """Those who wait on a closed platform become dormant with their habit."""
    at = world.layout.cells
    if season.closing is None or not season.closing.waits.any():
        return
    wait = season.closing.waits[:, None]
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
    mass = np.add.reduce(platform, axis=(3, 4))
    if not world.apps:
        return Arrivals(mass, None, None, None)
    parts, cells, platforms = platform.shape[3:]
    before = turn.made.installed
    if before.shape != platform.shape:
        before = np.broadcast_to(before, platform.shape)
    flat = platform.reshape(*platform.shape[:3], parts * cells, platforms)
    columns = np.swapaxes(flat, -1, -2)
    seized = held
    if world.taken:
        taken = before[..., world.taken] * held[:, :, :, None]
        seized = columns @ taken.reshape(*flat.shape[:-1], len(world.taken))
    new = None
    if turn.new is not None:
        pairs = turn.new[0] if who is None else turn.new[0] * who[:, None, :, None, None]
        new = pairs.sum(axis=3)
    return Arrivals(mass, columns @ before.reshape(flat.shape), seized, new)


def _to_dormancy(turn: Turn, held: Mass, world: World) -> Arrivals:
    """Those who go dormant, by habit."""
    lull, dormancy = world.layout.cells.lull, turn.made.dormancy
    mass = counted(lull, np.add.reduce(dormancy, axis=3)[..., None])[..., 0]
    if not world.apps:
        return Arrivals(mass, None, None, None)
    apps = np.add.reduce(dormancy[..., None] * turn.made.installed, axis=3)
    seized = counted(lull, apps[..., world.taken] * held) if world.taken else held
    new = None if turn.new is None else counted(lull, turn.new[1])
    return Arrivals(mass, counted(lull, apps), seized, new)


def _after_drops(world: World, sight: Sight, come: Arrivals, *, chosen: bool) -> tuple[Any, Any]:
    """Apps and seized apps of arrivals; each is dropped but the home's and those held in evidence."""
    apps = come.apps if come.new is None else come.apps + come.new
    keep = world.kept
    if chosen:
        own = np.arange(apps.shape[-1])
        apps[..., own, own] = come.mass
        keep = world.kept_away
    kept = apps * keep
    seized = come.seized
    if world.taken:
        evidence = (sight.seizure[..., world.taken] != 0)[:, :, None, None]
        loose = keep[..., world.taken] if chosen else keep
        kept[..., world.taken] += np.where(evidence, seized * (1.0 - loose), 0.0)
        seized = np.where(evidence, seized, seized * loose)
    return kept, seized
