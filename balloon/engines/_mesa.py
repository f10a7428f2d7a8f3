"""The only lines that import Mesa, and what has to be done about its versions."""

from __future__ import annotations

import inspect
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    import networkx as nx


@contextmanager
def _start_method_kept() -> Iterator[None]:
    """Undo what importing Mesa does to the way this process starts others."""
    before = multiprocessing.get_start_method(allow_none=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(before, force=True)


with _start_method_kept():
    from mesa import Model
    from mesa.discrete_space import Cell, CellAgent, Network

__all__ = ["Cell", "CellAgent", "Model", "Network", "network"]


def network(graph: nx.DiGraph[str], random: Random) -> Network:
    """A network with a cell for every node."""
    more: dict[str, Any] = {}
    if "layout" in inspect.signature(Network).parameters:
        # Left alone, Mesa computes a spring layout: slow, and it draws from NumPy's global generator.
        from networkx import circular_layout

        more["layout"] = circular_layout(graph)
    return Network(graph, random=random, **more)
