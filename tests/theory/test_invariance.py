"""What must stay the same: the number of actors, names and order of platforms, the length of a step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from cases import CASES
from worlds import run, week, world, z_scores

from balloon.behaviour import Behaviour
from balloon.engines.arrays import states
from balloon.interventions import Cooperation
from balloon.landscape import Edge, Landscape
from balloon.population import Group
from balloon.scenario import Scenario


@pytest.mark.parametrize("name", CASES)
def test_actors_are_conserved_at_every_step(name: str) -> None:
    scenario = CASES[name]()
    n, sizes = scenario.population.actors, scenario.population.sizes
    out = run(scenario, replicates=10)
    actors, moves, joint = out["actors"], out["moves"], out["joint"]
    removed = actors.shape[2] - 1
    assert (actors >= 0).all()
    assert (actors.sum(axis=2) == n).all()
    assert (out["actors_by_group"].sum(axis=3) == sizes).all()
    assert (out["actors_by_group"].sum(axis=2) == actors).all()
    assert (moves >= 0).all()
    assert (moves[:, 1:].sum(axis=3) == actors[:, :-1]).all()  # rows: before
    assert (moves[:, 1:].sum(axis=2) == actors[:, 1:]).all()  # columns: after
    leavers = moves[:, 1:, :, removed].sum(axis=2) - moves[:, 1:, removed, removed]
    assert (out["arrests"][:, 1:].sum(axis=2) == leavers).all()
    assert (out["arrests_by_group"].sum(axis=2) == out["arrests"]).all()
    entered = np.delete(moves[:, 1:, removed], removed, axis=2)
    assert (out["newcomers"][:, 1:, :removed] == entered).all()
    assert (out["newcomers"][:, :, removed] == 0).all()
    reference = scenario.reference_step
    assert (joint[:, :reference] == 0).all()
    assert (joint[:, reference:].sum(axis=3) == actors[:, [reference]]).all()
    assert (joint[:, reference:, removed, :removed] == 0).all()
    platforms = slice(0, removed - 1)
    assert (out["installed"] >= actors[:, :, platforms]).all()
    assert (out["active"] >= actors[:, :, platforms]).all()
    assert (np.diff(out["installed"], axis=1) <= out["joins"][:, 1:]).all()
    assert (out["belief"] >= 0).all()
    assert (out["belief"] < 1).all()


@pytest.mark.parametrize("name", CASES)
def test_flows_are_zero_at_the_start(name: str) -> None:
    """Flows at t cover the step that ends at t, so there are none at 0; not even stayers."""
    out = run(CASES[name]())
    for flow in ("arrests", "arrests_by_group", "joins", "newcomers", "moves"):
        assert (out[flow][:, 0] == 0).all(), flow


@pytest.mark.parametrize("name", CASES)
def test_the_columns_add_up_to_the_counts(name: str) -> None:
    """Homes and apps of the actors, one by one, are what the series say; the removed have nothing."""
    scenario = CASES[name]()
    platforms = len(scenario.platforms)
    for state in states(scenario, seed=4, replicate=2):
        home = np.where(state.actors.home >= platforms + 2, state.actors.home - 2, state.actors.home)
        counts = np.bincount(home, minlength=platforms + 2)
        assert (counts == state.series.actors[state.t].sum(axis=0)).all()
        for q in range(platforms):
            has = (state.actors.apps >> q & 1).astype(bool)
            assert has.sum() == state.series.installed[state.t, q]
            assert has[home == q].all()  # nobody lives on a platform without its app
            assert not has[home == platforms + 1].any()
        assert (state.actors.habit[home == platforms + 1] == -1).all()


def reordered(scenario: Scenario, order: list[int]) -> Scenario:
    """The same scenario with its platforms listed in another order."""
    platforms = tuple(scenario.landscape.platforms[p] for p in order)
    return replace(scenario, landscape=Landscape(platforms=platforms, edges=scenario.landscape.edges))


@pytest.mark.parametrize("name", ["enforcement", "closures"])
def test_relabelled_platforms_give_the_relabelled_result(name: str) -> None:
    """In distribution; luck hangs on the order of the platforms, the law does not."""
    order = [2, 0, 3, 1]
    scenario = CASES[name]()
    one, other = (
        run(scenario, replicates=300, seed=1),
        run(reordered(scenario, order), replicates=300, seed=2),
    )
    assert one["belief"][0, 0][:, order] == pytest.approx(
        other["belief"][0, 0], rel=1e-12
    )  # no luck in it: exact
    for key in ("arrests", "joins", "installed", "belief"):
        assert np.abs(z_scores(one[key][..., order], other[key])).max() < 4, key
    assert np.abs(z_scores(one["actors"][..., [*order, 4, 5]], other["actors"])).max() < 4
    assert np.abs(z_scores(one["newcomers"][..., [*order, 4, 5]], other["newcomers"])).max() < 4


def test_the_order_of_interventions_edges_and_tables_means_nothing() -> None:
    """To the last actor: the order in which facts are written down is no fact."""
    scenario = CASES["closures"]()
    edges = scenario.landscape.edges or ()
    shuffled = replace(
        scenario,
        interventions=scenario.interventions[::-1],
        landscape=replace(scenario.landscape, edges=edges[::-1]),
    )
    one, other = run(scenario), run(shuffled)
    for name, values in one.items():
        assert (values == other[name]).all(), name


def test_a_step_of_a_day_and_of_a_week_agree_within_discretisation_in_a_case_solved_by_hand() -> None:
    """From A (only B to go to, for good) at 0.2 a week: (1 - 0.2)^n by weeks, (1 - 0.2 / 7)^(7 n) by days.

    Both are exact to chance; they differ by r^2 n / 2 x share, at most 0.037.
    """
    n, edge = 100_000, (Edge(origin="A", destination="B", friction=0.0),)
    platforms = {"A": {}, "B": {"asc": 50.0}}
    left = {}
    for days in (1.0, 7.0):
        steps = round(42 / days)
        out = run(
            world(platforms=platforms, edges=edge, actors=n, steps=steps, step_days=days, revision_rate=0.2)
        )
        expected = (1 - 0.2 * days / 7) ** steps
        left[days] = out["actors"][0, -1, 0] / n
        assert left[days] == pytest.approx(expected, abs=4 * math.sqrt(0.25 / n))
    assert abs(left[1.0] - left[7.0]) < 0.2**2 * 6 / 2 * left[1.0] + 8 * math.sqrt(0.25 / n)


def test_a_step_of_a_day_and_of_a_week_agree_within_discretisation_in_a_rich_case() -> None:
    """Cooperation of A with everything learning; 24 weeks. The error is of the order of the rates times
    the step (0.1 for revision and learning, 0.05 replacement), of what changes: shares within 0.02, and
    a step of half a week, on the same comparison, at about half the distance.
    """
    groups = (Group(name="g", start={"A": 0.8, "B": 0.2}, risk_aversion=10.0, start_apps={"B": 0.3}),)
    platforms = {n: {"requests": 0.05, "cooperation": 0.1, "onboarding_cost": 1.0} for n in "ABC"}
    behaviour = Behaviour(
        switching_cost=1.5,
        outside_option=-2.0,
        revision_rate=0.1,
        learning_rate=0.1,
        spillover=0.3,
        replacement_rate=0.05,
        trial=0.2,
        uninstall_probability=0.2,
    )
    shares = {}
    for days in (1.0, 3.5, 7.0):
        scenario = world(
            Cooperation(platform="A", start=week(4), value=0.9, ramp_weeks=4),
            platforms=platforms,
            groups=groups,
            actors=20_000,
            steps=round(24 * 7 / days),
            step_days=days,
        ).with_(behaviour=behaviour)
        shares[days] = run(scenario, replicates=2)["actors"][:, -1].mean(axis=0) / 20_000
    error = 4 * math.sqrt(2 * 0.25 / 40_000)
    assert np.abs(shares[7.0] - shares[1.0]).max() < 0.02
    assert np.abs(shares[3.5] - shares[1.0]).max() < 0.01 + error
    assert shares[1.0][0] < 0.6  # something happened
