"""The command line: prints here and nowhere else.

The work is done in a second thread, so that this one can answer Ctrl-C at once, whatever compiled
code the work is in. Heavy libraries are imported when a command needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import textwrap
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from balloon._staging import Staging
from balloon._version import __version__
from balloon.errors import BalloonError

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
WIDTH = 80
FILES = ("migration.png", "migration.svg", "summary.csv", "runs.nc")


class _Failed(Exception):  # noqa: N818 - not an error of the input, and never seen outside
    """The run failed, though the input was good."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 run failed, 2 bad input, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    stagings: list[Staging] = []
    with contextlib.suppress(AttributeError, ValueError):  # a stream that is not a terminal's
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with _plain_warnings():
        try:
            _in_a_thread(lambda: arguments.command(arguments, stagings))
            sys.stdout.flush()
        except KeyboardInterrupt:
            _interrupted(stagings)
        except BrokenPipeError:  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except BalloonError as error:
            return _complain(BAD_INPUT, str(error))
        except _Failed as error:
            return _complain(FAILED, str(error))
        except MemoryError:
            return _complain(FAILED, "the run failed: not enough memory; fewer actors, or steps, need less")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the user gets a sentence
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"the run failed: {type(error).__name__}: {error}"
            return _complain(FAILED, f"{said} ({Path(where.filename).name}, line {where.lineno})")
        finally:
            for staging in stagings:
                staging.drop()
    return DONE


def _in_a_thread(work: Callable[[], None]) -> None:
    """Do the work in another thread; an interruption ends the waiting, not the work."""
    problems: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - handed to the thread that waits
            problems.append(problem)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="balloon-command").start()
    while not done.wait(0.1):  # in short steps: on Windows a wait without end cannot be interrupted
        pass
    if problems:
        raise problems[0]


def _interrupted(stagings: Sequence[Staging]) -> None:
    """Clean up and leave at once: a thread inside a compiled loop cannot be asked to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for staging in stagings:
        staging.drop()
    written = any(staging.published for staging in stagings)
    _complain(INTERRUPTED, "interrupted" if written else "interrupted; nothing was written")
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(INTERRUPTED)


def _complain(code: int, message: str) -> int:
    """Say on stderr what is wrong, one problem a line."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")  # the progress bar may stand there
        for line in message.splitlines():
            sys.stderr.write(f"balloon: {line}\n")
        sys.stderr.flush()
    return code


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show a warning as one sentence, and the same one once only."""
    said: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if str(message) not in said:
            said.add(str(message))
            _complain(DONE, f"warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


# ---- the commands -------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="balloon",
        description="Where criminal communication goes when a platform starts to answer the police.",
    )
    parser.add_argument("--version", action="version", version=f"balloon {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    presets = commands.add_parser("presets", help="list the scenarios that ship with balloon")
    presets.set_defaults(command=_presets)
    show = commands.add_parser("show", help="show a scenario: dates, interventions, every number's source")
    show.add_argument("scenario", metavar="SCENARIO", help="a preset, or a TOML file")
    show.set_defaults(command=_show)
    schema = commands.add_parser("schema", help="print the JSON Schema of a scenario file")
    schema.set_defaults(command=_schema)
    replay = commands.add_parser("replay", help="repeat a saved run and compare it to the bit")
    replay.add_argument("file", metavar="FILE", help="a runs.nc")
    replay.set_defaults(command=_replay)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="run a scenario; write figure, table and data")
    run.add_argument("scenario", metavar="SCENARIO", help="a preset, or a TOML file")
    whole = _whole(1, 2**32 - 1)
    run.add_argument("--replicates", metavar="N", type=whole, default=100, help="runs (default: 100)")
    run.add_argument("--seed", metavar="S", type=_whole(0, 2**64 - 1), default=1, help="(default: 1)")
    run.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out"), help="folder for the files (default: out)"
    )
    run.add_argument(
        "--parameters",
        choices=("fixed", "ranges"),
        default="fixed",
        help="ranges: each run draws the uncertain parameters from their ranges (default: fixed)",
    )
    run.add_argument("--engine", choices=("arrays", "objects"), default="arrays", help="(default: arrays)")
    baseline = run.add_mutually_exclusive_group()
    baseline.add_argument(
        "--without",
        metavar="PLATFORM",
        help="dashed in the figure: the runs without the interventions on this platform "
        "(default: the one the scenario is about)",
    )
    baseline.add_argument("--no-baseline", action="store_true", help="draw no dashed lines; half the work")
    run.set_defaults(command=_run)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"is {text!r}; need a whole number from {least} to {most}")
        return number

    return whole


def _run(arguments: argparse.Namespace, stagings: list[Staging]) -> None:
    from balloon.files import load

    scenario = load(arguments.scenario)
    platform = arguments.without or scenario.squeezed
    baseline = None if arguments.no_baseline else scenario.without(platform)
    if baseline == scenario:
        baseline = None  # nothing to go without: the dashed lines would lie under the others
    staging = Staging(arguments.out, FILES)
    stagings.append(staging)
    staging.open()
    runs, others = _simulated(scenario, baseline, arguments)
    try:
        _write(runs, others, staging.folder)
        written = staging.publish()
    except (OSError, BalloonError) as error:
        raise _Failed(f"the run went well, but its files could not be written: {error}") from error
    _print(*_findings(runs, others, platform), "", "Written:", *(f"  {path}" for path in written))


def _simulated(
    scenario: Scenario, baseline: Scenario | None, arguments: argparse.Namespace
) -> tuple[Runs, Runs | None]:
    """The runs, and those of the baseline: the same seeds, and the same drawn parameters."""
    from balloon.simulate import simulate

    how: dict[str, Any] = {
        "replicates": arguments.replicates,
        "seed": arguments.seed,
        "engine": arguments.engine,
        "progress": sys.stderr.isatty(),
    }
    ranges = arguments.parameters == "ranges"
    runs = simulate(scenario, parameters="ranges" if ranges else None, **how)
    if baseline is None:
        return runs, None
    ranges = ranges and bool(baseline.ranges())  # there may be none but those of interventions
    return runs, simulate(baseline, parameters="ranges" if ranges else None, **how)


def _write(runs: Runs, baseline: Runs | None, folder: Path) -> None:
    from balloon.plots import migration, save_figure

    figure = migration(runs, baseline=baseline)
    for name in FILES[:2]:
        save_figure(figure, folder / name)
    runs.summary().to_csv(folder / FILES[2], index=False, float_format="%.6g", lineterminator="\n")
    runs.save(folder / FILES[3])


def _presets(_: argparse.Namespace, __: list[Staging]) -> None:
    import tomllib

    from balloon.presets import names, path

    # Read as plain TOML: to check every scenario would take as long as to run a small one.
    titles = {name: tomllib.loads(path(name).read_text("utf-8")).get("title", "") for name in names()}
    _print(*_columns([[name, title] for name, title in titles.items()]))


def _show(arguments: argparse.Namespace, _: list[Staging]) -> None:
    from balloon.files import load

    scenario = load(arguments.scenario)
    _print(
        *_wrapped(scenario.title or scenario.name),
        *_wrapped(scenario.note),
        "",
        f"name        {scenario.name}",
        f"dates       {scenario.start} to {scenario.end}, {scenario.steps} steps of {_days(scenario)}",
        *_wrapped(", ".join(scenario.platforms), head="platforms   "),
        *_wrapped(", ".join(group.name for group in scenario.groups), head="groups      "),
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

    _print(json.dumps(schema(), indent=2, ensure_ascii=False))


def _replay(arguments: argparse.Namespace, _: list[Staging]) -> None:
    from balloon.replay import replay

    result = replay(arguments.file, progress=sys.stderr.isatty())
    for other in result.versions:
        _complain(DONE, f"warning: {other}")
    if not result.identical:
        raise _Failed(f"{arguments.file}: the run made now differs in {', '.join(result.differs)}")
    _print(f"{arguments.file}: identical, {_which(result.runs)}")


# ---- what they print ----------------------------------------------------------------------


def _print(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def _findings(runs: Runs, baseline: Runs | None, platform: str) -> list[str]:
    """Where the actors of the squeezed platform are at the end."""
    scenario = runs.scenario
    squeezed = scenario.squeezed
    lines = [*_wrapped(scenario.title or scenario.name), *_wrapped(f"{scenario.name}: {_which(runs)}"), ""]
    if not runs.data.joint.isel(time=-1).sel(origin=squeezed).any():
        return [*lines, f"Nobody was at home on {squeezed} on {scenario.reference}."]
    lines += _wrapped(
        f"Where the actors at home on {squeezed} on {scenario.reference} are on {scenario.end} "
        "(% of them; medians need not add up to 100):"
    )
    table, one = runs.destinations(squeezed), runs.provenance.replicates == 1
    head = ["", "one run" if one else "median", *([] if one else ["90 % range"])]
    rows = [
        [row.place, _percent(row.q50), *([] if one else [f"{_percent(row.q05)} to {_percent(row.q95)}"])]
        for row in table.itertuples()
    ]
    if baseline is not None:
        head.append("without *")
        for row, usual in zip(rows, baseline.destinations(squeezed)["q50"], strict=True):
            row.append(_percent(usual))
    lines += [f"  {line}" for line in _columns([head, *rows], right=(1, 2, 3))]
    if baseline is not None:
        lines.append(f"* the same luck without the interventions on {platform}: the dashed lines")
    return lines


def _which(runs: Runs) -> str:
    """How many runs of what."""
    origin, scenario = runs.provenance, runs.scenario
    number = "one run" if origin.replicates == 1 else f"{origin.replicates:,} runs"
    how = {
        "fixed": "parameters fixed: the spread is luck only",
        "ranges": "parameters drawn from their ranges: the spread is luck and what is not known",
    }.get(origin.parameters, "parameters given")
    return (
        f"{number} of {scenario.population.actors:,} actors, {scenario.steps} steps of {_days(scenario)}, "
        f"seed {origin.seed}, engine {origin.engine}, {how}"
    )


def _days(scenario: Scenario) -> str:
    return f"{scenario.step_days:g} day" + ("s" if scenario.step_days != 1 else "")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


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
        yield from _wrapped(said, head=f"  {number}  ")


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
            yield from (f"  {line}" for line in _columns(rows, room=WIDTH - 2))


def _columns(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), room: int | None = None
) -> list[str]:
    """Rows with their cells under each other; the last cell goes on below where it is long."""
    widths = [max(_cells(row[c]) for row in rows) for c in range(len(rows[0]) - 1)]
    lines: list[str] = []
    for row in rows:
        cells = [_pad(row[c], width, right=c in right) for c, width in enumerate(widths)]
        head = "".join(f"{cell}  " for cell in cells)
        if len(row) - 1 in right:
            lines.append(head + _pad(row[-1], max(_cells(one[-1]) for one in rows), right=True))
        else:
            lines += _wrapped(row[-1], head=head, room=room) or [head.rstrip()]
    return lines


def _wrapped(text: str, *, head: str = "", room: int | None = None) -> list[str]:
    """The text in lines of the terminal's width, the first after ``head``, the others below it."""
    width = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else WIDTH
    below = " " * _cells(head)
    width = max(room or width, len(below) + 12)
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=below)


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes: Korean letters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - _cells(text))
    return space + text if right else text + space
