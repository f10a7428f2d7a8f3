"""Where the circles and arrows of the landscape go; nothing here depends on chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LARGEST, STEEP, APART = 58.0, 36.0, 26.0
"""Points: radius of a circle at the side, of one above or below, at most; room between two, at least."""
BEND, MOST_BENT, START, STOP = 0.16, 44.0, 2.0, 4.0
"""How far an arrow bends, of its length, and in points at most; points from the circles to its ends."""


def centres(number: int, *, width: float, height: float) -> Floats:
    """Centres on an oval of so many points: the first at the left, the others clockwise.

    Returns
    -------
    (K, 2) float array
        From the middle of the oval, up is positive. A single one is in the middle.

    Examples
    --------
    >>> centres(4, width=200.0, height=100.0).tolist()
    [[-100.0, 0.0], [0.0, 50.0], [100.0, 0.0], [0.0, -50.0]]
    """
    if number == 1:
        return np.zeros((1, 2))
    angle = np.pi - 2 * np.pi * np.arange(number) / number
    # An odd number leaves room at the right.
    across = 2 * (np.cos(angle) + 1) / (np.cos(angle).max() + 1) - 1
    return np.round(np.column_stack([width / 2 * across, height / 2 * np.sin(angle)]), 9)


def is_steep(at: Floats, *, width: float) -> NDArray[np.bool_]:
    """(K,) whether a circle's name stands above or below it, not beside it."""
    return np.asarray(np.abs(at[:, 0]) < 0.35 * width) & (np.abs(at[:, 1]) > 0)


def radii(shares: ArrayLike, at: Floats, *, width: float) -> float:
    """Radius of a circle of all actors, such that no two circles come near each other.

    A circle of a share of the actors has the square root of that share times it as its radius.

    Parameters
    ----------
    shares : (K,) array
        The largest share that is drawn of each.
    at : (K, 2) float array
        Centres, points.
    width : float
        Of the oval, points.
    """
    root = np.sqrt(np.asarray(shares, dtype=float))
    scale = float((np.where(is_steep(at, width=width), STEEP, LARGEST) / np.maximum(root, 1e-9)).min())
    for k in range(len(root)):
        for other in range(k):
            free = max(float(np.hypot(*(at[k] - at[other]))) - APART, 1.0)  # of axes too small for it
            scale = min(scale, free / max(float(root[k] + root[other]), 1e-9))
    return scale


def curve(start: Floats, end: Floats, *, leave: float, reach: float) -> Floats:
    """An arc from one circle to another, bent to the left of its way, so that two ways stay apart.

    Parameters
    ----------
    start, end : (2,) float array
        Centres.
    leave, reach : float
        Radii of the two circles.

    Returns
    -------
    (n, 2) float array
        Points between the circles.
    """
    way = end - start
    by = min(BEND, MOST_BENT / float(np.hypot(*way)))
    bend = (start + end) / 2 + by * np.array([-way[1], way[0]])
    t = np.linspace(0, 1, 201)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    outside = (np.hypot(*(points - start).T) >= leave + START) & (np.hypot(*(points - end).T) >= reach + STOP)
    return np.asarray(points[outside])


def band(points: Floats, width: float) -> Floats:
    """Outline of an arrow of a width along points, its head at the last one.

    Returns
    -------
    (n, 2) float array
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    head = min(max(5.0, 0.9 * width), 0.5 * along[-1])
    shaft = points[along <= along[-1] - head]
    if len(shaft) < 2:
        shaft = points[:2]
    step = np.gradient(shaft, axis=0)
    side = np.column_stack([-step[:, 1], step[:, 0]]) / np.maximum(np.hypot(*step.T), 1e-12)[:, None]
    wide = max(3.0, 0.9 * width)
    left, right = shaft + width / 2 * side, shaft - width / 2 * side
    wings = shaft[-1] + wide * side[-1], shaft[-1] - wide * side[-1]
    return np.vstack([left, wings[0], points[-1], wings[1], right[::-1]])
