"""Contract suites: inherit one, and your own part of the model is held to what the others rely on.

The suites need no test framework: their methods are plain assertions whose names pytest collects
from your subclass. Name the subclass ``Test...``.
"""

from balloon.testing.actors import ActorContract
from balloon.testing.engines import EngineContract
from balloon.testing.given import enforcements, small_scenario, traits, views
from balloon.testing.measures import MeasureContract
from balloon.testing.rules import RuleContract

__all__ = [
    "ActorContract",
    "EngineContract",
    "MeasureContract",
    "RuleContract",
    "enforcements",
    "small_scenario",
    "traits",
    "views",
]
