"""Who knows whom: the value a scenario holds. The ties themselves are drawn in `balloon.ties`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balloon._values import Checks
from balloon.evidence import Evidence

if TYPE_CHECKING:
    import networkx as nx

    from balloon.ties import Ties

KINDS = ("erdos_renyi", "small_world", "scale_free", "communities", "annealed", "given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The undirected contact network among slots.

    Examples
    --------
    >>> Contacts(kind="small_world", degree=10, rewiring=0.1).rewiring
    0.1
    >>> import networkx as nx
    >>> Contacts.from_networkx(nx.path_graph(3)).ties
    ((0, 1), (1, 2))
    """

    kind: str = "erdos_renyi"
    """"erdos_renyi", "small_world", "scale_free", "communities", "annealed" or "given"."""
    degree: float = 10.0
    """Mean number of contacts; for "annealed" the number of others drawn afresh each step."""
    rewiring: float = 0.1
    """"small_world": probability that a tie of the ring is rewired (Watts & Strogatz 1998)."""
    size: int = 50
    """"communities": slots in a community, about; communities do not cross groups."""
    within: float = 0.6
    """"communities": share of the ties that stay inside the community."""
    homophily: float = 0.5
    """"communities": of the other ties, the share that stays inside the group."""
    actors: int | None = None
    """"given": number of slots of the graph."""
    ties: tuple[tuple[int, int], ...] = ()
    """"given": pairs (i, j), i < j, each once."""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks(f"contacts {self.kind!r}")
        checks.types(self)
        checks.evidence(self)
        if self.kind not in KINDS:
            checks.say(f"there is no such kind; there are {', '.join(map(repr, KINDS))}")
        checks.number(at_least=0.0, degree=self.degree)
        checks.probability(rewiring=self.rewiring, within=self.within, homophily=self.homophily)
        if self.kind in ("small_world", "scale_free") and self.degree % 2:
            checks.say(f"degree is {self.degree!r}; need an even whole number (half is drawn by each end)")
        if self.kind == "annealed" and self.degree % 1:
            checks.say(f"degree is {self.degree!r}; need a whole number of others")
        if self.kind in ("small_world", "scale_free", "annealed"):
            for one in self.evidence:
                if one.field == "degree" and one.low != one.high:
                    checks.say(
                        f"degree has a range, {one.low:g} to {one.high:g}, and is a whole number: it cannot "
                        "be drawn; leave low and high out, or take 'erdos_renyi' or 'communities'"
                    )
        if not self.size >= 2:
            checks.say(f"size is {self.size!r}; need a whole number >= 2")
        if self.kind == "given":
            self._check_ties(checks)
        elif self.ties or self.actors is not None:
            checks.say("ties and actors belong to kind 'given'; leave them out or change the kind")
        checks.refuse()

    def _check_ties(self, checks: Checks) -> None:
        n = self.actors
        if n is None or n < 1:
            checks.say(f"actors is {n!r}; need the number of slots of the graph, >= 1")
            return
        bad = [tie for tie in self.ties if not (0 <= tie[0] < n and 0 <= tie[1] < n)]
        if bad:
            checks.say(f"tie {bad[0]} has an index out of range; need 0 to {n - 1} ({len(bad)} such)")
        loops = [tie for tie in self.ties if tie[0] == tie[1]]
        if loops:
            checks.say(f"tie {loops[0]} is a self-loop; leave it out ({len(loops)} such)")
        ordered = tuple(sorted({(min(t), max(t)) for t in self.ties}))
        if len(ordered) != len(self.ties):
            checks.say(f"{len(self.ties) - len(ordered)} ties are given twice; give each pair once")
        object.__setattr__(self, "ties", ordered)

    @classmethod
    def from_networkx(cls, graph: nx.Graph[object]) -> Contacts:
        """Take an undirected graph as it is; nodes become slots in the graph's own order."""
        if graph.is_directed() or graph.is_multigraph():
            checks = Checks("contacts from networkx")
            checks.say("the graph is directed or has parallel edges; pass nx.Graph(graph)")
            checks.refuse()
        slot = {node: i for i, node in enumerate(graph.nodes)}
        ties = [(slot[a], slot[b]) for a, b in graph.edges]
        return cls.given(len(slot), ties)

    @classmethod
    def given(cls, actors: int, ties: Sequence[tuple[int, int]]) -> Contacts:
        """A fixed graph of ``actors`` slots with these ties."""
        return cls(kind="given", degree=0.0, actors=actors, ties=tuple(ties))

    def to_networkx(self) -> nx.Graph[int]:
        """The given graph; a drawn one is had by ``draw(...).to_networkx()``."""
        import networkx as nx

        if self.kind != "given":
            checks = Checks(f"contacts {self.kind!r}")
            checks.say("have no fixed graph; use draw(sizes, seed=...).to_networkx()")
            checks.refuse()
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(self.actors or 0))
        graph.add_edges_from(self.ties)
        return graph

    def draw(self, sizes: Sequence[int], *, seed: int = 0, replicate: int = 0) -> Ties:
        """Draw the ties in CSR form.

        Parameters
        ----------
        sizes : sequence of int
            Actors in each group; the slots are numbered group by group.

        Examples
        --------
        >>> ties = Contacts(kind="small_world", degree=4, rewiring=0.0).draw([100])
        >>> ties.of(0).tolist()
        [1, 2, 98, 99]
        """
        from balloon.ties import draw  # compiled: loaded when first needed

        return draw(self, sizes, seed=seed, replicate=replicate)
