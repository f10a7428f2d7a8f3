"""Figures as files: the same bytes for the same figure, whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from balloon.errors import DataError
from balloon.plots import style
from balloon.plots.page import Briefing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from balloon.plots.caption import Caption

FORMATS = ("png", "svg", "pdf")

_HOW: dict[str, Any] = {"png": {"pil_kwargs": {"compress_level": 2}}}
"""A fifth of the time of a PNG for a hundredth more bytes."""


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PNG, SVG or PDF, by the suffix of the path.

    The same figure gives the same bytes: no date and no random ids are written. Title, alt text
    and provenance go into the metadata. The file appears whole or not at all.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    DataError
        Another suffix, or a place that cannot be written to.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise DataError(f"{path.name}: no figure can be written as {path.suffix!r}; use .png, .svg or .pdf")
    words = figure.caption if isinstance(figure, Briefing) else None
    buffer = io.BytesIO()
    with style.look():
        figure.savefig(buffer, format=kind, metadata=_metadata(kind, words), **_HOW.get(kind, {}))
    whole = buffer.getvalue()
    if kind == "svg" and words is not None:
        whole = _described(whole, words.alt)
    _write_whole(path, whole)
    return path


def _metadata(kind: str, words: Caption | None) -> dict[str, Any]:
    """Title, alt text, maker and provenance under the keys of each format; no dates."""
    undated: dict[str, Any] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    if words is None:
        return undated
    maker = f"balloon {json.loads(words.source)['runs']['balloon']}"
    keys = {
        "png": ("Title", "Description", "Software", "Source"),
        "svg": ("Title", "Description", "Creator", "Source"),
        "pdf": ("Title", "Subject", "Creator", "Keywords"),
    }[kind]
    return undated | dict(zip(keys, (words.title, words.alt, maker, words.source), strict=True))


def _described(svg: bytes, alt: str) -> bytes:
    """The SVG with its alt text where a screen reader finds it."""
    return svg.replace(b"<svg ", f'<svg role="img" aria-label={quoteattr(alt)} '.encode(), 1)


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside the target, then put in its place: an interruption leaves no half of a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as problem:
        raise DataError(
            f"cannot write {path}: {problem.strerror}; choose a folder that exists and can be written to"
        ) from problem
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
