"""The numbers that say which run it is: seed, replicate, and how many replicates."""

from __future__ import annotations

from numbers import Integral

from balloon.errors import EngineError

SEEDS = 2**64
REPLICATES = 2**32


def whole_number(name: str, value: object, *, least: int = 0, end: int) -> int:
    """A number of Python from ``least`` to ``end - 1``; neither a yes nor text, nor a half.

    Raises
    ------
    EngineError

    Examples
    --------
    >>> whole_number("seed", 7, end=SEEDS)
    7
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) < end:
        raise EngineError(f"{name} is {value!r}; need a whole number from {least} to {end - 1}")
    return int(value)
