"""All that one run of the mean field works on: numbers, layout, contacts, risk classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._values import DORMANT
from balloon.engines.meanfield.cells import Cells, cells
from balloon.engines.meanfield.choice import chance, ratio
from balloon.engines.meanfield.others import Others, others
from balloon.engines.meanfield.policy import Numbers, numbers
from balloon.engines.meanfield.rules import Rules, rules_of
from balloon.engines.meanfield.values import Number, Values, packed, room

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
    values: Values
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
    met: NDArray[Any]
    """(b, G, G) share of the contacts of a group (row) that one actor of a group is."""
    gain: Number
    """How far beliefs go towards what a step showed."""
    turns: NDArray[np.bool_]
    """(T,) whether the policy of a step is not that of the step before."""
    social: bool
    watchful: bool
    spills: bool
    """Whether the mean belief counts."""
    apps: bool
    """Whether it is followed who has which app."""
    apps_matter: bool
    """Whether an onboarding cost is ever paid."""
    kept: Any
    """(b, 1, 1, 1, 1) chance that an app survives going dormant."""
    kept_away: NDArray[Any]
    """(b, 1, 1, P, P) chance that an app (column) survives a move to a platform, whose own does."""
    trial: bool
    idles: bool
    """Whether apps are used by those at home elsewhere."""
    built_in: bool
    """Whether utility is the built-in rule, linear in the shares of contacts."""
    taken: tuple[int, ...]
    """Platforms whose data are taken at some time."""


class State(NamedTuple):
    """Expected numbers of actors after a step."""

    mass: NDArray[Any]
    """(B, G, K, C) actors."""
    apps: NDArray[Any]
    """(B, G, K, C, P) actors who have the app; P is 0 where apps are not followed."""
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


def world(layout: Layout, free: Mapping[str, ArrayLike], *, classes: int, apps: bool = True) -> World:
    """Put numbers into a layout; with ``apps`` it is followed who has which, though it may not matter."""
    scenario, values = layout.scenario, Values(layout.scenario, free)
    behaviour, own = scenario.behaviour, scenario.behaviour.own_rules
    laid = Numbers(*(packed(one) for one in numbers(values, layout.policy)))
    sizes = packed(values.sizes())
    risk, shares = _risk_classes(values, classes)
    contacts, per = others(scenario, sizes), {n: values.parameters(n) for n in (1, 2, 3, 4, 5)}
    taken = tuple(np.flatnonzero(layout.policy.taken.any(axis=(0, 1))).tolist())

    def used(name: str) -> bool:
        return bool(np.any(np.asarray(values.of(behaviour, name)) != 0))

    drop = np.reshape(per[1].uninstall_probability, (-1, 1, 1, 1, 1))
    apps_matter = "utility" in own or bool(np.any(laid.onboarding_cost != 0))
    return World(
        layout=layout,
        values=values,
        numbers=laid,
        batch=values.size,
        dtype=values.dtype,
        weeks=scenario.weeks,
        per=per,
        sizes=sizes,
        exposures=packed(values.rows([values.of(g, "exposure") for g in scenario.groups])),
        risk=packed(risk),
        shares=shares,
        others=contacts,
        met=packed(ratio(contacts.mixing, sizes[:, None])),
        gain=chance(np.asarray(per[3].learning_rate * scenario.weeks)),
        turns=_turns(layout.policy, laid),
        social=used("peer_influence") or "utility" in own,
        watchful=used("vigilance") or "revision_rate_rule" in own,
        spills=used("spillover") or "utility" in own,
        apps=apps or apps_matter or bool(taken),
        apps_matter=apps_matter,
        kept=1.0 - drop,
        kept_away=(1.0 - drop) + drop * np.eye(len(scenario.platforms)),
        trial=used("trial"),
        idles=used("idle_use"),
        built_in="utility" not in own,
        taken=taken,
    )


def _turns(policy: Policy, laid: Numbers) -> NDArray[np.bool_]:
    """(T,) whether the policy of a step is not that of the step before; what adapts may always differ."""
    turns = np.ones(len(policy.available), dtype=bool)
    if policy.outreach_groups.size or (policy.budget >= 0).any():
        return turns
    turns[1:] = False
    for one in laid[:8]:
        turns[1:] |= (one[:, 1:] != one[:, :-1]).any(axis=(0, 2, 3))
    for flag in (policy.available, policy.taken):
        turns[1:] |= (flag[1:] != flag[:-1]).any(axis=(1, 2))
    # What reopens does so for one step.
    turns[2:] |= (policy.available[1:-1] != policy.available[:-2]).any(axis=(1, 2))
    return turns


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


def start(world: World) -> State:
    """Who is where before the first step; homes and apps are independent draws.

    Beliefs are nan until the first step is looked at.
    """
    layout = world.layout
    scenario, at = layout.scenario, layout.cells
    values, platforms = world.values, len(scenario.platforms)
    mass = room((world.batch, len(scenario.groups), len(world.shares), at.number), world.dtype)
    apps = room((*mass.shape, platforms if world.apps else 0), world.dtype)
    none = at.dormant.start
    for g, group in enumerate(scenario.groups):
        homes = values.start(group, [*scenario.platforms, DORMANT]) * world.sizes[:, g, None]
        for k, weight in enumerate(world.shares):
            mass[:, g, k, :platforms] = weight * homes[:, :platforms]
            mass[:, g, k, none] = weight * homes[:, platforms]
        if world.apps:
            installed = values.table(group, "start_apps", scenario.platforms, 0.0)
            apps[:, g] = mass[:, g, ..., None] * installed[:, None, None]
    if world.apps:
        home = np.arange(platforms)
        apps[..., home, home] = mass[..., :platforms]
    weekly = room((world.batch, len(scenario.groups), platforms), world.dtype)
    for g, group in enumerate(scenario.groups):
        given = values.table(group, "belief", scenario.platforms, math.nan)
        weekly[:, g] = -np.log(1.0 - given) / 52.0
    seized = room((*mass.shape, len(world.taken)), world.dtype)
    return State(mass, apps, seized, weekly, room(mass.shape[:2], world.dtype))


def scaled(number: Number, dimensions: int) -> Number:
    """A (b, G) array shaped to run along the first two of so many axes."""
    return number.reshape(*number.shape, *(1,) * (dimensions - 2))
