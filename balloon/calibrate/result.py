"""What came of a fit: estimates, intervals, verdicts, draws, and the fitted scenario."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon._values import numbers
from balloon.calibrate.derived import Interval, check_level, interval_of
from balloon.calibrate.identifiability import PRIOR_RETURNED, Identifiability, identifiability
from balloon.calibrate.priors import LIMIT
from balloon.calibrate.problem import Problem
from balloon.calibrate.profile import Profile, profile
from balloon.calibrate.search import EDGE, Ends
from balloon.errors import FitError, ScenarioError
from balloon.evidence import Evidence
from balloon.scenario import Scenario, at_values, change, find, require_scenario, swap
from balloon.simulate import draw_ranges

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from balloon.calibrate.checks import Check
    from balloon.calibrate.discrepancy import AbmCheck
    from balloon.calibrate.observations import Observations
    from balloon.engines.meanfield import Expected

    Floats: TypeAlias = NDArray[np.float64]

MANY = 1000
"""Draws that a check takes, at most."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Fit:
    """A fitted scenario: estimates, intervals, and what the data said; made by `calibrate`."""

    problem: Problem
    theta: Floats
    """(k,) the mode, on the scale on which every prior is a standard normal."""
    spread: Floats
    """(k, k) covariance there, from the weighted Fisher information and the prior."""
    ends: Ends
    """What each start reached."""
    seed: int
    draws: Floats | None = None
    """(N, k) from the posterior; None: Laplace's approximation is used."""
    mixing: str = ""
    """What the sampler says of its draws."""

    def __repr__(self) -> str:
        asked = self.problem
        return (
            f"Fit({asked.scenario.name!r}: {len(self.names)} parameters, {len(asked.observations)} "
            f"observations, {self.method}; {len(self.identified)} of {len(asked.paths)} identified; "
            "see summary())"
        )

    # ---- results ---------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters: dotted paths, then the nuisances of the observations."""
        return self.problem.names

    @property
    def method(self) -> str:
        """Where intervals come from: "laplace (quick)", "mcmc" or "mcmc (not mixed)", and "actors"."""
        found = "mcmc (not mixed)" if self.mixing.startswith("NOT") else "mcmc"
        found = "laplace (quick)" if self.draws is None else found
        return f"{found}, actors" if self.problem.of_actors else found

    @property
    def estimates(self) -> dict[str, float]:
        """Values at the mode, whatever the data say of them: see `summary` for the verdict."""
        return {name: float(value[0]) for name, value in self.problem.values(self.theta).items()}

    @property
    def identified(self) -> tuple[str, ...]:
        """The parameters of the scenario of which the data say anything; nuisances aside."""
        said = self.identifiability().verdicts
        both = zip(self.names, said, strict=True)
        return tuple(name for name, one in both if one != PRIOR_RETURNED and name in self.problem.paths)

    def summary(self, *, level: float = 0.9) -> pd.DataFrame:
        """Estimate, interval, prior, contraction and verdict by parameter.

        Where the data do not identify a parameter there is no number to report: estimate, low and high
        are blank (nan), and the verdict says so.
        """
        import pandas as pd

        check_level("summary", level)
        found = self.identifiability()
        low, high = self._ends(level)
        silent = np.array([said == PRIOR_RETURNED for said in found.verdicts])
        priors = self.problem.priors.values()
        columns = {
            "estimate": np.where(silent, np.nan, list(self.estimates.values())),
            "low": np.where(silent, np.nan, low),
            "high": np.where(silent, np.nan, high),
            "method": self.method,
            "prior_low": [prior.interval(level)[0] for prior in priors],
            "prior_high": [prior.interval(level)[1] for prior in priors],
            "contraction": found.contraction,
            "verdict": found.verdicts,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="parameter"))

    def _ends(self, level: float) -> tuple[Floats, Floats]:
        """Ends of the intervals in the units of the parameters."""
        from scipy.special import ndtri

        tail = (1.0 - level) / 2.0
        if self.draws is not None:
            two = np.quantile(self.draws, [tail, 1.0 - tail], axis=0)
        else:
            half = float(ndtri(1.0 - tail)) * np.sqrt(np.diag(self.spread))
            two = np.clip(np.stack([self.theta - half, self.theta + half]), -LIMIT, LIMIT)
        values = self.problem.values(two)
        return tuple(np.array([values[name][end] for name in self.names]) for end in (0, 1))  # type: ignore[return-value]

    def identifiability(self) -> Identifiability:
        """What the data say of the parameters and of their combinations."""
        spread = None if self.draws is None else self.draws.std(axis=0, ddof=1)
        return identifiability(self.problem, self.theta, spread)

    def profile(self, name: str, *, level: float = 0.9, priors: bool = True) -> Profile:
        """How the fit gets worse as one parameter moves; see `balloon.calibrate.profile.profile`."""
        return profile(self.problem, self.theta, self.spread, name, level=level, priors=priors)

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance at the mode in units of prior standard deviations: 1 on the diagonal is the prior."""
        import pandas as pd

        return pd.DataFrame(self.spread, index=list(self.names), columns=list(self.names))

    @property
    def starts(self) -> pd.DataFrame:
        """What each start reached: log-posterior, whether it converged, the start whose way it joined."""
        import pandas as pd

        table = {
            "log_posterior": self.ends.log_posterior,
            "converged": self.ends.converged,
            "joined": self.ends.joined,
        }
        values = self.problem.values(self.ends.theta)
        return pd.DataFrame({**table, **values}).rename_axis("start")

    # ---- checks ---------------------------------------------------------------------------------

    def check(self, *, seed: int = 0) -> Check:
        """Compare the data with data that the fit makes; see `balloon.calibrate.checks`."""
        from balloon.calibrate.checks import check

        return check(self.problem, self.thetas(self._many), seed=seed)

    def plot(self) -> Figure:
        """Draw the observations beside the fit, and each prior beside its posterior."""
        from balloon.plots.fit import fit_figure  # a convenience: plots stands above calibrate

        return fit_figure(self)

    def check_abm(self, *, replicates: int = 8, seed: int = 0) -> AbmCheck:
        """Compare the mean field with the actors at the estimate; see `balloon.calibrate.discrepancy`."""
        from balloon.calibrate.discrepancy import check_abm

        return check_abm(self.problem, self.theta, replicates=replicates, seed=seed)

    def sensitivity_to_priors(
        self, functions: Mapping[str, Callable[..., Any]] | None = None, *scenarios: Scenario
    ) -> pd.DataFrame:
        """How far parameters, and derived quantities as in `derived`, move with each prior."""
        from balloon.calibrate.checks import sensitivity_to_priors

        theta = self.thetas(self._many)
        runs = self._runs(theta, scenarios) if functions else []
        answers = {name: function(*runs) for name, function in (functions or {}).items()}
        return sensitivity_to_priors(self.problem, theta, derived=answers)

    def suggest_data(
        self, candidates: Mapping[str, Observations] | None = None, *, n: int = 1000, dispersion: float = 1.0
    ) -> pd.DataFrame:
        """Rank what to collect next by the contraction it would bring; see `balloon.calibrate.design`."""
        from balloon.calibrate.design import suggest_data

        return suggest_data(self.problem, self.theta, candidates, n=n, dispersion=dispersion)

    @property
    def _many(self) -> int:
        """Draws that a check takes."""
        return MANY if self.draws is None else min(MANY, len(self.draws))

    # ---- draws -------------------------------------------------------------------------------------

    def sample(self, n: int = 1000, *, seed: int | None = None) -> pd.DataFrame:
        """Draw n parameter vectors from the posterior, in the units of the parameters.

        From the sampler's draws if there are any, else from Laplace's approximation; ``attrs["method"]``
        says which.
        """
        import pandas as pd

        table = pd.DataFrame(self.problem.values(self.thetas(n, seed=seed)))
        table.attrs["method"] = self.method
        return table

    def thetas(self, n: int, *, seed: int | None = None) -> Floats:
        """(n, k) draws on the scale of theta.

        Raises
        ------
        FitError
            No whole number, or more than the sampler drew.
        """
        if not isinstance(n, int | np.integer):
            raise FitError(f"{n!r} draws; ask for a whole number, 1 or more")
        if self.draws is not None:
            if not 1 <= n <= len(self.draws):
                raise FitError(f"{n} draws of {len(self.draws)}; ask for fewer, or calibrate with more draws")
            taken: Floats = self.draws[np.linspace(0, len(self.draws) - 1, n).round().astype(int)]
            return taken
        if not n >= 1:
            raise FitError(f"{n} draws; ask for 1 or more")
        rng = np.random.default_rng([self.seed if seed is None else seed, 1])
        root = np.linalg.cholesky(self.spread)
        drawn = self.theta + rng.standard_normal((n, len(self.theta))) @ root.T
        return np.clip(drawn, -EDGE, EDGE)

    def predict(
        self, scenario: Scenario | None = None, *, n: int = 100, seed: int | None = None, ranges: bool = False
    ) -> list[dict[str, float]]:
        """Posterior draws as `simulate` and `contrast` take them: ``parameters=fit.predict(n=200)``.

        Parameters
        ----------
        scenario : Scenario, optional
            Where they will run, such as the same with more steps; parameters of interventions that it
            does not have are left out. By default the one that was fitted.
        n : int
            As many as replicates; at most as many as the sampler drew.
        ranges : bool
            Whether all else that has a range is drawn from it. What is not fitted is not known better than
            that: a forecast without it is too sure.
        """
        where = self.problem.scenario if scenario is None else scenario
        require_scenario(where, FitError)
        paths = [path for path in self.problem.paths if _has(where, path)]
        drawn = [
            {path: one[path] for path in paths} for one in self.problem.parameters(self.thetas(n, seed=seed))
        ]
        if not ranges:
            return drawn
        rest = draw_ranges(where, replicates=n, seed=self.seed if seed is None else seed)
        return [{**other, **own} for other, own in zip(rest, drawn, strict=True)]

    def derived(
        self,
        function: Callable[..., Any],
        *scenarios: Scenario,
        n: int = 200,
        level: float = 0.9,
        seed: int | None = None,
    ) -> Interval:
        """Interval of a quantity that follows from a run, over posterior draws on the mean field.

        Parameters
        ----------
        function : callable
            Takes the columns of one run for each scenario, with the draws in front (see
            `balloon.engines.meanfield.Expected`), and returns one number a draw.
        scenarios : Scenario
            By default the fitted one; a counterfactual beside it as a second one.

        Examples
        --------
        >>> import balloon as bl
        >>> from balloon.calibrate import calibrate
        >>> from balloon.calibrate.derived import weekly_switching
        >>> scenario = bl.load("telegram-korea-2024")
        >>> korea = bl.read_observations("telegram-korea-2024").select("answered")
        >>> fit = calibrate(scenario, korea, free={"behaviour.switching_cost": (4, 7)}, starts=1)
        >>> one = fit.derived(weekly_switching, n=50)
        >>> one.low < one.median < one.high
        True
        """
        runs = self._runs(self.thetas(n, seed=seed), scenarios)
        return interval_of(function(*runs), level=level)

    def _runs(self, theta: Floats, scenarios: Sequence[Scenario]) -> list[Expected]:
        """Runs of the mean field at draws (n, k), one for each scenario; by default the fitted one."""
        from balloon.engines.meanfield import MeanField

        values, runs = self.problem.values(theta), []
        for scenario in scenarios or (self.problem.scenario,):
            paths = [path for path in self.problem.paths if _has(scenario, path)]
            runs.append(MeanField(scenario).run({path: values[path] for path in paths}))
        return runs

    @property
    def scenario(self) -> Scenario:
        """The scenario at the mode; every fitted number says "fit to ..." and has its interval."""
        said = sorted({row.source for row in self.problem.observations if row.source})
        source = f"fit to {', '.join(said) if said else 'observations'}"
        verdicts = dict(zip(self.names, self.identifiability().verdicts, strict=True))
        low, high = (dict(zip(self.names, ends.tolist(), strict=True)) for ends in self._ends(0.9))
        scenario = self.problem.scenario
        for path in self.problem.paths:
            value = self.estimates[path]
            note = f"90 % interval, {self.method}; {verdicts[path]}"
            ends = min(low[path], value), max(high[path], value)
            scenario = _fitted(
                scenario,
                path,
                value,
                Evidence(field="-", low=ends[0], high=ends[1], source=source, note=note),
            )
        return scenario

    # ---- files -------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit as JSON; `Fit.load` reads it back, on the mean field or, of a fit of actors, theirs.

        Raises
        ------
        FitError
            A scenario with own rules, or a model of one's own (``forward``): functions cannot be written.
        DataError
            A path that cannot be written.
        """
        from balloon.calibrate._fitfile import write

        write(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Fit:
        """Read a fit that was saved.

        Raises
        ------
        DataError
            Not a file that `Fit.save` wrote.
        """
        from balloon.calibrate._fitfile import read

        return read(path)


def _has(scenario: Scenario, path: str) -> bool:
    try:
        find(scenario, path)
    except ScenarioError:
        return False
    return True


def _fitted(scenario: Scenario, path: str, value: float, evidence: Evidence) -> Scenario:
    """A number replaced, with its new evidence; shares that must add up to 1 are scaled."""
    scenario = at_values(scenario, {path: value})
    noun, name = find(scenario, path)
    value = dict(numbers(noun))[name]
    assert evidence.low is not None and evidence.high is not None  # noqa: PT018 - both or none
    mine = replace(evidence, field=name, low=min(evidence.low, value), high=max(evidence.high, value))
    kept = tuple(one for one in noun.evidence if one.field != name)
    return swap(
        scenario, noun, replace(change(noun, {name: value}, keep_evidence=True), evidence=(*kept, mine))
    )
