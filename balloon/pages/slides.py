"""The page of a `WhatIf`: sliders over states that were computed before, and nothing to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._accounts import date_of
from balloon._ledger_sheets import NARROW, percent, sheets
from balloon.pages.drawing import Frame, svg
from balloon.pages.markup import document, escape, repeat, table
from balloon.pages.reproduce import command, origin, remarks
from balloon.pages.wording import differing, exact
from balloon.plots.naming import number

if TYPE_CHECKING:
    from balloon.pages.whatif import Slider, State, WhatIf

CAUTION = "Simulated actors, not observations; no person is predicted."
HELP = (
    "Share of all simulated actors by main platform: alternative minus baseline, in points. Line: "
    "median of the pairs of runs; ribbon, and brackets at the end: 90% of them. The same axis at all "
    "positions of the sliders."
)
"""Under the curves."""


def page(found: WhatIf) -> str:
    """The whole page, at the state next to the scenario's own values; without scripts it stays there."""
    frame, start = Frame(found), found.states[found.start]
    events, scenario = differing(found.scenarios), found.scenarios[1]
    parts = [
        "<main>",
        f'<p class="kicker">What if? {escape(scenario.title or scenario.name)}</p>',
        _controls(found),
        f'<p id="where">{escape(where(found, start))}</p>',
        f'<h1 id="title" aria-live="polite" aria-atomic="true">{escape(start.title)}</h1>',
        f'<p id="said">{escape(start.explanation)}</p>',
        f'<figure><div class="wide">{svg(frame, found.start, alt=alt(found), events=events)}</div>',
        f"<figcaption>{escape(HELP)}{key(events)}</figcaption></figure>",
        f'<section id="ledger"><h2>Where the loss went</h2>{_sheet(start).html()}</section>',
        _all(found),
        f"<section><h2>How to repeat it</h2>{_repeat(found)}</section>",
        f"<footer>{CAUTION}</footer>",
        "</main>",
    ]
    values = {
        "sizes": [len(one.values) for one in found.sliders],
        "start": [one.start for one in found.sliders],
        "words": [[in_unit(one, value) for value in one.values] for one in found.sliders],
        "names": [place.label for place in frame.places],
        "states": [_state(found, frame, k) for k in range(len(found.states))],
    }
    script = "what-if.js" if found.sliders else ""
    return document(start.title, "\n".join(parts), style="what-if.css", script=script, values=values)


def where(found: WhatIf, state: State) -> str:
    """At which values a state is, and which of them are not the scenario's own."""
    said = []
    for one, value in zip(found.sliders, state.values, strict=True):
        said.append(f"{one.label} {number(value)} ({_against(one, value)})")
    return f"Shown: {'; '.join(said)}." if said else ""


def _against(one: Slider, value: float) -> str:
    """How a value stands to the scenario's own."""
    if one.own is None:
        return "not set in the scenario"
    return "the scenario’s own" if value == one.own else f"the scenario has {number(one.own)}"  # noqa: RUF001


def in_unit(one: Slider, value: float) -> str:
    """A value of a slider with its unit."""
    return f"{number(value)} ({one.unit})"


def alt(found: WhatIf) -> str:
    """How the drawing begins in words; the values at the end follow."""
    first, last = (date_of(when) for when in found.states[0].dates[[0, -1]])
    return (
        f"Line chart, {first} to {last}: share of simulated actors by main platform, alternative "
        "minus baseline, in points; the values at its end stand beside each line."
    )


def key(events: Sequence[tuple[np.datetime64, str]]) -> str:
    """What the numbers on the curves stand for."""
    rows = "".join(f"<li>{escape(said)}</li>" for _, said in events)
    return f"<ol>{rows}</ol>" if rows else ""


def _controls(found: WhatIf) -> str:
    """One slider a parameter; shown by the script that answers to them."""
    if not found.sliders:
        return ""
    rows = "".join(_control(k, one) for k, one in enumerate(found.sliders))
    return (
        '<noscript><p class="note">Scripts are off, so the sliders are not shown: the page stays at the '
        "values next to the scenario’s own, and all states are in the table below.</p></noscript>"  # noqa: RUF001
        f'<form id="controls" hidden>{rows}<button type="button" id="back">Back to the scenario</button>'
        "</form>"
    )


def _control(k: int, one: Slider) -> str:
    ticks = "".join(
        f"<li{' class=own' if value == one.own else ''}>{number(value)}</li>" for value in one.values
    )
    return (
        f'<div class="slider"><label for="s{k}">{escape(one.label)} <small>{escape(one.path)}</small></label>'
        f'<output for="s{k}" id="o{k}">{escape(in_unit(one, one.values[one.start]))}</output>'
        f'<input type="range" id="s{k}" min="0" max="{len(one.values) - 1}" step="1" value="{one.start}" '
        f'aria-valuetext="{escape(in_unit(one, one.values[one.start]))}" autocomplete="off">'
        f'<ul aria-hidden="true">{ticks}</ul></div>'
    )


def _sheet(state: State) -> Any:
    return sheets(state.ledger, state.ledger.rows, NARROW)[0]


def _state(found: WhatIf, frame: Frame, k: int) -> dict[str, Any]:
    """What changes on the page from state to state."""
    state = found.states[k]
    sheet = _sheet(state)
    return {
        "where": where(found, state),
        "title": state.title,
        "said": state.explanation,
        "caption": sheet.caption,
        "cells": [cell for line in sheet.lines for cell in line.cells],
        "notes": list(sheet.notes),
        "curves": frame.curves(k),
    }


def _all(found: WhatIf) -> str:
    """Every state in a table, for print, for those without scripts, and to look for the turning point."""
    if not found.sliders:
        return ""
    rows = []
    for row, state in zip(found.to_frame().itertuples(), found.states, strict=True):
        loss = f"{percent(row.loss)} ({percent(row.loss_q05)} to {percent(row.loss_q95)})"
        displaced, *ends = map(percent, (row.displaced, row.displaced_q05, row.displaced_q95))
        if displaced and all(ends):
            displaced += f" ({' to '.join(ends)})"
        rows.append((*map(number, state.values), loss, displaced, state.title))
    head = (
        *(f"{one.label}, {one.unit}" for one in found.sliders),
        f"loss of {found.platform}, % of all actors",
        "displaced, % of the mean loss",
        "finding",
    )
    listed = table(head, rows, caption="Loss: medians; 90% ranges in brackets", kind="all")
    return f"<details><summary>All {len(rows)} states in a table</summary>{listed}</details>"


def _repeat(found: WhatIf) -> str:
    vary = [f"{one.path}={','.join(map(exact, one.values))}" for one in found.sliders]
    verb, out = ("explore", "what-if.html") if found.sliders else ("contrast", "out")
    typed = command(found.scenarios, found.provenance, platform=found.platform, verb=verb, out=out, vary=vary)
    said = remarks(found.scenarios, found.provenance)
    return repeat(typed, said, origin(found.scenarios, found.provenance))
