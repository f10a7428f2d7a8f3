"""Platforms, and the friction of moving between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from balloon._values import Checks
from balloon.evidence import Evidence

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    from numpy.typing import NDArray

MAX_PLATFORMS = 32  # apps are the bits of a 32-bit word


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A messaging platform as the authorities and its users see it.

    Examples
    --------
    >>> Platform(name="Signal", onboarding_cost=1.0, requests=0.02).cooperation
    0.0
    """

    name: str
    asc: float = 0.0
    """Alternative-specific constant: how good the platform is for everybody, in utils."""
    onboarding_cost: float = 0.0
    """Paid when joining without having the app, in utils."""
    cooperation: float = 0.0
    """Share of the requests of the police that are answered, in [0, 1]."""
    requests: float = 0.0
    """Requests per actor and week, >= 0."""
    undercover: float = 0.0
    """Arrests per actor and week by undercover work, without the platform's help, >= 0."""
    evidence: tuple[Evidence, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        checks = Checks(f"platform {self.name!r}")
        checks.types(self)
        checks.evidence(self)
        checks.name(self.name)
        checks.number(asc=self.asc)
        checks.number(
            at_least=0.0,
            onboarding_cost=self.onboarding_cost,
            requests=self.requests,
            undercover=self.undercover,
        )
        checks.probability(cooperation=self.cooperation)
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from one platform to another; it exists whatever is open today."""

    origin: str
    destination: str
    friction: float = 1.0
    """Multiples of the switching cost, >= 0."""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks(f"edge {self.origin!r} -> {self.destination!r}")
        checks.types(self)
        checks.evidence(self)
        checks.number(at_least=0.0, friction=self.friction)
        if self.origin == self.destination:
            checks.say("leads to itself; leave it out, staying costs nothing")
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """The platforms, and the directed edges between them.

    Without edges every platform can be reached from every other one at friction 1. With edges only they
    lead anywhere: one that makes a way easier leaves out all others, unless they are named too.

    Examples
    --------
    >>> a, b, c = (Platform(name=n) for n in "abc")
    >>> chain = Landscape(platforms=(a, b, c), edges=(
    ...     Edge(origin="a", destination="b"), Edge(origin="b", destination="c", friction=0.5)))
    >>> chain.friction()[0]
    array([0. , 1. , 1.5])
    """

    platforms: tuple[Platform, ...]
    edges: tuple[Edge, ...] | None = None
    """None: all pairs at friction 1."""

    def __post_init__(self) -> None:
        checks = Checks("landscape")
        checks.types(self)
        names = [p.name for p in self.platforms]
        if not names:
            checks.say("has no platform; need at least one")
        if len(names) > MAX_PLATFORMS:
            checks.say(
                f"{len(names)} platforms; the bit mask of apps holds {MAX_PLATFORMS}: "
                "merge the small ones into one"
            )
        checks.distinct("platform", names)
        for edge in self.edges or ():
            checks.known("platform of an edge", (edge.origin, edge.destination), names)
        pairs = [f"{e.origin} -> {e.destination}" for e in self.edges or ()]
        checks.distinct("edge", pairs)
        checks.refuse()
        if self.edges is not None:
            # One landscape, one form: sorted, and None for the plain complete graph.
            edges = tuple(sorted(self.edges, key=lambda e: (e.origin, e.destination)))
            plain = all(e.friction == 1.0 and not e.evidence for e in edges)
            complete = len(edges) == len(names) * (len(names) - 1)
            object.__setattr__(self, "edges", None if plain and complete else edges)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the platforms, in the scenario's order."""
        return tuple(p.name for p in self.platforms)

    def friction(self) -> NDArray[np.float64]:
        """Friction between all pairs by shortest path.

        Returns
        -------
        (P, P) float array
            Row = from, column = to, in multiples of the switching cost; 0 on the
            diagonal, inf where no path leads.
        """
        import numpy as np

        names = self.names
        if self.edges is None:
            return 1.0 - np.eye(len(names))
        step = np.where(np.eye(len(names)) == 1.0, 0.0, math.inf)
        for edge in self.edges:
            step[names.index(edge.origin), names.index(edge.destination)] = edge.friction
        friction = step
        for _ in range(len(names) - 2):  # no shortest path has more edges than platforms but one
            friction = (friction[:, :, None] + step[None, :, :]).min(axis=1)
        return friction

    def to_networkx(self) -> nx.DiGraph[str]:
        """The landscape as a networkx graph: attributes of platforms on nodes, friction on edges."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for p in self.platforms:
            attributes = {name: getattr(p, name) for name in _OF_NODES}
            graph.add_node(p.name, **attributes)
        edges = self.edges
        if edges is None:
            pairs = [(a, b) for a in self.names for b in self.names if a != b]
            edges = tuple(Edge(origin=a, destination=b) for a, b in pairs)
        for e in edges:
            graph.add_edge(e.origin, e.destination, friction=e.friction, evidence=e.evidence)
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.Graph[str]) -> Landscape:
        """Read a graph whose nodes are platforms; an undirected edge leads both ways.

        Node attributes are the fields of `Platform`; edge attributes are ``friction`` (default 1) and
        its ``evidence``; anything else is refused.

        Raises
        ------
        ScenarioError
            With every attribute that is unknown, or what the platforms and edges refuse.
        """
        checks = Checks("landscape from networkx")
        directed = graph if graph.is_directed() else graph.to_directed()
        things = [(f"node {name!r}", own, _OF_NODES) for name, own in graph.nodes(data=True)]
        things += [(f"edge {a!r} -> {b!r}", own, _OF_EDGES) for a, b, own in graph.edges(data=True)]
        for thing, attributes, allowed in things:
            unknown = sorted(map(str, set(attributes) - set(allowed)))
            if unknown:
                checks.say(f"{thing} has unknown attributes {unknown}; allowed: {allowed}")
        checks.refuse()
        platforms = [Platform(name=str(name), **attributes) for name, attributes in graph.nodes(data=True)]
        edges = tuple(
            Edge(origin=str(a), destination=str(b), **own) for a, b, own in directed.edges(data=True)
        )
        return cls(platforms=tuple(platforms), edges=edges)


_OF_NODES = tuple(Platform.__dataclass_fields__)[1:]
_OF_EDGES = ("friction", "evidence")
