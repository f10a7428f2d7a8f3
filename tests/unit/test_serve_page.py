"""The served page and its server, without a browser; needs Panel."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import balloon as bl
from balloon import cli
from balloon.errors import DataError
from balloon.files import toml_of
from balloon.serve import Live, Workshop
from balloon.serve.door import panel
from balloon.serve.page import Page
from balloon.serve.server import open_server

pytest.importorskip("panel", reason="no Panel: install the extra 'dash'")

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


@pytest.fixture(scope="module")
def library() -> Any:
    return panel()


def ended(live: Live) -> Live:
    assert live.wait(120)
    return live


def finished(page: Any) -> None:
    assert page._live.wait(120)
    page.look()


def test_two_visits_share_nothing_that_was_typed_or_run(library: Any, workshop: Workshop) -> None:
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
    page = Page(library, workshop, SMALL)
    page.scenario._text.value = SMALL.replace("steps = 12", f'steps = 0\n"{EVIL}" = 1')
    page.run.clicks += 1
    assert page._live is None
    assert "unknown key" in page.scenario._said.object
    assert "<script" not in page.scenario._said.object
    assert "Nothing was run" in page.said.object


def test_a_refusal_of_the_run_stands_on_the_page(library: Any, workshop: Workshop) -> None:
    page = Page(library, workshop, SMALL)
    page.platform.value = "Viber"
    page.run.clicks += 1
    assert "nothing is done on &#x27;Viber&#x27;" in page.said.object
    assert not page.run.disabled


def test_leaving_the_page_stops_its_run(library: Any, workshop: Workshop) -> None:
    page = Page(library, workshop, HARD)
    page.replicates.value = 150
    page.run.clicks += 1
    page.leave()
    assert ended(page._live).progress.state == "stopped"
    page.look()
    assert page.said.object == '<p role="status">Stopped; nothing is shown of it.</p>'


def test_that_a_run_is_over_is_said_when_all_is_in_place(library: Any, workshop: Workshop) -> None:
    seen = []
    for wanted, said in ((True, "Done."), (False, "Stopped; nothing is shown of it.")):
        page = Page(library, workshop, SMALL if wanted else HARD)
        page.replicates.value = 4
        page.said.param.watch(
            lambda event, page=page: seen.append(
                (event.new, page.run.disabled, page.stop.disabled, page.shown.view.visible)
            ),
            "object",
        )
        page.run.clicks += 1
        if not wanted:
            page.stop.clicks += 1
        finished(page)
        assert seen[-1] == (f'<p role="status">{said}</p>', False, True, wanted)
        assert all(one[1:] == (True, False, False) for one in seen[:-1])
        seen.clear()


def test_a_run_that_is_done_though_it_was_stopped_shows_nothing(
    library: Any, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(library, workshop, SMALL)
    page.replicates.value = 2
    made = Live._made

    def stopped_at_the_last_moment(live: Live) -> Any:
        outcome = made(live)
        live.stop()
        return outcome

    monkeypatch.setattr(Live, "_made", stopped_at_the_last_moment)
    page.run.clicks += 1
    finished(page)
    assert page.said.object == '<p role="status">Stopped; nothing is shown of it.</p>'
    assert not page.shown.view.visible


def test_a_file_that_is_not_utf_8_is_refused_with_its_name(library: Any, workshop: Workshop) -> None:
    page = Page(library, workshop, SMALL)
    page.scenario._file.param.update(filename="mine.toml", value=b"name = '\xff'")
    assert "mine.toml: byte 8 is not UTF-8; save the file as UTF-8" in page.scenario._said.object
    assert page.scenario.text == SMALL


def test_the_platform_in_question_follows_the_scenario_until_another_is_chosen(
    library: Any, workshop: Workshop
) -> None:
    page = Page(library, workshop, SMALL)
    assert page.platform.value == "Telegram"
    page.platform.value = "Viber"
    page.scenario._text.value = SMALL.replace('"minimal"', '"still"')
    assert page.platform.value == "Viber"
    page.scenario._text.value = toml_of("kakaotalk-exile-2014")
    assert page.platform.value == bl.load("kakaotalk-exile-2014").squeezed


# ---- the server and the command -----------------------------------------------------------


def test_ipv6_is_refused(library: Any, workshop: Workshop) -> None:
    with pytest.raises(DataError, match="address '::1': IPv6 is not served; give an IPv4 address or a name"):
        open_server(SMALL, workshop, address="::1")


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
