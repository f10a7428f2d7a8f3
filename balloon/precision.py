"""How many replicates are enough: add them until the interval of a mean is narrow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balloon.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

QUANTITIES = ("loss", "displaced", "deterred", "incapacitated", "refilled")
TAIL = 0.05
"""On either side of a 90 % interval."""
LEAST = 30
"""Pairs before an interval may be called narrow enough.

A rule that stops where the spread looks small stops where it is underestimated, the more so the fewer
pairs it looks at. From 30 on the spread of normal numbers is known to an eighth (1 / sqrt(2 x 29)). What the
90 % intervals of the rule hold was measured (`tests/theory/test_precision.py`): the mean in 89 to 91 of
100 cases where differences are spread evenly to both sides, in 80 to 93 where few pairs bear most of the
effect. If 2 pairs were enough: in 80 to 89, and in 68 to 92.
"""


@dataclass(frozen=True, slots=True)
class Precision:
    """A wish: the mean of a quantity of the ledger, at the end, to within ``half_width``.

    Quantities are shares of all actors: the loss of the platform, or what became of it.
    """

    quantity: str
    platform: str
    half_width: float
    """Half of the 90 % interval of the mean over replicates, in shares of all actors; 0.01 is a point."""
    max_replicates: int = 10_000

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            known = ", ".join(map(repr, QUANTITIES))
            raise EngineError(f"precision of {self.quantity!r}: there is no such quantity; there are {known}")
        if not 0 < self.half_width < math.inf:
            raise EngineError(
                f"precision: half_width is {self.half_width!r}; need a share of all actors > 0, such as 0.01"
            )
        if not 2 <= self.max_replicates < 2**32:
            raise EngineError(
                f"precision: max_replicates is {self.max_replicates!r}; "
                f"need a whole number from 2 to {2**32 - 1}"
            )

    def met_by(self, values: ArrayLike) -> bool:
        """Whether these are enough: `LEAST` or more, and their interval as narrow as wished."""
        return np.size(values) >= LEAST and half_width(values) <= self.half_width


def precision(quantity: str, *, platform: str, half_width: float, max_replicates: int = 10_000) -> Precision:
    """Ask `contrast` for a mean to within ``half_width``, by as many replicates as that takes.

    Intervals are Student's. Looking at them again and again makes the last one too narrow: Chow & Robbins
    (1965, Ann. Math. Statist. 36(2): 457-462) show that this vanishes as ``half_width`` does. `contrast`
    looks after 30 pairs at the earliest, then after batches that grow by half; measured so, a 90 % interval
    holds the mean in about 90 of 100 cases where differences are spread evenly to both sides, in as few as
    80 where one pair in twenty bears the whole effect. As long as no pair differs from another, nothing
    is known of the spread, and the interval is what so many equal pairs leave open: 299 of them for 0.01.

    Parameters
    ----------
    quantity : "loss", "displaced", "deterred", "incapacitated" or "refilled"
        Of the ledger at the end of the horizon, as a share of all actors.
    platform : str
        The squeezed platform.
    half_width : float
        Half of the 90 % interval of the mean, such as 0.01 for a point.
    max_replicates : int
        Stop there in any case; the result says if it was too soon, as fewer than 30 always are.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> wish = precision("displaced", platform="Telegram", half_width=0.01, max_replicates=200)
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=10, until=wish)
    >>> effect.reached.enough
    True
    """
    return Precision(quantity, platform, half_width, max_replicates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a wish for precision took."""

    wish: Precision
    replicates: int
    """Pairs of runs that it took."""
    mean: float
    """Of the quantity, share of all actors."""
    half_width: float
    """Half of its 90 % interval."""
    enough: bool
    """Whether the interval is as narrow as was wished, of `LEAST` pairs or more."""
    alike: bool
    """Whether no pair differs from another in the quantity."""
    saved: float
    """How many times as many replicates independent seeds would have needed, for the platform's loss:
    variance of differences between worlds of different luck over that of pairs; measured."""

    def __str__(self) -> str:
        w, verdict, known = self.wish, "", ""
        if self.half_width > w.half_width:
            verdict = f", wider than the {w.half_width:.2g} that was asked for"
        elif not self.enough:
            verdict = f", too few to know how narrow that is: need {LEAST}"
        if self.alike:
            rare = unseen(self.replicates)
            known = f"; none differs from another: fewer than {rare:.1%} would, with 95 % confidence"
        elif math.isfinite(self.saved):
            known = f"; independent seeds would have needed {self.saved:.1f} times as many"
        return (
            f"{w.quantity} of {w.platform}: {self.mean:.4f} +- {self.half_width:.4f} of all actors after "
            f"{self.replicates} replicates{verdict}{known}"
        )


def half_width(values: ArrayLike) -> float:
    """Half of the 90 % interval of the mean of one number per replicate.

    Student's. Where all numbers are the same their spread says nothing. What is known then is how rare
    others are, see `unseen`, and that shares of all actors lie between -1 and 1.

    Parameters
    ----------
    values : (R,) array_like
        Shares of all actors, R >= 2.

    Examples
    --------
    >>> round(half_width([0.1, 0.2, 0.3]), 4), round(half_width([0.0] * 299), 4)
    (0.1686, 0.01)
    """
    from scipy.special import stdtrit

    x = np.asarray(values, float)
    if np.ptp(x) == 0:
        return (1.0 + abs(float(x[0]))) * unseen(x.size)
    return float(stdtrit(x.size - 1, 1.0 - TAIL) * x.std(ddof=1) / math.sqrt(x.size))


def unseen(number: int) -> float:
    """Largest chance of something that did not come up in so many replicates, with 95 % confidence.

    1 - 0.05**(1 / number), about 3 / number (Hanley & Lippman-Hand 1983, JAMA 249(13): 1743-1745).

    Examples
    --------
    >>> round(unseen(30), 3), round(unseen(299), 4)
    (0.095, 0.01)
    """
    return float(-math.expm1(math.log(TAIL) / number))


def saved_by_pairing(baseline: ArrayLike, alternative: ArrayLike) -> float:
    """Variance of the difference of two worlds with luck of their own, over that with the same luck.

    The first is the sum of the two variances over replicates, which are independent of each other; the
    second is the variance of the differences of pairs. Both are measured.

    Parameters
    ----------
    baseline, alternative : (R,) one number per replicate, R >= 2

    Returns
    -------
    float
        inf where all pairs differ by the same, nan where nothing varies at all.

    Examples
    --------
    >>> round(saved_by_pairing([1.0, 2.0, 3.0], [2.0, 3.0, 4.5]), 9)
    31.0
    """
    a, b = np.asarray(baseline, float), np.asarray(alternative, float)
    apart, paired = float(a.var(ddof=1) + b.var(ddof=1)), float((a - b).var(ddof=1))
    if paired == 0.0:
        return math.inf if apart > 0.0 else math.nan
    return apart / paired


def first_batch(asked: int, most: int) -> int:
    """Replicates to begin with: `LEAST` or more, no more than ``most``."""
    return min(max(asked, LEAST), most)


def next_batch(done: int, most: int) -> int:
    """Replicates to have after ``done`` of them: half as many again, no more than ``most``."""
    return min(max(done + done // 2, done + 1), most)
