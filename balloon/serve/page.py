"""The page of one visit: editors, how to run, how far it is, what came out; no state is shared."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from balloon.errors import BalloonError
from balloon.pages.markup import items
from balloon.pages.slides import CAUTION
from balloon.serve.bounds import REPLICATES
from balloon.serve.editor import SIDE, Editor
from balloon.serve.outcome import ARCHIVE, FIGURES
from balloon.serve.wish import Wish

if TYPE_CHECKING:
    from balloon.scenario import Scenario
    from balloon.serve.live import Live, Progress, Workshop

LOOK = 250
"""Milliseconds between two looks at a run."""
WITHOUT, OTHER = "itself without the interventions", "another scenario"
HELD, RANGES = "held at their values", "drawn from their ranges"
SAID = {
    "waiting": "Waiting for other runs on this machine.",
    "drawing": "All runs are done; drawing.",
    "done": "Done.",
    "stopped": "Stopped; nothing is shown of it.",
}


def asset(name: str) -> str:
    """A file of the page."""
    return (files("balloon.serve") / "assets" / name).read_text("utf-8")


def visit(library: Any, workshop: Workshop, text: str, origins: Sequence[str]) -> Any:
    """A page of its own for one visit; what it runs is stopped when it is left.

    ``origins`` are the hosts, with their port, that its websocket may be opened on.
    """
    page = Page(library, workshop, text)
    library.state.on_session_destroyed(lambda _: page.leave())
    template = library.Template(asset("serve.html"))
    template.add_variable("css", asset("serve.css"))
    template.add_variable("caution", CAUTION)
    template.add_variable("sockets", " ".join(f"ws://{one}" for one in origins))
    template.add_panel("page", page.view)
    return template


class Page:
    """What is on it, and what its buttons do."""

    def __init__(self, library: Any, workshop: Workshop, text: str) -> None:
        self._workshop = workshop
        self._live: Live | None = None
        self._about = ""
        style, widgets = asset("serve.css"), library.widgets
        self.scenario = Editor(library, title="Scenario", file="scenario.toml", text=text, style=style)
        self.other = Editor(library, title="Compared with", file="baseline.toml", text=text, style=style)
        self.other.view.visible = False
        self.against = widgets.Select(label="Compare it with", options=[WITHOUT, OTHER])
        self.platform = widgets.Select(label="Platform in question", options=[])
        self.replicates = widgets.IntInput(label="Pairs of runs", value=50, start=2, end=REPLICATES)
        self.seed = widgets.IntInput(label="Seed", value=1, start=0, end=2**31 - 1)
        self.parameters = widgets.Select(label="Parameters", options=[HELD, RANGES])
        self.run = widgets.Button(label="Run", color="primary", align="end")
        self.stop = widgets.Button(label="Stop", disabled=True, align="end")
        self.bar = library.indicators.Progress(value=0, max=1, sizing_mode="stretch_width", visible=False)
        self.said = library.pane.HTML("", stylesheets=[style], sizing_mode="stretch_width")
        self.shown = Shown(library, style)
        self._looks = library.state.add_periodic_callback(self.look, period=LOOK, start=False)
        self.against.param.watch(self._choose, "value")
        self.run.on_click(self._run)
        self.stop.on_click(self._stop)
        self.scenario.when_good(self._platforms)
        self.scenario.check()
        self.other.check()
        self.view = self._arranged(library)

    def _arranged(self, library: Any) -> Any:
        wide = {"sizing_mode": "stretch_width"}
        how = (self.against, self.platform, self.replicates, self.seed, self.parameters, self.run, self.stop)
        for one, room in ((self.against, 250), (self.platform, 200), (self.parameters, 200)):
            one.width = room
        for one in (self.replicates, self.seed):
            one.width = 110
        return library.Column(
            library.FlexBox(self.scenario.view, self.other.view, gap="0 1.5rem", **wide),
            library.FlexBox(*how, align_items="end", css_classes=["how"], **wide),
            self.said,
            self.bar,
            self.shown.view,
            **wide,
        )

    def wish(self) -> Wish:
        """What is asked for, as it stands."""
        return Wish(
            scenario=self.scenario.text,
            baseline=self.other.text if self.against.value == OTHER else None,
            platform=self.platform.value or "",
            replicates=self.replicates.value or 0,
            seed=self.seed.value or 0,
            ranges=self.parameters.value == RANGES,
        )

    def look(self) -> None:
        """Show how far the run is, and what came out; it is said last, when all it speaks of is in place."""
        live = self._live
        if live is None:
            return
        now = live.progress
        self.bar.value = now.done
        if now.over:
            self._looks.stop()
            self._busy(running=False)
            if live.outcome is not None:
                self.shown.show(live.outcome)
        if now.state == "refused":
            self._refuse(*live.problems)
        else:
            self.said.object = f'<p role="status">{_in_words(now, stopping=live.unwanted)}</p>'

    def leave(self) -> None:
        """Stop what runs."""
        if self._live is not None:
            self._live.stop()

    def _choose(self, event: Any) -> None:
        self.other.view.visible = event.new == OTHER

    def _platforms(self, scenario: Scenario) -> None:
        """Offer the platforms there are; the one that the scenario is about until another is chosen."""
        chosen = self.platform.value
        self.platform.options = list(scenario.platforms)
        keep = self._about == scenario.squeezed and chosen in scenario.platforms
        self.platform.value = chosen if keep else scenario.squeezed
        self._about = scenario.squeezed

    def _run(self, _: object) -> None:
        wish = self.wish()
        self.shown.hide()
        editors = [self.scenario, *([self.other] if wish.baseline is not None else [])]
        checked = [one.check() for one in editors]  # all of them, so that each says what is wrong
        if None in checked:
            self._refuse("Nothing was run: what is wrong is said under the text.")
            return
        try:
            self._live = self._workshop.begin(wish)
        except BalloonError as error:
            self._refuse(*str(error).splitlines())
            return
        self.bar.max = wish.replicates
        self._busy(running=True)
        self.look()
        self._looks.start()

    def _stop(self, _: object) -> None:
        self.leave()
        self.look()

    def _busy(self, *, running: bool) -> None:
        self.run.disabled, self.stop.disabled, self.bar.visible = running, not running, running

    def _refuse(self, *problems: str) -> None:
        self.said.object = f'<div class="bad" role="alert">{items(problems)}</div>'


class Shown:
    """What came out of a run, and what can be taken away."""

    def __init__(self, library: Any, style: str) -> None:
        wide = {"sizing_mode": "stretch_width"}
        names = ("finding", "figure", "left", "right", "ledger", "again")
        self._panes = {name: library.pane.HTML("", stylesheets=[style], **wide) for name in names}
        for name in ("left", "right"):
            self._panes[name].styles = SIDE
        labels = {FIGURES[0]: "Figure (SVG)", FIGURES[1]: "Figure (PNG)", ARCHIVE: "Data and scenario (ZIP)"}
        self._files: dict[str, bytes] = {}
        saves = [
            library.widgets.FileDownload(callback=self._giver(name), filename=name, label=label)
            for name, label in labels.items()
        ]
        pane = self._panes
        self.view = library.Column(
            pane["finding"],
            library.FlexBox(*saves),
            pane["figure"],
            library.pane.HTML("<h2>Side by side</h2>", stylesheets=[style], **wide),
            library.FlexBox(pane["left"], pane["right"], gap="0 1.5rem", **wide),
            pane["ledger"],
            pane["again"],
            visible=False,
            **wide,
        )

    def show(self, outcome: Any) -> None:
        """Show it."""
        self._files = outcome.files
        texts = (outcome.finding, outcome.figure, *outcome.sides, outcome.ledger, outcome.again)
        for pane, text in zip(self._panes.values(), texts, strict=True):
            pane.object = text
        self.view.visible = True

    def hide(self) -> None:
        """Show nothing."""
        self.view.visible = False

    def _giver(self, name: str) -> Any:
        return lambda: io.BytesIO(self._files[name])


def _in_words(now: Progress, *, stopping: bool) -> str:
    if stopping and not now.over:
        return "Stopping: the runs at hand are finished first."
    return SAID.get(now.state, f"Running: {now.done:,} of {now.of:,} pairs of runs.")
