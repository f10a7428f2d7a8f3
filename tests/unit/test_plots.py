"""The briefing figure: honest words, readable labels, files that do not change by themselves."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from figures import drawn, outside, overlapping
from matplotlib.figure import Figure
from PIL import Image

from balloon.errors import DataError
from balloon.interventions import Cooperation, Intervention, Takedown
from balloon.landscape import Landscape, Platform
from balloon.plots import (
    actor_flows,
    alt_text,
    migration,
    migration_curves,
    save_figure,
    style,
)
from balloon.plots.curves import end_labels
from balloon.plots.events import HIGHEST, Event, plan
from balloon.plots.finding import find, paired, subtitle, title
from balloon.plots.lettering import date_ticks, shorten, wrap
from balloon.plots.ranges import percent, points
from balloon.plots.reading import read
from balloon.population import Group, Population
from balloon.scenario import Scenario

ACTORS = 1000
NAMES = ("Telegram", "Signal", "Viber", "SimpleX")
EVENTS = (
    Cooperation(
        platform="Telegram", start=date(2024, 9, 30), value=0.9, label="Telegram cooperates", source="x"
    ),
)


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
    names: tuple[str, ...] = NAMES, interventions: tuple[Intervention, ...] = EVENTS, *, steps: int = 52
) -> Scenario:
    groups = (Group(name="all", start={names[0]: 1.0}),)
    return Scenario(
        name="made up",
        landscape=Landscape(platforms=tuple(Platform(name=n) for n in names)),
        population=Population(actors=ACTORS, groups=groups),
        interventions=interventions,
        start=date(2024, 7, 1),
        steps=steps,
        squeezed=names[0],
        reference=date(2024, 9, 30),
    )


def fake(
    to_others: list[float],
    to_dormant: list[float],
    to_removed: list[float],
    *,
    scenario: Scenario | None = None,
    rest: float = 0.3,
    joining: list[float] | None = None,
    parameters: str = "fixed",
    seed: int = 7,
) -> SimpleNamespace:
    """Runs of 1,000 actors, one per entry; entries are shares of all actors.

    The squeezed platform holds 1 - rest up to the reference date, the others share the rest; after
    it, shares go from it linearly as told, and ``joining`` comes to it from the others.
    """
    scenario = scenario or a_scenario()
    platforms, reference, end = len(scenario.platforms), scenario.reference_step, scenario.steps
    places = [*scenario.platforms, "dormant", "removed"]
    runs = len(to_others)
    joint = np.zeros((runs, end + 1, len(places), len(places)), dtype=np.int64)
    for r in range(runs):
        for t in range(reference, end + 1):
            done = (t - reference) / max(end - reference, 1)
            gone = np.zeros(len(places))
            gone[1:platforms] = to_others[r] * done / (platforms - 1)
            gone[-2:] = to_dormant[r] * done, to_removed[r] * done
            moves = np.diag(np.r_[1 - rest, np.full(platforms - 1, rest / (platforms - 1)), 0, 0])
            moves[0] += gone
            moves[0, 0] -= gone.sum()
            back = (joining[r] if joining else 0.0) * done
            moves[1, 0] += back
            moves[1, 1] -= back
            joint[r, t] = np.round(moves * ACTORS)
            joint[r, t, 0, 0] += ACTORS - joint[r, t].sum()
    actors = joint.sum(axis=2)
    actors[:, :reference] = actors[:, [reference]]
    time = [np.datetime64(scenario.date_of(t)) for t in range(end + 1)]
    data = xr.Dataset(
        {
            "actors": (("replicate", "time", "place"), actors),
            "joint": (("replicate", "time", "origin", "destination"), joint),
        },
        coords={
            "time": np.array(time, dtype="datetime64[ns]"),
            "place": places,
            "origin": places,
            "destination": places,
        },
    )
    provenance = FakeProvenance(replicates=runs, parameters=parameters, seed=seed)
    return SimpleNamespace(data=data, scenario=scenario, provenance=provenance)


def around(middle: float, runs: int = 40, width: float = 0.02) -> list[float]:
    return list(np.linspace(middle - width, middle + width, runs))


def said(runs: SimpleNamespace, baseline: SimpleNamespace | None = None) -> str:
    with style.look():
        reading = read(runs)
        other = read(baseline) if baseline else None
        return title(find(reading, other), reading)


OUT = around(0.3), around(0.04, width=0.01), around(0.03, width=0.01)


def displaced() -> SimpleNamespace:
    return fake(*OUT)


def untouched(runs: int = 40, scenario: Scenario | None = None) -> SimpleNamespace:
    nothing = [0.0] * runs
    scenario = scenario or a_scenario(interventions=())
    return fake(nothing, nothing, nothing, scenario=scenario)


# ---- the title follows from the numbers -------------------------------------------------------


def test_actors_who_reappear_elsewhere_are_called_displaced() -> None:
    assert said(displaced()) == "Telegram loses actors; most of those who left are on other platforms"


def test_actors_who_fall_silent_are_not_called_displaced() -> None:
    runs = fake(around(0.04, width=0.01), around(0.3), around(0.03, width=0.01))
    assert said(runs) == "Telegram loses actors; most of those who left are dormant"


def test_actors_behind_bars_are_called_arrested() -> None:
    runs = fake(around(0.04, width=0.01), around(0.03, width=0.01), around(0.3))
    assert said(runs) == "Telegram loses actors; most of those who left were arrested"


def test_the_largest_part_is_not_called_most_without_a_majority() -> None:
    runs = fake(around(0.16, width=0.01), around(0.1, width=0.01), around(0.1, width=0.01))
    assert said(runs) == "Telegram loses actors, more to other platforms than to dormancy or arrest"


def test_no_order_is_claimed_that_luck_could_reverse() -> None:
    runs = fake(around(0.12, width=0.08), around(0.12, width=0.08)[::-1], around(0.1, width=0.01))
    assert said(runs) == (
        "Telegram loses actors: to other platforms, dormancy and arrest, none clearly ahead"
    )


def test_a_majority_in_most_runs_but_not_in_95_of_100_is_not_called_most() -> None:
    """Displaced 100 to 220, others 130: ahead in the median, not in the 5 % quantile."""
    runs = fake(around(0.16, width=0.06), [0.07] * 40, [0.06] * 40)
    assert said(runs) == "Telegram loses actors, more to other platforms than to dormancy or arrest"


def test_a_way_out_that_luck_may_explain_is_not_named() -> None:
    wide = [0.0, 0.2] * 20
    runs = fake(wide, wide[::-1], [0.0] * 20 + [0.01] * 20)
    assert said(runs) == "Telegram loses actors; where they go differs from run to run"
    runs = fake(wide, wide[::-1], [0.02] * 40)
    assert said(runs) == "Telegram loses actors, some to arrest; where the rest go is not clear"


def test_a_range_that_holds_zero_is_hedged_with_its_ends() -> None:
    flow = list(np.linspace(-0.1, 0.3, 41))
    leaving, coming = [max(x, 0) for x in flow], [max(-x, 0) for x in flow]
    runs = fake(leaving, [0] * 41, [0] * 41, joining=coming)
    assert said(runs) == "No clear change on Telegram by the end: the 90% range runs from −28 to +8 points"


def test_nothing_is_called_nothing() -> None:
    assert said(untouched()) == "Nothing changes on Telegram"


def test_a_third_of_a_point_is_hardly_a_change() -> None:
    assert said(fake([0.003] * 30, [0] * 30, [0] * 30)) == "Telegram ends about where it was"


def test_growth_is_called_growth() -> None:
    none = [0.0] * 30
    assert said(fake(none, none, none, joining=around(0.05, 30))) == "Telegram gains actors"


def test_one_run_says_that_it_is_one() -> None:
    runs = fake([0.3], [0.0], [0.0])
    assert said(runs).startswith("In a single run, Telegram loses actors")
    figure = migration(runs)
    assert figure.caption.notes[0].startswith("1 run: no interval can be given")
    assert not figure.axes[0].collections  # no ribbons
    assert all(not one.bracket for one in labels_of(runs))


def test_causes_are_named_only_against_a_baseline() -> None:
    assert (
        said(displaced(), untouched())
        == "The interventions cost Telegram actors, most of them displaced to other platforms"
    )
    assert "interventions" not in said(displaced())


def test_what_happens_without_interventions_too_is_no_effect() -> None:
    """Ordinary switching of 300 actors in both worlds must not be called displacement."""
    without = fake(*OUT, scenario=a_scenario(interventions=()))
    assert said(displaced(), without) == "The interventions change nothing on Telegram"


def test_a_baseline_that_is_another_world_is_not_called_an_effect() -> None:
    """Its interventions are the same; something else must be behind the difference."""
    other = untouched(scenario=a_scenario())
    assert (
        said(displaced(), other)
        == "Against the baseline Telegram loses actors, most of them to other platforms"
    )


def test_deterrence_is_found_beneath_ordinary_switching() -> None:
    """With: 300 elsewhere, 150 dormant; without: 300 elsewhere. The effect is 150 dormant."""
    runs = fake(around(0.3), around(0.15), [0.0] * 40)
    without = fake(around(0.3), [0.0] * 40, [0.0] * 40, scenario=a_scenario(interventions=()))
    assert (
        said(runs, without)
        == "The interventions cost Telegram actors, most of them deterred: they are dormant"
    )


def test_runs_of_another_seed_are_compared_pair_by_pair() -> None:
    """With -30 +/- 2 points in both, all pairs differ by up to 4 points either way."""
    other = displaced()
    other.provenance = FakeProvenance(replicates=40, seed=8)
    assert said(displaced(), other).startswith(
        "No clear difference on Telegram by the end: the 90% range runs from −"
    )


def test_subtitle_gives_medians_and_ranges() -> None:
    """700 of 1,000 on Telegram; 300 + 40 + 30 leave: 300 of 700 are 43 %."""
    with style.look():
        reading = read(displaced())
        words = subtitle(find(reading), reading)
    assert (
        "Telegram: 70% of actors on 30 Sep 2024, 33% (29–37) at the end; change −37 (−41 to −33) points"
        in words
    )
    assert (
        "Of its actors, 43% (40–45) are then on other platforms, 6% (4–7) dormant, 4% (3–6) arrested" in words
    )


def test_a_platform_without_actors_at_the_reference_date_has_no_fates() -> None:
    none = [0.0] * 30
    runs = fake(none, none, none, rest=1.0, joining=around(0.1, 30))
    figure = migration(runs)
    assert "Nobody was on Telegram on 30 Sep 2024." in figure.caption.subtitle


# ---- labels ------------------------------------------------------------------------------------


def labels_of(runs: SimpleNamespace) -> list:
    with style.look():
        return end_labels(read(runs))


def crowded(number: int, events: int = 0) -> SimpleNamespace:
    names = tuple(f"Platform {chr(65 + k)}" for k in range(number))
    acts = tuple(
        Takedown(platform=names[0], start=date(2024, 9, 30 - 4 * k), label=f"an event of some importance {k}")
        for k in range(events)
    )
    return fake(
        around(0.2), around(0.01, width=0.005), around(0.01, width=0.005), scenario=a_scenario(names, acts)
    )


CASES = {
    "plain": displaced,
    "two platforms": lambda: crowded(2),
    "twelve platforms alike": lambda: crowded(12, 2),
    "thirty platforms": lambda: crowded(30, 1),
    "seven events in four weeks": lambda: crowded(5, 7),
    "one run": lambda: fake([0.3], [0.1], [0.0]),
    "strange names": lambda: fake(
        around(0.2),
        around(0.05),
        around(0.05),
        scenario=a_scenario(("$x_1$ & <script>", "텔레그램", "W" * 70, "a\tb"), ()),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_no_text_meets_another_or_leaves_the_page(case: str) -> None:
    figure = migration(CASES[case]())
    assert overlapping(figure) == []
    assert outside(figure) == []


def test_with_a_baseline_nothing_meets_either() -> None:
    figure = migration(displaced(), baseline=untouched())
    assert overlapping(figure) == []
    assert any(t.get_text() == "without interventions" for t in drawn(figure))


def test_labels_keep_the_order_of_their_lines() -> None:
    at = style.spread([0.30, 0.301, 0.302, 0.05], gap=0.1, low=0.0, high=1.0)
    assert np.argsort(at).tolist() == [3, 0, 1, 2]
    assert np.diff(np.sort(at)).min() == pytest.approx(0.1)


def test_labels_stay_between_their_ends_when_all_lines_end_at_zero() -> None:
    assert style.spread([0.0, 0.0, 0.0], gap=1.0, low=0.5, high=9.0).tolist() == [0.5, 1.5, 2.5]


def test_too_many_labels_share_the_room_there_is() -> None:
    assert style.spread([0.0] * 5, gap=9.0, low=0.0, high=4.0).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_no_labels_need_no_room() -> None:
    assert style.spread([], gap=1.0, low=0.0, high=1.0).tolist() == []


def test_text_without_any_room_is_an_ellipsis() -> None:
    assert shorten("Telegram", room=1.0, size=10) == "…"


def test_wrapped_text_keeps_its_words_and_its_room() -> None:
    lines = wrap("one two three four five six seven", room=60.0, size=10, lines=2)
    assert len(lines) == 2
    assert lines[0] == "one two"
    assert lines[1].endswith("…")


def test_days_are_ticked_over_weeks_and_months_over_years() -> None:
    start = np.datetime64("2017-06-01", "D")
    month, season, decade = (start + np.timedelta64(days, "D") for days in (30, 100, 3650))
    assert [t for _, t in date_ticks(start, month, most=7)][:3] == ["1 Jun\n2017", "8 Jun", "15 Jun"]
    assert [t for _, t in date_ticks(start, season, most=7)] == ["Jun\n2017", "Jul", "Aug", "Sep"]
    assert next(t for _, t in date_ticks(start, decade, most=7)) == "Jan\n2018"


def test_none_and_all_are_said_of_exactly_none_and_all() -> None:
    shares = (0.0, 0.0002, 0.0051, 0.0099, 0.5, 0.994, 0.996, 0.9997, 1.0)
    assert [percent(x) for x in shares] == [
        "0%",
        "<0.1%",
        "0.5%",
        "1%",
        "50%",
        "99%",
        "99.6%",
        ">99.9%",
        "100%",
    ]


def test_a_change_too_small_to_print_has_no_sign() -> None:
    assert points(-0.0001) == "0"


def test_a_period_is_shaded() -> None:
    act = Takedown(platform="Viber", start=date(2025, 1, 6), until=date(2025, 2, 3), label="Viber closed")
    figure = migration(fake(*OUT, scenario=a_scenario(interventions=(act,))))
    shade = [p for p in figure.axes[0].patches if mpl.colors.to_hex(p.get_facecolor()) == style.SHADE.lower()]
    assert len(shade) == 1


def an_event(start: float, label: str) -> Event:
    return Event(start, None, label, label, "1 Jan 2024", fact=True)


def test_events_a_week_apart_are_staggered_the_earlier_one_higher() -> None:
    layout = plan(
        [an_event(100, "one"), an_event(107, "two"), an_event(300, "three")],
        first=0,
        last=365,
        room=350,
        key_room=500,
    )
    assert layout.tops[0] > layout.tops[1] == layout.tops[2]
    assert layout.key == ()


def test_events_too_many_for_words_are_numbered_and_explained() -> None:
    events = [an_event(100 + k, f"event {k}") for k in range(5)]
    layout = plan(events, first=0, last=365, room=350, key_room=500)
    assert layout.labels == (("1",), ("2",), ("3",), ("4",), ("5",))
    assert layout.height <= HIGHEST
    assert "3 = 1 Jan 2024, event 2" in " ".join(layout.key)


def test_interventions_of_one_day_are_one_event_and_options_are_told_from_facts() -> None:
    option = Takedown(platform="Signal", start=date(2024, 9, 30), label="Signal closed")
    later = Takedown(platform="Viber", start=date(2025, 1, 6))
    figure = migration(fake([0.3], [0.1], [0.0], scenario=a_scenario(interventions=(*EVENTS, option, later))))
    assert (
        "30 Sep 2024, Telegram cooperates; Signal closed; 6 Jan 2025, takedown: Viber" in figure.caption.alt
    )
    assert "Dotted vertical lines: no source is given" in figure.caption.notes[1]
    assert "Dotted" not in migration(displaced()).caption.notes[1]


@pytest.mark.parametrize("source", ["", "assumption"])
def test_an_event_that_is_only_assumed_is_dotted_and_the_footer_says_so(source: str) -> None:
    act = Takedown(platform="Telegram", start=date(2025, 1, 6), source=source)
    figure = migration(fake(*OUT, scenario=a_scenario(interventions=(act,))))
    when = mpl.dates.date2num(act.start)
    (line,) = [one for one in figure.axes[0].lines if list(one.get_xdata()) == [when, when]]
    assert line.get_linestyle() == "--"  # a dash of its own
    assert "Dotted vertical lines: no source is given" in figure.caption.notes[1]


def test_a_baseline_with_other_interventions_is_called_the_baseline() -> None:
    runs = fake(
        *OUT, scenario=a_scenario(interventions=(Takedown(platform="Viber", start=date(2025, 1, 6)),))
    )
    figure = migration(displaced(), baseline=runs)
    assert any(t.get_text() == "in the baseline" for t in drawn(figure))


def test_small_platforms_among_many_are_drawn_as_one_and_named_in_the_footer() -> None:
    figure = migration(crowded(30, 1))
    names = [one.name for one in labels_of(crowded(30, 1))]
    assert names[:1] == ["Platform A"]
    assert any(name.endswith(" others") for name in names)
    assert "small platforms drawn as one (Platform B," in figure.caption.notes[1]


def test_eight_platforms_are_all_drawn() -> None:
    assert len(labels_of(crowded(8))) == 8 + 2


# ---- names -------------------------------------------------------------------------------------


def test_a_name_in_unknown_letters_is_numbered_and_told_in_the_alt_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("balloon.plots.style.families", lambda: ["DejaVu Sans"])
    figure = migration(CASES["strange names"]())
    assert any(t.get_text() == "platform 2" for t in drawn(figure))
    assert "platform 2 = 텔레그램" in figure.caption.alt
    assert "no font here holds the letters" in figure.caption.notes[1]


def test_dollars_and_tags_are_letters_like_any_other(tmp_path) -> None:
    figure = migration(CASES["strange names"]())
    written = save_figure(figure, tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "$x_1$ &amp; &lt;script&gt;" in written
    assert "<script" not in written
    ET.fromstring(written)


# ---- colours -----------------------------------------------------------------------------------


def looks() -> list[style.Look]:
    return [
        *(style.platform_look(k) for k in range(style.MAX_LINES)),
        style.other_look(),
        style.dormant_look(),
        style.removed_look(),
    ]


@pytest.mark.parametrize("look", looks())
def test_text_of_every_place_can_be_read_on_white(look: style.Look) -> None:
    assert style.contrast(look.text, style.WHITE) >= style.TEXT_CONTRAST
    assert style.contrast(look.line, style.WHITE) >= 3  # graphical objects, WCAG 1.4.11


def test_every_text_of_a_figure_can_be_read_on_its_ground() -> None:
    """Names and dates stand on white, numbers of the flows on ribbons."""
    figure = migration(displaced(), baseline=untouched())
    ribbon = style.blend(style.platform_look(0).line, 0.62)
    for text in drawn(figure):
        colour = mpl.colors.to_hex(text.get_color())
        assert style.contrast(colour, style.WHITE) >= style.TEXT_CONTRAST, text.get_text()
    assert style.contrast(style.INK, ribbon) >= style.TEXT_CONTRAST


def test_no_two_places_share_a_dash() -> None:
    dashes = [look.dash for look in looks()]
    assert len(set(dashes)) == len(dashes)


def test_contrast_of_a_known_pair() -> None:
    """#767676 is the lightest grey that passes on white: 4.54."""
    assert style.contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


# ---- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_runs_give_the_same_bytes_whatever_the_users_settings(tmp_path, suffix: str) -> None:
    one = save_figure(migration(displaced(), baseline=untouched()), tmp_path / f"one.{suffix}")
    with mpl.rc_context(
        {"font.size": 20, "savefig.dpi": 50, "text.parse_math": True, "svg.fonttype": "path"}
    ):
        two = save_figure(migration(displaced(), baseline=untouched()), tmp_path / f"two.{suffix}")
    assert one.read_bytes() == two.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [one.name, two.name]


def test_a_png_carries_alt_text_and_provenance(tmp_path) -> None:
    figure = migration(displaced(), baseline=untouched())
    with Image.open(save_figure(figure, tmp_path / "a.png")) as image:
        meta = dict(image.text)
    assert meta["Description"] == figure.caption.alt == alt_text(displaced(), untouched())
    assert json.loads(meta["Source"])["runs"]["sha256"] == "3fa9c1d2e4b5a697"
    assert json.loads(meta["Source"])["baseline"]["seed"] == 7
    assert meta["Software"] == "balloon 0.1.0"


def test_an_svg_is_an_image_with_a_description(tmp_path) -> None:
    figure = migration(displaced())
    root = ET.fromstring(save_figure(figure, tmp_path / "a.svg").read_bytes())
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.caption.alt


def test_a_figure_of_somebody_else_is_written_without_words(tmp_path) -> None:
    assert save_figure(Figure(), tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path) -> None:
    with pytest.raises(DataError, match=r"a\.gif: .*'\.gif'; use \.png, \.svg or \.pdf"):
        save_figure(Figure(), tmp_path / "a.gif")


def test_a_folder_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"cannot write .*choose a folder that exists"):
        save_figure(Figure(), tmp_path / "none" / "a.png")


def test_an_interrupted_write_leaves_the_old_file_whole(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_figure(Figure(), tmp_path / "a.png")
    before = path.read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_figure(Figure(figsize=(1, 1)), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


# ---- what is said in the footer, and what is refused -----------------------------------------------


def test_the_footer_says_what_the_ribbons_are() -> None:
    assert "the spread is luck only" in migration(displaced()).caption.notes[0]
    three = [0.1, 0.2, 0.3]
    runs = fake(three, three, [0.0] * 3, parameters="ranges")
    notes = migration(runs).caption.notes
    assert "luck and the ranges of the uncertain parameters" in notes[0]
    assert "Fewer than 20 runs" in notes[0]
    given = fake(three, three, [0.0] * 3, parameters="given")
    assert "luck and the parameters given for each run" in migration(given).caption.notes[0]
    assert "not observations" in notes[0]
    assert notes[-1] == "balloon 0.1.0 · scenario made up · sha256 3fa9c1d2e4b5… · seed 7 · engine arrays"


def test_the_footer_tells_roles_from_persons_where_roles_are_filled_again() -> None:
    scenario = a_scenario().with_({"behaviour.replacement_rate": 0.05})
    assert "the flows follow the same persons" in migration(fake(*OUT, scenario=scenario)).caption.notes[1]


def test_the_footer_says_whether_run_is_compared_with_run() -> None:
    assert (
        "without interventions, of the same luck"
        in migration(displaced(), baseline=untouched()).caption.notes[1]
    )
    other = untouched()
    other.provenance = FakeProvenance(replicates=40, seed=8)
    notes = migration(displaced(), baseline=other).caption.notes
    assert "without interventions (seed 8: all pairs of runs are compared)" in notes[1]


def test_runs_that_failed_are_counted_in_the_footer_and_pair_with_none() -> None:
    short = displaced()
    short.data = short.data.assign_coords(replicate=[*range(39), 41])
    short.provenance = FakeProvenance(replicates=42)
    figure = migration(short, baseline=untouched(42))
    assert figure.caption.notes[0].startswith("40 of 42 runs (2 failed): line = median")
    assert "of 42 runs without interventions (not the same runs: all pairs" in figure.caption.notes[1]
    assert "40 of 42 runs (2 failed)" in figure.caption.alt
    assert migration(untouched()).caption.notes[0].startswith("40 runs: line = median")


def test_parameters_drawn_apart_are_not_compared_run_by_run() -> None:
    """Same seed, but before the reference date the baseline's runs are already elsewhere."""
    runs = fake(*OUT, parameters="ranges")
    alike = fake(*OUT, parameters="ranges", scenario=a_scenario(interventions=()))
    apart = fake(*OUT, parameters="ranges", scenario=a_scenario(interventions=()), rest=0.32)
    with style.look():
        assert paired(read(runs), read(alike))
        assert not paired(read(runs), read(apart))


def test_a_baseline_without_the_squeeze_is_named_after_it() -> None:
    other = Takedown(platform="Viber", start=date(2025, 1, 6), label="Viber closed")
    runs = fake(*OUT, scenario=a_scenario(interventions=(*EVENTS, other)))
    without = untouched(scenario=a_scenario(interventions=(other,)))
    figure = migration(runs, baseline=without)
    assert "points against runs without the interventions on Telegram." in figure.caption.subtitle
    assert any(t.get_text() == "without the squeeze" for t in drawn(figure))


def test_a_baseline_of_other_dates_is_refused() -> None:
    other = untouched(scenario=a_scenario(interventions=(), steps=51))
    with pytest.raises(DataError, match="its steps is 51, that of the runs is 52"):
        migration(displaced(), baseline=other)


def test_the_alt_text_tells_the_numbers_of_the_figure() -> None:
    words = alt_text(displaced())
    assert "At the end: Telegram 33% (29–37)" in words
    assert "of those on Telegram, in the mean of the runs: 47% stay, 14% " in words


def test_axes_in_axes_out_without_pyplot() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert migration_curves(displaced(), ax=left, baseline=untouched()) is left
    assert migration_curves(displaced(), ax=left) is left
    assert actor_flows(displaced(), ax=right) is right
    figure.savefig(io.BytesIO(), format="png")
    assert "matplotlib.pyplot" not in sys.modules


def test_a_notebook_shows_the_figure_by_itself() -> None:
    assert migration(displaced())._repr_png_().startswith(b"\x89PNG")
