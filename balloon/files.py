"""Scenario files: TOML in and out, and the JSON Schema of their layout."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from balloon._layout import read, root
from balloon._saying import nearest
from balloon._toml import dumps
from balloon._values import numbers
from balloon._writing import atomic
from balloon.errors import ScenarioError
from balloon.evidence import ASSUMPTION
from balloon.presets import names as preset_names
from balloon.presets import path as preset_path
from balloon.presets import sources
from balloon.scenario import Scenario, require_scenario

FITTED = "fit to "
"""How the source of a fitted number begins, see `balloon.Fit.scenario`; its observations have their own."""

# ---- what users call ----------------------------------------------------------------------


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario: a preset by its name, or a TOML file by its path.

    Text that is no preset is a path if it ends in ``.toml``, holds a folder, or names a file.

    Raises
    ------
    ScenarioError
        With every problem found, each with the file's name and the dotted path of the number.

    Examples
    --------
    >>> load("minimal").platforms
    ('Telegram', 'Signal', 'Viber')
    """
    return from_toml(toml_of(name_or_path), f"{_file(name_or_path).name}: ")


def toml_of(name_or_path: str | os.PathLike[str]) -> str:
    """The text of a scenario file: what `load` reads, unread.

    Raises
    ------
    ScenarioError
        No such preset, a file that cannot be read or is not UTF-8.
    """
    file = _file(name_or_path)
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{file.name}: byte {error.start} is not UTF-8; save the file as UTF-8") from None


def from_toml(text: str, where: str = "") -> Scenario:
    """Build the scenario that the text of a scenario file describes; ``where`` is put before each problem.

    Raises
    ------
    ScenarioError
        With every problem found, each with the dotted path of the number.

    Examples
    --------
    >>> from_toml(preset_path("minimal").read_text("utf-8")) == load("minimal")
    True
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = len(text.splitlines())
        said = str(error).replace("at end of document", f"at line {lines}, the end of the document")
        raise ScenarioError(f"{where}not TOML: {said}") from None
    except RecursionError:
        raise ScenarioError(f"{where}not TOML: nested too deeply") from None
    scenario = read(table, where)
    _refuse(where, _doubts(scenario))
    return scenario


def save(scenario: Scenario, path: str | os.PathLike[str]) -> None:
    """Write a scenario as TOML; `load` gives back the same scenario.

    Defaults are left out. An own rule cannot be written, and is refused.

    Raises
    ------
    ScenarioError
        No scenario, an own rule, or a source that balloon does not know.
    DataError
        A path that cannot be written.
    """
    require_scenario(scenario, ScenarioError)
    where = f"{Path(path).name}: "
    rules = [
        f"behaviour.{name}: an own rule is Python code and cannot be written to a file; save the scenario "
        "without it and give the rule again after loading"
        for name in scenario.behaviour.own_rules
    ]
    _refuse(where, rules + _doubts(scenario))
    text = dumps(scenario)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def from_document(document: Mapping[str, Any]) -> Scenario:
    """Build the scenario that the nested tables of a scenario file describe.

    The inverse of `balloon.scenario.document`, and of ``json.loads(scenario.to_json())``.

    Examples
    --------
    >>> import json
    >>> scenario = load("minimal")
    >>> from_document(json.loads(scenario.to_json())) == scenario
    True
    """
    return read(document)


def schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for editors and other programs.

    Examples
    --------
    >>> "platforms" in schema()["required"]
    True
    """
    made: dict[str, Any] = root().model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "balloon scenario"}


# ---- from a name to a file ----------------------------------------------------------------


def _file(name_or_path: str | os.PathLike[str]) -> Path:
    known = preset_names()
    if isinstance(name_or_path, str) and name_or_path in known:
        return preset_path(name_or_path)
    path = Path(name_or_path)
    text = os.fspath(name_or_path)
    separators = [os.sep, os.altsep] if os.altsep else [os.sep]
    looks_like_path = text.endswith(".toml") or any(s in text for s in separators) or path.is_file()
    if looks_like_path or not isinstance(name_or_path, str):
        return path
    raise ScenarioError(f"no preset {text!r}; {nearest(text, known)}; a file ends in .toml")


# ---- what a file must hold beside what the nouns ask --------------------------------------


def _doubts(scenario: Scenario) -> list[str]:
    """Sources that balloon does not know, and numbers outside their own range."""
    known = {source.source_id for source in sources()}
    doubts = []
    in_file = {id(one): f"interventions.{number}" for number, one in enumerate(scenario.interventions)}
    for parameter_path, noun in scenario.nouns():
        path = in_file.get(id(noun), parameter_path)  # in a file they are known by their number
        values = dict(numbers(noun))
        event = getattr(noun, "source", "")
        cited = [(f"{path}.source", event)] if event else []
        for e in noun.evidence:
            cited.append((f"{path}.{e.field}.source", e.source))
            value = values[e.field]
            if e.low is not None and e.high is not None and not e.low <= value <= e.high:
                doubts.append(f"{path}.{e.field}: {value:g} lies outside its range {e.low:g}..{e.high:g}")
        doubts += [
            f"{where}: unknown source {source!r}; need an id of the sources table, or {ASSUMPTION!r}"
            for where, source in cited
            if source not in known and source != ASSUMPTION and not source.startswith(FITTED)
        ]
    return doubts


def _refuse(where: str, problems: list[str]) -> None:
    if problems:
        raise ScenarioError(*(where + problem for problem in problems))
