"""explore: what if a parameter were another one; a contrast at every point of a grid."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from balloon._units import UNITS, unit
from balloon.contrast import contrast
from balloon.errors import EngineError, ScenarioError
from balloon.pages.whatif import Slider, State, WhatIf
from balloon.plots.naming import called, number
from balloon.scenario import find

if TYPE_CHECKING:
    from balloon.scenario import Scenario

POINTS = 5
"""Values over a parameter's range, where none are given."""
MOST = 500
"""States of a grid: beyond that a page is too large to be sent, and nobody looks at all."""


def explore(
    scenario: Scenario,
    vary: Mapping[str, Sequence[float] | None],
    *,
    without: str | None = None,
    platform: str | None = None,
    replicates: int = 50,
    seed: int = 0,
    parameters: str | None = None,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    progress: bool = False,
) -> WhatIf:
    """Contrast a scenario with the same world without its interventions, over a grid of values.

    Every state has the same luck: what differs between states is due to the values.

    Parameters
    ----------
    scenario : Scenario
    vary : mapping
        Dotted path -> values, or None for 5 values over the range that its evidence gives.
    without : str, optional
        The baseline goes without the interventions on this platform; by default the one that the
        scenario is about.
    platform : str, optional
        Whose loss it is about; by default the one that the scenario is about.
    replicates, seed, executor, store, progress
        As in `contrast`, for every state.
    parameters : None or "ranges"
        None: all that is not varied is held. "ranges": drawn, the same draws in every state; what is
        varied is held, and so is all if no other parameter has a range.

    Returns
    -------
    WhatIf
        With ``.to_html(path)`` and ``.to_frame()``.

    Raises
    ------
    ScenarioError
        A path that leads nowhere, values that cannot be, a path without a range and without values.
    EngineError
        Nothing to vary, more than 500 states, a scenario without interventions to go without.

    Examples
    --------
    >>> import balloon as bl
    >>> found = explore(bl.load("minimal"), {"platforms.Signal.onboarding_cost": None}, replicates=10)
    >>> found.sliders[0].values
    (0.5, 0.875, 1.25, 1.625, 2.0)
    """
    sliders = tuple(slider(scenario, path, values) for path, values in vary.items())
    count = math.prod(len(one.values) for one in sliders)
    if not sliders:
        raise EngineError('explore: there is nothing to vary; pass {"behaviour.switching_cost": None}')
    if count > MOST:
        raise EngineError(f"explore: {count} states are too many; need {MOST} or fewer, by fewer values")
    name = without or scenario.squeezed
    if scenario.without(name) == scenario:
        raise EngineError(
            f"explore: nothing is done on {name!r} in {scenario.name!r}, so there is nothing to go without; "
            "name another platform by without="
        )
    points = list(itertools.product(*(one.values for one in sliders)))
    # All of them are built before any is run: a value that cannot be is refused at once.
    worlds = [scenario.with_({s.path: v for s, v in zip(sliders, p, strict=True)}) for p in points]
    if parameters == "ranges" and scenario.ranges() and not any(world.ranges() for world in worlds):
        parameters = None  # all that has a range is varied
    states, made = [], None
    for point, world in zip(_shown(points, wanted=progress), worlds, strict=True):
        effect = contrast(
            world.without(name),
            world,
            replicates=replicates,
            seed=seed,
            parameters=parameters,
            executor=executor,
            store=store,
        )
        made = made or effect.alternative.provenance
        states.append(State.of(effect, platform or scenario.squeezed, point))
    assert made is not None
    return WhatIf(
        scenarios=(scenario.without(name), scenario),
        platform=platform or scenario.squeezed,
        sliders=sliders,
        states=tuple(states),
        provenance=made,
    )


def slider(scenario: Scenario, path: str, values: Sequence[float] | None) -> Slider:
    """A parameter with its values, in ascending order.

    Raises
    ------
    ScenarioError
        A path that leads to no number, fewer than two values, or no values and no range.
    """
    noun, name = find(scenario, path)
    field, _, key = name.partition(".")
    own = getattr(noun, field)
    if key:
        own = own.get(key, 0.0)
    unset = own is None and f"{type(noun).__name__}.{field}" in UNITS
    if not unset and (isinstance(own, bool) or not isinstance(own, int | float)):
        raise ScenarioError(f"vary {path!r}: is {own!r}, no number; a slider needs a number")
    if values is None:
        span = scenario.ranges().get(path)
        if span is None:
            what = "is not set and " if unset else ""
            raise ScenarioError(
                f"vary {path!r}: {what}has no range to take {POINTS} values from; give them: {path}=1,2,3"
            )
        values = np.linspace(*span, POINTS).tolist()
    chosen = tuple(sorted({float(value) for value in values}))
    if len(chosen) < 2:
        raise ScenarioError(
            f"vary {path!r}: {', '.join(map(number, chosen)) or 'no values'}; need two values or more"
        )
    return Slider(
        path=path,
        label=called(scenario, path),
        unit=unit(noun, name),
        values=chosen,
        own=None if own is None else float(own),
    )


def _shown(points: Sequence[tuple[float, ...]], *, wanted: bool) -> Sequence[tuple[float, ...]]:
    """The points, with a progress bar on a terminal."""
    if not wanted:
        return points
    from tqdm.auto import tqdm

    bar: Sequence[tuple[float, ...]] = tqdm(points, desc="states")
    return bar
