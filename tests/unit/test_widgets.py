"""Sliders in a notebook: what they move, and that a name is never more than a label."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import balloon as bl
from balloon.errors import DataError
from balloon.pages import WhatIf, explore

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def grid() -> WhatIf:
    scenario = bl.load("minimal").with_({"steps": 20, "population.actors": 200})
    vary = {"behaviour.switching_cost": (1, 4, 8), "platforms.Telegram.requests": (0.02, 0.04)}
    return explore(scenario, vary, replicates=8, seed=1)


@pytest.fixture
def box(grid: WhatIf) -> Any:
    pytest.importorskip("ipywidgets", reason="no ipywidgets: install the extra 'notebook'")
    return grid.to_widget()


def test_the_sliders_move_finding_words_curves_and_table(box: Any, grid: WhatIf) -> None:
    cost, requests, _, shown = box.children
    seen = set()
    for number, state in enumerate(grid.states):
        cost.value, requests.value = number // 2, number % 2
        assert state.title.replace("'", "&#x27;") in shown.value
        assert f"{state.ledger.rows[0].mean:.1f}" in shown.value
        seen.add(shown.value)
    assert len(seen) == len(grid.states)


def test_the_sliders_begin_next_to_the_scenarios_own_values_and_go_back_there(box: Any) -> None:
    cost, requests, button, shown = box.children
    # The scenario has 5 and 0.02.
    assert (cost.label, requests.label) == (
        "4 (utils per unit of friction)",
        "0.02 (requests per actor-week)",
    )
    before = shown.value
    cost.value, requests.value = 2, 1
    assert shown.value != before
    button.click()
    assert shown.value == before


def test_a_slider_says_what_it_moves_in_words_and_by_its_path(box: Any) -> None:
    cost = box.children[0]
    assert (cost.description, cost.tooltip) == ("switching cost", "behaviour.switching_cost")
    assert cost.description_allow_html is False


def test_two_boxes_of_one_notebook_have_drawings_of_their_own(grid: WhatIf, box: Any) -> None:
    ids = {
        one.children[-1].value.partition('<svg id="')[2].partition('"')[0] for one in (box, grid.to_widget())
    }
    assert len(ids) == 2


def test_a_platform_called_script_is_a_label_in_a_notebook() -> None:
    pytest.importorskip("ipywidgets", reason="no ipywidgets: install the extra 'notebook'")
    platforms = tuple(bl.Platform(name=name) for name in (EVIL, "B"))
    act = bl.Takedown(platform=EVIL, start=np.datetime64("2024-03-01").item(), label=EVIL)
    scenario = bl.Scenario(
        name=EVIL,
        landscape=bl.Landscape(platforms=platforms),
        population=bl.Population(actors=100, groups=(bl.Group(name=EVIL, start={EVIL: 1.0}),)),
        interventions=(act,),
        start=np.datetime64("2024-01-01").item(),
        steps=12,
    )
    found = explore(scenario, {f"platforms.{EVIL}.requests": (0, 0.1)}, replicates=3, seed=1)
    shown = found.to_widget().children[-1].value
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown


def test_one_contrast_is_shown_without_sliders(grid: WhatIf) -> None:
    pytest.importorskip("ipywidgets", reason="no ipywidgets: install the extra 'notebook'")
    scenario = grid.scenarios[1]
    effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=4, seed=1)
    (shown,) = WhatIf.of(effect).to_widget().children
    assert "Shown:" not in shown.value


def test_without_ipywidgets_it_is_said_how_to_install_them(
    grid: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(DataError, match=r"need ipywidgets, .*; install balloon-effect\[notebook\], or write"):
        grid.to_widget()
