"""What the runs say about the squeezed platform, in numbers with intervals and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._differing import same_world
from balloon.plots.headline import headline
from balloon.plots.lettering import day
from balloon.plots.ranges import Range, moved, percent, ranged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from balloon.plots.reading import Reading

FATES = ("stayed", "displaced", "dormant", "removed")


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
        causal = same_world(reading.scenario, baseline.scenario)
        unmoved = paired(reading, baseline) and np.array_equal(shares, baseline.shares[:, :, 0])
        effect = Range.of(minus(reading, baseline, after, baseline.shares[:, -1, 0]))
        others = share_of_fates(baseline)
        known = known and bool(np.isfinite(others).all())
        extra = minus(reading, baseline, fates, others)
    return Finding(
        before=Range.of(before),
        after=Range.of(after),
        change=Range.of(after - before),
        effect=effect,
        fates={name: Range.of(fates[:, k]) for k, name in enumerate(FATES)} if known else None,
        pattern=pattern(_ways_out(extra)) if known else "unclear",
        clear=clear(_ways_out(extra)) if known else (),
        causal=causal,
        unmoved=unmoved,
    )


def minus(
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
    if (one.seed, reading.numbers, one.parameters) != (two.seed, baseline.numbers, two.parameters):
        return False
    until = reading.reference + 1
    return one.parameters == "fixed" or np.array_equal(reading.shares[:, :until], baseline.shares[:, :until])


def _ways_out(fates: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The fates of those who left, by name."""
    return dict(zip(FATES[1:], fates[:, 1:].T, strict=True))


def pattern(parts: Mapping[str, NDArray[Any]]) -> str:
    """Name the part that outweighs the others in at least 95 % of the runs."""
    for name, part in parts.items():
        rest = sum(other for key, other in parts.items() if key != name)
        if Range.of(part - rest).low > 0:
            return f"mostly {name}"
    for name, part in parts.items():
        largest = np.max([other for key, other in parts.items() if key != name], axis=0)
        if Range.of(part - np.maximum(largest, 0)).low > 0:
            return f"more {name}"
    return "unclear"


def clear(parts: Mapping[str, NDArray[Any]]) -> tuple[str, ...]:
    """Parts beyond zero in at least 95 % of the runs, the largest median first."""
    ranges = {name: Range.of(part) for name, part in parts.items()}
    beyond = [name for name, part in ranges.items() if part.low > 0]
    return tuple(sorted(beyond, key=lambda name: -ranges[name].middle))


def title(finding: Finding, reading: Reading) -> str:
    """One sentence that the numbers bear out.

    Of effects it speaks only where the baseline is the same world without the interventions.
    """
    return headline(
        finding.effect if finding.effect is not None else finding.change,
        against="nothing" if finding.effect is None else "same world" if finding.causal else "other world",
        pattern=finding.pattern,
        clear=finding.clear,
        unmoved=finding.unmoved,
        squeezed=reading.squeezed,
        lead=reading.lead,
    )


def subtitle(finding: Finding, reading: Reading, against: str = "") -> str:
    """The numbers behind the title.

    Parameters
    ----------
    against : str
        What the baseline goes without, in words.
    """
    name, f = reading.squeezed, finding
    one = reading.replicates == 1
    who = (
        reading.alone.capitalize() if one else f"Medians of {reading.replicates} runs, 90% ranges in brackets"
    )
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
