"""gunicorn's thread worker, whose threads do not wait for answers that come later.

A connection whose answer is not there yet is put aside: a thousand clients that wait need a thousand connections and no
thread. When the answer can be had, a thread takes the connection up again where it was left.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from webserver.later import CAN_WAIT, Answering, Later
from webserver.punctual_worker import PunctualWorker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SET_ASIDE = object()
_answering: ContextVar[Answering | None] = ContextVar("answering", default=None)
"""The answer that this thread has come back to give."""


class PatientWorker(PunctualWorker):
    """Serves others while an answer is waited for."""

    def load_wsgi(self) -> None:
        """Load the application, and put before it what comes back to those that were set aside."""
        super().load_wsgi()
        self.wsgi: WSGIApplication = partial(_answered, self.wsgi)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose headers are there, or set its connection aside."""
        if self.nr_conns > self.worker_connections - self.cfg.threads:
            req.force_close()  # who waits keeps his place; whoever else there is makes room for new ones
        try:
            return super().handle_request(req, conn)
        except Later as later:
            later.wait(partial(self._come_back, req, conn, later.answer))
            return _SET_ASIDE

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Do what is to be done with a connection after a request; where it was set aside, nothing yet."""
        if fs.cancelled() or fs.exception() is not None or fs.result() is not _SET_ASIDE:
            super().finish_request(conn, fs)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> Any:
        return keepalive if keepalive is _SET_ASIDE else super()._keepalive_after(conn, keepalive)

    def _come_back(self, req: Any, conn: Any, answer: Answering) -> None:
        """Have a thread answer, as if the request had just been read."""
        conn.parser = _ReadAlready(req, conn)
        with suppress(RuntimeError):  # the process ends, and its threads take nothing more
            taken_up = self.tpool.submit(self._handle_again, conn, answer)
            taken_up.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _handle_again(self, conn: Any, answer: Answering) -> Any:
        token = _answering.set(answer)
        try:
            return self.handle(conn)
        finally:
            _answering.reset(token)


class _ReadAlready:
    """Stands for a connection's parser once, to give again the request that was read from it."""

    def __init__(self, req: Any, conn: Any) -> None:
        self._req, self._conn, self._parser = req, conn, conn.parser

    def __next__(self) -> Any:
        self._conn.parser = self._parser
        return self._req


def _answered(application: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    answer = _answering.get()
    if answer is not None:
        return answer(start_response)
    environ[CAN_WAIT] = True
    return application(environ, start_response)
