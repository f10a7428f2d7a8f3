"""Run the peers and balloon's engines on one case and write what came out as Markdown.

`python -m benchmarks.speed --quick` takes under a minute, without `--quick` it takes some ten.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks import clock

# Before NumPy and numba are loaded: they read it once.
os.environ.update(clock.ONE_THREAD)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much of everything is run."""

    sizes: tuple[int, ...]
    rounds: int
    replicates: int
    """Of the job of many replicates."""
    crowd: int
    """Actors of the memory test."""
    trials: int
    """Runs a contender makes for the comparison of results."""
    object_steps: int
    """Actor-steps asked of plain Python, at some hundred thousand a second."""
    whole: bool
    """Also what takes minutes."""


QUICK = Scale(
    sizes=(10_000, 100_000),
    rounds=2,
    replicates=40,
    crowd=1_000_000,
    trials=12,
    object_steps=40_000,
    whole=False,
)
FULL = Scale(
    sizes=(10_000, 100_000, 1_000_000),
    rounds=4,
    replicates=1_000,
    crowd=10_000_000,
    trials=40,
    object_steps=500_000,
    whole=True,
)
RATES = (1.0, 0.2)
STEPS = 52

Lines = list[str]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Lines:
    """A Markdown table."""
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return out + ["| " + " | ".join(map(str, row)) + " |" for row in rows] + [""]


def verdict(*, measured: float, target: float, at_least: bool) -> str:
    """Whether a target is met."""
    return "met" if (measured >= target if at_least else measured <= target) else "**missed**"


def present() -> list[str]:
    """The contenders that can be run here."""
    from benchmarks import contenders

    return [name for name in contenders.NAMES if contenders.available(name)]


def speeds(scale: Scale) -> Lines:
    """Million actor-steps a second, and times faster than each peer, in one run in turns."""
    from benchmarks import case, contenders

    names = present()
    rows, targets = [], []
    for rate in RATES:
        for actors in scale.sizes:
            runners = []
            for name in names:
                steps, rounds = effort(name, actors, scale)
                if steps == 0:
                    continue
                scenario = case.scenario(actors, revision_rate=rate, steps=steps)
                runners.append(
                    clock.Contender(
                        name=name,
                        states=partial(contenders.states, name, scenario),
                        actors=actors,
                        rounds=rounds,
                    )
                )
            laps = clock.race(runners)
            fastest = laps["arrays"]
            for name, lap in laps.items():
                ratio = "" if name == "arrays" else f"{fastest.speed / lap.speed:.3g}"
                row = (f"{rate:g}", f"{actors:,}", contenders.LABELS[name], f"{lap.speed:.3g}", ratio)
                rows.append((*row, f"{lap.setup:.3g}"))
            targets += speed_targets(rate, actors, laps)
    head = (
        "revisions a week",
        "actors",
        "implementation",
        "million actor-steps/s",
        "arrays is faster by",
        "setup, s",
    )
    return [
        "## Speed, one thread",
        "",
        *table(head, rows),
        *table(("target", "asked", "measured", ""), targets),
    ]


def effort(name: str, actors: int, scale: Scale) -> tuple[int, int]:
    """Steps and rounds: objects do fewer of both, and none where that takes minutes."""
    if name in ("arrays", "numpy"):
        return (STEPS if actors < 1_000_000 else STEPS // 4), scale.rounds
    if name == "objects" and actors > (100_000 if scale.whole else 10_000):
        return 0, 0
    steps = min(max(scale.object_steps // actors, 2), STEPS)
    return steps, (scale.rounds // 2 if actors < 100_000 else 1)


def speed_targets(rate: float, actors: int, laps: dict[str, clock.Lap]) -> list[tuple[str, ...]]:
    """What the laps say about the targets."""
    arrays = laps["arrays"].speed
    asked: list[tuple[str, float, float]] = []
    if rate == 1 and actors == 100_000:
        asked += [
            (f"times {peer} at 100,000 actors, everybody reconsiders", target, arrays / laps[key].speed)
            for key, peer, target in (("mesa", "plain Mesa", 300.0), ("numpy", "NumPy + scipy.sparse", 4.0))
        ]
    if rate == 0.2 and actors >= 100_000:
        target = 80.0 if actors == 100_000 else 50.0
        asked.append((f"million actor-steps/s at {actors:,} actors, revision rate 0.2", target, arrays))
    return [
        (what, f">= {target:g}", f"{got:.3g}", verdict(measured=got, target=target, at_least=True))
        for what, target, got in asked
    ]


def agreement(scale: Scale) -> Lines:
    """Whether all compute the same model: shares against arrays, beside what luck explains."""
    import numpy as np
    from scipy.stats import ttest_ind

    from benchmarks import case, contenders

    weeks = STEPS if scale.whole else STEPS // 2
    rows = []
    for rate in RATES:
        scenario = case.scenario(2_000, revision_rate=rate, steps=weeks)
        ends = {}
        for name in (name for name in present() if name != "objects"):
            trials = scale.trials if name in ("numpy", "arrays") else scale.trials // 4
            first = 0 if name == "arrays" else 500
            runs = [contenders.places(name, scenario, replicate=first + r) for r in range(trials)]
            ends[name] = np.stack(runs)[:, [weeks // 2, -1]] / 2_000
        truth = ends["arrays"]
        for name, shares in ends.items():
            gap = np.abs(shares.mean(axis=0) - truth.mean(axis=0)).max()
            p = ttest_ind(shares, truth, axis=0, equal_var=False).pvalue
            said = "" if name == "arrays" else f"{gap:.4f}"
            luck = "" if name == "arrays" else f"{min(p.min() * p.size, 1):.2g}"
            final = ", ".join(f"{share:.3f}" for share in shares[:, -1].mean(axis=0))
            rows.append((f"{rate:g}", contenders.LABELS[name], len(shares), final, said, luck))
        if "objects" in present():
            small = case.scenario(500, revision_rate=rate, steps=10)
            runs = [contenders.places(name, small) for name in contenders.ENGINES]
            said = "none, to the last actor" if (runs[0] == runs[1]).all() else "**differs from arrays**"
            rows.append(
                (f"{rate:g}", contenders.LABELS["objects"], 1, "500 actors, 10 weeks, same seed", said, "")
            )
    head = ("revisions a week", "implementation", "runs", "end shares: platforms, dormant, removed")
    note = (
        f"Shares of 2,000 actors after {weeks // 2} and {weeks} weeks, contacts and luck drawn afresh in "
        "every run. p: Welch's\ntest of each of the 16 shares against arrays, the smallest p times 16; the "
        "same model falls\nbelow .05 in one row of twenty or fewer."
    )
    return ["## The same model", "", note, "", *table((*head, "largest gap", "p"), rows)]


def memory(scale: Scale) -> Lines:
    """Peak memory of whole runs, each in a process of its own."""
    jobs = [
        ("mesa", 100_000, 2),
        ("numpy", 1_000_000, 4),
        ("objects", 100_000, 2),
        ("arrays", 1_000_000, STEPS),
    ]
    jobs = [job for job in jobs if job[0] in present() and (scale.whole or job[0] == "numpy")]
    rows: list[tuple[object, ...]] = []
    for name, actors, steps in [*jobs, ("simulate", scale.crowd, STEPS)]:
        done = clock.run([sys.executable, "-m", "benchmarks.memory", name, str(actors), str(steps)])
        if done.returncode != 0:
            rows.append((name, f"{actors:,}", steps, "failed", "", ""))
            continue
        said = json.loads(done.stdout)
        grown = (said["peak"] - said["before"]) * 1e9 / actors
        rows.append(
            (name, f"{actors:,}", steps, f"{said['peak']:.2f}", f"{grown:.0f}", f"{said['seconds']:.1f}")
        )
        if actors == FULL.crowd:
            met = verdict(measured=said["peak"], target=2.0, at_least=False)
            rows.append(("target", f"{actors:,}", "", "<= 2", "", met))
    head = ("run", "actors", "steps", "peak, GB", "bytes an actor beyond the libraries", "seconds")
    return ["## Memory, ten contacts, revision rate 0.2", "", *table(head, rows)]


def cold(scale: Scale) -> Lines:
    """Time from the shell, with the compile cache of a new machine and with a warm one."""
    script = Path(sys.executable).with_name("balloon")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "balloon"]
    python, rounds = [sys.executable, "-c"], 5 if scale.whole else 2
    with tempfile.TemporaryDirectory() as folder:
        cache = {"BALLOON_CACHE_DIR": str(Path(folder) / "cache")}
        demo = [
            *command,
            "run",
            "telegram-korea-2024",
            "--replicates",
            "200",
            "--out",
            str(Path(folder) / "out"),
        ]
        jobs: list[tuple[str, list[str], float | None, int]] = [
            ("bare Python", [*python, "pass"], None, rounds),
            ("import balloon", [*python, "import balloon"], 0.5, rounds),
            ("balloon presets", [*command, "presets"], 1.0, rounds),
        ]
        if scale.whole:
            jobs += [
                ("demo, first run (empty compile cache)", demo, 15.0, 1),
                ("demo, second run", demo, 4.0, 3),
            ]
        rows: list[tuple[str, ...]] = []
        for what, job, target, times in jobs:
            asked = "" if target is None else f"<= {target:g}"
            try:
                taken = min(clock.seconds_of(job, environment=cache) for _ in range(times))
            except RuntimeError as error:
                rows.append((what, asked, "failed", str(error)[:80]))
                continue
            met = "" if target is None else verdict(measured=taken, target=target, at_least=False)
            rows.append((what, asked, f"{taken:.2f}", met))
    return ["## From the shell, seconds", "", *table(("command", "target", "measured", ""), rows)]


def replicates(scale: Scale) -> Lines:
    """Many replicates of 10,000 actors for a year, population and contacts redrawn, two threads."""
    from balloon.simulate import simulate
    from benchmarks import case

    scenario = case.scenario(10_000, revision_rate=0.2)
    simulate(case.scenario(100, revision_rate=0.2, steps=2), seed=1)  # compile
    rows, seconds = [], {}
    for threads in (2, 1):
        with ThreadPoolExecutor(threads) as pool:
            begun = perf_counter()
            simulate(scenario, replicates=scale.replicates, seed=1, executor=pool)
            seconds[threads] = perf_counter() - begun
    target = 15.0 * scale.replicates / 1_000
    for threads, taken in seconds.items():
        asked = f"<= {target:g}" if threads == 2 else ""
        met = verdict(measured=taken, target=target, at_least=False) if asked else ""
        rate = scale.replicates * 10_000 * STEPS / taken / 1e6
        rows.append((scale.replicates, threads, asked, f"{taken:.2f}", f"{rate:.3g}", met))
    head = ("replicates", "threads", "target, s", "measured, s", "million actor-steps/s", "")
    return [
        "## Replicates of 10,000 actors, 52 weeks, revision rate 0.2, all redrawn",
        "",
        *table(head, rows),
    ]


def own_rule(scale: Scale) -> Lines:
    """An own utility in plain Python text against the built-in one."""
    from benchmarks import case, contenders

    rows = []
    for rate in RATES:
        built_in = case.scenario(100_000, revision_rate=rate)
        own = case.scenario(100_000, revision_rate=rate, utility=case.own_utility)
        begun = perf_counter()
        for _ in contenders.states("arrays", case.scenario(100, steps=1, utility=case.own_utility)):
            pass
        compiled = perf_counter() - begun
        laps = clock.race(
            [
                clock.Contender(
                    name=name,
                    states=partial(contenders.states, "arrays", one),
                    actors=100_000,
                    rounds=scale.rounds,
                )
                for name, one in (("built-in", built_in), ("own", own))
            ]
        )
        times = laps["own"].step / laps["built-in"].step
        met = verdict(measured=times, target=3.0, at_least=False)
        row = (f"{rate:g}", f"{laps['built-in'].speed:.3g}", f"{laps['own'].speed:.3g}", "<= 3")
        rows.append((*row, f"{times:.2f}", met, f"{compiled:.1f}" if rate == RATES[0] else "compiled"))
    head = (
        "revisions a week",
        "built-in, million/s",
        "own, million/s",
        "target",
        "times slower",
        "",
        "first use, s",
    )
    return ["## An own rule in plain Python, 100,000 actors", "", *table(head, rows)]


def breakdown(scale: Scale) -> Lines:
    """Nanoseconds per actor-step by part, and of the pieces alone."""
    from benchmarks import parts

    sizes = [size for size in scale.sizes if size >= 100_000]
    cases = [(rate, size) for rate in RATES for size in sizes]
    columns = parts.breakdown(cases, steps=STEPS // 4, rounds=scale.rounds + 2)
    names = list(next(iter(columns.values())))
    rows = [(name, *(f"{column[name]:.2f}" for column in columns.values())) for name in names]
    head = ("ns per actor-step", *(f"rate {rate:g}, {size:,} actors" for rate, size in columns))
    bare = {size: parts.bare_costs(size, rounds=scale.rounds + 2) for size in sizes}
    pieces = [(name, *(f"{bare[size][name]:.2f}" for size in sizes)) for name in bare[sizes[0]]]
    head_of_pieces = ("ns, alone", *(f"{size:,} actors" for size in sizes))
    return ["## Where the time goes", "", *table(head, rows), *table(head_of_pieces, pieces)]


PARTS: dict[str, Callable[[Scale], Lines]] = {
    "memory": memory,  # first: the machine's memory is still empty
    "cold": cold,
    "speed": speeds,
    "agreement": agreement,
    "replicates": replicates,
    "rule": own_rule,
    "breakdown": breakdown,
}


def report(scale: Scale, chosen: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the report as they are measured."""
    yield "# Results"
    yield ""
    yield f"Machine: {clock.machine()}. Best of several rounds, contenders in turns, one thread unless said."
    yield ""
    for name in chosen:
        yield from PARTS[name](scale)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute")
    parser.add_argument(
        "--part", action="append", choices=tuple(PARTS), help="only this part; may be repeated"
    )
    parser.add_argument("--out", type=Path, help="also write the report to this file")
    given = parser.parse_args(arguments)
    if clock.busy() > 0.5:
        print("The machine is busy: expect lower speeds than its own.", file=sys.stderr)
    lines = []
    for line in report(QUICK if given.quick else FULL, given.part or tuple(PARTS)):
        print(line, flush=True)
        lines.append(line)
    if given.out is not None:
        given.out.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
