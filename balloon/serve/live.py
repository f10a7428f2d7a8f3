"""Live: one comparison that runs in a thread of its own, says how far it is, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from balloon._machine import cores
from balloon.contrast import contrast
from balloon.errors import BalloonError
from balloon.serve.outcome import Outcome

if TYPE_CHECKING:
    from balloon.serve.wish import Wish

AT_ONCE = 2
"""Runs that a server does at the same time; the next ones wait in line."""


class Stopped(BaseException):
    """The run is no longer wanted; no error, so nothing on the way takes it for one."""


class Progress(NamedTuple):
    """How far a run is."""

    state: str
    """"waiting", "running", "drawing", "done", "refused" or "stopped"."""
    done: int
    """Pairs of runs."""
    of: int

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "refused", "stopped")


class Workshop:
    """What all sessions of a server share: threads, and the pen, for matplotlib's settings are global."""

    def __init__(self, *, workers: int | None = None, at_once: int = AT_ONCE) -> None:
        self.workers = workers or cores()
        self.pen = threading.Lock()
        self._runs = ThreadPoolExecutor(at_once, thread_name_prefix="balloon-run")
        self._blocks = ThreadPoolExecutor(self.workers, thread_name_prefix="balloon-block")

    def begin(self, wish: Wish) -> Live:
        """Put a wish in line.

        Raises
        ------
        ScenarioError
            A wish that cannot be: see `Wish.worlds`.
        """
        wish.worlds()
        live = Live(wish, self)
        live.start(self._runs.submit)
        return live

    def hands(self, live: Live) -> Hands:
        """The workers, as one run sees them."""
        return Hands(self._blocks, self.workers, live)

    def close(self) -> None:
        """Begin nothing more."""
        for pool in (self._runs, self._blocks):
            pool.shutdown(wait=False, cancel_futures=True)


class Live:
    """A run: ask it for its progress, and in the end for its outcome or its problems."""

    def __init__(self, wish: Wish, workshop: Workshop) -> None:
        self.wish = wish
        self.outcome: Outcome | None = None
        self.problems: tuple[str, ...] = ()
        self._workshop = workshop
        self._changing = threading.Lock()
        self._state = "waiting"
        self._done = 0
        self._unwanted = threading.Event()
        self._over = threading.Event()
        self._future: Future[None] | None = None

    @property
    def progress(self) -> Progress:
        """How far it is."""
        with self._changing:
            return Progress(self._state, self._done, self.wish.replicates)

    @property
    def unwanted(self) -> bool:
        """Whether it was stopped."""
        return self._unwanted.is_set()

    def start(self, submit: Callable[[Callable[[], None]], Future[None]]) -> None:
        """Stand in line; called once."""
        self._future = submit(self._run)

    def stop(self) -> None:
        """Make it stop: at once in line, after the blocks at hand while it runs."""
        self._unwanted.set()
        if self._future is not None and self._future.cancel():
            self._end("stopped")

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, no longer than so many seconds; returns whether it is."""
        return self._over.wait(seconds)

    def count(self, pairs: int) -> None:
        """Note that so many more pairs of runs are done."""
        with self._changing:
            self._done += pairs

    def _run(self) -> None:
        try:
            self._say("running")
            outcome = self._made()
            self.go_on()
            self.outcome = outcome
        except Stopped:
            self._end("stopped")
        except BalloonError as error:
            self._end("refused", *str(error).splitlines())
        except MemoryError:
            self._end("refused", "the run failed: not enough memory; fewer actors, or steps, need less")
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the page says so and goes on
            self._end("refused", f"the run failed: {type(error).__name__}: {error}")
        else:
            self._end("done")

    def _made(self) -> Outcome:
        baseline, alternative = self.wish.worlds()
        effect = contrast(
            baseline,
            alternative,
            replicates=self.wish.replicates,
            seed=self.wish.seed,
            parameters="ranges" if self.wish.ranges else None,
            executor=self._workshop.hands(self),
        )
        self._say("drawing")
        with self._workshop.pen:
            self.go_on()
            return Outcome.of(effect, self.wish)

    def go_on(self) -> None:
        """Raise `Stopped` if it is no longer wanted."""
        if self.unwanted:
            raise Stopped

    def _say(self, state: str) -> None:
        with self._changing:
            self._state = state

    def _end(self, state: str, *problems: str) -> None:
        self.problems = problems
        self._say(state)
        self._over.set()


class Hands(Executor):
    """The shared workers as one run sees them: what they finish is counted, and a stop is heeded."""

    def __init__(self, pool: Executor, workers: int, live: Live) -> None:
        self._pool, self._live = pool, live
        self._max_workers = workers  # where balloon.work looks for it

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a block.

        Raises
        ------
        Stopped
            The run is no longer wanted.
        """
        self._live.go_on()
        future = self._pool.submit(self._wanted, fn, *args, **kwargs)
        future.add_done_callback(self._count)
        return future

    def _wanted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._live.go_on()
        return fn(*args, **kwargs)

    def _count(self, future: Future[Any]) -> None:
        if not future.cancelled() and future.exception() is None:
            block = future.result()
            self._live.count(len(block.numbers) + len(block.caught))
