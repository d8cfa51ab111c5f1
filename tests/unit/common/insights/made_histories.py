"""Made-up histories with known truths."""

from __future__ import annotations

from datetime import date

import numpy as np

from common.insights.history import History

LAST = date(2026, 11, 27)


def trading_days(count, last=LAST):
    end = np.datetime64(last, "D")
    days = np.arange(end - 2 * count - 10, end + 1)
    return days[np.is_busday(days)][-count:]


def walk(count, seed=0, move=0.015, start=100.0):
    """Return the closes of a random walk."""
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, move, count)))


def history_of(closes, *, days=None, opens=None, volumes=None, adjusted=None, ticker="MADE"):
    closes = np.asarray(closes, dtype=np.float64)
    days = trading_days(len(closes)) if days is None else np.asarray(days, dtype="datetime64[D]")
    unknown = np.full(len(closes), np.nan)
    return History(
        ticker,
        "tiingo",
        "USD",
        days.astype(np.int64),
        unknown if opens is None else np.asarray(opens, dtype=np.float64),
        closes,
        closes if adjusted is None else np.asarray(adjusted, dtype=np.float64),
        unknown if volumes is None else np.asarray(volumes, dtype=np.float64),
    )


def usual_history(count=2600, seed=0):
    """Return a random walk with openings and volumes."""
    rng = np.random.default_rng(seed + 1000)
    closes = walk(count, seed)
    opens = np.concatenate([closes[:1], closes[:-1]]) * np.exp(rng.normal(0, 0.004, count))
    return history_of(closes, opens=opens, volumes=rng.lognormal(13, 0.4, count).round())
