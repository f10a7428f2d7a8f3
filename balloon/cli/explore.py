"""balloon explore: a page with sliders over a grid of contrasts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from balloon._staging import Staging
from balloon.cli.contrast import choose_platforms, followed
from balloon.cli.terminal import A_SCENARIO, THE_SEED, CommandError, say, whole_number, wrapped
from balloon.errors import BalloonError, DataError


def add(commands: Any) -> None:
    """Declare the command."""
    explore = commands.add_parser(
        "explore",
        help="write a page with sliders: what if a number were another one",
        description="Compare a scenario with the same world without its interventions, for every "
        "combination of some numbers, and write one page with sliders over them. It needs no server and "
        "no network.",
        epilog="Example: balloon explore minimal --vary behaviour.switching_cost=1,2,4",
    )
    explore.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    explore.add_argument(
        "--vary",
        metavar="PATH[=V,V,...]",
        action="append",
        required=True,
        help="a number of the scenario and its values, such as behaviour.switching_cost=1,2,4; without "
        "values, five over its range; may be given several times: every combination is run",
    )
    choose_platforms(explore)
    whole = whole_number(2, 2**32 - 1)
    explore.add_argument(
        "--replicates", metavar="N", type=whole, default=50, help="pairs of runs a combination (default: 50)"
    )
    explore.add_argument(
        "--seed", metavar="S", type=whole_number(0, 2**64 - 1), default=1, help=f"{THE_SEED} (default: 1)"
    )
    explore.add_argument(
        "--parameters",
        choices=("fixed", "ranges"),
        default="fixed",
        help="of what is not varied: fixed: the values of the scenario; ranges: each pair draws the "
        "uncertain ones from their ranges (default: fixed)",
    )
    explore.add_argument(
        "--store", metavar="DIR", type=Path, help="folder that keeps finished pairs, to go on from later"
    )
    explore.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("what-if.html"),
        help="the page, a .html file (default: what-if.html)",
    )
    explore.set_defaults(command=command)


def command(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    """Run every combination, write the page, print what it holds."""
    from balloon.files import load
    from balloon.pages.explore import explore

    if arguments.out.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"--out {str(arguments.out)!r}: a page is written as .html; choose such a name")
    scenario = load(arguments.scenario)
    vary = wished(arguments.vary)
    platform = followed(arguments, scenario)
    staging = Staging(arguments.out.parent, (arguments.out.name,))
    stagings.append(staging)
    staging.open()
    found = explore(
        scenario,
        vary,
        without=arguments.without,
        platform=platform,
        replicates=arguments.replicates,
        seed=arguments.seed,
        parameters="ranges" if arguments.parameters == "ranges" else None,
        store=arguments.store,
        progress=sys.stderr.isatty(),
    )
    try:
        found.to_html(staging.folder / arguments.out.name)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise CommandError(f"the runs went well, but the page could not be written: {error}") from error
    here = found.states[found.start]
    count = (
        f"{len(found.states)} states, {arguments.replicates} pairs of runs each. Next to the scenario's own:"
    )
    said = (*wrapped(count), *wrapped(f"{here.title}."))
    say(*said, "", "Written:", *(f"  {path}" for path in written))


def wished(texts: list[str]) -> dict[str, list[float] | None]:
    """Path -> values, or None where none are given.

    Raises
    ------
    DataError
        A path twice, values that are no numbers.
    """
    vary: dict[str, list[float] | None] = {}
    for text in texts:
        path, equals, values = text.partition("=")
        if path in vary:
            raise DataError(f"--vary {path}: is given twice; give all its values at once: {path}=1,2,3")
        try:
            vary[path] = [float(value) for value in values.split(",")] if equals else None
        except ValueError:
            raise DataError(f"--vary {text}: {values!r} are no numbers; write {path}=1,2.5,4") from None
    return vary
