"""Division that says nothing where there is nothing to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def ratio(numerator: ArrayLike, denominator: ArrayLike, *, where: ArrayLike = True) -> NDArray[np.float64]:
    """Quotient, broadcast; nan where the denominator is 0 or ``where`` does not hold.

    Examples
    --------
    >>> ratio([1, 1, 1], [2, 0, 4], where=[True, True, False])
    array([0.5, nan, nan])
    """
    above, below = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((below != 0) & np.asarray(where), above / below, np.nan)
