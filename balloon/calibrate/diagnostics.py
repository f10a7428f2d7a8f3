"""Whether chains have mixed, and how many independent draws they are worth.

Rank-normalised split R-hat, bulk and tail effective sample size of Vehtari, Gelman, Simpson, Carpenter &
Buerkner (2021), Bayesian Analysis 16(2): 667-718.

The walkers of one ensemble move by each other's positions, so an ensemble is one chain: R-hat compares
ensembles and halves of them (the nested R-hat of Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari &
Gelman 2024, Bayesian Analysis). The effective sample size is that of the mean over the walkers (Goodman &
Weare 2010, Comm. Appl. Math. Comp. Sci. 5(1): 65-80): its variance says how far walkers move together,
and the walkers, of which there are more, for how long they remember (as in emcee: Foreman-Mackey, Hogg,
Lang & Goodman 2013, PASP 125: 306-312). With one walker both are the formulae of Vehtari et al. Their
autocorrelations are biased towards the mean of a short chain, which is less noise for a lone one. As far as
walkers have luck of their own noise averages out, and the variogram is taken, which has no bias (Gelman,
Carlin, Stern, Dunson, Vehtari & Rubin 2013, Bayesian Data Analysis, 3rd ed., equation 11.7).

Draws have the shape (chains, draws) or (ensembles, draws, walkers).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from balloon.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST = 4
"""Draws of a chain; fewer cannot be split in halves with a variance each."""


def rhat(draws: ArrayLike) -> float:
    """Tell chains that agree (1) from chains that do not (1.01 and more).

    The larger of the rank-normalised split R-hat of the draws and of their distances from the median:
    the first sees different centres, the second different widths.

    Parameters
    ----------
    draws : (C, n) or (C, n, W) array

    Returns
    -------
    float
        nan where nothing varies.

    Raises
    ------
    FitError
        Fewer than four draws a chain, or another shape.

    Examples
    --------
    Two chains that sit at different places:

    >>> rng = np.random.default_rng(1)
    >>> apart = rng.normal(size=(2, 500)) + np.array([[0.0], [1.0]])
    >>> rhat(apart) > 1.1 > rhat(apart - apart.mean(axis=1, keepdims=True))
    True
    """
    halves = split(draws)
    folded = np.abs(halves - np.median(halves))
    return max(_rhat(rank_normalised(halves)), _rhat(rank_normalised(folded)))


def ess_bulk(draws: ArrayLike) -> float:
    """Independent draws that would know the centre as well: of the rank-normalised draws.

    Parameters
    ----------
    draws : (C, n) or (C, n, W) array

    Returns
    -------
    float
        nan where nothing varies.

    Raises
    ------
    FitError
        Fewer than four draws a chain, or another shape.
    """
    return _ess(rank_normalised(split(draws)))


def ess_tail(draws: ArrayLike) -> float:
    """Independent draws that would know the 5 % and the 95 % quantile as well: the fewer of both.

    Parameters
    ----------
    draws : (C, n) or (C, n, W) array

    Returns
    -------
    float
        nan where nothing varies.

    Raises
    ------
    FitError
        Fewer than four draws a chain, or another shape.
    """
    halves = split(draws)
    return min(_ess((halves <= np.quantile(halves, q)).astype(float)) for q in (0.05, 0.95))


def rank_normalised(values: ArrayLike) -> Floats:
    """Normal scores of the ranks among all values: Phi^-1((rank - 3/8) / (S + 1/4)).

    Ties share their mean rank (Vehtari et al. 2021, equation 14, after Blom 1958).

    Examples
    --------
    >>> rank_normalised([[30.0, 10.0], [20.0, 1e9]]).round(2).tolist()
    [[0.3, -1.05], [-0.3, 1.05]]
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    plain = np.asarray(values, float)
    ranks = rankdata(plain, axis=None).reshape(plain.shape)
    return np.asarray(ndtri((ranks - 0.375) / (ranks.size + 0.25)), float)


def split(draws: ArrayLike) -> Floats:
    """(2 C, n // 2, W) halves of every chain; the middle one of an odd number of draws is left out.

    Raises
    ------
    FitError
        Fewer than four draws a chain, or another shape.

    Examples
    --------
    >>> split([[1, 2, 3, 4, 5]])[..., 0].tolist()
    [[1.0, 2.0], [4.0, 5.0]]
    """
    chains = np.asarray(draws, float)
    chains = chains[..., None] if chains.ndim == 2 else chains
    if chains.ndim != 3 or chains.shape[1] < LEAST:
        raise FitError(
            f"draws of shape {np.shape(draws)}; need (chains, draws) or (ensembles, draws, walkers) with "
            f"at least {LEAST} draws"
        )
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, -half:]])


def _rhat(chains: Floats) -> float:
    within, both = _variances(chains)
    return math.sqrt(both / within) if within > 0 else math.nan


def _variances(chains: Floats) -> tuple[float, float]:
    """Mean variance within a chain, and the variance estimated from all chains together."""
    pooled = chains.reshape(len(chains), -1)
    count = pooled.shape[1]
    within = float(pooled.var(axis=1, ddof=1).mean())
    between = float(pooled.mean(axis=1).var(ddof=1)) if len(pooled) > 1 else 0.0
    return within, within * (count - 1) / count + between


def _ess(chains: Floats) -> float:
    """Variance of one draw over that of the mean of all: Geyer's initial monotone sequence.

    How fast it falls with time is seen in every walker; what walkers have in common, in their means.
    """
    level, means = chains.mean(axis=2), chains.mean(axis=1)
    alone, together = _variances(chains)[1], _variances(level[..., None])[1]
    walkers = np.concatenate(list(np.swapaxes(chains, 1, 2)))
    within = float(walkers.var(axis=1, ddof=1).mean())
    if not (within > 0 and together > 0):
        return math.nan
    n = walkers.shape[1]
    apart = float(means.var(axis=1).mean() + means.mean(axis=1).var(ddof=1))
    both = within * (n - 1) / n + apart
    own, covariance = 1.0 - together / alone, _autocovariance(walkers)
    fall = (1.0 - own) * (within - covariance.mean(axis=0)) + own * _variogram(walkers, covariance)
    correlation = 1.0 - fall / both
    correlation[0] = 1.0
    time = _integrated(correlation)
    total = level.size
    # Antithetic chains may be worth more than their number, up to a bound (Vehtari et al. 2021, 3.2).
    return float(total / max(time, 1.0 / math.log10(total)) * alone / together)


def _autocovariance(series: Floats) -> Floats:
    """(C, n) autocovariances with divisor n, by the fast Fourier transform."""
    from scipy.fft import irfft, next_fast_len, rfft

    n = series.shape[1]
    size = next_fast_len(2 * n, real=True)
    power = np.abs(rfft(series - series.mean(axis=1, keepdims=True), size, axis=1)) ** 2
    return np.asarray(irfft(power, size, axis=1)[:, :n] / n, float)


def _variogram(series: Floats, covariance: Floats) -> Floats:
    """(n,) half the mean square of differences between draws t steps apart, from the autocovariances."""
    n = series.shape[1]
    squares = ((series - series.mean(axis=1, keepdims=True)) ** 2).mean(axis=0)
    first = np.cumsum(squares)[::-1]
    last = np.cumsum(squares[::-1])[::-1]
    found: Floats = (0.5 * (first + last) - n * covariance.mean(axis=0)) / np.arange(n, 0, -1)
    return found


def _integrated(correlation: Floats) -> float:
    """Integrated autocorrelation time, -1 + 2 sum of pairs, while they are positive and falling.

    The correlation after the last pair is added once if it is positive, which takes the noise out of
    antithetic chains (as in Stan; Geyer 1992, Stat. Sci. 7(4): 473-483).
    """
    n = len(correlation) // 2 * 2
    pairs = correlation[:n:2] + correlation[1:n:2]
    negative = np.flatnonzero(pairs <= 0)
    end = int(negative[0]) if negative.size else len(pairs)
    kept = np.minimum.accumulate(pairs[:end])
    rest = correlation[2 * end] if 2 * end < n else 0.0
    return float(-1.0 + 2.0 * kept.sum() + max(rest, 0.0))
