"""A few stored series, and the command that forecasts them in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import COLUMNS, PriceSeries
from common.s3.market_objects import MarketDay
from test_support.paths import ROOT

DAY = date(2026, 11, 20)
FETCHED_AT = datetime(2026, 11, 20, 23, tzinfo=UTC)
ARGUMENTS = ("--date", str(DAY), "--range", "2", "--workers", "1")


def series_of(ticker, rows=400, *, seed=1):
    moves = np.random.default_rng(seed).normal(0.0002, 0.015, rows)
    index = pd.bdate_range(end=DAY, periods=rows, name="date")
    return PriceSeries(
        ticker, "test", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, 100 * np.exp(moves.cumsum())), index=index)
    )


@pytest.fixture
def stored(store) -> list[str]:
    """Seven stored stocks, of which one has too few prices for a forecast."""
    tickers = [f"S{number}" for number in range(6)]
    for number, ticker in enumerate(tickers):
        store.write(series_of(ticker, seed=number), fetched_at=FETCHED_AT, replacing=None)
    store.write(series_of("NEW", 30), fetched_at=FETCHED_AT, replacing=None)
    return sorted([*tickers, "NEW"])


@pytest.fixture
def market(s3, s3_bucket) -> MarketDay:
    return MarketDay(s3, s3_bucket, DAY)


@pytest.fixture
def environment(s3_bucket, redis_url) -> dict[str, str]:
    """The command's environment."""
    return os.environ | {"S3_BUCKET": s3_bucket, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run(environment) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def run_command(*arguments):
        return subprocess.run(
            command(*arguments), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
        )

    return run_command


def command(*arguments):
    return [sys.executable, "-m", "forecast_service.market", *ARGUMENTS, *arguments]


@pytest.fixture
def folder(tmp_path) -> Callable[[MarketDay], Path]:
    """Copy the dataset of a date to files, as its users may."""

    def copy(market):
        for name in ["board.parquet", *(f"panel/{file}" for file in market.list_names("panel/"))]:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(market.read(name))
        return tmp_path

    return copy
