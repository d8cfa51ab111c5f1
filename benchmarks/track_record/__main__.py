"""``python -m benchmarks.track_record``: the queries of the track record after a year of 8000 stocks.

It fills a PostgreSQL of its own with six million made-up forecasts over three horizons and their outcomes, which takes
ten to twenty minutes and 20 GB, and prints the median milliseconds of each query. The yardsticks are the look-up of one
entry by its number, and the same figures of the whole record from its entries instead of the kept sums.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from benchmarks.report import median_seconds, parser, report, seconds_of
from benchmarks.track_record.export_memory import FORMATS, peak_mb
from benchmarks.track_record.made_up_year import fill_year
from benchmarks.track_record.queries import job_queries, make_client, page_queries
from common.sql import schema
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import migrate
from common.sql.repositories.ledger.sums import figure_columns, is_present
from common.sql.repositories.ledger.verification import verify_sums
from common.sql.store import SqlStore
from test_support.stores.postgres import running_postgres

GOAL_MS = 300
ROUNDS = 5
FEW, MANY = 10_000, 1_000_000


def main() -> None:
    """Measure, and print the figures. No query of the page may take longer than :data:`GOAL_MS`."""
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=6_000_000, help="the number of forecasts with an outcome")
    options.add_argument("--address", help="a PostgreSQL database that an earlier run has filled")
    options.add_argument("--keep", action="store_true", help="wait for Enter before the database is removed")
    arguments = options.parse_args()
    with _database(arguments.address, arguments.rows) as address:
        figures = _measure(address, arguments.rows)
        report(figures, arguments.json)
        if arguments.keep:
            input(f"The database is {address}. Press Enter to remove it. ")


@contextmanager
def _database(address: str | None, rows: int) -> Iterator[str]:
    if address:
        yield address
        return
    with running_postgres() as server:
        made = server.create_database("year")
        migrate(DatabaseUrl.parse(made))
        print(f"filled in {seconds_of(lambda: fill_year(made, rows)):.0f} s")
        yield made


def _measure(address: str, rows: int) -> dict[str, object]:
    store = SqlStore(DatabaseUrl.parse(address))
    pages = page_queries(make_client(store))
    pages_ms = _milliseconds(median_seconds(ROUNDS, **pages))
    others = {"lookup": lambda: store.read(_look_up), **job_queries(store)}
    others_ms = _milliseconds(median_seconds(ROUNDS, **others))
    figures = {
        "rows": rows,
        "page_ms": pages_ms,
        "slowest_page_ms": max(pages_ms.values()),
        "goal_ms": GOAL_MS,
        "yardstick_ms": {
            "lookup": others_ms.pop("lookup"),
            "whole_from_entries": 1000 * _seconds_from_entries(address),
        },
        "job_ms": others_ms,
        "check_of_sums_s": _seconds_of_check(store),
        "export_peak_mb": {
            f"{format_}_{count}": peak_mb(address, count, format_)
            for format_ in FORMATS
            for count in (FEW, MANY)
            if count <= rows
        },
        "load": os.getloadavg()[0],
    }
    store.close()
    return figures


def _seconds_of_check(store: SqlStore) -> float:
    problems: list[str] = []
    seconds = seconds_of(lambda: problems.extend(store.read(verify_sums)))
    if problems:
        raise SystemExit("\n".join(problems))
    return seconds


def _milliseconds(seconds: dict[str, float]) -> dict[str, float]:
    return {name: 1000 * value for name, value in seconds.items()}


def _look_up(connection: sa.Connection) -> object:
    table = schema.ledger_forecasts
    return connection.execute(sa.select(table.c.content).where(table.c.number == 1)).scalar_one()


def _seconds_from_entries(address: str) -> float:
    outcomes = schema.ledger_outcomes
    chosen = sa.select(*figure_columns()).where(outcomes.c.kind == "live", is_present())
    statement = chosen.compile(
        dialect=sa.make_url("postgresql+psycopg://").get_dialect()(), compile_kwargs={"literal_binds": True}
    )
    with psycopg.connect(address) as connection:  # the store's own connections have a time limit
        return seconds_of(lambda: connection.execute(str(statement).encode()).fetchall())


if __name__ == "__main__":
    main()
