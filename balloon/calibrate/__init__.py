"""Parameters from observed rates: what was observed, and what the model says it would be."""

from __future__ import annotations

from balloon.calibrate.fit import calibrate
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.observe import ObservationModel, prepare
from balloon.calibrate.priors import Prior
from balloon.calibrate.reading import read_observations
from balloon.calibrate.result import Fit
from balloon.calibrate.sbc import sbc

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

# `balloon.calibrate` is the function, which hides this package: its check goes by the same name.
calibrate.sbc = sbc  # type: ignore[attr-defined]
