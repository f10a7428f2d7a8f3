"""balloon copy: a scenario of one's own, from one that is there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balloon.cli.terminal import A_SCENARIO, say, wrapped
from balloon.errors import DataError

if TYPE_CHECKING:
    from balloon._staging import Staging
    from balloon.scenario import Scenario


def add(commands: Any) -> None:
    """Declare the command."""
    copy = commands.add_parser(
        "copy",
        help="copy a scenario to a file of your own",
        description="Copy a scenario to a TOML file of your own, to be edited and run. The copy bears the "
        "name of the file.",
        epilog="Example: balloon copy telegram-korea-2024 mine.toml",
    )
    copy.add_argument("scenario", metavar="SCENARIO", help=A_SCENARIO)
    copy.add_argument("file", metavar="FILE", type=Path, help="the new file, such as mine.toml")
    copy.add_argument(
        "--set",
        metavar="PATH=VALUE",
        dest="changes",
        action="append",
        default=[],
        help="another number, such as behaviour.switching_cost=3; 'balloon show' lists the paths; may be "
        "given several times. A number that is set loses its range and source: they spoke of the old one",
    )
    copy.set_defaults(command=command)


def command(arguments: argparse.Namespace, _: list[Staging]) -> None:
    """Load the scenario, change it, write it under its new name, and say what to do with it."""
    from balloon.files import load, save

    file: Path = arguments.file
    if file.suffix.lower() != ".toml":
        raise DataError(f"{file}: a scenario is written as .toml; choose such a name")
    if file.exists():
        raise DataError(f"{file}: is there already, and may hold work of yours; choose another name")
    scenario, changes = load(arguments.scenario), wished(arguments.changes)
    for path in changes:
        _check(scenario, path)
    save(scenario.with_({**changes, "name": file.stem}), file)
    kept = [noun for noun in ("title", "note") if getattr(scenario, noun)]
    said = f"Its {' and '.join(kept)} still tell{'s' * (len(kept) == 1)} of {scenario.name}: edit them."
    say("Written:", f"  {file}", *(wrapped(said) if kept else ()), f"Run it: balloon run {file}")


def wished(texts: list[str]) -> dict[str, int | float]:
    """Path -> number.

    Raises
    ------
    DataError
        A path twice, a path that leads to no number of its own, a value that is no number.

    Examples
    --------
    >>> wished(["behaviour.switching_cost=3.5", "population.actors=500"])
    {'behaviour.switching_cost': 3.5, 'population.actors': 500}
    """
    changes: dict[str, int | float] = {}
    for text in texts:
        path, _, value = text.partition("=")
        if "." not in path:
            raise DataError(
                f"--set {text}: {path!r} is no path, such as behaviour.switching_cost; edit the file"
            )
        if path in changes:
            raise DataError(f"--set {path}: is given twice; give it once")
        changes[path] = _number(text, path, value)
    return changes


def _check(scenario: Scenario, path: str) -> None:
    """Refuse what is there but is no number, such as a date or a table."""
    from balloon._values import kinds
    from balloon.scenario import find

    noun, name = find(scenario, path)
    field, _, key = name.partition(".")
    own = getattr(noun, field)
    if key:
        own = own.get(key, 0.0)
    optional = own is None and kinds(noun.__class__)[field] in (int, float)
    if not optional and (isinstance(own, bool) or not isinstance(own, int | float)):
        raise DataError(f"--set {path}: is no number in {scenario.name!r}; edit the file")


def _number(text: str, path: str, value: str) -> int | float:
    """A whole number where it is one: actors and slots are counted."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    raise DataError(f"--set {text}: {value!r} is no number; write {path}=1.5")
