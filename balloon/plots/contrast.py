"""The figure of a contrast: what differs, where the loss went, and who is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots import style
from balloon.plots.bars import ledger_bars
from balloon.plots.contrast_caption import contrast_caption
from balloon.plots.curves import BELOW as DATES
from balloon.plots.curves import label_columns
from balloon.plots.differences import difference_labels, draw_differences, plan_differing
from balloon.plots.flows import DATE, SIDE, draw_joint, name_widths
from balloon.plots.lettering import day, fitted, wrap
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
from balloon.plots.waterfall import BELOW, HEAD, LINE, draw_waterfall, waterfall_notes, waterfall_widths
from balloon.plots.worlds import read_worlds

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.plots.bars import Bar
    from balloon.plots.caption import Caption
    from balloon.plots.worlds import Worlds

# All in points.
CURVES, ROW, FLOWS = 215.0, 20.0, 150.0  # height of the curves, of a bar, width of the flows
LEAST, LOWEST = 130.0, 170.0  # width of the bars, height of the lower panels
BETWEEN = 16.0
"""Between the upper and the lower panels."""


def contrast_figure(effect: Contrast, *, platform: str | None = None) -> Briefing:
    """Compose the figure of a contrast.

    Above, how much larger each place is in the alternative than in the baseline, over time: medians,
    ribbons of 50 % and 90 % of the pairs of runs, the dated interventions in which the two differ.
    Below, the ledger at the end as a waterfall from the loss to nothing, and where the same actors
    are in the two worlds. The title says what the numbers bear out, and hedges where the 90 % range
    holds zero.

    Parameters
    ----------
    effect : Contrast
        One alternative; with one pair of runs there is no interval, and the figure says so.
    platform : str, optional
        The squeezed one, by default the one that the scenario is about.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Raises
    ------
    EngineError
        Several alternatives, and none of them chosen.
    DataError
        A platform that is not there.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=20, seed=1)
    >>> figure = contrast_figure(effect)
    >>> figure.caption.alt.endswith("20 pairs of runs (spread: luck only), seed 1.")
    True
    """
    with style.look():
        worlds = read_worlds(effect, platform)
        looks = {p.members[0]: p.look for p in worlds.baseline.places if len(p.members) == 1}
        bars = ledger_bars(worlds.ledger, names=worlds.baseline.names, looks=looks)
        return _compose(worlds, bars, contrast_caption(worlds, bars))


def _compose(worlds: Worlds, bars: tuple[Bar, ...], words: Caption) -> Briefing:
    """Set everything from measured text, so that nothing can meet."""
    places, text = worlds.alternative.places, Words.of(words)
    labels = label_columns(difference_labels(worlds))[2]
    curves = ROOM - TICKS - labels
    layout = plan_differing(worlds, room=curves, key_room=curves + labels)
    names, values = waterfall_widths(bars, single=worlds.single)
    left, right = name_widths(places, worlds.coupling)
    width = max(LEAST, ROOM - names - values - GUTTER - left - FLOWS - right)
    account = names + width + values
    notes = waterfall_notes(worlds.ledger, bars, room=account)
    sides = [wrap(said, room=FLOWS / 2 - 3, size=DATE) for said in (worlds.called[:2])]

    upper = text.above + 2 * PITCH * HEADING + max(layout.height, 4.0) + 8
    second = upper + CURVES + DATES + layout.depth + BETWEEN
    lower = second + 2 * PITCH * HEADING + PITCH * HEAD + 4
    panel = max(LOWEST, ROW * len(bars))
    under = max(BELOW + LINE * len(notes), 8 + SIDE * max(map(len, sides)))
    height = lower + panel + under + 4 + text.below
    wide = max(WIDTH, 2 * MARGIN + account + GUTTER + left + FLOWS + right)

    figure = new_page(words, text, width=wide, height=height)
    flows = wide - MARGIN - right - FLOWS
    for heading, x, top in zip(
        _headings(worlds, account, left + FLOWS + right),
        (MARGIN, MARGIN, flows - left),
        (text.above, second, second),
        strict=True,
    ):
        write(figure, heading, left=x, top=top, size=HEADING, color=style.SOFT)
    draw_differences(add_box(figure, left=MARGIN + TICKS, top=upper, width=curves, height=CURVES), worlds)
    draw_waterfall(
        add_box(figure, left=MARGIN + names, top=lower, width=width, height=panel), worlds.ledger, bars
    )
    box = add_box(figure, left=flows, top=lower, width=FLOWS, height=panel)
    draw_joint(box, places, worlds.coupling, sides=(sides[0], sides[1]))
    return figure


def _headings(worlds: Worlds, account: float, flows: float) -> tuple[list[str], list[str], list[str]]:
    """Two lines over each panel; bars and flows have so much room."""
    name, single = worlds.baseline.squeezed, worlds.single
    lines = (
        "line: the one pair of runs"
        if single
        else "line: median; darker ribbon: half of the pairs of runs; lighter: 90% of them"
    )
    when = day(worlds.baseline.end)
    mean = "the one pair of runs" if single else f"mean of {worlds.counted}"
    whose = (
        ("% of ", f"’s, {mean}")
        if worlds.coupling[:, 0].any()
        else ("nobody on ", f" {worlds.called.without}")
    )
    return (
        [f"Share of simulated actors by main platform, in points: {worlds.called.difference}", lines],
        [
            fitted(
                "The ledger of ", name, f" on {when}, of {worlds.actors:,} actors", room=account, size=HEADING
            ),
            "from the loss, part by part, to nothing",
        ],
        [
            "The same roles in both worlds; who stays is pale",
            fitted(whose[0], name, whose[1], room=flows, size=HEADING),
        ],
    )
