from __future__ import annotations

import re

import numba
import numpy as np
import pytest

from balloon._jit import inner, jit, plain


@inner
def halved(row):
    for k in range(row.size):
        row[k] *= 0.5


@jit
def halve(row):
    halved(row)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_kernels_and_their_parts_use_the_widest_vectors_there_are() -> None:
    # LLVM by itself uses half the width of Intel's processors: a fifth of the speed.
    row, fresh = np.ones(4), halve.again(plain(halve))  # what comes from the cache has no text
    fresh(row)
    assert row.tolist() == [0.5] * 4
    (text,) = fresh.inspect_llvm().values()
    wide = re.findall(r'^attributes (#\d+) = .*"prefer-vector-width"="512"', text, re.MULTILINE)
    made = re.findall(r"^define .*test_jit.*$", text, re.MULTILINE)
    assert made
    assert all(set(re.findall(r"#\d+", line)) & set(wide) for line in made)
