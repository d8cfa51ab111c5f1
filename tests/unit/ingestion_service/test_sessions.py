from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pandas as pd
import pytest

from ingestion_service.prices.sessions import last_settled_day

WEEKDAYS = pd.bdate_range("2026-01-01", periods=200)
EVERY_DAY = pd.date_range("2026-01-01", periods=200)


def test_concurrent_threads_get_the_last_day_without_a_warning():
    threads = 16
    all_at_once = Barrier(threads)

    def asked(number):
        all_at_once.wait()
        return last_settled_day(datetime(2019, 3, 6, 22, tzinfo=UTC) + timedelta(days=7 * number), "AAPL", WEEKDAYS)

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(asked, range(threads))) == [
            date(2019, 3, 6) + timedelta(days=7 * n) for n in range(threads)
        ]


@pytest.mark.parametrize(
    ("ticker", "now", "last"),
    [
        ("VOD.L", "2026-11-20T16:44Z", "2026-11-19"),
        ("VOD.L", "2026-11-20T16:45Z", "2026-11-20"),  # while New York trades
        ("7203.T", "2026-11-20T06:44Z", "2026-11-19"),
        ("7203.T", "2026-11-20T06:45Z", "2026-11-20"),  # in New York, the night before
        ("7203.T", "2026-11-19T23:00Z", "2026-11-19"),  # a new day in Tokyo, which has not begun to trade
        ("0700.HK", "2026-11-20T08:15Z", "2026-11-20"),
        ("RELIANCE.NS", "2026-12-31T10:15Z", "2026-12-31"),  # the calendar's last day
        ("RELIANCE.NS", "2027-03-01T10:15Z", "2027-03-01"),  # after it
        ("2222.SR", "2026-11-22T12:15Z", "2026-11-22"),  # a Sunday
        ("VOD.L", "2026-12-24T12:44Z", "2026-12-23"),
        ("VOD.L", "2026-12-24T12:45Z", "2026-12-24"),  # a short day
        ("7203.T", "2026-11-23T12:00Z", "2026-11-22"),  # a holiday in Tokyo
        ("EURUSD=X", "2026-11-20T23:59Z", "2026-11-19"),
        ("EURUSD=X", "2026-11-21T00:00Z", "2026-11-20"),
        ("BTC-USD", "2026-11-21T00:00Z", "2026-11-20"),
        ("ABC.XX", "2026-11-20T21:15Z", "2026-11-20"),
    ],
)
def test_a_day_is_settled_when_its_own_exchange_has_closed(ticker, now, last):
    assert last_settled_day(datetime.fromisoformat(now), ticker, WEEKDAYS) == date.fromisoformat(last)


def test_what_trades_at_weekends_settles_by_utc_whatever_its_ticker():
    assert last_settled_day(datetime(2026, 11, 22, 1, tzinfo=UTC), "ABC", EVERY_DAY) == date(2026, 11, 21)
