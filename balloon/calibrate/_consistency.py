"""Whether observations fit each other, a scenario, and the wish to learn something from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from balloon._saying import nearest
from balloon._values import DORMANT, REMOVED
from balloon.calibrate.quantities import COUNTS, SHARE

if TYPE_CHECKING:
    from balloon.calibrate.observations import Observation
    from balloon.scenario import Scenario

    Numbered = Sequence[tuple[int, Observation]]

TOLERANCE = 0.01
"""By how much rounded shares may add to more than 1."""
APART = 3.0
"""Standard deviations of their difference from which on two observations contradict."""
PARTS = ("share", "moves", "newcomers")
"""Quantities whose shares are parts of one whole."""


def conflicts(rows: Numbered) -> list[str]:
    """What cannot all be true at once, in words."""
    return [*_sums(rows), *_contradictions(rows), *_counted_twice(rows)]


def waves(rows: Iterable[tuple[int, Observation]]) -> list[list[tuple[int, Observation]]]:
    """Rows that are shares of one whole: same quantity, period, group, origin and source."""
    found: dict[Hashable, list[tuple[int, Observation]]] = defaultdict(list)
    for number, row in rows:
        if row.quantity in PARTS and row.kind == SHARE:
            origin = row.platform if row.quantity == "moves" else ""
            found[row.quantity, row.start, row.end, row.group, origin, row.source].append((number, row))
    return list(found.values())


def _sums(rows: Numbered) -> list[str]:
    problems = []
    for wave in waves(rows):
        parts: dict[str, float] = {}
        for _, row in wave:
            parts.setdefault(row.platform_to or row.platform, row.ends[0])  # doubles are refused elsewhere
        total = sum(parts.values())
        if total > 1.0 + TOLERANCE:
            first, numbers = wave[0][1], ", ".join(str(number) for number, _ in wave)
            when = first.start if first.end is None else f"{first.start}..{first.end}"
            problems.append(
                f"rows {numbers}: {first.quantity} in {when} adds to {total:.4g}, more than 1; "
                "correct them, or observe 'active' if a person may be counted on several platforms"
            )
    return problems


def _key(row: Observation) -> Hashable:
    """What is observed, but for when and by whom."""
    return (
        row.quantity, row.of, row.platform, row.platform_to, row.group, row.base_start, row.base_end,
        row.scale, row.kind,
    )  # fmt: skip


def _contradictions(rows: Numbered) -> list[str]:
    problems = []
    same: dict[Hashable, list[tuple[int, Observation]]] = defaultdict(list)
    for number, row in rows:
        before = same[_key(row), row.start, row.end]
        for other, earlier in before:
            (low, high), (least, most) = row.ends, earlier.ends
            apart = max(low - most, least - high)  # below 0: bounds that overlap
            allowed = APART * (row.error**2 + earlier.error**2) ** 0.5
            if apart > allowed:
                problems.append(
                    f"rows {other} and {number} ({row.thing}) contradict: {earlier.stated} "
                    f"and {row.stated} are more than {APART:g} standard deviations apart; keep "
                    "one, or state larger uncertainties"
                )
                break
            if max(abs(low - least), abs(high - most)) < 1e-12 and row.source == earlier.source:
                problems.append(f"row {number} repeats row {other} ({row.thing}); keep one of them")
                break
        before.append((number, row))
    return problems


def _counted_twice(rows: Numbered) -> list[str]:
    """Counts of one series and source whose periods overlap: the same events in both."""
    problems = []
    series: dict[Hashable, list[tuple[int, Observation, date, date]]] = defaultdict(list)
    for number, row in rows:
        if row.base.flow and row.kind in COUNTS and row.end is not None:
            series[_key(row), row.source].append((number, row, row.start, row.end))
    for members in series.values():
        members.sort(key=lambda member: (member[2], member[3]))
        for k, (number, row, start, end) in enumerate(members):
            for other, _, earlier, later in members[:k]:
                if start < later and (start, end) != (earlier, later):
                    problems.append(
                        f"rows {other} and {number} ({row.thing}): {earlier}..{later} overlaps "
                        f"{start}..{end}, so that the same events count twice; choose one of the periods"
                    )
                    break
    return problems


def misfits(rows: Numbered, scenario: Scenario) -> list[str]:
    """Periods, platforms and groups that a scenario does not have."""
    problems = []
    groups = [group.name for group in scenario.groups]
    for number, row in rows:
        where = f"row {number} ({row.thing})"
        for start, end in ((row.start, row.end), (row.base_start, row.base_end)):
            if start is not None and not scenario.start <= start <= (end or start) <= scenario.end:
                said = f"{start}" if end is None else f"{start}..{end}"
                problems.append(
                    f"{where}: {said} is outside the horizon {scenario.start}..{scenario.end} of scenario "
                    f"{scenario.name!r}; leave the row out, or change start or steps of the scenario"
                )
        places = [*scenario.platforms, *((DORMANT, REMOVED) if row.base.places else ())]
        problems += [
            f"{where}: platform {name!r} is not in the scenario; {nearest(name, places)}"
            for name in (row.platform, row.platform_to)
            if name and name not in places
        ]
        if row.group and row.group not in groups:
            problems.append(
                f"{where}: group {row.group!r} is not in the scenario; {nearest(row.group, groups)}"
            )
    return problems


def silent(rows: Numbered) -> list[str]:
    """Series from which nothing can be learnt; a series is a quantity with its scale."""
    if not rows:
        return ["there are no observations; a fit needs at least two"]
    if len(rows) == 1:
        number, row = rows[0]
        return [
            f"row {number} ({row.thing}) is the only observation; one point says nothing of change: add more"
        ]
    problems = []
    series: dict[Hashable, list[tuple[int, Observation]]] = defaultdict(list)
    scales: dict[str, list[tuple[int, Observation]]] = defaultdict(list)
    for number, row in rows:
        series[row.quantity, row.of, row.scale, row.kind].append((number, row))
        if isinstance(row.scale, str):
            scales[row.scale].append((number, row))
    for members in series.values():
        if all(row.number == 0 for _, row in members):
            number, row = members[0]
            problems.append(
                f"row {number} ({row.thing}): the series of {row.quantity} is 0 throughout; leave it out and "
                "fix in the scenario what makes it 0"
            )
    problems += [
        f"row {members[0][0]} ({members[0][1].thing}) is the only one with scale {name!r}; a free factor "
        "takes up one number whole: give the scale as a number, or add rows of the same scale"
        for name, members in scales.items()
        if len(members) == 1
    ]
    return problems + _mixed(scales) + _undispersed(rows)


def _mixed(scales: dict[str, list[tuple[int, Observation]]]) -> list[str]:
    """A factor is found by sums of squares or by sums of counts, not by both."""
    return [
        f"scale {name!r}: some of its rows give sd, others dispersion; give the same in all of them"
        for name, members in scales.items()
        if len({row.sd is None for _, row in members}) == 2
    ]


def _undispersed(rows: Numbered) -> list[str]:
    """Shares with n alone, in too few periods to see how much more than n draws they vary."""
    problems = []
    series: dict[Hashable, list[tuple[int, Observation]]] = defaultdict(list)
    for number, row in rows:
        if row.n is not None and row.dispersion is None:
            series[row.quantity, row.group, row.source].append((number, row))
    for members in series.values():
        periods = {(row.start, row.end) for _, row in members}
        if len(periods) < 3:
            number, row = members[0]
            problems.append(
                f"row {number} ({row.thing}): n without dispersion in {len(periods)} of at least 3 periods; "
                "dispersion cannot be estimated from so few: state it (1 = independent answers), or give sd"
            )
    return problems
