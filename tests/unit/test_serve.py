"""The served page: what it may be asked for, runs that can be stopped, and doors that stay shut."""

from __future__ import annotations

import io
import re
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import balloon as bl
from balloon import cli
from balloon.errors import ScenarioError
from balloon.files import from_toml, toml_of
from balloon.serve import Live, Wish, Workshop, bounds, read
from balloon.serve.server import origins, refusal

EVIL = "<script>alert(1)</script>"
MINIMAL = toml_of("minimal")
SMALL = MINIMAL.replace("value = 1000", "value = 200").replace("steps = 52", "steps = 12")
HARD = MINIMAL.replace("value = 1000", "value = 50_000").replace("steps = 52", "steps = 200")
"""A replicate of it takes seconds."""


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop(workers=2)
    yield made
    made.close()


def ended(live: Live) -> Live:
    assert live.wait(120)
    return live


# ---- what may be asked for ----------------------------------------------------------------


def test_the_scenario_of_a_text_is_that_of_its_file() -> None:
    assert read(MINIMAL) == bl.load("minimal")


def test_all_that_is_wrong_with_a_text_is_said_at_once() -> None:
    text = MINIMAL.replace("steps = 52", 'steps = "many"').replace("requests", "request")
    with pytest.raises(ScenarioError) as caught:
        read(text)
    assert caught.value.problems == (
        "platforms.Telegram.request: unknown key; did you mean 'requests'?",
        "steps: is 'many'; need a whole number",
    )


def test_a_text_is_read_and_never_run() -> None:
    with pytest.raises(ScenarioError, match="not TOML: "):
        read("__import__('os').abort()")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("steps = 52", "steps = 2_000_000_000", r"steps is 2,000,000,000; the page takes at most 2,000; the"),
        ("value = 1000", "value = 50001", r"population\.actors is 50,001; the page takes at most 50,000"),
        ("value = 1000,", "value = 1000, low = 1, high = 1e9,", r"population: actors has a range; "),
        ("schema_version", 'contacts = { kind = "annealed", degree = 101 }\nschema_version', r"up to 101; "),
        ("schema_version", f"# {'x' * 200_000}\nschema_version", r"letters; the page reads at most 200,000"),
    ],
)
def test_what_would_take_too_long_is_refused_before_it_is_built(old: str, new: str, said: str) -> None:
    from_ = time.thread_time()
    with pytest.raises(ScenarioError, match=said):
        read(MINIMAL.replace(old, new))
    assert time.thread_time() - from_ < 2


def test_too_many_platforms_are_refused_with_their_number() -> None:
    more = "\n".join(f"platforms.P{k}.asc = 0.0" for k in range(28))
    with pytest.raises(ScenarioError, match=r"^31 platforms; the page takes at most 30; "):
        read(f"{MINIMAL}{more}")


@pytest.mark.parametrize("replicates", [1, 501])
def test_a_number_of_pairs_that_the_page_does_not_run_is_refused(replicates: int) -> None:
    with pytest.raises(ScenarioError, match=f"replicates is {replicates}; the page runs from 2 to 500; "):
        Wish(scenario=SMALL, replicates=replicates).worlds()


def test_a_run_that_is_too_long_is_refused_with_what_makes_it_shorter() -> None:
    # 500 pairs x 2 worlds x 50,000 actors x 200 steps
    said = (
        r"500 pairs of runs are 10,000,000,000 actor-steps; the page does at most 4,000,000,000: take fewer"
    )
    with pytest.raises(ScenarioError, match=said):
        Wish(scenario=HARD, replicates=500).worlds()


def test_counts_beyond_the_memory_of_a_page_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "COUNTS", 16_249)
    # 10 pairs x 13 dates x 5 places squared x (2 + 3 x 1 group)
    with pytest.raises(ScenarioError, match=r"10 pairs of runs leave 16,250 counts; the page keeps at most"):
        Wish(scenario=SMALL, replicates=10).worlds()


def test_problems_of_both_texts_are_told_apart() -> None:
    with pytest.raises(ScenarioError) as caught:
        Wish(scenario="a =", baseline=MINIMAL.replace("steps = 52", "steps = 0")).worlds()
    assert [one.partition(": ")[0] for one in caught.value.problems] == ["scenario", "compared with"]


def test_scenarios_of_other_actors_are_not_compared() -> None:
    with pytest.raises(ScenarioError, match="actors"):
        Wish(scenario=SMALL, baseline=MINIMAL).worlds()


def test_a_platform_on_which_nothing_is_done_leaves_nothing_to_compare() -> None:
    with pytest.raises(ScenarioError, match="nothing is done on 'Signal' in 'minimal', so there is nothing"):
        Wish(scenario=SMALL, platform="Signal").worlds()


def test_a_platform_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ScenarioError, match="platform 'Sgnal' is not there; there are 'Telegram', 'Signal'"):
        Wish(scenario=SMALL, platform="Sgnal").worlds()


def test_ranges_are_refused_where_there_are_none() -> None:
    text = re.sub(r"low = [\d.]+, high = [\d.]+, ", "", SMALL)
    with pytest.raises(ScenarioError, match="no parameter has a range to draw from; hold the parameters"):
        Wish(scenario=text, ranges=True).worlds()


# ---- runs ---------------------------------------------------------------------------------


def test_a_run_says_what_a_contrast_says_and_gives_its_files(workshop: Workshop, tmp_path: Path) -> None:
    live = ended(workshop.begin(Wish(scenario=SMALL, replicates=8, seed=3)))
    assert live.progress == ("done", 8, 8)
    assert live.outcome is not None
    scenario = from_toml(SMALL)
    effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=8, seed=3)
    assert effect.explain().partition(":")[0] in live.outcome.finding
    with zipfile.ZipFile(io.BytesIO(live.outcome.files["contrast.zip"])) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
    assert names == ["ledger.csv", "measures.csv", "baseline.nc", "alternative.nc", "scenario.toml"]
    assert bl.load_runs(tmp_path / "alternative.nc").identical(effect.alternative)
    assert (tmp_path / "scenario.toml").read_text("utf-8") == SMALL
    assert live.outcome.files["contrast.png"].startswith(b"\x89PNG")


def test_the_same_wish_gives_the_same_bytes(workshop: Workshop) -> None:
    wish = Wish(scenario=SMALL, replicates=4)
    first, second = (ended(workshop.begin(wish)).outcome for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.files["contrast.svg"] == second.files["contrast.svg"]
    assert first.sides == second.sides


def test_every_name_is_a_label(workshop: Workshop) -> None:
    text = SMALL.replace('"minimal"', f'"{EVIL}"').replace("Telegram answers", EVIL)
    text = re.sub(r"\bTelegram\b", f'"{EVIL}"', text).replace(f'""{EVIL}""', f'"{EVIL}"')
    outcome = ended(workshop.begin(Wish(scenario=text, replicates=4))).outcome
    assert outcome is not None
    whole = "".join((outcome.finding, outcome.figure, *outcome.sides, outcome.ledger, outcome.again))
    assert "&lt;script&gt;" in whole
    assert "<script" not in whole


def test_two_worlds_are_drawn_on_one_scale(workshop: Workshop) -> None:
    calmer = SMALL.replace("value = 0.95, low = 0.9", "value = 0.5, low = 0.1")
    outcome = ended(workshop.begin(Wish(scenario=SMALL, baseline=calmer, replicates=4))).outcome
    assert outcome is not None
    sizes = {re.search(r"viewBox=.*?\"", _svg(side))[0] for side in outcome.sides}  # type: ignore[index]
    assert len(sizes) == 1
    assert "Scenario: minimal" in outcome.sides[0]
    assert "Compared with: minimal" in outcome.sides[1]


def _svg(html: str) -> str:
    import base64

    found = re.search(r"base64,([^\"]+)", html)
    assert found
    return base64.b64decode(found[1]).decode()


def test_a_run_that_is_stopped_ends_early_and_shows_nothing(workshop: Workshop) -> None:
    live = workshop.begin(Wish(scenario=HARD, replicates=200))
    while live.progress.state == "waiting":
        time.sleep(0.01)
    live.stop()
    assert ended(live).progress.state == "stopped"
    assert live.progress.done < 200
    assert live.outcome is None


def test_a_run_that_waits_in_line_is_stopped_at_once() -> None:
    workshop, gate = Workshop(workers=1, at_once=1), threading.Event()
    try:
        workshop._runs.submit(gate.wait)
        live = workshop.begin(Wish(scenario=SMALL))
        assert live.progress.state == "waiting"
        live.stop()
        assert live.wait(0)
        assert live.progress.state == "stopped"
    finally:
        gate.set()
        workshop.close()


def test_what_goes_wrong_in_a_run_is_said_by_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody there")

    monkeypatch.setattr("balloon.serve.live.contrast", broken)
    live = ended(workshop.begin(Wish(scenario=SMALL)))
    assert live.progress.state == "refused"
    assert live.problems == ("the run failed: ZeroDivisionError: nobody there",)


# ---- the server and the command -----------------------------------------------------------


def test_a_session_is_opened_by_the_names_of_this_server_only() -> None:
    assert origins("10.0.0.5", 80, ["desk"]) == ["10.0.0.5:80", f"{socket.gethostname()}:80", "desk:80"]
    assert origins("0.0.0.0", 80) == [f"{socket.gethostname()}:80"]


def test_an_address_of_another_machine_is_refused_with_the_way_out() -> None:
    said = refusal(OSError(99, "Cannot assign requested address"), "10.9.9.9", 5006)
    assert said.startswith("address '10.9.9.9': is none of this machine (Cannot assign requested address); ")


def test_a_port_of_the_system_is_refused_with_the_way_out() -> None:
    said = refusal(PermissionError(13, "Permission denied"), "127.0.0.1", 80)
    assert said == "port 80: this user may not open it; choose one from 1024 on by --port"


def test_without_panel_the_command_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "panel", None)
    assert cli.main(["serve"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("balloon: the served page needs Panel, which cannot be loaded (")
    assert "install balloon-effect[dash]" in said
