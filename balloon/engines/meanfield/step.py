"""One step of the mean field: what the engines do to actors, done to expected numbers of actors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon.engines.meanfield.arrest import arrest, take_data
from balloon.engines.meanfield.choice import (
    Choices,
    Mass,
    Options,
    blur,
    choose,
    counted,
    power,
    ratio,
    tried,
)
from balloon.engines.meanfield.others import spread, unseen
from balloon.engines.meanfield.revision import revising
from balloon.engines.meanfield.rules import TRAITS, VIEW, OfArrays, heard
from balloon.engines.meanfield.season import Season
from balloon.engines.meanfield.settle import Turn, settle
from balloon.engines.meanfield.sight import Seen, Sheet, Sight, crowd, learn, mean_belief
from balloon.engines.meanfield.values import room
from balloon.engines.meanfield.world import State, World, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Flows(NamedTuple):
    """What happened in a step, expected numbers."""

    arrests: NDArray[Any]
    """(B, G, P) by the platform the evidence came from."""
    moves: NDArray[Any]
    """(B, P + 2, P + 2) origin, destination; stayers on the diagonal."""
    joins: NDArray[Any] | None
    """(B, P); None where apps are not followed."""
    reconsidered: NDArray[Any]
    """(B, P + 2) who chose, by place before."""


def advance(
    world: World, season: Season, state: State, homes: NDArray[Any], belief: NDArray[Any]
) -> tuple[State, Flows]:
    """Move the expected numbers on by one step.

    Parameters
    ----------
    homes, belief : (B, G, P) arrays
        Actors at home on each platform and annual probabilities believed, in this state.
    """
    at = world.layout.cells
    left, arrests, caught = arrest(world, season, take_data(world, season.sight, state))
    rate = season.revising
    if rate is None:
        rate = revising(world, season.closing, state.fresh)
    choosers = left.mass * rate
    staying = left.mass - choosers
    options = _options(world, season, left, homes, belief)
    made = choose(options, choosers, apps_matter=world.apps_matter)
    new = trials(world, options, choosers) if world.trial and world.apps else None
    settled = settle(world, season, left, Turn(staying, made, new, options.installed))
    weekly = learn(world, season.told, state.weekly, arrests, homes)
    settled.mass[..., at.removed] += np.add.reduce(caught, axis=-1)
    after = State(settled.mass, settled.apps, settled.seized, weekly, np.add.reduce(arrests, axis=-1))
    flows = Flows(
        arrests=arrests,
        moves=_moves(world, season, staying, made, caught),
        joins=settled.joins,
        reconsidered=_by_place(world, choosers),
    )
    return after, flows


def platforms_of(world: World, mass: Mass) -> NDArray[Any]:
    """(B, G, P) actors at home on each platform."""
    at = world.layout.cells
    found: NDArray[Any] = mass.sum(axis=2) @ at.place[:-2].T
    return found


def _options(world: World, season: Season, left: State, homes: NDArray[Any], belief: NDArray[Any]) -> Options:
    """What every option is worth to every cell."""
    outlook = world.layout.cells.outlook
    seen = crowd(world, season.sight, homes) if world.social else None
    view = _view(world, season.sight, homes, belief, seen)
    value = _utility(world, season, view)
    weight, dormancy = _weights(world, season, value)
    away = season.away
    if not world.built_in:
        paying = _utility(world, season, view._replace(onboarding_cost=_sheet(season.sight.onboarding_cost)))
        away = power(_gap(paying, value))[..., outlook, :]
    has = ratio(left.apps, left.mass[..., None]) if world.apps else left.apps
    options = Options(weight[..., outlook, :], away, dormancy[..., outlook], has)
    if seen is None or not world.others.afresh:
        return options
    return _blurred(world, season, options, view, value, seen)


def _weights(world: World, season: Season, value: Any) -> tuple[Any, Any]:
    """(B, G, K, R, P) weights of the platforms and (B, G, K, R) of dormancy, the best option about 1."""
    outside: Any = world.per[5].outside_option
    outside = outside[..., 0] if np.ndim(outside) else np.asarray(outside)
    level = value.real if season.shut is None else np.where(season.shut, -np.inf, value.real)
    top = np.maximum(np.maximum.reduce(level, axis=-1), outside.real)
    if not np.isfinite(outside).all():
        top = np.where(np.isfinite(top), top, 0.0)
    weight = power(value - top[..., None])
    if season.shut is not None:
        weight = np.where(season.shut, 0.0, weight)
    return weight, power(outside - top)


def _utility(world: World, season: Season, view: OfArrays) -> Any:
    """(B, G, K, R, P) utilities; the rule is given arrays that end with the batch, (G, K, R, P, B)."""
    groups = np.arange(world.sizes.shape[1]).reshape(-1, 1, 1, 1, 1)
    risk = world.risk.transpose(1, 2, 0)[:, :, None, None]
    traits = TRAITS(groups, risk, world.exposures.transpose(1, 0)[:, None, None, None])
    value = np.asarray(world.layout.rules.utility(traits, view, world.per[1]))
    shape = (*world.risk.shape[1:], *world.layout.cells.friction.shape, world.batch)
    value = value if value.shape == shape else np.broadcast_to(value, shape)
    value = value.transpose(4, 0, 1, 2, 3)
    if not world.built_in:
        open_ways = np.ones(1, bool) if season.shut is None else ~season.shut
        heard(world.layout.scenario, "utility", value, open_ways)
    return value


def _gap(new: Any, value: Any) -> Any:
    """By how much a utility changes; not at all where it is -inf, whose weight is 0."""
    return np.subtract(new, value, out=np.zeros_like(new), where=np.isfinite(value))


def _view(
    world: World, sight: Sight, homes: NDArray[Any], belief: NDArray[Any], seen: Seen | None
) -> OfArrays:
    """What is seen from all cells of all classes at once; arrays end with the batch."""
    peers: Any = 0.0
    if seen is not None:
        shares, visible = seen
        peers = _sheet(shares * (1.0 - unseen(world.others, visible))[..., None])
    return VIEW(
        platform=np.arange(homes.shape[-1])[:, None],
        asc=_sheet(sight.asc),
        peers=peers,
        belief=_sheet(belief),
        mean_belief=_sheet(mean_belief(belief, homes)[..., None]) if world.spills else 0.0,
        friction=world.layout.cells.friction[..., None],
        onboarding_cost=0.0,
    )


def _sheet(one: Sheet) -> Any:
    """A (B, G, P) array as (G, 1, 1, P, B)."""
    return one.transpose(1, 2, 0)[:, None, None]


def _blurred(
    world: World, season: Season, options: Options, view: OfArrays, value: Any, seen: Seen
) -> Options:
    """The options corrected for the luck of who is met; see `choice.blur`."""
    slope: Any = world.per[5].peer_influence
    if not world.built_in:
        nudge = 0.01
        slope = _gap(_utility(world, season, view._replace(peers=view.peers + nudge)), value) / nudge
        slope = slope[..., world.layout.cells.outlook, :]
    shares, visible = seen
    a, b = spread(world.others.afresh, visible)
    return blur(options, slope, shares[:, :, None, None], (scaled(a, 5), scaled(b, 5)))


def trials(world: World, options: Options, choosers: Mass) -> tuple[Mass, Mass]:
    """Masses that come by an app in a trial, by platform chosen, and by those who go dormant."""
    at, numbers = world.layout.cells, world.per[5]
    pairs, idle = tried(options, numbers.switching_cost, at.ways)
    mass = numbers.trial * choosers[..., None]
    return mass[..., None] * pairs, mass * idle


def _by_place(world: World, mass: Mass) -> NDArray[Any]:
    """(B, P + 2) actors by place."""
    found: NDArray[Any] = np.add.reduce(mass, axis=(1, 2)) @ world.layout.cells.place.T
    return found


def _moves(world: World, season: Season, staying: Mass, made: Choices, caught: Mass) -> NDArray[Any]:
    """(B, P + 2, P + 2) all moves between places, stayers on the diagonal."""
    place = world.layout.cells.place
    size = len(place)
    moves = room((world.batch, size, size), staying.dtype)
    chosen = np.add.reduce(made.platform, axis=(1, 2, 3))
    moves[:, :, :-2] = counted(place, chosen[:, None, None])[:, 0, 0]
    leaving = np.add.reduce(made.dormancy, axis=3)
    if season.closing is not None:
        stranded = staying * season.closing.waits[:, None]
        staying, leaving = staying - stranded, leaving + stranded
    moves[:, :, -2] = _by_place(world, leaving)
    moves[:, :, -1] = _by_place(world, caught)
    stayers = np.einsum("bpp->bp", moves)
    stayers += _by_place(world, staying)
    return moves
