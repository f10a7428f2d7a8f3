"""The derivatives by structure are those that complex steps find one by one."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import week, world

import balloon as bl
from balloon.engines.meanfield import slope as module
from balloon.engines.meanfield.frozen import Frozen, freeze
from balloon.engines.meanfield.slope import Slope, slope
from balloon.interventions import Budget, Takedown

KOREA = bl.load("telegram-korea-2024")
BUSY = world(
    Budget(start=week(1), requests=0.1),
    Takedown(platform="C", start=week(2), until=week(6)),
    platforms={"A": {"undercover": 0.01, "cooperation": 0.5}, "B": {"onboarding_cost": 1.0}, "C": {}},
    groups=(
        bl.Group(name="one", share=0.6, start={"A": 0.7, "B": 0.3}, risk_aversion=4.0, risk_aversion_cv=0.5),
        bl.Group(name="two", share=0.4, start={"A": 0.2, "C": 0.8}, risk_aversion=9.0, exposure=2.0),
    ),
    contacts=bl.Contacts(kind="annealed", degree=10),
    actors=1000,
    peer_influence=2.0,
    spillover=0.3,
    switching_cost=1.0,
    outside_option=-2.0,
    revision_rate=0.2,
    learning_rate=0.1,
    replacement_rate=0.05,
    rechoice_rate=0.5,
    vigilance=2.0,
)
PLAIN = world(
    contacts=bl.Contacts(kind="small_world", degree=10), peer_influence=3.0, revision_rate=0.2, actors=1000
)
CLOSED = world(  # beliefs about C stay what they are: nobody is there to learn
    Takedown(platform="C", start=week(2)),
    platforms={"A": {"undercover": 0.01}, "B": {}, "C": {}},
    contacts=bl.Contacts(kind="small_world", degree=10),
    peer_influence=1.0,
    revision_rate=0.2,
    learning_rate=0.1,
    rechoice_rate=0.5,
    replacement_rate=0.05,
    actors=1000,
)
CASES = pytest.mark.parametrize(
    ("scenario", "classes"),
    [(KOREA, 2), (BUSY, 3), (PLAIN, 1), (CLOSED, 1)],
    ids=["korea", "busy", "plain", "closed"],
)


def moving(scenario: bl.Scenario, classes: int) -> tuple[Frozen, np.ndarray, Slope]:
    """A state on its way, a few steps from the start."""
    frozen = freeze(scenario, classes=classes)
    vector = frozen.vectors(frozen.rest)[0]
    for _ in range(5):
        vector = frozen.step(vector[None])[0]
    return frozen, vector, slope(frozen, vector)


def jacobian(frozen: Frozen, vector: np.ndarray) -> np.ndarray:
    """(n, n) derivatives of the next state by the state, one complex step an entry, by no structure."""
    return frozen.step(vector + 1e-20j * np.eye(len(vector))).imag.T / 1e-20


def embedded(made: Slope, moves: np.ndarray) -> np.ndarray:
    """All entries of moves of the free ones."""
    blocks, free = made.blocks.shape[:2]
    return made.free.embed(moves[: blocks * free].reshape(1, blocks, free), moves[None, blocks * free :])[0]


@CASES
def test_a_small_move_is_carried_on_as_the_full_matrix_of_derivatives_says(scenario, classes) -> None:
    frozen, vector, made = moving(scenario, classes)
    move = np.cos(np.arange(made.size))  # every entry moves, each differently
    full = jacobian(frozen, vector) @ embedded(made, move)
    assert embedded(made, made.times(move)) == pytest.approx(full, rel=1e-9, abs=1e-12)


@CASES
def test_the_move_that_closes_a_gap_closes_it_under_the_full_matrix_too(scenario, classes) -> None:
    frozen, vector, made = moving(scenario, classes)
    gap = frozen.step(vector[None])[0] - vector
    move = made.solve(gap)
    assert move - jacobian(frozen, vector) @ move == pytest.approx(gap, abs=1e-8)
    groups_and_classes = move[: frozen.rest.mass.size].reshape(-1, frozen.rest.mass.shape[-1])
    assert groups_and_classes.sum(axis=1) == pytest.approx(0.0, abs=1e-9)  # nobody is made or lost


@CASES
def test_the_leading_eigenvalue_is_the_largest_of_all_and_its_direction_grows_by_it(
    scenario, classes
) -> None:
    frozen, vector, made = moving(scenario, classes)
    every = np.linalg.eigvals(made.times(np.eye(made.size)))
    value, way = made.leading()
    assert abs(value) == pytest.approx(np.abs(every).max(), rel=1e-11)
    assert value.imag == 0
    assert jacobian(frozen, vector) @ way == pytest.approx(value.real * way, abs=1e-9)


def test_where_the_leading_eigenvalue_is_not_told_apart_in_time_all_are_computed(monkeypatch) -> None:
    made = moving(KOREA, 1)[2]
    soon = made.leading()[0]
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "SPAN", 4)
    assert module._arnoldi(made) is None
    assert made.leading()[0] == pytest.approx(soon, rel=1e-11)


def test_a_state_is_brought_inside_with_nobody_who_has_an_app_where_nobody_is() -> None:
    frozen, vector, _ = moving(BUSY, 2)
    assert (frozen.inside(vector[None])[0] == vector).all()
    state = frozen.state(vector[None])
    wild = frozen.vectors(state._replace(apps=state.apps * 3.0 - 1.0))
    there = frozen.state(frozen.inside(wild))
    assert (there.mass == state.mass).all()
    assert (there.apps >= 0).all()
    assert (there.apps <= state.mass[..., None]).all()
    assert (there.apps == state.mass[..., None]).any()


def test_two_refuges_alike_between_which_the_crowd_would_part_are_no_stable_rest() -> None:
    # Both grow alike until there is nobody else; between two, a crowd tips from a peer influence of 2 on.
    refuge = {"onboarding_cost": 0.5}
    alike = world(
        platforms={"A": {"asc": -3.0, **refuge}, "B": refuge, "C": refuge},
        groups=(bl.Group(name="all", start={"A": 0.98, "B": 0.01, "C": 0.01}, risk_aversion_cv=0.5),),
        contacts=bl.Contacts(kind="small_world", degree=10),
        peer_influence=2.2,
        revision_rate=0.2,
        actors=1000,
    )
    frozen = freeze(alike, classes=5)
    vector = frozen.vectors(frozen.rest)
    for _ in range(30):
        vector = frozen.step(vector)
    made = slope(frozen, vector[0])
    assert made.size > module.SMALL
    radius = abs(made.leading()[0])
    assert radius == pytest.approx(np.abs(np.linalg.eigvals(made.times(np.eye(made.size)))).max(), rel=1e-9)
    assert radius > 1
