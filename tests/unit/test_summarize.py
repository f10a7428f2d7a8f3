"""summarize: the table of simulate, to the bit, without the replicates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import balloon as bl
from balloon.summarize import Tally

SMALL = bl.load("minimal").with_({"population.actors": 150, "steps": 9})


@pytest.mark.parametrize("replicates", [1, 2, 30])
@pytest.mark.parametrize("parameters", [None, "ranges"])
def test_the_table_is_that_of_simulate_to_the_bit(replicates: int, parameters: str | None) -> None:
    how = {"replicates": replicates, "seed": 4, "parameters": parameters}
    expected, found = bl.simulate(SMALL, **how).summary(), bl.summarize(SMALL, **how)
    assert found.equals(expected)
    assert (found.dtypes == expected.dtypes).all()


def test_a_store_is_shared_with_simulate(tmp_path: Path) -> None:
    expected = bl.simulate(SMALL, replicates=7, seed=4, store=tmp_path).summary()
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    assert bl.summarize(SMALL, replicates=7, seed=4, store=tmp_path, executor=closed).equals(expected)


def test_failures_are_counted() -> None:
    path = "behaviour.revision_rate"
    given = [{path: -1.0 if r == 7 else 0.2} for r in range(10)]
    table = bl.summarize(SMALL, replicates=10, parameters=given)
    assert (table.runs == 9).all()
    assert (table.failed == 1).all()


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(bl.EngineError, match="replicates is 0; need a whole number from 1"):
        bl.summarize(SMALL, replicates=0)


def test_a_tally_gives_what_sorting_gives_in_any_portions() -> None:
    rng = np.random.default_rng(1)
    tables = rng.integers(0, 12, (50, 4, 3), dtype=np.int32)
    tally = Tally((4, 3), most=11)
    for portion in np.split(tables, [1, 8, 30]):
        tally.add(portion)
    assert tally.number == 50
    for rank in (0, 7, 49):
        assert (tally.ordered(rank) == np.sort(tables, axis=0)[rank]).all()


def test_the_memory_of_a_tally_does_not_grow_with_the_tables() -> None:
    rng = np.random.default_rng(1)
    tally = Tally((5,), most=99)
    for _ in range(20):
        tally.add(rng.integers(0, 100, (1000, 5)))
    # Never more than a count for each of 100 numbers in each of 5 cells.
    assert len(tally._codes) == 500
    assert tally._times.sum() == 20 * 1000 * 5
