"""How parameters, numbers and interventions are called on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon._differing import Differing, called, opened
from balloon.plots.naming import number
from balloon.plots.worlds import set_apart

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.scenario import Scenario

SHOWN = 6
"""Values that differ and are no intervention's: so many are listed."""


def exact(value: float) -> str:
    """A value so that it is read back to the bit.

    Examples
    --------
    >>> exact(2.0), exact(0.1 + 0.2)
    ('2', '0.30000000000000004')
    """
    return repr(value).removesuffix(".0")


def span(low: float | None, high: float | None) -> str:
    """A range; nothing where there is none."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def act(one: Intervention) -> str:
    """An intervention in one line: when, what, where, and whether it happened."""
    more = f": {one.label}" if one.label else ""
    source = f"source {one.source}" if one.on_record else "no source: an option, not an event"
    return f"{_when(one)}, {called(one)}{_whom(one)}{more} ({source})"


def _when(one: Intervention) -> str:
    return f"{one.start} to {one.until}" if one.until else f"from {one.start}"


def _whom(one: Intervention) -> str:
    return f" for {', '.join(one.groups)}" if one.groups else ""


def differing(scenarios: tuple[Scenario, Scenario]) -> list[tuple[np.datetime64, str]]:
    """The interventions in which two worlds differ, by date; one of both once, with what differs."""
    here, altered, there = set_apart(*scenarios)
    added = [(one.start, act(one)) for one in here]
    # Its source, if it has one, is not that of another value.
    both = [
        (one.start, f"{_when(one)}, {called(one)}{_whom(one)} in both worlds: {one.label}") for one in altered
    ]
    dropped = [(one.start, f"in the baseline only: {act(one)}") for one in there]
    return [(np.datetime64(start, "ns"), said) for start, said in sorted(added + both + dropped)]


def question(effect: Contrast, platform: str) -> tuple[str, list[str]]:
    """What is asked, and what differs between the worlds."""
    baseline, alternative = effect.scenarios
    found = Differing.of(baseline, alternative)
    others = [one for one in found.changed if not one.of_intervention]
    acts = [said for _, said in differing((baseline, alternative))]
    acts += [f"{one.what}: {one.alternative}, baseline {one.baseline}" for one in others[:SHOWN]]
    acts += [f"and {len(others) - SHOWN} more values"] if len(others) > SHOWN else []
    acts += [f"in the baseline {name} is open from the start" for name in opened(baseline, alternative)]
    asked = f"where does {platform} stand on {alternative.end}, and who is elsewhere because of it?"
    if found.causal:
        return f"With these interventions rather than without them, {asked}", acts
    if baseline.name == alternative.name:
        return f"In the alternative rather than in the baseline, {asked}", acts
    return f"In the scenario {alternative.name} rather than in {baseline.name}, {asked}", acts
