"""Lets the tests import their helpers by plain name; pytest's importlib mode puts no folder on the path."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "theory")]

settings.register_profile("balloon", deadline=None)  # a busy machine is not a broken claim
settings.load_profile("balloon")
