"""What three small scenarios came to, as counts of people that a reviewer can read in a diff.

They hold on every machine and Python: an argmax flips on a difference in the last bit about never.
Recorded anew only when the model itself changes, by ``pytest tests/golden --record-golden``.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

import balloon as bl
from tests.golden.scenarios import ALL

HERE = Path(__file__).parent


def tables(runs: bl.Runs) -> dict[str, str]:
    """Actors by place, arrests by platform, and moves, as CSV."""
    data = runs.data.isel(replicate=0)
    places, platforms = data.place.values.tolist(), data.platform.values.tolist()
    moved = data.moves.values.copy()
    moved[:, np.arange(len(places)), np.arange(len(places))] = 0
    moves = [[t, places[a], places[b], moved[t, a, b]] for t, a, b in np.argwhere(moved).tolist()]
    actors = [[t, *row] for t, row in enumerate(data.actors.values.tolist())]
    arrests = [[t, *row] for t, row in enumerate(data.arrests.values.tolist())]
    return {
        "actors": _csv(["step", *places], actors),
        "arrests": _csv(["step", *platforms], arrests),
        "moves": _csv(["step", "origin", "destination", "actors"], moves),
    }


def _csv(header: list[str], rows: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


@pytest.mark.parametrize("engine", ["arrays", "objects"])
@pytest.mark.parametrize("name", ALL)
def test_a_small_scenario_comes_out_as_it_always_did(name: str, engine: str, *, recording: bool) -> None:
    found = tables(bl.simulate(ALL[name](), seed=2024, engine=engine))
    for what, text in found.items():
        file = HERE / f"{name}-{what}.csv"
        if recording and engine == "arrays":
            file.write_text(text, encoding="utf-8", newline="\n")
        assert text == file.read_text(encoding="utf-8"), f"{file.name} differs"


@pytest.mark.parametrize("name", ALL)
def test_the_golden_scenarios_have_something_to_tell(name: str) -> None:
    rows = csv.DictReader((HERE / f"{name}-moves.csv").read_text(encoding="utf-8").splitlines())
    assert {row["destination"] for row in rows} >= {"Signal", "Viber", "dormant", "removed"}
