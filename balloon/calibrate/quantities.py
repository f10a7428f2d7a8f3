"""What can be observed, and in which units: the table that observation files are read by."""

from __future__ import annotations

from typing import NamedTuple

SHARE, ANNUAL, RATIO, ACTORS, WORLD = "share", "annual", "ratio", "actors", "world"
COUNTS = (ACTORS, WORLD)


class Quantity(NamedTuple):
    """One thing that a source may have counted or asked."""

    kinds: tuple[str, ...]
    """Kinds of unit it may have: see `Unit`."""
    platform: str
    """"needed", "optional" (blank: all platforms together) or "none"."""
    flow: bool
    """True: happens during a period and is summed; False: is there at a moment and is averaged."""
    by_group: bool
    """Whether the model keeps it by group."""
    places: bool = False
    """Whether the platform may also be dormant or removed."""


QUANTITIES: dict[str, Quantity] = {
    "share": Quantity((SHARE,), "needed", flow=False, by_group=True),
    "actors": Quantity(COUNTS, "optional", flow=False, by_group=True, places=True),
    "installed": Quantity((SHARE, *COUNTS), "needed", flow=False, by_group=False),
    "active": Quantity((SHARE, *COUNTS), "needed", flow=False, by_group=False),
    "moves": Quantity((SHARE, *COUNTS), "needed", flow=True, by_group=False, places=True),
    "joins": Quantity(COUNTS, "optional", flow=True, by_group=False),
    "arrests": Quantity(COUNTS, "optional", flow=True, by_group=True),
    "cases": Quantity(COUNTS, "optional", flow=True, by_group=True),
    "answered": Quantity((SHARE, *COUNTS), "optional", flow=True, by_group=True),
    "newcomers": Quantity((SHARE, *COUNTS), "needed", flow=True, by_group=False),
    "attention": Quantity((SHARE,), "none", flow=True, by_group=False),
    "perceived_risk": Quantity((ANNUAL,), "optional", flow=False, by_group=True),
}
CHANGE = "change"
NAMES = (*QUANTITIES, CHANGE)


class Unit(NamedTuple):
    """What a value counts, and how it becomes a bare number."""

    kind: str
    """share (in [0, 1]), annual (a probability a year), ratio, actors (simulated) or world (counted)."""
    multiple: float = 1.0
    parts: float = 1.0
    offset: float = 0.0

    def size(self, value: float) -> float:
        """A difference in this unit as a bare number."""
        return value * self.multiple / self.parts  # not x 0.01, which is inexact: 95 percent are 0.95

    def number(self, value: float) -> float:
        """A value in this unit as a bare number.

        Examples
        --------
        >>> UNITS["percent change"].number(-31)
        0.69
        """
        return self.size(value) + self.offset


COUNTED = (
    "users", "persons", "accounts", "vendors", "devices", "installs", "arrests", "cases", "requests", "moves",
)  # fmt: skip
"""What is counted in the world: one simulated actor stands for `scale` of these."""

UNITS: dict[str, Unit] = {
    "share": Unit(SHARE),
    "percent": Unit(SHARE, parts=100.0),
    "annual probability": Unit(ANNUAL),
    "annual percent": Unit(ANNUAL, parts=100.0),
    "ratio": Unit(RATIO),
    "percent change": Unit(RATIO, parts=100.0, offset=1.0),
    "actors": Unit(ACTORS),
    **{
        f"{prefix}{what}": Unit(WORLD, multiple)
        for prefix, multiple in (("", 1.0), ("thousand ", 1e3), ("million ", 1e6))
        for what in COUNTED
    },
}


def kinds_of(quantity: str) -> tuple[str, ...]:
    """Kinds of unit that a quantity may have."""
    return (RATIO,) if quantity == CHANGE else QUANTITIES[quantity].kinds


def units_of(quantity: str) -> tuple[str, ...]:
    """Units that a quantity may have, without the thousands and millions.

    Examples
    --------
    >>> units_of("share")
    ('share', 'percent')
    """
    long = ("thousand ", "million ")
    return tuple(
        name for name, unit in UNITS.items() if unit.kind in kinds_of(quantity) and not name.startswith(long)
    )
