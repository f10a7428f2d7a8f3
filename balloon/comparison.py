"""What criminology measures, worked out between two worlds with the same luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.errors import DataError
from balloon.measures.concentration import concentration, out_of_sight
from balloon.measures.displacement import (
    gross_effect,
    net_effect,
    total_net_effect,
    weighted_displacement_difference,
    weighted_displacement_quotient,
)
from balloon.measures.flows import destination_mix, displacement_share, weighted_displacement
from balloon.measures.measure import Measure, table
from balloon.measures.survival import half_life

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]


def measure(
    baseline: xr.Dataset,
    alternative: xr.Dataset,
    pairs: xr.Dataset,
    *,
    platform: str,
    at: int,
    reference: int,
    weeks: float,
    weights: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """All measures on one date, as a table; see `balloon.contrast.Contrast.measures`.

    Parameters
    ----------
    at, reference : int
        Indices of time: the date, and the one before the squeeze.
    weights : mapping
        Kind of weight to the weight of an actor on each platform.
    """
    names = [str(name) for name in baseline.platform.values]
    x = names.index(platform)
    for kind, each in weights.items():
        _check_weights(kind, each, names)
    ours, theirs = (data.actors.values.astype(np.int64) for data in (baseline, alternative))
    same = pairs["same"].values[:, at].sum(axis=1).astype(np.int64)
    # Net, platform by platform; the squeezed one itself stands in it with 0.
    displaced = (same[:, x] - same[:, :, x])[:, : len(names)]
    done = [
        *_effects(ours, theirs, x, len(names), at, reference),
        *_flows(ours, theirs, displaced, names, x, at, reference, weeks, weights),
        *_spread(baseline, alternative, len(names), at),
    ]
    return table(done)


def _effects(
    ours: Counts, theirs: Counts, x: int, platforms: int, at: int, reference: int
) -> Iterator[Measure]:
    """Before: the baseline on the date; after: the alternative."""
    target = (ours[:, at, x], theirs[:, at, x])
    others = [q for q in range(platforms) if q != x]
    buffer = (ours[:, at, others].sum(axis=1), theirs[:, at, others].sum(axis=1))
    everybody = (ours[:, at].sum(axis=1), theirs[:, at].sum(axis=1))
    yield Measure.of("gross effect", gross_effect(target))
    yield Measure.of("net effect", net_effect(target, everybody))
    yield Measure.of("WDQ", weighted_displacement_quotient(target, buffer, everybody))
    yield Measure.of("total net effect", total_net_effect(target, buffer, everybody))

    def change(world: Counts, which: Any) -> tuple[Any, Any]:
        return world[:, reference, which].sum(axis=1), world[:, at, which].sum(axis=1)

    difference = weighted_displacement_difference(
        change(theirs, [x]),
        change(ours, [x]),
        displacement=change(theirs, others),
        displacement_comparison=change(ours, others),
    )
    yield Measure.of("WDD", difference.estimate)
    yield Measure.of("WDD, standard error", difference.se)
    yield Measure.of("WDD, z", difference.z)


def _flows(
    ours: Counts,
    theirs: Counts,
    displaced: Counts,
    names: list[str],
    x: int,
    at: int,
    reference: int,
    weeks: float,
    weights: Mapping[str, Mapping[str, float]],
) -> Iterator[Measure]:
    """What became of the loss: how much of it moved, where to, how fast, and what it weighs there."""
    loss = ours[:, at, x] - theirs[:, at, x]
    others = [q for q in range(len(names)) if q != x]
    yield Measure.of("displacement share", displacement_share(displaced.sum(axis=1), loss))
    mix = destination_mix(displaced[:, others])
    for k, q in enumerate(others):
        yield Measure.of("destination mix", mix[:, k], detail=names[q])
    first = min(reference, at)
    path = ours[:, first : at + 1, x] - theirs[:, first : at + 1, x]
    yield Measure.of("half-life", half_life(path, weeks=weeks))
    for kind, each in weights.items():
        weighed = weighted_displacement(
            displaced[:, others],
            loss,
            weights=[each[names[q]] for q in others],
            source_weight=each[names[x]],
        )
        yield Measure.of("weighted displacement", weighed, detail=kind)


def _spread(baseline: xr.Dataset, alternative: xr.Dataset, platforms: int, at: int) -> Iterator[Measure]:
    """How actors are spread over platforms in each world, and how many are out of sight."""
    for world, data in (("baseline", baseline), ("alternative", alternative)):
        actors = data.actors_by_group.values[:, at, :, :platforms]
        yield Measure.of("concentration", concentration(actors.sum(axis=1)), detail=world)
        hidden = out_of_sight(actors, data.cooperation.values[:, at])
        yield Measure.of("out of sight", hidden, detail=world)


def _check_weights(kind: str, weights: Mapping[str, float], names: list[str]) -> None:
    """One number >= 0 for every platform, and for nothing else."""
    missing, unknown = [p for p in names if p not in weights], [p for p in weights if p not in names]
    if missing or unknown:
        said = [f"no weight for {', '.join(map(repr, missing))}"] if missing else []
        said += [f"unknown platform {', '.join(map(repr, unknown))}"] if unknown else []
        raise DataError(
            f"weights of {kind}: {'; '.join(said)}; need one for each of {', '.join(map(repr, names))}"
        )
    weight: Any
    for name, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            raise DataError(f"weights of {kind}: {name!r} has {weight!r}; need a finite number >= 0")
