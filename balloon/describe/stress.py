"""The STRESS checklist for agent-based simulation (Monks et al. 2019), answered for a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balloon._version import __version__
from balloon.describe.blocks import Block, Paragraph, Table, listed, number
from balloon.describe.pedigree import PEDIGREE, cited, parameters
from balloon.simulate import versions

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario


def stress(scenario: Scenario, runs: Runs | None) -> Iterator[Block]:
    """One table: item, answer. Sections are those of the ODD+D document."""
    rows = (
        *_objectives(scenario),
        *_logic(scenario),
        *_data(scenario),
        *_experiment(scenario, runs),
        *_code(runs),
    )
    yield Paragraph("Section numbers refer to the ODD+D document of the same scenario.")
    yield Table("STRESS-ABS", ("item", "answer"), rows)


def _objectives(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield (
        "1.1 Purpose of the model",
        f"Where communication goes when {scenario.squeezed} is pressed; section 1.1.",
    )
    yield (
        "1.2 Model outputs",
        (
            "Counts of actors by place and step, arrests, joins, beliefs; quantiles over replicates. "
            "Against a baseline: the ledger of the loss and the measures of displacement. Sections 2.10 "
            "and 3."
        ),
    )
    yield (
        "1.3 Experimentation aims",
        (
            f"Scenario {scenario.name}: {len(scenario.interventions)} interventions "
            f"({listed([one.kind for one in scenario.interventions])}), compared with the same luck "
            "without them."
        ),
    )


def _logic(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "2.1 Base model overview diagram", "The diagram of a step, section 1.3."
    yield "2.2 Base model logic", "Synchronous steps (a) to (f), sections 1.3 and 3.3."
    yield (
        "2.3 Scenario logic",
        "The baseline is the scenario without interventions: scenario.without(); section 3.2.",
    )
    yield "2.4 Algorithms", "Formulae and the source text of every rule, section 3.3."
    yield (
        "2.5.1 Components: environment",
        (
            f"{len(scenario.platforms)} platforms and the frictions between them; the interventions. "
            "Section 1.2."
        ),
    )
    yield (
        "2.5.2 Components: agents",
        (
            f"{scenario.population.actors} actors in {len(scenario.groups)} groups; attributes and rules "
            "in sections 1.2, 3.3."
        ),
    )
    contacts = scenario.population.contacts
    yield (
        "2.5.3 Components: interaction topology",
        f"Contacts: {contacts.kind}, degree {number(contacts.degree)}; group beliefs; section 2.6.",
    )
    yield (
        "2.5.4 Components: entry and exit",
        (
            "Exit by arrest; entry by replacement of removed actors at "
            f"{number(scenario.behaviour.replacement_rate)} a week. No release, no growth."
        ),
    )


def _data(scenario: Scenario) -> Iterator[tuple[str, str]]:
    every = list(parameters(scenario))
    counts = [f"{sum(p.origin == origin for p in every)} {origin}" for origin in PEDIGREE]
    yield "3.1 Data sources", f"{len(cited(scenario))} sources are cited, listed in section 4."
    yield "3.2 Pre-processing", "What was derived from a source says so in its note, section 4."
    yield (
        "3.3 Input parameters",
        f"{len(every)} numbers ({listed(counts)}), {len(scenario.ranges())} with a range; section 4.",
    )
    yield (
        "3.4 Assumptions",
        "Numbers of origin 'assumption' or 'not stated', section 4; what is left out, section 5.",
    )


def _experiment(scenario: Scenario, runs: Runs | None) -> Iterator[tuple[str, str]]:
    yield (
        "4.1 Initialisation",
        "A terminating simulation without warm-up; the start is drawn from the start shares. Section 3.1.",
    )
    yield (
        "4.2 Run length",
        f"{scenario.steps} steps of {number(scenario.step_days)} days, {scenario.start} to {scenario.end}.",
    )
    yield (
        "4.3 Estimation approach",
        "Independent replicates; medians and 50 % and 90 % ranges; common random numbers between "
        "scenarios, by address. "
        + (
            "Replicates: stated with each result."
            if runs is None
            else f"Replicates: {runs.provenance.replicates}, of which {len(runs.failures)} failed."
        ),
    )


def _code(runs: Runs | None) -> Iterator[tuple[str, str]]:
    libraries = versions() if runs is None else runs.provenance.versions
    made = __version__ if runs is None else runs.provenance.balloon
    yield "5.1 Software", f"balloon {made}; " + listed([f"{name} {v}" for name, v in libraries.items()]) + "."
    yield (
        "5.2 Random sampling",
        "Philox4x32-10 by address (Salmon et al. 2011); seed "
        + ("stated with each result." if runs is None else f"{runs.provenance.seed}."),
    )
    yield (
        "5.3 Model execution",
        "Discrete time, synchronous. Threads, executors and the order of actors cannot change a result.",
    )
    yield "5.4 System specification", "Not recorded: times depend on the machine, numbers do not."
    yield (
        "6.1 Sharing of the model",
        "balloon-effect, MIT licence; a saved run holds its scenario and repeats itself.",
    )
