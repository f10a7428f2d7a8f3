"""What became of those that a platform lost, and what changed beside it, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon._spread import ALL, Spread, counted, in_percent, percent, points, range_of, whole
from balloon._values import DORMANT, REMOVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.effect import Contrast
    from balloon.ledger import Entry, Ledger

HARDLY = 0.05
"""A part of less than this share of the loss is left to the ledger."""
MOST = 0.5
"""Only more than this share of those who reappear is called most of them,"""
FIRST = 2 / 3
"""and only where the platform is first in at least this share of the runs."""
SOME = 3
"""Places that are named where the platform itself is no different."""


class Said(NamedTuple):
    """How a part of the loss is said, by its sign: its {share}, with its {range}, of {platform}."""

    some: str
    nobody: str
    back: str
    """More come back than go."""
    unclear: str


HOLDERS = {DORMANT: "dormant", REMOVED: "arrested as well"}
"""Place that is no platform -> where one is to whom a role passed."""
WORDS = {
    "displaced": Said(
        "{share} ({range}) reappears on other platforms",
        "nobody reappears on other platforms",
        "nobody is displaced on balance: more are on {platform} who would be on another platform than the "
        "other way round, by {share} of the loss ({range})",
        "whether anybody reappears on other platforms on balance is not clear: {share} ({range})",
    ),
    "deterred": Said(
        "{share} ({range}) is deterred (dormant)",
        "nobody is deterred (dormant)",
        "nobody is deterred on balance: more are on {platform} who would be dormant than the other way "
        "round, by {share} of the loss ({range})",
        "whether anybody is deterred (dormant) on balance is not clear: {share} ({range})",
    ),
    "incapacitated": Said(
        "{share} ({range}) is incapacitated (arrested and not replaced)",
        "nobody is incapacitated (arrested and not replaced)",
        "nobody is incapacitated on balance: more are on {platform} who would be arrested and not replaced "
        "than the other way round, by {share} of the loss ({range})",
        "whether anybody is incapacitated (arrested and not replaced) on balance is not clear: {share} "
        "({range})",
    ),
    "refilled": Said(
        "{share} ({range}) are roles that passed to another person",
        "no role passed to another person",
        "no role passed to another person elsewhere on balance: more such are on {platform} than the other "
        "way round, by {share} of the loss ({range})",
        "whether roles passed to another person elsewhere on balance is not clear: {share} ({range})",
    ),
}
"""Parts of the loss in words."""


def parts(ledger: Ledger) -> str:
    """Where the loss went, as shares of the mean loss; nothing where there is none to speak of."""
    loss = ledger.net[:, 0, 0]
    some = loss > 0
    if not Spread.of(loss).low > 0:
        return ""
    said = []
    alone = len(ledger.platforms) == 1
    for name, words in WORDS.items():
        if alone and name == "displaced":
            continue  # there is nowhere to reappear
        line = next(k for k, e in enumerate(ledger.entries) if e.entry == name)
        net = ledger.net[:, 0, line]
        share = float(net.mean() / loss.mean())
        text = _part(words, share, Spread.of(net[some] / loss[some]), ledger.platform)
        if name == "displaced" and share > HARDLY:
            text += largest(ledger)
        if name == "displaced" and share > 1:
            text += f", more than are lost in all, since others are on {ledger.platform} instead"
        if name == "refilled" and text.startswith(percent(share)):
            text += _holders(ledger)
        said.append(text)
    brackets = "90% of the runs" if loss.size >= ALL else f"all {counted(int(some.sum()), 'pair')}"
    return f"Of the mean loss (in brackets: {brackets}), {'; '.join(said)}."


def _part(words: Said, share: float, s: Spread, platform: str) -> str:
    """One part, with its sign in words."""
    low, high = (round(end, 3) for end in (s.low, s.high))
    if share < 0 and high <= 0:
        way, share, s = words.back, -share, s.size
    elif share < 0 or low < 0:
        way = words.unclear
    else:
        way = words.some if share or high else words.nobody
    span = f"{in_percent(s.low)} to {percent(s.high)}"
    return way.format(share=percent(share), range=span, platform=platform)


def _holders(ledger: Ledger) -> str:
    """Where those are to whom roles passed, as shares of the mean loss; they need not be on a platform."""
    means = dict.fromkeys(("on other platforms", "dormant", "arrested as well"), 0.0)
    for entry, mean in zip(ledger.entries, ledger.net[:, 0].mean(axis=0), strict=True):
        if entry.entry == "refilled" and entry.line == "part":
            means[HOLDERS.get(entry.place, "on other platforms")] += float(mean)
    loss = float(ledger.net[:, 0, 0].mean())
    said = [(where, percent(mean / loss)) for where, mean in means.items() if mean]
    if len(said) == 1:
        return f", who is {said[0][0].replace('other platforms', 'another platform')}"
    return f": {', '.join(f'{share} {where}' for where, share in said)}"


def largest(ledger: Ledger) -> str:
    """The destination that gains most in the mean: "most" only of more than half, in most of the runs."""
    lines = [k for k, e in enumerate(ledger.entries) if _is_destination(e)]
    gains, places = ledger.net[:, 0, lines], [ledger.entries[k].place for k in lines]
    shares = gains.mean(axis=0) / gains.sum(axis=1).mean()
    first, *others = np.argsort(-shares, kind="stable")
    often = float((gains.argmax(axis=1) == first).mean())
    if shares[first] > MOST and often >= FIRST:
        return f", most on {places[first]} (first in {percent(often)} of the runs)"
    part = percent(shares[first])
    alike = [places[first], *(places[k] for k in others if percent(shares[k]) == part)]
    if len(alike) > 1:
        return f", the largest parts on {' and '.join(alike)} ({part} of these each)"
    return f", the largest part on {places[first]} ({part} of these; first in {percent(often)} of the runs)"


def _is_destination(entry: Entry) -> bool:
    return entry.account == "loss" and entry.entry == "displaced" and entry.line == "part"


# ---- beside the platform -----------------------------------------------------------------------


def alike(effect: Contrast, step: int) -> bool:
    """Whether up to a step nobody is elsewhere than in the baseline, and no role is filled by another."""
    pairs = effect.pairs[0].isel(time=slice(step + 1))
    same = pairs["same"].transpose(..., "place_baseline", "place_alternative").values
    return bool(np.einsum("...kk->...", same).sum() == same.sum() and not pairs["refilled"].values.any())


def arrests(effect: Contrast, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(R,) arrests up to a step on all platforms, in the baseline and in the alternative."""
    ours, theirs = (
        runs.data["arrests"].isel(time=slice(step + 1)).sum(("time", "platform")).values.astype(np.int64)
        for runs in (effect.baseline, effect.alternative)
    )
    return ours, theirs


def more_arrests(effect: Contrast, step: int) -> str:
    """How many more are arrested up to a step, replaced or not; nothing where as many are in every run."""
    ours, theirs = arrests(effect, step)
    if not (theirs - ours).any():
        return ""
    s, of = Spread.of(theirs - ours), f"among {effect.scenarios[0].population.actors:,} actors"
    if not s.clear:
        return (
            f"Arrests by then, whether replaced or not, change by no clear number "
            f"({whole(s.low)} to {whole(s.high)} {of})."
        )
    n, way = s.size, "more" if s.low > 0 else "fewer"
    noun = "arrest" if round(n.middle) == 1 else "arrests"
    return (
        f"By then there are {whole(n.middle)} {way} {noun} {of} ({range_of(theirs.size)} {whole(n.low)} to "
        f"{whole(n.high)}), whether replaced or not: {whole(float(np.median(ours)))} without the difference, "
        f"{whole(float(np.median(theirs)))} with it (medians, which need not add up)."
    )


def elsewhere(ledger: Ledger, everybody: int) -> str:
    """Which other places clearly differ most, where the platform itself does not."""
    found = []
    for k, entry in enumerate(ledger.entries):
        if entry.account == "elsewhere" and entry.entry == "gain" and entry.line == "total":
            s = Spread.of(ledger.net[:, 0, k] / everybody)
            if s.clear:
                found.append((-abs(s.middle), entry.place, s))
    said = [
        f"{_at(place)} {points(s.middle)} ({points(s.low)} to {points(s.high)})"
        for _, place, s in sorted(found)
    ]
    return f"Elsewhere, in points of all actors: {', '.join(said[:SOME])}." if said else ""


def _at(place: str) -> str:
    return {"removed": "arrested and not replaced"}.get(place, place)
