"""Time limits for calls that cannot be stopped, such as a name look-up without an answer.

The process does not wait for them at its end either, as it would for the threads of Python's own executors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ImpatientExecutor(ThreadPoolExecutor):
    """The executor of asyncio's look-ups, which insist on this class. Its end waits for no call that still runs."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin a call in a thread of its own."""
        return _begun(partial(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do not wait; what still runs ends in its own time."""


def done_within(timeout_s: float, call: Callable[[], T]) -> T:
    """Return what ``call`` does, in a thread of its own.

    Raises:
        TimeoutError: it was not done in time; its thread is left to itself.
    """
    return _begun(call).result(timeout_s)


def _begun(call: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()
    threading.Thread(target=_settle, args=(future, call), name="source", daemon=True).start()
    return future


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as exc:  # noqa: BLE001 - it is raised where the result is waited for
        future.set_exception(exc)
