"""How far a predicted number is from an observed one: deviances of single cells and their slopes.

A *cell* is a count c whose expectation is proportional to x, under overdispersion of size phi:

    l(x) = lgamma(c + phi x) - lgamma(phi x) - lambda x        (phi finite)
    l(x) = c log x - lambda x                                  (phi infinite)

A Poisson number (lambda = 1), a negative binomial one of constant dispersion D (phi = 1 / (D - 1),
lambda = phi log D), and each category of a multinomial or Dirichlet-multinomial one (lambda such that
the best x add up to 1) all have this form, up to what does not depend on x. l is concave, so that

    deviance = 2 (l(best) - l(x)) >= 0

and the deviances of the cells of a wave add up to the deviance of the wave, exactly.

*Bounds* are a cell of their own: the middle of what is stated lies anywhere within half the distance of the
bounds from the truth, and an error of one standard deviation comes on top,

    l(d) = log(Phi(d + w) - Phi(d - w))

with d from the prediction to the middle and w the half distance, in standard deviations: flat while the
prediction lies well inside, half a square outside, concave again.
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


def deviances(c: Floats, x: Floats, phi: Floats, best: Floats, multiplier: Floats) -> Floats:
    """Squares of `deviance_residuals`, without their slopes: differences of heights.

    Examples
    --------
    >>> one = np.ones(1)
    >>> round(float(deviances(10 * one, 6 * one, np.inf * one, 10 * one, one)[0]), 3)
    2.217
    """
    with np.errstate(all="ignore"):
        found = 2.0 * (height(c, best, phi) - height(c, x, phi) + multiplier * (x - best))
    possible = (x > 0) | ((c <= 0) & (x >= 0))
    return np.where(possible, np.maximum(found, 0.0), np.inf)


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


def bounded_residuals(d: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Signed roots of the deviances of bounds, and their slopes in d.

    Parameters
    ----------
    d : (B, m) array
        From the prediction to the middle of the bounds, in standard deviations of their error.
    w : (m,) array
        Half the distance of the bounds in the same unit, > 0.

    Examples
    --------
    Bounds five standard deviations to each side say nothing inside. At the edge half of those who err
    would have stated others, -2 log(1 / 2) = 1.386; far outside the edge is what counts:

    >>> r, slope = bounded_residuals(np.array([[0.0, 2.0, 5.0, 12.0]]), np.full(4, 5.0))
    >>> (r**2).round(3).tolist()
    [[0.0, 0.003, 1.386, 54.769]]
    """
    e = np.abs(d)
    w = np.broadcast_to(w, d.shape)
    with np.errstate(all="ignore"):
        near = e * np.maximum(w, 1.0) < 1.0
        direct = 2.0 * (_held(0.0 * e, w) - _held(e, w))
        root = np.sqrt(np.where(near, 0.0, np.maximum(direct, 0.0)))
        slope = _pull(e, w) / root
        nodes, weights = np.polynomial.legendre.leggauss(6)
        s = 0.5 * (nodes + 1.0)
        curve = _edge(s * e[..., None], w[..., None]) * (0.5 * weights)
        middle = np.sqrt((2.0 * (1.0 - s) * curve).sum(axis=-1))
        root = np.where(near, e * middle, root)
        slope = np.where(near, curve.sum(axis=-1) / middle, slope)
    # So far inside that nothing is left of the tails in double precision.
    return np.copysign(root, d), np.where(np.isfinite(slope), slope, 0.0)


def _held(e: Floats, w: Floats) -> Floats:
    """log(Phi(e + w) - Phi(e - w)), exact in both tails; e >= 0."""
    from scipy.special import log_ndtr, ndtr

    inside = np.log1p(-(ndtr(e - w) + ndtr(-e - w)))
    upper, lower = log_ndtr(w - e), log_ndtr(-w - e)
    return np.where(w - e > 0, inside, upper + np.log(-np.expm1(lower - upper)))


def _pull(e: Floats, w: Floats) -> Floats:
    """Minus the first derivative of `_held` in e."""
    logs = -0.5 * (e - w) ** 2 - 0.5 * np.log(2.0 * np.pi) - _held(e, w)
    found: Floats = np.exp(logs) * -np.expm1(-2.0 * e * w)
    return found


def _edge(e: Floats, w: Floats) -> Floats:
    """Minus the second derivative of `_held` in e."""
    first, part = _pull(e, w), np.exp(-_held(e, w)) / np.sqrt(2.0 * np.pi)
    second = (e - w) * np.exp(-0.5 * (e - w) ** 2) - (e + w) * np.exp(-0.5 * (e + w) ** 2)
    found: Floats = first * first - part * second
    return found


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
