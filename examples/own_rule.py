"""An own rule: a plain function of scalars, at full speed in every engine.

Crowds matter by the square root of their share: the first friends count most.

Run it with ``python examples/own_rule.py``.
"""

import math
from dataclasses import replace

import balloon as bl


def first_friends(traits, view, parameters):
    """Utility with decreasing returns to peers, in utils; arguments as in balloon.behaviour.rules."""
    fear = (1.0 - parameters.spillover) * view.belief + parameters.spillover * view.mean_belief
    return (
        view.asc
        + parameters.peer_influence * math.sqrt(view.peers)
        - traits.risk_aversion * fear
        - parameters.switching_cost * view.friction
        - view.onboarding_cost
    )


def scenarios(actors=1000):
    """The built-in rule and the own one, side by side."""
    built_in = bl.load("minimal").with_({"population.actors": actors, "behaviour.peer_influence": 2.0})
    behaviour = replace(built_in.behaviour, utility=first_friends)
    return {"built-in": built_in, "first friends": replace(built_in, behaviour=behaviour)}


def main(actors=1000, replicates=5):
    """Print who is left on Telegram under each rule, and return the shares."""
    left = {}
    for name, scenario in scenarios(actors).items():
        runs = bl.simulate(scenario, replicates=replicates, seed=1)
        homes = runs.data.actors.isel(time=-1).sel(place="Telegram")
        left[name] = float(homes.mean()) / actors
        print(f"{name}: {left[name]:.0%} of the actors are on Telegram at the end")
    return left


if __name__ == "__main__":
    main()
