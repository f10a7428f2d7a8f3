"""Tornado: how far the loss of a platform swings with each uncertain parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.ticker import MaxNLocator

from balloon.errors import ScenarioError
from balloon.plots import style
from balloon.plots.lettering import drawable, fitted, shorten, width
from balloon.plots.marks import mark
from balloon.plots.naming import called, coefficient
from balloon.plots.page import HEADING, MARGIN, PITCH, ROOM, WIDTH, Briefing, Words, add_box, new_page, write
from balloon.plots.ranges import Range, unsigned
from balloon.plots.tornado_words import tornado_caption
from balloon.plots.worlds import Worlds, read_worlds
from balloon.sensitivity import sensitivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from balloon.effect import Contrast
    from balloon.sensitivity import Influence, Sensitivity

MOST = 10
"""Parameters that are drawn, those with which the answer goes most."""
ROW, BELOW, SIZE, HEAD = 21.0, 34.0, 9.0, 7.8  # points: pitch of rows, room under them, font sizes
NAME_ROOM, SPACE = 250.0, 10.0  # points
BESIDE = ("axes fraction", "data")
BAR = 0.5  # height of a bar in rows
READ = "hollow: lowest third of a parameter’s draws; filled: highest; grey: no wider than luck makes it"
HEADED = {"room": ROOM, "size": HEADING}
COLOUR, UNCLEAR = style.platform_look(0).line, style.dormant_look().line


class Swing(NamedTuple):
    """One row."""

    name: str
    """In letters that can be drawn."""
    low: float
    """Median loss, as a share of all actors, where the parameter is in the lowest third of its draws."""
    high: float
    """In the highest third."""
    clear: bool
    """Whether its rank correlation with the loss is larger than luck makes it."""
    loss: str
    """That correlation; in brackets where luck explains it."""
    displaced: str
    """The one with the displaced share of the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Numbers of the figure."""

    swings: tuple[Swing, ...]
    """The widest first."""
    middle: Range
    """Loss over all pairs of runs, as a share of all actors."""
    found: Sensitivity
    worlds: Worlds


def tornado_bars(effect: Contrast, *, ax: Axes, platform: str | None = None) -> Axes:
    """Draw how far the median loss of a platform swings with each uncertain parameter.

    A row a parameter, the widest swing first, for the ten with which the answer goes most: hollow, the
    median loss over the pairs of runs in which it is in the lowest third of its draws; filled, in the
    highest third; all others vary too. Grey rows are no wider than luck makes them. The line is the
    median over all pairs. Names stand to the left of the axes, rank correlations to the right: leave room.

    Parameters
    ----------
    effect : Contrast
        One alternative, run with ``parameters="ranges"``; 10 pairs of runs or more.
    ax : Axes
        Drawn on, and returned.
    platform : str, optional
        Whose loss it is, by default the one that the scenario is about.

    Raises
    ------
    EngineError
        Parameters that were not drawn, or fewer than 10 pairs of runs.
    """
    return draw_tornado(ax, read_tornado(effect, platform))


def tornado_figure(effect: Contrast, *, platform: str | None = None) -> Briefing:
    """Compose the figure of what would change the answer; see `tornado_bars`.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Raises
    ------
    EngineError
        Parameters that were not drawn, or fewer than 10 pairs of runs.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> how = {"replicates": 40, "seed": 1, "parameters": "ranges"}
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, **how)
    >>> "goes most with “Telegram: requests”" in tornado_figure(effect).caption.title
    True
    """
    with style.look():
        told = read_tornado(effect, platform)
        words = tornado_caption(told)
        text = Words.of(words)
        left, right = tornado_widths(told)
        panel = text.above + 2 * PITCH * HEADING + 18
        height = panel + ROW * len(told.swings) + BELOW + text.below
        figure = new_page(words, text, width=WIDTH, height=height)
        heading = [
            fitted("Median loss of ", told.worlds.baseline.squeezed, ", points of all actors", **HEADED)
        ]
        heading.append(READ)
        write(figure, heading, left=MARGIN, top=text.above, size=HEADING, color=style.SOFT)
        wide, high = ROOM - left - right, ROW * len(told.swings)
        draw_tornado(add_box(figure, left=MARGIN + left, top=panel, width=wide, height=high), told)
        return figure


def read_tornado(effect: Contrast, platform: str | None = None) -> Tornado:
    """Take from a contrast what the figure needs.

    Raises
    ------
    EngineError
        Parameters that were not drawn, or fewer than 10 pairs of runs.
    """
    return tornado_of(sensitivity(effect, platform), read_worlds(effect, platform))


def tornado_of(found: Sensitivity, worlds: Worlds) -> Tornado:
    """Choose and order the rows."""
    rows = [_swing(worlds, found, number, one) for number, one in enumerate(found.influences[:MOST], start=1)]
    rows.sort(key=lambda one: -abs(one.high - one.low))
    loss = worlds.ledger.net[:, 0, 0] / worlds.actors
    return Tornado(swings=tuple(rows), middle=Range.of(loss), found=found, worlds=worlds)


def _swing(worlds: Worlds, found: Sensitivity, number: int, one: Influence) -> Swing:
    try:
        name = called(worlds.alternative.scenario, one.path)
    except ScenarioError:
        name = one.path  # of an intervention that only the baseline has
    clear = abs(one.loss) > found.luck_loss
    return Swing(
        name=drawable(name, f"parameter {number}", known=worlds.baseline.known),
        low=one.loss_low,
        high=one.loss_high,
        clear=clear,
        loss=_signed(one.loss, clear=clear),
        displaced=_signed(one.displaced, clear=abs(one.displaced) > found.luck_displaced),
    )


def _signed(value: float, *, clear: bool) -> str:
    """A correlation with the minus sign of figures."""
    return coefficient(value, clear=clear).replace("-", "−")


# ---- drawing -----------------------------------------------------------------------------------


def tornado_widths(told: Tornado) -> tuple[float, float]:
    """Room for the names and for the two columns of correlations, points."""
    names = max((width(_short(one), size=SIZE) for one in told.swings), default=0.0)
    return names + SPACE, 2 * _column(told) + SPACE


def _short(one: Swing) -> str:
    return shorten(one.name, room=NAME_ROOM, size=SIZE)


def _column(told: Tornado) -> float:
    values = [said for one in told.swings for said in (one.loss, one.displaced)]
    return SPACE + max(
        width("displaced", size=HEAD), max((width(said, size=SIZE) for said in values), default=0.0)
    )


def draw_tornado(ax: Axes, told: Tornado) -> Axes:
    """Draw swings and correlations from numbers already read."""
    draw_swings(ax, told)
    column = _column(told)
    for row, one in enumerate(told.swings):
        for number, said in enumerate((one.loss, one.displaced), start=1):
            mark(
                ax,
                said,
                (1, row),
                (number * column, 0),
                size=SIZE,
                color=_text(one),
                coords=BESIDE,
                ha="right",
            )
    for number, said in enumerate(("loss", "displaced"), start=1):
        mark(
            ax, said, (1, 1), (number * column, 4), size=HEAD, color=style.SOFT, coords="axes fraction",
            ha="right", va="bottom",
        )  # fmt: skip
    return ax


def draw_swings(ax: Axes, told: Tornado) -> None:
    """Draw the bars and the names alone."""
    left = tornado_widths(told)[0]
    ax.set_ylim(len(told.swings) - 0.5, -0.5)
    ax.axvline(told.middle.middle, color=style.INK, lw=1.0, zorder=1)
    for row, one in enumerate(told.swings):
        colour = COLOUR if one.clear else UNCLEAR
        low, high = sorted((one.low, one.high))
        ax.barh(row, high - low, left=low, height=BAR, color=style.blend(colour, 0.3), lw=0, zorder=2)
        ax.plot(one.low, row, "o", ms=7, color=style.WHITE, mec=colour, mew=1.6, zorder=4)
        ax.plot(one.high, row, "o", ms=7, color=colour, mec=colour, mew=1.6, zorder=3)
        mark(ax, _short(one), (0, row), (-left, 0), size=SIZE, color=_text(one), coords=BESIDE)
    _scale(ax, told)


def _text(one: Swing) -> str:
    return style.INK if one.clear else style.SOFT


def _scale(ax: Axes, told: Tornado) -> None:
    ends = [told.middle.middle, *(end for one in told.swings for end in (one.low, one.high))]
    low, high = min(ends), max(ends)
    pad = max(0.05 * (high - low), 0.002)
    ax.set_xlim(low - pad, high + pad)
    marks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(100 * (low - pad), 100 * (high + pad))
    ticks = [float(at) / 100 for at in marks if low - pad <= at / 100 <= high + pad]
    ax.set_xticks(ticks, [f"{100 * at:g}".replace("-", "−") for at in (round(t, 6) for t in ticks)])
    ax.grid(axis="x", color=style.GRID, lw=0.8)
    ax.set_yticks([])
    said = f"median {unsigned(told.middle.middle)}"
    mark(
        ax,
        said,
        (told.middle.middle, 0),
        (0, -22),
        size=HEAD,
        coords=("data", "axes fraction"),
        ha="center",
        va="top",
    )
