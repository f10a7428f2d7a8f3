"""The step as a map of the state to the next, under a policy that no longer changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.engines.meanfield.arrest import arrest
from balloon.engines.meanfield.choice import ratio
from balloon.engines.meanfield.run import CLASSES, MeanField, _layout
from balloon.engines.meanfield.season import Season, season
from balloon.engines.meanfield.sight import Memory, Sight, annual, learn, look, pressure
from balloon.engines.meanfield.step import advance, platforms_of
from balloon.engines.meanfield.values import packed
from balloon.engines.meanfield.world import State, World, start, world
from balloon.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Frozen:
    """A scenario with the policy of its last step for good.

    Seizures and news are over; what an outreach has won by the end of a run stays won; a budget goes
    on being divided by where the actors are. The state is a vector of actors by group, risk class and
    cell, then of those with each app, of beliefs, of the arrests of the last step, as far as they
    matter.
    """

    world: World
    sight: Sight
    season: Season
    """What follows from the sight, but for budgets."""
    rest: State
    """The state at the end of the run, batch of one: what is not in the vector is taken from here."""

    def vectors(self, state: State) -> NDArray[Any]:
        """(B, n) vectors of states."""
        held = [state.mass]
        held += [state.apps] if self.world.apps_matter else []
        held += [state.weekly] if self.learning else []
        held += [state.fresh] if self.world.watchful else []
        return np.concatenate([one.reshape(len(one), -1) for one in held], axis=1)

    def state(self, vectors: NDArray[Any]) -> State:
        """The states of (B, n) vectors."""
        at, size = 0, len(vectors)
        vectors = packed(vectors)

        def take(like: NDArray[Any], *, used: bool = True) -> NDArray[Any]:
            nonlocal at
            shape = (size, *like.shape[1:])
            if not used:
                return np.broadcast_to(like, shape).copy()  # a step may write into it
            count = int(np.prod(like.shape[1:]))
            at += count
            return vectors[:, at - count : at].reshape(shape)

        rest = self.rest
        mass = take(rest.mass)
        # Who has which app does not matter where none costs anything.
        apps = take(rest.apps, used=self.world.apps_matter)
        weekly = take(rest.weekly, used=self.learning)
        fresh = take(rest.fresh, used=self.world.watchful)
        return State(mass, apps, np.zeros((*mass.shape, len(self.world.taken))), weekly, fresh)

    def inside(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """The (B, n) vectors, with nobody who has an app where nobody is."""
        state = self.state(vectors)
        return self.vectors(state._replace(apps=np.clip(state.apps, 0.0, state.mass[..., None])))

    def step(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """(B, n) vectors one step later."""
        return self.step_seeing(vectors, self.homes(vectors))

    def step_seeing(self, vectors: NDArray[Any], homes: NDArray[Any]) -> NDArray[Any]:
        """The same as if everybody saw (B, G, P) actors at home on the platforms, whatever is so."""
        state, here, standing = self._put(vectors, homes)
        return self.vectors(advance(here, standing, state, homes, annual(state.weekly))[0])

    def recall(self, vectors: NDArray[Any], homes: NDArray[Any]) -> NDArray[Any]:
        """(B, r) the end of these vectors alone: beliefs and the arrests of the last step."""
        state, here, standing = self._put(vectors, homes)
        arrests = arrest(here, standing, state)[1]
        held = [learn(here, standing.told, state.weekly, arrests, homes)] if self.learning else []
        held += [np.add.reduce(arrests, axis=-1)] if self.world.watchful else []
        return np.concatenate([np.empty((len(vectors), 0)), *(x.reshape(len(x), -1) for x in held)], axis=1)

    @property
    def recalled(self) -> NDArray[np.int64]:
        """(r,) the group of each entry that `recall` gives."""
        groups, platforms = self.sight.available.shape
        each = np.arange(groups)
        held = [np.repeat(each, platforms)] if self.learning else []
        held += [each] if self.world.watchful else []
        return np.concatenate([np.empty(0, dtype=np.int64), *held])

    def homes(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """(B, G, P) actors at home on each platform."""
        return platforms_of(self.world, self.state(vectors).mass)

    def shares(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """(B, P + 2) share of all actors by place."""
        homes = self.state(vectors).mass.sum(axis=(1, 2)) @ self.world.layout.cells.place.T
        return np.asarray(homes / homes.sum(axis=1, keepdims=True))

    def all_at(self, platform: int | None) -> NDArray[np.float64]:
        """(n,) everybody at home on one platform by habit, or dormant; beliefs are true."""
        at = self.world.layout.cells
        rest = self.rest
        everybody = rest.mass.sum(axis=-1)
        mass, apps = np.zeros_like(rest.mass), np.zeros_like(rest.apps)
        cell = at.dormant.start if platform is None else platform
        mass[..., cell] = everybody
        if platform is not None and self.world.apps:
            apps[..., platform, platform] = everybody
        seen = self._seen(platforms_of(self.world, rest.mass))
        true = pressure(self.world, seen, fearless=True)[:, :, 0]
        weekly = -np.expm1(-true * self.world.weeks) / self.world.weeks
        weekly = np.broadcast_to(weekly, rest.weekly.shape)
        state = State(mass, apps, rest.seized, weekly, np.zeros_like(rest.fresh))
        vector: NDArray[np.float64] = self.vectors(state)[0]
        return vector

    @property
    def masses(self) -> int:
        """Leading entries of a vector that are actors by cell."""
        return self.rest.mass.size

    @property
    def actors(self) -> float:
        """All actors."""
        return float(self.rest.mass.sum())

    @property
    def learning(self) -> bool:
        """Whether beliefs move."""
        return bool(self.world.layout.scenario.behaviour.learning_rate > 0)

    @property
    def budgets(self) -> bool:
        """Whether the requests go where the actors are."""
        return bool((self.world.layout.policy.budget[-1] >= 0).any())

    def _put(self, vectors: NDArray[Any], homes: NDArray[Any]) -> tuple[State, World, Season]:
        """The states of vectors, with a world and a season for so many."""
        here = self.world._replace(batch=len(vectors), dtype=vectors.dtype)
        return self.state(vectors), here, season(here, self._seen(homes)) if self.budgets else self.season

    def _seen(self, homes: NDArray[Any]) -> Sight:
        """The policy, budgets divided by where the actors are at home, (B, G, P)."""
        policy, laid = self.world.layout.policy, self.world.numbers
        if not self.budgets:
            return self.sight
        asked = self.sight.requests
        for k in np.unique(policy.budget[-1][policy.budget[-1] >= 0]):
            named = policy.budget_groups[k]
            members = self.world.sizes[:, named].sum(axis=1)
            there = homes[:, named].sum(axis=(1, 2))
            each = (ratio(laid.budget_requests[:, k] * members, there))[:, None, None]
            asked = np.where((policy.budget[-1] == k)[:, None], each * laid.requests_factor[:, -1], asked)
        return self.sight._replace(requests=asked)


def freeze(scenario: Scenario, *, classes: int = CLASSES) -> Frozen:
    """Run a scenario to its end and hold its policy there.

    Raises
    ------
    EngineError
        If actors are removed and nobody fills their roles: in the end all are removed.
    """
    run = MeanField(scenario, classes).run(apps=False)
    here = world(_layout(scenario), {}, classes=classes, apps=False)
    untouched = np.full((1, len(here.layout.policy.outreach_on), len(scenario.platforms)), np.inf)
    sight = look(here, scenario.steps, Memory(run.actors_by_group, run.arrests_by_group, untouched))
    sight = sight._replace(
        cooperation=run.cooperation[:, -1],
        reopened=np.zeros_like(sight.reopened),
        taken=np.zeros_like(sight.taken),
        seizure=np.zeros_like(sight.seizure),
        announced=np.zeros_like(sight.announced),
    )
    state = start(here)
    belief = run.belief[:, -1]
    state = state._replace(weekly=-np.log1p(-belief) / 52.0)
    if scenario.behaviour.replacement_rate == 0 and np.any(pressure(here, sight) > 0):
        raise EngineError(
            f"scenario {scenario.name!r}: actors are removed and their roles stay empty, so that in the end "
            "all are removed; give behaviour.replacement_rate a value > 0 to ask where the others settle"
        )
    return Frozen(here, sight, season(here, sight), state)
