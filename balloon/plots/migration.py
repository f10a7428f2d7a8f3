"""The briefing figure: migration curves, and where the same actors went."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from balloon.plots import style
from balloon.plots.caption import Caption, caption
from balloon.plots.curves import BELOW, draw_curves, end_labels, label_columns
from balloon.plots.events import plan_events
from balloon.plots.flows import draw_flows, name_widths
from balloon.plots.lettering import wrap
from balloon.plots.reading import Reading, check_baseline, read

if TYPE_CHECKING:
    from balloon.runs import Runs

# All in points.
WIDTH, MARGIN, FOOT, TICKS, GUTTER = 900.0, 18.0, 14.0, 30.0, 26.0
PANEL, FLOWS, LEAST = 280.0, 128.0, 220.0  # height of the panels, width of the flows, of the curves
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


def migration(runs: Runs, *, baseline: Runs | None = None) -> Briefing:
    """Compose the briefing figure of one set of runs.

    Left, the share of actors on each platform, dormant and removed, over time: medians, ribbons
    of 50 % and 90 % of the runs, dated interventions, values at the end. Right, where the same
    actors were at the scenario's reference date and are at the end. The title says what the
    numbers bear out, and hedges where the 90 % range holds zero.

    Parameters
    ----------
    runs : Runs
        R replicates; with one there is no interval, and the figure says so.
    baseline : Runs, optional
        Runs of the same population without the interventions, best with the same seed. Only
        with them does the title speak of an effect.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Raises
    ------
    DataError
        A baseline of other dates, platforms, actors or reference date.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> figure = migration(bl.simulate(scenario, replicates=20, seed=1))
    >>> figure.caption.alt.endswith("20 runs (spread: luck only), seed 1.")
    True
    """
    if baseline is not None:
        check_baseline(runs, baseline)
    with style.look():
        reading = read(runs)
        other = read(baseline) if baseline is not None else None
        return _compose(reading, other, caption(reading, other))


def _compose(reading: Reading, baseline: Reading | None, words: Caption) -> Briefing:
    """Set everything from measured text, so that nothing can meet."""
    room = WIDTH - 2 * MARGIN
    _, _, labels = label_columns(end_labels(reading, baseline))
    left, right = name_widths(reading)
    curves = max(LEAST, room - TICKS - labels - GUTTER - left - FLOWS - right)
    layout = plan_events(reading, room=curves, key_room=curves + labels)
    heads = _headings(reading)
    blocks = (
        (wrap(words.title, room=room, size=TITLE, bold=True), TITLE, style.INK, "bold"),
        (wrap(words.subtitle, room=room, size=SUBTITLE), SUBTITLE, style.SOFT, "normal"),
    )
    notes = [line for note in words.notes for line in wrap(note, room=room, size=NOTE)]
    top = MARGIN + sum(PITCH * size * len(lines) for lines, size, _, _ in blocks) + 18
    above = max(layout.height, 4.0) + 8
    panel = top + 2 * PITCH * HEADING + above
    bottom = BELOW + layout.depth + 10 + PITCH * NOTE * len(notes) + FOOT
    height = panel + PANEL + bottom
    wide = max(WIDTH, 2 * MARGIN + TICKS + curves + labels + GUTTER + left + FLOWS + right)

    figure = Briefing(figsize=(wide / 72, height / 72))
    figure.caption = words
    _write_blocks(figure, blocks, notes)
    y = 1 - (top - 9) / height
    figure.add_artist(Line2D([MARGIN / wide, 1 - MARGIN / wide], [y, y], color=style.GRID, lw=1))
    start = MARGIN + TICKS
    flows = start + curves + labels + GUTTER + left
    boxes = [
        figure.add_axes((x / wide, bottom / height, w / wide, PANEL / height))
        for x, w in ((start, curves), (flows, FLOWS))
    ]
    for x, lines in zip((MARGIN, flows - left), heads, strict=True):
        _write(figure, lines, left=x, top=top, size=HEADING, color=style.SOFT)
    draw_curves(boxes[0], reading, baseline)
    draw_flows(boxes[1], reading)
    return figure


def _headings(reading: Reading) -> tuple[list[str], list[str]]:
    """Two lines over each panel."""
    single = reading.replicates == 1
    mean = "the one run" if single else f"mean of {reading.replicates} runs"
    return (
        [
            "Share of simulated actors whose main platform is…",
            "line: the one run"
            if single
            else "line: median; darker ribbon: half of the runs; lighter: 90% of the runs",
        ],
        ["The same actors, before and after", f"% of {reading.squeezed}’s actors, {mean}"],
    )


def _write(
    figure: Figure, lines: list[str], *, left: float, top: float, size: float, color: str, **more: Any
) -> None:
    """Lines at an exact pitch; ``left`` and ``top`` in points from the upper left corner."""
    wide, height = figure.get_size_inches() * 72
    for number, line in enumerate(lines):
        y = 1 - (top + PITCH * size * number) / height
        figure.text(left / wide, y, line, fontsize=size, color=color, va="top", parse_math=False, **more)


def _write_blocks(figure: Figure, blocks: Any, notes: list[str]) -> None:
    """Title and subtitle from the top, footer at the bottom."""
    at = MARGIN
    for lines, size, colour, weight in blocks:
        _write(figure, lines, left=MARGIN, top=at, size=size, color=colour, fontweight=weight)
        at += PITCH * size * len(lines) + 4
    bottom = figure.get_size_inches()[1] * 72 - FOOT
    _write(figure, notes, left=MARGIN, top=bottom - PITCH * NOTE * len(notes), size=NOTE, color=style.SOFT)
