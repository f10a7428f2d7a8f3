"""The server: one page, one session for each visit, on this machine alone unless told otherwise."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from balloon.errors import DataError
from balloon.serve.door import panel

if TYPE_CHECKING:
    from balloon.serve.live import Workshop

LOOPBACK, PORT = "127.0.0.1", 5006
TITLE = "balloon: where do actors go?"


def open_server(
    text: str,
    workshop: Workshop,
    *,
    address: str = LOOPBACK,
    port: int = PORT,
    names: Sequence[str] = (),
) -> Any:
    """Bind the port; nothing is answered before ``.start()`` and its loop run.

    Parameters
    ----------
    text : str
        Of the scenario that a visit begins with.
    workshop : Workshop
    address : str
        Of this machine, IPv4 or a name.
    port : int
        0: one that is free.
    names : sequence of str
        Further names by which browsers reach this machine; a page that came by another name can do
        nothing, since its websocket is refused.

    Returns
    -------
    panel.io.server.Server
        With ``.port`` and ``.io_loop``.

    Raises
    ------
    DataError
        Panel is not there; a port in use, an address of another machine.
    """
    library = panel()
    from balloon.serve.page import visit

    if ":" in address:
        raise DataError(f"address {address!r}: IPv6 is not served; give an IPv4 address or a name")
    try:
        port = port or free_port(address)
        allowed = origins(address, port, names)
        return library.io.server.get_server(
            {"/": lambda: visit(library, workshop, text, allowed)},
            port=port,
            address=address,
            websocket_origin=allowed,
            title=TITLE,
        )
    except OSError as error:
        raise DataError(refusal(error, address, port)) from error


def origins(address: str, port: int, names: Sequence[str] = ()) -> list[str]:
    """From which pages a session may be opened: those of this server, by the names it is known by.

    Examples
    --------
    >>> origins("127.0.0.1", 5006)
    ['127.0.0.1:5006', 'localhost:5006']
    """
    own = ["localhost"] if is_loopback(address) else [socket.gethostname()]
    every = (*([] if address == ANY else [address]), *own, *names)
    return [f"{name}:{port}" for name in dict.fromkeys(every)]


ANY = "0.0.0.0"  # noqa: S104 - compared with, never a default


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    return address == "localhost" or address.startswith("127.")


def free_port(address: str) -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind((address, 0))
        return int(one.getsockname()[1])


def refusal(error: OSError, address: str, port: int) -> str:
    """Why there is no server, and the way out."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {address} is in use, perhaps by another balloon serve; choose another by "
            "--port, or --port 0 for any that is free"
        )
    if error.errno == errno.EACCES:
        return f"port {port}: this user may not open it; choose one from 1024 on by --port"
    return (
        f"address {address!r}: is none of this machine ({error.strerror or error}); give one of its own, or "
        f"leave --address out for {LOOPBACK}"
    )
