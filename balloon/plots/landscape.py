"""The landscape as a map: how large each platform is, how it answers the police, and who moves where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Circle, Polygon, Rectangle

from balloon.plots import style
from balloon.plots.landscape_layout import LARGEST, STEEP, band, centres, curve, is_steep, radii
from balloon.plots.landscape_words import landscape_caption
from balloon.plots.lettering import shorten
from balloon.plots.marks import mark
from balloon.plots.page import HEADING, MARGIN, PITCH, ROOM, WIDTH, Briefing, Words, add_box, new_page, write
from balloon.plots.ranges import Range, percent, ranged
from balloon.plots.reading import Reading, membership, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.plots.reading import Place
    from balloon.runs import Runs
    from balloon.scenario import Scenario

    Floats = NDArray[np.float64]

# All in points.
HIGH, KEY, LINE, NAME, SMALL = 400.0, 40.0, 11.6, 9.8, 8.5
NAME_ROOM, BESIDE, WIDEST, LEAST = 122.0, 6.0, 22.0, 0.4
TOGETHER = 160.0
"""Points: width of all arrows together, at most."""
FULL = 0.1
"""Moves, as a share of all actors, from which on the widest arrow is as wide as it gets."""
READ = (
    "Area: share of all actors; arrows: moves between platforms{and_dormancy}; darker: answers more requests"
)
HATCH = "////"
"""Of dormancy, which answers nobody."""
DARK = "#08415C"
"""Ground of a platform that answers all requests; white: of one that answers none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Map:
    """Numbers of the figure: K places, the squeezed platform first, small ones as one, dormancy last."""

    reading: Reading
    """Its ``places`` and ``shares`` without removed, and without dormant where nobody goes or comes back."""
    moves: Floats
    """(R, K, K) moves between the places from the reference date to the end, as a share of all actors."""
    cooperation: Floats
    """Share of requests that each platform answers at the end: mean over groups, by size, and over runs."""
    ways: tuple[tuple[int, int], ...]
    """Pairs between which the landscape has an edge; none where every platform leads to every other."""

    @property
    def mean_moves(self) -> Floats:
        """(K, K) mean over the runs."""
        return np.asarray(self.moves.mean(axis=0))

    @property
    def platforms(self) -> int:
        """Number of platforms: dormancy, where it is drawn, is the place after them."""
        return len(self.cooperation)

    @property
    def dormancy(self) -> bool:
        """Whether it is drawn as a place."""
        return len(self.reading.places) > self.platforms


def landscape_map(runs: Runs, *, ax: Axes) -> Axes:
    """Draw the platforms, and dormancy where actors go through it, as circles and the moves as arrows.

    The area of a circle is the platform's share of all actors at the end, the median of the runs; a dashed
    ring, at the scenario's reference date. Darker: the platform answers more of the requests of the police.
    The width of an arrow is the number of moves from the reference date to the end, the mean of the runs;
    those out of the squeezed platform are dark. Thin lines are the ways of a landscape that has its own.
    Who is dormant between two platforms makes two moves, into dormancy and out of it; arrests are no moves.
    The places stand on an oval, the squeezed platform at the left, the others clockwise in the scenario's
    order, dormancy last; a key stands below. The axes should be 700 points wide or more, and 350 high.

    Parameters
    ----------
    runs : Runs
        Its ``moves`` are drawn: every move counts, so one actor may move more than once.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_map(ax, read_map(runs))


def landscape_figure(runs: Runs) -> Briefing:
    """Compose the map of the landscape; see `landscape_map`.

    Returns
    -------
    Briefing
        A matplotlib Figure; ``.caption`` holds its title, subtitle, footer, alt text and provenance.

    Examples
    --------
    >>> import balloon as bl
    >>> figure = landscape_figure(bl.simulate(bl.load("minimal"), replicates=20, seed=1))
    >>> figure.caption.title.partition(":")[0]
    'The largest stream of moves leads from Telegram to dormancy'
    """
    with style.look():
        found = read_map(runs)
        words = landscape_caption(found)
        text = Words.of(words)
        top = text.above + PITCH * HEADING + 6
        figure = new_page(words, text, width=WIDTH, height=top + HIGH + text.below)
        reads = READ.format(and_dormancy=", and through dormancy" if found.dormancy else "")
        write(figure, [reads], left=MARGIN, top=text.above, size=HEADING, color=style.SOFT)
        draw_map(add_box(figure, left=MARGIN, top=top, width=ROOM, height=HIGH), found)
        return figure


def read_map(runs: Runs) -> Map:
    """Take from the runs what the figure needs."""
    reading, data = read(runs), runs.data
    moves = _moves(runs, reading)
    drawn = len(reading.places) - (1 if moves[:, -2].any() or moves[:, :, -2].any() else 2)
    member = membership(reading.scenario.platforms, reading.places)[:-2, :-2]
    by_group = data["actors_by_group"].isel(time=0).sum("place").transpose("replicate", "group").values
    answered = data["cooperation"].isel(time=-1).transpose("replicate", "group", "platform").values
    weights = by_group / by_group.sum(axis=1, keepdims=True)
    by_platform = np.einsum("rgp,rg->p", answered, weights) / len(weights)
    return Map(
        reading=replace(reading, places=reading.places[:drawn], shares=reading.shares[:, :, :drawn]),
        moves=moves[:, :drawn, :drawn],
        cooperation=by_platform @ (member / member.sum(axis=0)),
        ways=_ways(reading.scenario, reading.places[:-2]),
    )


def _moves(runs: Runs, reading: Reading) -> Floats:
    """(R, K, K) since the reference date, between all places: those of the arrested are none."""
    moves = runs.data["moves"].isel(time=slice(reading.reference + 1, None)).sum("time")
    counts = moves.transpose("replicate", "origin", "destination").values
    total = runs.data["actors"].isel(time=0).sum("place").values
    member = membership(reading.scenario.platforms, reading.places)
    between = member.T @ (counts / total[:, None, None]) @ member
    between[:, np.arange(len(reading.places)), np.arange(len(reading.places))] = 0.0
    between[:, -1] = between[:, :, -1] = 0.0
    return np.asarray(between)


def _ways(scenario: Scenario, places: Sequence[Place]) -> tuple[tuple[int, int], ...]:
    """Edges of a landscape that has its own, between places as drawn."""
    if scenario.landscape.edges is None:
        return ()
    number = {name: k for k, place in enumerate(places) for name in place.members}
    graph = scenario.landscape.to_networkx()
    pairs = {(number[a], number[b]) for a, b in graph.edges}
    return tuple(sorted((a, b) for a, b in pairs if a != b))


# ---- drawing -----------------------------------------------------------------------------------


def draw_map(ax: Axes, found: Map) -> Axes:
    """Draw from numbers already read."""
    wide, high = style.size_of(ax)
    ax.set_xlim(-wide / 2, wide / 2)
    ax.set_ylim(-high / 2 - KEY / 2, high / 2 - KEY / 2)
    ax.axis("off")
    before, after = _shares(found)
    number = len(after)
    names = NAME_ROOM + BESIDE + LARGEST
    oval, room = max(wide - 2 * names, wide / 4), 3 * LINE + BESIDE + STEEP + 4
    at = centres(number, width=oval, height=max(high - KEY - 2 * room, high / 4))
    most = np.maximum(before, after)
    scale, steep = radii(most, at, width=oval), is_steep(at, width=oval)
    for a, b in found.ways:
        ax.plot(*zip(at[a], at[b], strict=True), color=style.GRID, lw=0.8, zorder=0)
    _draw_arrows(ax, found, at, scale * np.sqrt(most))
    for k in range(number):
        look = {"fc": style.WHITE, "ec": found.reading.places[k].look.line, "hatch": HATCH}
        if k < found.platforms:
            look = {"fc": _ground(float(found.cooperation[k])), "ec": style.INK}
        ax.add_patch(Circle(at[k], scale * np.sqrt(after[k]), lw=1.0, zorder=3, **look))
        for colour, width, dash in ((style.WHITE, 2.0, "-"), (style.INK, 1.0, (0, (3, 2)))):
            ring = {"fc": "none", "ec": colour, "lw": width, "ls": dash}
            ax.add_patch(Circle(at[k], scale * np.sqrt(before[k]), zorder=4, **ring))
        _name(ax, found, k, at[k], float(scale * np.sqrt(most[k])), steep=bool(steep[k]))
    _draw_key(ax, scale, per_point(found), low=-high / 2 - KEY / 2)
    return ax


def _shares(found: Map) -> tuple[Floats, Floats]:
    """(K,) medians at the reference date and at the end."""
    shares = found.reading.shares
    return np.median(shares[:, found.reading.reference], axis=0), np.median(shares[:, -1], axis=0)


def _ground(answered: float) -> str:
    return style.blend(DARK, answered)


def per_point(found: Map) -> float:
    """Width of an arrow in points of all actors moving once."""
    mean = found.mean_moves
    return min(WIDEST / max(float(mean.max()), FULL), TOGETHER / max(float(mean.sum()), FULL))


def _draw_arrows(ax: Axes, found: Map, at: Floats, reach: Floats) -> None:
    widths = per_point(found) * found.mean_moves
    for a, b in np.argwhere(widths >= LEAST).tolist():
        points = curve(at[a], at[b], leave=float(reach[a]), reach=float(reach[b]))
        ground = style.blend(style.INK, 0.72 if a == 0 else 0.36)
        width = float(widths[a, b])
        edge = 0.5 if width > 2 else 0.0
        patch = Polygon(band(points, width), closed=True, fc=ground, ec=style.WHITE, lw=edge)
        patch.set(zorder=2 if a == 0 else 1, gid=f"moves {a} {b}")
        ax.add_patch(patch)


def _name(ax: Axes, found: Map, k: int, at: Floats, radius: float, *, steep: bool) -> None:
    """Name, share and cooperation, on the outer side of the circle."""
    reading, single = found.reading, found.reading.replicates == 1
    place = reading.places[k]
    end = ranged(Range.of(reading.shares[:, -1, k]), single=single)
    said = f"answers {percent(float(found.cooperation[k]))}" if k < found.platforms else "on no platform"
    lines = (
        (shorten(place.label, room=NAME_ROOM, size=NAME, bold=True), NAME, place.look.text, True),
        (end, SMALL, style.INK, False),
        (said, SMALL, style.SOFT, False),
    )
    side = "center" if steep else "left" if at[0] > 0 else "right"
    x = 0.0 if steep else (radius + BESIDE) * (1 if at[0] > 0 else -1)
    top = LINE
    if steep:
        top = radius + BESIDE + 2.5 * LINE if at[1] > 0 else -radius - BESIDE - LINE / 2
    for number, (text, size, colour, bold) in enumerate(lines):
        mark(ax, text, (at[0], at[1]), (x, top - LINE * number), size=size, color=colour, bold=bold, ha=side)


def _draw_key(ax: Axes, scale: float, width: float, *, low: float) -> None:
    """A circle, a ring, an arrow and the grounds, with what they stand for."""
    share = next((s for s in (0.2, 0.1, 0.05, 0.02) if scale * np.sqrt(s) <= KEY / 2 - 2), 0.01)
    radius, y = float(scale * np.sqrt(share)), low + KEY / 2
    x = -ax.get_xlim()[1] + radius + 2
    ax.add_patch(Circle((x, y), radius, fc=style.WHITE, ec=style.INK, lw=1.0))
    texts = [(x + radius + BESIDE, f"{percent(share)} of actors; dashed: at the reference date")]
    moves = next((m for m in (0.2, 0.1, 0.05, 0.02, 0.01) if m * width <= 14), 0.005)
    x = -100.0
    arrow = band(np.array([[x, y], [x + 20, y], [x + 44, y]]), moves * width)
    ax.add_patch(Polygon(arrow, closed=True, fc=style.blend(style.INK, 0.72), ec="none"))
    texts.append((x + 44 + BESIDE, f"{percent(moves).removesuffix('%')} moves per 100 actors"))
    x = 150.0
    for number in range(5):
        square = Rectangle((x + 16 * number, y - 6), 16, 12, fc=_ground(number / 4), ec=style.INK, lw=0.6)
        ax.add_patch(square)
    texts.append((x + 80 + BESIDE, "answers 0% to 100% of requests"))
    for left, said in texts:
        mark(ax, said, (left, y), size=SMALL, color=style.SOFT)
