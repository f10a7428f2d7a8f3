"""The sliders of a `WhatIf` in a notebook; the one door to ipywidgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balloon._ledger_sheets import NARROW, sheets
from balloon.errors import DataError
from balloon.pages.drawing import Frame, svg
from balloon.pages.markup import escape
from balloon.pages.slides import CAUTION, HELP, alt, in_unit, key, where
from balloon.pages.wording import differing

if TYPE_CHECKING:
    from balloon.pages.whatif import Slider, WhatIf

PAPER = "color:#222;background:#fff;padding:.4em .8em;max-width:50rem;line-height:1.5"
"""A ground of its own: the notebook may be dark, and the curves are drawn for white."""
TITLE = "font-size:1.3em;font-weight:bold;line-height:1.3;margin:.4em 0"
TABLE = (
    "<style>.balloon-ledger table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".balloon-ledger caption{text-align:left;color:#5a5a5a}"
    ".balloon-ledger :is(th,td){padding:.1em .6em;text-align:right;font-weight:normal}"
    ".balloon-ledger thead th{border-bottom:1px solid #767676}</style>"
)
SMALL = "color:#5a5a5a;font-size:.85em;margin:.4em 0"


def ipywidgets() -> Any:
    """The library.

    Raises
    ------
    DataError
        It is not there.
    """
    try:
        import ipywidgets as library
    except ImportError as error:
        raise DataError(
            f"sliders in a notebook need ipywidgets, which cannot be loaded ({error}); install "
            "balloon-effect[notebook], or write the same as a page by .to_html('what-if.html')"
        ) from error
    return library


def box(found: WhatIf) -> Any:
    """Sliders over the states of a grid, and what the state they stand at says.

    Every slider is a focusable element with its label: arrow keys, Home and End move it, and the value
    stands beside it with its unit.
    """
    library = ipywidgets()
    sliders = [_slider(library, one) for one in found.sliders]
    shown, frame = library.HTML(), Frame(found)
    name = f"curves-{shown.model_id}"  # two boxes may stand in one notebook

    def show(_: object = None) -> None:
        number = 0
        for one, slider in zip(found.sliders, sliders, strict=True):
            number = number * len(one.values) + slider.value
        shown.value = said(found, frame, number, name=name)

    def back(_: object) -> None:
        for one, slider in zip(found.sliders, sliders, strict=True):
            slider.value = one.start

    for slider in sliders:
        slider.observe(show, names="value")
    show()
    if not sliders:
        return library.VBox([shown])
    button = library.Button(description="Back to the scenario")
    button.on_click(back)
    return library.VBox([*sliders, button, shown])


def said(found: WhatIf, frame: Frame, number: int, *, name: str) -> str:
    """HTML of one state: where it is, finding, words, curves, ledger; every name in it a label.

    Parameters
    ----------
    number : int
        Of the state.
    name : str
        Id of the drawing, the only one of its page.
    """
    state = found.states[number]
    events, here = differing(found.scenarios), where(found, state)
    ledger = sheets(state.ledger, state.ledger.rows, NARROW)[0].html()
    parts = [
        f'<p style="{SMALL}">{escape(here)}</p>' if here else "",
        # A heading in look only: the notebook has an outline of its own.
        f'<p role="status" style="{TITLE}">{escape(state.title)}</p>',
        f'<p style="margin:.4em 0">{escape(state.explanation)}</p>',
        svg(frame, number, alt=alt(found), events=events, name=name),
        f'<div style="{SMALL}">{escape(HELP)}{key(events)}</div>',
        f'{TABLE}<div class="balloon-ledger">{ledger}</div>',
        f'<p style="{SMALL}">{CAUTION}</p>',
    ]
    return f'<div style="{PAPER}">{"".join(parts)}</div>'


def _slider(library: Any, one: Slider) -> Any:
    return library.SelectionSlider(
        options=[(in_unit(one, value), k) for k, value in enumerate(one.values)],
        index=one.start,
        description=one.label,
        tooltip=one.path,
        description_allow_html=False,
        style={"description_width": "initial"},
        layout={"width": "auto", "max_width": "50rem"},
    )
