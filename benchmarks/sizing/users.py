"""The behaviour of users. All figures here are assumptions: change them to those of your users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

ASKS_A_MINUTE = 2.0
"""The forecasts that an active user asks for."""
FURTHER_REQUESTS_AN_ASK = 5
"""The requests of the page beside the forecast: prices, chart, insights, search."""
ACTIVE_HOURS_A_DAY = 2.0
"""The hours in which the users that are active at once are active, on one day."""
TICKERS = 8000
POPULARITY_EXPONENT = 1.0
"""The ticker of rank r is asked for in proportion to 1 / r to this power (Zipf's law)."""
HORIZONS = {30: 0.6, 7: 0.15, 90: 0.15, 365: 0.1}
"""The share of the questions with each horizon in days."""
OPEN_TIMES = 3.0
"""At the market's open, users ask so many times as often. New prices have made every cached result out of date."""
ACTIVE_SHARE = 0.02
"""The share of all users who are active at once in the busiest hour."""


@dataclass(frozen=True)
class Question:
    """A question: the rank of its ticker, from 0, and the horizon in days."""

    rank: int
    days: int


def popularity() -> np.ndarray:
    """Return each ticker's share of the questions, shape (TICKERS,)."""
    weights = 1.0 / np.arange(1, TICKERS + 1) ** POPULARITY_EXPONENT
    shares: np.ndarray = weights / weights.sum()
    return shares


def questions(rng: np.random.Generator, count: int) -> Iterator[Question]:
    """Yield so many random questions."""
    ranks = rng.choice(TICKERS, size=count, p=popularity())
    days = rng.choice(list(HORIZONS), size=count, p=list(HORIZONS.values()))
    return (Question(int(rank), int(day)) for rank, day in zip(ranks, days, strict=True))


def arrivals(rng: np.random.Generator, per_second: float, seconds: float) -> list[tuple[float, Question]]:
    """Return random questions at the times of a Poisson process, in seconds."""
    count = rng.poisson(per_second * seconds)
    times = np.sort(rng.uniform(0, seconds, count)).tolist()
    return list(zip(times, questions(rng, count), strict=True))


def tickers_a_day(asks: float) -> float:
    """Return the expected number of different tickers in so many questions: those that the night refreshes."""
    return float((1 - (1 - popularity()) ** asks).sum())


def questions_of(asks: float) -> float:
    """Return the expected number of different questions among so many: those that are forecast, if all are cached."""
    each = popularity()
    return float(sum((1 - (1 - each * share) ** asks).sum() for share in HORIZONS.values()))
