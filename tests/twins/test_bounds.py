"""Where the compiled engine spares work by a bound, the engine of objects does all of it: the same story.

Here are the edges that random worlds do not come to: numbers that cancel or overflow, more people than a
block or a row holds, contacts at the limit of a byte, steps beyond one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
from balloon.engines import arrays, objects
from balloon.engines.columns import BLOCK, WIDTH
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.scenario import Scenario
from tests.twins.compare import in_step
from tests.twins.worlds import START, alarms


def crowd(actors: int, *, platforms: int = 3, contacts: Contacts | None = None, first: int = 0) -> Scenario:
    """People who reconsider every week, on platforms that are alike, in one group or two.

    ``first``: how many are in the first group.
    """
    names = [f"p{k}" for k in range(platforms)]
    share, start = first / actors, dict.fromkeys(names, 1 / platforms)
    return Scenario(
        name="crowd",
        landscape=Landscape(platforms=tuple(Platform(name=name, undercover=0.02) for name in names)),
        population=Population(
            actors=actors,
            groups=(
                Group(name="some", share=share, risk_aversion=1.0, start=start),
                Group(name="others", share=1.0 - share, risk_aversion=1.0, start=start),
            ),
            contacts=contacts or Contacts(kind="small_world", degree=6),
        ),
        behaviour=Behaviour(
            switching_cost=1.5, peer_influence=2.0, outside_option=-2.0, revision_rate=1.0, trial=0.05,
            uninstall_probability=0.2, vigilance=2.0, replacement_rate=0.5,
        ),
        start=START,
        steps=2,
    )  # fmt: skip


def told_alike(world: Scenario) -> None:
    """Both engines, step by step, to the last bit."""
    ones, others = (engine.states(world, seed=7, replicate=0) for engine in (arrays, objects))
    assert in_step(ones, others) == world.steps


def two_ways(
    *, friction: float = 1.0, risk_aversion: float = 0.0, risk_aversion_cv: float = 0.0, **behaviour: float
) -> Scenario:
    """Two platforms that are believed to be somewhat dangerous, and the ways between them."""
    group = Group(
        name="all", risk_aversion=risk_aversion, risk_aversion_cv=risk_aversion_cv,
        start={"a": 0.5, "b": 0.5}, belief={"a": 0.09, "b": 0.09},
    )  # fmt: skip
    return Scenario(
        name="two ways",
        landscape=Landscape(
            platforms=(Platform(name="a"), Platform(name="b")),
            edges=tuple(Edge(origin=p, destination=q, friction=friction) for p, q in ("ab", "ba")),
        ),
        population=Population(actors=1000, groups=(group,), contacts=Contacts(kind="small_world", degree=4)),
        behaviour=Behaviour(revision_rate=1.0, **behaviour),
        start=START,
        steps=2,
    )


EXTREMES = {
    "a cost that overflows, as good as no way": two_ways(friction=1e308, outside_option=-1.0),
    "a cost and a pull that cancel, and leave their rounding": two_ways(
        risk_aversion=10.0, switching_cost=1e16, peer_influence=1e16, outside_option=-math.inf
    ),
    "a risk aversion that is not a number": two_ways(risk_aversion=10.0, risk_aversion_cv=1e200),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_who_stays_for_sure_is_known_even_among_extreme_numbers(name: str) -> None:
    told_alike(EXTREMES[name])


def alike(traits: Any, view: Any, parameters: Any) -> float:
    """Luck alone decides, and often it takes logarithms to tell whose is better."""
    return 0.0


def ever_better(traits: Any, view: Any, parameters: Any) -> float:
    """The last platform is the best, whatever the luck."""
    return 50.0 * view.platform


def forbidden(traits: Any, view: Any, parameters: Any) -> float:
    """One platform only."""
    return 0.0 if view.platform == 1 else -math.inf


def nowhere(traits: Any, view: Any, parameters: Any) -> float:
    """Nothing but dormancy."""
    return -math.inf


def irresistible(traits: Any, view: Any, parameters: Any) -> float:
    """Two platforms that no luck can outbid: the first is taken."""
    return 1e300 if view.platform > 0 else 0.0


OWN = [alike, ever_better, forbidden, nowhere, irresistible]


@pytest.mark.parametrize("outside_option", [-2.0, -math.inf])
@pytest.mark.parametrize("trial", [0.0, 0.3])
@pytest.mark.parametrize("rule", OWN, ids=lambda rule: rule.__name__)
def test_own_utilities_whatever_they_give_are_weighed_alike(
    rule: Any, trial: float, outside_option: float
) -> None:
    world = crowd(400)
    drawn = replace(world.behaviour, utility=rule, trial=trial, outside_option=outside_option)
    told_alike(replace(world, behaviour=drawn))


@pytest.mark.parametrize("first", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, WIDTH + 1])
def test_it_does_not_matter_where_a_block_or_a_group_ends(first: int) -> None:
    told_alike(crowd(2 * BLOCK + 1, first=first))


def test_more_people_may_weigh_their_options_than_a_row_holds() -> None:
    world = crowd(3 * WIDTH + BLOCK + 1)
    # Hardly anybody stays for sure before the contacts are known, and many after.
    drawn = replace(world.behaviour, switching_cost=0.0, peer_influence=6.0, trial=0.0)
    told_alike(replace(world, behaviour=drawn, steps=1))


@pytest.mark.parametrize("platforms", [1, 7, 8, 9, 31, 32])
def test_any_number_of_platforms_is_counted_alike(platforms: int) -> None:
    told_alike(crowd(400, platforms=platforms))


@pytest.mark.parametrize("known", [255, 256])
def test_a_hub_is_counted_alike_at_the_limit_of_a_byte(known: int) -> None:
    star = Contacts.given(300, [(0, k) for k in range(1, known + 1)])
    world = crowd(300, contacts=star)
    group = replace(world.groups[1], start={"p0": 1.0})  # all that the hub knows, on one platform
    drawn = replace(world.behaviour, peer_influence=12.0)  # where else they seem to be, it goes
    people = replace(world.population, groups=(world.groups[0], group))
    told_alike(replace(world, population=people, behaviour=drawn))


def test_a_removed_contact_alarms_in_any_year() -> None:
    told_alike(alarms(actors=24))
