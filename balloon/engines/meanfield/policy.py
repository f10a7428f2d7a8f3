"""The timetable of a scenario with batches of numbers in it; see `balloon.timetable`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.values import Number, Values, column, room
from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Intervention,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.timetable import Calendar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.timetable import Policy

Cube = Any
"""A (b, T, G, P) array; b is the batch, or 1 where nothing varies."""


class Numbers(NamedTuple):
    """The numbers of a `Policy`, each with a first axis for the batch; the rest is in the policy."""

    cooperation: Cube
    requests: Cube
    requests_factor: Cube
    undercover: Cube
    asc: Cube
    onboarding_cost: Cube
    seizure: Cube
    announced: Cube
    outreach_numbers: NDArray[Any]
    """(b, n, 3)"""
    budget_requests: NDArray[Any]
    """(b, m)"""


def numbers(values: Values, policy: Policy) -> Numbers:
    """Lay out the numbers of the interventions: those of the policy, or anew where they vary."""
    kept = Numbers(*(getattr(policy, name)[None] for name in Numbers._fields))
    scenario = values.scenario
    nouns = (*scenario.landscape.platforms, *scenario.groups, *scenario.interventions)
    if not any(id(noun) in {where for where, _ in values.free} for noun in nouns):
        return kept
    made = Numbers(*(_blank(values, one) for one in kept))
    _platforms(values, made)
    groups = [group.name for group in scenario.groups]
    when = Calendar.of(scenario.start, scenario.steps, scenario.step_days, groups, scenario.platforms)
    for one in scenario.interventions:
        _lay_out(one, values, when, made)
    _cooperate(values, when, made.cooperation)
    _numbered(values, made)
    return made


def _blank(values: Values, like: NDArray[Any]) -> NDArray[Any]:
    return room((values.size, *like.shape[1:]), values.dtype)


def _platforms(values: Values, made: Numbers) -> None:
    """What holds without any intervention."""
    made.requests_factor[:] = 1.0
    for p, platform in enumerate(values.scenario.landscape.platforms):
        for name in ("cooperation", "requests", "undercover", "asc", "onboarding_cost"):
            getattr(made, name)[..., p] = column(values.of(platform, name), 3)
        for g, group in enumerate(values.scenario.groups):
            offset = values.of(group, f"asc.{platform.name}")
            made.asc[:, :, g, p] += column(0.0 if offset is None else offset, 2)


def _lay_out(one: Intervention, values: Values, when: Calendar, made: Numbers) -> None:
    """Write one intervention over what stands there."""

    def of(name: str) -> Number:
        return column(values.of(one, name), 4)

    if isinstance(one, Crackdown):
        cells, ramp = (slice(None), *when.cells(one)), when.ramp(one)
        made.requests_factor[cells] *= 1.0 + (of("requests") - 1.0) * ramp
        made.undercover[cells] *= 1.0 + (of("undercover") - 1.0) * ramp
    elif isinstance(one, PlatformChange):
        cells, ramp = (slice(None), *when.cells(one)), when.ramp(one)
        made.asc[cells] += of("asc") * ramp
        made.onboarding_cost[cells] += of("onboarding_cost") * ramp
    elif isinstance(one, Announcement):
        step = np.arange(when.shape[0]) == math.floor(when.days(one.start) / when.step_days)
        made.announced[(slice(None), *_cells(step, one, when))] += of("belief")
    elif isinstance(one, Takedown):
        made.seizure[(slice(None), *_cells(when.seizing(one), one, when))] += of("seizure")


def _cells(steps: NDArray[np.bool_], one: Intervention, when: Calendar) -> tuple[NDArray[np.bool_], ...]:
    mine = np.arange(len(when.platforms)) == when.platform(one)
    return np.ix_(steps, when.concerned(one), mine)


def _cooperate(values: Values, when: Calendar, cooperation: Cube) -> None:
    acts = [i for i in values.scenario.interventions if isinstance(i, Cooperation)]
    by_start = sorted(acts, key=lambda one: one.start)
    for g, group in enumerate(when.groups):
        for p, platform in enumerate(values.scenario.landscape.platforms):
            here = [i for i in by_start if i.platform == platform.name]
            mine = [i for i in here if not i.groups or group in i.groups]
            if mine:
                own = values.of(platform, "cooperation")
                for t, moment in enumerate(when.middle):
                    cooperation[:, t, g, p] = _answered(mine, moment, own, values, when)


def _answered(acts: list[Cooperation], moment: float, own: Number, values: Values, when: Calendar) -> Number:
    """Share answered at a moment (days): the later start wins, a ramp begins at the value before it."""
    for k in reversed(range(len(acts))):
        one = acts[k]
        until = math.inf if one.until is None else when.days(one.until)
        if when.days(one.start) <= moment < until:
            gone, value = (moment - when.days(one.start)) / 7.0, values.of(one, "value")
            if gone >= one.ramp_weeks:
                return value
            old = _answered(acts[:k], when.days(one.start), own, values, when)
            return old + (value - old) * gone / one.ramp_weeks
    return own


def _numbered(values: Values, made: Numbers) -> None:
    """Numbers of the interventions that adapt."""
    acts = values.scenario.interventions
    for k, one in enumerate(i for i in acts if isinstance(i, Outreach)):
        for column_, name in enumerate(("threshold", "value", "delay_weeks")):
            made.outreach_numbers[:, k, column_] = values.of(one, name)
    budgets = sorted((i for i in acts if isinstance(i, Budget)), key=lambda one: one.start)
    for k, budget in enumerate(budgets):
        made.budget_requests[:, k] = values.of(budget, "requests")
