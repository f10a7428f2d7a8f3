"""balloon serve: a page on this machine, to edit scenarios, run and compare them."""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

from balloon.cli.terminal import DONE, complain, say, whole_number, wrapped
from balloon.errors import BalloonWarning, DataError

if TYPE_CHECKING:
    from balloon._staging import Staging

# Those of balloon.serve, which imports too much to be asked before it is needed.
LOOPBACK, PORT = "127.0.0.1", 5006


def add(commands: Any) -> None:
    """Declare the command."""
    serve = commands.add_parser(
        "serve",
        help="open a page on this machine: edit scenarios, run, compare",
        description="Serve a page to the browsers of this machine: edit one or two scenarios, run them, "
        "compare them side by side, download figures, data and scenarios. It runs until Ctrl-C, and needs "
        "the extra dash.",
        epilog="Example: balloon serve minimal --port 5006",
    )
    serve.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default="telegram-korea-2024",
        help="a preset, or a TOML file, that the page begins with (default: telegram-korea-2024)",
    )
    serve.add_argument(
        "--port",
        metavar="N",
        type=whole_number(0, 2**16 - 1),
        default=PORT,
        help=f"0: any that is free (default: {PORT})",
    )
    serve.add_argument(
        "--address",
        metavar="ADDRESS",
        default=LOOPBACK,
        help="where others may reach the page, without a password: an IPv4 address of this machine, or "
        f"0.0.0.0 for all of them (default: {LOOPBACK}, nobody else)",
    )
    serve.add_argument(
        "--name",
        metavar="HOST",
        action="append",
        default=[],
        help="with --address: a name by which browsers of others reach this machine; may be given several "
        "times",
    )
    serve.set_defaults(command=command, farewell="stopped; what ran on the page is gone")


def command(arguments: argparse.Namespace, _: list[Staging]) -> None:
    """Serve until interrupted."""
    from balloon.files import from_toml, toml_of
    from balloon.serve.door import panel

    panel()  # to be refused before anything else
    from balloon.serve import Workshop, is_loopback, open_server

    text = toml_of(arguments.scenario)
    from_toml(text, f"{arguments.scenario}: ")
    if arguments.name and is_loopback(arguments.address):
        raise DataError(
            f"--name {arguments.name[0]}: others do not reach {arguments.address}; give --address as well, "
            "or leave --name out"
        )
    warnings.simplefilter("ignore", BalloonWarning)  # the page says them, beside what they are about
    server = open_server(
        text, Workshop(), address=arguments.address, port=arguments.port, names=arguments.name
    )
    server.start()
    if not is_loopback(arguments.address):
        complain(
            DONE,
            f"warning: everybody who reaches {arguments.address} can open the page: there is no password and "
            "no encryption. They can run scenarios on this machine; they see neither its files nor the runs "
            f"of others. To let in those who have an account here, leave --address out and let them type:\n"
            f"  ssh -L {server.port}:{LOOPBACK}:{server.port} THIS_MACHINE",
        )
    say(*wrapped(f"The page is at http://{arguments.address}:{server.port}/ until Ctrl-C."))
    server.io_loop.start()
