"""The words that go with a figure: title, subtitle, footer, alt text, provenance."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._spread import rough
from balloon._version import __version__
from balloon.plots.events import list_events
from balloon.plots.finding import Finding, find, paired, subtitle, title
from balloon.plots.lettering import clean, day, drawable, letters
from balloon.plots.ranges import Range, percent, ranged
from balloon.plots.reading import Reading, absence, check_baseline, read
from balloon.plots.style import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from balloon.plots.events import Event
    from balloon.plots.reading import Place
    from balloon.runs import Runs
    from balloon.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What is written on a figure and into its file."""

    title: str
    subtitle: str
    notes: tuple[str, ...]
    """Paragraphs of the footer."""
    alt: str
    """The figure in words, for those who cannot see it."""
    source: str
    """Provenance of the runs, and of the baseline if there is one, as JSON."""


def caption(reading: Reading, baseline: Reading | None = None) -> Caption:
    """Write all words of the migration figure from its numbers."""
    finding = find(reading, baseline)
    against = absence(reading, baseline.scenario).words if baseline is not None else ""
    head, below = title(finding, reading), subtitle(finding, reading, against)
    notes = (reading_help(reading), *_remarks(reading, baseline), provenance_line(reading))
    return Caption(
        title=head,
        subtitle=below,
        notes=notes,
        alt=_alt(reading, baseline, finding, (head, below)),
        source=source(runs=reading) if baseline is None else source(runs=reading, baseline=baseline),
    )


def source(**readings: Reading) -> str:
    """Provenance of the runs as JSON, by what they are to the figure; one of them is "runs"."""
    made = {what: asdict(one.provenance) for what, one in readings.items()}
    return json.dumps(made, sort_keys=True, ensure_ascii=False, default=str)


def scenario_line(scenario: Scenario, *more: str) -> str:
    """Version, scenario with its fingerprint, and more: the last line of a footer without runs."""
    name = drawable(scenario.name, "(name in the metadata)", known=letters())
    return " · ".join([f"balloon {__version__}", f"scenario {name}, sha256 {scenario.sha256[:12]}…", *more])


def scenario_source(scenario: Scenario, **more: Any) -> str:
    """Provenance of a figure without runs, as JSON."""
    made = {"balloon": __version__, "scenario": scenario.name, "sha256": scenario.sha256, **more}
    return json.dumps({"runs": made}, sort_keys=True, ensure_ascii=False)


def alt_text(runs: Runs, baseline: Runs | None = None) -> str:
    """The migration figure in words and numbers, for those who cannot see it.

    Parameters
    ----------
    runs, baseline : Runs
        As for `migration`.

    Returns
    -------
    str
        A few sentences: the finding, the end values with 90 % ranges, the dates of the
        interventions, where the actors of the squeezed platform went.
    """
    if baseline is not None:
        check_baseline(runs, baseline)
    with look():
        return caption(read(runs), read(baseline) if baseline is not None else None).alt


def reading_help(reading: Reading) -> str:
    """How to read the lines, and what they are not."""
    number = reading.replicates
    if number == 1 and reading.expected:
        return (
            "Mean field: the expected numbers of many actors; neither luck nor what is not known about the "
            f"parameters is in them. Simulated actors, not observations.{_doubts(reading)}"
        )
    if number == 1:
        return (
            "1 run: no interval can be given; simulate more replicates to see the spread. "
            "Simulated actors, not observations."
        )
    lead = "Mean field, expected numbers without luck; " if reading.expected else ""
    spread = spread_in_words(reading.provenance.parameters, number, luck=not reading.expected)
    return (
        f"{lead}{reading.counted}: line = median, ribbons = 50% and 90% of the runs, brackets = 90% range; "
        f"{spread} Simulated actors, not observations.{_doubts(reading)}"
    )


def _doubts(reading: Reading) -> str:
    """Where expected numbers are known to be off, as it is warned of when they are computed."""
    if not reading.expected:
        return ""
    from balloon.engines.meanfield import cautions  # compiled: here only where it has run before

    return "".join(f" Caution: {one}." for one in cautions(reading.scenario))


def spread_in_words(parameters: str, number: int, *, luck: bool = True) -> str:
    """What the ranges are over."""
    if parameters == "fixed":
        spread = "luck only: parameters are fixed, so how uncertain they are is not shown"
    else:
        ranges = parameters == "ranges"
        spread = "the ranges of the uncertain parameters" if ranges else "the parameters given for each run"
        spread = f"luck and {spread}" if luck else f"{spread} only"
    return f"the spread is {spread}. {rough(number)}".rstrip()


def _remarks(reading: Reading, baseline: Reading | None) -> list[str]:
    """What a careful reader would ask about this very figure."""
    said = ["Dormant: on no platform."]
    if reading.scenario.behaviour.replacement_rate > 0:
        said.append(
            "Removed: arrested; in the curves a newcomer may fill the role again, "
            "the flows follow the same persons."
        )
    else:
        said.append("Removed: arrested.")
    said += name_remarks(reading, list_events(reading))
    if baseline is not None:
        said.append(_compared(reading, baseline))
    return [" ".join(said)]


def name_remarks(reading: Reading, events: Sequence[Event]) -> list[str]:
    """What has to be said about the drawn events and names."""
    said = []
    if any(not event.fact for event in events):
        said.append("Dotted vertical lines: no source is given; what-ifs, or events not on record here.")
    for place in reading.places:
        if len(place.members) > 1:
            names = ", ".join(reading.names[p] for p in place.members)
            said.append(f"{place.label}: small platforms drawn as one ({names}).")
    if any(reading.names[p] != clean(p) for p in reading.scenario.platforms):
        said.append(
            "Platforms are numbered where no font here holds the letters of their name; "
            "the alt text has them."
        )
    return said


def _compared(reading: Reading, baseline: Reading) -> str:
    """What the dashed line is, and whether run and run are compared or all with all."""
    other = baseline.provenance
    words = absence(reading, baseline.scenario).words
    said = f"Thin dashed line: median of {baseline.counted} {words}"
    if reading.expected and reading.replicates == baseline.replicates == 1:
        return f"Thin dashed line: the same {words}."
    if paired(reading, baseline):
        return f"{said}, of the same {'parameters' if reading.expected else 'luck'}."
    apart = "parameters drawn apart" if baseline.numbers == reading.numbers else "not the same runs"
    if other.seed != reading.provenance.seed:
        apart = f"seed {other.seed}"
    return f"{said} ({apart}: all pairs of runs are compared)."


def provenance_line(reading: Reading) -> str:
    """Version, scenario with its fingerprint, seed and engine: the last line of a footer."""
    made = reading.provenance
    name = drawable(reading.scenario.name, "(name in the metadata)", known=reading.known)
    return (
        f"balloon {made.balloon} · scenario {name} · sha256 {made.sha256[:12]}… · seed {made.seed} "
        f"· engine {made.engine}"
    )


def _alt(reading: Reading, baseline: Reading | None, finding: Finding, head: tuple[str, str]) -> str:
    """The alt text, with the names in full."""
    single = reading.replicates == 1
    ends = ", ".join(
        f"{named(reading, k)} {ranged(Range.of(reading.shares[:, -1, k]), single=single)}"
        for k in range(len(reading.places))
    )
    said = [
        f"{head[0]}.",
        head[1],
        f"Line chart, {day(reading.dates[0])} to {day(reading.end)}: "
        "share of simulated actors by main platform"
        + (". " if single else ", medians with ribbons of 50% and 90% of the runs. ")
        + f"At the end: {ends}.",
    ]
    if baseline is not None:
        end = Range.of(baseline.shares[:, -1, 0])
        words = absence(reading, baseline.scenario).words
        said.append(f"Dashed: {reading.squeezed} {words} ends at {percent(end.middle)}.")
    said += events_in_words(list_events(reading))
    if finding.fates is not None:
        said.append(
            f"Flow diagram of the same actors from {day(reading.reference_date)} to {day(reading.end)}; "
            f"of those on {reading.squeezed}, in the mean of the runs: "
            f"{flows_in_words(reading.places, reading.joint, own='stay')}."
        )
    said += names_in_words(reading)
    made = reading.provenance
    luck = "" if reading.expected else "luck and "
    kinds = {"fixed": "luck only", "ranges": f"{luck}parameter ranges"}
    spread = kinds.get(made.parameters, f"{luck}given parameters")
    spread = "" if single else f" (spread: {spread})"
    said.append(
        f"Simulated, not observed; balloon {made.balloon}, {reading.counted}{spread}, seed {made.seed}."
    )
    return " ".join(said)


def events_in_words(events: Sequence[Event]) -> list[str]:
    """The marked dates, if there are any."""
    said = "; ".join(f"{event.when}, {event.words}" for event in events)
    return [f"Marked dates: {said}."] if said else []


def names_in_words(reading: Reading) -> list[str]:
    """The names that could not be drawn, if there are any."""
    replaced = {shown: clean(name) for name, shown in reading.names.items() if shown != clean(name)}
    said = ", ".join(f"{shown} = {name}" for shown, name in replaced.items())
    return [f"Names: {said}."] if said else []


def named(reading: Reading, place: int) -> str:
    """Name of a place, with its members where several are drawn as one."""
    here = reading.places[place]
    if len(here.members) == 1:
        return here.label
    return f"{here.label} ({', '.join(reading.names[p] for p in here.members)})"


def flows_in_words(places: Sequence[Place], joint: NDArray[np.float64], *, own: str) -> str:
    """Where the squeezed platform's actors go, largest first, as drawn: means.

    Parameters
    ----------
    joint : (R, K, K) array
        Shares of all actors: place on the left x place on the right.
    own : str
        What is said of those who are on the platform on both sides.
    """
    row = joint.mean(axis=0)[0]
    shares = row / row.sum()
    largest = [k for k in np.argsort(-shares, kind="stable").tolist() if shares[k] > 0]
    return ", ".join(f"{percent(shares[k])} {own if k == 0 else places[k].label}" for k in largest)
