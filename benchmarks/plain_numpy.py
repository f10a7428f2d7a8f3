"""The case in NumPy and scipy.sparse, vectorised over actors, as a practised user would write it.

What was done for speed: single precision, bytes for homes and counts of contacts, peers by a sparse
product, only the actors who revise are looked at, one column after the other, shocks from exponential
draws (minus the log of one is a Gumbel). Blocks of actors were tried and won nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.case import WEEKS_IN_A_YEAR, Numbers


class Crowd:
    """All actors as columns.

    Parameters
    ----------
    numbers : Numbers
        The case.
    graph : (N, N) sparse array of float32
        Who knows whom.
    seed : int
        Of the one generator.
    """

    def __init__(self, numbers: Numbers, graph: csr_array, *, seed: int) -> None:
        self.numbers = numbers
        self.graph = graph.astype(np.int8)  # counts of contacts, so nobody may have more than 127
        self.rng = np.random.default_rng(seed)
        actors, platforms = numbers.actors, len(numbers.asc)
        self.dormant, self.removed = platforms, platforms + 1
        mu, sigma = numbers.log_normal
        self.risk_aversion = self.rng.lognormal(mu, sigma, actors).astype(np.float32)
        self.home = self.rng.choice(platforms, size=actors, p=numbers.start).astype(np.int8)
        self.habit = self.home.copy()
        self.apps = self.home == np.arange(platforms, dtype=np.int8)[:, None]
        self.hazard = numbers.hazard.copy()

    def count(self) -> NDArray[np.int64]:
        """Actors on each platform, dormant and removed."""
        return np.bincount(self.home, minlength=self.removed + 1)

    def step(self) -> None:
        """One week: arrests, revisions on the state at the end of the last week, then beliefs."""
        present = self.count()[: self.dormant]
        arrested = self.arrests()
        revise = self.home != self.removed
        revise[arrested] = False
        if self.numbers.revision_rate < 1:
            revise &= self.rng.random(len(revise), dtype=np.float32) < self.numbers.revision_rate
        revisers = np.flatnonzero(revise)
        choice = self.choices(revisers, present)
        arrests = np.bincount(self.home[arrested], minlength=self.dormant)
        self.home[revisers] = choice
        joined = choice < self.dormant
        self.habit[revisers[joined]] = choice[joined]
        self.apps[choice[joined], revisers[joined]] = True
        self.home[arrested] = self.removed
        self.learn(present, arrests)

    def arrests(self) -> NDArray[np.intp]:
        """Indices of the arrested."""
        chance = np.append(-np.expm1(-self.numbers.hazard), [0.0, 0.0]).astype(np.float32)
        draws = self.rng.random(len(self.home), dtype=np.float32)
        return np.flatnonzero(draws < chance[self.home])

    def choices(self, revisers: NDArray[np.intp], present: NDArray[np.int64]) -> NDArray[np.int8]:
        """Where each reviser goes, a platform or dormancy."""
        n = self.numbers
        belief = -np.expm1(-WEEKS_IN_A_YEAR * self.hazard)
        mean = present @ belief / present.sum() if present.sum() else belief.mean()
        fear = ((1 - n.spillover) * belief + n.spillover * mean).astype(np.float32)
        at = (self.home[:, None] == np.arange(self.dormant, dtype=np.int8)).astype(np.int8)
        theirs = self.graph if len(revisers) == len(self.home) else self.graph[revisers]
        return self.best(revisers, theirs @ at, fear)

    def best(
        self, who: NDArray[np.intp], peers: NDArray[np.int8], fear: NDArray[np.float32]
    ) -> NDArray[np.int8]:
        """The best option of some actors, given their contacts on each platform and the fear of it.

        One platform at a time: long columns are faster than tables six columns wide.
        """
        n = self.numbers
        shocks = self.rng.standard_exponential((self.dormant + 1, len(who)), dtype=np.float32)
        shocks += np.float32(1e-9)  # in single precision one in some millions is exactly zero
        np.log(shocks, out=shocks)
        total = sum(peers[:, p] for p in range(self.dormant))  # five times faster than sum(axis=1)
        weight = np.float32(n.peer_influence) / np.maximum(total, np.float32(1))
        habit, aversion = self.habit[who], self.risk_aversion[who]
        top = np.float32(n.outside_option) - shocks[self.dormant]
        choice = np.full(len(who), self.dormant, np.int8)
        for p in range(self.dormant):
            utility = weight * peers[:, p]
            utility -= aversion * fear[p]
            utility -= shocks[p]
            utility -= (habit != p) * np.float32(n.switching_cost)
            utility -= ~self.apps[p, who] * np.float32(n.onboarding_cost[p])
            utility += np.float32(n.asc[p])
            choice = np.where(utility > top, np.int8(p), choice)
            np.maximum(top, utility, out=top)
        return choice

    def learn(self, present: NDArray[np.int64], arrests: NDArray[np.int64]) -> None:
        """Move the believed weekly rates towards what was seen."""
        n = self.numbers
        surprise = (arrests - present * self.hazard) / np.maximum(present + n.credibility, 1e-300)
        self.hazard += np.where(present > 0, -np.expm1(-n.learning_rate) * surprise, 0.0)


def states(numbers: Numbers, graph: csr_array, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the actors by place, at the start and after each step."""
    crowd = Crowd(numbers, graph, seed=seed)
    yield crowd.count()
    for _ in range(numbers.steps):
        crowd.step()
        yield crowd.count()
