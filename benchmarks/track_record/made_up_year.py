"""A made-up year of the track record in PostgreSQL: its entries are as large as real ones, its hashes are fake."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from common.domain.track_record import LEVELS, LedgerEntry
from common.sql.database_urls import DatabaseUrl
from common.sql.engines import make_engine
from common.sql.repositories.ledger.recounts import list_parts, recount

HORIZONS = (7, 30, 91)
EVENINGS = 250
FIRST_EVENING = date(2025, 1, 1)
UNSCORED_SHARE = 0.01
"""The share of the forecasts whose target day has no close."""
_LAST_CLOSE = 100.0

_FORECASTS = """
INSERT INTO ledger_forecasts
  (number, hash, chain_hash, recorded_at, content, made_at, kind, ticker, days, model, target_date)
SELECT number, lpad(to_hex(number), 64, '0'), lpad(to_hex(number), 64, 'f'), %(made_at)s,
       format(%(content)s, ticker, days, target_date), %(made_at)s, 'live', ticker, days, 'blend', target_date
FROM (
  SELECT %(before)s + (row_number() OVER ()) AS number, 'T' || lpad(stock::text, 5, '0') AS ticker,
         days, %(evening)s::date + days AS target_date
  FROM unnest(%(horizons)s::int[]) AS days, generate_series(1, %(stocks)s) AS stock
) AS made
"""
_OUTCOMES = """
INSERT INTO ledger_outcomes
  (number, hash, chain_hash, recorded_at, forecast_number, revision, kind, ticker, days, model, target_date, content,
   status, actual, error_pct, crps_pct, pit, inside_50, inside_80, inside_95, brier_up, last_price_error_pct,
   last_price_crps_pct)
SELECT number, lpad(to_hex(number), 64, '0'), lpad(to_hex(number), 64, 'f'), recorded_at, number, 0,
       kind, ticker, days, model, target_date,
       json_build_object(
         'status', status, 'actual', actual, 'split_factor', 1, 'prices_version', repeat('a', 64),
         'error_pct', error_pct, 'crps_pct', crps_pct, 'pit', pit, 'inside_50', inside_50, 'inside_80', inside_80,
         'inside_95', inside_95, 'brier_up', brier_up, 'last_price_error_pct', error_pct,
         'last_price_crps_pct', crps_pct, 'forecast_number', number, 'forecast_hash', hash, 'revision', 0)::text,
       status, actual, error_pct, crps_pct, pit, inside_50, inside_80, inside_95, brier_up, error_pct, crps_pct
FROM (
  SELECT *, 100 - error_pct AS actual, round((abs(error_pct) * 0.6)::numeric, 6)::float AS crps_pct,
         pit BETWEEN 0.25 AND 0.75 AS inside_50, pit BETWEEN 0.1 AND 0.9 AS inside_80,
         pit BETWEEN 0.025 AND 0.975 AS inside_95
  FROM (
    SELECT *, CASE WHEN is_scored THEN 'scored' ELSE 'no_close' END AS status,
           CASE WHEN is_scored THEN
             round(((random() + random() + random() - 1.5) * 8 * sqrt(days / 7.0))::numeric, 6)::float
           END AS error_pct,
           CASE WHEN is_scored THEN round(random()::numeric, 6)::float END AS pit,
           CASE WHEN is_scored THEN 0.25 END AS brier_up
    FROM (
      SELECT number, hash, recorded_at, kind, ticker, days, model, target_date, random() >= %(unscored)s AS is_scored
      FROM ledger_forecasts WHERE number > %(before)s AND number <= %(last)s
    ) AS forecast
  ) AS drawn
) AS outcome
"""
_DUE = """
INSERT INTO ledger_due (forecast_number, ticker, target_date)
SELECT number, ticker, target_date FROM ledger_forecasts WHERE number > %(before)s
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('ledger_forecasts', 'ledger_outcomes', 'ledger_due') AND starts_with(indexname, 'ix_')
"""
_HEADS = """
UPDATE ledger_heads SET number = CASE chain WHEN 'forecasts' THEN %(forecasts)s ELSE %(outcomes)s END,
  chain_hash = repeat('f', 64) WHERE chain IN ('forecasts', 'outcomes')
"""


def fill_year(address: str, rows: int) -> None:
    """Fill an empty, migrated database with about ``rows`` scored forecasts, and those of one evening more.

    Args:
        address: the address of the database.
        rows: the number of forecasts with an outcome; it is rounded to whole evenings of all stocks.
    """
    stocks = max(1, rows // (EVENINGS * len(HORIZONS)))
    made = stocks * len(HORIZONS)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT setseed(0.5)")
        dropped = _drop_indexes(connection)
        for index, evening in enumerate(_evenings(EVENINGS + 1)):
            numbers = {"before": index * made, "last": (index + 1) * made}
            made_at = datetime(evening.year, evening.month, evening.day, 22, tzinfo=UTC)
            values = {"content": _content(evening), "made_at": made_at, "evening": evening, "stocks": stocks}
            connection.execute(_FORECASTS.encode(), numbers | values | {"horizons": list(HORIZONS)})
            statement = _OUTCOMES if index < EVENINGS else _DUE
            connection.execute(statement.encode(), numbers | {"unscored": UNSCORED_SHARE})
        heads = {"forecasts": (EVENINGS + 1) * made, "outcomes": EVENINGS * made}
        connection.execute(_HEADS.encode(), heads)
        _index(connection, dropped)
        connection.execute("VACUUM ANALYZE")
    _sum_up(address)


def _drop_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that are made faster after the rows, and return the statements that make them."""
    found = connection.execute(_INDEXES.encode()).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"'.encode())
    return [statement for _, statement in found]


def _index(connection: psycopg.Connection[Any], statements: list[str]) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def _sum_up(address: str) -> None:
    """Fill the kept sums from the entries, and let the planner know their number."""
    engine = make_engine(DatabaseUrl.parse(address), statement_timeout_s=0)
    with engine.begin() as connection:
        for part in list_parts(connection):
            recount(connection, part)
        connection.exec_driver_sql("ANALYZE ledger_sums, ledger_stocks")
    engine.dispose()


def _evenings(count: int) -> list[date]:
    days = (FIRST_EVENING + timedelta(days=day) for day in range(2 * count))
    return [day for day in days if day.weekday() < 5][:count]


def _content(evening: date) -> str:
    """Return the JSON of an entry as a template of PostgreSQL's ``format``: ticker, days and target day are open."""
    entry = make_entry(evening, ticker="TICKER", days=9999, target_date=date(9999, 1, 1))
    text = entry.encode().decode()
    return text.replace("TICKER", "%1$s").replace(":9999,", ":%2$s,").replace("9999-01-01", "%3$s")


def make_entry(evening: date, *, ticker: str, days: int = 30, target_date: date | None = None) -> LedgerEntry:
    """Return a forecast from the close of an evening."""
    return LedgerEntry(
        kind="live",
        ticker=ticker,
        days=days,
        model="blend",
        engine="stockcast-6",
        source="yahoo",
        prices_version="a" * 64,
        currency="USD",
        as_of=evening,
        last_close=_LAST_CLOSE,
        counted_from=evening,
        target_date=target_date or evening + timedelta(days=days),
        trading_days=21,
        quantiles=[round(_LAST_CLOSE * (0.8123 + 0.3877 * level), 4) for level in LEVELS],
        chance_up=0.5,
        chance_gain_over_10_pct=0.1,
        chance_loss_over_10_pct=0.1,
    )
