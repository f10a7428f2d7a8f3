"""What a contrast says, in one paragraph of plain words with its numbers, intervals and assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from balloon.errors import EngineError
from balloon.evidence import ASSUMPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from balloon.effect import Contrast
    from balloon.interventions import Intervention
    from balloon.ledger import Entry, Ledger
    from balloon.scenario import Scenario

HARDLY = 0.05
"""A part of less than this share of the loss is left to the ledger."""
SOME = 3
"""Interventions that are named; more are counted."""

SPREADS = {
    "fixed": "parameters were held at the scenario's values, so the ranges show luck alone, not what is not "
    "known about the parameters",
    "ranges": "uncertain parameters were drawn from their ranges, so the ranges show luck and what is not "
    "known about the parameters",
    "given": "parameters were given for each replicate, so the ranges show luck and how these differ",
}
"""What the ranges are over, by how the parameters were set."""


class Spread(NamedTuple):
    """Median and 90 % range over replicates."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Spread:
        """Of one number per replicate."""
        return cls(*(float(q) for q in np.quantile(np.asarray(values, float), (0.05, 0.5, 0.95))))

    @property
    def clear(self) -> bool:
        """Whether the range keeps clear of zero."""
        return self.low > 0 or self.high < 0


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
    said = [_question(effect, platform), _loss(ledger, effect), *_parts(ledger), _others(ledger, effect)]
    said += [_sure(effect), _assumed(effect.scenarios)]
    return " ".join(part for part in said if part)


def _question(effect: Contrast, platform: str) -> str:
    ours, theirs = effect.scenarios[0].interventions, effect.scenarios[1].interventions
    added = [one for one in theirs if one not in ours]
    dropped = [one for one in ours if one not in theirs]
    if added and not dropped:
        aimed = all(one.targets == (platform,) for one in added)
        what = f"{_number(len(added), 'intervention')} on {platform}" if aimed else _called(added)
        return f"The same actors with the same luck, with and without {what}:"
    differ = f", which differ by {_called([*dropped, *added])}" if added or dropped else ""
    return (
        f"The same actors with the same luck in {_titled(effect.scenarios[1], 'the alternative')} and in "
        f"{_titled(effect.scenarios[0], 'the baseline')}{differ}:"
    )


def _called(interventions: Sequence[Intervention]) -> str:
    """What interventions are and where: "outreach on all platforms and cooperation on Signal"."""
    names = (f"{one.kind.replace('_', ' ')} on {_where(one)}" for one in interventions)
    found = dict.fromkeys(names)
    return " and ".join(found) if len(found) <= SOME else _number(len(interventions), "intervention")


def _where(one: Intervention) -> str:
    return ", ".join(one.targets) or "all platforms"


def _titled(scenario: Scenario, otherwise: str) -> str:
    return f"{otherwise} ({scenario.name})"


def _loss(ledger: Ledger, effect: Contrast) -> str:
    loss, everybody = ledger.net[:, 0, 0], effect.scenarios[0].population.actors
    s = Spread.of(loss / everybody)
    had, has = (np.median(n[:, 0]) / everybody for n in (ledger.baseline, ledger.alternative))
    levels = f"{_percent(had)} of all actors without the difference, {_percent(has)} with it"
    if not loss.any():
        return f"on {ledger.date} {ledger.platform} has exactly as many actors in both worlds, run by run."
    if not s.clear:
        return (
            f"no clear effect on {ledger.platform} by {ledger.date}: its share of all actors changes by "
            f"{_points(-s.middle)} points, and the 90% range ({_points(-s.high)} to {_points(-s.low)}) "
            "holds zero."
        )
    verb = "loses" if s.middle > 0 else "gains"
    low, high = sorted((abs(s.low), abs(s.high)))
    return (
        f"on {ledger.date} {ledger.platform} {verb} {_percent(abs(s.middle))} of all actors "
        f"(90% range {_number_of(low)} to {_percent(high)}): {levels} (medians)."
    )


def _parts(ledger: Ledger) -> list[str]:
    """Where the loss went, as shares of it; nothing where there is none to speak of."""
    loss = ledger.net[:, 0, 0]
    some = loss > 0
    if not Spread.of(loss).low > 0:
        return []
    words = {
        "displaced": "reappears on other platforms",
        "deterred": "is deterred (dormant)",
        "incapacitated": "is incapacitated (arrested)",
        "refilled": "are roles that another person fills elsewhere",
    }
    said = []
    for name, phrase in words.items():
        line = next(k for k, e in enumerate(ledger.entries) if e.entry == name)
        s = Spread.of(ledger.net[some, 0, line] / loss[some])
        text = f"{_percent(s.middle)} ({_number_of(s.low)} to {_percent(s.high)}) {phrase}"
        if name == "displaced" and s.middle > HARDLY:
            text += f", most on {_largest(ledger)}"
        said.append(text)
    return [f"Of the loss, {'; '.join(said)}."]


def _largest(ledger: Ledger) -> str:
    """The destination that gains most in the mean, and in how many runs it does."""
    lines = [k for k, e in enumerate(ledger.entries) if _is_destination(e)]
    gains = ledger.net[:, 0, lines]
    first = int(gains.mean(axis=0).argmax())
    often = float((gains.argmax(axis=1) == first).mean())
    return f"{ledger.entries[lines[first]].place} (first in {_percent(often)} of the runs)"


def _is_destination(entry: Entry) -> bool:
    return entry.account == "loss" and entry.entry == "displaced" and entry.line == "part"


def _others(ledger: Ledger, effect: Contrast) -> str:
    """What became of people on other platforms who were never on the squeezed one."""
    line = next(k for k, e in enumerate(ledger.entries) if e.entry == "bystanders")
    change = ledger.net[:, 0, line]
    s = Spread.of(change / effect.scenarios[0].population.actors)
    if not change.any():
        return f"Nobody who was never on {ledger.platform} is elsewhere than without it."
    if not s.clear:
        return (
            f"Among actors who were never on {ledger.platform} the other platforms change by no clear "
            f"amount ({_points(s.low)} to {_points(s.high)} points of all actors)."
        )
    way = "gain" if s.middle > 0 else "lose"
    low, high = sorted((abs(s.low), abs(s.high)))
    return (
        f"Among actors who were never on {ledger.platform} the other platforms {way} "
        f"{_percent(abs(s.middle))} of all actors ({_number_of(low)} to {_percent(high)})."
    )


def _sure(effect: Contrast) -> str:
    """Over what the ranges are."""
    runs, made = effect.baseline.data.sizes["replicate"], effect.baseline.provenance
    failed = len(effect.baseline.failures)
    spread = SPREADS[effect.alternatives[0].provenance.parameters]
    lost = f" ({_number(failed, 'more pair')} failed)" if failed else ""
    return f"{_number(runs, 'pair')} of runs{lost}, seed {made.seed}; {spread}."


def _assumed(scenarios: tuple[Scenario, ...]) -> str:
    """Which parameters are assumptions, counted by what they are."""
    sources: dict[str, str] = {}
    for scenario in scenarios:
        for path, noun in scenario.nouns():
            sources |= {f"{path}.{e.field}": e.source for e in noun.evidence}
    assumed = [path for path, source in sources.items() if source == ASSUMPTION]
    if not assumed:
        return "No parameter is marked as an assumption; those without a source have not been checked."
    kinds: dict[str, int] = {}
    for path in assumed:
        kind = _kind(path)
        kinds[kind] = kinds.get(kind, 0) + 1
    names = ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in sorted(kinds.items()))
    return f"{len(assumed)} of {len(sources)} parameters with evidence are assumptions: {names}."


def _kind(path: str) -> str:
    """What a parameter is, without whose it is: "start" for "groups.drugs.start.Telegram"."""
    noun, _, rest = path.partition(".")
    if noun == "groups":
        return rest.split(".")[1].replace("_", " ")
    if noun == "interventions":
        return f"{rest.split(':')[0]} {path.rpartition('.')[2].replace('_', ' ')}"
    return path.rpartition(".")[2].replace("_", " ")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _number_of(share: float) -> str:
    digits = 0 if abs(share) >= 0.0995 else 1
    return f"{100 * share:.{digits}f}"


def _percent(share: float) -> str:
    return f"{_number_of(share)}%"


def _points(change: float) -> str:
    text = f"{100 * change:+.1f}"
    return "0" if text in ("+0.0", "-0.0") else text
