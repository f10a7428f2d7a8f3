"""What the authorities do, as dated values and as arrays over steps, groups and platforms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from balloon._values import Checks
from balloon.evidence import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from balloon.landscape import Landscape


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
    """Id of the sources table for the event and its date; empty: an option, not a fact."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Platforms named by the intervention; empty where it concerns them all."""
        name = getattr(self, "platform", None)
        return (name,) if name else tuple(getattr(self, "platforms", ()))

    def _checks(self) -> Checks:
        where = " ".join(map(repr, self.targets)) or "all platforms"
        checks = Checks(f"{self.kind} on {where} from {self.start}")
        checks.evidence(self)
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
    """Weeks for which the seized data lead to arrests; the app cannot be dropped meanwhile."""

    def __post_init__(self) -> None:
        checks = self._checks()
        checks.number(at_least=0.0, seizure=self.seizure, seizure_weeks=self.seizure_weeks)
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


class Policy(NamedTuple):
    """The timetable of a scenario: what is in force in each step, before anything adapts.

    T steps, G groups, P platforms, row t - 1 holds step t; n outreaches, m budgets.
    """

    cooperation: NDArray[np.float64]
    """(T, G, P) share of requests answered, after `Cooperation`."""
    requests: NDArray[np.float64]
    """(T, G, P) requests per actor-week of the platforms, before `Budget` and `Crackdown`."""
    requests_factor: NDArray[np.float64]
    """(T, G, P) product of the crackdowns."""
    undercover: NDArray[np.float64]
    """(T, G, P) arrests per actor-week, crackdowns applied."""
    asc: NDArray[np.float64]
    """(T, G, P) utils, platform and group together, changes applied."""
    onboarding_cost: NDArray[np.float64]
    """(T, G, P) utils, changes applied."""
    available: NDArray[np.bool_]
    """(T, G, P)"""
    seizure: NDArray[np.float64]
    """(T, G, P) arrests per week of those whose data were taken."""
    taken: NDArray[np.bool_]
    """(T, G, P) True in the step in which a seizure starts."""
    announced: NDArray[np.float64]
    """(T, G, P) added to annual probabilities at the end of the step."""
    outreach_on: NDArray[np.bool_]
    """(n, T) watched in this step."""
    outreach_groups: NDArray[np.bool_]
    """(n, G)"""
    outreach_platforms: NDArray[np.bool_]
    """(n, P)"""
    outreach_arrests: NDArray[np.bool_]
    """(n,) True: shares of arrests, False: of homes."""
    outreach_numbers: NDArray[np.float64]
    """(n, 3) threshold, value, delay in weeks."""
    outreach_window: NDArray[np.int64]
    """(n,) steps over which arrests are counted."""
    budget: NDArray[np.int64]
    """(T, G) index of the budget in force, -1: none."""
    budget_requests: NDArray[np.float64]
    """(m,) requests per actor-week."""
    budget_lag: NDArray[np.int64]
    """(m,) steps."""
    budget_groups: NDArray[np.bool_]
    """(m, G)"""


def midpoints(start: date, steps: int, step_days: float) -> list[float]:
    """Middle of every step, in days since ``start``."""
    return [(t + 0.5) * step_days for t in range(steps)]


def timetable(
    interventions: Sequence[Intervention],
    *,
    landscape: Landscape,
    groups: Sequence[str],
    group_asc: NDArray[np.float64],
    start: date,
    steps: int,
    step_days: float,
) -> Policy:
    """Lay the interventions out over steps, groups and platforms.

    Parameters
    ----------
    group_asc : (G, P) float array
        Offsets of the groups, added to the platforms' own constants.
    """
    import numpy as np

    names = landscape.names
    shape = (steps, len(groups), len(names))
    middle = np.array(midpoints(start, steps, step_days))

    def days(when: date) -> float:
        return float((when - start).days)

    def in_force(one: Intervention) -> NDArray[np.bool_]:
        until = math.inf if one.until is None else days(one.until)
        return (days(one.start) <= middle) & (middle < until)

    def concerned(one: Intervention) -> NDArray[np.bool_]:
        return np.array([not one.groups or g in one.groups for g in groups], dtype=bool)

    def progress(one: Cooperation | Crackdown | PlatformChange, when: float) -> float:
        """Part of the ramp that is done, 0 to 1."""
        gone = (when - days(one.start)) / 7.0
        return 1.0 if gone >= one.ramp_weeks else gone / one.ramp_weeks

    def spread(name: str) -> NDArray[np.float64]:
        values = np.array([getattr(p, name) for p in landscape.platforms], dtype=float)
        return np.broadcast_to(values, shape).copy()

    def of(kind: type[Intervention]) -> list[Intervention]:
        found = [one for one in interventions if isinstance(one, kind)]
        return sorted(found, key=lambda one: one.start)

    cooperation = spread("cooperation")
    for g, group in enumerate(groups):
        for p, platform in enumerate(landscape.platforms):
            mine = [
                one
                for one in of(Cooperation)
                if isinstance(one, Cooperation)
                and one.platform == platform.name
                and (not one.groups or group in one.groups)
            ]

            def answered(when: float, upto: int, own: float = platform.cooperation, mine: list[Cooperation] = mine) -> float:
                """Value at a moment by the first ``upto`` of the interventions."""
                for k in reversed(range(upto)):
                    one = mine[k]
                    until = math.inf if one.until is None else days(one.until)
                    if days(one.start) <= when < until:
                        part = progress(one, when)
                        if part == 1.0:
                            return one.value
                        old = answered(days(one.start), k)
                        return old + (one.value - old) * part
                return own

            if mine:
                cooperation[:, g, p] = [answered(when, len(mine)) for when in middle]

    requests, factor, undercover = spread("requests"), np.ones(shape), spread("undercover")
    asc, onboarding = spread("asc") + group_asc, spread("onboarding_cost")
    available = np.ones(shape, dtype=bool)
    seizure, taken, announced = np.zeros(shape), np.zeros(shape, dtype=bool), np.zeros(shape)

    launches = of(Launch)
    for one in launches:
        for g in np.flatnonzero(concerned(one)):
            available[:, g, names.index(one.targets[0])] = False
    for one in interventions:
        if isinstance(one, Outreach | Budget | Cooperation):
            continue
        p, rows, who = names.index(one.targets[0]), in_force(one), concerned(one)
        cells = np.ix_(rows, who, [p])
        if isinstance(one, Crackdown | PlatformChange):
            done = np.array([progress(one, when) for when in middle[rows]])[:, None, None]
        if isinstance(one, Crackdown):
            factor[cells] *= 1.0 + (one.requests - 1.0) * done
            undercover[cells] *= 1.0 + (one.undercover - 1.0) * done
        elif isinstance(one, PlatformChange):
            asc[cells] += one.asc * done
            onboarding[cells] += one.onboarding_cost * done
        elif isinstance(one, Launch):
            available[cells] = True
        elif isinstance(one, Announcement):
            step = math.floor(days(one.start) / step_days)
            announced[step, who, p] += one.belief
    for one in interventions:
        if isinstance(one, Takedown):
            p, who = names.index(one.platform), concerned(one)
            available[np.ix_(in_force(one), who, [p])] = False
            gone = (middle - days(one.start)) / 7.0
            hot = (gone >= 0) & (gone < one.seizure_weeks)
            if one.seizure > 0 and hot.any():
                seizure[np.ix_(hot, who, [p])] += one.seizure
                taken[int(np.flatnonzero(hot)[0]), who, p] = True

    outreaches = [one for one in of(Outreach) if isinstance(one, Outreach)]
    budgets = [one for one in of(Budget) if isinstance(one, Budget)]
    budget = np.full(shape[:2], -1, dtype=np.int64)
    for k, limit in enumerate(budgets):
        budget[np.ix_(in_force(limit), concerned(limit))] = k
    n, m, weeks = len(outreaches), len(budgets), step_days / 7.0
    return Policy(
        cooperation=cooperation,
        requests=requests,
        requests_factor=factor,
        undercover=undercover,
        asc=asc,
        onboarding_cost=onboarding,
        available=available,
        seizure=seizure,
        taken=taken,
        announced=announced,
        outreach_on=np.array([in_force(o) for o in outreaches], dtype=bool).reshape(n, steps),
        outreach_groups=np.array([concerned(o) for o in outreaches], dtype=bool).reshape(n, len(groups)),
        outreach_platforms=np.array(
            [[not o.platforms or p in o.platforms for p in names] for o in outreaches], dtype=bool
        ).reshape(n, len(names)),
        outreach_arrests=np.array([o.measure == "arrests" for o in outreaches], dtype=bool),
        outreach_numbers=np.array(
            [[o.threshold, o.value, o.delay_weeks] for o in outreaches], dtype=float
        ).reshape(n, 3),
        outreach_window=np.array(
            [max(1, round(o.window_weeks / weeks)) for o in outreaches], dtype=np.int64
        ),
        budget=budget,
        budget_requests=np.array([b.requests for b in budgets], dtype=float),
        budget_lag=np.array([round(b.lag_weeks / weeks) for b in budgets], dtype=np.int64),
        budget_groups=np.array([concerned(b) for b in budgets], dtype=bool).reshape(m, len(groups)),
    )


def moment(start: date, days: float) -> date:
    """The date so many days after ``start``, fractions cut off."""
    return start + timedelta(days=math.floor(days))
