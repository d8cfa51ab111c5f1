"""``python -m forecast_service.market``: forecast every stored ticker at several horizons, as a dataset in S3."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from common.domain.errors import Busy
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.jobs import run_job
from common.s3.objects import PriceObjects, make_s3_client
from common.service.settings import StoreSettings
from forecast_service.market.changes import is_board_current
from forecast_service.market.exit_statuses import COMPLETE, INCOMPLETE, REFUSED, STOPPED, RunRefused
from forecast_service.market.outages import patiently
from forecast_service.option_values import (
    parse_address,
    parse_count,
    parse_count_or_zero,
    parse_day,
    parse_horizons,
)

DEFAULT_HORIZONS = (5, 21, 63)
"""Trading days: a week, a month and a quarter."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit status.

    It is 0 if the board is complete or there is nothing to do, 1 if stocks are missing, 2 if refused, 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    settings = load_settings(StoreSettings)
    if sys.stderr.isatty():
        logging.basicConfig(level=logging.WARNING)
    else:
        log_to_stdout("market", settings.log_level, settings.log_format)
    try:
        return _run(options, settings)
    except RunRefused as exc:
        print(f"error: {exc}", file=sys.stderr)
        return REFUSED
    except Busy as failure:
        print(f"error: {failure.detail} The same command does what is missing.", file=sys.stderr)
        return INCOMPLETE
    except KeyboardInterrupt:
        print("Stopped. The same command does what is missing.", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m forecast_service.market",
        description="Forecast every stored ticker, and store the results as Parquet under market/ in S3.",
    )
    parser.add_argument(
        "--scheduler", type=parse_address, metavar="ADDRESS", help="a Dask scheduler (default: worker processes here)"
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser.add_argument(
        "--workers", type=parse_count, default=cores, help="worker processes here (default: %(default)s)"
    )
    parser.add_argument(
        "--horizons",
        type=parse_horizons,
        default=DEFAULT_HORIZONS,
        metavar="DAYS",
        help="trading days (default: 5,21,63)",
    )
    parser.add_argument("--date", type=parse_day, metavar="DAY", help="of the dataset (default: last evening)")
    parser.add_argument(
        "--range", type=parse_count, default=40, metavar="N", help="most stocks of one task (default: 40)"
    )
    parser.add_argument("--keep", type=parse_count, default=7, metavar="N", help="dates that are kept (default: 7)")
    parser.add_argument(
        "--stall", type=parse_count, default=900, metavar="S", help="seconds without progress (default: 900)"
    )
    parser.add_argument(
        "--few",
        type=parse_count_or_zero,
        default=0,
        metavar="N",
        help="do without worker processes if at most N stocks are stored",
    )
    parser.add_argument("--anew", action="store_true", help="delete the dataset of the date first")
    parser.add_argument(
        "--if-changed",
        action="store_true",
        help="do nothing if the newest board has the newest prices; replace a board of the date that has older ones",
    )
    parser.add_argument(
        "--unless-many", action="store_true", help="do nothing if more than --few stocks are stored and have a board"
    )
    return parser


def _run(options: argparse.Namespace, settings: StoreSettings) -> int:
    client = make_s3_client(checksums=settings.sends_checksums)
    stored = patiently(lambda: list(PriceObjects(client, settings.s3_bucket).list_all()))
    is_small = len(stored) <= options.few
    is_current = patiently(lambda: is_board_current(client, settings.s3_bucket, stored)) if options.if_changed else None
    if is_current or (is_current is False and options.unless_many and not is_small):
        print("The newest board has the newest prices." if is_current else "The board is left to the nightly run.")
        return COMPLETE
    # A stack runs the command at each start, mostly with nothing to do. pyarrow and pandas take half a second.
    from forecast_service.market.run import make_board  # noqa: PLC0415

    return make_board(options, settings, client, stored, is_outdated=is_current is False)


if __name__ == "__main__":
    sys.exit(run_job("market", main))
