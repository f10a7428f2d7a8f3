"""simulate and Runs: what comes out, in what shape, and what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import balloon as bl
from balloon.behaviour.trying import try_rules
from balloon.runs import QUANTILES, load_runs, quantiles
from balloon.simulate import draw_ranges, simulate

SMALL = bl.load("minimal").with_({"population.actors": 300, "steps": 12})


def test_every_actor_is_somewhere_at_every_time() -> None:
    data = simulate(SMALL, replicates=3, seed=1).data
    assert (data.actors.sum("place") == 300).all()
    assert (data.actors_by_group.sum("group") == data.actors).all()
    assert (data.arrests_by_group.sum("group") == data.arrests).all()


def test_moves_lead_from_the_actors_before_to_the_actors_after() -> None:
    data = simulate(SMALL, replicates=2, seed=1).data
    before, after = data.actors.values[:, :-1], data.actors.values[:, 1:]
    moves = data.moves.values[:, 1:]
    assert (moves.sum(axis=3) == before).all()
    assert (moves.sum(axis=2) == after).all()
    assert (data.moves.values[:, 0] == 0).all()


def test_those_at_the_reference_date_are_followed_to_the_end() -> None:
    data = simulate(SMALL, replicates=2, seed=1).data
    reference = SMALL.reference_step
    there = data.actors.values[:, reference]
    assert (data.joint.values[:, :reference] == 0).all()
    assert (data.joint.values[:, reference:].sum(axis=3) == there[:, None]).all()


def test_time_runs_from_the_start_in_steps() -> None:
    time = simulate(SMALL.with_(step_days=3.5), seed=1).data.time.values
    assert time[0] == np.datetime64(SMALL.start)
    assert time[2] - time[0] == np.timedelta64(7, "D")
    assert len(time) == 13


@pytest.mark.parametrize("workers", [1, 2])
def test_the_result_does_not_depend_on_threads(workers: int) -> None:
    expected = simulate(SMALL, replicates=3, seed=5)
    with ThreadPoolExecutor(workers) as executor:
        assert simulate(SMALL, replicates=3, seed=5, executor=executor).identical(expected)


def test_a_replicate_does_not_depend_on_how_many_there_are() -> None:
    few, many = simulate(SMALL, replicates=2, seed=5), simulate(SMALL, replicates=4, seed=5)
    assert (many.data.actors.values[:2] == few.data.actors.values).all()


def test_another_seed_is_other_luck() -> None:
    one, other = simulate(SMALL, seed=1), simulate(SMALL, seed=2)
    assert not (one.data.actors.values == other.data.actors.values).all()


def test_ranges_are_drawn_by_path_so_that_a_contrast_pairs() -> None:
    scenario = bl.load("telegram-korea-2024")
    with_it = draw_ranges(scenario, replicates=70, seed=3)
    without = draw_ranges(scenario.without("Telegram"), replicates=65, seed=3)
    for r in range(65):
        assert without[r].items() <= with_it[r].items()
    low, high = scenario.ranges()["behaviour.switching_cost"]
    drawn = [d["behaviour.switching_cost"] for d in with_it[:64]]
    # One value in each of 64 equal strata of the range.
    assert sorted(int(64 * (v - low) / (high - low)) for v in drawn) == list(range(64))


def test_drawn_parameters_stand_in_the_result() -> None:
    scenario = SMALL if SMALL.ranges() else bl.load("telegram-korea-2024").with_({"population.actors": 200})
    runs = simulate(scenario.with_(steps=20), replicates=2, seed=3, parameters="ranges")
    assert runs.provenance.parameters == "ranges"
    assert set(runs.data.parameter.values) == set(scenario.ranges())
    assert not (runs.data.parameters[0] == runs.data.parameters[1]).all()


def test_saving_twice_gives_the_same_bytes_and_loading_the_same_runs(tmp_path: Path) -> None:
    runs = simulate(SMALL, replicates=2, seed=1)
    runs.save(tmp_path / "a.nc")
    simulate(SMALL, replicates=2, seed=1).save(tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    loaded = load_runs(tmp_path / "a.nc")
    loaded.save(tmp_path / "c.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "c.nc").read_bytes()
    assert loaded.identical(runs)
    assert loaded.scenario == SMALL
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.nc"
    simulate(SMALL, seed=1).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(bl.DataError, match=r"runs\.nc: cannot be read as saved runs"):
        load_runs(path)


def test_a_folder_is_no_file_of_runs(tmp_path: Path) -> None:
    with pytest.raises(bl.DataError, match="is a folder; need a file written by Runs"):
        load_runs(tmp_path)


def test_a_file_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    runs = simulate(SMALL, seed=1)
    runs.data.attrs["schema_version"] = 99
    runs.save(tmp_path / "runs.nc")
    with pytest.raises(bl.DataError, match="has schema version 99, this balloon reads 2"):
        load_runs(tmp_path / "runs.nc")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(bl.DataError, match="no such file"):
        load_runs(tmp_path / "nothing.nc")


def test_the_summary_gives_shares_of_all_actors() -> None:
    table = simulate(SMALL, replicates=5, seed=1).summary()
    quantiles = ["q05", "q25", "q50", "q75", "q95"]
    assert list(table.columns) == ["time", "place", *quantiles, "runs", "failed"]
    assert (table.runs == 5).all()
    assert (table.failed == 0).all()
    start = table[table.time == table.time.iloc[0]].set_index("place")
    assert start.loc["removed", "q95"] == 0
    assert (table.q05 <= table.q50).all()
    assert (table.q50 <= table.q95).all()


def test_one_run_has_no_range_and_no_table_shows_one() -> None:
    alone = simulate(SMALL, seed=1)
    for table in (alone.summary(), alone.destinations("Telegram"), bl.summarize(SMALL, replicates=1, seed=1)):
        assert (table.runs == 1).all()
        assert table[["q05", "q25", "q75", "q95"]].isna().all(axis=None)
        assert table.q50.between(0, 1).all()
    shares = alone.data.actors.isel(replicate=0, time=-1).values / SMALL.population.actors
    assert alone.summary().query("time == time.max()").q50.tolist() == shares.tolist()


def test_the_quantiles_are_those_of_numpy_to_the_bit() -> None:
    rng = np.random.default_rng(1)
    for number in (1, 2, 3, 7, 20, 21, 100, 1000):
        values = rng.integers(0, 997, (number, 5, 3)) / 997
        expected = np.quantile(values, QUANTILES, axis=0)
        assert quantiles(np.sort(values, axis=0).__getitem__, number).tobytes() == expected.tobytes()


def test_cooperation_is_the_share_of_requests_answered_in_the_step() -> None:
    scenario = SMALL.with_(start=date(2024, 9, 24))  # Telegram answers from 1 October: in step 2
    cooperation = simulate(scenario, replicates=2, seed=1).data.cooperation
    assert cooperation.dims == ("replicate", "time", "group", "platform")
    there = cooperation.sel(group="all", platform="Telegram").values
    assert (there == [0.0, 0.0, *[0.95] * 11]).all()
    assert (cooperation.sel(platform="Signal") == 0).all()
    # From the first day on: the start is as the first step.
    first = date(2024, 10, 1)
    at_once = simulate(SMALL.with_(start=first, reference=first), seed=1).data.cooperation
    assert (at_once.sel(platform="Telegram") == 0.95).all()


# ---- failures -----------------------------------------------------------------------------


class Shaky(bl.Actor):
    """Breaks down in replicates 2 and 5."""

    def utility(self, traits, view):
        if int(self.model.address[1]) in (2, 5):
            raise ArithmeticError("broke down")
        return super().utility(traits, view)


TINY = SMALL.with_({"population.actors": 20, "steps": 6, "behaviour.revision_rate": 1.0})


@pytest.fixture(scope="module")
def shaken() -> bl.Runs:
    return simulate(TINY, replicates=20, seed=1, engine="objects", actor=Shaky, parameters="ranges")


def test_a_replicate_that_fails_is_left_out_and_the_others_keep_their_numbers(shaken: bl.Runs) -> None:
    good = simulate(TINY, replicates=20, seed=1, engine="objects", parameters="ranges").data
    left = [r for r in range(20) if r not in (2, 5)]
    assert shaken.data.replicate.values.tolist() == left
    assert (shaken.data.actors == good.actors.sel(replicate=left)).all()
    assert (shaken.data.parameters == good.parameters.sel(replicate=left)).all()
    assert shaken.provenance.replicates == 20


def test_failures_are_listed_and_counted_in_every_table(shaken: bl.Runs) -> None:
    assert list(shaken.failures.columns) == ["replicate", "error", "traceback"]
    assert shaken.failures.replicate.tolist() == [2, 5]
    assert set(shaken.failures.error) == {"ArithmeticError: broke down"}
    assert "in utility" in shaken.failures.traceback[0]
    assert str(Path(__file__).parent) not in shaken.failures.traceback[0]
    for table in (shaken.summary(), shaken.destinations("Telegram")):
        assert (table.runs == 18).all()
        assert (table.failed == 2).all()
    assert len(simulate(TINY).failures) == 0


def test_failures_are_saved_however_long_they_are(shaken: bl.Runs, tmp_path: Path) -> None:
    failures = [{"replicate": 1, "error": "E: e", "traceback": "x" * 300_000, "parameters": None}]
    shaken = bl.Runs(shaken.data.assign_attrs(failures=json.dumps(failures)))
    shaken.save(tmp_path / "runs.nc")
    assert load_runs(tmp_path / "runs.nc").failures.equals(shaken.failures)


def test_more_than_a_tenth_failing_is_an_error() -> None:
    with pytest.raises(bl.EngineError, match="2 of 19 replicates failed, more than a tenth"):
        simulate(TINY, replicates=19, seed=1, engine="objects", actor=Shaky)


def test_values_at_which_a_scenario_cannot_be_count_as_failures() -> None:
    path = "behaviour.revision_rate"
    given = [{path: -1.0 if r == 7 else 0.2} for r in range(10)]
    runs = simulate(TINY, replicates=10, parameters=given)
    assert runs.failures.replicate.tolist() == [7]
    assert runs.failures.error[0].startswith("ScenarioError: behaviour: revision_rate is -1.0")


def test_a_path_that_leads_nowhere_is_refused_at_once() -> None:
    with pytest.raises(bl.ScenarioError, match=r"no parameter at 'behaviour.switchingcost'; did you mean"):
        simulate(TINY, parameters=[{"behaviour.switchingcost": 1.0}])


def test_the_frame_has_a_row_for_every_count() -> None:
    frame = simulate(SMALL, replicates=2, seed=1).to_frame()
    assert list(frame.columns) == ["replicate", "time", "place", "actors"]
    assert len(frame) == 2 * 13 * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "fast"}, "engine 'fast': there is no such engine; there are 'arrays', 'objects'"),
        ({"replicates": 0}, "replicates is 0; need a whole number from 1"),
        ({"seed": -1}, "seed is -1; need a whole number from 0"),
        ({"seed": 2**64}, "need a whole number from 0 to 18446744073709551615"),
        ({"parameters": "all"}, "parameters is 'all'; need None, 'ranges'"),
        ({"parameters": [{}, {}]}, "2 mappings of parameters for 1 replicates"),
        (
            {"parameters": [{"behaviour.spillover": 0.1}, {}], "replicates": 2},
            r"parameters of replicates 0 and 1 have different paths \(behaviour.spillover\); give every",
        ),
        ({"actor": int}, "own actors run in engine 'objects' only"),
        (
            {"actor": int, "engine": "objects"},
            "actor is <class 'int'>; need balloon.Actor or a subclass of it",
        ),
        (
            {"parameters": {"behaviour.trial": 0.1}},
            r"parameters is \{'behaviour.trial': 0.1\}; need None, 'ranges'",
        ),
        (
            {"parameters": 7},
            "parameters is 7; need None, 'ranges' or a sequence with a mapping for each replicate",
        ),
        (
            {"parameters": [None]},
            "parameters of replicate 0 is None; need None, 'ranges' or a sequence with a mapping",
        ),
        ({"parameters": [{1: 0.1}]}, r"parameters of replicate 0 is \{1: 0.1\}; need"),
        (
            {"parameters": [{"behaviour.trial": 2.0}]},
            "^parameters of replicate 0 cannot be: behaviour: trial is 2.0; need a number from 0 to 1$",
        ),
        (
            {"parameters": [{"behaviour.trial": "often"}]},
            "^parameters of replicate 0 cannot be: behaviour: trial is 'often'; need a number$",
        ),
        (
            {"parameters": [{"behaviour.trial": r / 10} for r in range(9, 19)], "replicates": 10},
            r"^parameters of replicate 2 cannot be: behaviour: trial is 1.1; need .* \(2 mappings or",
        ),
    ],
)
def test_impossible_requests_are_refused(options: dict, message: str) -> None:
    with pytest.raises(bl.EngineError, match=message):
        simulate(SMALL, **options)


def test_a_scenario_without_ranges_has_nothing_to_draw() -> None:
    bare = bl.Scenario(
        name="bare",
        landscape=bl.Landscape(platforms=(bl.Platform(name="A"),)),
        population=bl.Population(
            actors=5,
            groups=(bl.Group(name="g", start={"A": 1.0}),),
            contacts=bl.Contacts(degree=0),
        ),
        start=SMALL.start,
        steps=2,
    )
    with pytest.raises(bl.EngineError, match="no parameter has a range to draw from"):
        simulate(bare, parameters="ranges")


def test_coarse_steps_are_cautioned() -> None:
    with pytest.warns(bl.BalloonWarning, match="revision_rate x step = 4.00 > 1"):
        simulate(SMALL.with_({"behaviour.revision_rate": 4.0}))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"replicates": 1.5}, "replicates is 1.5; need a whole number from 1"),
        ({"replicates": "3"}, "replicates is '3'; need a whole number from 1"),
        ({"seed": None}, "seed is None; need a whole number from 0"),
        ({"seed": 0.5}, "seed is 0.5; need a whole number from 0"),
        ({"seed": True}, "seed is True; need a whole number from 0"),
        ({"replicates": True}, "replicates is True; need a whole number from 1"),
    ],
)
def test_a_count_of_another_type_is_refused(how: dict[str, Any], said: str) -> None:
    with pytest.raises(bl.EngineError) as refusal:
        simulate(SMALL, **how)
    assert said in str(refusal.value)


def test_counts_of_numpy_do_as_those_of_python() -> None:
    numpys = simulate(SMALL, replicates=np.int64(2), seed=np.uint64(3))  # type: ignore[arg-type]
    assert numpys.identical(simulate(SMALL, replicates=2, seed=3))


def test_a_name_in_the_place_of_a_scenario_is_refused() -> None:
    with pytest.raises(
        bl.EngineError, match=r"scenario is 'minimal'; need a Scenario, such as balloon\.load"
    ):
        simulate("minimal")  # type: ignore[arg-type]


def test_destinations_of_a_platform_that_is_not_there_are_refused() -> None:
    with pytest.raises(bl.DataError, match="platform 'Signel' is not there; there are 'Telegram', 'Signal'"):
        simulate(SMALL).destinations("Signel")


def test_the_number_of_actors_is_no_parameter_of_a_replicate() -> None:
    with pytest.raises(bl.EngineError, match=r"population\.actors is the same in all replicates"):
        simulate(SMALL, replicates=2, parameters=[{"population.actors": n} for n in (50, 60)])


# ---- own rules ----------------------------------------------------------------------------


def of_two(traits: Any, view: Any) -> float:
    """A utility that leaves something out."""
    return 0.0


def silent(traits: Any, view: Any, parameters: Any) -> None:
    """A utility that is worked out and forgotten."""


def wordy(traits: Any, removed: float, weeks: float, parameters: Any) -> str:
    """A rate in words."""
    return "often"


def misspelt(traits: Any, enforcement: Any, parameters: Any) -> float:
    """A hazard that asks for what is not there."""
    return float(enforcement.request)


def steep(traits: Any, view: Any, parameters: Any) -> float:
    """A utility that divides by what may be 0: compiled code goes on."""
    return -1.0 / (view.peers - 0.5) / 1e300


@pytest.mark.parametrize("engine", ["arrays", "objects", "meanfield"])
@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"utility": of_two},
            "of_two) takes (traits, view), but is given (traits, view, parameters); write it with these",
        ),
        ({"utility": silent}, "silent) returns None (is a return missing?); need a number, such as 0.5"),
        ({"revision_rate_rule": wordy}, "wordy) returns 'often'; need a number, such as 0.5"),
        (
            {"hazard": misspelt},
            "misspelt) raises AttributeError: 'Enforcement' object has no attribute 'request'",
        ),
    ],
)
def test_a_rule_that_cannot_be_compiled_is_refused_in_a_sentence(
    rule: dict[str, Any], said: str, engine: str
) -> None:
    with pytest.raises(bl.EngineError) as refusal:
        simulate(SMALL.with_(behaviour=bl.Behaviour(**rule)), engine=engine)
    shown = str(refusal.value)
    assert shown.startswith(f"own rule {next(iter(rule))} (tests.unit.test_simulate.{said}")
    assert "\n" not in shown


def test_arithmetic_that_fails_in_plain_python_only_is_left_to_the_run() -> None:
    try_rules(bl.Behaviour(utility=steep))


def test_a_run_with_a_rule_that_gives_what_means_nothing_fails_with_the_rule_and_the_value() -> None:
    def vague(traits: Any, view: Any, parameters: Any) -> float:
        return float("nan")

    with pytest.raises(bl.RunError) as refusal:
        simulate(SMALL.with_(behaviour=bl.Behaviour(utility=vague)))
    said = str(refusal.value)
    assert (
        "the first is replicate 0: RunError: own rule utility (tests.unit.test_simulate.test_a_run_with"
        in said
    )
    assert ".vague) gave nan in step 1 to slot " in said
    assert "Traceback" not in said
