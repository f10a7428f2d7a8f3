"""In what two worlds differ, in words."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from balloon._values import Table
from balloon.interventions import Intervention

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from balloon.scenario import Scenario

WORDS = ("name", "title", "note", "label", "source", "evidence", "kind")
"""Fields that change nothing in a run."""


class Difference(NamedTuple):
    """A value that both worlds have, and that is another one in each."""

    what: str
    baseline: str
    alternative: str
    of_intervention: bool

    def __str__(self) -> str:
        return f"{self.what} ({self.baseline} in the baseline, {self.alternative} in the alternative)"


class Differing(NamedTuple):
    """All in which two worlds differ."""

    added: tuple[Intervention, ...]
    """In the alternative only."""
    dropped: tuple[Intervention, ...]
    """In the baseline only."""
    changed: tuple[Difference, ...]
    """Of an intervention of the same kind, place and day in both, and of all else."""
    causal: bool
    """The alternative adds interventions, and nothing else differs."""

    @classmethod
    def of(cls, baseline: Scenario, alternative: Scenario) -> Differing:
        """Of two worlds with the same actors."""
        names = dict(zip(alternative.platforms, baseline.platforms, strict=True))
        ours = {_renamed(path, names): (path, noun) for path, noun in alternative.nouns()}
        theirs = dict(baseline.nouns())
        added = tuple(
            one for key, (_, one) in ours.items() if key not in theirs and isinstance(one, Intervention)
        )
        dropped = tuple(
            one for key, one in theirs.items() if key not in ours and isinstance(one, Intervention)
        )
        changed = tuple(
            each
            for key, (path, noun) in ours.items()
            if key in theirs and theirs[key] != noun
            for each in _changes(path, theirs[key], noun, names)
        )
        causal = not changed and not dropped and same_world(alternative, baseline)
        return cls(added, dropped, changed, causal)


def same_world(ours: Scenario, theirs: Scenario) -> bool:
    """Whether the baseline differs by interventions that it lacks, and by its name at most."""
    if ours.platforms != theirs.platforms:
        return False
    same = {"interventions": ours.interventions, "name": ours.name, "title": ours.title, "note": ours.note}
    fewer = len(theirs.interventions) < len(ours.interventions)
    return (
        theirs.with_(same) == ours
        and fewer
        and all(one in ours.interventions for one in theirs.interventions)
    )


def opened(baseline: Scenario, alternative: Scenario) -> tuple[str, ...]:
    """Platforms that the alternative launches on a date, and that are open from the start in the baseline."""
    here, there = (
        {name for one in world.interventions if one.kind == "launch" for name in one.targets}
        for world in (alternative, baseline)
    )
    return tuple(name for name in alternative.platforms if name in here - there)


def listed(said: Sequence[str], *, most: int) -> str:
    """What is said, and how much more there is.

    Examples
    --------
    >>> listed(["a", "b"], most=3), listed(["a", "b", "c", "d"], most=2)
    ('a and b', 'a, b and 2 more')
    """
    shown = [*said[:most], *([f"{len(said) - most} more"] if len(said) > most else [])]
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part) if shown else ""


def _renamed(path: str, names: Mapping[str, str]) -> str:
    """A path under the baseline's names of platforms."""
    noun, _, name = path.partition(".")
    if noun == "interventions":
        kind, where, *rest = name.split(":")
        return f"{noun}." + ":".join((kind, names.get(where, where), *rest))
    return f"{noun}.{names[name]}" if noun == "platforms" else path


def _changes(path: str, its: Any, mine: Any, names: Mapping[str, str]) -> Iterator[Difference]:
    """The values of a noun that differ."""
    before, after = dict(_values(its, {})), dict(_values(mine, names))
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one != other:
            act = isinstance(mine, Intervention)
            what = f"{name.replace('_', ' ')} of {called(mine)}" if act else f"{path}.{name}"
            yield Difference(what, _said(one), _said(other), act)


def _values(noun: Any, names: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """The numbers, words and dates of a noun by field; entries of tables under the baseline's names."""
    for field in fields(noun):
        value = getattr(noun, field.name)
        if field.name in WORDS:
            continue
        if isinstance(value, Table):
            for key in value:
                yield f"{field.name}.{names.get(key, key)}", value[key]
        elif value is None or isinstance(value, int | float | str | date):
            yield field.name, names.get(value, value) if isinstance(value, str) else value


def _said(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "none" if value is None else str(value)


def called(one: Intervention) -> str:
    """What an intervention is and where: "outreach on all platforms"."""
    return f"{one.kind.replace('_', ' ')} on {', '.join(one.targets) or 'all platforms'}"
