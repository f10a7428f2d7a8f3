"""What numba compiles and how, and a compile cache that cannot serve an edited rule: see `balloon._kept`."""

from __future__ import annotations

import gc
import threading
import types
from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, TypeVar

import numba
from numba._dispatcher import compute_fingerprint
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.core.types import unliteral

from balloon._kept import alone, cache_folder, is_writable, source_stamp

F = TypeVar("F", bound=Callable[..., Any])


class _Locator:
    """Tells numba where to keep the code of one function, and when it is out of date."""

    def __init__(self) -> None:
        self._folder = cache_folder()

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return source_stamp()

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]  # numba has no types
    def __init__(self, py_func: Callable[..., Any]) -> None:
        self._locator = _Locator()
        self._filename_base = _name(py_func)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


class _Cache(FunctionCache):  # type: ignore[misc]  # numba has no types
    _impl_class = _Impl

    def load_overload(self, signature: Any, context: Any) -> Any:
        """As numba's, without loading all that numba could compile: what is kept is ready to run.

        That would take longer than all the rest of loading. Whoever compiles loads it then. Code for
        other types is left alone: two processes that keep a function for the first time, each for types
        of its own, can give both files one name.
        """
        rtsys.initialize(context)  # allocation, by which kernels make arrays
        with self._guard_against_spurious_io_errors():
            found = self._load_overload(signature, context)
        return found if found is not None and found.signature.args == tuple(signature) else None


_WIDEST = '"prefer-vector-width"="512"'
"""LLVM takes vectors half as wide as Intel's processors have unless a function says so."""


class _Kernel(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """Code for the widest vectors that the processor has."""

    def add_ir_module(self, ir_module: Any) -> None:
        for function in ir_module.functions:
            set.add(function.attributes, _WIDEST)  # llvmlite's own `add` knows no attributes of targets
        super().add_ir_module(ir_module)


class _Part(_Kernel):
    """Code that becomes part of a kernel and is not run by itself.

    It is optimised and turned into machine code with the kernel, once, and not at every level.
    """

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002 - as numba calls it
        return 0

    @property
    def codegen(self) -> _Part:
        return self

    def set_env(self, name: str, env: Any) -> None:
        pass


class _KernelCompiler(Compiler):  # type: ignore[misc]  # numba has no types
    def define_pipelines(self) -> Any:
        self.state.library = _Kernel(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        return super().define_pipelines()


class _PartCompiler(Compiler):  # type: ignore[misc]  # numba has no types
    def define_pipelines(self) -> Any:
        self.state.library = _Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


class _Compiled(CPUDispatcher):  # type: ignore[misc]  # numba has no types
    """A compiled function: a kernel where Python calls it, a part where a compiled function does."""

    def __init__(self, function: Callable[..., Any], *, keep: bool, inline: bool, counted: bool) -> None:
        options = {"nopython": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
        super().__init__(function, {}, options | {"forceinline": inline}, _KernelCompiler)
        part = options | {"forceinline": inline, "no_cpython_wrapper": True, "_nrt": counted}
        self.part = CPUDispatcher(function, {}, part, _PartCompiler)
        self.inline, self.counted = inline, counted
        self.entries: dict[bytes, Callable[..., Any]] = {}
        if keep and is_writable():
            self._cache = _Cache(function)

    def compile(self, signature: Any) -> Any:
        """As numba's, without the collector of cycles, which would search a growing heap all the time.

        What is kept is compiled by one process at a time.
        """
        kept = isinstance(self._cache, _Cache)
        collects = gc.isenabled()
        gc.disable()
        try:
            with alone(_name(self.py_func)) if kept else nullcontext():
                return super().compile(signature)
        finally:
            if collects:
                gc.enable()

    def entry(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """The machine code for these arguments; numba's types are worked out once a kind."""
        kind = compute_fingerprint(arguments)
        if kind not in self.entries:
            self.entries[kind] = self.compile(tuple(numba.typeof(a) for a in arguments))
        return self.entries[kind]

    def again(self, function: Callable[..., Any]) -> Any:
        """Another text compiled in the same way, and not kept."""
        return _Compiled(function, keep=False, inline=self.inline, counted=self.counted)

    def get_call_template(self, arguments: Any, keywords: Any) -> Any:
        return self.part.get_call_template([unliteral(a) for a in arguments], keywords)

    def get_overload(self, signature: Any) -> Any:
        return self.part.get_overload(signature)


def _compile(function: Callable[..., Any], *, keep: bool, inline: bool = False, counted: bool = True) -> Any:
    """Compile for speed and exactness: no fastmath, no branch in divisions, GIL released."""
    if numba.config.DISABLE_JIT:
        return function
    return _Compiled(function, keep=keep, inline=inline, counted=counted)


def jit(function: F) -> F:
    """Compile a kernel that Python calls; from the cache where nothing was edited."""
    compiled: F = _compile(function, keep=True)
    return compiled


def inner(function: F) -> F:
    """Compile a part of a kernel that Python never calls; it is kept inside the kernel's code."""
    compiled: F = _compile(function, keep=False, counted=False)
    return compiled


def scalar(function: F) -> F:
    """Compile a function of scalars that is laid into its callers, so that their loops vectorise."""
    compiled: F = _compile(function, keep=True, inline=True, counted=False)
    return compiled


def own(rule: Callable[..., Any]) -> Any:
    """Compile a user's rule; never cached, since what it refers to cannot be seen."""
    return rule if isinstance(rule, Dispatcher) else _compile(rule, keep=False, inline=True)


def entry(function: Any, *arguments: Any) -> Callable[..., Any]:
    """The compiled code of a kernel for arguments of these types.

    A call through the dispatcher looks at the type of every array in every tuple: longer than a
    step of a few thousand actors takes. Who calls this must go on with the same types.
    """
    if not isinstance(function, _Compiled):
        return function  # type: ignore[no-any-return]  # plain Python, with NUMBA_DISABLE_JIT=1
    return function.entry(arguments)


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
    """Rebuild a kernel, and all that it calls, around own rules."""
    return _rebuilt(kernel, {name: own(rule) for name, rule in rules}, {})


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
            done[function] = function.again(text) if isinstance(function, _Compiled) else text
    return done[function]
