"""The worker processes: CPU work never runs in the event loop, and one crash or time-out costs one task.

Each worker is a pebble pool of one process, given one task at a time: a process that dies, at work or idle, takes
nothing but its own task with it, and is replaced and warmed before it is given another.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextvars import Context
from datetime import date
from multiprocessing.util import get_temp_dir
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from common.domain.errors import Busy
from common.domain.questions import Question
from common.runtime.log_limits import LogLimit
from common.runtime.logs import LogContext, current_log_context, within_log_context
from common.runtime.supervision import LoopName, TaskLoop
from forecast_service.workers.fork_server import ListenerCheck, context
from forecast_service.workers.outcome import WorkerLost, WorkerOutput

LOOK_AFTER_EVERY_S = 0.5
WARM_WITHIN_S = 120.0
"""A process that takes longer to start hangs: it is killed, and another one is started."""
OUT_OF_MEMORY = errno.ENOMEM
"""The exit status of a worker that had no memory left."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


class WorkerPool:
    """Warm worker processes in one event loop: ``size`` of them, by default as many as there are cores to use.

    A container's limit is not seen here, which is why it can be said.

    Args:
        bucket: the bucket of the prices.
        size: how many worker processes.
        end_process: called once where no worker can be started any more, so that the process is started again.
    """

    def __init__(self, bucket: str, size: int | None = None, end_process: Callable[[], None] | None = None) -> None:
        self._end_process = end_process
        self._listener = ListenerCheck()
        self.size = size or _cores()
        self._workers = [_Worker(bucket) for _ in range(self.size)]
        self._idle: deque[_Worker] = deque()
        self._at_work: set[_Worker] = set()
        self._warming: set[_Worker] = set()
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ending = False
        self._log_limit = LogLimit()
        self.loop = TaskLoop(LoopName.WORKER_CHECK, self._look_after, every_s=LOOK_AFTER_EVERY_S)

    def start(self) -> None:
        """Start the workers; each takes tasks once it is warm."""
        self.loop.start()

    async def ready(self) -> None:
        """Return once a worker is warm."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(worker.is_warm for worker in self._workers))

    def check(self) -> None:
        """Raise :class:`Busy` where no worker is warm."""
        if not any(worker.is_warm for worker in self._workers):
            raise Busy("The workers are starting.")

    async def make(self, question: Question, today: date) -> WorkerOutput:
        """Have a forecast made, by the next worker that is free; when this is cancelled the worker's process is killed.

        Raises:
            WorkerLost: the process died of the task, or all are ended.
            PricesGone: there is nothing (whole) to read.
            Failure: the forecast cannot be made.
        """
        return await self._on_a_worker(_followed, current_log_context(), _make, question, today)

    async def stop(self) -> None:
        """End the workers, and what they are at work on."""
        self._is_ending = True
        await self.loop.stop()
        async with self._changed:
            self._changed.notify_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self._workers))

    async def _on_a_worker(self, function: Callable[..., T], *args: Any) -> T:
        while True:
            worker = await self._taken()
            try:
                return await worker.run(function, *args)
            except BrokenProcessPool as exc:
                if self._is_ending:
                    raise WorkerLost("the workers are ended") from exc
                _log.info("a worker was gone before its task began; another gets it")
            finally:
                self._at_work.discard(worker)
                if not self._is_ending:
                    self._in_background(self._offer(worker))

    async def _taken(self) -> _Worker:
        async with self._changed:
            await self._changed.wait_for(lambda: self._idle or self._is_ending)
            if self._is_ending:
                raise WorkerLost("the workers are ended")
            worker = self._idle.popleft()
            self._at_work.add(worker)
            return worker

    async def _look_after(self) -> None:
        """Offer every worker that is not at work: each one is idle, or being warmed, whatever happened to it before."""
        if self._listener.is_lost():
            await self._give_up()
            return
        for worker in self._workers:
            await self._offer(worker)

    async def _give_up(self) -> None:
        """Have the process ended: warm workers finish their tasks, and tasks that wait for a worker are given back."""
        if self._end_process is not None:
            _log.critical(
                "the temporary folder %s was removed and no worker can be started any more; the service ends to be "
                "started again",
                get_temp_dir(),
            )
            end_process, self._end_process = self._end_process, None
            end_process()
        if not any(worker.is_warm for worker in self._workers):
            self._is_ending = True
            async with self._changed:
                self._changed.notify_all()

    async def _offer(self, worker: _Worker) -> None:
        """Let a worker take tasks; where it has no warm process, begin to warm one."""
        if worker in self._at_work or worker in self._warming:
            return
        if not worker.is_warm:
            self._begin_to_warm(worker)
            return
        async with self._changed:
            if worker not in self._idle and worker not in self._at_work:
                self._idle.append(worker)
                self._changed.notify_all()

    def _begin_to_warm(self, worker: _Worker) -> None:
        if worker in self._idle:
            _log.warning("an idle worker died; it is replaced")
            self._idle.remove(worker)
        self._warming.add(worker)
        self._in_background(self._warm(worker))

    async def _warm(self, worker: _Worker) -> None:
        """Try once to start a worker's process anew; the next look tries again where it fails."""
        try:
            async with asyncio.timeout(WARM_WITHIN_S):
                await worker.restart()
        except Exception as exc:  # noqa: BLE001 - the last resort: after any failure the worker is tried again
            if (repeated := self._log_limit.allows(repr(exc))) is not None:
                _log.warning("a worker could not be started; it is tried again (%d times before): %r", repeated, exc)
        finally:
            self._warming.discard(worker)
        if worker.is_warm:
            await self._offer(worker)

    def _in_background(self, work: Any) -> None:
        # In nobody's course: it outlasts the request in whose it is begun.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """One worker process at a time, inside a pebble pool of its own."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._pool: ProcessPool | None = None
        self._ending = threading.Lock()
        self._ran_once = False

    @property
    def is_warm(self) -> bool:
        """Whether the process is there and has done its warm-up."""
        return self._ran_once and self._pool is not None and self._pool.active

    async def restart(self) -> None:
        """Start a new process and return when it is warm."""
        self._ran_once = False
        await asyncio.to_thread(self.stop)
        self._pool = ProcessPool(
            max_workers=1,
            context=context(),
            initializer=_prepare,
            initargs=(self._bucket,),
        )
        await self._scheduled(_nothing)
        self._ran_once = True

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function in the process; where this is cancelled, or the process dies, a new one has to be started.

        Raises:
            BrokenProcessPool: the process was gone before.
            WorkerLost: it died of this task.
        """
        self._ran_once = False
        try:
            result: T = await self._scheduled(function, *args)
        except ProcessExpired as exc:
            out_of_memory = exc.exitcode == OUT_OF_MEMORY
            reason = "ran out of memory" if out_of_memory else f"died with status {exc.exitcode}"
            raise WorkerLost(f"a worker {reason}") from exc
        except (asyncio.CancelledError, BrokenProcessPool):
            raise
        except Exception:
            self._ran_once = True  # the task failed, and the process lives
            raise
        self._ran_once = True
        return result

    def stop(self) -> None:
        """End the process. May be called again, also while it is ended by another thread: pebble's pools end once."""
        with self._ending:
            if self._pool is not None:
                pool, self._pool = self._pool, None  # also where it cannot be ended as it should be
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()

    async def _scheduled(self, function: Callable[..., Any], *args: Any) -> Any:
        pool = self._pool
        if pool is None:
            raise BrokenProcessPool("no process was started")
        try:
            task = asyncio.wrap_future(pool.schedule(function, args=args))
        except RuntimeError as exc:
            raise BrokenProcessPool(str(exc)) from exc
        try:
            while not (await asyncio.wait([task], timeout=LOOK_AFTER_EVERY_S))[0]:
                # A pool that breaks in the moment in which it is given a task may forget the task.
                if not pool.active:
                    raise BrokenProcessPool("the pool broke")
            return task.result()
        finally:
            task.cancel()


def _nothing() -> None:
    """Be the first task of a process: it runs when the process is prepared."""


# The worker's own module is imported in the worker process alone: it brings Prophet and matplotlib with it.


def _prepare(bucket: str) -> None:
    from forecast_service.workers import worker  # noqa: PLC0415

    worker.prepare(bucket)


def _make(question: Question, today: date) -> WorkerOutput:
    from forecast_service.workers import worker  # noqa: PLC0415

    return worker.make(question, today)


def _followed(course: LogContext | None, function: Callable[..., T], *args: Any) -> T:
    with within_log_context(course):
        try:
            return function(*args)
        except Exception as exc:
            if _is_of_memory(exc):
                # What else it could not allocate is not known; in a new process the next task finds all whole.
                os._exit(OUT_OF_MEMORY)
            raise


def _is_of_memory(exc: BaseException | None) -> bool:
    """Whether a failure comes of a lack of memory, whatever it was turned into on its way."""
    while exc is not None:
        if isinstance(exc, MemoryError) or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
