"""The progress of long work: a bar on a terminal, and a line for each tenth of the work on other streams."""

from __future__ import annotations

import shutil
from typing import Never, TextIO

from tqdm import tqdm

from common.domain.progress import WorkProgress

_FORMAT = "{percentage:3.0f} %|{bar:20}| {desc}"
_BEFORE_STEP = len("100 %|| ") + 20
_LINES = 10
"""The most lines on a stream that is no terminal, beside the first one."""


class ProgressBar:
    """A bar with the step in words. It is removed at the end, so that only the result stays on the terminal."""

    def __init__(self, stream: TextIO, subject: str) -> None:
        self._stream = stream
        self._subject = subject
        self._lines = -1
        self._bar: tqdm[Never] | None = None
        if stream.isatty():
            size = shutil.get_terminal_size()  # of a terminal without a size too, where tqdm would show nothing
            self._bar = tqdm(
                desc=subject,
                total=1.0,
                file=stream,
                bar_format=_FORMAT,
                leave=False,
                ascii=" =",
                ncols=size.columns,
                nrows=size.lines,
            )

    def show(self, progress: WorkProgress) -> None:
        """Show the progress."""
        if self._bar is None:
            self._write_line(progress)
            return
        self._bar.ncols = shutil.get_terminal_size().columns
        room = self._bar.ncols - _BEFORE_STEP - 1
        self._bar.set_description_str(f"{self._subject}: {progress.step}"[: max(room, 0)], refresh=False)
        self._bar.n = progress.fraction
        self._bar.refresh()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()

    def _write_line(self, progress: WorkProgress) -> None:
        tenths = int(progress.fraction * _LINES)
        if tenths > self._lines:
            self._lines = tenths
            percent = f"{100 * progress.fraction:.0f} %, " if progress.fraction else ""
            print(f"{self._subject}: {percent}{progress.step}", file=self._stream, flush=True)
