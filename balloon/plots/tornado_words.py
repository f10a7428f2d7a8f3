"""The words that go with a tornado."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots.caption import Caption, names_in_words, source
from balloon.plots.contrast_caption import contrast_provenance
from balloon.plots.lettering import day
from balloon.plots.ranges import unsigned

if TYPE_CHECKING:
    from balloon.plots.tornado import Swing, Tornado


def tornado_caption(told: Tornado) -> Caption:
    """Write all words of the figure from its numbers."""
    worlds = told.worlds
    head, below = tornado_title(told), _subtitle(told)
    return Caption(
        title=head,
        subtitle=below,
        notes=(_reading_help(told), contrast_provenance(worlds)),
        alt=tornado_alt(told),
        source=source(runs=worlds.alternative, baseline=worlds.baseline),
    )


def tornado_title(told: Tornado) -> str:
    """The finding in one sentence; of what luck may explain, none is named."""
    name, first = told.worlds.baseline.squeezed, next((one for one in told.swings if one.clear), None)
    number = len(told.found.influences)
    if first is None:
        some = f"None of {number} uncertain parameters moves"
        if number == 1:
            some = "The one uncertain parameter does not move"
        return f"{some} {name}’s loss by more than luck, in {told.found.replicates} pairs of runs"
    most = "most " if number > 1 else ""
    return (
        f"{name}’s loss goes {most}with “{first.name}”: {unsigned(first.low)} points where it is low, "
        f"{unsigned(first.high)} where it is high"
    )


def _subtitle(told: Tornado) -> str:
    found, worlds = told.found, told.worlds
    number, clear = len(found.influences), sum(abs(one.loss) > found.luck_loss for one in found.influences)
    drawn = "the one uncertain parameter" if number == 1 else f"all {number} uncertain parameters at once"
    return (
        f"Median loss of {worlds.baseline.squeezed} on {day(worlds.baseline.end)}: "
        f"{unsigned(told.middle.middle)} points ({unsigned(told.middle.low)} to "
        f"{unsigned(told.middle.high)}) of all actors, over {worlds.counted} that draw {drawn}. "
        f"With the loss, {clear} of {number} go{'es' if clear == 1 else ''} more than luck would have it."
    )


def _reading_help(told: Tornado) -> str:
    found = told.found
    shown, number = len(told.swings), len(found.influences)
    some = f" The {shown} of {number} are shown with which the answer goes most." if shown < number else ""
    few = "" if found.losses == found.replicates else f" over the {found.losses} pairs with a loss"
    return (
        f"Loss: what {told.worlds.baseline.squeezed} has fewer {told.worlds.called.within} than "
        f"{told.worlds.called.short}. Right: rank correlation with the loss, and with the share of it that "
        f"is displaced{few}; in brackets where luck explains it (below {found.luck_loss:.2f} for the loss, "
        f"5% in all). A parameter that matters in the middle of its range only stays unseen.{some} Simulated "
        "actors, not observations."
    )


def tornado_alt(told: Tornado) -> str:
    """The figure in words, with its numbers."""
    worlds, made = told.worlds, told.worlds.alternative.provenance
    rows = "; ".join(_in_words(one) for one in told.swings)
    said = [
        f"{tornado_title(told)}.",
        _subtitle(told),
        f"Bar chart of the median loss in points by parameter, lowest and highest third of it: {rows}.",
        *names_in_words(worlds.alternative),
        f"Simulated, not observed; balloon {made.balloon}, {worlds.counted}, seed {made.seed}.",
    ]
    return " ".join(said)


def _in_words(one: Swing) -> str:
    unclear = "" if one.clear else ", no more than luck"
    return f"{one.name} {unsigned(one.low)} and {unsigned(one.high)}{unclear}"
