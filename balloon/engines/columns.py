"""What the passes of the compiled engine work on: columns of actors, and rows that fit the nearest cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._bundle import bundle

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 512  # slots whose luck is drawn at once
WIDTH = 1024  # choosers gathered from several blocks, so that the loops over them are long
ROOM = 2 * WIDTH  # those of several widths who have to weigh their options


@bundle
class Setting(NamedTuple):
    """What does not change during a run."""

    seed: np.uint64
    replicate: np.uint64
    weeks: float
    """Length of a step."""
    social: bool
    """Somebody looks where contacts are at home."""
    watchful: bool
    """Somebody looks whether contacts were removed."""
    built_in: bool
    """Hazard and revision follow the built-in rules, whose bounds are known."""
    linear: bool
    """Utility is the built-in one, linear in all that an actor brings."""
    annealed: int
    """Others met afresh each step; 0: the ties are fixed."""
    reference: int
    """Step from which the same actors are followed."""
    exposures: NDArray[np.float64]
    """(G,)"""
    bounds: NDArray[np.int64]
    """(G + 1,) slots of group g: bounds[g] .. bounds[g + 1] - 1."""
    friction: NDArray[np.float64]
    """(P, P + 1) to platform q from platform p, or from nowhere (last column, 0)."""
    start: NDArray[np.int64]
    """(N + 1,) rows of the contact graph."""
    others: NDArray[np.int32]
    """(2 E,) contacts."""


@bundle
class Extra(NamedTuple):
    """Columns beside the actors' own."""

    ahead: NDArray[np.int8]
    """(N,) homes at the end of the step; between steps the same as the homes."""
    seized: NDArray[np.uint32]
    """(N,) apps whose data were taken; empty without seizures."""
    origin: NDArray[np.int8]
    """(N,) place at the reference date."""
    alarm: NDArray[np.uint8]
    """(N,) step in which a contact was last removed, modulo 256; not kept for others met afresh."""


@bundle
class Scratch(NamedTuple):
    """What the passes hand to each other: rows of BLOCK slots, of WIDTH choosers, of ROOM who weigh."""

    event: NDArray[np.float64]
    """(3, B) uniforms of arrest, revision and trial, by slot."""
    flag: NDArray[np.uint8]
    """(B,) what the slot's luck leaves open: see `balloon.engines.passes`."""
    listed: NDArray[np.uint64]
    """(2, B) places in the block: of those who choose, of those to look into."""
    chooser: NDArray[np.uint64]
    """(6, R) slot, home, apps, word of the home's shock, kept or not, apps lost: see the names below."""
    liking: NDArray[np.float64]
    """(3, W) risk aversion, least value of the home, most value of any other option."""
    least: NDArray[np.float64]
    """(R,) least value of the home of those who wait."""
    most: NDArray[np.float64]
    """(R,) most value of any other option to those who wait."""
    option: NDArray[np.float64]
    """(3, >= P + 1) bounds of an option's value: see `balloon.engines.stayers`."""
    anchor: NDArray[np.float64]
    """(2, P + 4) bounds of the value of a home."""
    shock: NDArray[np.float64]
    """(>= P + 1, R) uniforms, then Gumbel shocks, dormancy first."""
    value: NDArray[np.float64]
    """(P, R) utilities."""
    peers: NDArray[np.float64]
    """(P, R) shares of contacts."""
    best: NDArray[np.float64]
    """(R,) value of the best option so far."""
    way: NDArray[np.float64]
    """(R,) friction to one platform."""
    risk: NDArray[np.float64]
    """(R,) risk aversions."""
    packed: NDArray[np.uint64]
    """(R,) contacts by platform, eight bits each."""
    lane: NDArray[np.uint64]
    """(P + 4,) one contact at home, in its place within a packed word."""
    column: NDArray[np.int64]
    """(10, R) what those who weigh are and do: see the names below."""


SEAT, AT, HELD, MINE, KEPT, LOST = range(6)
"""Rows of ``chooser``."""

RISK, STAY, RIVAL = range(3)
"""Rows of ``liking``."""

SLOT, FROM, HOME, HABIT, APPS, FORCED, CHOICE, TRIED, FIRST, LAST = range(10)
"""Rows of ``column``; FIRST and LAST bound the contacts."""


def new_scratch(platforms: int) -> Scratch:
    """Rows for one thread."""
    items = 4 * ((platforms + 4) // 4)
    return Scratch(
        event=np.empty((3, BLOCK)),
        flag=np.empty(BLOCK, np.uint8),
        listed=np.empty((2, BLOCK), np.uint64),
        chooser=np.empty((6, ROOM), np.uint64),
        liking=np.empty((3, WIDTH)),
        least=np.empty(ROOM),
        most=np.empty(ROOM),
        option=np.empty((3, items)),
        anchor=np.empty((2, platforms + 4)),
        shock=np.empty((items, ROOM)),
        value=np.empty((platforms, ROOM)),
        peers=np.zeros((platforms, ROOM)),
        best=np.empty(ROOM),
        way=np.empty(ROOM),
        risk=np.empty(ROOM),
        packed=np.empty(ROOM, np.uint64),
        lane=np.empty(platforms + 4, np.uint64),
        column=np.empty((10, ROOM), np.int64),
    )
