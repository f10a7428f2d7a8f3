"""One step of the mean field: what the engines do to actors, done to expected numbers of actors."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.choice import Mass, Options, blur, choose, power, ratio, tried
from balloon.engines.meanfield.others import spread, unseen
from balloon.engines.meanfield.rules import TRAITS, VIEW, OfArrays
from balloon.engines.meanfield.settle import Turn, Ways, settle
from balloon.engines.meanfield.sight import Sight, annual, crowd, learn, mean_belief, pressure
from balloon.engines.meanfield.world import State, World, scaled
from balloon.engines.stage import STRANDED

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Flows(NamedTuple):
    """What happened in a step, expected numbers."""

    arrests: NDArray[Any]
    """(B, G, P) by the platform the evidence came from."""
    moves: NDArray[Any]
    """(B, P + 2, P + 2) origin, destination; stayers on the diagonal."""
    joins: NDArray[Any]
    """(B, P)"""
    reconsidered: NDArray[Any]
    """(B, P + 2) who chose, by place before."""


def advance(world: World, sight: Sight, state: State) -> tuple[State, Flows]:
    """Move the expected numbers on by one step."""
    at = world.layout.cells
    homes = platforms_of(world, state.mass)
    before = _take_data(world, sight, state)
    left, arrests, caught = _arrest(world, sight, before)
    belief = annual(state.weekly)
    ways = _revising(world, sight, state.fresh)
    choosers = left.mass * ways.rate
    staying = left.mass - choosers
    options = _options(world, sight, left, homes, belief)
    made = choose(options, choosers, apps_matter=world.apps_matter)
    new = trials(world, options, choosers) if world.trial else None
    mass, apps, seized, joins = settle(world, sight, left, Turn(staying, made, new, options.installed), ways)
    weekly = learn(world, sight, state.weekly, arrests, homes)
    mass[..., at.removed] += caught.sum(axis=-1)
    after = State(mass, apps, seized, weekly, arrests.sum(axis=-1))
    platform, dormancy = made.platform.sum(axis=3), made.dormancy.sum(axis=3)
    flows = Flows(
        arrests=arrests,
        moves=_moves(world, staying, platform, dormancy, caught, ways.waits),
        joins=joins,
        reconsidered=choosers.sum(axis=(1, 2)) @ at.place.T,
    )
    return after, flows


def platforms_of(world: World, mass: Mass) -> NDArray[Any]:
    """(B, G, P) actors at home on each platform."""
    at = world.layout.cells
    found: NDArray[Any] = mass.sum(axis=2) @ at.place[:-2].T
    return found


# ---- arrest -------------------------------------------------------------------------------


def _take_data(world: World, sight: Sight, state: State) -> State:
    """Those who have the app of a platform whose data are taken in this step."""
    if not sight.taken.any():
        return state
    seized = state.seized.copy()
    for z, p in enumerate(world.taken):
        who = sight.taken[:, p]
        seized[:, who, ..., z] = state.apps[:, who, ..., p]
    return state._replace(seized=seized)


def _arrest(world: World, sight: Sight, state: State) -> tuple[State, NDArray[Any], Mass]:
    """Who is left free, arrests by source (B, G, P), and who is arrested by cell."""
    at, weeks = world.layout.cells, world.weeks
    lam = pressure(world, sight)
    rate = np.zeros((*lam.shape[:3], at.number), lam.dtype)
    rate[..., at.at_home] = lam[..., at.home[at.at_home]]
    hot = [z for z, p in enumerate(world.taken) if np.any(sight.seizure[..., p] != 0)]
    if hot:
        return _arrest_by_seizures(world, sight, state, rate, hot)
    free = power(-rate * weeks)
    left = state.mass * free
    caught = state.mass - left
    arrests = caught.sum(axis=2) @ at.place[:-2].T
    return state._replace(mass=left, apps=state.apps * free[..., None]), arrests, caught


def _arrest_by_seizures(
    world: World, sight: Sight, state: State, rate: Mass, hot: list[int]
) -> tuple[State, NDArray[Any], Mass]:
    """The same where seized data lead to arrests: all sources add up to one rate.

    Who was seized is taken as independent from one platform to the next.
    """
    at, weeks = world.layout.cells, world.weeks
    share = [ratio(state.seized[..., z], state.mass) for z in hot]
    seizure = [scaled(sight.seizure[..., world.taken[z]], 4) for z in hot]
    arrests = np.zeros((*state.mass.shape[:2], at.place.shape[0] - 2), np.result_type(state.mass, rate))
    left = np.zeros(state.mass.shape, arrests.dtype)
    for held in itertools.product((False, True), repeat=len(hot)):
        mass, whole = state.mass, rate
        for one, s, sigma in zip(held, share, seizure, strict=True):
            mass = mass * (s if one else 1.0 - s)
            whole = whole + sigma if one else whole
        free = power(-whole * weeks)
        left += mass * free
        by_rate = ratio(mass * (1.0 - free), whole)
        arrests += (by_rate * rate).sum(axis=2) @ at.place[:-2].T
        for one, z, sigma in zip(held, hot, seizure, strict=True):
            if one:
                arrests[..., world.taken[z]] += (by_rate * sigma).sum(axis=(2, 3))
    free = ratio(left, state.mass)
    apps, seized = state.apps * free[..., None], state.seized * free[..., None]
    for z, s, sigma in zip(hot, share, seizure, strict=True):
        fall = 1.0 - power(-sigma * weeks)
        others = ratio(free, 1.0 - s * fall)
        p = world.taken[z]
        apps[..., p] = (state.apps[..., p] - state.seized[..., z] * fall) * others
        seized[..., z] = state.seized[..., z] * (1.0 - fall) * others
    return state._replace(mass=left, apps=apps, seized=seized), arrests, state.mass - left


# ---- revision -----------------------------------------------------------------------------


def _revising(world: World, sight: Sight, fresh: NDArray[Any]) -> Ways:
    """Who chooses in this step, freely or not, and who is stranded otherwise."""
    at, weeks, numbers = world.layout.cells, world.weeks, world.per[3]
    groups = np.arange(len(sight.available))
    traits = TRAITS(groups[:, None], world.risk, world.exposures[..., None])
    rule = world.layout.rules.revision_rate
    calm = rule(traits, 0.0, weeks, numbers) * weeks
    alert = calm
    if world.watchful:
        alert = rule(traits, _lost(world, fresh)[..., None], weeks, numbers) * weeks
    replaced = -np.expm1(-numbers.replacement_rate * weeks)
    shape = np.broadcast_shapes((1, len(groups), 1), *map(np.shape, (alert, calm, replaced)))
    rate = np.empty((*shape, at.number), np.result_type(float, alert, calm, replaced))
    rate[:] = np.asarray(calm)[..., None]
    rate[..., at.at_home] = np.asarray(alert)[..., None]
    rate[rate.real > 1.0] = 1.0
    rate[..., at.removed] = replaced
    if not at.closable:
        nobody = np.zeros((len(groups), at.number), bool)
        return Ways(rate, nobody, nobody)
    return _closing(world, sight, rate)


def _closing(world: World, sight: Sight, rate: Mass) -> Ways:
    """The same where platforms close and reopen."""
    at = world.layout.cells
    platforms = sight.available.shape[1]
    forced = np.zeros((len(sight.available), at.number), bool)
    forced[:, at.at_home] = ~sight.available[:, at.home[at.at_home]]
    waits = forced.copy()
    forced[:, at.home == platforms + STRANDED] = True
    rechoice: Any = world.per[4].rechoice_rate * world.weeks
    if np.isnan(np.asarray(rechoice)).any():  # all at once
        rechoice, waits = 1.0, np.zeros_like(waits)
    rechoice = np.where(np.real(rechoice) > 1.0, 1.0, rechoice)
    rate = np.where(forced[:, None], rechoice, rate)
    away = (at.habit >= 0) & (at.habit != at.home)
    back = np.zeros_like(forced)
    back[:, away] = sight.reopened[:, at.habit[away]]
    return Ways(np.where(back[:, None], 1.0, rate), forced, waits)


def _lost(world: World, fresh: NDArray[Any]) -> NDArray[Any]:
    """(B, G) share of the contacts arrested in the last step."""
    linked = 1.0 - unseen(world.others, 1.0)  # nobody is lost to those without contacts
    share = (world.others.mixing @ ratio(fresh, world.sizes)[..., None])[..., 0]
    return np.asarray(share * linked)


# ---- choice -------------------------------------------------------------------------------


def _options(world: World, sight: Sight, left: State, homes: NDArray[Any], belief: NDArray[Any]) -> Options:
    """What every option is worth to every cell."""
    at, numbers = world.layout.cells, world.per[5]
    view, none = _view(world, sight, homes, belief)
    value = _utility(world, view)
    open_way = sight.available[:, None, None] & at.reach
    top = np.where(open_way, value.real, -np.inf).max(axis=-1)
    outside: Any = numbers.outside_option
    outside = outside[..., 0] if np.ndim(outside) else outside
    top = np.maximum(top, outside.real)
    top = np.where(np.isfinite(top), top, 0.0)
    weight = np.where(open_way, power(value - top[..., None]), 0.0)
    if world.built_in:
        away = power(-sight.onboarding_cost)[:, :, None, None]
    else:
        paying = _utility(world, view._replace(onboarding_cost=sight.onboarding_cost[:, :, None, None]))
        away = power(paying - value)
    dormancy = power(np.asarray(outside - top)) if np.isfinite(outside).all() else np.zeros_like(top)
    dormancy = np.broadcast_to(dormancy, weight.shape[:-1])
    options = Options(weight, away, dormancy, ratio(left.apps, left.mass[..., None]))
    if not (world.social and world.others.afresh):
        return options
    return _blurred(world, options, view, value, none)


def _utility(world: World, view: OfArrays) -> Any:
    groups = np.arange(world.sizes.shape[1])[:, None, None, None]
    traits = TRAITS(groups, world.risk[..., None, None], scaled(world.exposures, 5))
    value = np.asarray(world.layout.rules.utility(traits, view, world.per[5]))
    at = world.layout.cells
    shape = (world.batch, *world.risk.shape[1:], *at.friction.shape)
    return value if value.shape == shape else np.broadcast_to(value, shape)


def _view(world: World, sight: Sight, homes: NDArray[Any], belief: NDArray[Any]) -> tuple[OfArrays, Any]:
    """What is seen from all cells of all classes at once, and the chance to see nobody."""
    peers: Any = 0.0
    visible = None
    if world.social:
        shares, visible = crowd(world, sight, homes)
        peers = (shares * (1.0 - unseen(world.others, visible))[..., None])[:, :, None, None]
    view = VIEW(
        platform=np.arange(homes.shape[-1]),
        asc=sight.asc[:, :, None, None],
        peers=peers,
        belief=belief[:, :, None, None],
        mean_belief=scaled(mean_belief(belief, homes), 5),
        friction=world.layout.cells.friction,
        onboarding_cost=0.0,
    )
    return view, visible


def _blurred(world: World, options: Options, view: OfArrays, value: Any, visible: NDArray[Any]) -> Options:
    """The options corrected for the luck of who is met; see `choice.blur`."""
    slope: Any = world.per[5].peer_influence
    if not world.built_in:
        nudge = 0.01
        slope = (_utility(world, view._replace(peers=view.peers + nudge)) - value) / nudge
    a, b = spread(world.others.afresh, visible)
    seen = 1.0 - unseen(world.others, visible)
    shares = ratio(view.peers, scaled(seen, 5))
    return blur(options, slope, shares, (scaled(a, 5), scaled(b, 5)))


def trials(world: World, options: Options, choosers: Mass) -> tuple[Mass, Mass]:
    """Masses that come by an app in a trial, by platform chosen, and by those who go dormant."""
    at, numbers = world.layout.cells, world.per[5]
    gain = np.broadcast_to(numbers.switching_cost * at.friction, options.weight.shape)
    pairs, idle = tried(options, gain)
    mass = numbers.trial * choosers[..., None]
    return mass[..., None] * pairs, mass * idle


def _moves(
    world: World, staying: Mass, platform: Mass, dormancy: Mass, caught: Mass, waits: NDArray[np.bool_]
) -> NDArray[Any]:
    """(B, P + 2, P + 2) all moves between places, stayers on the diagonal."""
    place = world.layout.cells.place
    size = len(place)
    moves = np.zeros((staying.shape[0], size, size), staying.dtype)
    moves[:, :, :-2] = place @ platform.sum(axis=(1, 2))
    stranded = staying * waits[:, None]
    moves[:, :, -2] = (dormancy + stranded).sum(axis=(1, 2)) @ place.T
    moves[:, :, -1] = caught.sum(axis=(1, 2)) @ place.T
    everywhere = np.arange(size)
    moves[:, everywhere, everywhere] += (staying - stranded).sum(axis=(1, 2)) @ place.T
    return moves
