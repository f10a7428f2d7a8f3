"""Difference curves: how much larger each place is in the alternative than in the baseline, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.plots import style
from balloon.plots.curves import (
    BELOW,
    LEVELS,
    NAME,
    NAME_ROOM,
    EndLabel,
    date_axis,
    draw_labels,
    draw_lines,
    label_columns,
)
from balloon.plots.events import Plan, draw_events, plan
from balloon.plots.lettering import days, shorten
from balloon.plots.ranges import Range, points
from balloon.plots.style import quantiles
from balloon.plots.worlds import Worlds, read_worlds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from balloon.effect import Contrast

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Distances of the ticks, as shares of all actors."""
TICKS = 6
"""At most so many distances between the ticks, but for the ends."""


def difference_curves(effect: Contrast, *, ax: Axes, platform: str | None = None) -> Axes:
    """Draw the share of all actors in the alternative minus that in the baseline, by place, over time.

    Lines are medians over the pairs of runs at each date, ribbons hold 50 % and 90 % of them; values
    are in percentage points. The interventions in which the two worlds differ are marked by date.
    Labels with the values at the end stand to the right of the axes, labels of the interventions
    above: leave room there.

    Parameters
    ----------
    effect : Contrast
        One alternative; with one pair of runs there are no ribbons.
    ax : Axes
        Drawn on, and returned.
    platform : str, optional
        The squeezed one, by default the one that the scenario is about.

    Raises
    ------
    EngineError
        Several alternatives, and none of them chosen.
    DataError
        A platform that is not there.
    """
    return draw_differences(ax, read_worlds(effect, platform))


def draw_differences(ax: Axes, worlds: Worlds) -> Axes:
    """Draw from numbers already read."""
    reading = worlds.alternative
    levels = quantiles(worlds.differences, LEVELS)
    draw_lines(ax, reading, levels)
    ax.axhline(0.0, color=style.INK, lw=1.0, zorder=3)
    points_axis(ax, low=float(levels.min()), high=float(levels.max()))
    date_axis(ax, reading)
    ax.spines["bottom"].set_visible(False)
    room, height = style.size_of(ax)
    labels = difference_labels(worlds)
    layout = plan_differing(worlds, room=room, key_room=room + label_columns(labels)[2])
    draw_events(ax, layout, height=height, below=BELOW)
    draw_labels(ax, labels, height=height)
    return ax


def plan_differing(worlds: Worlds, *, room: float, key_room: float) -> Plan:
    """Plan the labels of what differs between the worlds, over axes ``room`` points wide."""
    first, last = (float(days(worlds.alternative.dates[k])) for k in (0, -1))
    return plan(worlds.events, first=first, last=last, room=room, key_room=key_room)


def points_axis(ax: Axes, *, low: float, high: float) -> None:
    """Round ticks in points, zero among them."""
    low, high = min(low, 0.0), max(high, 0.0)
    step = next((s for s in STEPS if high - low <= TICKS * s), 0.25)
    bottom = int(np.floor(low * 1.02 / step))
    top = int(np.ceil(high * 1.02 / step))
    if bottom == top:
        bottom, top = -1, 1
    ax.set_ylim(bottom * step, top * step)
    ticks = range(bottom, top + 1)
    ax.set_yticks([k * step for k in ticks], [points(k * step) for k in ticks])


def difference_labels(worlds: Worlds) -> list[EndLabel]:
    """Name, median and 90 % range of every line at its end, in points."""
    labels = []
    for k, place in enumerate(worlds.alternative.places):
        end = Range.of(worlds.differences[:, -1, k])
        labels.append(
            EndLabel(
                name=shorten(place.label, room=NAME_ROOM, size=NAME, bold=True),
                value=points(end.middle),
                bracket="" if worlds.alternative.replicates == 1 else difference_bracket(end),
                height=end.middle,
                line=place.look.line,
                text=place.look.text,
            )
        )
    return labels


def difference_bracket(values: Range) -> str:
    """The 90 % range of a difference, in points.

    Examples
    --------
    >>> difference_bracket(Range(0.004, 0.12, 0.14))
    '(+0.4 to +14)'
    """
    return f"({points(values.low)} to {points(values.high)})"
