"""Tables for a terminal and for a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: what it is about, and its numbers."""

    label: str
    cells: tuple[str, ...]
    level: int = 0
    """0, or 1 for a line that is part of the one above."""
    total: bool = False
    """The sum of the lines of level 0 above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with its caption and notes.

    Examples
    --------
    >>> parts = [Line(label="Signal", cells=("30",)), Line(label="dormant", cells=("12",))]
    >>> sum_ = Line(label="loss", cells=("42",), total=True)
    >>> print(Sheet(caption="Loss", head=("", "actors"), lines=(*parts, sum_), notes=("N.",)).text())
    Loss
              actors
    Signal        30
    dormant       12
    ----------------
    loss          42
    N.
    """

    caption: str
    head: tuple[str, ...]
    """Of the labels, then of every column of numbers."""
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Aligned for a terminal, at most 80 columns: labels that are too long end in an ellipsis."""
        columns = list(zip(self.head[1:], *(line.cells for line in self.lines), strict=True))
        widths = [max(map(columns_of, column)) for column in columns]
        labels = ["  " * line.level + one_line(line.label) for line in self.lines]
        longest = max(map(columns_of, (self.head[0], *labels)))
        room = max(8, min(longest, WIDTH - sum(widths) - 2 * len(widths)))
        done = textwrap.wrap(one_line(self.caption), WIDTH)
        done.append(_row(self.head[0], self.head[1:], room, widths))
        for label, line in zip(labels, self.lines, strict=True):
            if line.total:
                done.append("-" * (room + sum(widths) + 2 * len(widths)))
            done.append(_row(label, line.cells, room, widths))
        for note in self.notes:
            done += textwrap.wrap(one_line(note), WIDTH)
        return "\n".join(done)

    def html(self) -> str:
        """For a notebook: caption, headers with their scope, notes; every text escaped."""
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.head)
        body = "".join(_html_row(line) for line in self.lines)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return (
            f"<table><caption>{escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )


def one_line(text: str) -> str:
    """The text on one line, without control characters, which could rewrite a terminal."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def columns_of(text: str) -> int:
    """Columns of a terminal that a text takes: Korean letters take two.

    Examples
    --------
    >>> columns_of("Signal"), columns_of("카카오톡")
    (6, 8)
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str, room: int) -> str:
    """The text, cut with an ellipsis where it takes more than ``room`` columns.

    Examples
    --------
    >>> shortened("Telegram", 5), shortened("Signal", 6)
    ('Tele…', 'Signal')
    """
    if columns_of(text) <= room:
        return text
    while text and columns_of(text) > room - 1:
        text = text[:-1]
    return text + "…"


def _row(label: str, cells: Sequence[str], room: int, widths: Sequence[int]) -> str:
    label = shortened(label, room)
    done = label + " " * (room - columns_of(label))
    for cell, width in zip(cells, widths, strict=True):
        done += "  " + " " * (width - columns_of(cell)) + cell
    return done.rstrip()


def _html_row(line: Line) -> str:
    style = ' style="border-top: 1px solid"' if line.total else ""
    indent = f' style="padding-left: {1 + line.level}em; text-align: left"'
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in line.cells)
    return f'<tr{style}><th scope="row"{indent}>{escape(line.label)}</th>{cells}</tr>'
