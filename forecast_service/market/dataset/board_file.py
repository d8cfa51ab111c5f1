"""The dataset of a date: the board from its parts, and which dates are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from common.domain.stock_records import StockRecord
from common.runtime.tracing.spans import within_span
from common.s3.market_objects import BOARD, MarketDay, list_market_dates
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.dataset.schema import board_schema, from_parquet, to_parquet
from forecast_service.market.exit_statuses import RunRefused
from forecast_service.market.outages import patiently

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_READS_AT_ONCE = 8


class PartGone(RunRefused):
    """A part of the board was deleted during the run."""


def store_board(market: MarketDay, tasks: Sequence[RangeTask], records: Mapping[str, StockRecord]) -> pa.Table:
    """Join the parts of all ranges, sorted by ticker, and store the board unless it exists; return it.

    Args:
        market: the dataset.
        tasks: all its ranges.
        records: the track records by ticker, which become columns.

    Raises:
        PartGone: a part is missing.
    """

    def read(task: RangeTask) -> pa.Table:
        body = patiently(lambda: market.read(task.part))
        if body is None:
            raise PartGone(f"The part {task.part} was deleted during the run. The same command makes it again.")
        return from_parquet(body)

    with ThreadPoolExecutor(_READS_AT_ONCE) as threads:
        parts = list(threads.map(within_span(read), tasks))
    schema = board_schema(tasks[0].horizons, tasks[0].day)
    # Another release may have made some of the parts: a column that they lack is null, and one that is new is left out.
    joined = pa.concat_tables([schema.empty_table(), *parts], promote_options="default").select(schema.names)
    board = _with_records(joined.cast(schema).sort_by("ticker"), records)
    board = board.replace_schema_metadata(schema.metadata)
    body = to_parquet(board)
    patiently(lambda: market.put_once(BOARD, body))
    return board


def _with_records(board: pa.Table, records: Mapping[str, StockRecord]) -> pa.Table:
    found = [records.get(ticker) for ticker in board["ticker"].to_pylist()]
    columns = {
        "record_forecasts": [record and record.forecasts for record in found],
        "record_coverage_80": [record and record.coverage_80 for record in found],
    }
    for name, values in columns.items():
        number = board.schema.get_field_index(name)
        board = board.set_column(number, board.schema.field(number), pa.array(values, board.schema.field(number).type))
    return board


def delete_old_days(client: S3Client, bucket: str, day: date, keep: int) -> list[date]:
    """Delete all dates before ``day`` but the newest ``keep - 1``; return the deleted ones."""
    earlier = [found for found in patiently(lambda: list_market_dates(client, bucket)) if found < day]
    old = earlier[: max(len(earlier) - (keep - 1), 0)]
    for each in old:
        patiently(MarketDay(client, bucket, each).delete)
    return old
