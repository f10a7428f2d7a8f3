"""Mean field against actors as a fit sees them: gaps in units of each observation's error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from balloon.plots import style
from balloon.plots.abm_check_words import FINE, WIDEN, abm_check_caption, signed
from balloon.plots.fit_words import short_name
from balloon.plots.lettering import drawable, letters, shorten, width
from balloon.plots.marks import mark
from balloon.plots.page import HEADING, MARGIN, PITCH, ROOM, WIDTH, Briefing, Words, add_box, new_page, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.calibrate.discrepancy import AbmCheck

    Floats = NDArray[np.float64]

MOST = 30
"""Observations that are drawn, those with the largest gaps."""
Z90 = 1.6448536269514722
ROW, SIZE, HEAD, NAME_ROOM, AXIS, BETWEEN, VALUES = 15.0, 8.8, 8.3, 330.0, 26.0, 10.0, 64.0  # points


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dots:
    """Rows of one panel."""

    names: tuple[str, ...]
    at: Floats
    """(n,) in standard deviations."""
    half: Floats
    """(n,) half-widths of 90 % of luck."""
    values: tuple[str, ...]
    """What stands at the right."""


def abm_check_gaps(check: AbmCheck, *, ax: Axes) -> Axes:
    """Draw the actors minus the mean field for each observation, in its standard deviations.

    Dots, with whiskers of 90 % of the luck in the mean of the runs, in the order of the observations; of
    many, the 30 with the largest gaps. Dark: up to 0.3, where the mean field is fine; lighter: up to 1,
    where intervals are widened; beyond, it is refused. (The verdict is on the root mean square of each
    quantity, luck taken out.) Names stand to the left of the axes: leave room there.

    Parameters
    ----------
    check : AbmCheck
        From ``fit.check_abm()``.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_dots(ax, gaps(check), zones=True)


def abm_check_figure(check: AbmCheck) -> Briefing:
    """Compose the figure of a fit's mean field against the actors.

    Above, `abm_check_gaps`; below, how far the gaps shift each parameter, in its posterior standard
    deviations, with 90 % of the luck of one world, and the factor on the half-width of its interval.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.
    """
    with style.look():
        seen, shifts = gaps(check), parameter_shifts(check)
        words = abm_check_caption(check, shown=len(seen.names))
        text = Words.of(words)
        left = max(width(name, size=SIZE) for name in (*seen.names, *shifts.names)) + 12
        heads = (
            f"Actors minus {check.stand_in}, standard deviations of each observation; whiskers: 90% of luck",
            "Shift of each parameter, its posterior standard deviations; right: half-width of its interval",
        )
        top, height = text.above, text.above + text.below
        sizes = [PITCH * HEADING + 12 + ROW * len(one.names) + AXIS for one in (seen, shifts)]
        figure = new_page(words, text, width=WIDTH, height=height + sum(sizes) + BETWEEN)
        for dots, heading, size, zones in zip((seen, shifts), heads, sizes, (True, False), strict=True):
            write(figure, [heading], left=MARGIN, top=top, size=HEADING, color=style.SOFT)
            box = add_box(
                figure,
                left=MARGIN + left,
                top=top + PITCH * HEADING + 12,
                width=ROOM - left - VALUES,
                height=ROW * len(dots.names),
            )
            draw_dots(box, dots, zones=zones)
            top += size + BETWEEN
        return figure


def gaps(check: AbmCheck) -> Dots:
    """The observations with the largest gaps, in their own order."""
    rows, known = check.rows(), letters()
    gap = rows["gap"].to_numpy(dtype=float)
    shown = np.sort(np.argsort(-np.abs(gap), kind="stable")[:MOST])
    half = Z90 * check.luck / check.sd
    names = [drawable(str(rows.index[k]), f"observation {k + 1}", known=known) for k in shown.tolist()]
    return Dots(
        names=tuple(shorten(name, room=NAME_ROOM, size=SIZE) for name in names),
        at=gap[shown],
        half=half[shown],
        values=tuple(signed(value) for value in gap[shown].tolist()),
    )


def parameter_shifts(check: AbmCheck) -> Dots:
    """How far each parameter moves."""
    known = letters()
    names = [
        drawable(short_name(name), f"parameter {k}", known=known)
        for k, name in enumerate(check.problem.names, start=1)
    ]
    return Dots(
        names=tuple(shorten(name, room=NAME_ROOM, size=SIZE) for name in names),
        at=check.shift,
        half=Z90 * check.wobble,
        values=tuple(f"× {value:.2f}" for value in check.widening.tolist()),
    )


def draw_dots(ax: Axes, dots: Dots, *, zones: bool) -> Axes:
    """Draw one panel; with the zones of the verdicts where they apply."""
    rows = len(dots.names)
    room = 1.08 * max(float((np.abs(dots.at) + dots.half).max()), 1.1 * WIDEN if zones else 0.5)
    ax.set_xlim(-room, room)
    ax.set_ylim(rows - 0.5, -0.5)
    if zones:
        for end, colour in ((WIDEN, style.blend(style.SHADE, 0.75)), (FINE, style.GRID)):
            ax.axvspan(-end, end, color=colour, lw=0, zorder=0)
        above = ("data", "axes fraction")
        for end, word in ((FINE, "fine"), (WIDEN, "widen")):
            mark(ax, word, (end, 1), (-3, 5), size=HEAD, color=style.SOFT, coords=above, ha="right")
    ax.axvline(0.0, color=style.INK, lw=1.0, zorder=1)
    beside = ("axes fraction", "data")
    for row, name in enumerate(dots.names):
        at, half = float(dots.at[row]), float(dots.half[row])
        ax.plot([at - half, at + half], [row, row], color=style.SOFT, lw=1.2, zorder=2, marker="|", ms=5)
        ax.plot(at, row, "o", color=style.platform_look(0).line, ms=5, zorder=3)
        mark(ax, name, (0, row), (-10, 0), size=SIZE, coords=beside, ha="right")
        mark(ax, dots.values[row], (1, row), (10, 0), size=SIZE, coords=beside)
    ax.grid(axis="x", color=style.WHITE if zones else style.GRID, lw=0.8)
    ax.set_yticks([])
    marks = MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(-room, room)
    ticks = [float(at) for at in marks if abs(at) <= room]
    ax.set_xticks(ticks, [f"{round(at, 9) + 0:g}".replace("-", "−") for at in ticks])
    return ax
