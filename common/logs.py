"""Logs as lines of JSON on standard output, each with its request id where it has one."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

_EXTRAS = ("request_id", "ticker", "stage", "attempt", "source", "code", "duration_ms")


LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["json", "plain"]


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
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """One log record as a line for a person, its extras behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        extras = "".join(f" {name}={value}" for name, value in _extras(record).items())
        return f"{super().format(record)}{extras}"


def log_to_stdout(service: str, level: str = "info", form: LogForm = "json") -> None:
    """Send all logs of this process to standard output; libraries from warnings on only."""
    handler = logging.StreamHandler(sys.stdout)
    plain = PlainFormatter(f"%(asctime)s %(levelname)-7s {service} %(message)s")
    handler.setFormatter(plain if form == "plain" else JsonFormatter(service))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in ("botocore", "boto3", "urllib3", "httpx", "httpcore", "matplotlib", "prophet", "cmdstanpy"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in _EXTRAS if (value := getattr(record, name, None)) is not None}
