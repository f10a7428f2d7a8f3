"""Observations: what somebody counted or asked, when, where, in which unit and how surely."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, overload

from balloon._values import DORMANT, REMOVED, Checks
from balloon.calibrate._consistency import conflicts, misfits, silent
from balloon.calibrate.quantities import (
    ANNUAL,
    CHANGE,
    COUNTS,
    NAMES,
    QUANTITIES,
    RATIO,
    SHARE,
    UNITS,
    WORLD,
    Quantity,
    kinds_of,
    nearest,
    units_of,
)
from balloon.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from balloon.scenario import Scenario

UNCERTAINTIES = ("stated", "derived", "assumption")


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
    value: float
    unit: str
    n: float | None = None
    """Number of persons, requests or moves that a share is of."""
    sd: float | None = None
    """Standard deviation, in the unit of the value."""
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
        checks = Checks(self.thing)
        if self.quantity not in NAMES:
            checks.say(f"unknown quantity; {nearest(self.quantity, NAMES)}")
        elif self.quantity == CHANGE and self.of not in QUANTITIES:
            said = f"of is {self.of!r}" if self.of else "of is missing"
            checks.say(f"{said}; name the quantity that changed: {nearest(self.of, QUANTITIES)}")
        else:
            self._check_periods(checks)
            self._check_place(checks)
            if self._check_unit(checks):
                self._check_value(checks)
                self._check_uncertainty(checks)
                self._check_scale(checks)
        if checks.problems:
            raise DataError("\n".join(checks.problems))

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
    def base(self) -> Quantity:
        """The quantity, or that which changed."""
        return QUANTITIES[self.of or self.quantity]

    @property
    def kind(self) -> str:
        """Kind of the unit: share, annual, ratio, actors or world."""
        return UNITS[self.unit].kind

    @property
    def number(self) -> float:
        """The value as a share, a probability a year, a ratio or a plain count."""
        return UNITS[self.unit].number(self.value)

    @property
    def spread(self) -> float:
        """Standard deviation of `number`, roughly where it follows from n or dispersion.

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

    # ---- what cannot be ------------------------------------------------------------------

    def _check_periods(self, checks: Checks) -> None:
        for name, start, end in (
            ("", self.start, self.end),
            ("base_", self.base_start, self.base_end),
        ):
            if start is not None and end is not None and not start < end:
                checks.say(f"{name}period {start}..{end} is empty; {name}end is the first day after it")
        if self.base.flow and self.end is None:
            checks.say("end is missing; what happens is counted over a period, give the first day after it")
        if self.quantity != CHANGE:
            if self.of or self.base_start or self.base_end:
                checks.say("of, base_start and base_end belong to a change; leave them out")
        elif self.base_start is None or (self.base.flow and self.base_end is None):
            checks.say("base_start or base_end is missing; a change needs the period it is compared with")

    def _check_place(self, checks: Checks) -> None:
        base, name = self.base, self.of or self.quantity
        if base.platform == "needed" and not self.platform:
            checks.say(f"platform is missing; {name} is observed on a platform, name it")
        if base.platform == "none" and self.platform:
            checks.say(f"platform is {self.platform!r}; {name} is not observed by platform, leave it blank")
        if self.group and not base.by_group:
            checks.say(f"group is {self.group!r}; the model keeps {name} for all groups only, leave it blank")
        if name == "moves" and not self.platform_to:
            checks.say("platform_to is missing; moves go from one platform to another, name both")
        if name != "moves" and self.platform_to:
            checks.say(f"platform_to is {self.platform_to!r}; only moves have it, leave it blank")
        if self.platform and self.platform == self.platform_to:
            checks.say("platform and platform_to are the same; staying is no move")
        for place in (self.platform, self.platform_to):
            if place in (DORMANT, REMOVED) and not base.places:
                checks.say(f"{place} is no platform; observe it as actors or as moves")

    def _check_unit(self, checks: Checks) -> bool:
        """Whether the unit is one that the quantity has."""
        allowed = units_of(self.quantity)
        if not self.unit:
            checks.say(f"unit is missing; give one of {', '.join(map(repr, allowed))}")
        elif self.unit not in UNITS:
            checks.say(f"unknown unit {self.unit!r}; {nearest(self.unit, allowed)}")
        elif self.kind not in kinds_of(self.quantity):
            checks.say(f"unit is {self.unit!r}; {self.quantity} is given in {', '.join(map(repr, allowed))}")
        else:
            if self.kind == SHARE and REMOVED in (self.platform, self.platform_to):
                checks.say("a share is of those on platforms, or of those who move to one; give a count")
            if self.kind == SHARE and self.platform_to == DORMANT:
                checks.say("a share of moves is of those who move to a platform; give a count")
            return True
        return False

    def _check_value(self, checks: Checks) -> None:
        kind = self.kind
        if not math.isfinite(self.value):
            checks.say(f"value is {self.value!r}; need a finite number: leave out rows that say nothing")
        elif kind in (SHARE, ANNUAL) and not 0 <= self.number <= 1:
            checks.say(f"value is {self.value:g} {self.unit}; need 0 to 1, or 0 to 100 percent")
        elif kind in (*COUNTS, RATIO) and not self.number >= 0:
            least = -100 if self.unit == "percent change" else 0
            checks.say(f"value is {self.value:g} {self.unit}; need a number >= {least}")

    def _check_uncertainty(self, checks: Checks) -> None:
        kind, given = self.kind, [k for k in ("n", "sd", "dispersion") if getattr(self, k) is not None]
        ways = {
            SHARE: "n (how many were asked, with dispersion if known) or sd",
            ANNUAL: "sd",
            RATIO: "sd",
        }.get(kind, "dispersion (variance over mean, 1 = Poisson) or sd")
        allowed = {SHARE: (["n"], ["n", "dispersion"], ["sd"]), ANNUAL: (["sd"],), RATIO: (["sd"],)}
        if not given:
            checks.say(f"uncertainty is missing; give {ways}")
        elif given not in allowed.get(kind, (["sd"], ["dispersion"])):
            checks.say(f"gives {' and '.join(given)}; for a value in {self.unit!r} give {ways}, nothing else")
        for name in given:
            if not 0 < getattr(self, name) < math.inf:
                checks.say(f"{name} is {getattr(self, name)!r}; need a number > 0")
        if kind == SHARE and self.dispersion is not None and self.dispersion < 1:
            checks.say(f"dispersion is {self.dispersion:g}; a share varies at least as n draws do, need >= 1")
        if self.uncertainty not in UNCERTAINTIES:
            known = ", ".join(map(repr, UNCERTAINTIES))
            checks.say(f"uncertainty is {self.uncertainty!r}; where does it come from? One of {known}")

    def _check_scale(self, checks: Checks) -> None:
        if self.kind != WORLD:
            if self.scale is not None:
                checks.say(f"scale is {self.scale!r}; only counts in the world have one, leave it blank")
        elif self.scale is None:
            checks.say(
                f"scale is missing; say how many {self.unit.split()[-1]} one simulated actor stands for, or "
                "give a name for a factor that is not known (the same name in all rows that share it)"
            )
        elif not isinstance(self.scale, str) and not 0 < self.scale < math.inf:
            checks.say(f"scale is {self.scale!r}; need a number > 0, or a name")


NUMBERS = ("value", "n", "sd", "dispersion")
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
