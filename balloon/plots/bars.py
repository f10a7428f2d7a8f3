"""The ledger as bars: what each part explains of the loss, in the mean over the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._values import DORMANT, REMOVED, RESERVED
from balloon.plots import style
from balloon.plots.lettering import letters
from balloon.plots.ranges import Range
from balloon.plots.reading import drawn_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.ledger import Ledger

    Looks = Mapping[str, style.Look]
    Destination = tuple[tuple[str, ...], NDArray[np.float64]]

MOST = 5
"""Destinations drawn alone; of more, the small ones are drawn as one."""

REFILLED = {
    "elsewhere": "roles refilled elsewhere",
    DORMANT: "refilled, dormant",
    REMOVED: "refilled, vacant again",
}
"""Where another person is in a role: on another platform, or on none -> name of the bar."""


class Bar(NamedTuple):
    """One row: a part of the loss and where it begins."""

    name: str
    start: float
    """Left to be explained before it; 0 for the loss itself."""
    size: float
    """Mean over the runs, in the unit of the ledger."""
    spread: Range
    share: float | None
    """Of the mean loss; None where there is no clear loss."""
    look: style.Look
    kind: str
    """"loss", "sum" of the destinations that follow, "destination", "deterred", "incapacitated" or
    "refilled, elsewhere", "refilled, dormant", "refilled, removed"."""
    away: bool
    """Of the other sign than the loss: it explains less than nothing of it."""

    @property
    def end(self) -> float:
        """Left to be explained after it; the size for the loss itself."""
        return self.size if self.kind == "loss" else self.start - self.size


def ledger_bars(ledger: Ledger, *, names: Mapping[str, str], looks: Looks) -> tuple[Bar, ...]:
    """Rows of the waterfall.

    Parameters
    ----------
    names : mapping
        Name of each platform -> name in letters that can be drawn.
    looks : mapping
        Name of each platform that has a look of its own -> that look.
    """
    net = in_units(ledger)
    own_lines = [(one, net[:, e]) for e, one in enumerate(ledger.entries) if one.account == "loss"]
    # The first line of an entry is the sum of those that follow under it.
    lines = {one.entry: values for one, values in reversed(own_lines)}
    to = {one.place: values for one, values in own_lines if (one.entry, one.line) == ("displaced", "part")}
    loss = lines["loss"]
    lost, clear = float(loss.mean()), Range.of(loss).low > 0
    bars: list[Bar] = []

    def add(name: str, values: NDArray[np.float64], look: style.Look, kind: str) -> None:
        size = float(values.mean())
        start = 0.0 if kind == "loss" else _left(bars)
        share = size / lost if clear else None
        bars.append(Bar(name, start, size, Range.of(values), share, look, kind, size * lost < 0))

    own = names[ledger.platform]
    add(f"loss of {own}: a gain" if lost < 0 else f"loss of {own}", loss, looks[ledger.platform], "loss")
    add("displaced", lines["displaced"], style.other_look(), "sum")
    for places, values in _destinations(to):
        one = places[0] if len(places) == 1 else ""
        name = names[one] if one else f"{len(places)} other platforms"
        add(f"to {name}", values, looks.get(one, style.other_look()), "destination")
    for entry, name, look in (
        ("deterred", "deterred (dormant)", style.dormant_look()),
        ("incapacitated", "arrested, not replaced", style.removed_look()),
    ):
        add(name, lines[entry], look, entry)
    looks_of = {"dormant": style.dormant_look(), "removed": style.removed_look()}
    for where, values in by_holder(ledger, net).items():
        if values.any():
            add(REFILLED[where], values, looks_of.get(where, style.other_look()), f"refilled, {where}")
    return tuple(bars)


def by_holder(ledger: Ledger, net: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """(R,) roles that passed to another person, by where that one is, of (R, E) counts."""
    found = {}
    for where in REFILLED:
        lines = [
            e
            for e, one in enumerate(ledger.entries)
            if (one.entry, one.line) == ("refilled", "part")
            and (one.place == where if where in RESERVED else one.place not in RESERVED)
        ]
        found[where] = net[:, lines].sum(axis=1)
    return found


def _left(bars: list[Bar]) -> float:
    """What of the loss is left to be explained; the sum of the destinations explains nothing itself."""
    last = bars[-1]
    return last.start if last.kind == "sum" else last.end


def in_units(ledger: Ledger) -> NDArray[np.float64]:
    """(R, E) net counts of all groups together, in the unit of the ledger."""
    factor = ledger.weeks if ledger.accumulated else 1.0
    return np.asarray(factor * ledger.net.sum(axis=1))


def _destinations(to: Mapping[str, NDArray[np.float64]]) -> list[Destination]:
    """The other platforms by mean, the largest first, those that matter least together at the end."""
    means = {p: float(values.mean()) for p, values in to.items()}
    by_size = sorted(to, key=lambda p: -abs(means[p]))
    alone = by_size if len(to) <= MOST else by_size[: MOST - 1]
    done: list[Destination] = [((p,), to[p]) for p in sorted(alone, key=lambda p: -means[p])]
    rest = tuple(p for p in to if p not in alone)
    if rest:
        done.append((rest, np.sum([to[p] for p in rest], axis=0)))
    return done


def bar_names(ledger: Ledger) -> dict[str, str]:
    """Names of the platforms in letters that can be drawn."""
    return drawn_names(ledger.platforms, known=letters())


def bar_looks(ledger: Ledger) -> dict[str, style.Look]:
    """Colours in the order of the platforms, the squeezed one first."""
    order = [ledger.platform, *(p for p in ledger.platforms if p != ledger.platform)]
    return {name: style.platform_look(k) for k, name in enumerate(order[: style.MAX_LINES])}
