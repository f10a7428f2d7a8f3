"""Quantities of policy interest from runs of the mean field, one number a draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.engines.meanfield import Expected

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Interval:
    """A derived quantity over posterior draws."""

    level: float
    low: float
    median: float
    high: float
    draws: Floats
    """(n,)"""

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g}, {self.level:.0%})"


def check_level(what: str, level: float) -> None:
    """Refuse a level of an interval that is none."""
    if not 0 < level < 1:
        raise FitError(f"{what}: level is {level!r}; need a number between 0 and 1, such as 0.9")


def check_count(what: str, number: int, *, least: int) -> None:
    """Refuse what is no whole number from ``least`` on."""
    if not (isinstance(number, int | np.integer) and number >= least):
        raise FitError(f"{what} is {number!r}; need {least} or more, a whole number")


def interval_of(draws: ArrayLike, *, level: float = 0.9) -> Interval:
    """Median and central interval of draws.

    Raises
    ------
    FitError
        Not one finite number a draw, or a level that is none.

    Examples
    --------
    >>> print(interval_of(range(101)))
    50 (5 to 95, 90%)
    """
    check_level("interval", level)
    found: Any = np.asarray(draws, dtype=float)
    if found.ndim == 1 and not np.isfinite(found).all():
        none = int((~np.isfinite(found)).sum())
        raise FitError(
            f"a derived quantity is no finite number in {none} of {len(found)} draws; does it divide by "
            "what may be 0?"
        )
    if found.ndim != 1:
        raise FitError(f"a derived quantity of shape {found.shape}; return one finite number for each draw")
    tail = (1.0 - level) / 2.0
    low, median, high = np.quantile(found, [tail, 0.5, 1.0 - tail]).tolist()
    return Interval(level=level, low=low, median=median, high=high, draws=found)


def weekly_switching(run: Expected) -> Floats:
    """Share of those on platforms who move to another one in a step, averaged over the steps.

    Per step: divide by the length of the step in weeks where it is not a week.
    """
    between = run.moves[:, 1:, :-2, :-2].sum(axis=(2, 3))
    stayed = np.einsum("btpp->bt", run.moves[:, 1:, :-2, :-2])
    before = run.actors[:, :-1, :-2].sum(axis=2)
    found: Floats = ((between - stayed) / before).mean(axis=1)
    return found


def displaced_share(platform: int) -> Any:
    """Of what a platform lost at the end against a counterfactual, the part that is on the others.

    Parameters
    ----------
    platform : int
        Its place in the scenario's order.

    Returns
    -------
    callable
        ``(run, counterfactual) -> (B,)``, for ``Fit.derived(displaced_share(0), scenario,
        scenario.without("Telegram"))``. In expected numbers, so that gains from other sources cancel
        losses to them; `balloon.contrast` follows the actors one by one.
    """

    def share(run: Expected, counterfactual: Expected) -> Floats:
        change = run.actors[:, -1, :-2] - counterfactual.actors[:, -1, :-2]
        others = np.delete(change, platform, axis=1).sum(axis=1)
        found: Floats = others / -change[:, platform]
        return found

    return share
