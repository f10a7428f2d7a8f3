"""Text that fits: measured, wrapped, shortened, and only in letters that the fonts hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import dates, rcParams
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextToPath

from balloon._accounts import date_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Day = np.datetime64[Any]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def width(text: str, *, size: float, bold: bool = False) -> float:
    """Width of one line of text in points, in the font in force."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0])


def shorten(text: str, *, room: float, size: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than ``room`` points."""
    if width(text, size=size, bold=bold) <= room:
        return text
    for length in range(len(text) - 1, 0, -1):
        short = text[:length].rstrip() + "…"
        if width(short, size=size, bold=bold) <= room:
            return short
    return "…"


def fitted(before: str, name: str, after: str, *, room: float, size: float) -> str:
    """The name between other words, cut where the whole is wider than ``room`` points."""
    left = room - width(before, size=size) - width(after, size=size)
    return f"{before}{shorten(name, room=left, size=size)}{after}"


def wrap(text: str, *, room: float, size: float, bold: bool = False, lines: int = 0) -> list[str]:
    """Lines no wider than ``room`` points, at most ``lines`` of them if given.

    The last line is cut with an ellipsis where the text is longer than that.
    """
    done: list[str] = []
    filled, blank = 0.0, width("n n", size=size, bold=bold) - width("nn", size=size, bold=bold)
    for word in text.split():
        # Words are measured one by one: a paragraph measured again for each of them takes its time.
        wide = width(word, size=size, bold=bold)
        if done and filled + blank + wide <= room:
            done[-1], filled = f"{done[-1]} {word}", filled + blank + wide
        else:
            done.append(word)
            filled = wide
    if lines and len(done) > lines:
        done[lines - 1 :] = [" ".join(done[lines - 1 :])]
    return [shorten(line, room=room, size=size, bold=bold) for line in done]


def letters() -> frozenset[int]:
    """Code points that the fonts in force can draw, plain and bold."""
    found: set[int] = set()
    for family in rcParams["font.family"]:
        plain, bold = (
            get_font(findfont(FontProperties(family=[family], weight=weight))).get_charmap()
            for weight in ("normal", "bold")
        )
        found |= plain.keys() & bold.keys()
    return frozenset(found)


def clean(text: str) -> str:
    """The text on one line, without control characters (an SVG would be broken by them)."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def drawable(text: str, instead: str, *, known: frozenset[int]) -> str:
    """The text, or other words for it where a letter is in no font: boxes would say nothing.

    Examples
    --------
    >>> drawable("텔레그램", "platform 1", known=frozenset(range(128)))
    'platform 1'
    """
    text = clean(text)
    return text if text and all(ord(c) in known for c in text) else instead


def day(when: Day) -> str:
    """A date as a reader writes it.

    Examples
    --------
    >>> day(np.datetime64("2024-09-03"))
    '3 Sep 2024'
    """
    year, month, number = date_of(when).split("-")
    return f"{int(number)} {MONTHS[int(month) - 1]} {year}"


def days(when: object) -> NDArray[np.float64]:
    """Dates as matplotlib counts them, in days."""
    return np.asarray(dates.date2num(when), dtype=np.float64)  # type: ignore[no-untyped-call]


def date_ticks(first: Day, last: Day, *, most: int) -> list[tuple[float, str]]:
    r"""Ticks of a date axis as position and label, at most about ``most``; the year where it is new.

    Examples
    --------
    >>> ticks = date_ticks(np.datetime64("2024-07-01"), np.datetime64("2025-06-30"), most=4)
    >>> [label for _, label in ticks]
    ['Jul\n2024', 'Oct', 'Jan\n2025', 'Apr']
    """
    start, end = (when.astype("datetime64[D]") for when in (first, last))
    length = int((end - start).astype(int))
    ticks: list[np.datetime64] = []
    near = length <= 14 * most
    if near:
        every = next(n for n in (1, 2, 7, 14) if length <= n * most)
        numbers = range(int(start.astype(int)), int(end.astype(int)) + 1, every)
        ticks = [np.datetime64(number, "D") for number in numbers]
    else:
        steps = (1, 2, 3, 6, 12, 24, 60, 120)
        every = next((n for n in steps if length / 30.4 / n <= most), 240)
        first_month, last_month = (int(when.astype("datetime64[M]").astype(int)) for when in (start, end))
        months = (np.datetime64(m, "M") for m in range(first_month, last_month + 1) if m % every == 0)
        ticks = [tick for month in months if (tick := month.astype("datetime64[D]")) >= start]
    labels, year = [], ""
    for tick in ticks:
        number, month, this = day(tick).split()
        text = f"{number} {month}" if near else month
        labels.append(text if this == year else f"{text}\n{this}")
        year = this
    return [(float(days(t)), label) for t, label in zip(ticks, labels, strict=True)]
