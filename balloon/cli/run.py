"""balloon run: figure, table and data of one scenario."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balloon._staging import Staging
from balloon.cli.terminal import (
    A_SCENARIO,
    THE_SEED,
    CommandError,
    columns,
    compile_ahead,
    load_ahead,
    percent,
    say,
    which,
    whole_number,
    wrapped,
)
from balloon.errors import BalloonError

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario

FILES = ("migration.png", "migration.svg", "summary.csv", "runs.nc")
RUNS = 100
"""Runs, unless another number is asked for."""


def add(commands: Any) -> None:
    """Declare the command."""
    run = commands.add_parser(
        "run",
        help="run a scenario; write figure, table and data",
        description="Run a scenario many times, each time with luck of its own. Writes "
        "migration.png, migration.svg, summary.csv and runs.nc.",
        epilog="Example: balloon run telegram-korea-2024 --replicates 200 --out out/demo",
    )
    run.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    whole = whole_number(1, 2**32 - 1)
    run.add_argument(
        "--replicates",
        metavar="N",
        type=whole,
        help=f"number of runs (default: {RUNS}; with --engine meanfield and fixed parameters 1)",
    )
    run.add_argument(
        "--seed", metavar="S", type=whole_number(0, 2**64 - 1), default=1, help=f"{THE_SEED} (default: 1)"
    )
    run.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out"), help="folder for the files (default: out)"
    )
    run.add_argument(
        "--parameters",
        choices=("fixed", "ranges"),
        default="fixed",
        help="fixed: the values of the scenario; ranges: each run draws the uncertain ones from their "
        "ranges (default: fixed)",
    )
    engines = ("arrays", "objects", "meanfield")
    run.add_argument(
        "--engine",
        choices=engines,
        default="arrays",
        help="arrays: compiled; objects: agents of Mesa, slower, the same numbers; meanfield: expected "
        "numbers without luck, in one run or with --parameters ranges (default: arrays)",
    )
    run.add_argument(
        "--store",
        metavar="DIR",
        type=Path,
        help="folder that keeps finished runs: a run that was interrupted goes on from there",
    )
    baseline = run.add_mutually_exclusive_group()
    baseline.add_argument(
        "--without",
        metavar="PLATFORM",
        help="draw dashed beside it what comes without the interventions on this platform "
        "(default: the one the scenario is about)",
    )
    baseline.add_argument("--no-baseline", action="store_true", help="draw no dashed lines; half the work")
    run.set_defaults(command=command)


def command(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    """Run the scenario and its baseline, write the files, print where the actors are."""
    from balloon.files import load

    scenario = load(arguments.scenario)
    platform = arguments.without or scenario.squeezed
    baseline = None if arguments.no_baseline else scenario.without(platform)
    if baseline == scenario:
        baseline = None  # nothing to go without: the dashed lines would lie under the others
    staging = Staging(arguments.out, FILES)
    stagings.append(staging)
    staging.open()
    if arguments.engine == "arrays":
        compile_ahead()
    load_ahead("xarray", "balloon.plots", "h5netcdf")
    ranges = arguments.parameters == "ranges"
    runs, others = _simulated(scenario, arguments, ranges=ranges), None
    with ThreadPoolExecutor(1) as beside:  # most of the baseline's work leaves the interpreter free
        saved = beside.submit(runs.save, staging.folder / FILES[3])
        if baseline is not None:
            # Without its interventions a scenario may have no uncertain parameters left.
            others = _simulated(baseline, arguments, ranges=ranges and bool(baseline.ranges()))
    try:
        saved.result()
        _write(runs, others, staging.folder)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise CommandError(f"the run went well, but its files could not be written: {error}") from error
    say(*findings(runs, others, platform), "", "Written:", *(f"  {path}" for path in written))


def _simulated(scenario: Scenario, arguments: argparse.Namespace, *, ranges: bool) -> Runs:
    """Run one of the two worlds: both have the same seeds, and the same drawn parameters."""
    from balloon.simulate import simulate

    return simulate(
        scenario,
        parameters="ranges" if ranges else None,
        replicates=_number(arguments, ranges=ranges),
        seed=arguments.seed,
        engine=arguments.engine,
        store=arguments.store,
        progress=sys.stderr.isatty(),
    )


def _number(arguments: argparse.Namespace, *, ranges: bool) -> int:
    """How many runs: expected numbers at fixed parameters are all alike, so one, unless more are asked for.

    With ranges a world of which nothing is drawn, such as a baseline without uncertain numbers, has one too.
    """
    asked: int | None = arguments.replicates
    alike = arguments.engine == "meanfield" and not ranges
    if alike and (asked is None or arguments.parameters == "ranges"):
        return 1
    return RUNS if asked is None else asked


def _write(runs: Runs, baseline: Runs | None, folder: Path) -> None:
    from balloon.plots import migration, save_figure

    figure = migration(runs, baseline=baseline)
    for name in FILES[:2]:
        save_figure(figure, folder / name)
    runs.summary().to_csv(folder / FILES[2], index=False, float_format="%.6g", lineterminator="\n")


def findings(runs: Runs, baseline: Runs | None, platform: str) -> list[str]:
    """Where the actors of the squeezed platform are at the end."""
    scenario = runs.scenario
    squeezed = scenario.squeezed
    lines = [*wrapped(scenario.title or scenario.name), *wrapped(f"{scenario.name}: {which(runs)}"), ""]
    if not runs.data.joint.isel(time=-1).sel(origin=squeezed).any():
        return [*lines, f"Nobody was at home on {squeezed} on {scenario.reference}."]
    table, one = runs.destinations(squeezed), runs.provenance.replicates == 1
    expected = runs.provenance.engine == "meanfield"
    lines += wrapped(
        f"Where the actors at home on {squeezed} on {scenario.reference} are on {scenario.end} "
        f"(% of them{'' if one else '; medians need not add up to 100'}):"
    )
    alone = "expected" if expected else "one run"
    head = ["", alone if one else "median", *([] if one else ["90 % range"])]
    rows = [
        [row.place, percent(row.q50), *([] if one else [f"{percent(row.q05)} to {percent(row.q95)}"])]
        for row in table.itertuples()
    ]
    if baseline is not None:
        head.append("without *")
        for row, usual in zip(rows, baseline.destinations(squeezed)["q50"], strict=True):
            row.append(percent(usual))
    lines += [f"  {line}" for line in columns([head, *rows], right=(1, 2, 3))]
    if baseline is not None:
        same = "the same" if expected else "the same luck"
        lines.append(f"* {same} without the interventions on {platform}: the dashed lines")
    return lines
