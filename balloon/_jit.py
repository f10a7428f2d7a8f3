"""What is compiled and how: decorators, and kernels rebuilt around own rules. `balloon._compiler` does it."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar

import numba
import numpy as np

from balloon._compiler import Compiled
from balloon._fingerprint import as_it_stands

F = TypeVar("F", bound=Callable[..., Any])


def _compile(function: Callable[..., Any], **how: bool) -> Any:
    """Compile for speed and exactness: no fastmath, no branch in divisions, GIL released."""
    return function if numba.config.DISABLE_JIT else Compiled(function, **how)


def jit(function: F) -> F:
    """Compile a kernel that Python calls; from the cache where nothing was edited."""
    compiled: F = _compile(function, keep=True)
    return compiled


def inner(function: F) -> F:
    """Compile a part of a kernel that Python never calls; it is kept inside the kernel's code."""
    compiled: F = _compile(function, keep=False, counted=False)
    return compiled


def shared(function: F) -> F:
    """Compile a large part of a kernel, and keep it: see `compile_part`."""
    compiled: F = _compile(function, keep=False, counted=False, shared=True)
    return compiled


def compile_part(function: Any, *arguments: Any) -> None:
    """Compile a part for arguments of these types and keep it, for a kernel that another process compiles."""
    if isinstance(function, Compiled):
        function.part.compile(tuple(numba.typeof(a) for a in arguments))


def scalar(function: F) -> F:
    """Compile a function of scalars that is laid into its callers, so that their loops vectorise."""
    compiled: F = _compile(function, keep=True, inline=True, counted=False)
    return compiled


def own(rule: Callable[..., Any]) -> Any:
    """Compile a user's rule; remembered until anything that it refers to has changed, never kept in a file.

    One that numba has already is taken as it is: numba holds what it refers to for constant.
    """
    return _own(rule, as_it_stands(rule)) if isinstance(rule, types.FunctionType) else rule


@lru_cache(maxsize=32)
def _own(rule: Callable[..., Any], _stands: tuple[Hashable, ...]) -> Any:
    return _compile(rule, keep=False, inline=True)


def entry(function: Any, *arguments: Any) -> Callable[..., Any]:
    """The compiled code of a kernel for arguments of these types.

    A call through the dispatcher looks at the type of every array in every tuple: longer than a
    step of a few thousand actors takes. Who calls this must go on with the same types.
    """
    if not isinstance(function, Compiled):
        # Plain Python, with NUMBA_DISABLE_JIT=1; words wrap round there, too, and are meant to.
        return np.errstate(over="ignore")(function)  # type: ignore[no-any-return]
    return function.entry(arguments)


def plain(function: Any) -> Callable[..., Any]:
    """The Python text of a compiled function."""
    return getattr(function, "py_func", function)  # type: ignore[no-any-return]


_ONE_AT_A_TIME = threading.Lock()  # or two threads would compile the same kernel


def specialise(kernel: Any, rules: frozenset[tuple[str, Any]]) -> Any:
    """Compile a kernel again with own functions in the place of the rules that it names; remembered."""
    with _ONE_AT_A_TIME:
        return _specialised(kernel, frozenset((name, own(rule)) for name, rule in rules))


@lru_cache(maxsize=32)
def _specialised(kernel: Any, rules: frozenset[tuple[str, Any]]) -> Any:
    """Rebuild a kernel, and all that it calls, around compiled rules."""
    return _rebuilt(kernel, dict(rules), {})


def _rebuilt(function: Any, rules: dict[str, Any], done: dict[Any, Any]) -> Any:
    """A compiled function on a copy of its module's names in which the rules are replaced.

    What it calls is rebuilt first; a function that no rule is behind stays as it is.
    """
    if function not in done:
        done[function] = function  # none of them calls itself
        body = plain(function)
        replaced: dict[str, Any] = {}
        for name in body.__code__.co_names:
            called = body.__globals__.get(name)
            text = plain(called)
            if isinstance(text, types.FunctionType) and text.__module__.startswith("balloon."):
                made = rules[name] if name in rules else _rebuilt(called, rules, done)
                replaced |= {name: made} if made is not called else {}
        if replaced:
            text = types.FunctionType(body.__code__, {**body.__globals__, **replaced}, body.__name__)
            # Under its own name the linker would take it for the one that the cache has.
            text.__qualname__ = f"{body.__qualname__}.with_own_rules"
            done[function] = function.again(text) if isinstance(function, Compiled) else text
    return done[function]
