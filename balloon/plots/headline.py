"""One sentence for what became of the squeezed platform, and no more than the numbers bear out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots.ranges import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balloon.plots.ranges import Range

HARDLY = 0.005
"""A change of less than half a point of all actors is called hardly a change."""
_PLAIN = {
    "mostly displaced": "{P} loses actors; most of those who left are on other platforms",
    "mostly dormant": "{P} loses actors; most of those who left are dormant",
    "mostly removed": "{P} loses actors; most of those who left were arrested",
    "more displaced": "{P} loses actors, more to other platforms than to dormancy or arrest",
    "more dormant": "{P} loses actors, more to dormancy than to other platforms or arrest",
    "more removed": "{P} loses actors, more to arrest than to other platforms or dormancy",
    "unclear": "{P} loses actors{ways}",
}
_CAUSED = {
    "mostly displaced": "The interventions cost {P} actors, most of them displaced to other platforms",
    "mostly dormant": "The interventions cost {P} actors, most of them deterred: they are dormant",
    "mostly removed": "The interventions cost {P} actors, most of them removed by arrest",
    "more displaced": "The interventions displace more of {P}’s actors than they deter or remove",
    "more dormant": "The interventions deter more of {P}’s actors than they displace or remove",
    "more removed": "The interventions remove more of {P}’s actors than they displace or deter",
    "mostly refilled": "The interventions cost {P} actors, most of them replaced by newcomers{there}",
    "more refilled": "The interventions cost {P} actors, many of them replaced by newcomers{there}",
    "unclear": "The interventions cost {P} actors{ways}",
}
_COMPARED = {
    "mostly displaced": "Against the baseline {P} loses actors, most of them to other platforms",
    "mostly dormant": "Against the baseline {P} loses actors, most of them to dormancy",
    "mostly removed": "Against the baseline {P} loses actors, most of them to arrest",
    "more displaced": "Against the baseline {P} loses actors, more to other platforms than otherwise",
    "more dormant": "Against the baseline {P} loses actors, more to dormancy than otherwise",
    "more removed": "Against the baseline {P} loses actors, more to arrest than otherwise",
    "mostly refilled": "Against the baseline {P} loses actors, most of them replaced by newcomers{there}",
    "more refilled": "Against the baseline {P} loses actors, many of them replaced by newcomers{there}",
    "unclear": "Against the baseline {P} loses actors{ways}",
}
_VERDICTS = {
    # against nothing, the same world without interventions, another world
    "nothing": (
        "Nothing changes on {P}",
        "The interventions change nothing on {P}",
        "The baseline is no different for {P}",
    ),
    "hedged": (
        "No clear change on {P} by the end: the 90% range runs from {low} to {high} points",
        "No clear effect on {P} by the end: the 90% range runs from {low} to {high} points",
        "No clear difference on {P} by the end: the 90% range runs from {low} to {high} points",
    ),
    "hardly": (
        "{P} ends about where it was",
        "{P} ends about where it would have without the interventions",
        "{P} ends about where it does in the baseline",
    ),
    "more": (
        "{P} gains actors",
        "{P} ends larger with the interventions than without",
        "{P} ends larger than in the baseline",
    ),
}
_WAYS = {
    "displaced": "other platforms",
    "dormant": "dormancy",
    "removed": "arrest",
}


_THERE = {
    "mostly elsewhere": ", mostly on other platforms",
    "mostly dormant": ", mostly dormant",
    "mostly removed": ", mostly arrested as well",
}


def _ways(clear: Sequence[str]) -> str:
    """Where actors go if no way stands out."""
    ways = [_WAYS[name] for name in clear]
    if len(ways) > 1:
        return f": to {', '.join(ways[:-1])} and {ways[-1]}, none clearly ahead"
    if ways:
        return f", some to {ways[0]}; where the rest go is not clear"
    return "; where they go differs from run to run"


def verdict(change: Range, *, unmoved: bool) -> str:
    """What became of the platform: "nothing", "hedged", "hardly", "more" or "fewer"."""
    if unmoved:
        return "nothing"
    if abs(change.middle) < HARDLY and max(abs(change.low), abs(change.high)) < 2 * HARDLY:
        return "hardly"
    if not (change.high < 0 or change.low > 0):
        return "hedged"
    return "more" if change.low > 0 else "fewer"


def headline(
    change: Range,
    *,
    against: str,
    pattern: str,
    clear: Sequence[str],
    unmoved: bool,
    squeezed: str,
    lead: str,
    newcomers: str = "",
) -> str:
    """The sentence for a change of the platform's share.

    Parameters
    ----------
    against : "nothing", "same world" or "other world"
        What the platform is compared with: its own past, the world without the interventions, or
        another one.
    pattern, clear
        As in `Finding`.
    lead : str
        How the sentence begins where there is one run only, else empty.
    newcomers
        Where most of the newcomers are, if that is clear, as a pattern.
    """
    world = ("nothing", "same world", "other world").index(against)
    key = verdict(change, unmoved=unmoved)
    said = (_PLAIN, _CAUSED, _COMPARED)[world][pattern] if key == "fewer" else _VERDICTS[key][world]
    if lead:
        said = said if said.startswith("{P}") else said[0].lower() + said[1:]
        said = lead + said
    said = (
        said.replace("{ways}", _ways(clear))
        .replace("{there}", _THERE.get(newcomers, ""))
        .replace("{low}", points(change.low))
        .replace("{high}", points(change.high))
    )
    return said.replace("{P}", squeezed)
