"""Forecasts to draw, made without the engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from common.domain.results import QUANTILE_LEVELS, Forecast

LAST = date(2013, 3, 1)
VERDICT = (
    "With a probability of 80 %, it may end between 82.35 and 117.80 USD on 2013-03-31; a gain is 52 % likely. "
    "Such a range held the price in 15 of 20 tests in the past."
)


BAND_SHARES = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
"""The distances of the quantiles from the median, on a logarithmic scale, where the 80 % band's is 1."""


def forecast(
    days: int = 30,
    *,
    scale: float = 1.0,
    swing: float = 10.0,
    every_day: bool = True,
    prophet: float | None = 1.05,
    model: str = "blend",
    **changes: Any,
) -> Forecast:
    """Return a forecast whose closes are 100 ± ``swing``; Prophet's line ends at ``prophet`` times the last close."""
    past = [
        {"date": LAST - timedelta(days=n), "close": scale * (100 + swing * np.sin(n / 40))}
        for n in range(729, -1, -1)
        if every_day or (LAST - timedelta(days=n)).weekday() < 5
    ]
    close = past[-1]["close"]
    future = [
        {
            "date": LAST + timedelta(days=n),
            "price": close * 1.0004**n,
            "lower": close * 0.95 * 0.995**n,
            "upper": close * 1.05 * 1.005**n,
            "prophet": prophet and close * prophet ** (n / days),
            "quantiles": [close * 1.0004**n * (1.05 * 1.005**n) ** share for share in BAND_SHARES],
        }
        for n in range(1, days + 1)
    ]
    end = future[-1]
    values = {
        "ticker": "AAPL",
        "days": days,
        "as_of": LAST,
        "last_close": close,
        "counted_from": LAST,
        "target_date": end["date"],
        "predicted_price": end["price"],
        "currency": "USD",
        "interval": {"level": 0.8, "lower": end["lower"], "upper": end["upper"]},
        "backtest": backtest(scale=scale),
        "verdict": VERDICT,
        "model": {"name": model, "version": "stockcast-3", "prophet_weight": 0.12},
        "data": {
            "source": "sample",
            "rows": 2518,
            "first": date(2003, 3, 3),
            "last": LAST,
            "fetched_at": datetime(2026, 11, 20, tzinfo=UTC),
            "stale": True,
            "version": "0" * 64,
        },
        "series": past,
        "forecast": future,
        "distribution": distribution(end["quantiles"], close),
        "timings_ms": {},
    }
    return Forecast.model_validate(values | changes)


def distribution(quantiles: list[float], close: float) -> dict[str, Any]:
    """Return percentiles between these quantiles; the highest and the lowest price are on their sides of the close."""
    end = np.interp(np.arange(1, 100) / 100, QUANTILE_LEVELS, quantiles)
    highest, lowest = np.maximum(end, close), np.minimum(end, close)
    return {"end": end.tolist(), "highest": highest.tolist(), "lowest": lowest.tolist()}


def without_distribution(**changes: Any) -> Forecast:
    """Return a forecast as an older version stored it: without quantiles, and without a distribution."""
    new = forecast(**changes)
    days = [point.model_copy(update={"quantiles": []}) for point in new.forecast]
    return new.model_copy(update={"forecast": days, "distribution": None})


def backtest(*, scale: float = 1.0, price: float = 1.0, width: float = 0.05) -> dict[str, Any]:
    """Return a backtest of forty origins; 15 of the 20 scored intervals hold the price."""
    return {
        "origins": 40,
        "scored": 20,
        "overlap": 1.0,
        "horizon_trading_days": 20,
        "mae_pct": 6.8,
        "naive_mae_pct": 6.8,
        "skill": 0.0,
        "coverage": 0.75,
        "direction_hit_rate": None,
        "points": [
            {
                "origin": LAST - timedelta(days=28 * (40 - n)),
                "target": LAST - timedelta(days=28 * (39 - n)),
                "last_close": scale * 100,
                "price": scale * 100 * price,
                "lower": scale * 100 * price * (1 - width),
                "upper": scale * 100 * price * (1 + width),
                "actual": scale * (110 if n % 4 == 0 else 98),
                "prophet_weight": 0.0,
                "scored": n >= 20,
            }
            for n in range(40)
        ],
    }


FLAGS = [
    "The close goes from 400.00 to 100.00 and looks like a split on 2013-01-15; the forecast treats it as a real fall.",
    "No close for 92 days (2012-03-01 to 2012-06-01, the longest of 3 gaps); the forecast treats the move across this "
    "gap as that of a single day.",
    *(
        f"Zero volume on {n} days in a row (2012-08-01 to 2012-09-01); these closes may be no traded prices."
        for n in "345"
    ),
]


def flagged(count: int = 5, calibration: str | None = None, **changes: Any) -> Forecast:
    """Return a forecast with flags and a backtest of this calibration."""
    plain = forecast(**changes)
    data = plain.data.model_copy(update={"flags": FLAGS[:count]})
    tests = plain.backtest and plain.backtest.model_copy(update={"calibration": calibration})
    return plain.model_copy(update={"data": data, "backtest": tests})


def without_backtest() -> dict[str, Any]:
    return {"backtest": None, "verdict": "The history is too short to test forecasts this far ahead: nothing shows it."}
