"""Whole random scenarios: every mechanism of the model may be on or off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
from balloon.errors import ScenarioError
from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Intervention,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.landscape import Edge, Landscape, Platform
from balloon.population import Group, Population
from balloon.scenario import Scenario
from tests.twins import own_rules

START = date(2024, 9, 2)
NAMES = ("Telegram", "Signal", "Viber", "SimpleX", "KakaoTalk", "WhatsApp", "Session", "Wire", "Matrix")
GROUPS = ("drugs", "images", "fraud")


def number(low: float, high: float) -> st.SearchStrategy[float]:
    """A number of a range in thousandths, its ends included: short to read where something fails."""
    return st.integers(0, 1000).map(lambda k: low + (high - low) * k / 1000)


def maybe(strategy: st.SearchStrategy[float], absent: Any = 0.0) -> st.SearchStrategy[Any]:
    """A mechanism that is off, or on with some strength."""
    return st.just(absent) | strategy


@st.composite
def landscapes(draw: st.DrawFn, names: tuple[str, ...]) -> Landscape:
    """Platforms, and all ways between them or only some."""
    platforms = tuple(
        Platform(
            name=name,
            asc=draw(number(-1, 1)),
            onboarding_cost=draw(maybe(number(0, 2))),
            cooperation=draw(number(0, 1)),
            requests=draw(number(0, 2)),
            undercover=draw(maybe(number(0, 0.3))),
        )
        for name in names
    )
    edges = None
    if draw(st.booleans()):
        pairs = [(a, b) for a in names for b in names if a != b]
        kept = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
        edges = tuple(Edge(origin=a, destination=b, friction=draw(maybe(number(0, 3), 1.0))) for a, b in kept)
    return Landscape(platforms=platforms, edges=edges)


def shares(draw: st.DrawFn, keys: tuple[str, ...]) -> dict[str, float]:
    """Shares in hundredths that add up to 1."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(keys) - 1, max_size=len(keys) - 1)))
    ends = zip([0, *cuts], [*cuts, 100], strict=True)
    return {key: (hi - lo) / 100 for key, (lo, hi) in zip(keys, ends, strict=True)}


def some(draw: st.DrawFn, names: tuple[str, ...], values: st.SearchStrategy[float]) -> dict[str, float]:
    """Values for some of the names."""
    return draw(st.dictionaries(st.sampled_from(names), values, max_size=3))


@st.composite
def populations(draw: st.DrawFn, names: tuple[str, ...]) -> Population:
    """One to three groups, some of their actors dormant from the start."""
    of_groups = shares(draw, GROUPS[: draw(st.integers(1, 3))])
    groups = tuple(
        Group(
            name=group,
            share=share,
            exposure=draw(number(0, 2)),
            risk_aversion=draw(maybe(number(0, 40))),
            risk_aversion_cv=draw(maybe(number(0, 1.5))),
            start=shares(draw, (*names, "dormant")),
            start_apps=some(draw, names, number(0, 1)),
            asc=some(draw, names, number(-1, 1)),
            belief=some(draw, names, number(0, 0.99)),
        )
        for group, share in of_groups.items()
    )
    actors = draw(st.sampled_from([60, 90]) | st.integers(1, 60))
    return Population(actors=actors, groups=groups, contacts=draw(contacts(actors)))


@st.composite
def contacts(draw: st.DrawFn, actors: int) -> Contacts:
    """Contacts of every kind that so many actors can have."""
    kinds = ["erdos_renyi", "communities", "annealed", "given"]
    if actors > 2:
        kinds += ["small_world", "scale_free"]
    kind = draw(st.sampled_from(kinds))
    if kind == "given":
        slots = st.integers(0, actors - 1)
        pairs = draw(st.lists(st.tuples(slots, slots), max_size=3 * actors))
        return Contacts.given(actors, sorted({(min(t), max(t)) for t in pairs if t[0] != t[1]}))
    most = min(actors - 1, 8)
    if kind in ("small_world", "scale_free"):
        degree = 2 * draw(st.integers(0, most // 2))
    elif kind == "annealed":
        degree = draw(st.integers(0, most))
    else:
        degree = draw(number(0, most))
    return Contacts(kind=kind, degree=degree, rewiring=draw(number(0, 1)), size=draw(st.integers(2, 20)))


@st.composite
def behaviours(draw: st.DrawFn, *, own: bool) -> Behaviour:
    """Every mechanism on or off, weak or strong."""
    rules: dict[str, Any] = own_rules.ALL if own and draw(st.integers(0, 3)) == 0 else {}
    return Behaviour(
        switching_cost=draw(number(0, 5)),
        outside_option=draw(st.just(float("-inf")) | number(-4, 2)),
        peer_influence=draw(maybe(number(-2, 6))),
        spillover=draw(maybe(number(0, 1))),
        revision_rate=draw(maybe(number(0, 3), 0.2)),
        vigilance=draw(maybe(number(0, 10))),
        rechoice_rate=draw(maybe(number(0, 2), None)),
        learning_rate=draw(maybe(number(0, 1))),
        credibility=draw(maybe(number(0, 30))),
        replacement_rate=draw(maybe(number(0, 1))),
        trial=draw(maybe(number(0, 1))),
        uninstall_probability=draw(maybe(number(0, 1))),
        idle_use=draw(number(0, 1)),
        arrests_per_answer=draw(number(0, 0.5)),
        **rules,
    )


@st.composite
def interventions(
    draw: st.DrawFn, names: tuple[str, ...], groups: tuple[str, ...], days: int
) -> Intervention:
    """One of the eight kinds, for all groups or for some, for good or for a time."""
    kind = draw(st.sampled_from([
        Announcement, Budget, Cooperation, Crackdown, Launch, Outreach, PlatformChange, Takedown,
    ]))  # fmt: skip
    first = draw(st.integers(0, days - 1))
    last = draw(st.none() | st.integers(first + 1, days + 10))
    about: dict[str, Any] = {
        "start": START + timedelta(days=first),
        "until": None if last is None or kind is Announcement else START + timedelta(days=last),
        "groups": tuple(draw(st.lists(st.sampled_from(groups), unique=True))),
    }
    if kind not in (Budget, Outreach):
        about["platform"] = draw(st.sampled_from(names))
    weeks, share = maybe(number(0, 8)), number(0, 1)
    particulars: dict[Any, Any] = {
        Announcement: {"belief": number(-1, 1)},
        Budget: {"requests": number(0, 3), "lag_weeks": weeks},
        Cooperation: {"value": share, "ramp_weeks": weeks},
        Crackdown: {"requests": number(0, 5), "undercover": number(0, 5), "ramp_weeks": weeks},
        Launch: {},
        Outreach: {
            "platforms": st.lists(st.sampled_from(names), unique=True).map(tuple),
            "measure": st.sampled_from(["homes", "arrests"]),
            "threshold": share,
            "value": share,
            "delay_weeks": weeks,
            "window_weeks": number(0.1, 8),
        },
        PlatformChange: {"asc": number(-2, 2), "onboarding_cost": number(-1, 2), "ramp_weeks": weeks},
        Takedown: {"seizure": maybe(number(0, 0.5)), "seizure_weeks": weeks},
    }
    told = {name: draw(values) for name, values in particulars[kind].items()}
    if kind is Takedown and told["seizure_weeks"] == 0:
        told["seizure"] = 0.0  # data that lead to arrests for no time are refused
    return kind(**about, **told)


@st.composite
def ban(draw: st.DrawFn, names: tuple[str, ...], days: int) -> Takedown:
    """A closure in the first half, with data seized perhaps, and a reopening in the second."""
    return Takedown(
        platform=draw(st.sampled_from(names[:2])),
        start=START + timedelta(days=draw(st.integers(days // 6, days // 3))),
        until=START + timedelta(days=draw(st.integers(days // 2, days - 1))),
        seizure=draw(maybe(number(0, 0.3))),
        seizure_weeks=days / 7,
    )


@st.composite
def worlds(draw: st.DrawFn, *, own: bool = True) -> Scenario:
    """A whole scenario; with ``own``, one in four has rules of its own."""
    names = NAMES[: draw(st.integers(2, 9))]
    population = draw(populations(names))
    steps, step_days = (
        draw(st.sampled_from([12, 16]) | st.integers(1, 12)),
        draw(st.sampled_from([1.0, 3.5, 7.0, 30.0]) | number(1, 30)),
    )
    groups, days = tuple(g.name for g in population.groups), max(1, int(steps * step_days))
    landscape, behaviour = draw(landscapes(names)), draw(behaviours(own=own))
    done = tuple(draw(st.lists(interventions(names, groups, days), max_size=6)))
    if days >= 6 and draw(st.integers(0, 2)):  # people forced out, with habits to come back to
        done += (draw(ban(names, days)),)
    parts: dict[str, Any] = {
        "name": "world",
        "landscape": landscape,
        "population": population,
        "start": START,
        "steps": steps,
        "step_days": step_days,
        "reference": START + timedelta(days=draw(st.integers(0, days - 1))),
    }
    # What is refused is mended, not thrown away.
    for mended in (_with_dormancy, _without_clashes):
        try:
            return Scenario(behaviour=behaviour, interventions=done, **parts)
        except ScenarioError:
            behaviour, done = mended(behaviour, done)
    return Scenario(behaviour=behaviour, interventions=done, **parts)


Parts = tuple[Behaviour, tuple[Intervention, ...]]


def _with_dormancy(behaviour: Behaviour, done: tuple[Intervention, ...]) -> Parts:
    """A way out for those whose platform closes."""
    return replace(behaviour, outside_option=max(behaviour.outside_option, -4.0)), done


def _without_clashes(behaviour: Behaviour, done: tuple[Intervention, ...]) -> Parts:
    """Nobody starts on a platform that is launched later, and no two seizures overlap."""
    kept = [one for one in done if not isinstance(one, Launch)]
    hot = [n for n, one in enumerate(kept) if isinstance(one, Takedown)]
    for n in hot[:-1]:
        kept[n] = replace(kept[n], seizure=0.0)
    return behaviour, tuple(kept)


def alarms(*, actors: int) -> Scenario:
    """Two years of days in which everybody knows one other: only who has just lost it reconsiders."""
    names = NAMES[:3]
    group = Group(name="all", risk_aversion=1.0, start=dict.fromkeys(names, 1 / 3))
    pairs = [(k, k + 1) for k in range(0, actors - 1, 2)]
    return Scenario(
        name="alarms",
        landscape=Landscape(platforms=tuple(Platform(name=name, undercover=0.3) for name in names)),
        population=Population(actors=actors, groups=(group,), contacts=Contacts.given(actors, pairs)),
        behaviour=Behaviour(
            revision_rate=1e-6, vigilance=5e5, switching_cost=0.0, outside_option=float("-inf"),
            replacement_rate=2.0,
        ),
        start=START,
        steps=600,
        step_days=1.0,
    )  # fmt: skip
