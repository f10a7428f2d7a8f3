"""The one case that everybody runs: six platforms, one group, ten contacts, no interventions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from balloon import Behaviour, Contacts, Group, Landscape, Platform, Population, Scenario

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from balloon.behaviour.inputs import Parameters, Traits, View

WEEKS_IN_A_YEAR = 52

# name, asc (utils), onboarding cost (utils), undercover (arrests per actor-week), share at the start.
# With a switching cost of 5 about one actor in a hundred moves at a revision, as in the real cases.
PLATFORMS = (
    ("Telegram", 0.6, 0.5, 0.0012, 0.40),
    ("WhatsApp", 0.4, 0.5, 0.0008, 0.25),
    ("KakaoTalk", 0.2, 1.0, 0.0006, 0.15),
    ("Signal", 0.1, 1.0, 0.0003, 0.10),
    ("Viber", 0.0, 1.5, 0.0003, 0.06),
    ("SimpleX", -0.2, 1.5, 0.0002, 0.04),
)


def scenario(
    actors: int,
    *,
    revision_rate: float = 1.0,
    steps: int = 52,
    utility: Callable[..., float] | None = None,
) -> Scenario:
    """The case as balloon's users would write it.

    Parameters
    ----------
    actors : int
        Number of actors.
    revision_rate : float
        Revisions per week; with weekly steps 1 lets everybody reconsider in every step.
    steps : int
        Number of weekly steps.
    utility : function, optional
        Own rule in the place of the built-in one.

    Examples
    --------
    >>> scenario(1_000).platforms[3]
    'Signal'
    """
    platforms = tuple(
        Platform(name=name, asc=asc, onboarding_cost=onboarding, undercover=undercover)
        for name, asc, onboarding, undercover, _ in PLATFORMS
    )
    start = {name: share for name, *_, share in PLATFORMS}
    return Scenario(
        name="benchmark",
        landscape=Landscape(platforms=platforms),
        population=Population(
            actors=actors,
            groups=(Group(name="all", start=start, risk_aversion=20.0, risk_aversion_cv=0.5),),
            contacts=Contacts(kind="erdos_renyi", degree=10.0),
        ),
        behaviour=Behaviour(
            switching_cost=5.0,
            outside_option=-4.0,
            peer_influence=1.5,
            spillover=0.2,
            revision_rate=revision_rate,
            learning_rate=0.1,
            credibility=20.0,
            utility=utility,
        ),
        start=date(2024, 1, 1),
        steps=steps,
    )


def own_utility(traits: Traits, view: View, parameters: Parameters) -> float:
    """An own rule in plain Python text: the same formula as the built-in one, in other words."""
    fear = view.belief + parameters.spillover * (view.mean_belief - view.belief)
    gain = view.asc + parameters.peer_influence * view.peers - traits.risk_aversion * fear
    return gain - (parameters.switching_cost * view.friction + view.onboarding_cost)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The case as plain numbers, for the peers: they know nothing of balloon."""

    actors: int
    steps: int
    asc: NDArray[np.float64]
    """(P,) utils."""
    onboarding_cost: NDArray[np.float64]
    """(P,) utils."""
    hazard: NDArray[np.float64]
    """(P,) arrests per actor-week."""
    start: NDArray[np.float64]
    """(P,) shares, adding up to 1."""
    risk_aversion: float
    risk_aversion_cv: float
    switching_cost: float
    outside_option: float
    peer_influence: float
    spillover: float
    revision_rate: float
    learning_rate: float
    credibility: float

    @property
    def log_normal(self) -> tuple[float, float]:
        """Parameters mu and sigma of the log-normal risk aversion."""
        variance = math.log1p(self.risk_aversion_cv * self.risk_aversion_cv)
        return math.log(self.risk_aversion) - variance / 2, math.sqrt(variance)


def numbers(of: Scenario) -> Numbers:
    """Read the plain numbers of a scenario without interventions, with one group and weekly steps.

    Examples
    --------
    >>> numbers(scenario(1_000)).hazard[0]
    np.float64(0.0012)
    """
    import numpy as np

    if of.interventions or len(of.groups) != 1 or of.step_days != 7:
        raise ValueError("the peers know no interventions, one group and weekly steps")
    platforms, group, b = of.landscape.platforms, of.groups[0], of.behaviour
    undercover = np.array([p.undercover for p in platforms])
    answered = np.array([p.requests * p.cooperation for p in platforms])
    return Numbers(
        actors=of.population.actors,
        steps=of.steps,
        asc=np.array([p.asc + group.asc.get(p.name, 0.0) for p in platforms]),
        onboarding_cost=np.array([p.onboarding_cost for p in platforms]),
        hazard=group.exposure * (undercover + answered * b.arrests_per_answer),
        start=np.array([group.start.get(p.name, 0.0) for p in platforms]),
        risk_aversion=group.risk_aversion,
        risk_aversion_cv=group.risk_aversion_cv,
        switching_cost=b.switching_cost,
        outside_option=b.outside_option,
        peer_influence=b.peer_influence,
        spillover=b.spillover,
        revision_rate=b.revision_rate,
        learning_rate=b.learning_rate,
        credibility=b.credibility,
    )


def contact_graph(of: Scenario, *, seed: int = 0, replicate: int = 0) -> csr_array:
    """Draw the scenario's contacts as balloon does, and hand them over as a sparse matrix of ones.

    Returns
    -------
    (actors, actors) sparse array of float32
        Symmetric adjacency matrix in CSR form.

    Examples
    --------
    >>> graph = contact_graph(scenario(1_000))
    >>> bool((graph != graph.T).nnz == 0), float(graph.max())
    (True, 1.0)
    """
    import numpy as np
    from scipy.sparse import csr_array

    ties = of.population.contacts.draw(of.population.sizes, seed=seed, replicate=replicate)
    actors, ones = of.population.actors, np.ones(len(ties.others), np.float32)
    return csr_array((ones, ties.others, ties.start), shape=(actors, actors))
