"""The stocks of the track record, found without reading every outcome."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from common.domain.horizons import horizon_group
from common.domain.stock_records import DAYS, StockRecord, StockRecords
from common.sql import schema
from common.sql.repositories.ledger.chain import is_of

_OUTCOMES, _STOCKS = schema.ledger_outcomes, schema.ledger_stocks


def count_stock_records(connection: sa.Connection) -> StockRecords:
    """Return the record of each stock with scored live forecasts over about a month, from the kept sums."""
    columns, group = _STOCKS.c, horizon_group(DAYS)
    scored, inside = sa.func.sum(columns.scored), sa.func.sum(columns.inside_80)
    chosen = (
        sa.select(columns.ticker, scored.label("scored"), inside.label("inside"))
        .where(columns.kind == "live", columns.days.between(group.first, group.last), columns.scored > 0)
        .group_by(columns.ticker)
    )
    found = connection.execute(chosen)
    return StockRecords(
        by_ticker={row.ticker: StockRecord(forecasts=int(row.scored), inside_80=int(row.inside)) for row in found}
    )


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
