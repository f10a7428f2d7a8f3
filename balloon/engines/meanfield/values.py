"""The numbers of a scenario, any of them a batch of values: real, or complex for exact derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.behaviour import Behaviour
from balloon.behaviour.inputs import Parameters
from balloon.errors import EngineError
from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.landscape import Platform
from balloon.population import Group
from balloon.scenario import find

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.scenario import Scenario

Number = Any
"""A float, or a (B,) array of floats or complex numbers."""

STEP = 1e-12
"""Largest imaginary part: what is of second order in it is dropped."""

VARIABLE: dict[type, tuple[str, ...]] = {
    Behaviour: Parameters._fields,
    Platform: ("asc", "onboarding_cost", "cooperation", "requests", "undercover"),
    Group: (
        "share", "exposure", "risk_aversion", "risk_aversion_cv", "start", "start_apps", "asc", "belief",
    ),
    Cooperation: ("value",),
    Outreach: ("threshold", "value"),
    Budget: ("requests",),
    Crackdown: ("requests", "undercover"),
    PlatformChange: ("asc", "onboarding_cost"),
    Takedown: ("seizure",),
    Announcement: ("belief",),
}  # fmt: skip
"""What may differ within a batch. Dates, delays, frictions and contacts shape the layout instead."""


def packed(array: NDArray[Any]) -> NDArray[Any]:
    """The same (B, ...) array with the batch side by side in memory, along which numpy's loops then run.

    Nothing but the speed depends on it: the other axes are short.
    """
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 0, -1)), -1, 0)


def room(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Zeros of a shape (B, ...), packed."""
    last = len(shape) - 1
    return np.zeros((*shape[1:], shape[0]), dtype).transpose(last, *range(last))


def column(number: Number, dimensions: int) -> Number:
    """A batch of numbers shaped to run along the first of so many axes; a float as it is."""
    return number.reshape(-1, *(1,) * (dimensions - 1)) if isinstance(number, np.ndarray) else number


class Values:
    """The numbers of a scenario, with batches in the place of some.

    Parameters
    ----------
    scenario : Scenario
    free : mapping
        Dotted path -> (B,) array; a single number counts as a batch of one.

    Raises
    ------
    EngineError
        A path that may not differ within a batch, batches of different length, a number not finite.
    ScenarioError
        A path that leads nowhere.
    """

    def __init__(self, scenario: Scenario, free: Mapping[str, ArrayLike]) -> None:
        self.scenario = scenario
        self.free: dict[tuple[int, str], NDArray[Any]] = {}
        for path, given in free.items():
            noun, name = find(scenario, path)
            if name.partition(".")[0] not in VARIABLE.get(type(noun), ()):
                raise EngineError(
                    f"{path}: cannot vary within one run of the mean field, it shapes the layout (dates, "
                    "edges, contacts, numbers of actors); change it with scenario.with_(...)"
                )
            batch = np.atleast_1d(np.asarray(given))
            batch = batch if np.iscomplexobj(batch) else batch.astype(float)
            if batch.ndim != 1 or not np.isfinite(batch).all():
                raise EngineError(f"{path}: is {given!r}; need finite numbers in one row")
            if np.any(np.abs(batch.imag) > STEP):
                raise EngineError(
                    f"{path}: has an imaginary part above {STEP:g}; a complex step is tiny, such as 1e-20j"
                )
            self.free[id(noun), name] = batch
        lengths = {len(batch) for batch in self.free.values()}
        if len(lengths - {1}) > 1:
            raise EngineError(f"batches of {sorted(lengths)} values; make them of one length")
        self.size = max(lengths, default=1)
        self.dtype = np.result_type(float, *self.free.values())

    def of(self, noun: Any, name: str) -> Number:
        """A number of a noun; of a table by ``field.key``, None where it is absent."""
        batch = self.free.get((id(noun), name))
        if batch is not None:
            return batch
        field, _, key = name.partition(".")
        value = getattr(noun, field)
        return value.get(key) if key else value

    def varies(self, noun: Any, name: str) -> bool:
        """Whether a number of a noun was given as a batch."""
        return (id(noun), name) in self.free

    def rows(self, numbers: list[Number]) -> NDArray[Any]:
        """(b, n) the numbers side by side; b = B if any is a batch, else 1."""
        if not any(isinstance(n, np.ndarray) for n in numbers):
            return np.array([numbers], dtype=float)
        rows = np.empty((self.size, len(numbers)), self.dtype)
        for k, number in enumerate(numbers):
            rows[:, k] = number
        return rows

    def parameters(self, dimensions: int) -> Parameters:
        """The numbers of behaviour, shaped to run along the first of so many axes."""
        behaviour = self.scenario.behaviour
        numbers = {}
        for name in Parameters._fields:
            number = self.of(behaviour, name)
            numbers[name] = math.nan if number is None else column(number, dimensions)
        return Parameters(**numbers)

    def sizes(self) -> NDArray[Any]:
        """(b, G) actors of each group; where a share varies, the others share what it leaves."""
        groups, population = self.scenario.groups, self.scenario.population
        varied = [self.varies(g, "share") for g in groups]
        if not any(varied):
            return np.array([population.sizes], dtype=float)
        shares = self.rows([self.of(g, "share") for g in groups])
        left = 1.0 - shares[:, varied].sum(axis=1, keepdims=True)
        others = sum(g.share for g, free in zip(groups, varied, strict=True) if not free)
        if others > 0:
            shares[:, np.logical_not(varied)] *= left / others
        else:
            shares = shares / shares.sum(axis=1, keepdims=True)
        return np.asarray(population.actors * shares)

    def start(self, group: Group, places: list[str]) -> NDArray[Any]:
        """(b, places) share of a group at each place at the start, scaled to add up to 1."""
        shares = self.table(group, "start", tuple(places), 0.0)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def table(self, group: Group, field: str, keys: tuple[str, ...], absent: float) -> NDArray[Any]:
        """(b, keys) a table of a group, with a number for what it does not hold."""
        found = [self.of(group, f"{field}.{key}") for key in keys]
        return self.rows([absent if number is None else number for number in found])
