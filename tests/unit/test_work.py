"""Replicates in blocks: the same for any cut, failures noted, refusals in words."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

import balloon as bl
from balloon.work import Gathered, _length, _pieces, gather, stream
from tests.scale.jobs import Square, runs_of

X = [{"x": r / 10} for r in range(30)]


def squares(done: Gathered) -> list[float]:
    return [float(columns["square"][0]) for columns in done.columns]


@pytest.mark.parametrize("block", [1, 2, 7, 30, 1000, None])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_does_not_depend_on_how_the_work_is_cut(block: int | None, workers: int) -> None:
    done = gather(Square(), stop=30, draws=X, block=block, workers=workers, size=1e6)
    assert done.numbers == tuple(range(30))
    assert squares(done) == [r**2 + r / 10 for r in range(30)]
    assert done.failures == ()


def test_replicates_can_be_added_to_those_that_are_there() -> None:
    done = gather(Square(), first=10, stop=13, draws=X[10:13], size=1)
    assert done.numbers == (10, 11, 12)
    assert squares(done) == [101.0, 122.1, 145.2]


def test_a_block_is_a_second_of_work_but_every_worker_gets_several() -> None:
    # 20 million actor-steps a second: 20 replicates of 1 million, each with its setup.
    assert _length(960_000, 10_000, 2, blocks=4) == 20
    assert _length(1e6, 100, 2, blocks=4) == 12
    assert _length(1e6, 100, 2, blocks=16) == 3
    assert _length(1e9, 100, 2, blocks=4) == 1


def test_threads_of_our_own_get_smaller_blocks() -> None:
    def blocks(executor: Executor | None) -> int:
        return len(list(stream(Square(), stop=320, size=1, workers=2, executor=executor)))

    assert blocks(None) == 32
    with ThreadPoolExecutor(2) as given:
        assert blocks(given) == 8
    assert list(_pieces([0, 1, 2, 5, 6, 9], 2)) == [range(2), range(2, 3), range(5, 7), range(9, 10)]


def test_a_replicate_that_fails_does_not_take_the_others_along() -> None:
    done = gather(Square(bad=(3,)), stop=10, block=4, size=1)
    assert done.numbers == (0, 1, 2, 4, 5, 6, 7, 8, 9)
    assert squares(done)[3] == 16
    (failure,) = done.failures
    assert failure.replicate == 3
    assert failure.error == "ArithmeticError: replicate 3 went wrong"
    assert 'File "jobs.py", line' in failure.traceback


def test_failures_are_in_the_order_of_the_replicates() -> None:
    done = gather(Square(bad=(17, 4, 9)), stop=30, block=1, workers=3, size=1)
    assert [failure.replicate for failure in done.failures] == [4, 9, 17]


def test_more_than_a_tenth_failing_is_an_error_with_the_first_traceback() -> None:
    with pytest.raises(bl.EngineError) as refused:
        gather(Square(bad=(5, 2)), stop=19, block=19, size=1)
    said = str(refused.value)
    assert said.startswith("2 of 19 replicates failed, more than a tenth, so no more are run; the first is ")
    assert "replicate 2: ArithmeticError: replicate 2 went wrong\nTraceback" in said
    assert said.count("went wrong") == 1 + said.count('replicate {number} went wrong")')
    assert said.endswith('went wrong")')
    assert isinstance(refused.value.__cause__, ArithmeticError)


@dataclass(frozen=True)
class Refusing(Square):
    """Says this in its last replicate."""

    said: str = ""
    kind: type[Exception] = OSError

    def __call__(self, number: int, values: Any) -> Any:
        if number == 9:
            raise self.kind(self.said)
        return super().__call__(number, values)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("No such file or directory: '/home/alice/my data.csv'", "No such file or directory: 'my data.csv'"),
        ("cannot read /home/alice/data.csv: no", "cannot read data.csv: no"),
        ("During: typing of call at /home/alice/x/rules.py (41)", "During: typing of call at rules.py (41)"),
        (r"'C:\\Users\\Alice Smith\\data.csv' or C:\Users\alice\b.csv", "'data.csv' or b.csv"),
        (r"on \\server\alice\data.csv", "on data.csv"),
        ("PosixPath('/home/alice/dir/'), file:///home/alice/x.csv", "PosixPath('dir'), x.csv"),
        (
            "see https://example.org/a/b: 1/2 of a/b per / week",
            "see https://example.org/a/b: 1/2 of a/b per / week",
        ),
    ],
)
def test_a_failure_names_files_without_their_folders(said: str, kept: str) -> None:
    (failure,) = gather(Refusing(said=said), stop=10, size=1).failures
    assert failure.error == f"OSError: {kept}"
    assert failure.traceback.rstrip().endswith(f"OSError: {kept}")
    assert "lice" not in failure.error + failure.traceback


def test_what_balloon_refuses_is_said_without_a_traceback() -> None:
    with pytest.raises(bl.RunError) as refused:
        gather(Refusing(said="a rule gave nan;\nneed a number", kind=bl.RunError), first=9, stop=10, size=1)
    assert str(refused.value) == (
        "1 of 1 replicates failed, more than a tenth, so no more are run; the first is replicate 9: "
        "RunError: a rule gave nan;\nneed a number"
    )


def test_exactly_a_tenth_may_fail() -> None:
    assert len(gather(Square(bad=(2, 5)), stop=20, size=1).failures) == 2


def test_a_single_replicate_that_fails_is_an_error() -> None:
    with pytest.raises(bl.EngineError, match="1 of 1 replicates failed"):
        gather(Square(bad=(0,)), stop=1, size=1)


@pytest.mark.parametrize("fatal", [MemoryError, KeyboardInterrupt, SystemExit])
def test_what_is_no_failure_of_a_rule_is_not_swallowed(fatal: type[BaseException]) -> None:
    def raises(number: int, values: Any) -> Any:
        raise fatal

    raises.own, raises.key = (), str  # type: ignore[attr-defined]
    with pytest.raises(fatal):
        gather(raises, stop=20, size=1)  # type: ignore[arg-type]


def test_whoever_stops_listening_stops_the_work(tmp_path) -> None:
    blocks = stream(Square(str(tmp_path), nap=0.01), stop=1000, block=1, workers=1, size=1)
    next(blocks)
    blocks.close()
    assert len(runs_of(tmp_path)) < 10


def test_the_users_executor_is_left_without_work_nobody_wants(tmp_path) -> None:
    with ThreadPoolExecutor(1) as pool:
        blocks = stream(Square(str(tmp_path), nap=0.05), stop=8, block=1, executor=pool, size=1)
        next(blocks)
        blocks.close()
    assert len(runs_of(tmp_path)) < 5


def test_an_interruption_cancels_what_has_not_started_and_keeps_what_is_stored(tmp_path) -> None:
    log, store = tmp_path / "log", tmp_path / "store"
    log.mkdir()
    job = Square(str(log))
    blocks = stream(job, stop=100, block=1, workers=1, size=1, store=store)
    for _ in range(5):
        next(blocks)
    with pytest.raises(KeyboardInterrupt):
        blocks.throw(KeyboardInterrupt)
    for thread in threading.enumerate():
        if thread.name.startswith("balloon"):
            thread.join()  # what had begun goes on to its end
    before = len(runs_of(log))
    assert before < 20
    assert squares(gather(job, stop=100, store=store, size=1)) == [r**2 for r in range(100)]
    # Five were stored; at most those that ran beside them are done twice.
    assert len(runs_of(log)) <= 100 + before - 5


def test_an_executor_that_is_shut_down_is_refused() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(bl.EngineError, match=r"is shut down .*; pass one that accepts work"):
        gather(Square(), stop=3, executor=pool, size=1)


def test_what_is_no_executor_is_refused() -> None:
    with pytest.raises(bl.EngineError, match=r"need a concurrent.futures.Executor; that of a Dask client is"):
        gather(Square(), stop=3, executor=object(), size=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [0, -2])
def test_a_block_of_nothing_is_refused(block: int) -> None:
    with pytest.raises(bl.EngineError, match=f"block is {block}; need a whole number of replicates >= 1"):
        gather(Square(), stop=3, block=block, size=1)


class Elsewhere(Executor):
    """Runs nothing, and answers with an exception of its own."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def submit(self, *_: Any, **__: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


def test_trouble_of_the_executor_is_told_from_trouble_of_a_rule() -> None:
    with pytest.raises(bl.EngineError, match=r"did not take the work \(TypeError: cannot pickle\); pass one"):
        gather(Square(), stop=3, executor=Elsewhere(TypeError("cannot pickle")), size=1)


def test_a_worker_with_another_version_of_the_model_is_refused() -> None:
    from balloon.work import run_block

    with pytest.raises(bl.EngineError, match=r"a worker has version .* of the model, this is 0.0.1\+abc"):
        run_block(Square(), "0.0.1+abc", range(2), None)


def test_the_users_executor_stays_open() -> None:
    with ThreadPoolExecutor(1) as pool:
        gather(Square(), stop=3, executor=pool, size=1)
        assert pool.submit(threading.active_count).result() > 0


def test_few_blocks_are_handed_out_ahead() -> None:
    pool = ThreadPoolExecutor(1)
    most, handed = 0, pool.submit

    def submit(*arguments: Any) -> Future[Any]:
        nonlocal most
        most = max(most, pool._work_queue.qsize())
        return handed(*arguments)

    pool.submit = submit  # type: ignore[method-assign]
    with pool:
        gather(Square(nap=0.001), stop=100, executor=pool, block=1, size=1)
    assert most <= 8


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream_", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_progress_is_shown_in_a_terminal_only(stream_: type[io.StringIO], *, shown: bool) -> None:
    with contextlib.redirect_stderr(stream_()) as said:
        gather(Square(), stop=7, progress=True, size=1)
    assert ("7/7" in said.getvalue()) == shown


def test_progress_takes_what_was_stored_for_done_not_for_speed(tmp_path, monkeypatch) -> None:
    gather(Square(), stop=6, store=tmp_path, size=1)
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    seen: list[tuple[int, int]] = []
    from tqdm.asyncio import tqdm

    closed = tqdm.close

    def close(bar: Any) -> None:
        seen.append((bar.initial, bar.n))
        closed(bar)

    monkeypatch.setattr(tqdm, "close", close)
    gather(Square(), stop=10, store=tmp_path, progress=True, size=1)
    assert (6, 10) in seen
