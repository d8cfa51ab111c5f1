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
from common.runtime.tracing.spans import annotate, trace_id

_encoded = json.JSONEncoder(default=str).encode
_EXTRAS = ("request_id", "ticker", "stage", "attempt", "source", "code", "duration_ms", "trace_id")

_ADDRESS = re.compile(r"0x[0-9a-f]+")

LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["json", "plain"]


@dataclass(frozen=True)
class LogContext:
    """The request, stage and trace of log lines; ``since`` is the stage's start in monotonic seconds."""

    request_id: str
    ticker: str
    stage: str
    since: float
    trace_id: str | None = None


_current: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


def log_context(request_id: str, ticker: str, stage: str) -> AbstractContextManager[None]:
    """Add the request, the stage and the stage's duration to every log line of the block, and the request to its span.

    Tasks that are created in the block inherit the context. Threads of an executor and other processes continue it with
    :func:`within_log_context`.
    """
    annotate(**{"stockcast.request_id": request_id, "stockcast.ticker": ticker})
    return within_log_context(LogContext(request_id, ticker, stage, time.monotonic(), trace_id()))


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
        """Return the line. It has only those extras that never contain a secret."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _collect_extras(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encoded(line)


class PlainFormatter(logging.Formatter):
    """One log record as a line for people, followed by its extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        extras = "".join(f" {name}={value}" for name, value in _collect_extras(record).items())
        return f"{super().format(record)}{extras}"


class LimitedHandler(logging.StreamHandler[TextIO]):
    """Limits repeated lines of one request, or of none: writes the first few and the number of the others."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._limit = RepetitionLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless the same line was written too often in the last seconds."""
        try:
            is_admitted = self._limit.admit(_comparison_key(record), record)
        except Exception:  # noqa: BLE001 - as logging's own handlers do, for arguments that do not fit the message
            self.handleError(record)
            return
        if is_admitted:
            super().emit(record)
        else:
            vars(record).update(_collect_extras(record))  # the summary is written in the context of another request
        self._write_summaries(of_all=False)

    def close(self) -> None:
        """Write the count of suppressed lines, and close."""
        self._write_summaries(of_all=True)
        super().close()

    def _write_summaries(self, *, of_all: bool) -> None:
        summaries = self._limit.end_windows(of_all=of_all)
        if summaries:
            with within_log_context(None):
                for summary in summaries:
                    super().emit(summary)


def _comparison_key(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what makes two lines equal: everything but the time, the duration and memory addresses."""
    extras = ((name, str(value)) for name, value in _collect_extras(record).items() if name != "duration_ms")
    return record.name, record.levelno, _ADDRESS.sub("0x", record.getMessage()), *extras


def log_to_stdout(service: str, level: str = "info", form: LogForm = "json") -> None:
    """Send all logs of this process to standard output; those of libraries from level warning."""
    logging.logThreads = logging.logMultiprocessing = False  # no line contains them, and collecting them costs time
    handler = LimitedHandler(sys.stdout)
    plain = PlainFormatter(f"%(asctime)s %(levelname)-7s {service} %(message)s")
    handler.setFormatter(plain if form == "plain" else JsonFormatter(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in ("botocore", "boto3", "urllib3", "httpx", "httpcore", "matplotlib", "prophet", "cmdstanpy"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _collect_extras(record: logging.LogRecord) -> dict[str, Any]:
    fields, own = _context_fields(_current.get()), vars(record)
    return {name: value for name in _EXTRAS if (value := own.get(name, fields.get(name))) is not None}


def _context_fields(context: LogContext | None) -> dict[str, Any]:
    """Return the fields of a request's log lines."""
    if context is None:
        return {}
    return vars(context) | {"duration_ms": round((time.monotonic() - context.since) * 1000, 1)}
