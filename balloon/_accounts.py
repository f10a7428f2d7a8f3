"""The accounts of the ledger: which counts of pairs are which entry."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._values import DORMANT, REMOVED
from balloon.errors import DataError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

PLATFORMS = "other platforms"
ELSEWHERE = "elsewhere"
DIMS = {
    "same": ("replicate", "time", "group", "place_baseline", "place_alternative"),
    "refilled": ("replicate", "time", "group", "place_baseline", "place_alternative"),
    "bystanders": ("replicate", "time", "group", "platform", "place"),
}


class Entry(NamedTuple):
    """What one line of the ledger counts."""

    account: str
    """"loss": parts of what the platform lost; "elsewhere": parts of what each other place gained."""
    entry: str
    """In "loss": loss, displaced, deterred, incapacitated, refilled. In "elsewhere": gain; displaced,
    deterred, incapacitated (from the platform), bystanders (never on it), former (once on it, in
    neither world now), newcomers (roles refilled)."""
    place: str
    line: str
    """"total", "part", or "subtotal" of parts. Parts add up: in "loss" to the loss, in "elsewhere" to
    the gain of their place."""


# ---- the entries -----------------------------------------------------------------------------


def loss(x: int, places: list[str], same: Counts, refilled: Counts) -> tuple[list[Entry], Counts, Counts]:
    """Entries of the account "loss", with the gross counts away from x and back, (R, G, L)."""
    others = [k for k in range(len(places)) if k != x]
    platforms = [k for k in others if k < len(places) - 2]
    fates = [("deterred", len(places) - 2), ("incapacitated", len(places) - 1)]
    both = same + refilled
    lines: list[tuple[str, str, str, Counts, list[int]]] = [
        ("loss", places[x], "total", both, others),
        ("displaced", PLATFORMS, "subtotal", same, platforms),
        *(("displaced", places[k], "part", same, [k]) for k in platforms),
        *((name, places[k], "part", same, [k]) for name, k in fates),
        ("refilled", ELSEWHERE, "subtotal", refilled, others),
        *(("refilled", places[k], "part", refilled, [k]) for k in others),
    ]
    entries = [Entry("loss", name, place, line) for name, place, line, _, _ in lines]
    gone = np.stack([counts[:, :, x, where].sum(axis=-1) for *_, counts, where in lines], axis=-1)
    come = np.stack([counts[:, :, where, x].sum(axis=-1) for *_, counts, where in lines], axis=-1)
    return entries, gone, come


def elsewhere(
    x: int, places: list[str], same: Counts, refilled: Counts, bystanders: Counts
) -> tuple[list[Entry], Counts]:
    """Entries of the account "elsewhere" and their counts, (R, G, entries)."""
    others = [k for k in range(len(places)) if k != x]
    platforms = [k for k in others if k < len(places) - 2]
    fates = {len(places) - 2: "deterred", len(places) - 1: "incapacitated"}
    change, newcomers = (counts.sum(axis=2) - counts.sum(axis=3) for counts in (same, refilled))
    moved = same[:, :, x] - same[..., x]
    parts = {
        "displaced": moved,
        "bystanders": bystanders,
        "former": change - moved - bystanders,
        "newcomers": newcomers,
    }
    entries, counts = [], []
    for total, line, place, where in [
        ("subtotal", "subtotal", PLATFORMS, platforms),
        *(("total", "part", places[k], [k]) for k in others),
    ]:
        entries.append(Entry(ELSEWHERE, "gain", place, total))
        counts.append((change + newcomers)[..., where].sum(axis=-1))
        for name, each in parts.items():
            said = next((fates[k] for k in where if k in fates and name == "displaced"), name)
            entries.append(Entry(ELSEWHERE, said, place, line))
            counts.append(each[..., where].sum(axis=-1))
    return entries, np.stack(counts, axis=-1)


# ---- what comes in ---------------------------------------------------------------------------


def labels(pairs: xr.Dataset) -> tuple[list[str], list[str]]:
    """Platforms and places; refuses a Dataset that is no coupling."""
    for name, dims in DIMS.items():
        if name not in pairs or set(pairs[name].dims) != set(dims):
            have = tuple(pairs[name].dims) if name in pairs else "missing"
            raise DataError(f"coupling: {name!r} is {have}; need the dimensions {dims}")
    platforms = [str(one) for one in pairs.platform.values]
    places = [str(one) for one in pairs.place.values]
    if places != [*platforms, DORMANT, REMOVED]:
        raise DataError(
            f"coupling: places are {places}; need the platforms {platforms}, then {DORMANT!r} and {REMOVED!r}"
        )
    if pairs.sizes["replicate"] == 0:
        raise DataError("coupling: there are no replicates; ask for replicates=2 or more")
    return platforms, places


def index_of(times: int, at: int | None) -> int:
    index = times - 1 if at is None else operator.index(at)
    if not -times <= index < times:
        raise DataError(f"at is {at!r}; need an index of time from 0 to {times - 1}")
    return index % times


def window(values: Any, index: int, *, accumulated: bool, by_group: bool) -> Counts:
    """(R, T, G, ...) at a time or summed up to it; groups apart or together, (R, G, ...)."""
    if accumulated:
        chosen: Counts = np.sum(values[:, 1 : index + 1], axis=1, dtype=np.int64)
    else:
        chosen = np.asarray(values[:, index], dtype=np.int64)
    return chosen if by_group else np.sum(chosen, axis=1, keepdims=True)


def date_of(time: Any) -> str:
    """Date of a state; fractions of a day are rounded up, as by `Scenario.date_of`.

    Examples
    --------
    >>> date_of(np.datetime64("2016-07-27T12:00")), date_of(np.datetime64("2016-07-27T00:00"))
    ('2016-07-28', '2016-07-27')
    """
    if not isinstance(time, np.datetime64):
        return str(time)
    whole = time.astype("datetime64[D]")
    return str(whole + np.timedelta64(int(whole < time), "D"))
