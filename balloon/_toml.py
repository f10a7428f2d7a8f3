"""A scenario as the text of a scenario file."""

from __future__ import annotations

import json
import math
import re
from dataclasses import MISSING, fields, replace
from datetime import date
from typing import Any

from balloon._values import Table
from balloon.interventions import Intervention
from balloon.scenario import SCHEMA_VERSION, Scenario, document

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def dumps(scenario: Scenario) -> str:
    """The text of the file: defaults left out, numbers with evidence as inline tables."""
    whole = document(scenario)
    lines = [f"schema_version = {SCHEMA_VERSION}"]
    settled = replace(scenario, squeezed="", reference=None) == scenario
    for name in ("name", "title", "note", "start", "steps", "step_days", "squeezed", "reference"):
        own = getattr(scenario, name)
        if not (_default(Scenario, name, own) or (settled and name in ("squeezed", "reference"))):
            lines.append(f"{name} = {_value(own)}")
    if scenario.landscape.edges == ():
        lines.append("edges = []")
    population = scenario.population
    # Head, noun and its table in the document.
    parts: list[tuple[str, Any, dict[str, Any]]] = [
        ("[population]", population, whole["population"]),
        ("[contacts]", population.contacts, whole["contacts"]),
        ("[behaviour]", scenario.behaviour, whole["behaviour"]),
    ]
    for place, nouns in (("platforms", scenario.landscape.platforms), ("groups", scenario.groups)):
        parts += [(f"[{place}.{_key(noun.name)}]", noun, whole[place][noun.name]) for noun in nouns]
    for place, listed in (("edges", scenario.landscape.edges), ("interventions", scenario.interventions)):
        tables = zip(listed or (), whole[place] or (), strict=True)
        parts += [(f"[[{place}]]", noun, table) for noun, table in tables]
    for head, noun, table in parts:
        said = _lines(noun, table)
        if said or head not in ("[contacts]", "[behaviour]"):
            lines += ["", head, *said]
    return "\n".join(lines) + "\n"


def _lines(noun: Any, table: dict[str, Any]) -> list[str]:
    """One line for each value that is not the noun's default."""
    lines = []
    for name, value in table.items():
        own = getattr(noun, name)
        if isinstance(own, Table):
            lines += [f"{_key(name)}.{_key(key)} = {_value(entry)}" for key, entry in value.items()]
        elif name == "kind" and isinstance(noun, Intervention):
            lines.append(f"kind = {_value(value)}")
        elif isinstance(value, dict) or not _default(type(noun), name, own):
            lines.append(f"{_key(name)} = {_value(_native(own, value))}")
    return lines


def _native(own: Any, value: Any) -> Any:
    """A value of the document, with dates and infinity as TOML has them and JSON has not."""
    if isinstance(own, date):
        return own
    if isinstance(own, float) and math.isinf(own):
        return {**value, "value": own} if isinstance(value, dict) else own
    return value


def _default(noun: type, name: str, own: Any) -> bool:
    """Whether a file may leave a value out."""
    default = next(f.default for f in fields(noun) if f.name == name)
    return default is not MISSING and bool(own == default)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """A value as TOML spells it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # The escapes of JSON are those of TOML, but for one control character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value) if isinstance(value, date) else repr(value)
