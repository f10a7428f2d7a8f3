"""The words that go with the map of the landscape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.plots.caption import (
    Caption,
    name_remarks,
    named,
    names_in_words,
    provenance_line,
    reading_help,
    source,
)
from balloon.plots.lettering import day
from balloon.plots.ranges import Range, bracket, percent, ranged

if TYPE_CHECKING:
    from balloon.plots.landscape import Map
    from balloon.plots.reading import Reading

TOLD = 12
"""Arrows that the alt text tells, the widest first."""


def landscape_caption(found: Map) -> Caption:
    """Write all words of the figure from its numbers."""
    reading = found.reading
    head, below = landscape_title(found), _subtitle(found)
    remarks = [_of_moves(reading)]
    if found.ways:
        remarks.append("Thin lines: the ways that the landscape has.")
    return Caption(
        title=head,
        subtitle=below,
        notes=(_reading_help(found), " ".join(remarks + name_remarks(reading, ())), provenance_line(reading)),
        alt=_alt(found, f"{head}. {below}"),
        source=source(runs=reading),
    )


def _of_moves(reading: Reading) -> str:
    return (
        f"Moves: from {day(reading.reference_date)} to the end, mean of the runs; every move counts, so one "
        "actor may move more than once. Answers: share of the requests at the end, mean of the groups."
    )


def landscape_title(found: Map) -> str:
    """The finding in one sentence: the largest stream of moves, if it is the largest beyond luck."""
    reading, mean = found.reading, found.mean_moves
    if not found.moves.any():
        return f"{reading.lead}{'nobody' if reading.lead else 'Nobody'} moves between platforms"
    a, b = np.unravel_index(int(mean.argmax()), mean.shape)
    others = found.moves.copy()
    others[:, a, b] = -np.inf
    largest = others.reshape(len(others), -1).max(axis=1)
    the = "the" if reading.lead else "The"
    names = f"{reading.places[a].label} to {reading.places[b].label}"
    size = f"{_per_100(Range.of(found.moves[:, a, b]), single=reading.replicates == 1)} per 100 actors"
    if reading.replicates == 1 or Range.of(found.moves[:, a, b] - largest).low > 0:
        return f"{reading.lead}{the} largest stream of moves leads from {names}: {size}"
    return f"No stream of moves stands out; the largest in the mean, from {names}, has {size}"


def _per_100(values: Range, *, single: bool) -> str:
    middle = percent(values.middle).removesuffix("%")
    return middle if single else f"{middle} ({bracket(values)})"


def _subtitle(found: Map) -> str:
    reading = found.reading
    single = reading.replicates == 1
    who = reading.alone.capitalize() if single else f"Medians of {reading.counted}, 90% ranges in brackets"
    own = reading.shares[:, :, 0]
    before, after = (ranged(Range.of(own[:, at]), single=single) for at in (reading.reference, -1))
    total = _per_100(Range.of(found.moves.sum(axis=(1, 2))), single=single)
    return (
        f"{who}. {reading.squeezed}: {before} of all actors on {day(reading.reference_date)}, {after} on "
        f"{day(reading.end)}. Moves between platforms in that time: {total} per 100 actors."
    )


def _reading_help(found: Map) -> str:
    """As of the curves, but there are no lines and ribbons."""
    said = reading_help(found.reading)
    return said.replace("line = median, ribbons = 50% and 90% of the runs, ", "circles = medians, ")


def _alt(found: Map, head: str) -> str:
    reading, mean, made = found.reading, found.mean_moves, found.reading.provenance
    single = reading.replicates == 1
    platforms = "; ".join(
        f"{named(reading, k)} {ranged(Range.of(reading.shares[:, -1, k]), single=single)}, answers "
        f"{percent(float(found.cooperation[k]))} of requests"
        for k in range(len(reading.places))
    )
    order = np.argsort(-mean, axis=None, kind="stable")[:TOLD]
    pairs = [np.unravel_index(int(k), mean.shape) for k in order if mean.flat[int(k)] > 0]
    arrows = "; ".join(
        f"{reading.places[a].label} to {reading.places[b].label} "
        f"{percent(float(mean[a, b])).removesuffix('%')}"
        for a, b in pairs
    )
    of = "" if single else " in the mean"
    said = [
        head,
        f"Map of {len(reading.places)} platforms as circles, share of all actors at the end: {platforms}.",
        f"Arrows, moves per 100 actors{of}, the widest first: {arrows or 'none'}.",
        *names_in_words(reading),
        f"Simulated, not observed; balloon {made.balloon}, {reading.counted}, seed {made.seed}.",
    ]
    return " ".join(said)
