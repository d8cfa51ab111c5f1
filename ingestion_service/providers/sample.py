"""The keyless sample: five tickers from 2000 to 2013-03-01, public-domain Quandl WIKI data inside bokeh_sampledata."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

import pandas as pd

from common.domain.errors import UnknownTicker
from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.splits import split_adjusted, split_factors

TICKERS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


SAMPLE = "sample"


class Sample:
    """Prices that need neither key nor network, and end on 2013-03-01."""

    name = SAMPLE

    def fetch(self, ticker: str, *, since: date, timeout_s: float) -> PriceSeries:
        """Return the last ten years of the sample, whatever ``since`` says: counted from today there would be none.

        Raises:
            UnknownTicker: the ticker is none of :data:`TICKERS`.
        """
        if ticker not in TICKERS:
            raise UnknownTicker(
                f"The sample data has no {ticker}, only {', '.join(TICKERS)}. Set a price source's key to get others."
            )
        return parsed(ticker, read_table(ticker)).last_years()


def read_table(ticker: str) -> dict[str, list[Any]]:
    """Read the sample's columns; here and not above, because importing the module reads its files."""
    table: dict[str, list[Any]] = getattr(import_module("bokeh_sampledata.stocks"), ticker)
    return table


def parsed(ticker: str, table: dict[str, list[Any]]) -> PriceSeries:
    """Turn the sample's columns, whose closes are raw, into a series adjusted for splits."""
    index = pd.DatetimeIndex(pd.to_datetime(table["date"], format="%Y-%m-%d"), name="date")
    raw = pd.DataFrame({name: table[name] for name in COLUMNS}, index=index, dtype="float64")
    factors = split_factors(raw["close"], raw["adj_close"])
    return PriceSeries(ticker, Sample.name, "USD", split_adjusted(raw, factors))
