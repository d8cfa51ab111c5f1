"""One run: plans the date's dataset, does what is missing, and stores the board."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from common.domain.errors import Busy
from common.domain.stock_records import StockRecord
from common.redis.client.connections import make_redis_client
from common.redis.market_runs import MarketRuns
from common.redis.stock_record_snapshot import StockRecordSnapshot
from common.s3.market_objects import BOARD, MarketDay
from common.s3.objects import ListedTicker
from common.service.settings import StoreSettings
from forecast_service.market.changes import has_other_prices, note_listing
from forecast_service.market.dataset.board_file import delete_old_days, store_board
from forecast_service.market.dataset.complete_board import read_tickers
from forecast_service.market.dataset.plan import RangeTask, evening_of, plan_day
from forecast_service.market.dataset.range_done import stored_range
from forecast_service.market.exit_statuses import COMPLETE, INCOMPLETE
from forecast_service.market.outages import patiently
from forecast_service.market.progress import RunProgress
from forecast_service.market.summary import describe_complete, describe_missing, describe_run
from forecast_service.market.work.lone_range import run_lone_range

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LONGEST_CONNECT_S = 60
NOTHING_STORED = (
    "No prices are stored, so there is no board to make. Ask for a forecast of a stock, or track, refresh or upload "
    "stocks, and start the run again."
)
_log = logging.getLogger(__name__)


def make_board(
    options: argparse.Namespace,
    settings: StoreSettings,
    client: S3Client,
    stored: Sequence[ListedTicker],
    *,
    is_outdated: bool,
) -> int:
    """Do what the date's dataset lacks, and store its board; return the exit status.

    Args:
        options: the options of the command.
        settings: the settings of the stores.
        client: the S3 client.
        stored: the stored tickers.
        is_outdated: whether prices are newer than the newest board, so that a board of the date is replaced.

    Raises:
        Busy: S3 cannot be reached.
        RunRefused: the date has another plan, a part of its board was deleted, or its board has other horizons or
            cannot be read.
    """
    began = time.monotonic()
    day = options.date or evening_of(datetime.now(UTC))
    market = MarketDay(client, settings.s3_bucket, day)
    if options.anew or (is_outdated and patiently(lambda: market.exists(BOARD))):
        patiently(market.delete)
    found = patiently(lambda: market.read(BOARD))
    if found is not None:
        on_board = read_tickers(found, day, options.horizons)
        absent = [one.ticker for one in stored if one.ticker not in on_board]
        print(describe_complete(day, absent, is_outdated=patiently(lambda: has_other_prices(market, stored))))
        return COMPLETE
    if not stored:
        print(NOTHING_STORED)
        return COMPLETE
    patiently(lambda: note_listing(market, stored))
    tickers = [one.ticker for one in stored]
    tasks = patiently(lambda: plan_day(market, day, tickers, options.horizons, options.range))
    redis = make_redis_client(settings.redis_url)
    progress = RunProgress(day, sum(len(task.tickers) for task in tasks), MarketRuns(redis), _now)
    is_small = len(stored) <= options.few
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
