"""What ships: every file of observations and every table of published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balloon.presets import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def evidence() -> pd.DataFrame:
    """List the evidence that ships with balloon.

    Observations are read by ``balloon.read_observations(name)``; tables are the published figures they
    were taken from.

    Returns
    -------
    DataFrame
        name, kind ("observations" or "table"), preset (that the observations belong to), what, rows,
        source (ids of the sources table; blank for that table itself), licence ("not stated" where the
        source says nothing).

    Examples
    --------
    >>> listed = evidence().set_index("name")
    >>> listed.loc["telegram-korea-2024", "preset"]
    'telegram-korea-2024'
    """
    import tomllib

    import pandas as pd

    with (FOLDER / "observations" / "contents.toml").open("rb") as text:
        contents = tomllib.load(text)
    rows = []
    for kind, folder, column in (
        ("observations", "observations", "source"),
        ("table", "evidence", "source_id"),
    ):
        for name, said in contents[kind].items():
            count, cited = _cited(FOLDER / folder / f"{name}.csv", column)
            rows.append(
                {
                    "name": name,
                    "kind": kind,
                    "preset": name if kind == "observations" else "",
                    "what": said["what"],
                    "rows": count,
                    "source": "" if name == "sources" else " ".join(cited),
                    "licence": said.get("licence", "not stated"),
                }
            )
    return pd.DataFrame(rows)


def _cited(path: Path, column: str) -> tuple[int, list[str]]:
    """Number of rows, and the ids of the sources they cite."""
    import csv

    with path.open(encoding="utf-8", newline="") as lines:
        records = list(csv.DictReader(lines))
    ids = {one for record in records for one in (record.get(column) or "").split()}
    return len(records), sorted(ids)
