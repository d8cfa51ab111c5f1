"""The worker processes, which keep computation out of the event loop.

Each worker is a pebble pool of one process and has one task at a time. A process that dies, busy or idle, loses no task
but its own. A new process replaces it, and gets a task once it has started.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import Context
from multiprocessing.connection import Connection
from multiprocessing.util import get_temp_dir
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from common.domain.errors import Busy
from common.domain.kinds import CostClass, kind_of
from common.domain.progress import WorkProgress
from common.runtime.log_limits import LogLimit
from common.runtime.logs import LogContext, current_log_context, within_log_context
from common.runtime.supervision import LoopName, TaskLoop
from common.runtime.tracing.spans import add_past_stages, span
from forecast_service import calls
from forecast_service.calls.input import CallInput
from forecast_service.calls.output import CallOutput
from forecast_service.workers.fork_server import ListenerCheck, context
from forecast_service.workers.progress_pipe import ProgressPipe

CHECK_EVERY_S = 0.5
START_TIMEOUT_S = 120.0
"""A process that takes longer to start is killed, and another one is started."""
_NICENESS = {CostClass.QUICK: 5, CostClass.LONG: 15}
"""The increments of the nice value: requests and orders have priority over computation, and quick work over long."""
_LOOP_NAMES = {CostClass.QUICK: LoopName.WORKER_CHECK, CostClass.LONG: LoopName.LONG_WORKER_CHECK}
OUT_OF_MEMORY = errno.ENOMEM
"""The exit status of a worker that ran out of memory."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


class WorkerLost(Exception):
    """The worker process died of its task, or was ended during it."""


def _stages_of(output: CallOutput) -> dict[str, float]:
    """Return the seconds of each stage, in the order of the work: prices are read first."""
    stages = {name: ms / 1000 for name, ms in output.timings_ms.items() if name != "total"}
    return {"read": stages.pop("read", 0.0)} | stages


def _ignore_progress(progress: WorkProgress) -> None:
    """Do nothing with a report of progress."""


class WorkerPool:
    """The worker processes of one event loop, for one class of work.

    Args:
        bucket: the bucket of the prices.
        size: the number of worker processes. The default is the number of cores. The CPU limit of a container does not
            reduce it.
        end_process: called once no worker can be started any more, so that the service process is started again.
        cost: the class of work.
    """

    def __init__(
        self,
        bucket: str,
        size: int | None = None,
        end_process: Callable[[], None] | None = None,
        cost: CostClass = CostClass.QUICK,
    ) -> None:
        self._end_process = end_process
        self._listener = ListenerCheck()
        self.size = size or _cores()
        self._workers = [_Worker(bucket, _NICENESS[cost]) for _ in range(self.size)]
        self._idle: deque[_Worker] = deque()
        self._busy: set[_Worker] = set()
        self._starting: set[_Worker] = set()
        self._waiting: deque[asyncio.Future[_Worker]] = deque()
        """The tasks that wait for a worker, in order. None waits while a worker is idle."""
        self._has_started = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ending = False
        self._log_limit = LogLimit(_log)
        self.loop = TaskLoop(_LOOP_NAMES[cost], self._check_workers, every_s=CHECK_EVERY_S)

    def start(self) -> None:
        """Start the workers. Each takes tasks once it has started."""
        self.loop.start()

    async def ready(self) -> None:
        """Return once a worker has started."""
        await self._has_started.wait()

    def check(self) -> None:
        """Raise :class:`Busy` where no worker has started."""
        if not any(worker.has_started for worker in self._workers):
            raise Busy("The workers are starting.")

    async def compute(
        self,
        call: CallInput,
        on_progress: Callable[[WorkProgress], None] = _ignore_progress,
        limit_s: float = math.inf,
    ) -> CallOutput:
        """Carry out a call in the next free worker. Cancelling this coroutine kills the worker's process.

        Args:
            call: the input of the call.
            on_progress: called in the event loop for each report of progress.
            limit_s: the seconds after which the caller cancels this. The call's module can end earlier by itself.

        Raises:
            WorkerLost: the process died of the task, or the pool was stopped.
            PricesGone: the stored prices are missing or damaged.
            Failure: the forecast cannot be computed.
        """
        kind = kind_of(call.question)
        module = kind.call or f"{calls.__name__}.{kind.name}"
        task = (module, call, time.monotonic() + limit_s)
        with span("compute", kind=kind.name):
            output: CallOutput = await self._run(on_progress, _with_log_context, current_log_context(), _compute, *task)
            add_past_stages(_stages_of(output), time.time())
            return output

    async def stop(self) -> None:
        """End the workers and their tasks."""
        self._is_ending = True
        await self.loop.stop()
        self._end_waiting()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self._workers))
        for worker in self._workers:
            worker.close_pipe()

    async def _run(self, on_progress: Callable[[WorkProgress], None], function: Callable[..., T], *args: Any) -> T:
        while True:
            with span("wait for a worker"):
                worker = await self._acquire()
            try:
                return await worker.run(on_progress, function, *args)
            except BrokenProcessPool as exc:
                if self._is_ending:
                    raise WorkerLost("the pool was stopped") from exc
                _log.info("a worker died before its task began; another worker gets the task")
            finally:
                self._busy.discard(worker)
                self._release(worker)

    async def _acquire(self) -> _Worker:
        if self._is_ending:
            raise WorkerLost("the pool was stopped")
        if self._idle:
            worker = self._idle.popleft()
            self._busy.add(worker)
            return worker
        waiting: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            # The cancellation may come after the worker, but before this coroutine goes on.
            if waiting.done() and not waiting.cancelled() and not waiting.exception():
                self._busy.discard(waiting.result())
                self._release(waiting.result())
            raise

    def _end_waiting(self) -> None:
        """Tell the tasks that wait for a worker that they get none."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(WorkerLost("the pool was stopped"))

    async def _check_workers(self) -> None:
        """Make every worker that is not busy either idle or starting, whatever happened to it before."""
        if self._listener.is_lost():
            await self._end_service()
            return
        for worker in self._workers:
            self._release(worker)

    async def _end_service(self) -> None:
        """End the service process. Running tasks finish, and waiting tasks are requeued where no worker is left."""
        if self._end_process is not None:
            _log.critical(
                "the temporary folder %s was removed and no worker can be started any more; the service ends to be "
                "started again",
                get_temp_dir(),
            )
            end_process, self._end_process = self._end_process, None
            end_process()
        if not any(worker.has_started for worker in self._workers):
            self._is_ending = True
            self._end_waiting()

    def _release(self, worker: _Worker) -> None:
        """Give a worker to the task that has waited longest, make it idle, or start a process for it."""
        if self._is_ending or worker in self._busy or worker in self._starting:
            return
        if not worker.has_started:
            self._start_in_background(worker)
            return
        self._has_started.set()
        if worker in self._idle:
            return
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():  # one that was cancelled is done
                self._busy.add(worker)
                waiting.set_result(worker)
                return
        self._idle.append(worker)

    def _start_in_background(self, worker: _Worker) -> None:
        if worker in self._idle:
            _log.warning("an idle worker died; a new process replaces it")
            self._idle.remove(worker)
        self._starting.add(worker)
        self._in_background(self._start_process(worker))

    async def _start_process(self, worker: _Worker) -> None:
        """Start a process for a worker. Where that fails, the next check tries again."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await worker.restart()
        except Exception as exc:  # noqa: BLE001 - after any failure, the next check tries again
            message = "a worker process could not be started and will be tried again: %r"
            self._log_limit.log(logging.WARNING, repr(exc), message, exc)
        finally:
            self._starting.discard(worker)
        if worker.has_started:
            self._release(worker)

    def _in_background(self, work: Any) -> None:
        # Without a log context: the work outlasts the request that started it.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """A worker: one process at a time, in a pebble pool of its own."""

    def __init__(self, bucket: str, niceness: int) -> None:
        self._bucket = bucket
        self._niceness = niceness
        self._progress: ProgressPipe | None = None
        self._pool: ProcessPool | None = None
        self._ending = threading.Lock()
        self._ran_once = False

    @property
    def has_started(self) -> bool:
        """Return whether the process is alive and has run its first task."""
        return self._ran_once and self._pool is not None and self._pool.active

    async def restart(self) -> None:
        """Start a new process; return once it has run its first task."""
        self._ran_once = False
        await asyncio.to_thread(self.stop)
        if self._progress is None:
            self._progress = ProgressPipe(context())
        self._pool = ProcessPool(
            max_workers=1,
            context=context(),
            initializer=_prepare,
            initargs=(self._bucket, self._niceness, self._progress.worker_end),
        )
        await self._scheduled(_nothing)
        self._ran_once = True

    async def run(self, on_progress: Callable[[WorkProgress], None], function: Callable[..., T], *args: Any) -> T:
        """Run a function in the process. After a cancellation or a crash, the worker needs a new process.

        Raises:
            BrokenProcessPool: the process died before the task began.
            WorkerLost: the process died of the task.
        """
        self._ran_once = False
        try:
            with self._listening(on_progress):
                result: T = await self._scheduled(function, *args)
        except ProcessExpired as exc:
            out_of_memory = exc.exitcode == OUT_OF_MEMORY
            reason = "ran out of memory" if out_of_memory else f"died with status {exc.exitcode}"
            raise WorkerLost(f"a worker {reason}") from exc
        except (asyncio.CancelledError, BrokenProcessPool):
            raise
        except Exception:
            self._ran_once = True  # the task failed, but the process is alive
            raise
        self._ran_once = True
        return result

    def stop(self) -> None:
        """End the process. A second call does nothing, even from another thread: a pebble pool can end only once."""
        with self._ending:
            if self._pool is not None:
                pool, self._pool = self._pool, None  # forget the pool even where it cannot be stopped
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()

    def close_pipe(self) -> None:
        """Close the pipe of the progress."""
        if self._progress is not None:
            self._progress.close()

    @contextmanager
    def _listening(self, on_progress: Callable[[WorkProgress], None]) -> Iterator[None]:
        """Call ``on_progress`` for each report of the process during the block."""
        if self._progress is None:
            yield
            return
        self._progress.listen(on_progress)
        try:
            yield
        finally:
            self._progress.listen(None)

    async def _scheduled(self, function: Callable[..., Any], *args: Any) -> Any:
        pool = self._pool
        if pool is None:
            raise BrokenProcessPool("no process was started")
        try:
            task = asyncio.wrap_future(pool.schedule(function, args=args))
        except RuntimeError as exc:
            raise BrokenProcessPool(str(exc)) from exc
        try:
            while not (await asyncio.wait([task], timeout=CHECK_EVERY_S))[0]:
                # A pool that breaks at the moment when it gets a task may lose the task.
                if not pool.active:
                    raise BrokenProcessPool("the pool broke")
            return task.result()
        finally:
            task.cancel()


def _nothing() -> None:
    """Do nothing. As the first task of a process, it runs once the process is prepared."""


# Only the worker process imports the worker's module, because that imports Prophet and matplotlib.


def _prepare(bucket: str, niceness: int, progress: Connection) -> None:
    from forecast_service.workers import worker  # noqa: PLC0415

    worker.prepare(bucket, niceness, progress)


def _compute(module: str, call: CallInput, ends_at: float) -> CallOutput:
    from forecast_service.workers import worker  # noqa: PLC0415

    return worker.compute(module, call, ends_at)


def _with_log_context(log_context: LogContext | None, function: Callable[..., T], *args: Any) -> T:
    with within_log_context(log_context):
        try:
            return function(*args)
        except Exception as exc:
            if _is_out_of_memory(exc):
                # Other objects may be incomplete too. The next task gets a new process.
                os._exit(OUT_OF_MEMORY)
            raise


def _is_out_of_memory(exc: BaseException | None) -> bool:
    """Return whether a lack of memory caused a failure, directly or through other exceptions."""
    while exc is not None:
        if isinstance(exc, MemoryError) or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM):
            return True
        exc = exc.__cause__ or exc.__context__
    return False
