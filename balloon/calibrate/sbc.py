"""Simulation-based calibration: whether the intervals of a fit hold what they promise.

Parameters are drawn from the prior, data from the likelihood, and the data are fitted. If all three fit
each other, the rank of the true value among draws from its posterior is uniform (Talts, Betancourt,
Simpson, Vehtari & Gelman 2018, arXiv:1804.06788), and so is that of any function of parameters and data,
such as the log posterior, which sees what no single parameter shows (Modrak et al. 2023, Bayesian
Analysis). Bands for the whole distribution of ranks at once: Saeilynoja, Buerkner & Vehtari (2022), Stat.
Comput. 32: 32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from balloon.errors import FitError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.problem import Problem

    Floats = NDArray[np.float64]

LOG_POSTERIOR = "log posterior"


class Study(Protocol):
    """What is studied: a `Problem`, or anything else with a standard normal prior."""

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters."""

    def log_posterior(self, theta: ArrayLike) -> Floats:
        """(B,) at theta (B, k), but for a constant."""

    def simulate(self, theta: ArrayLike, rng: np.random.Generator) -> Floats:
        """(n,) data at theta (k,)."""

    def with_observations(self, values: ArrayLike) -> Study:
        """The same study with these data."""


class Drawn(NamedTuple):
    """Draws from the posterior of one data set."""

    theta: Floats
    """(L, k) as independent as can be."""
    mixed: bool
    """Whether the chains that they are from had mixed."""


Posterior: TypeAlias = "Callable[[Any, int, tuple[int, ...]], Drawn]"
"""Study with data, number of draws, seed -> draws."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sbc:
    """Ranks of true values among draws from their posteriors."""

    names: tuple[str, ...]
    """The parameters, then "log posterior"."""
    ranks: NDArray[np.int64]
    """(S, k + 1) draws below the true value, 0 to ``draws``."""
    draws: int
    """From the posterior of each data set."""
    mixed: NDArray[np.bool_]
    """(S,) whether the chains had mixed; those that had not count as the others."""
    level: float
    """Of the simultaneous bands."""

    @property
    def cumulated(self) -> NDArray[np.int64]:
        """(draws, k + 1) data sets whose rank is 0; 0 or 1; ... 0 to draws - 1."""
        at = np.arange(self.draws)[:, None, None]
        return np.asarray((self.ranks <= at).sum(axis=1), np.int64)

    @property
    def band(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Least and most data sets in each row of `cumulated`, for all rows at once."""
        return simultaneous_band(len(self.ranks), self.draws, level=self.level)

    @property
    def outside(self) -> tuple[str, ...]:
        """What leaves the band: its intervals are wrong."""
        low, high = self.band
        out = ((self.cumulated < low[:, None]) | (self.cumulated > high[:, None])).max(axis=0).tolist()
        return tuple(name for name, bad in zip(self.names, out, strict=True) if bad)

    def coverage(self, level: float = 0.9) -> Floats:
        """(k + 1,) share of data sets whose central interval of this level holds the true value."""
        edge = (1.0 - level) / 2.0 * (self.draws + 1)
        return np.asarray(((self.ranks >= edge) & (self.ranks < self.draws + 1 - edge)).mean(axis=0), float)

    def to_frame(self) -> pd.DataFrame:
        """Ranks, one row a data set, with "mixed" beside them."""
        import pandas as pd

        return pd.DataFrame(self.ranks, columns=list(self.names)).assign(mixed=self.mixed)

    def __str__(self) -> str:
        sets, bad = len(self.ranks), int((~self.mixed).sum())
        found = f"outside: {', '.join(self.outside)}" if self.outside else "all inside"
        lines = [f"{sets} data sets, {self.level:.0%} simultaneous bands: {found}"]
        if bad:
            lines.append(f"{bad} of {sets} chains had not mixed")
        width = max(map(len, self.names))
        lines += [
            f"  {name:<{width}}  90 % intervals cover {share:.2f}"
            for name, share in zip(self.names, self.coverage(), strict=True)
        ]
        return "\n".join(lines)


def sbc(
    study: Study,
    *,
    sets: int = 100,
    draws: int = 99,
    seed: int = 0,
    level: float = 0.99,
    posterior: Posterior | None = None,
    numbers: Iterable[int] | None = None,
    executor: Executor | None = None,
) -> Sbc:
    """Fit data sets whose parameters are known, and rank these among the draws.

    Parameters
    ----------
    study : Problem
        Its observed values do not matter, its design, priors and model do.
    sets : int
        Data sets.
    draws : int
        From each posterior; with 99 the ranks are percentages.
    seed : int
        Data set s depends on (seed, s) alone.
    level : float
        Of the bands, each for one parameter.
    posterior : callable, optional
        How draws are made; by default `by_chains`. `by_laplace` is quick.
    numbers : iterable of int, optional
        Only these data sets, where several processes share them; by default 0 to ``sets - 1``.
    executor : concurrent.futures.Executor, optional
        Where the data sets are fitted; by default one after the other.

    Returns
    -------
    Sbc

    Raises
    ------
    FitError
        A fit that failed, with its number; fewer than two data sets or draws.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate.problem import problem
    >>> scenario = bl.load("minimal").with_({"steps": 8})
    >>> half = bl.Observation(quantity="share", start=scenario.start, platform="Signal", value=0.1,
    ...                       unit="share", n=200, dispersion=2.0)
    >>> study = problem(scenario, bl.Observations((half,)), {"behaviour.switching_cost": (3.0, 8.0)})
    >>> sbc(study, sets=4, seed=1, posterior=by_laplace).ranks.shape
    (4, 2)
    """
    if sets < 2 or draws < 2:
        raise FitError(f"{sets} data sets and {draws} draws; need two or more of each")
    one = partial(_rank, study, draws, seed, posterior or by_chains)
    found = list((executor.map if executor else map)(one, range(sets) if numbers is None else numbers))
    return Sbc(
        names=(*study.names, LOG_POSTERIOR),
        ranks=np.stack([ranks for ranks, _ in found]),
        draws=draws,
        mixed=np.array([mixed for _, mixed in found]),
        level=level,
    )


def _rank(
    study: Study, draws: int, seed: int, posterior: Posterior, number: int
) -> tuple[NDArray[np.int64], bool]:
    from balloon.calibrate.priors import LIMIT

    rng = np.random.default_rng([seed, number])
    true = rng.standard_normal(len(study.names))
    while (np.abs(true) > LIMIT).any():
        true = rng.standard_normal(len(true))
    told = study.with_observations(study.simulate(true, rng))
    try:
        found = posterior(told, draws, (seed, number))
    except FitError as error:
        raise FitError(f"data set {number}: {error}") from error
    levels = told.log_posterior(np.vstack([true, found.theta]))
    below = [*(found.theta < true).sum(axis=0), (levels[1:] < levels[0]).sum()]
    return np.array(below, np.int64), found.mixed


def mode(problem: Problem) -> tuple[Floats, Floats]:
    """(k,) the mode of a posterior and (k, k) the covariance of Laplace's approximation.

    Raises
    ------
    FitError
        No way to a mode, from the middle of the prior or from the scenario's own values.
    """
    from balloon.calibrate.search import descend

    ends = descend(problem, np.stack([np.zeros(len(problem.names)), problem.start]))
    best = int(np.argmax(ends.log_posterior))
    if not ends.converged[best]:
        raise FitError("the optimiser did not arrive at a mode; give narrower priors")
    theta = ends.theta[best]
    return theta, np.asarray(np.linalg.inv(problem.information(theta) + np.eye(len(theta))), float)


def by_chains(problem: Problem, count: int, seed: tuple[int, ...]) -> Drawn:
    """Draw from a posterior as a fit does."""
    from balloon.calibrate.sampler import chains

    theta, covariance = mode(problem)
    found = chains(problem.log_posterior, theta, covariance, draws=10 * count, seed=seed)
    return Drawn(found.thin(count), found.converged)


def by_laplace(problem: Problem, count: int, seed: tuple[int, ...]) -> Drawn:
    """Draw from Laplace's approximation of a posterior, within the ends of the prior."""
    from balloon.calibrate.priors import LIMIT

    theta, covariance = mode(problem)
    rng = np.random.default_rng(seed)
    return Drawn(np.clip(rng.multivariate_normal(theta, covariance, size=count), -LIMIT, LIMIT), mixed=True)


# ---- bands ----------------------------------------------------------------------------------


def simultaneous_band(sets: int, draws: int, *, level: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Between which numbers uniform ranks stay at every point at once.

    Pointwise binomial quantiles of one tail probability, the largest with which the whole of the
    distribution stays inside with probability ``level`` (Saeilynoja et al. 2022, section 2; the
    probability is exact, by the transitions of the binomial from point to point).

    Parameters
    ----------
    sets, draws : int
    level : float

    Returns
    -------
    low, high : (draws,) int arrays
        Least and most ranks that are <= 0, 1, ... draws - 1.

    Examples
    --------
    >>> low, high = simultaneous_band(100, 99, level=0.99)
    >>> int(low[49]), int(high[49])
    (33, 67)
    """
    from scipy.stats import binom

    z = np.arange(1, draws + 1) / (draws + 1)

    def band(tail: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        low, high = binom.ppf(tail / 2, sets, z), binom.ppf(1 - tail / 2, sets, z)
        return np.asarray(low, np.int64), np.asarray(high, np.int64)

    # All points at once are at most as safe as one, and at least as safe as Bonferroni says.
    wide, narrow = (1.0 - level) / draws, 1.0 - level
    for _ in range(20):
        middle = float(np.sqrt(wide * narrow))
        if _stays(sets, z, *band(middle)) >= level:
            wide = middle
        else:
            narrow = middle
    return band(wide)


def _stays(sets: int, z: Floats, low: NDArray[np.int64], high: NDArray[np.int64]) -> float:
    """Probability that the numbers of uniform ranks below each z stay between low and high."""
    from scipy.stats import binom

    counts, chance, before = np.zeros(1, np.int64), np.ones(1), 0.0
    for point, least, most in zip(z, low, high, strict=True):
        there = np.arange(least, most + 1)
        step = (point - before) / (1.0 - before)
        ways = binom.pmf(there[:, None] - counts, sets - counts, step)
        counts, chance, before = there, ways @ chance, float(point)
    return float(chance.sum())
