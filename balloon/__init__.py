"""balloon: what happens to criminal communication when a platform starts to answer the police."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balloon import presets
from balloon._version import __version__
from balloon.behaviour import Behaviour
from balloon.calibrate import calibrate
from balloon.contacts import Contacts
from balloon.contrast import contrast
from balloon.describe import Document, describe
from balloon.effect import Contrast
from balloon.errors import (
    BalloonError,
    BalloonWarning,
    DataError,
    EngineError,
    FitError,
    RunError,
    ScenarioError,
)
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
from balloon.precision import precision
from balloon.presets.listing import evidence
from balloon.replay import Replay, replay
from balloon.runs import Provenance, Runs, load_runs
from balloon.scenario import Scenario
from balloon.simulate import simulate
from balloon.summarize import summarize

if TYPE_CHECKING:
    from balloon.agreement import discrepancy
    from balloon.calibrate.observations import Observation, Observations
    from balloon.calibrate.priors import Prior
    from balloon.calibrate.reading import read_observations
    from balloon.calibrate.result import Fit
    from balloon.engines.objects import Actor, BalloonModel
    from balloon.restpoints import equilibria, tipping

__all__ = [
    "Actor",
    "Announcement",
    "BalloonError",
    "BalloonModel",
    "BalloonWarning",
    "Behaviour",
    "Budget",
    "Contacts",
    "Contrast",
    "Cooperation",
    "Crackdown",
    "DataError",
    "Document",
    "Edge",
    "EngineError",
    "Evidence",
    "Fit",
    "FitError",
    "Group",
    "Landscape",
    "Launch",
    "Observation",
    "Observations",
    "Outreach",
    "Platform",
    "PlatformChange",
    "Population",
    "Prior",
    "Provenance",
    "Replay",
    "RunError",
    "Runs",
    "Scenario",
    "ScenarioError",
    "Takedown",
    "__version__",
    "calibrate",
    "contrast",
    "describe",
    "discrepancy",
    "equilibria",
    "evidence",
    "load",
    "load_runs",
    "precision",
    "presets",
    "read_observations",
    "replay",
    "save",
    "simulate",
    "summarize",
    "tipping",
]


ELSEWHERE = {
    "Actor": "balloon.engines.objects",
    "BalloonModel": "balloon.engines.objects",
    "Fit": "balloon.calibrate.result",
    "Observation": "balloon.calibrate.observations",
    "Observations": "balloon.calibrate.observations",
    "Prior": "balloon.calibrate.priors",
    "discrepancy": "balloon.agreement",
    "equilibria": "balloon.restpoints",
    "read_observations": "balloon.calibrate.reading",
    "tipping": "balloon.restpoints",
}
"""Names that are loaded when they are asked for, and where they are."""


def __getattr__(name: str) -> Any:
    """Load Mesa, the mean field and what fits only for those who ask for them."""
    from importlib import import_module

    if name in ELSEWHERE:
        return getattr(import_module(ELSEWHERE[name]), name)
    raise AttributeError(f"module 'balloon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
