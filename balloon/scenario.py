"""A scenario: landscape + interventions + population + behaviour + dates."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from balloon._idle import idle
from balloon._saying import shown
from balloon._units import unit
from balloon._values import DORMANT, Checks, Table, kinds, numbers
from balloon.behaviour import Behaviour
from balloon.behaviour.behaviour import RULES, describe_rule
from balloon.errors import BalloonError, ScenarioError
from balloon.evidence import Evidence
from balloon.interventions import Intervention, Launch, PlatformChange, Takedown, without_platform
from balloon.landscape import Landscape
from balloon.population import TOLERANCE, Group, Population, start_places
from balloon.timetable import Calendar, Policy, timetable

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
DEFAULT = "leave {0} out of a file, or say with_({0}={1}, ...)"
FIRST_DAY, LAST_DAY = date(1678, 1, 1), date(2262, 4, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a run depends on, but for the seed. Frozen: change returns a new one.

    Examples
    --------
    >>> import balloon as bl
    >>> scenario = bl.load("minimal")
    >>> scenario.with_(steps=10).steps, scenario.steps
    (10, 52)
    >>> scenario.with_({"behaviour.switching_cost": 1.0}).behaviour.switching_cost
    1.0
    """

    name: str
    landscape: Landscape
    population: Population
    behaviour: Behaviour = Behaviour()
    interventions: tuple[Intervention, ...] = ()
    start: date
    steps: int
    step_days: float = 7.0
    """Length of a step in days, > 0."""
    squeezed: str = ""
    """The platform the question is about; by default that of the first intervention. Kept by `with_`."""
    reference: date | None = None
    """Date from which the same actors are followed; by default just before the squeeze. Kept by `with_`."""
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        checks = Checks(f"scenario {self.name!r}")
        checks.types(self)
        if not self.name:
            checks.say("has no name; give it one")
        if not 1 <= self.steps < 2**31:
            checks.say(f"steps is {self.steps!r}; need a whole number >= 1")
        if not 0 < self.step_days < math.inf:
            checks.say(f"step_days is {self.step_days!r}; need a number of days > 0")
        checks.refuse()
        self._check_calendar(checks)
        checks.refuse()
        self._fill()
        self._check_names(checks)
        self._check_dates(checks)
        self._check_seizures(checks)
        checks.refuse()
        self._check_ways_out(checks)
        checks.refuse()

    def _check_calendar(self, checks: Checks) -> None:
        """Results carry dates in nanoseconds, which end in the year 2262."""
        days = self.steps * self.step_days
        if not (self.start >= FIRST_DAY and days <= (LAST_DAY - self.start).days):
            checks.say(
                f"{self.steps} steps of {self.step_days:g} days from {self.start} leave the calendar; need "
                f"dates from {FIRST_DAY} to {LAST_DAY}: take fewer or shorter steps, or another start"
            )

    def _fill(self) -> None:
        """Settle what the question is about, so that `without` keeps asking the same one."""
        known = set(self.platforms)  # unknown targets are refused by name later
        acts = sorted((i for i in self.interventions if known.intersection(i.targets)), key=lambda i: i.start)
        if not self.squeezed:
            largest = max(self.platforms, key=self._start_share)
            targets = acts[0].targets if acts else ()
            object.__setattr__(self, "squeezed", next((p for p in targets if p in known), largest))
        if self.reference is None:
            first = next((i.start for i in acts if self.squeezed in i.targets), self.start)
            steps = math.floor(max((first - self.start).days, 0) / self.step_days)
            object.__setattr__(self, "reference", self.date_of(min(steps, self.steps)))

    def _start_share(self, platform: str) -> float:
        return sum(g.share * g.start.get(platform, 0.0) for g in self.groups)

    def _check_names(self, checks: Checks) -> None:
        platforms, groups = list(self.platforms), [g.name for g in self.groups]
        if self.squeezed not in platforms:
            checks.say(
                f"unknown squeezed platform {self.squeezed!r}; there are {', '.join(map(repr, platforms))}; "
                f"name one of them, or take the default: {DEFAULT.format('squeezed', repr(''))}"
            )
        for group in self.groups:
            inner = Checks(f"groups.{group.name}")
            inner.known("platform in start", group.start, start_places(self.platforms))
            for name in ("start_apps", "asc", "belief"):
                inner.known(f"platform in {name}", getattr(group, name), platforms)
            checks.problems += inner.problems
        for number, one in enumerate(self.interventions):
            inner = Checks(f"interventions.{number} ({one.kind})")
            inner.known("platform", one.targets, platforms)
            inner.known("group", one.groups, groups)
            checks.problems += inner.problems

    def _check_dates(self, checks: Checks) -> None:
        horizon = f"{self.start}..{self.end}"
        for number, one in enumerate(self.interventions):
            if not self.start <= one.start < self.end:
                checks.say(
                    f"interventions.{number} ({one.kind}) starts on {one.start}, outside the horizon "
                    f"{horizon}; move the start of the scenario, or put what came before into the platform"
                )
        if self.reference is not None and not self.start <= self.reference <= self.end:
            checks.say(
                f"reference is {self.reference}; need a date in {horizon}, or take the default: "
                f"{DEFAULT.format('reference', None)}"
            )

    def _check_seizures(self, checks: Checks) -> None:
        """An app bit says that data were taken, not in which of two seizures."""
        raids = [i for i in self.interventions if isinstance(i, Takedown) and i.seizure > 0]
        for number, one in enumerate(raids):
            for other in raids[:number]:
                shared = not (one.groups and other.groups) or set(one.groups) & set(other.groups)
                first, second = sorted((one, other), key=lambda raid: raid.start)
                days = min(7.0 * first.seizure_weeks, (LAST_DAY - first.start).days)
                over = first.start + timedelta(days=days)
                if one.platform == other.platform and shared and second.start < over:
                    checks.say(
                        f"two seizures on {one.platform!r} overlap: that of {first.start} lasts to {over}, "
                        f"the next starts on {second.start}; end the first before, or make one of them"
                    )

    def _check_ways_out(self, checks: Checks) -> None:
        """Nobody may start on, or be left on, a platform with nowhere to go."""
        import numpy as np

        policy = self.policy()
        launched = {i.targets[0] for i in self.interventions if isinstance(i, Launch)}
        for g, group in enumerate(self.groups):
            for p, name in enumerate(self.platforms):
                if name in launched and group.start.get(name, 0) > 0 and not policy.available[0, g, p]:
                    checks.say(
                        f"group {group.name!r} starts with share {group.start[name]:g} on {name!r}, which is "
                        "launched later; start it elsewhere"
                    )
        if self.behaviour.outside_option > -math.inf:
            return
        reachable = self.landscape.friction() < math.inf
        for g, group in enumerate(self.groups):
            if group.start.get(DORMANT, 0) > 0 and not policy.available[0, g].any():
                checks.say(
                    f"in step 1 actors of group {group.name!r} who start dormant have no place to go: "
                    "no platform is open to them and outside_option is -inf; open one or allow dormancy"
                )
            for p, name in enumerate(self.platforms):
                stuck = ~policy.available[:, g, p] & ~(policy.available[:, g] & reachable[p]).any(axis=1)
                # Before its launch nobody is there.
                been = np.logical_or.accumulate(policy.available[:, g, p])
                stuck &= been | (group.start.get(name, 0) > 0)
                if stuck.any():
                    checks.say(
                        f"from step {int(stuck.argmax()) + 1} actors of group {group.name!r} on {name!r} "
                        "have no place to go: it is closed, no open platform can be reached and "
                        "outside_option is -inf; open a way or allow dormancy"
                    )

    @property
    def platforms(self) -> tuple[str, ...]:
        """Names of the platforms, in order."""
        return self.landscape.names

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, in order."""
        return self.population.groups

    @property
    def weeks(self) -> float:
        """Length of a step in weeks."""
        return self.step_days / 7.0

    @property
    def end(self) -> date:
        """The day after the last step."""
        return self.date_of(self.steps)

    @property
    def reference_step(self) -> int:
        """Number of steps done at the reference date."""
        assert self.reference is not None
        return min(math.floor((self.reference - self.start).days / self.step_days), self.steps)

    def date_of(self, step: int) -> date:
        """Date of the end of a step; fractions of a day are rounded up."""
        return self.start + timedelta(days=math.ceil(step * self.step_days - 1e-9))

    def policy(self) -> Policy:
        """The interventions as arrays over steps, groups and platforms."""
        import numpy as np

        offsets = np.array([[g.asc.get(p, 0.0) for p in self.platforms] for g in self.groups])
        return timetable(
            self.interventions,
            landscape=self.landscape,
            groups=[g.name for g in self.groups],
            group_asc=offsets,
            start=self.start,
            steps=self.steps,
            step_days=self.step_days,
        )

    def cautions(self) -> tuple[str, ...]:
        """Rates too large for the step, costs below 0, what no step or nobody feels, crowded contacts.

        A budget counts as if spread evenly; where a few are left on a platform it bites harder. An
        outreach counts as if it had won every platform it turns to. Costs are taken at the low ends
        of their ranges.
        """
        said, weeks, b = [], self.weeks, self.behaviour
        if b.revision_rate * weeks > 1:
            said.append(
                f"revision_rate x step = {b.revision_rate * weeks:.2f} > 1: several revisions in a step "
                "count as one; use shorter steps"
            )
        pressure = _strongest(self.policy(), [g.exposure for g in self.groups], b.arrests_per_answer)
        others = {
            "learning_rate": b.learning_rate,
            "replacement_rate": b.replacement_rate,
            "rechoice_rate": b.rechoice_rate or 0.0,
            "pressure": pressure,
        }
        for name, rate in others.items():
            if rate * weeks > 0.3:
                said.append(f"{name} x step = {rate * weeks:.2f} > 0.3: coarse; use shorter steps")
        groups = [group.name for group in self.groups]
        when = Calendar.of(self.start, self.steps, self.step_days, groups, self.platforms)
        unfelt = idle(self.interventions, when)
        return (*said, *_rewards(self), *unfelt, *self.population.nobody(), *self.population.crowding())

    # ---- change -------------------------------------------------------------------------

    def with_(self, changes: Mapping[str, Any] | None = None, /, **more: Any) -> Scenario:
        """Return a copy with other values, named by field or by dotted path; all change at once.

        A number that is replaced loses its evidence: the source spoke of the old one. The question stays
        the same, so that copies compare: ``squeezed`` and ``reference`` are kept whatever becomes of the
        interventions; with ``squeezed=""`` and ``reference=None`` they are settled anew.

        Raises
        ------
        ScenarioError
            A path that leads nowhere, or a value that cannot be.

        Examples
        --------
        >>> import balloon as bl
        >>> bl.load("minimal").with_({"platforms.Signal.asc": 0.5}).landscape.platforms[1].asc
        0.5
        >>> calm = bl.load("minimal").without()
        >>> calm.with_(steps=2, reference=None).reference
        datetime.date(2024, 9, 2)
        """
        if changes is not None and not isinstance(changes, Mapping):
            raise ScenarioError(
                f"scenario {self.name!r}: with_ is given {shown(changes)}; need a table of paths and values, "
                "such as {'platforms.Signal.asc': 0.5}, or fields by name, such as steps=10"
            )
        nouns = dict(self.nouns())
        own: dict[str, Any] = {}
        asked: dict[str, dict[str, Any]] = {}
        for path, value in {**(changes or {}), **more}.items():
            if path in type(self).__dataclass_fields__:
                own[path] = value
            else:
                _, name = find(self, str(path), nouns)
                asked.setdefault(str(path)[: -len(name) - 1], {})[name] = value
        new = {id(nouns[prefix]): change(nouns[prefix], values) for prefix, values in asked.items()}
        return _rebuilt(self, new, **own)

    def without(self, platform: str | None = None) -> Scenario:
        """Return the scenario without the interventions on a platform, or without any.

        Examples
        --------
        >>> import balloon as bl
        >>> len(bl.load("minimal").without("Telegram").interventions)
        0
        """
        if platform is None:
            return replace(self, interventions=())
        checks = Checks(f"scenario {self.name!r}")
        checks.known("platform", (platform,), list(self.platforms))
        checks.refuse()
        return replace(self, interventions=without_platform(self.interventions, platform, self.platforms))

    # ---- evidence -----------------------------------------------------------------------

    def nouns(self) -> Iterator[tuple[str, Any]]:
        """Every part that holds numbers, with its path."""
        yield "behaviour", self.behaviour
        yield "population", self.population
        yield "contacts", self.population.contacts
        for platform in self.landscape.platforms:
            yield f"platforms.{platform.name}", platform
        for number, edge in enumerate(self.landscape.edges or ()):
            yield f"edges.{number}", edge
        for group in self.groups:
            yield f"groups.{group.name}", group
        seen: dict[str, int] = {}
        for one in self.interventions:
            where = getattr(one, "platform", "all")
            key = ":".join((one.kind, where, str(one.start), *one.groups))
            seen[key] = seen.get(key, 0) + 1
            # By what it is, not by its place: `without` must not rename the others.
            yield f"interventions.{key}" + (f"#{seen[key]}" if seen[key] > 1 else ""), one

    def evidence(self) -> pd.DataFrame:
        """Table of all parameters: path, value, low, high, unit, source, note.

        ``source`` is an id of the sources table, "assumption", or "not stated" for a number
        that came without evidence (a default, or one that the user set).
        """
        import pandas as pd

        rows = []
        for path, noun in self.nouns():
            known = {e.field: e for e in noun.evidence}
            for name, value in numbers(noun):
                e = known.get(name)
                rows.append(
                    {
                        "path": f"{path}.{name}",
                        "value": value,
                        "low": e.low if e else None,
                        "high": e.high if e else None,
                        "unit": unit(noun, name),
                        "source": e.source if e else "not stated",
                        "note": e.note if e else "",
                    }
                )
        return pd.DataFrame(rows).astype({"value": float, "low": float, "high": float})

    def ranges(self) -> dict[str, tuple[float, float]]:
        """The uncertain parameters: path -> (low, high)."""
        return {
            f"{path}.{e.field}": (e.low, e.high)
            for path, noun in self.nouns()
            for e in noun.evidence
            if e.low is not None and e.high is not None and e.low < e.high
        }

    # ---- identity -----------------------------------------------------------------------

    def to_json(self) -> str:
        """Canonical JSON: the scenario file with every default written out."""
        return json.dumps(document(self), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @property
    def sha256(self) -> str:
        """Fingerprint of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _strongest(policy: Policy, exposures: Sequence[float], arrests_per_answer: float) -> float:
    """The highest rate of arrest per week that the policy can put on an actor."""
    import numpy as np

    requests = policy.requests
    for k, granted in enumerate(policy.budget_requests):
        requests = np.where((policy.budget == k)[:, :, None], granted, requests)
    answered = policy.cooperation.copy()
    for o, (_, value, _) in enumerate(policy.outreach_numbers):
        won = np.ix_(
            np.logical_or.accumulate(policy.outreach_on[o]),
            policy.outreach_groups[o],
            policy.outreach_platforms[o],
        )
        answered[won] = np.maximum(answered[won], value)
    caught = policy.undercover + requests * policy.requests_factor * answered * arrests_per_answer
    caught = np.array(exposures)[:, None] * np.where(policy.available, caught, 0.0)
    return float((caught.max(axis=2) + policy.seizure.sum(axis=2)).max())


def _rewards(scenario: Scenario) -> Iterator[str]:
    """Platforms on which changes can take more off the onboarding cost than there is, in words."""
    changes = {path: noun for path, noun in scenario.nouns() if isinstance(noun, PlatformChange)}
    if not changes:
        return
    lows = {path: low for path, (low, _) in scenario.ranges().items() if path.endswith(".onboarding_cost")}
    least = at_values(scenario, lows).policy().onboarding_cost.min(axis=1)
    for p, name in enumerate(scenario.platforms):
        if least[:, p].min() < -TOLERANCE:
            terms = [f"platforms.{name}", *(path for path, one in changes.items() if one.platform == name)]
            costs = [f"{term}.onboarding_cost" for term in terms]
            lowest = {cost: lows.get(cost, getattr(*find(scenario, cost))) for cost in costs}
            yield (
                f"{' and '.join(c for c, low in lowest.items() if low < 0 or c == costs[0])} add up to "
                f"{least[:, p].min():g} at the low ends of their ranges: "
                "below 0 joining is rewarded; raise one"
            )


def require_scenario(found: Any, error: type[BalloonError]) -> None:
    """Refuse what is no scenario, such as the name of one, by an error of whom it was given to."""
    if not isinstance(found, Scenario):
        raise error(f"scenario is {shown(found)}; need a Scenario, such as balloon.load('minimal') gives")


# ---- paths --------------------------------------------------------------------------------


def find(scenario: Scenario, path: str, nouns: Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """Noun and field of a dotted path; refuses a path that leads nowhere.

    ``nouns`` are those of the scenario by path, for who asks often.
    """
    known_nouns = dict(scenario.nouns()) if nouns is None else nouns
    # Names hold no dots: the noun's path is what stands before one of them.
    for end in (i for i, letter in enumerate(path) if letter == "."):
        noun, name = known_nouns.get(path[:end]), path[end + 1 :]
        field, _, key = name.partition(".")
        if (
            noun is not None
            and field in type(noun).__dataclass_fields__
            and field not in ("name", "evidence")
            and (not key or kinds(noun.__class__)[field] is Table)
        ):
            return noun, name
    known = sorted({f"{prefix}.{name}" for prefix, noun in scenario.nouns() for name, _ in numbers(noun)})
    import difflib

    near = difflib.get_close_matches(path, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "evidence() lists the paths"
    raise ScenarioError(f"scenario {scenario.name!r}: no parameter at {path!r}; {hint}")


def change(noun: Any, values: Mapping[str, Any], *, keep_evidence: bool = False) -> Any:
    """A copy of a noun with some of its numbers replaced, all at once: one may ask for another."""
    new: dict[str, Any] = {}
    for name, value in values.items():
        field, _, key = name.partition(".")
        new[field] = {**new.get(field, getattr(noun, field)), key: value} if key else value
    evidence = noun.evidence
    if not keep_evidence:
        # A whole table that is replaced takes the evidence of its entries along.
        gone = tuple(f"{name}." for name in values)
        evidence = tuple(e for e in evidence if not f"{e.field}.".startswith(gone))
    return replace(noun, **new, evidence=evidence)


def swap(scenario: Scenario, old: Any, new: Any) -> Scenario:
    """A copy of the scenario with one noun in the place of another."""
    return _rebuilt(scenario, {id(old): new})


def at_values(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario at drawn values of its uncertain parameters; the evidence stays.

    Shares that must add up to 1 are scaled to do so after the draw. Everything is built, and checked,
    once: a run with drawn parameters does this for every replicate.
    """
    nouns = dict(scenario.nouns())
    drawn: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        _, name = find(scenario, path, nouns)
        prefix = path[: -len(name) - 1]
        field, _, key = name.partition(".")
        fields_of = drawn.setdefault(prefix, {})
        fields_of[field] = (
            {**fields_of.get(field, getattr(nouns[prefix], field)), key: value}
            if key
            else round(value)
            if kinds(nouns[prefix].__class__)[field] is int
            else value
        )
    new: dict[int, Any] = {}
    shares: dict[str, float] = {}
    for prefix, changed in drawn.items():
        old = nouns[prefix]
        if "start" in changed:
            total = sum(changed["start"].values())
            changed["start"] = {place: share / total for place, share in changed["start"].items()}
        if isinstance(old, Group) and "share" in changed:
            shares[old.name] = changed.pop("share")
        new[id(old)] = replace(old, **changed)
    return _rebuilt(scenario, new, shares)


def _rebuilt(
    scenario: Scenario, new: Mapping[int, Any], shares: Mapping[str, float] | None = None, **own: Any
) -> Scenario:
    """The scenario with new nouns in the place of old ones, groups of other shares, and own fields."""

    def those(nouns: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(new.get(id(noun), noun) for noun in nouns)

    landscape = scenario.landscape
    population = new.get(id(scenario.population), scenario.population)
    edges = None if landscape.edges is None else those(landscape.edges)
    groups = those(population.groups)
    for name, share in (shares or {}).items():
        # One group gets this share, the others are scaled to what is left.
        rest = sum(g.share for g in groups if g.name != name)
        groups = tuple(
            replace(g, share=share if g.name == name else g.share * (1 - share) / rest) for g in groups
        )
    contacts = new.get(id(population.contacts), population.contacts)
    parts = {
        "landscape": replace(landscape, platforms=those(landscape.platforms), edges=edges),
        "population": replace(population, groups=groups, contacts=contacts),
        "behaviour": new.get(id(scenario.behaviour), scenario.behaviour),
        "interventions": those(scenario.interventions),
    }
    return replace(scenario, **{**parts, **own})


# ---- as a document ------------------------------------------------------------------------


def document(scenario: Scenario) -> dict[str, Any]:
    """The scenario as the nested tables of a scenario file, every default written out."""
    s = scenario
    return {
        "schema_version": SCHEMA_VERSION,
        "name": s.name,
        "title": s.title,
        "note": s.note,
        "start": s.start.isoformat(),
        "steps": s.steps,
        "step_days": float(s.step_days),  # 7 and 7.0 are one scenario
        "squeezed": s.squeezed,
        "reference": s.reference.isoformat() if s.reference else None,
        "behaviour": _plain(s.behaviour),
        "platforms": {p.name: _plain(p, "name") for p in s.landscape.platforms},
        "edges": None if s.landscape.edges is None else [_plain(e) for e in s.landscape.edges],
        "population": _plain(s.population, "groups", "contacts"),
        "contacts": _plain(s.population.contacts),
        "groups": {g.name: _plain(g, "name") for g in s.groups},
        "interventions": [{"kind": i.kind, **_plain(i)} for i in s.interventions],
    }


def _cell(value: Any, evidence: Evidence | None) -> Any:
    """A number, with its evidence beside it where there is any."""
    if isinstance(value, float) and math.isinf(value):
        value = "-inf" if value < 0 else "inf"
    if evidence is None:
        return value
    e = evidence
    said = {"low": e.low, "high": e.high, "source": e.source, "note": e.note or None}
    return {"value": value, **{k: v for k, v in said.items() if v is not None}}


def _plain(noun: Any, *left_out: str) -> dict[str, Any]:
    """A noun as a table; a number with evidence becomes a table with value, range and source."""
    known: dict[str, Evidence] = {e.field: e for e in noun.evidence}
    declared = kinds(noun.__class__)
    table: dict[str, Any] = {}
    for field in fields(noun):
        name, value = field.name, getattr(noun, field.name)
        if name in left_out or name == "evidence":
            continue
        if value is not None and declared[name] is float:
            value = float(value)  # 4 and 4.0 are one scenario
        if name in RULES and value is not None:
            table[name] = describe_rule(value)
        elif isinstance(value, Table):
            table[name] = {key: _cell(value[key], known.get(f"{name}.{key}")) for key in value}
        elif isinstance(value, date):
            table[name] = value.isoformat()
        elif isinstance(value, tuple):
            table[name] = [list(v) if isinstance(v, tuple) else v for v in value]
        else:
            table[name] = _cell(value, known.get(name))
    return table
