"""The layout of a scenario file, checked by pydantic and then by the nouns themselves.

The layout is that of `balloon.scenario.document`. The models are made from the fields of the nouns, so
that there is one truth; what a number may be is for the nouns to judge.
"""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from balloon._units import unit
from balloon._values import DORMANT
from balloon.behaviour import Behaviour
from balloon.behaviour.behaviour import RULES
from balloon.contacts import Contacts
from balloon.errors import ScenarioError
from balloon.evidence import Evidence
from balloon.interventions import KINDS
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.scenario import SCHEMA_VERSION, Scenario

if TYPE_CHECKING:
    from pydantic import BaseModel

Noun = TypeVar("Noun")


def read(document: Mapping[str, Any], where: str = "") -> Scenario:
    """Build a scenario from nested tables; ``where`` is put before each problem."""
    try:
        return _Builder(_checked(document)).scenario()
    except ScenarioError as error:
        raise ScenarioError(*(where + problem for problem in error.problems)) from None


def _checked(document: Mapping[str, Any]) -> Any:
    """The document as models, or a refusal of all that does not fit the layout."""
    from pydantic import ValidationError

    if document.get("schema_version") != SCHEMA_VERSION:
        raise ScenarioError(_version(document))
    try:
        return root().model_validate(dict(document))
    except ValidationError as error:
        misfits = error.errors()
    said = [_in_words(one) for one in misfits]
    raise ScenarioError(*said, *_deeper(document, [_plain(one["loc"]) for one in misfits]))


def _deeper(document: Mapping[str, Any], misfits: list[list[int | str]]) -> list[str]:
    """What is wrong beside what does not fit the layout, so that one reading tells everything.

    Judged without the entries that do not fit; what is said of the nouns they were cut from is left
    out, since it may be due to the cut. Nothing is judged where something is missing.
    """
    from pydantic import ValidationError

    cut: Any = copy.deepcopy(dict(document))
    try:
        for path in sorted(misfits, key=len, reverse=True):
            table = cut
            for part in path[:-1]:
                table = table[part]
            del table[path[-1]]
        _Builder(root().model_validate(cut)).scenario()
    except ScenarioError as error:
        wounded = tuple(".".join(map(str, path[:2])) for path in misfits)
        return [problem for problem in error.problems if not problem.startswith(wounded)]
    except (ValidationError, KeyError, IndexError, TypeError):
        return []
    return []


def root() -> type[BaseModel]:
    """The model of a whole file."""
    return _models()["document"]


def _version(document: Mapping[str, Any]) -> str:
    if "schema_version" not in document:
        return f"schema_version is missing; this balloon reads schema_version = {SCHEMA_VERSION}"
    return f"schema_version is {document['schema_version']!r}; this balloon reads {SCHEMA_VERSION}"


# ---- pydantic's findings in words ---------------------------------------------------------


def _in_words(error: Any) -> str:
    """One finding as ``path: what is wrong``."""
    loc: tuple[int | str, ...] = error["loc"]
    path, given, kind = ".".join(map(str, _plain(loc))), error["input"], error["type"]
    if kind == "extra_forbidden":
        allowed = [f for f in _model_at(loc).model_fields if f not in RULES]
        near = difflib.get_close_matches(str(loc[-1]), allowed, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(allowed)}"
        return f"{path}: unknown key; {hint}"
    if kind == "missing":
        return f"{path}: is missing; add it"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = ", ".join(repr(k.kind) for k in KINDS)
        return f"{path}: kind is {given.get('kind')!r}; need one of {kinds}"
    if loc[-1] in RULES:
        return f"{path}: an own rule is Python code and cannot be read from a file; pass it to Behaviour"
    need = {
        "float_type": "a number",
        "int_type": "a whole number",
        "string_type": "text in quotes",
        "date_type": "a date such as 2024-07-01",
        "dict_type": "a table",
        "model_type": "a table",
        "model_attributes_type": "a table",
        "list_type": "a list",
        "none_required": "nothing",
    }.get(kind)
    if need is None:
        need = str(error["msg"]).removeprefix("Value error, ")
        return f"{path}: is {given!r}: {need}"
    return f"{path}: is {given!r}; need {need}"


def _plain(loc: tuple[int | str, ...]) -> list[int | str]:
    """The path as written in the file: without the tags of unions."""
    kind_of = 2 if loc[0] == "interventions" else -1
    return [part for n, part in enumerate(loc) if n != kind_of and part not in (BARE, STATED)]


def _model_at(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model whose key the last part of a location is."""
    if STATED in loc:
        return _stated(float)
    if len(loc) == 1:
        return root()
    return _models()[str(loc[2] if loc[0] == "interventions" else loc[0])]


# ---- the models ---------------------------------------------------------------------------

BARE, STATED = "<bare>", "<stated>"  # tags of the two ways to write a number
INFINITE = ("outside_option",)  # the fields that may be -inf


@cache
def _models() -> dict[str, type[BaseModel]]:
    """One model per noun, by its place in the file."""
    from pydantic import Field

    one = {
        "behaviour": _model(Behaviour),
        "platforms": _model(Platform, left_out=("name",)),
        "edges": _model(Edge),
        "population": _model(Population, left_out=("groups", "contacts")),
        "contacts": _model(Contacts),
        "groups": _model(Group, left_out=("name",)),
        **{kind.kind: _model(kind, kind=(Literal[kind.kind], ...)) for kind in KINDS},
    }
    platform, edge, group = one["platforms"], one["edges"], one["groups"]
    kinds: Any = Union[tuple(one[kind.kind] for kind in KINDS)]  # noqa: UP007 - made at run time
    parts: dict[str, Any] = {
        "schema_version": (Literal[1], ...),
        "behaviour": (one["behaviour"], None),
        "platforms": (dict[str, platform], ...),  # type: ignore[valid-type]
        "edges": (list[edge] | None, None),  # type: ignore[valid-type]
        "population": (one["population"], ...),
        "contacts": (one["contacts"], None),
        "groups": (dict[str, group], ...),  # type: ignore[valid-type]
        "interventions": (list[Annotated[kinds, Field(discriminator="kind")]], []),
    }
    one["document"] = _model(
        Scenario, left_out=("landscape", "population", "behaviour", "interventions"), **parts
    )
    return one


def _model(noun: type, *, left_out: tuple[str, ...] = (), **more: Any) -> type[BaseModel]:
    """A model with the fields of a noun, every number bare or with its evidence."""
    from pydantic import ConfigDict, Field, create_model

    hints, parts = get_type_hints(noun), dict(more)
    for field in fields(noun):
        if field.name in (*left_out, "evidence"):
            continue
        kind = _type(hints[field.name], field.name, with_evidence=noun not in (Scenario, Evidence))
        extra: dict[str, Any] = {}
        if field.default is not MISSING:
            default = field.default
            extra["default"] = list(default) if isinstance(default, tuple) else default
        elif field.default_factory is not MISSING:
            extra["default_factory"] = dict
        with suppress(KeyError):  # text and dates have no unit
            extra["description"] = f"Unit: {unit(noun, field.name)}"
        parts[field.name] = (kind, Field(**extra))
    doc = (noun.__doc__ or "").partition("\n")[0]
    config = ConfigDict(extra="forbid", strict=True)
    made: type[BaseModel] = create_model(noun.__name__, __config__=config, __doc__=doc, **parts)
    return made


def _type(hint: Any, name: str, *, with_evidence: bool) -> Any:
    """How a field is written in a file."""
    if name in RULES:
        return None
    if isinstance(hint, UnionType):
        inner = next(part for part in get_args(hint) if part is not NoneType)
        return _type(inner, name, with_evidence=with_evidence) | None
    if get_origin(hint) is Mapping:
        return dict[str, _cell(float)]  # type: ignore[misc]
    if hint is date:
        return _day()
    if hint in (int, float) and with_evidence:
        return _cell(_minus_infinity() if name in INFINITE else hint)
    if get_origin(hint) is tuple:
        return list[_type(get_args(hint)[0], name, with_evidence=False)]  # type: ignore[misc]
    return hint


def _cell(number: Any) -> Any:
    """A bare number, or a table of value, range, source and note."""
    from pydantic import Discriminator, Tag

    def which(value: object) -> str:
        return STATED if isinstance(value, dict) else BARE

    bare, stated = Annotated[number, Tag(BARE)], Annotated[_stated(number), Tag(STATED)]
    return Annotated[bare | stated, Discriminator(which)]


@cache
def _stated(number: Any) -> type[BaseModel]:
    return _model(Evidence, left_out=("field",), value=(number, ...))


@cache
def _minus_infinity() -> Any:
    from pydantic import BeforeValidator, WithJsonSchema

    spelled = BeforeValidator(lambda value: -math.inf if value == "-inf" else value)
    return Annotated[float, spelled, WithJsonSchema({"anyOf": [{"type": "number"}, {"const": "-inf"}]})]


@cache
def _day() -> Any:
    from pydantic import BeforeValidator

    def read(value: object) -> object:
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError as error:
                raise ValueError("need a date such as 2024-07-01") from error
        if isinstance(value, datetime):
            raise ValueError("has a time of day; need a date such as 2024-07-01")  # noqa: TRY004 - for pydantic
        return value

    return Annotated[date, BeforeValidator(read)]


# ---- from the models to the nouns ---------------------------------------------------------


class _Builder:
    """Builds every noun, and goes on past those that refuse, to find all that is wrong."""

    def __init__(self, checked: Any) -> None:
        self.file = checked
        self.problems: list[str] = []

    def scenario(self) -> Scenario:
        """The scenario, or a refusal that names every problem."""
        file, kinds = self.file, {kind.kind: kind for kind in KINDS}
        behaviour = self.noun("behaviour", Behaviour, file.behaviour)
        landscape, population = self.landscape(), self.population()
        made = [
            self.noun(f"interventions.{n}", kinds[one.kind], one) for n, one in enumerate(file.interventions)
        ]
        whole = None
        if landscape is not None and population is not None:
            if self.problems or behaviour is None:
                behaviour = Behaviour()  # who is stuck cannot be judged while parts are missing
            parts = {"landscape": landscape, "population": population, "behaviour": behaviour}
            interventions = tuple(one for one in made if one is not None)
            whole = self.noun("", Scenario, file, **parts, interventions=interventions)
        if whole is None or self.problems:
            raise ScenarioError(*self.problems)
        return whole

    def landscape(self) -> Landscape | None:
        """Platforms and edges; a platform that is refused leaves its name in its place."""
        platforms = {}
        for name, table in self.file.platforms.items():
            made = self.noun(f"platforms.{name}", Platform, table, name=name)
            platforms[name] = made or _quietly(Platform, name=name)
        edges = self.file.edges
        if edges is not None:
            made_edges = [self.noun(f"edges.{n}", Edge, table) for n, table in enumerate(edges)]
            edges = tuple(edge for edge in made_edges if edge is not None)
        known = tuple(p for p in platforms.values() if p is not None)
        return self.attempt("", Landscape, platforms=known, edges=edges)

    def population(self) -> Population | None:
        """Groups and contacts, likewise; with stand-ins among them the shares are not judged."""
        groups = {
            name: self.noun(f"groups.{name}", Group, table, name=name)
            for name, table in self.file.groups.items()
        }
        contacts = self.noun("contacts", Contacts, self.file.contacts)
        if contacts is not None and None not in groups.values():
            parts: dict[str, Any] = {"groups": tuple(groups.values()), "contacts": contacts}
            made = self.noun("population", Population, self.file.population, **parts)
            if made is not None:
                return made
        even = {"share": 1 / max(len(groups), 1), "start": {DORMANT: 1.0}}
        stand_ins = [_quietly(Group, name=name, **even) for name in groups]
        parts = {"groups": tuple(g for g in stand_ins if g is not None), "contacts": Contacts(degree=0.0)}
        if contacts is None or None in groups.values():
            self.noun("population", Population, self.file.population, **parts)
        return _quietly(Population, actors=1, **parts)

    def noun(self, path: str, kind: type[Noun], table: Any, /, **fixed: Any) -> Noun | None:
        """A noun from its table, or None after noting what is wrong with it."""
        values, before = dict(fixed), len(self.problems)
        evidence: list[Evidence | None] = []
        for name in _written(kind, table):
            if name in fixed:
                continue
            value = getattr(table, name)
            entries = value.items() if isinstance(value, dict) else [(None, value)]
            for key, entry in entries:
                number, stated = getattr(entry, "value", entry), hasattr(entry, "model_fields_set")
                if stated:
                    field = name if key is None else f"{name}.{key}"
                    known = {part: getattr(entry, part) for part in entry.model_fields_set - {"value"}}
                    evidence.append(self.attempt(f"{path}.{field}", Evidence, field=field, **known))
                if key is None:
                    values[name] = _frozen(number)
                else:
                    values[name] = {**values.get(name, {}), key: number}
        if kind is not Scenario:
            values["evidence"] = tuple(e for e in evidence if e is not None)
        made = self.attempt(path, kind, **values)
        return made if len(self.problems) == before else None

    def attempt(self, path: str, kind: Callable[..., Noun], /, **values: Any) -> Noun | None:
        """Build something, or note why not, under its path."""
        try:
            return kind(**values)
        except ScenarioError as error:
            # The path says it already.
            thing = {Platform: "platform", Group: "group"}.get(kind)  # type: ignore[call-overload]
            said = f"{thing} {values['name']!r}: " if thing else f"{path.partition('.')[0]}: "
            prefix = f"{path}: " if path else ""
            self.problems += [prefix + problem.removeprefix(said) for problem in error.problems]
            return None


def _written(kind: type, table: Any) -> list[str]:
    """The fields that a file gives, in the noun's order; the others keep the noun's defaults."""
    names = [field.name for field in fields(kind)]
    return [] if table is None else [name for name in names if name in table.model_fields_set]


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _quietly(kind: Callable[..., Noun], /, **values: Any) -> Noun | None:
    """A stand-in, or None; what is wrong was noted before."""
    try:
        return kind(**values)
    except ScenarioError:
        return None
