"""What a figure needs of the runs: shares by place, the same actors before and after, names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._values import DORMANT, REMOVED
from balloon.errors import DataError
from balloon.plots import style
from balloon.plots.lettering import drawable, letters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.runs import Provenance, Runs
    from balloon.scenario import Scenario

MANY = 8
"""Up to so many platforms, all are drawn."""
SMALL = 0.02
"""Among many, platforms whose median never exceeds this share of the actors are drawn as one."""


class Place(NamedTuple):
    """One line of the curves, one block of the flows."""

    label: str
    """In letters that can be drawn."""
    members: tuple[str, ...]
    """The places of the runs that it stands for."""
    look: style.Look


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """Numbers of a figure: R replicates, T + 1 dates, K places, the squeezed platform first."""

    scenario: Scenario
    provenance: Provenance
    dates: NDArray[np.datetime64]
    """(T + 1,)"""
    reference: int
    """Index of the date from which the same actors are followed."""
    places: tuple[Place, ...]
    shares: NDArray[np.float64]
    """(R, T + 1, K) of all actors, by place."""
    joint: NDArray[np.float64]
    """(R, K, K) of all actors: place at the reference date x place at the end."""
    names: dict[str, str]
    """Name in the scenario -> name in letters that can be drawn."""
    known: frozenset[int]
    """Code points that can be drawn."""

    @property
    def squeezed(self) -> str:
        """Name of the squeezed platform, as drawn."""
        return self.places[0].label

    @property
    def replicates(self) -> int:
        """Number of runs."""
        return int(self.shares.shape[0])

    @property
    def reference_date(self) -> np.datetime64:
        """Date from which the same actors are followed."""
        return np.datetime64(self.dates[self.reference])

    @property
    def end(self) -> np.datetime64:
        """Last date."""
        return np.datetime64(self.dates[-1])


def read(runs: Runs) -> Reading:
    """Take from the runs what a figure needs."""
    scenario, known = runs.scenario, letters()
    names = {
        name: drawable(name, f"platform {number}", known=known)
        for number, name in enumerate(scenario.platforms, start=1)
    }
    order = [str(name) for name in runs.data["place"].values]
    actors = runs.data["actors"].transpose("replicate", "time", "place").values
    total = actors[:, :1].sum(axis=2, keepdims=True)
    shares = actors / total
    # The slots are the same in all replicates, so the first total serves for the flows too.
    last = runs.data["joint"].isel(time=-1).transpose("replicate", "origin", "destination").values
    peaks = dict(zip(order, np.median(shares, axis=0).max(axis=0).tolist(), strict=True))
    places = _places(scenario, names, peaks)
    member = np.array([[name in place.members for place in places] for name in order], dtype=float)
    return Reading(
        scenario=scenario,
        provenance=runs.provenance,
        dates=runs.data["time"].values,
        reference=scenario.reference_step,
        places=places,
        shares=shares @ member,
        joint=member.T @ (last / total) @ member,
        names=names,
        known=known,
    )


def _places(scenario: Scenario, names: dict[str, str], peaks: dict[str, float]) -> tuple[Place, ...]:
    """The squeezed platform, the others in the scenario's order, the small ones as one, nowhere."""
    small = _small(scenario, peaks)
    alone = [p for p in scenario.platforms if p not in small and p != scenario.squeezed]
    places = [
        Place(names[p], (p,), style.platform_look(number))
        for number, p in enumerate([scenario.squeezed, *alone])
    ]
    if small:
        places.append(Place(f"{len(small)} others", small, style.other_look()))
    return (
        *places,
        Place("dormant", (DORMANT,), style.dormant_look()),
        Place("removed (arrested)", (REMOVED,), style.removed_look()),
    )


def _small(scenario: Scenario, peaks: dict[str, float]) -> tuple[str, ...]:
    others = sorted((p for p in scenario.platforms if p != scenario.squeezed), key=lambda p: peaks[p])
    if len(others) < MANY:
        return ()
    number = sum(peaks[p] < SMALL for p in others)
    number = max(number, len(others) + 1 - style.MAX_LINES)
    merged = others[:number] if number > 1 else []
    return tuple(p for p in scenario.platforms if p in merged)


def check_baseline(runs: Runs, baseline: Runs) -> None:
    """Refuse a baseline that answers another question.

    Raises
    ------
    DataError
        Other dates, platforms, squeezed platform, number of actors or reference date.
    """
    ours, theirs = runs.scenario, baseline.scenario
    pairs = {
        "platforms": (ours.platforms, theirs.platforms),
        "start": (ours.start, theirs.start),
        "steps": (ours.steps, theirs.steps),
        "step_days": (ours.step_days, theirs.step_days),
        "squeezed platform": (ours.squeezed, theirs.squeezed),
        "reference": (ours.reference, theirs.reference),
        "actors": (ours.population.actors, theirs.population.actors),
    }
    for what, (mine, other) in pairs.items():
        if mine != other:
            raise DataError(
                f"baseline of another question: its {what} is {other!r}, that of the runs is {mine!r}; "
                "simulate the baseline from scenario.without(...)"
            )


class Absence(NamedTuple):
    """What a baseline goes without."""

    label: str
    """In a word or two, for the end of a line."""
    words: str
    """In full."""


def absence(reading: Reading, baseline: Scenario) -> Absence:
    """Say what the baseline goes without."""
    scenario, without = reading.scenario, baseline.interventions
    if not without:
        return Absence("without interventions", "without interventions")
    if without == scenario.without(scenario.squeezed).interventions:
        return Absence("without the squeeze", f"without the interventions on {reading.squeezed}")
    return Absence("in the baseline", "of the baseline")
