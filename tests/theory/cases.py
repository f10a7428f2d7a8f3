"""Scenarios which between them use every mechanism of the model."""

from __future__ import annotations

from worlds import week, world

from balloon.contacts import Contacts
from balloon.interventions import (
    Announcement,
    Budget,
    Cooperation,
    Crackdown,
    Launch,
    Outreach,
    PlatformChange,
    Takedown,
)
from balloon.landscape import Edge
from balloon.population import Group
from balloon.scenario import Scenario

FOUR = {
    "A": {"asc": 1.0, "onboarding_cost": 0.5, "cooperation": 0.1, "requests": 0.3, "undercover": 0.004},
    "B": {"asc": 0.2, "onboarding_cost": 1.0, "cooperation": 0.3, "requests": 0.1, "undercover": 0.002},
    "C": {"asc": 0.0, "onboarding_cost": 1.5, "cooperation": 0.0, "requests": 0.2, "undercover": 0.001},
    "D": {"asc": -0.5, "onboarding_cost": 0.3, "cooperation": 0.5, "requests": 0.05, "undercover": 0.003},
}
DRUGS = Group(
    name="drugs",
    share=0.6,
    exposure=1.5,
    risk_aversion=6.0,
    risk_aversion_cv=0.5,
    start={"A": 0.6, "B": 0.2, "C": 0.1, "dormant": 0.1},
    start_apps={"B": 0.4, "D": 0.2},
    asc={"B": 0.3},
)
FRAUD = Group(
    name="fraud",
    share=0.4,
    exposure=0.7,
    risk_aversion=3.0,
    risk_aversion_cv=1.0,
    start={"A": 0.3, "B": 0.4, "C": 0.3},
    start_apps={"A": 0.3},
    asc={"C": 0.4},
    belief={"A": 0.3, "D": 0.05},
)
LIVELY = {
    "switching_cost": 1.2,
    "outside_option": -1.5,
    "revision_rate": 0.3,
    "learning_rate": 0.3,
    "credibility": 20.0,
    "trial": 0.4,
    "uninstall_probability": 0.25,
    "idle_use": 0.3,
    "replacement_rate": 0.15,
}


def enforcement() -> Scenario:
    """Cooperation with ramps, overlaps and an end; crackdowns; changes; announcements; weekly steps."""
    return world(
        Cooperation(platform="A", start=week(2), value=0.9, ramp_weeks=4),
        Cooperation(platform="A", start=week(4), until=week(9), value=0.2, ramp_weeks=3, groups=("fraud",)),
        Cooperation(platform="B", start=week(3), until=week(7), value=1.0),
        Crackdown(platform="B", start=week(5), until=week(11), requests=3.0, undercover=4.0, ramp_weeks=2),
        Crackdown(platform="A", start=week(6), undercover=2.0, groups=("drugs",)),
        PlatformChange(platform="C", start=week(4), asc=1.0, onboarding_cost=-1.0, ramp_weeks=4),
        PlatformChange(platform="D", start=week(8), until=week(10), asc=1.5, groups=("drugs",)),
        Announcement(platform="A", start=week(3), belief=0.3),
        Announcement(platform="A", start=week(3), belief=0.2, groups=("drugs",)),
        Announcement(platform="B", start=week(6), belief=-0.5),
        platforms=FOUR,
        groups=(DRUGS, FRAUD),
        actors=300,
        steps=14,
        contacts=Contacts(kind="erdos_renyi", degree=6.0),
        reference=week(3),
        peer_influence=1.5,
        spillover=0.3,
        vigilance=8.0,
        **LIVELY,
    )


def closures() -> Scenario:
    """Takedowns with seizure, for good and for a time, for one group; a launch; a landscape with edges."""
    edges = (
        Edge(origin="A", destination="B", friction=0.5),
        Edge(origin="B", destination="A", friction=1.5),
        Edge(origin="B", destination="C", friction=0.7),
        Edge(origin="C", destination="B", friction=1.0),
        Edge(origin="C", destination="D", friction=0.4),
        Edge(origin="A", destination="D", friction=2.0),
    )  # nothing leads out of D
    return world(
        Takedown(platform="A", start=week(3), until=week(8), seizure=0.06, seizure_weeks=4),
        Takedown(platform="B", start=week(10), seizure=0.1, seizure_weeks=2.5, groups=("fraud",)),
        Launch(platform="D", start=week(2), until=week(12)),
        Cooperation(platform="C", start=week(5), value=0.8),
        platforms=FOUR,
        groups=(DRUGS, FRAUD),
        actors=300,
        steps=15,
        contacts=Contacts(kind="small_world", degree=6.0, rewiring=0.1),
        edges=edges,
        reference=week(2),
        peer_influence=2.0,
        spillover=0.0,
        **LIVELY,
    )


def waiting() -> Scenario:
    """A closed market whose actors choose again one by one; a temporary ban; steps of 3.5 days."""
    return world(
        Takedown(platform="A", start=week(2), until=week(5), seizure=0.05, seizure_weeks=2),
        Takedown(platform="C", start=week(4)),
        Crackdown(platform="B", start=week(3), until=week(5), undercover=20.0),
        platforms=FOUR,
        groups=(DRUGS, FRAUD),
        actors=300,
        steps=16,
        step_days=3.5,
        contacts=Contacts(kind="scale_free", degree=6.0),
        reference=week(2),
        peer_influence=4.0,
        spillover=0.6,
        vigilance=4.0,
        rechoice_rate=0.5,
        **LIVELY,
    )


def adaptive() -> Scenario:
    """Outreach by homes and by arrests, budgets with a lag, contacts drawn afresh each step."""
    return world(
        Outreach(start=week(1), threshold=0.3, value=0.7, delay_weeks=2, platforms=("B", "C")),
        Outreach(
            start=week(0),
            until=week(8),
            threshold=0.25,
            value=0.9,
            measure="arrests",
            window_weeks=3,
            groups=("fraud",),
        ),
        Cooperation(platform="A", start=week(2), value=0.9),
        Budget(start=week(1), requests=0.25, lag_weeks=2),
        Budget(start=week(6), until=week(10), requests=0.6, groups=("drugs",)),
        Crackdown(platform="B", start=week(7), until=week(9), requests=2.0),
        platforms=FOUR,
        groups=(DRUGS, FRAUD),
        actors=300,
        steps=13,
        contacts=Contacts(kind="annealed", degree=5.0),
        peer_influence=1.5,
        spillover=0.5,
        vigilance=6.0,
        **LIVELY,
    )


CASES = {case.__name__: case for case in (enforcement, closures, waiting, adaptive)}
