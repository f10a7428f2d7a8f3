"""Dated interventions as lines with labels that never meet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.interventions import Announcement
from balloon.plots import style
from balloon.plots.lettering import clean, day, days, drawable, width, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

    from balloon.interventions import Intervention
    from balloon.plots.reading import Reading

SIZE, LINE, ROOM, PAD = 8.3, 10.4, 118.0, 4.0  # points: font, line pitch, widest label, to its line
HIGHEST = 104.0
"""Room for labels in words above the axes, points."""


class Event(NamedTuple):
    """What begins on one day."""

    start: float
    """In days, as matplotlib counts them."""
    until: float | None
    label: str
    """In letters that can be drawn."""
    words: str
    """The label in full, for the alt text."""
    when: str
    fact: bool
    """False for an option that the scenario assumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where the labels of the events go, in points."""

    events: tuple[Event, ...]
    labels: tuple[tuple[str, ...], ...]
    """Lines of each label; one number each where there is no room for words."""
    tops: tuple[float, ...]
    """Height of the top of each label above the axes."""
    key: tuple[str, ...]
    """Lines below the axes that say what the numbers mean; empty where labels are words."""

    @property
    def height(self) -> float:
        """Room needed above the axes."""
        return max(self.tops, default=0.0)

    @property
    def depth(self) -> float:
        """Room needed below the tick labels."""
        return LINE * len(self.key) + 4.0 if self.key else 0.0


def list_events(reading: Reading, interventions: Sequence[Intervention] | None = None) -> tuple[Event, ...]:
    """The interventions, by default the scenario's, by date; what begins on the same day is one event."""
    chosen = reading.scenario.interventions if interventions is None else interventions
    ordered = sorted(chosen, key=lambda one: one.start)
    events = []
    for start, same in groupby(ordered, key=lambda one: one.start):
        acts = list(same)
        labels = dict.fromkeys(_label(one, reading) for one in acts)
        words = dict.fromkeys(clean(one.label) or _label(one, reading) for one in acts)
        ends = {one.until for one in acts}
        until = ends.pop() if len(ends) == 1 else None
        events.append(
            Event(
                start=float(days(start)),
                until=float(days(until)) if until else None,
                label="; ".join(labels),
                words="; ".join(words),
                when=day(np.datetime64(start)),
                fact=any(one.on_record for one in acts),
            )
        )
    return tuple(events)


def _label(one: Intervention, reading: Reading) -> str:
    """Its own label, or its kind and platforms where it has none that can be drawn."""
    targets = ", ".join(reading.names[p] for p in one.targets) or "all platforms"
    kind = "announcement" if isinstance(one, Announcement) else one.kind.replace("_", " ")
    return drawable(one.label, f"{kind}: {targets}", known=reading.known)


def plan_events(reading: Reading, *, room: float, key_room: float) -> Plan:
    """Plan the events of the runs over axes ``room`` points wide, the key in ``key_room``."""
    first, last = (float(days(reading.dates[k])) for k in (0, -1))
    return plan(list_events(reading), first=first, last=last, room=room, key_room=key_room)


def plan(events: Sequence[Event], *, first: float, last: float, room: float, key_room: float) -> Plan:
    """Give every label a row in which it meets neither a label nor a line.

    Where words would need more room than `HIGHEST`, numbers are drawn and a key below the axes
    says what they mean.

    Parameters
    ----------
    first, last : float
        Ends of the date axis, in days.
    room, key_room : float
        Width of the axes and of the key in points.
    """
    shown = tuple(events)
    left = [(e.start - first) / max(last - first, 1e-9) * room for e in shown]
    labels = tuple((*wrap(e.label, room=ROOM, size=SIZE, lines=2), e.when) for e in shown)
    words = Plan(events=shown, labels=labels, tops=_tops(left, labels), key=())
    if words.height <= HIGHEST:
        return words
    labels = tuple((str(number),) for number in range(1, len(shown) + 1))
    return Plan(events=shown, labels=labels, tops=_tops(left, labels), key=_key(shown, room=key_room))


def bare(layout: Plan) -> Plan:
    """The lines of the events without their labels, for a panel under another one."""
    return Plan(
        events=layout.events, labels=((),) * len(layout.events), tops=(0.0,) * len(layout.events), key=()
    )


def _tops(left: Sequence[float], labels: Sequence[Sequence[str]]) -> tuple[float, ...]:
    """Top of each label, every row as high as its highest label."""
    rows = _rows(left, [_widest(lines) for lines in labels])
    heights = [0] * (max(rows, default=-1) + 1)
    for lines, row in zip(labels, rows, strict=True):
        heights[row] = max(heights[row], len(lines))
    tops = np.cumsum([LINE * height + PAD for height in heights])
    return tuple(float(tops[row]) for row in rows)


def _widest(lines: Sequence[str]) -> float:
    return PAD + max(width(line, size=SIZE) for line in lines)


def _rows(left: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Row of each label, 0 = lowest; a label stands above all later lines that would cross it."""
    rows = [0] * len(left)
    for k in reversed(range(len(left))):
        under = [rows[j] for j in range(k + 1, len(left)) if left[j] < left[k] + widths[k] + PAD]
        rows[k] = 1 + max(under, default=-1)
    return rows


def _key(events: Sequence[Event], *, room: float) -> tuple[str, ...]:
    """What the numbers mean, in as few lines as will do."""
    lines: list[str] = []
    for number, event in enumerate(events, start=1):
        entry = f"{number} = {event.when}, {event.label}"
        longer = f"{lines[-1]};  {entry}" if lines else entry
        if lines and width(longer, size=SIZE) <= room:
            lines[-1] = longer
        else:
            lines += wrap(entry, room=room, size=SIZE, lines=1)
    return tuple(lines)


def draw_events(ax: Axes, layout: Plan, *, height: float, below: float) -> None:
    """Draw lines, periods, labels and key.

    Parameters
    ----------
    height : float
        Height of the axes in points.
    below : float
        Depth in points under the axes at which the key may begin.
    """
    where = ax.get_xaxis_transform()
    for event, lines, top in zip(layout.events, layout.labels, layout.tops, strict=True):
        if event.until is not None:
            ax.axvspan(event.start, event.until, color=style.SHADE, lw=0, zorder=0)
        ax.plot(
            [event.start] * 2,
            [0, 1 + top / height],
            transform=where,
            color=style.SOFT,
            lw=0.9,
            ls="-" if event.fact else (0, (1, 1.5)),
            zorder=1,
            clip_on=False,
        )
        for number, line in enumerate(lines):
            _write(ax, line, at=(event.start, 1 + top / height), shift=(PAD, -LINE * number), where=where)
    for number, line in enumerate(layout.key):
        _write(ax, line, at=(0, 0), shift=(0, -below - LINE * number), where=ax.transAxes)


def _write(
    ax: Axes, text: str, *, at: tuple[float, float], shift: tuple[float, float], where: Transform
) -> None:
    ax.annotate(
        text,
        at,
        shift,
        xycoords=where,
        textcoords="offset points",
        va="top",
        fontsize=SIZE,
        color=style.INK,
        parse_math=False,
        annotation_clip=False,
    )
