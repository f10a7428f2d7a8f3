"""How far the mean field is from the actors in one scenario."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from balloon.engines.meanfield import CLASSES, MeanField
from balloon.errors import BalloonWarning, EngineError
from balloon.runs import places
from balloon.simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from balloon.scenario import Scenario


@dataclass(frozen=True, slots=True, eq=False)
class Discrepancy:
    """The mean field against the mean of a few runs of the actors, in shares of all actors."""

    table: pd.DataFrame
    """time, place; expected (mean field), simulated (mean over replicates), error (standard error of
    that mean), gap (expected - simulated)."""
    replicates: int
    scenario: Scenario = field(repr=False)
    seed: int

    def plot(self) -> Figure:
        """Draw how far the mean field is from the actors, over time."""
        from balloon.plots.agreement import discrepancy_figure  # a convenience: plots stands above

        return discrepancy_figure(self)

    @property
    def rmse(self) -> float:
        """Root mean square gap over all times and places; what is luck in it is `luck`."""
        return float(np.sqrt(np.mean(np.square(self.table.gap))))

    @property
    def luck(self) -> float:
        """Root mean square gap that the luck of the replicates alone would make."""
        return float(np.sqrt(np.mean(np.square(self.table.error))))

    @property
    def by_place(self) -> pd.DataFrame:
        """place, rmse, luck, largest gap, and the time of the latter."""
        import pandas as pd

        rows = []
        for place, one in self.table.groupby("place", sort=False, observed=True):
            worst = one.loc[one.gap.abs().idxmax()]
            rows.append(
                {
                    "place": place,
                    "rmse": float(np.sqrt(np.mean(np.square(one.gap)))),
                    "luck": float(np.sqrt(np.mean(np.square(one.error)))),
                    "largest": float(worst.gap),
                    "time": worst.time,
                }
            )
        return pd.DataFrame(rows)


def discrepancy(
    scenario: Scenario, *, replicates: int = 8, seed: int = 0, classes: int = CLASSES
) -> Discrepancy:
    """Run the actors beside the mean field and compare the shares of the places.

    Parameters
    ----------
    replicates, seed : int
        Of the compiled engine; at least 2 replicates, or luck could not be told from error.

    Raises
    ------
    EngineError
        Fewer than 2 replicates.

    Examples
    --------
    >>> import balloon as bl
    >>> told = discrepancy(bl.load("minimal"), replicates=4, seed=1)
    >>> told.rmse < 3 * told.luck
    True
    """
    import pandas as pd

    if not replicates >= 2:
        raise EngineError(f"replicates is {replicates!r}; need at least 2 to tell luck from error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BalloonWarning)  # the coarse step is the same in both
        data = simulate(scenario, replicates=replicates, seed=seed).data
    told = data.actors.values / scenario.population.actors
    expected = MeanField(scenario, classes).run().actors[0] / scenario.population.actors
    names = places(scenario.platforms)
    error = told.std(axis=0, ddof=1) / np.sqrt(len(told))
    table = pd.DataFrame(
        {
            "time": np.repeat(data.time.values, len(names)),
            "place": names * len(expected),
            "expected": expected.reshape(-1),
            "simulated": told.mean(axis=0).reshape(-1),
            "error": error.reshape(-1),
            "gap": (expected - told.mean(axis=0)).reshape(-1),
        }
    )
    return Discrepancy(table, len(told), scenario, seed)
