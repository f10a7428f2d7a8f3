"""Runs of the mean field: step after step, many vectors of parameters at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.origins import part_with_removed, same_actors, split
from balloon.engines.meanfield.season import season
from balloon.engines.meanfield.sight import Memory, annual, first_beliefs, look, reach_out
from balloon.engines.meanfield.step import advance
from balloon.engines.meanfield.values import room
from balloon.engines.meanfield.world import Layout, World, lay_out, start, world
from balloon.errors import EngineError, RunError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.engines.meanfield.sight import Sight
    from balloon.engines.meanfield.step import Flows
    from balloon.engines.meanfield.world import State
    from balloon.scenario import Scenario

CLASSES = 5
"""Risk classes; see `balloon.engines.meanfield.world` for the error."""


class Expected(NamedTuple):
    """Expected numbers over time: B vectors of parameters, T steps; row t after t steps.

    Flows cover the step that ends at t and are 0 at 0. The names are those of `balloon.Runs`.
    """

    actors: NDArray[Any]
    """(B, T + 1, P + 2) by place."""
    actors_by_group: NDArray[Any]
    """(B, T + 1, G, P + 2)"""
    moves: NDArray[Any]
    """(B, T + 1, P + 2, P + 2) origin, destination; stayers on the diagonal."""
    arrests: NDArray[Any]
    """(B, T + 1, P) by the platform the evidence came from."""
    arrests_by_group: NDArray[Any]
    """(B, T + 1, G, P)"""
    joins: NDArray[Any] | None
    """(B, T + 1, P); None where apps were not followed."""
    installed: NDArray[Any] | None
    """(B, T + 1, P); None where apps were not followed."""
    active: NDArray[Any] | None
    """(B, T + 1, P); None where apps were not followed and are used by actors at home elsewhere."""
    belief: NDArray[Any]
    """(B, T + 1, G, P) annual probabilities."""
    newcomers: NDArray[Any]
    """(B, T + 1, P + 2) by place first chosen."""
    joint: NDArray[Any] | None
    """(B, T + 1, P + 2, P + 2) place at the reference date, place now, same actors; None unless asked."""
    reconsidered: NDArray[Any]
    """(B, T + 1, P + 2) actors who chose in the step, by place before."""
    cooperation: NDArray[Any]
    """(B, T + 1, G, P) share of requests answered in the step; row 0 as row 1."""
    requests: NDArray[Any]
    """(B, T + 1, G, P) requests per actor-week in the step; row 0 as row 1."""


@dataclass(frozen=True, slots=True)
class MeanField:
    """The expected dynamics of a scenario, laid out once and run for any numbers.

    Parameters
    ----------
    scenario : Scenario
    classes : int
        Risk classes of each group.

    Examples
    --------
    Derivatives by complex steps, one column of the batch for each parameter:

    >>> import balloon as bl, numpy as np
    >>> field = MeanField(bl.load("minimal"))
    >>> path, h = "behaviour.switching_cost", 1e-20
    >>> run = field.run({path: np.array([5.0 + h * 1j])})
    >>> slope = run.actors[0, -1, 0].imag / h
    >>> ahead, back = (field.run({path: [5.0 + d]}).actors[0, -1, 0] for d in (1e-4, -1e-4))
    >>> bool(abs(slope - (ahead - back) / 2e-4) < 1e-5 * abs(slope))
    True
    """

    scenario: Scenario
    classes: int = CLASSES

    def __post_init__(self) -> None:
        if not self.classes >= 1:
            raise EngineError(f"classes is {self.classes!r}; need a whole number >= 1")

    def run(
        self, free: Mapping[str, ArrayLike] | None = None, *, joint: bool = False, apps: bool = True
    ) -> Expected:
        """Run all vectors of parameters side by side.

        Parameters
        ----------
        free : mapping, optional
            Dotted path -> (B,) array, real or complex; the other numbers are the scenario's. Shares
            that must add up to 1 are scaled to do so.
        joint : bool
            Whether to follow those of the reference date: slower, and with a finer closure of apps
            from then on (shares move by less than .001).
        apps : bool
            Whether to follow who has which app where it changes nothing of what actors do (no onboarding
            cost, no seized data, no own utility): half of the time of a run. Without, what is
            counted in apps is None.

        Raises
        ------
        EngineError
            A path that shapes the layout, batches of different length.
        ScenarioError
            A path that leads nowhere.
        RunError
            An own rule that gives what means nothing.
        """
        here = world(_layout(self.scenario), free or {}, classes=self.classes, apps=apps)
        series, memory = _blank(here, joint=joint)
        state = start(here)
        _count(here, 0, state, series, memory)
        before = standing = None
        for t in range(self.scenario.steps + 1):
            if t > 0:
                with _in_step(t):
                    if standing is None or here.turns[t - 1]:
                        standing = season(here, look(here, t, memory))
                    if t == 1:
                        state = first_beliefs(here, standing.sight, state)
                        series.belief[:, 0] = annual(state.weekly)
                    homes = memory.homes[:, t - 1, :, : memory.arrests.shape[-1]]
                    state, flows = advance(here, standing, state, homes, series.belief[:, t - 1])
                _note(t, standing.sight, flows, series)
            _count(here, t, state, series, memory)
            if t > 0 and memory.triggered.size:
                reach_out(here, t, memory)
            if joint and t == self.scenario.reference_step:
                here, state = split(here, state)
                before, standing = memory.homes[:, t].sum(axis=1), None
            if series.joint is not None and before is not None:
                state = part_with_removed(here, state)
                series.joint[:, t] = same_actors(here, state, before)
        return _finish(series)


@contextmanager
def _in_step(t: int) -> Iterator[None]:
    """Say of what is refused in which step it was."""
    try:
        yield
    except RunError as refusal:
        raise RunError(f"mean field, step {t}: {refusal}") from None


@lru_cache(maxsize=4)
def _layout(scenario: Scenario) -> Layout:
    return lay_out(scenario)


def _blank(here: World, *, joint: bool) -> tuple[Expected, Memory]:
    """Room for the series; the memory of the policy shares it."""
    scenario = here.layout.scenario
    b, t, g, p = here.batch, scenario.steps + 1, len(scenario.groups), len(scenario.platforms)
    k = p + 2
    shapes: dict[str, tuple[int, ...]] = {
        "actors": (k,), "actors_by_group": (g, k), "moves": (k, k), "arrests": (p,),
        "arrests_by_group": (g, p), "joins": (p,), "installed": (p,), "active": (p,), "belief": (g, p),
        "newcomers": (k,), "joint": (k, k), "reconsidered": (k,), "cooperation": (g, p), "requests": (g, p),
    }  # fmt: skip
    left_out = set() if joint else {"joint"}
    if not here.apps:
        left_out |= {"joins", "installed", "active"} if here.idles else {"joins", "installed"}
    made: dict[str, Any] = {
        name: None if name in left_out else room((b, t, *shape), here.dtype) for name, shape in shapes.items()
    }
    series = Expected(**made)
    triggered = np.full((b, len(here.layout.policy.outreach_on), p), np.inf)
    return series, Memory(series.actors_by_group, series.arrests_by_group, triggered)


def _count(here: World, t: int, state: State, series: Expected, memory: Memory) -> None:
    """Count homes, apps and beliefs after t steps."""
    at = here.layout.cells
    memory.homes[:, t] = np.add.reduce(state.mass, axis=2) @ at.place.T
    series.belief[:, t] = annual(state.weekly)
    if series.installed is not None:
        apps = np.add.reduce(state.apps, axis=(1, 2))
        series.installed[:, t] = np.add.reduce(apps, axis=1)
        if series.active is not None and here.idles:
            series.active[:, t] = here.per[2].idle_use * np.add.reduce(apps * at.elsewhere, axis=1)


def _note(t: int, sight: Sight, flows: Flows, series: Expected) -> None:
    """Note what happened in step t."""
    series.arrests_by_group[:, t], series.moves[:, t] = flows.arrests, flows.moves
    series.reconsidered[:, t] = flows.reconsidered
    series.cooperation[:, t], series.requests[:, t] = sight.cooperation, sight.requests
    if series.joins is not None:
        series.joins[:, t] = flows.joins


def _finish(series: Expected) -> Expected:
    """What follows from the rest."""
    series.cooperation[:, 0], series.requests[:, 0] = series.cooperation[:, 1], series.requests[:, 1]
    series.newcomers[:, :, :-1] = series.moves[:, :, -1, :-1]
    np.add.reduce(series.arrests_by_group, axis=2, out=series.arrests)
    np.add.reduce(series.actors_by_group, axis=2, out=series.actors)
    if series.active is not None:
        series.active[:] += series.actors[..., :-2]
    return series
