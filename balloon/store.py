"""Finished blocks of replicates in a folder, each under the hash of all that decides what is in it.

A block is one file, written whole or not at all: a line that names the format, the SHA-256 of the
rest, and the rest: NumPy arrays in a zip archive, read without pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import secrets
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balloon._fingerprint import fingerprint
from balloon._version import __version__
from balloon._writing import atomic
from balloon.errors import BalloonWarning, DataError

MAGIC = b"balloon block 1\n"
MARK = "store.json"
"""Says which version of the model wrote the folder."""
NAME = re.compile(r"(\d+)-(\d+)-([0-9a-f]{24})\.block")
MODEL = (
    "_bundle.py", "_compiler.py", "_jit.py", "_kept.py", "_values.py", "behaviour/", "contacts.py",
    "draws.py", "engines/", "evidence.py", "interventions.py", "landscape.py", "pairs.py", "population.py",
    "recruit.py", "scenario.py", "simulate.py", "ties.py", "timetable.py",
)  # fmt: skip
"""Modules that can change a number of a block; a test holds the list complete."""
ABANDONED = 86_400.0
"""Seconds after which a half-written file is one of a process that was killed."""


@lru_cache(maxsize=1)
def model_version() -> str:
    """Version of balloon and hash of the text of every module that can change a number.

    Examples
    --------
    >>> import balloon as bl
    >>> model_version().startswith(bl.__version__)
    True
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(here).as_posix(), file) for file in here.rglob("*.py")):
        if name.startswith(MODEL):
            digest.update(f"{name}\n".encode() + file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:16]}"


def digest_of(values: Mapping[str, float] | None) -> bytes:
    """Hash of the parameter values of a replicate; equal numbers, equal hash."""
    plain = None if values is None else sorted((path, float(value)) for path, value in values.items())
    return hashlib.sha256(json.dumps(plain).encode()).digest()


class _Content(NamedTuple):
    """What is in a file; n replicates."""

    digests: NDArray[np.uint8]
    """(n, 32) hashes of their parameter values."""
    columns: dict[str, NDArray[Any]]
    """(n, ...) each."""


class Store:
    """The blocks of one job in a folder.

    Several processes may use one folder at once. A block is looked up by replicate, so it does not
    matter in what lengths blocks were written.

    Parameters
    ----------
    folder : path
        Need not exist.
    key : str
        What decides the result, but the replicate, its values, own code and the model.
    own : tuple
        The user's functions that decide the result as well.

    Raises
    ------
    DataError
        The folder was written by another version of the model.
    EngineError
        Own code that a fingerprint does not cover.
    """

    def __init__(self, folder: str | os.PathLike[str], *, key: str, own: tuple[Any, ...] = ()) -> None:
        self.folder = Path(folder)
        said = json.dumps([model_version(), key, [fingerprint(one) for one in own]])
        self._address = hashlib.sha256(said.encode()).digest()
        self._blocks = self.folder / self._address.hex()[:24]
        self._refuse_other_models()

    def _refuse_other_models(self) -> None:
        mark = self.folder / MARK
        try:
            wrote = json.loads(mark.read_text("utf-8"))["model"]
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{mark}: cannot be read as the mark of a store ({error}); choose another folder"
            ) from error
        if wrote != model_version():
            raise DataError(
                f"{self.folder}: was written by version {wrote} of the model, this is {model_version()}; "
                "their numbers do not mix: choose another folder, or delete this one"
            )

    # ---- read ---------------------------------------------------------------------------

    def read(
        self, first: int, digests: Sequence[bytes]
    ) -> Iterator[tuple[list[int], list[dict[str, NDArray[Any]]]]]:
        """Yield replicates that are there, block by block, each once.

        Parameters
        ----------
        first : int
        digests : sequence
            Of the values of replicates first, first + 1, ... : `digest_of`.
        """
        stop, found = first + len(digests), set[int]()
        for path, begin, end, name in self._files():
            wanted = [n for n in range(max(begin, first), min(end, stop)) if n not in found]
            inside = first <= begin and end <= stop
            if not wanted or (inside and name != self._name(begin, digests[begin - first : end - first])):
                continue
            content = self._load(path, begin, end)
            if content is None:
                continue
            there = [n for n in wanted if content.digests[n - begin].tobytes() == digests[n - first]]
            found.update(there)
            yield there, [{k: a[n - begin] for k, a in content.columns.items()} for n in there]

    def _files(self) -> list[tuple[Path, int, int, str]]:
        """Path, first replicate, the one after the last, and the rest of the name."""
        try:
            names = [NAME.fullmatch(file.name) for file in sorted(self._blocks.iterdir())]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise DataError(f"{self.folder}: cannot be read ({error}); choose another folder") from error
        return [(self._blocks / m[0], int(m[1]), int(m[2]), m[3]) for m in names if m]

    def _load(self, path: Path, begin: int, end: int) -> _Content | None:
        """What is in a file; None, and a warning, if it is not what was once written."""
        try:
            content = self._parse(path.read_bytes(), begin, end)
        except FileNotFoundError:  # another process found it damaged
            return None
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error}); choose another folder") from error
        if content is None:
            content = self._set_aside(path, begin, end)
        if content is None:
            warnings.warn(
                f"{path}: is damaged, its checksum does not hold; its replicates are computed again",
                BalloonWarning,
                stacklevel=2,
            )
        return content

    def _parse(self, data: bytes, begin: int, end: int) -> _Content | None:
        start = len(MAGIC) + 65
        payload = data[start:]
        if data[:start] != MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n":
            return None
        with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
            columns = {name.partition("/")[2]: arrays[name] for name in arrays.files if "/" in name}
            address, digests = arrays["address"].tobytes(), arrays["digests"]
        # A file that was renamed by hand is whole, but of another job or other replicates.
        right = len(digests) == end - begin and address == self._address_of(
            begin, [d.tobytes() for d in digests]
        )
        return _Content(digests, columns) if right else None

    def _set_aside(self, path: Path, begin: int, end: int) -> _Content | None:
        """Remove a damaged file, unless another process has just put a good one in its place."""
        aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            path.rename(aside)
            content = self._parse(aside.read_bytes(), begin, end)
            if content is None:
                aside.unlink()
            else:
                aside.replace(path)
        except OSError:  # a store that can be read only: the file stays
            return None
        return content

    # ---- write --------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the folder, and refuse one that cannot be written to before any work is done.

        Raises
        ------
        DataError
            The folder cannot be written to.
        """
        try:
            self._blocks.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._blocks):
                pass
        except OSError as error:
            said = error.strerror or str(error)
            raise DataError(
                f"{self.folder}: not all replicates are in this store, and it cannot be written to ({said}); "
                "make it writable, or choose another folder"
            ) from error
        self._sweep()
        if not (self.folder / MARK).exists():
            with atomic(self.folder / MARK) as temporary:
                temporary.write_text(json.dumps({"model": model_version()}) + "\n", "utf-8")

    def _sweep(self) -> None:
        """Remove what processes that were killed left half-written."""
        for file in self._blocks.glob(".*"):
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > ABANDONED:
                    file.unlink()

    def write(
        self,
        numbers: Sequence[int],
        columns: Sequence[Mapping[str, NDArray[Any]]],
        digests: Sequence[bytes],
    ) -> None:
        """Keep replicates; those that follow each other in one file."""
        breaks = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
        for begin, end in zip([0, *breaks], [*breaks, len(numbers)], strict=True):
            if begin < end:
                self._write(numbers[begin], columns[begin:end], digests[begin:end])

    def _write(
        self, first: int, columns: Sequence[Mapping[str, NDArray[Any]]], digests: Sequence[bytes]
    ) -> None:
        path = self._blocks / f"{first:08d}-{first + len(digests):08d}-{self._name(first, digests)}.block"
        if path.exists():  # another process was faster, and has the same numbers
            return
        arrays = {f"columns/{name}": np.stack([one[name] for one in columns]) for name in columns[0]}
        arrays["address"] = np.frombuffer(self._address_of(first, digests), np.uint8)
        arrays["digests"] = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
        payload = _packed(arrays)
        with atomic(path) as temporary:
            temporary.write_bytes(MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)

    def _address_of(self, first: int, digests: Sequence[bytes]) -> bytes:
        """Hash of all that decides what is in a block."""
        return hashlib.sha256(self._address + first.to_bytes(8, "big") + b"".join(digests)).digest()

    def _name(self, first: int, digests: Sequence[bytes]) -> str:
        """The part of a file's name that stands for the job, the replicates and their values."""
        return self._address_of(first, digests).hex()[:24]


def _packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """What `numpy.savez` writes, but for the time of day: the same arrays, the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()
