"""What the figure of a contrast needs: two readings of the same actors, and who is where in both."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._differing import same_world
from balloon._fates import alike, arrests
from balloon._spread import ALL, whole
from balloon.plots.bars import by_holder
from balloon.plots.events import list_events
from balloon.plots.finding import clear, pattern
from balloon.plots.headline import headline, verdict
from balloon.plots.lettering import day, letters
from balloon.plots.naming import number
from balloon.plots.ranges import Range
from balloon.plots.reading import Reading, drawn_names, list_places, membership, peaks, read_as

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.ledger import Ledger
    from balloon.plots.events import Event
    from balloon.scenario import Scenario

PARTS = {"displaced": "displaced", "deterred": "dormant", "incapacitated": "removed", "refilled": "refilled"}
"""Entries of the ledger -> what their actors are called in the headline."""
QUIET = ("nothing", "hardly", "hedged")
"""Verdicts on the platform after which the headline goes on to what changed beside it."""


class Called(NamedTuple):
    """Words for the two worlds."""

    without: str
    """For the baseline."""
    within: str
    """For the alternative."""
    short: str
    """For the baseline, after the alternative."""
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worlds:
    """Numbers of the figure: R pairs of runs, T + 1 dates, K places, the squeezed platform first."""

    baseline: Reading
    alternative: Reading
    """Drawn in the same places, under the baseline's names."""
    coupling: NDArray[np.float64]
    """(R, K, K) of all actors at the end: place in the baseline x place in the alternative."""
    ledger: Ledger
    """Of the squeezed platform at the end."""
    arrests: NDArray[np.int64]
    """(R,) arrests up to the end in the alternative minus in the baseline, on all platforms."""
    same: bool
    """Every actor is, at every date and in every run, where it is in the other world."""

    @property
    def differences(self) -> NDArray[np.float64]:
        """(R, T + 1, K) share of all actors in the alternative minus that in the baseline."""
        return self.alternative.shares - self.baseline.shares

    @property
    def effect(self) -> Range:
        """On the squeezed platform's share at the end."""
        return Range.of(self.differences[:, -1, 0])

    @property
    def single(self) -> bool:
        """Whether there is but one pair of runs, and no interval."""
        return self.baseline.replicates == 1

    @property
    def counted(self) -> str:
        """How many pairs of runs, and of how many, in words."""
        return "1 pair of runs" if self.single else self.baseline.counted.replace("runs", "pairs of runs")

    @property
    def actors(self) -> int:
        """Number of actors in either world."""
        return self.baseline.scenario.population.actors

    @property
    def parameters(self) -> str:
        """Whether parameters were "fixed" in both worlds, or how they were drawn in one of them."""
        kinds = [one.provenance.parameters for one in (self.alternative, self.baseline)]
        return next((kind for kind in kinds if kind != "fixed"), "fixed")

    @property
    def refills(self) -> bool:
        """Whether roles are filled again."""
        return any(one.scenario.behaviour.replacement_rate > 0 for one in (self.baseline, self.alternative))

    @property
    def causal(self) -> bool:
        """The baseline is the same world with fewer interventions, and nothing else."""
        return same_world(self.alternative.scenario, self.baseline.scenario)

    @property
    def called(self) -> Called:
        """What the two worlds are called."""
        if self.causal:
            return Called(
                without="without the interventions",
                within="with the interventions",
                short="without them",
                difference="with the interventions minus without",
            )
        return Called(
            without="in the baseline",
            within="in the alternative",
            short="in the baseline",
            difference="alternative minus baseline",
        )

    @property
    def parts(self) -> dict[str, NDArray[np.int64]]:
        """(R,) actors of each part of the loss, by what it is called in the headline."""
        net = self.ledger.net.sum(axis=1)
        first = {one.entry: e for e, one in reversed(list(enumerate(self.ledger.entries)))}
        return {said: net[:, first[entry]] for entry, said in PARTS.items()}

    @property
    def lead(self) -> str:
        """How a sentence on few pairs of runs begins: that these agree may be chance."""
        runs = self.baseline.replicates
        return f"In {runs} pairs of runs, " if 1 < runs < ALL else self.alternative.lead

    @property
    def newcomers(self) -> dict[str, NDArray[np.int64]]:
        """(R,) roles that passed to another person, by where that person is."""
        return by_holder(self.ledger, self.ledger.net.sum(axis=1))

    @property
    def events(self) -> tuple[Event, ...]:
        """The interventions in which the two worlds differ; what both have is not marked.

        One of the same kind, place and day in both is marked once, with what differs.
        """
        here, altered, there = set_apart(self.baseline.scenario, self.alternative.scenario)
        added = list_events(self.alternative, [*here, *altered])
        dropped = list_events(self.baseline, there)
        only = [
            one._replace(label=f"baseline only: {one.label}", words=f"in the baseline only: {one.words}")
            for one in dropped
        ]
        return tuple(sorted((*added, *only), key=lambda one: one.start))

    @property
    def title(self) -> str:
        """The finding in one sentence."""
        if self.same:
            subject = "The interventions change" if self.causal else "The alternative changes"
            return f"{subject} nothing: every actor is where it is {self.called.short}"
        parts, unmoved = self.parts, not self.differences[:, :, 0].any()
        said = headline(
            self.effect,
            against="same world" if self.causal else "other world",
            pattern=pattern(parts),
            # Roles that others took over are no way that persons go.
            clear=clear({name: part for name, part in parts.items() if name != "refilled"}),
            unmoved=unmoved,
            squeezed=self.baseline.squeezed,
            lead=self.lead,
            newcomers=pattern(self.newcomers),
        )
        quiet = verdict(self.effect, unmoved=unmoved) in QUIET
        if quiet and self.beside:
            return f"{said}, but {self.beside}"
        if unmoved and self.differences.any():
            return f"{said}, but {'they do' if self.causal else 'it is'} elsewhere"
        return said

    @property
    def beside(self) -> str:
        """How many arrests more or fewer there are: "there are 9 more arrests (4 to 13)"; else nothing."""
        change = Range.of(self.arrests)
        if not (change.low > 0 or change.high < 0):
            return ""
        low, middle, high = sorted(map(abs, change))
        ends = "" if self.single else f" ({whole(low)} to {whole(high)})"
        noun = "arrest" if round(middle) == 1 else "arrests"
        are = "is" if round(middle) == 1 else "are"
        return f"there {are} {whole(middle)} {'more' if change.low > 0 else 'fewer'} {noun}{ends}"


def set_apart(
    baseline: Scenario, alternative: Scenario
) -> tuple[list[Intervention], list[Intervention], list[Intervention]]:
    """Interventions in the alternative only; in both, labelled with what differs; in the baseline only."""
    ours, theirs = baseline.interventions, alternative.interventions
    here, there = [one for one in theirs if one not in ours], [one for one in ours if one not in theirs]
    altered = []
    for one in tuple(here):
        other = next((each for each in there if _about(each) == _about(one)), None)
        if other is not None:
            here.remove(one)
            there.remove(other)
            altered += _altered(one, other)
    return here, altered, there


def _about(one: Intervention) -> tuple[object, ...]:
    return one.kind, one.targets, one.start


def _altered(one: Intervention, other: Intervention) -> list[Intervention]:
    """The first, with how it differs from the second in its label; none if only words and sources differ."""
    parts = []
    for field in fields(one):
        mine, its = (getattr(each, field.name) for each in (one, other))
        if field.name not in ("label", "source", "evidence") and mine != its:
            parts.append(f"{field.name.replace('_', ' ')} {_said(mine)}, baseline {_said(its)}")
    own = one.label or f"{one.kind.replace('_', ' ')}: {', '.join(one.targets) or 'all platforms'}"
    return [replace(one, label=f"{own}: {'; '.join(parts)}")] if parts else []


def _said(value: object) -> str:
    """A value of an intervention in words."""
    if isinstance(value, date):
        return day(np.datetime64(value))
    if isinstance(value, tuple):
        return " and ".join(value) or "everybody"
    return number(value) if isinstance(value, float) else str(value or "for good")


def read_worlds(effect: Contrast, platform: str | None = None) -> Worlds:
    """Take from a contrast what its figure needs.

    Raises
    ------
    EngineError
        Several alternatives, and none of them chosen.
    DataError
        A platform that is not there.
    """
    ledger, runs = effect.ledger(platform), (effect.baseline, effect.alternative)
    scenarios, known = effect.scenarios[:2], letters()
    platforms = scenarios[0].platforms
    own = [drawn_names(scenario.platforms, known=known) for scenario in scenarios]
    highest = np.maximum(*(peaks(one) for one in runs))
    places = list_places(platforms, ledger.platform, own[0], highest)
    # The interventions of an alternative speak of its own names.
    baseline, alternative = (
        read_as(one, scenario, platforms, places=places, names=own[1] | own[0], known=known)
        for one, scenario in zip(runs, scenarios, strict=True)
    )
    coupling = effect.coupling.transpose("replicate", "time", "place_baseline", "place_alternative").values
    member, last = membership(platforms, places), effect.pairs[0].sizes["time"] - 1
    return Worlds(
        baseline=baseline,
        alternative=alternative,
        coupling=member.T @ (coupling[:, -1] / coupling[0, 0].sum()) @ member,
        ledger=ledger,
        arrests=np.subtract(*reversed(arrests(effect, last))),
        same=alike(effect, last),
    )
