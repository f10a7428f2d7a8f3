"""calibrate: parameters from observations, with intervals that say what the data said.

The rest of the package is imported when a fit is asked for: `import balloon` brings this module along.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.calibrate.derived import check_count
from balloon.errors import BalloonWarning, FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.calibrate.observations import Observations
    from balloon.calibrate.problem import Forward, Free, Problem
    from balloon.calibrate.result import Fit
    from balloon.scenario import Scenario

    Floats: TypeAlias = NDArray[np.float64]

METHODS = ("laplace", "mcmc")
ONE_MODE = 0.5
"""Nats within which two starts reached one optimum."""


def calibrate(
    scenario: Scenario,
    observations: Observations,
    *,
    free: Free,
    starts: int = 4,
    seed: int = 0,
    method: str = "laplace",
    loss: str = "plain",
    draws: int = 2000,
    forward: Forward | None = None,
) -> Fit:
    """Fit parameters of a scenario to observations.

    Penalised maximum likelihood on the mean field, with exact derivatives, from several starts. Laplace's
    intervals come at once: their widths are right, their centres not always; report those of "mcmc".

    Parameters
    ----------
    scenario : Scenario
        Its own values are the first start.
    observations : Observations
    free : mapping or sequence
        Dotted path -> (low, high), the central 90 % of the prior, or a `Prior`; names alone take the
        ranges of the scenario. Scales and dispersions that the observations leave open are free anyway.
    starts : int
        The others are drawn from the priors.
    seed : int
        Of starts and draws.
    method : "laplace" or "mcmc"
    loss : "plain" or "huber"
        Huber's counts waves that fit badly by the root of their deviance.
    draws : int
        To keep, with "mcmc".
    forward : callable, optional
        Another model in the place of the mean field: dotted path -> (B,) values, to columns.

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        The search did not converge; a parameter that cannot be fitted; a prior that excludes the start.
    DataError
        Observations from which nothing can be learnt, or of what the scenario does not have.
    ScenarioError
        A path that leads nowhere, with the nearest.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate import calibrate
    >>> scenario = bl.load("telegram-korea-2024")
    >>> korea = bl.read_observations("telegram-korea-2024").select("answered")
    >>> fit = calibrate(scenario, korea, free={"behaviour.switching_cost": (4, 7)}, starts=1)
    >>> fit.summary().verdict["scale.disclosures"]
    'identified'
    """
    from balloon.calibrate.problem import problem

    _check(scenario, observations)
    if method not in METHODS:
        raise FitError(f"method {method!r}: there are {', '.join(map(repr, METHODS))}")
    for name, number, least in (("starts", starts, 1), ("seed", seed, 0), ("draws", draws, 1)):
        check_count(name, number, least=least)
    observations.check_informative()
    asked = problem(scenario, observations, free, loss=loss, forward=forward)
    fit = settle(asked, starts=starts, seed=seed)
    return fit if method == "laplace" else sampled(fit, draws=draws)


def _check(scenario: Any, observations: Any) -> None:
    """Refuse what is no scenario, and observations that nobody has read."""
    from balloon.calibrate.observations import Observations
    from balloon.scenario import require_scenario

    require_scenario(scenario, FitError)
    if not isinstance(observations, Observations):
        raise FitError(
            f"observations are of type {type(observations).__name__}; need Observations, as "
            "balloon.read_observations gives of a file, a table, or a name of balloon.evidence()"
        )


def settle(asked: Problem, *, starts: int = 4, seed: int = 0) -> Fit:
    """Find the mode of a problem and its covariance.

    Raises
    ------
    FitError
        The search did not converge.
    """
    from balloon.calibrate.result import Fit
    from balloon.calibrate.search import EDGE, finish, travel

    ends, places = travel(asked, _starts(asked, starts, seed))
    best = int(np.argmax(np.where(np.isfinite(ends.log_posterior), ends.log_posterior, -np.inf)))
    place, converged, message = finish(places.take([ends.joined[best]]))
    theta = place.theta[0]
    if not (converged and ends.converged[best] and np.isfinite(ends.log_posterior[best])):
        raise FitError(
            f"the search did not converge ({ends.steps} steps; SciPy: {message}), so there is no estimate "
            "and no interval; try more starts, fewer free parameters or narrower priors"
        )
    apart = ends.log_posterior.max() - ends.log_posterior > ONE_MODE
    if apart.any():
        warnings.warn(
            f"{int(apart.sum())} of {starts} starts reached a lower optimum: the posterior has several; use "
            "more starts, and look at Fit.starts",
            BalloonWarning,
            stacklevel=3,
        )
    at_end = [name for name, one in zip(asked.names, theta, strict=True) if abs(one) > EDGE - 0.1]
    if at_end:
        warnings.warn(
            f"{', '.join(at_end)}: the estimate lies at the end of its prior, 6 sd out; the prior and the "
            "data contradict each other",
            BalloonWarning,
            stacklevel=3,
        )
    rows = asked.informed_by(place.theta, place.predicted, place.slopes)
    spread = np.linalg.inv(rows.T @ rows + np.eye(len(theta)))
    return Fit(problem=asked, theta=theta, spread=(spread + spread.T) / 2.0, ends=ends, seed=seed)


def sampled(fit: Fit, *, draws: int = 2000) -> Fit:
    """The same fit with draws from its posterior."""
    from balloon.calibrate.sampler import sample

    asked = fit.problem
    chains = sample(asked.log_posterior, fit.theta, fit.spread, draws=draws, seed=fit.seed)
    return replace(fit, draws=chains.thin(min(draws, len(chains.flat))), mixing=str(chains))


def _starts(asked: Problem, count: int, seed: int) -> Floats:
    """(count, k): the scenario's own values, then a Latin hypercube of the priors."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    from balloon.calibrate.search import EDGE

    own = np.clip(asked.start, -EDGE, EDGE)[None]
    if count == 1:
        return own
    cube = qmc.LatinHypercube(len(asked.names), rng=np.random.default_rng([seed, 0]))
    return np.vstack([own, ndtri(cube.random(count - 1))])
