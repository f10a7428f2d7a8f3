"""How things are measured: in turns, best of several rounds, memory in a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something that yields states, the first one before the first step."""

    name: str
    states: Callable[[], Iterator[Any]]
    actors: int
    rounds: int
    """It runs in so many of the rounds; slow ones in fewer."""


@dataclass(frozen=True, kw_only=True)
class Lap:
    """The best of a contender's rounds."""

    setup: float
    """Seconds from nothing to the state before the first step."""
    step: float
    """Seconds a step."""
    actors: int

    @property
    def speed(self) -> float:
        """Million actor-steps a second."""
        return self.actors / self.step / 1e6

    @property
    def per_actor_step(self) -> float:
        """Nanoseconds."""
        return self.step / self.actors * 1e9


def race(contenders: Sequence[Contender]) -> dict[str, Lap]:
    """Let the contenders run in turns, so that a busy minute of the machine strikes them all.

    Returns
    -------
    dict
        Contender's name -> its best lap.
    """
    laps: dict[str, Lap] = {}
    for number in range(max(c.rounds for c in contenders)):
        for contender in contenders:
            if number < contender.rounds:
                lap = one_lap(contender)
                best = laps.get(contender.name, lap)
                laps[contender.name] = Lap(
                    setup=min(lap.setup, best.setup), step=min(lap.step, best.step), actors=lap.actors
                )
    return laps


def one_lap(contender: Contender) -> Lap:
    """Time the setup and the steps of one run."""
    gc.collect()
    begun = time.perf_counter()
    states = contender.states()
    next(states)
    ready = time.perf_counter()
    steps = sum(1 for _ in states)
    done = time.perf_counter()
    return Lap(setup=ready - begun, step=(done - ready) / steps, actors=contender.actors)


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def seconds_of(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> float:
    """Wall time of a command, interpreter start included.

    Raises
    ------
    RuntimeError
        If the command fails; with the last line it said.
    """
    begun = time.perf_counter()
    done = run(command, environment=environment)
    taken = time.perf_counter() - begun
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise RuntimeError(said[-1])
    return taken


def run(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder with one thread for every library."""
    inherited = {**os.environ, **ONE_THREAD, **(environment or {})}
    inherited["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(command, env=inherited, cwd=ROOT, capture_output=True, text=True, check=False)


def peak_memory() -> float:
    """Largest resident size of this process so far, in GB.

    On Linux from VmHWM: ru_maxrss also remembers the parent's size at the fork.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e9
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def machine() -> str:
    """Cores and model of the processor."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores, {model}"


def busy() -> float:
    """Processes that want to run just now, other than this one; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
