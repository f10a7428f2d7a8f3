"""How far a predicted number is from an observed one: deviances of single cells and their slopes.

A *cell* is a count c whose expectation is proportional to x, under overdispersion of size phi:

    l(x) = lgamma(c + phi x) - lgamma(phi x) - lambda x        (phi finite)
    l(x) = c log x - lambda x                                  (phi infinite)

A Poisson number (lambda = 1), a negative binomial one of constant dispersion D (phi = 1 / (D - 1),
lambda = phi log D), and each category of a multinomial or Dirichlet-multinomial one (lambda such that
the best x add up to 1) all have this form, up to what does not depend on x. l is concave, so that

    deviance = 2 (l(best) - l(x)) >= 0

and the deviances of the cells of a wave add up to the deviance of the wave, exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

NEAR = 0.05
"""Relative distance from the best x below which an integral is more exact than a difference."""


def steepness(c: Floats, x: Floats, phi: Floats) -> Floats:
    """First derivative of l without lambda."""
    from scipy.special import digamma

    with np.errstate(all="ignore"):
        plain = np.isinf(phi)
        z = np.where(plain, 1.0, phi) * x
        return np.where(plain, c / x, phi * (digamma(c + z) - digamma(z)))


def bend(c: Floats, x: Floats, phi: Floats) -> Floats:
    """Minus the second derivative of l."""
    from scipy.special import polygamma

    with np.errstate(all="ignore"):
        plain = np.isinf(phi)
        z = np.where(plain, 1.0, phi) * x
        return np.where(plain, c / (x * x), phi * phi * (polygamma(1, z) - polygamma(1, c + z)))


def height(c: Floats, x: Floats, phi: Floats) -> Floats:
    """The part of l without lambda; 0 where nothing was counted."""
    from scipy.special import gammaln

    with np.errstate(all="ignore"):
        z = np.where(np.isinf(phi), 1.0, phi) * x
        found = np.where(np.isinf(phi), c * np.log(x), gammaln(c + z) - gammaln(z))
    return np.where(c > 0, found, 0.0)


def deviance_residuals(
    c: Floats, x: Floats, phi: Floats, best: Floats, multiplier: Floats
) -> tuple[Floats, Floats]:
    """Signed roots of the deviances, and their slopes in x; all arrays of one shape.

    Positive where more was counted than predicted. inf where what was counted cannot be.

    Examples
    --------
    Ten counted, six expected, both Poisson: 2 (10 log(10 / 6) - 4) = 2.217.

    >>> one = np.ones(1)
    >>> r, slope = deviance_residuals(10 * one, 6 * one, np.inf * one, 10 * one, one)
    >>> round(float(r[0] ** 2), 3)
    2.217
    """
    with np.errstate(all="ignore"):
        away = x - best
        far = np.abs(away) > NEAR * best
        direct = 2.0 * (height(c, best, phi) - height(c, x, phi) + multiplier * away)
        first = steepness(c, x, phi) - multiplier
        none = c <= 0
        first = np.where(none, -multiplier, first)
        root = np.sqrt(np.where(far, np.maximum(direct, 0.0), 1.0))
        residual = -np.sign(away) * root
        slope = -first / residual
        close = ~far & ~none
        if close.any():
            residual, slope = _near(c, away, phi, best, residual, slope, close)
    possible = (x > 0) | (none & (x >= 0))
    return np.where(possible, residual, np.inf), np.where(possible, slope, 0.0)


def _near(
    c: Floats,
    away: Floats,
    phi: Floats,
    best: Floats,
    residual: Floats,
    slope: Floats,
    close: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """The same by integrals of the second derivative: no small difference of large numbers."""
    d = away[close]
    nodes, weights = np.polynomial.legendre.leggauss(6)
    s = 0.5 * (nodes[:, None] + 1.0)
    curve = bend(c[close], best[close] + s * d, phi[close]) * (0.5 * weights[:, None])
    root = np.sqrt((2.0 * (1.0 - s) * curve).sum(axis=0))
    residual, slope = residual.copy(), slope.copy()
    residual[close] = -d * root
    slope[close] = -curve.sum(axis=0) / root
    return residual, slope


def best_count(c: Floats, phi: Floats, multiplier: Floats) -> Floats:
    """The x of the highest l where it is free: 0 where nothing was counted."""
    x = np.where(c > 0, c, 0.0)
    for _ in range(50):
        first, second = steepness(c, x, phi), bend(c, x, phi)
        with np.errstate(all="ignore"):
            step = np.where(c > 0, (first - multiplier) / second, 0.0)
        x = np.maximum(x + step, x / 4.0)
        if np.all(np.abs(step) <= 1e-13 * x):
            break
    return x


def best_shares(c: Floats, phi: Floats, together: Floats) -> tuple[Floats, Floats]:
    """The x of the highest l that add up to 1 in each wave, and the multiplier of each.

    Parameters
    ----------
    c, phi : (B, m) arrays
    together : (m, waves) array
        1 where a cell belongs to a wave.
    """
    total = (c @ together) @ together.T
    x = c / total
    multiplier = total
    for _ in range(50):
        first, second = steepness(c, x, phi), bend(c, x, phi)
        with np.errstate(all="ignore"):
            weight = np.where(c > 0, 1.0 / second, 0.0)
            gain = np.where(c > 0, first, 0.0)
        multiplier = ((gain * weight) @ together / (weight @ together)) @ together.T
        step = weight * (gain - multiplier)
        x = np.maximum(x + step, x / 4.0)
        x = x / ((x @ together) @ together.T)
        if np.all(np.abs(step) <= 1e-13 * x):
            break
    return x, multiplier


def information(x: Floats, size: Floats, dispersion: Floats) -> Floats:
    """Fisher information of a cell about x, from its mean and variance: size / (dispersion x)."""
    with np.errstate(all="ignore"):
        found: Any = size / (dispersion * x)
    return np.where(x > 0, found, 0.0)
