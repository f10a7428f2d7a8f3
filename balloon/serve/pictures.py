"""Pictures inside a page: two worlds beside each other on one scale."""

from __future__ import annotations

import base64
import io
from html import escape as entities
from typing import TYPE_CHECKING

from balloon.plots import style
from balloon.plots.curves import BELOW, draw_curves, end_labels, label_columns
from balloon.plots.events import plan_events
from balloon.plots.lettering import day
from balloon.plots.page import TICKS, Briefing, add_box

if TYPE_CHECKING:
    from balloon.plots.reading import Reading
    from balloon.plots.worlds import Worlds

WIDTH, HEIGHT, LEAST = 480.0, 190.0, 150.0
"""Points: a side, its axes, the least width of the curves."""


def embedded(svg: bytes, words: str) -> str:
    """An SVG as an image, in which nothing can run, with words for who cannot see it."""
    image = base64.b64encode(svg).decode()
    return f'<img class="figure" alt="{entities(words)}" src="data:image/svg+xml;base64,{image}">'


def sides(worlds: Worlds) -> tuple[str, str]:
    """Migration curves of baseline and alternative: the same places, colours and scale."""
    both = worlds.baseline, worlds.alternative
    with style.look():
        highest = max(float(style.quantiles(one.shares, (0.95,)).max()) for one in both)
        # As wide as the wider one needs, so that both are of one size.
        labels = max(label_columns(end_labels(one))[2] for one in both)
        room = max(WIDTH - TICKS - labels, LEAST)
        layouts = [plan_events(one, room=room, key_room=room + labels) for one in both]
        above = max(4.0, *(one.height for one in layouts)) + 4
        depth = max(one.depth for one in layouts)
        size = (TICKS + room + labels) / 72, (above + HEIGHT + BELOW + depth) / 72
        drawn = []
        for one in both:
            figure = Briefing(figsize=size)
            ax = add_box(figure, left=TICKS, top=above, width=room, height=HEIGHT)
            draw_curves(ax, one, least=highest)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            drawn.append(embedded(buffer.getvalue(), in_words(one)))
    return drawn[0], drawn[1]


def in_words(reading: Reading) -> str:
    """The curves of one world in words and numbers."""
    ends = ", ".join(f"{one.name} {one.value} {one.bracket}".rstrip() for one in end_labels(reading))
    return (
        f"Line chart, {day(reading.dates[0])} to {day(reading.end)}: share of simulated actors by main "
        f"platform; medians of {reading.counted}. At the end: {ends}."
    )
