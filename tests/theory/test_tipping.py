"""Rest points and tipping where they are known by hand: two platforms and nothing but a crowd.

With peer influence J, everybody seeing everybody and no dormancy, the share s of the first platform
goes to s' = (1 - u) s + u L(J (2 s - 1) - h), u the chance of a revision, h the advantage of the second
platform, L the logistic function. So with x = 2 s - 1: x = tanh((J x - h) / 2) at rest (Brock & Durlauf
2001): one rest point up to J = 2, three above; the outer ones end at h = J x - 2 artanh x with
x = sqrt(1 - 2 / J).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from worlds import week, world

from balloon import load
from balloon._rest import straight
from balloon.contacts import Contacts
from balloon.engines.meanfield import MeanField
from balloon.engines.meanfield.frozen import freeze
from balloon.engines.meanfield.slope import slope
from balloon.errors import EngineError, ScenarioError
from balloon.interventions import Budget, Cooperation
from balloon.plots.bifurcation import tipping_figure
from balloon.population import Group
from balloon.restpoints import alike, equilibria, tipping
from balloon.scenario import Scenario

REVISIONS = 0.2
EVERYBODY = Contacts(kind="small_world", degree=10.0)  # the mean field sees the average crowd


def pair(peer_influence: float, **more: object) -> Scenario:
    settings: dict[str, object] = {"actors": 1000, "steps": 2, "start": {"A": 0.5, "B": 0.5}, **more}
    return world(contacts=EVERYBODY, peer_influence=peer_influence, revision_rate=REVISIONS, **settings)


def test_one_rest_point_below_a_peer_influence_of_two_and_three_above() -> None:
    assert [point.stable for point in equilibria(pair(1.99))] == [True]
    assert [point.stable for point in equilibria(pair(2.01))] == [True, False, True]


@pytest.mark.parametrize("peer_influence", [1.0, 3.0])
def test_rest_points_and_their_growth_follow_the_logistic_map(peer_influence: float) -> None:
    for point in equilibria(pair(peer_influence)):
        share = point.shares["A"]
        x = 2 * share - 1
        assert x == pytest.approx(math.tanh(peer_influence * x / 2), abs=1e-9)
        slope = 1 - REVISIONS + REVISIONS * 2 * peer_influence * share * (1 - share)
        assert point.radius == pytest.approx(slope, rel=1e-9)
        assert point.stable == (slope < 1)


def fold_at(peer_influence: float) -> float:
    """The advantage of the second platform at which a crowd on the first tips."""
    x = math.sqrt(1 - 2 / peer_influence)
    return peer_influence * x - 2 * math.atanh(x)


def test_the_crowd_tips_where_the_outer_rest_points_end() -> None:
    """At J = 3: h = 3 x - 2 artanh x = 0.4151 with x = sqrt(1 / 3), and back at -0.4151."""
    found = tipping(pair(3.0), "platforms.B.asc", (-1.0, 1.0), values=11)
    fold = fold_at(3.0)
    assert found.folds == pytest.approx((-fold, fold), abs=0.002 / 4)
    assert (found.back, found.critical) == found.folds
    assert found.reversible
    assert found.span == found.folds
    brink = found.branches[found.branches.branch == "between"]
    assert sorted(brink.value) == pytest.approx([-0.4, -0.2, 0.0, 0.2, 0.4])
    assert not brink.stable.any()
    assert found.branches[found.branches.branch != "between"].stable.all()


@pytest.mark.parametrize("peer_influence", [2.2, 3.0, 5.0])
@pytest.mark.parametrize(
    ("low", "high", "values"), [(-2.0, 2.0, 3), (-3.0, 2.5, 4), (-1.9, 2.1, 8), (-7.0, 11.0, 3)]
)
def test_the_ends_are_found_whatever_the_bounds_and_the_number_of_values(
    peer_influence: float, low: float, high: float, values: int
) -> None:
    """Also where no value tried, or one alone, lies between them."""
    found = tipping(pair(peer_influence), "platforms.B.asc", (low, high), values=values)
    fold = fold_at(peer_influence)
    assert found.folds == pytest.approx((-fold, fold), abs=(high - low) / 1000)
    assert found.hysteresis == pytest.approx(2 * fold, abs=2 * (high - low) / 1000)


def test_lifting_the_pressure_need_not_bring_the_crowd_back() -> None:
    """From no advantage up and back to none: the crowd has left for good."""
    found = tipping(pair(3.0, start={"A": 0.9, "B": 0.1}), "platforms.B.asc", (0.0, 1.0), values=6)
    assert found.critical == pytest.approx(0.415, abs=0.003)
    assert found.back is None
    assert not found.reversible
    assert found.span == (0.0, found.critical)
    assert found.hysteresis == found.critical


def test_without_peers_nothing_tips() -> None:
    found = tipping(pair(0.0), "platforms.B.asc", (-1.0, 1.0), values=5)
    assert found.folds == ()
    assert found.span is None
    assert found.hysteresis == 0.0
    assert found.reversible


def test_a_rest_point_is_where_a_long_run_ends() -> None:
    """With arrests, replacement, fear, apps and a budget: the run after 1,000 weeks is the rest point."""
    scenario = world(
        Cooperation(platform="A", start=week(1), value=0.5),
        Budget(start=week(1), requests=0.1),
        platforms={"A": {"asc": 1.0, "onboarding_cost": 0.5}, "B": {"onboarding_cost": 1.0}, "C": {}},
        start={"A": 0.6, "B": 0.4},
        risk_aversion=4.0,
        actors=1000,
        steps=1000,
        switching_cost=1.0,
        outside_option=-2.0,
        revision_rate=0.2,
        learning_rate=0.1,
        replacement_rate=0.05,
        uninstall_probability=0.05,
        vigilance=2.0,
    )
    (point,) = equilibria(scenario)
    end = MeanField(scenario).run().actors[0, -1] / 1000
    assert list(point.shares.values()) == pytest.approx(end, abs=1e-8)
    assert point.stable
    assert 0.97 < point.radius < 1


def test_nobody_settles_where_the_removed_are_never_replaced() -> None:
    scenario = world(platforms={"A": {"undercover": 0.01}, "B": {}}, revision_rate=0.1)
    with pytest.raises(EngineError, match=r"in the end all are removed; give behaviour.replacement_rate"):
        equilibria(scenario)


def test_bounds_that_are_no_range_are_refused() -> None:
    with pytest.raises(EngineError, match=r"bounds are \(1\.0, 0\.0\); need the lowest value"):
        tipping(pair(1.0), "platforms.B.asc", (1.0, 0.0))
    with pytest.raises(EngineError, match=r"values is 2; need a whole number >= 3"):
        tipping(pair(1.0), "platforms.B.asc", (0.0, 1.0), values=2)


@pytest.mark.parametrize("bounds", [(0.1,), 0.1, ("a", "b"), (0.0, math.inf), (0.0, math.nan)])
def test_what_is_no_pair_of_finite_numbers_is_refused(bounds) -> None:
    with pytest.raises(
        EngineError, match=r"bounds are .*; need the lowest value, then a higher one, both fin"
    ):
        tipping(pair(1.0), "platforms.B.asc", bounds)


def test_a_half_value_is_refused() -> None:
    with pytest.raises(EngineError, match=r"values is 3\.5; need a whole number >= 3"):
        tipping(pair(1.0), "platforms.B.asc", (0.0, 1.0), values=3.5)  # type: ignore[arg-type]


def test_bounds_that_the_parameter_cannot_have_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(ScenarioError, match=r"platform 'B': cooperation is 2\.0; need a number from 0 to 1"):
        tipping(pair(1.0), "platforms.B.cooperation", (0.0, 2.0))


def test_a_number_that_an_intervention_replaces_is_refused_with_the_number_that_counts() -> None:
    """A answers by agreement from week 1 on: what it answered before changes nothing any more."""
    scenario = world(
        Cooperation(platform="A", start=week(0), value=0.5),
        platforms={"A": {"requests": 0.01}, "B": {}},
        revision_rate=0.2,
        replacement_rate=0.05,
    )
    with pytest.raises(
        EngineError, match=r"0 and 1 come to the same; .* interventions\.cooperation:A:.*\.value"
    ):
        tipping(scenario, "platforms.A.cooperation", (0.0, 1.0))


def test_a_part_of_the_model_that_is_switched_off_at_one_end_is_refused() -> None:
    scenario = pair(1.0, replacement_rate=0.05, platforms={"A": {"undercover": 0.01}, "B": {}})
    with pytest.raises(EngineError, match=r"at 0 a part of the model is switched off .* begin at .* 0\.5"):
        tipping(scenario, "behaviour.vigilance", (0.0, 1.0), values=3)


def test_where_nothing_tips_the_way_down_is_the_way_up_to_the_last_digit() -> None:
    found = tipping(pair(1.0), "platforms.B.asc", (-1.0, 1.0), values=5).branches
    up, down = (found[found.branch == way].drop(columns="branch").to_numpy() for way in ("up", "down"))
    assert (up == down).all()


def test_the_shares_of_a_rest_point_add_up_to_one() -> None:
    for point in equilibria(pair(3.0)):
        assert np.sum(list(point.shares.values())) == pytest.approx(1.0, rel=1e-12)


def test_the_end_of_a_branch_is_found_where_the_crowd_would_linger_for_centuries_just_beyond_it() -> None:
    # At .01793 requests a week the branch has ended, and 40,000 weeks later the crowd is still close to it.
    slow = {"behaviour.peer_influence": 4.0, "behaviour.replacement_rate": 0.05, "platforms.Viber.asc": -0.5}
    crowd = load("minimal").with_(slow)
    found = tipping(crowd, "platforms.Telegram.requests", (0.016, 0.02), values=3)
    assert found.critical == pytest.approx(0.0179, abs=1e-4)
    assert found.back is None
    assert not found.reversible


def feared(*refuges: str, peer_influence: float) -> Scenario:
    """A platform that is preferred, and feared by all alike for what they see there; apps cost nothing."""
    start = {"T": 0.9} | dict.fromkeys(refuges, 0.1 / len(refuges))
    return world(
        platforms={"T": {"asc": 0.5}} | {name: {} for name in refuges},
        groups=(Group(name="all", start=start, risk_aversion=20.0, risk_aversion_cv=0.0),),
        contacts=Contacts(degree=6.0),
        actors=1000,
        steps=30,
        switching_cost=1.0,
        outside_option=-6.0,
        peer_influence=peer_influence,
        revision_rate=0.2,
        learning_rate=0.1,
        replacement_rate=0.3,
    )


def held(scenario: Scenario, weeks: int) -> float:
    """The share of the first platform after so many weeks under pressure that does not change."""
    calm = MeanField(scenario.with_({"steps": weeks})).run().actors[0, -1, 0]
    return float(calm) / scenario.population.actors


def test_a_crowd_stays_just_before_the_end_that_is_found_and_leaves_just_beyond_it() -> None:
    """Held there for 4,000 weeks; from everybody on T, which is on its side of the brink."""
    crowd = feared("S", peer_influence=3.0)
    found = tipping(crowd, "platforms.T.undercover", (0.0, 0.03), values=7)
    assert found.critical is not None
    assert found.critical > 0.001
    for part, stays in ((0.97, True), (1.03, False)):
        pressed = crowd.with_({"platforms.T.undercover": part * found.critical})
        assert (held(pressed, 4000) > 0.5) == stays


def test_a_slow_rise_and_a_search_in_other_bounds_tip_at_the_same_value() -> None:
    """Of three platforms, with apps that cost something: the fold, not a far jump of the search before it."""
    slow = {
        "behaviour.replacement_rate": 0.3,
        "behaviour.peer_influence": 2.5,
        "behaviour.switching_cost": 2.0,
        "platforms.Telegram.asc": 0.5,
        "platforms.Viber.asc": -0.5,
    }
    crowd = load("minimal").without().with_(slow)
    far, near = (
        tipping(crowd, "platforms.Telegram.undercover", (0.0, high), values=3) for high in (0.03, 0.002)
    )
    assert far.critical is not None
    assert near.critical is not None
    assert far.critical == pytest.approx(near.critical, abs=0.03 / 1000)
    assert far.hysteresis == far.critical  # it does not come back
    start = {"Telegram": 0.98, "Signal": 0.01, "Viber": 0.01}
    for part, stays in ((0.97, True), (1.05, False)):
        pressed = {"groups.all.start": start, "platforms.Telegram.undercover": part * near.critical}
        assert (held(crowd.with_(pressed), 3000) > 0.5) == stays


@pytest.mark.parametrize("refuges", ["S", "SV"])
def test_a_platform_that_nobody_tries_again_is_at_rest_though_what_is_believed_of_it_stands_still(
    refuges: str,
) -> None:
    """At the highest value one actor of a hundred million is on T: nobody learns, and nothing grows."""
    crowd = feared(*refuges, peer_influence=4.0)
    found = tipping(crowd, "platforms.T.undercover", (0.0, 0.1), values=5)
    ways = found.branches[found.branches.branch != "between"]
    assert ways.stable.all()
    assert ways["T"].min() < 1e-8
    assert found.critical == pytest.approx(
        tipping(crowd, "platforms.T.undercover", (0.001, 0.003), values=3).critical, abs=0.1 / 1000
    )


def test_an_implicit_step_is_the_solution_of_its_equation_and_no_number_where_there_is_none() -> None:
    """(1 / 10 + 1 - slope) move = gap, by the matrix of the slope."""
    frozen = freeze(feared("S", peer_influence=3.0))
    vector = frozen.all_at(0)
    steep, gap = slope(frozen, vector), frozen.step(vector[None])[0] - vector
    move = straight(steep, gap, 10.0)
    moved, left = (
        np.append(steep.free.part(one[None])[0][:, steep.free.block].reshape(-1), one[steep.free.rest])
        for one in (move, gap)
    )
    assert 1.1 * moved - steep.times(moved) == pytest.approx(left, abs=1e-9)
    stuck = replace(steep, blocks=np.broadcast_to(2 * np.eye(steep.blocks.shape[1]), steep.blocks.shape))
    assert np.isnan(straight(stuck, gap, 1.0)).all()


def test_a_crowd_that_goes_in_circles_is_refused_with_what_was_seen(monkeypatch) -> None:
    """Who shuns the crowd and revises every week goes where nobody was: to and fro for ever."""
    monkeypatch.setattr("balloon._rest.PATIENCE", 500)
    fickle = world(contacts=EVERYBODY, peer_influence=-6.0, revision_rate=1.0, actors=1000, steps=3)
    said = r"at -1 the crowd comes to no rest: after 800 steps the share of A changes by 0\.\d+ in a step"
    with pytest.raises(EngineError, match=said):
        tipping(fickle, "platforms.B.asc", (-1.0, 1.0), values=3)
    (brink,) = equilibria(fickle)
    assert not brink.stable


def test_of_two_refuges_that_are_alike_one_takes_over_and_that_this_is_luck_is_said() -> None:
    """Three equal platforms at J = 4. On A, m is the share of each other: A holds while
    ln((1 - 2 m) / m) = 4 (1 - 3 m) + h has a root near 0, which ends at the least h of the other side.
    The half-and-half of B and C is a brink, and no crowd stays there.
    """
    three = world(
        platforms="ABC", contacts=EVERYBODY, peer_influence=4.0, revision_rate=REVISIONS, actors=1000, steps=2
    )
    found = tipping(three, "platforms.A.asc", (-4.0, 2.0), values=13)
    ways = found.branches[found.branches.branch != "between"]
    assert ways.stable.all()
    low = ways[ways.value < -1].iloc[0]
    assert max(low.B, low.C) > 0.97
    assert found.alike == (("B", "C"),)
    (brink,) = found.branches[(found.branches.branch == "between") & (found.branches.value == 0)].itertuples()
    assert pytest.approx(max(brink.B, brink.C), abs=1e-6) == brink.A  # between A and the one that took over
    m = np.linspace(1e-4, 1 / 3, 100_001)
    assert found.back == pytest.approx((np.log((1 - 2 * m) / m) - 4 * (1 - 3 * m))[m < 0.2].min(), abs=0.006)
    words = tipping_figure(found).caption
    assert words is not None
    assert "B and C are alike: which of them takes over is luck, and one case is drawn." in words.notes[0]


def test_platforms_that_differ_in_one_thing_are_not_alike() -> None:
    names: dict[str, dict[str, float]] = {"A": {}, "B": {}, "C": {}, "D": {"onboarding_cost": 0.5}}
    settings = {"contacts": EVERYBODY, "peer_influence": 1.0, "revision_rate": REVISIONS, "steps": 2}
    even = world(platforms=names, start=dict.fromkeys(names, 0.25), **settings)
    assert alike(freeze(even)) == (("A", "B", "C"),)
    uneven = world(platforms=names, start={"A": 0.25, "B": 0.3, "C": 0.2, "D": 0.25}, **settings)
    assert alike(freeze(uneven)) == ()


def test_the_name_of_a_scenario_is_not_one() -> None:
    said = r"scenario is 'minimal'; need a Scenario, such as balloon\.load"
    with pytest.raises(EngineError, match=said):
        equilibria("minimal")  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=said):
        tipping("minimal", "platforms.Telegram.requests", (0.0, 0.1))  # type: ignore[arg-type]
