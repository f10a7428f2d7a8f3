"""Measures of the field: golden values of their sources, limits that can be checked by hand, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balloon.errors import DataError, EngineError
from balloon.measures import (
    Measure,
    concentration,
    destination_mix,
    displacement_share,
    gross_effect,
    half_life,
    net_effect,
    out_of_sight,
    success_measure,
    table,
    total_net_effect,
    weighted_displacement,
    weighted_displacement_difference,
    weighted_displacement_quotient,
)
from balloon.measures.measure import MEANINGS

counts = st.integers(1, 10_000)
FLAT = (100, 100)


# ---- golden values -------------------------------------------------------------------------


def test_the_quotient_of_the_source_is_minus_one() -> None:
    target, buffer = (100, 50), (100, 150)
    assert success_measure(target, FLAT) == -0.5
    assert success_measure(buffer, FLAT) == 0.5
    assert weighted_displacement_quotient(target, buffer, FLAT) == -1.0
    assert total_net_effect(target, buffer, FLAT) == 0.0


# Wheeler & Ratcliffe (2018): treated 207 to 110, control 308 to 318, displacement 178 to 157, its
# control 150 to 140; with areas: Wheeler (2021), The WDD test with different area sizes.
@pytest.mark.parametrize(
    ("more", "estimate", "se"),
    [
        ({}, -107.0, math.sqrt(943)),
        ({"areas": (1.2, 0.9, 1.0, 1.0)}, -91.944, 31.51),
        ({"displacement": (178, 157), "displacement_comparison": (150, 140)}, -118.0, math.sqrt(1568)),
        (
            {
                "displacement": (178, 157),
                "displacement_comparison": (150, 140),
                "areas": (1.2, 0.9, 1.5, 1.6),
            },
            -99.69444,
            35.42808,
        ),
    ],
)
def test_the_difference_and_its_error_are_those_of_the_sources(more, estimate: float, se: float) -> None:
    found = weighted_displacement_difference((207, 110), (308, 318), **more)
    assert found.estimate == pytest.approx(estimate, abs=5e-4)
    assert found.se == pytest.approx(se, abs=5e-3)
    assert found.z == pytest.approx(estimate / se, abs=5e-3)


def test_the_standard_error_of_the_source_is_30_7() -> None:
    assert round(float(weighted_displacement_difference((207, 110), (308, 318)).se), 1) == 30.7


# ---- the readings --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "low", "high"),
    [
        (40, 1.0, math.inf),  # the buffer fell more than the target: diffusion larger than the effect
        (70, 0.0, 1.0),  # it fell less: diffusion
        (120, -1.0, 0.0),  # it gained a part of the fall
        (180, -math.inf, -1.0),  # it gained more
    ],
)
def test_the_quotient_lies_where_its_reading_says(after: int, low: float, high: float) -> None:
    assert low < weighted_displacement_quotient((100, 50), (100, after), FLAT) < high


@given(counts, counts, counts)
def test_with_a_flat_comparison_the_quotient_is_minus_the_displacement_share(
    before: int, fall: int, gain: int
) -> None:
    quotient = weighted_displacement_quotient(
        (before + fall, before), (500, 500 + gain), comparison=(1_000, 1_000)
    )
    assert quotient == pytest.approx(-displacement_share(gain, fall), rel=1e-6)


@given(counts, counts, counts, counts)
def test_a_target_that_follows_the_trend_has_no_quotient(a: int, b: int, k: int, d: int) -> None:
    assert np.isnan(weighted_displacement_quotient((k * a, k * b), (d, d), comparison=(a, b)))


@given(counts, counts, counts, counts)
def test_a_target_that_rose_against_the_trend_has_no_quotient(a: int, b: int, d: int, more: int) -> None:
    target = (a, b + more)
    assert np.isnan(weighted_displacement_quotient(target, (d, d), comparison=(a, b)))
    assert net_effect(target, comparison=(a, b)) < 0


def test_where_the_comparison_has_nobody_what_is_divided_by_it_is_nan() -> None:
    nothing = (0, 0)
    assert np.isnan(net_effect((100, 50), nothing))
    assert np.isnan(weighted_displacement_quotient((100, 50), (1, 1), nothing))
    assert np.isnan(total_net_effect((100, 50), (1, 1), nothing))


def test_where_nothing_is_counted_the_difference_has_no_z() -> None:
    found = weighted_displacement_difference((0, 0), (0, 0))
    assert (float(found.estimate), float(found.se)) == (0.0, 0.0)
    assert np.isnan(found.z)


def test_replicates_are_measured_side_by_side() -> None:
    before, after = np.array([[100, 100], [80, 40]])
    assert gross_effect((before, after)).tolist() == [20, 60]
    quotient = weighted_displacement_quotient((before, after), (50, [60, 80]), comparison=FLAT)
    assert quotient.tolist() == pytest.approx([-0.5, -0.5])
    assert weighted_displacement_difference((before, after), FLAT).se.shape == (2,)


# ---- shares and weights --------------------------------------------------------------------


def test_a_loss_of_nothing_has_no_displacement_share() -> None:
    assert np.isnan(displacement_share([5, 5], [0, -3])).all()
    assert np.isnan(weighted_displacement([[5], [5]], [0, -3], weights=[1], source_weight=1)).all()


def test_a_mix_adds_up_to_one_and_has_no_meaning_where_nothing_is_gained() -> None:
    mix = destination_mix([[30, 10, 0], [6, -2, 0], [0, 0, 0], [2, -2, 0]])
    assert mix[:2].tolist() == [[0.75, 0.25, 0.0], [1.5, -0.5, 0.0]]
    assert np.isnan(mix[2:]).all()


def test_equal_weights_give_the_displacement_share() -> None:
    moved, loss = np.array([[30, 10], [0, 12]]), np.array([50, 24])
    weighted = weighted_displacement(moved, loss, weights=[2.0, 2.0], source_weight=2.0)
    assert weighted.tolist() == pytest.approx(displacement_share(moved.sum(axis=1), loss).tolist())


def test_a_move_to_where_nothing_can_be_investigated_leaves_nothing_to_investigate() -> None:
    assert weighted_displacement([100, 0], 100, weights=[0.0, 0.9], source_weight=0.9) == 0.0


@pytest.mark.parametrize(
    ("weights", "source", "message"),
    [
        ([1.0], 1.0, r"weights have shape \(1,\) for \(2,\) destinations; need one for each"),
        ([1.0, -0.5], 1.0, r"weights are \[1.0, -0.5\]; need finite numbers >= 0"),
        ([1.0, math.nan], 1.0, "need finite numbers >= 0"),
        ([1.0, 1.0], 0.0, "source_weight is 0.0; need a finite number > 0"),
    ],
)
def test_impossible_weights_are_refused(weights, source: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        weighted_displacement([1, 2], 3, weights=weights, source_weight=source)


@pytest.mark.parametrize("area", [0.0, -1.0, math.inf, math.nan])
def test_an_area_of_no_size_is_refused(area: float) -> None:
    with pytest.raises(DataError, match="need four finite numbers > 0"):
        weighted_displacement_difference((1, 2), (3, 4), areas=(area, 1.0, 1.0, 1.0))


# ---- concentration and sight ---------------------------------------------------------------


@pytest.mark.parametrize("platforms", [1, 2, 5])
def test_concentration_runs_from_even_to_all_on_one(platforms: int) -> None:
    assert concentration([7] * platforms) == pytest.approx(1 / platforms)
    assert concentration([0] * (platforms - 1) + [9]) == 1.0


def test_nobody_is_neither_concentrated_nor_out_of_sight() -> None:
    assert np.isnan(concentration([[0, 0], [1, 0]])).tolist() == [True, False]
    assert np.isnan(out_of_sight([[0, 0]], [[0.0, 1.0]]))


def test_half_of_the_requests_answered_is_in_sight_and_less_is_not() -> None:
    assert out_of_sight([[10, 30]], cooperation=[[0.5, 0.49]]) == 0.75


def test_sight_may_change_over_time_for_all_replicates() -> None:
    actors = np.array([[[[10, 30]], [[40, 0]]]])  # replicate, time, group, platform
    cooperation = np.array([[[1.0, 0.0]], [[0.0, 0.0]]])  # time, group, platform
    assert out_of_sight(actors, cooperation).tolist() == [[0.75, 1.0]]


# ---- half-life -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([0, 10, 20, 30, 40], 2.0),  # a straight line is half-way half-way
        ([0, 0, 0, 0, 40], 3.5),  # all at once, in the last step
        ([0, 100, 40], 0.2),  # overshoot: the first time counts
        ([30, 40], 0.0),  # there from the start
        ([0, 20, 20, 40], 1.0),  # resting at half: it is reached when first there
    ],
)
def test_half_of_the_loss_is_reached_when_a_ruler_says(loss, expected: float) -> None:
    assert half_life(loss, weeks=1.0) == pytest.approx(expected)
    assert half_life(loss, weeks=2.0) == pytest.approx(2 * expected)


def test_an_exponential_decline_has_the_half_life_of_its_rate() -> None:
    weeks = np.arange(0, 400) * 0.1
    loss = 1_000 * (1 - np.exp(-0.5 * weeks))
    # By the end all but exp(-20) is lost; the line between two steps is off by less than a tenth of one.
    assert half_life(loss, weeks=0.1) == pytest.approx(math.log(2) / 0.5, abs=0.01)


def test_what_is_not_lost_in_the_end_has_no_half_life() -> None:
    assert np.isnan(half_life([[0, 5, 0], [0, 5, -1]], weeks=1.0)).all()


@pytest.mark.parametrize(
    ("loss", "weeks", "message"),
    [
        ([], 1.0, r"loss has shape \(0,\); need a series with at least one step"),
        (3.0, 1.0, "need a series"),
        ([1.0], 0.0, "weeks is 0.0; need the length of a step"),
    ],
)
def test_a_series_without_steps_or_time_is_refused(loss, weeks: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        half_life(loss, weeks=weeks)


# ---- tables --------------------------------------------------------------------------------


def test_a_measure_says_in_how_many_runs_it_has_a_meaning_and_why_not_in_the_others() -> None:
    row = Measure.of("WDQ", [-0.5, math.nan, -0.7, -0.6]).summary()
    assert (row.median, row.runs, row.replicates) == (-0.6, 3, 4)
    assert row.q05 == pytest.approx(-0.69)
    assert row.why_not.startswith("the platform did not shrink against the comparison")


def test_a_measure_with_a_meaning_in_all_runs_gives_no_reason() -> None:
    assert Measure.of("displacement share", [0.5, 0.6], detail="Signal").summary()[:2] == (
        "displacement share, Signal",
        "",
    )
    assert Measure.of("WDQ", [-0.5, -0.6]).summary().why_not == ""


@pytest.mark.parametrize(("values", "median"), [([math.nan] * 3, math.nan), ([1.0, math.nan], 1.0)])
def test_fewer_than_two_runs_with_a_meaning_give_no_range(values, median: float) -> None:
    row = Measure.of("half-life", values).summary()
    assert row.median == pytest.approx(median, nan_ok=True)
    assert np.isnan([row.q05, row.q95]).all()


def test_one_replicate_has_no_interval_and_the_refusal_says_what_to_do() -> None:
    with pytest.raises(EngineError, match=r"WDQ: one replicate gives no 90 % range; .*replicates=2 or more"):
        Measure.of("WDQ", [-0.5]).summary()


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("SDQ", [1.0], "unknown measure 'SDQ'; there are 'gross effect'"),
        ("WDQ", 1.0, r"WDQ: values have shape \(\); need one number per replicate"),
    ],
)
def test_a_measure_that_is_none_is_refused(name: str, values, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Measure.of(name, values)


def test_a_table_has_a_line_for_every_measure() -> None:
    frame = table([Measure.of(name, [0.0, 1.0]) for name in MEANINGS])
    assert frame["measure"].tolist() == list(MEANINGS)
    assert (frame["median"] == 0.5).all()
    assert (frame["reading"].str.len() > 0).all()
