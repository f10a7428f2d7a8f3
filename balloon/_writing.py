"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from balloon.errors import DataError


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to, which takes the place of ``path`` only when all went well.

    After an error or an interruption the old file is still there and no half-written one is.

    Raises
    ------
    DataError
        The path cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic(Path(folder, "a.txt")) as temporary:
    ...         _ = temporary.write_text("done")
    ...     Path(folder, "a.txt").read_text()
    'done'
    """
    target = Path(os.path.realpath(path))
    # In the same folder, or the exchange would not be atomic; the ending tells some writers the format.
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(6)}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        said = error.strerror or str(error)
        raise DataError(f"{os.fspath(path)}: cannot be written ({said}); choose another path") from error
    finally:
        temporary.unlink(missing_ok=True)
