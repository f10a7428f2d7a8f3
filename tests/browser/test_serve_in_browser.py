"""The served page in a real browser: it runs, refuses, gives files, and asks no other host."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon.files import from_toml, toml_of

pytest.importorskip("panel", reason="no Panel: install the extra 'dash'")

EVIL = "<script>alert(1)</script>"
SMALL = toml_of("minimal").replace("value = 1000", "value = 200").replace("steps = 52", "steps = 12")
LONG = toml_of("minimal").replace("value = 1000", "value = 20_000").replace("steps = 52", "steps = 300")
CALM = SMALL.replace("value = 0.95, low = 0.9", "value = 0.5, low = 0.1").replace('"minimal"', '"calm"')
BROWSERS_OWN = ("data:", "blob:")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A `balloon serve` of its own process, whose environment asks for files of a content network."""
    file = tmp_path_factory.mktemp("serve") / "small.toml"
    file.write_text(SMALL, encoding="utf-8")
    command = [sys.executable, "-m", "balloon", "serve", str(file), "--port", "0"]
    how = {"cwd": Path(bl.__file__).parents[1], "env": {**os.environ, "BOKEH_RESOURCES": "cdn"}}
    # A runner in the background may ignore SIGINT, and its children would inherit that.
    how["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **how) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found
        yield found[0]
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(timeout=30) == 130
        finally:
            process.kill()


class Visit:
    """A page that is open, and what it asked for and complained of."""

    def __init__(self, browser: Any, address: str, **how: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_context(**how).new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda one: self.requests.append(one.url.replace("ws:", "http:", 1)))
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.set_default_timeout(60_000)
        self.address = address
        self.page.goto(address)
        self.button("Run").wait_for()

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def button(self, name: str, **state: bool) -> Any:
        return self.page.get_by_role("button", name=name, exact=True, **state)

    def write(self, text: str, *, into: str = "Scenario (TOML)") -> None:
        box = self.page.get_by_label(into, exact=True)
        box.fill(text)
        box.blur()

    def run(self) -> None:
        self.button("Run").click()
        self.page.get_by_text("Done.", exact=True).wait_for()
        self.page.get_by_role("heading", name="How to repeat it").wait_for()

    def given(self, name: str) -> Path:
        """The file that a button gives."""
        with self.page.expect_download() as waiting:
            self.button(name).click()
        return Path(waiting.value.path())

    def check(self) -> None:
        """Nothing was asked of any other host, and nothing was wrong."""
        asked = [one for one in self.requests if not one.startswith(BROWSERS_OWN)]
        assert self.address in asked
        assert [one for one in asked if not one.startswith(self.address)] == []
        assert self.complaints == []
        self.page.context.close()


def test_a_run_makes_a_finding_figures_and_a_table(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    visit.page.get_by_label("Pairs of runs").fill("8")
    visit.run()
    scenario = from_toml(SMALL)
    effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=8, seed=1)
    said = visit.page.locator("h2.title + p").text_content()
    assert said == effect.explain()
    figures = visit.page.locator("img.figure").all()
    assert len(figures) == 3
    assert all(one.evaluate("one => one.decode().then(() => one.naturalWidth > 300)") for one in figures)
    assert all(one.get_attribute("alt") for one in figures)
    assert visit.page.get_by_role("row", name="loss of Telegram").count() == 1
    visit.check()


def test_two_scenarios_are_compared_side_by_side(browser: Any, address: str) -> None:
    visit = Visit(browser, address, viewport={"width": 1280, "height": 900})
    visit.page.get_by_label("Compare it with").select_option(label="another scenario")
    visit.write(CALM, into="Compared with (TOML)")
    visit.page.get_by_text("Good: calm").wait_for()
    boxes = [
        visit.page.get_by_label(name, exact=True).bounding_box()
        for name in ("Scenario (TOML)", "Compared with (TOML)")
    ]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    visit.run()
    heads = [
        visit.page.get_by_role("heading", name=name).bounding_box()
        for name in ("Scenario: minimal", "Compared with: calm")
    ]
    assert heads[0]["x"] < heads[1]["x"]
    assert heads[0]["y"] == heads[1]["y"]
    visit.check()


def test_all_errors_of_a_text_are_shown_and_nothing_is_run(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    visit.write(SMALL.replace("steps = 12", 'steps = "many"').replace("requests", "request"))
    alert = visit.page.get_by_role("alert").first
    alert.wait_for()
    assert alert.locator("li").all_text_contents() == [
        "platforms.Telegram.request: unknown key; did you mean 'requests'?",
        "steps: is 'many'; need a whole number",
    ]
    visit.button("Run").click()
    visit.page.get_by_text("Nothing was run").wait_for()
    visit.button("Stop", disabled=True).wait_for()
    visit.check()


def test_a_platform_called_script_is_a_label_on_the_served_page(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    text = re.sub(r'"Telegram answers"|"minimal"', f'"{EVIL}"', SMALL)
    visit.write(re.sub(r'"?\bTelegram\b"?', f'"{EVIL}"', text))
    visit.page.get_by_text(f"Good: {EVIL}").wait_for()
    assert visit.page.get_by_label("Platform in question").input_value() == EVIL
    scripts = visit.page.locator("script").count()
    visit.run()
    assert visit.page.get_by_role("row", name=f"loss of {EVIL}").count() == 1
    assert visit.page.locator("script").count() == scripts
    # A key of this name is shown as well, where it is wrong.
    visit.write(f'{SMALL}\n"{EVIL}" = 1')
    visit.page.get_by_text(f"{EVIL}: unknown key").wait_for()
    visit.check()


def test_figure_data_and_scenario_are_given_as_files(browser: Any, address: str, tmp_path: Path) -> None:
    visit = Visit(browser, address)
    visit.page.get_by_label("Pairs of runs").fill("4")
    visit.run()
    assert visit.given("Figure (PNG)").read_bytes().startswith(b"\x89PNG")
    assert b"<svg " in visit.given("Figure (SVG)").read_bytes()
    assert visit.given("Download this text").read_text("utf-8") == SMALL
    with zipfile.ZipFile(visit.given("Data and scenario (ZIP)")) as archive:
        archive.extractall(tmp_path)
    runs = bl.load_runs(tmp_path / "alternative.nc")
    assert runs.provenance.replicates == 4
    assert runs.scenario == bl.load(tmp_path / "scenario.toml")
    visit.check()


def test_a_file_of_ones_own_is_put_into_the_editor(browser: Any, address: str, tmp_path: Path) -> None:
    visit = Visit(browser, address)
    file = tmp_path / "calm.toml"
    file.write_text(CALM, encoding="utf-8")
    visit.page.get_by_label("Or a file of yours").first.set_input_files(file)
    visit.page.get_by_text("Good: calm").wait_for()
    assert visit.page.get_by_label("Scenario (TOML)", exact=True).input_value() == CALM
    visit.check()


def test_a_long_run_leaves_the_page_free_and_can_be_stopped(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    visit.write(LONG)
    visit.page.get_by_label("Pairs of runs").fill("200")
    visit.button("Run").click()
    visit.page.get_by_text("Running: ").wait_for()
    # Meanwhile another visit begins and its editor answers.
    other = Visit(browser, address)
    other.write("steps = ")
    other.page.get_by_text("not TOML").wait_for()
    other.check()
    visit.button("Stop").click()
    visit.page.get_by_text("Stopped; nothing is shown of it.").wait_for()
    visit.button("Run", disabled=False).wait_for()
    visit.button("Stop", disabled=True).wait_for()
    assert visit.page.locator("h2.title:visible").count() == 0
    visit.check()


def test_the_served_page_is_no_wider_than_the_window(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    visit.page.get_by_label("Pairs of runs").fill("4")
    visit.run()
    for width in (600, 1280):
        visit.page.set_viewport_size({"width": width, "height": 800})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.check()
