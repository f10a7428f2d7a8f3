"""Numba's compiler as balloon uses it: what is kept on disk, how parts become kernels, which passes run.

By names that numba does not promise to keep; a minor version of it is named in the dependencies.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import llvmlite.binding as llvm
import numba
from numba._dispatcher import compute_fingerprint
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, compile_result
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NoPythonSupportedFeatureValidation,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.types import unliteral
from numba.core.untyped_passes import (
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)

from balloon._kept import alone, cache_folder, is_writable, source_stamp


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


class _PartImpl(_Impl):
    """How a part is kept: as text of the compiler between, which goes into a kernel of any process."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        self._filename_base += ".part"

    def rebuild(self, context: Any, payload: Any) -> Any:
        (name, _, code), description, environment, signature, *_ = payload
        library = _Part(context.codegen(), name)
        library.take(code)
        return compile_result(
            target_context=context,
            typing_context=context.typing_context,
            library=library,
            environment=environment,
            entry_point=context.get_executable(library, description, environment),
            fndesc=description,
            signature=signature,
            objectmode=False,
        )


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

    def serialize_using_object_code(self) -> tuple[str, str, bytes]:
        return self.serialize_using_bitcode()  # type: ignore[no-any-return]

    def take(self, code: bytes) -> None:
        """Become the part that was kept as this."""
        self._final_module = llvm.parse_bitcode(code)
        self._finalize_final_module()


_PASSES = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    GenericRewrites,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    NoPythonSupportedFeatureValidation,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
)
"""What numba does with functions of this package: no closures, no objects, no array expressions."""


class _OurCompiler(Compiler):  # type: ignore[misc]  # numba has no types
    def passes(self) -> Any:
        """A tenth of the time goes into passes that find nothing to do; users' own rules may need them."""
        if not self.state.func_id.modname.startswith("balloon."):
            return super().define_pipelines()
        manager = PassManager("balloon")
        for one in _PASSES:
            manager.add_pass(one, one._name)
        manager.finalize()
        return [manager]


class _KernelCompiler(_OurCompiler):
    def define_pipelines(self) -> Any:
        self.state.library = _Kernel(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        return self.passes()


class _PartCompiler(_OurCompiler):
    def define_pipelines(self) -> Any:
        self.state.library = _Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return self.passes()


class _PartCache(_Cache):
    _impl_class = _PartImpl


class _PartDispatcher(CPUDispatcher):  # type: ignore[misc]  # numba has no types
    """A function as a part of kernels; a large one is kept, so that two processes can share the work."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], *, keep: bool) -> None:
        super().__init__(function, {}, options | {"no_cpython_wrapper": True}, _PartCompiler)
        self.kept = keep and is_writable()
        if self.kept:
            self._cache = _PartCache(function)

    def compile(self, signature: Any) -> Any:
        if not self.kept or tuple(signature) in self.overloads:
            return super().compile(signature)
        # Numba's own lock comes first: two threads that took the two in turns would wait for each other.
        with global_compiler_lock, alone(f"{_name(self.py_func)}.part"):
            return super().compile(signature)


class Compiled(CPUDispatcher):  # type: ignore[misc]  # numba has no types
    """A compiled function: a kernel where Python calls it, a part where a compiled function does."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        keep: bool,
        inline: bool = False,
        counted: bool = True,
        shared: bool = False,
    ) -> None:
        options = {"nopython": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
        options["forceinline"] = inline
        super().__init__(function, {}, options, _KernelCompiler)
        self.part = _PartDispatcher(function, options | {"_nrt": counted}, keep=shared)
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
        return Compiled(function, keep=False, inline=self.inline, counted=self.counted)

    def get_call_template(self, arguments: Any, keywords: Any) -> Any:
        return self.part.get_call_template([unliteral(a) for a in arguments], keywords)

    def get_overload(self, signature: Any) -> Any:
        return self.part.get_overload(signature)
