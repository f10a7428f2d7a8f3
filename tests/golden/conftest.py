"""``pytest tests/golden --record-golden`` writes the golden files anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-golden", action="store_true", help="write the golden files anew from what comes out now"
    )


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written, not read."""
    return bool(request.config.getoption("--record-golden", default=False))
