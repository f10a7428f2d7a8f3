"""summarize: quantiles of many replicates in memory that does not grow with their number."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from balloon.runs import places, quantiles, summary_table
from balloon.simulate import Simulation, caution, check, effort, take_draws, times
from balloon.work import stream

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from balloon.scenario import Scenario


def summarize(
    scenario: Scenario,
    *,
    replicates: int,
    seed: int = 0,
    parameters: str | Sequence[Mapping[str, float]] | None = None,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Run a scenario and keep only how often each count of actors came up.

    Parameters
    ----------
    scenario, replicates, seed, parameters, executor, store, progress
        As in `simulate`, whose store can be used.

    Returns
    -------
    DataFrame
        That of ``simulate(...).summary()``, to the bit.

    Raises
    ------
    EngineError, DataError
        As in `simulate`.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> table = summarize(scenario, replicates=5, seed=1)
    >>> table.equals(bl.simulate(scenario, replicates=5, seed=1).summary())
    True
    """
    replicates, seed = check([scenario], replicates, seed, "arrays")
    caution(scenario)
    draws = take_draws(scenario, parameters, replicates, seed)
    labels, failed = places(scenario.platforms), 0
    size, _ = effort(scenario, "arrays")
    tally = Tally((scenario.steps + 1, len(labels)), most=scenario.population.actors)
    blocks = stream(
        Simulation(scenario, seed),
        stop=replicates,
        draws=draws,
        executor=executor,
        store=store,
        progress=progress,
        size=size,
    )
    with closing(blocks):
        for block in blocks:
            failed += len(block.caught)
            if block.columns:
                tally.add(np.stack([columns["actors"] for columns in block.columns]))
    shares = quantiles(lambda rank: tally.ordered(rank) / scenario.population.actors, tally.number)
    return summary_table(times(scenario), labels, shares, runs=tally.number, failed=failed)


class Tally:
    """How often each whole number came up in each cell of a table.

    Parameters
    ----------
    shape : tuple of int
        Of the table.
    most : int
        The largest number there may be.

    Examples
    --------
    >>> tally = Tally((2,), most=9)
    >>> tally.add(np.array([[5, 1], [3, 1], [4, 2]]))
    >>> tally.ordered(0), tally.ordered(2)
    (array([3, 1]), array([5, 2]))
    """

    def __init__(self, shape: tuple[int, ...], *, most: int) -> None:
        self.shape = shape
        self.number = 0
        """Tables counted so far."""
        self._base = most + 1
        self._first = np.arange(int(np.prod(shape)), dtype=np.int64) * self._base
        self._codes = np.empty(0, np.int64)  # cell x base + number, ascending
        self._times = np.empty(0, np.int64)

    def add(self, tables: NDArray[np.integer]) -> None:
        """Count n tables, first axis n."""
        new = (tables.reshape(len(tables), -1) + self._first).ravel()
        codes, times_ = np.unique(new, return_counts=True)
        both, place = np.unique(np.concatenate([self._codes, codes]), return_inverse=True)
        counts = np.bincount(place, weights=np.concatenate([self._times, times_]), minlength=len(both))
        self._codes, self._times = both, counts.astype(np.int64)
        self.number += len(tables)

    def ordered(self, rank: int) -> NDArray[np.int64]:
        """The number of this rank, from 0, in every cell."""
        # Every cell has as many numbers, so ranks in cells are ranks in all.
        upto = np.cumsum(self._times)
        cells = np.arange(len(self._first)) * self.number
        found = self._codes[np.searchsorted(upto, cells + rank, side="right")]
        return (found - self._first).reshape(self.shape)
