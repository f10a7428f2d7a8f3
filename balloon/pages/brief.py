"""A brief of two pages: question, answer, curves, ledger; assumptions, sensitivity, how to repeat it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from balloon._ledger_sheets import NARROW, sheets
from balloon._writing import atomic
from balloon.errors import DataError
from balloon.pages import assumed
from balloon.pages.markup import document, escape, items, repeat
from balloon.pages.reproduce import command, origin, remarks
from balloon.pages.wording import question
from balloon.plots import style
from balloon.plots.caption import names_in_words
from balloon.plots.worlds import read_worlds
from balloon.sensitivity import LEAST, sensitivity

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.plots.worlds import Worlds
    from balloon.sensitivity import Sensitivity

SUFFIXES = (".html", ".pdf")


def write_brief(effect: Contrast, path: str | os.PathLike[str], *, platform: str | None = None) -> Path:
    """Write the brief of a contrast as a page or as PDF, by the ending of the path.

    Parameters
    ----------
    effect : Contrast
        With one alternative and two pairs of runs or more. With ``parameters="ranges"`` the brief says
        what would change the answer as well.
    path : path
        ``.html``: one file that asks nothing of any host. ``.pdf``: two tagged pages; needs WeasyPrint.
    platform : str, optional
        Whose loss it is about; by default the one that the scenario is about.

    Returns
    -------
    Path
        Where it was written, whole or not at all.

    Raises
    ------
    DataError
        Another ending, a place that cannot be written to, no WeasyPrint, a platform that is not there.
    EngineError
        One pair of runs, of which no interval can be given; several alternatives.
    """
    target = Path(path)
    kind = checked(target)
    page = brief_page(effect, platform=platform, kind=kind)
    if kind == ".pdf":
        from balloon.pages.rendering import pdf

        content = pdf(page, identifier=effect.alternative.provenance.sha256)
    else:
        content = page.encode()
    with atomic(target) as temporary:
        temporary.write_bytes(content)
    return target


def checked(path: Path) -> str:
    """The ending of a path that a brief can be written to.

    Raises
    ------
    DataError
        Another ending.
    """
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise DataError(f"{path.name}: no brief can be written as {path.suffix!r}; use .html or .pdf")
    return kind


def brief_page(effect: Contrast, *, platform: str | None = None, kind: str = ".html") -> str:
    """The brief as HTML; see `write_brief`.

    Parameters
    ----------
    kind : ".html" or ".pdf"
        What it is made for, and what the command that repeats it writes.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=20, seed=1)
    >>> brief_page(effect).count("<section")
    6
    """
    from balloon.pages.figure import curves, tornado

    said = effect.explain(platform)
    with style.look():  # whatever the user's settings are, the names are those that the figure can draw
        worlds = read_worlds(effect, platform)
    ledger = effect.ledger(platform)
    alternative = effect.scenarios[1]
    asked, acts = question(effect, ledger.platform)
    found = _found(effect, ledger.platform)
    shown = [one.path for one in found.influences[: assumed.SHOWN]] if found else list(alternative.ranges())
    made = effect.alternative.provenance
    foot = f"balloon {made.balloon} | {alternative.name} {made.sha256[:12]} | seed {made.seed}"
    body = [
        f'<header data-origin="{escape(foot)}">',
        f'<p class="kicker">{escape(alternative.title or alternative.name)}</p>',
        f"<h1>{escape(worlds.title)}</h1></header>",
        _section("Question", f"<p>{escape(asked)}</p>{items(acts)}"),
        _section("Answer", f'<p class="answer">{escape(said)}</p>'),
        _section("Over time", f"<p>{escape(_help(worlds))}</p>{curves(worlds)}"),
        _section("Where the loss went", sheets(ledger, ledger.rows, NARROW)[0].html(), kind="ledger"),
        _section(
            "What is assumed, and what would change the answer",
            _sensitivity(effect, ledger.platform, found, tornado(worlds, found) if found else "")
            + assumed.sources(effect, shown)
            + assumed.everything(alternative),
            kind="assumed",
        ),
        _section("How to repeat it", _repeat(effect, ledger.platform, kind)),
    ]
    caution = "Simulated actors, not observations; no person is predicted."
    return document(
        worlds.title,
        "\n".join(["<main>", *body, f"<footer>{escape(caution)}</footer>", "</main>"]),
        style="brief.css",
    )


def _section(title: str, content: str, *, kind: str = "") -> str:
    return f"<section{f' class={kind}' if kind else ''}><h2>{escape(title)}</h2>{content}</section>"


def _help(worlds: Worlds) -> str:
    said = (
        f"Share of all simulated actors by main platform, in points: {worlds.called.difference}. Line: "
        "median; darker ribbon: half of the pairs of runs; lighter: 90% of them. Dormant: on no platform."
    )
    return " ".join([said, *names_in_words(worlds.alternative)])


def _found(effect: Contrast, platform: str) -> Sensitivity | None:
    """The sensitivity, where parameters were drawn in enough runs to see any."""
    made, number = effect.alternative.provenance, effect.alternative.data.sizes["replicate"]
    drawn = any("parameters" in runs.data for runs in (effect.baseline, effect.alternative))
    return (
        sensitivity(effect, platform) if drawn and made.parameters == "ranges" and number >= LEAST else None
    )


def _sensitivity(effect: Contrast, platform: str, found: Sensitivity | None, figure: str) -> str:
    alternative = effect.scenarios[1]
    if found is not None:
        table = assumed.influential(alternative, found)
        said = f"<p>{escape(assumed.reading(found, platform))}</p>"
        shown = [one.path for one in found.influences[: assumed.SHOWN]]
        return said + figure + table + assumed.rest(alternative, left_out=shown)
    if effect.alternative.provenance.parameters == "ranges":
        why = f"Fewer than {LEAST} pairs of runs: too few to tell it from luck; ask for more replicates."
    elif alternative.ranges():
        why = (
            'The parameters were not drawn from their ranges. Run the contrast with parameters="ranges", or '
            "the command with --parameters ranges, to see with which of them the answer goes."
        )
    else:
        why = "No parameter of this scenario has a range to draw from."
    return f"<p>{escape(f'What would change the answer was not computed. {why}')}</p>" + assumed.grouped(
        alternative
    )


def _repeat(effect: Contrast, platform: str, kind: str) -> str:
    both, made = (effect.scenarios[0], effect.scenarios[1]), effect.alternative.provenance
    typed = command(both, made, platform=platform, verb="brief", out=f"brief{kind}")
    return repeat(typed, remarks(both, made), origin(both, made))
