"""The mean field meets the actors: in every part of the model, and better the more of them there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import CASES
from worlds import run, week, world

import balloon as bl
from balloon.agreement import discrepancy
from balloon.contacts import Contacts
from balloon.engines.meanfield import MeanField
from balloon.errors import EngineError
from balloon.interventions import Cooperation
from balloon.population import Group
from balloon.scenario import Scenario

N = 20_000
SERIES = (
    "actors",
    "actors_by_group",
    "moves",
    "arrests_by_group",
    "joins",
    "installed",
    "active",
    "newcomers",
    "joint",
)
CLOSURE = {"joins": 0.001, "installed": 0.003, "active": 0.001}
"""Of all actors: what taking apps as independent may cost."""


def of_size(scenario: Scenario, actors: int, **behaviour: float) -> Scenario:
    return replace(
        scenario,
        population=replace(scenario.population, actors=actors),
        behaviour=replace(scenario.behaviour, **behaviour),
    )


def misses(scenario: Scenario, *, replicates: int, seed: int = 3) -> dict[str, float]:
    """By series, the largest gap to the mean over replicates beyond 4 standard errors, share of actors."""
    compiled = run(scenario, replicates=replicates, seed=seed)
    expected = MeanField(scenario, classes=9).run(joint=True)
    beyond = {}
    for name in SERIES:
        told = compiled[name].astype(float)
        error = told.std(axis=0, ddof=1) / np.sqrt(replicates)
        gap = np.abs(getattr(expected, name)[0] - told.mean(axis=0))
        beyond[name] = float((gap - 4 * error).max()) / scenario.population.actors
    return beyond


def rmse(scenario: Scenario, *, replicates: int, seed: int = 3) -> float:
    """Root mean square error of the shares, the luck of the replicates taken out."""
    shares = run(scenario, replicates=replicates, seed=seed)["actors"] / scenario.population.actors
    gap = MeanField(scenario, classes=9).run().actors[0] / scenario.population.actors - shares.mean(axis=0)
    luck = shares.var(axis=0, ddof=1) / replicates
    return float(np.sqrt(max((gap * gap - luck).mean(), 0.0)))


@pytest.mark.parametrize("name", CASES)
def test_every_part_of_the_model_is_met_without_peer_effects(name: str) -> None:
    """Two groups, every intervention, dormancy, replacement, apps, trials, learning, vigilance.

    Every cell of every series is within 4 standard errors of the mean over replicates of 20,000, but
    for 5 actors in 10,000 and what the closure of apps costs.
    """
    beyond = misses(of_size(CASES[name](), N, peer_influence=0.0), replicates=24)
    assert all(gap < 5e-4 + CLOSURE.get(key, 0.0) for key, gap in beyond.items()), beyond


@pytest.mark.parametrize("name", ["enforcement", "adaptive"])
def test_beliefs_are_met(name: str) -> None:
    scenario = of_size(CASES[name](), N, peer_influence=0.0)
    told = run(scenario, replicates=24, seed=3)["belief"]
    gap = np.abs(MeanField(scenario, classes=9).run().belief[0] - told.mean(axis=0))
    assert (gap < 4 * told.std(axis=0, ddof=1) / np.sqrt(24) + 0.005).all()


def test_the_gap_of_one_run_falls_with_the_root_of_the_number_of_actors() -> None:
    scenario = of_size(CASES["enforcement"](), N, peer_influence=0.0)
    gaps = []
    for actors in (200, 20_000):
        sized = of_size(scenario, actors)
        shares = run(sized, replicates=20, seed=5)["actors"] / actors
        expected = MeanField(sized).run().actors[0] / actors
        gaps.append(np.sqrt(((shares - expected) ** 2).mean()))
    assert 0.07 < gaps[1] / gaps[0] < 0.14, gaps


# ---- contacts -----------------------------------------------------------------------------

FIVE = {
    name: {"asc": asc, "onboarding_cost": 1.0, "requests": 0.05, "undercover": 0.001, "cooperation": 0.1}
    for name, asc in zip("ABCDE", (1.5, 0.5, 0.2, 0.0, -0.3), strict=True)
}


def squeezed(peer_influence: float, contacts: Contacts, *, actors: int = N, steps: int = 100) -> Scenario:
    """Five platforms, the largest of which starts to answer in week 40."""
    crew = Group(
        name="all",
        start={"A": 0.5, "B": 0.2, "C": 0.15, "D": 0.1, "E": 0.05},
        risk_aversion=5.0,
        risk_aversion_cv=0.5,
    )
    return world(
        Cooperation(platform="A", start=week(40), value=0.9),
        platforms=FIVE,
        groups=(crew,),
        actors=actors,
        steps=steps,
        contacts=contacts,
        peer_influence=peer_influence,
        switching_cost=3.0,
        outside_option=-3.0,
        revision_rate=0.2,
        learning_rate=0.1,
        replacement_rate=0.05,
    )


@pytest.mark.parametrize("degree", [10.0, 50.0])
@pytest.mark.parametrize("peer_influence", [0.5, 1.0])
def test_weak_peers_cost_less_than_3_in_1000_of_the_shares(peer_influence: float, degree: float) -> None:
    scenario = squeezed(peer_influence, Contacts(kind="erdos_renyi", degree=degree))
    assert rmse(scenario, replicates=12) <= 0.003


@pytest.mark.parametrize(("degree", "at_most"), [(4.0, 0.008), (10.0, 0.004)])
def test_contacts_met_afresh_are_corrected_for_their_number(degree: float, at_most: float) -> None:
    """At a peer influence of 2; the same contacts taken as the whole crowd are further off."""
    scenario = squeezed(2.0, Contacts(kind="annealed", degree=degree))
    crowd = squeezed(2.0, Contacts(kind="small_world", degree=degree))
    shares = run(scenario, replicates=12, seed=3)["actors"].mean(axis=0) / N
    corrected, plain = (MeanField(s, classes=9).run().actors[0] / N - shares for s in (scenario, crowd))
    assert np.sqrt((corrected**2).mean()) < min(at_most, np.sqrt((plain**2).mean()) / 2)


def test_groups_look_at_their_own_in_communities() -> None:
    """Two groups that start apart stay apart by homophily; met within 4 standard errors and .002."""
    crews = tuple(
        Group(name=name, share=0.5, start={p: 0.9, q: 0.1}, risk_aversion=0.0)
        for name, p, q in (("one", "A", "B"), ("other", "B", "A"))
    )
    contacts = Contacts(kind="communities", degree=20.0, size=2000, within=0.5, homophily=0.6)
    scenario = world(
        groups=crews, actors=N, steps=8, contacts=contacts, peer_influence=2.0, revision_rate=0.3
    )
    beyond = misses(scenario, replicates=8)
    assert beyond["actors_by_group"] < 0.002
    mixed = MeanField(scenario.with_({"contacts.within": 0.0, "contacts.homophily": 0.0})).run()
    kept = MeanField(scenario).run()
    assert kept.actors_by_group[0, -1, 0, 0] > mixed.actors_by_group[0, -1, 0, 0] + 0.01 * N


# ---- worked cases -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kakaotalk-exile-2014", "whatsapp-policy-2021"])
def test_bursts_of_installs_by_trials_are_met(name: str) -> None:
    """Installed apps and homes at every step, as shares of all, within 4 standard errors and .002."""
    beyond = misses(of_size(bl.load(name), N), replicates=6)
    assert max(beyond["actors"], beyond["installed"], beyond["active"]) < 0.002, beyond


# ---- discrepancy --------------------------------------------------------------------------


def test_the_discrepancy_is_luck_where_the_mean_field_is_right() -> None:
    told = discrepancy(of_size(CASES["waiting"](), N, peer_influence=0.0), replicates=8, seed=2)
    assert told.rmse < 1.7 * told.luck
    assert set(told.by_place.place) == {"A", "B", "C", "D", "dormant", "removed"}
    assert told.by_place.largest.abs().max() == told.table.gap.abs().max()


def test_the_discrepancy_is_more_than_luck_where_few_contacts_make_the_crowd() -> None:
    told = discrepancy(squeezed(3.0, Contacts(kind="small_world", degree=4.0)), replicates=4, seed=2)
    assert told.rmse > 5 * told.luck


def test_a_discrepancy_needs_two_replicates() -> None:
    with pytest.raises(EngineError, match=r"replicates is 1; need at least 2 to tell luck from error"):
        discrepancy(world(), replicates=1)
