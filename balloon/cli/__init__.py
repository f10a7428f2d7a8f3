"""The command line: prints here and nowhere else.

The work is done in a second thread, so that this one can answer Ctrl-C at once, whatever compiled
code the work is in. Heavy libraries are imported when a command needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from balloon._staging import Staging
from balloon._version import __version__
from balloon.cli import brief, contrast, copying, explore, fit, run, serve, show
from balloon.cli.terminal import BAD_INPUT, DONE, FAILED, INTERRUPTED, CommandError, complain
from balloon.errors import BalloonError, RunError


def program() -> int:
    """Be the program ``balloon``: run the command that was typed, and leave."""
    code = main()
    # Nothing is left to be tidied: Python's last search for cycles, in all that was imported, takes .4 s.
    gc.freeze()
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 run failed, 2 bad input, 130 or 143 interrupted."""
    arguments = _parser().parse_args(argv)
    stagings: list[Staging] = []
    with contextlib.suppress(AttributeError, ValueError):  # a stream that is not a terminal's
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with _plain_warnings(), _rarely_collected(), _short_turns():
        try:
            _in_a_thread(lambda: arguments.command(arguments, stagings))
            sys.stdout.flush()
        except KeyboardInterrupt as stop:
            code = 128 + stop.args[0] if stop.args else INTERRUPTED
            _interrupted(stagings, _farewell(stagings, arguments), code)
        except BrokenPipeError:  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (RunError, CommandError) as error:
            return complain(FAILED, str(error))
        except BalloonError as error:
            return complain(BAD_INPUT, str(error))
        except MemoryError:
            return complain(FAILED, "the run failed: not enough memory; fewer actors, or steps, need less")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the user gets a sentence
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"the run failed: {type(error).__name__}: {error}"
            return complain(FAILED, f"{said} ({Path(where.filename).name}, line {where.lineno})")
        finally:
            for staging in stagings:
                staging.drop()
    return DONE


@contextlib.contextmanager
def _rarely_collected() -> Iterator[None]:
    """Search for cycles less often: a tenth of a run went into looking at what was imported and stays."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextlib.contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads that wait for the interpreter have it after a tenth of a millisecond, not five.

    A replicate comes back from compiled code ten times. Beside a thread that imports or writes it would
    take ten times as long.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="balloon",
        description="Where criminal communication goes when a platform starts to answer the police: "
        "a simulation of synthetic actors.",
        epilog="First: balloon run telegram-korea-2024. Help on a command: balloon run --help",
    )
    parser.add_argument("--version", action="version", version=f"balloon {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (run, contrast, copying, fit, explore, brief, serve, show):
        module.add(commands)
    return parser


def commands() -> dict[str, argparse.ArgumentParser]:
    """Every command by what is typed, the program itself first; for the reference.

    Examples
    --------
    >>> list(commands())[:2]
    ['balloon', 'balloon run']
    """
    parser = _parser()
    (below,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    return {parser.prog: parser, **{one.prog: one for one in below.choices.values()}}


def _in_a_thread(work: Callable[[], None]) -> None:
    """Do the work in another thread; an interruption ends the waiting, not the work."""
    problems: list[BaseException] = []
    done = threading.Event()

    def do() -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - handed to the thread that waits
            problems.append(problem)
        finally:
            done.set()

    threading.Thread(target=do, daemon=True, name="balloon-command").start()
    with _noted_interruptions() as noted:
        while not done.wait(0.1):  # in short steps: on Windows a wait without end cannot be interrupted
            if noted:
                raise KeyboardInterrupt(noted[0])
    if problems:
        raise problems[0]


@contextlib.contextmanager
def _noted_interruptions() -> Iterator[list[int]]:
    """Note Ctrl-C instead of raising it: an exception would be lost in a finalizer that runs just then.

    So is a polite end noted, such as `timeout` and schedulers ask for: files that wait are taken back.
    """
    noted: list[int] = []
    usual: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    ours = threading.current_thread() is threading.main_thread()
    # Not in another thread, nor for a caller who ignores them or answers them otherwise.
    answered = [kind for kind, handler in usual.items() if ours and signal.getsignal(kind) is handler]
    for kind in answered:
        signal.signal(kind, lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        for kind in answered:
            signal.signal(kind, usual[kind])


def _farewell(stagings: Sequence[Staging], arguments: argparse.Namespace) -> str:
    """What an interruption leaves behind."""
    if hasattr(arguments, "farewell"):
        return str(arguments.farewell)
    if any(staging.published for staging in stagings):
        return "interrupted"
    store = getattr(arguments, "store", None)
    kept = "nothing was written" if store is None else f"finished runs are kept in {store}"
    return f"interrupted; {kept}"


def _interrupted(stagings: Sequence[Staging], farewell: str, code: int) -> None:
    """Clean up and leave at once: a thread inside a compiled loop cannot be asked to stop."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
    for staging in stagings:
        staging.drop()
    complain(code, farewell)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code)


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show a warning as one sentence, and the same one once only."""
    said: set[str] = set()

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        if str(message) not in said:
            said.add(str(message))
            complain(DONE, f"warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
