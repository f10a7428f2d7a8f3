"""How many replicates the same luck in both worlds saves.

`python -m benchmarks.pairing` runs every preset with and without its interventions and prints, for what
the squeezed platform lost and what reappeared on the others, the variance of the difference between
worlds of independent luck over that between pairs: so many times more replicates would be needed for an
interval as narrow.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

import balloon as bl
from balloon.precision import saved_by_pairing

ASKED = 2.3
"""The least that design section 3 gives; it measured 2.3 to 6.5."""


def measured(name: str, *, replicates: int, seed: int, actors: int) -> tuple[float, float, float]:
    """Times saved for the loss and for what reappears; correlation of the two worlds."""
    scenario = bl.load(name).with_({"population.actors": actors})
    effect = bl.contrast(scenario.without(), scenario, replicates=replicates, seed=seed)
    ours, theirs = (runs.data.actors.values[:, -1, :-2] for runs in (effect.baseline, effect.alternative))
    x = scenario.platforms.index(scenario.squeezed)
    others = [q for q in range(len(scenario.platforms)) if q != x]
    loss = saved_by_pairing(ours[:, x], theirs[:, x])
    gain = saved_by_pairing(ours[:, others].sum(axis=1), theirs[:, others].sum(axis=1))
    spread = ours[:, x].std() > 0 < theirs[:, x].std()
    return loss, gain, float(np.corrcoef(ours[:, x], theirs[:, x])[0, 1]) if spread else np.nan


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--actors", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.replicates} pairs of {asked.actors:,} actors, seed {asked.seed}\n")
    print("| scenario | loss: times saved | displaced: times saved | correlation of the worlds |")
    print("|---|---|---|---|")
    for name in bl.presets.names():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bl.BalloonWarning)
            loss, gain, together = measured(
                name, replicates=asked.replicates, seed=asked.seed, actors=asked.actors
            )
        print(f"| {name} | {loss:.1f} | {gain:.1f} | {together:.2f} |")
    print(f"\nAsked: {ASKED} at least, where the platform goes on (a closed one is empty in every run).")


if __name__ == "__main__":
    main()
