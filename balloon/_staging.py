"""Several files that appear in a folder together, or not at all."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from balloon.errors import DataError


class Staging:
    """A hidden folder inside the target, where files wait until all of them are whole.

    `drop` may be called from another thread at any time, also while a file is being written: then
    nothing new is left in the target, nor are folders that were made for it.
    """

    def __init__(self, target: Path, names: Sequence[str]) -> None:
        self.target = target
        self.names = tuple(names)
        self.folder = target / f".balloon-{secrets.token_hex(6)}"
        self.published = False
        self._dropped = False
        self._made: list[Path] = []
        # Held only while folders are made and files change place, never while one is written.
        self._busy = threading.Lock()

    def open(self) -> None:
        """Make the folders; so a target that cannot be written to is known before the work.

        Raises
        ------
        DataError
            The target cannot be written to, or a folder stands where a file shall be.
        """
        with self._busy:
            if self._dropped:
                return
            try:
                for folder in self._missing():
                    folder.mkdir()
                    self._made.append(folder)
                self.folder.mkdir()
            except OSError as error:
                self._clear()
                said = error.strerror or str(error)
                raise DataError(
                    f"{self.target}: cannot be written to ({said}); choose another folder"
                ) from error
            for name in self.names:
                if (self.target / name).is_dir():
                    self._clear()
                    raise DataError(
                        f"{self.target / name}: is a folder, and a file shall be written there; "
                        "choose another folder"
                    )

    def publish(self) -> list[Path]:
        """Put every file in its place."""
        with self._busy:
            if not self._dropped:
                for name in self.names:
                    (self.folder / name).replace(self.target / name)
                self.folder.rmdir()
                self.published = True
        return [self.target / name for name in self.names]

    def drop(self) -> None:
        """Take back whatever is not published."""
        held = self._busy.acquire(timeout=0.3)
        try:
            self._dropped = True
            if not self.published:
                self._clear()
        finally:
            if held:
                self._busy.release()

    def _missing(self) -> list[Path]:
        """The folders of the target that are not there yet, outermost first."""
        return [folder for folder in (*reversed(self.target.parents), self.target) if not folder.exists()]

    def _clear(self) -> None:
        """Remove what was made; try again while another thread still writes into it."""
        until = time.monotonic() + 0.3
        while self.folder.exists() and time.monotonic() < until:
            shutil.rmtree(self.folder, ignore_errors=True)
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:  # somebody else put something there meanwhile
                break
