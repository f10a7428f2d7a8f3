"""Own actors: subclass `Actor`, override a method, look on with Mesa's own tools.

Run it with ``python examples/own_actor.py``.
"""

from mesa import DataCollector

import balloon as bl


class Homesick(bl.Actor):
    """Values the platform it stands on, whatever the rest of the theory says."""

    def utility(self, traits, view):
        """Two utils more where nothing has to be left behind."""
        return super().utility(traits, view) + (2.0 if view.friction == 0 else 0.0)


def main(actors=300, steps=26):
    """Print who leaves Telegram among homesick and other actors; return Mesa's data frames."""
    scenario = bl.load("minimal").with_({"population.actors": actors}).with_(steps=steps)
    frames = {}
    for kind in (bl.Actor, Homesick):
        model = bl.BalloonModel(scenario, seed=7, actor=kind)
        collector = DataCollector(
            model_reporters={"date": "date", "Telegram": lambda m: m.count("Telegram")},
            agent_reporters={"home": "home", "risk_aversion": "risk_aversion"},
        )
        collector.collect(model)
        while model.running:
            model.step()
            collector.collect(model)
        frames[kind.__name__] = collector.get_model_vars_dataframe()
        fearful = model.agents.select(lambda a: a.home == "dormant").agg("risk_aversion", _mean)
        print(
            f"{kind.__name__}: {model.count('Telegram')} of {actors} on Telegram on {model.date}; "
            f"mean risk aversion of the dormant {fearful:.1f}"
        )
    return frames


def _mean(values):
    """Mean, nan of nobody."""
    return sum(values) / len(values) if values else float("nan")


if __name__ == "__main__":
    main()
