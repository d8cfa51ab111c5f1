"""The work of a Dask worker: the rows and the bars of one range of stocks, stored once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from common.s3.market_objects import MarketDay
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.dataset.range_done import RangeDone, count_outcomes, stored_range
from forecast_service.market.dataset.schema import board_schema, board_table, panel_table, to_parquet
from forecast_service.market.outages import patiently
from forecast_service.market.work.lone_stock import forecast_lone_stock
from forecast_service.market.work.stock_work import StockResult, open_stores, read_prices, stock_result


def forecast_range(task: RangeTask, *, alone: bool) -> RangeDone:
    """Forecast the stocks of a range and store its files, unless they exist. A second call has no other effect.

    Args:
        task: the range.
        alone: whether each stock is forecast in a process of its own, because the range has ended workers or hung.

    Raises:
        Busy: S3 could not be reached for longer than :data:`outages.PATIENCE_S`, or refuses.
    """
    market = open_stores().market(task)
    stored = stored_range(market, task)
    if stored is not None:
        return stored
    if alone:
        results = [patiently(partial(forecast_lone_stock, ticker, task)) for ticker in task.tickers]
    else:
        # All prices first: S3 and the engine each take less processor time for many stocks in a row than in turn.
        prices = [patiently(partial(read_prices, ticker)) for ticker in task.tickers]
        results = [stock_result(ticker, read, task) for ticker, read in zip(task.tickers, prices, strict=True)]
    store_range(market, task, results)
    return RangeDone(task.number, count_outcomes(result.row.get("code") for result in results))


def store_range(market: MarketDay, task: RangeTask, results: Sequence[StockResult]) -> None:
    """Store the bars of a range, then its rows, whose existence shows that the range is done.

    Bars without rows are those of a process that was killed. They are replaced, because the prices may have changed.
    """
    if patiently(lambda: market.exists(task.part)):
        return
    panel = to_parquet(panel_table([result.series for result in results if result.series is not None]))
    patiently(lambda: market.put(task.panel, panel))
    part = to_parquet(board_table([result.row for result in results], board_schema(task.horizons, task.day)))
    patiently(lambda: market.put_once(task.part, part))
