"""The figures of a brief, as images inside the page."""

from __future__ import annotations

import base64
import io
from html import escape as entities
from typing import TYPE_CHECKING

from balloon.plots import style
from balloon.plots.caption import events_in_words, named, names_in_words
from balloon.plots.curves import BELOW, label_columns
from balloon.plots.differences import difference_labels, draw_differences, plan_differing
from balloon.plots.lettering import day
from balloon.plots.page import TICKS, Briefing, add_box
from balloon.plots.tornado import draw_swings, tornado_of, tornado_widths
from balloon.plots.tornado_words import tornado_alt

if TYPE_CHECKING:
    from balloon.plots.worlds import Worlds
    from balloon.sensitivity import Sensitivity

WIDTH, HEIGHT, ROW = 505.0, 136.0, 14.0
"""Points: the page between its margins, the axes of the curves, a row of the tornado."""
UNDER = 36.0
"""Points: room for the numbers of the tornado."""


def curves(worlds: Worlds) -> str:
    """The difference curves as an ``img`` element that holds its SVG, with words for who cannot see it."""
    with style.look():
        labels = label_columns(difference_labels(worlds))[2]
        room = max(WIDTH - TICKS - labels, WIDTH / 3)
        layout = plan_differing(worlds, room=room, key_room=room + labels)
        above = max(layout.height, 4.0) + 4
        height = above + HEIGHT + BELOW + layout.depth
        wide = TICKS + room + labels
        figure = Briefing(figsize=(wide / 72, height / 72))
        draw_differences(add_box(figure, left=TICKS, top=above, width=room, height=HEIGHT), worlds)
        return _image(figure, "curves", alt(worlds))


def tornado(worlds: Worlds, found: Sensitivity) -> str:
    """The tornado as an ``img`` element."""
    with style.look():
        told = tornado_of(found, worlds)
        left, _ = tornado_widths(told)
        high = ROW * len(told.swings)
        figure = Briefing(figsize=(WIDTH / 72, (high + UNDER) / 72))
        ax = add_box(figure, left=left, top=2, width=WIDTH - left - 8, height=high)
        draw_swings(ax, told)
        return _image(figure, "tornado", tornado_alt(told))


def _image(figure: Briefing, kind: str, said: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    image = base64.b64encode(buffer.getvalue()).decode()
    wide, high = figure.get_size_inches() * 72 / 0.75
    return (
        f'<img class="{kind}" alt="{entities(said)}" width="{round(wide)}" height="{round(high)}" '
        f'src="data:image/svg+xml;base64,{image}">'
    )


def alt(worlds: Worlds) -> str:
    """The curves in words and numbers."""
    reading = worlds.alternative
    ends = ", ".join(
        f"{named(reading, k)} {label.value} {label.bracket}".rstrip()
        for k, label in enumerate(difference_labels(worlds))
    )
    chart = (
        f"Line chart, {day(reading.dates[0])} to {day(reading.end)}: share of simulated actors by main "
        f"platform, {worlds.called.difference}, in points; medians of {worlds.counted} with ribbons of 50% "
        f"and 90% of them. At the end: {ends}."
    )
    return " ".join([chart, *events_in_words(worlds.events), *names_in_words(worlds.alternative)])
