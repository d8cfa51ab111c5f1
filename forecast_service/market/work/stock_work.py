"""The work on one stock: its stored prices, and its row of the board."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from common.domain.prices import CorruptPrices, PriceSeries
from common.runtime.settings_loading import load_settings
from common.s3.market_objects import MarketDay
from common.s3.price_store import PriceStore, StoredSeries, make_s3_client
from common.service.settings import StoreSettings
from forecast_service.market.dataset.board_row import board_row
from forecast_service.market.dataset.plan import RangeTask

NICENESS = 10


class NoPrices(Enum):
    """Why a stock has no prices."""

    DAMAGED = 1
    DELETED = 2


@dataclass(frozen=True)
class StockResult:
    """The row of a stock, and its stored prices; None if they cannot be read."""

    row: dict[str, Any]
    series: PriceSeries | None


@dataclass(frozen=True)
class Stores:
    """The clients of a worker process."""

    client: Any
    bucket: str
    prices: PriceStore

    def market(self, task: RangeTask) -> MarketDay:
        """Return the objects of a task's date."""
        return MarketDay(self.client, self.bucket, task.day)


@cache
def open_stores() -> Stores:
    """Make the clients once, and give the services priority over this process."""
    os.nice(NICENESS)
    warnings.simplefilter("ignore")
    settings = load_settings(StoreSettings)
    client = make_s3_client(connections=2, checksums=settings.sends_checksums)
    return Stores(client, settings.s3_bucket, PriceStore(client, settings.s3_bucket))


def forecast_stock(ticker: str, task: RangeTask) -> StockResult:
    """Return the row and the prices of a stock; a row with a code if it has no usable prices.

    Raises:
        Busy: S3 cannot be reached, or refuses.
    """
    return stock_result(ticker, read_prices(ticker), task)


def read_prices(ticker: str) -> StoredSeries | NoPrices:
    """Return the stored prices of a stock, or why there are none.

    Raises:
        Busy: S3 cannot be reached, or refuses.
    """
    try:
        return open_stores().prices.read(ticker) or NoPrices.DELETED
    except CorruptPrices:
        return NoPrices.DAMAGED


def stock_result(ticker: str, read: StoredSeries | NoPrices, task: RangeTask) -> StockResult:
    """Return the row and the prices of a stock of which :func:`read_prices` returned ``read``."""
    if read is NoPrices.DAMAGED:
        detail = "The stored prices are damaged. A refresh replaces them."
        return StockResult(row_without_prices(ticker, "damaged_prices", detail), None)
    if read is NoPrices.DELETED:
        return StockResult(row_without_prices(ticker, "not_found", "The prices were deleted during the run."), None)
    return StockResult(board_row(read, task.horizons, task.day), read.series)


def row_without_prices(ticker: str, code: str, detail: str) -> dict[str, Any]:
    """Return the row of a stock whose prices cannot be read."""
    return {"ticker": ticker, "code": code, "detail": detail}
