"""Observation files and tables: read whole, with all that is wrong with them said at once."""

from __future__ import annotations

import csv
import difflib
import io
import math
import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from balloon._saying import nearest
from balloon.calibrate._consistency import conflicts, silent
from balloon.calibrate._row import BOUNDS
from balloon.calibrate.observations import COLUMNS, DATES, NUMBERS, Observation, Observations
from balloon.errors import DataError
from balloon.presets import observation_names, observations

if TYPE_CHECKING:
    import pandas as pd

    Frame: TypeAlias = pd.DataFrame

NEEDED = ("quantity", "start", "value", "unit")


def read_observations(source: str | os.PathLike[str] | Frame) -> Observations:
    """Read observations: a file that ships by its name, a CSV file by its path, or a table.

    Parameters
    ----------
    source : str, path or DataFrame
        Tidy rows. Columns, all but the first four optional, blank where nothing is to be said:

        quantity, start, value, unit; low and high (instead of the value, where only bounds are known: all
        between them is alike, and sd is the error of a bound); end (first day after the period; blank:
        read at start); platform, platform_to (moves), group (blank: all together); n, sd or dispersion (the
        uncertainty, one of them, n also with dispersion); scale (counts in the world: how many one
        simulated actor stands for, or a name for a factor that is not known); of, base_start,
        base_end (change: of what, and since when); uncertainty (stated, derived or assumption);
        source; note. Quantities and their meaning: `balloon.calibrate.observe`.

    Returns
    -------
    Observations

    Raises
    ------
    DataError
        With every problem found, each with its row; rows count from 1, without the header.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "quantity": "share", "start": ["2024-10-07", "2024-10-14"], "platform": "Telegram",
    ...     "value": [71, 64], "unit": "percent", "n": 400, "dispersion": 2})
    >>> [row.number for row in read_observations(table)]
    [0.71, 0.64]
    """
    where, records = _records(source)
    columns = list(records[0])
    problems = _headers(columns)
    if _missing(columns):
        _refuse(where, problems)
    rows: list[tuple[int, Observation]] = []
    for number, record in enumerate(records, 1):
        made = _row(number, {name: record[name] for name in columns if name in COLUMNS}, problems)
        if made is not None:
            rows.append((number, made))
    problems += conflicts(rows)
    if len(rows) == len(records):  # what is missing is said already
        problems += silent(rows)
    _refuse(where, problems)
    return Observations(tuple(row for _, row in rows))


def _refuse(where: str, problems: Iterable[str]) -> None:
    said = [f"{where}: {problem}" for problem in problems]
    if said:
        raise DataError("\n".join(said))


# ---- from a source to records ---------------------------------------------------------------


def _records(source: str | os.PathLike[str] | Frame) -> tuple[str, list[Mapping[str, Any]]]:
    """Name of the source, and its rows as mappings from columns to cells."""
    if isinstance(source, str | os.PathLike):
        return _csv(_file(source))
    columns = [str(name) for name in source.columns]
    _refuse("table", _twice(columns))
    if len(source) == 0:
        raise DataError("table: holds no rows; a fit needs at least two observations")
    return "table", [dict(zip(columns, cells, strict=True)) for cells in source.itertuples(index=False)]


def _file(name_or_path: str | os.PathLike[str]) -> Path:
    known = observation_names()
    if isinstance(name_or_path, str) and name_or_path in known:
        return observations(name_or_path)
    path = Path(name_or_path)
    if path.suffix or len(path.parts) > 1 or path.is_file() or not isinstance(name_or_path, str):
        return path
    raise DataError(f"no observations {name_or_path!r}; {nearest(name_or_path, known)}; a file ends in .csv")


def _csv(path: Path) -> tuple[str, list[Mapping[str, Any]]]:
    where = path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
        cells = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{where}: not CSV ({error}); save it as comma-separated text") from None
    if len(cells) < 2:
        raise DataError(f"{where}: holds no rows; need a header and a row for every observation")
    columns = [name.strip() for name in cells[0]]
    _refuse(where, _separated(columns))
    _refuse(where, _twice(columns))
    _refuse(
        where,
        [
            f"row {number} has {len(line)} cells, the header {len(columns)}; put texts with commas in quotes"
            for number, line in enumerate(cells[1:], 1)
            if len(line) != len(columns)
        ],
    )
    return where, [dict(zip(columns, line, strict=True)) for line in cells[1:]]


def _separated(columns: list[str]) -> list[str]:
    """What a spreadsheet with commas in its numbers saves: columns apart by semicolons, or by tabs."""
    head = columns[0]
    found = [
        mark for mark in (";", "\t") if set(NEEDED) & {part.strip(' "') for part in head.split(mark)[:-1]}
    ]
    return [
        f"its columns are separated by {mark!r}; save it with commas between them, and points in numbers"
        for mark in found
    ]


def _twice(columns: list[str]) -> list[str]:
    return [
        f"column {name!r} is there twice; keep one"
        for name in dict.fromkeys(columns)
        if columns.count(name) > 1
    ]


def _headers(columns: list[str]) -> list[str]:
    """Columns that are missing, and columns that nobody knows."""
    missing = [
        f"column {name!r} is missing; every observation needs {', '.join(NEEDED)} (or low and high instead "
        "of the value), and n, sd or dispersion"
        for name in _missing(columns)
    ]
    unknown = []
    for name in columns:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name.lower(), COLUMNS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(COLUMNS)}"
            unknown.append(f"unknown column {name!r}; {hint}")
    return missing + unknown


def _missing(names: Iterable[str]) -> list[str]:
    """What is needed and not there; both bounds stand for a value."""
    there = set(names)
    return [
        name for name in NEEDED if name not in there and not (name == "value" and there.issuperset(BOUNDS))
    ]


# ---- from a record to an observation --------------------------------------------------------


def _row(number: int, record: Mapping[str, Any], problems: list[str]) -> Observation | None:
    """An observation, or None after noting what is wrong with it."""
    values: dict[str, Any] = {}
    said: list[str] = []
    bounded = any(not _blank(record.get(name)) for name in BOUNDS)
    if bounded and _blank(record.get("value")):
        record = {name: cell for name, cell in record.items() if name != "value"}
    for name, cell in record.items():
        try:
            value = _cell(name, cell)
        except ValueError as error:
            said.append(str(error))
            continue
        if value is not None:
            values[name] = value
    said += _blanks(values, said, bounded=bounded)
    made = None
    if not said:
        try:
            made = Observation(**values)
        except DataError as error:
            said = str(error).splitlines()
    problems += [f"row {number}: {problem}" for problem in said]
    return made


def _blanks(values: dict[str, Any], said: list[str], *, bounded: bool) -> list[str]:
    """What is needed and was left blank; the observation says which units there are."""
    missing = [
        name for name in NEEDED if name not in values and not any(one.startswith(name) for one in said)
    ]
    if "unit" in missing:
        values["unit"] = ""
    ways = {"value": "give both bounds, low and high, "}
    return [
        f"{name} is missing; fill the cell, {ways.get(name, '')}or leave the row out"
        for name in missing
        if name != "unit" and not (name == "value" and bounded)
    ]


def _cell(name: str, cell: Any) -> Any:
    """A cell as the observation has it, None if it is blank."""
    if name in NUMBERS:
        return _number(name, cell)
    if name in DATES:
        return _day(name, cell)
    if _blank(cell):
        return None
    if name == "scale":
        return _scale(cell)
    return str(cell).strip()


def _blank(cell: Any) -> bool:
    """None, an empty text, or one of the three ways in which pandas says that nothing is there."""
    return not cell.strip() if isinstance(cell, str) else str(cell) in ("None", "nan", "NaT", "<NA>")


def _number(name: str, cell: Any) -> float | None:
    if name == "value" and isinstance(cell, float) and math.isnan(cell):
        raise ValueError("value is nan; leave out rows that say nothing")
    if _blank(cell):
        return None
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {cell!r}; need a plain number such as 1250.5") from None


def _scale(cell: Any) -> str | float:
    text = str(cell).strip()
    try:
        return float(text)
    except ValueError:
        return text


def _day(name: str, cell: Any) -> date | None:
    if _blank(cell):
        return None
    if isinstance(cell, datetime):
        if cell.time() != datetime.min.time():
            raise ValueError(f"{name} is {cell}; need a date without a time of day")
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip())
    except ValueError:
        raise ValueError(f"{name} is {str(cell)!r}; need a date such as 2024-10-01") from None
