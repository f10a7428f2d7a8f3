"""Luck by address: the generator, the polynomials, and their twins in plain Python."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from balloon import draws

WORD = st.integers(0, 2**32 - 1)


def interpreted() -> SimpleNamespace:
    """The same text run as plain Python: every function of it, not just the outermost."""
    text = Path(draws.__file__).read_text()
    names: dict = {"jit": lambda f: f, "scalar": lambda f: f, "__name__": "interpreted"}
    exec(text.replace("from balloon._jit import jit, scalar", ""), names)
    return SimpleNamespace(**names)


PLAIN = interpreted()


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Compile before the clock of hypothesis starts."""
    draws.normal(0.5), draws.exp(0.5), draws.log(0.5)
    draws.gumbel(np.uint64(1)), draws.least_gumbel(np.uint64(1)), draws.most_gumbel(np.uint64(1))
    draws.least_gumbel_of(0.5), draws.most_gumbel_of(0.5)


# Known answers published with Random123 (Salmon et al. 2011), philox4x32 with 10 rounds.
KNOWN = [
    ("00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("given_words", "answer"), KNOWN)
def test_philox_gives_the_published_answers(given_words: str, answer: str) -> None:
    got = draws.philox(*(np.uint64(int(w, 16)) for w in given_words.split()))
    assert " ".join(f"{int(w):08x}" for w in got) == answer


@given(st.lists(WORD, min_size=6, max_size=6))
def test_philox_is_the_same_compiled_and_in_plain_python(address: list[int]) -> None:
    words = [np.uint64(w) for w in address]
    assert list(draws.philox(*words)) == list(PLAIN.philox(*words))


@given(WORD)
def test_a_uniform_number_never_touches_0_or_1(word: int) -> None:
    assert 0.0 < draws.unit(np.uint64(word)) < 1.0


def test_the_extreme_uniforms_give_finite_shocks() -> None:
    assert draws.unit(np.uint64(0)) == 2.0**-33
    assert draws.unit(np.uint64(2**32 - 1)) == 1.0 - 2.0**-33
    assert draws.gumbel(np.uint64(2**32 - 1)) == pytest.approx(33 * math.log(2), abs=1e-9)
    assert draws.gumbel(np.uint64(0)) == pytest.approx(-math.log(33 * math.log(2)), abs=1e-12)


@given(WORD)
def test_shocks_are_the_same_compiled_and_in_plain_python(word: int) -> None:
    w = np.uint64(word)
    assert draws.gumbel(w) == PLAIN.gumbel(w)


@given(WORD)
def test_every_shock_lies_between_its_bounds(word: int) -> None:
    shock, u = draws.gumbel(np.uint64(word)), draws.unit(np.uint64(word))
    assert shock - 0.4 <= draws.least_gumbel(np.uint64(word)) <= shock
    assert shock <= draws.most_gumbel_of(u) <= draws.most_gumbel(np.uint64(word))
    assert draws.least_gumbel_of(u) == draws.least_gumbel(np.uint64(word))


@pytest.mark.parametrize("k", range(32))
def test_the_bounds_hold_where_they_come_closest_to_the_shock(k: int) -> None:
    # Next to powers of 2 a chord ends, and a logarithm and its bound meet: 2e-5 utils are left at the least.
    for word in (2**k - 1, 2**k, 2**32 - 1 - 2**k):
        shock, u = draws.gumbel(np.uint64(word)), draws.unit(np.uint64(word))
        assert draws.least_gumbel(np.uint64(word)) <= shock <= draws.most_gumbel(np.uint64(word))
        assert shock <= draws.most_gumbel_of(u)


def test_the_upper_bound_of_a_large_shock_is_tight() -> None:
    for word in np.linspace(0.99, 1.0, 1_000, endpoint=False) * 2**32:
        assert draws.most_gumbel(np.uint64(word)) <= draws.gumbel(np.uint64(word)) + 0.07


@given(st.floats(1e-300, 1e300))
def test_the_logarithm_is_right_to_the_last_digits(x: float) -> None:
    assert draws.log(x) == pytest.approx(math.log(x), rel=5e-16, abs=5e-16)
    assert draws.log(x) == PLAIN.log(x)


@given(st.floats(-690, 690))
def test_the_exponential_is_right_to_the_last_digits(x: float) -> None:
    assert draws.exp(x) == pytest.approx(math.exp(x), rel=5e-16)
    assert draws.exp(x) == PLAIN.exp(x)


def test_the_exponential_ends_in_0_and_infinity() -> None:
    assert (draws.exp(-1e9), draws.exp(1e9), draws.exp(0.0)) == (0.0, math.inf, 1.0)


@given(WORD)
def test_the_normal_quantile_agrees_with_scipy(word: int) -> None:
    u = draws.unit(np.uint64(word))
    assert draws.normal(u) == pytest.approx(float(ndtri(u)), rel=1e-13, abs=1e-15)


def test_every_part_of_an_address_matters() -> None:
    base = (1, 2, 3, 4, draws.SHOCK, 5)
    numbers = {draws.uniform(*base)}
    for place in range(6):
        changed = list(base)
        changed[place] += 1
        numbers.add(draws.uniform(*changed))
    assert len(numbers) == 7


def test_uniform_numbers_of_neighbouring_slots_are_uniform_and_uncorrelated() -> None:
    n = 20_000
    u = np.array([draws.uniform(7, 0, 1, slot, draws.EVENT, draws.ARREST) for slot in range(n)])
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / n)
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / math.sqrt(n)
