"""The columns of a run, and what is made of them step by step before anything is observed.

Plain arithmetic on any leading dimensions, real or complex: no abs, max or branch on a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from balloon.calibrate._budget import spent
from balloon.errors import EngineError
from balloon.interventions import Outreach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.scenario import Scenario
    from balloon.timetable import Policy

    Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Setting:
    """What a scenario says beside the columns; T steps, G groups, P platforms."""

    steps: int
    groups: int
    platforms: int
    weeks: float
    in_force: Mapping[str, Array]
    """cooperation, undercover (T + 1, G, P), row t is step t; requests too, but for those of a budget."""
    policy: Policy
    available: Array
    """(T + 1, G, P) 1 or 0."""
    adaptive: Mapping[str, str]
    """What is not settled by the dates, and by which intervention."""
    revision_rate: float | None
    """Per week; None under an own rule of revision."""
    vigilance: float
    """Weeks."""

    @classmethod
    def of(cls, scenario: Scenario) -> Setting:
        """Lay out a scenario."""
        policy, behaviour = scenario.policy(), scenario.behaviour
        kinds = {type(one) for one in scenario.interventions}
        return cls(
            steps=scenario.steps,
            groups=len(scenario.groups),
            platforms=len(scenario.platforms),
            weeks=scenario.weeks,
            in_force={
                "cooperation": _from_the_start(policy.cooperation),
                "requests": _from_the_start(policy.requests * policy.requests_factor),
                "undercover": _from_the_start(policy.undercover),
            },
            policy=policy,
            available=_from_the_start(policy.available.astype(float)),
            adaptive={"cooperation": Outreach.kind} if Outreach in kinds else {},
            revision_rate=None if "revision_rate_rule" in behaviour.own_rules else behaviour.revision_rate,
            vigilance=behaviour.vigilance,
        )

    def shape(self, name: str) -> tuple[int, ...]:
        """Trailing dimensions of a column or a feature."""
        g, p = self.groups, self.platforms
        shapes: dict[str, tuple[int, ...]] = {
            "actors_by_group": (g, p + 2),
            "moves": (p + 2, p + 2),
            "newcomers": (p + 2,),
            "reconsidered": (p + 2,),
            "joins": (p,),
            "installed": (p,),
            "active": (p,),
            "revision": (1,),
        }
        return (self.steps + 1, *shapes.get(name, (g, p)))


def _from_the_start(policy: Array) -> Array:
    """(T, ...) to (T + 1, ...): row 0 as row 1."""
    return np.concatenate([policy[:1], policy])


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The columns of a run beside their setting."""

    columns: Mapping[Any, Any]
    setting: Setting

    def column(self, name: str) -> Array:
        """A column as an array, its trailing dimensions checked."""
        if name not in self.columns:
            raise EngineError(
                f"column {name!r} is missing; pass what `replicate` or the mean field returns, or Runs.data"
            )
        return self._shaped(name, self.setting.shape(name))

    def _shaped(self, name: str, shape: tuple[int, ...]) -> Array:
        found: Array = np.asarray(self.columns[name])
        if found.shape[found.ndim - len(shape) :] != shape:
            raise EngineError(
                f"column {name!r} has shape {found.shape}; need (..., {', '.join(map(str, shape))}): "
                "is it a run of the same scenario?"
            )
        return found

    def in_force(self, name: str) -> Array:
        """From the columns if they have it, else from the dates, and for a budget from the actors."""
        setting = self.setting
        if name in self.columns:
            return self._shaped(name, setting.in_force[name].shape)
        if name == "requests" and len(setting.policy.budget_requests):
            return spent(setting.policy, self.column("actors_by_group"))
        if name in setting.adaptive:
            raise EngineError(
                f"column {name!r} is missing, and the scenario does not settle it: {setting.adaptive[name]} "
                "adapts to what happens; pass the column from the engine"
            )
        return setting.in_force[name]

    def present(self) -> Array:
        """(..., T + 1, G, P) actor-weeks at the homes held at the start of a step, 0 in row 0.

        Nobody is looked for on a platform that is closed.
        """
        setting = self.setting
        homes = self.column("actors_by_group")[..., : setting.platforms]
        before: Array = np.concatenate([0 * homes[..., :1, :, :], homes[..., :-1, :, :]], axis=-3)
        return before * setting.available * setting.weeks


def answers(run: Run) -> Array:
    """Requests answered."""
    return asked(run) * run.in_force("cooperation")


def asked(run: Run) -> Array:
    """Requests made."""
    return run.present() * run.in_force("requests")


def seen(run: Run) -> Array:
    """Cases that undercover work and answers show."""
    shown: Array = run.in_force("undercover") + run.in_force("requests") * run.in_force("cooperation")
    return run.present() * shown


def feared(run: Run) -> Array:
    """Annual probabilities of arrest, added over the actors who believe them."""
    homes = run.column("actors_by_group")[..., : run.setting.platforms]
    return homes * run.column("belief")


def revision(run: Run) -> Array:
    """log(1 - share of actors who revise in a step), (..., T + 1, 1); 0 in row 0."""
    actors = run.column("actors_by_group").sum(axis=-2)
    if "reconsidered" in run.columns:
        free = run.setting.platforms + 1
        revised = run.column("reconsidered")[..., 1:, :free].sum(-1) / actors[..., :-1, :free].sum(-1)
    else:
        revised = _expected_revisions(run, actors[..., :1, :].sum(-1))
    return np.concatenate([0 * actors[..., :1, :1], np.log(1.0 - revised)[..., None]], axis=-2)


def _expected_revisions(run: Run, everybody: Array) -> Array:
    """(..., T) by the built-in rule, contacts taken as a sample of everybody."""
    setting = run.setting
    if setting.revision_rate is None:
        raise EngineError(
            "attention: column 'reconsidered' is missing, and the scenario has an own rule of revision; take "
            "the columns of engine 'meanfield', or leave the rows of attention out"
        )
    if not setting.revision_rate * setting.weeks < 1:
        raise EngineError(
            f"attention: revision_rate x step = {setting.revision_rate * setting.weeks:.2f}, so that "
            "everybody revises in every step; use shorter steps"
        )
    arrests = run.column("arrests_by_group").sum(axis=(-2, -1))
    removed: Array = arrests[..., :-1] / everybody
    return setting.revision_rate * setting.weeks * (1.0 + setting.vigilance * removed / setting.weeks)


def _plain(name: str) -> Callable[[Run], Array]:
    return lambda run: run.column(name)


FEATURES: Mapping[str, Callable[[Run], Array]] = {
    **{
        name: _plain(name)
        for name in (
            "actors_by_group",
            "moves",
            "arrests_by_group",
            "joins",
            "installed",
            "active",
            "newcomers",
        )
    },
    "answers": answers,
    "asked": asked,
    "seen": seen,
    "feared": feared,
    "revision": revision,
}
