"""A habit that opens again in the step in which the present home closes."""

from worlds import DAY, week, world

from balloon.engines.arrays import states
from balloon.interventions import PlatformChange, Takedown


def test_who_is_forced_out_while_the_habit_reopens_moves_by_force_and_keeps_the_habit() -> None:
    """All start on A; A is closed for three weeks and B takes them in; then B closes, C is best."""
    acts = (
        Takedown(platform="A", start=DAY, until=week(3)),
        Takedown(platform="B", start=week(3)),
        PlatformChange(platform="B", start=DAY, asc=100.0),
        PlatformChange(platform="C", start=week(3), asc=200.0),
    )
    scenario = world(*acts, platforms="ABC", start={"A": 1.0}, actors=50, steps=4)
    after = [(s.actors.home.copy(), s.actors.habit.copy()) for s in states(scenario, seed=1, replicate=0)]
    assert (after[3][0] == 1).all()
    assert (after[4][0] == 2).all()
    assert (after[4][1] == 0).all()
