"""Answers that have to be waited for, and that no thread waits for.

A view returns a :class:`LaterResponse`. To Flask it is a response as any other, to which hooks add their headers. When
the server asks it for its bytes, it raises :class:`Later` to a server that can go on with others meanwhile
(``patient_worker.py``); with any other server, the thread waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Answering = Callable[["StartResponse"], Iterable[bytes]]
"""The rest of a WSGI application once the request is known."""

CAN_WAIT = "stockcast.can_wait"
"""What a server sets in the environment that catches :class:`Later`."""

T = TypeVar("T")


class Later(BaseException):
    """An answer that is not there yet; no mistake, and so no exception that anybody on the way turns into an answer.

    Args:
        wait: calls what it is given, from any thread, once the answer can be had.
        answer: gives the answer then.
        environ: the request's environment as it was within the request; Flask takes its own things out at the end.
    """

    def __init__(self, wait: Callable[[Callable[[], None]], None], answer: Answering, environ: WSGIEnvironment) -> None:
        super().__init__()
        self.wait = wait
        self.answer = answer
        self.environ = environ


class LaterResponse(Response, Generic[T]):
    """A response that ``make`` makes of what ``wait`` tells, which must be one thing, sooner or later.

    ``make`` is called outside of the request, and must not raise.
    """

    def __init__(self, wait: Callable[[Callable[[T], None]], None], make: Callable[[T], Response]) -> None:
        super().__init__()
        self._wait = wait
        self._make = make
        self._told: list[T] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or have the server come again."""
        if environ.get(CAN_WAIT):
            kept = environ.copy()
            raise Later(self._begin, partial(self._answer, kept), kept)
        came = threading.Event()
        self._begin(came.set)
        came.wait()
        return self._answer(environ, start_response)

    def _begin(self, tell: Callable[[], None]) -> None:
        def told(what: T) -> None:
            self._told.append(what)
            tell()

        self._wait(told)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self._make(self._told[0])
        response.headers.extend([(name, value) for name, value in self.headers if name not in response.headers])
        return response(environ, start_response)
