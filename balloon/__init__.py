"""balloon: what happens to criminal communication when a platform starts to answer the police."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balloon import presets
from balloon._version import __version__
from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
from balloon.errors import BalloonError, BalloonWarning, DataError, EngineError, FitError, ScenarioError
from balloon.evidence import Evidence
from balloon.files import load, save
from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.replay import Replay, replay
from balloon.runs import Provenance, Runs, load_runs
from balloon.scenario import Scenario
from balloon.simulate import simulate

if TYPE_CHECKING:
    from balloon.engines.objects import Actor, BalloonModel

__all__ = [
    "Actor",
    "Announcement",
    "BalloonError",
    "BalloonModel",
    "BalloonWarning",
    "Behaviour",
    "Budget",
    "Contacts",
    "Cooperation",
    "Crackdown",
    "DataError",
    "Edge",
    "EngineError",
    "Evidence",
    "FitError",
    "Group",
    "Landscape",
    "Launch",
    "Outreach",
    "Platform",
    "PlatformChange",
    "Population",
    "Provenance",
    "Replay",
    "Runs",
    "Scenario",
    "ScenarioError",
    "Takedown",
    "__version__",
    "load",
    "load_runs",
    "presets",
    "replay",
    "save",
    "simulate",
]


def __getattr__(name: str) -> Any:
    """Load Mesa only for those who ask for its classes."""
    if name in ("Actor", "BalloonModel"):
        from balloon.engines import objects

        return getattr(objects, name)
    raise AttributeError(f"module 'balloon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
