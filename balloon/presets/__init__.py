"""The scenarios that ship with balloon, and the published figures they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
    """The scenario file of a preset; `balloon.load` refuses a name that is not there."""
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

    Examples
    --------
    >>> evidence("korea_police_outcomes").name
    'korea_police_outcomes.csv'
    """
    return FOLDER / "evidence" / f"{name}.csv"


def observation_names() -> tuple[str, ...]:
    """Names of the observation files that ship, sorted; each is that of its preset.

    Examples
    --------
    >>> "telegram-korea-2024" in observation_names()
    True
    """
    return tuple(sorted(file.stem for file in (FOLDER / "observations").glob("*.csv")))


def observations(name: str) -> Path:
    """An observation file; `balloon.read_observations` takes its name.

    Examples
    --------
    >>> observations("telegram-korea-2024").name
    'telegram-korea-2024.csv'
    """
    return FOLDER / "observations" / f"{name}.csv"
