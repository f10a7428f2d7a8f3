"""Replicates in blocks over any executor: what the store has is read, the rest computed, failures noted."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from balloon._machine import cores
from balloon.errors import EngineError, RunError
from balloon.store import Store, digest_of, model_version

Columns = dict[str, NDArray[Any]]
"""What one replicate leaves behind: reduced series by name, never actors."""
Values = Mapping[str, float]
"""Parameter values by dotted path."""

SECOND = 2e7
"""Actor-steps that a worker does in about a second: the length of a block, nothing else, hangs on it."""
SETUP = 4e4
"""Actor-steps that take as long as the setting up of a replicate, roughly."""
BLOCKS = 4
"""Blocks a worker at least, so that the last ones do not leave most workers idle."""
OWN_BLOCKS = 16
"""The same for threads of our own: to them a block is handed out at no cost."""
AHEAD = 8
"""Blocks a worker that are handed out at once: results that wait to be read stay few."""
UNKNOWN = 16
"""Workers of an executor that does not say how many it has."""


class Job(Protocol):
    """What is done in one replicate: a frozen dataclass at module level, so that it can travel."""

    @property
    def own(self) -> tuple[Any, ...]:
        """The user's functions and classes that decide the result."""

    def __call__(self, number: int, values: Values | None) -> Columns:
        """Run a replicate with these values by dotted path; None: the scenario's own."""

    def key(self) -> str:
        """Everything that decides the result as text, but the replicate, the values and the model."""


class Failure(NamedTuple):
    """A replicate that raised."""

    replicate: int
    error: str
    """Kind and message."""
    traceback: str
    """Where it was raised; files by name only."""


class Gathered(NamedTuple):
    """What came back, in the order of the replicates."""

    numbers: tuple[int, ...]
    """Those that went well."""
    columns: list[Columns]
    """What they left behind."""
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Caught:
    """A failure with the exception itself, which stays in the process that raised it."""

    failure: Failure
    cause: Exception | None = None

    def __reduce__(self) -> tuple[type[Caught], tuple[Failure]]:
        return Caught, (self.failure,)


class Block(NamedTuple):
    """What is known of some replicates."""

    numbers: list[int]
    columns: list[Columns]
    caught: list[Caught]


def gather(
    job: Job,
    *,
    first: int = 0,
    stop: int,
    draws: Sequence[Values] | None = None,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    progress: bool = False,
    block: int | None = None,
    workers: int | None = None,
    size: float,
) -> Gathered:
    """Run replicates ``first`` to ``stop - 1`` and collect what they leave behind.

    The result is the same to the bit for any executor, number of workers and length of blocks.

    Parameters
    ----------
    job : Job
    first, stop : int
        Numbers of the replicates: first, first + 1, .. stop - 1.
    draws : sequence of mappings, optional
        Parameter values by dotted path; ``draws[i]`` belongs to replicate ``first + i``.
    executor : concurrent.futures.Executor, optional
        By default threads on this machine.
    store : path, optional
        Folder in which finished blocks are kept and looked for.
    progress : bool
        Show a bar on stderr if it is a terminal, or in a notebook.
    block : int, optional
        Replicates handed out at once; by default about a second of work, and several blocks a worker.
    workers : int, optional
        Threads of the default executor; by default one a core.
    size : float
        Actor-steps of one replicate, for the default length of a block.

    Raises
    ------
    EngineError
        The executor is shut down or lost a worker; more than a tenth of the replicates failed.
    DataError
        The store cannot be written to, or was written by another version of the model.
    """
    blocks = stream(
        job,
        first=first,
        stop=stop,
        draws=draws,
        executor=executor,
        store=store,
        progress=progress,
        block=block,
        workers=workers,
        size=size,
    )
    good: dict[int, Columns] = {}
    failures: list[Failure] = []
    with closing(blocks):
        for one in blocks:
            good.update(zip(one.numbers, one.columns, strict=True))
            failures += [caught.failure for caught in one.caught]
    numbers = tuple(sorted(good))
    return Gathered(numbers, [good[n] for n in numbers], tuple(sorted(failures)))


def stream(
    job: Job,
    *,
    first: int = 0,
    stop: int,
    draws: Sequence[Values] | None = None,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    progress: bool = False,
    block: int | None = None,
    workers: int | None = None,
    size: float,
) -> Generator[Block]:
    """Yield replicates as they are known, block by block; the arguments are those of `gather`.

    First those in the store, in order, then the others as they are done. Whoever stops listening
    stops the work: what has not started is cancelled.
    """
    _check(executor, block)
    asked, found = stop - first, set[int]()
    kept = None if store is None else Store(store, key=job.key(), own=job.own)
    if kept is not None:
        digests = [digest_of(None)] * asked if draws is None else [digest_of(one) for one in draws]
        for numbers, columns in kept.read(first, digests):
            found.update(numbers)
            yield Block(numbers, columns, [])
    missing = [number for number in range(first, stop) if number not in found]
    if not missing:
        return
    if kept is not None:
        kept.prepare()
    workers = workers or _workers(executor)
    several = OWN_BLOCKS if executor is None else BLOCKS
    length = block or _length(size, len(missing), workers, blocks=several)
    tasks = [
        (piece, None if draws is None else draws[piece.start - first : piece.stop - first])
        for piece in _pieces(missing, length)
    ]
    failed, earliest = 0, None
    with (
        _pool(executor, workers) as pool,
        _bar(total=asked, initial=len(found), wanted=progress) as advance,
        closing(_computed(pool, job, tasks, ahead=AHEAD * workers)) as blocks,
    ):
        for one in blocks:
            if kept is not None:
                kept.write(one.numbers, one.columns, [digests[n - first] for n in one.numbers])
            failed += len(one.caught)
            # One exception only: each holds on to all that its replicate was working on.
            earliest = min((*one.caught, *([earliest] if earliest else [])), key=_number, default=None)
            if earliest is not None and 10 * failed > asked:
                raise _too_many(failed, asked, earliest)
            advance(len(one.numbers) + len(one.caught))
            yield one


def run_block(job: Job, model: str, numbers: range, values: Sequence[Values] | None) -> Block:
    """Run some replicates one after the other, wherever this is."""
    if model_version() != model:
        raise EngineError(
            f"a worker has version {model_version()} of the model, this is {model}; install the same there"
        )
    done = Block([], [], [])
    for i, number in enumerate(numbers):
        try:
            columns = job(number, None if values is None else values[i])
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a user's rule raises, the others go on
            done.caught.append(Caught(_failure(number, error), error))
        else:
            done.numbers.append(number)
            done.columns.append(columns)
    return done


def _failure(number: int, error: Exception) -> Failure:
    text = "".join(traceback.format_exception(error))
    return Failure(number, _without_folders(f"{type(error).__name__}: {error}"), _without_folders(text))


_PART = r"""[^\s\\/"'`<>|:,;()]+"""
_ROOT = r"(?:file://)?(?:[A-Za-z]:(?:\\+|/(?!/))|[\\/])"
_FOLDERS = (
    # In a traceback even a path from here, which numba gives, says where this is.
    (re.compile(r'File "(?:[^"\n]*[\\/])?([^"\\/\n]*)"'), r'File "\1"'),
    # In quotes a path may hold blanks.
    (re.compile(rf"""(["'`]){_ROOT}[^"'`\n]*[\\/]([^"'`\\/\n]+)[\\/]*\1"""), r"\1\2\1"),
    (re.compile(rf"(?:file://|(?<![\w/.~]))/(?:{_PART}/+)+({_PART})/?"), r"\1"),
    (re.compile(rf"(?<!\w)(?:[A-Za-z]:(?:\\+|/(?!/))|\\\\)(?:{_PART}[\\/]+)*({_PART})[\\/]*"), r"\1"),
)
"""Paths, and what is left of each."""


def _without_folders(text: str) -> str:
    """Files by name only: a result is the same, and tells nothing, wherever it was made."""
    for path, name in _FOLDERS:
        text = path.sub(name, text)
    return text


def _number(caught: Caught) -> int:
    return caught.failure.replicate


def _too_many(failed: int, asked: int, first: Caught) -> RunError:
    said, where = first.failure.error, first.failure.traceback.rstrip()
    # The message stands at the end of the traceback as well; what balloon refuses needs none.
    kind = re.escape(said.partition(":")[0])
    if re.search(rf"^balloon\.errors\.{kind}\b", where, re.MULTILINE):
        where = ""
    else:
        where = "\n" + re.sub(rf"^(?:\w+\.)*{re.escape(said)}", "", where, flags=re.MULTILINE).rstrip()
    error = RunError(
        f"{failed} of {asked} replicates failed, more than a tenth, so no more are run; the first is "
        f"replicate {first.failure.replicate}: {said}{where}"
    )
    error.__cause__ = first.cause
    return error


# ---- blocks -------------------------------------------------------------------------------


def _length(size: float, replicates: int, workers: int, *, blocks: int) -> int:
    """Replicates of a block: about a second of work, and so many blocks a worker or more."""
    return max(1, int(min(SECOND / (size + SETUP), replicates / (blocks * workers))))


def _pieces(numbers: Sequence[int], length: int) -> Iterator[range]:
    """Cut ascending numbers into runs without gaps, none longer than ``length``."""
    start = 0
    for i in range(1, len(numbers) + 1):
        if i == len(numbers) or numbers[i] != numbers[i - 1] + 1 or i - start == length:
            yield range(numbers[start], numbers[i - 1] + 1)
            start = i


# ---- executors ----------------------------------------------------------------------------


def _check(executor: Executor | None, block: int | None) -> None:
    if executor is not None and not isinstance(executor, Executor):
        raise EngineError(
            f"executor is {executor!r}; need a concurrent.futures.Executor; that of a Dask client is "
            "client.get_executor()"
        )
    if block is not None and not block >= 1:
        raise EngineError(f"block is {block!r}; need a whole number of replicates >= 1, or None")


def _workers(executor: Executor | None) -> int:
    """How many workers there are, as far as one can tell: it decides the length of blocks only."""
    if executor is None:
        return cores()
    count = getattr(executor, "_max_workers", None)  # threads, processes, loky
    client: Any = getattr(executor, "_client", None)  # Dask
    if count is None and getattr(client, "status", "") == "running":
        count = sum(client.nthreads().values())
    return max(1, count) if isinstance(count, int) else UNKNOWN


@contextmanager
def _pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    """The user's executor as it is, or threads of our own; never waits for work nobody wants."""
    if executor is not None:
        yield executor
        return
    own = ThreadPoolExecutor(workers, thread_name_prefix="balloon")
    try:
        yield own
    finally:
        own.shutdown(wait=False, cancel_futures=True)


def _computed(
    pool: Executor, job: Job, tasks: Sequence[tuple[range, Sequence[Values] | None]], *, ahead: int
) -> Generator[Block]:
    """Yield blocks as they are done; a few are handed out ahead, so that results never pile up."""
    done: SimpleQueue[Future[Block]] = SimpleQueue()
    pending: set[Future[Block]] = set()
    waiting, model = iter(tasks), model_version()

    def hand_out(number: int) -> None:
        for numbers, values in islice(waiting, number):
            future = _submitted(pool, job, model, numbers, values)
            pending.add(future)
            future.add_done_callback(done.put)

    try:
        hand_out(ahead)
        while pending:
            future = done.get()
            pending.remove(future)
            block = _result(future)
            hand_out(1)
            yield block
    finally:
        for future in pending:
            future.cancel()


def _submitted(
    pool: Executor, job: Job, model: str, numbers: range, values: Sequence[Values] | None
) -> Future[Block]:
    try:
        return pool.submit(run_block, job, model, numbers, values)
    except BrokenExecutor as error:
        raise _lost(error) from error
    except RuntimeError as error:
        raise EngineError(f"executor {pool!r} is shut down ({error}); pass one that accepts work") from error
    except Exception as error:
        raise _refused(error) from error


def _result(future: Future[Block]) -> Block:
    try:
        return future.result()
    except (EngineError, MemoryError):
        raise
    except BrokenExecutor as error:
        raise _lost(error) from error
    except Exception as error:
        raise _refused(error) from error


def _refused(error: BaseException) -> EngineError:
    return EngineError(
        f"the executor did not take the work ({type(error).__name__}: {error}); pass one that accepts work; "
        "own rules and actors must stand in a module that its workers can import, and balloon be there"
    )


def _lost(error: Exception) -> RunError:
    return RunError(
        f"the executor lost a worker, killed or out of memory ({error}); finished blocks are in the store, "
        "if one was given: call again with it and a new executor to go on from there"
    )


# ---- progress -----------------------------------------------------------------------------


@contextmanager
def _bar(*, total: int, initial: int, wanted: bool) -> Iterator[Callable[[int], object]]:
    """Give what to call with the number of replicates done: a bar in a terminal or a notebook."""
    if not wanted:
        yield lambda _: None
        return
    from tqdm.asyncio import tqdm as plain
    from tqdm.auto import tqdm

    # In a notebook stderr is no terminal, and the bar is shown all the same. What came from the
    # store counts as done, not as speed.
    disable = None if tqdm is plain else False
    with tqdm(desc="replicates", total=total, initial=initial, disable=disable) as bar:
        yield bar.update
