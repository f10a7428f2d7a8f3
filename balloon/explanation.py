"""What a contrast says, in one paragraph of plain words with its numbers, intervals and assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon._differing import Differing, called, listed, opened
from balloon._fates import alike, elsewhere, more_arrests, parts
from balloon._spread import ALL, FEW, Spread, counted, in_percent, percent, points, range_of, rough
from balloon._values import numbers
from balloon.errors import EngineError
from balloon.evidence import ASSUMPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.ledger import Ledger
    from balloon.scenario import Scenario

SOME = 3
"""Interventions and other differences that are named; more are counted."""

SPREADS = {
    "fixed": "parameters were held at the scenario's values, so the ranges show luck alone, not what is not "
    "known about the parameters",
    "ranges": "uncertain parameters were drawn from their ranges, so the ranges show luck and what is not "
    "known about the parameters",
    "given": "parameters were given for each replicate, so the ranges show luck and how these differ",
}
"""What the ranges are over, by how the parameters were set."""


def explain(effect: Contrast, platform: str, step: int) -> str:
    """One paragraph: what changed, by how much, how sure, and what is assumed.

    Raises
    ------
    EngineError
        Fewer than two replicates: there is no interval.
    """
    time, runs = effect.baseline.data.time.values, effect.alternative.data.sizes["replicate"]
    if runs < 2:
        raise EngineError(f"explain: {runs} replicate gives no 90 % range; ask for replicates=2 or more")
    ledger = effect.ledger(platform, at=time[step])
    said = [_question(effect, platform), _loss(ledger, effect)]
    if alike(effect, step):
        said.append("Nothing else differs either: on every date up to then every actor is in the same place.")
    else:
        still = not ledger.net[:, 0, 0].any()
        beside = elsewhere(ledger, effect.scenarios[0].population.actors) if still else parts(ledger)
        said += [beside, more_arrests(effect, step), _others(ledger, effect)]
    said += [_sure(effect), _assumed(effect.scenarios)]
    return " ".join(part for part in said if part)


def _question(effect: Contrast, platform: str) -> str:
    found = Differing.of(*effect.scenarios[:2])
    if found.causal:
        aimed = all(one.targets == (platform,) for one in found.added)
        number = counted(len(found.added), "intervention")
        what = f"{number} on {platform}" if aimed else _called(found.added)
        return f"The same actors with the same luck, with and without {what}{_open(effect)}:"
    said = [f"{_called(some)} (in the {world} only)" for some, world in _apart(found) if some]
    differ = listed([*said, *map(str, found.changed)], most=SOME)
    return (
        f"The same actors with the same luck in {_titled(effect, 1, 'the alternative')} and in "
        f"{_titled(effect, 0, 'the baseline')}"
        f"{f', which differ by {differ}' if differ else ''}{_open(effect)}:"
    )


def _apart(found: Differing) -> tuple[tuple[tuple[Intervention, ...], str], ...]:
    return (found.added, "alternative"), (found.dropped, "baseline")


def _open(effect: Contrast) -> str:
    """That what is launched on a date in one world is there all the time in the other."""
    names = opened(*effect.scenarios[:2])
    are = "is" if len(names) == 1 else "are"
    return f" (in the baseline {listed(names, most=SOME)} {are} open from the start)" if names else ""


def _called(interventions: Sequence[Intervention]) -> str:
    """What interventions are and where: "outreach on all platforms and cooperation on Signal"."""
    found = dict.fromkeys(map(called, interventions))
    return " and ".join(found) if len(found) <= SOME else counted(len(interventions), "intervention")


def _titled(effect: Contrast, number: int, otherwise: str) -> str:
    names = [scenario.name for scenario in effect.scenarios[:2]]
    return otherwise if names[0] == names[1] else f"{otherwise} ({names[number]})"


def _loss(ledger: Ledger, effect: Contrast) -> str:
    loss, everybody = ledger.net[:, 0, 0], effect.scenarios[0].population.actors
    s, runs = Spread.of(loss / everybody), loss.size
    span = range_of(runs)
    had, has = (np.median(n[:, 0]) / everybody for n in (ledger.baseline, ledger.alternative))
    levels = f"{percent(had)} of all actors without the difference, {percent(has)} with it"
    if not loss.any():
        return (
            f"on {ledger.date} {ledger.platform} has exactly as many actors in both worlds, run by run "
            f"({percent(had)} of all)."
        )
    if not s.clear:
        return (
            f"no clear effect on {ledger.platform} by {ledger.date}: its share of all actors changes by "
            f"{points(-s.middle)} points, and the {span} ({points(-s.high)} to {points(-s.low)}) "
            "holds zero."
        )
    chance = f" So few as {runs} pairs may agree by chance." if runs < ALL else ""
    verb = "loses" if s.middle > 0 else "gains"
    low, high = sorted((abs(s.low), abs(s.high)))
    return (
        f"on {ledger.date} {ledger.platform} {verb} {percent(abs(s.middle))} of all actors "
        f"({span} {in_percent(low)} to {percent(high)}): {levels} (medians).{chance}"
    )


def _others(ledger: Ledger, effect: Contrast) -> str:
    """What became of people on other platforms who were never on the squeezed one."""
    if len(ledger.platforms) == 1:
        return ""
    # The first line is that of all other platforms together; one for each place follows.
    lines = [k for k, e in enumerate(ledger.entries) if e.entry == "bystanders"]
    change = ledger.net[:, 0, lines[0]]
    s = Spread.of(change / effect.scenarios[0].population.actors)
    if not change.any():
        where = "the other platforms have" if ledger.net[:, 0, lines].any() else "every other place has"
        return f"Of actors who were never on {ledger.platform}, {where} as many in both worlds."
    if not s.clear:
        return (
            f"Among actors who were never on {ledger.platform} the other platforms change by no clear "
            f"amount ({points(s.low)} to {points(s.high)} points of all actors)."
        )
    way = "gain" if s.middle > 0 else "lose"
    low, high = sorted((abs(s.low), abs(s.high)))
    return (
        f"Among actors who were never on {ledger.platform} the other platforms {way} "
        f"{percent(abs(s.middle))} of all actors ({in_percent(low)} to {percent(high)})."
    )


def _sure(effect: Contrast) -> str:
    """Over what the ranges are."""
    runs, made = effect.baseline.data.sizes["replicate"], effect.baseline.provenance
    failed = len(effect.baseline.failures)
    spread = SPREADS[effect.alternatives[0].provenance.parameters]
    lost = f" ({counted(failed, 'more pair')} failed)" if failed else ""
    few = f" {rough(runs)} What looks clear may be luck." if runs < FEW else ""
    return f"{counted(runs, 'pair')} of runs{lost}, seed {made.seed}; {spread}.{few}"


def _assumed(scenarios: tuple[Scenario, ...]) -> str:
    """Which parameters are assumptions, counted by what they are, and how many state no source."""
    sources: dict[str, str] = {}
    every: set[str] = set()
    for scenario in scenarios:
        for path, noun in scenario.nouns():
            sources |= {f"{path}.{e.field}": e.source for e in noun.evidence}
            every |= {f"{path}.{name}" for name, _ in numbers(noun)}
    assumed = [path for path, source in sources.items() if source == ASSUMPTION]
    silent = len(every - sources.keys())
    unsaid = (
        f"{counted(silent, 'number')} set by the user or left at the library's default, no source stated"
        if silent
        else ""
    )
    if not assumed:
        said = "No parameter is marked as an assumption"
        return f"{said}; {unsaid}." if unsaid else f"{said}."
    kinds: dict[str, int] = {}
    for path in assumed:
        kind = _kind(path)
        kinds[kind] = kinds.get(kind, 0) + 1
    names = ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(kinds.items()))
    said = f"{len(assumed)} of {len(sources)} parameters with evidence are assumptions: {names}."
    return f"{said} Beside them: {unsaid}." if unsaid else said


def _kind(path: str) -> str:
    """What a parameter is, without whose it is: "start" for "groups.drugs.start.Telegram"."""
    noun, _, rest = path.partition(".")
    if noun == "groups":
        return rest.split(".")[1].replace("_", " ")
    if noun == "interventions":
        return f"{rest.split(':')[0]} {path.rpartition('.')[2].replace('_', ' ')}"
    return path.rpartition(".")[2].replace("_", " ")
