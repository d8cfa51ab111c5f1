"""Messages about a failed start, taken from the logs of a stack."""

from __future__ import annotations

import re
from pathlib import Path

_TOO_MANY_EXITS = 4


class StackLogs:
    """The logs in ``folder``; of supervisord's, what it writes from now on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._supervisord = folder / "supervisord.log"
        self._start = self._supervisord.stat().st_size if self._supervisord.exists() else 0

    def ends_again_and_again(self) -> str | None:
        """Return the name of a program that ended too often, or None."""
        exits = re.findall(r"(?:exited|gave up): (\w+)", _read_from(self._supervisord, self._start))
        return next((name for name in exits if exits.count(name) >= _TOO_MANY_EXITS), None)

    def story(self, log_name: str, what: str) -> str:
        """Return what happened, the last line of the log, and its path; the folder's if the log is empty."""
        log = self._folder / log_name
        lines = [line for line in _read_from(log, 0).splitlines() if line.strip()]
        last_words = f" ({lines[-1].strip()[:300]})" if lines else ""
        return f"{what}{last_words}; see {log if lines else log.parent}"


def _read_from(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")
    except OSError:
        return ""
