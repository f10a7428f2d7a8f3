"""A scenario in SolaraViz: sliders, curves, step by step.

Needs Mesa's own extra (``pip install "mesa[viz]"``); run it with ``solara run examples/solara_app.py``.
"""

from mesa import DataCollector
from mesa.visualization import SolaraViz, make_plot_component

import balloon as bl


class Squeeze(bl.BalloonModel):
    """Telegram starts to answer; the sliders are the arguments."""

    def __init__(self, *, actors=300, cooperation=0.95, peer_influence=1.0, seed=1):
        changes = {
            "population.actors": actors,
            "interventions.cooperation:Telegram:2024-10-01.value": cooperation,
            "behaviour.peer_influence": peer_influence,
        }
        super().__init__(bl.load("minimal").with_(changes), seed=seed)
        places = {place: _counter(place) for place in self.places}
        self.datacollector = DataCollector(model_reporters=places)
        self.datacollector.collect(self)

    def step(self):
        """One week; then the curves grow."""
        super().step()
        self.datacollector.collect(self)


def _counter(place):
    """A reporter for one place."""
    return lambda model: model.count(place)


def slider(label, value, low, high, step):
    """A slider as SolaraViz wants it."""
    kind = "SliderInt" if isinstance(value, int) else "SliderFloat"
    return {"type": kind, "label": label, "value": value, "min": low, "max": high, "step": step}


controls = {
    "actors": slider("Actors", 300, 50, 2000, 50),
    "cooperation": slider("Share of requests answered", 0.95, 0.0, 1.0, 0.05),
    "peer_influence": slider("Peer influence, utils", 1.0, 0.0, 6.0, 0.5),
    "seed": slider("Seed", 1, 0, 100, 1),
}
model = Squeeze()
colours = ("tab:blue", "tab:orange", "tab:green", "tab:gray", "tab:red")
curves = make_plot_component(dict(zip(model.places, colours, strict=True)))
page = SolaraViz(model, components=[curves], model_params=controls, name="balloon")
