"""What a brief says of its parameters: the most influential first, or all of them in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from balloon._spread import counted
from balloon.describe.pedigree import known_sources, parameters
from balloon.evidence import ASSUMPTION
from balloon.pages.markup import escape, items, table
from balloon.pages.wording import span
from balloon.plots.naming import called, coefficient, number

if TYPE_CHECKING:
    from balloon.describe.pedigree import Parameter
    from balloon.effect import Contrast
    from balloon.scenario import Scenario
    from balloon.sensitivity import Sensitivity

SHOWN = 10
"""Most influential parameters that are shown one by one."""


def influential(scenario: Scenario, found: Sensitivity) -> str:
    """The drawn parameters that matter most, with value, range, source and what they change."""
    known = {one.path: one for one in parameters(scenario)}
    rows = []
    for one in found.influences[:SHOWN]:
        # A parameter of the baseline alone is not in the alternative's scenario.
        own = known.get(one.path)
        rows.append(
            (
                called(scenario, one.path) if own else one.path,
                number(own.value) if own else "",
                span(one.low, one.high),
                own.unit if own else "",
                own.source if own else "",
                coefficient(one.loss, clear=abs(one.loss) > found.luck_loss),
                coefficient(one.displaced, clear=abs(one.displaced) > found.luck_displaced),
                f"{100 * one.loss_low:.0f} / {100 * one.loss_high:.0f}",
            )
        )
    head = ("parameter", "value", "drawn from", "unit", "source", "loss", "displaced", "loss % low / high")
    total = len(found.influences)
    first = f"The {len(rows)} of {total} drawn parameters" if total > len(rows) else "The drawn parameters"
    caption = (
        "The one drawn parameter, and what is assumed of it"
        if total == 1
        else f"{first} with which the answer goes most, and what is assumed of them"
    )
    return table(head, rows, caption=caption, kind="parameters")


def reading(found: Sensitivity, platform: str) -> str:
    """How to read the correlations, and what they come to."""
    bound = f"{found.luck_loss:.2f}"
    some = len(found.clear)
    verdict = {
        0: f"None of the {len(found.influences)} stands out over luck: more replicates may tell them apart.",
        1: f"One of the {len(found.influences)} stands out over luck.",
    }.get(some, f"{some} of the {len(found.influences)} stand out over luck.")
    few = (
        ""
        if found.losses == found.replicates
        else f" The displaced share is over the {found.losses} pairs in which {platform} loses actors."
    )
    return (
        f"{verdict} Columns “loss” and “displaced”: rank correlation of the drawn value, "
        f"over {found.replicates} pairs of runs, with the loss of {platform} and with the share of it that "
        f"is displaced; +1: the higher the one, the higher the other. In brackets: no larger than luck makes "
        f"(below {bound} for the loss). Figure and last column: median loss in % of all actors where the "
        f"value is in the lowest third of its draws (hollow) and in the highest (filled), beside that of all "
        f"pairs (line); grey: no larger than luck makes.{few}"
    )


def grouped(scenario: Scenario) -> str:
    """The parameters with a range by what they are; what was held beside them, in sentences."""
    groups: dict[str, list[Parameter]] = {}
    for one in parameters(scenario):
        if one.path in scenario.ranges():
            groups.setdefault(one.field.replace("_", " "), []).append(one)
    rows = []
    for name, members in groups.items():
        values = [one.value for one in members]
        ranges = span(min(one.low or 0.0 for one in members), max(one.high or 0.0 for one in members))
        value = number(values[0]) if len(set(values)) == 1 else span(min(values), max(values))
        sources = ", ".join(dict.fromkeys(one.source for one in members))
        rows.append((name, str(len(members)), value, ranges, members[0].unit, sources))
    if not rows:
        return rest(scenario, left_out=[])
    head = ("parameter", "numbers", "value", "range", "unit", "sources")
    listed = table(head, rows, caption="Parameters with a range, by what they are", kind="groups")
    return listed + rest(scenario, left_out=list(scenario.ranges()))


def rest(scenario: Scenario, *, left_out: Sequence[str]) -> str:
    """The parameters that are not shown one by one, in a sentence for each sort."""
    drawn, held, silent = [], [], 0
    for one in parameters(scenario):
        if one.path in left_out:
            continue
        if one.source == "not stated":
            silent += 1
        elif one.low is not None and one.high is not None and one.low < one.high:
            drawn.append(one)
        else:
            held.append(one)
    said = []
    for what, members in (("Drawn as well, with less influence", drawn), ("Without a range", held)):
        if members:
            kinds = ", ".join(dict.fromkeys(one.field.replace("_", " ") for one in members))
            said.append(f"{what}: {_assumed(members)} ({kinds}).")
    if silent:
        unsaid = "Set by the user or left at the library's default, no source stated"
        said.append(f"{unsaid}: {counted(silent, 'number')}.")
    return " ".join(f"<p>{escape(one)}</p>" for one in said)


def _assumed(members: Sequence[Parameter]) -> str:
    """How many numbers, and how many of them are assumptions."""
    assumed, number = sum(one.source == ASSUMPTION for one in members), counted(len(members), "number")
    if len(members) == 1:
        return f"{number}, {'an' if assumed else 'no'} assumption"
    are = "assumption" if assumed == 1 else "assumptions"
    return f"{number}, {assumed or 'none'} of them {are}"


def everything(scenario: Scenario) -> str:
    """Every number with its range, source and note: for the page, not for the two sheets of paper."""
    rows = [
        (
            one.path,
            number(one.value),
            span(one.low, one.high),
            one.unit,
            one.source,
            one.note,
        )
        for one in parameters(scenario)
    ]
    head = ("parameter", "value", "range", "unit", "source", "note")
    listed = table(head, rows, caption=f"All numbers of {scenario.name}", kind="all")
    return f'<details class="screen"><summary>All {len(rows)} numbers</summary>{listed}</details>'


def sources(effect: Contrast, shown: Sequence[str]) -> str:
    """What the ids of sources mean, of the interventions that differ and of the parameters shown."""
    known, cited = known_sources(), set()
    baseline, alternative = effect.scenarios
    for one in {*baseline.interventions} ^ {*alternative.interventions}:
        cited.add(one.source)
    cited |= {one.source for one in parameters(alternative) if one.path in shown}
    ids = sorted(cited & known.keys(), key=lambda name: int(name[1:]))
    listed = items(
        (
            f"{name}: {known[name].title}. {known[name].publisher}, {known[name].date}. {known[name].url}"
            for name in ids
        ),
        kind="sources",
    )
    return f"<h3>Sources</h3>{listed}" if ids else ""
