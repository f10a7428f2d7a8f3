"""Difference curves as short paths of an SVG: one frame for all states, so that states compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._tables import columns_of, shortened
from balloon.pages.markup import escape
from balloon.plots import style
from balloon.plots.lettering import clean, day
from balloon.plots.ranges import points
from balloon.plots.reading import Place, list_places, membership

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.pages.whatif import WhatIf

    Levels = NDArray[np.float64]

# Units of the view box.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, SIZE = 760.0, 330.0, 44.0, 26.0, 30.0, 13.0
NAMES, VALUES, LEADER = 148.0, 124.0, 18.0
RIGHT = WIDTH - NAMES - VALUES - LEADER
PITCH = 17.0
COLUMNS = 18
"""Longest name at the end of a line."""
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)


class Curve(NamedTuple):
    """One place in one state."""

    ribbon: str
    line: str
    leader: str
    """From the end of the line to its label."""
    label: float
    """Height of the label."""
    value: str


class Frame:
    """Scales and places that all states of a page share."""

    def __init__(self, found: WhatIf) -> None:
        """Take the largest of all states."""
        platforms = found.scenarios[0].platforms
        # The browser has letters of its own.
        names = {name: clean(name) for name in platforms}
        highest = np.max([state.highest for state in found.states], axis=0)
        self.places: tuple[Place, ...] = list_places(platforms, found.platform, names, highest)
        member = membership(platforms, self.places)
        self.levels: list[Levels] = [
            style.quantiles(state.differences @ member, (0.05, 0.5, 0.95)) for state in found.states
        ]
        self.dates = found.states[0].dates
        self.low, self.high, self.step = _scale(self.levels)

    def x(self, when: NDArray[np.datetime64] | np.datetime64) -> NDArray[np.float64]:
        """Position of dates."""
        first, last = self.dates[0], self.dates[-1]
        return np.asarray(LEFT + (RIGHT - LEFT) * ((when - first) / (last - first)))

    def y(self, share: Levels | float) -> Levels:
        """Position of differences."""
        room = HEIGHT - TOP - BOTTOM
        return np.asarray(TOP + room * (self.high - share) / (self.high - self.low))

    def curves(self, number: int) -> list[Curve]:
        """Every place in the n-th state."""
        levels, x = self.levels[number], self.x(self.dates)
        ends = self.y(levels[1, -1])
        labels = style.spread(ends, gap=PITCH, low=TOP - 6, high=HEIGHT - BOTTOM + 6)
        done = []
        for k in range(len(self.places)):
            low, middle, high = (self.y(level[:, k]) for level in levels)
            ribbon = path(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])) + "z"
            first, last = (levels[q, -1, k] for q in (0, 2))
            leader = f"M{RIGHT:.0f} {ends[k]:.0f}L{RIGHT + LEADER - 3:.0f} {labels[k]:.0f}"
            value = f"{points(levels[1, -1, k])} ({points(first)} to {points(last)})"
            done.append(Curve(ribbon, path(x, middle), leader, round(float(labels[k]), 1), value))
        return done


def path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """A path by whole steps from point to point, in tenths; so it is short and errors do not add up.

    Examples
    --------
    >>> path(np.array([0.0, 1.0, 2.0]), np.array([5.0, 5.26, 5.0]))
    'M0 50l10 3 10-3'
    """
    points = np.round(10 * np.column_stack([x, y])).astype(int)
    pairs = [f"{dx}{'' if dy < 0 else ' '}{dy}" for dx, dy in np.diff(points, axis=0).tolist()]
    return f"M{points[0, 0]} {points[0, 1]}l" + "".join(
        pair if k == 0 or pair.startswith("-") else f" {pair}" for k, pair in enumerate(pairs)
    )


def _scale(levels: Sequence[Levels]) -> tuple[float, float, float]:
    """Round ends of the axis, zero between them, and the distance of its ticks."""
    low = min(0.0, *(float(one.min()) for one in levels))
    high = max(0.0, *(float(one.max()) for one in levels))
    step = next((one for one in TICKS if high - low <= 7 * one), 0.5)
    bottom, top = np.floor(low / step) * step, np.ceil(high / step) * step
    return (float(bottom), float(top), step) if top > bottom else (-step, step, step)


def svg(
    frame: Frame,
    number: int,
    *,
    alt: str,
    events: Sequence[tuple[np.datetime64, str]],
    name: str = "curves",
) -> str:
    """The curves of a state, with ids by which a script moves them to another."""
    parts = [
        f'<svg id="{name}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" font-size="{SIZE:.0f}"',
        f' role="img" aria-labelledby="{name}-alt"><title id="{name}-alt">{escape(alt)}</title>',
        _axes(frame),
        _events(frame, [when for when, _ in events]),
    ]
    curves = frame.curves(number)
    for look, one in zip((place.look for place in frame.places), curves, strict=True):
        parts.append(
            f'<path class="ribbon" d="{one.ribbon}" transform="scale(.1)" fill="{look.line}" '
            'fill-opacity=".16"/>'
        )
    for place, one in zip(frame.places, curves, strict=True):
        parts.append(_line(place, one))
    return "".join([*parts, "</svg>"])


def _axes(frame: Frame) -> str:
    parts = []
    for tick in np.arange(round((frame.high - frame.low) / frame.step) + 1) * frame.step + frame.low:
        y = float(frame.y(tick))
        colour = style.INK if abs(tick) < 1e-9 else style.GRID
        parts.append(
            f'<path d="M{LEFT:.0f} {y:.1f}H{RIGHT:.0f}" stroke="{colour}"/><text x="{LEFT - 6:.0f}" '
            f'y="{y + 4:.1f}" text-anchor="end" fill="{style.SOFT}">{points(round(float(tick), 6))}</text>'
        )
    last = len(frame.dates) - 1
    for k in sorted({0, last // 3, 2 * last // 3, last}):
        x, anchor = float(frame.x(frame.dates[k])), {0: "start", last: "end"}.get(k, "middle")
        parts.append(
            f'<path d="M{x:.1f} {HEIGHT - BOTTOM:.0f}v5" stroke="{style.SOFT}"/><text x="{x:.0f}" '
            f'y="{HEIGHT - 8:.0f}" text-anchor="{anchor}" fill="{style.SOFT}">{day(frame.dates[k])}</text>'
        )
    return "".join(parts)


def _events(frame: Frame, dates: Sequence[np.datetime64]) -> str:
    """Dashed lines with numbers; numbers that would meet are written as one, "2-3"."""
    parts, groups = [], list[tuple[float, list[int]]]()
    for number, when in enumerate(dates, start=1):
        x = float(frame.x(when))
        parts.append(
            f'<path d="M{x:.1f} {TOP - 6:.0f}V{HEIGHT - BOTTOM:.0f}" stroke="{style.SOFT}" '
            'stroke-dasharray="3 3"/>'
        )
        if groups and x - groups[-1][0] < 2 * SIZE:
            groups[-1][1].append(number)
        else:
            groups.append((x, [number]))
    for x, members in groups:
        said = f"{members[0]}" if len(members) == 1 else f"{members[0]}-{members[-1]}"
        parts.append(f'<text x="{x:.1f}" y="{TOP - 10:.0f}" fill="{style.INK}">{said}</text>')
    return "".join(parts)


def _line(place: Place, one: Curve) -> str:
    offset, dash = place.look.dash
    dashes = f' stroke-dasharray="{" ".join(f"{20 * d:.0f}" for d in dash)}"' if dash else ""
    # In columns, for the browser has letters that the fonts of figures lack.
    name = shortened(place.label, COLUMNS)
    narrow = columns_of(name) > COLUMNS - 4
    fitted = f' textLength="{NAMES - 10:.0f}" lengthAdjust="spacingAndGlyphs"' if narrow else ""
    x, y = RIGHT + LEADER, one.label + 4
    assert offset == 0
    return (
        f'<path class="line" d="{one.line}" transform="scale(.1)" fill="none" stroke="{place.look.line}" '
        f'stroke-width="22"{dashes}/>'
        f'<path class="leader" d="{one.leader}" fill="none" stroke="{place.look.line}"/>'
        f'<g class="label" transform="translate({x:.0f} {y:.1f})" fill="{place.look.text}">'
        f'<text font-weight="bold"{fitted}>{escape(name)}</text>'
        f'<text class="value" x="{NAMES:.0f}">{escape(one.value)}</text></g>'
    )
