"""Where a number comes from: its range and its source, kept beside the number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from balloon._values import Checks

ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one number of a noun.

    Examples
    --------
    >>> Evidence(field="switching_cost", low=0.5, high=5.0).source
    'assumption'
    """

    field: str
    """Field of the noun that holds the number; entries of tables as ``start.Telegram``."""
    low: float | None = None
    """Lower end of the plausible range, in the unit of the field."""
    high: float | None = None
    """Upper end of the plausible range."""
    source: str = ASSUMPTION
    """Id of the sources table that ships with balloon, or "assumption"."""
    note: str = ""
    """One line on how the number was read or derived."""

    def __post_init__(self) -> None:
        checks = Checks(f"evidence for {self.field!r}")
        checks.types(self)
        for end in ("low", "high"):
            value = getattr(self, end)
            if value is not None:
                object.__setattr__(self, end, float(value))  # 4 and 4.0 are one range
                if not math.isfinite(value):
                    checks.say(f"{end} is {value!r}; need a finite number")
        if (self.low is None) != (self.high is None):
            checks.say(f"range {self.low}..{self.high} is half open; give both low and high, or none")
        elif self.low is not None and self.high is not None and not self.low <= self.high:
            checks.say(f"range {self.low}..{self.high} is reversed; need low <= high")
        if not self.source:
            checks.say('the source is empty; give an id of the sources table or "assumption"')
        checks.refuse()
