"""Medians with their ranges, and how shares and changes are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from balloon.plots.style import quantiles

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Range(NamedTuple):
    """Median over the replicates, and the 5 % and 95 % quantiles around it."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Range:
        """Range of one number per replicate."""
        return cls(*(float(q) for q in quantiles(values, (0.05, 0.5, 0.95))))


def percent(share: float) -> str:
    """A share as a reader writes it.

    Examples
    --------
    >>> percent(0.374), percent(0.0042), percent(0.0), percent(0.0002), percent(0.998)
    ('37%', '0.4%', '0%', '<0.1%', '99.8%')
    """
    return f"{_number(share)}%"


def _number(share: float) -> str:
    """Percent; 0 and 100 are kept for exactly none and all."""
    share = round(share, 9)
    if 0 < share < 0.0005:
        return "<0.1"
    if 0.9995 < share < 1:
        return ">99.9"
    near_an_end = 0 < share < 0.0095 or 0.995 <= share < 1
    return f"{100 * share:.1f}" if near_an_end else f"{100 * share:.0f}"


def bracket(values: Range) -> str:
    """The 90 % range from low to high, in percent, and no more digits than it needs."""
    return f"{_number(values.low)}–{_number(values.high)}"


def ranged(values: Range, *, single: bool) -> str:
    """Median and range, or the value of the single run."""
    return percent(values.middle) if single else f"{percent(values.middle)} ({bracket(values)})"


def points(change: float) -> str:
    """A change in points with its sign.

    Examples
    --------
    >>> points(0.31), points(0.004), points(0.0)
    ('+31', '+0.4', '0')
    """
    size = abs(100 * change)
    text = f"{size:.0f}" if size >= 0.95 else f"{size:.1f}"
    if float(text) == 0:
        return "0"
    return ("−" if change < 0 else "+") + text


def unsigned(change: float) -> str:
    """A size in points, without a plus.

    Examples
    --------
    >>> unsigned(0.31), unsigned(0.004)
    ('31', '0.4')
    """
    return points(change).removeprefix("+")


def moved(change: Range, *, single: bool) -> str:
    """A change in points and its range."""
    if single:
        return points(change.middle)
    return f"{points(change.middle)} ({points(change.low)} to {points(change.high)})"
