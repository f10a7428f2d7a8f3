"""Editor: the text of a scenario on a page, with all that is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from balloon.errors import ScenarioError
from balloon.pages.markup import escape, items
from balloon.presets import names, path
from balloon.serve.bounds import LETTERS, read

if TYPE_CHECKING:
    from balloon.scenario import Scenario

ROWS = 18
SIDE = {"flex": "1 1 26rem", "min-width": "0"}
"""Of two parts that stand beside each other where there is room, else below each other."""


class Editor:
    """One text: begun with a preset or a file, changed by hand, judged whenever it changes."""

    def __init__(self, library: Any, *, title: str, file: str, text: str, style: str) -> None:
        widgets = library.widgets
        wide = {"sizing_mode": "stretch_width"}
        ships = {path(name).read_text("utf-8"): name for name in names()}
        self._preset = widgets.Select(
            label="A scenario that ships",
            options=list(names()),
            value=ships.get(text, names()[0]),
            **wide,
        )
        take = widgets.Button(label="Put it below", align="end")
        self._file = widgets.FileInput(label="Or a file of yours", accept=".toml", **wide)
        # The browser would silently take no more letters; the refusal says why.
        self._text = widgets.TextAreaInput(
            label=f"{title} (TOML)",
            value=text,
            rows=ROWS,
            max_length=10 * LETTERS,
            css_classes=["toml"],
            **wide,
        )
        self._text.stylesheets = [style]
        self._said = library.pane.HTML("", stylesheets=[style], **wide)
        save = widgets.FileDownload(
            callback=lambda: io.BytesIO(self.text.encode()), filename=file, label="Download this text"
        )
        take.on_click(self._take)
        self._file.param.watch(self._upload, "value")
        self._text.param.watch(lambda _: self.check(), "value")
        self._listeners: list[Callable[[Scenario], None]] = []
        self.view = library.Column(
            library.pane.HTML(f"<h2>{escape(title)}</h2>", stylesheets=[style]),
            library.Row(self._preset, take, **wide),
            self._file,
            self._text,
            self._said,
            save,
            styles=SIDE,
        )

    @property
    def text(self) -> str:
        """As it stands."""
        return str(self._text.value)

    def when_good(self, listener: Callable[[Scenario], None]) -> None:
        """Call with every scenario that is read without a problem."""
        self._listeners.append(listener)

    def check(self) -> Scenario | None:
        """Judge the text and say what is wrong with it, all at once; it is read, never evaluated."""
        try:
            scenario = read(self.text)
        except ScenarioError as error:
            self.say(*error.problems)
            return None
        except Exception as error:  # noqa: BLE001 - a page goes on, whatever is written into it
            self.say(f"cannot be read: {type(error).__name__}: {error}")
            return None
        about = (
            f"Good: {scenario.title or scenario.name} ({scenario.start} to {scenario.end}; actors: "
            f"{scenario.population.actors:,}; interventions: {len(scenario.interventions)})."
        )
        for listener in self._listeners:
            listener(scenario)
        self._said.object = f'<p class="good" role="status">{escape(about)}</p>'
        return scenario

    def say(self, *problems: str) -> None:
        """Show what is wrong."""
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        self._said.object = f'<div class="bad" role="alert"><p>{count}:</p>{items(problems)}</div>'

    def _take(self, _: object) -> None:
        self._text.value = path(self._preset.value).read_text("utf-8")

    def _upload(self, event: Any) -> None:
        try:
            self._text.value = event.new.decode("utf-8")
        except UnicodeDecodeError as error:
            self.say(f"{self._file.filename}: byte {error.start} is not UTF-8; save the file as UTF-8")
