"""The parts of the mean field: choices, trials, luck of contacts, batches, own rules, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from cases import CASES
from hypothesis import given, settings
from worlds import week, world

import balloon as bl
from balloon.behaviour.inputs import Enforcement, Parameters, Traits, View
from balloon.contacts import Contacts
from balloon.engines.meanfield import MeanField, cautions, columns
from balloon.engines.meanfield.choice import Options, blur, choose, tried, ways
from balloon.engines.meanfield.others import others as contacts_of
from balloon.engines.meanfield.others import spread, unseen
from balloon.engines.meanfield.policy import numbers
from balloon.engines.meanfield.values import Values
from balloon.errors import BalloonWarning, EngineError, ScenarioError
from balloon.interventions import Cooperation, Takedown
from balloon.population import Group
from tests.twins.worlds import worlds

STEP = 1e-20


def one_cell(weights: list[float], installed: list[float], *, away: float, dormancy: float) -> Options:
    """Options of a single cell of a single class."""
    shape = (1, 1, 1, 1, len(weights))
    return Options(
        weight=np.reshape(np.array(weights), shape),
        away=np.full(shape, away),
        dormancy=np.full(shape[:-1], dormancy),
        installed=np.reshape(np.array(installed), shape),
    )


# ---- choices ------------------------------------------------------------------------------


def test_choices_with_uncertain_apps_are_the_mean_over_all_combinations_of_apps() -> None:
    """At an onboarding cost of 1, within 5e-4; so is who has which app among those who choose."""
    weights, installed, away, dormancy = [2.0, 0.7, 0.3], [1.0, 0.4, 0.8], math.exp(-1.0), 0.5
    exact, had = np.zeros(4), np.zeros((3, 3))
    for apps in itertools.product((0, 1), repeat=3):
        odds = math.prod(p if x else 1 - p for x, p in zip(apps, installed, strict=True))
        w = np.append(np.where(apps, 1.0, away) * weights, dormancy)
        exact += odds * w / w.sum()
        had += odds * np.outer(w[:3] / w.sum(), apps)
    options = one_cell(weights, installed, away=away, dormancy=dormancy)
    made = choose(options, np.ones((1, 1, 1, 1)), apps_matter=True)
    chosen = np.append(made.platform.sum(axis=3)[0, 0, 0, 0], made.dormancy.sum())
    assert chosen == pytest.approx(exact, abs=5e-4)
    found = np.einsum("lq,lr->qr", made.platform[0, 0, 0, :, 0], made.installed[0, 0, 0, :, 0])
    others = ~np.eye(3, dtype=bool)  # the chosen app is there afterwards anyway
    assert found[others] == pytest.approx(had[others], abs=5e-4)
    joining = exact[:3] - np.diag(had)
    assert made.joining[0, 0, 0, 0] == pytest.approx(joining, abs=5e-4)


def test_choices_are_plain_logit_shares_where_apps_are_certain() -> None:
    options = one_cell([2.0, 1.0, 0.5], [1.0, 0.0, 1.0], away=0.25, dormancy=0.25)
    made = choose(options, np.full((1, 1, 1, 1), 3.0), apps_matter=True)
    assert made.platform.sum(axis=(0, 1, 2, 3, 4)) == pytest.approx([2.0, 0.25, 0.5], rel=1e-12)
    assert made.dormancy.sum() == pytest.approx(0.25, rel=1e-12)


def test_a_trial_follows_from_the_same_shocks_as_the_choice() -> None:
    """Against a million draws of the shocks; every app but the home's is absent."""
    values = np.array([1.0, -1.2, 0.1, -0.5])  # of home, and of three others
    gain = np.array([0.0, 2.0, 0.7, 2.0])  # that free switching adds
    weight = np.exp(values + np.array([0.0, 1.0, 1.0, 1.0]))  # as if installed, at a cost of 1
    options = one_cell(list(weight), [1.0, 0.0, 0.0, 0.0], away=math.exp(-1.0), dormancy=1.5)
    pairs, idle = tried(options, 1.0, ways(np.reshape(gain, (1, 4))))
    shocks = np.random.default_rng(1).gumbel(size=(1_000_000, 5))
    choice = np.argmax(np.append(values, math.log(1.5)) + shocks, axis=1)
    best = np.argmax(values + gain + shocks[:, :4], axis=1)
    counts = np.zeros((5, 4))
    np.add.at(counts, (choice, best), 1e-6)
    for q, r in itertools.product(range(4), range(4)):
        expected = counts[q, r] if r not in (q, 0) else 0.0
        assert pairs[0, 0, 0, 0, q, r] == pytest.approx(expected, abs=2e-3), (q, r)
    assert idle[0, 0, 0, 0, 1:] == pytest.approx(counts[4, 1:], abs=2e-3)


def test_the_luck_of_who_is_met_is_corrected_to_second_order() -> None:
    """Ten others met afresh, a third of them on no platform; against the mean over draws.

    At a peer influence of 1 four fifths of the error go, the rest is of third order.
    """
    shares, visible, slope, degree = np.array([0.6, 0.3, 0.1]), 0.7, 1.0, 10
    draws = np.random.default_rng(2).multinomial(degree, [*(visible * shares), 1 - visible], size=1_000_000)
    seen = draws[:, :3].sum(axis=1, keepdims=True)
    met = draws[:, :3] / np.maximum(seen, 1)
    w = np.exp(slope * met + np.array([0.0, 0.5, -0.2]))
    exact = (w / (0.8 + w.sum(axis=1, keepdims=True))).mean(axis=0)
    none = (1 - visible) ** degree
    mean = slope * shares * (1 - none) + np.array([0.0, 0.5, -0.2])
    options = one_cell(list(np.exp(mean)), [1.0] * 3, away=1.0, dormancy=0.8)
    plain = choose(options, np.ones((1, 1, 1, 1)), apps_matter=False).platform[0, 0, 0, 0, 0]
    a, b = spread(degree, np.array(visible))
    better = blur(options, slope, shares, (a, b))
    corrected = choose(better, np.ones((1, 1, 1, 1)), apps_matter=False).platform[0, 0, 0, 0, 0]
    assert np.abs(corrected - exact).max() < 0.3 * np.abs(plain - exact).max()


def test_nobody_is_seen_as_often_as_the_number_of_contacts_says() -> None:
    def chance(contacts: Contacts) -> float:
        scenario = world(contacts=contacts, actors=1000)
        return float(unseen(contacts_of(scenario, np.array([[1000.0]])), 0.5))

    assert chance(Contacts(kind="annealed", degree=3.0)) == pytest.approx(0.125)
    assert chance(Contacts(kind="erdos_renyi", degree=4.0)) == pytest.approx(math.exp(-2.0))
    assert chance(Contacts(kind="erdos_renyi", degree=0.0)) == 1.0


# ---- batches ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_numbers_laid_out_anew_are_those_of_the_policy(name: str) -> None:
    scenario = CASES[name]()
    policy = scenario.policy()
    laid = numbers(Values(scenario, {"platforms.A.asc": [1.0]}), policy)
    for field in laid._fields:
        assert getattr(laid, field)[0] == pytest.approx(getattr(policy, field), rel=1e-14), field


def test_a_batch_is_the_same_as_its_members_one_by_one() -> None:
    scenario = CASES["enforcement"]()
    free = {
        "behaviour.switching_cost": [1.0, 2.0],
        "platforms.A.requests": [0.3, 0.1],
        "groups.drugs.share": [0.6, 0.5],
        "groups.drugs.risk_aversion_cv": [0.5, 0.8],
        "groups.fraud.start.A": [0.3, 0.9],
        "groups.fraud.belief.A": [0.3, 0.1],
        "interventions.cooperation:A:2024-01-15.value": [0.9, 0.4],
        "interventions.crackdown:A:2024-02-12:drugs.undercover": [2.0, 1.5],
        "interventions.announcement:A:2024-01-22.belief": [0.3, 0.1],
    }
    both = MeanField(scenario).run(free)
    for k in (0, 1):
        alone = MeanField(bl.scenario.at_values(scenario, {path: v[k] for path, v in free.items()})).run()
        assert both.actors[k] == pytest.approx(alone.actors[0], rel=1e-10)
        assert both.belief[k] == pytest.approx(alone.belief[0], rel=1e-10)


FREE = {
    "enforcement": (
        "behaviour.switching_cost", "behaviour.revision_rate", "behaviour.learning_rate",
        "behaviour.peer_influence", "behaviour.trial", "behaviour.spillover", "behaviour.vigilance",
        "behaviour.credibility", "behaviour.uninstall_probability", "behaviour.arrests_per_answer",
        "platforms.B.asc", "platforms.B.onboarding_cost", "groups.drugs.risk_aversion",
        "groups.fraud.risk_aversion_cv", "groups.fraud.exposure", "groups.drugs.start_apps.B",
        "groups.fraud.share", "groups.drugs.start.B", "groups.fraud.belief.A",
        "interventions.cooperation:A:2024-01-15.value", "interventions.platform_change:C:2024-01-29.asc",
        "interventions.announcement:A:2024-01-22.belief",
    ),
    "closures": ("behaviour.outside_option", "interventions.takedown:A:2024-01-22.seizure"),
    "waiting": ("behaviour.rechoice_rate", "behaviour.replacement_rate", "behaviour.switching_cost"),
    "adaptive": ("interventions.budget:all:2024-01-08.requests", "behaviour.peer_influence"),
}  # fmt: skip


@pytest.mark.parametrize("name", FREE)
def test_complex_steps_are_the_derivatives(name: str) -> None:
    """Against differences of fourth order, whose own error is about 1e-9."""
    scenario, paths = CASES[name](), FREE[name]
    at = {path: current(scenario, path) for path in paths}
    field = MeanField(scenario)
    stepped = {p: np.array([at[p] + (p == q) * STEP * 1j for q in paths]) for p in paths}
    exact = field.run(stepped).actors.imag / STEP
    for k, path in enumerate(paths):
        h = 2e-3 * max(abs(at[path]), 0.1)
        runs = field.run({path: at[path] + h * np.array([-2.0, -1.0, 1.0, 2.0])}).actors
        rough = (runs[0] - 8 * runs[1] + 8 * runs[2] - runs[3]) / (12 * h)
        assert np.abs(exact[k] - rough).max() < 1e-6 * np.abs(rough).max(), path


def current(scenario: bl.Scenario, path: str) -> float:
    table = scenario.evidence()
    return float(table.value[table.path == path].iloc[0])


def test_the_derivative_of_logit_shares_is_exact_to_1e_8() -> None:
    """One free choice of everybody: d share / d asc = share (1 - share)."""
    scenario = world(platforms="AB", revision_rate=1.0, steps=1, actors=1, outside_option=-math.inf)
    run = MeanField(scenario).run({"platforms.B.asc": [0.7 + STEP * 1j]})
    share = 1 / (1 + math.exp(-0.7))
    assert run.actors[0, 1, 1].imag / STEP == pytest.approx(share * (1 - share), rel=1e-12)


# ---- own rules ----------------------------------------------------------------------------


def arithmetic(traits: Traits, view: View, parameters: Parameters) -> float:
    """The built-in utility, once more."""
    fear = (1.0 - parameters.spillover) * view.belief + parameters.spillover * view.mean_belief
    cost = parameters.switching_cost * view.friction + view.onboarding_cost
    return view.asc + parameters.peer_influence * view.peers - traits.risk_aversion * fear - cost


def branching(traits: Traits, view: View, parameters: Parameters) -> float:
    """The same with a branch, which no array can take."""
    cost = parameters.switching_cost * view.friction if view.friction > 0 else 0.0
    return arithmetic(traits, view._replace(friction=0.0), parameters) - cost


@pytest.mark.parametrize("rule", [arithmetic, branching])
def test_an_own_rule_with_the_built_in_text_gives_the_built_in_result(rule: object) -> None:
    scenario = CASES["adaptive"]()
    plain = MeanField(scenario).run()
    own = MeanField(scenario.with_({"behaviour.utility": rule})).run()
    # Trials and the correction for finite degree find slopes by differences.
    assert own.actors == pytest.approx(plain.actors, rel=1e-6)
    assert own.installed == pytest.approx(plain.installed, rel=1e-6)


def rooted(traits: Traits, view: View, parameters: Parameters) -> float:
    return view.asc + math.sqrt(view.peers)


def test_an_own_rule_that_takes_no_complex_numbers_is_refused_with_its_name() -> None:
    scenario = world(revision_rate=0.5, steps=2).with_({"behaviour.utility": rooted})
    MeanField(scenario).run()
    with pytest.raises(EngineError, match=r"'rooted' cannot be given complex numbers"):
        MeanField(scenario).run({"platforms.B.asc": [STEP * 1j]})


def everywhere(traits: Traits, enforcement: Enforcement, parameters: Parameters) -> float:
    return 0.01


def by_platform(traits: Traits, enforcement: Enforcement, parameters: Parameters) -> float:
    return 0.01 * (enforcement.platform + 1)


@pytest.mark.parametrize(("rule", "weekly"), [(everywhere, (0.01, 0.01)), (by_platform, (0.01, 0.02))])
def test_an_own_hazard_may_look_at_nothing_that_differs_between_actors(rule: object, weekly: tuple) -> None:
    # Nobody chooses, so that each platform keeps exp(-rate) of its own in each week.
    scenario = world(steps=10, start={"A": 0.5, "B": 0.5}, hazard=rule)
    left = MeanField(scenario).run().actors[0, :, :2] / scenario.population.actors
    assert left == pytest.approx(0.5 * np.exp(-np.outer(np.arange(11), weekly)), rel=1e-12)
    # Of a batch too, where the number that varies is not in the rule.
    twice = MeanField(scenario).run({"behaviour.switching_cost": [1.0, 2.0]}).actors
    assert twice[0] == pytest.approx(twice[1])


# ---- what comes out -----------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_flows_add_up_and_nobody_is_lost(name: str) -> None:
    scenario = CASES[name]()
    run = {key: series[0] for key, series in MeanField(scenario).run(joint=True)._asdict().items()}
    n = scenario.population.actors
    assert run["actors"].sum(axis=1) == pytest.approx(n, rel=1e-12)
    assert run["moves"][1:].sum(axis=2) == pytest.approx(run["actors"][:-1], abs=1e-9 * n)
    assert run["moves"][1:].sum(axis=1) == pytest.approx(run["actors"][1:], abs=1e-9 * n)
    at = scenario.reference_step
    followed = run["joint"][at:].sum(axis=2)
    assert followed == pytest.approx(np.tile(run["actors"][at], (len(followed), 1)))
    assert (run["installed"] >= run["actors"][:, :-2] - 1e-9 * n).all()
    assert (run["actors"] >= -1e-9 * n).all()


@settings(max_examples=60)
@given(scenario=worlds())
def test_any_world_keeps_its_actors_and_its_numbers_finite(scenario: bl.Scenario) -> None:
    run = MeanField(scenario, classes=3).run(joint=True)
    n = scenario.population.actors
    assert run.actors[0].sum(axis=1) == pytest.approx(n, rel=1e-9)
    assert run.joint is not None
    for series in run:
        assert series is not None
        assert np.isfinite(series).all()
    assert (run.actors >= -1e-9 * n).all()
    assert (run.installed <= n * (1 + 1e-9)).all()


def test_the_columns_have_the_shapes_of_a_replicate() -> None:
    scenario = CASES["enforcement"]().with_({"behaviour.peer_influence": 0.5})
    compiled, expected = bl.simulate(scenario, seed=1).data, columns(scenario)
    assert set(expected) == set(map(str, compiled.data_vars))
    for name, column in expected.items():
        assert column.shape == compiled[name].shape[1:], name
        assert column.dtype == float


def test_following_the_same_actors_hardly_moves_the_rest() -> None:
    scenario = bl.load("encrypted-phones-2020")
    field = MeanField(scenario)
    gap = field.run().actors - field.run(joint=True).actors
    assert np.abs(gap).max() < 1e-3 * scenario.population.actors


# ---- warnings and refusals ----------------------------------------------------------------


def test_strong_peers_are_warned_of_with_the_measured_error() -> None:
    scenario = world(peer_influence=2.0, contacts=Contacts(degree=4.0), revision_rate=0.1, steps=2)
    said = r"peer_influence 2 .* shares are off by 0\.119 .*balloon\.discrepancy"
    with pytest.warns(BalloonWarning, match=said):
        bl.simulate(scenario, engine="meanfield")
    assert not cautions(scenario.with_({"behaviour.peer_influence": 0.5, "contacts.degree": 10.0}))


def test_an_own_rule_that_looks_at_peers_is_warned_of_as_never_measured() -> None:
    def crowded(traits: Traits, view: View, parameters: Parameters) -> float:
        return view.asc + 3.0 * view.peers - parameters.switching_cost * view.friction

    def lonely(traits: Traits, view: View, parameters: Parameters) -> float:
        return view.asc - parameters.switching_cost * view.friction

    scenario = world(peer_influence=2.0, contacts=Contacts(degree=4.0))
    (said,) = cautions(scenario.with_({"behaviour.utility": crowded}))
    assert said.startswith("an own rule of utility looks at peers, and how far its mean field is from")
    assert cautions(scenario.with_({"behaviour.utility": lonely})) == ()
    alone = scenario.with_({"behaviour.utility": crowded, "contacts.degree": 0.0})
    assert cautions(alone) == ()


def test_it_runs_as_an_engine_in_the_shape_of_runs() -> None:
    scenario = bl.load("telegram-korea-2024").with_({"population.actors": 500})
    runs, counted = bl.simulate(scenario, engine="meanfield"), bl.simulate(scenario)
    assert runs.data.sizes == counted.data.sizes
    assert set(runs.data.data_vars) == set(counted.data.data_vars)
    assert np.allclose(runs.data.actors.sum("place"), 500)
    drawn = bl.simulate(scenario, engine="meanfield", parameters="ranges", replicates=3, seed=1)
    assert len(np.unique(drawn.data.actors.isel(time=-1, place=0))) == 3


def test_replicates_without_luck_are_refused() -> None:
    with pytest.raises(EngineError, match="it has no luck, so all would be equal; leave replicates out"):
        bl.simulate(bl.load("minimal"), engine="meanfield", replicates=2)


def test_it_follows_no_actors_so_there_is_nothing_to_contrast() -> None:
    scenario = bl.load("minimal")
    with pytest.raises(EngineError, match="it follows no actors, so there is nothing to pair"):
        bl.contrast(scenario.without(), scenario, engine="meanfield")


def test_what_shapes_the_layout_cannot_be_batched() -> None:
    scenario = world(Cooperation(platform="A", start=week(2), value=0.5, ramp_weeks=2.0), steps=4)
    with pytest.raises(EngineError, match=r"ramp_weeks: cannot vary within one run .* scenario.with_"):
        MeanField(scenario).run({"interventions.cooperation:A:2024-01-15.ramp_weeks": [1.0, 2.0]})


def test_a_path_that_leads_nowhere_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"did you mean behaviour\.switching_cost"):
        MeanField(world()).run({"behaviour.switching_costs": [1.0]})


def test_batches_of_different_lengths_are_refused() -> None:
    free = {"behaviour.switching_cost": [1.0, 2.0], "behaviour.trial": [0.1, 0.2, 0.3]}
    with pytest.raises(EngineError, match=r"batches of \[2, 3\] values; make them of one length"):
        MeanField(world()).run(free)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(EngineError, match=r"switching_cost: is \[nan\]; need finite numbers"):
        MeanField(world()).run({"behaviour.switching_cost": [math.nan]})


def test_a_complex_step_that_is_not_tiny_is_refused() -> None:
    with pytest.raises(EngineError, match=r"imaginary part above 1e-12"):
        MeanField(world()).run({"behaviour.switching_cost": [1.0 + 0.1j]})


def test_no_risk_class_is_refused() -> None:
    with pytest.raises(EngineError, match=r"classes is 0; need a whole number >= 1"):
        MeanField(world(), classes=0)


def test_seized_data_of_two_platforms_add_up_their_rates() -> None:
    """Everybody has both apps; both are seized: arrests by either in proportion, none at home."""
    crew = Group(name="all", start={"C": 1.0}, start_apps={"A": 1.0, "B": 1.0}, risk_aversion=0.0)
    raids = [
        Takedown(platform=name, start=week(0), seizure=rate, seizure_weeks=1.0)
        for name, rate in (("A", 0.3), ("B", 0.1))
    ]
    run = MeanField(world(*raids, platforms="ABC", groups=(crew,), actors=1000, steps=1)).run()
    caught = 1000 * (1 - math.exp(-0.4))
    assert run.arrests[0, 1] == pytest.approx([0.75 * caught, 0.25 * caught, 0.0])
