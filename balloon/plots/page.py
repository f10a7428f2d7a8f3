"""The page of a composed figure: its sizes, its words, and how they are set."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from balloon.plots import style
from balloon.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from balloon.plots.caption import Caption

# All in points.
WIDTH, MARGIN, FOOT, TICKS, GUTTER = 900.0, 18.0, 14.0, 30.0, 26.0
ROOM = WIDTH - 2 * MARGIN
"""Width of the text."""
TITLE, SUBTITLE, HEADING, NOTE = 17.0, 10.8, 9.8, 7.8  # font sizes
PITCH = 1.32  # line pitch, times the font size


class Briefing(Figure):
    """A matplotlib figure that knows its words; no part of pyplot's global state.

    In a notebook it shows itself; elsewhere write it with `save_figure`.
    """

    caption: Caption | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        FigureCanvasAgg(self)

    def savefig(self, *args: Any, **more: Any) -> None:
        """As matplotlib's, with the settings under which the text was measured."""
        with style.look():
            super().savefig(*args, **more)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


class Words(NamedTuple):
    """The words of a caption, set in lines."""

    title: list[str]
    subtitle: list[str]
    notes: list[str]

    @classmethod
    def of(cls, caption: Caption) -> Words:
        """Wrap them to the width of the page."""
        return cls(
            wrap(caption.title, room=ROOM, size=TITLE, bold=True),
            wrap(caption.subtitle, room=ROOM, size=SUBTITLE),
            [line for note in caption.notes for line in wrap(note, room=ROOM, size=NOTE)],
        )

    @property
    def above(self) -> float:
        """Room for title and subtitle and the line under them, points from the top."""
        return MARGIN + PITCH * (TITLE * len(self.title) + SUBTITLE * len(self.subtitle)) + 18

    @property
    def below(self) -> float:
        """Room for the footer."""
        return 10 + PITCH * NOTE * len(self.notes) + FOOT


def new_page(caption: Caption, words: Words, *, width: float, height: float) -> Briefing:
    """A page of so many points with title, subtitle and footer."""
    figure = Briefing(figsize=(width / 72, height / 72))
    figure.caption = caption
    write(figure, words.title, left=MARGIN, top=MARGIN, size=TITLE, color=style.INK, fontweight="bold")
    top = MARGIN + PITCH * TITLE * len(words.title) + 4
    write(figure, words.subtitle, left=MARGIN, top=top, size=SUBTITLE, color=style.SOFT)
    top = height - FOOT - PITCH * NOTE * len(words.notes)
    write(figure, words.notes, left=MARGIN, top=top, size=NOTE, color=style.SOFT)
    y = 1 - (words.above - 9) / height
    figure.add_artist(Line2D([MARGIN / width, 1 - MARGIN / width], [y, y], color=style.GRID, lw=1))
    return figure


def add_box(figure: Briefing, *, left: float, top: float, width: float, height: float) -> Axes:
    """Axes of so many points, so far from the upper left corner."""
    wide, high = figure.get_size_inches() * 72
    return figure.add_axes((left / wide, 1 - (top + height) / high, width / wide, height / high))


def write(
    figure: Figure, lines: list[str], *, left: float, top: float, size: float, color: str, **more: Any
) -> None:
    """Lines at an exact pitch; ``left`` and ``top`` in points from the upper left corner."""
    wide, height = figure.get_size_inches() * 72
    for number, line in enumerate(lines):
        y = 1 - (top + PITCH * size * number) / height
        figure.text(left / wide, y, line, fontsize=size, color=color, va="top", parse_math=False, **more)
