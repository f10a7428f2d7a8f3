"""How fast a platform loses what it loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.errors import DataError
from balloon.measures._ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def half_life(loss: ArrayLike, *, weeks: float) -> NDArray[np.float64]:
    """Weeks until a loss first reaches half of its final value.

    Linear between the two steps around it. The clock starts at the first entry: hand over the series
    from the date of the intervention on. A loss that was at half from the start has 0. balloon's own
    measure.

    Parameters
    ----------
    loss : (..., T) array_like
        Loss at each step.
    weeks : float
        Length of a step, > 0.

    Returns
    -------
    (...) ndarray
        Weeks; nan where nothing is lost at the end (final loss <= 0).

    Raises
    ------
    DataError
        An empty series, or a length of the step that is not above 0.

    Examples
    --------
    Half of 80 lies between the second and the third entry:

    >>> float(half_life([0, 30, 50, 70, 80], weeks=1.0))
    1.5
    """
    series = np.asarray(loss, dtype=float)
    if series.ndim == 0 or series.shape[-1] == 0:
        raise DataError(f"loss has shape {series.shape}; need a series with at least one step")
    if not 0 < weeks < np.inf:
        raise DataError(f"weeks is {weeks!r}; need the length of a step, a finite number > 0")
    final = series[..., -1]
    half = final / 2
    first = np.argmax(series >= half[..., None], axis=-1)
    there = np.take_along_axis(series, first[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(series, np.maximum(first - 1, 0)[..., None], axis=-1)[..., 0]
    part = np.where(first > 0, ratio(half - before, there - before), 0.0)
    steps = np.maximum(first - 1, 0) + part
    return np.where(final > 0, steps * weeks, np.nan)
