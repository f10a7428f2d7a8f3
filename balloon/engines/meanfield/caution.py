"""Where the mean field is known to be wrong, as measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from balloon.scenario import Scenario

GOOD = 0.003
"""Error of the shares (root mean square) that is not warned of."""
SURE = 1.0
"""Peer influence, utils, up to which static contacts are good."""
INFLUENCES = (0.5, 1.0, 2.0, 4.0)
DEGREES = (4.0, 10.0, 20.0, 50.0)
STATIC = (
    (0.001, 0.001, 0.001, 0.001),
    (0.005, 0.002, 0.0015, 0.0014),
    (0.119, 0.047, 0.023, 0.009),
    (0.119, 0.002, 0.0003, 0.0002),
)
"""Root mean square error of shares by peer influence (row) and degree, random contacts, five platforms,
160 weeks, a shock to one platform; largest where the crowd is about to tip, hence not in order."""
CLUSTERED = (0.001, 0.003, 0.093, 0.184)
"""The same on a small world of degree 10, by peer influence."""
AFRESH = ((0.001,) * 4, (0.001,) * 4, (0.008, 0.0019, 0.001, 0.001), (0.035, 0.012, 0.005, 0.005))
"""The same for contacts met afresh, with the correction."""
UNMEASURED = (
    "an own rule of utility looks at peers, and how far its mean field is from the actors is not known "
    "beforehand; balloon.discrepancy(scenario) measures it"
)


def cautions(scenario: Scenario) -> tuple[str, ...]:
    """Where a run of the mean field is to be doubted, in words; nothing where it is known to be good.

    Examples
    --------
    >>> import balloon as bl
    >>> cautions(bl.load("minimal").with_({"behaviour.peer_influence": 0.5}))
    ()
    """
    contacts, influence = scenario.population.contacts, abs(scenario.behaviour.peer_influence)
    if contacts.degree == 0:
        return ()
    own = scenario.behaviour.utility
    if own is not None:
        return (UNMEASURED,) if _reads_peers(own) else ()
    if influence == 0:
        return ()
    degree = contacts.degree
    if contacts.kind == "given" and contacts.actors:
        degree = 2 * len(contacts.ties) / contacts.actors
    row, cell = _nearest(INFLUENCES, influence), _nearest(DEGREES, degree)
    if contacts.kind == "small_world":
        error, worst = CLUSTERED[row], max(CLUSTERED)
    else:
        table = AFRESH if contacts.kind == "annealed" else STATIC
        error, worst = table[row][cell], max(one[cell] for one in table)
    fine = error <= GOOD and (influence <= SURE or contacts.kind == "annealed")
    if fine:
        return ()
    said = (
        f"peer_influence {influence:g} with {degree:g} contacts of kind {contacts.kind!r}: in the nearest "
        f"case measured (peer_influence {INFLUENCES[row]:g}) shares are off by {error:g} (root mean square), "
        f"and by up to {worst:g} where a crowd is about to tip; balloon.discrepancy(scenario) measures it"
    )
    return (said,)


def _reads_peers(rule: Callable[..., float]) -> bool:
    """Whether the text of a rule names the share of contacts; a rule without text may."""
    code = getattr(getattr(rule, "py_func", rule), "__code__", None)
    return code is None or "peers" in code.co_names


def _nearest(tabulated: tuple[float, ...], value: float) -> int:
    """Index of the entry nearest on a scale of ratios."""
    return min(range(len(tabulated)), key=lambda k: abs(math.log(tabulated[k] / max(value, 1e-9))))
