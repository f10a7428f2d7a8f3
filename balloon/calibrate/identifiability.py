"""What the observations say of the parameters, before any interval is believed.

The Fisher information F is taken on the scale on which every prior is a standard normal. The posterior
covariance is (F + 1)^-1; an eigenvalue of F far above 1 belongs to a combination of parameters that the
data fix, one far below 1 to a combination of which the prior is returned, and one of 0 to an exact null
direction: parameters that can change together without changing any prediction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from balloon.calibrate.problem import Problem

    Floats: TypeAlias = NDArray[np.float64]

IDENTIFIED, WEAKLY = "identified", "weakly"
PRIOR_RETURNED = "Not identified by these data (prior returned)"
CONTRACTED, TOUCHED = 0.5, 0.1
"""Contraction from which a parameter counts as identified, and as weakly identified."""
FAR, NEAR = 3.0, 0.3
"""Distance from its prior, in the sd that it has before the data are seen, and in the prior's, from which
a parameter that is not identified counts as pulled."""
NOTHING = 1e-9
"""Singular value, in parts of the largest, up to which a direction is null: rounding leaves 1e-13."""
PART, NULL_PART = 0.3, 1e-3
"""Share of the largest from which a parameter belongs to a sloppy direction, and to a null one: there
whatever takes part is not identified by the data, however narrow the prior of its partner makes it."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Identifiability:
    """What the data say; made by `Fit.identifiability`, printed as a report."""

    names: tuple[str, ...]
    eigenvalues: Floats
    """(k,) of the information, in units of the prior's, largest first."""
    directions: Floats
    """(k, k) row r belongs to eigenvalue r; on the scale of prior standard deviations."""
    contraction: Floats
    """(k,) 1 - posterior sd / prior sd; 0: the data say nothing."""
    sloppy: tuple[str, ...]
    """The combinations of which the data say least, in words, the worst first; without the null ones."""
    null: tuple[str, ...]
    """Exact null directions, in words."""
    in_null: tuple[bool, ...]
    """(k,) which parameters belong to an exact null direction."""
    pulled: tuple[str, ...]
    """Parameters that are not identified and lie farther from their priors than so little information
    moves them, in words: data and model, or data and priors, contradict each other."""

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One for each parameter."""
        both = zip(self.contraction, self.in_null, strict=True)
        return tuple(PRIOR_RETURNED if null else verdict(float(c)) for c, null in both)

    def to_frame(self) -> pd.DataFrame:
        """Contraction and verdict by parameter."""
        import pandas as pd

        index = pd.Index(self.names, name="parameter")
        return pd.DataFrame({"contraction": self.contraction, "verdict": self.verdicts}, index=index)

    def __str__(self) -> str:
        width = max(map(len, self.names))
        lines = ["contraction (1 - posterior sd / prior sd):"]
        table = zip(self.names, self.contraction, self.verdicts, strict=True)
        lines += [f"  {name:<{width}}  {c:5.2f}  {said}" for name, c, said in table]
        lines.append(
            "information in units of the prior's: " + ", ".join(f"{e:.3g}" for e in self.eigenvalues)
        )
        lines += [f"exact null direction: {said}" for said in self.null]
        lines += [f"{hardly(said)}: {said}" for said in self.sloppy]
        lines += [f"moved, though hardly narrowed: {said}" for said in self.pulled]
        return "\n".join(lines)


def hardly(direction: str) -> str:
    """What is said of a sloppy direction: of several parameters that they are hardly told apart.

    Examples
    --------
    >>> hardly("trial +0.1 with asc -0.2"), hardly("trial +0.1")
    ('hardly told apart', 'hardly told')
    """
    return "hardly told apart" if " with " in direction else "hardly told"


def verdict(contraction: float) -> str:
    """Whether the data say anything about a parameter.

    Examples
    --------
    >>> verdict(0.8), verdict(0.3)
    ('identified', 'weakly')
    """
    if contraction >= CONTRACTED:
        return IDENTIFIED
    return WEAKLY if contraction >= TOUCHED else PRIOR_RETURNED


def identifiability(problem: Problem, theta: Floats, spread: Floats | None = None) -> Identifiability:
    """Judge what the data say at a point.

    Parameters
    ----------
    problem : Problem
    theta : (k,) array
        As a rule the mode.
    spread : (k,) array, optional
        Posterior standard deviations, from draws; by default from the information.
    """
    rows = problem.informed(theta)
    # At least k rows, so that there are k singular values.
    found = np.linalg.svd(np.concatenate([rows, np.zeros((len(theta), len(theta)))]), full_matrices=False)
    values, vectors = found.S**2, found.Vh
    if spread is None:
        spread = np.sqrt(np.diag(np.linalg.inv(rows.T @ rows + np.eye(len(theta)))))
    nothing = NOTHING * max(float(found.S[0]), 1.0) >= found.S
    null = _apart(vectors[nothing])
    silent = [verdict(1.0 - one) == PRIOR_RETURNED for one in spread]
    weak = [r for r in range(len(values))[::-1] if not nothing[r] and values[r] < 1.0]
    return Identifiability(
        names=problem.names,
        eigenvalues=values,
        directions=vectors,
        contraction=1.0 - spread,
        sloppy=tuple(_words(problem, theta, vectors[r]) for r in weak[:3]),
        null=tuple(_null_words(problem, theta, row) for row in null),
        in_null=tuple(bool(np.any(np.abs(column) >= NULL_PART)) for column in null.T),
        pulled=_pulled(problem.names, theta, spread, silent),
    )


def _pulled(names: Sequence[str], theta: Floats, spread: Floats, silent: Sequence[bool]) -> tuple[str, ...]:
    """Which parameters of those lie out of proportion to what the data tell of them.

    Where the priors are right and the model is, the posterior mean of a parameter has the variance that
    the data take from the prior: 1 - spread^2.
    """
    usual = np.sqrt(np.maximum(1.0 - spread**2, 0.0))
    far = (np.abs(theta) > FAR * usual) & (np.abs(theta) > NEAR)
    return tuple(
        f"{names[j]} by {theta[j]:+.1f} prior sd, where so little information moves it by {usual[j]:.1f}; "
        "data and model, or data and priors, contradict each other"
        for j in np.flatnonzero(far & silent).tolist()
    )


def _apart(basis: Floats) -> Floats:
    """The null space by rows with as many zeros as possible: reduced row echelon form, of unit length."""
    rows, r = basis.copy(), 0
    for column in np.argsort(-np.abs(basis).max(axis=0, initial=0.0)):
        if r == len(rows):
            break
        best = r + int(np.abs(rows[r:, column]).argmax())
        if abs(rows[best, column]) < 1e-6:
            continue
        rows[[r, best]] = rows[[best, r]]
        rows[r] /= rows[r, column]
        others = np.arange(len(rows)) != r
        rows[others] -= np.outer(rows[others, column], rows[r])
        r += 1
    rows[np.abs(rows) < 1e-6] = 0.0
    found: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def _null_words(problem: Problem, theta: Floats, direction: Floats) -> str:
    members = _members(direction, NULL_PART)
    if len(members) == 1:
        return f"{problem.names[members[0]]}: no observation depends on it; fix it"
    return f"{_words(problem, theta, direction, NULL_PART)} change no observation; fix one of them"


def _members(direction: Floats, part: float) -> Sequence[int]:
    order = np.argsort(-np.abs(direction))
    return [int(j) for j in order if abs(direction[j]) >= part * abs(direction[order[0]])]


def _words(problem: Problem, theta: Floats, direction: Floats, part: float = PART) -> str:
    """Which parameters change together, and how: the first by half of its prior sd."""
    members = _members(direction, part)
    step = direction * 0.5 / direction[members[0]]
    before, after = problem.values(theta), problem.values(theta + step)
    said = []
    for j in members:
        name = problem.names[j]
        a, b = float(before[name][0]), float(after[name][0])
        said.append(
            f"{name} x {b / a:.2f}" if problem.priors[name].form == "log-normal" else f"{name} {b - a:+.2g}"
        )
    return " with ".join(said)


def correlation(covariance: Floats) -> Floats:
    """(k, k) correlations of a covariance.

    Examples
    --------
    >>> correlation(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    sd = np.sqrt(np.diag(covariance))
    found: Floats = covariance / np.outer(sd, sd)
    return found


def bits(eigenvalues: Floats) -> float:
    """What the data say in all: half the sum of log2(1 + eigenvalue), in bits.

    Examples
    --------
    >>> bits(np.array([3.0, 0.0]))
    1.0
    """
    return float(0.5 * np.log1p(eigenvalues).sum() / math.log(2.0))
