"""simulate: recruits, folds an engine's states into Runs, spreads replicates over an executor."""

from __future__ import annotations

import hashlib
import json
import os
import platform as machine
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._numbering import REPLICATES, SEEDS, whole_number
from balloon._version import __version__
from balloon.behaviour.trying import try_rules
from balloon.errors import BalloonWarning, EngineError, ScenarioError
from balloon.runs import SCHEMA_VERSION, Provenance, Runs, describe, places
from balloon.scenario import Scenario, at_values, find, require_scenario
from balloon.work import Columns, Gathered, Values, gather

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from balloon.engines.objects import Actor

ENGINES = ("arrays", "objects", "meanfield")
STRATA = 64  # replicates of one Latin hypercube
SLOWER = 100
"""Times that an actor-step takes longer in engine "objects", roughly."""
TRIED = 10
"""Given mappings of parameters that are tried before the first run: a few hundredths of a second."""
EXPECTED = 2e4
"""Actor-steps of "arrays" that take as long as a step of the mean field, roughly."""


def simulate(
    scenario: Scenario,
    *,
    replicates: int = 1,
    seed: int = 0,
    parameters: str | Sequence[Mapping[str, float]] | None = None,
    engine: str = "arrays",
    actor: type[Actor] | None = None,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
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
    engine : "arrays", "objects" or "meanfield"
        Compiled; Mesa agents, the same to the bit; or the expected dynamics, without luck: one replicate,
        or one for each draw of the parameters.
    actor : subclass of `balloon.engines.objects.Actor`, optional
        Own actors, with engine "objects".
    executor : concurrent.futures.Executor, optional
        Where the replicates run; by default threads on this machine.
    store : path, optional
        Folder in which finished replicates are kept: a second call computes only what is missing,
        whatever ended the first.
    progress : bool
        Show a progress bar on stderr, if it is a terminal, or in a notebook.

    Returns
    -------
    Runs
        Without the replicates that failed; `Runs.failures` lists them.

    Raises
    ------
    EngineError
        An unknown engine, an actor for another engine than "objects", a count or seed out of range; own
        rules that cannot be compiled, parameters that are none;
        more than a tenth of the replicates failed; an executor that takes no work or lost a worker.
    DataError
        A store that cannot be written to, or that another version of the model wrote.

    Examples
    --------
    >>> import balloon as bl
    >>> runs = simulate(bl.load("minimal"), replicates=3, seed=1)
    >>> dict(runs.data.sizes)["replicate"]
    3
    """
    replicates, seed = check([scenario], replicates, seed, engine, actor)
    if engine == "meanfield" and parameters is None and replicates > 1:
        raise EngineError(
            f"engine 'meanfield' with replicates={replicates}: it has no luck, so all would be equal; leave "
            "replicates out, or draw parameters"
        )
    caution(scenario, engine)
    draws = take_draws(scenario, parameters, replicates, seed)
    size, workers = effort(scenario, engine)
    done = gather(
        Simulation(scenario, seed, engine, actor),
        stop=replicates,
        draws=draws,
        executor=executor,
        store=store,
        progress=progress,
        size=size,
        workers=workers,
    )
    return assemble(
        scenario,
        done,
        seed=seed,
        replicates=replicates,
        engine=engine,
        actor=actor,
        parameters=parameters,
        draws=draws,
    )


@dataclass(frozen=True)
class Simulation:
    """A job: one replicate of a scenario; see `balloon.work.Job`."""

    scenario: Scenario
    seed: int
    engine: str = "arrays"
    actor: type[Actor] | None = None

    @property
    def own(self) -> tuple[Any, ...]:
        """The user's rules and actors."""
        return (*self.scenario.behaviour.own_rules.values(), *([self.actor] if self.actor else []))

    def key(self) -> str:
        """What decides the result, but the replicate and its values."""
        return json.dumps(["simulate", self.scenario.sha256, self.seed, self.engine])

    def __call__(self, number: int, values: Values | None) -> Columns:
        """Run a replicate at the scenario's own values, or at these."""
        scenario = self.scenario if values is None else at_values(self.scenario, values)
        return replicate(scenario, seed=self.seed, number=number, engine=self.engine, actor=self.actor)


def effort(scenario: Scenario, engine: str) -> tuple[float, int | None]:
    """Actor-steps of a replicate, counted as those of "arrays", and the threads worth having."""
    if engine == "meanfield":
        return EXPECTED * scenario.steps, None
    steps = float(scenario.population.actors * scenario.steps)
    # The object engine holds the interpreter lock: more threads would only stand in line.
    return (steps, None) if engine == "arrays" else (SLOWER * steps, 1)


def caution(scenario: Scenario, engine: str = "arrays") -> None:
    """Warn of rates too large for the length of a step, and of where the mean field is known to be wrong."""
    said = list(scenario.cautions())
    if engine == "meanfield":
        from balloon.engines.meanfield import cautions

        said += [f"mean field: {one}" for one in cautions(scenario)]
    for one in said:
        warnings.warn(f"scenario {scenario.name!r}: {one}", BalloonWarning, stacklevel=3)


def check(
    scenarios: Sequence[Scenario], replicates: int, seed: int, engine: str, actor: object = None
) -> tuple[int, int]:
    """Refuse what no engine can run; return replicates and seed as numbers of Python."""
    for scenario in scenarios:
        require_scenario(scenario, EngineError)
    if engine not in ENGINES:
        known = ", ".join(map(repr, ENGINES))
        raise EngineError(f"engine {engine!r}: there is no such engine; there are {known}")
    if actor is not None and engine != "objects":
        raise EngineError(
            f"actor {actor!r} with engine {engine!r}: own actors run in engine 'objects' only; pass "
            "engine='objects', or give the rule as a function to Behaviour(...)"
        )
    if actor is not None:
        from balloon.engines.objects import require_actor

        require_actor(actor)
    counted = whole_number("replicates", replicates, least=1, end=REPLICATES)
    seed = whole_number("seed", seed, end=SEEDS)
    for scenario in scenarios:
        try_rules(scenario.behaviour)
    return counted, seed


def take_draws(
    scenario: Scenario, parameters: str | Sequence[Mapping[str, float]] | None, replicates: int, seed: int
) -> list[Mapping[str, float]] | None:
    """Values of the uncertain parameters for each replicate; None: the scenario's own.

    Raises
    ------
    EngineError
        Not a mapping for each replicate, mappings of different paths, or of the number of actors.
    ScenarioError
        A path that leads nowhere.
    """
    if parameters is None:
        return None
    if isinstance(parameters, str):
        if parameters != "ranges":
            raise EngineError(
                f"parameters is {parameters!r}; need None, 'ranges' or a mapping for each replicate"
            )
        return draw_ranges(scenario, replicates=replicates, seed=seed)
    require_mappings(parameters)
    if len(parameters) != replicates:
        raise EngineError(
            f"{len(parameters)} mappings of parameters for {replicates} replicates; make them equal"
        )
    for number, one in enumerate(parameters):
        if one.keys() != parameters[0].keys():
            odd = ", ".join(sorted(one.keys() ^ parameters[0].keys()))
            raise EngineError(
                f"parameters of replicates 0 and {number} have different paths ({odd}); give every replicate "
                "the same"
            )
    if any("population.actors" in one for one in parameters):
        raise EngineError(
            "parameters: population.actors is the same in all replicates, or their shares could not be "
            "compared; simulate scenario.with_({'population.actors': ...}) for each number"
        )
    for path in parameters[0]:
        find(scenario, path)
    _try_values(scenario, parameters)
    return list(parameters)


def require_mappings(parameters: object) -> None:
    """Refuse what is no sequence of mappings from dotted paths to numbers."""
    need = "need None, 'ranges' or a sequence with a mapping for each replicate, such as "
    example = "[{'behaviour.switching_cost': 4.0}]"
    if not isinstance(parameters, Sequence):
        raise EngineError(f"parameters is {parameters!r}; {need}{example}")
    for number, one in enumerate(parameters):
        if not (isinstance(one, Mapping) and all(isinstance(path, str) for path in one)):
            raise EngineError(f"parameters of replicate {number} is {one!r}; {need}{example}")


def _try_values(scenario: Scenario, parameters: Sequence[Mapping[str, float]]) -> None:
    """Refuse values at which the scenario cannot be, before any run, where more than a tenth are such.

    A few count as failures of their replicates, as in `balloon.work`.
    """
    wrong: list[tuple[int, ScenarioError]] = []
    for number, one in enumerate(parameters[:TRIED]):
        try:
            at_values(scenario, one)
        except ScenarioError as error:
            wrong.append((number, error))
            if 10 * len(wrong) > len(parameters):
                first, refusal = wrong[0]
                raise EngineError(
                    f"parameters of replicate {first} cannot be: {refusal}"
                    + (f" ({len(wrong)} mappings or more are such)" if len(wrong) > 1 else "")
                ) from refusal


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


def replicate(
    scenario: Scenario, *, seed: int, number: int, engine: str = "arrays", actor: type[Actor] | None = None
) -> Columns:
    """Run one replicate and return its counts over time, never its actors."""
    if engine == "meanfield":
        from balloon.engines.meanfield import columns

        return dict(columns(scenario))
    if engine == "arrays":
        from balloon.engines import arrays

        return reduced(scenario, arrays.final(scenario, seed=seed, replicate=number))
    states = engine_states(scenario, seed=seed, replicate=number, engine=engine, actor=actor)
    return reduced(scenario, deque(states, maxlen=1)[0])


def reduced(scenario: Scenario, last: Any) -> Columns:
    """Counts over time from the last state of a run: its series has grown from state to state."""
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
        "cooperation": s.cooperation,
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
    "cooperation": ("group", "platform"),
}


def assemble(
    scenario: Scenario,
    done: Gathered,
    *,
    seed: int,
    replicates: int,
    engine: str = "arrays",
    actor: type[Actor] | None = None,
    parameters: str | Sequence[Mapping[str, float]] | None = None,
    draws: Sequence[Mapping[str, float]] | None = None,
) -> Runs:
    """Runs from what replicates 0 to ``replicates - 1`` left behind, with where it came from."""
    provenance = Provenance(
        balloon=__version__,
        versions=versions(),
        scenario=scenario.to_json(),
        sha256=scenario.sha256,
        seed=seed,
        replicates=replicates,
        engine=engine if actor is None else f"{engine} ({actor.__module__}.{actor.__qualname__})",
        parameters="fixed" if draws is None else "ranges" if isinstance(parameters, str) else "given",
    )
    return Runs(_dataset(scenario, done, provenance, draws))


def _dataset(
    scenario: Scenario,
    done: Gathered,
    provenance: Provenance,
    draws: Sequence[Mapping[str, float]] | None,
) -> xr.Dataset:
    """Stack the replicates under their labels."""
    import xarray as xr

    labels = places(scenario.platforms)
    variables: dict[str, Any] = {
        name: (("replicate", "time", *dims), np.stack([one[name] for one in done.columns]))
        for name, dims in DIMENSIONS.items()
    }
    coordinates: dict[str, Any] = {
        "replicate": np.array(done.numbers),
        "time": times(scenario),
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
            np.array([[draws[n][path] for path in paths] for n in done.numbers], dtype=float),
        )
    failures = [
        {**one._asdict(), "parameters": None if draws is None else dict(draws[one.replicate])}
        for one in done.failures
    ]
    attributes = {
        "schema_version": SCHEMA_VERSION,
        "provenance": describe(provenance),
        "failures": json.dumps(failures, sort_keys=True, ensure_ascii=False),
    }
    return xr.Dataset(variables, coordinates, attributes)


def times(scenario: Scenario) -> NDArray[np.datetime64]:
    """(T + 1,) ends of the steps, the start before them."""
    seconds = np.round(np.arange(scenario.steps + 1) * scenario.step_days * 86400).astype("timedelta64[s]")
    return (np.datetime64(scenario.start, "s") + seconds).astype("datetime64[ns]")


def versions() -> dict[str, str]:
    """Versions of what can change a number."""
    libraries = ("numpy", "scipy", "numba", "networkx", "mesa", "xarray")
    return {"python": machine.python_version(), **{name: _version(name) for name in libraries}}


@cache
def _version(library: str) -> str:
    return version(library)
