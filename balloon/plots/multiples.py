"""Small multiples: the same curves on the same scale, for several scenarios or several groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.errors import DataError
from balloon.plots import style
from balloon.plots.curves import (
    BELOW,
    LEVELS,
    PITCH,
    EndLabel,
    date_axis,
    draw_curves,
    draw_labels,
    draw_lines,
    end_labels,
    label_columns,
    share_axis,
)
from balloon.plots.events import bare, draw_events, plan_events
from balloon.plots.flows import flow_label
from balloon.plots.lettering import clean, drawable, letters, shorten
from balloon.plots.multiples_words import multiples_caption
from balloon.plots.page import HEADING, MARGIN, ROOM, TICKS, WIDTH, Briefing, Words, add_box, new_page, write
from balloon.plots.reading import Reading, drawn_names, list_places, peaks, read, read_as

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.plots.caption import Caption
    from balloon.runs import Runs

MOST = 24
"""Panels that a page has room for."""
HIGH, GAP, NAME_ROOM = 118.0, 22.0, 76.0  # points: least height of a panel, between panels, widest name


class Panel(NamedTuple):
    """One of the multiples."""

    name: str
    """In letters that can be drawn."""
    words: str
    """The name in full."""
    reading: Reading


def scenario_multiples(runs: Mapping[str, Runs] | Sequence[Runs]) -> Briefing:
    """Compose the migration curves of several scenarios beside each other, on one scale.

    Each panel as `migration_curves`: medians, ribbons of 50 % and 90 % of the runs, values at the end. The
    title compares the two panels in which the squeezed platform ends lowest and highest, and hedges where
    the 90 % range of their difference holds zero.

    Parameters
    ----------
    runs : mapping of str to Runs, or sequence of Runs
        By the name of the panel; without names, by the titles of the scenarios. All of the same platforms,
        dates and squeezed platform; best with the same seed.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Raises
    ------
    DataError
        No runs or too many, two panels of one name, or runs of other platforms or dates.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> costs = {"cheap": 3.0, "dear": 6.0}
    >>> made = {name: scenario.with_({"behaviour.switching_cost": cost}) for name, cost in costs.items()}
    >>> runs = {name: bl.simulate(one, replicates=20, seed=1) for name, one in made.items()}
    >>> scenario_multiples(runs).caption.title
    'Telegram ends lowest in “cheap” and highest in “dear”: 22% and 53% of actors'
    """
    named = runs if isinstance(runs, Mapping) else _by_title(runs)
    _check(named)
    with style.look():
        panels = _scenario_panels(named)
        return _compose(panels, multiples_caption(panels, "scenario"))


def group_multiples(runs: Runs) -> Briefing:
    """Compose the migration curves of every group of one scenario, as shares of the group.

    As `scenario_multiples`, with a panel for each group.

    Raises
    ------
    DataError
        Too many groups.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("telegram-korea-2024").with_({"population.actors": 300})
    >>> len(group_multiples(bl.simulate(scenario, replicates=10, seed=1)).axes)
    3
    """
    groups = [str(name) for name in runs.data["group"].values]
    _check_number(len(groups), "groups")
    with style.look():
        panels = [_group_panel(runs, number, name) for number, name in enumerate(groups, start=1)]
        return _compose(panels, multiples_caption(panels, "group"))


def group_curves(runs: Runs, group: str, *, ax: Axes) -> Axes:
    """Draw the share of a group's actors on every place over time; otherwise as `migration_curves`.

    Raises
    ------
    DataError
        A group that is not there.
    """
    groups = [str(name) for name in runs.data["group"].values]
    if group not in groups:
        raise DataError(f"no group {group!r}; the runs have {', '.join(map(repr, groups))}")
    return draw_curves(ax, _group_panel(runs, groups.index(group) + 1, group).reading)


# ---- what is drawn -----------------------------------------------------------------------------


def _by_title(runs: Sequence[Runs]) -> dict[str, Runs]:
    titles = [one.scenario.title or one.scenario.name for one in runs]
    twice = [title for title in titles if titles.count(title) > 1]
    if twice:
        raise DataError(
            f"small multiples: {titles.count(twice[0])} scenarios are called {twice[0]!r}; give names, as in "
            '{"without": runs, "with": others}'
        )
    return dict(zip(titles, runs, strict=True))


def _check(named: Mapping[str, Runs]) -> None:
    """Refuse runs that do not compare."""
    _check_number(len(named), "sets of runs")
    first, *others = named
    ours = named[first].scenario
    for name in others:
        theirs = named[name].scenario
        for field in ("platforms", "start", "steps", "step_days", "squeezed", "reference"):
            mine, other = getattr(ours, field), getattr(theirs, field)
            if mine != other:
                raise DataError(
                    f"small multiples: {field} of {name!r} is {other!r}, that of {first!r} is {mine!r}; "
                    "panels compare only what is the same world but for what is compared"
                )


def _check_number(number: int, what: str) -> None:
    if not 1 <= number <= MOST:
        raise DataError(f"small multiples: {number} {what}; a page has room for 1 to {MOST}")


def _scenario_panels(named: Mapping[str, Runs]) -> list[Panel]:
    known = letters()
    scenarios = {name: one.scenario for name, one in named.items()}
    platforms = next(iter(scenarios.values())).platforms
    names = drawn_names(platforms, known=known)
    highest = np.max([peaks(one) for one in named.values()], axis=0)
    places = list_places(platforms, next(iter(scenarios.values())).squeezed, names, highest)
    return [
        Panel(
            drawable(name, f"scenario {number}", known=known),
            clean(name),
            read_as(one, scenarios[name], platforms, places=places, names=names, known=known),
        )
        for number, (name, one) in enumerate(named.items(), start=1)
    ]


def _group_panel(runs: Runs, number: int, group: str) -> Panel:
    """The reading of all actors, its shares replaced by those of the group."""
    reading = read(runs)
    actors = runs.data["actors_by_group"].sel(group=group).transpose("replicate", "time", "place")
    names = [str(place) for place in actors["place"].values]
    member = np.array([[name in place.members for place in reading.places] for name in names], dtype=float)
    counts = actors.values
    own: NDArray[np.float64] = counts / np.maximum(counts[:, :1].sum(axis=2, keepdims=True), 1)
    name = drawable(group, f"group {number}", known=reading.known)
    return Panel(name, clean(group), replace(reading, shares=own @ member))


# ---- drawing -----------------------------------------------------------------------------------


def _labels(panel: Panel) -> list[EndLabel]:
    """Name and value of every line; the ranges are in the ribbons."""
    reading = panel.reading
    places = tuple(place._replace(label=flow_label(place)) for place in reading.places)
    labels = end_labels(replace(reading, places=places), room=NAME_ROOM)
    return [one._replace(bracket="") for one in labels]


def _compose(panels: Sequence[Panel], words: Caption) -> Briefing:
    """Set everything from measured text, so that nothing can meet."""
    text = Words.of(words)
    across = len(panels) if len(panels) < 3 else 2 if len(panels) == 4 else 3
    lines = -(-len(panels) // across)
    high = max(HIGH, PITCH * len(panels[0].reading.places))
    pitch = PITCH + 8 + high + BELOW + 6
    room = (ROOM - GAP * (across - 1)) / across
    beside = max(label_columns(_labels(one))[2] for one in panels)
    figure = new_page(words, text, width=WIDTH, height=text.above + pitch * lines + text.below)
    highest = max(float(style.quantiles(one.reading.shares, LEVELS).max()) for one in panels)
    for number, panel in enumerate(panels):
        left = MARGIN + (room + GAP) * (number % across)
        top = text.above + pitch * (number // across)
        heading = [shorten(panel.name, room=room, size=HEADING, bold=True)]
        write(figure, heading, left=left, top=top, size=HEADING, color=style.INK, fontweight="bold")
        wide = room - TICKS - beside
        box = add_box(figure, left=left + TICKS, top=top + PITCH + 8, width=wide, height=high)
        _draw_panel(box, panel, highest=highest)
    return figure


def _draw_panel(ax: Axes, panel: Panel, *, highest: float) -> None:
    reading = panel.reading
    draw_lines(ax, reading, style.quantiles(reading.shares, LEVELS))
    share_axis(ax, highest=highest)
    room, height = style.size_of(ax)
    date_axis(ax, reading, most=max(3, int(room // 40)))
    draw_events(ax, bare(plan_events(reading, room=room, key_room=room)), height=height, below=BELOW)
    draw_labels(ax, _labels(panel), height=height)
