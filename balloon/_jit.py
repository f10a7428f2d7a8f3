"""The only lines that know numba, and a compile cache that cannot serve an edited rule.

Numba's own on-disk cache looks at the file of the cached function alone: a rule edited in another
file would go on running in its old form. Here the stamp of every entry is a hash of the text of
all compiled modules, so any edit empties the cache.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import types
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., Any])

COMPILED = (
    "_jit.py",
    "draws.py",
    "ties.py",
    "recruit.py",
    "behaviour/inputs.py",
    "behaviour/rules.py",
    "behaviour/decide.py",
    "engines/stage.py",
    "engines/passes.py",
)
"""Every module whose functions are compiled; a test holds the list complete."""


@lru_cache(maxsize=1)
def source_stamp() -> str:
    """Hash of the text of all compiled modules and of the compiler's version."""
    here = Path(__file__).parent
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for name in COMPILED:
        digest.update((here / name).read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled code is kept: BALLOON_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("BALLOON_CACHE_DIR")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return (base if chosen else base / "balloon") / source_stamp()[:16]


class _Locator:
    """Tells numba where to keep the code of one function, and when it is out of date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return source_stamp()

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]  # numba has no types
    def __init__(self, py_func: Callable[..., Any]) -> None:
        self._locator = _Locator(cache_folder())
        self._filename_base = f"{py_func.__module__}.{py_func.__qualname__}"


class _Cache(FunctionCache):  # type: ignore[misc]  # numba has no types
    _impl_class = _Impl


@lru_cache(maxsize=1)
def _writable() -> bool:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _compile(function: Callable[..., Any], *, keep: bool, **options: bool) -> Any:
    """Compile for speed and exactness: no fastmath, no branch in divisions, GIL released."""
    compiled = numba.njit(function, nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)
    if keep and isinstance(compiled, Dispatcher) and _writable():
        compiled._cache = _Cache(function)
    return compiled


def jit(function: F) -> F:
    """Compile a kernel that Python calls; from the cache where nothing was edited."""
    compiled: F = _compile(function, keep=True)
    return compiled


def inner(function: F) -> F:
    """Compile a part of a kernel that Python never calls; it is kept inside the kernel's code."""
    compiled: F = _compile(function, keep=False, no_cpython_wrapper=True)
    return compiled


def scalar(function: F) -> F:
    """Compile a function of scalars that is laid into its callers, so that their loops vectorise."""
    compiled: F = _compile(function, keep=True, forceinline=True)
    return compiled


def own(rule: Callable[..., Any]) -> Any:
    """Compile a user's rule; never cached, since what it refers to cannot be seen."""
    return rule if isinstance(rule, Dispatcher) else _compile(rule, keep=False, forceinline=True)


def entry(function: Any, *arguments: Any) -> Callable[..., Any]:
    """The compiled code of a kernel for arguments of these types.

    A call through the dispatcher looks at the type of every array in every tuple: longer than a
    step of a few thousand actors takes. Who calls this must go on with the same types.
    """
    if not isinstance(function, Dispatcher):
        return function  # type: ignore[no-any-return]  # plain Python, with NUMBA_DISABLE_JIT=1
    code: Callable[..., Any] = function.compile(tuple(numba.typeof(a) for a in arguments))
    return code


def plain(function: Any) -> Callable[..., Any]:
    """The Python text of a compiled function."""
    return getattr(function, "py_func", function)  # type: ignore[no-any-return]


_ONE_AT_A_TIME = threading.Lock()  # or two threads would compile the same kernel


def specialise(kernel: Any, rules: frozenset[tuple[str, Any]]) -> Any:
    """Compile a kernel again with own functions in the place of the rules it names; remembered."""
    with _ONE_AT_A_TIME:
        return _specialised(kernel, rules)


@lru_cache(maxsize=32)
def _specialised(kernel: Any, rules: frozenset[tuple[str, Any]]) -> Any:
    """Rebuild the module of a kernel around own rules.

    Every compiled function of the kernel's module is rebuilt on a copy of the module's names in
    which the rules are replaced, so helpers of the kernel see the own rules as well.
    """
    body = plain(kernel)
    names = dict(body.__globals__)
    names.update({name: own(rule) for name, rule in rules})
    for name, value in body.__globals__.items():
        text = plain(value)
        if isinstance(text, types.FunctionType) and text.__module__ == body.__module__:
            rebuilt = types.FunctionType(text.__code__, names, name)
            names[name] = _compile(rebuilt, keep=False)
    return names[body.__name__]
