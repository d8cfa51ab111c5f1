"""Stocks of random walks, as the pattern search takes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast_service.patterns.stocks import Stock

DAYS = 1500


def frame_of(closes, opens=None, highs=None, lows=None, index=None):
    closes = np.asarray(closes, "float64")
    opens = closes if opens is None else np.asarray(opens, "float64")
    highs = np.maximum(opens, closes) if highs is None else np.asarray(highs, "float64")
    lows = np.minimum(opens, closes) if lows is None else np.asarray(lows, "float64")
    index = pd.bdate_range("2015-01-01", periods=len(closes), name="date") if index is None else index
    return pd.DataFrame({"open": opens, "high": highs, "low": lows, "close": closes}, index=index)


def random_moves(seed, days=DAYS, deviation=0.015):
    return np.random.default_rng(seed).normal(0, deviation, days)


def stock_of(moves, ticker="AAPL", seed=0):
    """A stock whose closes have these moves of their logarithm; each opens near the close before."""
    rng = np.random.default_rng([seed, 1])
    closes = 100 * np.exp(np.cumsum(moves))
    opens = np.concatenate(([100], closes[:-1])) * np.exp(rng.normal(0, 0.003, len(closes)))
    wicks = np.exp(np.abs(rng.normal(0, 0.005, (2, len(closes)))))
    return Stock(
        ticker,
        frame_of(closes, opens, np.maximum(opens, closes) * wicks[0], np.minimum(opens, closes) / wicks[1]),
    )


def random_stock(seed, days=DAYS, ticker="AAPL"):
    return stock_of(random_moves(seed, days), ticker, seed)
