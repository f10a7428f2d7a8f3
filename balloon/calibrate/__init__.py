"""Parameters from observed rates: what was observed, and what the model says it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balloon.calibrate.fit import calibrate
from balloon.calibrate.sbc import sbc

if TYPE_CHECKING:
    from balloon.calibrate.observations import Observation, Observations
    from balloon.calibrate.observe import ObservationModel, prepare
    from balloon.calibrate.priors import Prior
    from balloon.calibrate.reading import read_observations
    from balloon.calibrate.result import Fit

__all__ = [
    "Fit",
    "Observation",
    "ObservationModel",
    "Observations",
    "Prior",
    "calibrate",
    "prepare",
    "read_observations",
    "sbc",
]

ELSEWHERE = {
    "Fit": "balloon.calibrate.result",
    "Observation": "balloon.calibrate.observations",
    "ObservationModel": "balloon.calibrate.observe",
    "Observations": "balloon.calibrate.observations",
    "Prior": "balloon.calibrate.priors",
    "prepare": "balloon.calibrate.observe",
    "read_observations": "balloon.calibrate.reading",
}
"""Names that are loaded when they are asked for, and where they are."""

# `balloon.calibrate` is the function, which hides this package: its check goes by the same name.
calibrate.sbc = sbc  # type: ignore[attr-defined]


def __getattr__(name: str) -> Any:
    """Load what fits only for those who fit."""
    from importlib import import_module

    if name in ELSEWHERE:
        return getattr(import_module(ELSEWHERE[name]), name)
    raise AttributeError(f"module 'balloon.calibrate' has no attribute {name!r}")
