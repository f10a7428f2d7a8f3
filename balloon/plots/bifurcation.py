"""Bifurcation: where the crowd settles along a parameter that rises slowly and falls again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from balloon._values import numbers
from balloon.errors import DataError
from balloon.plots import style
from balloon.plots.bifurcation_words import bifurcation_caption, brief_number
from balloon.plots.curves import NAME, EndLabel, draw_labels, label_columns, share_axis
from balloon.plots.flows import flow_label
from balloon.plots.lettering import drawable, letters, shorten
from balloon.plots.marks import mark
from balloon.plots.naming import called
from balloon.plots.page import (
    GUTTER,
    HEADING,
    MARGIN,
    PITCH,
    ROOM,
    TICKS,
    WIDTH,
    Briefing,
    Words,
    add_box,
    new_page,
    write,
)
from balloon.plots.ranges import percent
from balloon.plots.reading import Place, drawn_names, list_places
from balloon.scenario import find

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.plots.caption import Caption
    from balloon.restpoints import Tipping

    Floats = NDArray[np.float64]

# All in points.
PANEL, MAIN, ABOVE, BELOW, SMALL, NAME_ROOM = 240.0, 400.0, 30.0, 40.0, 8.5, 92.0
HEADROOM = 1.08
APART = 1e-3
"""Shares that differ by less are drawn as one."""
ABOVE_AXES = ("data", "axes fraction")
UP, DOWN = style.platform_look(0), style.platform_look(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Branches:
    """Numbers of the figure: V values of the parameter, K places, the chosen platform first."""

    found: Tipping
    parameter: str
    """In words."""
    places: tuple[Place, ...]
    names: dict[str, str]
    values: Floats
    """(V,)"""
    up: Floats
    """(V, K) shares of all actors, reached as the parameter rises."""
    down: Floats
    """(V, K) as it falls again."""
    brink: Floats
    """(V,) share of the platform on the brink between the two; nan where there is none."""

    @property
    def apart(self) -> NDArray[np.bool_]:
        """(V,) where it matters from which side the parameter comes."""
        return np.asarray(np.abs(self.up - self.down).max(axis=1) > APART)

    @property
    def own_value(self) -> float | None:
        """The scenario's own value, if it lies within the range."""
        noun, name = find(self.found.scenario, self.found.parameter)
        own = float(dict(numbers(noun))[name])
        return own if self.values[0] <= own <= self.values[-1] else None


def bifurcation_curves(found: Tipping, *, ax: Axes, platform: str | None = None) -> Axes:
    """Draw the share of a platform at rest along the parameter, rising and falling again.

    Solid: the stable rest point reached as the parameter rises; dashed: as it falls again, where that is
    another one; dotted: the brink between them, not stable. Shaded: where it matters from which side one
    comes. Thin arrows show where the crowd tips; their values stand above the axes: leave room there.

    Parameters
    ----------
    found : Tipping
        From `balloon.tipping`.
    ax : Axes
        Drawn on, and returned.
    platform : str, optional
        By default the one that the scenario is about.

    Raises
    ------
    DataError
        A platform that is not there.
    """
    return draw_bifurcation(ax, read_branches(found, platform))


def rest_curves(found: Tipping, *, ax: Axes) -> Axes:
    """Draw the shares of all places at rest as the parameter rises; names stand to the right of the axes."""
    return draw_rest(ax, read_branches(found))


def tipping_figure(found: Tipping, *, platform: str | None = None) -> Briefing:
    """Compose the figure of tipping: left, `bifurcation_curves`; right, `rest_curves`.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Raises
    ------
    DataError
        A platform that is not there.

    Examples
    --------
    >>> import balloon as bl
    >>> calm = bl.load("minimal").without().with_({"behaviour.replacement_rate": 0.05})
    >>> found = bl.tipping(calm, "platforms.Telegram.undercover", (0.0, 0.01), values=3)
    >>> tipping_figure(found).caption.title
    'Telegram does not tip: as “Telegram: undercover” rises it goes from 32% to <0.1% without a jump'
    """
    with style.look():
        told = read_branches(found, platform)
        return _compose(told, bifurcation_caption(told))


def read_branches(found: Tipping, platform: str | None = None) -> Branches:
    """Take from the rest points what the figure needs.

    Raises
    ------
    DataError
        A platform that is not there.
    """
    scenario, known = found.scenario, letters()
    chosen = scenario.squeezed if platform is None else platform
    if chosen not in scenario.platforms:
        there = ", ".join(map(repr, scenario.platforms))
        raise DataError(f"no platform {chosen!r}; the scenario has {there}")
    names = drawn_names(scenario.platforms, known=known)
    table = found.branches
    columns = list(table.columns[4:])
    highest = table[columns].max().to_numpy(dtype=float)
    places = list_places(scenario.platforms, chosen, names, highest)
    values = table.loc[table.branch == "up", "value"].to_numpy(dtype=float)
    brink = table[table.branch == "between"].set_index("value")[chosen].reindex(values)
    return Branches(
        found=found,
        parameter=drawable(called(scenario, found.parameter), "the parameter", known=known),
        places=places,
        names=names,
        values=values,
        up=_shares(table, "up", places),
        down=_shares(table, "down", places),
        brink=brink.to_numpy(dtype=float),
    )


def _shares(table: pd.DataFrame, branch: str, places: tuple[Place, ...]) -> Floats:
    rows = table[table.branch == branch]
    return np.column_stack([rows[list(place.members)].sum(axis=1).to_numpy(dtype=float) for place in places])


# ---- drawing -----------------------------------------------------------------------------------


def _compose(told: Branches, words: Caption) -> Briefing:
    """Set everything from measured text, so that nothing can meet."""
    text = Words.of(words)
    top = text.above + PITCH * HEADING + ABOVE
    figure = new_page(words, text, width=WIDTH, height=top + PANEL + BELOW + text.below)
    second = MARGIN + TICKS + MAIN + GUTTER
    for heading, x in (
        (f"{shorten(told.places[0].label, room=240, size=HEADING)}, % of all actors at rest", MARGIN),
        ("All places as it rises", second),
    ):
        write(figure, [heading], left=x, top=text.above, size=HEADING, color=style.SOFT)
    draw_bifurcation(add_box(figure, left=MARGIN + TICKS, top=top, width=MAIN, height=PANEL), told)
    wide = ROOM + MARGIN - second - TICKS - label_columns(_labels(told))[2]
    draw_rest(add_box(figure, left=second + TICKS, top=top, width=wide, height=PANEL), told)
    return figure


def draw_bifurcation(ax: Axes, told: Branches) -> Axes:
    """Draw the branches of the chosen platform."""
    values, up, down = told.values, told.up[:, 0], told.down[:, 0]
    if told.found.span is not None:
        ax.axvspan(*told.found.span, color=style.SHADE, lw=0, zorder=0)
    if told.apart.any():
        _draw_way(ax, values, down, told.found.back, DOWN)
        ax.plot(values, told.brink, color=style.SOFT, lw=1.4, ls=(0, (1, 1.6)), zorder=3)
    _draw_way(ax, values, up, told.found.critical, UP)
    share_axis(ax, highest=float(np.nanmax([up.max(), down.max(), 0.01])))
    ax.set_ylim(0, ax.get_ylim()[1] * HEADROOM)
    _value_axis(ax, told)
    _mark_tips(ax, told)
    if told.apart.any():
        _name_ways(ax, told)
    return ax


def _draw_way(ax: Axes, values: Floats, shares: Floats, tip: float | None, look: style.Look) -> None:
    """A way along the values, broken where it jumps."""
    for part in _parts(values, tip):
        _draw_part(ax, values[part], shares[part], look, 2.2)
    if tip is None:
        return
    left, right = _parts(values, tip)
    before, after = float(shares[left][-1]), float(shares[right][0])
    if look is DOWN:
        before, after = after, before
    arrow = {"arrowstyle": "-|>", "color": look.line, "lw": 1.0, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (tip, after), (tip, before), arrowprops=arrow, zorder=3)


def _draw_part(ax: Axes, values: Floats, shares: Floats, look: style.Look, width: float) -> None:
    """A line, or a dot where the crowd tips between the last two values and there is none to draw."""
    alone = len(values) == 1
    (line,) = ax.plot(values, shares, color=look.line, ls=look.dash, lw=width, zorder=4, clip_on=not alone)
    if alone:
        line.set(marker="o", markersize=2.4 * width)


def _parts(values: Floats, tip: float | None) -> tuple[NDArray[np.bool_], ...]:
    """Which values lie on which side of a jump."""
    return (np.ones(len(values), dtype=bool),) if tip is None else (values <= tip, values > tip)


def _name_ways(ax: Axes, told: Branches) -> None:
    """Say which way is which, where they are furthest apart."""
    gap = np.abs(told.up[:, 0] - told.down[:, 0])
    k = int(gap.argmax())
    place = (told.values[k] - told.values[0]) / (told.values[-1] - told.values[0])
    side = "left" if place <= 0.5 else "right"
    other = k + 1 if side == "left" else k - 1
    for shares, look, word in ((told.up[:, 0], UP, "rising"), (told.down[:, 0], DOWN, "falling again")):
        # On the side that the line leads away from; under a line at the bottom there is no room.
        above = shares[other] <= shares[k] or shares[k] < 0.1 * ax.get_ylim()[1]
        at, shift = (float(told.values[k]), float(shares[k])), (0.0, 9.0 if above else -9.0)
        mark(ax, word, at, shift, size=NAME, color=look.text, bold=True, ha=side, zorder=6)


def _mark_tips(ax: Axes, told: Branches) -> None:
    """The values at which the crowd tips, each in a row of its own above the axes."""
    found = told.found
    low, high = ax.get_xlim()
    tips = ((found.back, DOWN, "tips back at"), (found.critical, UP, "tips at"))
    for row, (tip, look, word) in enumerate(tips):
        if tip is not None:
            side = "left" if tip < (low + high) / 2 else "right"
            ax.axvline(tip, color=look.line, lw=0.8, ls=(0, (1, 1.5)), zorder=1)
            said, shift = f"{word} {brief_number(tip)}", (0.0, 6.0 + 11 * row)
            mark(ax, said, (tip, 1), shift, size=SMALL, color=look.text, coords=ABOVE_AXES, ha=side)


def _value_axis(ax: Axes, told: Branches) -> None:
    """Values of the parameter, its name, and the scenario's own value."""
    ax.set_xlim(float(told.values[0]), float(told.values[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: brief_number(value))
    ax.grid(axis="y", color=style.GRID, lw=0.8)
    ax.tick_params(axis="y", length=0)
    room = style.size_of(ax)[0]
    own = told.own_value
    said = told.parameter if own is None else f"{told.parameter} (▲: the scenario’s, {brief_number(own)})"
    said = shorten(said, room=room + TICKS, size=SMALL)
    mark(ax, said, (0.5, 0), (0, -27), size=SMALL, color=style.SOFT, coords="axes fraction", ha="center")
    if own is not None:
        ax.plot(own, 0, "^", color=style.INK, ms=7, clip_on=False, zorder=5)


def draw_rest(ax: Axes, told: Branches) -> Axes:
    """Draw every place along the way up."""
    for k, place in reversed(list(enumerate(told.places))):
        for part in _parts(told.values, told.found.critical):
            _draw_part(ax, told.values[part], told.up[part, k], place.look, 2.0)
    share_axis(ax, highest=float(told.up.max()))
    ax.set_ylim(0, ax.get_ylim()[1] * HEADROOM)
    _value_axis(ax, told)
    draw_labels(ax, _labels(told), height=style.size_of(ax)[1])
    return ax


def _labels(told: Branches) -> list[EndLabel]:
    names = [shorten(flow_label(place), room=NAME_ROOM, size=NAME, bold=True) for place in told.places]
    ends = zip(names, told.up[-1].tolist(), told.places, strict=True)
    return [EndLabel(n, percent(end), "", end, place.look.line, place.look.text) for n, end, place in ends]
