"""Colours, dashes and settings of all figures, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import colors, font_manager, style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

Dash = tuple[float, tuple[float, ...] | None]

WHITE, INK, SOFT, GRID, SHADE = "#FFFFFF", "#222222", "#5A5A5A", "#DDDDDD", "#F3EFE6"
TEXT_CONTRAST = 4.5
"""Least contrast of text with its ground: WCAG 2.2, level AA."""

# Okabe & Ito (2008) first, without their yellow and sky blue, too light for lines on white; then
# darker hues of Tol's "muted" kind. Beside each other, lines differ by dash as well, for greyscale.
_HUES = (
    ("#0072B2", ()),
    ("#D55E00", (7, 1.6)),
    ("#009E73", (1.2, 1.2)),
    ("#AA4499", (6, 1.5, 1.2, 1.5)),
    ("#A87400", (3.5, 1.2)),
    ("#882255", (9, 1.5, 1.2, 1.5, 1.2, 1.5)),
    ("#117777", (1.2, 2.6)),
    ("#5B4FC4", (5, 1.4, 2, 1.4)),
    ("#CC3377", (12, 2)),
    ("#5F6B00", (2, 2)),
    ("#7A4B2A", (9, 1.5, 3, 1.5)),
    ("#00449E", (4, 1.2, 1.2, 1.2, 1.2, 1.2)),
)
MAX_LINES = len(_HUES)


class Look(NamedTuple):
    """How one place is drawn."""

    line: str
    """Colour of the line, its ribbons and its block."""
    dash: Dash
    text: str
    """The same hue, dark enough to be read on white."""


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2, "relative luminance".

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    part = np.array(colors.to_rgb(colour))
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return round(float(linear @ np.array((0.2126, 0.7152, 0.0722))), 12)


def blend(colour: str, alpha: float, ground: str = WHITE) -> str:
    """The colour that is seen when one is laid over another.

    Examples
    --------
    >>> blend("#000000", 0.2)
    '#cccccc'
    """
    over, under = np.array(colors.to_rgb(colour)), np.array(colors.to_rgb(ground))
    return colors.to_hex(tuple(alpha * over + (1 - alpha) * under))


def readable(colour: str, ground: str = WHITE) -> str:
    """The colour itself, or as much black in it as text of this colour needs.

    Examples
    --------
    >>> readable("#0072B2"), readable("#D55E00")
    ('#0072b2', '#c25600')
    """
    black = 0.0
    while contrast(mixed := blend("#000000", black, colour), ground) < TEXT_CONTRAST:
        black += 0.01
    return mixed


def _look(line: str, dash: tuple[float, ...]) -> Look:
    return Look(line, (0.0, dash or None), readable(line))


def platform_look(number: int) -> Look:
    """Look of the n-th platform of a figure, 0 = the squeezed one."""
    return _look(*_HUES[number])


def other_look() -> Look:
    """Look of small platforms drawn as one."""
    return _look("#8C8275", (4, 2.5))


def dormant_look() -> Look:
    """Look of the actors who are nowhere."""
    return _look("#8A8A8A", (2.5, 1, 1, 1))


def removed_look() -> Look:
    """Look of the actors who were arrested."""
    return _look("#3D3D3D", (1, 0.8))


def families() -> list[str]:
    """Installed font families, best first; DejaVu Sans comes with matplotlib and is always there.

    The last ones only lend the letters that the others lack.
    """
    installed = set(font_manager.fontManager.get_font_names())
    latin = [f for f in ("Liberation Sans", "Arial", "Helvetica") if f in installed]
    wide = ("Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo", "UnDotum")
    return [*latin[:1], "DejaVu Sans", *[f for f in wide if f in installed][:1]]


def look() -> AbstractContextManager[None]:
    """The settings of all figures, whatever the user's own ones are; theirs come back afterwards."""
    settings: dict[str, Any] = {
        "font.family": families(),
        "font.size": 10,
        "text.color": INK,
        "text.parse_math": False,  # a platform may be called "$"
        "text.usetex": False,
        "text.hinting": "no_hinting",  # else widths change with the resolution
        "axes.edgecolor": SOFT,
        "axes.labelcolor": SOFT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "lines.solid_capstyle": "butt",
        "figure.facecolor": WHITE,
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "svg.fonttype": "none",
        "svg.hashsalt": "balloon",
        "pdf.fonttype": 42,
    }
    return style.context(["default", settings])


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points."""
    unit = 72.0 / ax.figure.dpi
    return ax.bbox.width * unit, ax.bbox.height * unit


def spread(wanted: ArrayLike, *, gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Positions at least ``gap`` apart, as near as can be to the wanted ones, in the same order.

    Least squares under order constraints by pooling adjacent violators (Ayer et al. 1955), so
    labels keep the order of their lines.

    Parameters
    ----------
    wanted : (n,) float array
        Where each label should be.
    gap, low, high : float
        In the unit of ``wanted``; where ``low..high`` is too short for the gaps, they shrink.

    Returns
    -------
    (n,) float array

    Examples
    --------
    >>> spread([5.0, 1.0, 5.5], gap=1.0, low=0.0, high=6.0).tolist()
    [4.75, 1.0, 5.75]
    """
    places = np.asarray(wanted, dtype=float)
    if not places.size:
        return places
    gap = min(gap, (high - low) / max(places.size - 1, 1))
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(places.size)
    level = _pooled(places[order] - steps)
    out = np.empty_like(places)
    out[order] = np.clip(level, low, max(low, high - steps[-1])) + steps
    return out


def _pooled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nearest non-decreasing sequence."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, size = value, 1
        while blocks and blocks[-1][0] > mean:
            before, number = blocks.pop()
            mean, size = (before * number + mean * size) / (number + size), number + size
        blocks.append((mean, size))
    return np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])


def quantiles(values: ArrayLike, shares: Sequence[float]) -> NDArray[np.float64]:
    """Quantiles over replicates, the first axis; one row per quantile."""
    return np.asarray(np.quantile(np.asarray(values, dtype=float), list(shares), axis=0))
