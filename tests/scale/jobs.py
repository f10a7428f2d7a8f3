"""Jobs that count, sleep, fail or are killed: at module level, so that they can travel."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Square:
    """Leaves behind the square of the replicate's number plus x, and notes that it ran."""

    log: str = ""
    """Folder in which every run of a replicate leaves a file."""
    bad: tuple[int, ...] = ()
    """Numbers that raise."""
    lethal: int = -1
    """The number that, the first time, kills the process it runs in."""
    nap: float = 0.0
    """Seconds a replicate takes."""
    name: str = "square"
    own: tuple[Any, ...] = ()

    def key(self) -> str:
        return self.name

    def __call__(self, number: int, values: Mapping[str, float] | None) -> dict[str, NDArray[Any]]:
        if self.log:
            Path(self.log, f"{number}-{time.time_ns()}-{os.getpid()}").touch()
        time.sleep(self.nap)
        if number in self.bad:
            raise ArithmeticError(f"replicate {number} went wrong")
        if number == self.lethal and runs_of(self.log).count(number) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        x = 0.0 if values is None else values["x"]
        return {"square": np.array([number**2 + x]), "count": np.array([[1], [number]], np.int32)}


def runs_of(log: str | Path) -> list[int]:
    """The replicates that ran, one entry for every time, in ascending order."""
    return sorted(int(file.name.partition("-")[0]) for file in Path(log).iterdir())
