"""Figures of the mean field: where it tips, and how far it is from the actors."""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from figures import STRANGE, WORLDS, crowd, faint, outside, overlapping, texts
from matplotlib.figure import Figure

import balloon as bl
from balloon.calibrate import discrepancy as verdicts
from balloon.calibrate.abm import emulate
from balloon.calibrate.discrepancy import AbmCheck
from balloon.cli.run import findings
from balloon.errors import DataError
from balloon.plots import (
    abm_check_figure,
    abm_check_gaps,
    bifurcation_curves,
    discrepancy_curves,
    discrepancy_figure,
    group_multiples,
    landscape_figure,
    migration,
    rest_curves,
    risk_figure,
    save_figure,
    style,
    tipping_figure,
)
from balloon.plots import abm_check_words as bounds
from balloon.plots.agreement import read_gaps
from balloon.plots.bifurcation import UP, read_branches
from balloon.restpoints import Tipping

VALUES = [0.0, 1.0, 2.0, 3.0, 4.0]
PATH = "platforms.{}.undercover"


def tipping(
    up: list[float],
    down: list[float],
    brink: dict[float, float] | None = None,
    *,
    critical: float | None = None,
    back: float | None = None,
    names: tuple[str, ...] = ("A", "B"),
) -> Tipping:
    """Rest points of the first platform as given; the second has the rest, nobody is dormant."""
    branches = {"up": dict(zip(VALUES, up, strict=True)), "down": dict(zip(VALUES, down, strict=True))}
    branches["between"] = brink or {}
    empty = dict.fromkeys((*names[2:], "dormant", "removed"), 0.0)
    rows = [
        {
            "value": value, "branch": branch, "stable": branch != "between", "radius": 0.9,
            names[0]: share, names[1]: 1 - share, **empty,
        }
        for branch, points in branches.items()
        for value, share in points.items()
    ]  # fmt: skip
    return Tipping(
        parameter=PATH.format(names[0]),
        branches=pd.DataFrame(rows),
        critical=critical,
        back=back,
        reversible=up[0] == down[0],
        scenario=crowd(names=names),
    )


def fold() -> Tipping:
    return tipping(
        [0.9, 0.8, 0.7, 0.1, 0.05], [0.9, 0.2, 0.15, 0.1, 0.05], {1.0: 0.4, 2.0: 0.6}, critical=2.5, back=0.5
    )


def gone() -> Tipping:
    return tipping([0.9, 0.8, 0.7, 0.1, 0.05], [0.3, 0.2, 0.15, 0.1, 0.05], {1.0: 0.5}, critical=2.5)


def smooth() -> Tipping:
    return tipping([0.9, 0.7, 0.5, 0.3, 0.1], [0.9, 0.7, 0.5, 0.3, 0.1])


def flat() -> Tipping:
    return tipping([0.5] * 5, [0.5] * 5)


# ---- tipping -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (fold(), "A tips at “A: undercover” = 2.5 and tips back at 0.5"),
        (gone(), "A tips at “A: undercover” = 2.5; going back to 0 does not bring its actors back"),
        (
            tipping([0.9, 0.8, 0.7, 0.1, 0.05], [0.9, 0.8, 0.7, 0.1, 0.05], critical=2.5),
            "A tips at “A: undercover” = 2.5 and comes back without a jump",
        ),
        (
            tipping([0.1, 0.1, 0.1, 0.1, 0.05], [0.9, 0.1, 0.1, 0.1, 0.05], back=0.5),
            "A does not tip as “A: undercover” rises; as it falls again it tips at 0.5",
        ),
        (smooth(), "A does not tip: as “A: undercover” rises it goes from 90% to 10% without a jump"),
        (flat(), "A stays at about 50% of actors, whatever “A: undercover” is in this range"),
    ],
)
def test_the_title_says_whether_the_crowd_tips_and_comes_back(found: Tipping, title: str) -> None:
    assert tipping_figure(found).caption.title == title


def test_branches_are_drawn_as_given_and_broken_where_the_crowd_tips() -> None:
    ax = bifurcation_curves(fold(), ax=Figure(figsize=(8, 5)).add_subplot())
    ways = [line for line in ax.lines if line.get_linewidth() == 2.2]
    rising = [line for line in ways if line.get_color() == UP.line]
    assert [line.get_xdata().tolist() for line in rising] == [[0, 1, 2], [3, 4]]
    assert [line.get_ydata().tolist() for line in rising] == [[0.9, 0.8, 0.7], [0.1, 0.05]]
    falling = [line for line in ways if line.get_color() != UP.line]
    assert [line.get_xdata().tolist() for line in falling] == [[0], [1, 2, 3, 4]]
    brink = read_branches(fold()).brink
    assert np.isnan(brink[[0, 3, 4]]).all()
    assert brink[1:3].tolist() == [0.4, 0.6]


def test_a_single_value_beyond_the_tip_is_drawn_as_a_dot() -> None:
    ax = bifurcation_curves(fold(), ax=Figure(figsize=(8, 5)).add_subplot())
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata().tolist() for line in dots] == [[0]]  # falling, it tips back between 1 and 0
    assert [line.get_ydata().tolist() for line in dots] == [[0.9]]


def test_the_range_in_which_history_matters_is_shaded_and_told() -> None:
    assert read_branches(fold()).apart.tolist() == [False, True, True, False, False]
    words = tipping_figure(fold()).caption
    assert "From 0.5 to 2.5 it matters where the crowd was before." in words.subtitle
    assert "0: 90% rising, 90% falling; 1: 80% rising, 20% falling;" in words.alt
    assert "At no value tried does it matter" in tipping_figure(smooth()).caption.subtitle


def test_a_range_between_two_values_is_shaded_and_told_as_well() -> None:
    shares = [0.9, 0.8, 0.7, 0.1, 0.05]
    words = tipping_figure(tipping(shares, shares, critical=2.75, back=2.25)).caption
    assert "From 2.25 to 2.75 it matters where the crowd was before." in words.subtitle
    assert words.notes[0].startswith("Shaded: where both are stable. Rest points")


def test_without_hysteresis_only_one_way_is_drawn_and_none_is_named() -> None:
    figure = tipping_figure(smooth())
    assert "rising" not in texts(figure)
    assert {"rising", "falling again"} <= set(texts(tipping_figure(fold())))


def test_the_value_of_the_scenario_is_marked_where_it_lies_in_the_range() -> None:
    assert read_branches(fold()).own_value == 0.0
    table = fold().branches.assign(value=fold().branches["value"] + 1)
    later = replace(fold(), branches=table, critical=3.5, back=1.5)
    assert read_branches(later).own_value is None
    assert any("the scenario’s" in text for text in texts(tipping_figure(fold())))


@pytest.mark.parametrize("made", [fold, gone, smooth, flat])
def test_no_text_of_a_bifurcation_meets_another_or_leaves_the_page(made) -> None:
    figure = tipping_figure(made())
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert faint(figure) == []


def test_strange_names_and_tips_at_the_ends_do_not_meet() -> None:
    up, down = [0.9, 0.1, 0.1, 0.1, 0.1], [0.9, 0.1, 0.1, 0.1, 0.1]
    for one in (
        tipping(up, down, critical=0.1, back=0.08, names=STRANGE),
        tipping([0.9] * 4 + [0.1], [0.9] * 4 + [0.1], critical=3.99, back=3.98, names=STRANGE),
    ):
        figure = tipping_figure(one)
        assert overlapping(figure) == []
        assert outside(figure) == []


def test_another_platform_can_be_looked_at_and_a_wrong_one_is_refused() -> None:
    assert tipping_figure(fold(), platform="B").caption.title.startswith("B tips at “A: undercover” = 2.5")
    with pytest.raises(DataError, match="no platform 'C'; the scenario has 'A', 'B'"):
        tipping_figure(fold(), platform="C")


def test_tipping_draws_itself_with_its_provenance_and_the_same_bytes(tmp_path) -> None:
    one, two = (save_figure(fold().plot(), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == two.read_bytes()
    words = tipping_figure(fold()).caption
    assert fold().scenario.sha256 in words.source
    assert fold().scenario.sha256[:12] in words.notes[-1]


def test_a_computed_tipping_knows_its_scenario() -> None:
    calm = bl.load("minimal").without().with_({"behaviour.replacement_rate": 0.05})
    found = bl.tipping(calm, "platforms.Telegram.undercover", (0.0, 0.01), values=3)
    assert found.scenario == calm
    told = read_branches(found)
    up = found.branches[found.branches.branch == "up"]
    assert told.up[:, 0].tolist() == up["Telegram"].tolist()


# ---- how far the mean field is from the actors -------------------------------------------------


@cache
def apart(world: str = "eight platforms") -> bl.agreement.Discrepancy:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bl.BalloonWarning)
        return bl.discrepancy(WORLDS[world](), replicates=3, seed=1)


@pytest.mark.parametrize("world", WORLDS)
def test_no_text_of_a_discrepancy_meets_another_or_leaves_the_page(world: str) -> None:
    figure = discrepancy_figure(apart(world))
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert faint(figure) == []


def test_lines_are_the_gaps_by_place() -> None:
    found = apart()
    ax = discrepancy_curves(found, ax=Figure(figsize=(9, 4)).add_subplot())
    table = found.table[found.table.place == "Platform A"]
    first = next(line for line in ax.lines if line.get_color() == style.platform_look(0).line)
    assert first.get_ydata() == pytest.approx(table.gap.to_numpy())
    assert read_gaps(found).luck[:, 0] == pytest.approx(table.error.to_numpy())


def test_a_gap_no_larger_than_luck_is_said_to_be_luck() -> None:
    found = apart()
    lucky = replace(found, table=found.table.assign(gap=0.01, error=0.02))
    assert discrepancy_figure(lucky).caption.title == (
        "Mean field and actors differ by no more than luck: 1.0 points in the root mean square"
    )
    off = replace(found, table=found.table.assign(gap=0.02, error=0.01))
    assert discrepancy_figure(off).caption.title == (
        "Mean field and actors differ by 2.0 points in the root mean square, where luck alone makes 1.0"
    )


def test_a_discrepancy_draws_itself_with_its_seed(tmp_path) -> None:
    one, two = (save_figure(apart().plot(), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == two.read_bytes()
    assert discrepancy_figure(apart()).caption.notes[-1].endswith("seed 1")


# ---- as a fit sees it --------------------------------------------------------------------------


@cache
def checked() -> AbmCheck:
    scenario = bl.load("minimal").with_({"steps": 8, "population.actors": 400})
    rows = tuple(
        bl.Observation(
            quantity="share",
            start=scenario.start,
            platform=name,
            value=0.1,
            unit="share",
            n=200,
            dispersion=2.0,
        )
        for name in ("Signal", "Viber")
    )
    fit = bl.calibrate(
        scenario, bl.Observations(rows), free={"behaviour.switching_cost": (3.0, 8.0)}, starts=1
    )
    return fit.check_abm(replicates=4)


def off_by(gap: float, *, shift: float = 0.0, wobble: float = 0.0) -> AbmCheck:
    """A check in which each observation is off by so many of its standard deviations, without luck."""
    check = checked()
    return replace(
        check,
        simulated=check.expected + gap * check.sd,
        luck=np.zeros_like(check.luck),
        shift=np.full_like(check.shift, shift),
        wobble=np.full_like(check.wobble, wobble),
    )


def test_the_bounds_drawn_are_those_of_the_verdict() -> None:
    assert (bounds.FINE, bounds.WIDEN) == (verdicts.SMALL, verdicts.LARGE)
    assert set(bounds.VERDICTS) == {verdicts.FINE, verdicts.WIDEN, verdicts.REFUSE}


FINE, NOT = "The mean field may stand for the actors", "The mean field must not stand for the actors"


@pytest.mark.parametrize(
    ("check", "title"),
    [
        ({"gap": 0.2}, f"{FINE}: gaps of up to 0.20 sd of an observation (share)"),
        ({"gap": 0.5}, f"{FINE} with wider intervals: gaps of up to 0.50 sd of an observation (share)"),
        # Without a shift, the square root of 1 + 1.
        (
            {"gap": 0.1, "wobble": 1.0},
            f"{FINE} with wider intervals: that of switching_cost is 1.41 times as wide",
        ),
        ({"gap": 1.5}, f"{NOT}: gaps of up to 1.50 sd of an observation (share)"),
    ],
)
def test_the_title_is_the_verdict_with_what_it_is_by(check: dict[str, float], title: str) -> None:
    assert abm_check_figure(off_by(**check)).caption.title == title


def test_what_emulates_the_actors_is_not_called_the_mean_field() -> None:
    check = off_by(0.5)
    made = emulate(check.problem, check.problem.start, np.eye(1), replicates=2)
    words = abm_check_figure(replace(check, problem=made)).caption
    assert words.title.startswith("The emulator may stand for the actors with wider intervals")
    assert "minus the emulator" in words.alt
    assert "mean field" not in f"{words.title} {words.subtitle} {words.notes} {words.alt}"


def test_dots_are_the_gaps_in_the_error_of_each_observation() -> None:
    check = off_by(0.4)
    ax = abm_check_gaps(check, ax=Figure(figsize=(9, 3)).add_subplot())
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == pytest.approx([0.4, 0.4])
    figure = abm_check_figure(check)
    assert overlapping(figure) == []
    assert outside(figure) == []
    assert faint(figure) == []


def test_a_check_draws_itself_with_the_same_bytes(tmp_path) -> None:
    one, two = (save_figure(checked().plot(), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == two.read_bytes()


def test_axes_in_axes_out_without_pyplot() -> None:
    ax = Figure(figsize=(10, 4)).add_subplot()
    assert rest_curves(fold(), ax=ax) is ax
    assert "matplotlib.pyplot" not in sys.modules


# ---- runs of it --------------------------------------------------------------------------------


def expected(**how: object) -> tuple[bl.Runs, bl.Runs]:
    """Runs of the mean field with and without the interventions, in a world where it is to be doubted."""
    scenario = bl.load("minimal").with_({"behaviour.peer_influence": 4.0, "contacts.kind": "small_world"})
    with pytest.warns(bl.BalloonWarning, match=r"shares are off by 0\.184"):
        return tuple(
            bl.simulate(one, engine="meanfield", seed=1, **how) for one in (scenario, scenario.without())
        )


def test_no_luck_is_in_the_spread_of_expected_numbers() -> None:
    runs, calm = expected(parameters="ranges", replicates=3)
    words = migration(runs, baseline=calm).caption
    assert words.notes[0].startswith("Mean field, expected numbers without luck; 3 runs: line = median")
    assert "the spread is the ranges of the uncertain parameters only." in words.notes[0]
    assert "median of 3 runs without interventions, of the same parameters." in words.notes[1]
    assert "luck" not in "".join([*words.notes, words.alt]).replace("expected numbers without luck", "")
    said = "\n".join(findings(runs, calm, "Telegram"))
    assert "medians need not add up" in said
    assert "* the same without the interventions on Telegram" in said


def test_expected_numbers_of_one_run_are_no_medians_and_have_no_luck_to_share() -> None:
    runs, calm = expected()
    words = migration(runs, baseline=calm).caption
    assert "Thin dashed line: the same without interventions." in words.notes[1]
    assert "luck" not in (words.notes[1] + words.alt).replace("without luck", "")
    said = "\n".join(findings(runs, calm, "Telegram"))
    assert "medians" not in said
    assert "* the same without the interventions on Telegram" in said


def test_the_footer_warns_as_the_run_does_where_the_mean_field_is_to_be_doubted() -> None:
    for figure in (migration, risk_figure, group_multiples, landscape_figure):
        assert "Caution: peer_influence 4 with 10 contacts" in figure(expected()[0]).caption.notes[0]
    good = bl.simulate(bl.load("minimal").with_({"behaviour.peer_influence": 0.5}), engine="meanfield")
    assert "Caution" not in "".join(migration(good).caption.notes)


def test_parameters_given_to_the_mean_field_are_said_to_be_given() -> None:
    scenario = bl.load("minimal").with_({"behaviour.peer_influence": 0.5})
    drawn = [{"behaviour.switching_cost": cost} for cost in (1.0, 2.0)]
    runs = bl.simulate(scenario, engine="meanfield", parameters=drawn, replicates=2)
    assert "the spread is the parameters given for each run only." in migration(runs).caption.notes[0]
    assert "(spread: given parameters)" in migration(runs).caption.alt
