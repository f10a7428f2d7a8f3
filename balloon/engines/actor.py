"""The actor of the object engine: one slot of the population and the person in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._jit import plain
from balloon.behaviour.decide import apps_after, habit_after, met, seizure_rate, source_of, struck
from balloon.behaviour.inputs import Enforcement, Traits, View
from balloon.draws import ARREST, EVENT, REPLACEMENT, REVISION, SHOCK, TRIAL, gumbel, uniform, words
from balloon.engines._mesa import CellAgent
from balloon.engines.faults import OF_HAZARD, OF_REVISION, OF_TRIAL, OF_UTILITY, note
from balloon.engines.refusal import refuse_answer
from balloon.engines.stage import DORMANT, FRESH, REMOVED, STRANDED, place_of

if TYPE_CHECKING:
    from balloon.engines.objects import BalloonModel

NOWHERE = -1
"""No habit, no source, no platform."""

_note = plain(note)


class Standing(NamedTuple):
    """Where an actor stands at the end of a step."""

    code: int
    """Home: a platform, or a code beyond the platforms (see `balloon.engines.stage`)."""
    habit: int
    """Platform it is used to, -1: none."""
    apps: int
    """Bit q: the app of platform q is installed."""
    entered: int = 0
    """Step of entry, 0: from the start."""
    seized: int = 0
    """Bit q: its data on platform q were taken."""
    source: int = NOWHERE
    """Platform that the evidence came from, if it was arrested in this step."""


class Sight(NamedTuple):
    """What one group sees in a step, by platform: the stage in plain Python numbers."""

    available: list[bool]
    reopened: list[bool]
    asc: list[float]
    onboarding_cost: list[float]
    belief: list[float]
    mean_belief: float
    seizure: list[float]
    taken: list[bool]
    enforcement: list[Enforcement]


class Rules(NamedTuple):
    """The compiled rules: the scenario's own, else the built-in ones."""

    utility: Callable[..., float]
    hazard: Callable[..., float]
    revision_rate: Callable[..., float]


class Actor(CellAgent):  # type: ignore[misc]  # Mesa has no types
    """One slot of the population and the person in it.

    Subclass it and override `utility`, `hazard` or `revision_rate`; ``super()`` gives the
    scenario's rule. An override must be a pure function of its arguments and of what the actor
    is, since nobody may depend on who decides first.

    Attributes
    ----------
    slot : int
        Number of the slot, from 0. (Mesa's ``unique_id`` counts from 1.)
    group : str
        Name of the group.
    home : str
        Name of the platform, "dormant" or "removed".
    habit : str or None
        Name of the platform the actor is used to.
    apps : frozenset of str
        Names of the platforms whose apps are installed.
    risk_aversion : float
        Utils per annual probability of arrest.
    entered : int
        Step of entry, 0: from the start.
    contacts : tuple of Actor
        Whom it looks at; of kind "annealed", those it met in the last step.
    cell : mesa.discrete_space.Cell or None
        The home as a cell; None for the dormant and the removed.
    traits : Traits
        What the rules are given: group (as an index), risk aversion, exposure.

    Examples
    --------
    >>> import balloon as bl
    >>> class Homesick(Actor):
    ...     def utility(self, traits, view):
    ...         return super().utility(traits, view) + (2.0 if view.friction == 0 else 0.0)
    >>> runs = bl.simulate(bl.load("minimal").with_({"population.actors": 50}), seed=7,
    ...                    engine="objects", actor=Homesick)
    """

    model: BalloonModel
    cell: Any

    def __init__(self, model: BalloonModel, *, slot: int, traits: Traits, standing: Standing) -> None:
        super().__init__(model)
        self.slot, self.traits = slot, traits
        self.risk_aversion = traits.risk_aversion
        self.group = model.world.groups[traits.group].name
        self.standing = self.earlier = self.ahead = standing
        self.origin = NOWHERE  # place at the reference date
        self.known: tuple[Actor, ...] = ()
        self._enter_cell()

    # ---- what may be overridden -----------------------------------------------------------

    def utility(self, traits: Traits, view: View) -> float:
        """What a platform is worth without its shock, in utils."""
        return self.model.rules.utility(traits, view, self.model.parameters)

    def hazard(self, traits: Traits, enforcement: Enforcement) -> float:
        """Arrests per week at home on a platform.

        Beliefs that are not given start at the rate of the scenario's rule, not of an override.
        """
        return self.model.rules.hazard(traits, enforcement, self.model.parameters)

    def revision_rate(self, traits: Traits, removed: float, weeks: float) -> float:
        """Revisions per week; ``removed`` is the share of contacts removed in the last step."""
        return self.model.rules.revision_rate(traits, removed, weeks, self.model.parameters)

    # ---- what a Mesa user looks at --------------------------------------------------------

    @property
    def home(self) -> str:
        """Name of the platform, "dormant" or "removed"."""
        return self.model.places[self.place]

    @property
    def place(self) -> int:
        """Index of `home` among the model's places."""
        return int(place_of(self.standing.code, self.model.size))

    @property
    def habit(self) -> str | None:
        """Name of the platform the actor is used to."""
        return self.model.places[self.standing.habit] if self.standing.habit >= 0 else None

    @property
    def apps(self) -> frozenset[str]:
        """Names of the platforms whose apps are installed."""
        names = self.model.world.platforms
        return frozenset(name for q, name in enumerate(names) if self.standing.apps >> q & 1)

    @property
    def entered(self) -> int:
        """Step of entry, 0: from the start."""
        return self.standing.entered

    @property
    def contacts(self) -> tuple[Actor, ...]:
        """Whom the actor looks at; of kind "annealed", those it met in the last step."""
        model = self.model
        if not model.annealed or not model.t:
            return self.known
        n = len(model.slots)
        others = (met(model.t, self.slot, e, *model.address, n) for e in range(model.annealed))
        return tuple(model.slots[j] for j in others)

    # ---- one step -------------------------------------------------------------------------

    def decide(self) -> None:
        """Settle what to do, on what everybody sees of the end of the last step."""
        self.ahead = self._fate()

    def act(self) -> None:
        """Do it."""
        self.earlier, self.standing = self.standing, self.ahead
        self._enter_cell()

    def _enter_cell(self) -> None:
        code = self.standing.code
        cell = self.model.cells[code] if code < self.model.size else None
        if cell is not self.cell:
            self.cell = cell

    def _heard(self, kind: int, place: int, given: float) -> float:
        """What a rule gave; noted if it means nothing, for the model to refuse after the step."""
        least = -math.inf if kind in (OF_UTILITY, OF_TRIAL) else 0.0
        try:
            means_something = least <= given < math.inf
        except TypeError:
            refuse_answer(kind, given, self)
        if not means_something:
            _note(self.model.stage.fault, kind, self.slot, self.model.t, place, given)
        return given

    def _luck(self, purpose: int, item: int) -> float:
        return float(uniform(*self.model.address, self.model.t, self.slot, purpose, item))

    def _fate(self) -> Standing:
        """Arrest first, then revision; the removed may be replaced."""
        model, size, now = self.model, self.model.size, self.standing
        sight = model.sight[self.traits.group]
        if now.code in (size + REMOVED, size + FRESH):
            now = now._replace(code=size + REMOVED, source=NOWHERE)
            if self._luck(EVENT, REPLACEMENT) < model.replacement:
                return self._choose(now._replace(entered=model.t), forced=False)
            return now
        now = now._replace(seized=_taken(now, sight))
        open_home = now.code < size and sight.available[now.code]
        rate = 0.0
        if open_home:
            rate = self._heard(OF_HAZARD, now.code, self.hazard(self.traits, sight.enforcement[now.code]))
        seizures = 0.0
        if now.seized:
            seizures = seizure_rate(np.uint32(now.seized), model.stage.seizure[self.traits.group])
        if struck(self._luck(EVENT, ARREST), rate + seizures, model.weeks):
            source = now.code
            if seizures > 0.0:
                source = self._source(now, rate, seizures)
            return Standing(size + FRESH, NOWHERE, 0, now.entered, source=source)
        return self._revise(now, sight, open_home=open_home)

    def _source(self, now: Standing, rate: float, seizures: float) -> int:
        """The platform that the evidence came from, where data were seized."""
        model = self.model
        seizure = model.stage.seizure[self.traits.group]
        held = np.uint32(now.seized)
        return int(source_of(model.t, self.slot, *model.address, now.code, rate, seizures, held, seizure))

    def _revise(self, now: Standing, sight: Sight, *, open_home: bool) -> Standing:
        """Reconsider or stay; from a closed platform, choose or wait."""
        model = self.model
        free = open_home or now.code == model.size + DORMANT
        if now.habit not in (NOWHERE, now.code) and sight.reopened[now.habit]:
            return self._choose(now, forced=not free)
        luck = self._luck(EVENT, REVISION)
        if free:
            removed = self._removed_share() if open_home else 0.0
            rate = self._heard(OF_REVISION, now.code, self.revision_rate(self.traits, removed, model.weeks))
            return self._choose(now, forced=False) if luck < rate * model.weeks else now
        if not luck >= model.parameters.rechoice_rate * model.weeks:  # nan: all at once
            return self._choose(now, forced=True)
        return now._replace(code=model.size + STRANDED)

    def _removed_share(self) -> float:
        """Share of the contacts that were removed in the last step."""
        if not self.model.removals:
            return 0.0
        others = self.contacts
        gone = [one for one in others if one.standing.code == self.model.size + FRESH]
        return len(gone) / len(others) if others else 0.0

    def _peers(self, sight: Sight) -> list[float]:
        """Share of the contacts on each available platform, of those on any of them."""
        crowd = [0] * (self.model.size + 4)
        for one in self.contacts:
            crowd[one.standing.code] += 1
        crowd = [n if is_open else 0 for n, is_open in zip(crowd, sight.available, strict=False)]
        total = sum(crowd)
        return [n / total if total else 0.0 for n in crowd]

    def _shocks(self) -> list[float]:
        """Gumbel shocks of dormancy and of every platform."""
        drawn: list[float] = []
        for block in range((self.model.size + 4) // 4):
            four = words(*self.model.address, self.model.t, self.slot, SHOCK, block)
            drawn += [float(gumbel(word)) for word in four]
        return drawn

    def _views(self, now: Standing, sight: Sight) -> Iterator[View]:
        """Every platform that is open and can be reached."""
        model = self.model
        start = now.code if now.code < model.size else now.habit
        way, peers = model.friction[start], self._peers(sight)
        for q in range(model.size):
            if sight.available[q] and way[q] < math.inf:
                used = q in (now.code, now.habit)
                yield View(
                    platform=q,
                    asc=sight.asc[q],
                    peers=peers[q],
                    belief=sight.belief[q],
                    mean_belief=sight.mean_belief,
                    friction=0.0 if used else way[q],
                    onboarding_cost=0.0 if now.apps >> q & 1 else sight.onboarding_cost[q],
                )

    def _choose(self, now: Standing, *, forced: bool) -> Standing:
        """Choose the best platform or dormancy; perhaps try another one; keep or drop apps."""
        model, numbers, shocks = self.model, self.model.parameters, self._shocks()
        sight = model.sight[self.traits.group]
        best, choice = numbers.outside_option + shocks[0], model.size + DORMANT
        liked, tried = -math.inf, NOWHERE
        tries = numbers.trial > 0.0 and self._luck(EVENT, TRIAL) < numbers.trial
        for view in self._views(now, sight):
            shock = shocks[1 + view.platform]
            value = self._heard(OF_UTILITY, view.platform, self.utility(self.traits, view)) + shock
            if value > best:
                best, choice = value, view.platform
            if tries:
                worth = self.utility(self.traits, view._replace(friction=0.0))
                value = self._heard(OF_TRIAL, view.platform, worth) + shock
                if value > liked:
                    liked, tried = value, view.platform
        held = now.seized & _mask(more > 0.0 for more in sight.seizure)
        apps = apps_after(
            np.uint32(now.apps), choice, tried, np.uint32(held), numbers.uninstall_probability,
            *model.address, model.t, self.slot, model.size,
        )  # fmt: skip
        habit = habit_after(now.habit, choice, forced, model.size)
        return now._replace(code=choice, habit=int(habit), apps=int(apps))


def _mask(bits: Iterable[bool]) -> int:
    """Bit q set where the q-th is true."""
    return sum(1 << q for q, bit in enumerate(bits) if bit)


def _taken(now: Standing, sight: Sight) -> int:
    """Apps whose data have been taken, this step's seizures included."""
    new = _mask(sight.taken)
    return (now.seized & ~new) | (now.apps & new)
