"""Migration curves: the share of actors on each platform, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.plots import style
from balloon.plots.events import draw_events, plan_events
from balloon.plots.lettering import date_ticks, days, shorten, width
from balloon.plots.ranges import Range, bracket, percent
from balloon.plots.reading import Reading, absence, check_baseline, read
from balloon.plots.style import quantiles, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.plots.events import Plan
    from balloon.runs import Runs

NAME, VALUE, BRACKET = 9.8, 9.5, 8.5  # font sizes of the labels at the end, points
NAME_ROOM, LEADER, SPACE, PITCH = 122.0, 16.0, 6.0, 13.2  # points
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
FEW = 6  # places whose ribbons are drawn at full strength
BELOW = 36.0
"""Room for the tick labels of the date axis, points."""


class EndLabel(NamedTuple):
    """What stands at the end of one line."""

    name: str
    value: str
    bracket: str
    height: float
    """End of the line, as a share."""
    line: str
    text: str
    bold: bool = True


def migration_curves(runs: Runs, *, ax: Axes, baseline: Runs | None = None) -> Axes:
    """Draw the median share of every place over time, with ribbons and dated interventions.

    The lines are medians over the replicates at each date, the ribbons hold 50 % and 90 % of them.
    Labels with the values at the end stand to the right of the axes, labels of the interventions
    above: leave room there.

    Parameters
    ----------
    runs : Runs
        R replicates of a scenario; with one replicate there are no ribbons.
    ax : Axes
        Drawn on, and returned.
    baseline : Runs, optional
        Runs without the interventions; the median of the squeezed platform is drawn dashed.

    Raises
    ------
    DataError
        A baseline of other dates, platforms or actors.
    """
    if baseline is not None:
        check_baseline(runs, baseline)
    return draw_curves(ax, read(runs), read(baseline) if baseline is not None else None)


def draw_curves(
    ax: Axes,
    reading: Reading,
    baseline: Reading | None = None,
    *,
    layout: Plan | None = None,
    least: float = 0.0,
) -> Axes:
    """Draw from numbers already read; the axis goes up to the share ``least`` at least.

    The labels of the events stand by default where they fit best.
    """
    when = days(reading.dates)
    levels = quantiles(reading.shares, LEVELS)
    draw_lines(ax, reading, levels)
    highest = max(least, float(levels.max()))
    if baseline is not None:
        median = np.median(baseline.shares[:, :, 0], axis=0)
        highest = max(highest, float(median.max()))
        # From the reference date on; up to there the two are the same runs.
        ax.plot(
            when[reading.reference :],
            median[reading.reference :],
            color=reading.places[0].look.line,
            lw=1.2,
            ls=(0, (3, 2)),
            zorder=3,
        )
    share_axis(ax, highest=highest)
    date_axis(ax, reading)
    room, height = style.size_of(ax)
    labels = end_labels(reading, baseline)
    if layout is None:
        layout = plan_events(reading, room=room, key_room=room + label_columns(labels)[2])
    draw_events(ax, layout, height=height, below=BELOW)
    draw_labels(ax, labels, height=height)
    return ax


def draw_lines(ax: Axes, reading: Reading, levels: NDArray[np.float64]) -> None:
    """Draw medians and ribbons from quantiles (5, T + 1, K): 5, 25, 50, 75, 95 % of the runs."""
    when = days(reading.dates)
    fade = 1.0 if len(reading.places) <= FEW else 0.65  # many ribbons over each other would hide the lines
    for k, place in reversed(list(enumerate(reading.places))):
        if reading.replicates > 1:
            for low, high, alpha in ((0, 4, 0.16 * fade), (1, 3, 0.26 * fade)):
                ax.fill_between(
                    when,
                    levels[low, :, k],
                    levels[high, :, k],
                    color=place.look.line,
                    alpha=alpha,
                    lw=0,
                    zorder=2,
                )
        ax.plot(when, levels[2, :, k], color=place.look.line, ls=place.look.dash, lw=2.2, zorder=4)


def share_axis(ax: Axes, *, highest: float) -> None:
    """Percent from 0 to a round share."""
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if highest <= 5 * s), 0.25)
    number = max(1, int(np.ceil(highest * 1.02 / step)))
    top = min(1.0, number * step)
    ax.set_ylim(0, max(top, highest * 1.001))
    ticks = [step * k for k in range(number + 1) if step * k <= 1.0 + 1e-9]
    ax.set_yticks(ticks, [f"{100 * t:.0f}" + ("%" if t == ticks[-1] else "") for t in ticks])


def date_axis(ax: Axes, reading: Reading, *, most: int = 7) -> None:
    """Dates below, at most about so many, a grid across."""
    dates_below(ax, reading.dates, most=most)


def dates_below(ax: Axes, dates: NDArray[np.datetime64], *, most: int = 7) -> None:
    """A date axis from the first to the last of them."""
    first, last = dates[0], dates[-1]
    ax.set_xlim(float(days(first)), float(days(last)))
    marks = date_ticks(first, last, most=most)
    ax.set_xticks([at for at, _ in marks], [label for _, label in marks])
    ax.grid(axis="y", color=style.GRID, lw=0.8)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", length=4)


def end_labels(
    reading: Reading, baseline: Reading | None = None, *, room: float = NAME_ROOM
) -> list[EndLabel]:
    """Name, median and 90 % range of every line at its end; names no wider than ``room`` points."""
    single = reading.replicates == 1
    labels = []
    for k, place in enumerate(reading.places):
        end = Range.of(reading.shares[:, -1, k])
        labels.append(
            EndLabel(
                name=shorten(place.label, room=room, size=NAME, bold=True),
                value=percent(end.middle),
                bracket="" if single else f"({bracket(end)})",
                height=end.middle,
                line=place.look.line,
                text=place.look.text,
            )
        )
    if baseline is not None:
        end = Range.of(baseline.shares[:, -1, 0])
        words = shorten(absence(reading, baseline.scenario).label, room=NAME_ROOM, size=BRACKET)
        look = reading.places[0].look
        note = "" if baseline.replicates == 1 else "(median)"
        labels.append(
            EndLabel(words, percent(end.middle), note, end.middle, look.line, look.text, bold=False)
        )
    return labels


def label_columns(labels: Sequence[EndLabel]) -> tuple[float, float, float]:
    """Distances in points from the axes: right end of the values, start of the brackets, right end."""
    names = max(width(one.name, size=NAME if one.bold else BRACKET, bold=one.bold) for one in labels)
    values = max(width(one.value, size=VALUE, bold=True) for one in labels)
    brackets = max(width(one.bracket, size=BRACKET) for one in labels)
    value_end = LEADER + names + SPACE + values
    return value_end, value_end + SPACE / 2, value_end + SPACE / 2 + brackets


def draw_labels(ax: Axes, labels: Sequence[EndLabel], *, height: float) -> None:
    """Draw them to the right of the axes, which are ``height`` points high, in the order of the lines."""
    bottom, top = ax.get_ylim()
    share = (top - bottom) / height  # of one point
    half = PITCH / 2 * share
    at = spread([one.height for one in labels], gap=PITCH * share, low=bottom + half, high=top - half)
    value_end, bracket_start, _ = label_columns(labels)
    for one, y in zip(labels, at.tolist(), strict=True):
        ax.annotate(
            "",
            (1, one.height),
            (LEADER - 3, (y - one.height) / share),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "color": one.line, "lw": 0.8, "shrinkA": 0, "shrinkB": 1},
            annotation_clip=False,
        )
        shift = (y - one.height) / share
        for text, x, size, bold, colour, side in (
            (one.name, LEADER, NAME if one.bold else BRACKET, one.bold, one.text, "left"),
            (one.value, value_end, VALUE, True, style.INK, "right"),
            (one.bracket, bracket_start, BRACKET, False, style.SOFT, "left"),
        ):
            ax.annotate(
                text,
                (1, one.height),
                (x, shift),
                fontsize=size,
                fontweight="bold" if bold else "normal",
                color=colour,
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha=side,
                va="center",
                parse_math=False,
                annotation_clip=False,
            )
