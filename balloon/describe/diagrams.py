"""Three diagrams as SVG: a step, the landscape, the calendar of interventions. Written, not plotted."""

from __future__ import annotations

import math
import unicodedata
from html import escape
from typing import TYPE_CHECKING

from balloon.describe.blocks import Drawing, listed, number, one_line
from balloon.describe.theory import PHASES

if TYPE_CHECKING:
    from balloon.interventions import Intervention
    from balloon.landscape import Landscape
    from balloon.scenario import Scenario

WIDTH = 720.0
LINE = 26.0
FONT = 13.0
INK, SOFT, FILL = "#1a1a1a", "#767676", "#dbe7f3"
LONGEST = 26
"""Letters of a label; the whole name stands in the tables."""


def schedule() -> Drawing:
    """The six parts of a step, in their order, and the way back to the first."""
    boxes, gap, high = len(PHASES), 12.0, 44.0
    wide = (WIDTH - gap * (boxes - 1)) / boxes
    parts = []
    for k, phase in enumerate(PHASES):
        x = k * (wide + gap)
        parts.append(_rect(x, 8, wide, high))
        parts.append(_text(x + wide / 2, 26, f"({phase.letter})", anchor="middle"))
        parts.append(_text(x + wide / 2, 43, phase.name, anchor="middle", size=10))
        if k:
            parts.append(_line(x - gap, 8 + high / 2, x, 8 + high / 2, arrow=True))
    low, middle = 8 + high, wide / 2
    back = f"M {WIDTH - middle:.1f} {low:.1f} v 18 H {middle:.1f} v -18"
    parts.append(f'<path d="{back}" fill="none" stroke="{SOFT}" marker-end="url(#balloon-tip)"/>')
    parts.append(
        _text(WIDTH / 2, low + 34, "next step: beliefs and counts are seen", anchor="middle", size=11)
    )
    alt = (
        "Diagram of a step: "
        + ", then ".join(f"({p.letter}) {p.name.lower()}" for p in PHASES)
        + "; then the next step."
    )
    return _svg(parts, low + 42, alt)


def landscape(world: Landscape) -> Drawing:
    """The platforms on a ring, and the ways between them."""
    names = world.names
    radius = max(90.0, 15.0 * len(names))
    height = 2 * radius + 80
    cx, cy = WIDTH / 2, height / 2
    angles = [2 * math.pi * k / len(names) - math.pi / 2 for k in range(len(names))]
    at = {
        name: (cx + radius * math.cos(a), cy + radius * math.sin(a))
        for name, a in zip(names, angles, strict=True)
    }
    parts = []
    if world.edges is None:
        for k, a in enumerate(names):
            parts += [_line(*at[a], *at[b]) for b in names[k + 1 :]]
        ways = "Every platform can be reached from every other one at friction 1."
    else:
        parts += [_way(*at[e.origin], *at[e.destination]) for e in world.edges]
        shown = [f"{e.origin} to {e.destination} {number(e.friction)}" for e in world.edges]
        ways = f"Ways and their friction: {listed(shown)}."
    for name, angle in zip(names, angles, strict=True):
        x, y = at[name]
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{FILL}" stroke="{INK}"/>')
        side = math.cos(angle)
        anchor = "middle" if abs(side) < 0.2 else "start" if side > 0 else "end"
        dx = 0.0 if anchor == "middle" else math.copysign(13.0, side)
        dy = 4.5 if anchor != "middle" else math.copysign(18.0, math.sin(angle)) + 4.5
        parts.append(_text(x + dx, y + dy, _short(name), anchor=anchor))
    return _svg(parts, height, f"Landscape of {listed(names)}. {ways}")


def calendar(scenario: Scenario) -> Drawing:
    """A row for each intervention, a bar from its start to its end."""
    left, right = 250.0, WIDTH - 10.0
    days = max((scenario.end - scenario.start).days, 1)
    rows = scenario.interventions
    height = LINE * (len(rows) + 2)

    def x(day: int) -> float:
        return left + (right - left) * min(max(day / days, 0.0), 1.0)

    parts = [_line(left, LINE, right, LINE)]
    for when, anchor in ((scenario.start, "start"), (scenario.end, "end")):
        parts.append(
            _text(left if anchor == "start" else right, LINE - 7, when.isoformat(), anchor=anchor, size=11)
        )
    for k, one in enumerate(rows):
        y = LINE * (k + 1) + 6
        start = x((one.start - scenario.start).days)
        stop = x((one.until - scenario.start).days) if one.until else right
        at_once = one.kind == "announcement"
        parts.append(_text(left - 10, y + 13, _short(_named(one)), anchor="end"))
        parts.append(_rect(start, y + 2, 4.0 if at_once else max(stop - start, 4.0), LINE - 10))
        beside = start + 9 if at_once else start + 4
        end = beside > (left + right) / 2 + 100
        parts.append(
            _text(
                start - 4 if end else beside, y + 13, one.start.isoformat(), anchor="end" if end else "start"
            )
        )
    said = listed(
        [f"{_named(one)} from {one.start}" + (f" to {one.until}" if one.until else "") for one in rows]
    )
    return _svg(parts, height, f"Calendar of interventions: {said}.")


def _named(one: Intervention) -> str:
    return one.label or f"{one.kind}, {listed(one.targets, 'all platforms')}"


def _short(text: str) -> str:
    """A label that fits: wide letters, as of Korean, count twice."""
    said, room = "", LONGEST
    for c in one_line(text):
        room -= 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if room < 0:
            return said + "…"
        said += c
    return said


def _svg(parts: list[str], height: float, alt: str) -> Drawing:
    tip = (
        '<defs><marker id="balloon-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{INK}"/></marker></defs>'
    )
    said = escape(one_line(alt))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:.0f}" width="{WIDTH:g}" '
        f'role="img" aria-label="{said}" font-family="sans-serif">{tip}{"".join(parts)}</svg>'
    )
    return Drawing(svg, alt)


def _rect(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{FILL}" '
        f'stroke="{SOFT}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, arrow: bool = False) -> str:
    tip = ' marker-end="url(#balloon-tip)"' if arrow else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{SOFT}"{tip}/>'


def _way(x1: float, y1: float, x2: float, y2: float) -> str:
    """An arrow that ends at the rim of the platform."""
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    back = 9.0 / length
    return _line(x1, y1, x2 - (x2 - x1) * back, y2 - (y2 - y1) * back, arrow=True)


def _text(x: float, y: float, said: str, *, anchor: str = "start", size: float = FONT) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{INK}">'
        f"{escape(said)}</text>"
    )
