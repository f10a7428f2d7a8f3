"""Contact networks: degrees, clustering, homophily, round trips, refusals."""

import math

import networkx as nx
import numpy as np
import pytest

from balloon.contacts import Contacts
from balloon.errors import ScenarioError
from balloon.ties import Ties

DRAWN = [
    Contacts(kind="erdos_renyi", degree=8),
    Contacts(kind="small_world", degree=8, rewiring=0.2),
    Contacts(kind="scale_free", degree=8),
    Contacts(kind="communities", degree=8, size=20),
]


def degrees(ties: Ties) -> np.ndarray:
    return np.diff(ties.start)


@pytest.mark.parametrize("contacts", DRAWN, ids=lambda c: c.kind)
def test_a_drawn_network_is_symmetric_without_loops_or_repeats(contacts: Contacts) -> None:
    ties = contacts.draw([300, 200], seed=3)
    for i in range(500):
        row = ties.of(i)
        assert i not in row
        assert np.all(np.diff(row) > 0)
        assert all(i in ties.of(j) for j in row)


@pytest.mark.parametrize("contacts", DRAWN, ids=lambda c: c.kind)
def test_the_mean_degree_is_the_one_asked_for(contacts: Contacts) -> None:
    n = 20_000
    # Ties of a random graph are about Poisson: the mean degree varies by sqrt(2 degree / n).
    assert degrees(contacts.draw([n], seed=1)).mean() == pytest.approx(8, abs=4 * math.sqrt(16 / n) + 0.05)


def test_degrees_of_a_random_graph_are_poisson() -> None:
    d = degrees(Contacts(kind="erdos_renyi", degree=10).draw([50_000], seed=2))
    assert d.var() == pytest.approx(10, abs=0.4)


def test_a_ring_that_is_not_rewired_is_a_lattice() -> None:
    ties = Contacts(kind="small_world", degree=4, rewiring=0.0).draw([10])
    assert ties.of(0).tolist() == [1, 2, 8, 9]
    assert nx.average_clustering(ties.to_networkx()) == 0.5


def test_rewiring_keeps_every_tie_and_breaks_up_the_ring() -> None:
    ties = Contacts(kind="small_world", degree=6, rewiring=1.0).draw([2_000], seed=1)
    assert ties.count == 6_000
    assert nx.average_clustering(ties.to_networkx()) < 0.02


def test_a_scale_free_network_has_hubs() -> None:
    d = degrees(Contacts(kind="scale_free", degree=6).draw([5_000], seed=1))
    assert d.min() >= 3
    assert d.max() > 100


def test_homophily_is_the_share_of_ties_that_stay_in_the_group() -> None:
    contacts = Contacts(kind="communities", degree=8, size=20, within=0.5, homophily=0.5)
    graph = contacts.draw([1_000, 1_000], seed=1).to_networkx()
    inside = np.mean([(a < 1_000) == (b < 1_000) for a, b in graph.edges])
    # Half in the community, half of the rest in the group, half of what is left by chance.
    assert inside == pytest.approx(0.5 + 0.25 + 0.125, abs=4 * math.sqrt(0.11 / graph.number_of_edges()))


def test_the_same_address_gives_the_same_network_and_another_replicate_another() -> None:
    contacts = Contacts(kind="erdos_renyi", degree=5)
    first, again = contacts.draw([100], seed=1), contacts.draw([100], seed=1)
    other = contacts.draw([100], seed=1, replicate=1)
    assert first.others.tolist() == again.others.tolist() != other.others.tolist()


def test_a_given_network_survives_the_round_trip() -> None:
    graph = nx.karate_club_graph()
    contacts = Contacts.from_networkx(graph)
    assert nx.utils.graphs_equal(contacts.to_networkx(), nx.Graph(graph.edges))
    drawn = contacts.draw([20, 14]).to_networkx()
    assert set(map(frozenset, drawn.edges)) == set(map(frozenset, graph.edges))
    assert Contacts.from_networkx(contacts.to_networkx()) == contacts


def test_everybody_knows_everybody_at_full_degree() -> None:
    assert Contacts(kind="erdos_renyi", degree=9).draw([10]).count == 45


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Contacts(kind="friends"), "no such kind; there are 'erdos_renyi'"),
        (lambda: Contacts(degree=-1), "degree is -1; need a number >= 0"),
        (lambda: Contacts(kind="small_world", degree=5), "need an even whole number"),
        (lambda: Contacts(kind="annealed", degree=2.5), "need a whole number of others"),
        (lambda: Contacts(rewiring=1.5), "rewiring is 1.5; need a number from 0 to 1"),
        (lambda: Contacts.given(3, [(0, 3)]), r"tie \(0, 3\) has an index out of range; need 0 to 2"),
        (lambda: Contacts.given(3, [(1, 1)]), r"tie \(1, 1\) is a self-loop; leave it out"),
        (lambda: Contacts.given(3, [(0, 1), (1, 0)]), "1 ties are given twice"),
        (lambda: Contacts(actors=3), "belong to kind 'given'"),
        (lambda: Contacts.from_networkx(nx.DiGraph([(0, 1)])), "directed or has parallel edges"),
        (lambda: Contacts().to_networkx(), "have no fixed graph; use draw"),
    ],
)
def test_impossible_contacts_are_refused(build, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        build()


def test_shares_that_leave_nothing_for_strangers_leave_no_ties_to_them() -> None:
    contacts = Contacts(kind="communities", degree=10, size=50, within=0.9, homophily=1.0)
    graph = contacts.draw([1_000, 1_000], seed=1).to_networkx()
    assert all((a < 1_000) == (b < 1_000) for a, b in graph.edges)


def test_the_largest_seed_draws_a_network_too() -> None:
    assert Contacts(degree=4).draw([100], seed=2**64 - 1).count > 0
