"""The parameters of behaviour, and own rules in the place of the built-in ones."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from balloon._fingerprint import fingerprint, text_of
from balloon._values import Checks
from balloon.behaviour.inputs import Parameters
from balloon.errors import EngineError
from balloon.evidence import Evidence

Rule = Callable[..., float]
RULES = ("utility", "hazard", "revision_rate_rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How actors judge platforms and when they reconsider. Rates are per week.

    A mechanism that is not asked for is off: peers, spillover, vigilance, trials, dropping of
    apps, replacement. An own rule is a plain function of scalars (see `balloon.behaviour.rules` for
    the built-in ones and their arguments); it runs in every engine.

    Examples
    --------
    >>> Behaviour(switching_cost=5.0, outside_option=-4.0).revision_rate
    0.2
    """

    switching_cost: float = 5.0
    """Utils per unit of friction, >= 0."""
    outside_option: float = -3.0
    """Utility of going dormant, utils; -inf closes it."""
    peer_influence: float = 0.0
    """Utils for a platform where all contacts are."""
    spillover: float = 0.0
    """Weight of the mean belief against the platform's own, in [0, 1] (diffusion of benefits)."""
    revision_rate: float = 0.2
    """Revisions per week, >= 0."""
    vigilance: float = 0.0
    """Weeks; multiplies the rate of contacts' removal in the rate of revision, >= 0."""
    rechoice_rate: float | None = None
    """Rate at which those of a closed platform choose again; None: all in the step."""
    learning_rate: float = 0.1
    """Per week, >= 0; 0: beliefs stay."""
    credibility: float = 20.0
    """Actors; keeps one arrest among three from terrifying, >= 0."""
    replacement_rate: float = 0.0
    """Rate at which the role of a removed actor is filled again, >= 0."""
    trial: float = 0.0
    """Probability that a reviser also installs the best platform as if switching were free."""
    uninstall_probability: float = 0.0
    """Probability, at a revision, of dropping each app but the new home's."""
    idle_use: float = 0.0
    """Share of those with an app, at home elsewhere, who still use it."""
    arrests_per_answer: float = 0.1
    """Arrests per answered request, >= 0."""
    utility: Rule | None = None
    """Own rule ``utility(traits, view, parameters) -> utils``; -inf: never chosen."""
    hazard: Rule | None = None
    """Own rule ``hazard(traits, enforcement, parameters) -> arrests per week``, >= 0."""
    revision_rate_rule: Rule | None = None
    """Own rule ``revision_rate(traits, removed, weeks, parameters) -> revisions per week``, >= 0."""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks("behaviour")
        checks.types(self)
        checks.evidence(self)
        checks.number(
            at_least=0.0,
            switching_cost=self.switching_cost,
            revision_rate=self.revision_rate,
            vigilance=self.vigilance,
            learning_rate=self.learning_rate,
            credibility=self.credibility,
            replacement_rate=self.replacement_rate,
            arrests_per_answer=self.arrests_per_answer,
        )
        if self.rechoice_rate is not None:
            checks.number(at_least=0.0, rechoice_rate=self.rechoice_rate)
        checks.number(peer_influence=self.peer_influence)
        if not self.outside_option < math.inf:
            checks.say(f"outside_option is {self.outside_option!r}; need a number, or -inf to close it")
        checks.probability(
            spillover=self.spillover,
            trial=self.trial,
            uninstall_probability=self.uninstall_probability,
            idle_use=self.idle_use,
        )
        for name in RULES:
            rule = getattr(self, name)
            if rule is not None and not inspect.isfunction(rule):
                checks.say(f"{name} is {rule!r}; need a plain Python function of scalars")
        checks.refuse()

    @property
    def parameters(self) -> Parameters:
        """The numbers as the rules read them; an absent rechoice rate is nan."""
        rechoice = math.nan if self.rechoice_rate is None else self.rechoice_rate
        numbers = {name: float(getattr(self, name)) for name in Parameters._fields if name != "rechoice_rate"}
        return Parameters(rechoice_rate=rechoice, **numbers)

    @property
    def own_rules(self) -> dict[str, Rule]:
        """The rules that replace built-in ones, by name."""
        return {name: getattr(self, name) for name in RULES if getattr(self, name) is not None}


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Name and fingerprint of an own rule, for provenance: enough to notice, not to run.

    Of all that decides what it returns; of its text alone where it refers to more than can be seen.
    """
    try:
        found = fingerprint(rule)
    except EngineError:
        found = hashlib.sha256(json.dumps(text_of(rule.__code__)).encode()).hexdigest()
    return {"rule": f"{rule.__module__}.{rule.__qualname__}", "sha256": found}
