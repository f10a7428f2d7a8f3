"""The interventions of a scenario laid out as arrays over steps, groups and platforms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Intervention,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from balloon.landscape import Landscape


FOREVER = 2.0**31  # steps: more than a scenario has


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


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the steps are, and whom and what they concern."""

    start: date
    middle: NDArray[np.float64]
    """(T,) midpoints of the steps, days since the start."""
    step_days: float
    groups: tuple[str, ...]
    platforms: tuple[str, ...]

    @classmethod
    def of(
        cls, start: date, steps: int, step_days: float, groups: Sequence[str], platforms: Sequence[str]
    ) -> Calendar:
        """Of a horizon."""
        import numpy as np

        middle = (np.arange(steps, dtype=np.float64) + 0.5) * np.float64(step_days)
        return cls(start, middle, step_days, tuple(groups), tuple(platforms))

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, G, P."""
        return len(self.middle), len(self.groups), len(self.platforms)

    def days(self, when: date) -> float:
        """Days since the start."""
        return float((when - self.start).days)

    def in_force(self, one: Intervention) -> NDArray[np.bool_]:
        """(T,) start <= midpoint < until."""
        until = math.inf if one.until is None else self.days(one.until)
        return (self.days(one.start) <= self.middle) & (self.middle < until)

    def seizing(self, one: Takedown) -> NDArray[np.bool_]:
        """(T,) start <= midpoint < start + the weeks of the seizure, also after the platform is back."""
        gone = self.weeks_since(one)
        return (gone >= 0) & (gone < one.seizure_weeks)

    def concerned(self, one: Intervention) -> NDArray[np.bool_]:
        """(G,) the groups an intervention names, or all."""
        import numpy as np

        return np.array([not one.groups or g in one.groups for g in self.groups], dtype=bool)

    def platform(self, one: Intervention) -> int:
        """Index of the one platform that it concerns."""
        return self.platforms.index(one.targets[0])

    def cells(self, one: Intervention) -> tuple[NDArray[np.bool_], ...]:
        """Index of the steps, groups and the platform where an intervention is in force."""
        import numpy as np

        mine = np.arange(len(self.platforms)) == self.platform(one)
        return np.ix_(self.in_force(one), self.concerned(one), mine)

    def weeks_since(self, one: Intervention) -> NDArray[np.float64]:
        """(T,) weeks since the start of an intervention, negative before."""
        return (self.middle - self.days(one.start)) / 7.0

    def ramp(self, one: Crackdown | PlatformChange) -> NDArray[np.float64]:
        """Part of a ramp that is done in the steps in force, shaped for `cells`."""
        import numpy as np

        gone = self.weeks_since(one)[self.in_force(one)]
        done = np.minimum(gone / one.ramp_weeks, 1.0) if one.ramp_weeks > 0 else np.ones_like(gone)
        return done[:, None, None]


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
        Offsets of the groups, added to the platforms' own constants, utils.
    """
    import numpy as np

    when = Calendar.of(start, steps, step_days, groups, landscape.names)

    def spread(name: str) -> NDArray[np.float64]:
        values = np.array([getattr(p, name) for p in landscape.platforms], dtype=float)
        return np.broadcast_to(values, when.shape).copy()

    asc, onboarding_cost = spread("asc") + group_asc, spread("onboarding_cost")
    factor, undercover, announced = np.ones(when.shape), spread("undercover"), np.zeros(when.shape)
    for one in interventions:
        if isinstance(one, Crackdown):
            factor[when.cells(one)] *= 1.0 + (one.requests - 1.0) * when.ramp(one)
            undercover[when.cells(one)] *= 1.0 + (one.undercover - 1.0) * when.ramp(one)
        elif isinstance(one, PlatformChange):
            asc[when.cells(one)] += one.asc * when.ramp(one)
            onboarding_cost[when.cells(one)] += one.onboarding_cost * when.ramp(one)
        elif isinstance(one, Announcement):
            step = math.floor(when.days(one.start) / step_days)
            announced[step, when.concerned(one), when.platform(one)] += one.belief
    available, seizure, taken = _closures(interventions, when)
    cooperation = spread("cooperation")
    _cooperate([i for i in interventions if isinstance(i, Cooperation)], when, cooperation)
    return Policy(
        cooperation=cooperation,
        requests=spread("requests"),
        requests_factor=factor,
        undercover=undercover,
        asc=asc,
        onboarding_cost=onboarding_cost,
        available=available,
        seizure=seizure,
        taken=taken,
        announced=announced,
        **_outreaches([i for i in interventions if isinstance(i, Outreach)], when),
        **_budgets([i for i in interventions if isinstance(i, Budget)], when),
    )


def _closures(
    interventions: Sequence[Intervention], when: Calendar
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.bool_]]:
    """What is available, the rates of seizure, and the steps in which data are taken."""
    import numpy as np

    available = np.ones(when.shape, dtype=bool)
    seizure, taken = np.zeros(when.shape), np.zeros(when.shape, dtype=bool)
    launches = [one for one in interventions if isinstance(one, Launch)]
    for one in launches:
        available[:, when.concerned(one), when.platform(one)] = False
    for one in launches:
        available[when.cells(one)] = True
    for closure in interventions:
        if isinstance(closure, Takedown):
            available[when.cells(closure)] = False
            hot = np.flatnonzero(when.seizing(closure))
            if closure.seizure > 0 and len(hot) > 0:
                who, p = when.concerned(closure), when.platform(closure)
                seizure[np.ix_(hot, np.flatnonzero(who), np.array([p]))] += closure.seizure
                taken[hot[0], who, p] = True
    return available, seizure, taken


def _cooperate(
    interventions: Sequence[Cooperation], when: Calendar, cooperation: NDArray[np.float64]
) -> None:
    """Write the shares of requests answered over the platforms' own."""
    by_start = sorted(interventions, key=lambda one: one.start)
    for g, group in enumerate(when.groups):
        for p, platform in enumerate(when.platforms):
            mine = [i for i in by_start if i.platform == platform and (not i.groups or group in i.groups)]
            own = float(cooperation[0, g, p])
            if mine:
                cooperation[:, g, p] = [_answered(mine, moment, own, when) for moment in when.middle]


def _answered(interventions: Sequence[Cooperation], moment: float, own: float, when: Calendar) -> float:
    """Share answered at a moment (days): the later start wins, a ramp begins at the value before it."""
    for k in reversed(range(len(interventions))):
        one = interventions[k]
        until = math.inf if one.until is None else when.days(one.until)
        if when.days(one.start) <= moment < until:
            gone = (moment - when.days(one.start)) / 7.0
            if gone >= one.ramp_weeks:
                return one.value
            old = _answered(interventions[:k], when.days(one.start), own, when)
            return old + (one.value - old) * gone / one.ramp_weeks
    return own


def _outreaches(outreaches: Sequence[Outreach], when: Calendar) -> dict[str, NDArray[Any]]:
    import numpy as np

    n, weeks = len(outreaches), when.step_days / 7.0
    steps, groups, platforms = when.shape
    named = [[not o.platforms or p in o.platforms for p in when.platforms] for o in outreaches]
    numbers = [[o.threshold, o.value, o.delay_weeks] for o in outreaches]
    windows = [max(1, round(min(o.window_weeks / weeks, FOREVER))) for o in outreaches]
    return {
        "outreach_on": np.array([when.in_force(o) for o in outreaches], dtype=bool).reshape(n, steps),
        "outreach_groups": np.array([when.concerned(o) for o in outreaches], dtype=bool).reshape(n, groups),
        "outreach_platforms": np.array(named, dtype=bool).reshape(n, platforms),
        "outreach_arrests": np.array([o.measure == "arrests" for o in outreaches], dtype=bool),
        "outreach_numbers": np.array(numbers, dtype=float).reshape(n, 3),
        "outreach_window": np.array(windows, dtype=np.int64),
    }


def _budgets(budgets: Sequence[Budget], when: Calendar) -> dict[str, NDArray[Any]]:
    import numpy as np

    steps, groups, _ = when.shape
    budget = np.full((steps, groups), -1, dtype=np.int64)
    by_start = sorted(budgets, key=lambda one: one.start)
    for k, one in enumerate(by_start):
        budget[np.ix_(when.in_force(one), when.concerned(one))] = k
    who = [when.concerned(b) for b in by_start]
    lags = [round(min(b.lag_weeks * 7.0 / when.step_days, FOREVER)) for b in by_start]
    return {
        "budget": budget,
        "budget_requests": np.array([b.requests for b in by_start], dtype=float),
        "budget_lag": np.array(lags, dtype=np.int64),
        "budget_groups": np.array(who, dtype=bool).reshape(len(by_start), groups),
    }
