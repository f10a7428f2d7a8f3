"""What came out: labelled counts of all replicates, with where they came from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from balloon._values import DORMANT, REMOVED
from balloon._writing import atomic
from balloon.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from balloon.scenario import Scenario

SCHEMA_VERSION = 2
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The 90 % range, the 50 % range and the median."""
COLUMNS = [f"q{round(100 * q):02d}" for q in QUANTILES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a result was made of: enough to make it again, bit for bit. No names, paths or times."""

    balloon: str
    """Version of balloon."""
    versions: dict[str, str]
    """Versions of Python and of the libraries that can change a number."""
    scenario: str
    """The scenario as canonical JSON."""
    sha256: str
    """Fingerprint of the scenario."""
    seed: int
    replicates: int
    engine: str
    parameters: str
    """"fixed", or "ranges": every replicate has its own draw of the uncertain parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Replicates of one scenario.

    Examples
    --------
    >>> import balloon as bl
    >>> runs = bl.simulate(bl.load("minimal"), replicates=2, seed=1)
    >>> int(runs.data.actors.isel(time=-1, replicate=0).sum()) == bl.load("minimal").population.actors
    True
    """

    data: xr.Dataset
    """Dimensions replicate, time, place (the platforms, dormant, removed), origin, destination,
    platform, group. Variables, counts of actors unless said otherwise:

    actors (replicate, time, place): by home; actors_by_group (replicate, time, group, place);
    moves (replicate, time, origin, destination): in the step that ends at time, stayers on the
    diagonal; arrests (replicate, time, platform): by the platform the evidence came from;
    arrests_by_group; joins (replicate, time, platform): apps installed in the step;
    installed (replicate, time, platform): apps; active (replicate, time, platform): homes +
    idle_use x (installed, home on another platform); belief (replicate, time, group, platform):
    annual probability of arrest; newcomers (replicate, time, place): by place first chosen;
    joint (replicate, time, origin, destination): the same actors' place at the reference date and
    at time, 0 before the reference date; cooperation (replicate, time, group, platform): share of
    requests answered in the step that ends at time, at the start that of the first step.

    Replicates that failed are left out; the others keep their numbers."""

    @property
    def provenance(self) -> Provenance:
        """Where the numbers came from."""
        fields: dict[str, Any] = json.loads(self.data.attrs["provenance"])
        return Provenance(**fields)

    @property
    def scenario(self) -> Scenario:
        """The scenario, built again from the provenance.

        Raises
        ------
        DataError
            If it held own rules: functions cannot be read back from a result.
        """
        from balloon.files import from_document  # a convenience: files stands above runs

        return from_document(json.loads(self.provenance.scenario))

    @property
    def failures(self) -> pd.DataFrame:
        """The replicates that failed: replicate, error, traceback."""
        import pandas as pd

        columns = ["replicate", "error", "traceback"]
        table = pd.DataFrame(json.loads(self.data.attrs["failures"]), columns=columns)
        return table.astype({"replicate": "int64"})

    def to_frame(self) -> pd.DataFrame:
        """Actors as a tidy table: replicate, time, place, actors."""
        return self.data.actors.to_dataframe().reset_index()

    def summary(self) -> pd.DataFrame:
        """Quantiles over replicates of the share of actors.

        Returns
        -------
        DataFrame
            time, place, q05, q25, q50, q75, q95, and as a reminder in every row: runs, the number
            of replicates that these are of, and failed, that of those which failed. One run has no
            range: its shares stand under q50, and the other quantiles are nan.
        """
        import numpy as np

        actors = self.data["actors"].transpose("replicate", "time", "place").values
        ordered = np.sort(actors, axis=0) / actors[0, 0].sum()
        rows = quantiles(ordered.__getitem__, len(ordered))
        return summary_table(
            self.data["time"].values,
            [str(place) for place in self.data["place"].values],
            rows,
            runs=len(ordered),
            failed=len(self.failures),
        )

    def destinations(self, platform: str) -> pd.DataFrame:
        """Where those at home on a platform at the reference date are at the end.

        Returns
        -------
        DataFrame
            place, q05, q25, q50, q75, q95: shares of those actors, quantiles over the replicates
            that had any; runs, the number of these; failed, that of the replicates which failed. All
            but q50 are nan where it is one run only.

        Raises
        ------
        DataError
            No such platform.
        """
        import pandas as pd

        known = [str(name) for name in self.data.platform.values]
        if platform not in known:
            raise DataError(f"platform {platform!r} is not there; there are {', '.join(map(repr, known))}")
        joint = self.data.joint.isel(time=-1).sel(origin=platform)
        had = joint.sum("destination")
        some = bool((had > 0).any())
        # Nobody was there in any run: no share has a meaning, and nan says so.
        shares = (joint / had.where(had > 0)).isel(replicate=(had > 0).values if some else slice(None))
        rows = shares.quantile(list(QUANTILES), dim="replicate").transpose("destination", "quantile")
        number = int((had > 0).sum())
        table = pd.DataFrame(_ranged(rows.values, number), columns=COLUMNS)
        table.insert(0, "place", self.data.destination.values)
        return table.assign(runs=number, failed=len(self.failures))

    def identical(self, other: Runs) -> bool:
        """Whether every number and the provenance agree, to the bit."""
        return self.data.identical(other.data)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write netCDF, whole or not at all; same scenario, seed and versions: the same bytes."""
        encoding = {name: {"zlib": True, "complevel": 1} for name in self.data.data_vars}
        with atomic(path) as temporary:
            # Without what xarray remembers of the file from which they were read: it would write that again.
            self.data.drop_encoding().to_netcdf(temporary, engine="h5netcdf", encoding=encoding)

    def plot(self, *, baseline: Runs | None = None) -> Figure:
        """Migration curves for a briefing, and where the same actors went.

        Parameters
        ----------
        baseline : Runs, optional
            The same scenario without the intervention; its median is drawn dashed.
        """
        from balloon.plots import migration  # a convenience: plots stands above runs

        return migration(self, baseline=baseline)


def load_runs(path: str | os.PathLike[str]) -> Runs:
    """Read what `Runs.save` wrote.

    Raises
    ------
    DataError
        No such file, not a file of balloon, truncated, or of another schema version.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            data = opened.load()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: is a folder; need a file written by Runs.save") from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be read as saved runs ({error}); is it truncated?") from error
    version = data.attrs.get("schema_version")
    if version is None or "provenance" not in data.attrs:
        raise DataError(f"{path}: is not a file of saved runs; need one written by Runs.save")
    if str(version) != str(SCHEMA_VERSION):
        raise DataError(
            f"{path}: has schema version {version}, this balloon reads {SCHEMA_VERSION}; "
            "run the scenario again, or read it with the balloon that wrote it"
        )
    data.attrs["schema_version"] = int(version)
    return Runs(data)


def quantiles(ordered: Callable[[int], NDArray[np.float64]], number: int) -> NDArray[np.float64]:
    """The five quantiles, linear between neighbours, as `numpy.quantile` gives them to the bit.

    Parameters
    ----------
    ordered : function
        Gives the values of rank 0, 1, .. in ascending order, for all cells at once.
    number : int
        How many values there are.

    Returns
    -------
    (5, ...) array
    """
    import numpy as np

    rows = []
    for q in QUANTILES:
        rank = q * (number - 1)
        below, part = int(rank), rank - int(rank)
        a, b = ordered(below), ordered(min(below + 1, number - 1))
        rows.append(a + (b - a) * part if part < 0.5 else b - (b - a) * (1 - part))
    return np.stack(rows)


def summary_table(
    times: NDArray[np.datetime64],
    labels: Sequence[str],
    shares: NDArray[np.float64],
    *,
    runs: int,
    failed: int,
) -> pd.DataFrame:
    """The table of `Runs.summary` from (5, T + 1, K) quantiles."""
    import numpy as np
    import pandas as pd

    table = pd.DataFrame(_ranged(shares.reshape(len(shares), -1).T, runs), columns=COLUMNS)
    table.insert(0, "place", np.tile(np.array(labels), len(times)))
    table.insert(0, "time", np.repeat(times, len(labels)))
    return table.assign(runs=runs, failed=failed)


def _ranged(rows: NDArray[np.float64], runs: int) -> NDArray[np.float64]:
    """(n, 5) quantiles; of fewer than two runs the median alone, for equal ends would look like certainty."""
    import numpy as np

    known = np.array([runs > 1 or q == 0.5 for q in QUANTILES])
    return np.where(known, rows, np.nan)


def places(platforms: tuple[str, ...]) -> list[str]:
    """Labels of the places: the platforms, dormant, removed."""
    return [*platforms, DORMANT, REMOVED]


def describe(provenance: Provenance) -> str:
    """The provenance as JSON with sorted keys."""
    return json.dumps(asdict(provenance), sort_keys=True, ensure_ascii=False)
