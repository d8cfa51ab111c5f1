"""Colour and progress, for a terminal only: what goes into a file or a pipe is plain and complete."""

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
    """Puts words into colours, or leaves them as they are."""

    colours: bool = False

    def bold(self, words: str) -> str:
        """What counts most."""
        return self._in("1", words)

    def red(self, words: str) -> str:
        """What is wrong."""
        return self._in("31", words)

    def yellow(self, words: str) -> str:
        """What to be careful with."""
        return self._in("33", words)

    def green(self, words: str) -> str:
        """What is well."""
        return self._in("32", words)

    def _in(self, code: str, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.colours else words


def paint_for(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Paint:
    """Colours for a terminal, unless ``NO_COLOR`` (https://no-color.org) says that they are not wanted."""
    return Paint(stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb")


class ProgressLine:
    """One line on a terminal that says what is being done; nothing elsewhere. Threads may share it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._lock = Lock()
        self._doing: dict[str, str] = {}

    def show(self, subject: str, doing: str = "") -> None:
        """Say what is being done about ``subject``."""
        with self._lock:
            if self._shown and self._doing.get(subject) != doing:
                self._doing[subject] = doing
                line = " · ".join(f"{subject} {doing}".strip() for subject, doing in self._doing.items())
                self._stream.write(f"{_CLEAR_LINE}{line[: shutil.get_terminal_size().columns - 1]}")
                self._stream.flush()

    def done(self, subject: str | None = None) -> None:
        """Forget a subject, or all, and leave an empty line to whoever writes next."""
        with self._lock:
            if self._doing:
                self._stream.write(_CLEAR_LINE)
                self._stream.flush()
            if subject is None:
                self._doing.clear()
            else:
                self._doing.pop(subject, None)


def complain(reasons: Sequence[str], status: int) -> int:
    """Tell each reason on standard error; return ``status`` where there is any, else 0."""
    for reason in reasons:
        print(f"{paint_for(sys.stderr).red('error:')} {reason}", file=sys.stderr)
    return status if reasons else 0
