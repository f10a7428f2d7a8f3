"""What the authorities do, as dated values; laid out over steps in `balloon.timetable`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from balloon._values import Checks
from balloon.evidence import ASSUMPTION, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What all interventions share; in force iff ``start <= midpoint of the step < until``."""

    kind: ClassVar[str]

    start: date
    until: date | None = None
    """First day after the intervention; None: for good. Then the earlier value returns."""
    groups: tuple[str, ...] = ()
    """The groups it concerns; empty: all."""
    label: str = ""
    """A few words for a figure."""
    source: str = ""
    """Id of the sources table for the event and its date; empty or "assumption": an option, not a fact."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Platforms named by the intervention; empty where it concerns them all."""
        name = getattr(self, "platform", None)
        return (name,) if name else tuple(getattr(self, "platforms", ()))

    @property
    def on_record(self) -> bool:
        """Whether it has a source: an event and its date, not an option that the scenario assumes.

        Examples
        --------
        >>> on = date(2024, 10, 1)
        >>> [Launch(platform="Viber", start=on, source=id).on_record for id in ("S1", "assumption", "")]
        [True, False, False]
        """
        return self.source not in ("", ASSUMPTION)

    def _checks(self) -> Checks:
        Checks(self.kind).types(self)
        where = " ".join(map(repr, self.targets)) or "all platforms"
        checks = Checks(f"{self.kind} on {where} from {self.start}")
        checks.evidence(self)
        if getattr(self, "platform", None) == "":
            checks.say("platform is ''; need the name of a platform")
        checks.period(self.start, self.until)
        return checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooperation(Intervention):
    """The platform answers this share of requests; of two in force the later start wins.

    Examples
    --------
    >>> Cooperation(platform="Telegram", start=date(2024, 10, 1), value=0.9).until is None
    True
    """

    kind = "cooperation"

    platform: str
    value: float
    """Share of requests answered, in [0, 1]."""
    ramp_weeks: float = 0.0
    """Weeks in which the old value goes linearly to the new one; 0: at once."""

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.probability(value=self.value)
        checks.number(at_least=0.0, ramp_weeks=self.ramp_weeks)
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outreach(Intervention):
    """The police follow the crowd and win the platform that grows.

    Once a platform's share, counted at the end of a step, exceeds ``threshold``, its cooperation
    rises to ``value`` after ``delay_weeks``, for good.
    """

    kind = "outreach"

    platforms: tuple[str, ...] = ()
    """The platforms the police turn to; empty: all."""
    measure: str = "homes"
    """Share of what: "homes" or "arrests" of the named groups, over all platforms."""
    threshold: float
    """Share in [0, 1] that must be exceeded."""
    value: float
    """Share of requests answered from then on, if more than already."""
    delay_weeks: float = 0.0
    window_weeks: float = 4.0
    """Arrests are counted over so many last weeks."""

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.probability(threshold=self.threshold, value=self.value)
        checks.number(at_least=0.0, delay_weeks=self.delay_weeks)
        if not 0 < self.window_weeks < math.inf:
            checks.say(f"window_weeks is {self.window_weeks!r}; need a number > 0")
        if self.measure not in ("homes", "arrests"):
            checks.say(f"measure is {self.measure!r}; need 'homes' or 'arrests'")
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Intervention):
    """A fixed number of requests, divided by where the actors were seen ``lag_weeks`` ago.

    The total is ``requests`` x all actors of the named groups; each platform's part is spent over
    those present now, and unspent where nobody is. Of two in force the later start wins.
    """

    kind = "budget"

    requests: float
    """Requests per actor and week, over all platforms, >= 0."""
    lag_weeks: float = 0.0

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.number(at_least=0.0, requests=self.requests, lag_weeks=self.lag_weeks)
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crackdown(Intervention):
    """Requests or undercover work on one platform multiplied."""

    kind = "crackdown"

    platform: str
    requests: float = 1.0
    """Times the requests, >= 0."""
    undercover: float = 1.0
    """Times the undercover work, >= 0."""
    ramp_weeks: float = 0.0

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.number(
            at_least=0.0,
            requests=self.requests,
            undercover=self.undercover,
            ramp_weeks=self.ramp_weeks,
        )
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformChange(Intervention):
    """The platform itself becomes better or worse: a new privacy policy, throttling."""

    kind = "platform_change"

    platform: str
    asc: float = 0.0
    """Added to the alternative-specific constant, in utils."""
    onboarding_cost: float = 0.0
    """Added to the onboarding cost, in utils."""
    ramp_weeks: float = 0.0

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.number(asc=self.asc, onboarding_cost=self.onboarding_cost)
        checks.number(at_least=0.0, ramp_weeks=self.ramp_weeks)
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch(Intervention):
    """The platform is available while this is in force, and at no other time."""

    kind = "launch"

    platform: str

    def __post_init__(self) -> None:
        self._checks().refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown(Intervention):
    """The platform is closed while this is in force; its data may be seized."""

    kind = "takedown"

    platform: str
    seizure: float = 0.0
    """Arrests per week of those who had the app when it was taken down, >= 0."""
    seizure_weeks: float = 0.0
    """Weeks for which the seized data lead to arrests, > 0 if any; the app cannot be dropped meanwhile."""

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.number(at_least=0.0, seizure=self.seizure, seizure_weeks=self.seizure_weeks)
        if self.seizure > 0 and self.seizure_weeks == 0:
            checks.say(
                f"seizure is {self.seizure:g} and seizure_weeks is 0, which arrests nobody; say for how many "
                "weeks the data lead to arrests, or leave seizure out"
            )
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Intervention):
    """News that moves beliefs, once, at the end of the step that holds its date; not the hazard."""

    kind = "announcement"

    platform: str
    belief: float
    """Added to the believed annual probability of arrest, then clipped to [0, .999]."""

    def __post_init__(self) -> None:
        checks = self._checks()
        if not -1 <= self.belief <= 1:
            checks.say(f"belief is {self.belief!r}; need a number from -1 to 1")
        if self.until is not None:
            checks.say(f"until is {self.until}; an announcement is made once, leave it out")
        checks.refuse()


KINDS: tuple[type[Intervention], ...] = (
    Cooperation,
    Outreach,
    Budget,
    Crackdown,
    PlatformChange,
    Launch,
    Takedown,
    Announcement,
)


def without_platform(
    interventions: Sequence[Intervention], platform: str, platforms: Sequence[str]
) -> tuple[Intervention, ...]:
    """Drop what is done to one platform; outreach to many goes on for the others."""
    kept: list[Intervention] = []
    for one in interventions:
        if isinstance(one, Outreach):
            others = tuple(p for p in one.targets or platforms if p != platform)
            kept += [replace(one, platforms=others)] if others else []
        elif platform not in one.targets:
            kept.append(one)
    return tuple(kept)
