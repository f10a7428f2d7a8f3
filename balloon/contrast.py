"""contrast: the same actors with the same luck in two worlds.

Every random number has an address, so replicate r of an alternative meets the luck of replicate r of
the baseline, actor by actor. What differs between them was caused by what differs between the scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from balloon._accounts import DIMS
from balloon.effect import Asked, Contrast
from balloon.errors import EngineError
from balloon.pairs import Pairs, check_same_actors, draw
from balloon.precision import Precision, Reached, first_batch, half_width, next_batch
from balloon.runs import places
from balloon.scenario import Scenario
from balloon.simulate import assemble, caution, check, effort
from balloon.work import Gathered, gather

if TYPE_CHECKING:
    from balloon.effect import Parameters
    from balloon.engines.objects import Actor


def contrast(
    baseline: Scenario,
    *alternatives: Scenario,
    replicates: int = 100,
    seed: int = 0,
    parameters: Parameters = None,
    until: Precision | None = None,
    rename: Mapping[str, str] | None = None,
    engine: str = "arrays",
    actor: type[Actor] | None = None,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    progress: bool = False,
) -> Contrast:
    """Run a baseline and alternatives to it with the same luck and the same parameter draws.

    Parameters
    ----------
    baseline : Scenario
        What would have happened otherwise, such as ``scenario.without("Telegram")``.
    *alternatives : Scenario
        One or more scenarios of the same platforms, dates and population.
    replicates : int
        Pairs of runs; with ``until``, the first batch of them, 30 at the least.
    seed : int
        From 0 to 2**64 - 1.
    parameters : None, "ranges" or sequence of mappings
        As in `simulate`: None, the scenarios' own values; "ranges", replicate r takes the same draw of
        an uncertain parameter in every scenario that has a range for it. Of given mappings each
        scenario takes the paths that it has; where an alternative's own value differs from the
        baseline's it keeps it, for that is what it asks about.
    until : Precision, optional
        Add replicates until an interval is narrow enough: see `precision`.
    rename : mapping, optional
        Names of platforms in the alternatives to the baseline's, where they differ; the order of the
        platforms must be the same, since luck is drawn by it.
    engine, actor, executor, store, progress
        As in `simulate`.

    Returns
    -------
    Contrast

    Raises
    ------
    ScenarioError
        Scenarios of different platforms, dates or populations: their actors are not the same.
    EngineError
        No alternative, or a count, seed or engine that cannot be; see also `simulate`.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> effect = contrast(scenario.without("Telegram"), scenario, replicates=3, seed=1)
    >>> effect.coupling.dims
    ('replicate', 'time', 'place_baseline', 'place_alternative')
    >>> margin = effect.coupling.sum("place_alternative").values
    >>> bool((margin == effect.baseline.data.actors.values).all())
    True
    """
    replicates, seed = check([baseline, *alternatives], replicates, seed, engine, actor)
    if engine == "meanfield":
        raise EngineError(
            "contrast with engine 'meanfield': it follows no actors, so there is nothing to pair; simulate "
            "both scenarios with it and compare their shares, or leave engine out"
        )
    if not alternatives:
        raise EngineError("contrast: there is no alternative; pass one or more after the baseline")
    scenarios = (baseline, *alternatives)
    check_same_actors(scenarios, rename or {})
    for scenario in scenarios:
        caution(scenario)
    if (
        until is None
        and not (parameters is None or isinstance(parameters, str))
        and len(parameters) != replicates
    ):
        raise EngineError(
            f"{len(parameters)} mappings of parameters for {replicates} replicates; make them equal"
        )
    size, workers = effort(baseline, engine)
    asked = Asked(seed=seed, parameters=parameters, engine=engine, actor=actor)

    def upto(count: int, done: Gathered) -> Gathered:
        """Add pairs of runs to those that are there."""
        first = len(done.numbers) + len(done.failures)
        values = draw(scenarios, parameters, replicates=count, seed=seed)
        more = gather(
            Pairs(scenarios, seed, engine, actor),
            first=first,
            stop=count,
            draws=None if values is None else _side_by_side(values)[first:],
            executor=executor,
            store=store,
            progress=progress,
            size=size * len(scenarios),
            workers=workers,
        )
        return Gathered(
            done.numbers + more.numbers, done.columns + more.columns, done.failures + more.failures
        )

    nothing = Gathered((), [], ())
    if until is None:
        return _assembled(scenarios, asked, upto(replicates, nothing))
    if len(alternatives) > 1:
        raise EngineError(f"contrast: until= needs one alternative, there are {len(alternatives)}")
    done = upto(first_batch(replicates, until.max_replicates), nothing)
    while True:
        effect = _assembled(scenarios, asked, done)
        met = _reached(effect, until)
        count = len(done.numbers) + len(done.failures)
        if met.enough or count == until.max_replicates:
            return replace(effect, reached=met)
        done = upto(next_batch(count, until.max_replicates), done)


def _side_by_side(values: Sequence[Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """One mapping a replicate, paths led by the number of their scenario."""
    return [
        {f"{k}.{path}": value for k, mapping in enumerate(row) for path, value in mapping.items()}
        for row in zip(*values, strict=True)
    ]


def _assembled(scenarios: tuple[Scenario, ...], asked: Asked, done: Gathered) -> Contrast:
    """Label the counts: the runs of every world, and the pairs."""
    import xarray as xr

    def of_world(k: int) -> Gathered:
        prefix = f"{k}."
        columns = [
            {name[len(prefix) :]: each for name, each in one.items() if name.startswith(prefix)}
            for one in done.columns
        ]
        return done._replace(columns=columns)

    count = len(done.numbers) + len(done.failures)
    values = draw(scenarios, asked.parameters, replicates=count, seed=asked.seed)
    runs = [
        assemble(
            scenario,
            of_world(k),
            seed=asked.seed,
            replicates=count,
            engine=asked.engine,
            actor=asked.actor,
            parameters=asked.parameters,
            draws=None if values is None else values[k],
        )
        for k, scenario in enumerate(scenarios)
    ]
    first = runs[0].data
    labels = places(scenarios[0].platforms)
    pairs = [
        xr.Dataset(
            {
                name: (dims, np.stack([one[f"{k}.{name}"] for one in done.columns]))
                for name, dims in DIMS.items()
            },
            {
                "replicate": first.replicate.values,
                "time": first.time.values,
                "group": first.group.values,
                "platform": first.platform.values,
                "place": labels,
                "place_baseline": labels,
                "place_alternative": labels,
            },
        )
        for k in range(1, len(scenarios))
    ]
    return Contrast(
        scenarios=scenarios,
        baseline=runs[0],
        alternatives=tuple(runs[1:]),
        pairs=tuple(pairs),
        asked=asked,
    )


def _reached(effect: Contrast, wish: Precision) -> Reached:
    """How narrow the interval is by now."""
    ledger = effect.ledger(wish.platform)
    # The first line of a name is the sum of those that follow under it.
    line = next(e for e, one in enumerate(ledger.entries) if one.entry == wish.quantity)
    values = ledger.net[:, 0, line] / effect.scenarios[0].population.actors
    return Reached(
        wish=wish,
        replicates=values.size,
        mean=float(values.mean()),
        half_width=half_width(values),
        enough=wish.met_by(values),
        alike=bool(np.ptp(values) == 0),
        saved=effect.saved_by_pairing(wish.platform),
    )
