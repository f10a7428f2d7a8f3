"""Interventions that no step feels: their dates fall between two midpoints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from balloon.interventions import Announcement, Intervention, Takedown
from balloon.timetable import Calendar


def idle(interventions: Sequence[Intervention], when: Calendar) -> tuple[str, ...]:
    """The interventions in force in no step, and the seizures that end before one, in words.

    An announcement is made in the step that holds its date, whatever its midpoint.
    """
    said = []
    for number, one in enumerate(interventions):
        if isinstance(one, Announcement):
            continue
        where = " ".join(map(repr, one.targets)) or "all platforms"
        until = f" to {one.until}" if one.until else ""
        thing = f"interventions.{number} ({one.kind} on {where} from {one.start}{until})"
        first = when.days(one.start)
        arrests = isinstance(one, Takedown) and one.seizure > 0 and bool(when.seizing(one).any())
        if not when.in_force(one).any():
            near = _near(first, math.inf if one.until is None else when.days(one.until), when)
            still = ", though its seizure arrests" if arrests else ""
            said.append(
                f"{thing} is in force in no step{still}: none has its midpoint in it, {near}; use shorter "
                "steps or other dates"
            )
        if isinstance(one, Takedown) and one.seizure > 0 and not arrests:
            near = _near(first, first + 7.0 * one.seizure_weeks, when)
            said.append(
                f"{thing} arrests nobody: no step has its midpoint in the {one.seizure_weeks:g} weeks of its "
                f"seizure, {near}; use shorter steps, another date or more seizure_weeks"
            )
    return tuple(said)


def _near(start: float, end: float, when: Calendar) -> str:
    """The midpoints before and after a time that holds none, given in days."""
    before, after = when.middle[when.middle < start][-1:], when.middle[when.middle >= end][:1]
    last, first = (
        [str(when.start + timedelta(days=math.floor(day))) for day in days] for days in (before, after)
    )
    if last and first:
        return f"those near it are on {last[0]} and {first[0]}"
    return f"the last one is on {last[0]}" if last else f"the first one is on {first[0]}"
