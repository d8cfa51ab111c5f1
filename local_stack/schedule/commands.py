"""The commands that are due, each run in a process of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from common.runtime.metrics import SCHEDULED_RUNS, SCHEDULED_SUCCESS

Outcome = Literal["done", "incomplete", "failed", "stopped"]
REFRESH = ("ingestion_service.refresh", "--tracked")
HOURLY_BARS = ("ingestion_service.refresh", "--top50", "--interval", "1h")
ALERTS = ("webserver.alerts",)
SCORES = ("webserver.track_record", "score")
STANDING_SET = ("webserver.track_record", "forecast")
CLEAN = ("common.sql", "clean")
SAMPLE = ("ingestion_service.refresh", "--sample")
MARKET = ("forecast_service.market", "--few", "100", "--if-changed")
"""A hundred stocks take about half a minute of one processor, and no other process but one."""
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "refresh": REFRESH,
    "hourly_bars": HOURLY_BARS,
    "alerts": ALERTS,
    "scores": SCORES,
    "standing_set": STANDING_SET,
    "clean": CLEAN,
    "sample": SAMPLE,
    "market": MARKET,
    "first_board": (*MARKET, "--unless-many"),
}
AT_LOW_PRIORITY = frozenset({"sample", "market", "first_board"})
"""Nobody waits for these commands, and forecasts that somebody waits for go first."""
LOWEST_PRIORITY = 19
STOP_S = 2.0
"""Seconds that a command gets to end. A killed one loses nothing: the next run goes on."""
_OUTCOMES: Mapping[int, Outcome] = {0: "done", 1: "incomplete"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LastRun:
    """The last run of a command."""

    outcome: Outcome
    seconds: float


class CommandRunner:
    """Runs one command at a time, and ends it when the stack stops."""

    def __init__(self, commands: Mapping[str, tuple[str, ...]] = COMMANDS) -> None:
        self._commands = commands
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopping = False
        self.last: dict[str, LastRun] = {}
        """The last run of each command that has ended."""

    def run(self, name: str) -> Outcome:
        """Run a command to its end; its output is part of the log."""
        began = time.monotonic()
        with self._lock:
            if self._is_stopping:
                return "stopped"
            command = [sys.executable, "-m", *self._commands[name]]
            process = self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
            if name in AT_LOW_PRIORITY:
                with suppress(OSError):  # it has ended already
                    os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST_PRIORITY)
        status = process.wait()
        outcome: Outcome = "stopped" if self._is_stopping else _OUTCOMES.get(status, "failed")
        self._note(name, LastRun(outcome, time.monotonic() - began))
        return outcome

    def _note(self, name: str, run: LastRun) -> None:
        self.last[name] = run
        SCHEDULED_RUNS.labels(name, run.outcome).inc()
        if run.outcome == "done":
            SCHEDULED_SUCCESS.labels(name).set_to_current_time()
        level = logging.ERROR if run.outcome == "failed" else logging.INFO
        _log.log(level, "%s: %s after %.1f s", name, run.outcome, run.seconds)

    def stop(self) -> None:
        """End the running command, and start no other."""
        with self._lock:
            self._is_stopping, process = True, self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
