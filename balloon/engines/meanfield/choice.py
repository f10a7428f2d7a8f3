"""Expected choices: multinomial logit in the place of Gumbel shocks, apps by a closure.

With Gumbel shocks of scale 1 the best of several options is option q with probability
w_q / (w_0 + sum w_j), w = exp(V) (McFadden 1974, in Zarembka (ed.), Frontiers in Econometrics,
105-142). Whether an app is installed changes w by the onboarding cost.

**Closure of apps.** Of the actors of one group, risk class, home and habit only the share that has
each app is carried on; one app is taken as independent of the next. The mean of the logit over all
combinations is then an integral: with 1 / S = integral of exp(-u S) du it becomes a product over the
platforms, taken at a few nodes of Gauss and Laguerre. Two nodes are within 5e-4 of the sum over all
combinations at an onboarding cost of 1, and within 3e-3 at 2 with a switching cost of 2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mass = Any
"""Array over (B, G, K, C): batch, group, risk class, cell."""

NOTHING = 1e-290
"""Below this numbers lose their digits."""
NODES = np.array([2.0 - math.sqrt(2.0), 2.0 + math.sqrt(2.0)])
PARTS = np.array([2.0 + math.sqrt(2.0), 2.0 - math.sqrt(2.0)]) / 4.0 * np.exp(NODES)
"""Gauss-Laguerre nodes and weights (Abramowitz & Stegun 1964, 25.4.45), the factor exp(-u) taken out."""


class Options(NamedTuple):
    """What the options are worth to each cell."""

    weight: Mass
    """(B, G, K, C, P) exp(V) as if the app were installed; 0 where closed or out of reach."""
    away: Mass
    """(b, G, k, c, P) by how much the onboarding cost lowers the weight, exp(-cost)."""
    dormancy: Mass
    """(B, G, K, C) weight of going dormant."""
    installed: Mass
    """(B, G, K, C, P) share of the cell that has the app; P is 0 where apps are not followed."""


class Choices(NamedTuple):
    """What a mass of choosers chooses; the L parts add up, and in each part apps are independent."""

    platform: Mass
    """(B, G, K, L, C, P) mass that chooses a platform."""
    dormancy: Mass
    """(B, G, K, L, C)"""
    installed: Mass
    """(B, G, K, L, C, P) share of a part that had the app before."""
    joining: Mass
    """(B, G, K, C, P) mass that chooses a platform without having its app; None: apps are not followed."""


def power(z: NDArray[Any]) -> NDArray[Any]:
    """The exponential function, for complex steps: the imaginary part is a derivative, and tiny."""
    size: NDArray[Any] = np.exp(z.real)
    if z.dtype.kind != "c":
        return size
    made = np.empty_like(z)
    made.real = size
    np.multiply(size, z.imag, out=made.imag)
    return made


def chance(rate: Any) -> Any:
    """Probability 1 - exp(-rate), for complex steps like `power`."""
    size = -np.expm1(-rate.real)
    if rate.dtype.kind != "c":
        return size
    made = np.empty_like(rate)
    made.real = size
    np.multiply(np.exp(-rate.real), rate.imag, out=made.imag)
    return made


def total(parts: NDArray[Any]) -> NDArray[Any]:
    """Sum over the last axis."""
    whole: NDArray[Any] = np.add.reduce(parts, axis=-1)
    return whole


def counted(rows: NDArray[np.float64], held: NDArray[Any]) -> NDArray[Any]:
    """(B, G, K, R, P) sums over cells: an (R, C) matrix times (B, G, K, C, P), the batch side by side."""
    batch, *outer, cells, last = held.shape
    flat = held.transpose(1, 2, 3, 4, 0).reshape(*outer, cells, last * batch)
    made = rows.astype(held.dtype) @ flat
    found: NDArray[Any] = made.reshape(*outer, len(rows), last, batch).transpose(4, 0, 1, 2, 3)
    return found


def ratio(part: Any, whole: Any) -> Any:
    """A part of a whole that is not negative; 0 of nothing, or of next to nothing."""
    nothing = whole.real < NOTHING
    if not np.count_nonzero(nothing):
        return part / whole
    if np.iscomplexobj(whole):
        nothing &= np.abs(whole.imag) < NOTHING
    return np.where(nothing, 0.0, part / np.where(nothing, 1.0, whole))


def choose(options: Options, choosers: Mass, *, apps_matter: bool) -> Choices:
    """Divide the choosers among platforms and dormancy."""
    weight, away, dormancy, has = options
    if not apps_matter:
        scale = ratio(choosers, dormancy + total(weight))
        platform = scale[..., None] * weight
        joining = platform * (1.0 - has) if has.shape[-1] else None
        return Choices(
            platform[:, :, :, None], (scale * dormancy)[:, :, :, None], has[:, :, :, None], joining
        )
    lost = 1.0 - away
    whole = dormancy + total(weight * (1.0 - lost * (1.0 - has)))
    per = ratio(1.0, whole)
    share = (weight * per[..., None])[:, :, :, None]
    idle = (dormancy * per)[:, :, :, None]
    has, away = has[:, :, :, None], away[:, :, :, None]
    odds = share * -NODES[:, None, None]
    with_app = power(odds)
    with_app *= has
    odds *= away
    without = power(odds)
    without *= 1.0 - has
    either = with_app + without
    installed = np.divide(with_app, either, out=with_app)
    common = np.multiply.reduce(either, axis=-1) * power(idle * -NODES[:, None])
    common *= PARTS[:, None]
    platform = np.multiply(common[..., None], share, out=either)
    joining = platform * away
    joining *= 1.0 - installed
    platform *= installed
    platform += joining
    dormant = common * idle
    scale = ratio(choosers, total(platform.sum(axis=3)) + dormant.sum(axis=3))
    joined = joining.sum(axis=3) * scale[..., None]
    platform *= scale[:, :, :, None, :, None]
    dormant *= scale[:, :, :, None]
    return Choices(platform, dormant, installed, joined)


def blur(options: Options, slope: Any, peers: Any, spread: tuple[Any, Any]) -> Options:
    """Correct for the luck of who is met: the mean of a logit is not the logit of a mean.

    To second order in the shares of contacts, by the expected second derivatives of the logit: the
    utility of q changes by slope^2 / 2 (Cov_qq - 2 (Cov P)_q), Cov = a diag(s) - b s s', s the
    expected shares and P the chances of the options.

    Parameters
    ----------
    slope
        Utils for a platform where all contacts are.
    peers : (B, G, 1, 1, P) array
        Expected shares of contacts.
    spread : pair of (B, G, 1, 1, 1) arrays
        The a and b of the covariance; see `balloon.engines.meanfield.others`.
    """
    weight, away, dormancy, has = options
    a, b = spread
    usual = weight * (away + (1.0 - away) * has) if has.shape[-1] else weight
    chance = usual * ratio(1.0, dormancy + total(usual))[..., None]
    met = total(peers * chance)[..., None]
    own = a * peers - b * peers * peers
    change = 0.5 * slope * slope * (own - 2.0 * (a * peers * chance - b * peers * met))
    return options._replace(weight=weight * power(change))


class Ways(NamedTuple):
    """How far it is from C cells to P platforms, in a few distances L."""

    friction: NDArray[np.float64]
    """(C, P) multiples of the switching cost."""
    levels: NDArray[np.float64]
    """(C, L) the frictions that there are from a cell, ascending; the last stands again for those missing."""
    rank: NDArray[np.int64]
    """(C, P) which of them a platform is."""


def ways(friction: NDArray[np.float64]) -> Ways:
    """Sort (C, P) frictions into levels.

    Examples
    --------
    >>> ways(np.array([[0.0, 2.0, 1.0, 2.0], [1.0, 0.0, 1.0, 1.0]])).levels.tolist()
    [[0.0, 1.0, 2.0], [0.0, 1.0, 1.0]]
    """
    found = [np.unique(row) for row in friction]
    most = max(map(len, found))
    levels = np.array([np.pad(one, (0, most - len(one)), mode="edge") for one in found])
    rank = np.array([np.searchsorted(one, row) for one, row in zip(found, friction, strict=True)])
    return Ways(friction, levels, rank)


def tried(options: Options, cost: Mass, there: Ways) -> tuple[Mass, Mass]:
    """Chances of an app that comes by a trial: the best platform, were switching free.

    The trial has the shocks of the choice, so the two are not independent. With shocks e_j, option
    q is chosen and r tried iff V_q + e_q > V_j + e_j and V_r + d_r + e_r > V_j + d_j + e_j for all
    j, d_j the cost of switching. For Gumbel shocks the double integral is, with
    A(s) = w_0 + sum_j w_j exp(max(0, d_j - s)),

        P(q, r) = w_q w_r exp(d_r) * integral from d_q to d_r of exp(-s) / A(s)^2 ds,  d_q < d_r,

    from minus infinity if q is dormancy, which is not compared in a trial. In exp(-s) the function A
    is linear between any two levels of d, so every piece is exact: (difference of exp(-s)) / (product of A).

    Parameters
    ----------
    cost : (b, 1, 1, 1, 1) array or float
        Switching cost, in utils.
    there : Ways
        What of it each platform costs.

    Returns
    -------
    (B, G, K, C, P, P), (B, G, K, C, P) arrays
        Chance that q (second last axis) or dormancy is chosen and r (last axis), not yet installed,
        is tried. Apps of the other platforms enter by their mean weights.
    """
    weight, away, dormancy, has = options
    free = power(np.asarray(cost * there.friction))  # exp(d) of each platform
    fall = power(np.asarray(-cost * there.levels))  # exp(-s) at each level
    number = there.levels.shape[-1]
    near = there.rank[:, None, :] <= np.arange(number)[:, None]  # (C, L, P) no farther than the level
    lift = np.where(near, 1.0, fall[..., None] * free[..., None, :])
    usual = weight * (away + (1.0 - away) * has)
    unlike = away * weight - usual  # change of the weight of r if its app is not installed
    level = dormancy[..., None] + total(usual[..., None, :] * lift)
    at = level[..., None] + unlike[..., None, :] * lift  # A at each level, for r without its app
    safe = np.where(at == 0, 1.0, at)
    new = (1.0 - has) * away * weight * free
    pieces = (fall[..., :-1] - fall[..., 1:])[..., None] / (safe[..., :-1, :] * safe[..., 1:, :])
    pieces *= new[..., None, :]
    # From each level up to that of r; nothing from the last one on.
    beyond = np.zeros_like(at)
    for k in range(number - 2, -1, -1):
        beyond[..., k, :] = beyond[..., k + 1, :] + np.where(near[:, k], 0.0, pieces[..., k, :])
    cell = np.arange(len(there.rank))[:, None]
    pairs = usual[..., None] * beyond[..., cell, there.rank, :]
    best = total(usual * free)[..., None] + unlike * free
    idle = dormancy[..., None] * (beyond[..., 0, :] + new * ratio(1.0, best * at[..., 0, :]))
    return pairs, idle
