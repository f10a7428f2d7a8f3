"""Contrast: what differs between worlds with the same luck, and what of it is known how well."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from balloon._accounts import date_of
from balloon.attribution import Attribution, attribute
from balloon.errors import BalloonWarning, DataError, EngineError
from balloon.pairs import draw
from balloon.precision import Reached, saved_by_pairing
from balloon.runs import Runs
from balloon.scenario import Scenario
from balloon.simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from balloon.engines.objects import Actor
    from balloon.ledger import Ledger

    Parameters = str | Sequence[Mapping[str, float]] | None
    When = str | date | np.datetime64


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asked:
    """How a contrast was run, and can be run again."""

    seed: int
    parameters: Parameters
    engine: str
    actor: type[Actor] | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Contrast:
    """A baseline and its alternatives, run with the same luck.

    What compares two worlds needs one alternative; of several, choose one by `of`.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> effect = bl.contrast(scenario.without("Telegram"), scenario, replicates=20, seed=1)
    >>> print(effect.measures("Telegram").loc[[0], ["measure", "unit"]].to_string(index=False))
         measure   unit
    gross effect actors
    """

    scenarios: tuple[Scenario, ...]
    """The baseline's, then the alternatives'."""
    baseline: Runs
    alternatives: tuple[Runs, ...]
    pairs: tuple[xr.Dataset, ...]
    """For each alternative, counts of slots (replicate, time, group, ...): ``same`` and ``refilled``
    by place_baseline and place_alternative, slots that hold the same person in both worlds, and slots
    whose role was filled again by another person in one of them; ``bystanders`` by platform and place:
    of the same persons, those never at home on the platform in either world up to then, at the place
    in the alternative minus in the baseline."""
    asked: Asked
    reached: Reached | None = None
    """What a wish for precision took; None if there was none."""

    def __repr__(self) -> str:
        worlds = [self.scenarios[0].name, *self.names]
        number = self.baseline.provenance.replicates
        return (
            f"<Contrast of {' and '.join(map(repr, worlds))}: {number} pairs, seed {self.asked.seed}; "
            "see measures(), ledger() and explain()>"
        )

    # ---- which alternative ---------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the alternatives; a number is added where one occurs twice."""
        said = [scenario.name for scenario in self.scenarios[1:]]
        return tuple(
            f"{name} ({said[: k + 1].count(name)})" if said.count(name) > 1 else name
            for k, name in enumerate(said)
        )

    def of(self, name: str) -> Contrast:
        """The contrast with one of several alternatives.

        Raises
        ------
        EngineError
            No alternative of this name.
        """
        if name not in self.names:
            raise EngineError(f"no alternative {name!r}; there are {', '.join(map(repr, self.names))}")
        k = self.names.index(name)
        return replace(
            self,
            scenarios=(self.scenarios[0], self.scenarios[k + 1]),
            alternatives=(self.alternatives[k],),
            pairs=(self.pairs[k],),
        )

    @property
    def alternative(self) -> Runs:
        """The runs of the one alternative."""
        self._one()
        return self.alternatives[0]

    def _one(self) -> xr.Dataset:
        """The counts of pairs of the one alternative."""
        if len(self.pairs) > 1:
            raise EngineError(
                f"this contrast has {len(self.pairs)} alternatives, {', '.join(map(repr, self.names))}; "
                "choose one by .of(name)"
            )
        return self.pairs[0]

    # ---- what differs --------------------------------------------------------------------

    @property
    def coupling(self) -> xr.DataArray:
        """The coupling matrix (replicate, time, place_baseline, place_alternative): slots.

        Its sums over either place are the actors of the two runs, exactly.
        """
        pairs = self._one()
        return (pairs["same"] + pairs["refilled"]).sum("group").rename("coupling")

    def ledger(
        self,
        platform: str | None = None,
        *,
        at: When | None = None,
        accumulated: bool = False,
        by_group: bool = False,
    ) -> Ledger:
        """Where the loss of a squeezed platform went: see `balloon.ledger.Ledger`.

        Parameters
        ----------
        platform : str, optional
            By default the platform that the scenario is about.
        at : date, optional
            By default the end; a date between two steps is read at the earlier one.
        accumulated : bool
            In actor-weeks from the start to the date instead of actors on the date.
        by_group : bool
            A ledger for each group instead of one for all.

        Raises
        ------
        DataError
            A platform that is not there, a date outside the horizon.
        """
        from balloon.ledger import Ledger

        return Ledger.of(
            self._one(),
            platform=self._platform(platform),
            at=self._step(at),
            weeks=self.scenarios[0].weeks,
            accumulated=accumulated,
            by_group=by_group,
        )

    def measures(
        self,
        platform: str | None = None,
        *,
        at: When | None = None,
        harm: Mapping[str, float] | None = None,
        investigability: Mapping[str, float] | None = None,
    ) -> pd.DataFrame:
        """What criminology measures, between the two worlds on one date.

        Before is the baseline, after the alternative, the buffer all other platforms. Nobody can know
        the counterfactual outside a model; here it is known, and no area of comparison is needed: gross
        and net effect, WDQ and total net effect are compared with all actors, who are as many in both
        worlds. The WDD takes the reference date as before and the baseline as comparison. Formulae and
        sources are in `balloon.measures`.

        Parameters
        ----------
        harm, investigability : mapping, optional
            Weight of an actor on each platform, for weighted displacement.

        Returns
        -------
        DataFrame
            measure, unit, median, q05, q95, runs (in which it has a meaning), replicates, why_not,
            reading.

        Raises
        ------
        DataError
            Weights that leave out a platform; a platform or date that is not there.
        EngineError
            Fewer than two replicates: there is no interval.
        """
        from balloon.comparison import measure

        weights = {"harm": harm, "investigability": investigability}
        return measure(
            self.baseline.data,
            self.alternative.data,
            self._one(),
            platform=self._platform(platform),
            at=self._step(at),
            reference=self.scenarios[1].reference_step,
            weeks=self.scenarios[0].weeks,
            weights={kind: table for kind, table in weights.items() if table is not None},
        )

    def attribute(
        self,
        *,
        by: str = "intervention",
        at: When | None = None,
        replicates: int | None = None,
        executor: Executor | None = None,
        store: str | PathLike[str] | None = None,
    ) -> Attribution:
        """How much of each place's change is due to each intervention that the alternative adds.

        Shapley values, exact: every subset of the interventions is run with the same luck.

        Parameters
        ----------
        by : "intervention", "platform" or "kind"
            What is taken as one.
        replicates : int, optional
            Of each subset; by default as many as the contrast has.

        Raises
        ------
        ScenarioError
            The alternative does something else than to add interventions to the baseline.
        EngineError
            More than six parts.
        """
        self._one()
        (baseline, alternative), asked, step = self.scenarios, self.asked, self._step(at)
        number = self.baseline.provenance.replicates if replicates is None else replicates

        def counts(scenario: Scenario) -> tuple[list[int], NDArray[np.int64]]:
            # The alternative stands beside a subset that has none of the drawn parameters itself.
            worlds = (baseline, alternative, scenario)
            values = draw(worlds, asked.parameters, replicates=number, seed=asked.seed)
            runs = simulate(
                scenario,
                replicates=number,
                seed=asked.seed,
                parameters=None if values is None else values[-1],
                engine=asked.engine,
                actor=asked.actor,
                executor=executor,
                store=store,
            )
            return runs.data.replicate.values.tolist(), runs.data.actors.values[:, step]

        with warnings.catch_warnings():  # said when the contrast was made
            warnings.simplefilter("ignore", BalloonWarning)
            return attribute(baseline, alternative, counts, by=by)

    def saved_by_pairing(self, platform: str | None = None) -> float:
        """How many times as many replicates independent seeds would need for the loss at the end."""
        name = self._platform(platform)
        ours, theirs = (
            runs.data.actors.sel(place=name).values[:, -1] for runs in (self.baseline, self.alternative)
        )
        return saved_by_pairing(ours, theirs)

    # ---- words and pictures --------------------------------------------------------------

    def explain(self, platform: str | None = None, *, at: When | None = None) -> str:
        """One paragraph: what changed, by how much, how sure, and what is assumed."""
        from balloon.explanation import explain

        return explain(self, self._platform(platform), self._step(at))

    def plot(self, platform: str | None = None) -> Figure:
        """Difference curves, the ledger as a waterfall, and where the same actors are."""
        from balloon.plots.contrast import contrast_figure  # a convenience: plots stands above

        return contrast_figure(self, platform=self._platform(platform))

    def brief(self, path: str | PathLike[str], platform: str | None = None) -> Path:
        """Write two pages for a decision: ``.html``, or ``.pdf`` (needs the extra ``brief``).

        Question, answer with its uncertainty, curves, ledger, what is assumed, what would change the
        answer (with ``parameters="ranges"``), how to repeat it. See `balloon.pages.write_brief`.
        """
        from balloon.pages.brief import write_brief  # a convenience: pages stands above

        return write_brief(self, path, platform=platform)

    def to_html(self, path: str | PathLike[str], platform: str | None = None) -> Path:
        """Write one page with the finding, curves and ledger; `balloon.pages.explore` adds sliders."""
        from balloon.pages.whatif import WhatIf  # a convenience: pages stands above

        return WhatIf.of(self, platform).to_html(path)

    def identical(self, other: Contrast) -> bool:
        """Whether every number and the provenance agree, to the bit."""
        ours, theirs = (self.baseline, *self.alternatives), (other.baseline, *other.alternatives)
        return (
            len(ours) == len(theirs)
            and all(a.identical(b) for a, b in zip(ours, theirs, strict=True))
            and all(a.identical(b) for a, b in zip(self.pairs, other.pairs, strict=True))
        )

    # ---- which platform, which date ------------------------------------------------------

    def _platform(self, name: str | None) -> str:
        known = self.scenarios[0].platforms
        chosen = self.scenarios[1].squeezed if name is None else name
        if chosen not in known:
            raise DataError(f"platform {chosen!r} is not there; there are {', '.join(map(repr, known))}")
        return chosen

    def _step(self, when: When | None) -> int:
        time = self.baseline.data.time.values
        if when is None:
            return len(time) - 1
        try:
            moment = np.datetime64(str(when), "ns")
        except ValueError as error:
            raise DataError(f"at is {when!r}; need a date such as '2025-01-31'") from error
        first, last = (date_of(t) for t in (time[0], time[-1]))
        if not time[0] <= moment <= max(time[-1], np.datetime64(last)):
            raise DataError(f"at is {when!r}, outside the horizon; need a date from {first} to {last}")
        return int(np.searchsorted(time, moment, side="right")) - 1
