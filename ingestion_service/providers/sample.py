"""The keyless sample: five tickers from 2000 to 2013-03-01, public-domain Quandl WIKI data inside bokeh_sampledata."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

import pandas as pd

from common.domain.errors import UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.providers.sample_names import SAMPLE, TICKERS
from ingestion_service.splits import adjust_for_splits, find_split_factors, list_splits

__all__ = ["SAMPLE", "TICKERS", "Sample", "parse", "read_table"]


class Sample:
    """Prices that need neither key nor network, and end on 2013-03-01."""

    name = SAMPLE

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the last ten years of the sample; ``since`` is ignored, because the sample ends before it.

        Raises:
            UnknownTicker: the ticker is not one of :data:`TICKERS`.
        """
        if ticker not in TICKERS:
            raise UnknownTicker(
                f"The sample data has no {ticker}, only {', '.join(TICKERS)}. Set a price source's key to get others."
            )
        return parse(ticker, read_table(ticker)).take_last_years()


def read_table(ticker: str) -> dict[str, list[Any]]:
    """Read the sample's columns. The import is in the function because it reads the files."""
    table: dict[str, list[Any]] = getattr(import_module("bokeh_sampledata.stocks"), ticker)
    return table


def parse(ticker: str, table: dict[str, list[Any]]) -> PriceSeries:
    """Return the sample's columns, whose closes are raw, as a series that is adjusted for splits."""
    index = pd.DatetimeIndex(pd.to_datetime(table["date"], format="%Y-%m-%d"), name="date")
    raw = pd.DataFrame({name: table[name] for name in COLUMNS}, index=index, dtype="float64")
    factors = find_split_factors(raw["close"], raw["adj_close"])
    return PriceSeries(ticker, Sample.name, "USD", adjust_for_splits(raw, factors), splits=list_splits(factors))
