"""What an own rule gives that means nothing is refused by every engine, in the same words."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import balloon as bl
from balloon.engines import arrays, objects
from balloon.engines.actor import Actor
from balloon.engines.meanfield.columns import columns
from tests.golden.scenarios import squeeze
from tests.twins.compare import in_plain_python


def undefined(traits: Any, view: Any, parameters: Any) -> float:
    """Worth no number to some."""
    return math.nan if view.platform == 1 and traits.group == 1 else view.asc


def irresistible(traits: Any, view: Any, parameters: Any) -> float:
    """Better than anything."""
    return math.inf if view.peers > 0.9 else 0.0


def outbid(traits: Any, view: Any, parameters: Any) -> float:
    """No number for a platform that another one outbids by far: its bound is not looked at."""
    return 1e9 if view.platform == 1 else math.nan if view.friction > 0 else 0.0


def free(traits: Any, view: Any, parameters: Any) -> float:
    """A number, but for those who try out another platform than their own, as if switching were free."""
    return math.nan if view.friction == 0.0 and view.peers == 0.0 and view.onboarding_cost > 0 else 0.0


def pardon(traits: Any, enforcement: Any, parameters: Any) -> float:
    """The police give people back."""
    return -0.01


def blind(traits: Any, enforcement: Any, parameters: Any) -> float:
    """No number for the fearful; the beliefs at the start are those of the fearless."""
    return math.nan if traits.risk_aversion > 20.0 else 0.01


def certain(traits: Any, enforcement: Any, parameters: Any) -> float:
    """Arrested for sure."""
    return math.inf if traits.risk_aversion > 0 else 0.0


def timeless(traits: Any, removed: float, weeks: float, parameters: Any) -> float:
    """Never a number."""
    return math.nan


def numbed(traits: Any, removed: float, weeks: float, parameters: Any) -> float:
    """Less than never once a contact is gone."""
    return -1.0 if removed > 0.0 else 0.5


def dazed(traits: Any, removed: float, weeks: float, parameters: Any) -> float:
    """No number while no contact is gone."""
    return math.nan if removed == 0.0 and traits.risk_aversion > 10.0 else 0.1


def world(**own: Any) -> bl.Scenario:
    scenario = squeeze(actors=60, steps=12)
    return replace(scenario, behaviour=replace(scenario.behaviour, **own))


# Rule, what is said of it, and whether it is asked compiled as well.
CASES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "undefined": ({"utility": undefined}, "gave nan in step 1 to slot 36 for 'Signal'", False),
    "irresistible": ({"utility": irresistible}, "gave inf in step 1 to slot 0 for 'Telegram'", False),
    "outbid": ({"utility": outbid}, "gave nan in step 1 to slot 0 for 'Telegram'", True),
    "free": (
        {"utility": free, "trial": 0.3},
        "gave nan in step 1 to slot 7 for 'Viber' if switching were free", True,
    ),
    "pardon": (
        {"hazard": pardon},
        "gave -0.01 in step 1 to group 'drugs' for its belief about 'Telegram' at the start", True,
    ),
    "blind": ({"hazard": blind}, "gave nan in step 1 to slot 0 at home on 'Signal'", True),
    "certain": ({"hazard": certain}, "gave inf in step 1 to slot 0 at home on 'Signal'", False),
    "timeless": (
        {"revision_rate_rule": timeless}, "gave nan in step 1 to slot 0 at home on 'Signal'", False,
    ),
    "numbed": (
        {"revision_rate_rule": numbed}, "gave -1.0 in step 5 to slot 14 at home on 'Viber'", True,
    ),
    "dazed": ({"revision_rate_rule": dazed}, "gave nan in step 1 to slot 0 at home on 'Signal'", False),
}  # fmt: skip
NEED = {
    "utility": "a finite number of utils, or -inf for what is never chosen",
    "hazard": "a finite number of arrests per week >= 0",
    "revision_rate_rule": "a finite number of revisions per week >= 0",
}


def expected(name: str) -> str:
    own, said, _ = CASES[name]
    rule = next(iter(own))
    return (
        f"own rule {rule} (tests.twins.test_faults.{name}) {said}; need {NEED[rule]}: let it give one there "
        "too; balloon.testing.RuleContract tries it over the whole range"
    )


def refusals(name: str) -> list[str]:
    """What is said by the compiled engine, step by step and at once, and by the one of objects."""
    scenario = world(**CASES[name][0])
    runs = (
        lambda: list(arrays.states(scenario, seed=1, replicate=0)),
        lambda: arrays.final(scenario, seed=1, replicate=0),
        lambda: list(objects.states(scenario, seed=1, replicate=0)),
    )
    said = []
    for run in runs:
        with pytest.raises(bl.RunError) as refusal:
            run()
        said.append(str(refusal.value))
    return said


@pytest.mark.parametrize("name", [name for name, (*_, compiled) in CASES.items() if compiled])
def test_what_means_nothing_is_refused_by_both_engines_in_the_same_words(name: str) -> None:
    assert refusals(name) == 3 * [expected(name)]


PLAIN = """
import json, sys
from tests.twins.test_faults import CASES, refusals
json.dump({name: refusals(name) for name in CASES}, sys.stdout)
"""


def test_plain_python_refuses_the_same() -> None:
    assert in_plain_python(PLAIN) == {name: 3 * [expected(name)] for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_the_mean_field_refuses_it_as_well(name: str) -> None:
    own, _, _ = CASES[name]
    if name == "free":  # to some that are not asked here it gives a number
        own = {"utility": undefined}
    with pytest.raises(bl.RunError) as refusal, np.errstate(all="ignore"):
        columns(world(**own))
    said, rule = str(refusal.value), next(iter(own))
    assert re.match(
        rf"mean field, step \d+: own rule {rule} \(.*\) gave (nan|inf|-0.01|-1.0) to group '", said
    )
    assert f"; need {NEED[rule]}: let it give one there too" in said


class Lost(Actor):
    """Worth no number on Signal."""

    def utility(self, traits: Any, view: Any) -> float:
        return math.nan if view.platform == 1 else super().utility(traits, view)


class Silent(Actor):
    """Forgets to answer."""

    def hazard(self, traits: Any, enforcement: Any) -> float:
        super().hazard(traits, enforcement)  # and no return


def test_an_override_that_gives_what_means_nothing_is_refused_with_the_name_of_its_class() -> None:
    with pytest.raises(bl.RunError) as refusal:
        list(objects.states(world(), seed=1, replicate=0, actor=Lost))
    assert str(refusal.value) == (
        "utility of actor tests.twins.test_faults.Lost gave nan in step 1 to slot 0 for 'Signal'; need a "
        "finite number of utils, or -inf for what is never chosen: let it give one there too; "
        "balloon.testing.ActorContract tries it over the whole range"
    )


def test_an_override_that_gives_no_number_is_refused() -> None:
    with pytest.raises(
        bl.RunError, match=r"hazard of actor .*Silent gave None in step 1 to slot \d+; need a"
    ):
        list(objects.states(world(), seed=1, replicate=0, actor=Silent))


def test_built_in_rules_go_on_whatever_they_are_given() -> None:
    group = bl.Group(name="all", risk_aversion=10.0, risk_aversion_cv=1e200, start={"Telegram": 1.0})
    scenario = replace(world(), interventions=(), population=bl.Population(actors=20, groups=(group,)))
    for engine in (arrays, objects):
        assert list(engine.states(scenario, seed=1, replicate=0))[-1].t == scenario.steps


def never(traits: Any, view: Any, parameters: Any) -> float:
    """Everybody to Signal, or dormant."""
    return 0.0 if view.platform == 1 else -math.inf


@pytest.mark.parametrize("kind", ["small_world", "annealed"])
def test_a_platform_that_is_never_chosen_is_left_empty_by_the_mean_field_too(kind: Any) -> None:
    scenario = bl.load("minimal").with_({"population.actors": 2000, "behaviour.revision_rate": 0.5})
    people = replace(scenario.population, contacts=bl.Contacts(kind=kind, degree=4))
    behaviour = replace(scenario.behaviour, utility=never, trial=0.3)
    found = columns(replace(scenario, population=people, behaviour=behaviour))
    assert all(np.isfinite(series).all() for series in found.values())
    assert found["actors"][-1, [0, 2]] == pytest.approx(0.0, abs=1e-9)
    assert found["actors"][-1, 1] > 1800
