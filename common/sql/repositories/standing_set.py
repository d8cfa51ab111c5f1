"""The standing set: the stocks that are forecast every evening, and from which close each was forecast last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from common.sql import schema

MOST_STOCKS = 500
"""The most stocks of the set."""
_SET, _MADE = schema.standing_set, schema.standing_forecasts


class StandingSetFull(Exception):
    """The set has the most stocks."""


@dataclass(frozen=True)
class StandingStock:
    """A stock of the set.

    Args:
        ticker: the stock.
        added_at: when it was added.
        as_of: the last close from which it was forecast for the record; None before the first forecast.
    """

    ticker: str
    added_at: datetime
    as_of: date | None


def list_standing_set(connection: sa.Connection) -> list[StandingStock]:
    """Return the stocks of the set, by ticker."""
    latest = sa.func.max(_MADE.c.as_of).label("as_of")
    chosen = (
        sa.select(_SET.c.ticker, _SET.c.added_at, latest)
        .outerjoin_from(_SET, _MADE, _MADE.c.ticker == _SET.c.ticker)
        .group_by(_SET.c.ticker, _SET.c.added_at)
        .order_by(_SET.c.ticker)
    )
    return [StandingStock(**row) for row in connection.execute(chosen).mappings()]


def add_to_standing_set(connection: sa.Connection, tickers: Sequence[str], now: datetime) -> list[str]:
    """Add stocks, and return those that the set lacked.

    Raises:
        StandingSetFull: the set would have more than :data:`MOST_STOCKS`.
    """
    known = {stock.ticker for stock in list_standing_set(connection)}
    new = [ticker for ticker in dict.fromkeys(tickers) if ticker not in known]
    if len(known) + len(new) > MOST_STOCKS:
        raise StandingSetFull
    if new:
        connection.execute(sa.insert(_SET), [{"ticker": ticker, "added_at": now} for ticker in new])
    return new


def remove_from_standing_set(connection: sa.Connection, tickers: Sequence[str]) -> int:
    """Remove stocks, and return how many of them the set had. Their recorded forecasts stay."""
    return connection.execute(sa.delete(_SET).where(_SET.c.ticker.in_(tickers))).rowcount


def list_standing_forecasts(connection: sa.Connection, ticker: str) -> Mapping[int, date]:
    """Return, for each horizon of a stock, the last close from which it was forecast."""
    chosen = sa.select(_MADE.c.days, _MADE.c.as_of).where(_MADE.c.ticker == ticker)
    return {row.days: row.as_of for row in connection.execute(chosen)}


def note_standing_forecast(connection: sa.Connection, ticker: str, days: int, as_of: date) -> None:
    """Record that a stock was forecast over a horizon from the close of a day."""
    of_horizon = sa.and_(_MADE.c.ticker == ticker, _MADE.c.days == days)
    if not connection.execute(sa.update(_MADE).where(of_horizon).values(as_of=as_of)).rowcount:
        connection.execute(sa.insert(_MADE).values(ticker=ticker, days=days, as_of=as_of))
