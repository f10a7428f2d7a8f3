"""The briefing figure: migration curves, and where the same actors went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots import style
from balloon.plots.caption import Caption, caption
from balloon.plots.curves import BELOW, draw_curves, end_labels, label_columns
from balloon.plots.events import plan_events
from balloon.plots.flows import draw_flows, name_widths
from balloon.plots.lettering import fitted
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
from balloon.plots.reading import Reading, check_baseline, read

if TYPE_CHECKING:
    from balloon.runs import Runs

PANEL, FLOWS, LEAST = 280.0, 128.0, 220.0
"""Points: height of the panels, width of the flows, least width of the curves."""


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
    _, _, labels = label_columns(end_labels(reading, baseline))
    left, right = name_widths(reading.places, reading.joint)
    curves = max(LEAST, ROOM - TICKS - labels - GUTTER - left - FLOWS - right)
    layout = plan_events(reading, room=curves, key_room=curves + labels)
    text = Words.of(words)
    panel = text.above + 2 * PITCH * HEADING + max(layout.height, 4.0) + 8
    height = panel + PANEL + BELOW + layout.depth + text.below
    wide = max(WIDTH, 2 * MARGIN + TICKS + curves + labels + GUTTER + left + FLOWS + right)

    figure = new_page(words, text, width=wide, height=height)
    start = MARGIN + TICKS
    flows = start + curves + labels + GUTTER + left
    for x, lines in zip((MARGIN, flows - left), _headings(reading, left + FLOWS + right), strict=True):
        write(figure, lines, left=x, top=text.above, size=HEADING, color=style.SOFT)
    draw_curves(add_box(figure, left=start, top=panel, width=curves, height=PANEL), reading, baseline)
    draw_flows(add_box(figure, left=flows, top=panel, width=FLOWS, height=PANEL), reading)
    return figure


def _headings(reading: Reading, room: float) -> tuple[list[str], list[str]]:
    """Two lines over each panel; the flows have so much room."""
    single = reading.replicates == 1
    mean = reading.alone if single else f"mean of {reading.replicates} runs"
    return (
        [
            "Share of simulated actors whose main platform is…",
            f"line: {reading.alone}"
            if single
            else "line: median; darker ribbon: half of the runs; lighter: 90% of the runs",
        ],
        [
            "The same actors, before and after",
            fitted("% of ", reading.squeezed, f"’s actors, {mean}", room=room, size=HEADING),
        ],
    )
