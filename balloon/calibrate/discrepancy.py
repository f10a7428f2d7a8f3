"""Whether the mean field is good enough for these observations.

The actors run at the estimate, and what the observations would be is compared with the mean
field in units of each observation's standard deviation: below 0.3 fine, 0.3 to 1 widen, above 1 refuse.
Many small gaps in one direction add up, so that the shift of each parameter that they would cause is
judged as well: to first order it is covariance x J' W gap. The data come from one world of so many
actors, with luck of its own that the likelihood does not know: covariance x J' W (replicate - mean) says
how far it moves each parameter. Both are added to the posterior sd in quadrature.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balloon.calibrate.likelihood import COUNT, RATIO, SHARE
from balloon.calibrate.observe import prepare
from balloon.calibrate.problem import SCALE, Problem
from balloon.errors import BalloonWarning, FitError
from balloon.scenario import at_values
from balloon.simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FINE, WIDEN, REFUSE = "fine", "widen", "refuse"
SMALL, LARGE = 0.3, 1.0
"""Gaps, in standard deviations of an observation: fine below the first, refused above the second."""
NOTED = 1.1
"""Widening from which an interval of 90 % would hold the truth in less than 86.5 %."""
ALL = "all"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AbmCheck:
    """The actors beside the mean field, as the observations would see them."""

    problem: Problem
    expected: Floats
    """(n,) by the mean field."""
    simulated: Floats
    """(n,) mean over replicates of the actors."""
    luck: Floats
    """(n,) standard error of that mean."""
    replicates: int
    sd: Floats
    """(n,) of the observations."""
    shift: Floats
    """(k,) of each parameter by the gaps, in its posterior sd."""
    wobble: Floats
    """(k,) sd of each parameter by the luck of one world, in its posterior sd."""
    spread: Floats
    """(k,) posterior sd by Laplace's approximation, on the scale theta."""

    def rows(self) -> pd.DataFrame:
        """One row an observation: expected, simulated, luck, gap (in standard deviations of it)."""
        import pandas as pd

        index = pd.Index([row.thing for row in self.problem.observations], name="observation")
        columns = {"expected": self.expected, "simulated": self.simulated, "luck": self.luck}
        return pd.DataFrame({**columns, "gap": self._gap}, index=index)

    @property
    def _gap(self) -> Floats:
        return (self.simulated - self.expected) / self.sd

    def quantities(self) -> pd.DataFrame:
        """One row a quantity, then "all": gap (root mean square, luck taken out), luck, verdict."""
        import pandas as pd

        of = np.array([row.quantity for row in self.problem.observations])
        made = {}
        for name in [*dict.fromkeys(of.tolist()), ALL]:
            mine = np.ones(len(of), bool) if name == ALL else of == name
            luck = float(np.mean((self.luck[mine] / self.sd[mine]) ** 2))
            gap = math.sqrt(max(float(np.mean(self._gap[mine] ** 2)) - luck, 0.0))
            made[name] = (gap, math.sqrt(luck), _verdict(gap))
        return pd.DataFrame.from_dict(made, orient="index", columns=["gap", "luck", "verdict"]).rename_axis(
            "quantity"
        )

    @property
    def verdict(self) -> str:
        """By the worst quantity: "fine", "widen" or "refuse"; "widen" too where a parameter moves by much."""
        worst = _verdict(float(self.quantities().gap.max()))
        return WIDEN if worst == FINE and float(self.widening.max()) >= NOTED else worst

    @property
    def widening(self) -> Floats:
        """(k,) factor on the half-widths of intervals: shift and wobble added in quadrature.

        What the luck of the replicates adds to the shift is taken out. The intervals of a fit of the
        actors themselves hold the luck of one world already.
        """
        shift = np.maximum(self.shift**2 - self.wobble**2 / self.replicates, 0.0)
        luck = 0.0 if self.problem.of_actors else self.wobble**2
        return np.asarray(np.sqrt(1.0 + shift + luck), float)

    def parameters(self) -> pd.DataFrame:
        """One row a parameter: shift and wobble (in its posterior sd), widening."""
        import pandas as pd

        index = pd.Index(self.problem.names, name="parameter")
        columns = {"shift": self.shift, "wobble": self.wobble, "widening": self.widening}
        return pd.DataFrame(columns, index=index)

    def plot(self) -> Figure:
        """Draw the gap of each observation and the shift of each parameter, in standard deviations."""
        from balloon.plots.abm_check import abm_check_figure

        return abm_check_figure(self)

    @property
    def stand_in(self) -> str:
        """What was fitted in the place of the actors: the mean field, or what emulates them."""
        return "emulator" if self.problem.of_actors else "mean field"

    @property
    def _widened(self) -> str:
        """Factors from 1.01 on in words, the largest first; of the largest if all are below."""
        order = np.argsort(-self.widening)
        some = [k for k in order if self.widening[k] >= 1.01] or order[:1]
        return ", ".join(f"{self.widening[k]:.2f} ({self.problem.names[k]})" for k in some)

    def __str__(self) -> str:
        table = self.quantities()
        worst = table.drop(ALL).gap.idxmax()
        j = int(np.abs(self.shift).argmax())
        luck = "" if self.problem.of_actors else "with the luck of one world "
        ours, way = self.stand_in, "fit the actors themselves: balloon.calibrate.abm.fit_abm(fit)"
        if self.problem.of_actors:
            way = "fit them again with more replicates: balloon.calibrate.abm.fit_abm"
        said = {
            FINE: f"the {ours} may stand for the actors",
            WIDEN: f"{luck}this widens intervals: half-widths x {self._widened}",
            REFUSE: f"the intervals of the {ours} are refused, they are not those of the model; {way}",
        }
        return (
            f"{self.verdict}: actors and {ours} differ by up to {table.gap[worst]:.2f} sd of an "
            f"observation ({worst}), which shifts {self.problem.names[j]} by {self.shift[j]:+.2f} posterior "
            f"sd; {said[self.verdict]}\n{table.round(2).to_string()}"
        )


def _verdict(gap: float) -> str:
    if gap < SMALL:
        return FINE
    return WIDEN if gap <= LARGE else REFUSE


def check_abm(problem: Problem, theta: ArrayLike, *, replicates: int = 8, seed: int = 0) -> AbmCheck:
    """Run the actors at an estimate and compare them with the mean field.

    Parameters
    ----------
    problem : Problem
    theta : (k,) array
    replicates, seed : int
        Of engine "arrays".

    Raises
    ------
    FitError
        Fewer than two replicates.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate.problem import problem
    >>> scenario = bl.load("minimal").with_({"steps": 8})
    >>> half = bl.Observation(quantity="share", start=scenario.start, platform="Signal", value=0.1,
    ...                       unit="share", n=200, dispersion=2.0)
    >>> one = problem(scenario, bl.Observations((half,)), {"behaviour.switching_cost": (3.0, 8.0)})
    >>> check_abm(one, one.start, replicates=4).verdict
    'fine'
    """
    at = np.asarray(theta, float)
    seen = actors_at(problem, at, replicates=replicates, seed=seed)
    covariance = np.asarray(np.linalg.inv(problem.information(at) + np.eye(len(at))), float)
    expected = problem.predict(at)[0].real
    spread = np.sqrt(np.diag(covariance))
    simulated = seen.mean(axis=0)
    moved = moved_by(problem, at, covariance, np.vstack([simulated - expected, seen - simulated]))
    return AbmCheck(
        problem=problem,
        expected=expected,
        simulated=simulated,
        luck=seen.std(axis=0, ddof=1) / math.sqrt(replicates),
        replicates=replicates,
        sd=sd_of(problem, expected, at),
        shift=moved[0] / spread,
        wobble=np.sqrt((moved[1:] ** 2).sum(axis=0) / (replicates - 1)) / spread,
        spread=spread,
    )


def moved_by(problem: Problem, theta: Floats, covariance: Floats, gaps: Floats) -> Floats:
    """(g, k) how far the mode moves, to first order, where the data differ by each of the gaps (g, n)."""
    predicted, slopes = problem.slopes(theta[None])
    # More columns beside the slopes: J' W gap is where they meet.
    beside = np.concatenate([slopes, gaps.T[None]], axis=2)
    met = problem.likelihood.information(predicted, problem.dispersions(theta), beside)[0]
    k = len(theta)
    return np.asarray(met[k:, :k] @ covariance, float)


def actors_at(problem: Problem, theta: Floats, *, replicates: int, seed: int) -> Floats:
    """(replicates, n) expected observations in runs of the actors at theta (k,).

    Raises
    ------
    FitError
        Fewer than two replicates, or a share of nobody.
    """
    if not replicates >= 2:
        raise FitError(f"replicates is {replicates!r}; need 2 or more to tell luck from error")
    values = problem.values(theta)
    scenario = at_values(problem.scenario, problem.parameters(theta)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BalloonWarning)  # of coarse steps, which the mean field shares
        runs = simulate(scenario, replicates=replicates, seed=seed)
    scales = {name: float(values[SCALE + name][0]) for name in problem.model.free_scales}
    # What the police do at theta is not in the columns, and the problem was prepared at other values.
    model = prepare(problem.observations, scenario)
    found = np.asarray(model.predict(runs.data, scales=scales), float)
    if not np.isfinite(found).all():
        raise FitError(
            "in a run of the actors a share is of nobody; observe longer periods, or simulate more actors"
        )
    return found


def sd_of(problem: Problem, predicted: Floats, theta: Floats) -> Floats:
    """(n,) standard deviations of the observations where the model predicts this."""
    ours, n = problem.likelihood, len(predicted)
    kind, size, width = ours.kind[:n], ours.size[:n], ours.width[:n]
    dispersion = ours.all_dispersions(problem.dispersions(theta))[0, :n]
    p = np.clip((size * predicted + 0.5) / (size + 1.0), 0.0, 1.0)
    made = np.where(kind == RATIO, width * predicted, width)
    made = np.where(kind == COUNT, np.sqrt(dispersion * np.maximum(predicted, 1.0)), made)
    return np.where(kind == SHARE, np.sqrt(dispersion * p * (1.0 - p) / size), made)
