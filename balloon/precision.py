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
Z90 = 1.6448536269514722
"""95 % quantile of the standard normal: half a 90 % interval, in standard errors."""


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


def precision(quantity: str, *, platform: str, half_width: float, max_replicates: int = 10_000) -> Precision:
    """Ask `contrast` for a mean to within ``half_width``, by as many replicates as that takes.

    Looking at the interval again and again makes it a little too narrow (Chow & Robbins 1965 show that
    this vanishes as ``half_width`` does); `contrast` looks only after batches that grow by half.

    Parameters
    ----------
    quantity : "loss", "displaced", "deterred", "incapacitated" or "refilled"
        Of the ledger at the end of the horizon, as a share of all actors.
    platform : str
        The squeezed platform.
    half_width : float
        Half of the 90 % interval of the mean, such as 0.01 for a point.
    max_replicates : int
        Stop there in any case; the result says if it was too soon.

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
    """Whether the interval is as narrow as was wished."""
    saved: float
    """How many times as many replicates independent seeds would have needed, for the platform's loss:
    variance of differences between worlds of different luck over that of pairs; measured."""

    def __str__(self) -> str:
        w = self.wish
        many = f"{self.saved:.1f} times as many" if math.isfinite(self.saved) else "many times as many"
        verdict = "" if self.enough else f", wider than the {w.half_width:.2g} that was asked for"
        return (
            f"{w.quantity} of {w.platform}: {self.mean:.4f} +- {self.half_width:.4f} of all actors after "
            f"{self.replicates} replicates{verdict}; independent seeds would have needed {many}"
        )


def half_width(values: ArrayLike) -> float:
    """Half of the 90 % interval of the mean of one number per replicate, by the normal approximation."""
    x = np.asarray(values, float)
    return float(Z90 * x.std(ddof=1) / math.sqrt(x.size))


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


def next_batch(done: int, most: int) -> int:
    """Replicates to have after ``done`` of them: half as many again, no more than ``most``."""
    return min(max(done + done // 2, done + 1), most)
