"""One run of the mean field in the columns of a replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.engines.meanfield.run import CLASSES, MeanField

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

OWN = ("reconsidered", "requests")
"""Series of the mean field that a replicate does not have."""


def columns(scenario: Scenario, *, classes: int = CLASSES) -> dict[str, NDArray[np.float64]]:
    """Expected numbers over time by the names and shapes of `balloon.Runs`, without "replicate".

    Where it is known to be wrong says `cautions`.

    Examples
    --------
    >>> import balloon as bl
    >>> columns(bl.load("minimal"))["actors"].shape
    (53, 5)
    """
    run = MeanField(scenario, classes).run(joint=True)
    return {name: series[0] for name, series in run._asdict().items() if name not in OWN}
