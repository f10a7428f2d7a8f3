"""The ledger of a squeezed platform: where its loss went, and what changed elsewhere, to the last actor."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from balloon._accounts import DIMS, Entry, date_of, elsewhere, index_of, labels, loss, window
from balloon._writing import atomic
from balloon.errors import DataError, EngineError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

__all__ = ["Entry", "Ledger", "Row"]

ALL_GROUPS = "all groups"
INTERVAL = (0.05, 0.5, 0.95)


class Row(NamedTuple):
    """One line of the ledger over the replicates, in actors or actor-weeks."""

    group: str
    account: str
    entry: str
    place: str
    line: str
    median: float
    q05: float
    q95: float
    mean: float
    gone: float
    """Mean of those on the platform in the baseline and at the place in the alternative; in "loss" only."""
    come: float
    """Mean of the reverse; gone - come = mean."""
    share: float
    """Of the mean loss: mean / mean of the loss, so shares add up; nan where that is not above 0."""
    share_median: float
    """Of the loss, run by run: median over the replicates with a loss above 0; nan where there is none.
    Medians do not add up."""
    share_q05: float
    share_q95: float
    runs: int
    """Replicates with a loss above 0: those that ``share_median`` and its range are over."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ledger:
    """What a platform lost against the baseline, and to where; exact in every replicate.

    loss = displaced to each other platform + deterred (dormant) + incapacitated (removed) + roles
    refilled elsewhere by a newcomer. Each is net: the same actors who are on the platform in the
    baseline and there in the alternative, minus the reverse. Beside it the gain of every other place
    = from the platform + bystanders, never on it in either world + former, once on it but in neither
    world now + newcomers. Over all other places the gains add up to the loss as well. A negative loss
    is a gain; its parts keep their signs.

    Built by `Ledger.of`. ``str`` gives a table for a terminal, a notebook shows it as HTML.

    Examples
    --------
    Of 5 actors on A, 2 are on B in the alternative and 1 is dormant; one comes from B:

    >>> import xarray as xr
    >>> same = np.zeros((2, 1, 1, 4, 4), dtype=int)
    >>> same[:, 0, 0, :2] = [2, 2, 1, 0], [1, 7, 0, 0]
    >>> two = ("replicate", "time", "group", "place_baseline", "place_alternative")
    >>> one = ("replicate", "time", "group", "platform", "place")
    >>> pairs = xr.Dataset(
    ...     {"same": (two, same), "refilled": (two, 0 * same), "bystanders": (one, 0 * same[:, :, :, :2])},
    ...     coords={"group": ["sellers"], "platform": ["A", "B"], "place": ["A", "B", "dormant", "removed"]},
    ... )
    >>> for row in Ledger.of(pairs, platform="A").rows[:4]:
    ...     print(row.entry, row.place, row.mean, row.gone, row.come)
    loss A 2.0 3.0 1.0
    displaced other platforms 1.0 2.0 1.0
    displaced B 1.0 2.0 1.0
    deterred dormant 1.0 1.0 0.0
    """

    platform: str
    platforms: tuple[str, ...]
    groups: tuple[str, ...]
    """Names of the groups, or "all groups" alone."""
    date: str
    accumulated: bool
    """Summed over the steps 1 to the date, rather than at it."""
    weeks: float
    """Length of a step: accumulated counts times it are actor-weeks."""
    replicate: Counts
    """(R,) numbers of the replicates."""
    entries: tuple[Entry, ...]
    net: Counts
    """(R, G, E) actors at the date, or actor-steps up to it."""
    gone: Counts
    """(R, G, L) gross, for the L entries of the account "loss", which come first."""
    come: Counts
    """(R, G, L) gross, the other way; gone - come = net."""
    baseline: Counts
    """(R, G) on the platform in the baseline."""
    alternative: Counts
    """(R, G) on the platform in the alternative; baseline - alternative = loss."""

    @classmethod
    def of(
        cls,
        pairs: xr.Dataset,
        *,
        platform: str,
        at: int | None = None,
        weeks: float = 1.0,
        accumulated: bool = False,
        by_group: bool = False,
    ) -> Ledger:
        """Draw up the ledger from the coupling of two worlds with the same luck.

        Parameters
        ----------
        pairs : Dataset
            same, refilled (replicate, time, group, place_baseline, place_alternative): slots that hold
            the same actor in both worlds, and those whose role another one took over in one of them;
            bystanders (replicate, time, group, platform, place): of the same actors, those who up to
            then were never at home on ``platform``, in the alternative minus in the baseline. Labels
            on group, platform and place.
        platform : str
            The squeezed one.
        at : int, optional
            Index of time; the last by default.
        weeks : float
            Length of a step, > 0.
        accumulated : bool
            Sum over steps 1 to ``at``: the state at the start lasts no time.
        by_group : bool
            Apart for every group, rather than for all together.

        Raises
        ------
        DataError
            An unknown platform, an index out of range, no replicates, or a Dataset of another form.
        """
        platforms, places = labels(pairs)
        if platform not in platforms:
            raise DataError(f"unknown platform {platform!r}; there are {', '.join(map(repr, platforms))}")
        if not 0 < weeks < np.inf:
            raise DataError(f"weeks is {weeks!r}; need the length of a step, a finite number > 0")
        index = index_of(pairs.sizes["time"], at)
        same, refilled, bystanders = (
            window(pairs[name].transpose(*dims).values, index, accumulated=accumulated, by_group=by_group)
            for name, dims in DIMS.items()
        )
        x = platforms.index(platform)
        lost, gone, come = loss(x, places, same, refilled)
        others, gains = elsewhere(x, places, same, refilled, bystanders[:, :, x])
        both = same + refilled
        return cls(
            platform=platform,
            platforms=tuple(platforms),
            groups=tuple(map(str, pairs.group.values)) if by_group else (ALL_GROUPS,),
            date=date_of(pairs.time.values[index]),
            accumulated=accumulated,
            weeks=float(weeks),
            replicate=_frozen(pairs.replicate.values),
            entries=(*lost, *others),
            net=_frozen(np.concatenate([gone - come, gains], axis=-1)),
            gone=_frozen(gone),
            come=_frozen(come),
            baseline=_frozen(both[:, :, x].sum(axis=-1)),
            alternative=_frozen(both[..., x].sum(axis=-1)),
        )

    def __repr__(self) -> str:
        when = f"up to {self.date}" if self.accumulated else f"on {self.date}"
        return f"<Ledger of {self.platform} {when}, {self.replicate.size} replicates>"

    def __str__(self) -> str:
        from balloon._ledger_sheets import NARROW, sheets

        return "\n\n".join(sheet.text() for sheet in sheets(self, self._rows(), NARROW))

    def _repr_html_(self) -> str:
        from balloon._ledger_sheets import WIDE, sheets

        return "".join(sheet.html() for sheet in sheets(self, self._rows(), WIDE))

    @property
    def unit(self) -> str:
        """What the rows are in: "actors", or "actor-weeks" where accumulated."""
        return "actor-weeks" if self.accumulated else "actors"

    @property
    def rows(self) -> tuple[Row, ...]:
        """Median, 90 % range, mean and share of the loss of every entry.

        Medians do not add up; means do, shares of the mean loss do, and every replicate does.

        Raises
        ------
        EngineError
            Fewer than two replicates: there is no interval.
        """
        if self.replicate.size < 2:
            raise EngineError(
                f"ledger of {self.platform}: one replicate gives no 90 % range; "
                "ask for replicates=2 or more, or read per_replicate()"
            )
        return self._rows()

    def _rows(self) -> tuple[Row, ...]:
        """The rows, whatever the number of replicates."""
        factor = self.weeks if self.accumulated else 1.0
        done = []
        for g, group in enumerate(self.groups):
            net, first = self.net[:, g], self.gone.shape[-1]
            low, median, high = np.quantile(net * factor, INTERVAL, axis=0)
            shares, total, runs = _shares(net)
            for e, entry in enumerate(self.entries):
                gone, come = (
                    (factor * float(one[:, g, e].mean()) if e < first else np.nan)
                    for one in (self.gone, self.come)
                )
                done.append(
                    Row(
                        group, *entry, float(median[e]), float(low[e]), float(high[e]),
                        factor * float(net[:, e].mean()), gone, come,
                        float(total[e]), float(shares[1, e]), float(shares[0, e]), float(shares[2, e]), runs,
                    )
                )  # fmt: skip
        return tuple(done)

    def to_frame(self) -> pd.DataFrame:
        """The rows as a tidy table; the columns are the fields of `Row`."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(Row._fields))

    def per_replicate(self) -> pd.DataFrame:
        """Every entry in every replicate, in whole numbers.

        Returns
        -------
        DataFrame
            replicate, group, account, entry, place, line, net, gone, come: actors, or actor-steps
            where accumulated (times ``weeks``: actor-weeks). gone and come, the two ways of which
            net is the difference, are given in the account "loss" only.
        """
        import pandas as pd

        replicates, groups, entries = self.net.shape
        lines = [(group, *entry) for group in self.groups for entry in self.entries]
        table = pd.DataFrame(lines * replicates, columns=["group", *Entry._fields])
        table.insert(0, "replicate", np.repeat(self.replicate, groups * entries))
        table["net"] = self.net.reshape(-1)
        absent = np.zeros((replicates, groups, entries), dtype=bool)
        absent[..., self.gone.shape[-1] :] = True
        for name, gross in (("gone", self.gone), ("come", self.come)):
            filled = np.zeros_like(self.net)
            filled[..., : gross.shape[-1]] = gross
            table[name] = pd.arrays.IntegerArray(filled.reshape(-1), absent.reshape(-1))
        return table

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `to_frame` as CSV, whole or not at all."""
        frame = self.to_frame()
        with atomic(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")


def _shares(net: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Quantiles of the shares of the loss, (3, E); shares of the mean loss, (E,); runs with a loss."""
    loss = net[:, 0]
    some = loss > 0
    shares = net[some] / loss[some, None]
    unknown = np.full((len(INTERVAL), net.shape[1]), np.nan)
    spread = np.quantile(shares, INTERVAL, axis=0) if some.any() else unknown
    if some.sum() < 2:
        spread[[0, 2]] = np.nan
    total = net.sum(axis=0)
    return spread, total / total[0] if total[0] > 0 else unknown[0], int(some.sum())


def _frozen(values: Any) -> Counts:
    counts = np.array(values, dtype=np.int64)
    counts.setflags(write=False)
    return counts
