"""The compiled engine and the slow reference tell the same story, within chance."""

from __future__ import annotations

import numpy as np
import pytest
import reference
from cases import CASES
from worlds import run, z_scores

ENGINE, SLOW = 400, 40  # replicates of 300 actors

BY_TIME = (
    "actors",
    "actors_by_group",
    "arrests",
    "arrests_by_group",
    "joins",
    "installed",
    "active",
    "belief",
    "newcomers",
    "joint",
)


@pytest.mark.parametrize("name", CASES)
def test_engine_and_reference_agree_at_every_time_and_place(name: str) -> None:
    """Means over replicates differ by less than 4 standard errors, cell by cell.

    Cells with fewer than 100 events in all replicates are left out: their law is too skewed.
    """
    scenario = CASES[name]()
    engine, slow = (
        run(scenario, replicates=ENGINE, seed=3),
        reference.tell_often(scenario, replicates=SLOW, seed=7),
    )
    worst = {}
    for key in BY_TIME:
        z = z_scores(engine[key], slow[key].astype(engine[key].dtype), rare=100)
        worst[key] = float(np.abs(z).max())
    flows = [one["moves"][:, 1:].sum(axis=1) for one in (engine, slow)]  # flows begin with step 1
    worst["moves"] = float(np.abs(z_scores(flows[0], flows[1].astype(int), rare=100)).max())
    assert max(worst.values()) < 4, worst


def test_what_holds_no_luck_agrees_to_rounding() -> None:
    """Beliefs at the start come from the policy of step 1 alone."""
    for case in CASES.values():
        scenario = case()
        if "adaptive" not in case.__name__:
            engine, slow = run(scenario), reference.tell(scenario)
            assert engine["belief"][0, 0] == pytest.approx(slow["belief"][0], rel=1e-12)


def test_the_reference_conserves_its_actors() -> None:
    told = reference.tell(CASES["closures"](), seed=1)
    assert (told["actors"].sum(axis=1) == 300).all()
    assert (told["moves"][1:].sum(axis=2) == told["actors"][:-1]).all()
