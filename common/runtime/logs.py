"""Logs as lines of JSON on standard output; lines within a request carry its id, ticker and stage."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from common.runtime.repeated_lines import RepetitionLimit

_encoded = json.JSONEncoder(default=str).encode
_EXTRAS = ("request_id", "ticker", "stage", "attempt", "source", "code", "duration_ms")

_ADDRESS = re.compile(r"0x[0-9a-f]+")

LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["json", "plain"]


@dataclass(frozen=True)
class LogContext:
    """The request in whose course something is logged, and since when (monotonic seconds) its stage lasts."""

    request_id: str
    ticker: str
    stage: str
    since: float


_current: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


def log_context(request_id: str, ticker: str, stage: str) -> AbstractContextManager[None]:
    """Put these, and how long the stage has taken, on every line that is logged inside.

    Tasks that begin inside inherit it. An executor's threads and other processes enter it by
    :func:`within_log_context`.
    """
    return within_log_context(LogContext(request_id, ticker, stage, time.monotonic()))


@contextmanager
def within_log_context(context: LogContext | None) -> Iterator[None]:
    """Continue the log context of another thread or task."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def current_log_context() -> LogContext | None:
    """Return the log context of this thread or task."""
    return _current.get()


class JsonFormatter(logging.Formatter):
    """One log record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; of its extras, only those that are known to carry no secret."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _extras(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encoded(line)


class PlainFormatter(logging.Formatter):
    """One log record as a line for a person, its extras behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        extras = "".join(f" {name}={value}" for name, value in _extras(record).items())
        return f"{super().format(record)}{extras}"


class LimitedHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream; of a line that repeats within the same request, or outside of any, a few and their number."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._limit = RepetitionLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless the same line was written often of late."""
        try:
            is_admitted = self._limit.admits(_line_of(record), record)
        except Exception:  # noqa: BLE001 - as logging's own handlers do, for arguments that do not fit the message
            self.handleError(record)
            return
        if is_admitted:
            super().emit(record)
        else:
            vars(record).update(_extras(record))  # the summary is written in the context of another request
        self._write_summaries(of_all=False)

    def close(self) -> None:
        """Write the count of suppressed lines, and close."""
        self._write_summaries(of_all=True)
        super().close()

    def _write_summaries(self, *, of_all: bool) -> None:
        summaries = self._limit.summaries(of_all=of_all)
        if summaries:
            with within_log_context(None):
                for summary in summaries:
                    super().emit(summary)


def _line_of(record: logging.LogRecord) -> tuple[object, ...]:
    """The parts by which two lines are compared: all but the time, the duration and addresses in memory."""
    extras = ((name, str(value)) for name, value in _extras(record).items() if name != "duration_ms")
    return record.name, record.levelno, _ADDRESS.sub("0x", record.getMessage()), *extras


def log_to_stdout(service: str, level: str = "info", form: LogForm = "json") -> None:
    """Send all logs of this process to standard output; libraries from warnings on only."""
    logging.logThreads = logging.logMultiprocessing = False  # no line says it, and a crowd of greenlets has many
    handler = LimitedHandler(sys.stdout)
    plain = PlainFormatter(f"%(asctime)s %(levelname)-7s {service} %(message)s")
    handler.setFormatter(plain if form == "plain" else JsonFormatter(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in ("botocore", "boto3", "urllib3", "httpx", "httpcore", "matplotlib", "prophet", "cmdstanpy"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    fields, own = _context_fields(_current.get()), vars(record)
    return {name: value for name in _EXTRAS if (value := own.get(name, fields.get(name))) is not None}


def _context_fields(context: LogContext | None) -> dict[str, Any]:
    """Return the fields of a request's log lines."""
    if context is None:
        return {}
    return vars(context) | {"duration_ms": round((time.monotonic() - context.since) * 1000, 1)}
