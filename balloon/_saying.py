"""How refusals name a value, and what was probably meant by a name."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 80  # of a value in a refusal, in letters


def shown(value: object) -> str:
    """A value for a refusal: what is long is cut.

    Examples
    --------
    >>> shown("a"), len(shown("a" * 1000))
    ("'a'", 83)
    """
    said = repr(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."


def nearest(name: object, known: Iterable[str]) -> str:
    """What was probably meant, and what there is.

    Examples
    --------
    >>> nearest("Telegrm", ("Signal", "Telegram"))
    "did you mean 'Telegram'? There are 'Signal', 'Telegram'"
    """
    import difflib

    names = list(known)
    lower = {each.lower(): each for each in names}
    near = difflib.get_close_matches(str(name).lower(), lower, n=1)
    there = f"are {', '.join(map(repr, names))}" if names else "is none"
    return f"did you mean {lower[near[0]]!r}? There {there}" if near else f"there {there}"
