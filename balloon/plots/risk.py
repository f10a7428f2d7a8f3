"""Arrests and belief: how many are arrested through each platform, and what the actors believe of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.plots import style
from balloon.plots.curves import BELOW, draw_curves, end_labels, label_columns
from balloon.plots.events import bare, plan_events
from balloon.plots.page import HEADING, MARGIN, PITCH, ROOM, TICKS, Briefing, Words, add_box, new_page, write
from balloon.plots.reading import Reading, read
from balloon.plots.risk_words import risk_caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from balloon.plots.caption import Caption
    from balloon.runs import Runs

PANEL, BETWEEN = 150.0, 14.0
"""Points: height of a panel, room between the two."""


class Risks(NamedTuple):
    """Numbers of the figure, by platform: the squeezed one first, nowhere left out."""

    arrests: Reading
    """Its ``shares``: arrests since the start, as a share of all actors."""
    belief: Reading
    """Its ``shares``: annual probability of arrest, as the actors believe it, mean over the groups by
    size."""


def arrest_curves(runs: Runs, *, ax: Axes) -> Axes:
    """Draw the arrests since the start, by the platform that the evidence came from, over time.

    In percent of all actors at the start; above 100 where roles are filled again and again. Lines are
    medians, ribbons hold 50 % and 90 % of the runs, dated interventions are marked. Labels with the values
    at the end stand to the right of the axes, labels of the interventions above: leave room there.

    Parameters
    ----------
    runs : Runs
        R replicates of a scenario; with one replicate there are no ribbons.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_curves(ax, read_risks(runs).arrests)


def belief_curves(runs: Runs, *, ax: Axes) -> Axes:
    """Draw the annual probability of arrest on each platform as the actors believe it, over time.

    In percent, mean over the groups by their size. Otherwise as `arrest_curves`.

    Parameters
    ----------
    runs : Runs
        R replicates of a scenario; with one replicate there are no ribbons.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_curves(ax, read_risks(runs).belief)


def risk_figure(runs: Runs) -> Briefing:
    """Compose the figure of arrests above and belief below; see `arrest_curves` and `belief_curves`.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Examples
    --------
    >>> import balloon as bl
    >>> runs = bl.simulate(bl.load("minimal"), replicates=20, seed=1)
    >>> risk_figure(runs).caption.title
    'Belief in arrest on Telegram rises from 0% to 9% a year; arrests come to 5% of actors'
    """
    with style.look():
        risks = read_risks(runs)
        return _compose(risks, risk_caption(risks.arrests, risks.belief))


def read_risks(runs: Runs) -> Risks:
    """Take from the runs what the figure needs."""
    reading, data = read(runs), runs.data
    places = reading.places[:-2]
    platforms = data["platform"].values.tolist()
    member = np.array([[name in place.members for place in places] for name in platforms], dtype=float)
    arrests = data["arrests"].transpose("replicate", "time", "platform").values.cumsum(axis=1)
    by_group = data["actors_by_group"].isel(time=0).sum("place").transpose("replicate", "group").values
    total = by_group.sum(axis=1)
    belief = data["belief"].transpose("replicate", "time", "group", "platform").values
    believed = np.einsum("rtgp,rg->rtp", belief, by_group / total[:, None])
    return Risks(
        replace(reading, places=places, shares=arrests / total[:, None, None] @ member),
        # Platforms drawn as one: their plain mean, for nobody need be there.
        replace(reading, places=places, shares=believed @ (member / member.sum(axis=0))),
    )


def _compose(risks: Risks, words: Caption) -> Briefing:
    """Set everything from measured text, so that nothing can meet."""
    text = Words.of(words)
    labels = max(label_columns(end_labels(one))[2] for one in risks)
    curves = ROOM - TICKS - labels
    layout = plan_events(risks.arrests, room=curves, key_room=curves + labels)
    upper = text.above + PITCH * HEADING + max(layout.height, 4.0) + 8
    second = upper + PANEL + BELOW + layout.depth + BETWEEN
    lower = second + PITCH * HEADING + 8
    figure = new_page(words, text, width=ROOM + 2 * MARGIN, height=lower + PANEL + BELOW + text.below)
    for heading, top in (
        ("Arrests since the start, by platform of the evidence, % of all actors", text.above),
        ("Arrest within a year, as actors believe it of each platform, %", second),
    ):
        write(figure, [heading], left=MARGIN, top=top, size=HEADING, color=style.SOFT)
    for one, top, plan in ((risks.arrests, upper, layout), (risks.belief, lower, bare(layout))):
        box = add_box(figure, left=MARGIN + TICKS, top=top, width=curves, height=PANEL)
        draw_curves(box, one, layout=plan)
    return figure
