"""What contract suites try rules, actors and engines with: the whole range of what may be given."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from balloon.behaviour import Behaviour
from balloon.behaviour.inputs import Enforcement, Traits, View

if TYPE_CHECKING:
    from balloon.scenario import Scenario


def traits() -> Iterator[Traits]:
    """Actors of two groups, from the fearless to the fearful, exposed or not.

    Examples
    --------
    >>> len(list(traits()))
    8
    """
    for group, risk_aversion, exposure in product((0, 1), (0.0, 40.0), (0.0, 1.5)):
        yield Traits(group, risk_aversion, exposure)


def views() -> Iterator[View]:
    """Platforms with all that an actor may see of them, at the ends of every range.

    Examples
    --------
    >>> sum(view.friction == 0 for view in views()) > 0
    True
    """
    for number, asc, peers, belief, mean_belief, friction, onboarding_cost in product(
        (0, 2), (-1.0, 1.0), (0.0, 1.0), (0.0, 0.999), (0.0, 0.5), (0.0, 2.5), (0.0, 1.0)
    ):
        yield View(number, asc, peers, belief, mean_belief, friction, onboarding_cost)


def enforcements() -> Iterator[Enforcement]:
    """Platforms with all that the police may do there.

    Examples
    --------
    >>> Enforcement(platform=0, undercover=0.0, requests=0.0, cooperation=0.0) in enforcements()
    True
    """
    for platform, undercover, requests, cooperation in product((0, 2), (0.0, 0.2), (0.0, 3.0), (0.0, 1.0)):
        yield Enforcement(platform, undercover, requests, cooperation)


def small_scenario(behaviour: Behaviour | None = None, *, actors: int = 80, steps: int = 8) -> Scenario:
    """A scenario in which something of everything happens, small enough for a test.

    Examples
    --------
    >>> small_scenario(actors=20).population.actors
    20
    """
    from dataclasses import replace

    from balloon.files import load

    lively = Behaviour(
        peer_influence=1.0, vigilance=2.0, spillover=0.3, revision_rate=0.5, switching_cost=1.0
    )
    changes = {"population.actors": actors, "platforms.Telegram.requests": 1.0}
    scenario = load("minimal").with_(changes).with_(steps=steps)
    return replace(scenario, behaviour=behaviour or lively)
