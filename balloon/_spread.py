"""A number over replicates, and how it is written in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FEW = 20
"""Of fewer runs the 90 % range is rough: of ten normal values it holds 76 % of all, of twenty 82 %."""
ALL = 5
"""Of fewer runs the range is that from the lowest to the highest, and that all agree may be chance: signs
of four do one time in eight."""


class Spread(NamedTuple):
    """Median and 90 % range over replicates; of fewer than `ALL`, the lowest and the highest."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Spread:
        """Of one number per replicate."""
        numbers = np.asarray(values, float)
        ends = (0.05, 0.95) if numbers.size >= ALL else (0.0, 1.0)
        return cls(*(float(q) for q in np.quantile(numbers, (ends[0], 0.5, ends[1]))))

    @property
    def clear(self) -> bool:
        """Whether the range keeps clear of zero."""
        return self.low > 0 or self.high < 0

    @property
    def size(self) -> Spread:
        """Without its sign, where the range lies below zero."""
        return Spread(-self.high, -self.middle, -self.low) if self.high <= 0 else self


def rough(runs: int) -> str:
    """What is to be said of the 90 % range of so few runs.

    Examples
    --------
    >>> rough(19), rough(20)
    ('Fewer than 20 runs: the 90% range is rough.', '')
    """
    return f"Fewer than {FEW} runs: the 90% range is rough." if runs < FEW else ""


def range_of(pairs: int) -> str:
    """What the range of so many pairs of runs is.

    Examples
    --------
    >>> range_of(2), range_of(20)
    ('range of all 2 pairs', '90% range')
    """
    return "90% range" if pairs >= ALL else f"range of all {pairs} pairs"


def counted(count: int, noun: str) -> str:
    """How many of what.

    Examples
    --------
    >>> counted(1, "run"), counted(20, "run")
    ('1 run', '20 runs')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")


def in_percent(share: float) -> str:
    """A share in percent, without the sign.

    Examples
    --------
    >>> in_percent(0.123), in_percent(0.0123), in_percent(-0.0001)
    ('12', '1.2', '0.0')
    """
    digits = 0 if abs(share) >= 0.0995 else 1
    return f"{round(100 * share, digits) + 0.0:.{digits}f}"


def percent(share: float) -> str:
    """A share in percent.

    Examples
    --------
    >>> percent(0.123), percent(0.0123)
    ('12%', '1.2%')
    """
    return f"{in_percent(share)}%"


def points(change: float) -> str:
    """A change of a share in points.

    Examples
    --------
    >>> points(0.0123), points(-0.0001)
    ('+1.2', '0')
    """
    text = f"{100 * change:+.1f}"
    return "0" if text in ("+0.0", "-0.0") else text


def whole(number: float) -> str:
    """A count, or the median of counts.

    Examples
    --------
    >>> whole(1234.0), whole(-0.2)
    ('1,234', '0')
    """
    return f"{round(number) + 0:,d}"
