"""What the engines rely on in own rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, ClassVar

import numpy as np

from balloon.behaviour import Behaviour
from balloon.testing.given import enforcements, small_scenario, traits, views


class RuleContract:
    """What the engines rely on in an own rule; set ``behaviour`` to a `Behaviour` that has it.

    Examples
    --------
    >>> def homesick(traits, view, parameters):
    ...     return view.asc - parameters.switching_cost * view.friction * view.friction
    >>> class TestHomesick(RuleContract):
    ...     behaviour = Behaviour(utility=homesick)
    >>> TestHomesick().test_every_value_means_something()
    """

    behaviour: ClassVar[Behaviour]

    def calls(self) -> Iterator[tuple[str, Callable[..., float], tuple[Any, ...]]]:
        """Every rule in force, with arguments from the whole range: name, rule, arguments."""
        from balloon.behaviour import rules

        numbers, mine = self.behaviour.parameters, self.behaviour.own_rules
        utility = mine.get("utility", rules.utility)
        hazard = mine.get("hazard", rules.hazard)
        revision_rate = mine.get("revision_rate_rule", rules.revision_rate)
        for who in traits():
            for view in views():
                yield "utility", utility, (who, view, numbers)
            for works in enforcements():
                yield "hazard", hazard, (who, works, numbers)
            for removed, weeks in product((0.0, 1.0), (1 / 7, 1.0, 30 / 7)):
                yield "revision_rate", revision_rate, (who, removed, weeks, numbers)

    def test_every_value_means_something(self) -> None:
        """A finite number; a utility may be -inf, for what is never chosen."""
        for name, rule, given in self.calls():
            value = rule(*given)
            assert isinstance(value, float | int), f"{name}{given} gave {value!r}; need a number"
            never = name.startswith("utility") and value == -math.inf
            assert never or math.isfinite(value), f"{name}{given} gave {value!r}; need a finite number"

    def test_rates_are_not_negative(self) -> None:
        """A hazard or a rate of revision below 0 means nothing."""
        for name, rule, given in self.calls():
            value = rule(*given)
            assert name == "utility" or value >= 0, f"{name}{given} gave {value!r}; need a rate >= 0"

    def test_the_same_inputs_give_the_same_value(self) -> None:
        """A rule has no memory and no luck."""
        forwards = [rule(*given) for _, rule, given in self.calls()]
        backwards = [rule(*given) for _, rule, given in reversed(list(self.calls()))]
        assert forwards == backwards[::-1], "a rule gave another value when it was called again"

    def test_the_compiled_rule_says_what_its_text_says(self) -> None:
        """Numba understood the rule; it may differ in the last digits, as in ``x ** 3``."""
        from balloon._jit import own, plain

        compiled: dict[Any, Callable[..., float]] = {}
        for name, rule, given in self.calls():
            fast, text = compiled.setdefault(rule, own(rule)), plain(rule)
            value, expected = fast(*given), text(*given)
            same = math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12)
            assert same, f"{name}{given} gave {value!r} compiled and {expected!r} as plain Python"

    def test_both_engines_run_it_with_equal_results(self) -> None:
        """To the last bit."""
        from balloon.simulate import simulate

        scenario = small_scenario(self.behaviour)
        one, other = (simulate(scenario, seed=1, engine=engine).data for engine in ("arrays", "objects"))
        for name in one.data_vars:
            assert np.array_equal(one[name], other[name]), f"the engines differ in {name}"
