"""The words that go with the mean field against the actors of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon.plots.caption import Caption, scenario_line, scenario_source
from balloon.plots.fit_words import short_name

if TYPE_CHECKING:
    from balloon.calibrate.discrepancy import AbmCheck

VERDICTS = {
    "fine": "may stand for the actors",
    "widen": "may stand for the actors with wider intervals",
    "refuse": "must not stand for the actors",
}
FINE, WIDEN = 0.3, 1.0
"""Bounds of the verdicts, in standard deviations; those of `balloon.calibrate.discrepancy`."""
TOLD = 12
"""Observations that the alt text tells, those with the largest gaps."""


def abm_check_caption(check: AbmCheck, *, shown: int) -> Caption:
    """Write all words of the figure from its numbers; so many observations are drawn."""
    scenario, number = check.problem.scenario, len(check.problem.observations)
    head, below = abm_check_title(check), _subtitle(check)
    some = f" The {shown} of {number} observations with the largest gaps are shown." if shown < number else ""
    note = (
        f"Actors: mean of {check.replicates} runs at the estimate. Grounds: a root mean square below 0.3 in "
        f"each quantity is fine, up to 1 widens the intervals, beyond it the {check.stand_in} is refused. "
        f"Whiskers of the parameters: 90% of the luck of one world.{some}"
    )
    made = f"{check.replicates} replicates"
    return Caption(
        title=head,
        subtitle=below,
        notes=(note, scenario_line(scenario, made)),
        alt=_alt(check, f"{head}. {below}"),
        source=scenario_source(scenario, replicates=check.replicates),
    )


def abm_check_title(check: AbmCheck) -> str:
    """The verdict in one sentence, with the quantity that it is by."""
    gap = check.quantities()["gap"].drop("all")
    worst, widest = str(gap.idxmax()), int(check.widening.argmax())
    if check.verdict == "widen" and gap[worst] < FINE:
        name, factor = short_name(check.problem.names[widest]), check.widening[widest]
        return f"{_verdict(check)}: that of {name} is {factor:.2f} times as wide"
    return f"{_verdict(check)}: gaps of up to {gap[worst]:.2f} sd of an observation ({worst})"


def _verdict(check: AbmCheck) -> str:
    return f"The {check.stand_in} {VERDICTS[check.verdict]}"


def _subtitle(check: AbmCheck) -> str:
    table = check.quantities()
    each = ", ".join(f"{name} {row.gap:.2f}" for name, row in table.drop("all").iterrows())
    j = int(np.abs(check.shift).argmax())
    names = check.problem.names
    widest = int(check.widening.argmax())
    return (
        f"Root mean square of the gaps, luck taken out: {each}. They shift {short_name(names[j])} most, by "
        f"{signed(float(check.shift[j]))} posterior sd; shift and luck widen the interval of "
        f"{short_name(names[widest])} most, by a factor of {check.widening[widest]:.2f}."
    )


def signed(value: float) -> str:
    """In hundredths with its sign.

    Examples
    --------
    >>> signed(0.314), signed(-0.001)
    ('+0.31', '0.00')
    """
    said = f"{value:+.2f}".replace("-", "−")
    return "0.00" if float(f"{value:.2f}") == 0 else said


def _alt(check: AbmCheck, head: str) -> str:
    # Two observations may be called the same.
    rows = sorted(check.rows()["gap"].items(), key=lambda row: -abs(row[1]))
    seen = "; ".join(f"{name} {signed(gap)}" for name, gap in rows[:TOLD])
    moved = "; ".join(
        f"{short_name(name)} {signed(float(shift))}, half-width times {factor:.2f}"
        for name, shift, factor in zip(check.problem.names, check.shift, check.widening, strict=True)
    )
    return (
        f"{head} Dot plot of the actors minus the {check.stand_in} in standard deviations of each "
        f"observation, the largest first: {seen}. Shifts of the parameters in posterior standard "
        f"deviations: {moved}. Simulated with {check.replicates} runs of the actors."
    )
