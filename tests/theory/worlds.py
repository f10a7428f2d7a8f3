"""Small worlds for the theory tests, and the yardstick by which two samples agree."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
from balloon.interventions import Intervention
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.scenario import Scenario
from balloon.simulate import simulate

DAY = date(2024, 1, 1)
ALONE = Contacts(kind="erdos_renyi", degree=0.0)  # nobody knows anybody


def week(n: float) -> date:
    """The day n weeks after the start."""
    return DAY + timedelta(days=round(7 * n))


def world(
    *interventions: Intervention,
    platforms: dict[str, dict[str, float]] | str = "AB",
    groups: tuple[Group, ...] | None = None,
    start: dict[str, float] | None = None,
    risk_aversion: float = 0.0,
    actors: int = 10_000,
    steps: int = 20,
    step_days: float = 7.0,
    contacts: Contacts = ALONE,
    edges: tuple[Edge, ...] | None = None,
    squeezed: str = "",
    reference: date = DAY,
    **behaviour: Any,
) -> Scenario:
    """A scenario in which nothing happens but what is asked for: equal platforms, no costs, no pressure."""
    named = platforms if isinstance(platforms, dict) else {name: {} for name in platforms}
    first = next(iter(named))
    if groups is None:
        groups = (Group(name="all", start=start or {first: 1.0}, risk_aversion=risk_aversion),)
    quiet = {"switching_cost": 0.0, "outside_option": -100.0, "learning_rate": 0.0, "revision_rate": 0.0}
    return Scenario(
        name="theory",
        landscape=Landscape(platforms=tuple(Platform(name=n, **a) for n, a in named.items()), edges=edges),
        population=Population(actors=actors, groups=groups, contacts=contacts),
        behaviour=Behaviour(**{**quiet, **behaviour}),
        interventions=interventions,
        start=DAY,
        steps=steps,
        step_days=step_days,
        squeezed=squeezed or first,
        reference=reference,
    )


def run(scenario: Scenario, *, replicates: int = 1, seed: int = 1) -> dict[str, np.ndarray]:
    """Arrays of a simulation by name, replicate first."""
    data = simulate(scenario, replicates=replicates, seed=seed).data
    return {str(name): data[name].values for name in data.data_vars}


def z_scores(one: np.ndarray, other: np.ndarray, *, rare: float = 40.0) -> np.ndarray:
    """Difference of two means over replicates in standard errors, cell by cell.

    The variance is pooled: under the hypothesis both samples have one law. Counts too rare for a
    normal law (fewer than ``rare`` events in both samples together) are left out.
    """
    both = np.concatenate([one, other]).astype(float)
    difference = one.mean(axis=0) - other.mean(axis=0)
    error = both.std(axis=0, ddof=1) * np.sqrt(1 / len(one) + 1 / len(other))
    constant = both.std(axis=0) < 1e-9
    z = np.where(constant, 0.0, difference / np.where(constant, 1.0, error))
    z = np.where(constant & (np.abs(difference) > 1e-9), np.inf, z)
    counts = one.dtype.kind in "iu"
    return np.where(counts & (np.abs(both).sum(axis=0) < rare), 0.0, z)
