"""The pipes of a user's model: requests to its process, its answers, and what it prints."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import time
from contextlib import suppress

LARGEST_ANSWER = 65_536
"""Bytes of one answer; the quantiles take three thousand."""
MOST_PRINTED = 65_536
"""Bytes of what a model prints, during all its forecasts, that go to the log."""
_PIECE = 65_536
_log = logging.getLogger(__name__)


class AnswerTooLong(Exception):
    """An answer has more than :data:`LARGEST_ANSWER` bytes."""


class ModelPipes:
    """The pipes of a model's process. Whatever it prints is read, so that it never waits for a reader.

    Args:
        name: the name of the model, for the log.
        process: the process, with pipes for all of its standard streams.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise OSError("the process has no pipes")
        self._name = name
        self._streams = (process.stdin, process.stdout, process.stderr)
        self._requests, self._answers, self._prints = (stream.fileno() for stream in self._streams)
        for pipe in (self._requests, self._prints):
            os.set_blocking(pipe, False)
        self._printed = b""
        self._room = MOST_PRINTED
        self._is_printing = True

    def send(self, message: bytes, ends_at: float) -> None:
        """Send a request.

        Raises:
            TimeoutError: the process has not read it by ``ends_at``.
            BrokenPipeError: the process has ended.
        """
        view = memoryview(message)
        while view:
            self._wait(ends_at, writable=self._requests)
            view = view[os.write(self._requests, view[:_PIECE]) :]

    def receive(self, ends_at: float) -> bytes:
        """Return the next line of the answers.

        Raises:
            TimeoutError: there is none by ``ends_at``.
            EOFError: the process has ended.
            AnswerTooLong: the line is too long.
        """
        line = b""
        while not line.endswith(b"\n"):
            self._wait(ends_at, readable=self._answers)
            piece = os.read(self._answers, _PIECE)
            if not piece:
                raise EOFError
            line += piece
            if len(line) > LARGEST_ANSWER:
                raise AnswerTooLong
        return line

    def log_printed(self) -> None:
        """Write to the log what was printed since the last call."""
        while self._is_printing and self._room and select.select([self._prints], [], [], 0)[0]:
            self._read_printed()
        if self._printed:
            _log.warning("the model %s printed: %s", self._name, self._printed.decode(errors="replace").rstrip())
            if not self._room:
                _log.warning("the model %s printed more than %d bytes; the rest is left out", self._name, MOST_PRINTED)
        self._printed = b""

    def close(self) -> None:
        """Close the pipes."""
        self._is_printing = False
        for stream in self._streams:
            with suppress(OSError):
                stream.close()

    def _wait(self, ends_at: float, *, readable: int | None = None, writable: int | None = None) -> None:
        """Wait until a pipe can be used, and read what is printed meanwhile.

        Raises:
            TimeoutError: that is later than ``ends_at``.
        """
        wanted = {pipe for pipe in (readable, writable) if pipe is not None}
        writing = [writable] if writable is not None else []
        while (left := ends_at - time.monotonic()) > 0:
            reading = [pipe for pipe in (readable, self._prints if self._is_printing else None) if pipe is not None]
            ready = {pipe for pipes in select.select(reading, writing, [], left) for pipe in pipes}
            if self._prints in ready:
                self._read_printed()
            if ready & wanted:
                return
        raise TimeoutError

    def _read_printed(self) -> None:
        """Read a piece of what is printed, and keep it where there is room."""
        try:
            piece = os.read(self._prints, _PIECE)
        except BlockingIOError:
            return
        self._is_printing = bool(piece)
        self._printed += piece[: self._room]
        self._room -= min(len(piece), self._room)
