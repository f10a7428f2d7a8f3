"""From prepared observations to the cells and blocks of their likelihood; what cannot be is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from balloon.calibrate.likelihood import COUNT, LOSSES, NORMAL, RATIO, SHARE, Likelihood
from balloon.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.observe import ObservationModel

    Floats: TypeAlias = NDArray[np.float64]

HUBER = 0.821374765
"""P(|z| < 1.345): 95 % efficiency at the normal."""


def likelihood(model: ObservationModel, predicted: ArrayLike, *, loss: str = "plain") -> Likelihood:
    """The likelihood of prepared observations.

    Parameters
    ----------
    model : ObservationModel
    predicted : (n,) array
        At the start: shows which waves leave no rest, and what can never be predicted.
    loss : "plain" or "huber"

    Raises
    ------
    FitError
        An unknown loss; an observed number that cannot be under the model, a dispersion that no
        likelihood has.
    """
    from scipy.stats import chi2

    if loss not in LOSSES:
        raise FitError(f"loss {loss!r}: there are {', '.join(map(repr, LOSSES))}")
    at = np.asarray(predicted, dtype=float)
    _check(model, at)
    rows, waves = len(model.values), model.waves
    rests = np.zeros((len(waves), rows))
    for w, wave in enumerate(waves):
        rests[w, list(wave)] = -1.0
    open_ended = 1.0 + rests @ at > 1e-9
    owners = [
        [*wave, *([rows + int(open_ended[:w].sum())] if open_ended[w] else [])]
        for w, wave in enumerate(waves)
    ]
    m = rows + int(open_ended.sum())
    shares = np.zeros((m, len(waves)))
    source = np.arange(m)
    for w, cells in enumerate(owners):
        shares[cells, w] = 1.0
        source[cells] = cells[0]  # n, dispersion and its name are those of the wave
    alone = np.flatnonzero(shares.sum(axis=1) == 0)
    together = np.hstack([shares, np.eye(m)[:, alone]])
    kind = np.array([_kind(model, k) for k in source.tolist()])
    of, typical = _free_dispersions(model)
    names = np.array([_names(model).index(of[k]) if of[k] else -1 for k in source.tolist()], dtype=np.int64)
    size = np.array([_size(model, k) for k in source.tolist()])
    rows_in = together.sum(axis=0)
    degrees = np.maximum(np.where(np.arange(together.shape[1]) < len(waves), rows_in - 1, rows_in), 1)
    return Likelihood(
        model=model,
        values=model.values,
        loss=loss,
        kind=kind,
        size=size,
        reach=np.where((kind == NORMAL) | (kind == RATIO), model.half[source], 0.0) / size,
        dispersion=np.where(kind >= COUNT, model.dispersion[source], np.nan),
        dispersion_of=names,
        typical=typical,
        rest_of=rests[open_ended],
        together=together,
        shares=shares,
        limit=chi2.ppf(HUBER, degrees),
    ).at_rest()


def _kind(model: ObservationModel, k: int) -> int:
    if np.isfinite(model.n[k]):
        return SHARE
    if np.isnan(model.sd[k]):
        return COUNT
    return RATIO if model.observations[int(k)].kind == "ratio" else NORMAL


def _size(model: ObservationModel, k: int) -> float:
    kind = _kind(model, k)
    if kind == SHARE:
        return float(model.n[k])
    if kind == COUNT:
        return 1.0
    return float(model.sd[k] / (model.values[k] if kind == RATIO else 1.0))


def _free_dispersions(model: ObservationModel) -> tuple[list[str], Floats]:
    """Name of the free dispersion of each row ("" where none), and the n at which each is told."""
    unknown = np.isfinite(model.n) & np.isnan(model.dispersion)
    of = [row.of or row.quantity if unknown[k] else "" for k, row in enumerate(model.observations)]
    typical = [
        np.median(model.n[[k for k, mine in enumerate(of) if mine == name]]) for name in sorted({*of} - {""})
    ]
    return of, np.array(typical, dtype=float)


def _names(model: ObservationModel) -> list[str]:
    return sorted({*_free_dispersions(model)[0]} - {""})


def free_dispersions(model: ObservationModel) -> dict[str, float]:
    """Quantities whose dispersion is not given -> the n at which it is told (the median)."""
    return dict(zip(_names(model), _free_dispersions(model)[1].tolist(), strict=True))


def _check(model: ObservationModel, predicted: Floats) -> None:
    """Refuse what no parameter could bring about; all at once."""
    problems = []
    for k, row in enumerate(model.observations):
        kind, value, expected = _kind(model, k), float(model.values[k]), float(predicted[k])
        where = f"row {k + 1} ({row.thing})"
        if not np.isfinite(expected):
            problems.append(f"{where}: the model predicts {expected}, a share of nobody; leave the row out")
        elif kind == SHARE and not model.dispersion[k] < model.n[k] and np.isfinite(model.dispersion[k]):
            problems.append(
                f"{where}: dispersion {model.dispersion[k]:g} with n = {model.n[k]:g}; no share varies that "
                "much: give a dispersion below n, or sd"
            )
        elif kind == COUNT and model.dispersion[k] < 1:
            problems.append(
                f"{where}: dispersion {model.dispersion[k]:g}; counts vary at least as Poisson numbers do: "
                "give 1 or more, or sd"
            )
        elif kind == RATIO and not value > 0:
            problems.append(f"{where}: a ratio of {value:g} has no logarithm; observe the count itself")
        elif kind != NORMAL and value > 0 and not expected > 0:
            problems.append(
                f"{where}: {value:g} was observed, but the scenario makes it {expected:g} whatever the "
                "parameters; open a way to it (requests, start shares, edges), or leave the row out"
            )
    if problems:
        raise FitError("\n".join(problems))
