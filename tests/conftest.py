"""Lets the tests import their helpers by plain name; pytest's importlib mode puts no folder on the path."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "theory")]

# The same examples for everybody, and a busy machine is not a broken claim.
settings.register_profile(
    "balloon",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("balloon")
