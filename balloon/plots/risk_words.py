"""The words that go with arrests and belief."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from balloon.plots.headline import verdict
from balloon.plots.lettering import day
from balloon.plots.ranges import Range, percent, points, ranged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.plots.reading import Reading

    Floats = NDArray[np.float64]


def risk_caption(arrests: Reading, belief: Reading) -> Caption:
    """Write all words of the figure from its numbers."""
    head, below = risk_title(arrests, belief), _subtitle(arrests, belief)
    remarks = [
        "Arrests count the evidence’s platform, where the actor need not be any more.",
        "Belief is the mean over the groups, by their size.",
    ]
    if arrests.scenario.behaviour.replacement_rate > 0:
        remarks.append("Roles are filled again: a role can be arrested more than once.")
    if _frozen(belief):
        remarks.append(f"{belief.squeezed} is closed at the end: what was believed of it stays as it was.")
    events = list_events(arrests)
    notes = (
        reading_help(arrests),
        " ".join(remarks + name_remarks(arrests, events)),
        provenance_line(arrests),
    )
    return Caption(
        title=head,
        subtitle=below,
        notes=notes,
        alt=_alt(arrests, belief, f"{head}. {below}"),
        source=source(runs=arrests),
    )


def risk_title(arrests: Reading, belief: Reading) -> str:
    """The finding in one sentence, hedged where the range of the change holds zero."""
    total, own = _total(arrests), belief.shares[:, :, 0]
    before, after = own[:, belief.reference], own[:, -1]
    change, name = Range.of(after - before), belief.squeezed
    if not total.any():
        caught = "nobody is arrested"
    else:
        caught = f"arrests come to {percent(Range.of(total).middle)} of actors"
    if (own[:, belief.reference :] == before[:, None]).all():
        said = f"Belief in arrest on {name} does not change"
    elif change.low <= 0 <= change.high and arrests.replicates > 1:
        ends = f"{points(change.low)} to {points(change.high)} points"
        said = f"No clear change of belief in arrest on {name} (90% range {ends})"
    elif verdict(change, unmoved=False) == "hardly":
        said = f"Belief in arrest on {name} hardly changes"
    else:
        ends = f"from {percent(Range.of(before).middle)} to {percent(Range.of(after).middle)} a year"
        said = f"Belief in arrest on {name} {'rises' if change.middle > 0 else 'falls'} {ends}"
        said += f" by {_frozen(belief)} and then stays" if _frozen(belief) else ""
    if arrests.lead:
        said = arrests.lead + said[0].lower() + said[1:]
    return f"{said}; {caught}"


def _frozen(belief: Reading) -> str:
    """Date of the last change of belief on a platform that is closed at the end; empty if it is open."""
    scenario, own = belief.scenario, belief.shares[:, :, 0]
    if scenario.policy().available[-1, :, scenario.platforms.index(scenario.squeezed)].any():
        return ""
    changes = np.flatnonzero((np.diff(own, axis=1) != 0).any(axis=0))
    last = int(changes[-1]) + 1 if len(changes) else 0
    return day(belief.dates[last]) if belief.reference < last < len(belief.dates) - 1 else ""


def _total(arrests: Reading) -> Floats:
    """(R,) arrests through all platforms by the end, as a share of all actors."""
    return np.asarray(arrests.shares[:, -1].sum(axis=1))


def _subtitle(arrests: Reading, belief: Reading) -> str:
    one, name = arrests.replicates == 1, arrests.squeezed
    who = (
        arrests.alone.capitalize() if one else f"Medians of {arrests.replicates} runs, 90% ranges in brackets"
    )
    own = belief.shares[:, :, 0]
    total, through, before, after = (
        ranged(Range.of(values), single=one)
        for values in (_total(arrests), arrests.shares[:, -1, 0], own[:, belief.reference], own[:, -1])
    )
    since = f"from {_frozen(belief)} to the end" if _frozen(belief) else "at the end"
    return (
        f"{who}. By {day(arrests.end)} arrests come to {total} of all actors, {through} through {name}. "
        f"Believed probability of arrest there within a year: {before} on {day(belief.reference_date)}, "
        f"{after} {since}."
    )


def _alt(arrests: Reading, belief: Reading, head: str) -> str:
    single, made = arrests.replicates == 1, arrests.provenance
    of_runs = "" if single else ", medians with ribbons of 50% and 90% of the runs"
    period = f"{day(arrests.dates[0])} to {day(arrests.end)}"
    caught, believed = (
        ", ".join(
            f"{named(one, k)} {ranged(Range.of(one.shares[:, -1, k]), single=single)}"
            for k in range(len(one.places))
        )
        for one in (arrests, belief)
    )
    said = [
        head,
        f"Two line charts, {period}{of_runs}. Arrests since the start, of all actors, at the end: {caught}.",
        f"Believed probability of arrest within a year, at the end: {believed}.",
        *events_in_words(list_events(arrests)),
        *names_in_words(arrests),
        f"Simulated, not observed; balloon {made.balloon}, {arrests.counted}, seed {made.seed}.",
    ]
    return " ".join(said)
