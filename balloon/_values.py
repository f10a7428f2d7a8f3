"""Frozen tables and the checks that every noun runs where it is built."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from balloon._saying import shown
from balloon.errors import ScenarioError


class Table(Mapping[str, float]):
    """A frozen, hashable mapping from names to numbers; sorted by name, so order means nothing.

    Examples
    --------
    >>> Table({"Signal": 0.4, "Telegram": 0.6})["Signal"]
    0.4
    >>> Table({"a": 1.0}) == Table({"a": 1.0}) == {"a": 1.0}
    True
    """

    __slots__ = ("_items",)
    _items: tuple[tuple[str, float], ...]

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        items = tuple(sorted((str(k), float(v)) for k, v in (values or {}).items()))
        object.__setattr__(self, "_items", items)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Table is frozen; build a new one to change {name!r}")

    def __getitem__(self, key: str) -> float:
        return dict(self._items)[key]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(self._items)

    def __eq__(self, other: object) -> bool:
        return dict(self._items) == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return f"Table({dict(self._items)!r})"

    def __reduce__(self) -> tuple[type[Table], tuple[dict[str, float]]]:
        return type(self), (dict(self._items),)


# ---- the types that fields declare ---------------------------------------------------------

Say = Callable[[str, Any, str], None]
"""Takes what is of another type: its place within the field, the value, and what is wanted."""
Settle = Callable[[Any, str, Say], Any]
"""The value as its type has it; what is of another type is said, and handed back as it is."""


class _Field(NamedTuple):
    name: str
    kind: Any
    """The declared type, without None."""
    optional: bool
    settle: Settle


def _one(fits: Callable[[Any], bool], made: Callable[[Any], Any], wanted: str) -> Settle:
    def settle(value: Any, where: str, say: Say) -> Any:
        if fits(value):
            return made(value)
        say(where, value, wanted)
        return value

    return settle


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and not isinstance(value, bool)


def _fits_float(value: Any) -> bool:
    largest = sys.float_info.max  # whole numbers of Python have no end
    return _is(Real)(value) and not (isinstance(value, Integral) and not -largest <= int(value) <= largest)


def _number(value: Any) -> float:
    return int(value) if isinstance(value, Integral) else float(value)


_SETTLE: dict[Any, Settle] = {
    int: _one(_is(Integral), int, "a whole number"),
    float: _one(_fits_float, _number, "a number"),
    str: _one(_is(str), str, "text"),
    date: _one(
        lambda value: isinstance(value, date) and not isinstance(value, datetime),
        lambda value: value,
        "a date without a time of day, such as date(2024, 7, 1)",
    ),
}


def _pair(value: Any, where: str, say: Say) -> Any:
    """Two whole numbers: the ends of a tie."""
    ends = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(ends) == 2 and all(map(_is(Integral), ends)):
        return int(ends[0]), int(ends[1])
    say(where, value, "a pair of slots, such as (0, 1)")
    return value


def _several(each: Settle, of: Any, example: str) -> Settle:
    """A tuple; of what does not fit in it the first is named and the others are counted."""

    def settle(value: Any, where: str, say: Say) -> Any:
        if type(value) is tuple and all(type(one) is of for one in value):
            return value
        if isinstance(value, str) or not isinstance(value, Iterable):
            say(where, value, f"a tuple, such as ({example},)")
            return value
        misfits: list[tuple[str, Any, str]] = []
        note = _noting(misfits)
        settled = tuple(each(one, f"{where}[{n}]", note) for n, one in enumerate(value))
        if misfits:
            place, one, wanted = misfits[0]
            say(place, one, wanted + (f" ({len(misfits)} such)" if len(misfits) > 1 else ""))
        return settled

    return settle


def _table(value: Any, where: str, say: Say) -> Any:
    """A mapping from names to numbers becomes a `Table`."""
    if not isinstance(value, Mapping):
        say(where, value, "a table of names and numbers, such as {'name': 1.0}")
        return value
    misfits: list[tuple[str, Any, str]] = []
    note = _noting(misfits)
    for key, number in value.items():
        _SETTLE[str](key, f"a name in {where}", note)
        _SETTLE[float](number, f"{where}[{key!r}]", note)
    for misfit in misfits:
        say(*misfit)
    return value if misfits else Table(value)


def _noting(misfits: list[tuple[str, Any, str]]) -> Say:
    return lambda where, value, wanted: misfits.append((where, value, wanted))


def _settler(kind: Any) -> Settle:
    """How a declared type is settled; a rule is left for `Behaviour` to judge."""
    if kind in _SETTLE:
        return _SETTLE[kind]
    if get_origin(kind) is Mapping:
        return _table
    if get_origin(kind) is tuple:
        of = get_args(kind)[0]
        if get_origin(of) is tuple:
            return _several(_pair, of, "(0, 1)")
        example = "'name'" if of is str else f"{of.__name__}(...)"
        return _several(_settler(of), of, example)
    if isinstance(kind, type) and is_dataclass(kind):
        article = "an" if kind.__name__[0] in "AEIO" else "a"
        return _one(_is(kind), lambda value: value, f"{article} {kind.__name__}")
    return lambda value, where, say: value  # noqa: ARG005 - nothing is said


@cache
def _declared(noun: type) -> tuple[_Field, ...]:
    """The fields of a noun and their types, read when the first of its kind is built."""
    hints, found = get_type_hints(noun), []
    for field in fields(noun):
        hint = hints[field.name]
        parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        kind = next(part for part in parts if part is not NoneType)
        exact = Table if get_origin(kind) is Mapping else kind
        found.append(_Field(field.name, exact, NoneType in parts, _settler(kind)))
    return tuple(found)


@cache
def kinds(noun: type) -> dict[str, Any]:
    """The types that the fields of a noun declare, without None; `Table` for a mapping."""
    return {field.name: field.kind for field in _declared(noun)}


class Checks:
    """Collects what is wrong with one noun, then refuses all of it at once.

    ``not value >= 0`` rather than ``value < 0`` throughout, so that nan is refused too.
    """

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self.problems: list[str] = []

    def say(self, problem: str) -> None:
        """Note one problem in words."""
        self.problems.append(f"{self.thing}: {problem}")

    def types(self, noun: Any) -> None:
        """Settle the types that the fields declare, or refuse; call it before all other checks.

        A list becomes a tuple, a mapping a `Table` and a number of numpy one of Python, so that a noun
        can always be hashed and written. A date with a time of day, a text for a tuple of names, a yes
        for a number, half an actor, and anything but the nouns in a tuple of nouns are refused.
        """

        def note(where: str, value: Any, wanted: str) -> None:
            self.say(f"{where} is {shown(value)}; need {wanted}")

        for name, kind, optional, settle in _declared(noun.__class__):
            value = getattr(noun, name)
            if type(value) is kind or (value is None and optional):
                continue
            settled = settle(value, name, note)
            if settled is not value:
                object.__setattr__(noun, name, settled)
        self.refuse()

    def number(self, *, at_least: float = -math.inf, **values: float) -> None:
        """Finite numbers, no smaller than ``at_least``."""
        for name, value in values.items():
            if not at_least <= value < math.inf:
                bound = "a finite number" if at_least == -math.inf else f"a number >= {at_least:g}"
                self.say(f"{name} is {value!r}; need {bound}")

    def probability(self, **values: float) -> None:
        """Numbers in [0, 1]."""
        for name, value in values.items():
            if not 0 <= value <= 1:
                self.say(f"{name} is {value!r}; need a number from 0 to 1")

    def name(self, value: str) -> None:
        """A name that can stand in a path such as ``platforms.Signal.asc``."""
        if not value or value != value.strip() or "." in value:
            self.say(f"the name {value!r} will not do; need some text without '.' or outer blanks")
        if value in RESERVED:
            self.say(f"the name {value!r} is taken by a place of the model; choose another")

    def period(self, start: date, until: date | None) -> None:
        """A period that holds at least a day."""
        if until is not None and not start < until:
            self.say(f"{start}..{until} is empty; need start < until")

    def distinct(self, what: str, names: list[str]) -> None:
        """No name twice."""
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            self.say(f"{what} named twice: {', '.join(map(repr, twice))}; names must differ")

    def known(self, what: str, names: Mapping[str, float] | tuple[str, ...], allowed: list[str]) -> None:
        """Only names that exist."""
        for name in names:
            if name not in allowed:
                self.say(f"unknown {what} {name!r}; there are {', '.join(map(repr, allowed))}")

    def evidence(self, noun: Any) -> None:
        """Evidence only for numbers the noun has, one for each; sorted, so that order means nothing."""
        said = [e.field for e in noun.evidence]
        self.distinct("evidence", said)
        own = dict(numbers(noun))
        for name in said:
            if name not in own:
                self.say(f"evidence for {name!r}, which is no number here; there are {', '.join(own)}")
        object.__setattr__(noun, "evidence", tuple(sorted(noun.evidence, key=lambda e: e.field)))

    def refuse(self) -> None:
        """Raise `ScenarioError` if anything was said."""
        if self.problems:
            raise ScenarioError(*self.problems)


def numbers(noun: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a noun by field; entries of tables as ``start.Telegram``."""
    for field in fields(noun):
        value = getattr(noun, field.name)
        if isinstance(value, Table):
            for key in value:
                yield f"{field.name}.{key}", value[key]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield field.name, value


DORMANT, REMOVED = "dormant", "removed"
RESERVED = (DORMANT, REMOVED)
