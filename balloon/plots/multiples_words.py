"""The words that go with small multiples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.plots.caption import (
    Caption,
    events_in_words,
    name_remarks,
    named,
    names_in_words,
    provenance_line,
    reading_help,
    source,
)
from balloon.plots.events import list_events
from balloon.plots.finding import minus, paired
from balloon.plots.headline import verdict
from balloon.plots.lettering import day
from balloon.plots.ranges import Range, moved, percent, points, ranged

if TYPE_CHECKING:
    from balloon.plots.multiples import Panel
    from balloon.plots.reading import Reading

MOST_LETTERS = 40
"""Of a panel's name in title and footer."""


class Extremes(NamedTuple):
    """The panels in which the squeezed platform ends lowest and highest, by the median."""

    lowest: Panel
    highest: Panel
    apart: Range
    """Share in the highest minus that in the lowest."""


def extremes(panels: Sequence[Panel], place: int = 0) -> Extremes:
    """Compare the two panels that are furthest apart, run by run where both share their luck.

    Parameters
    ----------
    place : int
        Index of the place, by default of the squeezed platform.
    """
    ends = [_end(one, place).middle for one in panels]
    low, high = panels[int(np.argmin(ends))], panels[int(np.argmax(ends))]
    values = (one.reading.shares[:, -1, place] for one in (high, low))
    return Extremes(low, high, Range.of(minus(high.reading, low.reading, *values)))


def _end(panel: Panel, place: int = 0) -> Range:
    """Share on a place at the end."""
    return Range.of(panel.reading.shares[:, -1, place])


def multiples_caption(panels: Sequence[Panel], what: str) -> Caption:
    """Write all words of the figure from its numbers; a panel is of a "scenario" or of a "group"."""
    found, first = extremes(panels), panels[0].reading
    head, below = multiples_title(panels, found, what), _subtitle(panels, found, what)
    others = panels[1:] if what == "scenario" else ()
    readings = {f"panel {number}": one.reading for number, one in enumerate(others, start=2)}
    return Caption(
        title=head,
        subtitle=below,
        notes=(reading_help(first), _remarks(panels, found, what), _provenance(panels, what)),
        alt=_alt(panels, what, f"{head}. {below}"),
        source=source(runs=first, **readings),
    )


def _called(panel: Panel) -> str:
    """Name in a sentence, cut where it is long."""
    name = panel.name
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1].rstrip() + "…"


def multiples_title(panels: Sequence[Panel], found: Extremes, what: str) -> str:
    """The finding in one sentence, hedged where the range holds zero."""
    reading, apart, number = found.highest.reading, found.apart, len(panels)
    name, lead = reading.squeezed, reading.lead
    of = "actors" if what == "scenario" else "the group"
    if number == 1:
        end = percent(_end(found.highest).middle)
        return f"{lead}{name} ends with {end} of {of} in “{_called(found.highest)}”"
    kind = verdict(apart, unmoved=apart.low == apart.high == 0)
    if kind in ("nothing", "hardly"):
        every = "both" if number == 2 else f"all {number}"
        return f"{lead}{name} ends about the same in {every} {what}s{_elsewhere(panels, what)}"
    two = (found.lowest, found.highest)
    if kind == "hedged":
        return (
            f"No clear difference on {name} by the end, even between “{_called(two[1])}” and "
            f"“{_called(two[0])}”: the 90% range runs from {points(apart.low)} to {points(apart.high)} points"
        )
    ends = [percent(_end(one).middle) for one in two]
    alike = [[one for one in panels if percent(_end(one).middle) == end] for end in ends]
    least, most = (
        _all(several if ends[0] != ends[1] else [one]) for several, one in zip(alike, two, strict=True)
    )
    return f"{lead}{name} ends lowest in {least} and highest in {most}: {' and '.join(ends)} of {of}"


def _all(panels: Sequence[Panel]) -> str:
    """The panels that end alike, by name."""
    names = [f"“{_called(one)}”" for one in panels]
    if len(names) > 3:
        names[2:] = [f"{len(names) - 2} others"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _elsewhere(panels: Sequence[Panel], what: str) -> str:
    """Where the panels part most, though not on the squeezed platform, if luck alone does not do it."""
    places = panels[0].reading.places
    found = [extremes(panels, place) for place in range(len(places))]
    part = max(range(len(places)), key=lambda place: found[place].apart.middle)
    two = found[part].highest, found[part].lowest
    if verdict(found[part].apart, unmoved=False) != "more":
        return ""
    of = "in" if what == "scenario" else "of"
    ends = " and ".join(f"{percent(_end(one, part).middle)} {of} “{_called(one)}”" for one in two)
    return f"; furthest apart: {places[part].label}, {ends}"


def _subtitle(panels: Sequence[Panel], found: Extremes, what: str) -> str:
    reading = panels[0].reading
    single = reading.replicates == 1
    who = reading.alone.capitalize() if single else f"Medians of {reading.counted}, 90% ranges in brackets"
    of = "all actors" if what == "scenario" else "each group"
    each = [(_called(one), Range.of(one.reading.shares[:, -1, 0])) for one in panels[:6]]
    ends = [f"{name} {ranged(end, single=single)}" for name, end in each]
    more = f" and {len(panels) - 6} more" if len(panels) > 6 else ""
    said = f"{who}. Share of {of} on {reading.squeezed}, {day(reading.end)}: {', '.join(ends)}{more}."
    if len(panels) > 1:
        said += f" Furthest apart there by {moved(found.apart, single=single)} points."
    return said


def _remarks(panels: Sequence[Panel], found: Extremes, what: str) -> str:
    reading = panels[0].reading
    said = [
        "Dormant: on no platform. Removed: arrested. Vertical lines: interventions, dates in the alt text."
    ]
    if what == "group":
        said.append("Shares are of the group.")
    elif len(panels) > 1 and not paired(found.highest.reading, found.lowest.reading):
        said.append("The runs do not share their luck: all pairs of them are compared.")
    events = [event for one in panels for event in list_events(one.reading)]
    return " ".join(said + name_remarks(reading, events))


def _provenance(panels: Sequence[Panel], what: str) -> str:
    if what == "group":
        return provenance_line(panels[0].reading)
    made = panels[0].reading.provenance
    marks = ", ".join(f"{_called(one)} {one.reading.provenance.sha256[:12]}…" for one in panels)
    seeds = sorted({one.reading.provenance.seed for one in panels})
    seed = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    return f"balloon {made.balloon} · sha256 of the scenarios: {marks} · {seed} · engine {made.engine}"


def _alt(panels: Sequence[Panel], what: str, head: str) -> str:
    first = panels[0].reading
    period = f"{day(first.dates[0])} to {day(first.end)}"
    of_runs = "" if first.replicates == 1 else ", medians with ribbons of 50% and 90% of the runs"
    said = [
        head,
        f"{len(panels)} line charts, one for each {what}, {period}: share by main platform{of_runs}.",
    ]
    said += [f"{one.words} at the end: {_ends(one.reading)}." for one in panels]
    if what == "scenario":
        said += [
            f"{one.words}: {line}" for one in panels for line in events_in_words(list_events(one.reading))
        ]
    else:
        said += events_in_words(list_events(first))
    said += names_in_words(first)
    made = first.provenance
    return " ".join(
        [*said, f"Simulated, not observed; balloon {made.balloon}, {first.counted}, seed {made.seed}."]
    )


def _ends(reading: Reading) -> str:
    single = reading.replicates == 1
    return ", ".join(
        f"{named(reading, k)} {ranged(Range.of(reading.shares[:, -1, k]), single=single)}"
        for k in range(len(reading.places))
    )
