"""A few figures as pictures: what they look like changes on purpose only.

Drawn from numbers that stand here, without letters (these depend on the fonts of the machine), and compared
with a stored picture. A picture that is missing is recorded, and the test fails once, so that someone looks.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from figures import changed, crowd
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import balloon as bl
from balloon.plots import arrest_curves, bifurcation_curves, landscape_map, migration_curves, style
from balloon.restpoints import Tipping

IMAGES = Path(__file__).parent / "images"
OFF, MEAN = 48, 0.5
"""Of 255: a pixel is off by more than the first; the mean of all may be off by the second."""
SHARE = 0.002
"""Of the pixels that may be off: edges are drawn a little differently by other versions."""


def made_up() -> bl.Runs:
    """Nine runs of 1,000 actors whose numbers follow from formulae."""
    scenario = crowd(4, quiet=True).with_(
        {
            "population.actors": 1000,
            "interventions": (bl.Takedown(platform="Platform D", start=date(2024, 9, 2)),),
        }
    )
    runs = bl.simulate(scenario, replicates=9, seed=1)
    data = {
        name: np.zeros(runs.data[name].shape) for name in ("actors", "moves", "arrests", "actors_by_group")
    }
    for r in range(9):
        gone = (20 + 4 * r) * np.maximum(np.arange(21) - 8, 0)
        data["actors"][r, :, 0] = 700 - gone
        data["actors"][r, :, 1] = 200 + gone // 2
        data["actors"][r, :, 2] = 100 + gone - gone // 2
        data["moves"][r, 9:, 0, 1] = 12
        data["moves"][r, 9:, 0, 2] = 6
        data["moves"][r, 9:, 2, 1] = 2
        data["arrests"][r, 9:, 0] = 1 + r // 3
    data["actors_by_group"][:, 0, :, 0] = 500
    cooperation = np.broadcast_to([0.9, 0.4, 0.0, 0.1], runs.data["cooperation"].shape)
    return changed(runs, **data, cooperation=cooperation)


def tipped() -> Tipping:
    values = np.linspace(0, 1, 11)
    rows = [
        {"value": v, "branch": b, "stable": True, "radius": 0.9, "Platform A": a, "Platform B": 1 - a,
         "dormant": 0.0, "removed": 0.0}
        for b, tip in (("up", 0.75), ("down", 0.25))
        for v, a in zip(values, np.where(values < tip, 0.9 - 0.2 * values, 0.2 - 0.1 * values), strict=True)
    ]  # fmt: skip
    return Tipping(
        parameter="platforms.Platform A.undercover",
        branches=pd.DataFrame(rows),
        critical=0.75,
        back=0.25,
        reversible=True,
        scenario=crowd(2),
    )


def pixels(draw: Callable[..., object], *, size: tuple[float, float]) -> np.ndarray:
    """The figure without its letters, as grey levels (height, width)."""
    with style.look():
        figure = Figure(figsize=size, dpi=60)
        draw(ax=figure.add_axes((0.05, 0.1, 0.7, 0.7)))
        figure.draw_without_rendering()  # numbers of the axes are written then
        for text in figure.findobj(Text):
            text.set_visible(text.get_visible() and not text.get_text())
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=60)
    return np.asarray(Image.open(buffer).convert("RGB"), dtype=float)


CASES = {
    "migration": (lambda ax: migration_curves(made_up(), ax=ax), (9, 5)),
    "landscape": (lambda ax: landscape_map(made_up(), ax=ax), (16, 7)),
    "arrests": (lambda ax: arrest_curves(made_up(), ax=ax), (9, 5)),
    "bifurcation": (lambda ax: bifurcation_curves(tipped(), ax=ax), (8, 5)),
}


@pytest.fixture(autouse=True)
def _one_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that comes with matplotlib: text is measured even where it is not drawn."""
    monkeypatch.setattr("balloon.plots.style.families", lambda: ["DejaVu Sans"])


def unlike(found: np.ndarray, stored: np.ndarray) -> tuple[float, float]:
    """Share of the pixels that are off, and how far the mean of all is off."""
    gap = np.abs(found - stored)
    return float((gap.max(axis=2) > OFF).mean()), float(gap.mean())


@pytest.mark.parametrize("case", CASES)
def test_a_figure_looks_as_it_did(case: str) -> None:
    draw, size = CASES[case]
    found, path = pixels(draw, size=size), IMAGES / f"{case}.png"
    version = ".".join(mpl.__version__.split(".")[:2])
    if not path.exists():
        picture = Image.fromarray(found.astype(np.uint8))
        from PIL.PngImagePlugin import PngInfo

        words = PngInfo()
        words.add_text("Software", f"matplotlib {version}")
        picture.save(path, optimize=True, pnginfo=words)
        pytest.fail(f"{path.name} was missing and has been recorded: look at it, then run again")
    with Image.open(path) as image:
        stored, by = np.asarray(image.convert("RGB"), dtype=float), image.text["Software"]
    if by != f"matplotlib {version}":
        pytest.skip(
            f"{path.name} was drawn by {by}, here is {version}: other versions may set ticks elsewhere"
        )
    assert found.shape == stored.shape
    off, mean = unlike(found, stored)
    assert off <= SHARE
    assert mean <= MEAN


def test_the_same_figure_twice_has_the_same_pixels() -> None:
    draw, size = CASES["landscape"]
    assert np.array_equal(pixels(draw, size=size), pixels(draw, size=size))


def test_a_line_elsewhere_would_be_seen() -> None:
    """The tolerance lets edges pass, not a curve that moved by two points of the actors."""
    draw, size = CASES["migration"]
    other = made_up()
    actors = other.data["actors"].values.copy()
    actors[:, :, 0] += 20
    moved = pixels(lambda ax: migration_curves(changed(other, actors=actors), ax=ax), size=size)
    off, mean = unlike(moved, pixels(draw, size=size))
    assert off > SHARE
    assert mean > MEAN
