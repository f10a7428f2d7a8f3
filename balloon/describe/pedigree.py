"""Where a number comes from, scored: after the pedigree of NUSAP (Funtowicz & Ravetz 1990).

One criterion of it, the origin, read from what a scenario says of its numbers. The kind of the source
(primary, secondary, ...) stands beside it; quality, method and validation are for people to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

from balloon._units import unit
from balloon._values import Table as Numbers
from balloon._values import numbers
from balloon.describe.sourcetext import field_notes
from balloon.evidence import ASSUMPTION, Evidence
from balloon.interventions import KINDS
from balloon.presets import Source, sources

if TYPE_CHECKING:
    from balloon.scenario import Scenario

PEDIGREE = {
    "published": (3, "read in the source that is named"),
    "derived": (2, "from a named source by own arithmetic or reading; the note says 'derived' or 'read as'"),
    "assumption": (1, "rests on no published figure; the range, if any, says what is thought possible"),
    "not stated": (0, "came without evidence: a default of the library, or set by the user"),
}
"""Origin -> score and meaning."""

DERIVED = re.compile(r"\b(derived|read as)\b", re.IGNORECASE)
CITED = re.compile(r"\bS\d{2,4}\b")


class Parameter(NamedTuple):
    """One number of a scenario."""

    path: str
    value: float
    low: float | None
    high: float | None
    unit: str
    source: str
    note: str
    noun: str
    """Class of the noun that holds it."""
    field: str
    means: str

    @property
    def origin(self) -> str:
        """A key of `PEDIGREE`."""
        if self.source in (ASSUMPTION, "not stated"):
            return self.source
        return "derived" if DERIVED.search(self.note) else "published"

    @property
    def score(self) -> int:
        """From 0, not stated, to 3, published."""
        return PEDIGREE[self.origin][0]


def parameters(scenario: Scenario) -> Iterator[Parameter]:
    """Every number of the scenario, in the order of `Scenario.evidence`.

    Examples
    --------
    >>> import balloon as bl
    >>> next(parameters(bl.load("minimal"))).path
    'behaviour.switching_cost'
    """
    for path, noun in scenario.nouns():
        known = {one.field: one for one in noun.evidence}
        for name, value in numbers(noun):
            evidence = known.get(name) or Evidence(field=name, source="not stated")
            yield Parameter(
                f"{path}.{name}",
                float(value),
                evidence.low,
                evidence.high,
                unit(noun, name),
                evidence.source,
                evidence.note,
                type(noun).__name__,
                name.partition(".")[0],
                meaning(noun, name.partition(".")[0]),
            )


def settings(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """What decides a run and is no number: path, value in words, meaning."""
    for path, noun in scenario.nouns():
        for field in fields(noun):
            value = getattr(noun, field.name)
            if field.name in (
                "name",
                "label",
                "source",
                "note",
                "evidence",
                "groups",
                "contacts",
                "start",
                "until",
            ):
                continue
            if isinstance(value, Numbers) or (isinstance(value, int | float) and not isinstance(value, bool)):
                continue
            yield f"{path}.{field.name}", _in_words(field.name, value), meaning(noun, field.name)


def _in_words(name: str, value: Any) -> str:
    if name == "ties":
        return f"{len(value)} pairs" if value else "none given"
    if callable(value):
        return f"own rule {value.__qualname__}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "all"
    return "not set" if value is None else str(value)


def meaning(noun: Any, field: str) -> str:
    """What a field means, by the docstring under it; interventions share their words."""
    own = [type(noun), *(KINDS if type(noun) in KINDS else ())]
    notes = (field_notes(kind.__module__, kind.__name__).get(field) for kind in own)
    return next((note for note in notes if note), "")


def known_sources() -> dict[str, Source]:
    """The sources table by id."""
    return {source.source_id: source for source in sources()}


def cited(scenario: Scenario) -> list[str]:
    """Ids of all sources that the scenario names, in its notes as well; sorted by their numbers."""
    texts = [scenario.note]
    for _, noun in scenario.nouns():
        texts += [getattr(noun, "note", ""), getattr(noun, "source", "")]
        texts += [text for one in noun.evidence for text in (one.source, one.note)]
    found = {one for text in texts for one in CITED.findall(text)}
    return sorted(found & known_sources().keys(), key=lambda one: int(one[1:]))
