"""A fixed number of threads for one kind of blocking work; waiting for one of them holds no thread."""

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
    """Runs blocking functions in ``number`` threads; tasks wait in the event loop, in the order of their coming."""

    def __init__(self, number: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._free = asyncio.Semaphore(number)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``work`` returns, run in the caller's context.

        A task that is cancelled while it waits frees its place at once. Work that has begun goes on to its end, and
        counts until then.
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
        """Take no more work."""
        self._executor.shutdown(wait=False)
