"""Own rules tried once in plain Python, so that what cannot be compiled is refused in a sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.behaviour.inputs import Enforcement, Traits, View
from balloon.errors import EngineError

if TYPE_CHECKING:
    from balloon.behaviour.behaviour import Behaviour

ARGUMENTS = {
    "utility": "traits, view, parameters",
    "hazard": "traits, enforcement, parameters",
    "revision_rate_rule": "traits, removed, weeks, parameters",
}


def try_rules(behaviour: Behaviour) -> None:
    """Refuse an own rule with other arguments than those it is given, or that returns no number.

    Arithmetic that fails in plain Python, as a division by 0 does, is left to the run: compiled
    code goes on with infinity there.

    Raises
    ------
    EngineError

    Examples
    --------
    >>> from balloon import Behaviour
    >>> def homesick(traits, view, parameters):
    ...     return -view.friction
    >>> try_rules(Behaviour(utility=homesick))
    """
    someone = Traits(group=0, risk_aversion=1.0, exposure=1.0)
    view = View(0, asc=0.5, peers=0.5, belief=0.1, mean_belief=0.1, friction=1.0, onboarding_cost=0.5)
    works = Enforcement(platform=0, undercover=0.01, requests=0.1, cooperation=0.5)
    numbers = behaviour.parameters
    given: dict[str, tuple[Any, ...]] = {
        "utility": (someone, view, numbers),
        "hazard": (someone, works, numbers),
        "revision_rate_rule": (someone, 0.1, 1.0, numbers),
    }
    for name, rule in behaviour.own_rules.items():
        _try(f"own rule {name} ({rule.__module__}.{rule.__qualname__})", rule, given[name], ARGUMENTS[name])


def _try(said: str, rule: Callable[..., Any], given: tuple[Any, ...], arguments: str) -> None:
    signature = inspect.signature(rule)
    try:
        signature.bind(*given)
    except TypeError as error:
        raise EngineError(
            f"{said} takes ({', '.join(signature.parameters)}), but is given ({arguments}); write it with "
            "these"
        ) from error
    try:
        with np.errstate(all="ignore"):
            value = rule(*given)
    except (ArithmeticError, ValueError):
        return
    except Exception as error:
        raise EngineError(
            f"{said} raises {type(error).__name__}: {error}, when it is given ({arguments}); need a plain "
            "function of these that returns a number (see docs/howto/own-rule.md)"
        ) from error
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Real):
        missing = " (is a return missing?)" if value is None else ""
        raise EngineError(f"{said} returns {value!r}{missing}; need a number, such as 0.5")
