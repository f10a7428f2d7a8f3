"""Luck has an address: every random number is a pure function of where it is used.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
Counter = (slot, step, replicate, purpose and block of items), key = the seed. There is no
generator to seed, pass or advance. Logarithm and exponential are polynomials of + and *, with
the same bits compiled and interpreted, on every machine.
"""

from __future__ import annotations

import numpy as np

from balloon._jit import jit, scalar

RECRUIT, EVENT, SHOCK, UNINSTALL, EVIDENCE, TIE, ENCOUNTER = range(7)
"""Purposes. TIE items are the attempts of the contact generators, ENCOUNTER items the others
an annealed actor meets; SHOCK item 0 is dormancy, 1 + q platform q; UNINSTALL and EVIDENCE
items are platforms."""

ARREST, REVISION, REPLACEMENT, TRIAL = range(4)
"""Items of EVENT: one block serves them all."""

HOME, RISK = 0, 1
"""Items of RECRUIT: start home and risk aversion; start apps begin at 4."""

_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@scalar
def _round(c0, c1, c2, c3, k0, k1):
    p0 = _M0 * (c0 & _WORD)
    p1 = _M1 * (c2 & _WORD)
    return (p1 >> _HALF) ^ c1 ^ k0, p1, (p0 >> _HALF) ^ c3 ^ k1, p0


@scalar
def _bump(key, step):
    return (key + step) & _WORD


@scalar
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32: four counter words and two key words to four random words.

    All words are 32-bit values held in uint64. Written out, not looped: LLVM then runs four
    blocks at once.
    """
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = _bump(k0, _W0), _bump(k1, _W1)
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    return c0 & _WORD, c1 & _WORD, c2 & _WORD, c3 & _WORD


@scalar
def keys(seed):
    """The two key words of a seed."""
    return seed & _WORD, seed >> _HALF


@scalar
def tag_of(purpose, block):
    """The counter word of a purpose and a block of items."""
    return (np.uint64(purpose) << np.uint64(24)) | np.uint64(block)


@jit
def _block(slot, step, replicate, tag, seed):
    """`philox` as a call, for those who do not draw in a loop."""
    k0, k1 = keys(seed)
    return philox(slot, step, replicate, tag, k0, k1)


@scalar
def words(seed, replicate, step, slot, purpose, block):
    """Four random words for items 4 block .. 4 block + 3 of an address."""
    return _block(
        np.uint64(slot), np.uint64(step), np.uint64(replicate), tag_of(purpose, block), np.uint64(seed)
    )


_MAGIC = np.uint64(0x4330000000000000)  # 2**52 as bits: or-ing a word in below gives 2**52 + word


@scalar
def unit(word):
    """A 32-bit word as a number strictly inside (0, 1): (word + 1/2) / 2**32, exact."""
    return (np.uint64(word | _MAGIC).view(np.float64) - 4503599627370495.5) * 2.3283064365386963e-10


@scalar
def uniform(seed, replicate, step, slot, purpose, item):
    """The uniform number of an address, in the open interval (0, 1).

    Examples
    --------
    >>> uniform(1, 0, 5, 17, SHOCK, 2) == uniform(1, 0, 5, 17, SHOCK, 2)
    True
    """
    w = words(seed, replicate, step, slot, purpose, item // 4)
    return unit(w[item % 4])


@scalar
def small(word):
    """A whole number below 2**52 as a float, in a way that vectorises everywhere."""
    return np.uint64(word | _MAGIC).view(np.float64) - 4503599627370496.0


_SHIFT, _TWELVE = np.uint64(52), np.uint64(12)
_EXPONENT = np.uint64(0x3FF0000000000000)
_TO_ROOT_HALF = np.uint64(0x00095F6200000000)
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@scalar
def log(x):
    """Natural logarithm of a positive normal number, to about 1e-15 relative.

    x = 2**k m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m - 1) / (m + 1), as
    its power series up to s**21.
    """
    bits = np.float64(x).view(np.uint64)
    high = (bits + _TO_ROOT_HALF) >> _SHIFT
    m = np.uint64(bits + _EXPONENT - (high << _SHIFT)).view(np.float64)
    k = np.uint64(high | _MAGIC).view(np.float64) - 4503599627371519.0
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    # Estrin's order: short chains, so that the processor works on several terms at once.
    low = (z * (1.0 / 5.0) + 1.0 / 3.0) + z2 * (z * (1.0 / 9.0) + 1.0 / 7.0)
    high_terms = (z * (1.0 / 13.0) + 1.0 / 11.0) + z2 * (z * (1.0 / 17.0) + 1.0 / 15.0)
    p = low + z4 * (high_terms + z4 * (z * (1.0 / 21.0) + 1.0 / 19.0))
    return k * _LOG2_HIGH + (2.0 * s + (2.0 * s * z * p + k * _LOG2_LOW))


@jit
def exp(x):
    """Exponential, to about 1e-15 relative; 0 below -700, inf above 700."""
    if x < -700.0:
        return 0.0
    if x > 700.0:
        return np.inf
    k = np.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    scale = np.uint64(np.uint64(np.int64(k) + 1023) << _SHIFT)
    return p * scale.view(np.float64)


@scalar
def gumbel(word):
    """A standard Gumbel shock, -log(-log(u)), from one random word."""
    return gumbel_of(unit(word))


@scalar
def gumbel_of(u):
    """The Gumbel shock of a number in (0, 1)."""
    return -log(-log(u))


@scalar
def _least_log2(x):
    """A lower bound of the binary logarithm of a positive normal number, at most .0861 below it.

    The bits of a float are its exponent and, behind it, how far it is to the next power of 2: read
    as one number, a logarithm with chords in the place of arcs.
    """
    return small(np.float64(x).view(np.uint64) >> _TWELVE) * 9.094947017729282e-13 - 1023.0


_ALL = 4503603922337791.0  # 2**52 + 2**32 - 1
_CHORD = 6.304136882681135e-13  # log(2) / 2**40
_HIGHEST = 731.27027549075  # log(2) (1023 + 32), rounded up


@scalar
def most_gumbel(word):
    """An upper bound of the Gumbel shock of a word, -log(-log u) <= -log(1 - u).

    2**32 (1 - u) is at least 2**32 - 1 - word, whose logarithm is bounded as in `_least_log2`.
    """
    rest = _ALL - np.uint64(word | _MAGIC).view(np.float64)
    return _HIGHEST - small(np.float64(rest).view(np.uint64) >> _TWELVE) * _CHORD


@scalar
def most_gumbel_of(u):
    """The same for the number that `unit` makes of the word: 1 - u is exact."""
    return -0.6931471805599453 * _least_log2(1.0 - u)


@scalar
def least_gumbel(word):
    """A lower bound of the Gumbel shock of a word, at most .4 below it."""
    return least_gumbel_of(unit(word))


@scalar
def least_gumbel_of(u):
    """The same for the number that `unit` makes of the word."""
    return -0.6931471805599453 * (_least_log2(-0.6931471805599453 * _least_log2(u)) + 0.0861)


_NEAR_TOP = (
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
)  # fmt: skip
_NEAR_BOTTOM = (
    5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
)  # fmt: skip
_FAR_TOP = (
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
)  # fmt: skip
_FAR_BOTTOM = (
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0,
)  # fmt: skip
_TAIL_TOP = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
    0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
)  # fmt: skip
_TAIL_BOTTOM = (
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0,
)  # fmt: skip


@scalar
def _polynomial(x, coefficients):
    """Horner's rule, highest power first."""
    y = coefficients[0]
    for k in range(1, len(coefficients)):
        y = y * x + coefficients[k]
    return y


@jit
def normal(u):
    """Quantile of the standard normal (Wichura 1988, algorithm AS 241, PPND16), u in (0, 1)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * (_polynomial(r, _NEAR_TOP) / _polynomial(r, _NEAR_BOTTOM))
    r = np.sqrt(-log(min(u, 1.0 - u)))
    if r <= 5.0:
        r = r - 1.6
        x = _polynomial(r, _FAR_TOP) / _polynomial(r, _FAR_BOTTOM)
    else:
        r = r - 5.0
        x = _polynomial(r, _TAIL_TOP) / _polynomial(r, _TAIL_BOTTOM)
    return -x if q < 0.0 else x
