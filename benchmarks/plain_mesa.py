"""The case as an experienced Mesa 3 user would write it: a model, agents, `AgentSet.do`.

What was done for speed, as such a user would: contacts held as a list of agents rather than looked up
on a space, what is the same for everybody worked out once a step by the model, plain floats inside
the agents' loops (faster than NumPy on seven numbers), shocks drawn seven at a time, no DataCollector.
Everybody decides, then everybody acts, so the order of activation does not matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import mesa
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.case import WEEKS_IN_A_YEAR, Numbers

DORMANT = -1
REMOVED = -2


class Messenger(mesa.Agent):  # type: ignore[misc]  # Mesa has no types
    """An actor with a home platform, a habit, apps and contacts."""

    def __init__(self, model: MessengerModel, home: int, risk_aversion: float) -> None:
        super().__init__(model)
        self.home = self.next_home = self.habit = home
        self.apps = {home}
        self.risk_aversion = risk_aversion
        self.contacts: list[Messenger] = []

    def decide(self) -> None:
        """Be arrested, reconsider or stay, on what was so at the end of the last week."""
        model = self.model
        if self.home == REMOVED:
            return
        if self.home != DORMANT and model.rng.random() < model.arrest_chance[self.home]:
            self.next_home = REMOVED
        elif model.revision_rate >= 1 or model.rng.random() < model.revision_rate:
            self.next_home = self.choose()

    def choose(self) -> int:
        """The best platform, or dormancy, with one Gumbel shock each."""
        model, habit, apps, risk_aversion = self.model, self.habit, self.apps, self.risk_aversion
        shocks = model.rng.gumbel(size=model.platforms + 1).tolist()
        peers = [0] * model.platforms
        for contact in self.contacts:
            if contact.home >= 0:
                peers[contact.home] += 1
        weight = model.peer_influence / (sum(peers) or 1)
        best, choice = model.outside_option + shocks[-1], DORMANT
        for platform in range(model.platforms):
            utility = model.asc[platform] + weight * peers[platform] + shocks[platform]
            utility -= risk_aversion * model.fear[platform]
            if platform != habit:
                utility -= model.switching_cost
            if platform not in apps:
                utility -= model.onboarding_cost[platform]
            if utility > best:
                best, choice = utility, platform
        return choice

    def act(self) -> None:
        """Do what was decided."""
        if self.next_home != self.home:
            self.home = self.next_home
            if self.home >= 0:
                self.habit = self.home
                self.apps.add(self.home)


class MessengerModel(mesa.Model):  # type: ignore[misc]
    """Actors on platforms under a constant rate of arrest.

    Parameters
    ----------
    numbers : Numbers
        The case.
    graph : (N, N) sparse array
        Who knows whom.
    seed : int
        Of the model's generator.
    """

    def __init__(self, numbers: Numbers, graph: csr_array, *, seed: int) -> None:
        super().__init__(rng=seed)
        self.numbers = numbers
        self.platforms = len(numbers.asc)
        self.asc: list[float] = numbers.asc.tolist()
        self.onboarding_cost: list[float] = numbers.onboarding_cost.tolist()
        self.arrest_chance: list[float] = (-np.expm1(-numbers.hazard)).tolist()
        self.switching_cost = numbers.switching_cost
        self.peer_influence = numbers.peer_influence
        self.outside_option = numbers.outside_option
        self.revision_rate = numbers.revision_rate
        self.hazard: list[float] = numbers.hazard.tolist()
        self.fear: list[float] = []
        homes = self.rng.choice(self.platforms, size=numbers.actors, p=numbers.start).tolist()
        mu, sigma = numbers.log_normal
        aversions = self.rng.lognormal(mu, sigma, size=numbers.actors).tolist()
        crew = Messenger.create_agents(self, numbers.actors, home=homes, risk_aversion=aversions)
        actors = list(crew)
        ends, others = graph.indptr.tolist(), graph.indices.tolist()
        for actor, first, last in zip(actors, ends, ends[1:], strict=False):
            actor.contacts = [actors[other] for other in others[first:last]]

    def count(self) -> NDArray[np.int64]:
        """Actors on each platform, dormant and removed."""
        homes = Counter(self.agents.get("home"))
        places = (*range(self.platforms), DORMANT, REMOVED)
        return np.array([homes[place] for place in places])

    def step(self) -> None:
        """One week."""
        present = Counter(self.agents.get("home"))
        self.judge(present)
        self.agents.do("decide")
        arrests = Counter(a.home for a in self.agents if a.next_home == REMOVED != a.home)
        self.agents.do("act")
        self.learn(present, arrests)

    def judge(self, present: Counter[int]) -> None:
        """What everybody believes about each platform, weighed with the mean over all."""
        belief = [-math.expm1(-WEEKS_IN_A_YEAR * hazard) for hazard in self.hazard]
        active = sum(present[p] for p in range(self.platforms))
        weights = [present[p] / active if active else 1 / self.platforms for p in range(self.platforms)]
        mean = sum(w * b for w, b in zip(weights, belief, strict=True))
        spillover = self.numbers.spillover
        self.fear = [(1 - spillover) * b + spillover * mean for b in belief]

    def learn(self, present: Counter[int], arrests: Counter[int]) -> None:
        """Move the believed weekly rates towards what was seen."""
        weight = -math.expm1(-self.numbers.learning_rate)
        for p in range(self.platforms):
            if present[p]:
                surprise = arrests[p] - present[p] * self.hazard[p]
                self.hazard[p] += weight * surprise / (present[p] + self.numbers.credibility)


def states(numbers: Numbers, graph: csr_array, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the actors by place, at the start and after each step."""
    model = MessengerModel(numbers, graph, seed=seed)
    yield model.count()
    for _ in range(numbers.steps):
        model.step()
        yield model.count()
