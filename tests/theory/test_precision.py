"""How often the interval of a rule that adds pairs until it is narrow holds the mean that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from balloon.precision import LEAST, first_batch, half_width, next_batch, precision, unseen

Draw = Callable[[np.random.Generator, int], np.ndarray]
TRIALS = 2_000
THREE = 3 * np.sqrt(0.9 * 0.1 / TRIALS)
"""Three standard errors of a share of 0.9 of the trials: 2 points."""


@dataclass(frozen=True)
class World:
    """Differences of pairs whose mean is known, and the half-width that is wished for."""

    draw: Draw
    mean: float
    wish: float = 0.01


def spread(sd: float) -> World:
    return World(lambda rng, n: rng.normal(0.2, sd, n), 0.2)


def skewed(mean: float) -> World:
    return World(lambda rng, n: rng.exponential(mean, n), mean)


def rare(chance: float, size: float, wish: float = 0.01) -> World:
    """Most pairs differ by nothing, some by ``size``."""
    return World(lambda rng, n: size * (rng.random(n) < chance), chance * size, wish)


def held(world: World, *, first: int = 2, least: int = LEAST) -> tuple[float, int]:
    """Share of the trials whose last interval holds the mean, and the fewest pairs that any took."""
    wish = precision("loss", platform="A", half_width=world.wish)
    rng, inside, fewest = np.random.default_rng(1), 0, wish.max_replicates
    for _ in range(TRIALS):
        values = world.draw(rng, first_batch(first, wish.max_replicates) if least == LEAST else least)
        while not (wish.met_by(values) if least == LEAST else half_width(values) <= wish.half_width):
            more = next_batch(values.size, wish.max_replicates) - values.size
            values = np.concatenate([values, world.draw(rng, more)])
        inside += abs(values.mean() - world.mean) <= half_width(values)
        fewest = min(fewest, values.size)
    return inside / TRIALS, fewest


@pytest.mark.parametrize("world", [spread(0.02), spread(0.05), spread(0.1), rare(0.5, 0.2)])
def test_of_differences_spread_evenly_the_interval_holds_the_mean_in_nine_of_ten(world: World) -> None:
    # A point is asked for; by 1.645 sd / sqrt(n) that takes 11, 68, 271 and 271 pairs.
    share, fewest = held(world)
    assert abs(share - 0.9) < THREE
    assert fewest >= LEAST


@pytest.mark.parametrize(
    ("world", "share"),
    [
        (skewed(0.03), 0.88),
        (skewed(0.05), 0.83),
        (skewed(0.1), 0.88),
        (rare(0.1, 0.3), 0.85),
        (rare(0.05, 0.3), 0.80),
        (rare(0.02, 0.5), 0.90),
        (rare(0.01, 0.01, wish=0.0005), 0.93),
    ],
)
def test_where_few_pairs_bear_the_effect_it_holds_the_mean_less_often(world: World, share: float) -> None:
    # As measured, and said in the documentation; three standard errors to either side.
    assert held(world)[0] == pytest.approx(share, abs=3 * np.sqrt(share * (1 - share) / TRIALS))


@pytest.mark.parametrize(("world", "share"), [(spread(0.02), 0.80), (skewed(0.03), 0.68)])
def test_if_two_pairs_were_enough_the_interval_would_hold_the_mean_less_often(
    world: World, share: float
) -> None:
    found, fewest = held(world, least=2)
    assert fewest == 2
    assert found == pytest.approx(share, abs=3 * np.sqrt(share * (1 - share) / TRIALS))


def test_of_equal_pairs_is_known_how_rare_others_are() -> None:
    # 299 in a row that do not show what comes up in one of a hundred: .99**299 = .0495.
    assert 0.99**299 < 0.05 < 0.99**298
    assert unseen(299) < 0.01 < unseen(298)
    wish = precision("loss", platform="A", half_width=0.01)
    assert [wish.met_by(np.zeros(n)) for n in (30, 298, 299)] == [False, False, True]
    # Where all lose 0.2 of the actors, others can differ from that by up to 1.2.
    assert half_width(np.full(299, -0.2)) == pytest.approx(1.2 * unseen(299))


def test_an_interval_however_narrow_is_not_believed_of_fewer_than_thirty_pairs() -> None:
    wish = precision("loss", platform="A", half_width=0.5)
    alike, unlike = np.zeros(29), np.linspace(0.0, 0.001, 29)
    assert half_width(alike) < 0.5
    assert half_width(unlike) < 0.001
    assert not wish.met_by(alike)
    assert not wish.met_by(unlike)
    assert wish.met_by(np.zeros(30))
    assert wish.met_by(np.linspace(0.0, 0.001, 30))
