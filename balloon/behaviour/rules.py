"""The built-in rules: formulae with units, scalars in, scalar out. One source text for all engines.

An own rule has the same arguments and stands in the place of one of these; it must be plain
arithmetic (no abs, max or branch on parameters if it is to be fitted by complex steps).
"""

from __future__ import annotations

from balloon._bundle import bundle
from balloon._jit import scalar
from balloon.behaviour.inputs import Enforcement, Parameters, Traits, View

bundle(Parameters)


@scalar
def utility(traits: Traits, view: View, parameters: Parameters) -> float:
    """What a platform is worth to an actor without its shock, in utils.

    asc + peer_influence peers - r ((1 - spillover) belief + spillover mean belief)
    - switching_cost friction - onboarding cost.
    """
    fear = (1.0 - parameters.spillover) * view.belief + parameters.spillover * view.mean_belief
    return (
        view.asc
        + parameters.peer_influence * view.peers
        - traits.risk_aversion * fear
        - parameters.switching_cost * view.friction
        - view.onboarding_cost
    )


@scalar
def hazard(traits: Traits, enforcement: Enforcement, parameters: Parameters) -> float:
    """Arrests per week at home on a platform: exposure (undercover + answered requests' arrests)."""
    answered = enforcement.requests * enforcement.cooperation
    return traits.exposure * (enforcement.undercover + answered * parameters.arrests_per_answer)


@scalar
def revision_rate(traits: Traits, removed: float, weeks: float, parameters: Parameters) -> float:
    """Revisions per week; ``removed`` is the share of contacts removed in the last step."""
    return parameters.revision_rate * (1.0 + parameters.vigilance * removed / weeks)
