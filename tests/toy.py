"""A small model in the place of the mean field: what a fit does with it can be followed by hand.

Actors go from their start shares to the shares of a logit on asc (and dormancy on outside_option), at
revision_rate; arrests are (undercover + requests x arrests_per_answer) a week on those who are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

import balloon as bl
from balloon.calibrate.observations import Observation, Observations
from balloon.calibrate.priors import Prior
from balloon.calibrate.problem import Forward, Problem, problem

START = date(2024, 1, 1)
NAMES = ("A", "B", "C")
STEPS = 30


def scenario() -> bl.Scenario:
    """Three platforms, one group, thirty weeks."""
    return bl.Scenario(
        name="toy",
        landscape=bl.Landscape(
            platforms=tuple(bl.Platform(name=n, undercover=0.01, requests=0.05) for n in NAMES)
        ),
        population=bl.Population(
            actors=1000, groups=(bl.Group(name="all", start={"A": 0.6, "B": 0.3, "C": 0.1}),)
        ),
        behaviour=bl.Behaviour(outside_option=-2.0, revision_rate=0.2, arrests_per_answer=0.1),
        start=START,
        steps=STEPS,
    )


def forward(world: bl.Scenario) -> Forward:
    """The toy model of a scenario."""

    def run(free: Mapping[str, Any]) -> Mapping[str, Any]:
        def of(path: str, own: float) -> Any:
            return np.asarray(free.get(path, own))

        platforms, behaviour = world.landscape.platforms, world.behaviour
        ascs = [of(f"platforms.{p.name}.asc", p.asc) for p in platforms]
        utils = np.stack(
            np.broadcast_arrays(*ascs, of("behaviour.outside_option", behaviour.outside_option)), axis=-1
        )
        weights = np.exp(utils)
        end = weights / weights.sum(axis=-1, keepdims=True)
        begin = np.array([*(world.groups[0].start[n] for n in world.platforms), 0.0])
        rate = of("behaviour.revision_rate", behaviour.revision_rate)
        stays = (1.0 - rate[..., None]) ** np.arange(STEPS + 1)
        homes = end[..., None, :] + (begin - end)[..., None, :] * stays[..., None]
        homes = world.population.actors * homes
        actors = np.concatenate([homes, 0 * homes[..., :1]], axis=-1)[..., None, :]
        answer = of("behaviour.arrests_per_answer", behaviour.arrests_per_answer)
        pressure = np.stack(
            np.broadcast_arrays(
                *(
                    of(f"platforms.{p.name}.undercover", p.undercover)
                    + of(f"platforms.{p.name}.requests", p.requests) * answer
                    for p in platforms
                )
            ),
            axis=-1,
        )
        arrests = homes[..., :-1] * pressure[..., None, :]
        arrests = np.concatenate([0 * arrests[..., :1, :], arrests[..., :-1, :]], axis=-2)
        return {"actors_by_group": actors, "arrests_by_group": arrests[..., None, :]}

    return run


def week(number: int) -> date:
    return START + timedelta(weeks=number)


def waves(n: float = 400, dispersion: float | None = 3.0, every: int = 3) -> list[Observation]:
    """Shares on the three platforms, every so many weeks."""
    return [
        Observation(
            quantity="share", start=week(t), platform=p, value=0.3, unit="share", n=n, dispersion=dispersion
        )
        for t in range(1, STEPS, every)
        for p in NAMES
    ]


def arrests(dispersion: float = 2.0) -> list[Observation]:
    """Arrests on each platform in periods of five weeks."""
    return [
        Observation(
            quantity="arrests", start=week(t), end=week(t + 5), platform=p, value=20, unit="actors",
            dispersion=dispersion,
        )
        for t in range(0, STEPS, 5)
        for p in NAMES
    ]  # fmt: skip


def stock(sd: float = 20.0) -> list[Observation]:
    """Actors on all platforms, every six weeks."""
    return [
        Observation(quantity="actors", start=week(t), value=900, unit="actors", sd=sd)
        for t in range(1, STEPS, 6)
    ]


FREE = {
    "platforms.B.asc": Prior.normal(0.0, 1.0),
    "platforms.C.asc": Prior.normal(0.0, 1.0),
    "behaviour.revision_rate": Prior.logit_normal(0.2, 0.7),
    "behaviour.arrests_per_answer": Prior.log_normal(0.1, 0.5),
    "behaviour.outside_option": Prior.normal(-2.0, 1.0),
}


def toy(rows: list[Observation] | None = None, free: Any = None, *, loss: str = "plain") -> Problem:
    """The toy problem, its observed values those of the truth: theta = 0."""
    rows = [*waves(), *arrests(), *stock()] if rows is None else rows
    world = scenario()
    made = problem(
        world, Observations(tuple(rows)), FREE if free is None else free, loss=loss, forward=forward(world)
    )
    return made.with_observations(made.predict(np.zeros((1, len(made.names))))[0])


def drawn(made: Problem, seed: int) -> tuple[np.ndarray, Problem]:
    """Parameters from the prior, and the problem with data drawn there."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(len(made.names))
    return truth, made.with_observations(made.simulate(truth, rng))
