"""How much of a loss reappears, where, and what it weighs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.errors import DataError
from balloon.measures._ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def displacement_share(gain: ArrayLike, loss: ArrayLike) -> NDArray[np.float64]:
    """Share of the loss that reappears: gain / loss.

    0: none is displaced; 1: all of it; below 0 the destinations lost as well (diffusion of benefits);
    above 1 they gained more than was lost. balloon's own measure.

    Parameters
    ----------
    gain : array_like
        What the destinations gained from the squeezed platform: actors, or actor-weeks.
    loss : array_like
        What the squeezed platform lost, in the same unit.

    Returns
    -------
    ndarray
        Dimensionless; nan where nothing was lost (loss <= 0).

    Examples
    --------
    >>> displacement_share([30, 0, 5], [40, 40, 0])
    array([0.75, 0.  ,  nan])
    """
    return ratio(gain, loss, where=np.asarray(loss) > 0)


def destination_mix(gains: ArrayLike) -> NDArray[np.float64]:
    """Each destination's share of what was displaced: gain_d / sum of gains.

    An entry below 0 is a destination that lost; the others then add up to more than 1. balloon's own
    measure.

    Parameters
    ----------
    gains : (..., D) array_like
        Gains of the destinations from the squeezed platform.

    Returns
    -------
    (..., D) ndarray
        Adds up to 1; nan where the gains do not add up to more than 0.

    Examples
    --------
    >>> destination_mix([30, 10, 0])
    array([0.75, 0.25, 0.  ])
    """
    each = np.asarray(gains, dtype=float)
    total = each.sum(axis=-1, keepdims=True)
    return ratio(each, total, where=total > 0)


def weighted_displacement(
    displaced: ArrayLike, loss: ArrayLike, *, weights: ArrayLike, source_weight: float
) -> NDArray[np.float64]:
    """Share of the loss that reappears, weighted by harm or by how well it can be investigated.

    sum_d w_d displaced_d / (w_source loss). Equal weights give the displacement share. With harm:
    below 1 the move does less harm than what was lost. With investigability: 1 where as much can be
    investigated as before, less where it moved out of reach. balloon's own measure.

    Parameters
    ----------
    displaced : (..., D) array_like
        Displaced to each destination.
    loss : (...) array_like
        What the squeezed platform lost, in the same unit.
    weights : (D,) array_like
        Weight of one actor at each destination, given by the user, >= 0.
    source_weight : float
        Weight of one actor on the squeezed platform, > 0.

    Returns
    -------
    (...) ndarray
        Dimensionless; nan where nothing was lost (loss <= 0).

    Raises
    ------
    DataError
        Weights that are not finite numbers >= 0, or not one per destination.

    Examples
    --------
    Half of the loss moves to where an actor does 0.4 times the harm:

    >>> float(weighted_displacement([50, 0], 100, weights=[0.4, 1.0], source_weight=1.0))
    0.2
    """
    moved, weight = np.asarray(displaced, dtype=float), np.asarray(weights, dtype=float)
    if weight.shape != moved.shape[-1:]:
        raise DataError(
            f"weights have shape {weight.shape} for {moved.shape[-1:]} destinations; need one for each"
        )
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise DataError(f"weights are {weight.tolist()}; need finite numbers >= 0")
    if not 0 < source_weight < np.inf:
        raise DataError(f"source_weight is {source_weight!r}; need a finite number > 0")
    lost = np.asarray(loss, dtype=float)
    return ratio((moved * weight).sum(axis=-1), source_weight * lost, where=lost > 0)
