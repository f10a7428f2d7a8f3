"""What a contrast must say where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

import balloon as bl
from balloon.contrast import contrast
from balloon.errors import ScenarioError
from balloon.interventions import Cooperation, PlatformChange, Takedown
from balloon.scenario import Scenario
from tests.theory.worlds import DAY, week, world
from tests.twins.worlds import worlds

many = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
)
coarse = pytest.mark.filterwarnings("ignore::balloon.errors.BalloonWarning")  # long steps are legal
KOREA = bl.load("telegram-korea-2024").with_({"population.actors": 2_000, "steps": 40})


def test_an_alternative_equal_to_the_baseline_differs_by_exactly_zero() -> None:
    effect = contrast(KOREA, KOREA, replicates=2, seed=3)
    assert effect.alternative.identical(effect.baseline)
    pairs, places = effect.pairs[0], len(KOREA.platforms) + 2
    elsewhere = ~np.eye(places, dtype=bool)
    assert not pairs["same"].values[..., elsewhere].any()
    assert not pairs["refilled"].values.any()
    assert not pairs["bystanders"].values.any()
    assert not effect.ledger().net.any()


@pytest.mark.parametrize("number", range(4))
def test_at_one_revision_a_worse_platform_moves_only_those_who_would_be_on_it(number: int) -> None:
    everybody_revises = {"revision_rate": 1.0, "switching_cost": 1.0}
    start = {"A": 0.4, "B": 0.2, "C": 0.2, "D": 0.2}
    calm = world(platforms="ABCD", start=start, steps=1, **everybody_revises)
    squeezed = "ABCD"[number]
    worse = calm.with_(interventions=(PlatformChange(platform=squeezed, start=DAY, asc=-1.5),))
    effect = contrast(calm, worse, replicates=2, seed=4)
    table = effect.coupling.values[:, 1].sum(axis=0)
    moved = table - np.diag(np.diag(table))
    assert moved[number].sum() > 100
    moved[number] = 0
    assert not moved.any()


def test_a_cooperation_moves_nobody_between_platforms_it_does_not_touch() -> None:
    start = {"A": 0.6, "B": 0.2, "C": 0.2}
    calm = world(
        platforms={"A": {"requests": 1.0}, "B": {}, "C": {}},
        start=start,
        risk_aversion=40.0,
        steps=2,
        revision_rate=1.0,
        arrests_per_answer=0.02,
    )
    # In force from the first step: the start belief is then the true rate, and the first choice knows it.
    squeezed = calm.with_(interventions=(Cooperation(platform="A", start=DAY, value=0.5),))
    table = contrast(calm, squeezed, replicates=2, seed=4).coupling.values[:, 1].sum(axis=0)
    assert table[0, 1] > 100
    assert table[1, 2] == table[2, 1] == 0


def test_a_closed_platform_s_actors_are_displaced_to_the_last_one() -> None:
    calm = world(platforms="AB", actors=500)
    closed = calm.with_(interventions=(Takedown(platform="A", start=week(5)),))
    ledger = contrast(calm, closed, replicates=2, seed=1).ledger("A")
    found = {(e.entry, e.place): ledger.net[:, 0, k].tolist() for k, e in enumerate(ledger.entries)}
    assert found["loss", "A"] == found["displaced", "B"] == [500, 500]
    assert found["deterred", "dormant"] == found["incapacitated", "removed"] == [0, 0]


def test_those_arrested_are_incapacitated_and_those_who_stay_are_no_loss() -> None:
    calm = world(platforms={"A": {"requests": 1.0}, "B": {}}, actors=2_000, arrests_per_answer=0.02)
    answered = calm.with_(interventions=(Cooperation(platform="A", start=DAY, value=1.0),))
    ledger = contrast(calm, answered, replicates=2, seed=1).ledger("A")
    loss = ledger.net[:, 0, 0]
    # 20 weeks at a rate of .02: 1 - exp(-.4) = .3297 of 2,000 is 659, with a deviation of 21.
    assert (np.abs(loss - 659) < 5 * 21).all()
    removed = next(k for k, e in enumerate(ledger.entries) if e.entry == "incapacitated")
    assert (ledger.net[:, 0, removed] == loss).all()


def calm(scenario: Scenario) -> Scenario:
    """The scenario without its interventions, where that leaves a way out."""
    try:
        return scenario.without()
    except ScenarioError:
        reject()


@coarse
@many
@given(scenario=worlds(own=False), seed=st.integers(0, 2**63 - 1))
def test_margins_and_ledger_add_up_in_any_world(scenario: Scenario, seed: int) -> None:
    baseline = calm(scenario)
    effect = contrast(baseline, scenario, replicates=2, seed=seed)
    ours, theirs = (runs.data.actors.values for runs in (effect.baseline, effect.alternative))
    assert (effect.coupling.values.sum(axis=3) == ours).all()
    assert (effect.coupling.values.sum(axis=2) == theirs).all()
    for x, platform in enumerate(scenario.platforms):
        ledger = effect.ledger(platform, by_group=True)
        lines = [k for k, e in enumerate(ledger.entries) if (e.account, e.line) == ("loss", "part")]
        parts = ledger.net[:, :, lines].sum(axis=2)
        assert (parts == ledger.net[:, :, 0]).all()
        assert (parts.sum(axis=1) == ours[:, -1, x] - theirs[:, -1, x]).all()


@coarse
@many
@given(scenario=worlds(own=False), seed=st.integers(0, 2**63 - 1))
def test_a_bystander_is_never_on_the_platform(scenario: Scenario, seed: int) -> None:
    baseline = calm(scenario)
    pairs = contrast(baseline, scenario, replicates=1, seed=seed).pairs[0]
    bystanders = pairs["bystanders"].values
    assert not bystanders.sum(axis=-1).any()
    for x in range(len(scenario.platforms)):
        assert not bystanders[..., x, x].any()


def test_contributions_of_interventions_add_up_to_the_effect() -> None:
    effect = contrast(KOREA.without("Telegram"), KOREA, replicates=4, seed=2)
    shared = effect.attribute(by="kind")
    whole = (effect.alternative.data.actors - effect.baseline.data.actors).isel(time=-1)
    assert (shared.whole.values == whole.values).all()
    assert np.allclose(shared.parts.sum("intervention"), whole, rtol=0, atol=1e-9)


def test_pairing_saves_at_least_twice_the_replicates() -> None:
    # Design section 3 measured 2.3 to 6.5; 64 pairs know a ratio of variances to within a fifth or so.
    effect = contrast(KOREA.without("Telegram"), KOREA, replicates=64, seed=2)
    assert effect.saved_by_pairing("Telegram") > 2.3
