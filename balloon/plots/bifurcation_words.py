"""The words that go with a bifurcation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.plots.caption import Caption, scenario_line, scenario_source
from balloon.plots.headline import HARDLY
from balloon.plots.lettering import clean
from balloon.plots.ranges import percent

if TYPE_CHECKING:
    from balloon.plots.bifurcation import Branches


def brief_number(value: float) -> str:
    """A value of a parameter, with no more digits than one can read off.

    Examples
    --------
    >>> brief_number(0.03217), brief_number(2.0)
    ('0.0322', '2')
    """
    return f"{value:.3g}".replace("-", "−")


def bifurcation_caption(told: Branches) -> Caption:
    """Write all words of the figure from its numbers."""
    found = told.found
    head, below = bifurcation_title(told), _subtitle(told)
    made = ("engine meanfield", f"{len(told.values)} values of {found.parameter}")
    return Caption(
        title=head,
        subtitle=below,
        notes=(_reading_help(told), scenario_line(found.scenario, *made)),
        alt=_alt(told, f"{head}. {below}"),
        source=scenario_source(found.scenario, engine="meanfield", parameter=found.parameter, **_ends(told)),
    )


def _ends(told: Branches) -> dict[str, float]:
    return {"low": float(told.values[0]), "high": float(told.values[-1])}


def bifurcation_title(told: Branches) -> str:
    """The finding in one sentence."""
    name, what, found = told.places[0].label, told.parameter, told.found
    start, end = float(told.up[0, 0]), float(told.up[-1, 0])
    if found.critical is not None:
        said = f"{name} tips at “{what}” = {brief_number(found.critical)}"
        if found.back is not None:
            return f"{said} and tips back at {brief_number(found.back)}"
        lowest = brief_number(float(told.values[0]))
        if not found.reversible:
            return f"{said}; going back to {lowest} does not bring its actors back"
        return f"{said} and comes back without a jump"
    if found.back is not None:
        back = brief_number(found.back)
        return f"{name} does not tip as “{what}” rises; as it falls again it tips at {back}"
    if abs(end - start) < HARDLY:
        return f"{name} stays at about {percent(start)} of actors, whatever “{what}” is in this range"
    ends = f"from {percent(start)} to {percent(end)}"
    return f"{name} does not tip: as “{what}” rises it goes {ends} without a jump"


def _subtitle(told: Branches) -> str:
    low, high = (brief_number(float(told.values[k])) for k in (0, -1))
    start, top, end = (percent(float(one)) for one in (told.up[0, 0], told.up[-1, 0], told.down[0, 0]))
    said = (
        f"Expected shares of all actors at rest. {told.places[0].label} at {low}: {start}; at {high}: {top}; "
        f"back at {low}: {end}."
    )
    if (span := told.found.span) is None:
        return f"{said} At no value tried does it matter where the crowd was before."
    first, last = map(brief_number, span)
    return f"{said} From {first} to {last} it matters where the crowd was before."


def _reading_help(told: Branches) -> str:
    ways = ""
    if told.apart.any():
        ways = "Solid: reached as the parameter rises; dashed: as it falls again; "
        ways += "dotted: the brink between, not stable; "
    if told.found.span is not None:
        ways += f"{'shaded' if ways else 'Shaded'}: where both are stable. "
    return (
        f"{ways}{_luck(told)}Rest points of the mean field under the policy of the last step: expected "
        "numbers of many actors, without luck and without clusters of contacts; others, farther off the way, "
        "may exist. Values of tipping are found to a thousandth of the range. Simulated actors, not "
        "observations."
    )


def _luck(told: Branches) -> str:
    """That platforms which are alike part by luck."""
    shown = [[told.names.get(name, name) for name in names] for names in told.found.alike]
    return "".join(
        f"{', '.join(names[:-1])} and {names[-1]} are alike: which of them takes over is luck, and one case "
        "is drawn. "
        for names in shown
    )


def _alt(told: Branches, head: str) -> str:
    last = len(told.values) - 1
    steps = sorted({round(part * last / 4) for part in range(5)})
    points = "; ".join(
        f"{brief_number(float(told.values[k]))}: {percent(float(told.up[k, 0]))} rising, "
        f"{percent(float(told.down[k, 0]))} falling"
        for k in steps
    )
    ends = ", ".join(f"{place.label} {percent(float(told.up[-1, k]))}" for k, place in enumerate(told.places))
    replaced = {shown: clean(name) for name, shown in told.names.items() if shown != clean(name)}
    names = f" Names: {', '.join(f'{a} = {b}' for a, b in replaced.items())}." if replaced else ""
    return (
        f"{head} Line chart of {told.places[0].label} at rest by {told.parameter}: {points}. At the highest "
        f"value: {ends}.{names} Simulated, not observed; mean field."
    )
