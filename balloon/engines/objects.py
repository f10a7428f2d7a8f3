"""The engine of objects: every actor is a Mesa agent, every platform a cell of a network.

The same rules, luck and order of a step as in the compiled engine, and the same results to the
last bit; slower, but open: step it by hand, collect data, subclass `Actor`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._jit import own
from balloon._numbering import REPLICATES, SEEDS, whole_number
from balloon._values import DORMANT as DORMANT_NAME
from balloon._values import REMOVED as REMOVED_NAME
from balloon.behaviour import rules as built_in
from balloon.behaviour.decide import chance
from balloon.behaviour.inputs import Enforcement, Traits
from balloon.engines._mesa import Cell, Model, Network, network
from balloon.engines.actor import NOWHERE, Actor, Rules, Sight, Standing
from balloon.engines.faults import new_faults
from balloon.engines.refusal import overridden, refuse_faults
from balloon.engines.stage import (
    ASKED,
    FRESH,
    REMOVED,
    Series,
    Stage,
    close_step,
    kernel,
    new_series,
    new_stage,
    observe,
    place_of,
)
from balloon.errors import EngineError
from balloon.recruit import Actors, recruit
from balloon.scenario import require_scenario

if TYPE_CHECKING:
    from datetime import date

    from balloon.scenario import Scenario

__all__ = ["Actor", "BalloonModel", "State", "states"]


class BalloonModel(Model):  # type: ignore[misc]  # Mesa has no types
    """A scenario as a Mesa model.

    Every step is synchronous: all decide on the state at the end of the last step, in any order,
    then all act. Luck comes from addresses, so Mesa's generators only shuffle the order.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        From 0 to 2**64 - 1.
    replicate : int
        Number of the replicate, from 0.
    actor : type
        `Actor` or a subclass of it.

    Attributes
    ----------
    world : Scenario
        The scenario that is run. (From 3.5 on, Mesa keeps something of its own in ``scenario``.)
    agents : mesa.agent.AgentSet of Actor
        One for each slot; nobody is ever added or taken out: the removed stay, with home
        "removed", and a newcomer takes over the slot.
    space : mesa.discrete_space.Network
        The landscape: ``space["Signal"].agents`` are at home there; ``space.G`` holds frictions.
    t : int
        Steps done.
    running : bool
        Until the last step of the scenario.
    series : Series
        Counts so far, rows 0 to ``t``.
    stage : Stage
        What was in force and believed in the last step.

    Raises
    ------
    EngineError
        A scenario or an ``actor`` that is none, a seed or replicate out of range, a step after the last.
    RunError
        An own rule, or an override, that gives what means nothing: see `refuse_faults`.

    Examples
    --------
    >>> import balloon as bl
    >>> model = BalloonModel(bl.load("minimal").with_({"population.actors": 100}), seed=1)
    >>> model.step()
    >>> model.count("Telegram") == len(model.agents.select(lambda a: a.home == "Telegram"))
    True
    """

    def __init__(
        self, scenario: Scenario, *, seed: int = 0, replicate: int = 0, actor: type[Actor] = Actor
    ) -> None:
        require_scenario(scenario, EngineError)
        require_actor(actor)
        seed = whole_number("seed", seed, end=SEEDS)
        replicate = whole_number("replicate", replicate, end=REPLICATES)
        super().__init__(rng=seed)
        self.world = scenario
        self.t = 0  # Mesa's own counters changed their meaning between versions
        self.address = (np.uint64(seed), np.uint64(replicate))
        self.weeks, self.size = scenario.weeks, len(scenario.platforms)
        self.places = (*scenario.platforms, DORMANT_NAME, REMOVED_NAME)
        self.parameters, self.policy = scenario.behaviour.parameters, scenario.policy()
        self.rules = _rules(scenario)
        self.replacement = chance(self.parameters.replacement_rate, self.weeks)
        # A row more, the last, for those who come from nowhere: index -1, as their habit.
        self.friction: list[list[float]] = [*scenario.landscape.friction().tolist(), [0.0] * self.size]
        self.space: Network = network(scenario.landscape.to_networkx(), self.random)
        self.cells: list[Cell] = [self.space[name] for name in scenario.platforms]
        self.stage: Stage = new_stage(scenario, self.policy)
        watched = {*scenario.behaviour.own_rules, *overridden(actor)}
        self.stage.fault[:] = new_faults(kind for name in watched for kind in ASKED[name])
        self.series: Series = new_series(scenario.steps, len(scenario.groups), self.size)
        self.removals = False
        self.sight: list[Sight] = []
        self.slots = self._fill_slots(actor, seed, replicate)
        self._meet(seed, replicate)
        self._exposures = np.array([g.exposure for g in scenario.groups])
        self._observe: Any = kernel(observe, scenario)
        self._count()  # first: a budget looks at where everybody is
        self._see(1)
        self._refuse_faults()

    @property
    def date(self) -> date:
        """Date of the end of the last step."""
        return self.world.date_of(self.t)

    def count(self, place: str) -> int:
        """Actors whose home is a platform, "dormant" or "removed".

        Raises
        ------
        EngineError
            No such place.
        """
        if place not in self.places:
            known = ", ".join(map(repr, self.places))
            raise EngineError(f"place {place!r}: there is no such place; there are {known}")
        return int(self.series.actors[self.t, :, self.places.index(place)].sum())

    def step(self) -> None:
        """Do one step: all observe, all decide, all act, beliefs learn."""
        if self.t == self.world.steps:
            raise EngineError(
                f"scenario {self.world.name!r}: all {self.t} steps are done; use "
                "scenario.with_(steps=...) for more"
            )
        self.t += 1
        self._see(self.t)
        self.agents.shuffle_do("decide")
        self._refuse_faults()
        self.agents.do("act")
        self._count()
        close_step(self.t, self.parameters, self.policy, self.weeks, self.stage, self.series)
        self.running = self.t < self.world.steps

    def _refuse_faults(self) -> None:
        refuse_faults(self.stage.fault, self.world, type(self.slots[0]))

    def _see(self, t: int) -> None:
        """Write the stage of step t, and what each group sees of it."""
        self._observe(t, self._exposures, self.parameters, self.policy, self.weeks, self.stage, self.series)
        self.sight = [_sight(self.stage, g) for g in range(len(self.world.groups))]

    def _fill_slots(self, actor: type[Actor], seed: int, replicate: int) -> tuple[Actor, ...]:
        """Make the actors, slot by slot."""
        population, made = self.world.population, []
        columns = recruit(self.world, seed=seed, replicate=replicate)
        groups = np.repeat(np.arange(len(population.sizes)), population.sizes).tolist()
        for slot, g in enumerate(groups):
            traits = Traits(g, float(columns.risk_aversion[slot]), population.groups[g].exposure)
            standing = Standing(*(int(column[slot]) for column in columns[:3]))  # home, habit, apps
            made.append(actor(self, slot=slot, traits=traits, standing=standing))
        return tuple(made)

    def _meet(self, seed: int, replicate: int) -> None:
        """Tell the actors whom they know."""
        population = self.world.population
        contacts = population.contacts
        self.annealed = 0
        if contacts.kind == "annealed":
            self.annealed = int(contacts.degree) if population.actors > 1 else 0
            return
        ties = contacts.draw(population.sizes, seed=seed, replicate=replicate)
        for one in self.slots:
            one.known = tuple(self.slots[j] for j in ties.of(one.slot).tolist())

    def _count(self) -> None:
        """Write row t of the series from the actors as they are, and as they were."""
        t, size, s, reference = self.t, self.size, self.series, self.world.reference_step
        removed, fresh = size + REMOVED, size + FRESH
        for one in self.slots:
            before, now, here = one.earlier, one.standing, one.place
            left, g = int(place_of(before.code, size)), one.traits.group
            s.actors[t, g, here] += 1
            s.moves[t, left, here] += t > 0  # a flow: nothing has moved at the start
            for q in range(size):
                has = now.apps >> q & 1
                s.installed[t, q] += has
                s.joins[t, q] += has & ~(before.apps >> q)
                s.idle[t, q] += has if here < size and here != q else 0
            if now.source != NOWHERE and now.code == fresh and t:
                s.arrests[t, g, now.source] += 1
            if now.entered == t > 0:
                s.newcomers[t, here] += 1
            if t == reference:
                one.origin = here
            if t >= reference:
                s.joint[t, one.origin, here if now.entered <= reference else removed] += 1
        self.removals = any(one.standing.code == fresh for one in self.slots)


def require_actor(found: object) -> None:
    """Refuse what is no `Actor` and no subclass of it."""
    if not (isinstance(found, type) and issubclass(found, Actor)):
        raise EngineError(f"actor is {found!r}; need balloon.Actor or a subclass of it")


def _sight(stage: Stage, g: int) -> Sight:
    """The stage as one group sees it."""
    row: dict[str, Any] = {name: getattr(stage, name)[g].tolist() for name in Sight._fields[:-1]}
    works = zip(*(getattr(stage, name)[g].tolist() for name in Enforcement._fields[1:]), strict=True)
    return Sight(**row, enforcement=[Enforcement(p, *numbers) for p, numbers in enumerate(works)])


def _rules(scenario: Scenario) -> Rules:
    """Own rules compiled as the compiled engine does, so that both round alike."""
    mine = scenario.behaviour.own_rules
    names = {"utility": "utility", "hazard": "hazard", "revision_rate": "revision_rate_rule"}
    return Rules(
        **{
            name: own(mine[field]) if field in mine else getattr(built_in, name)
            for name, field in names.items()
        }
    )


class State(NamedTuple):
    """A run after t steps; later steps add rows to ``series`` and change the model."""

    t: int
    series: Series
    stage: Stage
    model: BalloonModel

    @property
    def actors(self) -> Actors:
        """The actors as columns, in the form of the compiled engine."""
        standings = [one.standing for one in self.model.slots]
        return Actors(
            home=np.array([s.code for s in standings], np.int8),
            habit=np.array([s.habit for s in standings], np.int8),
            apps=np.array([s.apps for s in standings], np.uint32),
            entered=np.array([s.entered for s in standings], np.int32),
            risk_aversion=np.array([one.risk_aversion for one in self.model.slots]),
        )


def states(scenario: Scenario, *, seed: int, replicate: int, actor: type[Actor] = Actor) -> Iterator[State]:
    """Yield the state at the start and after every step."""
    model = BalloonModel(scenario, seed=seed, replicate=replicate, actor=actor)
    yield State(0, model.series, model.stage, model)
    while model.running:
        model.step()
        yield State(model.t, model.series, model.stage, model)
