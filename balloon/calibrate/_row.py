"""What one observation cannot be, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from balloon._saying import nearest
from balloon._values import DORMANT, REMOVED, Checks
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
    kinds_of,
    units_of,
)

if TYPE_CHECKING:
    from balloon.calibrate.observations import Observation

UNCERTAINTIES = ("stated", "derived", "assumption")
BOUNDS = ("low", "high")


def impossible(row: Observation) -> list[str]:
    """Everything that is wrong with an observation."""
    checks = Checks(row.thing)
    if row.quantity not in NAMES:
        checks.say(f"unknown quantity; {nearest(row.quantity, NAMES)}")
    elif row.quantity == CHANGE and row.of not in QUANTITIES:
        said = f"of is {row.of!r}" if row.of else "of is missing"
        checks.say(f"{said}; name the quantity that changed: {nearest(row.of, QUANTITIES)}")
    else:
        _periods(row, checks)
        _place(row, checks)
        if _unit(row, checks):
            _value(row, checks)
            _uncertainty(row, checks)
            _scale(row, checks)
    return checks.problems


def _periods(row: Observation, checks: Checks) -> None:
    for name, start, end in (
        ("", row.start, row.end),
        ("base_", row.base_start, row.base_end),
    ):
        if start is not None and end is not None and not start < end:
            checks.say(f"{name}period {start}..{end} is empty; {name}end is the first day after it")
    if row.base.flow and row.end is None:
        checks.say("end is missing; what happens is counted over a period, give the first day after it")
    if row.quantity != CHANGE:
        if row.of or row.base_start or row.base_end:
            checks.say("of, base_start and base_end belong to a change; leave them out")
    elif row.base_start is None or (row.base.flow and row.base_end is None):
        checks.say("base_start or base_end is missing; a change needs the period it is compared with")


def _place(row: Observation, checks: Checks) -> None:
    base, name = row.base, row.of or row.quantity
    if base.platform == "needed" and not row.platform:
        checks.say(f"platform is missing; {name} is observed on a platform, name it")
    if base.platform == "none" and row.platform:
        checks.say(f"platform is {row.platform!r}; {name} is not observed by platform, leave it blank")
    if row.group and not base.by_group:
        checks.say(f"group is {row.group!r}; the model keeps {name} for all groups only, leave it blank")
    if name == "moves" and not row.platform_to:
        checks.say("platform_to is missing; moves go from one platform to another, name both")
    if name != "moves" and row.platform_to:
        checks.say(f"platform_to is {row.platform_to!r}; only moves have it, leave it blank")
    if row.platform and row.platform == row.platform_to:
        checks.say("platform and platform_to are the same; staying is no move")
    for place in (row.platform, row.platform_to):
        if place in (DORMANT, REMOVED) and not base.places:
            checks.say(f"{place} is no platform; observe it as actors or as moves")


def _unit(row: Observation, checks: Checks) -> bool:
    """Whether the unit is one that the quantity has."""
    allowed = units_of(row.quantity)
    if not row.unit:
        checks.say(f"unit is missing; give one of {', '.join(map(repr, allowed))}")
    elif row.unit not in UNITS:
        checks.say(f"unknown unit {row.unit!r}; {nearest(row.unit, allowed)}")
    elif row.kind not in kinds_of(row.quantity):
        checks.say(f"unit is {row.unit!r}; {row.quantity} is given in {', '.join(map(repr, allowed))}")
    else:
        if row.kind == SHARE and REMOVED in (row.platform, row.platform_to):
            checks.say("a share is of those on platforms, or of those who move to one; give a count")
        if row.kind == SHARE and row.platform_to == DORMANT:
            checks.say("a share of moves is of those who move to a platform; give a count")
        return True
    return False


def _value(row: Observation, checks: Checks) -> None:
    """A value or both bounds, each of them a number that the quantity may have."""
    numbers = {name: getattr(row, name) for name in ("value", *BOUNDS)}
    given = {name: number for name, number in numbers.items() if number is not None}
    if not given:
        checks.say("value is missing; give it, or the bounds low and high between which it lies")
    elif set(given) not in ({"value"}, set(BOUNDS)):
        checks.say(
            f"gives {' and '.join(given)}; give a value, or both bounds, low and high: where the source has "
            "one alone, the other is where the quantity ends, as 0 or 100 percent"
        )
    else:
        problems = [_number(row, name, number) for name, number in given.items()]
        if not any(problems) and "low" in given and not given["low"] < given["high"]:
            problems.append(f"bounds {given['low']:g} to {given['high']:g} are empty; need low < high")
        for problem in filter(None, problems):
            checks.say(problem)


def _number(row: Observation, name: str, stated: float) -> str:
    """What is wrong with one number, or nothing."""
    kind, plain = row.kind, UNITS[row.unit].number(stated)
    if not math.isfinite(stated):
        return f"{name} is {stated!r}; need a finite number: leave out rows that say nothing"
    if kind in (SHARE, ANNUAL) and not 0 <= plain <= 1:
        return f"{name} is {stated:g} {row.unit}; need 0 to 1, or 0 to 100 percent"
    if kind in (*COUNTS, RATIO) and not plain >= 0:
        least = -100 if row.unit == "percent change" else 0
        return f"{name} is {stated:g} {row.unit}; need a number >= {least}"
    if kind == RATIO and name in BOUNDS and not plain > 0:
        return (
            f"{name} is {stated:g} {row.unit}, a ratio of 0, which has no logarithm; observe the count itself"
        )
    return ""


def _uncertainty(row: Observation, checks: Checks) -> None:
    kind, given = row.kind, [k for k in ("n", "sd", "dispersion") if getattr(row, k) is not None]
    bounded = row.low is not None or row.high is not None
    ways = (
        "sd, the error of a bound"
        if bounded
        else {
            SHARE: "n (how many were asked, with dispersion if known) or sd",
            ANNUAL: "sd",
            RATIO: "sd",
        }.get(kind, "dispersion (variance over mean, 1 = Poisson) or sd")
    )
    allowed = {SHARE: (["n"], ["n", "dispersion"], ["sd"]), ANNUAL: (["sd"],), RATIO: (["sd"],)}
    if not given:
        checks.say(f"uncertainty is missing; give {ways}")
    elif given not in ((["sd"],) if bounded else allowed.get(kind, (["sd"], ["dispersion"]))):
        what = "bounds" if bounded else "a value"
        checks.say(f"gives {' and '.join(given)}; for {what} in {row.unit!r} give {ways}, nothing else")
    for name in given:
        if not 0 < getattr(row, name) < math.inf:
            checks.say(f"{name} is {getattr(row, name)!r}; need a number > 0")
    if kind == SHARE and row.dispersion is not None and row.dispersion < 1:
        checks.say(f"dispersion is {row.dispersion:g}; a share varies at least as n draws do, need >= 1")
    if row.uncertainty not in UNCERTAINTIES:
        known = ", ".join(map(repr, UNCERTAINTIES))
        checks.say(f"uncertainty is {row.uncertainty!r}; where does it come from? One of {known}")


def _scale(row: Observation, checks: Checks) -> None:
    if row.kind != WORLD:
        if row.scale is not None:
            checks.say(f"scale is {row.scale!r}; only counts in the world have one, leave it blank")
    elif row.scale is None:
        checks.say(
            f"scale is missing; say how many {row.unit.split()[-1]} one simulated actor stands for, or "
            "give a name for a factor that is not known (the same name in all rows that share it)"
        )
    elif not isinstance(row.scale, str) and not 0 < row.scale < math.inf:
        checks.say(f"scale is {row.scale!r}; need a number > 0, or a name")
