"""A fixed number of threads for one kind of blocking work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class WorkerThreads:
    """Runs blocking functions in ``number`` threads. Tasks wait for a free thread in the event loop, in order."""

    def __init__(self, number: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._free = asyncio.Semaphore(number)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` in a thread, in a copy of the caller's context; return its result.

        A task that is cancelled while it waits for a thread leaves the queue. Work that has begun occupies its thread
        until it ends, even if its task is cancelled.
        """
        await self._free.acquire()
        try:
            running = self._executor.submit(partial(copy_context().run, work, *args, **kwargs))
        except BaseException:
            self._free.release()
            raise
        future = asyncio.wrap_future(running)
        future.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(future)

    def shutdown(self) -> None:
        """Accept no more work."""
        self._executor.shutdown(wait=False)
