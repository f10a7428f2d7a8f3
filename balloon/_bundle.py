"""Named tuples of columns that compiled code takes as one pointer.

Numba takes a tuple apart into its scalars, and an array into seven to eleven: a function of a few
tuples of columns has some five hundred arguments, and every call between such functions takes them
apart and puts them together again. Most of the text that was compiled did nothing else. A bundle
stands in memory, and who wants a field reads it there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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


def _short(text: str) -> str:
    """A short name of a long one, its own."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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
        super().__init__(f"{layout.instance_class.__name__}_{_short(f'{layout} {layout.fields}')}")
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
    before, words = bundle.places(c.context)
    memory = cgutils.alloca_once(c.builder, ir.ArrayType(_WORD, words))
    pointer = c.builder.bitcast(memory, _POINTER)
    fields = [
        (kind, _place(c.builder, pointer, place, c.context.get_value_type(kind)))
        for kind, place in zip(bundle.layout.types, before, strict=True)
    ]
    failed = cgutils.false_bit
    for k, (kind, place) in enumerate(fields):
        field = c.pyapi.tuple_getitem(value, k)  # borrowed
        failed = c.builder.or_(failed, c.builder.call(_taker(c, kind), [field, place]))

    def release() -> None:
        """Let go of the arrays: taking them in took hold of each, where references are counted."""
        for kind, place in fields:
            if c.context.enable_nrt and c.context.data_model_manager[kind].contains_nrt_meminfo():
                c.builder.call(_releaser(c, kind), [place])

    with cgutils.if_unlikely(c.builder, failed):
        release()
    # The compiler must not see through to these stores: it would read before they are done.
    same = ir.FunctionType(_POINTER, [_POINTER])
    sealed = c.builder.asm(same, "", "=r,0,~{memory}", [pointer], side_effect=True)
    return NativeValue(sealed, is_error=failed, cleanup=release)


def _taker(c: Any, kind: Any) -> ir.Function:
    """Code that lays a Python object of a kind out at a place, and returns whether it could not.

    A call for each field: laid into the wrapper of the step, with its hundred fields, it took longer to
    compile than the step itself.
    """

    def fill(builder: Any, value: Any, place: Any) -> None:
        native = c.context.get_python_api(builder).to_native_value(kind, value)
        nothing = ir.Constant(place.type.pointee, None)
        builder.store(builder.select(native.is_error, nothing, native.value), place)
        builder.ret(native.is_error)

    return _helper(c, "take", kind, ir.IntType(1), [c.pyapi.pyobj], fill)


def _releaser(c: Any, kind: Any) -> ir.Function:
    """Code that lets go of what stands at a place."""

    def fill(builder: Any, place: Any) -> None:
        c.context.nrt.decref(builder, kind, builder.load(place))
        builder.ret_void()

    return _helper(c, "release", kind, ir.VoidType(), [], fill)


def _helper(
    c: Any, purpose: str, kind: Any, returned: Any, before: list[Any], fill: Callable[..., None]
) -> ir.Function:
    """A function of the module at hand that takes a place of a kind last; made where it is not there yet."""
    name, module = f"balloon.{purpose}.{_short(str(kind))}", c.builder.module
    if name not in module.globals:
        place = c.context.get_value_type(kind).as_pointer()
        made = ir.Function(module, ir.FunctionType(returned, [*before, place]), name)
        made.linkage = "internal"
        made.attributes.add("noinline")
        fill(ir.IRBuilder(made.append_basic_block()), *made.args)
    return module.globals[name]
