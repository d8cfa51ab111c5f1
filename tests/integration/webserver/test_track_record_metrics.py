"""The metrics of the track record: from the scored entries through the snapshot to the gauges."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from common.domain.calibration import LATEST, calibrate
from common.domain.horizons import horizon_group
from common.redis.client.connections import make_redis_client
from common.redis.stores import RedisStores
from common.runtime.metrics import (
    RECORD_COVERAGE,
    RECORD_COVERAGE_HIGH,
    RECORD_COVERAGE_LOW,
    RECORD_CRPS_RATIO,
    RECORD_FORECASTS,
)
from common.sql.repositories.ledger.entries import NewOutcome, append_outcomes, list_recent_outcomes
from common.sql.repositories.ledger.latest_scores import list_latest_scores
from tests.integration.common.sql.test_ledger import NOW, TARGET, finished
from tests.integration.webserver import test_track_record_api as over_http
from webserver.track_record import __main__ as command
from webserver.track_record.monitor import TrackRecordMonitor
from webserver.track_record.scoring import StoredCloses

record = over_http.record
RIGHT = [101.0 + number for number in range(40)]


def forecasts(count, **values):
    """Return forecasts of as many target days."""
    return [
        one
        for number in range(1, count + 1)
        for one in finished(number, target_date=TARGET + timedelta(days=number), **values)
    ]


def test_the_latest_scores_are_those_of_live_forecasts_by_target_day(record, sql_store):
    record(forecasts(LATEST + 5), [100.0] * (LATEST + 5))
    record(forecasts(3, kind="stale"), [100.0] * 3)
    found = sql_store.read(list_latest_scores)
    days = [one.target_date for one in found]
    assert days == [TARGET + timedelta(days=number) for number in range(LATEST + 5, 5, -1)]


def test_a_correction_replaces_the_first_score(record, sql_store):
    record(finished(1), [100.0])
    ((forecast, first),) = sql_store.read(lambda c: list_recent_outcomes(c, "AAPL", TARGET))
    sql_store.transaction(
        lambda c: append_outcomes(c, [NewOutcome(forecast, over_http.scored(forecast.entry, 20.0), first)], NOW)
    )
    (found,) = sql_store.read(list_latest_scores)
    assert not found.inside_95


def test_the_gauges_show_the_snapshot_and_are_nan_without_figures(redis_url):
    snapshot = RedisStores.of(make_redis_client(redis_url)).calibration
    monitor = TrackRecordMonitor(snapshot)
    monitor.measure()
    assert RECORD_FORECASTS._value.get() == 0
    assert math.isnan(RECORD_CRPS_RATIO._value.get())
    assert math.isnan(RECORD_COVERAGE.labels(80)._value.get())


@pytest.mark.parametrize(("closes", "coverage"), [(RIGHT, 1.0), (RIGHT[:30] + [900.0] * 10, 0.75)])
def test_the_scoring_writes_the_snapshot_that_the_gauges_show(redis_url, record, sql_store, closes, coverage):
    record(forecasts(40), closes)
    stores = RedisStores.of(make_redis_client(redis_url))
    stores.calibration.write(calibrate(sql_store.read(list_latest_scores)))
    TrackRecordMonitor(stores.calibration).measure()
    assert RECORD_FORECASTS._value.get() == 40
    assert RECORD_COVERAGE.labels(80)._value.get() == coverage
    assert RECORD_COVERAGE_LOW.labels(80)._value.get() < 0.8 < RECORD_COVERAGE_HIGH.labels(80)._value.get()
    assert RECORD_CRPS_RATIO._value.get() > 0


@pytest.fixture
def score(redis_url, s3_bucket, sql_address, monkeypatch):
    """Runs the command that scores."""
    monkeypatch.setenv("DATABASE_URL", str(sql_address.postgresql or f"sqlite:///{sql_address.path}"))
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("S3_BUCKET", s3_bucket)
    return lambda: command.main(["score"])


def test_the_command_that_scores_writes_the_snapshot(score, redis_url, record, monkeypatch):
    record(forecasts(1, ticker="MSFT"))
    closes = dict.fromkeys((forecasts(1)[0].entry.as_of, TARGET + timedelta(days=1)), 102.0)
    stored = StoredCloses("yahoo", "c" * 64, TARGET + timedelta(days=1), closes)
    monkeypatch.setattr(command, "make_closes_reader", lambda _: lambda _ticker: stored)
    assert score() == command.DONE
    stores = RedisStores.of(make_redis_client(redis_url))
    found = stores.calibration.read()
    assert found is not None
    assert found.forecasts == 1
    month = ("MSFT", horizon_group(30))
    assert stores.stock_records.read_some([month, ("AAPL", month[1])])[month].forecasts == 1
