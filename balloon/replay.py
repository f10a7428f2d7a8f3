"""A saved run made again from what it says about itself, and compared to the bit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from balloon._version import __version__
from balloon.behaviour.behaviour import RULES
from balloon.errors import DataError
from balloon.runs import Provenance, Runs, load_runs
from balloon.simulate import ENGINES, simulate, versions

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of running a saved run again."""

    identical: bool
    """Whether every number agrees, to the bit."""
    differs: tuple[str, ...]
    """The variables whose numbers do not agree; "scenario" if it was read back as another one."""
    versions: tuple[str, ...]
    """What ran in another version than now, as "numpy: saved 2.4.6, here 2.5.5"."""
    runs: Runs
    """The run made now."""


def replay(path: str | os.PathLike[str], *, progress: bool = False) -> Replay:
    """Run a saved run again, with its scenario, seed, replicates, engine and parameters.

    Other versions of the libraries may change the last bit of a number; they are named.

    Raises
    ------
    DataError
        The file cannot be read, or the run held own rules or own actors: functions are not saved.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import balloon as bl
    >>> from balloon.simulate import simulate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "runs.nc")
    ...     simulate(bl.load("minimal"), replicates=2, seed=1).save(path)
    ...     replay(path).identical
    True
    """
    saved = load_runs(path)
    origin = saved.provenance
    _refuse_own(path, origin)
    scenario = saved.scenario
    again = simulate(
        scenario,
        replicates=origin.replicates,
        seed=origin.seed,
        parameters=_parameters(saved),
        engine=origin.engine,
        progress=progress,
    )
    other = ["scenario"] if scenario.sha256 != origin.sha256 else []
    differs = (*other, *_differing(saved.data, again.data))
    return Replay(identical=not differs, differs=differs, versions=_other_versions(origin), runs=again)


def _refuse_own(path: str | os.PathLike[str], origin: Provenance) -> None:
    """Refuse what cannot be made again: functions and classes are not in the file."""
    way_out = (
        f"run it again with them, seed={origin.seed} and replicates={origin.replicates}, "
        "and compare by runs.identical(balloon.load_runs(path))"
    )
    if origin.engine not in ENGINES:
        raise DataError(f"{path}: ran with engine {origin.engine}; own actors are not saved: {way_out}")
    behaviour: Mapping[str, Any] = json.loads(origin.scenario)["behaviour"]
    rules = [f"{name} ({behaviour[name]['rule']})" for name in RULES if behaviour.get(name) is not None]
    if rules:
        raise DataError(f"{path}: ran with own rules, {', '.join(rules)}; these are not saved: {way_out}")


def _parameters(saved: Runs) -> str | list[Mapping[str, float]] | None:
    """The argument of simulate that gave the saved run its parameters."""
    how = saved.provenance.parameters
    if how != "given":
        return "ranges" if how == "ranges" else None
    table = saved.data["parameters"]
    paths = [str(path) for path in table["parameter"].values]
    rows = zip(table["replicate"].values.tolist(), table.values.tolist(), strict=True)
    given = {number: dict(zip(paths, row, strict=True)) for number, row in rows}
    given |= {one["replicate"]: one["parameters"] for one in json.loads(saved.data.attrs["failures"])}
    return [given[number] for number in range(saved.provenance.replicates)]


def _differing(saved: xr.Dataset, again: xr.Dataset) -> list[str]:
    """Names of the variables and coordinates that are not the same to the bit."""
    names = sorted({*saved.variables, *again.variables}, key=str)
    return [
        str(name)
        for name in names
        if name not in saved.variables or name not in again.variables or not _same(saved[name], again[name])
    ]


def _same(a: xr.DataArray, b: xr.DataArray) -> bool:
    if a.dims != b.dims or a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        # Not equality: it would take 0.0 for -0.0, and nan for another number than nan.
        return a.dtype == b.dtype and a.values.tobytes() == b.values.tobytes()
    return bool((a.values == b.values).all())


def _other_versions(origin: Provenance) -> tuple[str, ...]:
    here = {"balloon": __version__, **versions()}
    saved = {"balloon": origin.balloon, **origin.versions}
    names = [*here, *(name for name in saved if name not in here)]
    return tuple(
        f"{name}: saved {saved.get(name, 'none')}, here {here.get(name, 'none')}"
        for name in names
        if saved.get(name) != here.get(name)
    )
