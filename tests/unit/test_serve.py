"""The served page: what it may be asked for, runs that can be stopped, and doors that stay shut."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon import cli
from balloon.errors import DataError, ScenarioError
from balloon.files import from_toml, toml_of
from balloon.serve import Live, Wish, Workshop, bounds, read
from balloon.serve.server import open_server, origins, refusal

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
        ("value = 1000,", "value = 1000, low = 1, high = 1e9,", r"population\.actors is up to 1e\+09; the"),
        ("schema_version", 'contacts = { kind = "annealed", degree = 101 }\nschema_version', r"up to 101; "),
        ("schema_version", f"# {'x' * 200_000}\nschema_version", r"letters; the page reads at most 200,000"),
    ],
)
def test_what_would_take_too_long_is_refused_before_it_is_built(old: str, new: str, said: str) -> None:
    from_ = time.monotonic()
    with pytest.raises(ScenarioError, match=said):
        read(MINIMAL.replace(old, new))
    assert time.monotonic() - from_ < 2


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


# ---- the page, without a browser ----------------------------------------------------------


@pytest.fixture
def library() -> Any:
    pytest.importorskip("panel", reason="no Panel: install the extra 'dash'")
    from balloon.serve.door import panel

    return panel()


def finished(page: Any) -> None:
    assert page._live.wait(120)
    page.look()


def test_two_visits_share_nothing_that_was_typed_or_run(library: Any, workshop: Workshop) -> None:
    from balloon.serve.page import Page

    one, other = (Page(library, workshop, SMALL) for _ in range(2))
    one.scenario._text.value = SMALL.replace('"minimal"', '"mine"')
    one.replicates.value = 4
    one.run.clicks += 1
    finished(one)
    assert "mine" in one.shown._panes["again"].object
    assert one.shown.view.visible
    assert other.scenario.text == SMALL
    assert other.replicates.value == 50
    assert not other.shown.view.visible


def test_a_text_with_problems_runs_nothing_and_says_them(library: Any, workshop: Workshop) -> None:
    from balloon.serve.page import Page

    page = Page(library, workshop, SMALL)
    page.scenario._text.value = SMALL.replace("steps = 12", f'steps = 0\n"{EVIL}" = 1')
    page.run.clicks += 1
    assert page._live is None
    assert "unknown key" in page.scenario._said.object
    assert "<script" not in page.scenario._said.object
    assert "Nothing was run" in page.said.object


def test_a_refusal_of_the_run_stands_on_the_page(library: Any, workshop: Workshop) -> None:
    from balloon.serve.page import Page

    page = Page(library, workshop, SMALL)
    page.platform.value = "Viber"
    page.run.clicks += 1
    assert "nothing is done on &#x27;Viber&#x27;" in page.said.object
    assert not page.run.disabled


def test_leaving_the_page_stops_its_run(library: Any, workshop: Workshop) -> None:
    from balloon.serve.page import Page

    page = Page(library, workshop, HARD)
    page.replicates.value = 150
    page.run.clicks += 1
    page.leave()
    assert ended(page._live).progress.state == "stopped"
    page.look()
    assert page.said.object == '<p role="status">Stopped; nothing is shown of it.</p>'


def test_a_file_that_is_not_utf_8_is_refused_with_its_name(library: Any, workshop: Workshop) -> None:
    from balloon.serve.page import Page

    page = Page(library, workshop, SMALL)
    page.scenario._file.param.update(filename="mine.toml", value=b"name = '\xff'")
    assert "mine.toml: byte 8 is not UTF-8; save the file as UTF-8" in page.scenario._said.object
    assert page.scenario.text == SMALL


def test_the_platform_in_question_follows_the_scenario_until_another_is_chosen(
    library: Any, workshop: Workshop
) -> None:
    from balloon.serve.page import Page

    page = Page(library, workshop, SMALL)
    assert page.platform.value == "Telegram"
    page.platform.value = "Viber"
    page.scenario._text.value = SMALL.replace('"minimal"', '"still"')
    assert page.platform.value == "Viber"
    page.scenario._text.value = toml_of("kakaotalk-exile-2014")
    assert page.platform.value == bl.load("kakaotalk-exile-2014").squeezed


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


def test_ipv6_is_refused(library: Any, workshop: Workshop) -> None:
    with pytest.raises(DataError, match="address '::1': IPv6 is not served; give an IPv4 address or a name"):
        open_server(SMALL, workshop, address="::1")


def test_without_panel_the_command_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "panel", None)
    assert cli.main(["serve"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("balloon: the served page needs Panel, which cannot be loaded (")
    assert "install balloon-effect[dash]" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.toml"], "nothing.toml: cannot be read (No such file or directory); check the path"),
        (["minimal", "--name", "desk"], "--name desk: others do not reach 127.0.0.1; give --address as well"),
    ],
)
def test_a_command_that_cannot_be_is_refused(
    library: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.main(["serve", *arguments]) == 2
    assert said in capsys.readouterr().err


class Serving:
    """A `balloon serve` of its own process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "balloon", "serve", "minimal", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(bl.__file__).parents[1],
            # A runner in the background may ignore SIGINT, and its children would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )
        assert self.process.stdout is not None
        found = re.search(r"http://([\d.]+):(\d+)/", self.process.stdout.readline())
        assert found
        self.address, self.port = found[1], int(found[2])

    def stop(self) -> tuple[int, str]:
        """Ctrl-C; the exit code, and what was said on stderr."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


def answer(port: int, *, host: str, origin: str, path: str = "/ws") -> int:
    """Status of the answer to a request to open a websocket from a page of this origin."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        one.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(one.recv(64).split()[1])


def test_ctrl_c_ends_with_130_and_frees_the_port_which_was_nobody_elses(library: Any) -> None:
    serving = Serving("--port", "0")
    again = [sys.executable, "-m", "balloon", "serve", "minimal", "--port", str(serving.port)]
    second = subprocess.run(again, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 2
    assert f"port {serving.port} on 127.0.0.1 is in use" in second.stderr
    assert "--port 0 for any that is free" in second.stderr
    assert serving.address == "127.0.0.1"
    # A page of another host, also one whose name was bent to this machine, opens no session.
    own = f"127.0.0.1:{serving.port}"
    assert answer(serving.port, host=own, origin="http://evil.example") == 403
    assert answer(serving.port, host=f"evil.example:{serving.port}", origin="http://evil.example") == 403
    code, said = serving.stop()
    assert code == 130
    assert said.endswith("balloon: stopped; what ran on the page is gone\n")
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", serving.port))


def test_an_open_address_is_served_with_a_word_on_what_that_means(library: Any) -> None:
    serving = Serving("--port", "0", "--address", "0.0.0.0")
    code, said = serving.stop()
    assert code == 130
    assert "warning: everybody who reaches 0.0.0.0 can open the page: there is no password and no enc" in said
    assert f"ssh -L {serving.port}:127.0.0.1:{serving.port}" in said
