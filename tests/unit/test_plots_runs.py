"""Figures of runs: the landscape as a map, arrests and belief, small multiples."""

from __future__ import annotations

import sys
from datetime import date
from functools import cache

import numpy as np
import pytest
from figures import WORLDS, changed, crowd, faint, outside, overlapping, texts
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from PIL import Image

import balloon as bl
from balloon.errors import DataError
from balloon.plots import (
    arrest_curves,
    belief_curves,
    group_curves,
    group_multiples,
    landscape_figure,
    landscape_map,
    risk_figure,
    save_figure,
    scenario_multiples,
    style,
)
from balloon.plots.landscape import KEY, per_point, read_map
from balloon.plots.landscape_layout import APART, band, centres, curve, is_steep, radii
from balloon.plots.risk import read_risks

FIGURES = {"map": landscape_figure, "risks": risk_figure, "groups": group_multiples}


@cache
def runs(world: str = "eight platforms", replicates: int = 8) -> bl.Runs:
    return bl.simulate(WORLDS[world](), replicates=replicates, seed=1)


def pair() -> bl.Runs:
    """Ten runs of 200 actors on three platforms in which nothing happens of itself."""
    return bl.simulate(crowd(3, first=0.5, quiet=True), replicates=10, seed=1)


# ---- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", FIGURES)
def test_no_text_meets_another_or_leaves_the_page_and_all_can_be_read(kind: str, world: str) -> None:
    figure = FIGURES[kind](runs(world))
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert faint(figure) == []


@pytest.mark.parametrize("kind", FIGURES)
def test_one_run_says_that_it_is_one_and_has_no_brackets(kind: str) -> None:
    words = FIGURES[kind](runs(replicates=1)).caption
    assert words.title.startswith("In a single run, ")
    assert words.subtitle.startswith("One run. ")
    assert "no interval can be given" in words.notes[0]
    assert words.alt.endswith("1 run, seed 1.")
    assert overlapping(FIGURES[kind](runs(replicates=1))) == []


@pytest.mark.parametrize("kind", FIGURES)
def test_the_same_runs_give_the_same_bytes_with_words_in_the_file(kind: str, tmp_path) -> None:
    one, two = (save_figure(FIGURES[kind](runs()), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == two.read_bytes()
    with Image.open(one) as image:
        assert image.text["Description"] == FIGURES[kind](runs()).caption.alt
        assert runs().provenance.sha256 in image.text["Source"]


@pytest.mark.parametrize("kind", FIGURES)
def test_the_footer_ends_with_where_the_numbers_come_from(kind: str) -> None:
    last = FIGURES[kind](runs()).caption.notes[-1]
    assert last.startswith("balloon ")
    assert runs().provenance.sha256[:12] in last
    assert "seed 1" in last


@pytest.mark.parametrize("kind", FIGURES)
def test_a_name_in_unknown_letters_is_numbered_and_told_in_the_alt_text(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balloon.plots.style.families", lambda: ["DejaVu Sans"])
    assert "platform 2 = 텔레그램" in FIGURES[kind](runs("strange names")).caption.alt


def test_axes_in_axes_out_without_pyplot() -> None:
    figure = Figure(figsize=(12, 8))
    axes = figure.subplots(2, 2).ravel()
    assert landscape_map(runs(), ax=axes[0]) is axes[0]
    assert arrest_curves(runs(), ax=axes[1]) is axes[1]
    assert belief_curves(runs(), ax=axes[2]) is axes[2]
    assert group_curves(runs(), "others", ax=axes[3]) is axes[3]
    assert "matplotlib.pyplot" not in sys.modules


# ---- the map -----------------------------------------------------------------------------------


def with_moves(*each: dict[tuple[int, int], int]) -> bl.Runs:
    """Ten runs; moves in the last step, per run of 200 actors, alternating between those given."""
    quiet = pair()
    moves = np.zeros_like(quiet.data["moves"].values)
    for r in range(10):
        for (a, b), number in each[r % len(each)].items():
            moves[r, -1, a, b] = number
    return changed(quiet, moves=moves)


def test_the_largest_stream_is_named_with_its_size() -> None:
    """20 of 200 actors are 10 of 100."""
    found = landscape_figure(with_moves({(0, 1): 20, (1, 2): 4}))
    assert found.caption.title == (
        "The largest stream of moves leads from Platform A to Platform B: 10 (10–10) per 100 actors"
    )
    assert "Platform A to Platform B 10; Platform B to Platform C 2." in found.caption.alt


def test_no_stream_is_called_the_largest_that_luck_could_make_second() -> None:
    found = landscape_figure(
        with_moves({(0, 1): 20, (0, 2): 4, (2, 1): 4}, {(0, 1): 4, (0, 2): 18, (2, 1): 16})
    )
    assert found.caption.title == (
        "No stream of moves is clearly the largest, of 16 (14–19) moves per 100 actors; "
        "the largest in the mean, from Platform A to Platform B, has 6 (2–10)"
    )


def test_two_streams_that_luck_could_exchange_are_named_together_where_no_third_comes_near() -> None:
    """From A to dormancy and on to C, of 200 actors; a tenth as many go at once."""
    there_and_on = [{(0, 3): 90, (3, 2): n, (0, 2): 9} for n in (84, 94)]
    found = landscape_figure(with_moves(*there_and_on)).caption
    assert found.title == (
        "The two largest streams of moves lead from Platform A to dormancy and from dormancy to Platform C: "
        "45 (45–45) and 44 (42–47) per 100 actors"
    )


def test_moves_through_dormancy_are_drawn_and_told_and_arrests_are_no_moves() -> None:
    found = landscape_figure(with_moves({(0, 3): 180, (3, 1): 160, (0, 1): 20, (0, 4): 12, (4, 0): 12}))
    shown = {p.get_gid() for p in found.axes[0].patches if (p.get_gid() or "").startswith("moves")}
    assert shown == {"moves 0 3", "moves 3 1", "moves 0 1"}
    assert (
        "10 (10–10) between platforms, 90 (90–90) into dormancy, 80 (80–80) out of it."
        in found.caption.subtitle
    )
    assert "Map of 3 platforms and dormancy as circles" in found.caption.alt
    assert (
        "Platform A to dormancy 90; dormancy to Platform B 80; Platform A to Platform B 10."
        in found.caption.alt
    )
    assert "on no platform" in texts(found)
    assert "arrests are no moves. Who was dormant between two platforms made two" in found.caption.notes[1]


def test_dormancy_is_no_place_where_nobody_goes_through_it() -> None:
    found = landscape_figure(with_moves({(0, 1): 20}))
    assert "dormant" not in texts(found)
    assert "dorman" not in "".join(found.caption.notes)
    assert [place.label for place in read_map(pair()).reading.places] == list(pair().scenario.platforms)


def test_actors_who_wait_dormant_after_a_closure_are_on_the_map() -> None:
    made = bl.simulate(bl.load("darknet-markets-2017"), replicates=5, seed=1)
    words, found = landscape_figure(made).caption, read_map(made)
    assert "AlphaBay to dormancy" in words.title
    per_run = made.data.moves.isel(time=slice(found.reading.reference + 1, None)).sum("time")
    through = per_run.sel(origin="AlphaBay", destination="dormant").values / 2000
    assert found.moves[:, 0, -1] == pytest.approx(through)


def test_nobody_moves_where_nothing_happens() -> None:
    figure = landscape_figure(pair())
    assert figure.caption.title == "Nobody moves between platforms"
    assert not [p for p in figure.axes[0].patches if (p.get_gid() or "").startswith("moves")]


def test_moves_before_the_reference_date_do_not_count() -> None:
    quiet = pair()
    moves = np.zeros_like(quiet.data["moves"].values)
    moves[:, quiet.scenario.reference_step, 0, 1] = 50
    assert not read_map(changed(quiet, moves=moves)).moves.any()
    moves[:, quiet.scenario.reference_step + 1, 0, 1] = 50
    assert read_map(changed(quiet, moves=moves)).moves[:, 0, 1].tolist() == [0.25] * 10


def test_area_is_the_share_and_darkness_the_cooperation() -> None:
    found = read_map(runs())
    figure = landscape_figure(runs())
    shown = [p for p in figure.axes[0].patches if isinstance(p, Circle) and p.get_linestyle() == "solid"]
    solid = [p for p in shown if p.get_facecolor()[3] == 1.0][: len(found.reading.places)]
    assert found.dormancy
    share = np.median(found.reading.shares[:, -1], axis=0)
    area = np.array([p.radius**2 for p in solid])
    assert area / area.sum() == pytest.approx(share / share.sum())
    light = [style.contrast(to_hex(p.get_facecolor()), style.WHITE) for p in solid[: found.platforms]]
    assert np.argsort(light).tolist() == np.argsort(found.cooperation).tolist()


def test_the_width_of_an_arrow_is_its_moves() -> None:
    made = with_moves({(0, 1): 20, (1, 2): 4})
    found = read_map(made)
    assert per_point(found) * found.mean_moves[0, 1] == pytest.approx(22.0)
    shown = {p.get_gid(): p for p in landscape_figure(made).axes[0].patches if isinstance(p, Polygon)}
    for gid, width in (("moves 0 1", 22.0), ("moves 1 2", 4.4)):
        outline = shown[gid].get_xy()
        assert np.hypot(*(outline[0] - outline[-2])) == pytest.approx(width)  # the last point closes it


def test_colour_of_arrows_out_of_the_squeezed_platform_is_darker() -> None:
    figure = landscape_figure(with_moves({(0, 1): 20, (1, 0): 20}))
    ground = {p.get_gid(): to_hex(p.get_facecolor()) for p in figure.axes[0].patches}
    out, back = (style.contrast(ground[gid], style.WHITE) for gid in ("moves 0 1", "moves 1 0"))
    assert out > 3 > back


@pytest.mark.parametrize("number", [1, 2, 3, 8, 12])
def test_no_circle_comes_near_another(number: int) -> None:
    at = centres(number, width=480.0, height=200.0)
    for shares in (np.full(number, 1 / number), np.eye(number)[0] * 0.98 + 0.02 / number):
        scale = radii(shares, at, width=480.0)
        radius = scale * np.sqrt(shares)
        for a in range(number):
            for b in range(a):
                assert np.hypot(*(at[a] - at[b])) >= radius[a] + radius[b] + APART - 1e-6


def test_the_squeezed_platform_stands_at_the_left_and_the_others_go_round_clockwise() -> None:
    at = centres(4, width=200.0, height=100.0)
    assert at[0].tolist() == [-100.0, 0.0]
    assert at[1, 1] > 0 > at[3, 1]
    assert is_steep(at, width=200.0).tolist() == [False, True, False, True]


def test_ways_there_and_back_are_bent_to_different_sides() -> None:
    a, b = np.array([0.0, 0.0]), np.array([100.0, 0.0])
    there, back = curve(a, b, leave=10, reach=10), curve(b, a, leave=10, reach=10)
    assert there[:, 1].max() > 5
    assert back[:, 1].min() < -5
    assert np.hypot(*(there - a).T).min() >= 10
    assert np.isfinite(band(there, 20.0)).all()
    assert np.isfinite(band(there[:3], 20.0)).all()


def test_a_landscape_with_ways_of_its_own_shows_them() -> None:
    named = crowd(3, quiet=True)
    edges = tuple(bl.Edge(origin=a, destination=b) for a, b in (named.platforms[:2], named.platforms[1:]))
    scenario = named.with_({"landscape": bl.Landscape(platforms=named.landscape.platforms, edges=edges)})
    made = bl.simulate(scenario, replicates=2, seed=1)
    assert read_map(made).ways == ((0, 1), (1, 2))
    assert "Thin lines: the ways that the landscape has." in landscape_figure(made).caption.notes[1]
    assert read_map(pair()).ways == ()


def test_the_key_stays_below_the_circles() -> None:
    ax = landscape_figure(runs("one dominates")).axes[0]
    low = ax.get_ylim()[0]
    circles = [p for p in ax.patches if isinstance(p, Circle)][:-1]
    assert min(p.center[1] - p.radius for p in circles) > low + KEY


# ---- arrests and belief ------------------------------------------------------------------------


def with_risks(arrests: float, before: float, after: list[float]) -> bl.Runs:
    """Ten runs of 200 actors: arrests through the first platform in the last step, belief there."""
    quiet = pair()
    caught = np.zeros_like(quiet.data["arrests"].values)
    caught[:, -1, 0] = arrests
    belief = np.full_like(quiet.data["belief"].values, before)
    belief[:, -1, :, 0] = np.array(after)[:, None]
    return changed(quiet, arrests=caught, belief=belief)


def test_belief_that_rises_in_every_run_rises() -> None:
    found = risk_figure(with_risks(20, 0.1, [0.3] * 10)).caption
    assert found.title == (
        "Belief in arrest on Platform A rises from 10% to 30% a year; arrests come to 10% of actors"
    )
    assert "arrests come to 10% (10–10) of all actors, 10% (10–10) through Platform A" in found.subtitle


def test_belief_that_falls_in_every_run_falls() -> None:
    assert "falls from 30% to 10% a year" in risk_figure(with_risks(20, 0.3, [0.1] * 10)).caption.title


def test_a_change_of_belief_that_luck_could_reverse_is_hedged() -> None:
    title = risk_figure(with_risks(20, 0.1, [0.05, 0.3] * 5)).caption.title
    assert title.startswith("No clear change of belief in arrest on Platform A (90% range −5 to +20 points);")


def test_a_change_too_small_to_print_is_hardly_one() -> None:
    title = risk_figure(with_risks(20, 0.1, [0.101] * 10)).caption.title
    assert title.startswith("Belief in arrest on Platform A hardly changes;")


def test_belief_on_a_platform_that_is_closed_is_dated_and_said_to_stay() -> None:
    """The last step but four is the last in which anybody learns."""
    raid = bl.Takedown(platform="Platform A", start=date(2024, 10, 21))
    quiet = bl.simulate(crowd(3, quiet=True).with_(interventions=(raid,)), replicates=10, seed=1)
    belief = np.full_like(quiet.data["belief"].values, 0.02)
    belief[:, 16:, :, 0] = 0.07
    words = risk_figure(changed(quiet, belief=belief)).caption
    assert words.title.startswith(
        "Belief in arrest on Platform A rises from 2% to 7% a year by 21 Oct 2024 and then stays; "
    )
    assert words.subtitle.endswith("7% (7–7) from 21 Oct 2024 to the end.")
    assert "Platform A is closed at the end: what was believed of it stays as it was." in words.notes[1]
    opened = risk_figure(changed(pair(), belief=belief)).caption
    assert "and then stays" not in opened.title
    assert "closed" not in opened.notes[1]


def test_without_arrests_nobody_is_arrested() -> None:
    title = risk_figure(pair()).caption.title
    assert title == "Belief in arrest on Platform A does not change; nobody is arrested"


def test_lines_are_arrests_so_far_and_the_mean_belief_of_the_groups() -> None:
    """140 and 60 actors, more or less: weights by what each run has of them."""
    made = runs()
    told = read_risks(made)
    total = made.data["arrests"].cumsum("time").isel(platform=0).values / 200
    assert told.arrests.shares[:, :, 0] == pytest.approx(total)
    size = made.data["actors_by_group"].isel(time=0).sum("place")
    weighted = (made.data["belief"] * size).sum("group").isel(platform=0) / 200
    assert told.belief.shares[:, :, 0] == pytest.approx(weighted.transpose("replicate", "time").values)
    upper, lower = risk_figure(made).axes
    for ax, one in ((upper, told.arrests), (lower, told.belief)):
        lines = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 21]
        assert any(np.array_equal(line, np.median(one.shares[:, :, 0], axis=0)) for line in lines)


def test_interventions_are_labelled_above_the_upper_panel_only() -> None:
    figure = risk_figure(runs())
    assert texts(figure).count("2 Sep 2024") == 1


# ---- small multiples ---------------------------------------------------------------------------


def ending_with(*shares: list[float]) -> dict[str, bl.Runs]:
    """Panels of ten runs that end with these shares of 200 actors on the first platform."""
    quiet, made = pair(), {}
    for number, ends in enumerate(shares):
        actors = quiet.data["actors"].values.copy()
        actors[:, -1] = 0
        actors[:, -1, 0] = np.round(200 * np.array(ends))
        actors[:, -1, 1] = 200 - actors[:, -1, 0]
        made[f"world {number}"] = changed(quiet, actors=actors)
    return made


def test_the_panels_that_are_furthest_apart_are_named() -> None:
    title = scenario_multiples(ending_with([0.5] * 10, [0.2] * 10, [0.7] * 10)).caption.title
    assert title == ("Platform A ends lowest in “world 1” and highest in “world 2”: 20% and 70% of actors")


def test_panels_that_end_alike_are_named_together() -> None:
    three = ending_with([0.51] * 10, [0.51] * 10, [0.6] * 10)
    assert scenario_multiples(three).caption.title == (
        "Platform A ends lowest in “world 0” and “world 1” and highest in “world 2”: 51% and 60% of actors"
    )
    many = ending_with([0.5] * 10, *[[0.6] * 10] * 4)
    assert (
        "highest in “world 1”, “world 2” and 2 others: 50% and 60%" in scenario_multiples(many).caption.title
    )
    near = ending_with([0.505] * 10, [0.515] * 10)
    assert "lowest in “world 0” and highest in “world 1”" in scenario_multiples(near).caption.title


def closed_for_all(parting: list[float]) -> bl.Runs:
    """Ten runs of two groups that end without anybody on the first platform.

    On the second is all of the one group, and so much of the other; the rest of it is dormant.
    """
    quiet = pair()
    actors = quiet.data["actors_by_group"].values.astype(float)
    size = actors[:, 0].sum(axis=-1)
    actors[:, -1] = 0
    actors[:, -1, 0, 1] = size[:, 0]
    actors[:, -1, 1, 1] = size[:, 1] * parting
    actors[:, -1, 1, 3] = size[:, 1] - actors[:, -1, 1, 1]
    return changed(quiet, actors_by_group=actors)


def test_groups_that_part_elsewhere_are_not_only_said_to_end_the_same() -> None:
    assert group_multiples(closed_for_all([0.4] * 10)).caption.title == (
        "Platform A ends about the same in both groups; furthest apart: Platform B, 100% of “small fry” and "
        "40% of “others”"
    )
    title = group_multiples(closed_for_all([1.0] * 10)).caption.title
    assert title == "Platform A ends about the same in both groups"
    assert group_multiples(closed_for_all([1.0, 0.4] * 5)).caption.title == title


def test_a_difference_that_luck_could_reverse_is_hedged_with_its_range() -> None:
    title = scenario_multiples(ending_with([0.5] * 10, [0.4, 0.65] * 5)).caption.title
    assert title == (
        "No clear difference on Platform A by the end, even between “world 1” and “world 0”: "
        "the 90% range runs from −10 to +15 points"
    )


def test_worlds_that_end_alike_are_said_to() -> None:
    title = scenario_multiples(ending_with([0.5] * 10, [0.5] * 10)).caption.title
    assert title == "Platform A ends about the same in both scenarios"


def test_all_panels_share_one_scale_and_one_order_of_colours() -> None:
    figure = scenario_multiples(ending_with([0.5] * 10, [0.2] * 10, [0.9] * 10))
    assert len(figure.axes) == 3
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    colours = [[line.get_color() for line in ax.lines] for ax in figure.axes]
    assert colours[0] == colours[1] == colours[2]


def test_a_panel_draws_the_medians_of_its_own_runs() -> None:
    made = ending_with([0.5] * 10, [0.2] * 10)
    figure = scenario_multiples(made)
    for ax, end in zip(figure.axes, (0.5, 0.2), strict=True):
        first = next(line for line in ax.lines if line.get_color() == style.platform_look(0).line)
        assert first.get_ydata()[-1] == end


def test_groups_are_drawn_as_shares_of_themselves() -> None:
    made = runs()
    figure = group_multiples(made)
    for ax, group in zip(figure.axes, ("small fry", "others"), strict=True):
        own = made.data["actors_by_group"].sel(group=group).transpose("replicate", "time", "place").values
        share = own[:, :, 0] / own[:, :1].sum(axis=2)
        first = next(line for line in ax.lines if line.get_color() == style.platform_look(0).line)
        assert first.get_ydata() == pytest.approx(np.median(share, axis=0))
    assert {"small fry", "others"} <= set(texts(figure))


def test_scenarios_without_names_are_called_by_their_titles() -> None:
    first = pair()
    other = bl.simulate(first.scenario.with_({"title": "Another crowd"}), replicates=10, seed=1)
    assert {"A crowd", "Another crowd"} <= set(texts(scenario_multiples([first, other])))
    with pytest.raises(DataError, match=r"2 scenarios are called 'A crowd'; give names, as in \{"):
        scenario_multiples([first, first])


def test_worlds_that_do_not_compare_are_refused() -> None:
    other = bl.simulate(crowd(2), replicates=2, seed=1)
    with pytest.raises(
        DataError, match=r"platforms of 'b' is \(.*\), that of 'a' is .*; panels compare only"
    ):
        scenario_multiples({"a": pair(), "b": other})
    longer = bl.simulate(crowd(3, first=0.5, quiet=True).with_({"steps": 21}), replicates=2, seed=1)
    with pytest.raises(DataError, match="steps of 'b' is 21, that of 'a' is 20"):
        scenario_multiples({"a": pair(), "b": longer})


def test_no_runs_or_too_many_are_refused() -> None:
    with pytest.raises(DataError, match="0 sets of runs; a page has room for 1 to 24"):
        scenario_multiples({})
    with pytest.raises(DataError, match="25 sets of runs; a page has room for 1 to 24"):
        scenario_multiples(dict.fromkeys(map(str, range(25)), pair()))


def test_a_group_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no group 'big fish'; the runs have 'small fry', 'others'"):
        group_curves(runs(), "big fish", ax=Figure().add_subplot())


def test_long_names_and_many_panels_do_not_meet() -> None:
    name = "a name of a scenario that goes on and on, number"
    figure = scenario_multiples({f"{name} {k}": runs("strange names") for k in range(7)})
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert "and 1 more." in figure.caption.subtitle


def test_runs_of_other_luck_are_compared_all_with_all_and_the_footer_says_so() -> None:
    two = {"a": pair(), "b": bl.simulate(pair().scenario, replicates=10, seed=2)}
    assert "all pairs of them are compared" in scenario_multiples(two).caption.notes[1]
    assert "seeds 1, 2" in scenario_multiples(two).caption.notes[2]
