"""How parameters, numbers and interventions are called on a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from balloon.scenario import find

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.scenario import Scenario


def called(scenario: Scenario, path: str) -> str:
    """A parameter in words.

    Examples
    --------
    >>> import balloon as bl
    >>> minimal = bl.load("minimal")
    >>> called(minimal, "behaviour.switching_cost"), called(minimal, "platforms.Signal.cooperation")
    ('switching cost', 'Signal: cooperation')
    >>> called(minimal, "interventions.cooperation:Telegram:2024-10-01.value")
    'cooperation on Telegram, 2024-10-01: value'
    >>> called(minimal, "groups.all.start.Signal")
    'all: start, Signal'
    """
    _, name = find(scenario, path)
    field, _, key = name.partition(".")
    what = field.replace("_", " ") + (f", {key}" if key else "")
    kind, _, owner = path[: -len(name) - 1].partition(".")
    if kind == "interventions":
        act, _, rest = owner.partition(":")
        where, _, when = rest.rpartition(":")
        if when.count("-") != 2:  # the second of its kind on one day
            where, _, when = where.rpartition(":")
        return f"{act.replace('_', ' ')} on {where}, {when}: {what}"
    if kind == "edges":
        edge = (scenario.landscape.edges or ())[int(owner)]
        return f"{edge.origin} to {edge.destination}: {what}"
    return f"{owner}: {what}" if owner else what


def number(value: float) -> str:
    """A parameter's value, as short as it can be.

    Examples
    --------
    >>> number(0.05), number(2.0), number(1234.5)
    ('0.05', '2', '1234.5')
    """
    return f"{value:.6g}"


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


def coefficient(value: float, *, clear: bool) -> str:
    """A correlation with its sign, in brackets where luck explains it.

    Examples
    --------
    >>> coefficient(0.62, clear=True), coefficient(-0.04, clear=False), coefficient(float("nan"), clear=False)
    ('+0.62', '(-0.04)', '')
    """
    if math.isnan(value):
        return ""
    return f"{value:+.2f}" if clear else f"({value:+.2f})"


def act(one: Intervention) -> str:
    """An intervention in one line: when, what, where, and whether it happened."""
    period = f"{one.start} to {one.until}" if one.until else f"from {one.start}"
    where = ", ".join(one.targets) or "all platforms"
    who = f" for {', '.join(one.groups)}" if one.groups else ""
    more = f": {one.label}" if one.label else ""
    source = f"source {one.source}" if one.source else "no source: an option, not an event"
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
