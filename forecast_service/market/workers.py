"""``python -m forecast_service.market.workers``: a worker process for the nightly run of a cluster, until it has ended.

A Dask worker ends with its scheduler. This command starts another one as long as the dataset of the evening is not
complete, so that a new scheduler finds workers again. It ends the worker soon after the dataset is complete, because
the scheduler of a shared cluster lives on.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType

from common.domain.errors import Busy
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.s3.market_objects import BOARD, MarketDay
from common.s3.objects import make_s3_client
from common.service.settings import StoreSettings
from forecast_service.market.cluster import MEMORY_LIMIT
from forecast_service.market.dataset.plan import evening_of
from forecast_service.market.outages import patiently
from forecast_service.option_values import parse_address, parse_day, parse_port, parse_seconds
from forecast_service.workers.environment import ENGINE_ENVIRONMENT

COMPLETE, INCOMPLETE = 0, 1
PAUSE_S = 2.0
LOOK_EVERY_S = 15.0
"""A look is one HEAD request to S3."""
_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until the dataset is complete; return 1 if no worker could work for longer than ``--patience``."""
    options = parser().parse_args(arguments)
    settings = load_settings(StoreSettings)
    log_to_stdout("market", settings.log_level, settings.log_format)
    day = options.date or evening_of(datetime.now(UTC))
    market = MarketDay(make_s3_client(checksums=settings.sends_checksums), settings.s3_bucket, day)
    began = time.monotonic()
    while not _is_complete(market):
        with tempfile.TemporaryDirectory() as folder:
            status = run_worker(worker_command(options, folder), lambda: _has_board(market))
        _log.info("the worker ended with status %d", status)
        if status == 0:
            began = time.monotonic()
        elif time.monotonic() - began >= options.patience:  # it found no scheduler, or could not start
            return COMPLETE if _is_complete(market) else INCOMPLETE
        time.sleep(PAUSE_S)
    return COMPLETE


def run_worker(command: Sequence[str], is_over: Callable[[], bool]) -> int:
    """Run a worker to its end and return its status. SIGTERM ends it, and then this process.

    Args:
        command: the command of the worker.
        is_over: whether nothing is left to do, so that the worker is ended. It is called every :data:`LOOK_EVERY_S`.
    """
    settings = {
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": repr(ENGINE_ENVIRONMENT),
    }
    with subprocess.Popen(command, env=os.environ | settings) as process:  # noqa: S603 - the command is made here

        def forward(number: int, _: FrameType | None) -> None:
            received.append(number)
            process.send_signal(number)

        received: list[int] = []
        before = signal.signal(signal.SIGTERM, forward)
        try:
            while (status := _wait(process)) is None:
                if is_over():
                    process.terminate()
        finally:
            signal.signal(signal.SIGTERM, before)
    if received:
        sys.exit(128 + received[0])
    return status


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """Return a process's status; None if it has not ended within :data:`LOOK_EVERY_S`."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(LOOK_EVERY_S)
    return None


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m forecast_service.market.workers", description="Work for the nightly run of a cluster."
    )
    made.add_argument("--scheduler", type=parse_address, metavar="ADDRESS", required=True, help="the Dask scheduler")
    made.add_argument("--date", type=parse_day, metavar="DAY", help="of the dataset (default: last evening)")
    made.add_argument(
        "--patience", type=parse_seconds, default=900.0, metavar="S", help="seconds to wait (default: 900)"
    )
    made.add_argument("--port", type=parse_port, default=8788, help="the worker's port; the nanny has the next one")
    return made


def worker_command(options: argparse.Namespace, folder: str) -> list[str]:
    """Return the command of a Dask worker with a nanny, which restarts it where it hangs. Both ports are fixed.

    Args:
        options: the options of this command.
        folder: the worker's folder of temporary files.
    """
    return [
        *(sys.executable, "-m", "dask", "worker", options.scheduler, "--nworkers", "1", "--nthreads", "1"),
        *("--worker-port", str(options.port), "--nanny-port", str(options.port + 1), "--no-dashboard"),
        *("--memory-limit", MEMORY_LIMIT, "--local-directory", folder),
        *("--death-timeout", str(options.patience)),
    ]


def _is_complete(market: MarketDay) -> bool:
    try:
        return patiently(lambda: market.exists(BOARD))
    except Busy as failure:
        _log.warning("the dataset cannot be looked up: %s", failure)
        return False


def _has_board(market: MarketDay) -> bool:
    """Return whether the board is stored; False while S3 is away, because the next look is soon."""
    with suppress(Busy):
        return market.exists(BOARD)
    return False


if __name__ == "__main__":
    sys.exit(main())
