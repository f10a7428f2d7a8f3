"""balloon: what happens to criminal communication when a platform starts to answer the police."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from balloon._version import __version__

if TYPE_CHECKING:
    from balloon.behaviour import Behaviour
    from balloon.contacts import Contacts
    from balloon.engines.objects import Actor, BalloonModel
    from balloon.errors import (
        BalloonError,
        BalloonWarning,
        DataError,
        EngineError,
        FitError,
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
    from balloon.presets import names as presets
    from balloon.replay import Replay, replay
    from balloon.runs import Runs, load_runs
    from balloon.scenario import Scenario
    from balloon.simulate import simulate

_HOMES = {
    "Behaviour": "behaviour",
    "Contacts": "contacts",
    "Actor": "engines.objects",
    "BalloonModel": "engines.objects",
    **dict.fromkeys(
        ("BalloonError", "BalloonWarning", "DataError", "EngineError", "FitError", "ScenarioError"), "errors"
    ),
    "Evidence": "evidence",
    **dict.fromkeys(("load", "save"), "files"),
    **dict.fromkeys(
        (
            "Announcement",
            "Budget",
            "Cooperation",
            "Crackdown",
            "Launch",
            "Outreach",
            "PlatformChange",
            "Takedown",
        ),
        "interventions",
    ),
    **dict.fromkeys(("Edge", "Landscape", "Platform"), "landscape"),
    **dict.fromkeys(("Group", "Population"), "population"),
    "presets": "presets",
    **dict.fromkeys(("Replay", "replay"), "replay"),
    **dict.fromkeys(("Runs", "load_runs"), "runs"),
    "Scenario": "scenario",
    "simulate": "simulate",
}
"""Module of every public name: loaded when first used, so that `import balloon` stays light."""

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
    if name not in _HOMES:
        raise AttributeError(f"module 'balloon' has no attribute {name!r}")
    found = import_module(f"balloon.{_HOMES[name]}")
    return getattr(found, "names" if name == "presets" else name)


def __dir__() -> list[str]:
    return list(__all__)
