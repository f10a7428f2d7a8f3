"""The rules of behaviour on whole arrays: the same text that the compiled engine runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._jit import plain
from balloon.behaviour import rules as built_in
from balloon.behaviour.inputs import Enforcement, Parameters, Traits, View
from balloon.engines.refusal import meaningless
from balloon.errors import EngineError, RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.behaviour import Behaviour
    from balloon.scenario import Scenario


OfArrays = Any
"""`Traits`, `View` or `Enforcement` with arrays in the place of scalars."""


TRAITS: Any = Traits
VIEW: Any = View
ENFORCEMENT: Any = Enforcement


class Rules(NamedTuple):
    """The three rules, called with arrays in the place of scalars."""

    utility: Callable[..., Any]
    hazard: Callable[..., Any]
    revision_rate: Callable[..., Any]


def rules_of(behaviour: Behaviour) -> Rules:
    """The scenario's own rules, else the built-in ones.

    An own rule that is plain arithmetic runs on whole arrays; one with branches, or with functions
    that take scalars only, is called for one element after another.
    """
    utility, hazard, rate = behaviour.utility, behaviour.hazard, behaviour.revision_rate_rule
    return Rules(
        utility=_spread(utility, View) if utility else plain(built_in.utility),
        hazard=_spread(hazard, Enforcement) if hazard else plain(built_in.hazard),
        revision_rate=_spread(rate) if rate else plain(built_in.revision_rate),
    )


AXES: dict[str, tuple[int, int | None]] = {
    "hazard": (-3, -1), "revision_rate_rule": (-2, None), "utility": (-4, -1),
}  # fmt: skip
"""Axes of groups and of platforms in what a rule gives."""


def heard(scenario: Scenario, rule: str, given: Any, used: NDArray[np.bool_]) -> Any:
    """What a rule gave, refused if it is an own one and means nothing where it is used.

    Raises
    ------
    RunError
        A utility that is nan or inf, or a rate that is not a finite number >= 0.
    """
    if getattr(scenario.behaviour, rule) is None:
        return given
    real = np.asarray(np.real(given))
    means_something = real < np.inf
    if rule != "utility":
        means_something &= real >= 0.0
    bad = used & ~means_something
    if not bad.any():
        return given
    first = np.unravel_index(np.argmax(bad), bad.shape)
    group, platform = AXES[rule]
    where = f"to group {scenario.groups[first[group]].name!r}"
    if platform is not None:
        where += f" for {scenario.platforms[first[platform]]!r}"
    raise RunError(meaningless(rule, float(np.broadcast_to(real, bad.shape)[first]), where, scenario))


def _spread(rule: Callable[..., Any], sight: type[Any] | None = None) -> Callable[..., Any]:
    """A rule of scalars as one of arrays; ``sight`` is the tuple of its second argument, if it has one."""
    pair = np.array([0, 1])
    half = np.array([0.25, 0.5])

    def some(kind: type[Any]) -> Any:
        whole = ("group", "platform")
        return kind(*(pair if name in whole else half for name in kind._fields))

    middle = (some(sight),) if sight else (half, half)
    try:
        with np.errstate(all="ignore"):
            rule(some(Traits), *middle, some(Parameters))
    except (TypeError, ValueError):
        return _one_by_one(rule, sight)
    return rule


def _one_by_one(rule: Callable[..., Any], sight: type[Any] | None) -> Callable[..., Any]:
    traits, middle = len(Traits._fields), len(sight._fields) if sight else 2

    def scalar(*numbers: Any) -> Any:
        seen = numbers[traits : traits + middle]
        between = (sight(*seen),) if sight else seen
        return rule(Traits(*numbers[:traits]), *between, Parameters(*numbers[traits + middle :]))

    each = np.frompyfunc(scalar, traits + middle + len(Parameters._fields), 1)

    def spread(*arguments: Any) -> Any:
        flat = [number for one in arguments for number in (one if isinstance(one, tuple) else (one,))]
        derived = any(np.iscomplexobj(number) for number in flat)
        try:
            found = np.asarray(each(*flat))
        except TypeError as error:
            if not derived:
                raise
            raise EngineError(
                f"own rule {rule.__qualname__!r} cannot be given complex numbers ({error}); write it as "
                "arithmetic with numpy's functions, or leave derivatives by complex steps out"
            ) from error
        return found.astype(complex if derived else float)

    return spread
