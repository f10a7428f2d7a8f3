"""What each observed quantity is in a run: numbers small enough to check by hand."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from cases import CASES

import balloon as bl
from balloon.calibrate import ObservationModel, prepare
from balloon.calibrate._features import Run, Setting
from balloon.calibrate._terms import overlaps
from balloon.calibrate.quantities import QUANTITIES
from balloon.engines.arrays import states
from balloon.engines.meanfield import MeanField
from balloon.errors import DataError, EngineError
from balloon.simulate import replicate

MONDAY = date(2024, 9, 2)
T, G, P = 10, 2, 3
A, B, C, DORMANT, REMOVED = range(5)


def scenario(**other: Any) -> bl.Scenario:
    """Ten weeks, two groups, three platforms; A answers half its requests from week 6 on."""
    platforms = (
        bl.Platform(name="A", requests=0.1, undercover=0.01),
        bl.Platform(name="B", requests=0.2, undercover=0.02, cooperation=0.5),
        bl.Platform(name="C"),
    )
    groups = (
        bl.Group(name="drugs", share=0.5, start={"A": 1.0}, exposure=2.0),
        bl.Group(name="fraud", share=0.5, start={"A": 1.0}),
    )
    parts: dict[str, Any] = {
        "landscape": bl.Landscape(platforms=platforms),
        "population": bl.Population(actors=100, groups=groups),
        "behaviour": bl.Behaviour(revision_rate=0.2),
        "interventions": (bl.Cooperation(platform="A", start=MONDAY + timedelta(weeks=5), value=0.5),),
        "start": MONDAY,
        "steps": T,
    }
    return bl.Scenario(name="small", **{**parts, **other})


def columns() -> dict[str, np.ndarray]:
    """100 actors: on A 30 of drugs and 20 of fraud, on B 10 and 10, on C 0 and 10, dormant 10, removed 10."""
    actors = np.zeros((T + 1, G, P + 2))
    actors[:] = [[30, 10, 0, 5, 5], [20, 10, 10, 5, 5]]
    shape = {"moves": (P + 2, P + 2), "joins": (P,), "installed": (P,), "active": (P,), "newcomers": (P + 2,)}
    made = {name: np.zeros((T + 1, *rest)) for name, rest in shape.items()}
    made["actors_by_group"] = actors
    made["arrests_by_group"] = np.zeros((T + 1, G, P))
    made["belief"] = np.zeros((T + 1, G, P))
    return made


def week(k: int) -> date:
    """First day of step k, from 1."""
    return MONDAY + timedelta(weeks=k - 1)


def seen(quantity: str, **other: Any) -> bl.Observation:
    """An observation in which only place and period matter."""
    flow = QUANTITIES[other.get("of", quantity)].flow
    unit = {"perceived_risk": "annual probability", "change": "ratio"}.get(quantity, "share")
    row: dict[str, Any] = {"start": week(1), "end": week(T + 1) if flow else None, "value": 0.5, "unit": unit}
    return bl.Observation(quantity=quantity, **{**row, "sd": 0.1, **other})


def counted(quantity: str, **other: Any) -> bl.Observation:
    return seen(quantity, **{"unit": "actors", **other})


def predicted(
    row: bl.Observation, made: dict[str, np.ndarray], where: bl.Scenario | None = None, **scales: Any
) -> Any:
    found = prepare(bl.Observations((row,)), where or scenario()).predict(made, scales=scales)
    assert found.shape[-1] == 1
    return found[..., 0]


# ---- clocks -------------------------------------------------------------------------------


def test_a_month_of_thirty_days_holds_four_weeks_and_two_days() -> None:
    days = overlaps(2, 32, step_days=7.0, steps=6)
    assert days.tolist() == [5, 7, 7, 7, 4, 0]
    assert days.sum() / 7 == pytest.approx(4 + 2 / 7)


def test_a_flow_is_summed_over_the_period_with_part_steps_by_overlap() -> None:
    # 7 arrests a week: one a day, 30 in the 30 days from Wednesday of the first week on
    made = columns()
    made["arrests_by_group"][1:, 0, A] = 7
    row = counted("arrests", start=date(2024, 9, 4), end=date(2024, 10, 4))
    assert predicted(row, made) == pytest.approx(30)


def test_a_flow_of_a_part_of_a_step_has_a_part_of_its_weight() -> None:
    # week 2 has 14 joins; three of its days, and four of week 3, which has none
    made = columns()
    made["joins"][2, B] = 14
    row = counted("joins", platform="B", start=week(2) + timedelta(4), end=week(3) + timedelta(4))
    assert predicted(row, made) == pytest.approx(6)


def test_a_stock_is_averaged_over_the_days_of_the_period() -> None:
    # the state after week 1 holds through week 2: 3 days of 30 and 4 of 44 actors are 38 on average
    made = columns()
    made["actors_by_group"][2:, 0, A] = 44
    row = counted(
        "actors", platform="A", group="drugs", start=week(2) + timedelta(4), end=week(3) + timedelta(4)
    )
    assert predicted(row, made) == pytest.approx(38)


@pytest.mark.parametrize(("day", "row_of_run"), [(0, 0), (6, 0), (7, 1), (69, 9), (70, 10)])
def test_a_stock_read_at_a_date_is_that_of_the_last_finished_step(day: int, row_of_run: int) -> None:
    made = columns()
    made["actors_by_group"][:, 0, A] = np.arange(T + 1)
    row = counted("actors", platform="A", group="drugs", start=MONDAY + timedelta(day))
    assert predicted(row, made) == row_of_run


def test_daily_steps_and_a_quarter_of_weeks_meet() -> None:
    days = scenario(step_days=1.0, steps=70)
    made = {name: np.repeat(values[:1], 71, axis=0) for name, values in columns().items()}
    made["joins"][1:, A] = 2
    assert predicted(counted("joins", start=week(2), end=week(4)), made, days) == 28


# ---- homes, apps, moves -------------------------------------------------------------------


def test_a_share_is_of_the_actors_on_platforms() -> None:
    # 50 on A, 20 on B, 10 on C; the dormant and the removed are not asked
    assert predicted(seen("share", platform="A"), columns()) == pytest.approx(50 / 80)
    assert predicted(seen("share", platform="A", group="drugs"), columns()) == pytest.approx(30 / 40)


def test_actors_are_counted_at_any_place() -> None:
    made = columns()
    places = {"A": 50, "C": 10, "dormant": 10, "removed": 10, "": 80}
    assert {place: predicted(counted("actors", platform=place), made) for place in places} == places
    assert predicted(counted("actors", group="fraud"), made) == 40


def test_installed_apps_are_of_those_who_are_free() -> None:
    made = columns()
    made["installed"][:, B] = 36
    assert predicted(counted("installed", platform="B"), made) == 36
    assert predicted(seen("installed", platform="B"), made) == pytest.approx(36 / 90)


def test_active_users_may_be_counted_on_several_platforms() -> None:
    made = columns()
    made["active"][:] = [72, 60, 10]
    shares = [predicted(seen("active", platform=p), made) for p in "ABC"]
    assert shares == pytest.approx([0.9, 0.75, 0.125])


def test_moves_are_counted_from_one_place_to_another() -> None:
    made = columns()
    made["moves"][1:, A] = [100, 6, 2, 3, 1]
    made["moves"][1:, DORMANT, :P] = [1, 5, 4]
    assert predicted(counted("moves", platform="A", platform_to="B"), made) == 60
    assert predicted(counted("moves", platform="A", platform_to="dormant"), made) == 30
    assert predicted(counted("moves", platform="A", platform_to="removed"), made) == 10


def test_a_share_of_moves_is_of_those_who_went_to_a_platform() -> None:
    made = columns()
    made["moves"][1:, A] = [100, 6, 2, 3, 1]
    made["moves"][1:, DORMANT, :P] = [1, 5, 4]
    assert predicted(seen("moves", platform="A", platform_to="B"), made) == pytest.approx(6 / 8)
    assert predicted(seen("moves", platform="dormant", platform_to="B"), made) == pytest.approx(0.5)


def test_newcomers_are_counted_by_the_place_they_first_chose() -> None:
    made = columns()
    made["newcomers"][1:] = [3, 1, 1, 5, 0]
    assert predicted(seen("newcomers", platform="A"), made) == pytest.approx(0.6)
    assert predicted(counted("newcomers", platform="A"), made) == 30


# ---- the police ---------------------------------------------------------------------------


def test_arrests_are_those_of_the_run() -> None:
    made = columns()
    made["arrests_by_group"][1:] = [[1, 2, 0], [3, 0, 0]]
    assert predicted(counted("arrests", platform="A"), made) == 40
    assert predicted(counted("arrests", group="drugs"), made) == 30
    assert predicted(counted("arrests"), made) == 60


def test_cases_are_what_undercover_work_and_answers_reveal() -> None:
    # A before week 6: 50 actors x (.01 + .1 x 0) = .5 a week; from then on 50 x (.01 + .1 x .5) = 3
    before, after = ({"start": week(k), "end": week(k + 1)} for k in (5, 6))
    assert predicted(counted("cases", platform="A", **before), columns()) == pytest.approx(0.5)
    assert predicted(counted("cases", platform="A", **after), columns()) == pytest.approx(3.0)


def test_a_silent_platform_loses_its_cases_and_keeps_its_offenders() -> None:
    silent = scenario(interventions=(bl.Cooperation(platform="B", start=week(6), value=0.0),))
    made = columns()
    cases = [
        predicted(counted("cases", platform="B", start=week(k), end=week(k + 1)), made, silent)
        for k in (5, 6)
    ]
    assert cases == pytest.approx([20 * (0.02 + 0.2 * 0.5), 20 * 0.02])
    homes = [predicted(counted("actors", platform="B", start=week(k)), made, silent) for k in (5, 7)]
    assert homes == [20, 20]


def test_cases_of_a_group_do_not_depend_on_how_often_it_is_arrested() -> None:
    # the exposure of drugs is 2
    row = counted("cases", platform="B", group="drugs", start=week(1), end=week(2))
    assert predicted(row, columns()) == pytest.approx(10 * (0.02 + 0.1))


def test_cases_count_the_actors_at_the_start_of_the_step() -> None:
    made = columns()
    made["actors_by_group"][1:, :, B] = 0
    assert predicted(counted("cases", platform="B"), made) == pytest.approx(20 * 0.12)


def test_nobody_is_looked_for_on_a_platform_that_is_closed() -> None:
    closed = scenario(interventions=(bl.Takedown(platform="B", start=week(4)),))
    assert predicted(counted("cases", platform="B"), columns(), closed) == pytest.approx(3 * 20 * 0.12)


def test_answered_is_weighted_by_requests() -> None:
    # week 6: A 50 x .1 = 5 requests, half answered; B 20 x .2 = 4, half answered
    week_6 = {"start": week(6), "end": week(7)}
    assert predicted(counted("answered", platform="A", **week_6), columns()) == pytest.approx(2.5)
    assert predicted(counted("answered", **week_6), columns()) == pytest.approx(4.5)
    both = {"start": week(5), "end": week(7)}
    assert predicted(seen("answered", platform="A", **both), columns()) == pytest.approx(0.25)
    # in two weeks A gets 10 requests and answers 2.5, B gets 8 and answers 4
    assert predicted(seen("answered", **both), columns()) == pytest.approx(6.5 / 18)


def test_a_crackdown_multiplies_the_requests() -> None:
    hard = scenario(interventions=(bl.Crackdown(platform="B", start=week(6), requests=3.0, undercover=2.0),))
    row = counted("cases", platform="B", start=week(6), end=week(7))
    assert predicted(row, columns(), hard) == pytest.approx(20 * (0.04 + 0.6 * 0.5))


def test_columns_of_the_policy_stand_for_that_of_the_dates() -> None:
    made = columns()
    shape = (T + 1, G, P)
    made |= {
        "cooperation": np.ones(shape),
        "requests": np.full(shape, 0.3),
        "undercover": np.full(shape, 0.1),
    }
    assert predicted(counted("cases", platform="A", end=week(2)), made) == pytest.approx(50 * 0.4)
    assert predicted(seen("answered", platform="A"), made) == pytest.approx(1.0)


def test_cooperation_that_adapts_must_come_from_the_engine() -> None:
    where = scenario(interventions=(bl.Outreach(start=MONDAY, threshold=0.5, value=0.9),))
    said = "column 'cooperation' is missing, and the scenario does not settle it: outreach adapts to what"
    with pytest.raises(EngineError, match=said):
        predicted(counted("cases", platform="A"), columns(), where)
    made = {**columns(), "cooperation": np.full((T + 1, G, P), 0.2)}
    assert predicted(counted("cases", platform="A"), made, where) > 0


def test_requests_of_a_budget_follow_from_where_the_actors_are() -> None:
    # 100 actors x .1 = 10 requests a week over 80 actors on platforms: B with 20 of them gets 2.5.
    where = scenario(interventions=(bl.Budget(start=week(6), requests=0.1),))
    row = counted("answered", platform="B", start=week(6), end=week(7))
    assert predicted(row, columns(), where) == pytest.approx(2.5 / 2)
    before = counted("answered", platform="B", start=week(5), end=week(6))
    assert predicted(before, columns(), where) == pytest.approx(20 * 0.2 / 2)


def test_a_budget_goes_to_where_the_actors_were_and_is_unspent_where_nobody_is() -> None:
    where = scenario(interventions=(bl.Budget(start=week(6), requests=0.1, lag_weeks=1.0),))
    made = columns()
    made["actors_by_group"][5:, :, B] = 10  # 20 actors as before, gone in week 7
    made["actors_by_group"][6:, :, B] = 0
    # In step 6 B has the 2.5 of its share in week 5; in step 7 it was seen there, and nobody is left.
    rows = [counted("answered", platform="B", start=week(k), end=week(k + 1)) for k in (6, 7)]
    assert [predicted(row, made, where) for row in rows] == [pytest.approx(1.25), 0.0]
    assert not Run(made, Setting.of(where)).in_force("requests")[7, :, B].any()
    # Nor is anything spent where nobody is on any platform.
    made["actors_by_group"][4:, :, :P] = 0
    assert predicted(rows[0], made, where) == 0.0


def test_requests_of_budgets_are_those_that_the_engines_make() -> None:
    # Two budgets, one with a lag and one for a group, and a crackdown over them.
    adaptive = CASES["adaptive"]()
    setting = Setting.of(adaptive)
    expected = MeanField(adaptive).run()._asdict()
    asked = expected.pop("requests")
    assert Run(expected, setting).in_force("requests") == pytest.approx(asked, rel=1e-12)
    stages, state = [], None
    for state in states(adaptive, seed=1, replicate=0):
        stages.append(state.stage.requests.copy())
    assert state is not None
    found = Run({"actors_by_group": state.series.actors}, setting).in_force("requests")
    assert found[1:] == pytest.approx(np.array(stages[1:]), rel=1e-12)


# ---- what people think --------------------------------------------------------------------


def test_perceived_risk_is_the_mean_belief_of_the_actors() -> None:
    made = columns()
    made["belief"][:] = [[0.2, 0.4, 0.9], [0.1, 0.1, 0.1]]
    # drugs: 30 believe .2 and 10 believe .4; nobody is on C
    assert predicted(seen("perceived_risk", group="drugs"), made) == pytest.approx(0.25)
    assert predicted(seen("perceived_risk", platform="A"), made) == pytest.approx((30 * 0.2 + 20 * 0.1) / 50)
    assert predicted(seen("perceived_risk"), made) == pytest.approx((10 + 4) / 80)


def test_attention_is_the_share_who_revise_at_least_once() -> None:
    # .2 a week: in two weeks 1 - .8 x .8
    row = seen("attention", start=week(1), end=week(3))
    assert predicted(row, columns()) == pytest.approx(0.36)
    assert predicted(seen("attention", start=week(1), end=week(2)), columns()) == pytest.approx(0.2)


def test_vigilance_draws_attention_in_the_week_after_arrests() -> None:
    watchful = scenario(behaviour=bl.Behaviour(revision_rate=0.2, vigilance=5.0))
    made = columns()
    made["arrests_by_group"][3, 0, A] = 10  # a tenth of all
    weeks = [predicted(seen("attention", start=week(k), end=week(k + 1)), made, watchful) for k in (3, 4, 5)]
    assert weeks == pytest.approx([0.2, 0.2 * 1.5, 0.2])


def test_attention_is_read_from_those_who_chose_where_the_engine_counts_them() -> None:
    made = columns()
    made["reconsidered"] = np.zeros((T + 1, P + 2))
    made["reconsidered"][1:] = [9, 9, 4, 5, 8]  # 27 of the 90 who are free; newcomers do not count
    assert predicted(seen("attention", start=week(1), end=week(2)), made) == pytest.approx(0.3)


def test_attention_under_an_own_rule_needs_those_who_chose() -> None:
    def restless(traits: Any, removed: float, weeks: float, parameters: Any) -> float:
        return 0.5

    own = scenario(behaviour=bl.Behaviour(revision_rate_rule=restless))
    with pytest.raises(
        EngineError, match="column 'reconsidered' is missing, and the scenario has an own rule"
    ):
        predicted(seen("attention"), columns(), own)


def test_attention_has_no_meaning_where_everybody_revises_in_every_step() -> None:
    busy = scenario(behaviour=bl.Behaviour(revision_rate=1.0))
    with pytest.raises(
        EngineError, match=r"attention: revision_rate x step = 1\.00, so that everybody revises"
    ):
        predicted(seen("attention"), columns(), busy)


# ---- changes and scales -------------------------------------------------------------------


def test_a_change_of_flows_is_one_of_rates() -> None:
    # 2 a week in weeks 1 to 4, 6 a week in week 5: three times as many, though the periods differ
    made = columns()
    made["joins"][1:5, B], made["joins"][5, B] = 2, 6
    row = seen(
        "change", of="joins", platform="B", start=week(5), end=week(6), base_start=week(1), base_end=week(5)
    )
    assert predicted(row, made) == pytest.approx(3)


def test_a_change_of_a_stock_is_one_of_averages() -> None:
    made = columns()
    made["actors_by_group"][5:, 0, A] = 15
    row = seen("change", of="actors", platform="A", group="drugs", start=week(7), base_start=week(1))
    assert predicted(row, made) == pytest.approx(0.5)
    half = seen("change", of="share", platform="A", start=week(7), base_start=week(1))
    assert predicted(half, made) == pytest.approx((35 / 65) / (50 / 80))


def test_a_change_is_of_the_number_where_there_is_one() -> None:
    made = columns()
    made["active"][:, B], made["active"][5:, B] = 10, 20
    made["actors_by_group"][5:] /= 2
    assert predicted(seen("change", of="active", platform="B", start=week(7), base_start=week(1)), made) == 2


def test_a_count_in_the_world_is_scale_times_that_of_the_model() -> None:
    made = columns()
    made["active"][:] = [70, 30, 0]
    known = seen("active", platform="A", unit="thousand users", value=88, sd=1, scale=1250)
    assert predicted(known, made) == 70 * 1250
    free = seen("active", platform="A", unit="users", value=88, sd=1, scale="panel")
    assert predicted(free, made, panel=1000.0) == 70_000
    assert predicted(free, made, panel=np.array([1.0, 2.0])).tolist() == [70, 140]


def test_a_free_scale_that_is_not_given_is_refused() -> None:
    row = seen("active", platform="A", unit="users", value=88, sd=1, scale="panel")
    with pytest.raises(
        DataError, match=r"scale 'panel' is free; pass scales=\{'panel': \.\.\.\}, or the best"
    ):
        predicted(row, columns())


def panel(**uncertainty: float) -> bl.Observations:
    period = {"start": week(1), "end": week(2)}
    return bl.Observations(
        tuple(
            bl.Observation(
                quantity="joins", platform=p, value=v, unit="users", scale="panel", **period, **uncertainty
            )
            for p, v in (("A", 700.0), ("B", 330.0))
        )
    )  # fmt: skip


def test_the_best_scale_of_counts_is_a_ratio_of_sums() -> None:
    made = columns()
    made["joins"][1] = [70, 30, 0]
    model = prepare(panel(dispersion=2.0), scenario())
    assert model.fitted_scales(made)["panel"] == pytest.approx(1030 / 100)


def test_the_best_scale_of_values_with_sd_is_that_of_least_squares() -> None:
    made = columns()
    made["joins"][1] = [70, 30, 0]
    model = prepare(panel(sd=5.0), scenario())
    found = model.fitted_scales({name: np.stack([v, 2 * v]) for name, v in made.items()})["panel"]
    best = (70 * 700 + 30 * 330) / (70**2 + 30**2)
    assert found == pytest.approx([best, best / 2])


# ---- the model as a whole -----------------------------------------------------------------


def everything() -> bl.Observations:
    """One row of each kind."""
    return bl.Observations((
        seen("share", platform="A", end=week(4)), counted("actors", platform="B"),
        seen("installed", platform="B"), seen("active", platform="A"),
        seen("moves", platform="A", platform_to="B"), counted("joins", platform="B"), counted("arrests"),
        counted("cases", platform="A"), seen("answered", platform="A"), seen("newcomers", platform="A"),
        seen("attention", end=week(4)), seen("perceived_risk"),
        seen("change", of="arrests", start=week(6), base_start=week(1), base_end=week(6)),
        seen("active", platform="A", unit="users", scale="panel", value=1, sd=1),
    ))  # fmt: skip


def busy(seed: int, dtype: type = float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: (values + rng.uniform(1, 2, values.shape)).astype(dtype) for name, values in columns().items()
    }


def test_leading_dimensions_go_through() -> None:
    runs = [busy(seed) for seed in range(6)]
    model = prepare(everything(), scenario())
    stacked = {
        name: np.stack([run[name] for run in runs]).reshape(2, 3, *runs[0][name].shape) for name in runs[0]
    }
    found = model.predict(stacked, scales={"panel": 2.0})
    assert found.shape == (2, 3, len(model.values))
    one_by_one = [model.predict(run, scales={"panel": 2.0}) for run in runs]
    assert found.reshape(6, -1) == pytest.approx(np.array(one_by_one))


def test_predictions_are_complex_step_safe() -> None:
    model = prepare(everything(), scenario(behaviour=bl.Behaviour(revision_rate=0.2, vigilance=2.0)))
    base, direction = busy(1), busy(2)

    def along(step: Any) -> Any:
        moved = {name: base[name] + step * direction[name] for name in base}
        return model.predict(moved, scales={"panel": 3.0 + step})

    exact = along(1e-30j).imag / 1e-30
    assert np.abs(exact).min() > 0
    numeric = (along(1e-5) - along(-1e-5)) / 2e-5
    assert exact == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_the_best_scales_are_complex_step_safe() -> None:
    model = prepare(panel(sd=5.0), scenario())
    base, direction = busy(1), busy(2)

    def along(step: Any) -> Any:
        return model.fitted_scales({name: base[name] + step * direction[name] for name in base})["panel"]

    assert along(1e-30j).imag / 1e-30 == pytest.approx((along(1e-5) - along(-1e-5)) / 2e-5, rel=1e-6)


def test_uncertainties_are_plain_numbers_and_blank_where_they_are_not_given() -> None:
    rows = bl.Observations((
        seen("share", platform="A", value=40, unit="percent", sd=5),
        seen("share", platform="A", value=0.5, sd=None, n=200, source="b"),
        counted("arrests", sd=None, dispersion=3.0),
    ))  # fmt: skip
    model = prepare(rows, scenario())
    assert model.values == pytest.approx([0.4, 0.5, 0.5])
    assert model.sd == pytest.approx([0.05, np.nan, np.nan], nan_ok=True)
    assert model.n == pytest.approx([np.nan, 200, np.nan], nan_ok=True)
    assert model.dispersion == pytest.approx([np.nan, np.nan, 3], nan_ok=True)
    with pytest.raises(ValueError, match="read-only"):
        model.values[0] = 1.0


def test_shares_of_one_whole_are_a_wave() -> None:
    asked = {"sd": None, "n": 100, "dispersion": 1.0, "value": 0.3}
    rows = bl.Observations((
        seen("share", platform="A", **asked), seen("share", platform="B", **asked),
        seen("share", platform="A", **{**asked, "start": week(2)}),
        seen("moves", platform="A", platform_to="B", **asked),
        seen("moves", platform="A", platform_to="C", **asked),
        seen("answered", platform="A", **asked), seen("answered", platform="B", **asked),
        seen("share", platform="C", **{**asked, "n": None, "dispersion": None, "sd": 0.1}),
    ))  # fmt: skip
    assert prepare(rows, scenario()).waves == ((0, 1), (2,), (3, 4), (5,), (6,))


def test_a_share_of_nobody_is_nan() -> None:
    made = columns()
    made["actors_by_group"][:, :, :P] = 0
    assert np.isnan(predicted(seen("share", platform="A"), made))


def test_columns_that_are_missing_or_of_another_run_are_refused() -> None:
    made = columns()
    del made["joins"]
    with pytest.raises(
        EngineError, match="column 'joins' is missing; pass what `replicate` or the mean field"
    ):
        predicted(counted("joins", platform="A"), made)
    made["joins"] = np.zeros((T, P))
    said = "column 'joins' has shape (10, 3); need (..., 11, 3): is it a run of the same scenario?"
    with pytest.raises(EngineError, match=re.escape(said)):
        predicted(counted("joins", platform="A"), made)


def test_observations_of_another_scenario_are_refused_before_anything_is_prepared() -> None:
    with pytest.raises(DataError, match="platform 'Telegram' is not in the scenario"):
        prepare(bl.read_observations("telegram-korea-2024"), scenario())
    with pytest.raises(DataError, match="there are no observations to prepare"):
        prepare(bl.Observations(()), scenario())


def test_the_columns_of_a_replicate_and_of_runs_are_the_same() -> None:
    where = scenario()
    model = prepare(everything().select("share", "cases", "answered", "arrests", "perceived_risk"), where)
    alone = model.predict(replicate(where, seed=3, number=1))
    assert np.isfinite(alone).all()
    assert np.array_equal(model.predict(bl.simulate(where, replicates=2, seed=3).data)[1], alone)


@pytest.mark.parametrize("name", bl.presets.observation_names())
def test_what_ships_is_predicted_by_its_preset(name: str) -> None:
    model = prepare(bl.read_observations(name), bl.load(name))
    runs = bl.simulate(bl.load(name), replicates=1, seed=1)
    scales = model.fitted_scales(runs.data)
    assert all(value > 0 for value in scales.values())
    assert np.isfinite(model.predict(runs.data, scales=scales)).all()


def long_model() -> tuple[ObservationModel, dict[str, np.ndarray]]:
    """A hundred weekly waves of shares, arrests and moves: 700 rows over 160 steps."""
    where = scenario(steps=160, interventions=())
    rows: list[bl.Observation] = []
    for k in range(1, 101):
        when = {"start": week(k), "end": week(k + 1)}
        rows += [seen("share", platform=p, value=0.3, **when) for p in "ABC"]
        rows += [counted("arrests", platform=p, **when) for p in "AB"]
        rows += [counted("moves", platform="A", platform_to=p, **when) for p in "BC"]
    made = {name: np.repeat(values[:1], 161, axis=0) for name, values in columns().items()}
    return prepare(bl.Observations(tuple(rows)), where), made


def test_a_prediction_of_hundreds_of_rows_takes_less_than_a_millisecond() -> None:
    model, made = long_model()
    best = min(_seconds(model, made) for _ in range(20))
    assert best < 1e-3


def _seconds(model: ObservationModel, made: dict[str, np.ndarray]) -> float:
    begun = time.thread_time()
    model.predict(made)
    return time.thread_time() - begun
