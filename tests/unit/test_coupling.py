"""The coupling of two worlds, slot by slot, on columns small enough to count by hand."""

import numpy as np

from balloon.engines.coupling import couple, new_coupling
from balloon.recruit import Actors

BOUNDS = np.array([0, 4, 6])
DORMANT, REMOVED, STRANDED, FRESH = 2, 3, 4, 5  # with two platforms


def actors(homes: list[int], entered: list[int] | None = None) -> Actors:
    n = len(homes)
    return Actors(
        home=np.array(homes, np.int8),
        habit=np.full(n, -1, np.int8),
        apps=np.zeros(n, np.uint32),
        entered=np.array(entered or [0] * n, np.int32),
        risk_aversion=np.ones(n),
    )


def test_every_slot_counts_once_at_its_two_places() -> None:
    coupling, visited = new_coupling(0, 2, 2), np.zeros(6, np.uint32)
    couple(0, BOUNDS, actors([0, 0, 1, DORMANT, 0, 1]), actors([0, 1, 1, 0, REMOVED, 1]), visited, coupling)
    assert coupling.same[0, 0].tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert coupling.same[0, 1].tolist() == [[0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert not coupling.refilled.any()


def test_stranded_counts_as_dormant_and_just_removed_as_removed() -> None:
    coupling, visited = new_coupling(0, 1, 2), np.zeros(2, np.uint32)
    couple(0, np.array([0, 2]), actors([0, 0]), actors([STRANDED, FRESH]), visited, coupling)
    assert coupling.same[0, 0, 0].tolist() == [0, 0, 1, 1]


def test_a_role_filled_again_by_another_person_is_counted_apart() -> None:
    coupling, visited = new_coupling(3, 1, 2), np.zeros(3, np.uint32)
    here, there = actors([0, 0, 1], [0, 2, 2]), actors([0, 1, 1], [0, 3, 2])
    couple(3, np.array([0, 3]), here, there, visited, coupling)
    assert coupling.same[3, 0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0] * 4, [0] * 4]
    assert coupling.refilled[3, 0].tolist() == [[0, 1, 0, 0], [0] * 4, [0] * 4, [0] * 4]


def test_a_bystander_was_never_on_the_platform_in_either_world() -> None:
    coupling, visited, bounds = new_coupling(1, 1, 2), np.zeros(2, np.uint32), np.array([0, 2])
    # Slot 0 has always been on platform 1 or dormant; slot 1 was on 0 in one world at the start.
    couple(0, bounds, actors([1, 0]), actors([1, 1]), visited, coupling)
    couple(1, bounds, actors([1, 1]), actors([DORMANT, DORMANT]), visited, coupling)
    assert coupling.bystanders[1, 0].tolist() == [[0, -1, 1, 0], [0, 0, 0, 0]]


def test_a_newcomer_of_both_worlds_has_no_past() -> None:
    coupling, visited, bounds = new_coupling(2, 1, 2), np.zeros(1, np.uint32), np.array([0, 1])
    couple(0, bounds, actors([0]), actors([0]), visited, coupling)
    couple(1, bounds, actors([REMOVED]), actors([REMOVED]), visited, coupling)
    couple(2, bounds, actors([1], [2]), actors([DORMANT], [2]), visited, coupling)
    assert coupling.bystanders[2, 0, 0].tolist() == [0, -1, 1, 0]
