"""Own rules for the twins: each leans on everything that it is given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balloon.behaviour.inputs import Enforcement, Parameters, Traits, View


def loyal(traits: Traits, view: View, parameters: Parameters) -> float:
    """Crowds count by their square root, and the platforms differ by their number."""
    crowd = parameters.peer_influence * math.sqrt(view.peers)
    fear = traits.risk_aversion * (view.belief * view.belief + view.mean_belief * parameters.spillover)
    cost = parameters.switching_cost * view.friction * (1.0 + 0.1 * traits.group)
    return view.asc + crowd - fear - cost - view.onboarding_cost - 0.01 * view.platform


def cautious(traits: Traits, enforcement: Enforcement, parameters: Parameters) -> float:
    """The fearful are caught less often."""
    care = 1.0 / (1.0 + 0.05 * traits.risk_aversion)
    asked = enforcement.requests * enforcement.cooperation * parameters.arrests_per_answer
    return care * traits.exposure * (asked + enforcement.undercover / (1.0 + enforcement.platform))


def jumpy(traits: Traits, removed: float, weeks: float, parameters: Parameters) -> float:
    """The fearful reconsider more often, all the more when contacts vanish."""
    return parameters.revision_rate * (1.0 + 0.01 * traits.risk_aversion) + 2.0 * removed / weeks


ALL = {"utility": loyal, "hazard": cautious, "revision_rate_rule": jumpy}
