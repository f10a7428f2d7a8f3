"""What to collect next: what one more wave of each kind of data would add.

The Fisher information of a wave adds to what there is, on the scale on which every prior is a standard
normal; the expected contraction of a parameter is 1 - its posterior sd by Laplace's approximation, and the
gain is what a wave adds to it. Before the data are there nothing else is known (Chaloner & Verdinelli 1995,
Stat. Sci. 10(3): 273-304).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.calibrate.blocks import likelihood
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.observe import prepare
from balloon.calibrate.problem import SCALE, SCALE_SD, STEP
from balloon.errors import EngineError, FitError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.problem import Problem
    from balloon.scenario import Scenario

    Floats = NDArray[np.float64]

NEW = "not known before"
"""The scale of a series of counts that is not observed yet."""
WEEKS = 4
"""Length of a wave."""
DATES = 8
"""Periods that are tried for each kind of data; the best one is told."""
WHAT_THERE_IS = "what there is"


def suggest_data(
    problem: Problem,
    theta: ArrayLike,
    candidates: Mapping[str, Observations] | None = None,
    *,
    n: int = 1000,
    dispersion: float = 1.0,
    targets: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Rank data by the contraction that one more wave of them would bring.

    Parameters
    ----------
    problem : Problem
        With the observations that there are.
    theta : (k,) array
        As a rule the mode.
    candidates : mapping, optional
        What to call them -> observations, whose values do not matter; by default a wave of four weeks of
        each quantity, at the best of eight dates (see `waves`).
    n : int
        Persons asked or followed, requests looked at, or newcomers asked in a wave.
    dispersion : float
        Times the variance of a random sample.
    targets : names, optional
        Parameters to be learnt; by default those of the scenario.

    Returns
    -------
    DataFrame
        Indexed by data, the best first below "what there is": start and end of the wave, gain (mean over
        the targets), then the expected contraction of each parameter.

    Raises
    ------
    FitError
        Targets that are not free, no candidates, or none that the scenario can show.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate.problem import problem
    >>> scenario = bl.load("minimal").with_({"steps": 16})
    >>> half = bl.Observation(quantity="share", start=scenario.start, platform="Signal", value=0.1,
    ...                       unit="share", n=200, dispersion=2.0)
    >>> one = problem(scenario, bl.Observations((half,)), {"behaviour.revision_rate": (0.05, 0.5)})
    >>> suggest_data(one, one.start).index[1]
    'attention'
    """
    at = np.asarray(theta, float)
    wanted = list(problem.paths if targets is None else targets)
    for name in wanted:
        if name not in problem.names:
            raise FitError(f"target {name!r}: is not free; there are {', '.join(problem.names)}")
    if candidates is not None and not candidates:
        raise FitError("no candidates; name some data to compare, or leave candidates out")
    for name, rows in (candidates or {}).items():
        if not isinstance(rows, Observations):
            raise FitError(
                f"candidate {name!r} is {rows!r}; need Observations, as balloon.read_observations gives"
            )
    offers = (
        [(name, rows) for name, rows in candidates.items()]
        if candidates is not None
        else waves(problem, n=n, dispersion=dispersion)
    )
    before = problem.information(at) + np.eye(len(at))
    here = _Here(problem, at)
    there_is = _contraction(before, len(at))
    which = [problem.names.index(name) for name in wanted]
    best: dict[str, tuple[float, Floats, Observations]] = {}
    for name, rows in offers:
        added = here.information(rows, own_values=candidates is not None)
        if added is None:
            continue
        after = _contraction(_joined(before, added), len(at))
        gain = float((after - there_is)[which].mean())
        if name not in best or gain > best[name][0]:
            best[name] = gain, after, rows
    if not best:
        raise FitError("the scenario can show none of the candidates; look at their periods and platforms")
    return _table(problem, there_is, best)


def _table(
    problem: Problem, there_is: Floats, best: Mapping[str, tuple[float, Floats, Observations]]
) -> pd.DataFrame:
    import pandas as pd

    order = sorted(best, key=lambda name: -best[name][0])
    made: dict[str, list[Any]] = {WHAT_THERE_IS: [None, None, 0.0, *there_is]}
    for name in order:
        gain, after, rows = best[name]
        made[name] = [min(r.start for r in rows), max(r.end or r.start for r in rows), gain, *after]
    columns = ["start", "end", "gain", *problem.names]
    return pd.DataFrame.from_dict(made, orient="index", columns=columns).rename_axis("data")


def _contraction(precision: Floats, k: int) -> Floats:
    return np.asarray(1.0 - np.sqrt(np.diag(np.linalg.inv(precision))[:k]), float)


def _joined(before: Floats, added: Floats) -> Floats:
    """Both together; a scale of its own has only its prior before."""
    whole = np.eye(len(added))
    whole[: len(before), : len(before)] = before
    return whole + added


@dataclass(frozen=True, slots=True, eq=False)
class _Here:
    """The columns of a run with derivatives at a point; all candidates are read from them."""

    problem: Problem
    theta: Floats
    columns: Mapping[Any, Any]
    values: Mapping[str, NDArray[Any]]

    def __init__(self, problem: Problem, theta: Floats) -> None:
        ahead = theta + 1j * STEP * np.eye(len(theta))
        values = problem.values(ahead)
        columns = problem.forward_whole({path: values[path] for path in problem.paths})
        for name, value in (("problem", problem), ("theta", theta), ("columns", columns), ("values", values)):
            object.__setattr__(self, name, value)

    def information(self, rows: Observations, *, own_values: bool) -> Floats | None:
        """(k, k), or (k + 1, k + 1) with a new scale; None where the scenario cannot show the data."""
        scenario, k = self.problem.scenario, len(self.theta)
        try:
            model = prepare(rows, scenario)
        except EngineError:
            return None
        scales: dict[str, Any] = {name: self.values.get(SCALE + name, 1.0) for name in model.free_scales}
        new = [name for name in model.free_scales if SCALE + name not in self.values]
        with np.errstate(divide="ignore", invalid="ignore"):  # what cannot be shown is not finite
            found = np.broadcast_to(model.predict(self.columns, scales=scales), (k, len(rows)))
        predicted, slopes = found[0].real, found.imag.T / STEP
        if not (np.isfinite(predicted).all() and np.isfinite(slopes).all()):
            return None
        for name in new:
            mine = model.scale_of == model.free_scales.index(name)
            slopes = np.column_stack([slopes, np.where(mine, SCALE_SD * predicted, 0.0)])
        if not own_values:
            pairs = zip(rows, predicted, strict=True)
            model = prepare(
                Observations(tuple(replace(r, value=max(float(v), 0.0)) for r, v in pairs)), scenario
            )
        judged = likelihood(model, predicted)
        dispersions = np.ones((1, len(judged.typical)))
        return np.asarray(judged.information(predicted[None], dispersions, slopes[None])[0], float)


# ---- what can be collected ------------------------------------------------------------------------


def waves(problem: Problem, *, n: int, dispersion: float) -> list[tuple[str, Observations]]:
    """One wave of each kind of data, at each of eight dates spread over the horizon.

    share           n persons on platforms are asked where they are
    active          n persons are followed, dormant ones too: users of each platform
    installed       n persons on platforms or dormant are asked which apps they have
    moves           n persons are followed: moves between platforms in the four weeks
    newcomers       n newcomers are asked which platform they chose first
    attention       n persons are asked whether they thought of moving
    perceived_risk  n persons are asked for the annual probability of arrest (sd as of yes and no, 1/2)
    arrests, cases  all of them, by platform; the scale as in the observations, else not known
    answered        n requests, which were answered, by platform
    """
    scenario = problem.scenario
    days = scenario.steps * scenario.step_days
    length = min(7.0 * WEEKS, days)
    made = []
    for first in np.unique(np.linspace(0.0, days - length, DATES).round()):
        start = scenario.start + timedelta(days=int(first))
        maker = _Wave(problem, start, start + timedelta(days=int(length)), n, dispersion)
        made += [(name, rows) for name in KINDS if (rows := maker.rows(name)) is not None]
    return made


KINDS = (
    "share", "active", "installed", "moves", "newcomers", "attention", "perceived_risk", "arrests", "cases",
    "answered",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Wave:
    """Rows of one wave of each kind, without values."""

    problem: Problem
    start: date
    end: date
    n: int
    dispersion: float

    def rows(self, kind: str) -> Observations | None:
        """None where the scenario has none of it."""
        made = self._rows(kind)
        return Observations(tuple(made)) if made else None

    def _rows(self, kind: str) -> list[Observation]:
        scenario = self.problem.scenario
        names = scenario.platforms
        if kind in ("share", "installed", "newcomers"):
            return [self._asked(kind, platform=name) for name in names]
        if kind == "attention":
            return [self._asked(kind)]
        if kind == "answered":
            return [self._asked(kind, platform=name) for name in names if _requests(scenario, name)]
        if kind == "perceived_risk":
            return [self._row(kind, unit="annual probability", sd=float(0.5 / np.sqrt(self.n)))]
        followed = self.n / scenario.population.actors
        if kind == "active":
            return [self._counted(kind, "users", followed, platform=name) for name in names]
        if kind == "moves":
            pairs = [(a, b) for a in names for b in names if a != b]
            return [self._counted(kind, "moves", followed, platform=a, platform_to=b) for a, b in pairs]
        scale = _scale(self.problem.observations, kind)
        return [self._counted(kind, kind, scale, platform=name) for name in names if _policed(scenario, name)]

    def _asked(self, kind: str, **where: str) -> Observation:
        return self._row(kind, unit="share", n=self.n, dispersion=self.dispersion, **where)

    def _counted(self, kind: str, unit: str, scale: str | float, **where: str) -> Observation:
        return self._row(kind, unit=unit, scale=scale, dispersion=self.dispersion, **where)

    def _row(self, kind: str, **rest: Any) -> Observation:
        return Observation(quantity=kind, start=self.start, end=self.end, value=0.0, **rest)


def _scale(rows: Sequence[Observation], kind: str) -> str | float:
    """That of the series that is there, if there is one."""
    known = [row.scale for row in rows if row.quantity == kind and row.scale is not None]
    return known[0] if known else NEW


def _requests(scenario: Scenario, name: str) -> bool:
    p = scenario.platforms.index(name)
    return bool((scenario.policy().requests[..., p] > 0).any())


def _policed(scenario: Scenario, name: str) -> bool:
    policy, p = scenario.policy(), scenario.platforms.index(name)
    return bool((policy.requests[..., p] > 0).any() or (policy.undercover[..., p] > 0).any())
