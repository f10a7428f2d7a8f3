"""The words that go with the figure of a contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon._differing import Differing, listed, opened
from balloon.plots.caption import (
    Caption,
    events_in_words,
    flows_in_words,
    name_remarks,
    named,
    names_in_words,
    source,
    spread_in_words,
)
from balloon.plots.differences import difference_labels
from balloon.plots.lettering import day, drawable
from balloon.plots.ranges import Range, moved, ranged
from balloon.plots.waterfall import beside, signed

if TYPE_CHECKING:
    from balloon.plots.bars import Bar
    from balloon.plots.worlds import Worlds

FATES = {
    "sum": "on other platforms",
    "deterred": "dormant",
    "incapacitated": "arrested and not replaced",
    "refilled, elsewhere": "roles filled again on other platforms",
    "refilled, dormant": "roles of newcomers who are dormant",
    "refilled, removed": "roles vacant again",
}
"""Kind of a bar -> what is said of its part of the loss."""
NAMED, NO_NAME = 3, "a value (its name is in the metadata)"
"""Values that differ and are no intervention's: so many are named, if they can be drawn."""
UNSAID = 0.005
"""Roles filled again that come to less of the loss are left to the bars."""


def contrast_caption(worlds: Worlds, bars: tuple[Bar, ...]) -> Caption:
    """Write all words of the figure from its numbers."""
    head, below = worlds.title, _subtitle(worlds, bars)
    return Caption(
        title=head,
        subtitle=below,
        notes=(_reading_help(worlds), _remarks(worlds), contrast_provenance(worlds)),
        alt=_alt(worlds, bars, (head, below)),
        source=source(runs=worlds.alternative, baseline=worlds.baseline),
    )


def _subtitle(worlds: Worlds, bars: tuple[Bar, ...]) -> str:
    """The numbers behind the title."""
    one = worlds.single
    who = "One pair of runs" if one else f"Medians of {worlds.counted}, 90% ranges in brackets"
    ours, theirs = (
        ranged(Range.of(world.shares[:, -1, 0]), single=one)
        for world in (worlds.baseline, worlds.alternative)
    )
    name, when = worlds.baseline.squeezed, day(worlds.baseline.end)
    if worlds.same:
        return f"{who}. {name} has {ours} of all actors on {when} in both worlds."
    said = (
        f"{who}. On {when} {name} has {theirs} of all actors {worlds.called.within}, {ours} "
        f"{worlds.called.short}: {moved(worlds.effect, single=one)} points."
    )
    parts = _shares(bars, "loss" if one else "mean loss")
    return " ".join(part for part in (said, parts, _arrests(worlds)) if part)


def _arrests(worlds: Worlds) -> str:
    """How many are arrested, replaced or not; nothing where no more or fewer are in any run."""
    change = Range.of(worlds.arrests)
    ends = "" if worlds.single else f" ({signed(change.low, 0)} to {signed(change.high, 0)})"
    sign = "+" if round(change.middle) > 0 else ""
    return (
        f"Arrests, replaced or not: {sign}{signed(change.middle, 0)}{ends}." if worlds.arrests.any() else ""
    )


def _shares(bars: tuple[Bar, ...], loss: str) -> str:
    """Of what the loss consists; nothing without a clear loss."""
    if bars[0].share is None:
        return ""
    parts = [
        f"{signed(100 * bar.share, 0)}% {FATES[bar.kind]}"
        for bar in bars
        if bar.share is not None
        and bar.kind in FATES
        and not (bar.kind.startswith("refilled") and abs(bar.share) < UNSAID)
    ]
    return f"Of the {loss}: {', '.join(parts)}."


def _reading_help(worlds: Worlds) -> str:
    """How to read lines and bars, and what they are not."""
    if worlds.single:
        return (
            "1 pair of runs with the same luck: no interval can be given; simulate more replicates to see "
            "the spread. Simulated actors, not observations."
        )
    spread = spread_in_words(worlds.parameters, worlds.baseline.replicates)
    return (
        f"{worlds.counted} with the same luck: line = median, ribbons = 50% and 90% of the pairs, brackets "
        f"and whiskers = 90% range; {spread} Simulated actors, not observations."
    )


def _remarks(worlds: Worlds) -> str:
    """What a careful reader would ask about this very figure."""
    said = ["Dormant, deterred: on no platform. Removed, incapacitated: arrested and not replaced."]
    if worlds.refills:
        said.append(
            "Curves and flows follow roles, which a newcomer may fill again; the ledger follows persons, "
            "and counts roles that passed to another person apart."
        )
    scenarios = worlds.baseline.scenario, worlds.alternative.scenario
    names = opened(*scenarios)
    others = [one for one in Differing.of(*scenarios).changed if not one.of_intervention]
    if others:
        known = worlds.alternative.known
        what = listed([drawable(str(one), NO_NAME, known=known) for one in others], most=NAMED)
        said.append(f"The worlds differ by {what}.")
    said += [f"In the baseline {name} is open from the start." for name in names]
    said.append("Flows are gross, the ledger is net of those who go the other way.")
    return " ".join(said + name_remarks(worlds.alternative, worlds.events))


def contrast_provenance(worlds: Worlds) -> str:
    """Version, both scenarios with their fingerprints, seed and engine."""
    made = worlds.alternative.provenance
    told = " · ".join(
        f"{what} {drawable(one.scenario.name, '(name in the metadata)', known=one.known)}, "
        f"sha256 {one.provenance.sha256[:12]}…"
        for what, one in (("alternative", worlds.alternative), ("baseline", worlds.baseline))
    )
    return (
        f"balloon {made.balloon} · {told} · seed {made.seed} · {made.replicates} "
        f"replicate{'' if made.replicates == 1 else 's'} "
        f"· parameters {worlds.parameters} · engine {made.engine}"
    )


def _alt(worlds: Worlds, bars: tuple[Bar, ...], head: tuple[str, str]) -> str:
    """The figure in words, with the names in full."""
    reading, single = worlds.alternative, worlds.single
    ends = ", ".join(
        f"{named(reading, k)} {label.value} {label.bracket}".rstrip()
        for k, label in enumerate(difference_labels(worlds))
    )
    lines = "" if single else ", medians with ribbons of 50% and 90% of the pairs of runs"
    falls = ", ".join(f"{bar.name} {signed(bar.size, 0 if single else 1)}" for bar in bars)
    chart = (
        f"Line chart, {day(reading.dates[0])} to {day(reading.end)}: share of simulated actors by main "
        f"platform, {worlds.called.difference}, in points{lines}. At the end: {ends}."
    )
    said = [
        f"{head[0]}.",
        head[1],
        chart,
        *events_in_words(worlds.events),
        f"Waterfall of the ledger, {worlds.ledger.unit}{'' if single else ' in the mean'}: {falls}.",
        beside(worlds.ledger),
    ]
    if worlds.coupling[:, 0].any():
        said.append(
            f"Flow diagram of the same roles in both worlds on {day(reading.end)}; of those on "
            f"{reading.squeezed} {worlds.called.without}"
            f"{'' if single else ', in the mean'}, the other world has "
            f"{flows_in_words(reading.places, worlds.coupling, own='there as well')}."
        )
    said += names_in_words(reading)
    made = reading.provenance
    kinds = {"fixed": "luck only", "ranges": "luck and parameter ranges"}
    spread = kinds.get(worlds.parameters, "luck and given parameters")
    said.append(
        f"Simulated, not observed; balloon {made.balloon}, {worlds.counted}"
        f"{'' if single else f' (spread: {spread})'}, seed {made.seed}."
    )
    return " ".join(said)
