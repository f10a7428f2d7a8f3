"""What tables and intervals rely on in a measure."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class MeasureContract:
    """What tables rely on in a measure; override ``measure``.

    Counts are (replicate, place) actors in the baseline and in the alternative, with the squeezed platform
    first, and dormant and removed last.

    Examples
    --------
    >>> class TestFallen(MeasureContract):
    ...     def measure(self, baseline, alternative):
    ...         return baseline[:, 0] - alternative[:, 0]
    >>> TestFallen().test_it_gives_one_number_a_replicate()
    """

    def measure(self, baseline: Counts, alternative: Counts) -> NDArray[np.float64]:
        """(replicate,) values from two (replicate, place) counts."""
        raise NotImplementedError

    def worlds(self) -> Iterator[tuple[str, Counts, Counts]]:
        """Pairs of worlds of a hundred actors, from nothing changed to nobody left."""
        usual = np.array([[60, 20, 10, 5, 5], [50, 30, 10, 10, 0]])
        yield "a part moves, a part stops", usual, np.array([[30, 35, 15, 12, 8], [40, 34, 12, 13, 1]])
        yield "the platform grows", usual, np.array([[70, 10, 10, 5, 5], [90, 5, 5, 0, 0]])
        yield "nothing changes", usual, usual.copy()
        yield "nobody is there to begin with", np.array([[0, 0, 0, 100, 0]]), np.array([[0, 0, 0, 90, 10]])
        yield "all are arrested", np.array([[100, 0, 0, 0, 0]]), np.array([[0, 0, 0, 0, 100]])

    def test_it_gives_one_number_a_replicate(self) -> None:
        """So that there is a median and a range."""
        for name, baseline, alternative in self.worlds():
            shape = np.shape(self.measure(baseline, alternative))
            assert shape == (len(baseline),), f"{name}: gave shape {shape}; need {(len(baseline),)}"

    def test_a_replicate_does_not_know_of_the_others(self) -> None:
        """All at once or one by one: the same numbers."""
        for name, baseline, alternative in self.worlds():
            whole = np.asarray(self.measure(baseline, alternative), float)
            each = [
                float(np.asarray(self.measure(baseline[r : r + 1], alternative[r : r + 1]))[0])
                for r in range(len(baseline))
            ]
            assert np.array_equal(whole, each, equal_nan=True), f"{name}: {whole} at once, {each} one by one"

    def test_where_it_has_no_meaning_it_is_nan_and_nothing_is_said(self) -> None:
        """No infinity, no error, no warning of a division by zero."""
        for name, baseline, alternative in self.worlds():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                values = np.asarray(self.measure(baseline, alternative), float)
            assert not np.isinf(values).any(), f"{name}: gave {values}; need nan where it has no meaning"

    def test_the_counts_are_left_as_they_are(self) -> None:
        """They belong to somebody else."""
        for name, baseline, alternative in self.worlds():
            for counts in (baseline, alternative):
                counts.setflags(write=False)
            before = baseline.copy(), alternative.copy()
            self.measure(baseline, alternative)
            kept = np.array_equal(baseline, before[0]) and np.array_equal(alternative, before[1])
            assert kept, f"{name}: the counts were changed"

    def test_it_does_not_depend_on_the_order_of_the_other_platforms(self) -> None:
        """The squeezed platform is the first; the others have no rank."""
        for name, baseline, alternative in self.worlds():
            order = [0, 2, 1, 3, 4]
            one = np.asarray(self.measure(baseline, alternative), float)
            other = np.asarray(self.measure(baseline[:, order], alternative[:, order]), float)
            assert np.allclose(one, other, equal_nan=True), f"{name}: {one}, and {other} in another order"
