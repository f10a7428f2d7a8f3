"""What is held of a parameter before the data: a normal distribution on the scale it is fitted on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.errors import FitError
from balloon.scenario import find

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.scenario import Scenario

NORMAL, LOG_NORMAL, LOGIT_NORMAL = "normal", "log-normal", "logit-normal"
FORMS = (NORMAL, LOG_NORMAL, LOGIT_NORMAL)
LIMIT = 6.0
"""Standard deviations of its prior that a parameter may be away from its median."""
Z90 = 1.6448536269514722
"""95 % quantile of the standard normal."""
INSIDE = 0.05
"""Share of a range by which an end that the form cannot reach is moved inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A normal, log-normal or logit-normal prior, cut off at 6 standard deviations.

    On the scale theta on which parameters are fitted every prior is a standard normal: theta =
    (transformed value - transformed median) / sd.

    Examples
    --------
    A switching cost that is between 3 and 8 utils with 90 % probability:

    >>> prior = Prior.between(3.0, 8.0, form="log-normal")
    >>> round(prior.median, 2), round(prior.sd, 2)
    (4.9, 0.3)
    >>> [round(end, 6) for end in prior.interval()]
    [3.0, 8.0]
    """

    form: str
    """"normal", "log-normal" or "logit-normal"."""
    median: float
    """In the unit of the parameter."""
    sd: float
    """Of the value, of its logarithm, or of its logit."""
    lower: float = 0.0
    """End of a logit-normal that is never reached."""
    upper: float = 1.0
    """The other end."""
    source: str = "given"
    """Where it comes from, for reports."""

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise FitError(f"prior form {self.form!r}: there are {', '.join(map(repr, FORMS))}")
        if not self._inside(self.median):
            raise FitError(f"{self.form} prior: median is {self.median!r}; need {self._support()}")
        if not 0 < self.sd < math.inf:
            raise FitError(
                f"{self.form} prior: sd is {self.sd!r}; need a number > 0, or leave the parameter out"
            )

    @classmethod
    def normal(cls, median: float, sd: float) -> Prior:
        """A normal prior: asc, utilities."""
        return cls(form=NORMAL, median=median, sd=sd)

    @classmethod
    def log_normal(cls, median: float, sd: float) -> Prior:
        """A log-normal prior, sd of the logarithm: rates, costs, risk aversions."""
        return cls(form=LOG_NORMAL, median=median, sd=sd)

    @classmethod
    def logit_normal(cls, median: float, sd: float, *, lower: float = 0.0, upper: float = 1.0) -> Prior:
        """A logit-normal prior between two ends, sd of the logit: probabilities and shares."""
        return cls(form=LOGIT_NORMAL, median=median, sd=sd, lower=lower, upper=upper)

    @classmethod
    def between(
        cls,
        low: float,
        high: float,
        *,
        form: str,
        lower: float = 0.0,
        upper: float = 1.0,
        source: str = "given",
    ) -> Prior:
        """The prior whose central 90 % interval is low to high.

        An end that the form cannot reach (0 of a rate, 0 or 1 of a probability) is moved inside by a
        twentieth of the range.

        Raises
        ------
        FitError
            Ends that are not numbers, reversed, or outside what the form can take.
        """
        if not -math.inf < low < high < math.inf:
            raise FitError(f"range {low!r}..{high!r}: need two finite numbers, low < high")
        inside = INSIDE * (high - low)
        probe = cls(form=form, median=_middle(form, lower, upper), sd=1.0, lower=lower, upper=upper)
        if form != NORMAL and low == (lower if form == LOGIT_NORMAL else 0.0):
            low += inside
        if form == LOGIT_NORMAL and high == upper:
            high -= inside
        if not (probe._inside(low) and probe._inside(high)):
            raise FitError(f"range {low:g}..{high:g}: a {form} prior needs {probe._support()}")
        ends = probe._forward(np.array([low, high]))
        median = float(probe._back(ends.mean()))
        sd = float(ends[1] - ends[0]) / (2.0 * Z90)
        return cls(form=form, median=median, sd=sd, lower=lower, upper=upper, source=source)

    def _inside(self, value: float) -> bool:
        if self.form == NORMAL:
            return math.isfinite(value)
        if self.form == LOG_NORMAL:
            return 0.0 < value < math.inf
        return self.lower < value < self.upper

    def _support(self) -> str:
        if self.form == NORMAL:
            return "a finite number"
        if self.form == LOG_NORMAL:
            return "a number > 0"
        return f"a number between {self.lower:g} and {self.upper:g}, ends excluded"

    def _forward(self, value: Any) -> Any:
        if self.form == NORMAL:
            return value
        if self.form == LOG_NORMAL:
            return np.log(value)
        return np.log((value - self.lower) / (self.upper - value))

    def _back(self, transformed: Any) -> Any:
        if self.form == NORMAL:
            return transformed
        if self.form == LOG_NORMAL:
            return np.exp(transformed)
        return self.lower + (self.upper - self.lower) / (1.0 + np.exp(-transformed))

    def value(self, theta: ArrayLike) -> NDArray[Any]:
        """Values at standardised ones; real, or complex for exact derivatives."""
        return np.asarray(self._back(self._forward(self.median) + self.sd * np.asarray(theta)))

    def theta(self, value: ArrayLike) -> NDArray[np.float64]:
        """Standardised values at plain ones; not finite outside the support."""
        with np.errstate(divide="ignore", invalid="ignore"):
            transformed = self._forward(np.asarray(value, dtype=float))
            return np.asarray((transformed - self._forward(self.median)) / self.sd)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """The central interval, in the unit of the parameter."""
        from scipy.special import ndtri

        half = float(ndtri(0.5 + level / 2.0))
        return float(self.value(-half)), float(self.value(half))

    def describe(self) -> str:
        """In a few words, with the central 90 % interval."""
        low, high = self.interval()
        return f"{self.form}, 90 % in {low:.3g} to {high:.3g}"


def _middle(form: str, lower: float, upper: float) -> float:
    return {NORMAL: 0.0, LOG_NORMAL: 1.0}.get(form, (lower + upper) / 2.0)


# ---- which form for which parameter ----------------------------------------------------------

IDENTITY = ("asc", "outside_option", "peer_influence")
PROBABILITIES = (
    "spillover", "trial", "uninstall_probability", "idle_use", "cooperation", "share", "start", "start_apps",
    "belief", "value", "threshold",
)  # fmt: skip
ONCE_A_STEP = ("revision_rate", "rechoice_rate")
"""Rates of which a step takes min(1, rate dt): kept below 1 / dt, where that has a slope."""

Wanted: TypeAlias = "Prior | tuple[float, float]"


def default_form(scenario: Scenario, path: str) -> tuple[str, float, float]:
    """Form, lower and upper end by kind of parameter.

    Utilities: normal. Probabilities and shares: logit-normal. revision_rate and rechoice_rate:
    logit-normal below one in a step. All other numbers are >= 0: log-normal.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> default_form(scenario, "platforms.Signal.asc")[0]
    'normal'
    >>> default_form(scenario, "behaviour.learning_rate")[0]
    'log-normal'
    """
    noun, name = find(scenario, path)
    field = name.partition(".")[0]
    if field in IDENTITY or (type(noun).__name__, field) == ("PlatformChange", "onboarding_cost"):
        return NORMAL, 0.0, 1.0
    if field in ONCE_A_STEP:
        return LOGIT_NORMAL, 0.0, 1.0 / scenario.weeks
    return (LOGIT_NORMAL if field in PROBABILITIES else LOG_NORMAL), 0.0, 1.0


def make_prior(scenario: Scenario, path: str, wanted: Wanted | None) -> Prior:
    """The prior of one parameter: as given, from two ends, or from its range in the scenario.

    Raises
    ------
    FitError
        Neither a prior nor two numbers, or a parameter without a range.
    """
    if isinstance(wanted, Prior):
        return wanted
    form, lower, upper = default_form(scenario, path)
    source = "given"
    if wanted is None:
        wanted, source = scenario.ranges().get(path), "range in the scenario"
        if wanted is None:
            raise FitError(
                f"{path}: the scenario has no range for it to take as prior; give one: "
                f"free={{{path!r}: (low, high)}}"
            )
    try:
        low, high = (float(end) for end in wanted)
        return Prior.between(low, high, form=form, lower=lower, upper=upper, source=source)
    except (TypeError, ValueError) as error:
        said = f": {error}" if isinstance(error, FitError) else "; give a Prior, or (low, high)"
        raise FitError(f"{path}: prior {wanted!r}{said}") from error


def fitted_prior(scenario: Scenario, path: str, wanted: Wanted | None) -> Prior:
    """The prior of a parameter; refuses one that cannot vary, or whose start lies outside."""
    from balloon.engines.meanfield.values import VARIABLE

    noun, name = find(scenario, path)
    if name.partition(".")[0] not in VARIABLE.get(type(noun), ()):
        raise FitError(
            f"{path}: cannot be fitted, it shapes the layout of the model (dates, edges, contacts, numbers "
            "of actors); change it with scenario.with_(...) and compare"
        )
    own = own_value(scenario, path)
    prior = make_prior(scenario, path, wanted)
    away = float(prior.theta(own))
    if not abs(away) <= LIMIT:
        raise FitError(
            f"{path}: the prior ({prior.describe()}) excludes the start, the scenario's own value {own:g}; "
            f"widen it, or start inside: scenario.with_({{{path!r}: {prior.median:.3g}}})"
        )
    return prior


def own_value(scenario: Scenario, path: str) -> float:
    """The scenario's own value of a parameter."""
    noun, name = find(scenario, path)
    field, _, key = name.partition(".")
    value = getattr(noun, field)
    value = value.get(key) if key and isinstance(value, Mapping) else value
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise FitError(
            f"{path}: is {value!r} in the scenario; a fit needs a number to start from: "
            f"scenario.with_({{{path!r}: ...}})"
        )
    return float(value)


def pairs(free: Mapping[str, Wanted] | Iterable[Any]) -> list[tuple[str, Wanted | None]]:
    """Names with what is wanted of them, from a mapping, names, or pairs; refuses a name given twice."""
    if isinstance(free, str):
        raise FitError(f"free is {free!r}; need a mapping or a sequence of dotted paths")
    if isinstance(free, Mapping):
        found: list[tuple[str, Wanted | None]] = list(free.items())
    else:
        listed = [(one, None) if isinstance(one, str) else one for one in free]
        odd = [one for one in listed if not (isinstance(one, tuple | list) and len(one) == 2)]
        if odd:
            raise FitError(f"free holds {odd[0]!r}; need dotted paths, or pairs of a path and its prior")
        found = [(name, want) for name, want in listed]
    for name, _ in found:
        if not isinstance(name, str):
            raise FitError(f"free holds {name!r}; need a dotted path such as 'behaviour.switching_cost'")
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FitError(f"declared free twice: {', '.join(twice)}; name each parameter once")
    return found
