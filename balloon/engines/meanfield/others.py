"""Whom an actor of a group looks at, on average: contacts without a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from balloon.contacts import Contacts
    from balloon.scenario import Scenario


class Others(NamedTuple):
    """Contacts on average."""

    mixing: NDArray[Any]
    """(b, G, G) share of the contacts of a group (row) that belong to each group."""
    degree: NDArray[np.float64]
    """(D,) numbers of contacts that occur; empty where they follow a Poisson law."""
    odds: NDArray[np.float64]
    """(D,) share of the slots with so many."""
    mean: float
    """Mean number of contacts."""
    afresh: int
    """Others met anew in each step; 0: ties are fixed."""


def others(scenario: Scenario, sizes: NDArray[Any]) -> Others:
    """Mixing of the groups and numbers of contacts.

    Parameters
    ----------
    sizes : (b, G) array
        Actors of each group.
    """
    contacts = scenario.population.contacts
    by_size = np.repeat((sizes / sizes.sum(axis=1, keepdims=True))[:, None], sizes.shape[1], axis=1)
    if contacts.kind == "communities":
        own = contacts.within + (1 - contacts.within) * contacts.homophily
        by_size = own * np.eye(sizes.shape[1]) + (1 - own) * by_size
    elif contacts.kind == "given":
        by_size = _counted(contacts, scenario.population.sizes)[None]
    degree, odds = _degrees(contacts)
    afresh = int(contacts.degree) if contacts.kind == "annealed" and scenario.population.actors > 1 else 0
    return Others(by_size, degree, odds, float(contacts.degree), afresh)


def _counted(contacts: Contacts, sizes: tuple[int, ...]) -> NDArray[np.float64]:
    """Ties between groups of a given graph."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    count = np.zeros((len(sizes), len(sizes)))
    if contacts.ties:
        ends = group[np.array(contacts.ties)]
        np.add.at(count, (ends[:, 0], ends[:, 1]), 1.0)
        np.add.at(count, (ends[:, 1], ends[:, 0]), 1.0)
    return np.asarray(count / np.maximum(count.sum(axis=1, keepdims=True), 1.0))


def _degrees(contacts: Contacts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers of contacts and how common they are; nothing where they follow a Poisson law."""
    if contacts.kind == "given":
        ends = np.array(contacts.ties, dtype=int).reshape(-1)
        found, count = np.unique(np.bincount(ends, minlength=contacts.actors or 1), return_counts=True)
        return found.astype(float), count / count.sum()
    if contacts.kind in ("small_world", "annealed") or contacts.degree == 0:
        return np.array([float(contacts.degree)]), np.ones(1)
    if contacts.kind == "scale_free":  # Barabasi & Albert (1999); hubs see everything
        least = contacts.degree / 2
        k = least + np.arange(20.0)
        odds = 2 * least * (least + 1) / (k * (k + 1) * (k + 2))
        return k, odds / odds.sum()
    return np.empty(0), np.empty(0)


def unseen(others: Others, visible: Any) -> Any:
    """Chance that no contact is at home on an open platform, ``visible`` the share of those who are."""
    if others.degree.size == 0:
        return np.exp(-others.mean * visible)
    hidden = 1.0 - visible
    return sum(odds * hidden**k for k, odds in zip(others.degree, others.odds, strict=True))


def spread(number: int, visible: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Spread of the shares of so many contacts met afresh.

    Given that n of them are visible, the counts on the platforms are multinomial; n is binomial. With
    s the expected shares, the covariance of the shares is a diag(s) - b s s' (s given that somebody
    is seen): a = E[1 / n; n > 0], b = a - P(n = 0) P(n > 0).

    Returns
    -------
    a, b : arrays like ``visible``
    """
    a = np.zeros_like(visible)
    hidden = 1.0 - visible
    for n in range(1, number + 1):
        a = a + math.comb(number, n) * visible**n * hidden ** (number - n) / n
    none = hidden**number
    return a, a - none * (1.0 - none)
