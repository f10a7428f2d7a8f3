"""Pages in a real browser: sliders move them, names are labels, and nothing leaves the machine."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon.pages import WhatIf, explore

EVIL = "<script>alert(1)</script>"


class Visit:
    """A page that is open, and what it asked for and complained of."""

    def __init__(self, browser: Any, file: Path, **how: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_context(**how).new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.file = file
        self.page.goto(file.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def text(self, selector: str) -> str:
        return " ".join(self.page.locator(selector).first.text_content().split())

    def check(self) -> None:
        """Nothing but the file itself and what it holds was asked for, and nothing was wrong."""
        assert [one for one in self.requests if not one.startswith("data:")] == [self.file.as_uri()]
        assert self.complaints == []


@pytest.fixture(scope="module")
def grid() -> WhatIf:
    scenario = bl.load("minimal").with_({"steps": 26, "population.actors": 300})
    vary = {"behaviour.switching_cost": (1, 5, 8), "platforms.Telegram.requests": (0.02, 0.04)}
    return explore(scenario, vary, replicates=12, seed=1)


@pytest.fixture(scope="module")
def file(grid: WhatIf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grid.to_html(tmp_path_factory.mktemp("pages") / "what-if.html")


def table(visit: Visit) -> list[str]:
    return visit.page.locator("#ledger tbody td").all_text_contents()


def test_the_slider_moves_title_table_curves_and_words(browser: Any, file: Path, grid: WhatIf) -> None:
    visit = Visit(browser, file)
    seen = set()
    for number, state in enumerate(grid.states):
        visit.page.locator("#s0").fill(str(number // 2))
        visit.page.locator("#s1").fill(str(number % 2))
        assert visit.text("#title") == state.title == visit.page.title()
        assert visit.text("#said") == " ".join(state.explanation.split())
        mean = float(table(visit)[-3].replace(",", ""))
        assert mean == pytest.approx(state.ledger.rows[0].mean, abs=0.051)
        seen.add((*table(visit), visit.page.locator("#curves .line").first.get_attribute("d")))
    assert len(seen) == len(grid.states)
    visit.check()


def test_the_keyboard_alone_is_enough_and_a_screen_reader_hears_the_value(browser: Any, file: Path) -> None:
    visit = Visit(browser, file)
    page = visit.page
    before = table(visit)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "s0"
    page.keyboard.press("Home")
    assert page.locator("#s0").get_attribute("aria-valuetext") == "1 (utils per unit of friction)"
    assert visit.text("#o0") == "1 (utils per unit of friction)"
    assert page.get_by_role("slider", name="switching cost").input_value() == "0"
    assert table(visit) != before
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # back to the scenario
    assert table(visit) == before
    assert page.locator("#title").get_attribute("aria-live") == "polite"
    visit.check()


def test_without_scripts_the_page_says_so_and_holds_every_state(browser: Any, file: Path) -> None:
    visit = Visit(browser, file, java_script_enabled=False)
    assert "Scripts are off" in visit.text(".note")
    assert not visit.page.locator("#controls").is_visible()
    visit.page.locator("summary").click()
    assert visit.page.locator("table.all tbody tr:visible").count() == 6
    visit.check()


def test_on_paper_the_sliders_are_gone_and_their_values_stand(browser: Any, file: Path) -> None:
    visit = Visit(browser, file)
    visit.page.emulate_media(media="print")
    assert not visit.page.locator("#controls").is_visible()
    assert visit.page.locator("#where").is_visible()
    assert visit.text("#where").startswith("Shown: switching cost 5 (the scenario’s own);")
    visit.check()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_no_wider_than_the_window(browser: Any, file: Path, width: int) -> None:
    visit = Visit(browser, file, viewport={"width": width, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
def test_the_model_on_paper_is_no_wider_than_the_window(browser: Any, tmp_path: Path, width: int) -> None:
    paper = tmp_path / "odd.html"
    bl.describe(bl.load("telegram-korea-2024")).save(paper)
    visit = Visit(browser, paper, viewport={"width": width, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.check()
    visit.check()


def test_labels_of_the_curves_do_not_overlap_nor_leave_the_drawing(browser: Any, file: Path) -> None:
    visit = Visit(browser, file, viewport={"width": 1000, "height": 900})
    boxes = [one.bounding_box() for one in visit.page.locator("#curves .label").all()]
    frame = visit.page.locator("#curves").bounding_box()
    assert all(one["x"] + one["width"] <= frame["x"] + frame["width"] for one in boxes)
    boxes.sort(key=lambda one: one["y"])
    assert all(a["y"] + a["height"] <= b["y"] + 3 for a, b in pairwise(boxes))
    for one in visit.page.locator("#curves .label").all():
        name, value = (part.bounding_box() for part in one.locator("text").all())
        assert name["x"] + name["width"] <= value["x"]


@pytest.fixture(scope="module")
def evil() -> bl.Scenario:
    platforms = tuple(bl.Platform(name=name) for name in (EVIL, "<img src=x onerror=alert(2)>"))
    act = bl.Takedown(platform=EVIL, start=date(2024, 3, 1), label=EVIL)
    return bl.Scenario(
        name=EVIL,
        title="</script><script>alert(3)</script>",
        landscape=bl.Landscape(platforms=platforms),
        population=bl.Population(actors=100, groups=(bl.Group(name=EVIL, start={EVIL: 1.0}),)),
        interventions=(act,),
        start=date(2024, 1, 1),
        steps=12,
    )


def test_a_platform_called_script_is_a_label(browser: Any, evil: bl.Scenario, tmp_path: Path) -> None:
    page = explore(evil, {"behaviour.switching_cost": (1, 6)}, replicates=3, seed=1)
    visit = Visit(browser, page.to_html(tmp_path / "what-if.html"))
    visit.page.locator("#s0").fill("1")
    assert EVIL in visit.text("#said")
    assert EVIL in visit.text("#ledger tbody tr:last-child th")
    assert visit.page.locator("script").count() == 2
    visit.check()


def test_a_brief_shows_its_figure_and_asks_for_nothing(
    browser: Any, evil: bl.Scenario, tmp_path: Path
) -> None:
    for scenario in (bl.load("minimal").with_({"steps": 20}), evil):
        effect = bl.contrast(scenario.without(), scenario, replicates=3, seed=1)
        visit = Visit(browser, effect.brief(tmp_path / "brief.html"))
        image = visit.page.locator("img.curves")
        assert image.evaluate("one => one.decode().then(() => one.naturalWidth > 300)")
        assert visit.page.locator("script").count() == 0
        visit.check()
