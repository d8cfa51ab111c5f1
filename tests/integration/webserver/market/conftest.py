"""The web server, and boards in its bucket."""

from __future__ import annotations

import pytest

from test_support.stores.boards import DAY, put_board, row_of
from webserver.app import create_app
from webserver.settings import WebSettings

ROWS = (
    row_of("AAPL", usual_moves=3.2, change_pct=-4.0, day_range_broken="below", volatility_percentile=95.0),
    row_of("CVX", usual_moves=0.5, change_pct=0.4, volatility_percentile=20.0),
    row_of("MSFT", usual_moves=2.0, change_pct=2.5, volatility_percentile=60.0, range_pct_21d=30.0),
    row_of("OLD", stale=True, usual_moves=9.0, volatility_percentile=99.0),
    {"ticker": "SHORT", "code": "too_little_data", "detail": "=1+1", "source": "tiingo", "as_of": DAY, "stale": False},
    row_of("XYZ", usual_moves=2.0, change_pct=-1.0, volatility_percentile=None, range_pct_21d=2.0),
)


@pytest.fixture
def client(redis_url, s3_bucket):
    with create_app(WebSettings(redis_url=redis_url, s3_bucket=s3_bucket)).test_client() as made:
        yield made


@pytest.fixture
def board(s3, s3_bucket):
    """Six rows: one is stale, and one has no forecast."""
    put_board(s3, s3_bucket, ROWS)
    return ROWS
