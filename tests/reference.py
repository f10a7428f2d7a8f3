"""The model told again, slowly: one actor after another, plain Python, ordinary random generators.

Written from the design alone. It shares no code with balloon's engines, lays the interventions out
from their own fields, and draws its luck from `numpy.random.Generator`; so it can agree with an
engine only in distribution, and a mistake would have to be made twice to go unseen.
Left out: contacts of kind "communities" (pass the graph as "given") and own rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

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

if TYPE_CHECKING:
    from datetime import date

    from balloon.scenario import Scenario

NOBODY = -1  # no habit


def probability(rate: float, weeks: float) -> float:
    """Probability that something of this weekly rate happens within so many weeks."""
    return 1.0 - math.exp(-rate * weeks)


@dataclass
class Actor:
    """One slot and the person in it."""

    group: int
    risk: float
    home: int
    habit: int
    apps: set[int]
    stranded: bool = False  # waits, dormant, since its platform closed
    taken: set[int] = field(default_factory=set)  # takedowns (by number) that seized its data
    removed_at: int = NOBODY
    entered: int = 0


@dataclass
class Rates:
    """What is in force in one step against one group on one platform."""

    undercover: float
    requests: float
    cooperation: float
    asc: float
    onboarding: float
    available: bool


class World:
    """One replicate: the state, the step, and a record of what happened."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.rng = scenario, np.random.default_rng(seed)
        self.names = list(scenario.platforms)
        self.places = [*self.names, "dormant", "removed"]
        self.P, self.G = len(self.names), len(scenario.groups)
        self.DORMANT, self.REMOVED = self.P, self.P + 1
        self.rules = scenario.behaviour
        self.weeks = scenario.step_days / 7.0
        self.friction = shortest_paths(scenario)
        self.actors = recruit(scenario, self.names, self.rng)
        self.contacts = acquaint(scenario, len(self.actors), seed)
        self.won: dict[tuple[int, int], float] = {}  # (outreach, platform) -> day from which it is won
        self.arrest_history: list[np.ndarray] = []
        self.homes_history = [self.homes_by_group()]
        self.rates = self.policy(1)
        self.before: list[list[Rates]] | None = None
        self.h = self.first_beliefs()
        self.origin: list[int] = []
        self.record = self.blank_record()
        self.note(0)

    # ---- policy -------------------------------------------------------------------------

    def day(self, when: date | None) -> float:
        return math.inf if when is None else float((when - self.scenario.start).days)

    def middle(self, step: int) -> float:
        return (step - 0.5) * self.scenario.step_days

    def in_force(self, one: Any, moment: float) -> bool:
        return self.day(one.start) <= moment < self.day(one.until)

    def on(self, one: Any, group: int) -> bool:
        return not one.groups or self.scenario.groups[group].name in one.groups

    def of(self, kind: type) -> list[Any]:
        return sorted((i for i in self.scenario.interventions if isinstance(i, kind)), key=lambda i: i.start)

    def done(self, one: Any, moment: float) -> float:
        """Part of a ramp that is behind us."""
        if one.ramp_weeks == 0:
            return 1.0
        return min(1.0, (moment - self.day(one.start)) / 7.0 / one.ramp_weeks)

    def answered(self, g: int, p: int, moment: float, earlier_than: float = math.inf) -> float:
        """Cooperation by the dated promises alone, ramps from what was in force when they started."""
        value = self.scenario.landscape.platforms[p].cooperation
        for one in self.of(Cooperation):  # the later start has the last word
            start = self.day(one.start)
            mine = one.platform == self.names[p] and self.on(one, g) and self.in_force(one, moment)
            if mine and start < earlier_than:
                old = self.answered(g, p, start, start)
                value = old + (one.value - old) * self.done(one, moment)
        return value

    def policy(self, step: int) -> list[list[Rates]]:
        """Everything in force at the midpoint of a step, by group and platform."""
        return [[self.cell(step, g, p) for p in range(self.P)] for g in range(self.G)]

    def cell(self, step: int, g: int, p: int) -> Rates:
        now, platform = self.middle(step), self.scenario.landscape.platforms[p]
        cooperation = self.answered(g, p, now)
        for k, one in enumerate(self.of(Outreach)):
            if self.on(one, g) and now >= self.won.get((k, p), math.inf):
                cooperation = max(cooperation, one.value)
        requests = platform.requests
        for one in self.of(Budget):
            if self.on(one, g) and self.in_force(one, now):
                requests = self.budgeted(one, p)
        undercover = platform.undercover
        asc = platform.asc + self.scenario.groups[g].asc.get(platform.name, 0.0)
        onboarding = platform.onboarding_cost
        for one in (*self.of(Crackdown), *self.of(PlatformChange)):
            if one.platform != platform.name or not self.on(one, g) or not self.in_force(one, now):
                continue
            part = self.done(one, now)
            if isinstance(one, Crackdown):
                requests *= 1 + (one.requests - 1) * part
                undercover *= 1 + (one.undercover - 1) * part
            else:
                asc += one.asc * part
                onboarding += one.onboarding_cost * part
        return Rates(undercover, requests, cooperation, asc, onboarding, self.open(g, p, now))

    def open(self, g: int, p: int, now: float) -> bool:
        launches = [i for i in self.of(Launch) if i.platform == self.names[p] and self.on(i, g)]
        closures = [i for i in self.of(Takedown) if i.platform == self.names[p] and self.on(i, g)]
        launched = not launches or any(self.in_force(i, now) for i in launches)
        return launched and not any(self.in_force(i, now) for i in closures)

    def budgeted(self, one: Budget, p: int) -> float:
        """Requests per actor-week on a platform: the total, shared out by where the actors were seen."""
        mine = [g for g in range(self.G) if self.on(one, g)]
        everybody = sum(a.group in mine for a in self.actors)
        lag = round(one.lag_weeks / self.weeks)
        seen = self.homes_history[max(0, len(self.homes_history) - 1 - lag)][mine, : self.P].sum(axis=0)
        here = self.homes_history[-1][mine, p].sum()
        if here == 0 or seen.sum() == 0:
            return 0.0
        return float(one.requests * everybody * seen[p] / seen.sum() / here)

    def reach_out(self, step: int) -> None:
        """At the end of a step: which platforms do the police turn to?"""
        end = step * self.scenario.step_days
        for k, one in enumerate(self.of(Outreach)):
            if not self.in_force(one, self.middle(step)):
                continue
            mine = [g for g in range(self.G) if self.on(one, g)]
            if one.measure == "homes":
                counts = self.homes_history[-1][mine, : self.P].sum(axis=0)
            else:
                window = max(1, round(one.window_weeks / self.weeks))
                counts = sum(past[mine].sum(axis=0) for past in self.arrest_history[-window:])
            for p, name in enumerate(self.names):
                watched = not one.platforms or name in one.platforms
                if watched and counts.sum() > 0 and counts[p] / counts.sum() > one.threshold:
                    self.won.setdefault((k, p), end + 7.0 * one.delay_weeks)

    # ---- arrest and belief --------------------------------------------------------------

    def hazard(self, g: int, p: int) -> float:
        """Arrests per week of an actor of the group at home there."""
        r = self.rates[g][p]
        if not r.available:
            return 0.0
        per_actor = r.undercover + r.requests * r.cooperation * self.rules.arrests_per_answer
        return self.scenario.groups[g].exposure * per_actor

    def seized(self, step: int) -> list[tuple[int, Takedown]]:
        """Takedowns whose data still lead to arrests, by number."""
        return [
            (k, one)
            for k, one in enumerate(self.of(Takedown))
            if one.seizure > 0 and 0 <= self.middle(step) - self.day(one.start) < 7.0 * one.seizure_weeks
        ]

    def take_data(self, step: int) -> None:
        """In the first step of a seizure, note who had the app."""
        before = [k for k, _ in self.seized(step - 1)] if step > 1 else []
        for k, one in self.seized(step):
            if k in before:
                continue
            for actor in self.actors:
                if self.names.index(one.platform) in actor.apps and self.on(one, actor.group):
                    actor.taken.add(k)

    def arrest(self, actor: Actor, step: int) -> int:
        """Platform the evidence came from, or NOBODY if the actor stays free in this step."""
        if actor.home == self.REMOVED:
            return NOBODY
        sources = []
        if actor.home < self.P:
            sources.append((self.hazard(actor.group, actor.home), actor.home))
        for k, one in self.seized(step):
            if k in actor.taken:
                sources.append((one.seizure, self.names.index(one.platform)))
        total = sum(rate for rate, _ in sources)
        if self.rng.random() >= probability(total, self.weeks):
            return NOBODY
        pick = self.rng.choice(len(sources), p=[rate / total for rate, _ in sources])
        return sources[pick][1]

    def first_beliefs(self) -> np.ndarray:
        """The true rate of step 1, unless the group starts with a belief of its own."""
        h = np.zeros((self.G, self.P))
        for g, group in enumerate(self.scenario.groups):
            for p, name in enumerate(self.names):
                h[g, p] = -math.log1p(-group.belief[name]) / 52 if name in group.belief else self.hazard(g, p)
        return h

    def learn(self, step: int, arrests: np.ndarray) -> None:
        weight = probability(self.rules.learning_rate, self.weeks)
        for g in range(self.G):
            for p in range(self.P):
                n = self.homes_history[-1][g, p]  # at the start of the step: called before the new count
                if n > 0:
                    surprise = arrests[g, p] / self.weeks - n * self.h[g, p]
                    self.h[g, p] += weight * surprise / (n + self.rules.credibility)
                news = [
                    one.belief
                    for one in self.of(Announcement)
                    if one.platform == self.names[p]
                    and self.on(one, g)
                    and math.floor(self.day(one.start) / self.scenario.step_days) == step - 1
                ]
                if news:
                    b = 1 - math.exp(-52 * self.h[g, p]) + sum(news)
                    self.h[g, p] = -math.log1p(-min(max(b, 0.0), 0.999)) / 52

    # ---- revision and choice ------------------------------------------------------------

    def known(self, i: int) -> list[int]:
        """Contacts of a slot in this step."""
        if self.contacts is not None:
            return self.contacts[i]
        others = self.rng.integers(0, len(self.actors) - 1, int(self.scenario.population.contacts.degree))
        return [int(j) + (int(j) >= i) for j in others]

    def revises(self, i: int, step: int, known: list[int]) -> bool:
        """Does this actor, free and not removed, choose in this step?"""
        actor = self.actors[i]
        rates = self.rates[actor.group]
        if actor.habit not in (NOBODY, actor.home) and self.before is not None:
            was_open = self.before[actor.group][actor.habit].available
            if rates[actor.habit].available and not was_open:
                return True
        closed = actor.home < self.P and not rates[actor.home].available
        if closed or actor.stranded:
            rate = self.rules.rechoice_rate
            return rate is None or bool(self.rng.random() < min(1.0, rate * self.weeks))
        rate = self.rules.revision_rate
        if actor.home < self.P and known:
            lost = sum(self.actors[j].removed_at == step - 1 for j in known if step > 1)
            rate *= 1 + self.rules.vigilance * lost / len(known) / self.weeks
        return bool(self.rng.random() < min(1.0, rate * self.weeks))

    def options(self, actor: Actor, known: list[int]) -> list[tuple[int, float, float]]:
        """(platform, utility, utility as if switching were free) of every platform that can be had."""
        start = actor.home if actor.home < self.P else actor.habit
        if actor.home == self.REMOVED:
            start = NOBODY
        rates, rules = self.rates[actor.group], self.rules
        count = [0] * (self.P + 2)
        for j in known:
            count[self.actors[j].home] += 1
        visible = sum(count[p] for p in range(self.P) if rates[p].available)
        belief = [1 - math.exp(-52 * h) for h in self.h[actor.group]]
        homes = self.homes_history[-1][actor.group, : self.P]
        total = sum(homes)
        mean = (
            sum(b * n for b, n in zip(belief, homes, strict=True)) / total if total else sum(belief) / self.P
        )
        found = []
        for q in range(self.P):
            f = self.friction[start][q] if start != NOBODY else 0.0
            if not rates[q].available or f == math.inf:
                continue
            peers = count[q] / visible if visible else 0.0
            value = rates[q].asc + rules.peer_influence * peers
            value -= actor.risk * ((1 - rules.spillover) * belief[q] + rules.spillover * mean)
            value -= 0.0 if q in actor.apps else rates[q].onboarding
            cost = 0.0 if q in (actor.home, actor.habit) else rules.switching_cost * f
            found.append((q, value - cost, value))
        return found

    def choose(self, actor: Actor, known: list[int], step: int) -> tuple[int, int, set[int]]:
        """Home, habit and apps after a revision."""
        luck = self.rng.gumbel(size=self.P + 1)
        options = self.options(actor, known)
        best, where = self.rules.outside_option + luck[self.P], self.DORMANT
        for q, value, _ in options:
            if value + luck[q] > best:
                best, where = value + luck[q], q
        apps = set(actor.apps)
        if where < self.P:
            apps.add(where)
        if options and self.rng.random() < self.rules.trial:
            apps.add(max(options, key=lambda o: o[2] + luck[o[0]])[0])
        running = [(k, self.names.index(one.platform)) for k, one in self.seized(step)]
        held = {p for k, p in running if k in actor.taken}
        for q in sorted(apps - {where} - held):
            if self.rng.random() < self.rules.uninstall_probability:
                apps.remove(q)
        closed = actor.home < self.P and not self.rates[actor.group][actor.home].available
        free = not closed and not actor.stranded
        return where, (where if free and where < self.P else actor.habit), apps

    # ---- the step -----------------------------------------------------------------------

    def step(self, t: int) -> None:
        self.before = self.rates if t > 1 else None
        self.rates = self.policy(t)
        self.take_data(t)
        outcomes = [self.outcome(i, t) for i in range(len(self.actors))]
        arrests = np.zeros((self.G, self.P), dtype=int)
        old = [(a.home, set(a.apps)) for a in self.actors]
        newcomers = np.zeros(self.P + 2, dtype=int)
        for actor, (home, habit, apps, stranded, source) in zip(self.actors, outcomes, strict=True):
            if source != NOBODY:
                arrests[actor.group, source] += 1
                actor.removed_at, actor.taken = t, set()
            if actor.home == self.REMOVED != home:
                actor.entered = t
                newcomers[home] += 1
            actor.home, actor.habit, actor.apps, actor.stranded = home, habit, apps, stranded
        self.learn(t, arrests)
        self.arrest_history.append(arrests)
        self.homes_history.append(self.homes_by_group())
        self.reach_out(t)
        self.note(t, old, arrests, newcomers)

    def outcome(self, i: int, t: int) -> tuple[int, int, set[int], bool, int]:
        """(home, habit, apps, stranded, source of an arrest) of one slot after the step."""
        actor = self.actors[i]
        if actor.home == self.REMOVED:
            if self.rng.random() < probability(self.rules.replacement_rate, self.weeks):
                return (*self.choose(actor, self.known(i), t), False, NOBODY)
            return self.REMOVED, NOBODY, set(), False, NOBODY
        source = self.arrest(actor, t)
        if source != NOBODY:
            return self.REMOVED, NOBODY, set(), False, source
        known = self.known(i)
        if self.revises(i, t, known):
            return (*self.choose(actor, known, t), False, NOBODY)
        closed = actor.home < self.P and not self.rates[actor.group][actor.home].available
        if closed:
            return self.DORMANT, actor.habit, actor.apps, True, NOBODY
        return actor.home, actor.habit, actor.apps, actor.stranded, NOBODY

    # ---- the record ---------------------------------------------------------------------

    def homes_by_group(self) -> np.ndarray:
        counts = np.zeros((self.G, self.P + 2), dtype=int)
        for actor in self.actors:
            counts[actor.group, actor.home] += 1
        return counts

    def blank_record(self) -> dict[str, np.ndarray]:
        T, K, P, G = self.scenario.steps + 1, self.P + 2, self.P, self.G
        shapes = {
            "actors": (T, K),
            "actors_by_group": (T, G, K),
            "moves": (T, K, K),
            "joint": (T, K, K),
            "arrests": (T, P),
            "arrests_by_group": (T, G, P),
            "joins": (T, P),
            "installed": (T, P),
            "active": (T, P),
            "belief": (T, G, P),
            "newcomers": (T, K),
        }
        return {name: np.zeros(shape) for name, shape in shapes.items()}

    def note(self, t: int, old: Any = None, arrests: Any = None, newcomers: Any = None) -> None:
        r = self.record
        r["actors_by_group"][t] = self.homes_history[-1]
        r["actors"][t] = self.homes_history[-1].sum(axis=0)
        r["belief"][t] = 1 - np.exp(-52 * self.h)
        for actor in self.actors:
            for q in actor.apps:
                r["installed"][t, q] += 1
                if actor.home < self.P and actor.home != q:
                    r["active"][t, q] += self.rules.idle_use
        r["active"][t] += r["actors"][t, : self.P]
        if t > 0:
            for (home, apps), actor in zip(old, self.actors, strict=True):
                r["moves"][t, home, actor.home] += 1
                for q in actor.apps - apps:
                    r["joins"][t, q] += 1
            r["arrests_by_group"][t], r["arrests"][t] = arrests, arrests.sum(axis=0)
            r["newcomers"][t] = newcomers
        reference = self.scenario.reference_step
        if t == reference:
            self.origin = [a.home for a in self.actors]
        if t >= reference:
            for origin, actor in zip(self.origin, self.actors, strict=True):
                gone = actor.entered > reference  # another person in the slot
                r["joint"][t, origin, self.REMOVED if gone else actor.home] += 1


def shortest_paths(scenario: Scenario) -> list[list[float]]:
    """Friction between all pairs (Floyd 1962, Warshall 1962)."""
    names, edges = list(scenario.platforms), scenario.landscape.edges
    P = len(names)
    f = [[0.0 if p == q else (1.0 if edges is None else math.inf) for q in range(P)] for p in range(P)]
    for e in edges or ():
        f[names.index(e.origin)][names.index(e.destination)] = e.friction
    for k in range(P):
        for p in range(P):
            for q in range(P):
                f[p][q] = min(f[p][q], f[p][k] + f[k][q])
    return f


def recruit(scenario: Scenario, names: list[str], rng: np.random.Generator) -> list[Actor]:
    """Quotas of groups by largest remainder; homes, apps and risk aversion by chance."""
    groups, N = scenario.groups, scenario.population.actors
    exact = [g.share * N for g in groups]
    sizes = [math.floor(x + 1e-9) for x in exact]
    for g in sorted(range(len(groups)), key=lambda g: sizes[g] - exact[g])[: N - sum(sizes)]:
        sizes[g] += 1
    actors = []
    for g, group in enumerate(groups):
        shares = [group.start.get(name, 0.0) for name in (*names, "dormant")]
        variance = math.log(1 + group.risk_aversion_cv**2)
        for home in rng.choice(len(names) + 1, size=sizes[g], p=np.array(shares) / sum(shares)):
            risk = 0.0
            if group.risk_aversion > 0:
                risk = rng.lognormal(math.log(group.risk_aversion) - variance / 2, math.sqrt(variance))
            apps = {p for p, name in enumerate(names) if rng.random() < group.start_apps.get(name, 0.0)}
            on_platform = home < len(names)
            apps |= {int(home)} if on_platform else set()
            actors.append(Actor(g, risk, int(home), int(home) if on_platform else NOBODY, apps))
    return actors


def acquaint(scenario: Scenario, N: int, seed: int) -> list[list[int]] | None:
    """Contacts of every slot, by networkx; None where they are drawn afresh each step."""
    c = scenario.population.contacts
    if c.kind == "annealed":
        return None
    if c.kind == "given":
        graph = nx.Graph(c.ties)
        graph.add_nodes_from(range(N))
    elif c.kind == "erdos_renyi":
        graph = nx.fast_gnp_random_graph(N, c.degree / (N - 1), seed=seed)
    elif c.kind == "small_world":
        graph = nx.watts_strogatz_graph(N, int(c.degree), c.rewiring, seed=seed)
    elif c.kind == "scale_free":
        graph = nx.barabasi_albert_graph(N, int(c.degree) // 2, seed=seed)
    else:
        message = f"the reference has no contacts of kind {c.kind!r}; pass the graph as 'given'"
        raise NotImplementedError(message)
    return [list(graph.neighbors(i)) for i in range(N)]


def tell(scenario: Scenario, seed: int = 0) -> dict[str, np.ndarray]:
    """One replicate: name -> array with the axes of `Runs.data` but for the replicate."""
    world = World(scenario, seed)
    for t in range(1, scenario.steps + 1):
        world.step(t)
    return world.record


def tell_often(scenario: Scenario, *, replicates: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Many replicates, stacked along the first axis."""
    told = [tell(scenario, seed * 100_003 + r) for r in range(replicates)]
    return {name: np.stack([one[name] for one in told]) for name in told[0]}
