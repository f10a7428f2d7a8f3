"""How actors are spread over platforms, and how many of them are out of sight of the police."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.measures._ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ANSWERED = 0.5
"""A platform that answers a smaller share of requests than this is out of sight."""


def concentration(actors: ArrayLike) -> NDArray[np.float64]:
    """Herfindahl-Hirschman index over platforms: the sum of squared shares.

    1: all on one platform; 1 / P: evenly spread over P. It is the chance that two actors drawn with
    replacement are on the same platform.

    Parameters
    ----------
    actors : (..., P) array_like
        Actors on each platform, without the dormant and the removed.

    Returns
    -------
    (...) ndarray
        From 1 / P to 1; nan where nobody is on a platform.

    References
    ----------
    Hirschman (1964), The Paternity of an Index, American Economic Review 54(5): 761-762.

    Examples
    --------
    >>> float(concentration([50, 50, 0, 0]))
    0.5
    """
    each = np.asarray(actors, dtype=float)
    shares = ratio(each, each.sum(axis=-1, keepdims=True))
    return np.asarray((shares * shares).sum(axis=-1))


def out_of_sight(actors: ArrayLike, cooperation: ArrayLike) -> NDArray[np.float64]:
    """Share of the actors on platforms who are where less than half of the requests are answered.

    0: the police can ask about everybody; 1: about nobody. Dormant and removed actors do not count.
    balloon's own measure.

    Parameters
    ----------
    actors : (..., G, P) array_like
        Actors of each group on each platform.
    cooperation : (..., G, P) array_like
        Share of the requests that the platform answers for the group; broadcast against ``actors``.

    Returns
    -------
    (...) ndarray
        From 0 to 1; nan where nobody is on a platform.

    Examples
    --------
    A platform answers about the first group only:

    >>> float(out_of_sight([[60, 0], [20, 20]], cooperation=[[0.9, 0.0], [0.1, 0.0]]))
    0.4
    """
    each, answered = np.broadcast_arrays(
        np.asarray(actors, dtype=float), np.asarray(cooperation, dtype=float)
    )
    hidden = np.where(answered < ANSWERED, each, 0.0)
    return ratio(hidden.sum(axis=(-2, -1)), each.sum(axis=(-2, -1)))
