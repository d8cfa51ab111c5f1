"""The queries of the track record, as its routes, its drain and its scoring send them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.track_record.made_up_year import EVENINGS, FIRST_EVENING, make_entry
from common.sql.repositories.ledger import entries
from common.sql.repositories.ledger.entries import FinishedForecast
from common.sql.repositories.ledger.stocks import list_tickers_with_outcomes
from common.sql.store import SqlStore
from webserver.track_record.drain import MOST_AT_ONCE
from webserver.track_record.routes import track_record_api
from webserver.track_record.scoring import CORRECTED_DAYS

RECORD = "/api/v1/track-record"
_LAST_EVENING = FIRST_EVENING + timedelta(days=EVENINGS // 5 * 7)
_PAGES = {
    "whole": "",
    "ticker": "?ticker=T00001",
    "ticker_and_horizon": "?ticker=T00001&horizon=30",
    "model": "?model=blend",
    "horizon": "?horizon=30",
    "month": "?start=2025-06-01&end=2025-06-30",
    "since": "?start=2025-06-01",
    "horizon_and_month": "?horizon=30&start=2025-06-01&end=2025-06-30",
    "another_kind": "?kind=stale",
    "forecasts": "/forecasts",
    "forecasts_ticker": "/forecasts?ticker=T00001",
    "forecasts_horizon": "/forecasts?horizon=30",
    "forecasts_month": "/forecasts?start=2025-06-01&end=2025-06-30",
    "forecasts_until": "/forecasts?end=2025-02-28",
    "forecasts_model": "/forecasts?model=prophet",
    "forecasts_another_kind": "/forecasts?kind=stale",
    "misses": "/misses",
    "misses_ticker": "/misses?ticker=T00001",
    "misses_horizon": "/misses?horizon=30",
    "misses_month": "/misses?start=2025-06-01&end=2025-06-30",
    "misses_model": "/misses?model=prophet",
    "misses_another_kind": "/misses?kind=stale",
}


def page_queries(client: FlaskClient) -> Mapping[str, Callable[[], object]]:
    """Return the requests of the page, by name."""
    return {name: partial(_get, client, path) for name, path in _PAGES.items()}


def job_queries(store: SqlStore) -> Mapping[str, Callable[[], object]]:
    """Return the transactions of the drain and of the scoring, by name."""
    numbers = itertools.count(1)
    until, since = _LAST_EVENING + timedelta(days=200), _LAST_EVENING - timedelta(days=CORRECTED_DAYS)
    return {
        "drain": lambda: store.transaction(lambda connection: _append(connection, numbers)),
        "due_stocks": lambda: store.read(lambda connection: entries.list_due_tickers(connection, until)),
        "due_forecasts": lambda: store.read(
            lambda connection: entries.list_due_forecasts(connection, "T00001", until, 0, 500)
        ),
        "recent_stocks": lambda: store.read(lambda connection: list_tickers_with_outcomes(connection, since)),
        "recent_outcomes": lambda: store.read(
            lambda connection: entries.list_recent_outcomes(connection, "T00001", since)
        ),
    }


def make_client(store: SqlStore) -> FlaskClient:
    """Return a client of the track record's routes."""
    app = Flask(__name__)
    app.register_blueprint(track_record_api(store))
    return app.test_client()


def _get(client: FlaskClient, path: str) -> None:
    response = client.get(RECORD + path)
    if response.status_code != 200:
        raise SystemExit(f"{path}: {response.status_code} {response.text[:200]}")


def _append(connection: sa.Connection, numbers: itertools.count[int]) -> int:
    """Append as many forecasts as one turn of the drain, of different stocks."""
    made = [make_entry(date(2026, 3, 2), ticker=f"N{next(numbers)}") for _ in range(MOST_AT_ONCE)]
    now = datetime.now(UTC)
    return entries.append_forecasts(connection, [FinishedForecast(one.encode(), one, now) for one in made], now)
