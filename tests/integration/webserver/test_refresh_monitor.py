"""The metrics of the refreshes, which another process records in Redis."""

from datetime import UTC, datetime, timedelta

from common.domain.refresh_run import RefreshRun
from common.runtime.metrics import REFRESH_COMPLETE, REFRESH_ENDED, REFRESH_FAILED, REFRESH_TICKERS
from webserver.stocks.refresh_monitor import RefreshMonitor

METRICS = (REFRESH_TICKERS, REFRESH_FAILED, REFRESH_ENDED, REFRESH_COMPLETE)
ENDED = datetime(2026, 11, 27, 15, 53, tzinfo=UTC)


def shown(stores, interval):
    RefreshMonitor(stores.refresh_runs).measure()
    return [metric.labels(interval)._value.get() for metric in METRICS]


def test_the_last_refresh_of_each_interval_is_shown_with_the_last_one_without_a_failure(redis_stores):
    redis_stores.refresh_runs.note("1h", RefreshRun(tickers=50, failed=0, ended=ENDED))
    assert shown(redis_stores, "1h") == [50, 0, ENDED.timestamp(), ENDED.timestamp()]
    later = ENDED + timedelta(hours=1)
    redis_stores.refresh_runs.note("1h", RefreshRun(tickers=50, failed=34, ended=later))
    assert shown(redis_stores, "1h") == [50, 34, later.timestamp(), ENDED.timestamp()]
    redis_stores.refresh_runs.note("1d", RefreshRun(tickers=8000, failed=1, ended=later))
    assert shown(redis_stores, "1d") == [8000, 1, later.timestamp(), 0]


def test_a_damaged_record_stops_no_turn_and_is_replaced(redis_stores, redis_client):
    redis_client.set("refresh_run:1h", "{}")
    assert RefreshMonitor(redis_stores.refresh_runs)._turn() is None
    redis_stores.refresh_runs.note("1h", RefreshRun(tickers=50, failed=2, ended=ENDED))
    assert shown(redis_stores, "1h") == [50, 2, ENDED.timestamp(), 0]
