"""Flows: where the same actors were at the reference date, and where they are at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from balloon.plots import style
from balloon.plots.lettering import day, shorten, width
from balloon.plots.ranges import percent
from balloon.plots.reading import read
from balloon.plots.style import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from balloon.plots.reading import Place, Reading
    from balloon.runs import Runs

NAME, NUMBER, DATE = 9.0, 8.5, 8.8  # font sizes, points
NAME_ROOM, PITCH, GAP = 92.0, 11.8, 7.0  # points: widest name, pitch of names, between blocks
BLOCK = 0.05  # width of a block, of the axes
LEADER, SIDE = 8.0, 11.0  # points: from block to name, pitch of the lines under the blocks
NONE = 5e-4  # share of the actors below which nothing is drawn
STRONG, MOVED, KEPT = 0.62, 0.30, 0.16  # alpha: left the squeezed platform, other moves, stayed


def actor_flows(runs: Runs, *, ax: Axes) -> Axes:
    """Draw where the same actors were at the reference date and where they are at the end.

    Blocks are shares of all actors, mean of the replicates (means add up, medians do not). Ribbons
    out of the squeezed platform stand out, with the share of its actors in percent where it fits.
    Names stand on both sides of the axes, dates below: leave room there.

    Parameters
    ----------
    runs : Runs
        Its ``joint`` is drawn: followed persons, never summed weekly moves.
    ax : Axes
        Drawn on, and returned.
    """
    return draw_flows(ax, read(runs))


def draw_flows(ax: Axes, reading: Reading) -> Axes:
    """Draw from numbers already read."""
    sides = [day(reading.reference_date)], [day(reading.end)]
    return draw_joint(ax, reading.places, reading.joint, sides=sides)


def draw_joint(
    ax: Axes,
    places: Sequence[Place],
    joint: NDArray[np.float64],
    *,
    sides: tuple[Sequence[str], Sequence[str]],
) -> Axes:
    """Draw who is where on the left and on the right.

    Parameters
    ----------
    places : sequence of K Place
        The squeezed platform first.
    joint : (R, K, K) array
        Shares of all actors: place on the left x place on the right.
    sides : pair of sequences of str
        Lines under the left and under the right blocks.
    """
    mean = _visible(joint)
    height = style.size_of(ax)[1]
    before, after = mean.sum(axis=1), mean.sum(axis=0)
    blocks = max(np.count_nonzero(before), np.count_nonzero(after))
    share = 1.0 / max(height - GAP * (blocks - 1), 1.0)  # of one point
    tops = _tops(before, gap=GAP * share), _tops(after, gap=GAP * share)
    ax.set_xlim(0, 1)
    ax.set_ylim(-GAP * share * (blocks - 1), 1.0)
    ax.axis("off")
    _draw_ribbons(ax, mean, tops, places, total=float(joint.mean(axis=0)[0].sum()), share=share)
    for side, sizes in enumerate((before, after)):
        _draw_blocks(ax, sizes, tops[side], places, side=side, share=share)
        for number, line in enumerate(sides[side]):
            ax.annotate(
                line,
                (side, 0),
                (0, -8 - SIDE * number),
                xycoords="axes fraction",
                textcoords="offset points",
                ha=("left", "right")[side],
                va="top",
                fontsize=DATE,
                color=style.SOFT,
                parse_math=False,
                annotation_clip=False,
            )
    return ax


def _visible(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the runs, without what is too small to be drawn."""
    mean = joint.mean(axis=0)
    return np.asarray(np.where(mean >= NONE, mean, 0.0))


def _tops(sizes: NDArray[np.float64], *, gap: float) -> NDArray[np.float64]:
    """Upper edge of each block, the first at 1; empty blocks take no room."""
    steps = np.where(sizes > 0, sizes + gap, 0.0)
    return np.asarray(1.0 - np.concatenate([[0.0], np.cumsum(steps)[:-1]]))


def _draw_ribbons(
    ax: Axes,
    joint: NDArray[np.float64],
    tops: tuple[NDArray[np.float64], NDArray[np.float64]],
    places: Sequence[Place],
    *,
    total: float,
    share: float,
) -> None:
    """Draw the squeezed platform's ribbons last, with their shares of its ``total`` at their start."""
    left = tops[0][:, None] - np.cumsum(joint, axis=1) + joint
    right = tops[1][None, :] - np.cumsum(joint, axis=0) + joint
    for i in reversed(range(len(joint))):
        for j in range(len(joint)):
            size = float(joint[i, j])
            if size == 0:
                continue
            alpha = KEPT if i == j else (STRONG if i == 0 else MOVED)
            patch = PathPatch(
                _ribbon(float(left[i, j]), float(right[i, j]), size),
                fc=places[i].look.line,
                ec="none",
                alpha=alpha,
                zorder=2 if i == 0 else 1,
            )
            ax.add_patch(patch)
            if i == 0 and size >= (NUMBER + 1) * share:
                text = percent(size / total) + (" stay" if j == 0 else "")
                half = (width(text, size=NUMBER, bold=True) / 2 + 4) / style.size_of(ax)[0]
                ax.annotate(
                    text,
                    (BLOCK + half, _height_at(half, float(left[i, j]), float(right[i, j])) - size / 2),
                    ha="center",
                    va="center",
                    fontsize=NUMBER,
                    fontweight="bold",
                    color=style.INK,
                    zorder=4,
                    parse_math=False,
                )


def _ribbon(left: float, right: float, size: float) -> Path:
    """A band from a height on the left to one on the right, both of them its upper edge."""
    start, end, middle = BLOCK, 1 - BLOCK, 0.5
    corners = [
        (start, left),
        (middle, left),
        (middle, right),
        (end, right),
        (end, right - size),
        (middle, right - size),
        (middle, left - size),
        (start, left - size),
        (start, left),
    ]
    curve = [Path.CURVE4] * 3
    return Path(corners, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _height_at(x: float, left: float, right: float) -> float:
    """Height of a ribbon's edge at a distance ``x`` from its start, axes widths.

    The curve has the control points of `_ribbon`: x = 3/2 s (1 - s) + s^3 and height
    left + (right - left) (3 s^2 - 2 s^3) for s from 0 to 1, so s follows from x by interpolation.
    """
    s = np.linspace(0, 1, 201)
    along = (1 - 2 * BLOCK) * (1.5 * s * (1 - s) + s**3)
    return float(np.interp(x, along, left + (right - left) * (3 * s**2 - 2 * s**3)))


def _draw_blocks(
    ax: Axes,
    sizes: NDArray[np.float64],
    tops: NDArray[np.float64],
    places: Sequence[Place],
    *,
    side: int,
    share: float,
) -> None:
    """Blocks of one side and their names."""
    here = np.flatnonzero(sizes)
    low, high = ax.get_ylim()
    middles = tops[here] - sizes[here] / 2
    at = spread(middles, gap=PITCH * share, low=low + PITCH / 2 * share, high=high - PITCH / 2 * share)
    sign = (-1, 1)[side]
    for k, middle, y in zip(here.tolist(), middles.tolist(), at.tolist(), strict=True):
        look = places[k].look
        edge = side * (1 - BLOCK)
        ax.add_patch(Rectangle((edge, tops[k] - sizes[k]), BLOCK, sizes[k], color=look.line, lw=0, zorder=3))
        shift = (y - middle) / share
        if abs(shift) > 1:
            ax.annotate(
                "",
                (side, middle),
                (sign * (LEADER - 1.5), shift),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": look.line, "lw": 0.7, "shrinkA": 0, "shrinkB": 0},
                annotation_clip=False,
            )
        ax.annotate(
            flow_name(places[k]),
            (side, middle),
            (sign * LEADER, shift),
            textcoords="offset points",
            ha=("right", "left")[side],
            va="center",
            fontsize=NAME,
            fontweight="bold",
            color=look.text,
            parse_math=False,
            annotation_clip=False,
        )


def flow_label(place: Place) -> str:
    """Name of a place where room is short: "removed" without the word that explains it."""
    return place.label if place.members != ("removed",) else "removed"


def flow_name(place: Place) -> str:
    """Name of a place beside its block."""
    return shorten(flow_label(place), room=NAME_ROOM, size=NAME, bold=True)


def name_widths(places: Sequence[Place], joint: NDArray[np.float64]) -> tuple[float, float]:
    """Room that the names need to the left and to the right of the axes, points."""
    mean = _visible(joint)
    left, right = (
        max(
            (width(flow_name(places[k]), size=NAME, bold=True) for k in np.flatnonzero(sizes).tolist()),
            default=0.0,
        )
        for sizes in (mean.sum(axis=1), mean.sum(axis=0))
    )
    return left + LEADER, right + LEADER
