"""Series to judge forecasts by: the bundled sample, or a folder of daily CSVs in Yahoo's format."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
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

    Yahoo's ``Close`` is split-adjusted already. Columns may be in any case and order, among others; rows in any order.
    Rows without a day or a positive close, and days that come again, are left out; so is what is then too short. What
    is left out is said on standard error, in one line a file.
    """
    series: dict[str, pd.Series] = {}
    for path in sorted(path for path in folder.glob("*") if path.suffix.lower() == ".csv"):
        try:
            series[path.stem] = _closes(path)
        except (OSError, ValueError) as exc:
            print(f"{path.name}: left out, {' '.join(str(exc).split())}", file=sys.stderr)
    return series


def _closes(path: Path) -> pd.Series:
    """The usable closes of one file, oldest first.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no CSV, has no column of days or of closes, or too few rows.
    """
    frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    frame.columns = frame.columns.str.strip().str.lower()
    missing = [name for name in ("date", "close") if name not in frame]
    if missing:
        raise ValueError(f"it has no column {' and no column '.join(name.title() for name in missing)}")
    days, values = _days(frame["date"]), pd.to_numeric(frame["close"].str.replace(",", ""), errors="coerce")
    good = days.notna() & (values > 0) & np.isfinite(values)
    again = days[good].duplicated()
    closes = pd.Series(values[good][~again].to_numpy(), index=pd.DatetimeIndex(days[good][~again])).sort_index()
    dropped = f"{(~good).sum()} without a day or a positive close, {again.sum()} of days that came before"
    if len(closes) < LEAST_ROWS:
        raise ValueError(f"of {len(frame)} rows {len(closes)} are usable ({dropped}), fewer than {LEAST_ROWS}")
    if len(closes) < len(frame):
        print(f"{path.name}: rows left out: {dropped}", file=sys.stderr)
    return closes


def _days(text: pd.Series) -> pd.Series:
    """The exchange's own days: where a time follows, its zone is of no matter."""
    iso = text.str.extract(r"^\s*(\d{4}-\d{2}-\d{2})", expand=False)
    return pd.to_datetime(iso.fillna(text), errors="coerce", format="mixed")
