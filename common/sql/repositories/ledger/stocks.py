"""The stocks of the track record, found without reading every outcome."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from common.domain.horizons import HORIZON_GROUPS
from common.domain.stock_records import StockHorizon, StockRecord
from common.sql import schema
from common.sql.repositories.ledger.chain import is_of

_OUTCOMES, _STOCKS = schema.ledger_outcomes, schema.ledger_stocks


def count_stock_records(connection: sa.Connection) -> dict[StockHorizon, StockRecord]:
    """Return the record of each stock with scored live forecasts over each group of horizons, from the kept sums."""
    columns = _STOCKS.c
    found: dict[StockHorizon, StockRecord] = {}
    for group in HORIZON_GROUPS:
        chosen = (
            sa.select(columns.ticker, sa.func.sum(columns.scored), sa.func.sum(columns.inside_80))
            .where(columns.kind == "live", columns.days.between(group.first, group.last), columns.scored > 0)
            .group_by(columns.ticker)
        )
        for ticker, scored, inside in connection.execute(chosen):
            found[ticker, group] = StockRecord(forecasts=int(scored), inside_80=int(inside))
    return found


def list_tickers(connection: sa.Connection) -> list[str]:
    """Return the tickers with an outcome, in the record or the replay."""
    stocks = _tickers()
    chosen = sa.select(stocks.c.ticker).where(stocks.c.ticker.is_not(None))
    return list(connection.execute(chosen.order_by(stocks.c.ticker)).scalars())


def list_tickers_with_outcomes(connection: sa.Connection, since: date) -> list[str]:
    """Return the tickers with an outcome of a target day from ``since`` on, in the record itself."""
    stocks, columns = _tickers(), _OUTCOMES.c
    recent = (
        sa.select(columns.number)
        .where(columns.ticker == stocks.c.ticker, columns.target_date >= since, is_of(_OUTCOMES, "outcomes"))
        .limit(1)
    )
    # A look-up for each stock. PostgreSQL would turn an EXISTS into a join, which reads all recent outcomes.
    chosen = sa.select(stocks.c.ticker).where(recent.correlate(stocks).scalar_subquery().is_not(None))
    return list(connection.execute(chosen.order_by(stocks.c.ticker)).scalars())


def _tickers() -> sa.CTE:
    """Return the query of all tickers with an outcome; the last one is NULL.

    It looks up the next larger ticker from each one, because a DISTINCT reads every outcome.
    """
    ticker = _OUTCOMES.c.ticker
    found = sa.select(sa.func.min(ticker).label("ticker")).cte("stocks", recursive=True)
    following = sa.select(sa.func.min(ticker)).where(ticker > found.c.ticker).correlate(found).scalar_subquery()
    return found.union_all(sa.select(following).where(found.c.ticker.is_not(None)))
