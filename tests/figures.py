"""What tests look at in a figure: its texts, whether they meet, leave the page or cannot be read."""

from __future__ import annotations

from datetime import date

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

import balloon as bl
from balloon.plots import style


def drawn(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet by more than a pixel."""
    with style.look():
        figure.canvas.draw()
        boxes = [(t.get_text(), t.get_window_extent().shrunk(0.999, 0.8)) for t in drawn(figure)]
    tolerance = 1.0
    return [
        (a, b)
        for k, (a, one) in enumerate(boxes)
        for b, two in boxes[k + 1 :]
        if min(one.x1, two.x1) - max(one.x0, two.x0) > tolerance
        and min(one.y1, two.y1) - max(one.y0, two.y0) > tolerance
    ]


def outside(figure: Figure) -> list[str]:
    """Texts that leave the page."""
    with style.look():
        figure.canvas.draw()
        page = figure.bbox
        return [
            t.get_text()
            for t in drawn(figure)
            if (box := t.get_window_extent()).x0 < 0 or box.x1 > page.x1 or box.y0 < 0 or box.y1 > page.y1
        ]


def faint(figure: Figure) -> list[str]:
    """Texts that cannot be read on white."""
    return [
        t.get_text()
        for t in drawn(figure)
        if style.contrast(mpl.colors.to_hex(t.get_color()), style.WHITE) < style.TEXT_CONTRAST
    ]


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in drawn(figure)]


def crowd(
    number: int = 8, *, first: float = 0.3, names: tuple[str, ...] = (), quiet: bool = False
) -> bl.Scenario:
    """Platforms that answer more and more requests, two groups, two interventions; or nothing at all."""
    named = names or tuple(f"Platform {chr(65 + k)}" for k in range(number))
    rest = (1 - first) / (len(named) - 1)
    start = {named[0]: first, **dict.fromkeys(named[1:], rest)}
    platforms = tuple(
        bl.Platform(name=name, requests=0.0 if quiet else 0.05, cooperation=0.1 * (k % 10))
        for k, name in enumerate(named)
    )
    acts = (
        bl.Cooperation(
            platform=named[0], start=date(2024, 9, 2), value=0.9, label="answers the police from now on"
        ),
        bl.Takedown(platform=named[-1], start=date(2024, 9, 9)),
    )
    groups = (
        bl.Group(name="small fry", share=0.7, start=start),
        bl.Group(name="others", share=0.3, start=start),
    )
    return bl.Scenario(
        name="crowd",
        title="A crowd",
        landscape=bl.Landscape(platforms=platforms),
        population=bl.Population(actors=200, groups=groups),
        behaviour=bl.Behaviour(switching_cost=2.0, revision_rate=0.0 if quiet else 0.2),
        interventions=() if quiet else acts,
        start=date(2024, 7, 1),
        steps=20,
        squeezed=named[0],
        reference=date(2024, 8, 26),
    )


STRANGE = (
    "A messenger with a long-winded name of many words",
    "텔레그램",
    "$x$ <script>",
    "W" * 70,
    "V",
    "a\tb",
)
WORLDS = {
    "eight platforms": crowd,
    "two platforms": lambda: crowd(2),
    "thirty platforms": lambda: crowd(30),
    "strange names": lambda: crowd(names=STRANGE),
    "one dominates": lambda: crowd(first=0.98),
    "nothing happens": lambda: crowd(3, quiet=True),
}
"""Scenarios whose figures are looked at."""


def changed(runs: bl.Runs, **arrays: object) -> bl.Runs:
    """The runs with some of their counts replaced."""
    data = runs.data
    return bl.Runs(
        data.assign({name: (data[name].dims, np.asarray(array)) for name, array in arrays.items()})
    )
