"""``python -m forecast_service.market``: forecast every stored ticker at several horizons, as a dataset in S3."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial

from redis import Redis

from common.domain.errors import Busy
from common.domain.stock_records import StockRecord
from common.redis.client.connections import make_redis_client
from common.redis.market_runs import MarketRuns
from common.redis.stock_record_snapshot import StockRecordSnapshot
from common.runtime.logs import log_to_stdout
from common.runtime.settings_loading import load_settings
from common.s3.market_objects import BOARD, MarketDay
from common.s3.objects import PriceObjects, make_s3_client
from common.service.settings import StoreSettings
from forecast_service.market.changes import is_board_current
from forecast_service.market.dataset.board_file import PartGone, delete_old_days, store_board
from forecast_service.market.dataset.plan import PlanMismatch, RangeTask, evening_of, plan_day
from forecast_service.market.dataset.range_done import stored_range
from forecast_service.market.outages import patiently
from forecast_service.market.progress import RunProgress
from forecast_service.market.summary import describe_missing, describe_run
from forecast_service.market.work.lone_range import run_lone_range

_log = logging.getLogger(__name__)
COMPLETE, INCOMPLETE, REFUSED, STOPPED = 0, 1, 2, 130
DEFAULT_HORIZONS = (5, 21, 63)
"""Trading days: a week, a month and a quarter."""
LONGEST_HORIZON = 250
LONGEST_CONNECT_S = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; return the exit status: 0 if complete, 1 if stocks are missing, 2 if refused, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    settings = load_settings(StoreSettings)
    if sys.stderr.isatty():
        logging.basicConfig(level=logging.WARNING)
    else:
        log_to_stdout("market", settings.log_level, settings.log_format)
    try:
        return _run(options, settings)
    except (PlanMismatch, PartGone) as exc:
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
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler (default: worker processes here)")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser.add_argument("--workers", type=_count, default=cores, help="worker processes here (default: %(default)s)")
    parser.add_argument(
        "--horizons", type=_horizons, default=DEFAULT_HORIZONS, metavar="DAYS", help="trading days (default: 5,21,63)"
    )
    parser.add_argument("--date", type=date.fromisoformat, metavar="DAY", help="of the dataset (default: last evening)")
    parser.add_argument("--range", type=_count, default=40, metavar="N", help="stocks of one task (default: 40)")
    parser.add_argument("--keep", type=_count, default=7, metavar="N", help="dates that are kept (default: 7)")
    parser.add_argument(
        "--stall", type=_count, default=900, metavar="S", help="seconds without progress (default: 900)"
    )
    parser.add_argument(
        "--few", type=int, default=0, metavar="N", help="do without worker processes if at most N stocks are stored"
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


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("has to be at least 1")
    return value


def _horizons(text: str) -> tuple[int, ...]:
    values = sorted({int(part) for part in text.split(",")})
    if not 1 <= values[0] <= values[-1] <= LONGEST_HORIZON:
        raise argparse.ArgumentTypeError(f"each has to be from 1 to {LONGEST_HORIZON} trading days")
    return tuple(values)


def _run(options: argparse.Namespace, settings: StoreSettings) -> int:
    began = time.monotonic()
    day = options.date or evening_of(datetime.now(UTC))
    client = make_s3_client(checksums=settings.sends_checksums)
    market = MarketDay(client, settings.s3_bucket, day)
    stored = patiently(lambda: list(PriceObjects(client, settings.s3_bucket).list_all()))
    is_small = len(stored) <= options.few
    is_current = patiently(lambda: is_board_current(client, settings.s3_bucket, stored)) if options.if_changed else None
    if is_current or (is_current is False and options.unless_many and not is_small):
        print("The newest board has the newest prices." if is_current else "The board is left to the nightly run.")
        return COMPLETE
    if options.anew or (is_current is False and patiently(lambda: market.exists(BOARD))):
        patiently(market.delete)
    if patiently(lambda: market.exists(BOARD)):
        print(f"The dataset of {day} is complete already.")
        return COMPLETE
    if not stored:
        print("No prices are stored.")
        return COMPLETE
    tickers = [one.ticker for one in stored]
    tasks = patiently(lambda: plan_day(market, day, tickers, options.horizons, options.range))
    redis = make_redis_client(settings.redis_url)
    progress = RunProgress(day, sum(len(task.tickers) for task in tasks), MarketRuns(redis), _now)
    missing: Sequence[RangeTask] = tasks
    try:
        missing = (_in_turn if is_small else _on_cluster)(market, tasks, progress, options)
        board = None if missing else store_board(market, tasks, _track_records(redis))
    finally:
        progress.finish(complete=not missing)
    if board is None:
        print(describe_missing(missing), file=sys.stderr)
        return INCOMPLETE
    print(describe_run(day, board, time.monotonic() - began))
    for old in delete_old_days(client, settings.s3_bucket, day, options.keep):
        print(f"The dataset of {old} was deleted.")
    return COMPLETE


def _track_records(redis: Redis) -> dict[str, StockRecord]:
    """Return the track records of all stocks. A run without Redis ends without them."""
    try:
        return StockRecordSnapshot(redis).read()
    except Busy as failure:
        _log.warning("the board has no track records: %s", failure)
        return {}


def _on_cluster(
    market: MarketDay, tasks: list[RangeTask], progress: RunProgress, options: argparse.Namespace
) -> Sequence[RangeTask]:
    """Do the tasks on Dask; return those that are missing."""
    from forecast_service.market.cluster import connected  # noqa: PLC0415 - few stocks need no Dask
    from forecast_service.market.rounds import Rounds  # noqa: PLC0415

    connect = partial(connected, options.scheduler, options.workers, min(options.stall, LONGEST_CONNECT_S))
    return Rounds(market, tasks, connect, progress.note, options.stall).run()


def _in_turn(
    market: MarketDay, tasks: list[RangeTask], progress: RunProgress, _: argparse.Namespace
) -> Sequence[RangeTask]:
    """Do the tasks one after the other, each in a process of its own. SIGTERM ends that process too."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    for task in tasks:
        progress.note(stored_range(market, task) or run_lone_range(task))
    return ()


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
