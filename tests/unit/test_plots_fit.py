"""The figures of a fit: words that the numbers bear out, and panels for every observation."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import balloon as bl
from balloon.calibrate import identifiability
from balloon.plots import save_figure
from balloon.plots.fit import correlation_figure, fit_figure, panels, profile_figure


@pytest.fixture(scope="module")
def fit() -> bl.Fit:
    name = "whatsapp-policy-2021"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bl.BalloonWarning)
        return bl.calibrate(bl.load(name), bl.read_observations(name), free=["behaviour.trial"], starts=1)


def test_single_rows_of_a_quantity_share_a_panel_and_series_have_their_own(fit: bl.Fit) -> None:
    found = panels(tuple(fit.problem.observations))
    assert found == [("joins, Signal (count)", [0, 1, 2, 3]), ("active (%)", [4, 5, 6, 7])]


def test_the_title_says_that_the_model_does_not_make_the_installs_of_january(fit: bl.Fit) -> None:
    assert fit.check().p < 0.05
    words = fit_figure(fit).caption
    assert words is not None
    assert words.title == "The fitted model makes data unlike these; 1 of 1 parameter is told"
    assert "2021-01-01..2021-02-01" in words.subtitle
    assert f"behaviour.trial {fit.estimates['behaviour.trial']:.3g}" in words.alt


def test_bounds_are_told_as_bounds_and_what_is_expected_lies_inside_what_is_made() -> None:
    name = "encrypted-phones-2020"
    fit = bl.calibrate(bl.load(name), bl.read_observations(name), free=["platforms.ANOM.asc"], starts=1)
    rows, check = fit.check().rows(), fit.check()
    assert rows.observed.isna().tolist() == [False, True, False, False]
    figure = fit_figure(fit)
    words = figure.caption
    assert words is not None
    assert "active, 'Sky ECC', 2021-02-15..2021-03-09 between 70,000 and 170,000 (" in words.alt
    assert "120,000" not in words.alt
    # The bands of the figure are of the same draws, so that an error of its own widens them.
    assert (np.quantile(check.predicted, 0.95, axis=0) < rows.high).all()
    assert (np.quantile(check.predicted, 0.05, axis=0) > rows.low).all()


def test_figures_are_written_with_their_words_and_the_same_bytes(fit: bl.Fit, tmp_path: Path) -> None:
    one, two = (save_figure(fit_figure(fit), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == two.read_bytes()
    with Image.open(one) as picture:
        assert picture.info["Title"].startswith("The fitted model")
    save_figure(profile_figure(fit, "behaviour.trial"), tmp_path / "profile.svg")
    assert "aria-label" in (tmp_path / "profile.svg").read_text(encoding="utf-8")


def test_the_profile_of_a_parameter_that_is_not_told_is_no_finding(fit: bl.Fit) -> None:
    told = profile_figure(fit, "behaviour.trial").caption
    assert told is not None
    assert told.title.startswith("trial is 0.")
    with pytest.MonkeyPatch.context() as patch:
        for bar in ("TOUCHED", "CONTRACTED"):  # no data would be good enough
            patch.setattr(identifiability, bar, 1.1)
        words = profile_figure(fit, "behaviour.trial").caption
    assert words is not None
    assert words.title == "trial is not told by these data: the prior is returned"
    assert "hardly faster than the prior does alone" in words.subtitle


def test_the_pair_is_the_one_correlated_most(fit: bl.Fit) -> None:
    words = correlation_figure(fit).caption
    assert words is not None
    assert words.title.startswith("trial and scale.worldwide")


def test_the_exile_of_2014_overshoots_and_comes_back_in_part() -> None:
    path = Path(__file__).parents[2] / "examples" / "worked_cases.py"
    name = "kakaotalk-exile-2014"
    found = runpy.run_path(str(path))["CASES"][name]._replace(starts=1).fit(name)
    assert found.check().p > 0.05
    told = found.check().rows().expected.to_numpy()
    assert told[0] < told[5] < told[3]
    assert "behaviour.uninstall_probability" in found.identified
