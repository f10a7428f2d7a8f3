"""What own rules gave that means nothing: noted where nothing can be raised, refused when the step is over.

Of what own rules give in a step the same is noted by every engine, whoever is asked first: of each kind of
question, what the lowest slot was given, and that for its first platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balloon._jit import inner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

OF_HAZARD, OF_REVISION, OF_UTILITY, OF_TRIAL = range(4)
"""Rows: the kinds of questions, in the order in which an actor asks them."""

WHO, STEP, PLACE, GIVEN = range(4)
"""Columns: slot (or a group, counted from the end: the group has not been asked for anybody yet), step,
place, what the rule gave. The slot is inf where nothing was noted, and -inf where nobody looks."""


def new_faults(kinds: Iterable[int]) -> NDArray[np.float64]:
    """(4, 4) nothing noted; only what is given to these kinds of questions is looked at."""
    fault = np.full((4, 4), -np.inf)
    fault[list(kinds), WHO] = np.inf
    return fault


@inner
def note(fault, kind, who, t, place, given):
    """Note what a rule gave, unless a lower slot was given something that means nothing, or nobody looks."""
    if who < fault[kind, WHO]:
        fault[kind, WHO], fault[kind, STEP], fault[kind, PLACE], fault[kind, GIVEN] = who, t, place, given


@inner
def note_utilities(fault, m, slot, t, q, row):
    """The same for what platform q is worth to ``m`` choosers: -inf means something, inf does not."""
    if fault[OF_UTILITY, WHO] == -np.inf:
        return
    bad = np.uint64(0)
    for c in range(m):
        bad |= np.uint64(not row[c] < np.inf)
    if bad:
        for c in range(m):
            if not row[c] < np.inf:
                note(fault, OF_UTILITY, slot[c], t, q, row[c])


@inner
def is_faulty(fault):
    """Whether anything was noted."""
    nearest = np.inf
    for kind in range(fault.shape[0]):
        nearest = min(nearest, abs(fault[kind, WHO]))
    return nearest < np.inf
