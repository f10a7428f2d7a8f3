"""balloon contrast: what the interventions changed, against the same world without them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balloon._staging import Staging
from balloon.cli.terminal import A_SCENARIO, THE_SEED, CommandError, say, whole_number, wrapped
from balloon.errors import BalloonError, DataError

if TYPE_CHECKING:
    from balloon.effect import Contrast
    from balloon.scenario import Scenario

FILES = ("contrast.png", "contrast.svg", "ledger.csv", "measures.csv", "baseline.nc", "alternative.nc")


def add(commands: Any) -> None:
    """Declare the command."""
    contrast = commands.add_parser(
        "contrast",
        help="compare a scenario with the same world without its interventions, or with another",
        description="Run two worlds with the same actors and the same luck, and say what the difference "
        "between them changed: where the loss of a platform went. Writes contrast.png, contrast.svg, "
        "ledger.csv, measures.csv, baseline.nc and alternative.nc.",
        epilog="Example: balloon contrast telegram-korea-2024 --out out/effect",
    )
    choose_worlds(contrast)
    whole = whole_number(2, 2**32 - 1)
    contrast.add_argument(
        "--replicates", metavar="N", type=whole, default=100, help="number of pairs of runs (default: 100)"
    )
    contrast.add_argument(
        "--seed", metavar="S", type=whole_number(0, 2**64 - 1), default=1, help=f"{THE_SEED} (default: 1)"
    )
    contrast.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out"), help="folder for the files (default: out)"
    )
    contrast.add_argument(
        "--parameters",
        choices=("fixed", "ranges"),
        default="fixed",
        help="fixed: the values of the scenarios; ranges: each pair draws the uncertain ones from their "
        "ranges, the same for both worlds (default: fixed)",
    )
    contrast.add_argument(
        "--engine",
        choices=("arrays", "objects"),
        default="arrays",
        help="arrays: compiled; objects: agents of Mesa, slower, the same numbers (default: arrays)",
    )
    contrast.add_argument(
        "--store",
        metavar="DIR",
        type=Path,
        help="folder that keeps finished pairs: a contrast that was interrupted goes on from there",
    )
    contrast.set_defaults(command=command)


def choose_worlds(parser: argparse.ArgumentParser) -> None:
    """Declare which two worlds are compared, and whose loss is followed."""
    parser.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    parser.add_argument(
        "alternative",
        metavar="ALTERNATIVE",
        nargs="?",
        help="another scenario of the same actors and dates: SCENARIO is then the baseline (default: "
        "SCENARIO, and the baseline is SCENARIO without its interventions)",
    )
    choose_platforms(parser)


def choose_platforms(parser: argparse.ArgumentParser) -> None:
    """Declare whose interventions the baseline goes without, and whose loss is followed."""
    parser.add_argument(
        "--without",
        metavar="PLATFORM",
        help="the baseline goes without the interventions on this platform "
        "(default: the one the scenario is about)",
    )
    parser.add_argument(
        "--platform",
        metavar="PLATFORM",
        help="whose loss the ledger follows (default: the one the scenario is about)",
    )


def command(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    """Run both worlds, write the files, print the finding and the ledger."""
    from balloon.contrast import contrast

    baseline, alternative = worlds(arguments)
    platform = followed(arguments, alternative)
    staging = Staging(arguments.out, FILES)
    stagings.append(staging)
    staging.open()
    effect = contrast(
        baseline,
        alternative,
        replicates=arguments.replicates,
        seed=arguments.seed,
        parameters="ranges" if arguments.parameters == "ranges" else None,
        engine=arguments.engine,
        store=arguments.store,
        progress=sys.stderr.isatty(),
    )
    try:
        _write(effect, platform, staging.folder)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise CommandError(f"the runs went well, but their files could not be written: {error}") from error
    say(
        *wrapped(effect.explain(platform)),
        "",
        str(effect.ledger(platform)),
        "",
        "Written:",
        *(f"  {path}" for path in written),
    )


def followed(arguments: argparse.Namespace, alternative: Scenario) -> str:
    """The platform whose loss the ledger follows."""
    platform: str = arguments.platform or alternative.squeezed
    if platform not in alternative.platforms:
        known = ", ".join(map(repr, alternative.platforms))
        raise DataError(f"--platform {platform!r}: is not there; there are {known}")
    return platform


def worlds(arguments: argparse.Namespace) -> tuple[Scenario, Scenario]:
    """Baseline and alternative."""
    from balloon.files import load

    first = load(arguments.scenario)
    if arguments.alternative is not None:
        if arguments.without is not None:
            raise DataError("--without and a second scenario: the baseline is the first scenario; drop one")
        return first, load(arguments.alternative)
    platform = arguments.without or first.squeezed
    baseline = first.without(platform)
    if baseline == first:
        raise DataError(
            f"scenario {first.name!r}: nothing is done on {platform!r}, so there is nothing to go without; "
            "name another platform by --without, or a second scenario"
        )
    return baseline, first


def _write(effect: Contrast, platform: str, folder: Path) -> None:
    from balloon.plots import save_figure

    figure = effect.plot(platform)
    for name in FILES[:2]:
        save_figure(figure, folder / name)
    effect.ledger(platform).to_csv(folder / FILES[2])
    table = effect.measures(platform)
    table.to_csv(folder / FILES[3], index=False, float_format="%.6g", lineterminator="\n")
    effect.baseline.save(folder / FILES[4])
    effect.alternative.save(folder / FILES[5])
