"""A document: blocks, shown as Markdown or HTML."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from balloon._writing import atomic
from balloon.describe import markdown, page
from balloon.describe.blocks import Block
from balloon.errors import DataError


@dataclass(frozen=True, slots=True)
class Document:
    """The description of a model.

    All text from a scenario is escaped: a name is a label, whatever it says. Nothing is loaded from
    another host.

    Examples
    --------
    >>> import balloon as bl
    >>> bl.describe(bl.load("minimal")).markdown.splitlines()[0]
    '# The model on paper: minimal'
    """

    blocks: tuple[Block, ...]

    @property
    def markdown(self) -> str:
        """As Markdown; diagrams are told in words."""
        return markdown.markdown(self.blocks)

    @property
    def html(self) -> str:
        """As one HTML page, diagrams and style inside."""
        return page.page(self.blocks)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return page.fragment(self.blocks)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write Markdown to a path that ends in .md, HTML to one that ends in .html; whole or not at all.

        Raises
        ------
        DataError
            Another ending, or a path that cannot be written.
        """
        ending = Path(path).suffix.lower()
        texts = {".md": "markdown", ".html": "html", ".htm": "html"}
        if ending not in texts:
            raise DataError(
                f"{os.fspath(path)}: the ending {ending!r} is none of .md and .html; choose one of them"
            )
        text: str = getattr(self, texts[ending])
        with atomic(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
