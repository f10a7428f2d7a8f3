"""How far the mean field is from the actors, by peer influence and contacts, and how fast it is.

    python -m benchmarks.meanfield                       # a quarter of an hour
    python -m benchmarks.meanfield --actors 5000 --replicates 2   # a look

Five platforms, 160 weeks, the largest starts to answer in week 40; shares of all actors at home on the
platforms, dormant and removed, root mean square over all weeks and places. Beside each error stands what
the luck of the replicates alone would make of it.
"""

from __future__ import annotations

import argparse
import time
from datetime import date, timedelta

import numpy as np

from balloon import Behaviour, Contacts, Cooperation, Group, Landscape, Platform, Population, Scenario
from balloon.agreement import discrepancy
from balloon.engines.meanfield import MeanField

START = date(2024, 1, 1)
INFLUENCES = (0.5, 1.0, 2.0, 4.0)
CONTACTS = {
    **{f"random {d}": Contacts(degree=float(d)) for d in (4, 10, 20, 50)},
    "clustered ring 10": Contacts(kind="small_world", degree=10.0, rewiring=0.05),
    **{f"afresh {d}": Contacts(kind="annealed", degree=float(d)) for d in (4, 10, 20)},
}
FREE = (
    *(f"platforms.{name}.asc" for name in "BCDE"),
    "groups.all.risk_aversion",
    *(
        f"behaviour.{name}"
        for name in (
            "switching_cost",
            "revision_rate",
            "learning_rate",
            "outside_option",
            "arrests_per_answer",
            "peer_influence",
        )
    ),
)


def case(peer_influence: float, contacts: Contacts, *, actors: int, steps: int = 160) -> Scenario:
    """The case at one peer influence."""
    platforms = tuple(
        Platform(name=n, asc=a, onboarding_cost=1.0, requests=0.05, undercover=0.001, cooperation=0.1)
        for n, a in zip("ABCDE", (1.5, 0.5, 0.2, 0.0, -0.3), strict=True)
    )
    crew = Group(name="all", start={"A": 0.5, "B": 0.2, "C": 0.15, "D": 0.1, "E": 0.05}, risk_aversion=5.0)
    return Scenario(
        name="meanfield",
        landscape=Landscape(platforms=platforms),
        population=Population(actors=actors, groups=(crew,), contacts=contacts),
        behaviour=Behaviour(
            peer_influence=peer_influence, switching_cost=3.0, outside_option=-3.0, replacement_rate=0.05
        ),
        interventions=(Cooperation(platform="A", start=START + timedelta(weeks=40), value=0.9),),
        start=START,
        steps=steps,
    )


def errors(actors: int, replicates: int) -> None:
    """Print the table of errors."""
    print("| peer influence | contacts | error | luck |\n|---|---|---|---|")
    for influence in INFLUENCES:
        for name, contacts in CONTACTS.items():
            told = discrepancy(case(influence, contacts, actors=actors), replicates=replicates, seed=1)
            print(f"| {influence:g} | {name} | {told.rmse:.4f} | {told.luck:.4f} |", flush=True)


def speed(rounds: int) -> None:
    """Print the time of a step, best of some runs."""
    scenario = case(0.5, Contacts(), actors=20_000)
    field, table = MeanField(scenario), scenario.evidence().set_index("path").value
    at = {path: float(table[path]) for path in FREE}
    one = np.eye(len(FREE)) * 1e-20j
    complex_steps = {path: at[path] + one[k] for k, path in enumerate(FREE)}
    walkers = {path: np.full(32, at[path]) for path in FREE}
    print("\n| vectors | milliseconds a step | a vector |\n|---|---|---|")
    for name, free in (("1 real", {}), ("11 complex", complex_steps), ("32 real", walkers)):
        best = min(_seconds(field, free) for _ in range(rounds)) / scenario.steps * 1000
        print(f"| {name} | {best:.2f} | {best / int(name.split()[0]):.3f} |")


def _seconds(field: MeanField, free: dict[str, np.ndarray]) -> float:
    begin = time.perf_counter()
    field.run(free)
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--actors", type=int, default=20_000)
    parser.add_argument("--replicates", type=int, default=8)
    asked = parser.parse_args()
    speed(5)
    print()
    errors(asked.actors, asked.replicates)


if __name__ == "__main__":
    main()
