from datetime import UTC, date, datetime

import pytest

from common.domain.markets.dates import counting_start, exchange_day, is_stale


@pytest.mark.parametrize(
    ("ticker", "day"),
    [("AAPL", 20), ("SHOP.TO", 20), ("VOD.L", 21), ("7203.T", 21), ("BTC-USD", 21), ("EURUSD=X", 21), ("ABC.XX", 20)],
)
def test_the_day_is_that_of_the_exchange(ticker, day):
    assert exchange_day(datetime(2026, 11, 21, 3, 0, tzinfo=UTC), ticker) == date(2026, 11, day)


def test_the_day_begins_in_tokyo_while_it_is_yesterday_in_london_and_new_york():
    days = [exchange_day(datetime(2026, 11, 19, 16, 0, tzinfo=UTC), ticker).day for ticker in ("7203.T", "VOD.L", "A")]
    assert days == [20, 19, 19]


@pytest.mark.parametrize(("today", "stale"), [(date(2026, 1, 8), False), (date(2026, 1, 9), True)])
def test_prices_are_stale_after_seven_days(today, stale):
    assert is_stale(date(2026, 1, 1), today) is stale


def test_days_count_from_today_or_from_a_stale_last_close():
    assert counting_start(date(2026, 1, 1), date(2026, 1, 5)) == date(2026, 1, 5)
    assert counting_start(date(2026, 1, 1), date(2026, 2, 5)) == date(2026, 1, 1)


def test_days_never_count_from_before_the_last_close():
    assert counting_start(date(2026, 1, 2), date(2026, 1, 1)) == date(2026, 1, 2)
