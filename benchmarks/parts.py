"""Where the time of the compiled engine goes.

Every pass that the step calls is wrapped in readings of the processor's cycle counter and compiled
into the step again, so each is timed in its place, with the caches as they are; a reading costs some
ten nanoseconds for a block of hundreds of actors. Beside the passes stand the bare costs on this machine of
what they are made of.
"""

# What numba compiles has no types.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg,var-annotated,import-untyped"
from __future__ import annotations

import time
import types
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.types import CPointer, int64, intp
from numba.extending import intrinsic

from balloon import Scenario
from balloon._jit import own, specialise
from balloon.draws import SHOCK, log, philox, tag_of, unit
from balloon.engines import arrays, choice, passes
from benchmarks import case
from benchmarks.clock import Contender, best_of, one_lap

PASSES = {
    "observe": "stage",
    "close_step": "stage",
    "carry": "tally",
    "_bounds": "bounds",
    "bound_options": "bounds",
    "_draw_events": "draws: arrest and revision",
    "_sift": "tally: who is arrested, who revises",
    "_look_closer": "tally: who is arrested, who revises",
    "_enlist": "tally: who is arrested, who revises",
    "set_aside": "draws: shocks, and stayers set aside",
    "_gather": "choice among the rest: what they are",
    "look_around": "choice among the rest: contacts",
    "_judge": "choice among the rest: utility",
    "_draw_shocks": "choice among the rest: shocks",
    "_take_best": "choice among the rest: the best",
    "drop_apps": "tally: write and count what changed",
    "apply": "tally: write and count what changed",
}
"""The passes of `balloon.engines.passes.advance`, and what part of the work they do."""
REST = "everything else"
ROOM = 64  # passes at most


def breakdown(
    cases: Sequence[tuple[float, int]], *, steps: int, rounds: int
) -> dict[tuple[float, int], dict[str, float]]:
    """Nanoseconds per actor-step by pass; the parts add up to "whole step".

    Parameters
    ----------
    cases : sequence of (float, int)
        Revision rates and numbers of actors.
    steps, rounds : int
        Of each case; the fastest round counts.
    """
    spent, cycle = np.zeros(ROOM, np.int64), nanoseconds_a_cycle()
    kernel, names = timed(arrays.advance, spent)
    for _ in stepped(case.scenario(100, steps=1), kernel):  # compile
        pass
    found = {}
    for rate, actors in cases:
        scenario = case.scenario(actors, revision_rate=rate, steps=steps)
        contender = Contender(name="", states=partial(stepped, scenario, kernel), actors=actors, rounds=1)
        best: dict[str, float] = {"whole step": np.inf}
        for _ in range(rounds):
            spent[:] = 0
            whole = one_lap(contender).per_actor_step
            if whole < best["whole step"]:
                each = (spent * cycle / steps / actors).tolist()
                best = dict.fromkeys(PASSES.values(), 0.0)
                for name, share in zip(names, each, strict=False):
                    best[PASSES[name]] += share
                best |= {REST: whole - sum(each), "whole step": whole}
        found[rate, actors] = best
    return found


def timed(whole: Any, spent: Any) -> tuple[Any, list[str]]:
    """Compile a kernel again with every pass timed; return it and the names of the passes.

    Parameters
    ----------
    whole : compiled function
        The kernel that calls the passes.
    spent : (ROOM,) int64 array
        Cycles spent in each pass are added here; it must outlive the kernel.

    Examples
    --------
    Timing leaves the run as it was:

    >>> spent, small = np.zeros(ROOM, np.int64), case.scenario(1_000, steps=5)
    >>> kernel, _ = timed(arrays.advance, spent)
    >>> ends = [list(stepped(small, one))[-1] for one in (kernel, arrays.advance)]
    >>> bool((ends[0].series.moves == ends[1].series.moves).all()), bool(spent.sum() > 0)
    (True, True)
    """
    modules = {**vars(choice), **vars(passes)}
    wrapped = {name: _timed(modules[name], spent, k) for k, name in enumerate(PASSES)}
    return specialise(whole, frozenset(wrapped.items())), list(PASSES)


def _timed(once: Any, spent: Any, k: int) -> Any:
    address = spent.ctypes.data + 8 * k

    @numba.njit(nogil=True, error_model="numpy")
    def timed(*arguments):
        begun = cycles()
        result = once(*arguments)
        add_to(address, cycles() - begun)
        return result

    return timed


@intrinsic
def cycles(typing):
    """Read the processor's cycle counter."""

    def code(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(64), [])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.readcyclecounter"), [])

    return int64(), code


@intrinsic
def add_to(typing, address, amount):
    """Add to a number in memory: arrays that a kernel does not get as arguments are constants to it."""

    def code(context, builder, signature, arguments):
        place = builder.inttoptr(arguments[0], context.get_value_type(CPointer(int64)))
        builder.store(builder.add(builder.load(place), arguments[1]), place)
        return context.get_dummy_value()

    return numba.types.void(intp, int64), code


def nanoseconds_a_cycle() -> float:
    """How long a cycle of the counter lasts; it runs evenly, whatever the processor does."""
    now()  # compile
    begun, first = time.perf_counter_ns(), int(now())
    time.sleep(0.2)
    return (time.perf_counter_ns() - begun) / (int(now()) - first)


@numba.njit
def now():
    """The cycle counter, for Python."""
    return cycles()


def stepped(scenario: Scenario, kernel: Any) -> Iterator[arrays.State]:
    """Yield the engine's states with another kernel in the place of its own."""
    names = {**arrays.__dict__, "code": lambda *_: kernel}
    engine: Any = types.FunctionType(arrays.states.__code__, names, "states", None, None)
    states: Iterator[arrays.State] = engine(scenario, seed=1, replicate=0)
    return states


def bare_costs(actors: int, *, rounds: int) -> dict[str, float]:
    """Nanoseconds of the pieces alone: a block of four words, a Gumbel, a contact looked up."""
    scenario = case.scenario(actors)
    ties = scenario.population.contacts.draw(scenario.population.sizes, seed=1)
    home = np.random.default_rng(1).integers(6, size=actors).astype(np.int8)
    uniforms, blocks = np.empty((4, 512)), max(actors // 512, 1)
    jobs = {
        "four uniforms (one Philox block)": (partial(_draw, blocks, uniforms), blocks * 512),
        "logarithms of a Gumbel shock": (partial(_to_gumbels, blocks, uniforms), blocks * 512 * 4),
        "looking up the home of one contact": (partial(_look_up, home, ties.others), len(ties.others)),
    }
    costs = {}
    for name, (work, times) in jobs.items():
        work()  # compile
        costs[name] = best_of(rounds, work) / times * 1e9
    return costs


@own
def _draw(blocks, out):
    for t in range(blocks):
        _draw_block(np.uint64(t), out[0], out[1], out[2], out[3])


@own
def _draw_block(t, a, b, c, d):
    zero, tag = np.uint64(0), tag_of(SHOCK, 0)
    for k in range(a.size):
        w = philox(np.uint64(k), t, zero, tag, np.uint64(1), zero)
        a[k], b[k], c[k], d[k] = unit(w[0]), unit(w[1]), unit(w[2]), unit(w[3])


@own
def _to_gumbels(blocks, uniforms):
    shocks = np.empty(uniforms.shape[1])
    total = 0.0
    for t in range(blocks):
        for item in range(4):
            row = uniforms[item]
            for k in range(row.size):
                shocks[k] = -log(-log(row[k]))
            total += shocks[t % shocks.size]
    return total


@own
def _look_up(home, others):
    total = 0
    for e in range(others.size):
        total += home[others[e]]
    return total
