"""balloon brief: two pages for a decision, as a page or as PDF."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balloon._staging import Staging
from balloon.cli.contrast import choose_worlds, followed, worlds
from balloon.cli.terminal import THE_SEED, CommandError, say, whole_number, wrapped
from balloon.errors import BalloonError

if TYPE_CHECKING:
    from balloon.scenario import Scenario


def add(commands: Any) -> None:
    """Declare the command."""
    brief = commands.add_parser(
        "brief",
        help="write two pages for a decision: question, answer, ledger, assumptions",
        description="Compare a scenario with the same world without its interventions, or with another, "
        "and write two pages: the question, the answer and how sure it is, where the loss went, what is "
        "assumed, what would change the answer, how to repeat it.",
        epilog="Example: balloon brief telegram-korea-2024 --out brief.html",
    )
    choose_worlds(brief)
    whole = whole_number(2, 2**32 - 1)
    brief.add_argument(
        "--replicates", metavar="N", type=whole, default=200, help="number of pairs of runs (default: 200)"
    )
    brief.add_argument(
        "--seed", metavar="S", type=whole_number(0, 2**64 - 1), default=1, help=f"{THE_SEED} (default: 1)"
    )
    brief.add_argument(
        "--parameters",
        choices=("fixed", "ranges"),
        help="fixed: the values of the scenario; ranges: each pair draws the uncertain ones from their "
        "ranges, and the brief says which would change the answer (default: ranges, where there are any)",
    )
    brief.add_argument(
        "--engine",
        choices=("arrays", "objects"),
        default="arrays",
        help="arrays: compiled; objects: agents of Mesa, slower, the same numbers (default: arrays)",
    )
    brief.add_argument(
        "--store", metavar="DIR", type=Path, help="folder that keeps finished pairs, to go on from later"
    )
    brief.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("brief.html"),
        help="the brief, a .html file, or a .pdf, which needs the extra 'brief' (default: brief.html)",
    )
    brief.set_defaults(command=command)


def command(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    """Run both worlds, write the brief, print the answer."""
    from balloon.contrast import contrast
    from balloon.pages.brief import checked, write_brief

    kind = checked(arguments.out)
    if kind == ".pdf":
        from balloon.pages.rendering import weasyprint

        weasyprint()  # to be refused before the work, not after it
    baseline, alternative = worlds(arguments)
    platform = followed(arguments, alternative)
    staging = Staging(arguments.out.parent, (arguments.out.name,))
    stagings.append(staging)
    staging.open()
    effect = contrast(
        baseline,
        alternative,
        replicates=arguments.replicates,
        seed=arguments.seed,
        parameters="ranges" if drawn(arguments.parameters, baseline, alternative) else None,
        engine=arguments.engine,
        store=arguments.store,
        progress=sys.stderr.isatty(),
    )
    try:
        write_brief(effect, staging.folder / arguments.out.name, platform=platform)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise CommandError(f"the runs went well, but the brief could not be written: {error}") from error
    say(*wrapped(effect.explain(platform)), "", "Written:", *(f"  {path}" for path in written))


def drawn(wish: str | None, *scenarios: Scenario) -> bool:
    """Whether parameters are drawn: as wished, else where there is something to draw."""
    return wish == "ranges" or (wish is None and any(one.ranges() for one in scenarios))
