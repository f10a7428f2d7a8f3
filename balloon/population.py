"""Groups of actors and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from balloon._values import DORMANT, Checks, Table
from balloon.contacts import Contacts
from balloon.evidence import Evidence

TOLERANCE = 1e-9  # of shares that must add up to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An offence type, a jurisdiction, or both.

    Examples
    --------
    >>> Group(name="drugs", start={"Telegram": 0.7, "Signal": 0.3}).start["Signal"]
    0.3
    """

    name: str
    share: float = 1.0
    """Share of the actors, in [0, 1]; the groups add up to 1."""
    exposure: float = 1.0
    """Multiplies the pressure, >= 0."""
    risk_aversion: float = 20.0
    """Mean of the log-normal risk aversion, utils per annual probability of arrest, >= 0."""
    risk_aversion_cv: float = 0.5
    """Coefficient of variation of the risk aversion, >= 0."""
    start: Mapping[str, float] = field(default_factory=Table)
    """Share of the group at home on each platform at the start (or ``dormant``); adds up to 1."""
    start_apps: Mapping[str, float] = field(default_factory=Table)
    """Probability of having each platform's app at the start beside the home's."""
    asc: Mapping[str, float] = field(default_factory=Table)
    """Added to the platforms' alternative-specific constants, utils."""
    belief: Mapping[str, float] = field(default_factory=Table)
    """Believed annual probability of arrest at the start; elsewhere the true rate of step 1."""
    evidence: tuple[Evidence, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        checks = Checks(f"group {self.name!r}")
        checks.types(self)
        checks.evidence(self)
        checks.name(self.name)
        checks.probability(share=self.share)
        checks.number(
            at_least=0.0,
            exposure=self.exposure,
            risk_aversion=self.risk_aversion,
            risk_aversion_cv=self.risk_aversion_cv,
        )
        for name in ("start", "start_apps", "belief"):
            table: Table = getattr(self, name)
            checks.probability(**{f"{name}[{k!r}]": v for k, v in table.items()})
        checks.number(**{f"asc[{k!r}]": v for k, v in self.asc.items()})
        if any(not value < 1 for value in self.belief.values()):
            checks.say("belief of 1 is a certainty that no rate gives; need less than 1")
        total = sum(self.start.values())
        if not abs(total - 1) <= TOLERANCE:
            checks.say(f"start shares add up to {total:g}; need 1")
        checks.refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The actors: how many, of which groups, in contact with whom.

    Examples
    --------
    >>> crew = Population(actors=20, groups=(
    ...     Group(name="a", share=0.55, start={"x": 1}), Group(name="b", share=0.45, start={"x": 1})))
    >>> crew.sizes
    (11, 9)
    """

    actors: int
    groups: tuple[Group, ...]
    contacts: Contacts = Contacts()
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks("population")
        checks.types(self)
        checks.evidence(self)
        if not 1 <= self.actors < 2**31:
            checks.say(f"actors is {self.actors!r}; need a whole number from 1 to {2**31 - 1}")
        if any(one.field == "actors" and one.low != one.high for one in self.evidence):
            checks.say(
                "actors has a range; all replicates have the same number of actors: leave low and high out, "
                "and run the scenario with fewer or more"
            )
        if not self.groups:
            checks.say("has no group; need at least one")
        checks.distinct("group", [g.name for g in self.groups])
        total = sum(g.share for g in self.groups)
        if self.groups and not abs(total - 1) <= TOLERANCE:
            checks.say(f"shares of the groups add up to {total:g}; need 1")
        contacts = self.contacts
        if contacts.kind == "given" and contacts.actors != self.actors:
            checks.say(
                f"the given contacts have {contacts.actors} slots for {self.actors} actors; make them equal"
            )
        elif contacts.kind != "given" and not contacts.degree <= self.actors - 1 and self.actors >= 1:
            checks.say(
                f"contacts of degree {contacts.degree:g} among {self.actors} actors; "
                f"need at most {self.actors - 1}"
            )
        checks.refuse()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Actors in each group by largest remainder; ties go to the earlier group."""
        exact = [g.share * self.actors for g in self.groups]
        sizes = [int(x + TOLERANCE) for x in exact]
        by_remainder = sorted(range(len(exact)), key=lambda g: (sizes[g] - exact[g], g))
        for g in by_remainder[: self.actors - sum(sizes)]:
            sizes[g] += 1
        return tuple(sizes)

    def nobody(self) -> tuple[str, ...]:
        """Groups whose share rounds to no actor, in words."""
        return tuple(
            f"group {group.name!r} has a share of {group.share:g} of {self.actors:,} actors, which rounds to "
            "nobody: what concerns it alone changes nothing; take more actors, or a larger share"
            for group, size in zip(self.groups, self.sizes, strict=True)
            if size == 0 < group.share
        )

    def crowding(self) -> tuple[str, ...]:
        """Groups whose communities have fewer slots than the ties they are to hold, in words."""
        contacts = self.contacts
        inside = contacts.degree * contacts.within
        if contacts.kind != "communities":
            return ()
        said = []
        for group, size in zip(self.groups, self.sizes, strict=True):
            slots = size // max(1, round(size / contacts.size)) if size else 0
            if 0 < slots < inside + 1 - TOLERANCE:
                said.append(
                    f"contacts 'communities' in group {group.name!r}: a community of {slots} slots has no "
                    f"room for {inside:g} contacts inside it, at most {slots - 1}: degree will not be "
                    "reached; raise size, or lower degree or within"
                )
        return tuple(said)


def start_places(platforms: tuple[str, ...]) -> list[str]:
    """Places where an actor may start."""
    return [*platforms, DORMANT]
