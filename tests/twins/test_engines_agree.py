"""The engine of objects and the compiled one tell the same story, to the last bit."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balloon.engines import arrays, objects
from balloon.scenario import Scenario
from tests.twins.compare import differences, in_step
from tests.twins.worlds import worlds

seeds = st.integers(0, 2**64 - 1)
many = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@settings(many, max_examples=150)
@given(scenario=worlds(), seed=seeds, replicate=st.integers(0, 2**32 - 1))
def test_both_engines_tell_the_same_story_of_any_world(
    scenario: Scenario, seed: int, replicate: int
) -> None:
    ones = arrays.states(scenario, seed=seed, replicate=replicate)
    others = objects.states(scenario, seed=seed, replicate=replicate)
    assert in_step(ones, others) == scenario.steps
