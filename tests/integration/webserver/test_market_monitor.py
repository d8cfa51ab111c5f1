"""The metrics of the nightly run: of the last run in Redis, and zeros without one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from common.domain.market_run import MarketRun
from common.runtime.metrics import MARKET_COMPLETE, MARKET_DONE, MARKET_FAILED, MARKET_STARTED, MARKET_STOCKS
from webserver.market.monitor import MarketMonitor

METRICS = (MARKET_STOCKS, MARKET_DONE, MARKET_FAILED, MARKET_STARTED, MARKET_COMPLETE)
BEGAN = datetime(2026, 11, 21, 3, tzinfo=UTC)
RUN = MarketRun(day=date(2026, 11, 20), stocks=8000, done=8000, failed=7, started=BEGAN)


def shown(stores):
    MarketMonitor(stores.market_runs).measure()
    return [metric._value.get() for metric in METRICS]


def test_the_last_run_is_shown_with_the_end_of_the_last_complete_one(redis_stores):
    assert shown(redis_stores) == [0, 0, 0, 0, 0]
    redis_stores.market_runs.note(RUN)
    assert shown(redis_stores) == [8000, 8000, 7, BEGAN.timestamp(), 0]
    ended = BEGAN + timedelta(minutes=8)
    redis_stores.market_runs.note(RUN.model_copy(update={"finished": ended}))
    assert shown(redis_stores)[-1] == ended.timestamp()
    again = BEGAN + timedelta(days=1)
    redis_stores.market_runs.note(MarketRun(day=date(2026, 11, 21), stocks=9, done=3, failed=0, started=again))
    assert shown(redis_stores) == [9, 3, 0, again.timestamp(), ended.timestamp()]


def test_a_record_of_another_form_stops_no_turn(redis_stores, redis_client):
    redis_client.set("market_run", "{}")
    assert MarketMonitor(redis_stores.market_runs)._turn() is None
