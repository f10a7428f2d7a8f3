"""What criminology measures around a treated area: effects, WDQ, total net effect and WDD.

A target is what the authorities squeeze, a buffer where its activity may move to, a comparison what
carries the trend without them. Each is a pair (before, after) of counts: numbers or arrays of any
shape, often one entry per replicate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from balloon.errors import DataError
from balloon.measures._ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Pair: TypeAlias = tuple[ArrayLike, ArrayLike]


def _floats(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    before, after = pair
    return np.asarray(before, dtype=float), np.asarray(after, dtype=float)


def gross_effect(target: Pair) -> NDArray[np.float64]:
    """Fall of the target: before - after.

    Above 0 the target fell, below 0 it rose.

    References
    ----------
    Guerette (2009), Analyzing Crime Displacement and Diffusion, Problem-Oriented Guides for Police,
    Problem-Solving Tools Series 10, appendix C.

    Examples
    --------
    >>> float(gross_effect((100, 60)))
    40.0
    """
    before, after = _floats(target)
    return np.asarray(before - after)


def net_effect(target: Pair, comparison: Pair) -> NDArray[np.float64]:
    """Fall of the target relative to the comparison: Rb / Cb - Ra / Ca.

    Above 0 the target fell by more than the trend; nan where the comparison has a count of 0.

    References
    ----------
    Guerette (2009), Analyzing Crime Displacement and Diffusion, appendix C.

    Examples
    --------
    The target fell to 60 %, the comparison to 80 %:

    >>> float(net_effect((100, 60), comparison=(100, 80)))
    0.25
    """
    (before, after), (trend_before, trend_after) = _floats(target), _floats(comparison)
    return ratio(before, trend_before) - ratio(after, trend_after)


def success_measure(target: Pair, comparison: Pair) -> NDArray[np.float64]:
    """Denominator of the WDQ: Ra / Ca - Rb / Cb. Below 0 the response worked.

    References
    ----------
    Guerette (2009), Analyzing Crime Displacement and Diffusion, appendix C.

    Examples
    --------
    >>> float(success_measure((100, 50), comparison=(100, 100)))
    -0.5
    """
    return np.asarray(-net_effect(target, comparison))


def weighted_displacement_quotient(target: Pair, buffer: Pair, comparison: Pair) -> NDArray[np.float64]:
    """Weigh the change of a buffer against the change of a target (WDQ).

    WDQ = (Da / Ca - Db / Cb) / (Ra / Ca - Rb / Cb). Above 1 the benefit spread to the buffer by more
    than the direct effect; from 0 to 1 it spread; at 0 nothing did; from 0 down to -1 displacement is
    smaller than the direct effect; below -1 it wipes the effect out.

    Parameters
    ----------
    target, buffer, comparison : pair of array_like
        Counts (before, after) of the response area R, of the buffer D and of the comparison C.

    Returns
    -------
    ndarray
        Dimensionless; nan where the target did not fall against the comparison (the success measure
        is not below 0), or the comparison has a count of 0.

    References
    ----------
    Bowers & Johnson (2003), Measuring the Geographical Displacement and Diffusion of Benefit Effects
    of Crime Prevention Activity, J. Quant. Criminol. 19(3): 275-301; readings from Guerette (2009),
    Analyzing Crime Displacement and Diffusion, appendix C.

    Examples
    --------
    All that the target lost, the buffer gained:

    >>> quotient = weighted_displacement_quotient(
    ...     target=(100, 50), buffer=(100, 150), comparison=(100, 100))
    >>> float(quotient)
    -1.0
    """
    success = success_measure(target, comparison)
    return ratio(success_measure(buffer, comparison), success, where=success < 0)


def total_net_effect(target: Pair, buffer: Pair, comparison: Pair) -> NDArray[np.float64]:
    """Counts prevented in target and buffer together (TNE).

    TNE = (Rb Ca / Cb - Ra) + (Db Ca / Cb - Da). Above 0 there is a net benefit; nan where the
    comparison was 0 before.

    References
    ----------
    Guerette (2009), Analyzing Crime Displacement and Diffusion, appendix C.

    Examples
    --------
    >>> float(total_net_effect(target=(100, 50), buffer=(100, 120), comparison=(100, 100)))
    30.0
    """
    trend_before, trend_after = _floats(comparison)
    trend = ratio(trend_after, trend_before)
    parts = [before * trend - after for before, after in map(_floats, (target, buffer))]
    return np.asarray(parts[0] + parts[1])


class DisplacementDifference(NamedTuple):
    """Weighted displacement difference, with the error that counts alone would give it."""

    estimate: NDArray[np.float64]
    """Counts (or counts per unit of area); below 0 there were fewer than expected."""
    se: NDArray[np.float64]
    """Standard error of the estimate if every count is Poisson: not the spread over replicates."""
    z: NDArray[np.float64]
    """estimate / se; nan where all counts are 0."""


def weighted_displacement_difference(
    target: Pair,
    comparison: Pair,
    *,
    displacement: Pair = (0, 0),
    displacement_comparison: Pair = (0, 0),
    areas: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
) -> DisplacementDifference:
    """Difference of differences of counts, with its standard error (WDD).

    WDD = (T1 - T0) - (Ct1 - Ct0) + (Td1 - Td0) - (Cd1 - Cd0), Var = the sum of the eight counts,
    z = WDD / sqrt(Var) by the normal approximation to Poisson counts. With areas each difference is
    divided by its area and each count in Var by its square. Below 0: fewer than expected.

    Parameters
    ----------
    target, comparison : pair of array_like
        Counts (before, after).
    displacement, displacement_comparison : pair of array_like, optional
        Counts where the target's activity may move to, and of what that is compared with.
    areas : tuple of four floats > 0
        Sizes of target, comparison, displacement and displacement comparison.

    Raises
    ------
    DataError
        An area that is not a finite number above 0.

    References
    ----------
    Wheeler & Ratcliffe (2018), A simple weighted displacement difference test to evaluate place based
    crime interventions, Crime Science 7: 11; areas from Wheeler (2021), The WDD test with different
    area sizes, andrewpwheeler.com.

    Examples
    --------
    >>> local = weighted_displacement_difference((207, 110), comparison=(308, 318))
    >>> float(local.estimate), round(float(local.se), 1)
    (-107.0, 30.7)
    """
    if len(areas) != 4 or not all(0 < area < np.inf for area in areas):
        raise DataError(f"areas of the WDD are {areas!r}; need four finite numbers > 0")
    pairs = map(_floats, (target, comparison, displacement, displacement_comparison))
    estimate, variance = np.asarray(0.0), np.asarray(0.0)
    for sign, area, (before, after) in zip((1, -1, 1, -1), areas, pairs, strict=True):
        estimate = estimate + sign * (after - before) / area
        variance = variance + (after + before) / (area * area)
    se = np.sqrt(variance)
    return DisplacementDifference(np.asarray(estimate), np.asarray(se), ratio(estimate, se))
