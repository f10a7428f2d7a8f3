"""What two engines must agree on: every count, every belief, every actor, to the last bit."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from balloon.scenario import Scenario

ROOT = Path(__file__).parents[2]


def in_plain_python(program: str) -> Any:
    """What a program writes as JSON where nothing is compiled."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def differences(one: Any, other: Any) -> list[str]:
    """Where two states after the same number of steps differ, in words."""
    found = []
    for part in ("series", "actors"):
        left, right = getattr(one, part), getattr(other, part)
        for name in left._fields:
            a, b = getattr(left, name), getattr(right, name)
            if a.dtype != b.dtype or a.shape != b.shape:
                found.append(f"{part}.{name}: {a.dtype}{a.shape} against {b.dtype}{b.shape}")
            elif a.tobytes() != b.tobytes():
                found.append(
                    f"{part}.{name}: first at {tuple((a != b).nonzero()[k][0] for k in range(a.ndim))}"
                )
    return found


def in_step(ones: Iterator[Any], others: Iterator[Any]) -> int:
    """Run two engines side by side; stop at the first step in which they differ."""
    steps = -1
    for one, other in zip(ones, others, strict=True):
        assert one.t == other.t == steps + 1
        assert not (found := differences(one, other)), f"after step {one.t}: {found}"
        steps = one.t
    return steps


def checksum(scenario: Scenario, *, engine: str, seed: int) -> str:
    """Fingerprint of the whole run of one replicate, in either engine."""
    from balloon.simulate import engine_states

    states = engine_states(scenario, seed=seed, replicate=0, engine=engine, actor=None)
    *_, last = states
    digest = hashlib.sha256()
    for part in (last.series, last.actors):
        for name in part._fields:
            digest.update(getattr(part, name).tobytes())
    return digest.hexdigest()
