"""simulate: recruits, folds an engine's states into Runs, spreads replicates over an executor."""

from __future__ import annotations

import hashlib
import os
import platform as machine
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._version import __version__
from balloon.errors import BalloonWarning, EngineError
from balloon.runs import SCHEMA_VERSION, Provenance, Runs, describe, places
from balloon.scenario import Scenario, at_values

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from balloon.engines.objects import Actor

    Columns = dict[str, NDArray[Any]]

ENGINES = ("arrays", "objects")
STRATA = 64  # replicates of one Latin hypercube


def simulate(
    scenario: Scenario,
    *,
    replicates: int = 1,
    seed: int = 0,
    parameters: str | Sequence[Mapping[str, float]] | None = None,
    engine: str = "arrays",
    actor: type[Actor] | None = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> Runs:
    """Run a scenario.

    Every random number is a function of (seed, replicate, step, slot, purpose, item): the result
    does not depend on threads, executors or the order of anything.

    Parameters
    ----------
    scenario : Scenario
    replicates : int
        Runs with luck of their own, numbered from 0.
    seed : int
        From 0 to 2**64 - 1.
    parameters : None, "ranges" or sequence of mappings
        None: the scenario's values. "ranges": replicate r takes its own draw of every parameter
        that has a range, uniform and stratified (see `draw_ranges`). A sequence gives the values
        by dotted path for each replicate.
    engine : "arrays" or "objects"
    actor : subclass of `balloon.engines.objects.Actor`, optional
        Own actors, with engine "objects".
    executor : concurrent.futures.Executor, optional
        Where the replicates run; by default threads on this machine.
    progress : bool
        Show a progress bar on stderr, if it is a terminal.

    Returns
    -------
    Runs

    Raises
    ------
    EngineError
        An unknown engine, an actor for another engine than "objects", a count or seed out of range.

    Examples
    --------
    >>> import balloon as bl
    >>> runs = simulate(bl.load("minimal"), replicates=3, seed=1)
    >>> dict(runs.data.sizes)["replicate"]
    3
    """
    _check(replicates, seed, engine, actor)
    for caution in scenario.cautions():
        warnings.warn(f"scenario {scenario.name!r}: {caution}", BalloonWarning, stacklevel=2)
    draws = _draws(scenario, parameters, replicates, seed)
    jobs = [(scenario if draws is None else at_values(scenario, draws[r]), r) for r in range(replicates)]
    with _pool(executor, engine, replicates) as pool:
        futures = [
            pool.submit(replicate, one, seed=seed, number=r, engine=engine, actor=actor) for one, r in jobs
        ]
        done = _collect(futures, progress=progress)
    provenance = Provenance(
        balloon=__version__,
        versions=versions(),
        scenario=scenario.to_json(),
        sha256=scenario.sha256,
        seed=seed,
        replicates=replicates,
        engine=engine if actor is None else f"{engine} ({actor.__module__}.{actor.__qualname__})",
        parameters="fixed" if draws is None else "ranges" if parameters == "ranges" else "given",
    )
    return Runs(_dataset(scenario, done, provenance, draws))


def _check(replicates: int, seed: int, engine: str, actor: object) -> None:
    if engine not in ENGINES:
        known = ", ".join(map(repr, ENGINES))
        raise EngineError(f"engine {engine!r}: there is no such engine; there are {known}")
    if actor is not None and engine != "objects":
        raise EngineError(
            f"actor {actor!r} with engine {engine!r}: own actors run in engine 'objects' only; pass "
            "engine='objects', or give the rule as a function to Behaviour(...)"
        )
    if not 1 <= replicates < 2**32:
        raise EngineError(f"replicates is {replicates!r}; need a whole number from 1 to {2**32 - 1}")
    if not 0 <= seed < 2**64:
        raise EngineError(f"seed is {seed!r}; need a whole number from 0 to {2**64 - 1}")


def _draws(
    scenario: Scenario, parameters: str | Sequence[Mapping[str, float]] | None, replicates: int, seed: int
) -> list[Mapping[str, float]] | None:
    """Values of the uncertain parameters for each replicate; None: the scenario's own."""
    if parameters is None:
        return None
    if isinstance(parameters, str):
        if parameters != "ranges":
            raise EngineError(
                f"parameters is {parameters!r}; need None, 'ranges' or a mapping for each replicate"
            )
        return draw_ranges(scenario, replicates=replicates, seed=seed)
    if len(parameters) != replicates:
        raise EngineError(
            f"{len(parameters)} mappings of parameters for {replicates} replicates; make them equal"
        )
    return list(parameters)


def draw_ranges(scenario: Scenario, *, replicates: int, seed: int) -> list[Mapping[str, float]]:
    """Draw the uncertain parameters from their ranges, one mapping a replicate.

    Uniform, by Latin hypercubes of 64 replicates (McKay, Beckman & Conover 1979). The draw of a
    parameter depends on the seed, the replicate and the path alone: not on how many replicates there
    are, nor on the other parameters. So a scenario and the same one without its interventions are
    run at the same values, replicate by replicate.

    Raises
    ------
    EngineError
        If no parameter of the scenario has a range.
    """
    from scipy.stats import qmc

    ranges = scenario.ranges()
    if not ranges:
        raise EngineError(
            f"scenario {scenario.name!r}: no parameter has a range to draw from; write "
            "{ value = ..., low = ..., high = ... } in the file, or leave parameters out"
        )
    draws: list[dict[str, float]] = [{} for _ in range(replicates)]
    for path, (low, high) in ranges.items():
        name = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "little")
        for block in range(0, replicates, STRATA):
            rng = np.random.default_rng([seed, name, block])
            points = qmc.LatinHypercube(1, rng=rng).random(STRATA)[:, 0].tolist()
            for draw, point in zip(draws[block : block + STRATA], points, strict=False):
                draw[path] = low + point * (high - low)
    return list(draws)


@contextmanager
def _pool(executor: Executor | None, engine: str, replicates: int) -> Iterator[Executor]:
    """The user's executor as it is, or threads of our own; never waits for work nobody wants."""
    if executor is not None:
        yield executor
        return
    # The object engine holds the interpreter lock: more threads would only stand in line.
    workers = 1 if engine == "objects" else min((os.cpu_count() or 1), replicates)
    own = ThreadPoolExecutor(workers, thread_name_prefix="balloon")
    try:
        yield own
    finally:
        own.shutdown(wait=False, cancel_futures=True)


def _collect(futures: Sequence[Future[Columns]], *, progress: bool) -> list[Columns]:
    """Results in the order of the replicates; on any failure nothing more is started."""
    try:
        if not progress:
            return [future.result() for future in futures]
        from tqdm import tqdm

        return [future.result() for future in tqdm(futures, desc="replicates", disable=None)]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def replicate(
    scenario: Scenario, *, seed: int, number: int, engine: str = "arrays", actor: type[Actor] | None = None
) -> Columns:
    """Run one replicate and return its counts over time, never its actors."""
    states = engine_states(scenario, seed=seed, replicate=number, engine=engine, actor=actor)
    last = deque(states, maxlen=1)[0]  # the series grows from state to state: the last holds all
    s, use = last.series, scenario.behaviour.idle_use
    homes = s.actors.sum(axis=1)
    small = np.int32
    return {
        "actors": homes.astype(small),
        "actors_by_group": s.actors.astype(small),
        "moves": s.moves.astype(small),
        "arrests": s.arrests.sum(axis=1).astype(small),
        "arrests_by_group": s.arrests.astype(small),
        "joins": s.joins.astype(small),
        "installed": s.installed.astype(small),
        "active": homes[:, :-2] + use * s.idle,
        "belief": s.belief,
        "newcomers": s.newcomers.astype(small),
        "joint": s.joint.astype(small),
    }


def engine_states(
    scenario: Scenario, *, seed: int, replicate: int, engine: str, actor: type[Actor] | None
) -> Iterator[Any]:
    """The states that an engine yields, from the start to the end."""
    if engine == "arrays":
        from balloon.engines import arrays

        return arrays.states(scenario, seed=seed, replicate=replicate)
    from balloon.engines import objects

    return objects.states(scenario, seed=seed, replicate=replicate, actor=actor or objects.Actor)


DIMENSIONS: dict[str, tuple[str, ...]] = {
    "actors": ("place",),
    "actors_by_group": ("group", "place"),
    "moves": ("origin", "destination"),
    "arrests": ("platform",),
    "arrests_by_group": ("group", "platform"),
    "joins": ("platform",),
    "installed": ("platform",),
    "active": ("platform",),
    "belief": ("group", "platform"),
    "newcomers": ("place",),
    "joint": ("origin", "destination"),
}


def _dataset(
    scenario: Scenario,
    done: Sequence[Columns],
    provenance: Provenance,
    draws: Sequence[Mapping[str, float]] | None,
) -> xr.Dataset:
    """Stack the replicates under their labels."""
    import xarray as xr

    labels = places(scenario.platforms)
    seconds = np.round(np.arange(scenario.steps + 1) * scenario.step_days * 86400).astype("timedelta64[s]")
    times = np.datetime64(scenario.start, "s") + seconds
    variables: dict[str, Any] = {
        name: (("replicate", "time", *dims), np.stack([one[name] for one in done]))
        for name, dims in DIMENSIONS.items()
    }
    coordinates: dict[str, Any] = {
        "replicate": np.arange(len(done)),
        "time": times.astype("datetime64[ns]"),
        "place": labels,
        "origin": labels,
        "destination": labels,
        "platform": list(scenario.platforms),
        "group": [g.name for g in scenario.groups],
    }
    if draws is not None:
        paths = list(draws[0])
        coordinates["parameter"] = paths
        variables["parameters"] = (
            ("replicate", "parameter"),
            np.array([[d[path] for path in paths] for d in draws], dtype=float),
        )
    attributes = {"schema_version": SCHEMA_VERSION, "provenance": describe(provenance)}
    return xr.Dataset(variables, coordinates, attributes)


def versions() -> dict[str, str]:
    """Versions of what can change a number."""
    libraries = ("numpy", "scipy", "numba", "networkx", "mesa", "xarray")
    return {"python": machine.python_version(), **{name: version(name) for name in libraries}}
