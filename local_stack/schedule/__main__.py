"""``python -m local_stack.schedule WEB_PORT HEALTH_ADDRESS FILE``: run the jobs of a stack until SIGTERM.

FILE keeps the time of the last refresh; a file beside it, that of the last one of hourly bars.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from common.domain.errors import Failure
from common.rpc.addresses import Address
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.service.health import HealthServer
from common.service.settings import SharedSettings
from local_stack.processes.probes import is_ready
from local_stack.schedule.commands import CommandRunner
from local_stack.schedule.jobs import Jobs, RefreshLog, make_scheduler, utc_now

HOURLY_KEY = "TWELVE_DATA_API_KEY"
"""The setting of the ingestion service without which there are no hourly bars."""
_PAUSE_S = 1.0
"""Seconds between two looks at a web server that is not ready."""


def main() -> None:
    """Wait for the web server, and run the jobs."""
    web_port, health_address, file = sys.argv[1:]
    # A handler that sets an Event may find its lock taken by the main thread, which waits. A SimpleQueue is reentrant.
    signals: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: signals.put(received))
    while not is_ready(int(web_port)):
        with suppress(Empty):
            signals.get(timeout=_PAUSE_S)
            return
    settings = load_settings(SharedSettings)
    log_to_stdout("schedule", settings.log_level, settings.log_format)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns each time that a long refresh takes a turn
    runner = CommandRunner()
    health = HealthServer("schedule", alive={}, ready={"commands": lambda: _check(runner)})
    health.start(Address.parse(health_address))
    hours = RefreshLog(Path(file).with_name("hourly_bars.json"), None) if os.environ.get(HOURLY_KEY) else None
    scheduler = make_scheduler(Jobs(runner, RefreshLog(Path(file), utc_now()), utc_now, hours))
    scheduler.start()
    signals.get()
    runner.stop()
    scheduler.shutdown()
    health.stop()


def _check(runner: CommandRunner) -> None:
    """Raise a Failure if the last run of a command failed."""
    failed = [name for name, run in runner.last.items() if run.outcome == "failed"]
    if failed:
        raise Failure(f"The last run of {', '.join(failed)} failed. See ./run_app.sh logs schedule.")


if __name__ == "__main__":
    main()
