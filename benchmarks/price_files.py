"""Series to judge forecasts by: the bundled sample, or a folder of daily CSVs in Yahoo's format."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ingestion_service.providers.sample import TICKERS as SAMPLE_TICKERS
from ingestion_service.providers.sample import Sample

LEAST_ROWS = 600


def sample_closes() -> dict[str, pd.Series]:
    """The whole of the sample, split-adjusted, by ticker."""
    now = datetime.now(UTC).date()
    return {ticker: Sample().fetch(ticker, since=now, timeout_s=5).frame["close"] for ticker in SAMPLE_TICKERS}


def closes_in(folder: Path) -> dict[str, pd.Series]:
    """The closes of every CSV in ``folder`` (columns ``Date,Open,High,Low,Close,Adj Close,Volume``), by file name.

    Yahoo's ``Close`` is split-adjusted already. Rows without a positive close, and days that come twice, are left out.
    """
    series = {path.stem: _closes(path) for path in sorted(folder.glob("*.csv"))}
    for name, closes in series.items():
        if len(closes) < LEAST_ROWS:
            print(f"{name}: left out, {len(closes)} usable rows are fewer than {LEAST_ROWS}", file=sys.stderr)
    return {name: closes for name, closes in series.items() if len(closes) >= LEAST_ROWS}


def _closes(path: Path) -> pd.Series:
    """The closes of one file; none where it is no CSV of that form."""
    try:
        frame = pd.read_csv(path, usecols=["Date", "Close"], dtype=str)
    except ValueError:
        return pd.Series(dtype="float64")
    # The first ten characters are the exchange's own day, whatever time zone may follow.
    days = pd.to_datetime(frame["Date"].str[:10], errors="coerce", format="mixed")
    values = pd.to_numeric(frame["Close"].str.replace(",", ""), errors="coerce")
    good = (values > 0) & days.notna() & ~days.duplicated()
    return pd.Series(values[good].to_numpy(), index=pd.DatetimeIndex(days[good])).sort_index()
