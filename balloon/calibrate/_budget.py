"""What a budget spends in a run: requests per actor-week from where the actors were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.timetable import Policy

    Array: TypeAlias = NDArray[Any]


def spent(policy: Policy, actors: Array) -> Array:
    """Requests per actor-week on each platform, those of the budgets by the shares seen.

    As `balloon.interventions.Budget` says, and as the engines do at the start of each step: the shares
    of ``lag_weeks`` before, spent over those present, nothing where nobody is.

    Parameters
    ----------
    actors : (..., T + 1, G, P + 2) array
        By group and place, `actors_by_group` of a run.

    Returns
    -------
    (..., T + 1, G, P) array
        Row t is step t, row 0 as row 1.
    """
    steps, _, platforms = policy.requests.shape
    asked: Array = policy.requests
    for k, named in enumerate(policy.budget_groups):
        there = actors[..., :-1, named, :platforms].sum(axis=-2)  # at the start of each step
        members = actors[..., 0, named, :].sum(axis=(-2, -1))[..., None, None]
        seen = there[..., np.maximum(np.arange(steps) - policy.budget_lag[k], 0), :]
        everywhere = seen.sum(axis=-1, keepdims=True)
        part = seen / np.where(everywhere == 0, 1, everywhere)
        each = policy.budget_requests[k] * members * part / np.where(there == 0, 1, there)
        each = np.where(there == 0, 0.0, each)
        asked = np.where((policy.budget == k)[..., None], each[..., None, :], asked)
    asked = asked * policy.requests_factor
    return np.concatenate([asked[..., :1, :, :], asked], axis=-3)
