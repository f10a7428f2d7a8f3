"""The words in which a run is refused whose own rules, or own actors, give what means nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from balloon._values import DORMANT
from balloon.engines.faults import GIVEN, OF_HAZARD, OF_REVISION, OF_TRIAL, OF_UTILITY, PLACE, STEP, WHO
from balloon.errors import RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

RULES = {
    OF_HAZARD: "hazard", OF_REVISION: "revision_rate_rule", OF_UTILITY: "utility", OF_TRIAL: "utility",
}  # fmt: skip
METHODS = {"hazard": "hazard", "revision_rate_rule": "revision_rate", "utility": "utility"}
"""What of an actor takes the place of each rule."""

NEED = {
    "hazard": "a finite number of arrests per week >= 0",
    "revision_rate_rule": "a finite number of revisions per week >= 0",
    "utility": "a finite number of utils, or -inf for what is never chosen",
}


def overridden(actor: type[Any]) -> list[str]:
    """The rules that a subclass of `Actor` has methods of its own for."""
    theory = next(kind for kind in actor.__mro__ if kind.__module__ == "balloon.engines.actor")
    return [rule for rule, name in METHODS.items() if getattr(actor, name) is not getattr(theory, name)]


def refuse_faults(fault: NDArray[Any], scenario: Scenario, actor: type[Any] | None = None) -> None:
    """Refuse to go on where an own rule gave what means nothing.

    Raises
    ------
    RunError
        A utility that is nan or inf, or a rate that is not a finite number >= 0.
    """
    noted = [(float(row[WHO]), kind) for kind, row in enumerate(fault) if math.isfinite(row[WHO])]
    if not noted:
        return
    who, kind = min(noted)
    place = int(fault[kind, PLACE])
    name = repr((*scenario.platforms, DORMANT)[place])
    if who < 0:
        asked = f"group {scenario.groups[int(who)].name!r} for its belief about {name} at the start"
    else:
        at = "at home on" if kind in (OF_HAZARD, OF_REVISION) and name != repr(DORMANT) else "for"
        asked = f"slot {int(who)} {at} {name}{' if switching were free' if kind == OF_TRIAL else ''}"
    where = f"in step {int(fault[kind, STEP])} to {asked}"
    raise RunError(meaningless(RULES[kind], float(fault[kind, GIVEN]), where, scenario, actor))


def refuse_answer(kind: int, given: Any, one: Any) -> NoReturn:
    """Refuse what an actor says that is no number at all."""
    where = f"in step {one.model.t} to slot {one.slot}"
    raise RunError(meaningless(RULES[kind], given, where, one.model.world, type(one)))


def meaningless(rule: str, given: Any, where: str, scenario: Scenario, actor: type[Any] | None = None) -> str:
    """What a rule gave, where, what is allowed, and the way out."""
    if actor is not None and rule in overridden(actor):
        said = f"{METHODS[rule]} of actor {actor.__module__}.{actor.__qualname__}"
        contract = "ActorContract"
    else:
        own = scenario.behaviour.own_rules[rule]
        said = f"own rule {rule} ({own.__module__}.{own.__qualname__})"
        contract = "RuleContract"
    return (
        f"{said} gave {given!r} {where}; need {NEED[rule]}: let it give one there too; "
        f"balloon.testing.{contract} tries it over the whole range"
    )
