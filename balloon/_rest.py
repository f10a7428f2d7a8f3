"""The search for the rest points of a frozen step: by steps as far as one must, then by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.slope import slope
from balloon.runs import places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.engines.meanfield.frozen import Frozen
    from balloon.engines.meanfield.slope import Slope

APART = 1e-4
"""Shares that differ by less are of one rest point."""
SETTLED = 1e-10
"""Change in one step, share of all actors, of a state at rest."""
PUSH, NOBODY = 0.1, 1e-12
"""Part of a cell that a push off the brink empties at most; share of the actors below which one is empty."""
ROUNDS = 15
"""Derivatives after which a search is given up; those that ended anywhere had needed fewer."""
FEW = 7
"""The same where a search from nearer by comes next."""
HORIZON = 1e12
"""Steps beyond which nothing counts: what changes more slowly cannot be told from what does not change."""
POLISH = 3
"""Moves at most for what no share depends on any more: beliefs about an empty platform, and its apps."""
NEUTRAL = 1e-9
"""Growth in a step that cannot be told from none."""
SAME = 1e-6
"""Difference of a cell, share of all actors, up to which a search has come upon a known point."""
WORTH = 0.4
"""Part of a gap that a move may leave if the next one is to go by the same derivatives."""
WARM_UP, PATIENCE, MOST = 200, 25_000, 200_000
"""Steps before the first search, before a crowd that still moves much goes in circles, and in all."""
PLAIN, SHORT, BETWEEN = 800, 20.0, 10
"""Steps up to which all are made; of a long one the least length, and the plain ones after it."""
STRIDE = 0.02
"""Change of a share in a long step, at most."""
AROUND = 2.0
"""All shares, to and fro: a crowd that at its pace of now would have gone farther has not gone straight."""


@dataclass(frozen=True, slots=True, eq=False)
class RestPoint:
    """A state that one step maps onto itself."""

    shares: dict[str, float]
    """Share of all actors by place: the platforms, dormant, removed."""
    stable: bool
    """Whether a small change dies out."""
    radius: float
    """Spectral radius of the step there: a small change grows by this factor a step, if above 1."""
    vector: NDArray[np.float64] = field(repr=False)
    """The state; see `balloon.engines.meanfield.frozen`."""
    slope: Slope = field(repr=False)
    """The derivatives of the step there."""

    @property
    def places(self) -> NDArray[np.float64]:
        """(P + 2,) the shares alone."""
        return np.array(list(self.shares.values()))


def distance(one: RestPoint, other: RestPoint) -> float:
    """The largest difference of a share."""
    return float(np.abs(one.places - other.places).max())


def between(one: RestPoint, other: RestPoint) -> list[NDArray[np.float64]]:
    """States between two rest points, from which to search for the brink, the likeliest first."""
    return [part * one.vector + (1 - part) * other.vector for part in (0.5, 0.3, 0.7, 0.15, 0.85)]


def warmed(frozen: Frozen, vectors: NDArray[Any], steps: int) -> NDArray[Any]:
    """The states so many steps later."""
    for _ in range(steps):
        before, vectors = vectors, frozen.step(vectors)
        if np.array_equal(before, vectors):  # and so for ever
            break
    return vectors


class Restless(NamedTuple):
    """A crowd that came to no rest."""

    steps: int
    """After so many."""
    change: float
    """Of a share in one step, the largest."""
    place: str
    """Where that is."""
    brink: RestPoint | None
    """A point near it that is not stable."""

    def __str__(self) -> str:
        return f"after {self.steps:,} steps the share of {self.place} changes by {self.change:.2g} in a step"


def settle(
    frozen: Frozen,
    vector: NDArray[np.float64],
    known: tuple[RestPoint, ...] = (),
    *,
    reach: float = np.inf,
) -> RestPoint | Restless:
    """The stable rest point that a state goes to, `WARM_UP` steps after its start.

    Where platforms are alike a state may come to rest on the brink between them; the luck of any crowd would
    push it off, and so it is pushed. A point farther away than the reach is not believed before the crowd has
    come closer, or all patience is at an end.
    """
    done = WARM_UP
    while True:
        point = rest_near(frozen, vector, known, reach=reach, rounds=FEW if reach < np.inf else ROUNDS)
        if point is not None and point.stable:
            return point
        if done >= PATIENCE and (done >= MOST or _pace(frozen, vector)[0] * done > AROUND):
            break
        if point is not None and _there(frozen, vector, point):
            vector = _pushed(frozen, point)
        vector = warmed(frozen, vector[None], done)[0] if done < PLAIN else _hurried(frozen, vector, done)
        done *= 2
    point = rest_near(frozen, vector, known)
    return point if point is not None and point.stable else Restless(done, *_pace(frozen, vector), point)


def _hurried(frozen: Frozen, vector: NDArray[np.float64], steps: float) -> NDArray[np.float64]:
    """The state about so many steps later, by long implicit steps where it creeps."""
    length = steps / 8
    while steps > 0:
        steep, gap = slope(frozen, vector), frozen.step(vector[None])[0] - vector
        move = _long(frozen, vector, gap, steep, length)
        while move is None and length > SHORT:
            length /= 4
            move = _long(frozen, vector, gap, steep, length)
        vector = vector if move is None else frozen.inside((vector + move)[None])[0]
        vector = warmed(frozen, vector[None], BETWEEN if move is not None else int(2 * SHORT))[0]
        steps -= max(length, SHORT)
        length *= 2
    return vector


def _long(
    frozen: Frozen, vector: NDArray[np.float64], gap: NDArray[np.float64], steep: Slope, length: float
) -> NDArray[np.float64] | None:
    """The move of so many steps at once, if it is short enough and goes where the next step goes."""
    move = straight(steep, gap, length)
    here, one, far = frozen.shares(np.array([vector, vector + gap, vector + move]))
    change, room = far - here, _room(vector[: frozen.masses], move[: frozen.masses])
    small = np.abs(change).max() < APART
    # Where a change grows faster than the length allows, the move would go back.
    forward = small or (np.abs(change).max() < STRIDE and change @ (one - here) > 0)
    return move if forward and room.min(initial=np.inf) > 1 else None


def _pace(frozen: Frozen, vector: NDArray[np.float64]) -> tuple[float, str]:
    """The largest change of a share in one step, and of which place."""
    change = np.abs(frozen.shares(frozen.step(vector[None]))[0] - frozen.shares(vector[None])[0])
    k = int(change.argmax())
    return float(change[k]), places(frozen.world.layout.scenario.platforms)[k]


def _there(frozen: Frozen, vector: NDArray[np.float64], point: RestPoint) -> bool:
    """Whether a state is at a rest point already."""
    here = frozen.shares(vector[None])[0]
    return float(np.abs(here - point.places).max()) < APART


def _pushed(frozen: Frozen, point: RestPoint) -> NDArray[np.float64]:
    """A state a little off the brink, along what grows fastest there; the first platform that moves gains."""
    vector, masses = point.vector, frozen.masses
    move = point.slope.leading()[1]
    move[:masses] *= vector[:masses] > NOBODY * frozen.actors
    change = frozen.shares((vector + 1e-6 * move)[None])[0] - frozen.shares(vector[None])[0]
    leads = np.flatnonzero(np.abs(change) > 0.1 * np.abs(change).max())
    move *= np.sign(change[leads[0]]) if leads.size else 1.0
    room = _room(vector[:masses], move[:masses])
    pushed: NDArray[np.float64] = vector + PUSH * float(room.min(initial=1.0)) * move
    return np.asarray(frozen.inside(pushed[None])[0])


def rest_near(
    frozen: Frozen,
    vector: NDArray[np.float64],
    known: tuple[RestPoint, ...] = (),
    beside: RestPoint | None = None,
    *,
    reach: float = np.inf,
    rounds: int = ROUNDS,
) -> RestPoint | None:
    """The rest point near a state, or None where the search ends elsewhere or nowhere.

    Points that are known already, or one of another value beside, shorten the search; a known point that is
    come upon is returned as it is. Beyond the reach, a change of shares, nothing is looked for.
    """
    first = frozen.shares(vector[None])[0]
    with np.errstate(all="ignore"):  # a search that leaves what the model knows ends in numbers that are none
        gap = frozen.step(vector[None])[0] - vector
        for point in (*known, *([beside] if beside else [])):
            vector, gap = _led(frozen, vector, gap, point.slope)
        spare = POLISH
        for _ in range(rounds):
            if not np.abs(frozen.shares(vector[None])[0] - first).max() <= reach:
                return None
            settled = _size(frozen, gap) < SETTLED * frozen.actors
            for point in known:
                if settled and _size(frozen, vector - point.vector) < SAME * frozen.actors:
                    return point
            steep = slope(frozen, vector)
            moved = _moved(frozen, vector, gap, steep)
            if settled and (not spare or moved is None or _idle(frozen, vector, moved[0], steep)):
                return _point(frozen, vector, steep)
            if moved is None:
                return None
            spare -= settled
            vector, gap = _led(frozen, *moved, steep)
    return None


def _idle(frozen: Frozen, vector: NDArray[Any], after: NDArray[Any], steep: Slope) -> bool:
    """Whether a move changes nothing: neither actors, nor apps, nor beliefs."""
    counted = steep.free.blocks * (steep.free.cells + steep.free.apps)
    change = np.abs(after - vector)
    believed = bool((change[counted:] <= SAME * np.abs(after[counted:])).all())
    return believed and float(change[:counted].max()) < SAME * frozen.actors


def _led(
    frozen: Frozen, vector: NDArray[np.float64], gap: NDArray[np.float64], steep: Slope
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A state and its gap after the moves by the same derivatives that are worth it; new ones take longer."""
    while True:
        moved = _moved(frozen, vector, gap, steep)
        if moved is None or not _size(frozen, moved[1]) < WORTH * _size(frozen, gap):
            return vector, gap
        vector, gap = moved


def _moved(
    frozen: Frozen, vector: NDArray[np.float64], gap: NDArray[np.float64], steep: Slope
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The state, and the gap left, after a move that would close the gap were all straight."""
    move = straight(steep, gap)
    room = _room(vector[: frozen.masses], move[: frozen.masses])
    # Stay inside: no cell may be emptied by more than nine tenths at once.
    least = min(1.0, 0.9 * float(room[room > 0].min(initial=np.inf)))
    if least < 1e-8 or not np.isfinite(move).all():
        return None
    vector = vector + least * move
    return vector, frozen.step(vector[None])[0] - vector


def straight(steep: Slope, gap: NDArray[np.float64], horizon: float = HORIZON) -> NDArray[np.float64]:
    """The move of so many steps at once: (1 / horizon + 1 - slope) move = gap, an implicit step.

    With a far horizon it is Newton's, which closes the gap were all straight, but for directions in which
    the state hardly moves, nor is held. Where no move does, it is not a number.
    """
    part, shown = 1 / (1 + 1 / horizon), steep.shown.copy()
    shown[:, shown.shape[1] - len(steep.free.rest) :] *= part
    held = replace(
        steep, blocks=part * steep.blocks, seen=part * steep.seen, shown=shown, rest=part * steep.rest
    )
    try:
        return held.solve(part * gap)
    except np.linalg.LinAlgError:
        return np.full(len(gap), np.nan)


def _room(masses: NDArray[np.float64], move: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often a move can be made before it empties a cell, for each cell that it takes from."""
    fall = move < 0
    return -masses[fall] / move[fall]


def _size(frozen: Frozen, gap: NDArray[np.float64]) -> float:
    """The largest change of a number of actors."""
    return float(np.abs(gap[: frozen.masses]).max())


def _point(frozen: Frozen, vector: NDArray[np.float64], steep: Slope) -> RestPoint:
    radius = abs(steep.leading()[0])
    names = places(frozen.world.layout.scenario.platforms)
    shares = dict(zip(names, frozen.shares(vector[None])[0].tolist(), strict=True))
    return RestPoint(shares, radius < 1 + NEUTRAL, radius, vector, steep)
