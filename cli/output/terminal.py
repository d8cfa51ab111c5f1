"""Colour and progress on a terminal. A file or a pipe receives plain text."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TextIO

_CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True)
class Paint:
    """Colours for text, or none."""

    colours: bool = False

    def bold(self, words: str) -> str:
        """Format the main result."""
        return self._in("1", words)

    def red(self, words: str) -> str:
        """Format an error."""
        return self._in("31", words)

    def yellow(self, words: str) -> str:
        """Format a warning."""
        return self._in("33", words)

    def green(self, words: str) -> str:
        """Format a good state."""
        return self._in("32", words)

    def _in(self, code: str, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.colours else words


def paint_for(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Paint:
    """Return colours for a terminal, and none for other streams or with ``NO_COLOR`` (https://no-color.org)."""
    return Paint(stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb")


class ProgressLine:
    """A line on a terminal with the work in progress, and nothing on other streams. Threads may share it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._lock = Lock()
        self._stages: dict[str, str] = {}

    def show(self, subject: str, stage: str = "") -> None:
        """Show the stage of ``subject``."""
        with self._lock:
            if self._shown and self._stages.get(subject) != stage:
                self._stages[subject] = stage
                line = " · ".join(f"{subject} {stage}".strip() for subject, stage in self._stages.items())
                self._stream.write(f"{_CLEAR_LINE}{line[: shutil.get_terminal_size().columns - 1]}")
                self._stream.flush()

    def warn(self, words: str) -> None:
        """Print a warning, on other streams as well."""
        self.done()
        print(f"{paint_for(self._stream).yellow('warning:')} {words}", file=self._stream, flush=True)

    def done(self, subject: str | None = None) -> None:
        """Remove a subject, or all, and clear the line."""
        with self._lock:
            if self._stages:
                self._stream.write(_CLEAR_LINE)
                self._stream.flush()
            if subject is None:
                self._stages.clear()
            else:
                self._stages.pop(subject, None)


def print_errors(reasons: Sequence[str], status: int) -> int:
    """Print each reason on standard error. Return ``status``, or 0 without a reason."""
    for reason in reasons:
        print(f"{paint_for(sys.stderr).red('error:')} {reason}", file=sys.stderr)
    return status if reasons else 0
