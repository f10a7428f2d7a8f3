"""How parameters, numbers and interventions are called on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.plots.naming import number

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.scenario import Scenario


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
    period = f"{one.start} to {one.until}" if one.until else f"from {one.start}"
    where = ", ".join(one.targets) or "all platforms"
    who = f" for {', '.join(one.groups)}" if one.groups else ""
    more = f": {one.label}" if one.label else ""
    source = f"source {one.source}" if one.on_record else "no source: an option, not an event"
    return f"{period}, {one.kind.replace('_', ' ')} on {where}{who}{more} ({source})"


def differing(scenarios: tuple[Scenario, Scenario]) -> list[tuple[np.datetime64, str]]:
    """The interventions in which two worlds differ, by date."""
    ours, theirs = (one.interventions for one in scenarios)
    added = [(one.start, act(one)) for one in theirs if one not in ours]
    dropped = [(one.start, f"in the baseline only: {act(one)}") for one in ours if one not in theirs]
    return [(np.datetime64(start, "ns"), said) for start, said in sorted(added + dropped)]


def question(effect: Contrast, platform: str) -> tuple[str, list[str]]:
    """What is asked, and what differs between the worlds."""
    baseline, alternative = effect.scenarios
    acts = [said for _, said in differing((baseline, alternative))]
    asked = f"where does {platform} stand on {alternative.end}, and where are the actors it lost?"
    if set(baseline.interventions) < set(alternative.interventions):
        return f"With these interventions rather than without them, {asked}", acts
    return f"In the scenario {alternative.name} rather than in {baseline.name}, {asked}", acts
