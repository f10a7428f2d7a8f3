"""What the rules are given: one actor, one platform as it sees it, and the parameters."""

from __future__ import annotations

from typing import NamedTuple


class Traits(NamedTuple):
    """What an actor is."""

    group: int
    """Index of the group."""
    risk_aversion: float
    """Utils per annual probability of arrest, >= 0."""
    exposure: float
    """Multiplies the pressure, >= 0."""


class Enforcement(NamedTuple):
    """What the police do on one platform against one group, in the step's policy."""

    platform: int
    """Index of the platform."""
    undercover: float
    """Arrests per actor-week."""
    requests: float
    """Requests per actor-week."""
    cooperation: float
    """Share of requests answered, in [0, 1]."""


class View(NamedTuple):
    """One platform as one actor sees it at the end of the last step."""

    platform: int
    """Index of the platform."""
    asc: float
    """Alternative-specific constant with the group's offset, utils."""
    peers: float
    """Contacts at home there / contacts at home on any available platform, in [0, 1]."""
    belief: float
    """Believed annual probability of arrest there, in [0, 1)."""
    mean_belief: float
    """The group's mean belief weighted by its actors, in [0, 1)."""
    friction: float
    """Multiples of the switching cost; 0 at the home and at the habit."""
    onboarding_cost: float
    """Utils still to pay; 0 if the app is installed."""


class Parameters(NamedTuple):
    """The numbers of `Behaviour`, in the units given there, as the rules read them."""

    switching_cost: float
    peer_influence: float
    spillover: float
    outside_option: float
    revision_rate: float
    vigilance: float
    rechoice_rate: float
    learning_rate: float
    credibility: float
    replacement_rate: float
    trial: float
    uninstall_probability: float
    idle_use: float
    arrests_per_answer: float
