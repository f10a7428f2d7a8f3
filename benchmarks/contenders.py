"""The peers and the engines under one hat: each yields a state before the first step and one after each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from benchmarks import case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from balloon import Scenario

PEERS = ("mesa", "numpy")
ENGINES = ("objects", "arrays")
NAMES = (*PEERS, *ENGINES)
LABELS = {
    "mesa": "plain Mesa objects",
    "numpy": "NumPy + scipy.sparse",
    "objects": "balloon, objects",
    "arrays": "balloon, arrays",
}


def states(name: str, scenario: Scenario, *, seed: int = 1, replicate: int = 0) -> Iterator[Any]:
    """Iterate over one run; contacts are balloon's in every case."""
    if name in ENGINES:
        from importlib import import_module

        engine = import_module(f"balloon.engines.{name}")
        yield from engine.states(scenario, seed=seed, replicate=replicate)
        return
    from benchmarks import plain_mesa, plain_numpy

    peer = plain_mesa if name == "mesa" else plain_numpy
    graph = case.contact_graph(scenario, seed=seed, replicate=replicate)
    yield from peer.states(case.numbers(scenario), graph, seed=1000 * seed + replicate)


def places(name: str, scenario: Scenario, *, seed: int = 1, replicate: int = 0) -> NDArray[np.int64]:
    """Actors by place over time, (T + 1, P + 2): the platforms, dormant, removed."""
    import numpy as np

    last: Any = None
    rows = []
    for last in states(name, scenario, seed=seed, replicate=replicate):
        if name in PEERS:
            rows.append(last)
    if name in PEERS:
        return np.stack(rows)
    actors: NDArray[np.int64] = last.series.actors.sum(axis=1)
    return actors


def available(name: str) -> bool:
    """Whether the contender can be imported here."""
    try:
        next(states(name, case.scenario(20, steps=1)))
    except ImportError:
        return False
    return True
