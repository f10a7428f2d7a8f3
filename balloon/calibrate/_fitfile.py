"""A fit as JSON: scenario, observations, priors, mode, covariance, starts and draws."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._version import __version__
from balloon._writing import atomic
from balloon.calibrate.observations import DATES, Observation, Observations
from balloon.calibrate.priors import Prior
from balloon.calibrate.problem import Problem, problem
from balloon.calibrate.search import Ends
from balloon.errors import BalloonError, DataError, FitError

if TYPE_CHECKING:
    from balloon.calibrate.result import Fit

FORMAT = 1


def write(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write a fit; see `Fit.save`."""
    asked = fit.problem
    if asked.scenario.behaviour.own_rules:
        raise FitError(
            f"{', '.join(asked.scenario.behaviour.own_rules)}: own rules are code and cannot be saved; "
            "keep the table of Fit.sample() instead"
        )
    if asked.own_forward:
        raise FitError(
            "forward is a model of one's own: code cannot be saved, and the fit would be read back on the "
            "mean field; keep the table of Fit.sample() instead"
        )
    document = {
        "format": FORMAT,
        "balloon": __version__,
        "scenario": json.loads(asked.scenario.to_json()),
        "observations": [_row(row) for row in asked.observations],
        "values": asked.likelihood.values.tolist(),
        "loss": asked.likelihood.loss,
        "priors": {name: asdict(prior) for name, prior in asked.priors.items()},
        "emulated": _extra(asked),
        "seed": fit.seed,
        "theta": fit.theta.tolist(),
        "spread": fit.spread.tolist(),
        "ends": {
            name: one.tolist() if isinstance(one, np.ndarray) else one
            for name, one in fit.ends._asdict().items()
        },
        "draws": None if fit.draws is None else fit.draws.tolist(),
        "mixing": fit.mixing,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    with atomic(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def _extra(asked: Problem) -> dict[str, Any] | None:
    """What a problem of the actors themselves has beside the mean field's; None: it is the mean field's."""
    own = {field.name for field in fields(asked)} - {field.name for field in fields(Problem)}
    return {name: getattr(asked, name).tolist() for name in own} or None


def _whole(asked: Problem, extra: dict[str, Any] | None) -> Problem:
    if extra is None:
        return asked
    from balloon.calibrate.abm import Emulated

    plain: dict[str, Any] = {field.name: getattr(asked, field.name) for field in fields(Problem)}
    arrays: dict[str, Any] = {name: np.array(one) for name, one in extra.items()}
    return Emulated(**plain, **arrays)


def _row(row: Observation) -> dict[str, Any]:
    found = {field.name: getattr(row, field.name) for field in fields(row)}
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in found.items()}


def _observation(row: dict[str, Any]) -> Observation:
    said: dict[str, Any] = {k: date.fromisoformat(v) if k in DATES and v else v for k, v in row.items()}
    return Observation(**said)


def _ends(said: dict[str, Any]) -> Ends:
    arrays: dict[str, Any] = {k: np.asarray(v) if isinstance(v, list) else v for k, v in said.items()}
    return Ends(**arrays)


def read(path: str | os.PathLike[str]) -> Fit:
    """Read a fit; see `Fit.load`."""
    from balloon.calibrate.result import Fit
    from balloon.files import from_document

    where = Path(path).name
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise DataError(
                f"{where}: format {document['format']!r} of a fit, this version reads {FORMAT}; fit again"
            )
        rows = [_observation(row) for row in document["observations"]]
        scenario, priors = from_document(document["scenario"]), document["priors"]
        asked = problem(
            scenario,
            Observations(tuple(rows)),
            {name: Prior(**one) for name, one in priors.items()},
            loss=document["loss"],
        ).with_observations(document["values"])
        return Fit(
            problem=_whole(asked, document["emulated"]),
            theta=np.array(document["theta"]),
            spread=np.array(document["spread"]),
            ends=_ends(document["ends"]),
            seed=document["seed"],
            draws=None if document["draws"] is None else np.array(document["draws"]),
            mixing=document["mixing"],
        )
    except OSError as error:
        raise DataError(
            f"{where}: cannot be read ({error.strerror}); is it the path of a saved fit?"
        ) from error
    except BalloonError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{where}: not a fit that balloon saved ({error}); save one by Fit.save") from error
