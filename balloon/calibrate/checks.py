"""Whether the fitted model makes data like those observed, and how much of the answer is the prior's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from balloon.calibrate.derived import check_count
from balloon.errors import FitError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.problem import Problem

    Floats = NDArray[np.float64]

DRAWS = 200
"""Draws of which data are made again: a tail probability to within .035."""
ALL = "all"
ROUGH = 0.01
"""Tail probability that is told no closer."""
STRANGE = 0.05
"""Tail probability below which a check says so."""
ENOUGH = 100.0
"""Effective draws from which weights are believed."""
NARROW = 0.7
"""Posterior sd, in prior sd, up to which the weights of a prior twice as wide have a finite variance:
E[w^2] is finite for a normal posterior below sqrt(2 / 3) = .816."""


# ---- posterior predictive check ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """Observed data beside data that the fitted model makes."""

    problem: Problem
    predicted: Floats
    """(D, n) what the model expects at each draw."""
    made: Floats
    """(D, n) data made again, one for each draw."""
    observed_deviance: Floats
    """(D, b) of each block (a wave, or a row of its own) at each draw."""
    made_deviance: Floats
    """(D, b) the same of the data made again."""

    def rows(self) -> pd.DataFrame:
        """One row an observation: observed, expected, low and high (90 %), residual, p.

        residual: observed minus expected, in standard deviations of the data made again. p: how often
        they lie as far out on one side, doubled; ties count half. Of bounds no number was observed (nan);
        their residual and p are of the middle, beside that of the bounds made again.
        """
        import pandas as pd

        values, made = self.problem.likelihood.values, self.made
        expected, sd = made.mean(axis=0), made.std(axis=0)
        above = (made > values).mean(axis=0) + 0.5 * (made == values).mean(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            residual = np.where(values == expected, 0.0, (values - expected) / sd)
        low, high = np.quantile(made, (0.05, 0.95), axis=0)
        things = pd.Index([row.thing for row in self.problem.observations], name="observation")
        alone = np.array([row.value is not None for row in self.problem.observations])
        observed = np.where(alone, values, np.nan)
        columns = {"observed": observed, "expected": expected, "low": low, "high": high, "residual": residual}
        return pd.DataFrame({**columns, "p": 2 * np.minimum(above, 1 - above)}, index=things)

    def waves(self) -> pd.DataFrame:
        """One row a wave, or an observation of its own: quantity, start, dispersion, p; see `quantities`."""
        import pandas as pd

        first = [rows[0] for rows in blocks(self.problem)]
        ours = [self.problem.observations[k] for k in first]
        found = [self._judged([b]) for b in range(len(first))]
        columns = {"quantity": [row.quantity for row in ours], "start": [row.start for row in ours]}
        return pd.DataFrame(columns).assign(dispersion=[d for d, _ in found], p=[p for _, p in found])

    def quantities(self) -> pd.DataFrame:
        """One row a quantity, then "all".

        dispersion: deviance of the observed data over that of the data made again; 1: they scatter as
        the likelihood says, 4: twice as far. p: how often data made again deviate more (Gelman, Meng &
        Stern 1996, Stat. Sinica 6: 733-807).
        """
        import pandas as pd

        of = self.waves().quantity
        names = list(dict.fromkeys(of))
        groups = {name: [b for b, mine in enumerate(of) if mine == name] for name in names}
        found = {name: self._judged(group) for name, group in {**groups, ALL: range(len(of))}.items()}
        index = pd.Index(found, name="quantity")
        return pd.DataFrame(list(found.values()), columns=["dispersion", "p"], index=index)

    @property
    def p(self) -> float:
        """How often data made again deviate more than those observed, all together."""
        return self._judged(range(self.observed_deviance.shape[1]))[1]

    @property
    def said(self) -> str:
        """The same in words, such as "p < 0.01"."""
        return probability(self.p)

    def _judged(self, which: Sequence[int]) -> tuple[float, float]:
        ours, theirs = (d[:, list(which)].sum(axis=1) for d in (self.observed_deviance, self.made_deviance))
        p = (theirs > ours).mean() + 0.5 * (theirs == ours).mean()
        return float(ours.mean() / theirs.mean()) if theirs.mean() > 0 else float("nan"), float(p)

    def __str__(self) -> str:
        table = self.quantities()
        lines = [table.round(2).to_string()]
        for name, row in table.iterrows():
            if row.p < STRANGE:
                lines.append(f"{name}: deviates more than the model allows ({probability(row.p)})")
            elif row.p > 1 - STRANGE:
                lines.append(
                    f"{name}: deviates less than the model expects ({probability(row.p)}); is it smoothed?"
                )
        return "\n".join(lines)


def probability(p: float) -> str:
    """A tail probability to what 200 sets of data can tell.

    Examples
    --------
    >>> probability(0.0), probability(0.175), probability(1.0)
    ('p < 0.01', 'p = 0.17', 'p > 0.99')
    """
    if p < ROUGH:
        return f"p < {ROUGH}"
    return f"p > {1 - ROUGH}" if p > 1 - ROUGH else f"p = {p:.2f}"


def check(problem: Problem, draws: ArrayLike, *, seed: int = 0) -> Check:
    """Make data from draws of the posterior and set them beside those observed.

    Parameters
    ----------
    problem : Problem
    draws : (D, k) array
        Draws on the scale theta; 200 of them, spread evenly, are used.
    seed : int

    Raises
    ------
    FitError
        Draws of another shape; a seed that is none.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate.problem import problem
    >>> scenario = bl.load("minimal").with_({"steps": 8})
    >>> half = bl.Observation(quantity="share", start=scenario.start, platform="Signal", value=0.5,
    ...                       unit="share", n=200, dispersion=2.0)
    >>> one = problem(scenario, bl.Observations((half,)), {"behaviour.switching_cost": (3.0, 8.0)})
    >>> found = check(one, np.zeros((50, 1)))
    >>> found.p < 0.02 and "deviates more than the model allows" in str(found)
    True
    """
    theta = _spread_evenly(_checked(problem, draws), DRAWS)
    check_count("seed", seed, least=0)
    predicted, dispersions = problem.predict(theta).real, problem.dispersions(theta)
    rng, ours, made, theirs = np.random.default_rng(seed), problem.likelihood, [], []
    for at, wide in zip(predicted, dispersions, strict=True):
        new = ours.simulate(at, wide[None], rng)
        made.append(new)
        theirs.append(ours.with_values(new).deviances(at[None], wide[None])[0])
    return Check(
        problem=problem,
        predicted=predicted,
        made=np.array(made),
        observed_deviance=ours.deviances(predicted, dispersions),
        made_deviance=np.array(theirs),
    )


def blocks(problem: Problem) -> list[list[int]]:
    """Rows of each block of the likelihood: a wave, or a row of its own."""
    n = len(problem.likelihood.values)
    return [np.flatnonzero(column[:n]).tolist() for column in problem.likelihood.together.T]


def _checked(problem: Problem, draws: ArrayLike) -> Floats:
    theta, k = np.asarray(draws, float), len(problem.names)
    if theta.ndim != 2 or theta.shape[1] != k or len(theta) < 2:
        raise FitError(f"draws of shape {theta.shape}; need (D, {k}), two draws or more")
    return theta


def _spread_evenly(draws: Floats, most: int) -> Floats:
    if len(draws) <= most:
        return draws
    return np.asarray(draws[np.linspace(0, len(draws) - 1, most).round().astype(int)], float)


# ---- the prior's part ---------------------------------------------------------------------------


def sensitivity_to_priors(
    problem: Problem, draws: ArrayLike, *, derived: Mapping[str, ArrayLike] | None = None
) -> pd.DataFrame:
    """How far the answers move when one prior is shifted by its sd, or made twice as wide.

    The draws are weighted by the new prior over the old one. Where few draws would carry the weight the
    change follows from mean and covariance of the draws instead, exact for a normal posterior: with
    precision P, P' = P - 3/4 at the widened parameter, mean P'^-1 P m.

    Parameters
    ----------
    problem : Problem
    draws : (D, k) array
        Of the posterior, on the scale theta, where every prior is a standard normal.
    derived : mapping, optional
        Name -> (D,) a number that follows from each draw, such as a displaced share.

    Returns
    -------
    DataFrame
        prior (parameter), change ("-1 sd", "+1 sd", "twice as wide"), quantity, before, after (means, in
        the unit of the quantity), moved (in its posterior sd), by ("weights" or "normal"). The largest
        moves come first.

    Raises
    ------
    FitError
        Draws or derived quantities of another shape.
    """
    import pandas as pd

    theta = _checked(problem, draws)
    answers = {**problem.values(theta), **{name: np.asarray(a, float) for name, a in (derived or {}).items()}}
    for name, answer in answers.items():
        if answer.shape != (len(theta),):
            raise FitError(f"{name}: {answer.shape} values for {len(theta)} draws; need one for each")
    made = []
    for j, name in enumerate(problem.names):
        for change in CHANGES:
            weights = _weights(theta[:, j], change)
            shift = None if _believed(theta[:, j], weights, change) else _shift(theta, j, change)
            moved_on = {} if shift is None else problem.values(theta + shift)
            for quantity, answer in answers.items():
                if shift is None:
                    after = _mean(answer, weights)
                elif quantity in moved_on:  # the parameter itself knows its bounds, a line does not
                    after = float(moved_on[quantity].mean())
                else:
                    after = _along(theta, answer, shift)
                spread = float(answer.std(ddof=1))
                before = float(answer.mean())
                moved = (after - before) / spread if spread > 0 else 0.0
                by = "weights" if shift is None else "normal"
                made.append((name, change, quantity, before, after, moved, by))
    columns = ["prior", "change", "quantity", "before", "after", "moved", "by"]
    table = pd.DataFrame(made, columns=columns)
    return table.sort_values("moved", key=abs, ascending=False, kind="stable", ignore_index=True)


DOWN, UP, WIDE = "-1 sd", "+1 sd", "twice as wide"
CHANGES = (DOWN, UP, WIDE)


def _weights(x: Floats, change: str) -> Floats:
    """(D,) new prior over the old, adding up to 1."""
    logs = 0.375 * x * x if change == WIDE else (x if change == UP else -x)
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum(), float)


def _believed(x: Floats, weights: Floats, change: str) -> bool:
    effective = 1.0 / float((weights * weights).sum())
    return effective >= ENOUGH and (change != WIDE or float(x.std(ddof=1)) < NARROW)


def _shift(theta: Floats, j: int, change: str) -> Floats:
    """(k,) how far the mean of a normal posterior moves."""
    covariance = np.cov(theta.T).reshape(theta.shape[1], -1)
    if change != WIDE:
        return np.asarray(covariance[:, j] * (1.0 if change == UP else -1.0), float)
    # (P - 3/4 e e')^-1 P m = m + 3/4 S e m_j / (1 - 3/4 S_jj); S_jj <= 1, the prior's, but for noise.
    left = 1.0 - 0.75 * min(covariance[j, j], 1.0)
    return np.asarray(0.75 * covariance[:, j] * theta[:, j].mean() / left, float)


def _mean(answer: Floats, weights: Floats) -> float:
    return float((answer * weights).sum())


def _along(theta: Floats, answer: Floats, shift: Floats) -> float:
    """The mean of an answer after a shift, by its regression on the parameters."""
    centred = np.column_stack([np.ones(len(theta)), theta - theta.mean(axis=0)])
    slopes = np.linalg.lstsq(centred, answer, rcond=None)[0]
    return float(slopes[0] + slopes[1:] @ shift)


# ---- coverage -------------------------------------------------------------------------------------


def coverage(low: ArrayLike, high: ArrayLike, true: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """How often intervals hold the true value, with 95 % intervals of that share (Wilson 1927).

    Parameters
    ----------
    low, high, true : (S, k) arrays
        S data sets, k quantities.

    Returns
    -------
    share, least, most : (k,) arrays

    Raises
    ------
    FitError
        Arrays of different shape, or an interval whose ends are reversed or missing.

    Examples
    --------
    >>> share, least, most = coverage([[0.0]] * 10, [[1.0]] * 10, [[0.5]] * 9 + [[2.0]])
    >>> float(share[0]), float(least[0].round(2)), float(most[0].round(2))
    (0.9, 0.6, 0.98)
    """
    from scipy.stats import binomtest

    a, b, x = (np.asarray(one, float) for one in (low, high, true))
    if not (a.ndim == 2 and a.shape == b.shape == x.shape):
        raise FitError(
            f"low {a.shape}, high {b.shape} and true {x.shape}; need one shape (data sets, numbers)"
        )
    if not (a <= b).all():
        raise FitError(
            "an interval has no low end <= its high end; leave data sets without one out, and say so"
        )
    held = ((a <= x) & (x <= b)).sum(axis=0)
    ends = [binomtest(int(h), len(a)).proportion_ci(method="wilson") for h in held]
    return held / len(a), np.array([e.low for e in ends]), np.array([e.high for e in ends])
