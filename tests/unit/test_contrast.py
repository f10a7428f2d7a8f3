"""contrast: what it takes, what it refuses, what it says."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr

import balloon as bl
from balloon._accounts import Entry
from balloon._differing import Differing, same_world
from balloon._fates import largest, parts
from balloon._spread import percent
from balloon.contrast import contrast
from balloon.effect import Contrast
from balloon.errors import DataError, EngineError, ScenarioError
from balloon.interventions import Launch, Outreach, Takedown
from balloon.ledger import Ledger
from balloon.pages.wording import question
from balloon.pairs import TABLES
from balloon.plots.bars import bar_looks, bar_names, ledger_bars
from balloon.precision import half_width, precision, saved_by_pairing
from balloon.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping


KOREA = bl.load("telegram-korea-2024").with_({"population.actors": 1_000})
CALM = KOREA.without("Telegram")
MINIMAL = bl.load("minimal").with_({"population.actors": 200, "steps": 12})
LATE = date(2024, 10, 7)
SQUEEZE = "interventions.cooperation:Telegram:2024-10-01"
MILD = KOREA.with_({"behaviour.switching_cost": 8.0})


@pytest.fixture(scope="module")
def effect() -> Contrast:
    return contrast(CALM, KOREA, replicates=20, seed=1)


# ---- what it gives -------------------------------------------------------------------------


def test_its_runs_are_those_of_simulate(effect: Contrast) -> None:
    assert effect.baseline.identical(bl.simulate(CALM, replicates=20, seed=1))
    assert effect.alternative.identical(bl.simulate(KOREA, replicates=20, seed=1))


def test_it_says_in_a_line_what_it_is(effect: Contrast) -> None:
    assert repr(effect) == (
        "<Contrast of 'telegram-korea-2024' and 'telegram-korea-2024': 20 pairs, seed 1; "
        "see measures(), ledger() and explain()>"
    )


def test_with_ranges_its_runs_are_those_of_simulate_as_well() -> None:
    drawn = contrast(CALM, KOREA, replicates=3, seed=1, parameters="ranges")
    assert drawn.baseline.identical(bl.simulate(CALM, replicates=3, seed=1, parameters="ranges"))
    assert drawn.alternative.identical(bl.simulate(KOREA, replicates=3, seed=1, parameters="ranges"))


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_the_result_does_not_depend_on_the_executor(effect: Contrast, pool) -> None:
    with pool(2) as executor:
        assert contrast(CALM, KOREA, replicates=20, seed=1, executor=executor).identical(effect)


def test_both_engines_give_the_same_contrast() -> None:
    few = {"population.actors": 200}
    worlds = CALM.with_(few), KOREA.with_(few)
    one, two = (contrast(*worlds, replicates=2, seed=1, engine=e) for e in ("arrays", "objects"))
    assert (one.pairs[0] == two.pairs[0]).all().to_array().all()


def test_what_a_store_holds_is_not_run_again(effect: Contrast, tmp_path) -> None:
    contrast(CALM, KOREA, replicates=12, seed=1, store=tmp_path)
    held = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert contrast(CALM, KOREA, replicates=20, seed=1, store=tmp_path).identical(effect)
    assert all(path.stat().st_mtime_ns == when for path, when in held.items())


def test_one_of_several_alternatives_is_chosen_by_name(effect: Contrast) -> None:
    both = contrast(CALM, KOREA, MILD, replicates=20, seed=1)
    assert both.names == ("telegram-korea-2024 (1)", "telegram-korea-2024 (2)")
    assert both.of("telegram-korea-2024 (1)").identical(effect)
    with pytest.raises(EngineError, match=r"2 alternatives.*choose one by \.of\(name\)"):
        _ = both.coupling
    with pytest.raises(EngineError, match=r"no alternative 'Korea'; there are 'telegram-korea-2024 .1.'"):
        both.of("Korea")


def test_given_parameters_leave_what_the_alternative_asks_about() -> None:
    given = [{"behaviour.switching_cost": 3.0, "behaviour.peer_influence": 1.5}] * 2
    asked = contrast(KOREA, MILD, replicates=2, parameters=given)
    costs = [
        runs.data["parameters"].sel(parameter=runs.data.parameter == "behaviour.switching_cost").size
        for runs in (asked.baseline, asked.alternative)
    ]
    assert costs == [2, 0]
    assert (asked.alternative.data["parameters"].sel(parameter="behaviour.peer_influence") == 1.5).all()


def test_the_alternative_keeps_its_value_where_the_baseline_is_drawn() -> None:
    drawn = contrast(KOREA, MILD, replicates=2, seed=1, parameters="ranges")
    assert "behaviour.switching_cost" in drawn.baseline.data.parameter
    assert "behaviour.switching_cost" not in drawn.alternative.data.parameter


def test_a_ledger_can_be_read_on_a_date(effect: Contrast) -> None:
    third = effect.baseline.data.time.values[3]
    assert effect.ledger(at=third).date == effect.ledger(at=third + np.timedelta64(6, "D")).date
    assert effect.ledger(at=str(third)[:10]).date == str(third)[:10]
    assert effect.ledger(at=date.fromisoformat(str(third)[:10])).date == str(third)[:10]


def test_a_world_that_ends_at_noon_ends_on_one_date_whoever_says_it() -> None:
    scenario = bl.load("minimal").with_({"population.actors": 60, "steps": 61, "step_days": 0.5})
    assert str(scenario.end) == "2024-10-03"
    found = contrast(scenario.without(), scenario, replicates=2, seed=1)
    assert str(found.baseline.data.time.values[-1])[:16] == "2024-10-02T12:00"
    assert found.ledger().date == found.ledger(at="2024-10-03").date == "2024-10-03"
    assert "on 3 Oct 2024 " in found.plot().caption.subtitle
    assert "to 3 Oct 2024:" in found.alternative.plot().caption.alt
    with pytest.raises(DataError, match="need a date from 2024-09-02 to 2024-10-03"):
        found.ledger(at="2024-10-04")


def test_renamed_platforms_can_be_contrasted() -> None:
    calm = bl.load("minimal").with_({"population.actors": 200}).without()
    other = renamed(calm, {"Telegram": "TG"})
    with pytest.raises(ScenarioError, match=r"platforms are 'TG', .*rename="):
        contrast(calm, other, replicates=2)
    same = contrast(calm, other, replicates=2, rename={"TG": "Telegram"})
    assert not same.ledger("Telegram").net.any()


def renamed(scenario: bl.Scenario, names: dict[str, str]) -> bl.Scenario:
    """A scenario without interventions, with other names for its platforms."""
    platforms = [replace(p, name=names.get(p.name, p.name)) for p in scenario.landscape.platforms]
    groups = [
        replace(g, evidence=(), **{t: {names.get(k, k): v for k, v in getattr(g, t).items()} for t in TABLES})
        for g in scenario.groups
    ]
    return scenario.with_(
        landscape=bl.Landscape(platforms=tuple(platforms)),
        population=replace(scenario.population, groups=tuple(groups)),
        squeezed=names.get(scenario.squeezed, scenario.squeezed),
    )


# ---- what it measures and says ---------------------------------------------------------------


def test_measures_agree_with_the_ledger(effect: Contrast) -> None:
    found = effect.measures("Telegram").set_index("measure")
    ledger = effect.ledger("Telegram").to_frame().query("account == 'loss'").set_index(["entry", "place"])
    assert found.loc["gross effect", "median"] == ledger.loc[("loss", "Telegram"), "median"]
    assert (
        found.loc["displacement share", "median"]
        == ledger.loc[("displaced", "other platforms"), "share_median"]
    )
    # The comparison is flat: every actor is in both worlds.
    assert found.loc["net effect", "median"] == pytest.approx(found.loc["gross effect", "median"] / 1_000)
    assert found.loc["WDD", "median"] == -found.loc["total net effect", "median"]


def test_an_actor_who_moves_to_where_he_weighs_half_is_half_displaced(effect: Contrast) -> None:
    half = {name: 1.0 if name == "Telegram" else 0.5 for name in KOREA.platforms}
    found = effect.measures("Telegram", harm=half).set_index("measure")
    share = found.loc["displacement share", "median"]
    assert found.loc["weighted displacement, harm", "median"] == pytest.approx(share / 2)


def test_where_the_target_does_not_shrink_measures_say_why_they_have_no_meaning() -> None:
    nothing = contrast(CALM, CALM, replicates=2, seed=1).measures("Telegram").set_index("measure")
    assert np.isnan(nothing.loc["WDQ", "median"])
    assert "did not shrink" in nothing.loc["WDQ", "why_not"]


def test_out_of_sight_is_who_is_where_less_than_half_is_answered(effect: Contrast) -> None:
    found = effect.measures("Telegram").set_index("measure")
    assert (
        found.loc["out of sight, baseline", "median"] > 0.7 > found.loc["out of sight, alternative", "median"]
    )


def test_the_explanation_gives_numbers_intervals_runs_and_assumptions(effect: Contrast) -> None:
    said = effect.explain()
    middle, high = np.quantile(effect.ledger().net[:, 0, 0] / 1_000, (0.5, 0.95))
    assert f"Telegram loses {100 * middle:.0f}% of all actors" in said
    assert f"{100 * high:.0f}%)" in said
    assert "20 pairs of runs, seed 1; parameters were held at the scenario's values" in said
    assert "parameters with evidence are assumptions: " in said
    assert "switching cost" in said
    assert said.endswith(" numbers set by the user or left at the library's default, no source stated.")


def test_numbers_without_a_source_are_counted_beside_the_assumptions() -> None:
    scenario = bl.load("minimal").with_({"population.actors": 100})
    every = scenario.evidence()
    stated = int((every.source != "not stated").sum())
    said = contrast(scenario.without(), scenario, replicates=2).explain()
    assumed = int((every.source == "assumption").sum())
    assert f"{assumed} of {stated} parameters with evidence are assumptions: " in said
    assert f"Beside them: {len(every) - stated} numbers set by the user or left at" in said


def test_shares_of_the_loss_are_the_same_in_paragraph_table_and_figure_and_add_up(effect: Contrast) -> None:
    ledger = effect.ledger("Telegram")
    rows = {row.entry: row for row in reversed(ledger.rows) if row.account == "loss"}
    entries = ("displaced", "deterred", "incapacitated", "refilled")
    assert sum(rows[entry].share for entry in entries) == pytest.approx(1)
    bars = {bar.kind: bar for bar in ledger_bars(ledger, names=bar_names(ledger), looks=bar_looks(ledger))}
    said, table = effect.explain("Telegram"), str(ledger)
    for entry in entries[:3]:
        share = rows[entry].share
        assert bars["sum" if entry == "displaced" else entry].share == pytest.approx(share)
        assert f" {percent(share)} (" in said
        assert f"{100 * share:.1f}" in table
        assert share != rows[entry].share_median


def test_the_explanation_hedges_where_the_range_holds_zero() -> None:
    hardly = CALM.with_({"platforms.Viber.asc": CALM.landscape.platforms[2].asc + 0.01})
    said = contrast(CALM, hardly, replicates=10, seed=1).explain("Telegram")
    assert "no clear effect on Telegram" in said
    assert "holds zero" in said


def test_the_explanation_of_no_difference_says_so() -> None:
    said = contrast(CALM, CALM, replicates=2).explain()
    assert "exactly as many actors in both worlds" in said
    assert "Nothing else differs either: on every date up to then every actor is in the same place." in said
    assert "rrests by then" not in said
    assert "arrests among" not in said


def test_where_both_worlds_close_the_platform_the_explanation_says_who_is_arrested_and_elsewhere() -> None:
    small = bl.load("minimal").with_({"population.actors": 200})
    closed = [
        replace(small, interventions=(Takedown(platform="Telegram", start=date(2024, 10, 7), **how),))
        for how in ({}, {"seizure": 0.02, "seizure_weeks": 26})
    ]
    effect = contrast(*closed, replicates=8, seed=1)
    ours, theirs = (
        runs.data.arrests.sum(("time", "platform")) for runs in (effect.baseline, effect.alternative)
    )
    low, middle, high = np.quantile(theirs - ours, (0.05, 0.5, 0.95))
    said = effect.explain()
    assert "exactly as many actors in both worlds, run by run (0.0% of all)" in said
    assert f"there are {middle:.0f} more arrests among 200 actors (90% range {low:.0f} to {high:.0f})" in said
    assert "Elsewhere, in points of all actors: arrested and not replaced +" in said
    assert "Of actors who were never on Telegram, every other place has as many in both worlds." in said
    assert (
        f", but there are {middle:.0f} more arrests ({low:.0f} to {high:.0f})" in effect.plot().caption.title
    )
    before = effect.explain(at="2024-10-01")
    assert "Nothing else differs either" in before


def test_arrests_are_told_beside_those_who_are_arrested_and_not_replaced(effect: Contrast) -> None:
    ours, theirs = (
        runs.data.arrests.sum(("time", "platform")) for runs in (effect.baseline, effect.alternative)
    )
    said = effect.explain()
    assert "is incapacitated (arrested and not replaced)" in said
    assert f"there are {float((theirs - ours).median()):.0f} more arrests among 1,000 actors" in said
    assert f"{float(ours.median()):.0f} without the difference" in said


@pytest.mark.parametrize(
    ("deterred", "said"),
    [
        ([3, 4, 5, 6, 7], "5.0% (3.2 to 6.8%) is deterred (dormant)"),
        ([0, 0, 0], "nobody is deterred (dormant)"),
        (
            [-3, -4, -5, -6, -7],
            "more are on A who would be dormant than the other way round, by 5.0% of the loss (3.2",
        ),
        (
            [-6, -2, 2, 6, 10],
            "whether anybody is deterred (dormant) on balance is not clear: 2.0% (-5.2 to 9.2%)",
        ),
        (
            [-10, -6, -2, 2, 6],
            "whether anybody is deterred (dormant) on balance is not clear: -2.0% (-9.2 to 5.2%)",
        ),
        ([4, 5, 6], "(in brackets: all 3 pairs), 95% (94 to 96%) reappears"),
    ],
)
def test_a_part_of_the_loss_is_said_by_its_sign(deterred: list[int], said: str) -> None:
    """Of 100 who are lost in each run; a range leaves out a twentieth at either end, but of few runs none."""
    assert said in parts(lost(deterred, displaced=[100 - number for number in deterred]))


def test_where_there_is_one_platform_only_nobody_is_said_to_reappear_on_others() -> None:
    alone = Scenario(
        name="one",
        start=date(2024, 1, 1),
        steps=30,
        landscape=bl.Landscape(platforms=(bl.Platform(name="A", requests=0.05),)),
        population=bl.Population(actors=200, groups=(bl.Group(name="all", start={"A": 1.0}),)),
        behaviour=bl.Behaviour(arrests_per_answer=3.0),
        interventions=(bl.Cooperation(platform="A", start=date(2024, 1, 8), value=0.95),),
    )
    said = contrast(alone.without("A"), alone, replicates=20, seed=1).explain()
    assert "A loses" in said
    assert "is deterred (dormant)" in said
    assert "other platforms" not in said


def test_more_who_reappear_than_are_lost_are_explained() -> None:
    """Of 100 who are lost 105 reappear; 5 are on A who would be dormant."""
    said = parts(lost([-5] * 3, displaced=[105] * 3))
    assert "105% (105 to 105%) reappears on other platforms" in said
    assert (
        "most on B (first in 100% of the runs), more than are lost in all, since others are on A instead"
        in said
    )
    assert "-" not in said


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([(60, 40, 0)] * 6, ", most on B (first in 100% of the runs)"),
        ([(48, 40, 12)] * 6, ", the largest part on B (48% of these; first in 100% of the runs)"),
        ([(49, 49, 2), (50, 48, 2), (48, 50, 2)] * 2, ", the largest parts on B and C (49% of these each)"),
        (
            [(90, 10, 0)] * 3 + [(45, 55, 0)] * 3,
            ", the largest part on B (68% of these; first in 50% of the runs)",
        ),
    ],
)
def test_most_is_more_than_half_and_first_in_most_runs(gains: list[tuple[int, ...]], said: str) -> None:
    """Of 100 who reappear in each run, by platform."""
    net = np.zeros((len(gains), 1, 4), dtype=int)
    net[:, 0, 0], net[:, 0, 1:] = 100, gains
    entries = [Entry("loss", "loss", "A", "total")]
    entries += [Entry("loss", "displaced", place, "part") for place in "BCD"]
    assert largest(SimpleNamespace(net=net, entries=entries)) == said


def test_few_pairs_are_said_to_be_few() -> None:
    """The bound is that of the figures; of two pairs the range is given as that of both."""
    small = bl.load("minimal").with_({"population.actors": 200})
    effects = {
        pairs: contrast(small.without("Telegram"), small, replicates=pairs, seed=1) for pairs in (2, 8, 20)
    }
    two, eight, twenty = (effect.explain() for effect in effects.values())
    low, high = (effects[2].ledger().net[:, 0, 0] / 200).min(), (effects[2].ledger().net[:, 0, 0] / 200).max()
    assert f"(range of all 2 pairs {100 * low:.0f} to {100 * high:.0f}%)" in two
    assert "So few as 2 pairs may agree by chance." in two
    assert "90%" not in two.partition("Fewer than 20 runs")[0]
    assert effects[2].plot().caption.title.startswith("In 2 pairs of runs, the interventions cost")
    for said in (two, eight):
        assert "Fewer than 20 runs: the 90% range is rough. What looks clear may be luck." in said
    assert "90% range" in eight
    assert "may agree by chance" not in eight
    assert "rough" not in twenty


def test_roles_are_said_to_be_where_their_new_holder_is() -> None:
    """Of 100 who are lost, the roles of 80 are another's, who is dormant; of 6, one's on B; 4 are vacant."""
    said = parts(lost([0] * 3, displaced=[10] * 3, refilled={1: 6, 2: 80, 3: 4}))
    ledger = lost([0] * 3, displaced=[10] * 3, refilled={1: 6, 2: 80, 3: 4})
    assert "of these actors, in the mean, 80.0 dormant and 4.0 removed, on no platform" in str(
        ledger
    ).replace("\n", " ")
    assert (
        "90% (90 to 90%) are roles that passed to another person: 6.0% on other platforms, 80% dormant, "
        "4.0% arrested as well." in said
    )
    said = parts(lost([0] * 3, displaced=[10] * 3, refilled={1: 90}))
    assert "90% (90 to 90%) are roles that passed to another person, who is on another platform." in said


def lost(
    deterred: list[int], *, displaced: list[int], refilled: Mapping[int, int] = MappingProxyType({})
) -> Ledger:
    """Of 1,000 on A so many are on B or dormant in the alternative; below 0: so many come from there.

    Beside them roles passed to another person, by the place where that one is.
    """
    same = np.zeros((len(deterred), 1, 1, 4, 4), dtype=int)
    for place, numbers in ((1, displaced), (2, deterred)):
        same[:, 0, 0, 0, place] = np.maximum(numbers, 0)
        same[:, 0, 0, place, 0] = np.maximum(-np.array(numbers), 0)
    roles = np.zeros_like(same)
    for place, number in refilled.items():
        roles[:, 0, 0, 0, place] = number
    two = ("replicate", "time", "group", "place_baseline", "place_alternative")
    one = ("replicate", "time", "group", "platform", "place")
    pairs = xr.Dataset(
        {"same": (two, same), "refilled": (two, roles), "bystanders": (one, 0 * same[:, :, :, :2])},
        {"group": ["all"], "platform": ["A", "B"], "place": ["A", "B", "dormant", "removed"]},
    )
    return Ledger.of(pairs.assign_coords(time=[0], replicate=range(len(deterred))), platform="A")


def test_an_alternative_that_differs_by_an_outreach_alone_is_named_by_it() -> None:
    chase = Outreach(start=CALM.start, threshold=0.9, value=0.5)
    chased, sooner = (replace(CALM, interventions=(one,)) for one in (chase, replace(chase, threshold=0.8)))
    said = contrast(CALM, chased, replicates=2).explain()
    assert said.startswith("The same actors with the same luck, with and without outreach on all platforms:")
    said = contrast(chased, sooner, replicates=2).explain()
    assert (
        "which differ by threshold of outreach on all platforms "
        "(0.9 in the baseline, 0.8 in the alternative):" in said
    )


def test_whatever_differs_beside_interventions_is_named_with_both_values() -> None:
    other = MINIMAL.without("Telegram").with_({"behaviour.switching_cost": 1.0})
    effect = contrast(other, MINIMAL, replicates=2)
    assert (
        "The worlds differ by behaviour.switching_cost (1 in the baseline, 5 in the "
        "alternative)." in " ".join(effect.plot().caption.notes)
    )
    said = effect.explain()
    assert "with and without" not in said
    assert said.startswith(
        "The same actors with the same luck in the alternative and in the baseline, which differ by "
        "cooperation on Telegram (in the alternative only) and behaviour.switching_cost (1 in the baseline, "
        "5 in the alternative):"
    )


def test_worlds_whose_platforms_are_renamed_are_compared_under_the_names_of_the_baseline() -> None:
    group = replace(MINIMAL.groups[0], evidence=())
    plain = replace(MINIMAL, population=replace(MINIMAL.population, groups=(group,)))
    own = tuple(replace(one, platform="TG") for one in plain.interventions)
    other = replace(renamed(plain.without(), {"Telegram": "TG"}), interventions=own)
    assert Differing.of(other, plain) == ((), (), (), False)
    weak = plain.with_({f"{SQUEEZE}.value": 0.5})
    effect = contrast(other, weak, replicates=2, rename={"Telegram": "TG"})
    assert effect.explain("TG").startswith(
        "The same actors with the same luck in the alternative and in the baseline, which differ by "
        "value of cooperation on Telegram (0.95 in the baseline, 0.5 in the alternative):"
    )
    assert effect.plot(platform="TG").caption.title


def test_of_many_values_that_differ_three_are_named_and_the_others_counted() -> None:
    values = {f"platforms.{name}.asc": 0.5 for name in MINIMAL.platforms}
    other = MINIMAL.with_(values | {"behaviour.switching_cost": 1.0, "behaviour.revision_rate": 0.1})
    found = Differing.of(MINIMAL, other)
    assert not found.causal
    assert sorted(one.what for one in found.changed) == sorted(
        [*values, "behaviour.switching_cost", "behaviour.revision_rate"]
    )
    assert f" and {len(found.changed) - 3} more:" in contrast(MINIMAL, other, replicates=2).explain()


def test_two_of_the_same_world_differ_by_one_that_only_one_of_them_has_and_by_nothing_else() -> None:
    assert Differing.of(MINIMAL.without("Telegram"), MINIMAL).causal
    assert not Differing.of(MINIMAL, MINIMAL.without("Telegram")).causal
    assert not Differing.of(MINIMAL, MINIMAL).causal
    weak = MINIMAL.with_({SQUEEZE + ".value": 0.5})
    more = replace(MINIMAL, interventions=(*MINIMAL.interventions, Takedown(platform="Signal", start=LATE)))
    found = Differing.of(weak, more)
    assert [one.platform for one in found.added] == ["Signal"]
    assert [str(one) for one in found.changed] == [
        "value of cooperation on Telegram (0.5 in the baseline, 0.95 in the alternative)"
    ]
    assert not found.causal
    assert not same_world(more, weak)


def test_where_what_is_launched_is_open_from_the_start_in_the_baseline_that_is_said() -> None:
    launched = launch()
    effect = contrast(launched.without("Viber"), launched, replicates=2)
    open_ = "in the baseline Viber is open from the start"
    assert f"with and without 1 intervention on Viber ({open_}):" in effect.explain("Viber")
    assert "In the baseline Viber is open from the start." in " ".join(
        effect.plot(platform="Viber").caption.notes
    )
    assert open_ in question(effect, "Viber")[1]
    assert "open from the start" not in contrast(launched, launched, replicates=2).explain("Viber")


def launch() -> Scenario:
    """Nobody begins on Viber, which is there from a date on."""
    group = replace(MINIMAL.groups[0], start={"Telegram": 0.9, "Signal": 0.1}, evidence=())
    return replace(
        MINIMAL,
        population=replace(MINIMAL.population, groups=(group,)),
        interventions=(Launch(platform="Viber", start=date(2024, 9, 23)),),
    )


def test_the_explanation_says_what_drawn_parameters_add() -> None:
    drawn = contrast(CALM, KOREA, replicates=4, seed=1, parameters="ranges")
    assert "drawn from their ranges, so the ranges show luck and what is not known" in drawn.explain()


@pytest.mark.parametrize("drawn", ["ranges", [{f"{SQUEEZE}.value": 0.91}, {f"{SQUEEZE}.value": 0.99}]])
def test_what_only_the_intervention_draws_is_shared_as_in_the_contrast(drawn: object) -> None:
    known = replace(
        MINIMAL.landscape,
        platforms=tuple(replace(p, evidence=()) for p in MINIMAL.landscape.platforms),
    )
    scenario = MINIMAL.with_({"landscape": known})
    assert list(scenario.ranges()) == [f"{SQUEEZE}.value"]
    found = contrast(scenario.without("Telegram"), scenario, replicates=2, seed=1, parameters=drawn)
    shared = found.attribute()
    change = (found.alternative.data.actors - found.baseline.data.actors).isel(time=-1)
    assert shared.parts.isel(intervention=0).values.tolist() == change.values.tolist()


# ---- how many replicates ---------------------------------------------------------------------


def test_replicates_are_added_until_the_interval_is_narrow(effect: Contrast) -> None:
    wish = precision("displaced", platform="Telegram", half_width=0.004)
    found = contrast(CALM, KOREA, replicates=10, seed=1, until=wish)
    assert found.reached.enough
    assert found.reached.half_width <= 0.004
    assert found.reached.replicates == found.baseline.data.sizes["replicate"] > 10
    # The replicates are those that one call would have given.
    direct = contrast(CALM, KOREA, replicates=found.reached.replicates, seed=1)
    assert found.identical(direct)


def test_a_wish_that_takes_too_many_replicates_says_so() -> None:
    wish = precision("loss", platform="Telegram", half_width=1e-6, max_replicates=12)
    found = contrast(CALM, KOREA, replicates=8, seed=1, until=wish)
    assert (found.reached.enough, found.reached.replicates) == (False, 12)
    assert "wider than the 1e-06 that was asked for" in str(found.reached)


def test_a_wish_that_looks_met_by_a_dozen_pairs_is_not() -> None:
    wish = precision("loss", platform="Telegram", half_width=0.5, max_replicates=12)
    few = contrast(CALM, KOREA, replicates=2, seed=1, until=wish).reached
    assert (few.enough, few.replicates) == (False, 12)
    assert "after 12 replicates, too few to know how narrow that is: need 30; independent" in str(few)
    wish = replace(wish, max_replicates=500)
    assert contrast(CALM, KOREA, replicates=2, seed=1, until=wish).reached.replicates == 30


def test_pairs_that_never_differ_show_how_rare_others_are_and_no_interval_of_nothing() -> None:
    wish = precision("loss", platform="Telegram", half_width=0.05, max_replicates=200)
    same = contrast(MINIMAL, MINIMAL, replicates=2, seed=1, until=wish).reached
    # 1 - .05**(1 / n) is .065 for 45 pairs and .044 for 67, the batch after it.
    assert (same.alike, same.enough, same.replicates, same.mean) == (True, True, 67, 0.0)
    assert str(same) == (
        "loss of Telegram: 0.0000 +- 0.0437 of all actors after 67 replicates; none differs from another: "
        "fewer than 4.4% would, with 95 % confidence"
    )


def test_half_a_ninety_percent_interval_of_a_mean() -> None:
    # Standard deviation 2, four values: standard errors of 1, of which Student's t has 2.353.
    assert half_width([-np.sqrt(3.0), -np.sqrt(3.0), np.sqrt(3.0), np.sqrt(3.0)]) == pytest.approx(2.3533634)


def test_pairs_that_differ_by_the_same_need_no_more_than_one() -> None:
    assert saved_by_pairing([1.0, 2.0], [3.0, 4.0]) == np.inf
    assert np.isnan(saved_by_pairing([1.0, 1.0], [1.0, 1.0]))


# ---- what it refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"population.actors": 999}, r"has 999 actors, the baseline 1000; make them equal"),
        ({"steps": 60}, r"steps is 60, the baseline's 79; make them equal"),
        ({"start": KOREA.start + timedelta(days=7)}, r"start is 2024-07-08, the baseline's 2024-07-01"),
        ({"contacts.degree": 4.0}, r"contacts differ from the baseline's: other people"),
        ({"groups.drugs.risk_aversion": 9.0}, r"groups\.drugs\.risk_aversion is 9.0, the baseline's"),
    ],
)
def test_worlds_of_other_actors_are_refused_with_what_differs(changed: dict, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        contrast(CALM, KOREA.with_(changed), replicates=2)


def test_all_that_differs_is_said_at_once() -> None:
    other = KOREA.with_({"population.actors": 999, "contacts.degree": 4.0})
    with pytest.raises(ScenarioError, match=r"(?s)999 actors.*contacts differ"):
        contrast(CALM, KOREA, other, replicates=2)


def test_another_exposure_is_another_pressure_on_the_same_actors() -> None:
    exposed = CALM.with_({"groups.drugs.exposure": 3.0})
    assert contrast(CALM, exposed, replicates=2, seed=1).ledger().net[:, 0, 0].sum() > 0


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"replicates": 0}, "replicates is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"engine": "fast"}, "engine 'fast': there is no such engine"),
        ({"parameters": "all"}, "parameters is 'all'; need None, 'ranges' or a mapping"),
        ({"parameters": [{}], "replicates": 2}, "1 mappings of parameters for 2 replicates"),
    ],
)
def test_what_no_engine_can_run_is_refused(how: dict, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        contrast(CALM, KOREA, **how)


def test_a_parameter_that_no_scenario_has_is_refused_with_the_nearest() -> None:
    given = [{"behaviour.switching_costs": 1.0}] * 2
    with pytest.raises(ScenarioError, match=r"no parameter at 'behaviour\.switching_costs'; did you mean"):
        contrast(CALM, KOREA, replicates=2, parameters=given)


def test_a_baseline_alone_is_refused() -> None:
    with pytest.raises(EngineError, match="there is no alternative; pass one or more"):
        contrast(CALM, replicates=2)


def test_an_interval_of_one_replicate_is_refused() -> None:
    alone = contrast(CALM, KOREA, replicates=1)
    with pytest.raises(EngineError, match="one replicate gives no 90 % range"):
        alone.ledger().to_frame()
    with pytest.raises(EngineError, match=r"effect: one replicate gives no 90 % range; .*replicates=2"):
        alone.measures()
    with pytest.raises(EngineError, match="1 replicate gives no 90 % range; ask for replicates=2"):
        alone.explain()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"quantity": "moved"}, "precision of 'moved': there is no such quantity"),
        ({"half_width": 0.0}, r"half_width is 0\.0; need a share of all actors > 0"),
        ({"max_replicates": 1}, "max_replicates is 1; need a whole number from 2"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(wish: dict, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        precision(**{"quantity": "loss", "platform": "Telegram", "half_width": 0.01, **wish})


def test_what_is_not_there_is_refused_by_name(effect: Contrast) -> None:
    with pytest.raises(DataError, match="platform 'Telegrm' is not there; there are 'Telegram'"):
        effect.ledger("Telegrm")
    with pytest.raises(DataError, match="outside the horizon; need a date from 2024-07-01 to 2026-01-05"):
        effect.ledger(at="2031-01-01")
    with pytest.raises(DataError, match="at is 'soon'; need a date"):
        effect.ledger(at="soon")
    with pytest.raises(DataError, match="weights of harm: no weight for 'Signal'"):
        effect.measures(harm={name: 1.0 for name in KOREA.platforms if name != "Signal"})
    with pytest.raises(DataError, match="unknown platform 'Wickr'"):
        effect.measures(harm=dict.fromkeys([*KOREA.platforms, "Wickr"], 1.0))
    for weight in ("a", "1", True, None, -1.0, float("nan")):
        with pytest.raises(DataError, match=rf"weights of harm: 'Signal' has {weight!r}; need a finite"):
            effect.measures(harm=dict.fromkeys(KOREA.platforms, 1.0) | {"Signal": weight})
