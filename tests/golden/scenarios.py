"""Three small scenarios that between them use every mechanism of the model."""

from __future__ import annotations

from datetime import date, timedelta

from balloon.behaviour import Behaviour
from balloon.contacts import Contacts
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

TELEGRAM = Platform(name="Telegram", requests=0.3, undercover=0.01)
SIGNAL = Platform(name="Signal", asc=-0.2, onboarding_cost=0.5, requests=0.3)
VIBER = Platform(name="Viber", asc=-0.4, onboarding_cost=0.5, requests=0.3)
START = date(2024, 9, 2)


def _before(days: int, *interventions: Intervention) -> tuple[Intervention, ...]:
    """Those that a shorter run still sees."""
    return tuple(one for one in interventions if one.start < START + timedelta(days=days))


def squeeze(*, actors: int = 200, steps: int = 16) -> Scenario:
    """One platform starts to answer, the police follow the crowd, requests are limited."""
    return Scenario(
        name="squeeze",
        landscape=Landscape(platforms=(TELEGRAM, SIGNAL, VIBER)),
        population=Population(
            actors=actors,
            groups=(
                Group(name="drugs", share=0.6, start={"Telegram": 0.8, "Signal": 0.1, "dormant": 0.1}),
                Group(name="fraud", share=0.4, exposure=0.5, asc={"Viber": 0.3}, start={"Telegram": 1.0}),
            ),
            contacts=Contacts(kind="small_world", degree=4),
        ),
        behaviour=Behaviour(
            switching_cost=2.0, peer_influence=1.0, spillover=0.3, vigilance=2.0, revision_rate=0.5
        ),
        interventions=_before(
            7 * steps,
            Announcement(platform="Telegram", start=date(2024, 9, 10), belief=0.1),
            Cooperation(platform="Telegram", start=date(2024, 9, 23), value=0.9, ramp_weeks=3.0),
            Outreach(start=date(2024, 9, 30), threshold=0.3, value=0.5, delay_weeks=2.0),
            Budget(start=date(2024, 10, 21), requests=0.4, lag_weeks=2.0, groups=("drugs",)),
        ),
        start=START,
        steps=steps,
    )


def closure(*, actors: int = 200, steps: int = 16) -> Scenario:
    """A platform is taken down with its data, and opens again; the removed are replaced."""
    return Scenario(
        name="closure",
        landscape=Landscape(
            platforms=(TELEGRAM, SIGNAL, VIBER),
            edges=(
                Edge(origin="Telegram", destination="Signal"),
                Edge(origin="Signal", destination="Telegram", friction=0.5),
                Edge(origin="Signal", destination="Viber", friction=0.5),
                Edge(origin="Viber", destination="Telegram"),
            ),
        ),
        population=Population(
            actors=actors,
            groups=(Group(name="all", start={"Telegram": 0.7, "Viber": 0.3}, start_apps={"Signal": 0.2}),),
            contacts=Contacts(kind="annealed", degree=5),
        ),
        behaviour=Behaviour(
            switching_cost=2.0,
            peer_influence=4.0,
            rechoice_rate=0.4,
            replacement_rate=0.3,
            trial=0.2,
            uninstall_probability=0.3,
            revision_rate=0.4,
        ),
        interventions=_before(
            5 * steps,
            Takedown(
                platform="Telegram",
                start=date(2024, 9, 20),
                until=date(2024, 10, 18),
                seizure=0.05,
                seizure_weeks=6.0,
            ),
            PlatformChange(platform="Signal", start=date(2024, 9, 9), asc=0.4, onboarding_cost=-0.5),
        ),
        start=START,
        steps=steps,
        step_days=5.0,
    )


def newcomer(*, actors: int = 200, steps: int = 16) -> Scenario:
    """A platform is launched for one group while another one is cracked down on; communities."""
    return Scenario(
        name="newcomer",
        landscape=Landscape(platforms=(TELEGRAM, SIGNAL, VIBER, Platform(name="Session", asc=0.5))),
        population=Population(
            actors=actors,
            groups=(
                Group(name="drugs", share=0.5, risk_aversion_cv=1.0, start={"Telegram": 0.5, "Viber": 0.5}),
                Group(
                    name="images", share=0.5, start={"Telegram": 0.5, "Signal": 0.5}, belief={"Viber": 0.4}
                ),
            ),
            contacts=Contacts(kind="communities", degree=6.0, size=20),
        ),
        behaviour=Behaviour(switching_cost=1.0, peer_influence=2.0, outside_option=-2.0, revision_rate=0.6),
        interventions=_before(
            7 * steps,
            Launch(platform="Session", start=date(2024, 10, 1), groups=("images",)),
            Crackdown(platform="Telegram", start=date(2024, 9, 16), undercover=6.0, ramp_weeks=4.0),
        ),
        start=START,
        steps=steps,
    )


ALL = {scenario.__name__: scenario for scenario in (squeeze, closure, newcomer)}
