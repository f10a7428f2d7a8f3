"""ODD+D, first part: purpose, entities, schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balloon.describe.blocks import Block, Heading, Items, Paragraph, Table, Term, listed, number
from balloon.describe.diagrams import landscape, schedule
from balloon.describe.sourcetext import field_notes, summary
from balloon.describe.theory import PHASES

if TYPE_CHECKING:
    from balloon.scenario import Scenario

ENTITIES = (
    ("actor", "balloon.recruit", "Actors"),
    ("platform", "balloon.landscape", "Platform"),
    ("way between platforms", "balloon.landscape", "Edge"),
    ("group", "balloon.population", "Group"),
    ("contacts", "balloon.contacts", "Contacts"),
)
LEFT_OUT = ("name", "evidence", "note", "origin", "destination")


def overview(scenario: Scenario) -> Iterator[Block]:
    """Purpose; entities, state variables and scales; process overview and scheduling."""
    yield Heading(2, "1 Overview")
    yield Heading(3, "1.1 Purpose")
    if scenario.title:
        yield Paragraph(scenario.title + ("" if scenario.title.endswith((".", "?", "!")) else "."))
    yield Paragraph(
        f"The model asks where criminal communication goes when {scenario.squeezed} is pressed: how many "
        "actors stop, how many are arrested, how many reappear on another platform, how sure one can be, "
        "and what would change the answer. It is for people who compare policies, and for those who "
        "review the comparison. It can give every outcome from no displacement to full displacement, and "
        "also diffusion of benefits; none is assumed."
    )
    if scenario.note:
        yield Paragraph(scenario.note)
    yield Heading(3, "1.2 Entities, state variables and scales")
    yield from _entities()
    yield from _platforms(scenario)
    yield from _groups(scenario)
    yield from _scales(scenario)
    yield Heading(3, "1.3 Process overview and schedule")
    yield Paragraph(
        "Discrete, synchronous steps: everybody observes the state at the end of the last step, everybody "
        "decides, everybody moves. In each step, in this order:"
    )
    yield Items(tuple(f"({p.letter}) {p.name}. {p.what}" for p in PHASES))
    yield schedule()


def _entities() -> Iterator[Block]:
    rows = [
        (entity, Term(field), note or summary(module, name))
        for entity, module, name in ENTITIES
        for field, note in field_notes(module, name).items()
        if field not in LEFT_OUT
    ]
    rows.append(
        (
            "belief",
            Term("h"),
            "Weekly arrest rate on each platform as each group believes it; shown per year.",
        )
    )
    yield Table("Entities and their state variables", ("entity", "variable", "meaning"), tuple(rows))
    yield Paragraph("Places an actor can be at: each platform, dormant (no platform), removed (arrested).")


def _platforms(scenario: Scenario) -> Iterator[Block]:
    rows = []
    for p in scenario.landscape.platforms:
        values = (p.asc, p.onboarding_cost, p.cooperation, p.requests, p.undercover)
        rows.append((Term(p.name), *map(number, values), p.note))
    header = ("platform", "asc", "onboarding_cost", "cooperation", "requests", "undercover", "note")
    yield Table("Platforms before any intervention (units: see Parameters)", header, tuple(rows))
    if scenario.landscape.edges is not None:
        friction = scenario.landscape.friction()
        ways = tuple(
            (Term(a), *(number(f) if f < float("inf") else "no way" for f in row))
            for a, row in zip(scenario.platforms, friction.tolist(), strict=True)
        )
        yield Table(
            "Friction by shortest path, from the row to the column, multiples of switching_cost",
            ("from", *map(Term, scenario.platforms)),
            ways,
        )
    yield landscape(scenario.landscape)


def _groups(scenario: Scenario) -> Iterator[Block]:
    rows = tuple(
        (Term(g.name), str(size), number(g.share), number(g.exposure), number(g.risk_aversion), g.note)
        for g, size in zip(scenario.groups, scenario.population.sizes, strict=True)
    )
    header = ("group", "actors", "share", "exposure", "risk_aversion (mean)", "note")
    yield Table("Groups of actors", header, rows)


def _scales(scenario: Scenario) -> Iterator[Block]:
    contacts = scenario.population.contacts
    yield Items(
        (
            (
                f"Time: {scenario.steps} steps of {number(scenario.step_days)} days, {scenario.start} to "
                f"{scenario.end}. Rates are per week, beliefs are shown as annual probabilities."
            ),
            (
                f"Size: {scenario.population.actors} actors in {len(scenario.groups)} groups on "
                f"{len(scenario.platforms)} platforms: {listed(scenario.platforms)}."
            ),
            (
                f"Space: none but the landscape of platforms and the contacts ({contacts.kind}, "
                f"{number(contacts.degree)} on average)."
            ),
            (
                f"Question: {scenario.squeezed} is pressed; the same actors are followed from "
                f"{scenario.reference}."
            ),
            "Utilities are on the logit scale (scale of the shocks 1).",
        )
    )
    for caution in scenario.cautions():
        yield Paragraph(f"Caution: {caution}")
