"""How probable the observations are where the model predicts this or that.

shares with n       multinomial, or Dirichlet-multinomial of dispersion D > 1 (variance D times that of
                    n draws; concentration (n - D) / (D - 1)); rows of one wave together, with the rest
counts              Poisson, or negative binomial of variance D times the mean
values with sd      normal
change (ratio)      log-normal, sd of the logarithm = sd / value
bounds with sd      normal about a place between the bounds, all places alike: flat inside, the error of a
                    value outside; of a ratio in logarithms

Every row, and the unobserved rest of a wave, is a *cell* with a deviance residual; their squares add up
to -2 x log-likelihood, but for what the predictions do not change. A *block* is what goes wrong
together: a wave, or a row of its own. Under the loss "huber" a block whose deviance exceeds its 82.1 %
quantile (that of 1.345 standard deviations for one row) counts by its root (Huber 1964).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from balloon.calibrate import _cells
from balloon.errors import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.calibrate.observe import ObservationModel

    Floats: TypeAlias = NDArray[np.float64]

LOSSES = ("plain", "huber")
NORMAL, RATIO, COUNT, SHARE = range(4)


class Saturated(NamedTuple):
    """The predictions that fit best, whatever the model; (B, m) each."""

    counts: Floats
    phi: Floats
    best: Floats
    multiplier: Floats
    top: Floats
    """(B,) highest log-density of all rows."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Likelihood:
    """Likelihood of n observed values in m cells and b blocks; made by `blocks.likelihood`."""

    model: ObservationModel
    values: Floats
    """(n,) as `ObservationModel.values`."""
    loss: str
    kind: NDArray[np.int64]
    """(m,) normal, ratio, count or share."""
    size: Floats
    """(m,) n of shares; sd of normal values and of logarithms of ratios; 1 of counts."""
    reach: Floats
    """(m,) half the distance of bounds, in units of ``size``; 0: a value."""
    dispersion: Floats
    """(m,) given; nan: free, or not needed."""
    dispersion_of: NDArray[np.int64]
    """(m,) index of the free dispersion; -1: none."""
    typical: Floats
    """(d,) the n at which a free dispersion is told."""
    rest_of: NDArray[np.float64]
    """(rests, n) -1 where a row belongs to the wave of a rest."""
    together: Floats
    """(m, b) 1 where a cell belongs to a block."""
    shares: Floats
    """(m, waves) the same for waves alone."""
    limit: Floats
    """(b,) deviance from which the loss "huber" counts roots."""
    settled: Saturated | None = None
    """The best predictions, where no dispersion is free."""

    # ---- cells -----------------------------------------------------------------------------

    @property
    def width(self) -> Floats:
        """(m,) ``size``, that of bounds with the sd of a uniform between them added in quadrature."""
        found: Floats = self.size * np.sqrt(1.0 + self.reach * self.reach / 3.0)
        return found

    def cells(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """(..., m) from (..., n): the predictions, then what they leave of each wave."""
        return np.concatenate([predicted, 1.0 + predicted @ self.rest_of.T], axis=-1)

    def slopes_of_cells(self, slopes: NDArray[Any]) -> NDArray[Any]:
        """(..., m, k) from (..., n, k) derivatives of predictions."""
        return np.concatenate([slopes, self.rest_of @ slopes], axis=-2)

    def observed(self) -> Floats:
        """(m,) observed values of the cells; those of a wave add up to 1."""
        values = self.cells(self.values)
        share = self.kind == SHARE
        values = np.where(share, np.maximum(values, 0.0), values)
        with np.errstate(all="ignore"):
            return np.where(share, values / ((values @ self.shares) @ self.shares.T), values)

    def all_dispersions(self, dispersions: ArrayLike) -> Floats:
        """(B, m) dispersion of each cell at (B, d) free ones; 1 where there is none."""
        free = np.atleast_2d(np.asarray(dispersions, dtype=float))
        found = np.tile(np.where(np.isnan(self.dispersion), 1.0, self.dispersion), (len(free), 1))
        mine = self.dispersion_of >= 0
        if mine.any():
            k = self.dispersion_of[mine]
            # One correlation within a period for all n: D - 1 grows with n - 1.
            found[:, mine] = 1.0 + (free[:, k] - 1.0) * (self.size[mine] - 1.0) / (self.typical[k] - 1.0)
        return found

    def _phi(self, dispersion: Floats) -> Floats:
        """Size of the gamma or Dirichlet variation; inf where there is none."""
        with np.errstate(divide="ignore"):
            above = np.where(self.kind == SHARE, self.size - dispersion, 1.0)
            return above / (dispersion - 1.0)

    def _best(self, counts: Floats, phi: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
        """Best predictions of the counted cells, and their multipliers."""
        best, multiplier = np.zeros_like(phi), np.ones_like(phi)
        share, count = self.kind == SHARE, self.kind == COUNT
        if share.any():
            found = _cells.best_shares(counts[:, share], phi[:, share], self.shares[share])
            best[:, share], multiplier[:, share] = found
        if count.any():
            d, size = dispersion[:, count], phi[:, count]
            with np.errstate(all="ignore"):
                cost = np.where(d > 1.0, size * np.log(d), 1.0)
            best[:, count] = _cells.best_count(counts[:, count], size, cost)
            multiplier[:, count] = cost
        return best, multiplier

    def saturated(self, dispersions: ArrayLike) -> Saturated:
        """The best predictions at free dispersions (B, d)."""
        if self.settled is not None:
            return self.settled
        dispersion, values = self.all_dispersions(dispersions), self.observed()
        counts = np.where(self.kind == SHARE, self.size * values, values) * np.ones_like(dispersion)
        phi = self._phi(dispersion)
        best, multiplier = self._best(counts, phi, dispersion)
        top = self._counted_top(counts, phi, best, dispersion) + self._valued_top()
        return Saturated(counts, phi, best, multiplier, top)

    def _plain(self, predicted: Floats, dispersions: ArrayLike) -> tuple[Floats, Floats]:
        """(B, m) deviance residuals without loss, and their slopes in the cells."""
        x, ideal = self.cells(np.atleast_2d(predicted)), self.saturated(dispersions)
        residual, slope = self._valued(x)
        counted = self.kind >= COUNT
        if counted.any():
            found = _cells.deviance_residuals(*self._counted(x, ideal, counted))
            residual[:, counted], slope[:, counted] = found
        return np.where(np.isnan(residual), np.inf, residual), slope

    def _valued(self, x: Floats) -> tuple[Floats, Floats]:
        """The same of rows with sd; of others not set."""
        values, residual, slope = self.observed(), np.empty_like(x), np.empty_like(x)
        normal, ratio = self.kind == NORMAL, self.kind == RATIO
        residual[:, normal] = (values[normal] - x[:, normal]) / self.size[normal]
        slope[:, normal] = -1.0 / self.size[normal]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = (np.log(values[ratio]) - np.log(x[:, ratio])) / self.size[ratio]
            residual[:, ratio] = np.where(x[:, ratio] > 0, logs, np.inf)
            slope[:, ratio] = np.where(x[:, ratio] > 0, -1.0 / (self.size[ratio] * x[:, ratio]), 0.0)
        between = self.reach > 0
        if between.any():
            found = _cells.bounded_residuals(residual[:, between], self.reach[between])
            residual[:, between], slope[:, between] = found[0], found[1] * slope[:, between]
        return residual, slope

    def _counted(self, x: Floats, ideal: Saturated, counted: NDArray[np.bool_]) -> tuple[Floats, ...]:
        """Counts, predictions, phi, best predictions and multipliers of counts and shares."""
        shape = (len(x), int(counted.sum()))
        counts, phi, best, multiplier = (np.broadcast_to(a[:, counted], shape) for a in ideal[:4])
        return counts, x[:, counted], phi, best, multiplier

    def _valued_top(self) -> float:
        """Highest log-density of the rows with sd."""
        from scipy.special import erf

        values, normal, ratio = self.observed(), self.kind == NORMAL, self.kind == RATIO
        found = -np.log(self.size[normal | ratio] * np.sqrt(2.0 * np.pi)).sum() - np.log(values[ratio]).sum()
        w = self.reach[self.reach > 0]
        return float(found + np.log(np.sqrt(0.5 * np.pi) * erf(w / np.sqrt(2.0)) / w).sum())

    def _counted_top(self, counts: Floats, phi: Floats, best: Floats, dispersion: Floats) -> Floats:
        """(B,) highest log-density of counts and waves."""
        from scipy.special import gammaln

        found = _cells.height(counts, best, phi) - gammaln(counts + 1.0)
        count = self.kind == COUNT
        with np.errstate(all="ignore"):
            spread = counts * np.log((dispersion - 1.0) / dispersion) - phi * best * np.log(dispersion)
        found = np.where(count, found + np.where(dispersion > 1.0, spread, -best), found)
        total: Floats = np.where(count | (self.kind == SHARE), found, 0.0).sum(axis=1)
        first = [int(column.argmax()) for column in self.shares.T]
        n, size = self.size[first], phi[:, first]
        with np.errstate(all="ignore"):
            whole = np.where(np.isinf(size), 0.0, gammaln(size) - gammaln(n + size))
        made: Floats = total + (whole + gammaln(n + 1.0)).sum(axis=1)
        return made

    # ---- what is asked for -------------------------------------------------------------------

    def residuals(self, predicted: Floats, dispersions: ArrayLike) -> Floats:
        """(B, m) deviance residuals without loss: about standard normal where the model is right."""
        return self._plain(predicted, dispersions)[0]

    def deviances(self, predicted: Floats, dispersions: ArrayLike) -> Floats:
        """(B, b) deviance of each block, without loss."""
        return self._deviances(predicted, self.saturated(dispersions))

    def _deviances(self, predicted: Floats, ideal: Saturated) -> Floats:
        x = self.cells(np.atleast_2d(predicted))
        found, counted = self._valued(x)[0] ** 2, self.kind >= COUNT
        if counted.any():
            found[:, counted] = _cells.deviances(*self._counted(x, ideal, counted))
        with np.errstate(invalid="ignore"):
            together: Floats = np.where(np.isnan(found), np.inf, found) @ self.together
        return np.where(np.isnan(together), np.inf, together)

    def log_density(self, predicted: Floats, dispersions: ArrayLike) -> Floats:
        """(B,) log-density of the values; -inf where they cannot be. The loss takes its part."""
        ideal = self.saturated(dispersions)
        deviance = self._deviances(predicted, ideal)
        if self.loss == "huber":
            with np.errstate(invalid="ignore", over="ignore"):
                deviance = self._lost(deviance)[0]
        found: Floats = ideal.top - 0.5 * deviance.sum(axis=1)
        return found

    def _lost(self, deviance: Floats) -> tuple[Floats, Floats]:
        """Deviance after the loss, and its derivative by the deviance."""
        beyond = deviance > self.limit
        root = np.sqrt(np.where(beyond, deviance, self.limit))
        k = np.sqrt(self.limit)
        return np.where(beyond, 2.0 * k * root - self.limit, deviance), np.where(beyond, k / root, 1.0)

    def lost_residuals(
        self, predicted: Floats, dispersions: ArrayLike, slopes: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """(B, m) residuals after the loss, and (B, m, k) their derivatives.

        Parameters
        ----------
        predicted : (B, n) array
        slopes : (B, n, k) array, optional
            Derivatives of the predictions; left out, k = 0.
        """
        residual, slope = self._plain(predicted, dispersions)
        if slopes is None:
            slopes = np.zeros((*np.atleast_2d(predicted).shape, 0))
        jacobian = slope[..., None] * self.slopes_of_cells(slopes)
        if self.loss == "plain":
            return residual, jacobian
        deviance = (residual * residual) @ self.together
        lost, rate = self._lost(deviance)
        part = np.where(deviance > 0, deviance, 1.0)
        factor = np.where(deviance > 0, np.sqrt(lost / part), 1.0)
        # d sqrt(lost / deviance) = factor (rate / lost - 1 / deviance) / 2 x d deviance
        turn = np.where(
            deviance > self.limit, factor * (rate / np.where(lost > 0, lost, 1.0) - 1.0 / part), 0.0
        )
        along = np.einsum("mb,ymk->ybk", self.together, residual[..., None] * jacobian)
        spread = (turn[..., None] * along).transpose(0, 2, 1) @ self.together.T
        mine = factor @ self.together.T
        return residual * mine, mine[..., None] * jacobian + residual[..., None] * spread.transpose(0, 2, 1)

    def informed(self, predicted: Floats, dispersions: ArrayLike, slopes: Floats) -> Floats:
        """(B, m, k) rows whose products are the Fisher information about k parameters.

        From means and variances of the cells, so that bounds count as the sd of a uniform between them,
        wherever between them the prediction lies. Under the loss "huber" each block counts by its weight;
        never from the slopes of the residuals after the loss, which take bad waves for information.
        """
        x = self.cells(np.atleast_2d(predicted))
        dispersion = self.all_dispersions(dispersions)
        with np.errstate(divide="ignore"):
            weight = np.where(
                self.kind >= COUNT,
                _cells.information(x, self.size, dispersion),
                1.0 / (self.width * np.where(self.kind == RATIO, x, 1.0)) ** 2,
            )
        if self.loss == "huber":
            weight = weight * (self._lost(self.deviances(predicted, dispersions))[1] @ self.together.T)
        found: Floats = np.sqrt(weight)[..., None] * self.slopes_of_cells(slopes)
        return found

    def information(self, predicted: Floats, dispersions: ArrayLike, slopes: Floats) -> Floats:
        """(B, k, k) Fisher information about k parameters: see `informed`."""
        rows = self.informed(predicted, dispersions, slopes)
        found: Floats = rows.transpose(0, 2, 1) @ rows
        return found

    def simulate(self, predicted: Floats, dispersions: ArrayLike, rng: np.random.Generator) -> Floats:
        """Draw (n,) values where the model predicts (n,); n of a wave is rounded to whole draws."""
        x = self.cells(np.asarray(predicted, dtype=float))
        dispersion = self.all_dispersions(dispersions)[0]
        phi = self._phi(dispersion[None])[0]
        drawn = x.copy()
        normal, ratio = self.kind == NORMAL, self.kind == RATIO
        drawn[normal] += self.size[normal] * rng.standard_normal(int(normal.sum()))
        drawn[ratio] *= np.exp(self.size[ratio] * rng.standard_normal(int(ratio.sum())))
        if self.reach.any():
            away = self.size * self.reach * rng.uniform(-1.0, 1.0, len(x))
            drawn[normal] += away[normal]
            drawn[ratio] *= np.exp(away[ratio])
        count = self.kind == COUNT
        wide = count & (dispersion > 1.0)
        mean = x.copy()
        mean[wide] = rng.gamma(phi[wide] * x[wide]) / phi[wide]
        drawn[count] = rng.poisson(mean[count])
        for column in self.shares.T:
            cells = np.flatnonzero(column)
            p = np.maximum(x[cells], 0.0)
            if np.isfinite(phi[cells[0]]):
                p = rng.gamma(phi[cells] * p)
            draws = max(round(float(self.size[cells[0]])), 1)
            drawn[cells] = rng.multinomial(draws, p / p.sum()) / draws
        return drawn[: len(self.values)]

    def with_values(self, values: ArrayLike) -> Likelihood:
        """The same design with other values."""
        new = np.array(values, dtype=float)
        if new.shape != self.values.shape or not np.isfinite(new).all():
            raise FitError(f"values of shape {new.shape}; need {self.values.shape} finite numbers")
        new.setflags(write=False)
        return replace(self, values=new, settled=None).at_rest()

    def at_rest(self) -> Likelihood:
        """The same, with the best predictions found once and for all where they can be."""
        return self if self.typical.size else replace(self, settled=self.saturated(np.zeros((1, 0))))
