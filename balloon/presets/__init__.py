"""The scenarios that ship with balloon, and the published figures they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from balloon._saying import nearest
from balloon.errors import DataError, ScenarioError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a published figure was read."""

    source_id: str
    title: str
    publisher: str
    date: str
    url: str
    kind: str
    """primary, primary-copy, primary-compiled, secondary or low-quality."""


def names() -> tuple[str, ...]:
    """Names of the presets, sorted.

    Examples
    --------
    >>> "telegram-korea-2024" in names()
    True
    """
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def path(name: str) -> Path:
    """The scenario file of a preset.

    Raises
    ------
    ScenarioError
        No such preset, with the nearest.

    Examples
    --------
    >>> path("minimal").name
    'minimal.toml'
    """
    if name not in names():
        raise ScenarioError(f"no preset {name!r}; {nearest(name, names())}")
    return FOLDER / f"{name}.toml"


@cache
def sources() -> tuple[Source, ...]:
    """Every source that a scenario may cite.

    Examples
    --------
    >>> sources()[0].source_id
    'S01'
    """
    import csv

    with (FOLDER / "evidence" / "sources.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(Source(**row) for row in csv.DictReader(lines))


def evidence(name: str) -> Path:
    """A table of published figures, such as ``"korea_police_outcomes"``; see the README there.

    Raises
    ------
    DataError
        No such table, with the nearest.

    Examples
    --------
    >>> evidence("korea_police_outcomes").name
    'korea_police_outcomes.csv'
    """
    known = _tables("evidence")
    if name not in known:
        raise DataError(f"no table of published figures {name!r}; {nearest(name, known)}")
    return FOLDER / "evidence" / f"{name}.csv"


def observation_names() -> tuple[str, ...]:
    """Names of the observation files that ship, sorted; each is that of its preset.

    Examples
    --------
    >>> "telegram-korea-2024" in observation_names()
    True
    """
    return _tables("observations")


def observations(name: str) -> Path:
    """An observation file; `balloon.read_observations` takes its name.

    Raises
    ------
    DataError
        No such observations, with the nearest.

    Examples
    --------
    >>> observations("telegram-korea-2024").name
    'telegram-korea-2024.csv'
    """
    if name not in observation_names():
        raise DataError(f"no observations {name!r}; {nearest(name, observation_names())}")
    return FOLDER / "observations" / f"{name}.csv"


def _tables(folder: str) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in (FOLDER / folder).glob("*.csv")))
