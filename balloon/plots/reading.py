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

    Peaks = NDArray[np.float64]

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
    numbers: tuple[int, ...]
    """Of the replicates; those that failed are missing."""
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
        """Number of runs, without those that failed."""
        return int(self.shares.shape[0])

    @property
    def expected(self) -> bool:
        """Whether these are expected numbers, without luck."""
        return self.provenance.engine == "meanfield"

    @property
    def alone(self) -> str:
        """What a single run is, in words."""
        return "expected numbers, without luck" if self.expected else "one run"

    @property
    def lead(self) -> str:
        """How a sentence on a single run begins."""
        if self.replicates > 1:
            return ""
        return "In expectation, " if self.expected else "In a single run, "

    @property
    def counted(self) -> str:
        """How many runs, and of how many, in words."""
        asked, good = self.provenance.replicates, self.replicates
        if good == asked:
            return "1 run" if good == 1 else f"{good} runs"
        return f"{good} of {asked} runs ({asked - good} failed)"

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
    names = drawn_names(scenario.platforms, known=known)
    places = list_places(scenario.platforms, scenario.squeezed, names, peaks(runs))
    return read_as(runs, scenario, scenario.platforms, places=places, names=names, known=known)


def read_as(
    runs: Runs,
    scenario: Scenario,
    platforms: tuple[str, ...],
    *,
    places: tuple[Place, ...],
    names: dict[str, str],
    known: frozenset[int],
) -> Reading:
    """Read the runs into given places, whose members are called as in ``platforms``, in their order."""
    shares = _shares(runs)
    # The slots are the same in all replicates, so the first total serves for the flows too.
    last = runs.data["joint"].isel(time=-1).transpose("replicate", "origin", "destination").values
    member = membership(platforms, places)
    total = runs.data["actors"].isel(replicate=0, time=0).sum().item()
    return Reading(
        scenario=scenario,
        provenance=runs.provenance,
        numbers=tuple(runs.data["replicate"].values.tolist()),
        dates=runs.data["time"].values,
        reference=scenario.reference_step,
        places=places,
        shares=shares @ member,
        joint=member.T @ (last / total) @ member,
        names=names,
        known=known,
    )


def drawn_names(platforms: tuple[str, ...], *, known: frozenset[int]) -> dict[str, str]:
    """Name of each platform in letters that can be drawn, or a number."""
    return {
        name: drawable(name, f"platform {number}", known=known)
        for number, name in enumerate(platforms, start=1)
    }


def membership(platforms: tuple[str, ...], places: tuple[Place, ...]) -> NDArray[np.float64]:
    """(P + 2, K) 1 where a place of the runs is drawn as one of the figure, else 0."""
    order = [*platforms, DORMANT, REMOVED]
    return np.array([[name in place.members for place in places] for name in order], dtype=float)


def peaks(runs: Runs) -> Peaks:
    """(P + 2,) largest median share of each place of the runs."""
    return np.asarray(np.median(_shares(runs), axis=0).max(axis=0))


def _shares(runs: Runs) -> NDArray[np.float64]:
    """(R, T + 1, P + 2) of all actors."""
    actors = runs.data["actors"].transpose("replicate", "time", "place").values
    return np.asarray(actors / actors[:, :1].sum(axis=2, keepdims=True))


def list_places(
    platforms: tuple[str, ...], squeezed: str, names: dict[str, str], highest: Peaks
) -> tuple[Place, ...]:
    """The squeezed platform, the others in the scenario's order, the small ones as one, nowhere."""
    small = _small(platforms, squeezed, highest)
    alone = [p for p in platforms if p not in small and p != squeezed]
    places = [
        Place(names[p], (p,), style.platform_look(number)) for number, p in enumerate([squeezed, *alone])
    ]
    if small:
        places.append(Place(f"{len(small)} others", small, style.other_look()))
    return (
        *places,
        Place("dormant", (DORMANT,), style.dormant_look()),
        Place("removed (arrested)", (REMOVED,), style.removed_look()),
    )


def _small(platforms: tuple[str, ...], squeezed: str, highest: Peaks) -> tuple[str, ...]:
    of = dict(zip(platforms, highest.tolist(), strict=False))  # dormant and removed come after them
    others = sorted((p for p in platforms if p != squeezed), key=lambda p: of[p])
    if len(others) < MANY:
        return ()
    number = sum(of[p] < SMALL for p in others)
    number = max(number, len(others) + 1 - style.MAX_LINES)
    merged = others[:number] if number > 1 else []
    return tuple(p for p in platforms if p in merged)


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
