"""The ledger as tables that a reader can check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._tables import Line, Sheet
from balloon._values import RESERVED

if TYPE_CHECKING:
    from balloon.ledger import Ledger, Row

NARROW = ("median", "90 % range", "mean", "share %", "range %")
WIDE = (*NARROW, "mean gone", "mean come")
ONE_RUN = ("one run", "gone", "come", "share %")
SCALES = ("", "thousand ", "million ", "billion ")
LABELS = {
    "deterred": "deterred (dormant)",
    "incapacitated": "incapacitated (removed)",
    "refilled": "roles refilled elsewhere",
}


class Figures(NamedTuple):
    """How numbers are written, the same for a whole ledger."""

    scale: int
    decimals: int
    """Of medians and ranges."""
    mean_decimals: int

    @classmethod
    def of(cls, rows: Sequence[Row], *, replicates: int) -> Figures:
        """Thousands from a hundred thousand on; decimals where they tell something."""
        largest = max(max(map(abs, (row.median, row.q05, row.q95, row.mean))) for row in rows)
        scale = 0
        while largest >= 100_000 and scale < len(SCALES) - 1:
            largest, scale = largest / 1000, scale + 1
        decimals = 0 if largest >= 100 else 1
        return cls(scale, decimals, decimals if replicates == 1 else int(largest < 10_000))

    def number(self, value: float) -> str:
        """A median, or an end of a range."""
        return written(value / 1000**self.scale, self.decimals)

    def mean(self, value: float) -> str:
        """A mean: it may be added up."""
        return written(value / 1000**self.scale, self.mean_decimals)

    def cell(self, row: Row, column: str) -> str:
        """The text of a row in a column of `NARROW`, `WIDE` or `ONE_RUN`."""
        match column:
            case "median" | "one run":
                return self.number(row.median)
            case "90 % range":
                return f"{self.number(row.q05)} to {self.number(row.q95)}"
            case "mean":
                return self.mean(row.mean)
            case "share %":
                return percent(row.share)
            case "range %":
                ends = percent(row.share_q05), percent(row.share_q95)
                return " to ".join(ends) if all(ends) and row.line != "total" else ""
            case "mean gone" | "gone":
                return self.mean(row.gone) if column == "mean gone" else self.number(row.gone)
            case _:
                return self.mean(row.come) if column == "mean come" else self.number(row.come)


def written(value: float, decimals: int) -> str:
    """A number with commas, and no minus before nothing; sums in another order are written alike.

    Examples
    --------
    >>> written(-1234.56, 1), written(-0.04, 1), written(227.35, 1) == written(227.35000000000002, 1)
    ('-1,234.6', '0.0', True)
    """
    return f"{round(round(value, 9), decimals) + 0.0:,.{decimals}f}"


def percent(share: float) -> str:
    """A share in percent; nothing where it has no meaning.

    Examples
    --------
    >>> percent(0.625), percent(float("nan"))
    ('62.5', '')
    """
    return "" if np.isnan(share) else written(100 * share, 1)


def sheets(ledger: Ledger, rows: Sequence[Row], columns: tuple[str, ...]) -> list[Sheet]:
    """Two tables for every group: where the loss went, and what changed elsewhere."""
    figures = Figures.of(rows, replicates=ledger.replicate.size)
    if ledger.replicate.size == 1:
        columns = ONE_RUN
    done = []
    for g, group in enumerate(ledger.groups):
        own = [row for row in rows if row.group == group]
        done.append(_loss(ledger, g, [row for row in own if row.account == "loss"], figures, columns))
        done.append(_elsewhere(ledger, own, figures))
    return done


def _loss(ledger: Ledger, g: int, rows: Sequence[Row], figures: Figures, columns: tuple[str, ...]) -> Sheet:
    """Displaced by destination, deterred, incapacitated, refilled; under them the loss."""
    lines, clear = [], _clear(ledger, g)
    if not clear:
        rows = [row._replace(share=np.nan, share_q05=np.nan, share_q95=np.nan) for row in rows]
    for row in rows:
        if row.line == "total" or (row.entry == "refilled" and row.line == "part"):
            continue
        inner = row.entry == "displaced" and row.line == "part"
        label = f"to {row.place}" if inner else LABELS.get(row.entry, row.entry)
        cells = tuple(figures.cell(row, column) for column in columns)
        lines.append(Line(label=label, cells=cells, level=int(inner)))
    total = rows[0]
    cells = tuple(figures.cell(total, column) for column in columns)
    lines.append(Line(label=f"loss of {ledger.platform}", cells=cells, total=True))
    factor, size = (ledger.weeks if ledger.accumulated else 1.0), ledger.replicate.size
    worlds = [figures.mean(factor * float(one[:, g].mean())) for one in (ledger.baseline, ledger.alternative)]
    when = f"up to {ledger.date}" if ledger.accumulated else f"on {ledger.date}"
    caption = (
        f"Ledger of {ledger.platform}, {ledger.groups[g]}, {when}, in {SCALES[figures.scale]}{ledger.unit}: "
        f"{worlds[0]} in the baseline, {worlds[1]} in the alternative "
        f"({'one run' if size == 1 else f'means of {size:,} paired runs'})."
    )
    return Sheet(
        caption=caption, head=("", *columns), lines=tuple(lines), notes=_notes(ledger, g, total.runs)
    )


def _notes(ledger: Ledger, g: int, runs: int) -> tuple[str, ...]:
    size, notes = ledger.replicate.size, []
    sums = (
        "Medians do not add up; means and shares of the mean loss do but for rounding, every single run "
        "exactly."
    )
    refilled = any(
        ledger.net[:, g, e].any() for e, one in enumerate(ledger.entries) if one.entry == "refilled"
    )
    said = (
        sums if size > 1 else "",
        f"Incapacitated: arrested, not replaced.{_on_none(ledger, g)}" if refilled else "",
    )
    if any(said):
        notes.append(" ".join(filter(None, said)))
    if not runs:
        notes.append("Shares of the loss: none: no run has a loss.")
    elif not _clear(ledger, g):
        notes.append("Shares of the loss: none: no clear loss, as its 90 % range does not lie above 0.")
    elif runs < size:
        notes.append(f"Shares of the loss: ranges over the {runs:,} of {size:,} runs with a loss above 0.")
    if (ledger.net[:, g, 0] < 0).any():
        notes.append("A loss below 0 is a gain; its parts keep their signs.")
    return tuple(notes)


def _clear(ledger: Ledger, g: int) -> bool:
    """Whether there is a loss that luck does not explain, so that shares of it mean something."""
    return bool(np.quantile(ledger.net[:, g, 0], 0.05) > 0)


def _on_none(ledger: Ledger, g: int) -> str:
    """How many of the roles refilled are those of newcomers on no platform."""
    factor = ledger.weeks if ledger.accumulated else 1.0
    means = {
        one.place: factor * float(ledger.net[:, g, e].mean())
        for e, one in enumerate(ledger.entries)
        if one.entry == "refilled" and one.place in RESERVED
    }
    if not any(means.values()):
        return ""
    said = " and ".join(f"{written(mean, 1)} {place}" for place, mean in means.items())
    mean = ", in the mean," if ledger.replicate.size > 1 else ""
    return f" Roles refilled elsewhere: of these {ledger.unit}{mean} {said}, on no platform."


def _elsewhere(ledger: Ledger, rows: Sequence[Row], figures: Figures) -> Sheet:
    """The gain of every other place and its parts, as means; under them their sums."""
    ranged = ledger.replicate.size > 1
    own = [row for row in rows if row.account == "elsewhere" and row.line != "subtotal"]
    lines, sums = [], np.zeros(5)
    for gain in (row for row in own if row.entry == "gain"):
        parts = [row.mean for row in own if row.place == gain.place]
        sums += parts
        lines.append(Line(label=gain.place, cells=_cells(figures, parts, gain if ranged else None)))
    total = _cells(figures, sums.tolist(), rows[0] if ranged else None)
    lines.append(Line(label="sum = the loss", cells=total, total=True))
    return Sheet(
        caption=(
            f"Elsewhere, {'means' if ranged else 'one run'}: change = from {ledger.platform} "
            f"+ actors never on {ledger.platform} in either world + actors once on it, in neither world now "
            "+ newcomers in refilled roles."
        ),
        head=("", "change", *(("90 % range",) if ranged else ()), "from it", "never", "once", "newcomers"),
        lines=tuple(lines),
    )


def _cells(figures: Figures, means: Sequence[float], ranged: Row | None) -> tuple[str, ...]:
    change, *parts = map(figures.mean, means)
    return (change, *((figures.cell(ranged, "90 % range"),) if ranged else ()), *parts)
