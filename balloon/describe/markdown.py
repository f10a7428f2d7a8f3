"""Blocks as Markdown (CommonMark, with the tables of GitHub)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from balloon.describe.blocks import (
    Block,
    Drawing,
    Heading,
    Items,
    Listing,
    Paragraph,
    Table,
    Term,
    clean,
    one_line,
)

SPECIAL = re.compile(r"([\\`*\[\]|~$])")
LONE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
PLAIN_TERM = re.compile(r"[\w .,:;()/+%'=-]+")
"""What can stand in a code span of a table cell as it is."""
START = re.compile(r"^(?:(\d+)([.)])|([-+=#:]))")


def markdown(blocks: Sequence[Block]) -> str:
    """The document as Markdown."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def escape(text: str) -> str:
    r"""Text that means nothing to Markdown, nor to HTML.

    Examples
    --------
    >>> escape("<b>A*B</b> | risk_aversion")
    '&lt;b&gt;A\\*B&lt;/b&gt; \\| risk_aversion'
    """
    if isinstance(text, Term) and PLAIN_TERM.fullmatch(text) and text == one_line(text):
        return f"`{text}`"
    said = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return LONE_UNDERSCORE.sub(r"\\_", SPECIAL.sub(r"\\\1", said))


def _opening(text: str) -> str:
    """Text at the start of a line, where a number or a dash would begin a list."""
    return START.sub(lambda m: f"\\{m[3]}" if m[3] else f"{m[1]}\\{m[2]}", escape(text))


def _block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {escape(text)}"
        case Paragraph(text):
            return _opening(text)
        case Items(items, numbered):
            marks = [f"{n}." if numbered else "-" for n in range(1, len(items) + 1)]
            return "\n".join(f"{mark} {_opening(item)}" for mark, item in zip(marks, items, strict=True))
        case Table(caption, header, rows):
            lines = [_row(header), _row(["---"] * len(header), raw=True), *map(_row, rows)]
            return f"*{escape(caption)}*\n\n" + "\n".join(lines)
        case Listing(text):
            return _listing(clean(text))
        case Drawing(_, alt):
            return _opening(alt)


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cells if raw else map(escape, cells)) + " |"


def _listing(text: str) -> str:
    """A fence longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"
