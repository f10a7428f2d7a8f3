"""How parameters and their numbers are called on figures and pages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from balloon.scenario import find

if TYPE_CHECKING:
    from balloon.scenario import Scenario


def called(scenario: Scenario, path: str) -> str:
    """A parameter in words.

    Examples
    --------
    >>> import balloon as bl
    >>> minimal = bl.load("minimal")
    >>> called(minimal, "behaviour.switching_cost"), called(minimal, "platforms.Signal.cooperation")
    ('switching cost', 'Signal: cooperation')
    >>> called(minimal, "interventions.cooperation:Telegram:2024-10-01.value")
    'cooperation on Telegram, 2024-10-01: value'
    >>> called(minimal, "groups.all.start.Signal")
    'all: start, Signal'
    """
    noun, name = find(scenario, path)
    field, _, key = name.partition(".")
    what = field.replace("_", " ") + (f", {key}" if key else "")
    kind, _, owner = path[: -len(name) - 1].partition(".")
    if kind == "interventions":
        whom = f" ({', '.join(noun.groups)})" if noun.groups else ""
        where = getattr(noun, "platform", "all")
        return f"{noun.kind.replace('_', ' ')} on {where}, {noun.start}{whom}: {what}"
    if kind == "edges":
        edge = (scenario.landscape.edges or ())[int(owner)]
        return f"{edge.origin} to {edge.destination}: {what}"
    return f"{owner}: {what}" if owner else what


def number(value: float) -> str:
    """A parameter's value, as short as it can be.

    Examples
    --------
    >>> number(0.05), number(2.0), number(1234.5)
    ('0.05', '2', '1234.5')
    """
    return f"{value:.6g}"


def coefficient(value: float, *, clear: bool) -> str:
    """A correlation with its sign, in brackets where luck explains it.

    Examples
    --------
    >>> coefficient(0.62, clear=True), coefficient(-0.04, clear=False), coefficient(float("nan"), clear=False)
    ('+0.62', '(-0.04)', '')
    """
    if math.isnan(value):
        return ""
    return f"{value:+.2f}" if clear else f"({value:+.2f})"
