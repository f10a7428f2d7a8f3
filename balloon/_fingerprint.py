"""Fingerprints of own rules: of all that decides what they return, or a refusal."""

from __future__ import annotations

import builtins
import dis
import hashlib
import json
import math
import numbers
import sys
import types
from collections.abc import Hashable, Iterator
from operator import itemgetter
from typing import Any

import numpy as np

from balloon.errors import EngineError

MODULES = (math, np)
"""What a rule may use by name, as ``math.exp``."""


def fingerprint(rule: Any) -> str:
    """Hash of a rule's code and of every number it takes from around it.

    Raises
    ------
    EngineError
        A class, or a function that refers to anything but numbers, tuples and arrays of them, builtins,
        math, numpy and balloon: what that would do cannot be seen from here.

    Examples
    --------
    >>> slope = 2.0
    >>> def rule(x):
    ...     return slope * math.exp(x)
    >>> before = fingerprint(rule)
    >>> slope = 3.0
    >>> fingerprint(rule) == before
    False
    """
    if not isinstance(rule, types.FunctionType):
        raise EngineError(
            f"store with {rule!r}: own actors cannot be told apart by a fingerprint, and old results would "
            "be taken for new ones; leave store out, or write the rule as a function for Behaviour(...)"
        )
    said = [[name, _said(rule, name, value)] for name, value in _around(rule)]
    return hashlib.sha256(json.dumps([text_of(rule.__code__), said]).encode()).hexdigest()


def as_it_stands(rule: types.FunctionType) -> tuple[Hashable, ...]:
    """All that decides what a rule returns, as it is now; what no fingerprint covers counts as itself.

    Numbers around a rule are constants of its compiled code: where they have changed, it is out of date.
    """
    found: list[Hashable] = [json.dumps(text_of(rule.__code__))]
    for name, value in _around(rule):
        try:
            found.append((name, _said(rule, name, value)))
        except EngineError:
            found.append((name, _Itself(value)))
    return tuple(found)


class _Itself:
    """A value that equals nothing but itself, and stays alive with this."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def text_of(code: types.CodeType) -> list[Any]:
    """The code as plain values, that inside it included; without files and line numbers."""
    constants = [
        text_of(one) if isinstance(one, types.CodeType) else [type(one).__name__, repr(one)]
        for one in code.co_consts
    ]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return [code.co_code.hex(), constants, names, code.co_argcount, code.co_kwonlyargcount]


def _around(rule: types.FunctionType) -> list[tuple[str, Any]]:
    """What a rule takes from around it, with its names: closure, module, builtins, and its defaults."""
    cells = [cell.cell_contents for cell in rule.__closure__ or ()]
    names = {**dict(zip(rule.__code__.co_freevars, cells, strict=True)), **_globals(rule)}
    defaults = [*(rule.__defaults__ or ()), *(rule.__kwdefaults__ or {}).values()]
    return [*sorted(names.items(), key=itemgetter(0)), *((f"a default, {one!r}", one) for one in defaults)]


def _globals(rule: types.FunctionType) -> dict[str, Any]:
    """What the rule takes from its module and from the builtins, by name; the unknown is left out."""
    names = {name for code in _codes(rule.__code__) for name in _loaded(code)}
    everything = {**vars(builtins), **rule.__globals__}
    return {name: everything[name] for name in names if name in everything}


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _codes(one)


def _loaded(code: types.CodeType) -> Iterator[str]:
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield one.argval


def _said(rule: types.FunctionType, name: str, value: Any) -> str:
    """A value by which it can be told from every other one."""
    if value is None or isinstance(value, numbers.Number):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, tuple):
        return f"({', '.join(_said(rule, name, one) for one in value)})"
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return f"array {value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    if any(value is module for module in MODULES):
        return f"module {value.__name__}"
    home = getattr(value, "__module__", None) or ""
    bears = getattr(value, "__name__", "")
    known = home.partition(".")[0] in ("builtins", "math", "numpy", "balloon")
    if known and getattr(sys.modules.get(home), bears, None) is value:
        return f"{home}.{bears}"
    if isinstance(value, np.ufunc):
        return f"numpy.{bears}"
    raise EngineError(
        f"store with own rule {rule.__qualname__!r}: it refers to {name!r}, and a change there would not be "
        "noticed; use numbers, arrays, builtins, math and numpy only, put the rest into the rule, or leave "
        "store out"
    )
