"""All that one run of the mean field works on: numbers, layout, contacts, risk classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._values import DORMANT
from balloon.engines.meanfield.cells import Cells, cells
from balloon.engines.meanfield.others import Others, others
from balloon.engines.meanfield.policy import Numbers, numbers
from balloon.engines.meanfield.rules import Rules, rules_of
from balloon.engines.meanfield.values import Number, Values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from balloon.behaviour.inputs import Parameters
    from balloon.scenario import Scenario
    from balloon.timetable import Policy


class Layout(NamedTuple):
    """What does not depend on numbers: made once for a scenario."""

    scenario: Scenario
    policy: Policy
    cells: Cells
    rules: Rules


class World(NamedTuple):
    """A layout with its numbers; B vectors of parameters, G groups, K risk classes, C cells."""

    layout: Layout
    numbers: Numbers
    batch: int
    dtype: Any
    weeks: float
    per: dict[int, Parameters]
    """The numbers of behaviour, shaped for arrays of so many dimensions."""
    sizes: NDArray[Any]
    """(b, G) actors."""
    exposures: NDArray[Any]
    """(b, G)"""
    risk: NDArray[Any]
    """(b, G, K) risk aversions, utils per annual probability."""
    shares: NDArray[np.float64]
    """(K,) weights of the risk classes."""
    others: Others
    social: bool
    watchful: bool
    apps_matter: bool
    """Whether an onboarding cost is ever paid."""
    trial: bool
    built_in: bool
    """Whether utility is the built-in rule, linear in the shares of contacts."""
    taken: tuple[int, ...]
    """Platforms whose data are taken at some time."""


class State(NamedTuple):
    """Expected numbers of actors after a step."""

    mass: NDArray[Any]
    """(B, G, K, C) actors."""
    apps: NDArray[Any]
    """(B, G, K, C, P) actors who have the app."""
    seized: NDArray[Any]
    """(B, G, K, C, Z) actors whose data on a platform were taken; Z platforms."""
    weekly: NDArray[Any]
    """(B, G, P) believed weekly rates."""
    fresh: NDArray[Any]
    """(B, G) actors arrested in the last step."""


def lay_out(scenario: Scenario) -> Layout:
    """The layout of a scenario."""
    policy = scenario.policy()
    return Layout(scenario, policy, cells(scenario, policy), rules_of(scenario.behaviour))


def world(layout: Layout, free: Mapping[str, ArrayLike], *, classes: int) -> World:
    """Put numbers into a layout."""
    scenario, values = layout.scenario, Values(layout.scenario, free)
    behaviour, own = scenario.behaviour, scenario.behaviour.own_rules
    laid = numbers(values, layout.policy)
    sizes = values.sizes()
    risk, shares = _risk_classes(values, classes)

    def used(name: str) -> bool:
        return bool(np.any(np.asarray(values.of(behaviour, name)) != 0))

    return World(
        layout=layout,
        numbers=laid,
        batch=values.size,
        dtype=values.dtype,
        weeks=scenario.weeks,
        per={n: values.parameters(n) for n in (2, 3, 4, 5)},
        sizes=sizes,
        exposures=values.rows([values.of(g, "exposure") for g in scenario.groups]),
        risk=risk,
        shares=shares,
        others=others(scenario, sizes),
        social=used("peer_influence") or "utility" in own,
        watchful=used("vigilance") or "revision_rate_rule" in own,
        apps_matter="utility" in own or bool(np.any(laid.onboarding_cost != 0)),
        trial=used("trial"),
        built_in="utility" not in own,
        taken=tuple(np.flatnonzero(layout.policy.taken.any(axis=(0, 1))).tolist()),
    )


def _risk_classes(values: Values, classes: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Risk classes of the log-normal risk aversion, (b, G, K), and their shares, (K,).

    r = mean exp(s z - s^2 / 2) with s^2 = ln(1 + cv^2), z normal: even steps of sqrt(2 pi / K) in z,
    each with the weight of the normal density. One class where nobody differs. Against 41 nodes the
    shares of a squeezed landscape are off by .0005 (root mean square) with 5 classes at a mean of 15
    and cv .5, by .0012 at cv 1; Gauss-Hermite nodes by .0002 and .0020, but by .0064 where fear is
    all that matters (mean 40, cv 1), these by .0022.
    """
    groups = values.scenario.groups
    means = values.rows([values.of(g, "risk_aversion") for g in groups])
    variation = values.rows([values.of(g, "risk_aversion_cv") for g in groups])
    if not np.any(means * variation):
        return means[..., None], np.ones(1)
    nodes = (np.arange(classes) - (classes - 1) / 2) * math.sqrt(2 * math.pi / classes)
    weights = np.exp(-nodes * nodes / 2)
    variance = np.log(1.0 + variation * variation)[..., None]
    return means[..., None] * np.exp(np.sqrt(variance) * nodes - variance / 2.0), weights / weights.sum()


def start(world: World, free: Mapping[str, ArrayLike]) -> State:
    """Who is where before the first step; homes and apps are independent draws.

    Beliefs are nan until the first step is looked at.
    """
    layout = world.layout
    scenario, at = layout.scenario, layout.cells
    values, platforms = Values(scenario, free), len(scenario.platforms)
    mass = np.zeros((world.batch, len(scenario.groups), len(world.shares), at.number), world.dtype)
    apps = np.zeros((*mass.shape, platforms), world.dtype)
    none = at.dormant.start
    for g, group in enumerate(scenario.groups):
        homes = values.start(group, [*scenario.platforms, DORMANT]) * world.sizes[:, g, None]
        installed = values.table(group, "start_apps", scenario.platforms, 0.0)
        for k, weight in enumerate(world.shares):
            mass[:, g, k, :platforms] = weight * homes[:, :platforms]
            mass[:, g, k, none] = weight * homes[:, platforms]
        apps[:, g] = mass[:, g, ..., None] * installed[:, None, None]
    home = np.arange(platforms)
    apps[..., home, home] = mass[..., :platforms]
    weekly = np.empty((world.batch, len(scenario.groups), platforms), world.dtype)
    for g, group in enumerate(scenario.groups):
        given = values.table(group, "belief", scenario.platforms, math.nan)
        weekly[:, g] = -np.log(1.0 - given) / 52.0
    seized = np.zeros((*mass.shape, len(world.taken)), world.dtype)
    return State(mass, apps, seized, weekly, np.zeros(mass.shape[:2], world.dtype))


def scaled(number: Number, dimensions: int) -> Number:
    """A (b, G) array shaped to run along the first two of so many axes."""
    return number.reshape(*number.shape, *(1,) * (dimensions - 2))
