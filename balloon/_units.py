"""The unit of every number of a scenario, by noun and field."""

from __future__ import annotations

from typing import Any

UNITS = {
    "Scenario.step_days": "days",
    "Platform.asc": "utils",
    "Platform.onboarding_cost": "utils",
    "Platform.cooperation": "share of requests",
    "Platform.requests": "requests per actor-week",
    "Platform.undercover": "arrests per actor-week",
    "Edge.friction": "multiples of switching_cost",
    "Population.actors": "actors",
    "Contacts.degree": "contacts",
    "Contacts.rewiring": "probability",
    "Contacts.size": "slots",
    "Contacts.within": "share of contacts",
    "Contacts.homophily": "share of contacts",
    "Contacts.actors": "actors",
    "Group.share": "share of actors",
    "Group.exposure": "times",
    "Group.risk_aversion": "utils per annual probability",
    "Group.risk_aversion_cv": "-",
    "Group.start": "share of group",
    "Group.start_apps": "probability",
    "Group.asc": "utils",
    "Group.belief": "annual probability",
    "Behaviour.switching_cost": "utils per unit of friction",
    "Behaviour.outside_option": "utils",
    "Behaviour.peer_influence": "utils",
    "Behaviour.spillover": "share",
    "Behaviour.revision_rate": "per week",
    "Behaviour.vigilance": "weeks",
    "Behaviour.rechoice_rate": "per week",
    "Behaviour.learning_rate": "per week",
    "Behaviour.credibility": "actors",
    "Behaviour.replacement_rate": "per week",
    "Behaviour.trial": "probability",
    "Behaviour.uninstall_probability": "probability",
    "Behaviour.idle_use": "share of users",
    "Behaviour.arrests_per_answer": "arrests per answer",
    "Cooperation.value": "share of requests",
    "Cooperation.ramp_weeks": "weeks",
    "Outreach.threshold": "share",
    "Outreach.value": "share of requests",
    "Outreach.delay_weeks": "weeks",
    "Outreach.window_weeks": "weeks",
    "Budget.requests": "requests per actor-week",
    "Budget.lag_weeks": "weeks",
    "Crackdown.requests": "times",
    "Crackdown.undercover": "times",
    "Crackdown.ramp_weeks": "weeks",
    "PlatformChange.asc": "utils",
    "PlatformChange.onboarding_cost": "utils",
    "PlatformChange.ramp_weeks": "weeks",
    "Takedown.seizure": "per week",
    "Takedown.seizure_weeks": "weeks",
    "Announcement.belief": "annual probability",
}


def unit(noun: Any, name: str) -> str:
    """Unit of a number of a noun, or of a kind of noun; an entry of a table has that of its field.

    Raises
    ------
    KeyError
        A field that holds no number, such as a date.

    Examples
    --------
    >>> from balloon.interventions import Crackdown
    >>> unit(Crackdown, "requests")
    'times'
    """
    kind = noun if isinstance(noun, type) else type(noun)
    return UNITS[f"{kind.__name__}.{name.partition('.')[0]}"]
