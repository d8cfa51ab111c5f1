"""The row of a stock on the board: the horizons of weekly and monthly series."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from common.domain.prices import COLUMNS, PriceSeries
from common.s3.objects import StoredFacts
from common.s3.price_store import StoredSeries
from forecast_service.market.dataset.board_row import board_row

DAY = date(2026, 11, 27)


def stored_series(days):
    closes = 100 * np.exp(np.random.default_rng(1).normal(0, 0.02, len(days)).cumsum())
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=pd.DatetimeIndex(days, name="date"))
    facts = StoredFacts(
        source="upload",
        currency="USD",
        fetched_at=datetime(2026, 11, 27, tzinfo=UTC),
        rows=len(days),
        first=days[0].date(),
        last=days[-1].date(),
        last_close=float(closes[-1]),
        previous_close=float(closes[-2]),
        version="1",
        etag="1",
    )
    return StoredSeries(facts, PriceSeries("MINE", "upload", "USD", frame))


@pytest.mark.parametrize(
    ("days", "targets"),
    [
        (pd.date_range("2018-01-05", DAY, freq="W-FRI"), ["2026-12-04", "2027-01-01", "2027-02-26"]),
        (pd.date_range("2016-01-31", "2026-10-31", freq="ME"), ["2026-11-30", "2026-11-30", "2027-01-31"]),
    ],
)
def test_the_steps_of_a_weekly_or_monthly_series_reach_as_far_as_the_trading_days(days, targets):
    row = board_row(stored_series(days), (5, 21, 63), DAY)
    assert [str(row[f"target_{horizon}d"]) for horizon in (5, 21, 63)] == targets
    assert row["range_pct_63d"] > row["range_pct_5d"]
