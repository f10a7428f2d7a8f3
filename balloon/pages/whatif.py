"""WhatIf: the same contrast over a grid of values, and the page with sliders that shows it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon._writing import atomic
from balloon.plots.reading import peaks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from balloon.effect import Contrast
    from balloon.ledger import Ledger
    from balloon.runs import Provenance
    from balloon.scenario import Scenario

DATES = 60
"""Dates that are drawn, at most: so many points tell a curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """A parameter and the values that it takes."""

    path: str
    label: str
    unit: str
    values: tuple[float, ...]
    """Ascending."""
    own: float | None
    """The scenario's own value, whether it is among them or not; None where it is not set."""

    @property
    def start(self) -> int:
        """Number of the value next to the scenario's own; the first where none is set."""
        if self.own is None:
            return 0
        return int(np.argmin(np.abs(np.array(self.values) - self.own)))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class State:
    """What a contrast says at one point of the grid."""

    values: tuple[float, ...]
    """One for each slider."""
    title: str
    """The finding."""
    explanation: str
    """The paragraph of `Contrast.explain`."""
    ledger: Ledger
    dates: NDArray[np.datetime64]
    """(D,) those drawn, the first and the last among them."""
    differences: NDArray[np.float32]
    """(R, D, P + 2) share of all actors in the alternative minus in the baseline, by place of the runs."""
    highest: NDArray[np.float64]
    """(P + 2,) largest median share of each place, in either world."""

    @classmethod
    def of(cls, effect: Contrast, platform: str, values: tuple[float, ...] = ()) -> State:
        """Read a contrast; the runs themselves are not kept.

        Raises
        ------
        EngineError
            One pair of runs, of which no interval can be given; several alternatives.
        """
        from balloon.plots import style
        from balloon.plots.worlds import read_worlds

        explanation = effect.explain(platform)
        with style.look():
            title = read_worlds(effect, platform).title
        runs = effect.baseline, effect.alternative
        ours, theirs = (one.data.actors.transpose("replicate", "time", "place").values for one in runs)
        number = ours.shape[1]
        chosen = np.unique(np.linspace(0, number - 1, min(number, DATES)).round().astype(int))
        everybody = effect.scenarios[0].population.actors
        return cls(
            values=values,
            title=title,
            explanation=explanation,
            ledger=effect.ledger(platform),
            dates=effect.baseline.data.time.values[chosen],
            differences=((theirs - ours)[:, chosen] / everybody).astype(np.float32),
            highest=np.maximum(*(peaks(one) for one in runs)),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WhatIf:
    """A grid of contrasts with the same luck; made by `explore`, or of one contrast by `WhatIf.of`.

    Examples
    --------
    >>> import balloon as bl
    >>> from balloon.pages import explore
    >>> found = explore(bl.load("minimal"), {"behaviour.switching_cost": (1, 4)}, replicates=10, seed=1)
    >>> [state.values for state in found.states]
    [(1.0,), (4.0,)]
    """

    scenarios: tuple[Scenario, Scenario]
    """Baseline and alternative at the scenario's own values."""
    platform: str
    """The squeezed one."""
    sliders: tuple[Slider, ...]
    states: tuple[State, ...]
    """In the order of the grid: the last slider runs fastest."""
    provenance: Provenance
    """Of the alternative in the first state."""

    @classmethod
    def of(cls, effect: Contrast, platform: str | None = None) -> WhatIf:
        """One contrast, without sliders."""
        name = effect.ledger(platform).platform
        state = State.of(effect, name)  # refuses several alternatives
        return cls(
            scenarios=(effect.scenarios[0], effect.scenarios[1]),
            platform=name,
            sliders=(),
            states=(state,),
            provenance=effect.alternative.provenance,
        )

    @property
    def start(self) -> int:
        """Number of the state next to the scenario's own values."""
        number = 0
        for one in self.sliders:
            number = number * len(one.values) + one.start
        return number

    def to_frame(self) -> pd.DataFrame:
        """One row a state: the values by path, the finding, medians and 90 % ranges.

        Returns
        -------
        DataFrame
            a column for each path; finding; loss, loss_q05, loss_q95: of the platform, in shares of all
            actors; displaced: share of the mean loss, as in the ledger, nan where that is not above 0;
            displaced_q05, displaced_q95: over the runs with a loss above 0, nan where there is none.
        """
        import pandas as pd

        rows, everybody = [], self.scenarios[0].population.actors
        for state in self.states:
            lines = state.ledger.rows
            loss = lines[0]
            displaced = next(one for one in lines if one.entry == "displaced")
            rows.append(
                {
                    **{one.path: value for one, value in zip(self.sliders, state.values, strict=True)},
                    "finding": state.title,
                    "loss": loss.median / everybody,
                    "loss_q05": loss.q05 / everybody,
                    "loss_q95": loss.q95 / everybody,
                    "displaced": displaced.share,
                    "displaced_q05": displaced.share_q05,
                    "displaced_q95": displaced.share_q95,
                }
            )
        return pd.DataFrame(rows)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one page that asks nothing of any host, whole or not at all.

        Raises
        ------
        DataError
            A place that cannot be written to.
        """
        from balloon.pages.slides import page

        content = page(self).encode()
        with atomic(path) as temporary:
            temporary.write_bytes(content)
        return Path(path)

    def to_widget(self) -> Any:
        """Sliders for a notebook, which move the same finding, curves and ledger as those of the page.

        Returns
        -------
        ipywidgets.VBox
            Shown where it is the last line of a cell; needs the extra ``notebook``.

        Raises
        ------
        DataError
            ipywidgets is not there.
        """
        from balloon.pages.widgets import box

        return box(self)
