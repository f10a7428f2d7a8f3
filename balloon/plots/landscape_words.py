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
    from numpy.typing import NDArray

    from balloon.plots.landscape import Map

    Floats = NDArray[np.float64]

TOLD = 12
"""Arrows that the alt text tells, the widest first."""


def landscape_caption(found: Map) -> Caption:
    """Write all words of the figure from its numbers."""
    reading = found.reading
    head, below = landscape_title(found), _subtitle(found)
    remarks = [_of_moves(found)]
    if found.ways:
        remarks.append("Thin lines: the ways that the landscape has.")
    return Caption(
        title=head,
        subtitle=below,
        notes=(_reading_help(found), " ".join(remarks + name_remarks(reading, ())), provenance_line(reading)),
        alt=_alt(found, f"{head}. {below}"),
        source=source(runs=reading),
    )


def _of_moves(found: Map) -> str:
    through = (
        " Who was dormant between two platforms made two moves; dormant: on no platform."
        if found.dormancy
        else ""
    )
    return (
        f"Moves: from {day(found.reading.reference_date)} to the end, mean of the runs; every move counts, "
        f"so one actor may move more than once; arrests are no moves.{through} Answers: share of the "
        "requests at the end, mean of the groups."
    )


def landscape_title(found: Map) -> str:
    """The finding in one sentence: the largest stream or the two, if luck could make no other so."""
    reading, single = found.reading, found.reading.replicates == 1
    if not found.moves.any():
        return f"{reading.lead}{'nobody' if reading.lead else 'Nobody'} moves between platforms"
    streams = found.moves.reshape(len(found.moves), -1)
    order = np.argsort(-streams.mean(axis=0), kind="stable")
    names = [_from_to(found, int(k)) for k in order[:2]]
    sizes = [_per_100(Range.of(streams[:, k]), single=single) for k in order[:2]]
    the = "the" if reading.lead else "The"
    if single or _ahead(streams, order, 1):
        return f"{reading.lead}{the} largest stream of moves leads from {names[0]}: {sizes[0]} per 100 actors"
    if _ahead(streams, order, 2):
        both = " and from ".join(names), " and ".join(sizes)
        return f"The two largest streams of moves lead from {both[0]}: {both[1]} per 100 actors"
    total = _per_100(Range.of(streams.sum(axis=1)), single=single)
    return (
        f"No stream of moves is clearly the largest, of {total} moves per 100 actors; "
        f"the largest in the mean, from {names[0]}, has {sizes[0]}"
    )


def _ahead(streams: Floats, order: NDArray[np.intp], number: int) -> bool:
    """Whether each of the first so many streams is larger than all later ones in 95 % of the runs."""
    least, most = streams[:, order[:number]].min(axis=1), streams[:, order[number:]].max(axis=1)
    return Range.of(least - most).low > 0


def _from_to(found: Map, stream: int) -> str:
    """The two ends of a stream."""
    places = found.reading.places
    names = [*(place.label for place in places[: found.platforms]), "dormancy"]
    a, b = divmod(stream, len(places))
    return f"{names[a]} to {names[b]}"


def _per_100(values: Range, *, single: bool) -> str:
    middle = percent(values.middle).removesuffix("%")
    return middle if single else f"{middle} ({bracket(values)})"


def _subtitle(found: Map) -> str:
    reading = found.reading
    single = reading.replicates == 1
    who = reading.alone.capitalize() if single else f"Medians of {reading.counted}, 90% ranges in brackets"
    own = reading.shares[:, :, 0]
    before, after = (ranged(Range.of(own[:, at]), single=single) for at in (reading.reference, -1))
    return (
        f"{who}. {reading.squeezed}: {before} of all actors on {day(reading.reference_date)}, {after} on "
        f"{day(reading.end)}. Moves per 100 actors in that time: {_sums(found)}."
    )


def _sums(found: Map) -> str:
    """Moves between platforms, and those through dormancy if there are any."""
    own = found.moves[:, : found.platforms, : found.platforms].sum(axis=(1, 2))
    parts = {"between platforms": own}
    if found.dormancy:
        parts |= {
            "into dormancy": found.moves[:, :, -1].sum(axis=1),
            "out of it": found.moves[:, -1].sum(axis=1),
        }
    single = found.reading.replicates == 1
    return ", ".join(f"{_per_100(Range.of(each), single=single)} {way}" for way, each in parts.items())


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
        for k in range(found.platforms)
    )
    if found.dormancy:
        platforms += (
            f"; dormant, on no platform, {ranged(Range.of(reading.shares[:, -1, -1]), single=single)}"
        )
    order = np.argsort(-mean, axis=None, kind="stable")[:TOLD].tolist()
    arrows = "; ".join(
        f"{_from_to(found, k)} {percent(float(mean.flat[k])).removesuffix('%')}"
        for k in order
        if mean.flat[k] > 0
    )
    of = "" if single else " in the mean"
    what = f"{found.platforms} platforms{' and dormancy' if found.dormancy else ''}"
    said = [
        head,
        f"Map of {what} as circles, share of all actors at the end: {platforms}.",
        f"Arrows, moves per 100 actors{of}, the widest first: {arrows or 'none'}.",
        *names_in_words(reading),
        f"Simulated, not observed; balloon {made.balloon}, {reading.counted}, seed {made.seed}.",
    ]
    return " ".join(said)
