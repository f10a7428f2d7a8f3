"""What all commands need of a terminal: lines, tables, complaints, and the numbers they may be given."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from balloon._kept import is_kept, is_writable
from balloon._machine import cores
from balloon._tables import WIDTH, columns_of

if TYPE_CHECKING:
    from balloon.runs import Runs
    from balloon.scenario import Scenario

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""


A_SCENARIO = "name of a preset ('balloon presets' lists them), or a TOML file"
THE_SEED = "names the luck: the same seed gives the same numbers"
"""Help that several commands share."""


class CommandError(Exception):
    """The run failed, though the input was good; never seen outside."""


def say(*lines: str) -> None:
    """Print lines on stdout."""
    print(*lines, sep="\n", flush=True)


def complain(code: int, message: str) -> int:
    """Say on stderr what is wrong, one problem a line."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")  # the progress bar may stand there
        for line in message.splitlines():
            sys.stderr.write(f"balloon: {line}\n")
        sys.stderr.flush()
    return code


def load_ahead(*modules: str) -> None:
    """Import what will be needed later in another thread: compiled code leaves the interpreter free."""

    def load() -> None:
        with contextlib.suppress(ImportError):  # raised again where it is needed
            for module in modules:
                import_module(module)

    threading.Thread(target=load, daemon=True, name="balloon-load").start()


COMPILE = """
import gc, os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
from balloon.engines.arrays import compile_step
from balloon.files import load
compile_step(load("minimal"))
gc.freeze()  # at the end nothing is searched for cycles
"""
"""Ends with the process that it is compiled for, however that ends: its standard input is closed then."""


def compile_ahead() -> None:
    """Compile the step in a second process where it is not kept yet: most of what a first run waits for.

    This one compiles some of its parts, and then all else; where it comes to the step, it waits for the
    other (`balloon._kept.alone`).
    """
    # In any case, and before what is imported beside the runs: they begin the sooner.
    from balloon.engines.arrays import compile_parts
    from balloon.files import load

    idle = cores() > 1 and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
    if not idle or not is_writable() or is_kept("balloon.engines.passes.advance"):
        return
    # In a thread that waits for its end, and does not keep this process from its own.
    threading.Thread(target=_compile_beside, daemon=True, name="balloon-compile").start()
    compile_parts(load("minimal"))


def _compile_beside() -> None:
    command = [sys.executable, "-P", "-c", COMPILE]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    # What it starts is Python, with a text that stands here.
    with subprocess.Popen(command, stdin=pipe, stdout=nothing, stderr=nothing) as child:  # noqa: S603
        child.wait()


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse: whole numbers of a range."""

    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"is {text!r}; need a whole number from {least} to {most}")
        return number

    return whole


def which(runs: Runs) -> str:
    """How many runs of what."""
    origin, scenario = runs.provenance, runs.scenario
    one = "expected numbers" if origin.engine == "meanfield" else "one run"
    number = one if origin.replicates == 1 else f"{origin.replicates:,} runs"
    if failed := len(runs.failures):
        number = f"{origin.replicates - failed:,} of {number} ({failed:,} failed)"
    luck = origin.engine != "meanfield"
    how = {
        "fixed": "parameters fixed" + (": the spread is luck only" if luck else ", no luck"),
        "ranges": "parameters drawn from their ranges: the spread is "
        + ("luck and what is not known" if luck else "what is not known"),
    }.get(origin.parameters, "parameters given")
    return (
        f"{number} of {scenario.population.actors:,} actors, {scenario.steps} steps of {days(scenario)}, "
        f"seed {origin.seed}, engine {origin.engine}, {how}"
    )


def days(scenario: Scenario) -> str:
    """Length of a step in words."""
    return f"{scenario.step_days:g} day" + ("s" if scenario.step_days != 1 else "")


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f}"


def columns(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), room: int | None = None
) -> list[str]:
    """Rows with their cells under each other; the last cell goes on below where it is long."""
    widths = [max(columns_of(row[c]) for row in rows) for c in range(len(rows[0]) - 1)]
    lines: list[str] = []
    for row in rows:
        cells = [_pad(row[c], width, right=c in right) for c, width in enumerate(widths)]
        head = "".join(f"{cell}  " for cell in cells)
        if len(row) - 1 in right:
            lines.append(head + _pad(row[-1], max(columns_of(one[-1]) for one in rows), right=True))
        else:
            lines += wrapped(row[-1], head=head, room=room) or [head.rstrip()]
    return lines


def wrapped(text: str, *, head: str = "", room: int | None = None) -> list[str]:
    """The text in lines of the terminal's width, the first after ``head``, the others below it."""
    width = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else WIDTH
    below = " " * columns_of(head)
    width = max(room or width, len(below) + 12)
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=below)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - columns_of(text))
    return space + text if right else text + space
