"""What a document is made of: blocks of plain text, which the renderers escape."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows: a name must not reorder the page."""


class Term(str):
    """A word of a scenario file or of the code, set apart from prose."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list, numbered where the order is an order in time."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are prose, or terms."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Text whose line breaks and blanks matter: a formula, the source of a rule."""

    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram; where no picture can be shown its words stand for it."""

    svg: str
    alt: str


Block = Heading | Paragraph | Items | Table | Listing | Drawing


def one_line(text: str) -> str:
    r"""Text without line breaks, and without characters that are none or that reorder others.

    Examples
    --------
    >>> one_line("Signal\n  (since 2014)")
    'Signal (since 2014)'
    """
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """Text in which every character can be written and shown."""
    return "".join(
        "\ufffd" if (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t\r") or c in DIRECTION else c
        for c in text
    )


def listed(names: Sequence[str], none: str = "none") -> str:
    """Names in one phrase.

    Examples
    --------
    >>> listed(["Signal", "Viber"]), listed([])
    ('Signal, Viber', 'none')
    """
    return ", ".join(names) or none


def number(value: float | None) -> str:
    """A number as it stands in a scenario file; nothing where there is none.

    Examples
    --------
    >>> number(0.1), number(2000.0), number(None), number(float("-inf"))
    ('0.1', '2000', '', '-inf')
    """
    return "" if value is None else f"{value:.12g}"
