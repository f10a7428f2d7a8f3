"""What would change the answer: drawn parameters against the loss and the share of it that is displaced."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.effect import Contrast

    Column = NDArray[np.float64]

LEAST = 10
"""With fewer pairs of runs no rank correlation means anything."""
LEVEL = 0.05


class Influence(NamedTuple):
    """One drawn parameter."""

    path: str
    low: float
    high: float
    """The range that it was drawn from; of given draws, such as a posterior's, the lowest and highest."""
    loss: float
    """Rank correlation with the loss of the platform, from -1 to 1; nan where the loss never varies."""
    displaced: float
    """With the displaced share of the loss, over the runs with a loss above 0; nan where these are few."""
    loss_low: float
    """Median loss, in shares of all actors, over the runs in which it is in the lowest third of its draws."""
    loss_high: float
    """In the highest third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How the answer goes with each drawn parameter, the most influential first."""

    influences: tuple[Influence, ...]
    replicates: int
    losses: int
    """Pairs of runs with a loss above 0."""
    luck_loss: float
    """What the largest of all correlations with the loss stays below, in 95 % of cases, by luck alone."""
    luck_displaced: float

    @property
    def clear(self) -> tuple[Influence, ...]:
        """Those that luck does not explain."""
        return tuple(one for one in self.influences if self.stands_out(one))

    def stands_out(self, one: Influence) -> bool:
        """Whether either correlation is larger than luck makes it."""
        return abs(one.loss) > self.luck_loss or abs(one.displaced) > self.luck_displaced


def sensitivity(effect: Contrast, platform: str | None = None) -> Sensitivity:
    """Correlate the ranks of each drawn parameter with those of the loss, and of its displaced share.

    Spearman's coefficient at the end of the horizon, over pairs of runs that draw all parameters at once,
    so that each is judged while the others vary (Iman & Helton 1988, Risk Analysis 8(1): 71-90). It sees
    what rises or falls throughout; a parameter that matters in the middle of its range only stays unseen.
    The bound for luck is Bonferroni's, over all parameters and both quantities.

    Raises
    ------
    EngineError
        Parameters that were not drawn, or fewer than 10 pairs of runs.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> how = {"replicates": 40, "seed": 1, "parameters": "ranges"}
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, **how)
    >>> sensitivity(effect).influences[0].path
    'platforms.Telegram.requests'
    """
    ledger = effect.ledger(platform)
    drawn = _drawn(effect)
    if not drawn:
        raise EngineError(
            'sensitivity: the parameters were held at one value; run the contrast with parameters="ranges"'
        )
    number = ledger.net.shape[0]
    if number < LEAST:
        raise EngineError(f"sensitivity: {number} pairs of runs are too few; need {LEAST} or more")
    loss = ledger.net[:, 0, 0] / effect.scenarios[0].population.actors
    line = next(k for k, one in enumerate(ledger.entries) if one.entry == "displaced")
    some = loss > 0
    displaced = ledger.net[some, 0, line] / ledger.net[some, 0, 0]
    # Given draws need not have been drawn from the ranges of the scenario.
    own = effect.asked.parameters == "ranges"
    ranges = {**effect.scenarios[0].ranges(), **effect.scenarios[1].ranges()} if own else {}
    found = []
    for path, values in drawn.items():
        low, high = ranges.get(path, (float(values.min()), float(values.max())))
        first, last = np.quantile(values, (1 / 3, 2 / 3))
        found.append(
            Influence(
                path, low, high, ranked(values, loss), ranked(values[some], displaced),
                float(np.median(loss[values <= first])), float(np.median(loss[values >= last])),
            )
        )  # fmt: skip
    found.sort(key=lambda one: (-np.nanmax([0.0, abs(one.loss), abs(one.displaced)]), one.path))
    return Sensitivity(
        influences=tuple(found),
        replicates=number,
        losses=int(some.sum()),
        luck_loss=by_luck(number, tests=2 * len(found)),
        luck_displaced=by_luck(int(some.sum()), tests=2 * len(found)),
    )


def _drawn(effect: Contrast) -> dict[str, Column]:
    """Each parameter's draws, one a pair of runs; those that never vary are left out."""
    found: dict[str, Column] = {}
    for runs in (effect.alternative, effect.baseline):
        if "parameters" not in runs.data:
            continue
        for k, path in enumerate(runs.data.parameter.values.tolist()):
            values = np.asarray(runs.data.parameters.values[:, k], float)
            if np.ptp(values) > 0:
                found.setdefault(str(path), values)
    return found


def ranked(one: Column, other: Column) -> float:
    """Spearman's rank correlation, ties at their mean rank; nan for fewer than 10 or what never varies.

    Examples
    --------
    >>> ranked(np.arange(10.0), np.arange(10.0) ** 3), ranked(np.arange(10.0), np.zeros(10))
    (1.0, nan)
    """
    from scipy.stats import rankdata

    if one.size < LEAST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    a, b = (rankdata(values) - (values.size + 1) / 2 for values in (one, other))
    return round(float(a @ b / math.sqrt(float(a @ a) * float(b @ b))), 12)


def by_luck(number: int, *, tests: int) -> float:
    """Size that the largest of so many rank correlations over ``number`` runs stays below by luck.

    By the t distribution of a correlation of independent ranks (Kendall & Gibbons 1990), at 5 % in all.

    Examples
    --------
    >>> round(by_luck(100, tests=1), 3), round(by_luck(100, tests=60), 3)
    (0.197, 0.329)
    """
    from scipy.stats import t

    if number < LEAST:
        return 1.0
    bound = float(t.ppf(1 - LEVEL / (2 * tests), number - 2))
    return bound / math.sqrt(number - 2 + bound**2)
