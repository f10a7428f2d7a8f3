"""Draws from a posterior: ensembles of walkers that start at its mode, until they have mixed.

One step of five is a differential evolution move: half of an ensemble moves along differences between
walkers of the other half (ter Braak 2006, Stat. Comput. 16(3): 239-249; Nelson, Ford & Payne 2014, ApJS
210(1): 11; in halves as in Foreman-Mackey, Hogg, Lang & Goodman 2013, PASP 125: 306-312). The others are
independent draws from a mixture of t distributions learnt from the draws so far, accepted by Metropolis
and Hastings (Tierney 1994, Ann. Stat. 22(4): 1701-1728): they reach everywhere in one step, and where the
mixture does not reach, the first kind carries on. Proposals change more and more rarely, block after block
(Chimisov, Latuszynski & Roberts 2018, arXiv:1801.09309).

All ensembles move at once, since the mean field costs little more for a hundred vectors than for one: a
step is one or two evaluations of a batch. emcee, which knows the same move, would ask for each ensemble
alone; it is the independent check in the tests.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from balloon.calibrate.diagnostics import ess_bulk, ess_tail, rhat
from balloon.calibrate.mixture import Mixture, fitted
from balloon.errors import BalloonWarning, FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    LogDensity: TypeAlias = Callable[[Floats], Floats]

MIXED = 1.01
"""Split R-hat of chains that agree (Vehtari et al. 2021, section 4)."""
ENOUGH = 400
"""Effective draws for bulk and tail (the same)."""
SHARED = 0.2
"""Share of differential evolution moves: at 0 walkers stay where the mixture does not reach."""
LEAST = 24
"""Walkers of an ensemble."""
FIRST = 16
"""Steps of the first block."""
DROPPED = 3
"""One step of so many, the first ones, is warm-up."""
SHRINK = 0.05
"""Weight of the covariance at the mode in the one that is learnt, which keeps it from collapsing."""
TRIES = 100
"""Draws for a place to start that is possible at all."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chains:
    """Draws from a density, with what is known of their quality."""

    draws: Floats
    """(E, n, W, k) by ensemble, step and walker."""
    log_density: Floats
    """(E, n, W)"""
    rhat: Floats
    """(k + 1,) rank-normalised split R-hat of each number, and of the log density."""
    bulk: Floats
    """(k + 1,) effective sample size for the centre."""
    tail: Floats
    """(k + 1,) effective sample size for the 5 % and 95 % quantiles."""
    accepted: float
    """Share of proposals that were accepted."""
    evaluations: int
    """Of the density, warm-up included."""
    undefined: int
    """Evaluations that gave nan; taken as impossible."""

    @property
    def converged(self) -> bool:
        """Whether R-hat is below 1.01 and both effective sample sizes are 400 or more, all of them."""
        return bool(np.all(self.rhat < MIXED) and np.all(self.bulk >= ENOUGH) and np.all(self.tail >= ENOUGH))

    @property
    def flat(self) -> Floats:
        """(E n W, k) all draws, ensemble after ensemble."""
        return self.draws.reshape(-1, self.draws.shape[-1])

    def thin(self, count: int) -> Floats:
        """(count, k) draws that lie far apart, an equal number of steps one from the next.

        Raises
        ------
        FitError
            More than there are.

        Examples
        --------
        >>> chains = sample(lambda x: -0.5 * (x * x).sum(axis=1), [0.0], [[1.0]], draws=1000, seed=1)
        >>> chains.thin(10).shape
        (10, 1)
        """
        flat = self.flat
        if not 1 <= count <= len(flat):
            raise FitError(f"{count} draws of {len(flat)}; ask for 1 to {len(flat)}, or sample more")
        return np.asarray(flat[np.linspace(0, len(flat) - 1, count).round().astype(int)], float)

    def __str__(self) -> str:
        worst = (
            f"R-hat up to {self.rhat.max():.3f}, effective draws from {self.bulk.min():.0f} (bulk) and "
            f"{self.tail.min():.0f} (tail), {self.evaluations:,} evaluations"
        )
        return f"mixed: {worst}" if self.converged else f"NOT MIXED: {worst}"


def sample(
    log_density: LogDensity,
    start: ArrayLike,
    covariance: ArrayLike,
    *,
    draws: int = 2_000,
    seed: int = 0,
    ensembles: int = 4,
    walkers: int | None = None,
    limit: int = 200_000,
) -> Chains:
    """Draw from a density until the chains agree.

    Every block of steps makes the chains longer by a third. Before each the independent proposals are set
    to what is known by then, and the first third of all steps is dropped as warm-up.

    Parameters
    ----------
    log_density : callable
        (B, k) -> (B,) the logarithm up to a constant, -inf where it is impossible.
    start : (k,) array
        The mode.
    covariance : (k, k) array
        At the mode, by Laplace's approximation.
    draws : int
        Draws to keep, at least.
    seed : int
    ensembles : int
        Independent of each other but for the proposals learnt in the warm-up, so that R-hat means
        something.
    walkers : int, optional
        Of one ensemble, an even number; by default 2 k + 2, and no fewer than 24.
    limit : int
        Evaluations after which no other block is begun.

    Returns
    -------
    Chains
        With a `BalloonWarning` if they did not mix.

    Raises
    ------
    FitError
        A covariance that is none; no possible place near the start; too few ensembles or walkers.

    Examples
    --------
    >>> normal = lambda x: -0.5 * (x * x).sum(axis=1)
    >>> chains = sample(normal, [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], draws=4000, seed=1)
    >>> chains.converged, bool(abs(chains.flat.std() - 1) < 0.05)
    (True, True)
    """
    found = chains(
        log_density, start, covariance,
        draws=draws, seed=seed, ensembles=ensembles, walkers=walkers, limit=limit,
    )  # fmt: skip
    _say(found, limit)
    return found


def chains(
    log_density: LogDensity,
    start: ArrayLike,
    covariance: ArrayLike,
    *,
    draws: int,
    seed: int | tuple[int, ...],
    ensembles: int = 4,
    walkers: int | None = None,
    limit: int = 200_000,
) -> Chains:
    """Draw as `sample` does, for those who look at ``converged`` themselves: no warning is given."""
    mode, spread = _checked(start, covariance, ensembles, walkers)
    size = walkers or max(LEAST, 2 * len(mode) + 2)
    density = _Counted(log_density)
    rng = np.random.default_rng(seed)
    where = _possible(density, mode, spread, (ensembles, size), rng)
    band = _Band(density, where, Mixture.one(mode, spread), rng)
    blocks: list[Block] = []
    done, more = 0, FIRST
    while True:
        blocks.append(band.run(more))
        done += more
        found = _judged(blocks, done - done // DROPPED, density)
        if (found.converged and found.log_density.size >= draws) or density.count >= limit:
            return found
        late = found.flat
        learnt = (1.0 - SHRINK) * np.cov(late.T).reshape(spread.shape) + SHRINK * spread
        band.proposal = fitted(late, learnt, rng)
        more = done // 3


def _checked(
    start: ArrayLike, covariance: ArrayLike, ensembles: int, walkers: int | None
) -> tuple[Floats, Floats]:
    mode, spread = np.asarray(start, float), np.asarray(covariance, float)
    k = len(mode) if mode.ndim == 1 else -1
    if spread.shape != (k, k) or not (np.isfinite(mode).all() and np.isfinite(spread).all()):
        raise FitError(
            f"start of shape {mode.shape} with a covariance of shape {spread.shape}; need (k,) and (k, k) "
            "finite numbers"
        )
    if not np.linalg.eigvalsh((spread + spread.T) / 2).min() > 0:
        raise FitError(
            "the covariance at the start is not positive definite; is the start a mode, and has every "
            "parameter a prior?"
        )
    if not ensembles >= 2:
        raise FitError(f"ensembles is {ensembles!r}; need 2 or more, so that they can be compared")
    if walkers is not None and (walkers % 2 or walkers < 2 * k + 2):
        raise FitError(f"walkers is {walkers!r}; need an even number, {2 * k + 2} or more for {k} parameters")
    return mode, spread


class _Counted:
    """A density that counts how often it is asked, and how often it has no answer."""

    def __init__(self, density: LogDensity) -> None:
        self.density = density
        self.count = 0
        self.undefined = 0

    def __call__(self, points: Floats) -> Floats:
        """From (..., k) to (...)."""
        flat = points.reshape(-1, points.shape[-1])
        found = np.asarray(self.density(flat), float)
        if found.shape != (len(flat),):
            raise FitError(
                f"the log density of {len(flat)} points has shape {found.shape}; need ({len(flat)},)"
            )
        missing = np.isnan(found)
        self.count += len(flat)
        self.undefined += int(missing.sum())
        return np.where(missing, -np.inf, found).reshape(points.shape[:-1])


class Block(NamedTuple):
    """What a few steps left behind."""

    draws: Floats
    """(E, n, W, k)"""
    levels: Floats
    """(E, n, W) log densities."""
    accepted: float
    """Share of proposals accepted, added over the steps."""


class _Band:
    """E ensembles of W walkers, and where they stand."""

    def __init__(self, density: _Counted, where: Floats, proposal: Mixture, rng: np.random.Generator) -> None:
        self.density = density
        self.where = where
        self.level = density(where)
        self.proposal = proposal
        self.rng = rng

    def run(self, steps: int) -> Block:
        """So many steps from where the walkers stand."""
        draws, levels, accepted = [], [], 0.0
        for _ in range(steps):
            accepted += self._evolve() if self.rng.random() < SHARED else self._leap()
            draws.append(self.where.copy())
            levels.append(self.level.copy())
        return Block(np.stack(draws, axis=1), np.stack(levels, axis=1), accepted)

    def _evolve(self) -> float:
        """Each half of every ensemble by differences within the other half."""
        count, size, k = self.where.shape
        half = size // 2
        order = self.rng.permuted(np.tile(np.arange(size), (count, 1)), axis=1)
        rows = np.arange(count)[:, None]
        length = 2.38 / np.sqrt(2.0 * k)
        share = 0.0
        for mine, others in ((order[:, :half], order[:, half:]), (order[:, half:], order[:, :half])):
            first = self.rng.integers(half, size=(count, half))
            second = (first + self.rng.integers(1, half, size=(count, half))) % half
            there = self.where[rows, others]
            step = there[rows, first] - there[rows, second]
            share += 0.5 * self._accept(rows, mine, self.where[rows, mine] + length * step, 0.0)
        return share

    def _leap(self) -> float:
        """All walkers by independent draws."""
        there = self.proposal.draw(self.where.shape, self.rng)
        count, size, _ = self.where.shape
        factor = self.proposal.log_density(self.where) - self.proposal.log_density(there)
        return self._accept(np.arange(count)[:, None], np.arange(size)[None], there, factor)

    def _accept(
        self, rows: NDArray[np.int64], mine: NDArray[np.int64], there: Floats, factor: Floats | float
    ) -> float:
        level = self.density(there)
        luck = np.log(1.0 - self.rng.random(level.shape))
        better = luck <= level - self.level[rows, mine] + factor
        self.where[rows, mine] = np.where(better[..., None], there, self.where[rows, mine])
        self.level[rows, mine] = np.where(better, level, self.level[rows, mine])
        return float(better.mean())


def _possible(
    density: _Counted, mode: Floats, spread: Floats, shape: tuple[int, int], rng: np.random.Generator
) -> Floats:
    """Draws from the normal at the mode, drawn again where the density is zero."""
    root = np.linalg.cholesky(spread)
    where = np.empty((shape[0] * shape[1], len(mode)))
    impossible = np.ones(len(where), bool)
    for _ in range(TRIES):
        where[impossible] = mode + rng.standard_normal((int(impossible.sum()), len(mode))) @ root.T
        impossible[impossible] = ~np.isfinite(density(where[impossible]))
        if not impossible.any():
            return where.reshape(*shape, len(mode))
    raise FitError(
        f"no possible place near the start {mode.tolist()} in {TRIES} draws: the log density is -inf or nan; "
        "check the start and the bounds of the priors"
    )


def _judged(blocks: list[Block], kept: int, density: _Counted) -> Chains:
    """The last so many steps of all blocks."""
    draws = np.concatenate([block.draws for block in blocks], axis=1)[:, -kept:]
    levels = np.concatenate([block.levels for block in blocks], axis=1)[:, -kept:]
    accepted = sum(block.accepted for block in blocks) / sum(block.draws.shape[1] for block in blocks)
    columns = [*np.moveaxis(draws, -1, 0), levels]
    return Chains(
        draws=draws,
        log_density=levels,
        rhat=np.array([rhat(column) for column in columns]),
        bulk=np.array([ess_bulk(column) for column in columns]),
        tail=np.array([ess_tail(column) for column in columns]),
        accepted=accepted,
        evaluations=density.count,
        undefined=density.undefined,
    )


def _say(chains: Chains, limit: int) -> None:
    if not chains.converged:
        warnings.warn(
            f"{chains}; the limit of {limit:,} evaluations was reached: draw more, fix a parameter that the "
            "data do not identify, or give it a narrower prior",
            BalloonWarning,
            stacklevel=3,
        )
    if chains.undefined:
        warnings.warn(
            f"the log density was not a number {chains.undefined} times of {chains.evaluations:,}; such "
            "points count as impossible",
            BalloonWarning,
            stacklevel=3,
        )
