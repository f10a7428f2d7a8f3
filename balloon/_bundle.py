"""Named tuples of columns that compiled code takes as one pointer.

Numba takes a tuple apart into its scalars, and an array into seven to eleven: a function of a few
tuples of columns has some five hundred arguments, and every call between such functions takes them
apart and puts them together again. Most of the text that was compiled did nothing else. A bundle
stands in memory, and who wants a field reads it there.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

C = TypeVar("C", bound=type)

_POINTER = ir.IntType(8).as_pointer()
_WORD = ir.IntType(64)


def bundle(noun: C) -> C:
    """Have compiled code take a class of named tuples by reference; its instances stay what they are."""

    @typeof_impl.register(noun)  # type: ignore[untyped-decorator]
    def typeof(value: Any, context: Any) -> Bundle | None:
        fields = [typeof_impl(field, context) for field in value]
        return None if None in fields else Bundle(types.NamedTuple(fields, noun))

    return noun


class Bundle(types.Type):  # type: ignore[misc]  # numba has no types
    """A pointer to the fields of a named tuple, one behind the other."""

    def __init__(self, layout: types.NamedTuple) -> None:
        self.layout = layout
        # The name becomes part of the names of all functions that take it, and of what is kept of them: it
        # is short, and that of these fields in this order alone.
        digest = hashlib.sha256(f"{layout} {layout.fields}".encode()).hexdigest()[:12]
        super().__init__(f"{layout.instance_class.__name__}_{digest}")
        self._places: tuple[list[int], int] | None = None

    def places(self, context: Any) -> tuple[list[int], int]:
        """Words before each field, and in all. Remembered: to ask for a size is to have a module parsed."""
        if self._places is None:
            kinds = [context.get_value_type(one) for one in self.layout.types]
            words = [-(-context.get_abi_sizeof(kind) // 8) for kind in kinds]
            self._places = [sum(words[:k]) for k in range(len(words))], sum(words)
        return self._places


register_model(Bundle)(models.OpaqueModel)


@infer_getattr
class _Fields(AttributeTemplate):  # type: ignore[misc]  # numba has no types
    key = Bundle

    def generic_resolve(self, bundle: Bundle, name: str) -> Any:
        names = bundle.layout.fields
        return bundle.layout.types[names.index(name)] if name in names else None


def _place(builder: Any, pointer: Any, words: int, content: Any) -> Any:
    """Pointer to what lies some words behind another."""
    there = builder.gep(pointer, [ir.Constant(_WORD, 8 * words)], inbounds=True)
    return builder.bitcast(there, content.as_pointer())


@lower_getattr_generic(Bundle)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Any, bundle: Bundle, pointer: Any, name: str) -> Any:
    number = bundle.layout.fields.index(name)
    kind = bundle.layout.types[number]
    place = _place(builder, pointer, bundle.places(context)[0][number], context.get_value_type(kind))
    value = builder.load(place)
    # Fields stay what they are from call to return: no store to a column makes one be read again.
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return impl_ret_borrowed(context, builder, kind, value)


@unbox(Bundle)  # type: ignore[untyped-decorator]
def _take(bundle: Bundle, value: Any, c: Any) -> NativeValue:
    """Lay the fields out in memory that lasts as long as the call."""
    whole = c.unbox(bundle.layout, value)
    before, words = bundle.places(c.context)
    memory = cgutils.alloca_once(c.builder, ir.ArrayType(_WORD, words))
    pointer = c.builder.bitcast(memory, _POINTER)
    for k, kind in enumerate(bundle.layout.types):
        field = c.builder.extract_value(whole.value, k)
        c.builder.store(field, _place(c.builder, pointer, before[k], c.context.get_value_type(kind)))
    # The compiler must not see through to these stores: it would read before they are done.
    same = ir.FunctionType(_POINTER, [_POINTER])
    sealed = c.builder.asm(same, "", "=r,0,~{memory}", [pointer], side_effect=True)

    def release() -> None:
        """Let go of the arrays: taking them in took hold of each, where references are counted."""
        if whole.cleanup is not None:
            whole.cleanup()
        if c.context.enable_nrt:
            c.context.nrt.decref(c.builder, bundle.layout, whole.value)

    return NativeValue(sealed, is_error=whole.is_error, cleanup=release)
