"""Messages about a failed start, taken from the logs of a stack."""

from __future__ import annotations

import re
from pathlib import Path

_MANY_EXITS = 4


class StackLogs:
    """The logs in ``folder``. Of supervisord's log, only the lines that are written from now on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._supervisord = folder / "supervisord.log"
        self._start = self._supervisord.stat().st_size if self._supervisord.exists() else 0

    def restarting_program(self) -> str | None:
        """Return the name of a program that has ended at least four times, or None."""
        exits = re.findall(r"(?:exited|gave up): (\w+)", _read_from(self._supervisord, self._start))
        return next((name for name in exits if exits.count(name) >= _MANY_EXITS), None)

    def failure_message(self, log_name: str, what: str) -> str:
        """Return what happened with the log's last line and path, or with the folder's path if the log is empty."""
        log = self._folder / log_name
        lines = [line for line in _read_from(log, 0).splitlines() if line.strip()]
        last_line = f" ({lines[-1].strip()[:300]})" if lines else ""
        return f"{what}{last_line}; see {log if lines else log.parent}"


def _read_from(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")
    except OSError:
        return ""
