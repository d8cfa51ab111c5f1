from datetime import UTC, date, datetime

import pytest

from common.domain.dates import counting_start, exchange_day, is_stale


def test_the_day_is_new_yorks():
    assert exchange_day(datetime(2026, 11, 21, 3, 0, tzinfo=UTC)) == date(2026, 11, 20)


@pytest.mark.parametrize(("today", "stale"), [(date(2026, 1, 8), False), (date(2026, 1, 9), True)])
def test_prices_are_stale_after_seven_days(today, stale):
    assert is_stale(date(2026, 1, 1), today) is stale


def test_days_count_from_today_or_from_a_stale_last_close():
    assert counting_start(date(2026, 1, 1), date(2026, 1, 5)) == date(2026, 1, 5)
    assert counting_start(date(2026, 1, 1), date(2026, 2, 5)) == date(2026, 1, 1)


def test_days_never_count_from_before_the_last_close():
    assert counting_start(date(2026, 1, 2), date(2026, 1, 1)) == date(2026, 1, 2)
