"""Each observation as a sum over steps and entries of a feature, or as one such sum over another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from balloon._values import DORMANT, REMOVED
from balloon.calibrate.quantities import CHANGE, COUNTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.calibrate.observations import Observation
    from balloon.scenario import Scenario

    Mask: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]


class Part(NamedTuple):
    """What is summed in every step."""

    feature: str
    entries: Mask
    """The shape of the feature in one step."""


class Sum(NamedTuple):
    """A weighted sum over steps and over entries of one feature."""

    feature: str
    entries: Mask
    steps: Floats
    """(T + 1,) weights."""


class Term(NamedTuple):
    """One sum, or one over another."""

    above: Sum
    below: Sum | None


def terms(row: Observation, scenario: Scenario) -> tuple[Term, Term | None]:
    """What an observation is, and what it is compared with if it is a change."""
    where = _Where(row, scenario)
    above, below = where.parts()
    after = _term(above, below, where.steps(row.start, row.end))
    if row.quantity != CHANGE:
        return after, None
    assert row.base_start is not None
    return after, _term(above, below, where.steps(row.base_start, row.base_end))


def _term(above: Part, below: Part | None, steps: Floats) -> Term:
    return Term(Sum(*above, steps), None if below is None else Sum(*below, steps))


def overlaps(start: float, end: float, *, step_days: float, steps: int) -> Floats:
    """Days that a period shares with each step.

    Parameters
    ----------
    start, end : float
        Days since the start of the scenario.

    Returns
    -------
    (steps,) float array

    Examples
    --------
    A month of 30 days from the third day of the first week:

    >>> overlaps(2, 32, step_days=7.0, steps=6).tolist()
    [5.0, 7.0, 7.0, 7.0, 4.0, 0.0]
    """
    edges = np.arange(steps + 1) * step_days
    return np.asarray(np.clip(edges[1:], start, end) - np.clip(edges[:-1], start, end))


class _Where:
    """The period, place and group of an observation as masks and weights."""

    def __init__(self, row: Observation, scenario: Scenario) -> None:
        self.row = row
        self.scenario = scenario
        self.places = (*scenario.platforms, DORMANT, REMOVED)
        self.platforms = np.array([name not in (DORMANT, REMOVED) for name in self.places])
        self.here = self.at(row.platform) if row.platform else self.platforms
        self.groups = np.array([row.group in ("", group.name) for group in scenario.groups])[:, None]

    def at(self, place: str) -> Mask:
        return np.array([name == place for name in self.places])

    def steps(self, start: date, end: date | None) -> Floats:
        """(T + 1,) weights of the rows of a run: an average of stocks, a sum of flows.

        Of flows in a change a sum per week, so that periods of any length can be compared; a chance
        that something happens at least once stays that of its period.
        """
        scenario, base = self.scenario, self.row.base
        first = float((start - scenario.start).days)
        weights = np.zeros(scenario.steps + 1)
        if end is None:
            weights[min(math.floor(first / scenario.step_days + 1e-9), scenario.steps)] = 1.0
            return weights
        last = float((end - scenario.start).days)
        days = overlaps(first, last, step_days=scenario.step_days, steps=scenario.steps)
        if not base.flow:
            weights[:-1] = days / days.sum()
            return weights
        weights[1:] = days / scenario.step_days
        compared = self.row.quantity == CHANGE and self.row.of != "attention"
        return weights * (7.0 / (last - first)) if compared else weights

    def parts(self) -> tuple[Part, Part | None]:
        """What is summed above the line, and below it for a share."""
        name = self.row.of or self.row.quantity
        above, below = PARTS[name](self)
        # What can be counted changes in number.
        counted = bool(set(COUNTS) & set(self.row.base.kinds)) if self.row.of else self.row.kind in COUNTS
        return above, None if counted else below

    # Homes are kept by group and place, what the police do by group and platform.

    def homes(self, places: Mask) -> Part:
        return Part("actors_by_group", self.groups & places)

    def on_platforms(self, feature: str) -> Part:
        return Part(feature, self.groups & self.here[: len(self.scenario.platforms)])

    def together(self, feature: str) -> Part:
        """Of a feature kept by platform alone."""
        return Part(feature, self.here[: len(self.scenario.platforms)])


Both: TypeAlias = "tuple[Part, Part | None]"


def _share(where: _Where) -> Both:
    return where.homes(where.here), where.homes(where.platforms)


def _actors(where: _Where) -> Both:
    return where.homes(where.here), None


def _installed(where: _Where) -> Both:
    return where.together("installed"), where.homes(where.platforms | where.at(DORMANT))


def _active(where: _Where) -> Both:
    return where.together("active"), where.homes(where.platforms)


def _moves(where: _Where) -> Both:
    there = where.at(where.row.platform_to)
    origin = where.here[:, None]
    return Part("moves", origin & there), Part("moves", origin & where.platforms & ~where.here)


def _joins(where: _Where) -> Both:
    return where.together("joins"), None


def _arrests(where: _Where) -> Both:
    return where.on_platforms("arrests_by_group"), None


def _cases(where: _Where) -> Both:
    return where.on_platforms("seen"), None


def _answered(where: _Where) -> Both:
    return where.on_platforms("answers"), where.on_platforms("asked")


def _newcomers(where: _Where) -> Both:
    return Part("newcomers", where.here), Part("newcomers", where.platforms)


def _attention(_: _Where) -> Both:
    return Part("revision", np.array([True])), None


def _perceived_risk(where: _Where) -> Both:
    return where.on_platforms("feared"), where.homes(where.here)


PARTS: Mapping[str, Callable[[_Where], Both]] = {
    "share": _share,
    "actors": _actors,
    "installed": _installed,
    "active": _active,
    "moves": _moves,
    "joins": _joins,
    "arrests": _arrests,
    "cases": _cases,
    "answered": _answered,
    "newcomers": _newcomers,
    "attention": _attention,
    "perceived_risk": _perceived_risk,
}
