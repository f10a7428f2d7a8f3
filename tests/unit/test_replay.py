"""A saved run can be made again from what it says about itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import balloon as bl
from balloon.behaviour import Behaviour
from balloon.replay import replay
from balloon.runs import Runs
from balloon.simulate import simulate

SMALL = {"steps": 8, "population.actors": 60}


@pytest.fixture
def scenario() -> bl.Scenario:
    return bl.load("minimal").with_(SMALL)


def saved(runs: Runs, folder: Path, **other: Any) -> Path:
    """The runs in a file, with another provenance if wanted."""
    data = runs.data.copy(deep=True)
    data.attrs["provenance"] = json.dumps({**asdict(runs.provenance), **other})
    path = folder / "runs.nc"
    Runs(data).save(path)
    return path


@pytest.mark.parametrize("parameters", [None, "ranges", [{"behaviour.switching_cost": 1.0}] * 3])
@pytest.mark.parametrize("engine", ["arrays", "objects"])
def test_a_saved_run_is_made_again_to_the_bit(
    scenario: bl.Scenario, tmp_path: Path, parameters: Any, engine: str
) -> None:
    path = tmp_path / "runs.nc"
    simulate(scenario, replicates=3, seed=7, parameters=parameters, engine=engine).save(path)
    result = replay(path)
    assert result.identical
    assert (result.differs, result.versions) == ((), ())
    expected = 3 if parameters is None or parameters == "ranges" else len(parameters)
    assert result.runs.data.sizes["replicate"] == expected


def test_drawn_parameters_are_drawn_anew_and_given_ones_read_from_the_file(
    scenario: bl.Scenario, tmp_path: Path
) -> None:
    path = tmp_path / "runs.nc"
    given = [{"behaviour.switching_cost": cost} for cost in (0.5, 6.0)]
    simulate(scenario, replicates=2, seed=7, parameters=given).save(path)
    assert replay(path).runs.data.parameters.values.tolist() == [[0.5], [6.0]]


def test_a_run_with_failures_is_made_again_with_the_same_failures(
    scenario: bl.Scenario, tmp_path: Path
) -> None:
    given = [{"behaviour.revision_rate": -1.0 if r == 2 else 0.1} for r in range(10)]
    simulate(scenario, replicates=10, seed=7, parameters=given).save(tmp_path / "runs.nc")
    result = replay(tmp_path / "runs.nc")
    assert result.identical
    assert result.runs.failures.replicate.tolist() == [2]


def test_one_changed_number_is_found_and_named(scenario: bl.Scenario, tmp_path: Path) -> None:
    runs = simulate(scenario, replicates=2, seed=7)
    runs.data["joins"][1, 3, 0] += 1
    assert replay(saved(runs, tmp_path)).differs == ("joins",)


def test_the_last_bit_of_a_belief_counts(scenario: bl.Scenario, tmp_path: Path) -> None:
    runs = simulate(scenario, replicates=1, seed=7)
    belief = runs.data["belief"].values
    belief[0, 3, 0, 0] = np.nextafter(belief[0, 3, 0, 0], 1)
    result = replay(saved(runs, tmp_path))
    assert not result.identical
    assert result.differs == ("belief",)


def test_a_scenario_that_is_read_back_as_another_is_named(scenario: bl.Scenario, tmp_path: Path) -> None:
    runs = simulate(scenario, replicates=1, seed=7)
    assert replay(saved(runs, tmp_path, sha256="0" * 64)).differs == ("scenario",)


def test_other_versions_are_named(scenario: bl.Scenario, tmp_path: Path) -> None:
    runs = simulate(scenario, replicates=1, seed=7)
    versions = {**runs.provenance.versions, "numpy": "1.0"}
    result = replay(saved(runs, tmp_path, versions=versions, balloon="0.0.1"))
    assert result.identical
    here = runs.provenance.versions["numpy"]
    ours = f"balloon: saved 0.0.1, here {bl.__version__}"
    assert result.versions == (ours, f"numpy: saved 1.0, here {here}")


def nobody(traits: Any, enforcement: Any, parameters: Any) -> float:
    """Nobody is arrested."""
    return 0.0 * traits.exposure


def test_own_rules_are_refused_with_what_to_do(scenario: bl.Scenario, tmp_path: Path) -> None:
    path = tmp_path / "runs.nc"
    simulate(scenario.with_(behaviour=Behaviour(hazard=nobody)), replicates=2, seed=7).save(path)
    said = r"hazard \(.*nobody\).*run it again with them, seed=7 and replicates=2"
    with pytest.raises(bl.DataError, match=said):
        replay(path)


def test_own_actors_are_refused_with_what_to_do(scenario: bl.Scenario, tmp_path: Path) -> None:
    runs = simulate(scenario, replicates=1, seed=7)
    path = saved(runs, tmp_path, engine="objects (mine.Homesick)")
    with pytest.raises(bl.DataError, match=r"objects \(mine.Homesick\); own actors are not saved"):
        replay(path)


def test_a_truncated_file_is_refused(scenario: bl.Scenario, tmp_path: Path) -> None:
    path = tmp_path / "runs.nc"
    simulate(scenario, replicates=1, seed=7).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(bl.DataError, match="is it truncated"):
        replay(path)
