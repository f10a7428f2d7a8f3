"""Text at a place of the axes, shifted by points, so that what was measured in points stays apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balloon.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

    Coordinates = str | Transform | tuple[str | Transform, str | Transform]


def mark(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float] = (0.0, 0.0),
    *,
    size: float,
    color: str = style.INK,
    coords: Coordinates = "data",
    bold: bool = False,
    **more: Any,
) -> None:
    """Write one line; names are letters, never mathematics.

    Parameters
    ----------
    at : (float, float)
        In ``coords``.
    shift : (float, float)
        From there, points.
    """
    if text:
        how = {"va": "center", "annotation_clip": False, "parse_math": False, **more}
        ax.annotate(
            text,
            at,
            shift,
            xycoords=coords,
            textcoords="offset points",
            fontsize=size,
            fontweight="bold" if bold else "normal",
            color=color,
            **how,
        )
