from __future__ import annotations

import sys
from typing import NamedTuple

import numba
import numpy as np
import pytest

from balloon._bundle import Bundle, bundle
from balloon._jit import entry, inner, jit


@bundle
class Crate(NamedTuple):
    open: bool
    apples: int
    weight: float
    rows: np.ndarray
    table: np.ndarray


@inner
def refill(crate):
    for k in range(crate.rows.size):
        crate.rows[k] += crate.apples


@jit
def tally(crate, other, times):
    """A whole number whose digits say which field was read."""
    for _ in range(times):
        refill(crate)
    total = crate.rows.sum() + 1000 * crate.table.shape[1] + crate.table[1, 0]
    total += 100_000 * other.apples if other.open else 0
    return total + crate.weight


def crate(number: int) -> Crate:
    return Crate(number % 2 == 0, number, 0.25 * number, np.zeros(4, np.int64), np.full((2, 3), number))


def test_every_call_reads_the_fields_that_it_was_given() -> None:
    for number in range(1, 6):
        mine, other = crate(number), crate(number + 1)
        said = tally(mine, other, 3)
        apples = 100_000 * (number + 1) if other.open else 0
        assert said == 4 * 3 * number + 3000 + number + apples + 0.25 * number
        assert mine.rows.tolist() == [3 * number] * 4


def test_a_call_lets_go_of_all_that_it_was_given() -> None:
    # Or every run would keep its columns in memory for as long as the process lives.
    mine = crate(1)
    before = [sys.getrefcount(column) for column in (mine.rows, mine.table)]
    for _ in range(5):
        tally(mine, mine, 2)
    assert [sys.getrefcount(column) for column in (mine.rows, mine.table)] == before


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_a_call_that_cannot_take_a_field_raises_and_lets_go_of_the_others() -> None:
    mine = crate(1)
    call = entry(tally, mine, mine, 1)
    before = [sys.getrefcount(column) for column in (mine.rows, mine.table)]
    for _ in range(5):
        for given in ((mine._replace(rows=None), mine), (mine, mine._replace(rows=None))):
            with pytest.raises(TypeError, match="can't unbox array"):
                call(*given, 1)
        del given
    assert [sys.getrefcount(column) for column in (mine.rows, mine.table)] == before


def test_a_bundle_is_still_the_named_tuple_that_it_was() -> None:
    mine = crate(2)
    assert isinstance(mine, tuple)
    assert mine._replace(apples=7).apples == 7


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_a_field_that_is_not_there_is_refused_when_it_is_compiled() -> None:
    @jit
    def wrong(crate):
        return crate.pears

    with pytest.raises(numba.TypingError, match="Unknown attribute 'pears'"):
        wrong(crate(1))


def test_fields_in_another_order_make_another_type_so_that_no_kept_code_reads_the_wrong_one() -> None:
    def typed(*names: str) -> object:
        return numba.typeof(bundle(NamedTuple("Pair", [(name, float) for name in names]))(1.0, 2.0))

    assert typed("first", "second").name != typed("second", "first").name


def test_bundles_of_other_fields_are_other_types_and_their_names_are_short() -> None:
    one, other = (numba.typeof(crate(1)._replace(weight=weight)) for weight in (1.0, 1))
    assert isinstance(one, Bundle)
    assert one != other
    assert one == numba.typeof(crate(3))
    assert len(one.name) < 30
