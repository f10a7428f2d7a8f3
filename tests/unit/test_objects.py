"""The engine of objects as a Mesa user meets it."""

# ruff: noqa: ARG002 - an override takes what the method takes

from __future__ import annotations

import math
import multiprocessing
import subprocess
import sys
from datetime import date
from typing import Any

import networkx as nx
import numpy as np
import pytest
from mesa import DataCollector

import balloon as bl
from balloon.engines import arrays
from balloon.engines.objects import Actor, BalloonModel
from balloon.testing import ActorContract, RuleContract, small_scenario
from tests.golden.scenarios import closure, newcomer, squeeze


def stepped(model: BalloonModel, steps: int) -> BalloonModel:
    for _ in range(steps):
        model.step()
    return model


def test_importing_the_engine_leaves_the_start_method_of_processes_alone() -> None:
    program = (
        "import multiprocessing as m\n"
        "from balloon.engines import objects\n"
        "assert m.get_start_method(allow_none=True) is None\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    chosen = program.replace("from", "m.set_start_method('forkserver')\nfrom").replace(
        "is None", "== 'forkserver'"
    )
    if "forkserver" in multiprocessing.get_all_start_methods():
        subprocess.run([sys.executable, "-c", chosen], check=True)


def test_building_a_model_leaves_the_global_generator_of_numpy_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the one that others might use
    BalloonModel(squeeze(actors=10))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_cells_are_the_platforms_and_hold_those_at_home_there() -> None:
    model = stepped(BalloonModel(closure(actors=80), seed=3), 6)
    for name in model.world.platforms:
        assert {one.slot for one in model.space[name].agents} == {
            one.slot for one in model.agents if one.home == name
        }
    nowhere = [one for one in model.agents if one.home in ("dormant", "removed")]
    assert nowhere
    assert all(one.cell is None for one in nowhere)
    assert model.space.G["Signal"]["Telegram"]["friction"] == 0.5
    assert list(model.space["Telegram"].connections) == ["Signal"]


def test_an_actor_starts_as_its_group_says() -> None:
    model = BalloonModel(squeeze(actors=10), seed=1)
    fraud = model.slots[6]
    assert [one.slot for one in model.agents] == list(range(10))
    assert (fraud.group, fraud.home, fraud.habit, fraud.apps) == (
        "fraud",
        "Telegram",
        "Telegram",
        {"Telegram"},
    )
    assert fraud.entered == 0
    assert fraud.traits == (1, fraud.risk_aversion, 0.5)


def test_contacts_are_the_actors_of_the_drawn_graph() -> None:
    world = squeeze(actors=30)
    model = BalloonModel(world, seed=4, replicate=2)
    ties = world.population.contacts.draw(world.population.sizes, seed=4, replicate=2)
    for one in model.slots:
        assert [other.slot for other in one.contacts] == ties.of(one.slot).tolist()


def test_annealed_contacts_are_others_met_in_the_last_step() -> None:
    model = BalloonModel(closure(actors=30), seed=4)
    one = model.slots[7]
    assert one.contacts == ()
    model.step()
    first = one.contacts
    assert len(first) == 5
    assert one not in first
    assert one.contacts == first
    model.step()
    assert one.contacts != first


def test_the_removed_lose_apps_and_habit_and_a_newcomer_enters_without_any() -> None:
    model = BalloonModel(closure(actors=200), seed=1)
    removed_before: set[int] = set()
    seen = 0
    while model.running:
        model.step()
        gone = model.agents.select(lambda a: a.home == "removed")
        assert all(a.habit is None and not a.apps for a in gone)
        for one in model.agents.select(lambda a: a.entered == model.t):
            seen += 1
            assert one.slot in removed_before
            assert one.home == "dormant" or one.home in one.apps
        removed_before = {a.slot for a in gone}
    assert seen > 0


def test_agent_sets_work_as_a_mesa_user_expects() -> None:
    model = stepped(BalloonModel(squeeze(actors=100), seed=1), 8)
    homes = model.agents.groupby("home", result_type="list")
    counts = {place: len(actors) for place, actors in homes}
    assert counts == {place: n for place in model.places if (n := model.count(place))}
    fraud = model.agents.select(lambda a: a.group == "fraud")
    assert len(fraud) == 40
    assert fraud.agg("risk_aversion", max) == max(a.risk_aversion for a in fraud)


def test_a_data_collector_sees_the_counts_of_the_series() -> None:
    model = BalloonModel(squeeze(actors=60), seed=2)
    collector = DataCollector(
        model_reporters={"date": "date", "Signal": lambda m: m.count("Signal")},
        agent_reporters={"home": "home", "habit": "habit", "apps": lambda a: len(a.apps)},
    )
    collector.collect(model)
    while model.running:
        model.step()
        collector.collect(model)
    frame = collector.get_model_vars_dataframe()
    assert frame["Signal"].tolist() == model.series.actors[:, :, 1].sum(axis=1).tolist()
    assert frame["date"].iloc[[0, -1]].tolist() == [date(2024, 9, 2), date(2024, 12, 23)]
    homes = collector.get_agent_vars_dataframe()["home"].groupby(level=0)
    telegram = homes.apply(lambda at: int((at == "Telegram").sum())).tolist()
    assert telegram == model.series.actors[:, :, 0].sum(axis=1).tolist()


def test_the_last_step_ends_the_run_and_one_more_is_refused() -> None:
    model = BalloonModel(squeeze(actors=10, steps=2))
    model.run_model()
    assert (model.t, model.running, model.date) == (2, False, date(2024, 9, 16))
    with pytest.raises(bl.EngineError, match=r"scenario 'squeeze': all 2 steps are done; use scenario.with_"):
        model.step()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"actor": dict}, r"actor is <class 'dict'>; need balloon.Actor or a subclass"),
        ({"actor": None}, r"actor is None; need balloon.Actor"),
        ({"seed": -1}, r"seed is -1; need a whole number from 0"),
        ({"seed": 2**64}, r"seed is 18446744073709551616; need"),
        ({"replicate": 2**32}, r"replicate is 4294967296; need"),
        ({"seed": 1.5}, r"seed is 1.5; need a whole number from 0"),
        ({"seed": "1"}, r"seed is '1'; need a whole number from 0"),
        ({"seed": None}, r"seed is None; need a whole number from 0"),
        ({"seed": True}, r"seed is True; need a whole number from 0"),
        ({"replicate": False}, r"replicate is False; need a whole number from 0"),
        ({"scenario": "minimal"}, r"scenario is 'minimal'; need a Scenario, such as balloon\.load"),
    ],
)
def test_what_a_model_cannot_be_built_of_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(bl.EngineError, match=message):
        BalloonModel(**{"scenario": squeeze(actors=10)} | wrong)


def test_an_unknown_place_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        bl.EngineError, match=r"place 'Signl': there is no such place; there are 'Telegram', 'Signal'"
    ):
        BalloonModel(squeeze(actors=10)).count("Signl")


class Fearless(Actor):
    """Never caught, never reconsiders."""

    def hazard(self, traits: Any, enforcement: Any) -> float:
        return 0.0

    def revision_rate(self, traits: Any, removed: float, weeks: float) -> float:
        return 0.0


class Unchanged(Actor):
    """Every method says what the rule says."""

    def utility(self, traits: Any, view: Any) -> float:
        return super().utility(traits, view)

    def hazard(self, traits: Any, enforcement: Any) -> float:
        return super().hazard(traits, enforcement)

    def revision_rate(self, traits: Any, removed: float, weeks: float) -> float:
        return super().revision_rate(traits, removed, weeks)


class Homebody(Actor):
    """Would never leave a platform."""

    def utility(self, traits: Any, view: Any) -> float:
        return super().utility(traits, view) + (1e6 if view.friction == 0 else 0.0)


class Gambler(Actor):
    """Breaks the contract: it draws luck of its own."""

    def utility(self, traits: Any, view: Any) -> float:
        return float(self.random.random())


class Lost(Actor):
    """Breaks the contract: what it says is no number."""

    def utility(self, traits: Any, view: Any) -> float:
        return float("nan")

    def hazard(self, traits: Any, enforcement: Any) -> float:
        return -1.0


def test_actors_that_override_hazard_and_revision_stay_where_they_are() -> None:
    runs = bl.simulate(squeeze(actors=60), seed=1, engine="objects", actor=Fearless)
    homes = runs.data.actors.isel(replicate=0).values
    assert (homes == homes[0]).all()
    assert int(runs.data.arrests.sum()) == 0


def test_overrides_that_call_super_change_nothing() -> None:
    one, other = (
        bl.simulate(squeeze(actors=60), seed=1, engine="objects", actor=actor).data
        for actor in (Unchanged, Actor)
    )
    assert all(one[name].equals(other[name]) for name in one.data_vars)


def test_an_overridden_utility_is_what_decides() -> None:
    data = bl.simulate(newcomer(actors=60), seed=1, engine="objects", actor=Homebody).data.isel(replicate=0)
    platforms = data.platform.values
    moved = data.moves.sel(origin=platforms, destination=platforms).sum("time").values
    assert (moved == np.diag(np.diag(moved))).all()


def test_columns_of_a_state_are_those_of_the_compiled_engine() -> None:
    from balloon.engines import objects

    *_, last = objects.states(closure(actors=50, steps=4), seed=1, replicate=0)
    *_, fast = arrays.states(closure(actors=50, steps=4), seed=1, replicate=0)
    assert last.t == fast.t == 4
    for name in fast.actors._fields:
        assert np.array_equal(getattr(last.actors, name), getattr(fast.actors, name))


def test_the_network_has_the_edges_of_the_landscape() -> None:
    world = closure(actors=10)
    assert nx.utils.graphs_equal(BalloonModel(world).space.G, world.landscape.to_networkx())


class TestHomebody(ActorContract):
    actor = Homebody


def test_the_contract_catches_actors_with_luck_of_their_own() -> None:
    contract = ActorContract()
    contract.actor = Gambler  # type: ignore[misc]
    with pytest.raises(AssertionError, match="another value when it was asked again"):
        contract.test_the_same_inputs_give_the_same_value()
    with pytest.raises(AssertionError, match="depends on the order of activation"):
        contract.test_it_does_not_matter_who_decides_first()


def test_the_contract_catches_values_that_are_no_numbers_and_negative_rates() -> None:
    contract = ActorContract()
    contract.actor = Lost  # type: ignore[misc]
    with pytest.raises(AssertionError, match=r"utility\(.*gave nan; need a finite number"):
        contract.test_every_value_means_something()
    with pytest.raises(AssertionError, match=r"hazard\(.*gave -1.0; need a rate >= 0"):
        contract.test_rates_are_not_negative()


def negative(traits: Any, enforcement: Any, parameters: Any) -> float:
    """A hazard that is none."""
    return enforcement.undercover - 1.0


def lost(traits: Any, view: Any, parameters: Any) -> float:
    """A utility without a number where nobody is."""
    return float("nan") if view.peers == 0.0 else 0.0


class Counting:
    """A rule with a memory cannot be written as a function of scalars without one like this."""

    seen: list[float] = []  # noqa: RUF012 - the fault on show


def remembering(traits: Any, view: Any, parameters: Any) -> float:
    """A utility that remembers how often it was asked."""
    Counting.seen.append(0.0)
    return float(len(Counting.seen))


@pytest.mark.parametrize(
    ("rules", "claim", "message"),
    [
        ({"hazard": negative}, "test_rates_are_not_negative", r"hazard\(.*need a rate >= 0"),
        ({"utility": lost}, "test_every_value_means_something", r"utility\(.*gave nan"),
        ({"utility": remembering}, "test_the_same_inputs_give_the_same_value", "gave another value"),
    ],
)
def test_the_contract_catches_rules_that_break_it(rules: dict[str, Any], claim: str, message: str) -> None:
    contract = RuleContract()
    contract.behaviour = bl.Behaviour(**rules)  # type: ignore[misc]
    with pytest.raises(AssertionError, match=message):
        getattr(contract, claim)()


def closed_door(traits: Any, view: Any, parameters: Any) -> float:
    """Nobody ever joins what is far away."""
    return view.asc if view.friction < 2 else -math.inf


def test_the_contract_takes_a_utility_of_what_is_never_chosen() -> None:
    contract = RuleContract()
    contract.behaviour = bl.Behaviour(utility=closed_door)  # type: ignore[misc]
    assert any(value(*given) == -math.inf for _, value, given in contract.calls())
    contract.test_every_value_means_something()
    contract.test_the_compiled_rule_says_what_its_text_says()


def test_the_small_scenario_of_the_contracts_has_arrests_and_moves() -> None:
    data = bl.simulate(small_scenario(), seed=1).data
    assert int(data.arrests.sum()) > 0
    assert int(data.joins.sum()) > 0
