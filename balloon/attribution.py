"""How much of a change is due to each intervention: Shapley values over the interventions.

The change that several interventions make together is more or less than the sum of what each makes
alone. The Shapley value (Shapley 1953, "A value for n-person games") gives each its mean contribution
over all orders in which they could have been added; the parts add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from balloon.errors import EngineError, ScenarioError
from balloon.interventions import Intervention

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

MOST = 6
"""Interventions that are taken apart exactly: 2**6 scenarios are run."""
BY = ("intervention", "platform", "kind")


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What each intervention, or each group of them, contributes to the change of every place."""

    parts: xr.DataArray
    """(replicate, intervention, place) actors; over interventions they add up to `whole`."""
    whole: xr.DataArray
    """(replicate, place) actors in the alternative minus in the baseline."""

    def to_frame(self) -> pd.DataFrame:
        """Tidy table: intervention, place, mean, median, q05, q95; in actors, over replicates.

        Means add up over interventions; medians need not.

        Raises
        ------
        EngineError
            Fewer than two replicates: there is no interval.
        """
        import pandas as pd

        if self.parts.sizes["replicate"] < 2:
            raise EngineError(
                "attribution: one replicate gives no 90 % range; ask for replicates=2 or more, or read .parts"
            )

        rows = []
        for name in self.parts.intervention.values:
            for place in self.parts.place.values:
                x = self.parts.sel(intervention=name, place=place).values
                low, middle, high = np.quantile(x, (0.05, 0.5, 0.95))
                rows.append((str(name), str(place), x.mean(), middle, low, high))
        return pd.DataFrame(rows, columns=["intervention", "place", "mean", "median", "q05", "q95"])

    def __str__(self) -> str:
        table = self.parts.mean("replicate").to_pandas()
        table.loc["together"] = self.whole.mean("replicate").values
        number = self.parts.sizes["replicate"]
        head = f"Mean change in actors, over {number} replicate{'' if number == 1 else 's'}"
        return "\n".join([head, str(table.to_string(float_format=lambda x: f"{x:,.1f}"))])


def attribute(
    baseline: Scenario,
    alternative: Scenario,
    counts: Callable[[Scenario], tuple[Sequence[int], NDArray[np.int64]]],
    *,
    by: str = "intervention",
) -> Attribution:
    """Take the change between two scenarios apart.

    Parameters
    ----------
    counts : function
        Gives, for a scenario, the numbers of its replicates and (R, P + 2) actors by place; the same
        luck for every scenario.
    by : "intervention", "platform" or "kind"
        What is taken as one: each intervention, those on one platform, those of one kind. An outreach
        to several named platforms stands under all their names; what is on no platform by name, such as
        a budget, under "all".

    Raises
    ------
    ScenarioError
        The alternative is not the baseline with further interventions.
    EngineError
        More than six parts, or none.
    """
    import xarray as xr

    from balloon.runs import places

    players = _players(baseline, alternative, by)
    names, k = list(players), len(players)
    members = [set(group) for group in players.values()]
    worlds: dict[frozenset[int], Mapping[int, NDArray[np.int64]]] = {}
    for size in range(k + 1):
        for chosen in combinations(range(k), size):
            absent = set().union(*(members[p] for p in range(k) if p not in chosen))
            numbers, actors = counts(_with_some(alternative, absent))
            worlds[frozenset(chosen)] = dict(zip(numbers, actors.astype(np.int64), strict=True))
    common = sorted(set.intersection(*(set(world) for world in worlds.values())))
    value = {some: np.array([world[r] for r in common]) for some, world in worlds.items()}
    # In units of 1 / k!, so that the sums are of whole numbers, and exact.
    parts = np.zeros((len(common), k, len(places(baseline.platforms))), np.int64)
    for p in range(k):
        for some, actors in value.items():
            if p not in some:
                weight = factorial(len(some)) * factorial(k - len(some) - 1)
                parts[:, p] += weight * (value[some | {p}] - actors)
    labels = places(baseline.platforms)
    return Attribution(
        parts=xr.DataArray(
            parts / factorial(k),
            {"replicate": common, "intervention": names, "place": labels},
            ("replicate", "intervention", "place"),
        ),
        whole=xr.DataArray(
            value[frozenset(range(k))] - value[frozenset()],
            {"replicate": common, "place": labels},
            ("replicate", "place"),
        ),
    )


def _players(baseline: Scenario, alternative: Scenario, by: str) -> dict[str, list[int]]:
    """What is taken as one, by name: positions among the alternative's interventions."""
    if by not in BY:
        raise EngineError(f"attribute by {by!r}: there is no such way; there are {', '.join(map(repr, BY))}")
    left = list(baseline.interventions)
    added = []
    for position, one in enumerate(alternative.interventions):
        if one in left:
            left.remove(one)
        else:
            added.append(position)
    same: dict[str, Any] = {"name": alternative.name, "title": alternative.title, "note": alternative.note}
    if left or replace(baseline, interventions=alternative.interventions, **same) != alternative:
        raise ScenarioError(
            f"scenario {alternative.name!r}: does not only add interventions to the baseline, so that its "
            "effect is not the sum of theirs; contrast it with scenario.without(...) of itself"
        )
    players: dict[str, list[int]] = {}
    names = _names(alternative)
    for position in added:
        one = alternative.interventions[position]
        label = {"intervention": names[position], "platform": _where(one), "kind": one.kind}[by]
        players.setdefault(label, []).append(position)
    if not players:
        raise EngineError(
            "attribute: the alternative adds no intervention to the baseline; there is nothing to share"
        )
    if len(players) > MOST:
        coarser = ", ".join(repr(b) for b in BY if b != by)
        raise EngineError(
            f"attribute: {len(players)} parts by {by} need {2 ** len(players)} scenarios; at most {MOST} "
            f"are taken apart; take several as one by {coarser}, or contrast with a baseline that has more"
        )
    return players


def _names(scenario: Scenario) -> list[str]:
    """Names of the interventions in order, as in paths: "cooperation:Telegram:2024-10-01"."""
    prefix = "interventions."
    return [path.removeprefix(prefix) for path, _ in scenario.nouns() if path.startswith(prefix)]


def _where(one: Intervention) -> str:
    """The platform it is on; of several, all their names; of none by name, "all"."""
    return ", ".join(one.targets) or "all"


def _with_some(scenario: Scenario, absent: set[int]) -> Scenario:
    """The scenario without the interventions at some positions."""
    kept = tuple(one for k, one in enumerate(scenario.interventions) if k not in absent)
    try:
        return replace(scenario, interventions=kept)
    except ScenarioError as error:
        raise ScenarioError(
            f"attribute: cannot be run without all of its parts ({error}); take those that need each other "
            "as one, by='platform' or by='kind'"
        ) from error
