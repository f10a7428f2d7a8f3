"""ODD+D, second and third part: design concepts; initialisation, input, submodels, parameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from balloon._fingerprint import fingerprint
from balloon.behaviour.behaviour import RULES, describe_rule
from balloon.describe.blocks import Block, Heading, Items, Listing, Paragraph, Table, Term, listed, number
from balloon.describe.diagrams import calendar
from balloon.describe.pedigree import PEDIGREE, Parameter, cited, known_sources, parameters, settings
from balloon.describe.sourcetext import Function, functions, summary
from balloon.describe.theory import CONCEPTS, NOT_MODELLED, PHASES
from balloon.errors import EngineError

if TYPE_CHECKING:
    from balloon.interventions import Intervention
    from balloon.scenario import Scenario

RULE_OF = {"utility": "utility", "hazard": "hazard", "revision_rate": "revision_rate_rule"}
"""Built-in rule -> the field of `Behaviour` that replaces it."""


def concepts() -> Iterator[Block]:
    """Design concepts."""
    yield Heading(2, "2 Design concepts")
    for number_, (name, text) in enumerate(CONCEPTS, start=1):
        yield Heading(3, f"2.{number_} {name}")
        yield Paragraph(text)


def details(scenario: Scenario) -> Iterator[Block]:
    """Initialisation, input data, submodels."""
    yield Heading(2, "3 Details")
    yield Heading(3, "3.1 Initialisation")
    yield from _start(scenario)
    yield Heading(3, "3.2 Input data: the dated interventions")
    yield from _interventions(scenario)
    yield Heading(3, "3.3 Submodels")
    yield from _submodels(scenario)


def _start(scenario: Scenario) -> Iterator[Block]:
    yield Items(
        (
            (
                "Groups fill blocks of slots by largest remainder; the home of each slot is an "
                "independent draw from its group's start shares."
            ),
            (
                "Apps at the start: the home's, and each other one with its probability start_apps. The "
                "habit is the home."
            ),
            (
                "Risk aversion is log-normal with the group's mean and coefficient of variation: s² = "
                "ln(1 + cv²), μ = ln(mean) - s²/2."
            ),
            (
                "A belief that is not given is the arrest rate of the first step under the policy of the "
                "first step, seizures aside."
            ),
            f"Contacts: {scenario.population.contacts.kind}, drawn anew in each replicate unless given.",
        )
    )
    places = [*scenario.platforms, "dormant"]
    rows = tuple((Term(g.name), *(number(g.start.get(p, 0.0)) for p in places)) for g in scenario.groups)
    yield Table("Start shares of each group", ("group", *map(Term, places)), rows)


def _interventions(scenario: Scenario) -> Iterator[Block]:
    if not scenario.interventions:
        yield Paragraph("There is no intervention: the platforms stay as they are throughout.")
        return
    known = known_sources()
    rows = []
    for path, one in scenario.nouns():
        if path.startswith("interventions."):
            rows.append(
                (
                    Term(path.removeprefix("interventions.")),
                    one.label,
                    f"{one.start} to {one.until}" if one.until else f"from {one.start}",
                    listed(one.targets, "all platforms"),
                    listed(one.groups, "all groups"),
                    _date_source(one, known),
                )
            )
    header = ("intervention", "label", "period", "platforms", "groups", "source of the event and its date")
    yield Table(
        "Interventions, in the order of the scenario; their numbers are under Parameters", header, tuple(rows)
    )
    yield calendar(scenario)
    kinds = {one.kind: type(one) for one in scenario.interventions}
    yield Items(tuple(f"{kind}: {summary(k.__module__, k.__name__)}" for kind, k in sorted(kinds.items())))


def _date_source(one: Intervention, known: dict[str, Any]) -> str:
    if not one.on_record:
        return "none: an option, not a fact"
    source = known.get(one.source)
    return f"{one.source}: {source.publisher}, {source.date}" if source else one.source


def _submodels(scenario: Scenario) -> Iterator[Block]:
    rules, decide = functions("balloon.behaviour.rules"), functions("balloon.behaviour.decide")
    own = scenario.behaviour.own_rules
    for phase in PHASES:
        yield Heading(4, f"({phase.letter}) {phase.name}")
        yield Paragraph(phase.what)
        if phase.formula:
            yield Listing(phase.formula)
        for name in phase.functions:
            if name in rules and RULE_OF[name] in own:
                yield from _own_rule(name, own[RULE_OF[name]])
            else:
                yield from _function(rules[name] if name in rules else decide[name], rule=name in rules)


def _function(function: Function, *, rule: bool) -> Iterator[Block]:
    kind = "Rule" if rule else "Function"
    yield Paragraph(f"{kind} {function.name}, as its docstring and its source say:")
    yield Listing(f"{function.says}\n\n{function.text}")


def _own_rule(name: str, rule: Any) -> Iterator[Block]:
    """An own rule, with all that its result depends on."""
    said = describe_rule(rule)
    yield Paragraph(
        f"Rule {name} is replaced by an own rule, {said['rule']}; fingerprint (sha256) {said['sha256']}."
    )
    try:
        fingerprint(rule)
    except EngineError:
        yield Paragraph(
            "It refers to more than numbers, math, numpy and balloon: what that does is not shown here, and "
            "the fingerprint is of its text alone."
        )
    try:
        yield Listing(inspect.getsource(rule))
    except (OSError, TypeError):
        yield Paragraph("Its source text is not to be had: it was typed at a prompt, or its file is gone.")
    around = inspect.getclosurevars(rule)
    taken = {**around.globals, **around.nonlocals}
    numbers = {k: v for k, v in sorted(taken.items()) if isinstance(v, int | float)}
    if numbers:
        yield Paragraph(
            "Numbers it takes from around it: " + listed([f"{k} = {v!r}" for k, v in numbers.items()]) + "."
        )


def numbers_and_sources(scenario: Scenario) -> Iterator[Block]:
    """The parameters with evidence and pedigree; the settings; the sources."""
    known, every = known_sources(), list(parameters(scenario))
    yield Heading(2, "4 Parameters")
    counts = {origin: sum(p.origin == origin for p in every) for origin in PEDIGREE}
    yield Paragraph(
        f"{len(every)} numbers decide a run: "
        + listed([f"{count} {origin}" for origin, count in counts.items()])
        + f". {len(scenario.ranges())} have a range."
    )
    scale = tuple((name, str(score), means, str(counts[name])) for name, (score, means) in PEDIGREE.items())
    yield Table(
        "Pedigree, after NUSAP (Funtowicz & Ravetz 1990), one criterion of it: the origin of the number",
        ("origin", "score", "meaning", "numbers"),
        scale,
    )
    header = ("parameter", "value", "range", "unit", "pedigree", "source and note")
    yield Table("Every number", header, tuple(_parameter(p, known) for p in every))
    words = dict.fromkeys((p.noun, Term(p.field), p.means) for p in every if p.means)
    yield Table("What they mean", ("of", "name", "meaning"), tuple(words))
    rules = {f"behaviour.{name}" for name in RULES}
    rows = tuple(
        (Term(path), "built-in rule" if path in rules and value == "not set" else value, means)
        for path, value, means in settings(scenario)
    )
    yield Table("Settings that are no numbers", ("setting", "value", "meaning"), rows)
    table = tuple(
        (one, known[one].title, known[one].publisher, known[one].date, known[one].kind, known[one].url)
        for one in cited(scenario)
    )
    if table:
        yield Table("Sources", ("id", "title", "publisher", "date", "kind", "address"), table)
    yield Heading(2, "5 What is not modelled")
    yield Items(NOT_MODELLED)


def _parameter(p: Parameter, known: dict[str, Any]) -> tuple[str, ...]:
    span = "" if p.low is None else f"{number(p.low)} to {number(p.high)}"
    source = p.source
    if p.origin in ("published", "derived"):
        source = (
            f"{p.source} ({known[p.source].kind})" if p.source in known else f"{p.source} (not in the table)"
        )
    said = f"{source}: {p.note}" if p.note else source
    return Term(p.path), number(p.value), span, p.unit, f"{p.score} {p.origin}", said
