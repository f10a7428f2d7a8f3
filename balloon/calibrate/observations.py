"""Observations: what somebody counted or asked, when, where, in which unit and how surely."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, overload

from balloon._saying import nearest
from balloon.calibrate._consistency import conflicts, misfits, silent
from balloon.calibrate._row import impossible
from balloon.calibrate.quantities import NAMES, QUANTITIES, RATIO, UNITS, Quantity
from balloon.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from balloon.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observed number with its period, place, unit and uncertainty.

    Examples
    --------
    A survey of 400 offenders in October 2024 finds 71 % of those on any platform on Telegram:

    >>> Observation(quantity="share", start=date(2024, 10, 1), end=date(2024, 11, 1),
    ...             platform="Telegram", value=71, unit="percent", n=400).number
    0.71
    """

    quantity: str
    """One of `balloon.calibrate.quantities.NAMES`."""
    start: date
    """First day of the period, or the date of a reading."""
    end: date | None = None
    """First day after the period; None: read at ``start``."""
    platform: str = ""
    """Empty: all together. Moves: where from."""
    platform_to: str = ""
    """Moves: where to."""
    group: str = ""
    """Empty: all groups together."""
    value: float | None = None
    """None: only the bounds are known."""
    low: float | None = None
    """Lower bound, where the source says no more than that the number lies between two."""
    high: float | None = None
    """Upper bound."""
    unit: str
    n: float | None = None
    """Number of persons, requests or moves that a share is of."""
    sd: float | None = None
    """Standard deviation, in the unit of the value; with bounds that of each of them."""
    dispersion: float | None = None
    """Times the variance of a multinomial (beside n) or of a Poisson number (a count)."""
    scale: str | float | None = None
    """Counts in the world: how many of them one simulated actor stands for. A name: not known, and
    the same in all rows of this name."""
    of: str = ""
    """Change: the quantity that changed."""
    base_start: date | None = None
    """Change: first day of the period it is compared with."""
    base_end: date | None = None
    """Change: first day after that period."""
    uncertainty: str = "stated"
    """Where n, sd or dispersion come from: "stated" by the source, "derived" from it, "assumption"."""
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        problems = impossible(self)
        if problems:
            raise DataError("\n".join(problems))

    # ---- what it says --------------------------------------------------------------------

    @property
    def thing(self) -> str:
        """The observation in a few words."""
        what = f"{self.quantity} of {self.of}" if self.of else self.quantity
        way = " to ".join(repr(name) for name in (self.platform, self.platform_to) if name)
        who = f"group {self.group!r}" if self.group else ""
        when = f"{self.start}" if self.end is None else f"{self.start}..{self.end}"
        return ", ".join(part for part in (what, way, who, when) if part)

    @property
    def stated(self) -> str:
        """The value or the bounds as they stand, with their unit."""
        number = f"{self.value:g}" if self.value is not None else f"{self.low:g} to {self.high:g}"
        return f"{number} {self.unit}"

    @property
    def base(self) -> Quantity:
        """The quantity, or that which changed."""
        return QUANTITIES[self.of or self.quantity]

    @property
    def kind(self) -> str:
        """Kind of the unit: share, annual, ratio, actors or world."""
        return UNITS[self.unit].kind

    @property
    def ends(self) -> tuple[float, float]:
        """The bounds as plain numbers; of a value twice the same."""
        number = UNITS[self.unit].number
        if self.low is None or self.high is None:
            assert self.value is not None
            return number(self.value), number(self.value)
        return number(self.low), number(self.high)

    @property
    def number(self) -> float:
        """The value as a share, a probability a year, a ratio or a plain count; the middle of bounds.

        The middle of the bounds of a ratio is their geometric mean.
        """
        low, high = self.ends
        if low == high:
            return low
        return math.sqrt(low * high) if self.kind == RATIO else (low + high) / 2.0

    @property
    def half(self) -> float:
        """Half the distance of the bounds, of their logarithms for a ratio; 0: a value."""
        low, high = self.ends
        if low == high:
            return 0.0
        return math.log(high / low) / 2.0 if self.kind == RATIO else (high - low) / 2.0

    @property
    def spread(self) -> float:
        """Standard deviation of `number`: `error`, with that of a uniform between bounds added in quadrature.

        Examples
        --------
        Between 70 and 170 thousand, each give or take 10: 100 / sqrt(12) = 28.9, with the error 30.6.

        >>> day = date(2021, 3, 9)
        >>> row = Observation(quantity="actors", start=day, low=70, high=170, sd=10, unit="actors")
        >>> row.number, round(row.spread, 1)
        (120.0, 30.6)
        """
        return math.hypot(
            self.error, self.half * (self.number if self.kind == RATIO else 1.0) / math.sqrt(3.0)
        )

    @property
    def error(self) -> float:
        """Standard deviation of the value, or of each bound, roughly where it follows from n or dispersion.

        sqrt(dispersion p (1 - p) / n) with p = (n value + 1/2) / (n + 1), so that a share of 0 is not
        taken for certain; sqrt(dispersion max(value, 1)) for counts.
        """
        if self.sd is not None:
            return UNITS[self.unit].size(self.sd)
        if self.n is not None:
            p = (self.n * self.number + 0.5) / (self.n + 1.0)
            return math.sqrt((self.dispersion or 1.0) * p * (1.0 - p) / self.n)
        assert self.dispersion is not None
        return math.sqrt(self.dispersion * max(self.number, 1.0))


NUMBERS = ("value", "low", "high", "n", "sd", "dispersion")
DATES = ("start", "end", "base_start", "base_end")
COLUMNS = tuple(field.name for field in fields(Observation))


@dataclass(frozen=True, slots=True)
class Observations(Sequence[Observation]):
    """Observations that can all be true at once.

    Examples
    --------
    >>> from balloon.calibrate import read_observations
    >>> korea = read_observations("telegram-korea-2024")
    >>> korea.select("arrests").quantities
    ('arrests',)
    """

    rows: tuple[Observation, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        problems = conflicts(tuple(enumerate(self.rows, 1)))
        if problems:
            raise DataError("\n".join(problems))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Observation]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> Observation: ...

    @overload
    def __getitem__(self, index: slice) -> Observations: ...

    def __getitem__(self, index: int | slice) -> Observation | Observations:
        if isinstance(index, slice):
            return Observations(self.rows[index])
        return self.rows[index]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities observed, in the order of the table of quantities."""
        return tuple(name for name in NAMES if any(row.quantity == name for row in self.rows))

    @property
    def free_scales(self) -> tuple[str, ...]:
        """Names of the scales that are not known, sorted."""
        return tuple(sorted({row.scale for row in self.rows if isinstance(row.scale, str)}))

    def select(self, *quantities: str) -> Observations:
        """The observations of some quantities.

        Raises
        ------
        DataError
            An unknown quantity.
        """
        for name in quantities:
            if name not in NAMES:
                raise DataError(f"unknown quantity {name!r}; {nearest(name, NAMES)}")
        return Observations(tuple(row for row in self.rows if row.quantity in quantities))

    def check(self, scenario: Scenario) -> None:
        """Refuse what a scenario knows nothing of.

        Raises
        ------
        DataError
            Periods outside the horizon, platforms or groups that are not there; all at once.
        """
        problems = misfits(tuple(enumerate(self.rows, 1)), scenario)
        if problems:
            raise DataError("\n".join(problems))

    def check_informative(self) -> None:
        """Refuse series from which nothing can be learnt.

        Raises
        ------
        DataError
            All-zero series, one number alone, one number with a scale of its own, or shares whose
            dispersion would have to be estimated from one or two periods.
        """
        problems = silent(tuple(enumerate(self.rows, 1)))
        if problems:
            raise DataError("\n".join(problems))

    def to_frame(self) -> pd.DataFrame:
        """Tidy table, one row an observation; `read_observations` reads it back."""
        import pandas as pd

        table = pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in self.rows], columns=COLUMNS)
        for name in DATES:
            table[name] = pd.to_datetime(table[name])
        return table.astype(dict.fromkeys(NUMBERS, float))
