"""Outcome: what a page shows of a contrast and gives to take away, made in the thread of the run."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from balloon._ledger_sheets import NARROW, sheets
from balloon.pages.markup import escape, repeat
from balloon.pages.reproduce import command, origin, remarks
from balloon.plots import Briefing, contrast_figure, save_figure, style
from balloon.plots.worlds import read_worlds
from balloon.serve.pictures import embedded, sides

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.serve.wish import Wish


FIGURES = ("contrast.svg", "contrast.png")
DATA = ("ledger.csv", "measures.csv", "baseline.nc", "alternative.nc")
ARCHIVE = "contrast.zip"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """HTML and files of one comparison; every name in the HTML is a label."""

    title: str
    """The finding, plain text."""
    finding: str
    """HTML: the finding as a heading, the paragraph of `Contrast.explain`, what to be careful about."""
    figure: str
    """HTML: the figure of the contrast."""
    sides: tuple[str, ...]
    """HTML: alternative and baseline, each with its migration curves."""
    ledger: str
    """HTML: where the loss went."""
    again: str
    """HTML: how to repeat it."""
    files: dict[str, bytes]
    """By name: `FIGURES` and `ARCHIVE`."""

    @classmethod
    def of(cls, effect: Contrast, wish: Wish) -> Outcome:
        """Draw and write; nobody else may draw meanwhile."""
        baseline, alternative = effect.scenarios
        platform = wish.followed(alternative)
        with style.look():
            worlds = read_worlds(effect, platform)
        ledger, made = effect.ledger(platform), effect.alternative.provenance
        tables = "".join(
            f'<div class="wide">{one.html()}</div>' for one in sheets(ledger, ledger.rows, NARROW)
        )
        typed = command((baseline, alternative), made, platform=platform, verb="contrast", out="out")
        said, about = remarks((baseline, alternative), made), origin((baseline, alternative), made)
        figure = contrast_figure(effect, platform=platform)
        assert figure.caption is not None
        files = _files(effect, figure, platform, wish)
        picture, pictures = embedded(files[FIGURES[0]], figure.caption.alt), sides(worlds)
        return cls(
            title=worlds.title,
            finding=_finding(effect, platform, worlds.title),
            figure=f'<h2>What differs</h2><div class="wide">{picture}</div>',
            sides=tuple(
                f"<h3>{escape(head)}</h3>{side}"
                for head, side in zip(_heads(effect, platform, wish), reversed(pictures), strict=True)
            ),
            ledger=f"<h2>Where the loss went</h2>{tables}",
            again=f"<h2>How to repeat it</h2>{repeat(typed, said, about)}",
            files=files,
        )


def _finding(effect: Contrast, platform: str, title: str) -> str:
    cautions = dict.fromkeys(one for scenario in effect.scenarios for one in scenario.cautions())
    said = "".join(f"<li>{escape(one)}</li>" for one in cautions)
    return f'<h2 class="title">{escape(title)}</h2><p>{escape(effect.explain(platform))}</p>' + (
        f"<p>To be careful about:</p><ul>{said}</ul>" if said else ""
    )


def _heads(effect: Contrast, platform: str, wish: Wish) -> tuple[str, str]:
    """What stands over the two worlds: the scenario as on the page, left."""
    if wish.baseline is None:
        return f"With the interventions on {platform}", "Without them"
    names = [one.title or one.name for one in effect.scenarios]
    return f"Scenario: {names[1]}", f"Compared with: {names[0]}"


def _files(effect: Contrast, figure: Briefing, platform: str, wish: Wish) -> dict[str, bytes]:
    """Figures, and one archive of all that `balloon contrast` writes beside them."""
    texts = {"scenario.toml": wish.scenario}
    if wish.baseline is not None:
        texts["baseline.toml"] = wish.baseline
    with tempfile.TemporaryDirectory(prefix="balloon-") as name:
        folder = Path(name)
        for file in FIGURES:
            save_figure(figure, folder / file)
        effect.ledger(platform).to_csv(folder / "ledger.csv")
        table = effect.measures(platform)
        table.to_csv(folder / "measures.csv", index=False, float_format="%.6g", lineterminator="\n")
        effect.baseline.save(folder / "baseline.nc")
        effect.alternative.save(folder / "alternative.nc")
        whole = {file: (folder / file).read_bytes() for file in (*FIGURES, *DATA)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in DATA:
            # Without a date, so that the same run gives the same bytes.
            archive.writestr(zipfile.ZipInfo(file), whole[file], zipfile.ZIP_DEFLATED)
        for file, text in texts.items():
            archive.writestr(zipfile.ZipInfo(file), text, zipfile.ZIP_DEFLATED)
    return {**{file: whole[file] for file in FIGURES}, ARCHIVE: buffer.getvalue()}
