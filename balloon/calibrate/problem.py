"""Parameters, priors, observations and the model between them: what a fit, a sampler and a check work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.calibrate.blocks import free_dispersions, likelihood
from balloon.calibrate.likelihood import Likelihood
from balloon.calibrate.observe import ObservationModel, prepare
from balloon.calibrate.priors import LIMIT, Prior, Wanted, fitted_prior, own_value, pairs
from balloon.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.observations import Observations
    from balloon.scenario import Scenario

    Floats: TypeAlias = NDArray[np.float64]

SCALE, DISPERSION = "scale.", "dispersion."
"""Nuisance parameters: ``scale.NAME`` of the observations, ``dispersion.QUANTITY``."""
SCALE_SD = 3.0
"""Prior sd of the logarithm of a free scale, about its best value at the start: a factor of 140 each way."""
DISPERSION_MEDIAN, DISPERSION_SD = 3.0, 1.5
"""Prior median of a free dispersion, and sd of its logit between 1 and n."""
STEP = 1e-30
"""Complex step: its square is lost beside 1, so that derivatives are exact to rounding."""
BESIDE = 1e-3
"""Step of the second difference that tells what is known of a dispersion."""
CHUNK = 256
"""Vectors of parameters that run at once, at most."""

Forward: TypeAlias = "Callable[[Mapping[str, NDArray[Any]]], Mapping[Any, Any]]"
"""Dotted path -> (B,) values, real or complex, to columns with B in front."""
Free: TypeAlias = "Mapping[str, Wanted] | Iterable[Any]"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """k parameters with priors, n observations, and the model between them; made by `problem`.

    Parameters live on the scale theta on which every prior is a standard normal, cut off at 6: theta
    (B, k) are B vectors. Nuisance parameters of the observations come last: free scales, then free
    dispersions. m >= n cells: the observations and what they leave of each wave.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.calibrate.problem import problem
    >>> scenario = bl.load("telegram-korea-2024")
    >>> observations = bl.read_observations("telegram-korea-2024").select("answered")
    >>> one = problem(scenario, observations, {"behaviour.switching_cost": (4.0, 7.0)})
    >>> one.names
    ('behaviour.switching_cost', 'scale.disclosures')
    >>> one.predict(one.start[None]).shape == (1, len(observations))
    True
    """

    scenario: Scenario
    observations: Observations
    priors: Mapping[str, Prior]
    """By name, in the order of theta."""
    start: Floats
    """(k,) theta at the scenario's own values."""
    likelihood: Likelihood
    forward: Forward
    """The columns that the observations are read from."""
    forward_whole: Forward
    """All columns, for observations that are not there yet."""

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted paths, then ``scale.NAME``, then ``dispersion.QUANTITY``."""
        return tuple(self.priors)

    @property
    def paths(self) -> tuple[str, ...]:
        """The names that are parameters of the scenario."""
        return tuple(name for name in self.priors if not name.startswith((SCALE, DISPERSION)))

    @property
    def of_actors(self) -> bool:
        """Whether predictions are those of the actors, instead of the mean field's."""
        return False

    @property
    def model(self) -> ObservationModel:
        """What each observation is in the scenario."""
        return self.likelihood.model

    @property
    def dispersed(self) -> NDArray[np.bool_]:
        """(k,) which parameters are dispersions: they change no prediction."""
        return np.array([name.startswith(DISPERSION) for name in self.priors], dtype=bool)

    @property
    def own_forward(self) -> bool:
        """Whether what the model says comes from a function that was given, not from the mean field."""
        return self.forward is self.forward_whole  # the mean field has one of its own for each

    # ---- scales ------------------------------------------------------------------------------

    def values(self, theta: ArrayLike) -> dict[str, NDArray[Any]]:
        """Plain values by name, (B,) each, at theta (B, k); real or complex."""
        at = np.atleast_2d(np.asarray(theta))
        return {name: prior.value(at[:, k]) for k, (name, prior) in enumerate(self.priors.items())}

    def theta(self, values: Mapping[str, ArrayLike]) -> Floats:
        """(B, k) from plain values by name, numbers or (B,) arrays.

        Raises
        ------
        FitError
            A name that is missing or not free.
        """
        odd = sorted(set(values) ^ set(self.priors))
        if odd:
            raise FitError(
                f"values for {', '.join(odd)}: need one for each of {', '.join(self.names)}, no more"
            )
        columns = [np.atleast_1d(prior.theta(values[name])) for name, prior in self.priors.items()]
        return np.stack(np.broadcast_arrays(*columns), axis=1)

    def parameters(self, theta: ArrayLike) -> list[dict[str, float]]:
        """One mapping of scenario paths a vector, as `simulate` and `contrast` take them."""
        values = self.values(theta)
        size = len(next(iter(values.values())))
        return [{path: float(values[path][b].real) for path in self.paths} for b in range(size)]

    def dispersions(self, theta: ArrayLike) -> Floats:
        """(B, d) free dispersions at theta (B, k)."""
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        found = [prior.value(at[:, k]) for k, prior in enumerate(self.priors.values()) if self.dispersed[k]]
        return np.stack(found, axis=1) if found else np.zeros((len(at), 0))

    # ---- the model -----------------------------------------------------------------------------

    def predict(self, theta: ArrayLike) -> NDArray[Any]:
        """(B, n) expected observations at theta (B, k); real, or complex for exact derivatives."""
        at = np.atleast_2d(np.asarray(theta))
        parts = [self._predict(at[b : b + CHUNK]) for b in range(0, len(at), CHUNK)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _predict(self, theta: NDArray[Any]) -> NDArray[Any]:
        return self._seen(self._columns(theta), theta)

    def _columns(self, theta: NDArray[Any]) -> Mapping[Any, Any]:
        """What the model says at theta (B, k), before anybody observes it; scales change nothing of it."""
        values = self.values(theta)
        return self.forward({path: values[path] for path in self.paths})

    def _seen(self, columns: Mapping[Any, Any], theta: NDArray[Any]) -> NDArray[Any]:
        """(B, n) what the observations are in such columns."""
        values = self.values(theta)
        scales = {name: values[SCALE + name] for name in self.model.free_scales}
        found = self.model.predict(columns, scales=scales)
        return np.broadcast_to(found, (len(theta), found.shape[-1]))

    def slopes(self, theta: ArrayLike) -> tuple[Floats, Floats]:
        """(B, n) predictions and (B, n, k) their derivatives, exact by complex steps in one run.

        The model runs for its own parameters alone: scales and dispersions change nothing in it.
        """
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        most = max(CHUNK // len(self.paths), 1)
        parts = [self._slopes(at[b : b + most]) for b in range(0, len(at), most)]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts])

    def _slopes(self, at: Floats) -> tuple[Floats, Floats]:
        """The same of as many vectors as run at once."""
        count, k = at.shape
        ahead = at[:, None, :] + 1j * STEP * np.eye(k)
        own = np.array([name in self.paths for name in self.names])
        moved = ahead[:, own].reshape(-1, k)
        columns = self._columns(moved)
        run = self._seen(columns, moved).reshape(count, int(own.sum()), -1)
        made = np.zeros((count, run.shape[-1], k))
        made[:, :, own] = run.imag.transpose(0, 2, 1) / STEP
        # Every column has the vectors in front, or stands for all of them.
        still = {
            name: one[:: int(own.sum())].real if len(one) == len(moved) else one.real
            for name, one in ((name, np.asarray(one)) for name, one in columns.items())
        }
        for j in np.flatnonzero(~own & ~self.dispersed):
            made[:, :, j] = self._seen(still, ahead[:, j]).imag / STEP
        return run[:, 0].real.copy(), made

    # ---- how probable ----------------------------------------------------------------------------

    def log_likelihood(self, theta: ArrayLike) -> Floats:
        """(B,) log-density of the observations at theta (B, k); under the loss, if there is one."""
        return self.likelihood.log_density(self.predict(np.asarray(theta, float)), self.dispersions(theta))

    def log_prior(self, theta: ArrayLike) -> Floats:
        """(B,) log-density of theta (B, k); -inf beyond 6 prior standard deviations."""
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        found = -0.5 * (at * at).sum(axis=1) - 0.5 * at.shape[1] * math.log(2.0 * math.pi)
        return np.where((np.abs(at) <= LIMIT).all(axis=1), found, -np.inf)

    def log_posterior(self, theta: ArrayLike) -> Floats:
        """(B,) log-density of theta (B, k) given the observations, but for a constant.

        The model does not run where the prior is 0.
        """
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        found = self.log_prior(at)
        inside = np.isfinite(found)
        if inside.any():
            found[inside] += self.log_likelihood(at[inside])
        return found

    def residuals(self, theta: ArrayLike) -> Floats:
        """(B, m + k) deviance residuals of the cells, then theta itself.

        Half the sum of their squares is minus the log-posterior, but for what predictions do not change.
        """
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        found, _ = self.likelihood.lost_residuals(self.predict(at), self.dispersions(at))
        return np.concatenate([found, at], axis=1)

    def jacobian(self, theta: ArrayLike) -> Floats:
        """(m + k, k) exact derivatives of `residuals` at theta (k,); along dispersions the prior's alone."""
        found: Floats = self.linearised(np.asarray(theta, dtype=float)[None])[1][0]
        return found

    def linearised(self, theta: ArrayLike) -> tuple[Floats, Floats]:
        """(B, m + k) residuals and (B, m + k, k) their derivatives, of one run."""
        at = np.atleast_2d(np.asarray(theta, dtype=float))
        predicted, slopes = self.slopes(at)
        found, made = self.likelihood.lost_residuals(predicted, self.dispersions(at), slopes)
        prior = np.broadcast_to(np.eye(at.shape[1]), (len(at), at.shape[1], at.shape[1]))
        return np.concatenate([found, at], axis=1), np.concatenate([made, prior], axis=1)

    def information(self, theta: ArrayLike) -> Floats:
        """(k, k) Fisher information of the observations about theta (k,), without the prior.

        The unit is the prior's: an eigenvalue of 1 says as much as the prior does. About a dispersion it
        is the curvature of the log-likelihood at these predictions.
        """
        rows = self.informed(theta)
        return rows.T @ rows

    def informed(self, theta: ArrayLike) -> Floats:
        """(m + d, k) rows whose products are the information: singular values keep what products round."""
        at = np.asarray(theta, dtype=float)[None]
        return self.informed_by(at, *self.slopes(at))

    def informed_by(self, at: Floats, predicted: Floats, slopes: Floats) -> Floats:
        """The same for theta (1, k) of which `slopes` are known."""
        found = self.likelihood.informed(predicted, self.dispersions(at), slopes)[0]
        own = np.zeros((int(self.dispersed.sum()), at.shape[1]))
        for row, k in enumerate(np.flatnonzero(self.dispersed)):
            beside = np.repeat(at, 3, axis=0)
            beside[:, k] += (-BESIDE, 0.0, BESIDE)
            three = np.repeat(predicted, 3, axis=0)
            height = self.likelihood.log_density(three, self.dispersions(beside))
            curvature = -(height[0] - 2.0 * height[1] + height[2]) / BESIDE**2
            own[row, k] = math.sqrt(max(curvature, 0.0))
        return np.concatenate([found, own])

    # ---- other data ------------------------------------------------------------------------------

    def with_observations(self, values: ArrayLike) -> Problem:
        """The same design with other observed values (n,): for simulation studies."""
        return replace(self, likelihood=self.likelihood.with_values(values))

    def simulate(self, theta: ArrayLike, rng: np.random.Generator) -> Floats:
        """(n,) values drawn from the likelihood at theta (k,)."""
        at = np.asarray(theta, dtype=float)[None]
        return self.likelihood.simulate(self.predict(at)[0], self.dispersions(at), rng)


def problem(
    scenario: Scenario,
    observations: Observations,
    free: Free,
    *,
    loss: str = "plain",
    forward: Forward | None = None,
) -> Problem:
    """Put scenario, observations and free parameters together.

    Parameters
    ----------
    scenario : Scenario
    observations : Observations
    free : mapping or sequence
        Dotted path -> `Prior` or (low, high), the central 90 % of one; names alone take the ranges of
        the scenario. Also ``scale.NAME`` and ``dispersion.QUANTITY``, which are free without being named.
    loss : "plain" or "huber"
    forward : callable, optional
        Dotted paths -> (B,) values, to the columns of a run; by default the mean field.

    Raises
    ------
    FitError
        A parameter named twice or that cannot vary, a prior that excludes the scenario's own value,
        observations that cannot be.
    ScenarioError
        A path that leads nowhere, with the nearest.
    """
    model = prepare(observations, scenario)
    wanted = pairs(free)
    nuisance = {name: want for name, want in wanted if name.startswith((SCALE, DISPERSION))}
    paths = [(name, want) for name, want in wanted if name not in nuisance]
    if not paths:
        raise FitError("no parameter is free; name at least one: free={'behaviour.switching_cost': (3, 8)}")
    priors = {name: fitted_prior(scenario, name, want) for name, want in paths}
    start = {name: prior.theta(own_value(scenario, name)) for name, prior in priors.items()}
    run = forward or _mean_field(scenario, apps=_asks_for_apps(scenario, observations, priors))
    columns = run({name: np.atleast_1d(prior.value(start[name])) for name, prior in priors.items()})
    _check_nuisance(nuisance, model)
    scales = {name: float(found.ravel()[0]) for name, found in model.fitted_scales(columns).items()}
    for name, best in scales.items():
        if not 0 < best < math.inf:
            raise FitError(
                f"scale {name!r} is {best} at the start, so the model sees nothing of its rows; choose a "
                "start where it does, or give the scale as a number"
            )
        priors[SCALE + name] = _scale_prior(nuisance.get(SCALE + name), best)
        start[SCALE + name] = priors[SCALE + name].theta(best)
    for name, n in free_dispersions(model).items():
        prior = priors[DISPERSION + name] = _dispersion_prior(nuisance.get(DISPERSION + name), n)
        start[DISPERSION + name] = prior.theta(prior.median)
    predicted = model.predict(columns, scales=scales)
    return Problem(
        scenario=scenario,
        observations=observations,
        priors=priors,
        start=np.array([float(one) for one in start.values()]),
        likelihood=likelihood(model, predicted.reshape(-1, len(model.values))[0].real, loss=loss),
        forward=run,
        forward_whole=forward or _mean_field(scenario, apps=True),
    )


def _check_nuisance(nuisance: Mapping[str, Any], model: ObservationModel) -> None:
    known = [
        *(SCALE + name for name in model.free_scales),
        *(DISPERSION + name for name in free_dispersions(model)),
    ]
    for name in nuisance:
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "the observations leave none free"
            raise FitError(f"{name}: no such parameter; {there}")


def _scale_prior(wanted: Wanted | None, best: float) -> Prior:
    if isinstance(wanted, Prior):
        return wanted
    if wanted is not None:
        return Prior.between(*wanted, form="log-normal")
    return replace(Prior.log_normal(best, SCALE_SD), source="wide, about its best value at the start")


def _dispersion_prior(wanted: Wanted | None, n: float) -> Prior:
    if isinstance(wanted, Prior):
        return wanted
    if wanted is not None:
        return Prior.between(*wanted, form="logit-normal", lower=1.0, upper=n)
    median = min(DISPERSION_MEDIAN, (1.0 + n) / 2.0)
    return replace(Prior.logit_normal(median, DISPERSION_SD, lower=1.0, upper=n), source="default")


def _asks_for_apps(scenario: Scenario, observations: Observations, free: Iterable[str]) -> bool:
    """Whether predictions depend on who has which app, even where what actors do does not."""
    asked = {row.quantity for row in observations}
    idle = scenario.behaviour.idle_use != 0 or "behaviour.idle_use" in free
    return bool(asked & {"installed", "joins"}) or (idle and "active" in asked)


def _mean_field(scenario: Scenario, *, apps: bool) -> Forward:
    """The mean field as columns for the observation model."""
    from balloon.engines.meanfield import MeanField
    from balloon.engines.meanfield.policy import numbers
    from balloon.engines.meanfield.values import Values

    field, policy = MeanField(scenario), scenario.policy()

    def run(values: Mapping[str, NDArray[Any]]) -> Mapping[Any, Any]:
        found = field.run(values, apps=apps)._asdict()
        columns = {name: one for name, one in found.items() if one is not None}
        if any(path.endswith(".undercover") for path in values):
            laid = numbers(Values(scenario, values), policy).undercover
            columns["undercover"] = np.concatenate([laid[:, :1], laid], axis=1)
        for name in ("revision_rate", "vigilance"):
            if f"behaviour.{name}" in values:
                columns[name] = values[f"behaviour.{name}"]
        return columns

    return run
