"""A measure over replicates: its unit, how to read it, and why it has no meaning where it has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.errors import EngineError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

NOTHING_LOST = "the squeezed platform lost nothing"
NO_COMPARISON = "the comparison has a count of 0"
NOBODY = "nobody is on a platform"

MEANINGS = {
    # name: unit, reading, why not
    "gross effect": ("actors", "above 0 the platform shrank", ""),
    "net effect": ("", "above 0 it shrank against the comparison", NO_COMPARISON),
    "WDQ": (
        "",
        "below -1 displacement outweighs the effect; -1 to 0 it is smaller; above 0 the benefit spreads",
        "the platform did not shrink against the comparison, or the comparison has a count of 0",
    ),
    "total net effect": ("actors", "above 0 there is a net benefit", NO_COMPARISON),
    "WDD": ("actors", "below 0 there are fewer than expected", ""),
    "WDD, standard error": ("actors", "of Poisson counts, not of the runs", ""),
    "WDD, z": (
        "",
        "below -1.64 or above 1.64 in one of ten cases if counts are Poisson and nothing happened",
        "all counts are 0",
    ),
    "displacement share": (
        "",
        "0 none of the loss is displaced, 1 all of it; below 0 the benefit spreads",
        NOTHING_LOST,
    ),
    "destination mix": ("", "share of what is displaced", "nothing is displaced on balance"),
    "concentration": ("", "1 all on one platform; 1/P evenly over P", NOBODY),
    "half-life": ("weeks", "until half of the final loss is reached", NOTHING_LOST),
    "out of sight": ("", "0 the police can ask about all on platforms, 1 about none", NOBODY),
    "weighted displacement": ("", "weight of what moved over that of what was lost", NOTHING_LOST),
}
"""Names as tables show them."""


class Summary(NamedTuple):
    """One line of a table of measures."""

    measure: str
    unit: str
    median: float
    q05: float
    q95: float
    runs: int
    """Replicates in which the measure has a meaning; the quantiles are over these."""
    replicates: int
    why_not: str
    """Why it has none in the others; empty where it has one in all."""
    reading: str


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One number per replicate, and what it means.

    Examples
    --------
    >>> share = Measure.of("displacement share", [0.6, 0.8, float("nan")])
    >>> share.runs, share.summary().median, share.summary().why_not
    (2, 0.7, 'the squeezed platform lost nothing')
    """

    name: str
    values: NDArray[np.float64]
    """(replicate,); nan where the measure has no meaning."""
    unit: str
    """Empty: a share, or a number without a unit."""
    reading: str
    why: str
    """Why it has no meaning where it is nan."""

    @classmethod
    def of(cls, name: str, values: ArrayLike, *, detail: str = "") -> Measure:
        """Give one of the measures of `MEANINGS` its values.

        Parameters
        ----------
        values : (replicate,) array_like
        detail : str
            What distinguishes it from others of the name: a destination, a kind of weight.

        Raises
        ------
        EngineError
            A name that is not in `MEANINGS`, or values that are not one per replicate.
        """
        if name not in MEANINGS:
            raise EngineError(f"unknown measure {name!r}; there are {', '.join(map(repr, MEANINGS))}")
        unit, reading, why = MEANINGS[name]
        numbers = np.array(values, dtype=float)
        if numbers.ndim != 1:
            raise EngineError(f"{name}: values have shape {numbers.shape}; need one number per replicate")
        numbers.setflags(write=False)
        return cls(f"{name}, {detail}" if detail else name, numbers, unit, reading, why)

    @property
    def runs(self) -> int:
        """Number of replicates in which the measure has a meaning."""
        return int(np.isfinite(self.values).sum())

    def summary(self) -> Summary:
        """Median and 90 % range over the replicates in which it has a meaning.

        The median is nan where it has none in any replicate, the range where it has in fewer than two.

        Raises
        ------
        EngineError
            Fewer than two replicates: there is no interval.
        """
        known = self.values[np.isfinite(self.values)]
        if self.values.size < 2:
            count = "one replicate gives" if self.values.size else "0 replicates give"
            raise EngineError(f"{self.name}: {count} no 90 % range; ask for replicates=2 or more")
        low, median, high = np.quantile(known, (0.05, 0.5, 0.95)) if known.size else (np.nan,) * 3
        if known.size < 2:
            low = high = np.nan
        return Summary(
            measure=self.name,
            unit=self.unit,
            median=float(median),
            q05=float(low),
            q95=float(high),
            runs=known.size,
            replicates=self.values.size,
            why_not="" if known.size == self.values.size else self.why,
            reading=self.reading,
        )


def table(measures: Iterable[Measure]) -> pd.DataFrame:
    """Measures under each other: measure, unit, median, q05, q95, runs, replicates, why_not, reading.

    Examples
    --------
    >>> print(table([Measure.of("half-life", [4.0, 6.0])])[["measure", "median", "runs"]].to_string())
         measure  median  runs
    0  half-life     5.0     2
    """
    import pandas as pd

    return pd.DataFrame([one.summary() for one in measures], columns=list(Summary._fields))
