"""Where compiled code is kept on disk, under a name that no edited rule has.

Numba's own on-disk cache looks at the file of the cached function alone: a rule edited in another
file would go on running in its old form. Here the name of the folder is a hash of the text of
all compiled modules, so any edit leads to an empty one.

Nothing here loads numba: whether something is kept is asked before that.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

if sys.platform != "win32":
    import fcntl

COMPILED = (
    "_kept.py",
    "_jit.py",
    "_compiler.py",
    "_bundle.py",
    "draws.py",
    "ties.py",
    "recruit.py",
    "behaviour/inputs.py",
    "behaviour/rules.py",
    "behaviour/decide.py",
    "engines/faults.py",
    "engines/stage.py",
    "engines/columns.py",
    "engines/tally.py",
    "engines/stayers.py",
    "engines/choice.py",
    "engines/passes.py",
    "engines/coupling.py",
)
"""Every module whose functions are compiled; a test holds the list complete."""


@lru_cache(maxsize=1)
def source_stamp() -> str:
    """Hash of the text of all compiled modules and of the compiler's version."""
    here = Path(__file__).parent
    digest = hashlib.sha256(f"{version('numba')} {sys.version}".encode())
    for name in COMPILED:
        digest.update((here / name).read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled code is kept: BALLOON_CACHE_DIR, else the user's cache folder.

    Raises
    ------
    RuntimeError
        None is named and the user has no home.
    """
    chosen, users = os.environ.get("BALLOON_CACHE_DIR"), Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not chosen and not users.is_absolute():  # the XDG specification: such a one is to be ignored
        users = Path.home() / ".cache"
    return (Path(chosen) if chosen else users / "balloon") / source_stamp()[:16]


def is_kept(function: str) -> bool:
    """Whether code of a function, named by module and name, is there."""
    return (cache_folder() / f"{function}.nbi").is_file()


@lru_cache(maxsize=1)
def is_writable() -> bool:
    """Whether code can be kept at all."""
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return False
    return os.access(folder, os.W_OK)


@contextlib.contextmanager
def alone(function: str) -> Iterator[None]:
    """One process at a time compiles a function; the others wait, and then find it kept.

    The lock goes with the process that holds it. Where there are none, processes do the same work twice.
    """
    if sys.platform == "win32" or not is_writable():
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # some file systems know no locks
            lock = stack.enter_context((cache_folder() / f"{function}.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
