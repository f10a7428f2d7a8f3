"""serve: a page on this machine that edits scenarios, runs and compares them; Panel stays behind one door."""

from balloon.serve.bounds import check_size, read
from balloon.serve.live import Live, Workshop
from balloon.serve.outcome import Outcome
from balloon.serve.server import LOOPBACK, PORT, is_loopback, open_server
from balloon.serve.wish import Wish

__all__ = [
    "LOOPBACK",
    "PORT",
    "Live",
    "Outcome",
    "Wish",
    "Workshop",
    "check_size",
    "is_loopback",
    "open_server",
    "read",
]
