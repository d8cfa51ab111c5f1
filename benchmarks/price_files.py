"""The price series of the accuracy benchmark: the bundled sample, or a folder of daily CSVs in Yahoo's format."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ingestion_service.providers.sample import TICKERS as SAMPLE_TICKERS
from ingestion_service.providers.sample import Sample

MIN_ROWS = 600


def read_sample_closes() -> dict[str, pd.Series]:
    """Return the split-adjusted closes of the whole sample, by ticker."""
    now = datetime.now(UTC).date()
    return {ticker: Sample().fetch(ticker, since=now, timeout_s=5).frame["close"] for ticker in SAMPLE_TICKERS}


def read_closes(folder: Path) -> dict[str, pd.Series]:
    """Return the closes of every CSV in ``folder``, by file name.

    The columns are Yahoo's (``Date,Open,High,Low,Close,Adj Close,Volume``), whose ``Close`` is split-adjusted. Their
    order and case do not matter, other columns are ignored, and rows may be in any order. Rows without a day or a
    positive close are left out, and so are repeated days and files with too few rows. One line a file on standard error
    reports this.
    """
    series: dict[str, pd.Series] = {}
    for path in sorted(path for path in folder.glob("*") if path.suffix.lower() == ".csv"):
        try:
            series[path.stem] = _closes(path)
        except (OSError, ValueError) as exc:
            print(f"{path.name}: left out, {' '.join(str(exc).split())}", file=sys.stderr)
    return series


def _closes(path: Path) -> pd.Series:
    """Return the usable closes of one file, the oldest first.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a CSV, a column is missing, or it has too few rows.
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
    if len(closes) < MIN_ROWS:
        raise ValueError(f"of {len(frame)} rows {len(closes)} are usable ({dropped}), fewer than {MIN_ROWS}")
    if len(closes) < len(frame):
        print(f"{path.name}: rows left out: {dropped}", file=sys.stderr)
    return closes


def _days(text: pd.Series) -> pd.Series:
    """Return the dates of a column. A time and its zone after an ISO date are ignored."""
    iso = text.str.extract(r"^\s*(\d{4}-\d{2}-\d{2})", expand=False)
    return pd.to_datetime(iso.fillna(text), errors="coerce", format="mixed")
