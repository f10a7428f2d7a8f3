"""The figure of a contrast: what differs, where the loss went, and words that the numbers bear out."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from figures import texts
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text
from PIL import Image

import balloon as bl
from balloon.errors import DataError, EngineError
from balloon.evidence import Evidence
from balloon.interventions import Cooperation, Intervention, Takedown
from balloon.landscape import Landscape, Platform
from balloon.ledger import Ledger
from balloon.plots import contrast_figure, difference_curves, ledger_waterfall, save_figure, style
from balloon.plots.bars import Bar, bar_looks, bar_names, ledger_bars
from balloon.plots.differences import difference_labels
from balloon.plots.worlds import Worlds, read_worlds
from balloon.population import Group, Population
from balloon.scenario import Scenario

ACTORS = 1000
NAMES = ("Telegram", "Signal", "Viber", "SimpleX")
EVENT = Cooperation(
    platform="Telegram", start=date(2024, 9, 30), value=0.9, label="Telegram cooperates", source="x"
)
STEPS, FIRST = 20, 13  # steps in all; the first at which the worlds differ


@dataclass(frozen=True)
class FakeProvenance:
    balloon: str = "0.1.0"
    versions: str = "{}"
    scenario: str = "{}"
    sha256: str = "3fa9c1d2e4b5a697"
    seed: int = 7
    engine: str = "arrays"
    replicates: int = 1
    parameters: str = "fixed"


def a_scenario(
    names: tuple[str, ...] = NAMES, interventions: tuple[Intervention, ...] = (EVENT,), **more: object
) -> Scenario:
    return Scenario(
        name="made up",
        landscape=Landscape(platforms=tuple(Platform(name=n) for n in names)),
        population=Population(actors=ACTORS, groups=(Group(name="all", start={names[0]: 1.0}),)),
        interventions=interventions,
        start=date(2024, 7, 1),
        steps=STEPS,
        squeezed=names[0],
        reference=date(2024, 9, 23),
        **more,
    )


class FakeContrast(SimpleNamespace):
    """As much of a contrast as its figure reads."""

    @property
    def alternative(self) -> SimpleNamespace:
        return self.alternatives[0]

    @property
    def coupling(self) -> xr.DataArray:
        return (self.pairs[0]["same"] + self.pairs[0]["refilled"]).sum("group")

    def ledger(self, platform: str | None = None, **how: object) -> Ledger:
        return Ledger.of(self.pairs[0], platform=platform or self.scenarios[1].squeezed, **how)


Moves = dict[tuple[str, str], list[int]]


def fake(
    moves: Moves,
    *,
    refilled: Moves | None = None,
    never: dict[str, list[int]] | None = None,
    worlds: tuple[Scenario, Scenario] | None = None,
    parameters: str = "fixed",
    asked: int | None = None,
    arrests: list[int] | None = None,
) -> FakeContrast:
    """Pairs of runs of 1,000 actors, one per entry of each list.

    In the baseline 700 are on the first platform, 100 each are dormant and removed, the others share
    the rest. ``moves`` says how many of those at a place in the baseline are at another one in the
    alternative at the end; it grows from nothing between the first date that differs and the end.
    ``arrests`` are those that the alternative has more than the baseline.
    """
    scenario = a_scenario()
    baseline, alternative = worlds or (scenario.without(), scenario)
    names = baseline.platforms
    places = [*names, "dormant", "removed"]
    runs = len(next(iter((moves or refilled or never or {"": [0] * 40}).values())))
    others = np.full(len(names) - 1, 100 // (len(names) - 1))
    others[0] += 100 - others.sum()
    start = np.array([700, *others, 100, 100])
    shape = (runs, STEPS + 1, 1, len(places), len(places))
    counts = {name: np.zeros(shape, np.int64) for name in ("same", "refilled")}
    counts["same"][:] = np.diag(start)
    for name, given in (("same", moves), ("refilled", refilled or {})):
        for (origin, place), numbers in given.items():
            i, j = places.index(origin), places.index(place)
            for t in range(FIRST, STEPS + 1):
                gone = np.round(np.array(numbers) * (t - FIRST + 1) / (STEPS - FIRST + 1)).astype(int)
                counts[name][:, t, 0, i, j] += gone
                counts["same"][:, t, 0, i, i] -= gone
    bystanders = np.zeros((runs, STEPS + 1, 1, len(names), len(places)), np.int64)
    for place, numbers in (never or {}).items():
        bystanders[:, -1, 0, 0, places.index(place)] = numbers
    two = ("replicate", "time", "group", "place_baseline", "place_alternative")
    time = np.array([np.datetime64(baseline.date_of(t)) for t in range(STEPS + 1)], "datetime64[ns]")
    pairs = xr.Dataset(
        {
            "same": (two, counts["same"]),
            "refilled": (two, counts["refilled"]),
            "bystanders": (("replicate", "time", "group", "platform", "place"), bystanders),
        },
        {
            "time": time,
            "replicate": np.arange(runs),
            "group": ["all"],
            "platform": list(names),
            "place": places,
            "place_baseline": places,
            "place_alternative": places,
        },
    )
    both = counts["same"] + counts["refilled"]
    made = FakeProvenance(replicates=asked or runs, parameters=parameters)
    caught = np.zeros((2, runs, STEPS + 1, len(names)), np.int64)
    caught[:, :, 1, 0] = 10
    if arrests is not None:
        caught[1, :, -1, 0] = arrests
    ours, theirs = (
        SimpleNamespace(
            data=xr.Dataset(
                {
                    "actors": (("replicate", "time", "place"), both.sum(axis=(2, axis))),
                    "joint": (("replicate", "time", "origin", "destination"), both[:, :, 0]),
                    "arrests": (("replicate", "time", "platform"), caught[4 - axis]),
                },
                {"time": time, "replicate": np.arange(runs), "place": places},
            ),
            provenance=made,
        )
        for axis in (4, 3)
    )
    return FakeContrast(
        scenarios=(baseline, alternative), baseline=ours, alternatives=(theirs,), pairs=(pairs,)
    )


def around(middle: int, width: int = 10, runs: int = 40) -> list[int]:
    return [middle + round(x) for x in np.linspace(-width, width, runs)]


OUT = {
    ("Telegram", "Signal"): around(120),
    ("Telegram", "Viber"): around(40),
    ("Telegram", "dormant"): around(50),
    ("Telegram", "removed"): around(30),
}


def displaced() -> FakeContrast:
    return fake(OUT, refilled={("Telegram", "SimpleX"): around(20, 5)}, never={"Signal": around(-4, 2)})


def worlds_of(effect: FakeContrast, platform: str | None = None) -> Worlds:
    with style.look():
        return read_worlds(effect, platform)


def title(effect: FakeContrast) -> str:
    return worlds_of(effect).title


def bars_of(ledger: Ledger) -> tuple[Bar, ...]:
    with style.look():
        return ledger_bars(ledger, names=bar_names(ledger), looks=bar_looks(ledger))


# ---- the title follows from the ledger ---------------------------------------------------------


def test_actors_who_are_elsewhere_for_the_interventions_are_called_displaced() -> None:
    assert (
        title(displaced())
        == "The interventions cost Telegram actors, most of them displaced to other platforms"
    )


def test_actors_who_are_dormant_for_them_are_called_deterred() -> None:
    effect = fake({("Telegram", "dormant"): around(100), ("Telegram", "Signal"): around(20)})
    assert title(effect) == "The interventions cost Telegram actors, most of them deterred: they are dormant"


def test_roles_that_newcomers_take_over_elsewhere_are_not_called_displaced() -> None:
    effect = fake({("Telegram", "Signal"): around(20)}, refilled={("Telegram", "Signal"): around(90)})
    assert title(effect) == (
        "The interventions cost Telegram actors, most of them replaced by newcomers, "
        "mostly on other platforms"
    )


def test_newcomers_who_are_dormant_are_not_said_to_be_on_other_platforms() -> None:
    """Of 120 lost 20 go to Signal; of 100 who were replaced the newcomers of 90 are dormant."""
    roles = {("Telegram", "dormant"): around(90), ("Telegram", "Signal"): around(8)}
    effect = fake(
        {("Telegram", "Signal"): around(20)}, refilled=roles | {("Telegram", "removed"): around(2, 0)}
    )
    assert (
        title(effect)
        == "The interventions cost Telegram actors, most of them replaced by newcomers, mostly dormant"
    )
    bars = bars_of(effect.ledger("Telegram"))
    assert [bar.name for bar in bars[-3:]] == [
        "roles refilled elsewhere",
        "refilled, dormant",
        "refilled, vacant again",
    ]
    assert [bar.size for bar in bars[-3:]] == pytest.approx([8, 90, 2], abs=0.5)
    assert bars[-1].end == pytest.approx(0, abs=1e-9)
    words = contrast_figure(effect).caption.subtitle
    assert "roles filled again on other platforms, 75% roles of newcomers who are dormant" in words


def test_no_order_is_claimed_that_luck_could_reverse() -> None:
    effect = fake({("Telegram", "Signal"): around(60, 30), ("Telegram", "dormant"): around(60, 30)[::-1]})
    assert title(effect) == (
        "The interventions cost Telegram actors: to other platforms and dormancy, none clearly ahead"
    )


def test_those_who_come_back_are_set_off_against_those_who_leave() -> None:
    """100 leave for Signal, 100 who are on Signal without the interventions come: no effect."""
    effect = fake({("Telegram", "Signal"): around(50), ("Signal", "Telegram"): [20] * 40})
    assert worlds_of(effect).parts["displaced"].mean() == pytest.approx(30, abs=0.5)


def test_a_range_that_holds_zero_is_hedged_with_its_ends() -> None:
    flow = np.linspace(-30, 100, 41).round().astype(int)
    effect = fake(
        {
            ("Telegram", "Signal"): np.maximum(flow, 0).tolist(),
            ("dormant", "Telegram"): np.maximum(-flow, 0).tolist(),
        }
    )
    assert title(effect) == (
        "No clear effect on Telegram by the end: the 90% range runs from −9 to +2 points"
    )
    assert "Of the mean loss" not in contrast_figure(effect).caption.subtitle


def test_no_difference_at_all_changes_nothing() -> None:
    figure = contrast_figure(fake({}))
    assert figure.caption.title == (
        "The interventions change nothing: every actor is where it is without them"
    )
    assert "Telegram has 70% (70–70) of all actors on 18 Nov 2024 in both worlds" in figure.caption.subtitle
    scenario = a_scenario()
    assert title(fake({}, worlds=(scenario, scenario))) == (
        "The alternative changes nothing: every actor is where it is in the baseline"
    )


def test_actors_who_change_places_elsewhere_are_not_called_nothing() -> None:
    effect = fake({("Signal", "Viber"): around(10, 2)})
    assert title(effect) == "The interventions change nothing on Telegram, but they do elsewhere"
    other = (a_scenario(), a_scenario(interventions=(replace(EVENT, value=0.8),)))
    effect = fake({("Signal", "Viber"): around(10, 2)}, worlds=other)
    assert title(effect) == "The baseline is no different for Telegram, but it is elsewhere"
    swapped = fake({("Telegram", "Signal"): [10] * 40, ("Signal", "Telegram"): [10] * 40})
    assert title(swapped) == "The interventions change nothing on Telegram"


def test_the_same_places_with_other_persons_in_them_are_not_called_nothing_at_all() -> None:
    assert "change nothing on Telegram" in title(fake({}, refilled={("Signal", "Signal"): [1] * 40}))


def test_where_the_platform_is_no_different_the_title_says_how_many_arrests_are_caused() -> None:
    other = (a_scenario(), a_scenario(interventions=(replace(EVENT, value=0.8),)))
    gone = {("dormant", "removed"): [30] * 40}
    effect = fake(gone, arrests=around(324, 10), worlds=other)
    assert (
        title(effect)
        == "The baseline is no different for Telegram, but there are 324 more arrests (315 to 333)"
    )
    assert contrast_figure(effect).caption.subtitle.endswith("Arrests, replaced or not: +324 (315 to 333).")
    fewer = fake(gone, arrests=around(-1, 0))
    assert (
        title(fewer) == "The interventions change nothing on Telegram, but there is 1 fewer arrest (1 to 1)"
    )
    unclear = fake(gone, arrests=around(0, 10))
    assert title(unclear) == "The interventions change nothing on Telegram, but they do elsewhere"
    assert contrast_figure(unclear).caption.subtitle.endswith("Arrests, replaced or not: 0 (−9 to 9).")


def test_where_the_platform_loses_actors_the_subtitle_gives_the_arrests() -> None:
    effect = fake(OUT, arrests=around(45, 5))
    assert "arrests" not in title(effect)
    words = contrast_figure(effect).caption.subtitle
    assert words.endswith("12% arrested and not replaced. Arrests, replaced or not: +45 (41 to 49).")


def test_a_gain_is_called_a_gain() -> None:
    effect = fake({("Signal", "Telegram"): around(25, 5), ("dormant", "Telegram"): around(15, 5)})
    assert title(effect) == "Telegram ends larger with the interventions than without"


def test_another_world_is_not_called_an_effect_of_interventions() -> None:
    scenario = a_scenario()
    other = scenario.with_({"behaviour.switching_cost": 9.0})
    effect = fake(OUT, worlds=(scenario, other))
    figure = contrast_figure(effect)
    assert (
        figure.caption.title == "Against the baseline Telegram loses actors, most of them to other platforms"
    )
    assert "in the alternative, 70% (70–70) in the baseline" in figure.caption.subtitle
    assert "interventions" not in " ".join(t.get_text() for t in drawn(figure))


def test_one_pair_of_runs_says_that_it_is_one() -> None:
    effect = fake({("Telegram", "Signal"): [120], ("Telegram", "dormant"): [30]})
    figure = contrast_figure(effect)
    assert figure.caption.title.startswith("In a single run, the interventions cost Telegram actors")
    assert figure.caption.notes[0].startswith("1 pair of runs with the same luck: no interval can be given")
    curves, falls, _ = figure.axes
    assert not curves.collections  # no ribbons
    assert not [line for line in falls.lines if line.get_marker() == "|"]  # no whiskers
    said = [t.get_text() for t in drawn(figure)]
    assert "one run" in said
    assert "90% range" not in said
    assert not any(one.bracket for one in difference_labels(worlds_of(effect)))


def test_the_subtitle_gives_levels_effect_and_parts_of_the_mean_loss() -> None:
    """700 less 120 + 40 + 50 + 30 + 20 are 440; of the 260: 160, 50, 30, 20 are 62, 19, 12, 8 %."""
    words = contrast_figure(displaced()).caption.subtitle
    assert (
        "Telegram has 44% (40–48) of all actors with the interventions, 70% (70–70) without them: " in words
    )
    assert words.endswith(
        "−26 (−30 to −22) points. Of the mean loss: 62% on other platforms, 19% dormant, 12% arrested "
        "and not replaced, 8% roles filled again on other platforms."
    )


# ---- difference curves -------------------------------------------------------------------------


def test_lines_are_medians_of_alternative_minus_baseline() -> None:
    effect, ax = displaced(), Figure().add_subplot()
    assert difference_curves(effect, ax=ax) is ax
    ours, theirs = (runs.data.actors.values / ACTORS for runs in (effect.baseline, effect.alternative))
    medians = np.median(theirs - ours, axis=0)
    lines = [line.get_ydata() for line in ax.lines]
    for k in range(len(NAMES) + 2):
        assert any(len(y) == STEPS + 1 and np.allclose(y, medians[:, k]) for y in lines)
    assert len(ax.collections) == 2 * (len(NAMES) + 2)  # two ribbons each
    assert any(list(y) == [0.0, 0.0] for y in lines)  # zero


def test_labels_name_the_end_in_points_with_its_range() -> None:
    labels = difference_labels(worlds_of(displaced()))
    assert [one.name for one in labels] == [*NAMES, "dormant", "removed (arrested)"]
    assert [one.value for one in labels] == ["−26", "+12", "+4", "+2", "+5", "+3"]
    assert labels[0].bracket == "(−30 to −22)"


def test_zero_is_among_the_ticks_and_signs_are_written() -> None:
    ax = Figure().add_subplot()
    difference_curves(displaced(), ax=ax)
    ticks = [t.get_text() for t in ax.get_yticklabels()]
    assert "0" in ticks
    assert all(t == "0" or t[0] in "+−" for t in ticks)


def test_only_interventions_in_which_the_worlds_differ_are_marked() -> None:
    both = Takedown(platform="Viber", start=date(2024, 8, 5), label="Viber closed", source="x")
    mine = Takedown(platform="SimpleX", start=date(2024, 8, 12), label="SimpleX closed", source="x")
    worlds = a_scenario(interventions=(both, mine)), a_scenario(interventions=(both, EVENT))
    events = worlds_of(fake(OUT, worlds=worlds)).events
    assert [one.label for one in events] == ["baseline only: SimpleX closed", "Telegram cooperates"]
    alt = contrast_figure(fake(OUT, worlds=worlds)).caption.alt
    assert "12 Aug 2024, in the baseline only: SimpleX closed; 30 Sep 2024, Telegram cooperates" in alt


def test_an_intervention_of_both_worlds_is_marked_once_with_what_differs() -> None:
    raid = Takedown(
        platform="Viber",
        start=date(2024, 8, 5),
        label="Viber seized",
        seizure=0.01,
        seizure_weeks=4,
        source="x",
    )
    more = replace(raid, seizure=0.02, until=date(2024, 9, 2))
    worlds = a_scenario(interventions=(raid,)), a_scenario(interventions=(more,))
    (event,) = worlds_of(fake(OUT, worlds=worlds)).events
    assert event.words == "Viber seized: until 2 Sep 2024, baseline for good; seizure 0.02, baseline 0.01"
    bare = [replace(one, label="", groups=g) for one, g in ((raid, ()), (raid, ("all",)))]
    worlds = tuple(a_scenario(interventions=(one,)) for one in bare)
    assert [one.words for one in worlds_of(fake(OUT, worlds=worlds)).events] == [
        "takedown: Viber: groups all, baseline everybody"
    ]


def test_interventions_that_differ_in_words_and_sources_only_are_not_marked() -> None:
    evidence = (Evidence(field="value", low=0.1, high=1.0),)
    other = replace(EVENT, label="Telegram answers", source="", evidence=evidence)
    worlds = a_scenario(interventions=(EVENT,)), a_scenario(interventions=(other,))
    assert worlds_of(fake(OUT, worlds=worlds)).events == ()


def test_flows_of_nobody_are_not_called_shares_of_the_platform() -> None:
    full = fake(OUT)
    assert any("% of Telegram’s, mean of 40 pairs of runs" in one for one in texts(contrast_figure(full)))
    nobody = fake({("Telegram", "Signal"): [0] * 40})
    same = nobody.pairs[0]["same"]
    same.values[:, -1, 0, 1] += same.values[:, -1, 0, 0]
    same.values[:, -1, 0, 0] = 0
    shown = texts(contrast_figure(nobody))
    assert "nobody on Telegram without the interventions" in shown
    assert not [one for one in shown if "% of Telegram" in one]


# ---- the waterfall -----------------------------------------------------------------------------


def test_bars_lead_from_the_loss_to_nothing() -> None:
    """260 lost: displaced 160 = 120 + 40, deterred 50, incapacitated 30, refilled 20."""
    bars = bars_of(displaced().ledger())
    assert [bar.name for bar in bars] == [
        "loss of Telegram",
        "displaced",
        "to Signal",
        "to Viber",
        "to SimpleX",
        "deterred (dormant)",
        "arrested, not replaced",
        "roles refilled elsewhere",
    ]
    assert [round(bar.size) for bar in bars] == [260, 160, 120, 40, 0, 50, 30, 20]
    assert [round(bar.start) for bar in bars] == [0, 260, 260, 140, 100, 100, 50, 20]
    assert bars[-1].end == pytest.approx(0, abs=1e-9)
    assert sum(bar.share for bar in bars if bar.kind not in {"loss", "destination"}) == pytest.approx(1)


def test_bars_add_up_where_medians_would_not() -> None:
    """Means are 10, 7.5 and together 17.5; medians are 0, 0 and together 15."""
    effect = fake({("Telegram", "Signal"): [0, 0, 0, 40] * 10, ("Telegram", "dormant"): [30, 0, 0, 0] * 10})
    bars = {bar.name: bar.size for bar in bars_of(effect.ledger())}
    assert bars["to Signal"] + bars["deterred (dormant)"] == bars["loss of Telegram"] == 17.5


def test_bars_and_whiskers_are_drawn_where_the_numbers_are() -> None:
    effect, ax = displaced(), Figure().add_subplot()
    ledger = effect.ledger()
    assert ledger_waterfall(ledger, ax=ax) is ax
    bars = bars_of(ledger)
    boxes = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [(b.get_x(), b.get_width()) for b in boxes] == [
        pytest.approx((min(bar.start, bar.end), abs(bar.size))) for bar in bars
    ]
    whiskers = [line.get_xdata() for line in ax.lines if line.get_marker() == "|"]
    loss = ledger.net[:, 0, 0]
    assert list(whiskers[0]) == pytest.approx(np.quantile(loss, (0.05, 0.95)))
    signal = np.quantile(OUT["Telegram", "Signal"], (0.05, 0.95))
    assert list(whiskers[2]) == pytest.approx(bars[2].start - signal)


def test_it_says_that_bars_are_means_because_means_add_up() -> None:
    figure = Figure()
    ledger_waterfall(displaced().ledger(), ax=figure.add_subplot())
    said = " ".join(t.get_text() for t in drawn(figure))
    assert "means of 40 runs in actors, because means add up (medians do not)" in said
    assert "Below 0" not in said


def test_what_people_never_on_the_platform_change_elsewhere_stands_beside_it() -> None:
    assert "from people never on Telegram the other platforms lose: −4.0 actors (−6 to −2)" in beside(
        displaced()
    )
    unclear = fake(OUT, never={"Signal": around(1, 9)})
    assert "by 1.0 actors (−7 to 9), no clear gain or loss" in beside(unclear)
    assert "as many are on other platforms in both worlds" in beside(fake(OUT))
    one = fake({("Telegram", "Signal"): [9]}, never={"Signal": [3]})
    assert "from people never on Telegram the other platforms gain 3 actors." in beside(one)


def beside(effect: FakeContrast) -> str:
    figure = Figure(figsize=(40, 4))
    ledger_waterfall(effect.ledger(), ax=figure.add_subplot())
    return " ".join(t.get_text() for t in drawn(figure))


def test_a_part_that_goes_the_other_way_leads_away_from_zero_and_is_hatched() -> None:
    """150 leave for Signal, 30 are no longer arrested: the loss is 120."""
    effect = fake({("Telegram", "Signal"): around(150), ("removed", "Telegram"): around(30, 3)})
    bars = bars_of(effect.ledger())
    back = next(bar for bar in bars if bar.kind == "incapacitated")
    assert (round(back.size), back.away) == (-30, True)
    assert bars[-1].end == pytest.approx(0, abs=1e-9)
    figure = Figure()
    ax = ledger_waterfall(effect.ledger(), ax=figure.add_subplot())
    assert [p.get_hatch() for p in ax.patches].count("////") == 1
    said = " ".join(t.get_text() for t in drawn(figure))
    assert "Below 0: more come from there than go." in said
    assert "−30.0" in said


def test_a_gain_keeps_its_signs() -> None:
    effect = fake({("Signal", "Telegram"): around(25, 5), ("dormant", "Telegram"): around(15, 5)})
    bars = bars_of(effect.ledger())
    assert bars[0].name == "loss of Telegram: a gain"
    assert [round(bar.size) for bar in bars] == [-40, -25, 0, 0, -25, -15, 0]
    assert bars[-1].end == pytest.approx(0, abs=1e-9)
    assert not any(bar.away for bar in bars)
    assert all(bar.share is None for bar in bars)


def test_of_many_destinations_the_small_ones_are_drawn_as_one() -> None:
    names = tuple("ABCDEFGHI")
    scenario = a_scenario(names, (Takedown(platform="A", start=date(2024, 9, 30)),))
    moves = {("A", name): [10 * k] * 40 for k, name in enumerate(names[1:], start=1)}
    bars = bars_of(fake(moves, worlds=(scenario.without(), scenario)).ledger())
    assert [bar.name for bar in bars if bar.kind == "destination"] == [
        "to I",
        "to H",
        "to G",
        "to F",
        "to 4 other platforms",
    ]
    assert next(bar.size for bar in bars if bar.name == "to 4 other platforms") == 10 + 20 + 30 + 40
    assert len([bar for bar in bars if bar.kind != "sum"]) == 8


def test_a_platform_may_be_called_as_the_ledger_calls_others() -> None:
    names = ("A", "other platforms", "elsewhere", "B")
    scenario = a_scenario(names, (Takedown(platform="A", start=date(2024, 9, 30)),))
    moves = {("A", "other platforms"): [30] * 40, ("A", "B"): [10] * 40}
    effect = fake(moves, refilled={("A", "elsewhere"): [5] * 40}, worlds=(scenario.without(), scenario))
    bars = bars_of(effect.ledger())
    assert [bar.size for bar in bars] == [45, 40, 30, 10, 0, 0, 0, 5]
    assert bars[-1].end == 0


def test_a_ledger_by_group_or_accumulated_is_drawn_as_a_whole() -> None:
    effect = displaced()
    assert [bar.size for bar in bars_of(effect.ledger(by_group=True))] == [
        bar.size for bar in bars_of(effect.ledger())
    ]
    months = effect.ledger(accumulated=True, weeks=2.0)
    assert bars_of(months)[0].size == pytest.approx(2.0 * months.net.mean(axis=0)[0, 0])
    assert "in actor-weeks" in (said := text_of(months)), said


def text_of(ledger: Ledger) -> str:
    figure = Figure()
    ledger_waterfall(ledger, ax=figure.add_subplot())
    return " ".join(t.get_text() for t in drawn(figure))


# ---- flows -------------------------------------------------------------------------------------


def test_flows_are_the_coupling_at_the_end() -> None:
    effect = displaced()
    worlds = worlds_of(effect)
    assert worlds.coupling.mean(axis=0).sum() == pytest.approx(1)
    last = effect.coupling.values[:, -1] / ACTORS
    assert np.allclose(worlds.coupling, last)
    figure = contrast_figure(effect)
    said = [t.get_text() for t in drawn(figure)]
    assert "63% stay" in said  # 440 of 700
    assert "without the" in said


def test_only_those_who_differ_are_strong() -> None:
    figure = contrast_figure(displaced())
    ribbons = [p for p in figure.axes[2].patches if isinstance(p, PathPatch)]
    strong = [p for p in ribbons if p.get_alpha() > 0.5]
    assert len(strong) == 5  # Telegram to Signal, Viber, SimpleX, dormant, removed
    assert len([p for p in ribbons if p.get_alpha() < 0.2]) == 6  # those who stay, at each place


# ---- labels ------------------------------------------------------------------------------------


def drawn(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


def meeting(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet by more than a pixel, and texts that leave the page."""
    with style.look():
        figure.canvas.draw()
        page = figure.bbox
        boxes = [(t.get_text(), t.get_window_extent()) for t in drawn(figure)]
    out = [(text, "page") for text, b in boxes if b.x0 < 0 or b.x1 > page.x1 or b.y0 < 0 or b.y1 > page.y1]
    boxes = [(text, b.shrunk(0.999, 0.8)) for text, b in boxes]
    return out + [
        (a, b)
        for k, (a, one) in enumerate(boxes)
        for b, two in boxes[k + 1 :]
        if min(one.x1, two.x1) - max(one.x0, two.x0) > 1 and min(one.y1, two.y1) - max(one.y0, two.y0) > 1
    ]


def crowded(names: tuple[str, ...], events: int = 1) -> FakeContrast:
    acts = tuple(
        Takedown(platform=names[0], start=date(2024, 9, 30 - 4 * k), label=f"an event of some importance {k}")
        for k in range(events)
    )
    scenario = a_scenario(names, acts)
    moves = {(names[0], name): around(12, 4) for name in (*names[1:], "dormant", "removed")}
    return fake(moves, worlds=(scenario.without(), scenario))


STRANGE = ("$x$", "<script>", "텔레그램", "W" * 70, "a\tb")
CASES = {
    "plain": displaced,
    "two platforms": lambda: crowded(("A", "B")),
    "nine platforms": lambda: crowded(tuple(f"Platform {c}" for c in "ABCDEFGHI"), 2),
    "thirty platforms": lambda: crowded(tuple(f"Platform {k}" for k in range(30))),
    "seven events in four weeks": lambda: crowded(NAMES, 7),
    "strange names": lambda: crowded(STRANGE, 0),
    "one pair": lambda: fake({("Telegram", "Signal"): [120]}),
    "nothing": lambda: fake({}),
    "gain": lambda: fake({("Signal", "Telegram"): around(25, 5)}),
    "back": lambda: fake({("Telegram", "Signal"): around(150), ("removed", "Telegram"): around(30, 3)}),
    "long names": lambda: crowded(
        tuple(f"A platform with quite a long name, number {k}" for k in range(6)), 3
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_no_text_meets_another_or_leaves_the_page(case: str) -> None:
    assert meeting(contrast_figure(CASES[case]())) == []


def test_every_text_can_be_read_on_white() -> None:
    for text in drawn(contrast_figure(displaced())):
        assert style.contrast(mpl.colors.to_hex(text.get_color()), style.WHITE) >= style.TEXT_CONTRAST


def test_dollars_and_tags_are_letters_like_any_other(tmp_path) -> None:
    figure = contrast_figure(CASES["strange names"]())
    written = save_figure(figure, tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "loss of $x$" in written
    assert "&lt;script&gt;" in written
    assert "<script" not in written
    ET.fromstring(written)


def test_names_in_unknown_letters_are_numbered_and_told_in_the_alt_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("balloon.plots.style.families", lambda: ["DejaVu Sans"])
    figure = contrast_figure(CASES["strange names"]())
    assert any(t.get_text() == "to platform 3" for t in drawn(figure))
    assert "platform 3 = 텔레그램" in figure.caption.alt


# ---- which platform, which worlds --------------------------------------------------------------


def test_another_platform_can_be_looked_at() -> None:
    worlds = worlds_of(displaced(), "Signal")
    assert worlds.baseline.squeezed == "Signal"
    assert worlds.effect.middle == pytest.approx(0.12, abs=0.002)
    assert worlds.title == "Signal ends larger with the interventions than without"


def test_renamed_platforms_are_drawn_under_the_names_of_the_baseline() -> None:
    act = Takedown(platform="TG", start=date(2024, 9, 30))
    worlds = a_scenario(interventions=()), a_scenario(("TG", *NAMES[1:]), (act,))
    effect = fake(OUT, worlds=worlds)
    with style.look():
        read = read_worlds(effect, "Telegram")
    assert [place.label for place in read.alternative.places][:2] == ["Telegram", "Signal"]
    assert read.events[0].label == "takedown: TG"


def test_runs_that_failed_are_counted_in_the_footer() -> None:
    caption = contrast_figure(fake(OUT, asked=42)).caption
    assert caption.notes[0].startswith("40 of 42 pairs of runs (2 failed) with the same luck")


def test_the_footer_says_what_the_ranges_are_over_and_where_it_comes_from() -> None:
    notes = contrast_figure(displaced()).caption.notes
    assert "the spread is luck only" in notes[0]
    assert "Simulated actors, not observations" in notes[0]
    assert notes[-1] == (
        "balloon 0.1.0 · alternative made up, sha256 3fa9c1d2e4b5… · baseline made up, sha256 3fa9c1d2e4b5… "
        "· seed 7 · 40 replicates · parameters fixed · engine arrays"
    )
    ranges = contrast_figure(fake(OUT, parameters="ranges")).caption.notes
    assert "luck and the ranges of the uncertain parameters" in ranges[0]
    assert "parameters ranges" in ranges[-1]


def test_newcomers_are_told_from_persons_where_roles_are_filled_again() -> None:
    scenario = a_scenario().with_({"behaviour.replacement_rate": 0.05})
    notes = contrast_figure(fake(OUT, worlds=(scenario.without(), scenario))).caption.notes
    assert "the ledger follows persons" in notes[1]
    still = a_scenario().with_({"behaviour.replacement_rate": 0.0})
    notes = contrast_figure(fake(OUT, worlds=(still.without(), still))).caption.notes
    assert "the ledger follows persons" not in notes[1]


def test_the_alt_text_tells_the_numbers_of_all_three_panels() -> None:
    alt = contrast_figure(displaced()).caption.alt
    assert "At the end: Telegram −26 (−30 to −22), Signal +12 (+11 to +13)" in alt
    assert "Marked dates: 30 Sep 2024, Telegram cooperates." in alt
    assert "loss of Telegram 260.0, displaced 160.0, to Signal 120.0" in alt
    assert "the other world has 63% there as well, 17% Signal, 7% dormant" in alt
    assert alt.endswith("balloon 0.1.0, 40 pairs of runs (spread: luck only), seed 7.")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_contrast_gives_the_same_bytes_whatever_the_users_settings(tmp_path, suffix: str) -> None:
    one = save_figure(contrast_figure(displaced()), tmp_path / f"one.{suffix}")
    with mpl.rc_context({"font.size": 20, "savefig.dpi": 50, "text.parse_math": True}):
        two = save_figure(contrast_figure(displaced()), tmp_path / f"two.{suffix}")
    assert one.read_bytes() == two.read_bytes()


def test_a_png_carries_alt_text_and_the_provenance_of_both_worlds(tmp_path) -> None:
    figure = contrast_figure(displaced())
    with Image.open(save_figure(figure, tmp_path / "a.png")) as image:
        meta = dict(image.text)
    assert meta["Description"] == figure.caption.alt
    assert set(json.loads(meta["Source"])) == {"runs", "baseline"}


def test_axes_in_axes_out_without_pyplot() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    difference_curves(displaced(), ax=left)
    ledger_waterfall(displaced().ledger(), ax=right)
    figure.savefig(io.BytesIO(), format="png")
    assert "matplotlib.pyplot" not in sys.modules


# ---- a real one --------------------------------------------------------------------------------


def test_a_contrast_draws_itself() -> None:
    scenario = bl.load("minimal")
    effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=5, seed=1)
    figure = effect.plot()
    assert "5 pairs of runs" in figure.caption.subtitle
    assert meeting(figure) == []
    with pytest.raises(DataError, match="platform 'Telegrm' is not there"):
        effect.plot("Telegrm")


def test_of_several_alternatives_one_has_to_be_chosen() -> None:
    scenario = bl.load("minimal")
    effect = bl.contrast(scenario.without(), scenario, scenario, replicates=2, seed=1)
    with pytest.raises(EngineError, match=r"choose one by \.of\(name\)"):
        effect.plot()
    assert effect.of(effect.names[0]).plot().caption.title
