"""Frozen tables and the checks that every noun runs where it is built."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from numbers import Integral, Real
from typing import Any

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


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError
    return int(value)


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    return int(value) if isinstance(value, Integral) else float(value)


def _day(value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _several(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        raise TypeError
    return tuple(value)


_SETTLE: dict[str, Callable[[Any], Any]] = {
    "int": _whole, "float": _real, "date": _day, "str": _text, "tuple": _several,
}  # fmt: skip
_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "date": "a date without a time of day, such as date(2024, 7, 1)",
    "str": "text",
    "tuple": "a tuple, such as ('name',)",
}


@cache
def _declared(noun: type) -> tuple[tuple[str, str, bool], ...]:
    """Name, kind and whether it may be None, of the fields whose type can be settled here."""
    hints = ((field.name, str(field.type)) for field in fields(noun))
    kinds = ((name, hint.partition("[")[0].partition(" |")[0], "None" in hint) for name, hint in hints)
    return tuple((name, kind, optional) for name, kind, optional in kinds if kind in _SETTLE)


def whole(noun: Any, name: str) -> bool:
    """Whether a field of a noun holds a whole number."""
    return any(field == name and kind == "int" for field, kind, _ in _declared(noun.__class__))


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

        A list becomes a tuple and a number of numpy one of Python, so that a noun can always be
        hashed and written. A date with a time of day, a text for a tuple of names, a yes for a
        number and half an actor are refused.
        """
        for name, kind, optional in _declared(noun.__class__):
            value = getattr(noun, name)
            if value is None and optional:
                continue
            try:
                settled = _SETTLE[kind](value)
            except (TypeError, ValueError):
                self.say(f"{name} is {value!r}; need {_WANTED[kind]}")
            else:
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
