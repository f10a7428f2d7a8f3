"""What each observed quantity is in the model: from the columns of a run to predicted values.

The columns are those of a run (`balloon.simulate.replicate`, the variables of `Runs.data`): actors by
group and place, moves, arrests by group, joins, installed, active, belief, newcomers, with any
dimensions in front. Row t is the state after t steps; flows at t cover step t.

Time: the state after step t holds until the end of step t + 1. What is there is averaged over the
days of [start, end), or read at ``start``; what happens is summed over the steps, a step that lies in
the period by half with half its weight.

With A actors by group and home, w the length of a step in weeks, A' the actors at the start of the
step, kappa the share of requests answered, q requests and u undercover work per actor-week (none on
a platform that is closed):

share           A on the platform / A on all platforms; dormant and removed are not asked
actors          A at the place (a platform, dormant, removed; blank: on all platforms)
installed       apps; as a share: of actors on platforms or dormant
active          homes + idle_use x apps of others; as a share: of actors on all platforms, so that the
                shares of several platforms may add to more than 1
moves           actors who went from one place to another; as a share: of those who left the one place
                for any platform. Who waits after a closure leaves from "dormant"
joins           apps installed (blank: on all platforms)
arrests         arrests by the platform the evidence came from
answered        requests answered, q kappa A' w; as a share: of all requests, q A' w
cases           what the police see: (u + q kappa) A' w
newcomers       actors who came into a role, by the place first chosen; as a share: of those who chose
                a platform
attention       share of actors who revise at least once in the period, 1 - product (1 - r), with r the
                column reconsidered over actors where the engine counts them (mean field), else
                revision_rate w (1 + vigilance x share of actors arrested in the step before / w)
perceived_risk  mean belief of the actors on platforms, an annual probability
change          any of these in a period over the same in the base period: the number where it can be
                counted (of flows per week, so that the periods may differ in length), else the share

**Detection.** Cases by platform are seen in proportion to what undercover work and answers reveal
there: each answered request shows one case, and so does each act of undercover work. A platform that
falls silent loses its cases while its offenders stay: a fall of cases is not a fall of crime. How many
recorded cases one such act stands for is the scale of the series, as a rule a free one. The exposure of
a group is left out: it says how often those who are seen are arrested, not how often they are seen.

**Attention** is a proxy: people who revise have asked themselves whether to move; a survey asks
whether they thought of it. Contacts are taken as a sample of all actors.

**Bounds.** A row with low and high instead of a value says that the number lies between them, and nothing of
where: all places are alike, and the sd is the error of a bound. Its value is the middle (of a ratio the
geometric one), which lies anywhere within half their distance of the truth.

A count in the world is scale x the count of the model. A free scale is a nuisance parameter: give it to
`ObservationModel.predict`, or take the best one by `ObservationModel.fitted_scales`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.calibrate._consistency import waves
from balloon.calibrate._features import FEATURES, Run, Setting
from balloon.calibrate._terms import Sum, Term, terms
from balloon.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from balloon.calibrate.observations import Observation, Observations
    from balloon.scenario import Scenario

    Floats: TypeAlias = NDArray[np.float64]
    Scales: TypeAlias = Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ObservationModel:
    """Predictions for the observations of one scenario; made by `prepare`.

    Values, uncertainties and predictions are plain: shares and probabilities in [0, 1], ratios, counts
    one by one, whatever the units of the rows.
    """

    observations: Observations
    values: Floats
    """(n,) the middle of bounds."""
    sd: Floats
    """(n,) nan: n or dispersion is given."""
    half: Floats
    """(n,) half the distance of bounds, of their logarithms for a ratio; 0: a value."""
    n: Floats
    """(n,) what a share is of; nan: sd or dispersion is given."""
    dispersion: Floats
    """(n,) times the variance of a multinomial or Poisson number; nan: not known, or sd is given."""
    waves: tuple[tuple[int, ...], ...]
    """Indices of the rows with an n: those that are shares of one whole together, others alone."""
    free_scales: tuple[str, ...]
    """Names of the nuisance parameters, sorted."""
    scale_of: NDArray[np.int64]
    """(n,) index of the row's free scale, -1: none."""
    _factors: Floats
    """(n,) scales that are known; 1 elsewhere."""
    _operators: Mapping[str, tuple[csr_array, csr_array]]
    """By feature: (terms, entries) weights above and below the line."""
    _whole: Floats
    """(terms, 1) 1 where nothing is below the line."""
    _chances: NDArray[np.bool_]
    """(terms, 1) whether the sum is of log(1 - probability)."""
    _base: NDArray[np.int64]
    """(n,) index of the term that a change is compared with; the number of terms: none."""
    _setting: Setting

    def predict(self, columns: Mapping[Any, Any], *, scales: Scales | None = None) -> NDArray[Any]:
        """Expected values of the observations.

        Parameters
        ----------
        columns : mapping of arrays, or `Runs.data`
            Any leading dimensions, real or complex; see the module. cooperation, requests and
            undercover (..., T + 1, G, P; row t is step t, row 0 as row 1) stand for the scenario's own
            where they are there; needed if they are free parameters, cooperation also if outreach
            adapts it. What a budget asks for follows from where the actors are.
        scales : mapping, optional
            Name of a free scale -> its value, a number or an array of the leading dimensions.

        Returns
        -------
        (..., n) array
            nan where a share is of nobody.

        Raises
        ------
        DataError
            A free scale that is not given.
        EngineError
            Columns that are missing or of another shape; attention without the column reconsidered
            under an own rule of revision, or with a revision in every step.

        Examples
        --------
        >>> import balloon as bl
        >>> from balloon.calibrate import prepare
        >>> scenario = bl.load("telegram-korea-2024")
        >>> model = prepare(bl.read_observations("telegram-korea-2024").select("answered"), scenario)
        >>> runs = bl.simulate(scenario, replicates=2, seed=1)
        >>> model.predict(runs.data, scales={"disclosures": 10.0}).shape == (2, len(model.values))
        True
        """
        given = {} if scales is None else scales
        for name in self.free_scales:
            if name not in given:
                raise DataError(
                    f"scale {name!r} is free; pass scales={{{name!r}: ...}}, or the best of all by "
                    "scales=model.fitted_scales(columns)"
                )
        plain: NDArray[Any] = self._unscaled(columns)
        for k, name in enumerate(self.free_scales):
            mine = self.scale_of == k
            plain = plain * np.where(mine, np.asarray(given[name])[..., None], 1.0)
        return plain

    def fitted_scales(self, columns: Mapping[Any, Any]) -> dict[str, NDArray[Any]]:
        """The free scales of the highest likelihood, each with the leading dimensions.

        Rows with sd: sum(value x prediction / sd2) / sum(prediction2 / sd2), least squares; the sd of
        bounds is that of their error and of a uniform between them. Rows with dispersion:
        sum(value / dispersion) / sum(prediction / dispersion), quasi-Poisson.
        """
        plain, found = self._unscaled(columns), {}
        for k, name in enumerate(self.free_scales):
            rows = np.flatnonzero(self.scale_of == k)
            expected, sd, half = plain[..., rows], self.sd[rows], self.half[rows]
            counted = bool(np.isnan(sd).all())
            weights = 1.0 / self.dispersion[rows] if counted else expected / (sd * sd + half * half / 3.0)
            found[name] = (weights * self.values[rows]).sum(axis=-1) / (weights * expected).sum(axis=-1)
        return found

    def _unscaled(self, columns: Mapping[Any, Any]) -> NDArray[Any]:
        """Predictions with every free scale at 1, (..., n)."""
        run = Run(columns, self._setting)
        made = {name: FEATURES[name](run) for name in self._operators}
        inner = {name: len(self._setting.shape(name)) for name in made}
        lead = np.broadcast_shapes(*(found.shape[: found.ndim - inner[name]] for name, found in made.items()))
        above: Any = 0.0
        below: Any = self._whole
        for name, found in made.items():
            shape = found.shape[found.ndim - inner[name] :]
            flat = np.broadcast_to(found, (*lead, *shape)).reshape(-1, int(np.prod(shape))).T
            upper, lower = self._operators[name]
            above = above + upper @ flat
            if lower.nnz:
                below = below + lower @ flat
        if self._chances.any():
            above = np.where(self._chances, -np.expm1(np.where(self._chances, above, 0.0)), above)
        with np.errstate(divide="ignore", invalid="ignore"):  # shares of nobody are nan
            done = above / below
            done = np.concatenate([done, np.ones((1, done.shape[1]))])
            ratios = done[: len(self.values)] / done[self._base] * self._factors[:, None]
        result: NDArray[Any] = ratios.T.reshape(*lead, len(self.values))
        return result


def prepare(observations: Observations, scenario: Scenario) -> ObservationModel:
    """Settle what the observations are in a scenario, so that a prediction is a few sparse products.

    Raises
    ------
    DataError
        Observations outside the horizon, of platforms or groups that are not there, or none at all.

    Examples
    --------
    >>> import balloon as bl
    >>> from datetime import date
    >>> scenario = bl.load("minimal")
    >>> half = bl.Observation(quantity="share", start=date(2024, 9, 2), platform="Telegram", value=0.8,
    ...                       unit="share", sd=0.05)
    >>> model = prepare(bl.Observations((half,)), scenario)
    >>> runs = bl.simulate(scenario, replicates=2, seed=1)
    >>> model.predict(runs.data).round(2).tolist()
    [[0.8], [0.8]]
    """
    if not observations.rows:
        raise DataError("there are no observations to prepare; read some by read_observations")
    observations.check(scenario)
    setting, rows, free = Setting.of(scenario), observations.rows, observations.free_scales
    built = [terms(row, scenario) for row in rows]
    every = [after for after, _ in built] + [before for _, before in built if before is not None]
    base = np.full(len(rows), len(every))
    base[[before is not None for _, before in built]] = np.arange(len(rows), len(every))
    known = [row.scale if isinstance(row.scale, float | int) else 1.0 for row in rows]
    return ObservationModel(
        observations=observations,
        values=_settled([row.number for row in rows]),
        sd=_settled([np.nan if row.sd is None else row.error for row in rows]),
        half=_settled([row.half for row in rows]),
        n=_settled([np.nan if row.n is None else row.n for row in rows]),
        dispersion=_settled([np.nan if row.dispersion is None else row.dispersion for row in rows]),
        waves=_wholes(rows),
        free_scales=free,
        scale_of=_settled([free.index(row.scale) if isinstance(row.scale, str) else -1 for row in rows], int),
        _factors=_settled(known),
        _operators=_operators(every, setting),
        _whole=_settled([[float(term.below is None)] for term in every]),
        _chances=_settled([[term.above.feature == "revision"] for term in every], bool),
        _base=_settled(base, int),
        _setting=setting,
    )


def _settled(values: ArrayLike, kind: type = float) -> NDArray[Any]:
    """An array that nobody changes."""
    made: NDArray[Any] = np.array(values, dtype=kind)
    made.setflags(write=False)
    return made


def _wholes(rows: Sequence[Observation]) -> tuple[tuple[int, ...], ...]:
    """Indices of rows with an n: shares of one whole, of one n, together; others alone."""
    numbered = [(k, row) for k, row in enumerate(rows) if row.n is not None]
    together: dict[Hashable, list[int]] = defaultdict(list)
    for number, wave in enumerate(waves(numbered)):
        for k, row in wave:
            together[number, row.n, row.dispersion].append(k)
    members = {k for part in together.values() for k in part}
    alone = [(k,) for k, _ in numbered if k not in members]
    return tuple(sorted([*map(tuple, together.values()), *alone]))


def _operators(every: Sequence[Term], setting: Setting) -> Mapping[str, tuple[csr_array, csr_array]]:
    """The sums of all terms as sparse matrices, by feature."""
    above = [term.above for term in every]
    below = [term.below for term in every]
    used = [name for name in FEATURES if any(part and part.feature == name for part in above + below)]
    return {name: (_matrix(above, name, setting), _matrix(below, name, setting)) for name in used}


def _matrix(sums: Sequence[Sum | None], name: str, setting: Setting) -> csr_array:
    from scipy.sparse import csr_array

    shape = setting.shape(name)
    rows, columns, weights = [], [], []
    for k, part in enumerate(sums):
        if part is not None and part.feature == name:
            dense = np.multiply.outer(part.steps, part.entries.astype(float)).ravel()
            mine = np.flatnonzero(dense)
            rows.append(np.full(mine.size, k))
            columns.append(mine)
            weights.append(dense[mine])
    size = (len(sums), int(np.prod(shape)))
    if not rows:
        return csr_array(size)
    index = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.concatenate(weights), index), shape=size)
