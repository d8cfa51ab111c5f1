"""Boards of the nightly run with made-up rows."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from common.s3.market_objects import BOARD, MarketDay
from forecast_service.market.dataset.schema import board_schema, board_table, horizon_column, to_parquet

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

HORIZONS = (5, 21, 63)
DAY = date(2026, 11, 27)


def board_body(rows: Sequence[Mapping[str, Any]], day: date = DAY, horizons: Sequence[int] = HORIZONS) -> bytes:
    """Return the Parquet file of a board; a value that a row lacks is null."""
    return to_parquet(board_table(rows, board_schema(horizons, day)))


def put_board(client: S3Client, bucket: str, rows: Sequence[Mapping[str, Any]], day: date = DAY) -> None:
    """Store the board of a date, in place of any that exists."""
    MarketDay(client, bucket, day).put(BOARD, board_body(rows, day))


def row_of(ticker: str, **values: Any) -> dict[str, Any]:
    """Return a row with a forecast of plausible values; others replace them."""
    return {
        "ticker": ticker,
        "source": "tiingo",
        "currency": "USD",
        "prices_version": "0" * 64,
        "rows": 2520,
        "as_of": DAY,
        "stale": False,
        "last_close": 100.0,
        "change_pct": 1.0,
        "usual_move_pct": 1.0,
        "usual_moves": 1.0,
        "day_range_lower": 97.0,
        "day_range_upper": 101.0,
        "day_range_broken": None,
        "volatility_pct": 20.0,
        "volatility_percentile": 50.0,
        **{name: value for days in HORIZONS for name, value in _ahead(days).items()},
        **values,
    }


def _ahead(days: int) -> dict[str, Any]:
    values = {
        "target": DAY + timedelta(days=days),
        "price": 100.5,
        "lower": 100.0 - days / 10,
        "upper": 101.0 + days / 10,
        "range_pct": 1.0 + days / 5,
        "chance_up": 0.53,
        "chance_gain_10": 0.1,
        "chance_loss_10": 0.08,
        "value_at_risk_95_pct": 6.5,
        "drawdown_median_pct": 3.0,
        "drawdown_95_pct": 9.0,
        "prophet_weight": 0.4,
        "tests": 40,
        "mae_pct": 3.5,
        "crps_pct": 2.6,
        "crps_ratio": 0.98,
        "coverage_80": 0.81,
    }
    return {horizon_column(name, days): value for name, value in values.items()}


def random_rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return rows whose numbers differ in all digits, as real ones do."""
    draw = random.Random(seed)
    return [_random_row(f"S{number:05d}", draw) for number in range(count)]


def _random_row(ticker: str, draw: random.Random) -> dict[str, Any]:
    change = draw.gauss(0, 2)
    plain = row_of(ticker)
    numbers = {name: value * draw.uniform(0.5, 1.5) for name, value in plain.items() if isinstance(value, float)}
    broken = ("above" if change > 0 else "below") if abs(change) > 4 else None
    moved = {"change_pct": change, "usual_moves": abs(change) / 2, "day_range_broken": broken}
    return plain | numbers | moved | {"volatility_percentile": draw.uniform(0, 100)}
