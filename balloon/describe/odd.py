"""The documents, put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balloon.describe.blocks import Block, Heading, Items, Paragraph
from balloon.describe.details import concepts, details, numbers_and_sources
from balloon.describe.overview import overview
from balloon.describe.repeating import repeating
from balloon.describe.stress import stress
from balloon.describe.theory import REFERENCES

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario


def odd(scenario: Scenario, runs: Runs | None) -> Iterator[Block]:
    """ODD+D of a scenario."""
    yield Heading(1, f"The model on paper: {scenario.name}")
    yield Paragraph(
        "Written after the ODD+D protocol (Grimm et al. 2020; Müller et al. 2013), from the scenario and "
        "from the text of the model itself. Actors are synthetic: no person is modelled or predicted."
    )
    yield from overview(scenario)
    yield from concepts()
    yield from details(scenario)
    yield from numbers_and_sources(scenario)
    yield from repeating(scenario, runs)
    yield Heading(2, "7 STRESS checklist")
    yield from stress(scenario, runs)
    yield Heading(2, "References")
    yield Items(REFERENCES)


def stress_alone(scenario: Scenario, runs: Runs | None) -> Iterator[Block]:
    """The checklist as a document of its own."""
    yield Heading(1, f"STRESS checklist: {scenario.name}")
    yield from stress(scenario, runs)
    yield Heading(2, "References")
    yield Items(tuple(one for one in REFERENCES if one.startswith(("Monks", "Salmon"))))
