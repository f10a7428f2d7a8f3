"""Run one contender in this process and say how much memory it took: `python -m benchmarks.memory`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from benchmarks import case, contenders
from benchmarks.clock import peak_memory


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the peak before and after the run in GB, and the run's wall time in seconds, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=(*contenders.NAMES, "simulate"))
    parser.add_argument("actors", type=int)
    parser.add_argument("steps", type=int)
    parser.add_argument("--revision-rate", type=float, default=0.2)
    given = parser.parse_args(arguments)

    def run(actors: int, steps: int) -> None:
        scenario = case.scenario(actors, revision_rate=given.revision_rate, steps=steps)
        if given.contender == "simulate":
            from balloon.simulate import simulate

            simulate(scenario, seed=1)
        else:
            for _ in contenders.states(given.contender, scenario, seed=1):
                pass

    run(100, 2)  # imports and compiles
    before, begun = peak_memory(), time.perf_counter()
    run(given.actors, given.steps)
    seconds = time.perf_counter() - begun
    print(json.dumps({"before": before, "peak": peak_memory(), "seconds": seconds}))


if __name__ == "__main__":
    main()
