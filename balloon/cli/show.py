"""balloon presets, show, schema, replay: what ships, what a file holds, whether a run repeats."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from balloon._tables import WIDTH
from balloon.cli.terminal import A_SCENARIO, DONE, CommandError, columns, complain, days, say, which, wrapped

if TYPE_CHECKING:
    from balloon._staging import Staging
    from balloon.scenario import Scenario


def add(commands: Any) -> None:
    """Declare the commands."""
    listed = "list the scenarios that ship with balloon"
    presets = commands.add_parser("presets", help=listed, description=f"{listed.capitalize()}.")
    presets.set_defaults(command=_presets)
    show = commands.add_parser(
        "show",
        help="show a scenario: dates, interventions, every number's source",
        description="Show what a scenario holds: its dates, its interventions, and every number with its "
        "range, source and unit. The path of a number is its heading, a dot and its name.",
        epilog="Example: balloon show telegram-korea-2024",
    )
    show.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    show.set_defaults(command=_show)
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of a scenario file",
        description="Print the JSON Schema of a scenario file, by which an editor completes and checks it.",
        epilog="Example: balloon schema > scenario.schema.json",
    )
    schema.set_defaults(command=_schema)
    replay = commands.add_parser(
        "replay",
        help="repeat a saved run and compare it to the bit",
        description="Run what a saved file says was run, and compare every number to the bit.",
        epilog="Example: balloon replay out/demo/runs.nc",
    )
    replay.add_argument("file", metavar="FILE", help="runs that were saved, such as runs.nc")
    replay.set_defaults(command=_replay)


def _presets(_: argparse.Namespace, __: list[Staging]) -> None:
    import tomllib

    from balloon.presets import names, path

    # Read as plain TOML: to check every scenario would take as long as to run a small one.
    titles = {name: tomllib.loads(path(name).read_text("utf-8")).get("title", "") for name in names()}
    say(*columns([[name, title] for name, title in titles.items()]))


def _show(arguments: argparse.Namespace, _: list[Staging]) -> None:
    from balloon.files import load

    scenario = load(arguments.scenario)
    say(
        *wrapped(scenario.title or scenario.name),
        *wrapped(scenario.note),
        "",
        f"name        {scenario.name}",
        f"dates       {scenario.start} to {scenario.end}, {scenario.steps} steps of {days(scenario)}",
        *wrapped(", ".join(scenario.platforms), head="platforms   "),
        *wrapped(", ".join(group.name for group in scenario.groups), head="groups      "),
        f"actors      {scenario.population.actors:,}",
        f"squeezed    {scenario.squeezed}; the same actors are followed from {scenario.reference}",
        f"sha256      {scenario.sha256}",
        "",
        "Interventions",
        *_interventions(scenario),
        "",
        "Numbers, with their ranges and sources",
        *_evidence(scenario),
    )


def _schema(_: argparse.Namespace, __: list[Staging]) -> None:
    from balloon.files import schema

    say(json.dumps(schema(), indent=2, ensure_ascii=False))


def _replay(arguments: argparse.Namespace, _: list[Staging]) -> None:
    from balloon.replay import replay

    result = replay(arguments.file, progress=sys.stderr.isatty())
    for other in result.versions:
        complain(DONE, f"warning: {other}")
    if not result.identical:
        raise CommandError(f"{arguments.file}: the run made now differs in {', '.join(result.differs)}")
    say(f"{arguments.file}: identical, {which(result.runs)}")


def _interventions(scenario: Scenario) -> Iterable[str]:
    if not scenario.interventions:
        yield "  none"
    for number, one in enumerate(scenario.interventions):
        period = f"{one.start} to {one.until}" if one.until else f"from {one.start}"
        where = ", ".join(one.targets) or "all platforms"
        who = f" for {', '.join(one.groups)}" if one.groups else ""
        more = f": {one.label}" if one.label else ""
        source = f" [{one.source}]" if one.source else ""
        said = f"{period}  {one.kind} on {where}{who}{more}{source}"
        yield from wrapped(said, head=f"  {number}  ")


def _evidence(scenario: Scenario) -> Iterable[str]:
    """Each noun's numbers: field, value, range, source, unit."""
    nouns: dict[str, list[list[str]]] = {path: [] for path, _ in scenario.nouns()}
    for row in scenario.evidence().itertuples():
        path = str(row.path)
        noun = max((one for one in nouns if path.startswith(f"{one}.")), key=len)
        has_range = row.low <= row.high  # false where there is none: nan
        span = f"{row.low:g} to {row.high:g}" if has_range else ""
        cells = [path[len(noun) + 1 :], f"{row.value:g}", span, str(row.source), str(row.unit)]
        nouns[noun].append(cells)
    for noun, rows in nouns.items():
        if rows:
            yield noun
            yield from (f"  {line}" for line in columns(rows, room=WIDTH - 2))
