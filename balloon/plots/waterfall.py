"""The ledger as a waterfall: from the loss, part by part, to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from balloon._accounts import PLATFORMS
from balloon._ledger_sheets import written
from balloon.plots import style
from balloon.plots.bars import Bar, bar_looks, bar_names, in_units, ledger_bars
from balloon.plots.lettering import shorten, width, wrap
from balloon.plots.ranges import Range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

    from balloon.ledger import Ledger

NAME, VALUE, SMALL, HEAD = 9.0, 9.0, 8.3, 7.8  # font sizes, points
NAME_ROOM, INDENT, LEADER, SPACE = 138.0, 9.0, 8.0, 9.0  # points
BAR, BELOW, LINE = 0.62, 20.0, 11.2  # height of a bar in rows; points: tick labels, pitch of the notes
FINE = 10_000
"""Means below it are written with a decimal, as in the ledger's table."""


def ledger_waterfall(ledger: Ledger, *, ax: Axes) -> Axes:
    """Draw the parts of a platform's loss as steps from the loss to nothing.

    Rows from the top: the loss, displaced in all, to each destination, deterred, incapacitated, roles
    refilled elsewhere. Bars are means, because means add up and medians do not; whiskers hold 90 % of
    the runs. A part of the other sign than the loss, such as actors who come from a platform rather
    than go to it, is hatched and leads the other way. Names stand to the left of the axes, values to the
    right; below stands how to read it and, beside the ledger, what other platforms gained from people
    never on this one: leave room there. A ledger by group is drawn for all groups together.

    Parameters
    ----------
    ledger : Ledger
        Of R replicates; with one there are no whiskers.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_waterfall(ax, ledger, ledger_bars(ledger, names=bar_names(ledger), looks=bar_looks(ledger)))


def draw_waterfall(ax: Axes, ledger: Ledger, bars: tuple[Bar, ...]) -> Axes:
    """Draw from bars already worked out."""
    rows, single = len(bars), ledger.replicate.size == 1
    ax.set_ylim(rows - 0.5, -0.5)
    for row, bar in enumerate(bars):
        _draw_bar(ax, row, bar, single=single)
        if row + 1 < rows:
            ax.plot(
                [bar.start if bar.kind == "sum" else bar.end] * 2, [row, row + 1], color=style.SOFT, lw=0.6
            )
    _scale(ax, bars)
    _write_rows(ax, bars, single=single)
    left, right = waterfall_widths(bars, single=single)
    room = left + style.size_of(ax)[0] + right
    for number, line in enumerate(waterfall_notes(ledger, bars, room=room)):
        _write(
            ax, line, (0, 0), shift=(-left, -BELOW - LINE * number), where=ax.transAxes,
            size=SMALL, color=style.SOFT, va="top",
        )  # fmt: skip
    return ax


# ---- drawing -----------------------------------------------------------------------------------


def _draw_bar(ax: Axes, row: int, bar: Bar, *, single: bool) -> None:
    loss = bar.kind == "loss"
    low, high = sorted((bar.start, bar.end))
    hollow = bar.kind == "sum"
    ax.add_patch(
        Rectangle(
            (low, row - BAR / 2),
            high - low,
            BAR,
            fc=style.WHITE if hollow or bar.away else bar.look.line,
            ec=style.SOFT if hollow else bar.look.line,
            lw=1.0 if hollow or bar.away else 0.0,
            hatch="////" if bar.away and not hollow else None,
            zorder=2,
        )
    )
    if not single:
        ends = (bar.spread.low, bar.spread.high)
        ends = ends if loss else (bar.start - ends[0], bar.start - ends[1])
        ax.plot(ends, [row, row], color=style.WHITE, lw=2.2, zorder=3, solid_capstyle="butt")
        ax.plot(ends, [row, row], color=style.INK, lw=1.1, zorder=4, marker="|", ms=5, mew=1.1)


def _scale(ax: Axes, bars: tuple[Bar, ...]) -> None:
    ends = [0.0, bars[0].spread.low, bars[0].spread.high]
    for bar in bars[1:]:
        ends += [bar.start, bar.end, bar.start - bar.spread.low, bar.start - bar.spread.high]
    low, high = min(ends), max(ends)
    pad = 0.02 * (high - low) or 1.0
    ax.set_xlim(low - (pad if low < 0 else 0.0), high + pad)
    ax.axvline(0.0, color=style.INK, lw=1.0, zorder=3)
    low, high = ax.get_xlim()
    marks = MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [float(mark) for mark in marks if low <= mark <= high]
    ax.set_xticks(ticks, [signed(tick, 0) for tick in ticks])
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.tick_params(axis="x", length=0)
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)


def signed(value: float, decimals: int) -> str:
    """A number with commas and a proper minus.

    Examples
    --------
    >>> signed(1234.5, 1), signed(-0.04, 1), len(signed(-12.3, 1))
    ('1,234.5', '0.0', 5)
    """
    return written(value, decimals).replace("-", "−")


class Texts(NamedTuple):
    """What stands beside a bar."""

    mean: str
    spread: str
    share: str


def _texts(bars: tuple[Bar, ...], *, single: bool) -> list[Texts]:
    """Head of the columns, then one of each bar."""
    largest = max(abs(bar.size) for bar in bars)
    of_mean = 0 if single else int(largest < FINE)
    of_range = 0 if single or largest >= FINE / 100 else 1
    lines = [Texts("one run" if single else "mean", "" if single else "90% range", "of loss")]
    for bar in bars:
        ends = (signed(end, of_range) for end in (bar.spread.low, bar.spread.high))
        share = "" if bar.share is None else f"{signed(100 * bar.share, 0)}%"
        lines.append(Texts(signed(bar.size, of_mean), "" if single else f"({' to '.join(ends)})", share))
    if not any(line.share for line in lines[1:]):
        lines[0] = lines[0]._replace(share="")
    return lines


class _Columns(NamedTuple):
    """Distances from the right end of the axes, points: end of the means, start of the ranges, end."""

    mean: float
    spread: float
    share: float

    @classmethod
    def of(cls, texts: list[Texts]) -> _Columns:
        mean = LEADER + max(width(one.mean, size=VALUE, bold=True) for one in texts)
        spread = mean + SPACE / 2
        ranges = max(width(one.spread, size=SMALL) for one in texts)
        shares = max(width(one.share, size=VALUE) for one in texts)
        return cls(mean, spread, spread + ranges + (SPACE + shares if shares else 0.0))


def _label(bar: Bar) -> tuple[str, float]:
    """Name and its indent."""
    indent = INDENT if bar.kind == "destination" else 0.0
    return shorten(bar.name, room=NAME_ROOM - indent, size=NAME, bold=bar.kind == "loss"), indent


def waterfall_widths(bars: tuple[Bar, ...], *, single: bool) -> tuple[float, float]:
    """Room that the names need to the left and the values to the right of the axes, points."""
    left = max(width(_label(bar)[0], size=NAME, bold=bar.kind == "loss") + _label(bar)[1] for bar in bars)
    return left + LEADER, _Columns.of(_texts(bars, single=single)).share


def _write_rows(ax: Axes, bars: tuple[Bar, ...], *, single: bool) -> None:
    """Head of the columns, then names to the left and values to the right."""
    texts, where = _texts(bars, single=single), ax.get_yaxis_transform()
    columns, left = _Columns.of(texts), waterfall_widths(bars, single=single)[0]
    for row, (bar, text) in enumerate(zip(bars, texts[1:], strict=True)):
        name, indent = _label(bar)
        loss = bar.kind == "loss"
        colour = style.INK if loss or bar.kind == "sum" else bar.look.text
        _write(ax, name, (0, row), shift=(indent - left, 0), where=where, size=NAME, color=colour, bold=loss)
        at = (1, row)
        _write(
            ax, text.mean, at, shift=(columns.mean, 0), where=where,
            size=VALUE, color=style.INK, ha="right", bold=True,
        )  # fmt: skip
        _write(ax, text.spread, at, shift=(columns.spread, 0), where=where, size=SMALL, color=style.SOFT)
        _write(
            ax, text.share, at, shift=(columns.share, 0), where=where,
            size=VALUE, color=style.INK, ha="right",
        )  # fmt: skip
    for head, x, side in (
        (texts[0].mean, columns.mean, "right"),
        (texts[0].spread, columns.spread, "left"),
        (texts[0].share, columns.share, "right"),
    ):
        _write(
            ax, head, (1, 1), shift=(x, 2), where=ax.transAxes, size=HEAD, color=style.SOFT, ha=side,
            va="bottom",
        )  # fmt: skip


def _write(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    *,
    shift: tuple[float, float],
    where: Transform,
    size: float,
    color: str,
    ha: str = "left",
    va: str = "center",
    bold: bool = False,
) -> None:
    ax.annotate(
        text,
        at,
        shift,
        xycoords=where,
        textcoords="offset points",
        fontsize=size,
        fontweight="bold" if bold else "normal",
        color=color,
        ha=ha,
        va=va,
        parse_math=False,
        annotation_clip=False,
    )


# ---- words -------------------------------------------------------------------------------------


def waterfall_notes(ledger: Ledger, bars: tuple[Bar, ...], *, room: float) -> list[str]:
    """Lines under the bars: how to read them, and what changed beside the ledger."""
    runs = ledger.replicate.size
    said = (
        f"Bars: one run, in {ledger.unit}; no whiskers without a second run."
        if runs == 1
        else f"Bars: means of {runs:,} runs in {ledger.unit}, because means add up (medians do not); "
        "whiskers: 90% of the runs."
    )
    said += " Each is net of those who go the other way."
    if any(bar.size < 0 for bar in bars[1:]):
        said += " Below 0: more come from there than go."
    return [line for note in (said, beside(ledger)) for line in wrap(note, room=room, size=SMALL)]


def beside(ledger: Ledger) -> str:
    """What the other platforms gained from people who were never on this one, in a sentence."""
    own, unit = bar_names(ledger)[ledger.platform], ledger.unit
    line = next(
        e for e, one in enumerate(ledger.entries) if (one.entry, one.place) == ("bystanders", PLATFORMS)
    )
    values = in_units(ledger)[:, line]
    if not values.any():
        return (
            f"Beside the ledger: of the people never on {own}, as many are on other platforms in both worlds."
        )
    spread, mean = Range.of(values), float(values.mean())
    decimals = int(values.size > 1 and abs(mean) < FINE)
    if values.size == 1:
        way = "gain" if mean > 0 else "lose"
        return (
            f"Beside the ledger: from people never on {own} the other platforms {way} "
            f"{signed(abs(mean), decimals)} {unit}."
        )
    ends = f"{signed(spread.low, 0)} to {signed(spread.high, 0)}"
    if spread.low <= 0 <= spread.high:
        return (
            f"Beside the ledger: people never on {own} change the other platforms by "
            f"{signed(mean, decimals)} {unit} ({ends}), no clear gain or loss."
        )
    way = "gain" if mean > 0 else "lose"
    return (
        f"Beside the ledger: from people never on {own} the other platforms {way}: "
        f"{signed(mean, decimals)} {unit} ({ends})."
    )
