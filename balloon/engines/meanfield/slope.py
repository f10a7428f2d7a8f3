"""The derivatives of the frozen step, by their structure.

Actors of different groups and risk classes act on each other only through what is seen: how many of each
group are at home where, what is believed, who was arrested last. So the matrix of the derivatives is a block
for each group and class, and a few columns and rows for what is seen. Found and solved that way it takes a
fraction of the time of the full matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

from balloon.engines.meanfield.frozen import Frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TINY = 1e-20
AT_ONCE = 64
"""Columns of derivatives that are computed side by side; of more the arrays leave the cache."""
SMALL = 60
"""Free entries up to which all eigenvalues are computed."""
SPAN, ROUNDS = 40, 300
"""Directions among which the leading one is searched, and how often these are chosen anew."""


class Free(NamedTuple):
    """The directions in which a state can change: the actors of a group and class keep their number.

    A vector is parted into blocks, one for each group and class, of the actors by cell and then of those
    with each app, and the rest: beliefs and the arrests of the last step, as far as they matter.
    """

    blocks: int
    """Groups times classes."""
    cells: int
    apps: int
    """Entries of a block that are actors with an app."""
    block: NDArray[np.int64]
    """(F,) entries of every block that are free; the first cell follows from the others."""
    size: int
    rest: NDArray[np.int64]
    """(W,) entries of a whole vector that are free and in no block."""

    def part(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """(B, blocks, cells + apps) the blocks of (B, n) vectors."""
        masses = self.blocks * self.cells
        mass = vectors[:, :masses].reshape(len(vectors), self.blocks, self.cells)
        apps = vectors[:, masses : masses + self.blocks * self.apps]
        return np.concatenate([mass, apps.reshape(len(vectors), self.blocks, self.apps)], axis=2)

    def embed(self, blocks: NDArray[Any], rest: NDArray[Any]) -> NDArray[Any]:
        """(B, n) changes of all entries from those of the free ones, (B, blocks, F) and (B, W)."""
        count, masses = len(blocks), self.blocks * self.cells
        parts = np.zeros((count, self.blocks, self.cells + self.apps))
        parts[:, :, self.block] = blocks
        parts[..., 0] = -parts[..., 1 : self.cells].sum(axis=-1)
        whole = np.zeros((count, self.size))
        whole[:, :masses] = parts[..., : self.cells].reshape(count, -1)
        whole[:, masses : masses + self.blocks * self.apps] = parts[..., self.cells :].reshape(count, -1)
        whole[:, self.rest] = rest
        return whole


def free_of(frozen: Frozen) -> Free:
    """Free are all cells but the first of every class, and what nothing holds in its place."""
    world, mass = frozen.world, frozen.rest.mass[0]
    at, size = world.layout.cells, frozen.vectors(frozen.rest).shape[1]
    blocks = mass.shape[0] * mass.shape[1]
    masses, apps = np.ones(at.number, dtype=bool), np.empty((at.number, 0), dtype=bool)
    masses[0] = False
    if world.layout.scenario.behaviour.replacement_rate == 0:
        masses[at.removed] = False
    if world.apps_matter:
        apps = np.ones((at.number, frozen.sight.available.shape[1]), dtype=bool)
        apps[at.removed] = False
    rest = np.ones(size - blocks * (at.number + apps.size), dtype=bool)
    if frozen.learning:
        # Nobody learns where nobody can be.
        rest[: frozen.sight.available.size] = frozen.sight.available.reshape(-1)
    block = np.flatnonzero(np.concatenate([masses, apps.reshape(-1)]))
    return Free(blocks, at.number, apps.size, block, size, size - rest.size + np.flatnonzero(rest))


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivatives of one step by the state, along the free directions.

    N blocks of F free entries, A numbers that are seen: actors at home by group and platform, then the W free
    entries of the rest.
    """

    free: Free
    blocks: Floats
    """(N, F, F) of a block by itself, what is seen held in place."""
    seen: Floats
    """(N, F, A) of a block by what is seen."""
    shown: Floats
    """(N, A, F) what is seen, by a block: the homes of now, the rest of the next step."""
    rest: Floats
    """(A, A) the rest of the next step by what is seen; no rows for the homes."""

    @property
    def size(self) -> int:
        """Free entries of a whole state."""
        number, free = self.blocks.shape[:2]
        return int(number * free) + len(self.free.rest)

    def solve(self, gap: Floats) -> Floats:
        """(n,) the move after which the gap that a step leaves is closed: Newton's.

        Raises
        ------
        LinAlgError
            No move does.
        """
        blocks, seen = self.free.part(gap[None])[0][:, self.free.block], self.seen
        inverse = np.linalg.solve(
            np.eye(self.blocks.shape[1]) - self.blocks, np.concatenate([blocks[..., None], seen], axis=2)
        )
        alone, by_seen = inverse[..., 0], inverse[..., 1:]
        found = (self.shown @ alone[..., None]).sum(axis=0)[:, 0]
        found[len(found) - len(self.free.rest) :] += gap[self.free.rest]
        ties = np.eye(len(found)) - self.rest - (self.shown @ by_seen).sum(axis=0)
        moved = np.linalg.solve(ties, found)
        rest = moved[len(moved) - len(self.free.rest) :]
        move: Floats = self.free.embed((alone + by_seen @ moved)[None], rest[None])[0]
        return move

    def leading(self) -> tuple[complex, Floats]:
        """The eigenvalue farthest from 0 and a (n,) direction that grows by it."""
        found = None if self.size <= SMALL else _arnoldi(self)
        values, ways = np.linalg.eig(self.times(np.eye(self.size))) if found is None else found
        k = int(np.abs(values).argmax())
        way = ways[:, k].real
        count = len(self.free.rest)
        blocks, rest = way[: self.size - count].reshape(self.blocks.shape[:2]), way[self.size - count :]
        return complex(values[k]), self.free.embed(blocks[None], rest[None])[0]

    def times(self, moves: Floats) -> Floats:
        """What (m,) or (m, k) moves of the m free entries, block by block, are one step later."""
        number, free = self.blocks.shape[:2]
        columns = moves.reshape(len(moves), -1)
        blocks = columns[: number * free].reshape(number, free, -1)
        now = (self.shown @ blocks).sum(axis=0)
        split = len(now) - len(self.free.rest)
        seen = np.concatenate([now[:split], columns[number * free :]])
        after = self.blocks @ blocks + self.seen @ seen
        rest = now[split:] + self.rest[split:] @ seen
        return np.concatenate([after.reshape(number * free, -1), rest]).reshape(moves.shape)


def _arnoldi(steep: Slope) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """The leading eigenvalue alone (Arnoldi's method); None where others are too close to tell it apart."""
    operator = LinearOperator((steep.size, steep.size), matvec=steep.times, dtype=float)
    # Without any symmetry: one that platforms share would hide the way in which they part.
    start = np.random.default_rng(0).standard_normal(steep.size)
    try:
        found: tuple[NDArray[Any], NDArray[Any]] = eigs(
            operator, k=1, which="LM", v0=start, ncv=SPAN, maxiter=ROUNDS
        )
    except ArpackNoConvergence:
        return None
    return found


def slope(frozen: Frozen, vector: Floats) -> Slope:
    """The derivatives at a state, by complex steps: all blocks at once, then what is seen one by one."""
    free = free_of(frozen)
    homes = frozen.homes(vector[None])
    seen = homes.size + len(free.rest)
    moves = np.zeros((len(free.block) + seen, free.size))
    each = np.broadcast_to(np.eye(len(free.block))[:, None], (len(free.block), free.blocks, len(free.block)))
    moves[: len(free.block)] = free.embed(each, np.zeros((len(free.block), len(free.rest))))
    moves[len(moves) - len(free.rest) :, free.rest] = np.eye(len(free.rest))
    shifts = np.zeros((len(moves), *homes.shape[1:]))
    shifts[len(free.block) : len(free.block) + homes.size] = np.eye(homes.size).reshape(-1, *homes.shape[1:])
    made = np.empty(moves.shape)
    for first in range(0, len(moves), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        ahead, around = vector + TINY * 1j * moves[part], homes + TINY * 1j * shifts[part]
        made[part] = frozen.step_seeing(ahead, around).imag / TINY
    blocks = free.part(made)[:, :, free.block].transpose(1, 2, 0)
    rest = np.zeros((seen, seen))
    rest[homes.size :] = made[len(free.block) :, free.rest].T
    return Slope(
        free,
        blocks[..., : len(free.block)],
        blocks[..., len(free.block) :],
        _shown(frozen, free, vector),
        rest,
    )


def _shown(frozen: Frozen, free: Free, vector: Floats) -> Floats:
    """What the blocks add to what is seen, class by class; apps add nothing."""
    at, homes = frozen.world.layout.cells, frozen.homes(vector[None])
    groups, platforms = homes.shape[1:]
    classes = free.blocks // groups
    cells = free.block[free.block < free.cells]
    shown = np.zeros((groups, classes, homes.size + len(free.rest), len(free.block)))
    by_home = at.place[:-2, cells] - at.place[:-2, :1]
    for g in range(groups):
        shown[g, :, g * platforms : (g + 1) * platforms, : len(cells)] = by_home
    if not free.rest.size:
        return shown.reshape(free.blocks, *shown.shape[2:])
    moves = np.zeros((classes, len(cells), groups, classes, free.cells))
    for k in range(classes):
        moves[k, np.arange(len(cells)), :, k, cells] = 1.0
        moves[k, :, :, k, 0] = -1.0
    ahead = np.tile(vector.astype(complex), (classes * len(cells), 1))
    ahead[:, : free.blocks * free.cells] += TINY * 1j * moves.reshape(len(ahead), -1)
    made = frozen.recall(ahead, np.repeat(homes, len(ahead), axis=0)).imag / TINY
    made = made.reshape(classes, len(cells), -1)
    owners = frozen.recalled
    for j, entry in enumerate(free.rest - (free.size - len(owners))):
        shown[owners[entry], :, homes.size + j, : len(cells)] = made[..., entry]
    return shown.reshape(free.blocks, *shown.shape[2:])
