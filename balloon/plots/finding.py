"""What the runs say about the squeezed platform, in numbers with intervals and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.plots.lettering import day
from balloon.plots.style import quantiles

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.plots.reading import Reading
    from balloon.scenario import Scenario

HARDLY = 0.005
"""A change of less than half a point of all actors is called hardly a change."""
FATES = ("stayed", "displaced", "dormant", "removed")


class Range(NamedTuple):
    """Median over the replicates, and the 5 % and 95 % quantiles around it."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Range:
        """Range of one number per replicate."""
        return cls(*(float(q) for q in quantiles(values, (0.05, 0.5, 0.95))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The squeezed platform before and after, and where its actors went."""

    before: Range
    """Share of all actors at the reference date."""
    after: Range
    """Share of all actors at the end."""
    change: Range
    """After minus before, run by run."""
    effect: Range | None
    """Share at the end minus that of the baseline; None without a baseline."""
    fates: dict[str, Range] | None
    """Where its actors of the reference date are at the end, as shares of them.

    ``displaced`` = on another platform; None where nobody was on the platform."""
    pattern: str
    """Which fate stands out among those who left, beyond luck: "mostly displaced", "more
    dormant", ... or "unclear". With a baseline: among those who would have stayed without the
    interventions."""
    clear: tuple[str, ...]
    """The fates that luck alone does not explain, the largest first."""
    causal: bool
    """The baseline is the same world with fewer interventions, and nothing else."""
    unmoved: bool
    """The platform's share is, in all runs and at all dates, what it was (or what the baseline's is)."""


def share_of_fates(reading: Reading) -> NDArray[np.float64]:
    """(R, 4) shares of the squeezed platform's actors, in the order of `FATES`; nan if it had none."""
    row = reading.joint[:, 0, :]
    parts = np.stack([row[:, 0], row[:, 1:-2].sum(axis=1), row[:, -2], row[:, -1]], axis=1)
    total = row.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(parts, total, out=np.full_like(parts, np.nan), where=total > 0))


def find(reading: Reading, baseline: Reading | None = None) -> Finding:
    """Work out the finding; a baseline of the same seed is compared run by run."""
    shares, fates = reading.shares[:, :, 0], share_of_fates(reading)
    before, after = shares[:, reading.reference], shares[:, -1]
    known = bool(np.isfinite(fates).all())
    effect, extra, causal = None, fates, False
    unmoved = bool((shares[:, reading.reference :] == before[:, None]).all())
    if baseline is not None:
        causal = _same_world(reading.scenario, baseline.scenario)
        unmoved = paired(reading, baseline) and np.array_equal(shares, baseline.shares[:, :, 0])
        effect = Range.of(_minus(reading, baseline, after, baseline.shares[:, -1, 0]))
        others = share_of_fates(baseline)
        known = known and bool(np.isfinite(others).all())
        extra = _minus(reading, baseline, fates, others)
    return Finding(
        before=Range.of(before),
        after=Range.of(after),
        change=Range.of(after - before),
        effect=effect,
        fates={name: Range.of(fates[:, k]) for k, name in enumerate(FATES)} if known else None,
        pattern=_pattern(extra) if known else "unclear",
        clear=_clear(extra) if known else (),
        causal=causal,
        unmoved=unmoved,
    )


def _same_world(ours: Scenario, theirs: Scenario) -> bool:
    """Whether the baseline differs by interventions that it lacks, and by its name at most."""
    same = {"interventions": ours.interventions, "name": ours.name, "title": ours.title, "note": ours.note}
    return theirs.with_(same) == ours and len(theirs.interventions) < len(ours.interventions)


def _minus(
    reading: Reading, baseline: Reading, ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Differences run by run where both share their luck, else between all pairs of runs."""
    if paired(reading, baseline):
        return ours - theirs
    return (ours[:, None] - theirs[None, :]).reshape(-1, *ours.shape[1:])


def paired(reading: Reading, baseline: Reading) -> bool:
    """Whether replicate r has the same luck and the same parameters in both.

    Parameters drawn from ranges may differ although the seed is the same (fewer interventions have
    fewer parameters); then the two do not arrive at the reference date with the same shares.
    """
    one, two = reading.provenance, baseline.provenance
    if (one.seed, one.replicates, one.parameters) != (two.seed, two.replicates, two.parameters):
        return False
    until = reading.reference + 1
    return one.parameters == "fixed" or np.array_equal(reading.shares[:, :until], baseline.shares[:, :until])


def _pattern(fates: NDArray[np.float64]) -> str:
    """Name the fate that outweighs the others in at least 95 % of the runs."""
    gone = dict(zip(FATES[1:], fates[:, 1:].T, strict=True))
    for name, part in gone.items():
        rest = sum(other for key, other in gone.items() if key != name)
        if Range.of(part - rest).low > 0:
            return f"mostly {name}"
    for name, part in gone.items():
        largest = np.max([other for key, other in gone.items() if key != name], axis=0)
        if Range.of(part - np.maximum(largest, 0)).low > 0:
            return f"more {name}"
    return "unclear"


def _clear(fates: NDArray[np.float64]) -> tuple[str, ...]:
    """Fates beyond zero in at least 95 % of the runs, the largest median first."""
    ranges = {name: Range.of(part) for name, part in zip(FATES[1:], fates[:, 1:].T, strict=True)}
    clear = [name for name, part in ranges.items() if part.low > 0]
    return tuple(sorted(clear, key=lambda name: -ranges[name].middle))


# ---- words ---------------------------------------------------------------------------------

_PLAIN = {
    "mostly displaced": "{P} loses actors; most of those who left are on other platforms",
    "mostly dormant": "{P} loses actors; most of those who left are dormant",
    "mostly removed": "{P} loses actors; most of those who left were arrested",
    "more displaced": "{P} loses actors, more to other platforms than to dormancy or arrest",
    "more dormant": "{P} loses actors, more to dormancy than to other platforms or arrest",
    "more removed": "{P} loses actors, more to arrest than to other platforms or dormancy",
    "unclear": "{P} loses actors{ways}",
}
_CAUSED = {
    "mostly displaced": "The interventions mostly displace {P}’s actors to other platforms",
    "mostly dormant": "The interventions mostly deter {P}’s actors: they are dormant",
    "mostly removed": "The interventions mostly remove {P}’s actors by arrest",
    "more displaced": "The interventions displace more of {P}’s actors than they deter or remove",
    "more dormant": "The interventions deter more of {P}’s actors than they displace or remove",
    "more removed": "The interventions remove more of {P}’s actors than they displace or deter",
    "unclear": "The interventions cost {P} actors{ways}",
}
_COMPARED = {
    "mostly displaced": "Against the baseline {P} loses actors, most of them to other platforms",
    "mostly dormant": "Against the baseline {P} loses actors, most of them to dormancy",
    "mostly removed": "Against the baseline {P} loses actors, most of them to arrest",
    "more displaced": "Against the baseline {P} loses actors, more to other platforms than otherwise",
    "more dormant": "Against the baseline {P} loses actors, more to dormancy than otherwise",
    "more removed": "Against the baseline {P} loses actors, more to arrest than otherwise",
    "unclear": "Against the baseline {P} loses actors{ways}",
}
_VERDICTS = {
    # against nothing, the same world without interventions, another world
    "nothing": (
        "Nothing changes on {P}",
        "The interventions change nothing on {P}",
        "The baseline is no different for {P}",
    ),
    "hedged": (
        "No clear change on {P} by the end: the 90% range runs from {low} to {high} points",
        "No clear effect on {P} by the end: the 90% range runs from {low} to {high} points",
        "No clear difference on {P} by the end: the 90% range runs from {low} to {high} points",
    ),
    "hardly": (
        "{P} ends about where it was",
        "{P} ends about where it would have without the interventions",
        "{P} ends about where it does in the baseline",
    ),
    "more": (
        "{P} gains actors",
        "{P} ends larger with the interventions than without",
        "{P} ends larger than in the baseline",
    ),
}


_WAYS = {"displaced": "other platforms", "dormant": "dormancy", "removed": "arrest"}


def _ways(finding: Finding) -> str:
    """Where actors go if no way stands out."""
    ways = [_WAYS[name] for name in finding.clear]
    if len(ways) > 1:
        return f": to {', '.join(ways[:-1])} and {ways[-1]}, none clearly ahead"
    if ways:
        return f", some to {ways[0]}; where the rest go is not clear"
    return "; where they go differs from run to run"


def verdict(finding: Finding) -> str:
    """What became of the platform: "nothing", "hedged", "hardly", "more" or "fewer"."""
    change = finding.effect if finding.effect is not None else finding.change
    if finding.unmoved:
        return "nothing"
    if abs(change.middle) < HARDLY and max(abs(change.low), abs(change.high)) < 2 * HARDLY:
        return "hardly"
    if not (change.high < 0 or change.low > 0):
        return "hedged"
    return "more" if change.low > 0 else "fewer"


def title(finding: Finding, reading: Reading) -> str:
    """One sentence that the numbers bear out.

    Of effects it speaks only where the baseline is the same world without the interventions.
    """
    world = 0 if finding.effect is None else 1 if finding.causal else 2
    key = verdict(finding)
    change = finding.effect if finding.effect is not None else finding.change
    said = (_PLAIN, _CAUSED, _COMPARED)[world][finding.pattern] if key == "fewer" else _VERDICTS[key][world]
    if reading.replicates == 1:
        said = said if said.startswith("{P}") else said[0].lower() + said[1:]
        said = "In a single run, " + said
    said = (
        said.replace("{ways}", _ways(finding))
        .replace("{low}", points(change.low))
        .replace("{high}", points(change.high))
    )
    return said.replace("{P}", reading.squeezed)


def subtitle(finding: Finding, reading: Reading, against: str = "") -> str:
    """The numbers behind the title.

    Parameters
    ----------
    against : str
        What the baseline goes without, in words.
    """
    name, f = reading.squeezed, finding
    one = reading.replicates == 1
    who = "One run" if one else f"Medians of {reading.replicates} runs, 90% ranges in brackets"
    said = (
        f"{who}. {name}: {percent(f.before.middle)} of actors on {day(reading.reference_date)}, "
        f"{ranged(f.after, single=one)} at the end; "
    )
    if f.effect is None:
        said += f"change {moved(f.change, single=one)} points."
    else:
        said += f"{moved(f.effect, single=one)} points against runs {against or 'of the baseline'}."
    if f.fates is None:
        return f"{said} Nobody was on {name} on {day(reading.reference_date)}."
    _, displaced, dormant, removed = (ranged(f.fates[k], single=one) for k in FATES)
    return (
        f"{said} Of its actors, {displaced} are then on other platforms, {dormant} dormant, "
        f"{removed} arrested."
    )


def percent(share: float) -> str:
    """A share as a reader writes it.

    Examples
    --------
    >>> percent(0.374), percent(0.0042), percent(0.0), percent(0.0002), percent(0.998)
    ('37%', '0.4%', '0%', '<0.1%', '99.8%')
    """
    return f"{_number(share)}%"


def _number(share: float) -> str:
    """Percent; 0 and 100 are kept for exactly none and all."""
    share = round(share, 9)
    if 0 < share < 0.0005:
        return "<0.1"
    if 0.9995 < share < 1:
        return ">99.9"
    near_an_end = 0 < share < 0.0095 or 0.995 <= share < 1
    return f"{100 * share:.1f}" if near_an_end else f"{100 * share:.0f}"


def bracket(values: Range) -> str:
    """The 90 % range from low to high, in percent, and no more digits than it needs."""
    return f"{_number(values.low)}–{_number(values.high)}"


def ranged(values: Range, *, single: bool) -> str:
    """Median and range, or the value of the single run."""
    return percent(values.middle) if single else f"{percent(values.middle)} ({bracket(values)})"


def points(change: float) -> str:
    """A change in points with its sign.

    Examples
    --------
    >>> points(0.31), points(0.004), points(0.0)
    ('+31', '+0.4', '0')
    """
    size = abs(100 * change)
    text = f"{size:.0f}" if size >= 0.95 else f"{size:.1f}"
    if float(text) == 0:
        return "0"
    return ("−" if change < 0 else "+") + text


def moved(change: Range, *, single: bool) -> str:
    """A change in points and its range."""
    if single:
        return points(change.middle)
    return f"{points(change.middle)} ({points(change.low)} to {points(change.high)})"
