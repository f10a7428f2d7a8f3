"""Contact networks in CSR form, drawn by address at speed.

Erdos-Renyi and community graphs visit only the pairs that are tied, by geometric skips (Batagelj &
Brandes 2005, Phys. Rev. E 71, 036113); small worlds after Watts & Strogatz (1998); scale-free
graphs by preferential attachment (Barabasi & Albert 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from balloon._jit import inner, jit
from balloon.contacts import Contacts
from balloon.draws import TIE, log, unit, words

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

_LAYER = 1 << 20  # items of one layer or attempt of a generator; a slot needs far fewer


@dataclass(frozen=True, slots=True)
class Ties:
    """An undirected graph in compressed sparse rows: each tie stands in both rows."""

    start: NDArray[np.int64]
    """(N + 1,) row i is ``others[start[i]:start[i + 1]]``."""
    others: NDArray[np.int32]
    """(2 E,) contacts, sorted within a row."""

    def of(self, slot: int) -> NDArray[np.int32]:
        """Contacts of one slot."""
        return self.others[self.start[slot] : self.start[slot + 1]]

    @property
    def count(self) -> int:
        """Number of ties."""
        return len(self.others) // 2

    def to_networkx(self) -> nx.Graph[int]:
        """The same graph in networkx, for small ones."""
        import networkx as nx

        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(len(self.start) - 1))
        rows = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        upper = rows < self.others
        graph.add_edges_from(zip(rows[upper].tolist(), self.others[upper].tolist(), strict=True))
        return graph


def draw(contacts: Contacts, sizes: Sequence[int], *, seed: int = 0, replicate: int = 0) -> Ties:
    """Draw the ties of a population; see `Contacts.draw`."""
    n = sum(sizes)
    kind, half = contacts.kind, int(contacts.degree) // 2
    luck = np.uint64(seed), np.uint64(replicate)
    empty = np.empty(0, dtype=np.int32)
    if kind == "annealed" or (kind != "given" and contacts.degree == 0):
        return Ties(np.zeros(n + 1, dtype=np.int64), empty)
    if kind == "given":
        pairs = np.array(contacts.ties, dtype=np.int32).reshape(-1, 2)
        ends = np.ascontiguousarray(pairs.T)
        return _rows(n, ends[0], ends[1])
    if kind == "erdos_renyi":
        ends_of = np.full((1, n), n, dtype=np.int32)
        odds = np.full((1, n), contacts.degree / (n - 1))
        a, b = _skips(n, ends_of, odds, *luck)
    elif kind == "communities":
        ends_of, odds = _layers(contacts, sizes)
        a, b = _skips(n, ends_of, odds, *luck)
    elif kind == "small_world":
        a, b = _ring(n, half, contacts.rewiring, *luck)
    else:
        a, b = _attached(n, half, *luck)
    return _rows(n, a, b)


def _rows(n: int, a: NDArray[np.int32], b: NDArray[np.int32]) -> Ties:
    start, others = _compress(n, a, b)
    return Ties(start, others)


def _layers(contacts: Contacts, sizes: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Three overlaid random graphs: community, group, everybody.

    Returns for each layer and slot the end of the block it belongs to and the probability of a
    tie with each later slot of the block, so that degrees add up to ``contacts.degree``.
    """
    n = sum(sizes)
    ends, odds = np.empty((3, n), dtype=np.int32), np.empty((3, n))
    inside = contacts.degree * contacts.within
    own = contacts.degree * (1 - contacts.within) * contacts.homophily
    rest = contacts.degree - inside - own
    first = 0
    for size in sizes:
        last = first + size
        number = max(1, round(size / contacts.size))
        bounds = [first + size * k // number for k in range(number + 1)]
        for lo, hi in pairwise(bounds):
            ends[0, lo:hi] = hi
            odds[0, lo:hi] = min(1.0, inside / max(hi - lo - 1, 1))
        ends[1, first:last] = last
        odds[1, first:last] = min(1.0, own / max(size - 1, 1))
        first = last
    ends[2], odds[2] = n, min(1.0, rest / max(n - 1, 1))
    odds[odds < 1e-12] = 0.0  # what rounding leaves of nothing
    return ends, odds


@jit
def _skips(n, ends, odds, seed, replicate):
    """Ties (i, j > i) of overlaid random graphs; skip lengths between ties are geometric."""
    expected = 0.0
    for layer in range(ends.shape[0]):
        for i in range(n):
            expected += odds[layer, i] * (ends[layer, i] - i - 1)
    room = int(expected + 6.0 * np.sqrt(expected) + 64.0)
    a, b = np.empty(room, np.int32), np.empty(room, np.int32)
    count = 0
    for i in range(n):
        for layer in range(ends.shape[0]):
            p, end = odds[layer, i], ends[layer, i]
            if p <= 0.0:
                continue
            scale = 0.0 if p >= 1.0 else 1.0 / log(1.0 - p)
            j, item = i, 0
            while True:
                if item % 4 == 0:
                    w = words(seed, replicate, 0, i, TIE, layer * _LAYER + item // 4)
                skip = log(unit(w[item % 4])) * scale
                if skip >= end - j - 1:
                    break
                j += 1 + int(skip)
                item += 1
                if count == room:
                    room = 2 * room
                    longer_a, longer_b = np.empty(room, np.int32), np.empty(room, np.int32)
                    for e in range(count):
                        longer_a[e], longer_b[e] = a[e], b[e]
                    a, b = longer_a, longer_b
                a[count], b[count] = i, j
                count += 1
    return a[:count], b[:count]


@jit
def _ring(n, half, rewiring, seed, replicate):
    """A ring in which each tie (i, i + k) is rewired with a probability to (i, anybody).

    Item 0 of an attempt decides, item 1 picks; a pick that is i itself or tied to i already is
    drawn again, so the number of ties is exactly n half.
    """
    partner = np.empty((n, half), np.int32)
    for i in range(n):
        for k in range(half):
            partner[i, k] = (i + k + 1) % n
    # Ties that came to a slot from rewired ends, as linked lists.
    head, link, owner = np.empty(n, np.int32), np.empty(n * half, np.int32), np.empty(n * half, np.int32)
    for i in range(n):
        head[i] = -1
    for i in range(n):
        for k in range(half):
            w = words(seed, replicate, 0, i, TIE, k * 64)
            if unit(w[0]) >= rewiring:
                continue
            attempt = 0
            while attempt < 252:  # a slot tied to nearly everybody keeps its tie
                w = words(seed, replicate, 0, i, TIE, k * 64 + 1 + attempt // 4)
                j = int(unit(w[attempt % 4]) * n)
                attempt += 1
                taken = j == i
                for m in range(half):
                    back = (i - m - 1) % n
                    taken |= partner[i, m] == j
                    taken |= j == back and partner[back, m] == i
                e = head[i]
                while e >= 0:
                    taken |= owner[e] == j
                    e = link[e]
                if not taken:
                    partner[i, k] = j
                    e = i * half + k
                    owner[e], link[e], head[j] = i, head[j], e
                    break
    a, b = np.empty(n * half, np.int32), np.empty(n * half, np.int32)
    for i in range(n):
        for k in range(half):
            a[i * half + k], b[i * half + k] = i, partner[i, k]
    return a, b


@jit
def _attached(n, half, seed, replicate):
    """Each slot after the first ``half + 1`` (all tied) attaches to ``half`` others by degree."""
    core = min(half + 1, n)
    total = core * (core - 1) // 2 + max(n - core, 0) * half
    a, b = np.empty(total, np.int32), np.empty(total, np.int32)
    count = 0
    for i in range(core):
        for j in range(i + 1, core):
            a[count], b[count] = i, j
            count += 1
    for i in range(core, n):
        known, first, item = count, count, 0
        while count < known + half:
            w = words(seed, replicate, 0, i, TIE, item // 4)
            end = int(unit(w[item % 4]) * (2 * known))
            item += 1
            j = a[end >> 1] if end & 1 else b[end >> 1]
            new = True
            for e in range(first, count):
                new &= b[e] != j
            if new:
                a[count], b[count] = i, j
                count += 1
    return a, b


@jit
def _compress(n, a, b):
    """Rows of both ends of each tie, sorted and without repeats."""
    start = np.zeros(n + 1, np.int64)
    for e in range(a.size):
        start[a[e] + 1] += 1
        start[b[e] + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    fill = np.empty(n, np.int64)
    for i in range(n):
        fill[i] = start[i]
    others = np.empty(2 * a.size, np.int32)
    for e in range(a.size):
        others[fill[a[e]]] = b[e]
        fill[a[e]] += 1
        others[fill[b[e]]] = a[e]
        fill[b[e]] += 1
    return start, others[: _tidy(start, others)]


@inner
def _tidy(start, others):
    """Sort each row and drop repeated contacts, in place; return how many are left."""
    kept = 0
    for i in range(start.size - 1):
        first, last = start[i], start[i + 1]
        row = others[first:last]
        for e in range(1, row.size):  # rows come nearly sorted: each slot's own ties stand first
            x, m = row[e], e
            while m > 0 and row[m - 1] > x:
                row[m] = row[m - 1]
                m -= 1
            row[m] = x
        start[i] = kept
        previous = -1
        for e in range(first, last):
            if others[e] != previous:
                previous = others[e]
                others[kept] = previous
                kept += 1
    start[start.size - 1] = kept
    return kept
