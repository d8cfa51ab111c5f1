"""The track record as CSV: every entry with its content and its hashes, so that anybody can check the chains."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime

from common.sql.repositories.ledger_queries import ForecastRow
from webserver.http.cooperative_work import in_pieces

ROWS_AT_ONCE = 200
_COLUMNS = (
    *("number", "hash", "chain_hash", "made_at", "recorded_at"),
    *("kind", "ticker", "days", "model", "engine", "source", "as_of", "last_close", "target_date", "median"),
    *("status", "actual", "error_pct", "crps_pct", "pit", "inside_50", "inside_80", "inside_95", "brier_up"),
    *("last_price_error_pct", "last_price_crps_pct"),
    *("outcome_number", "outcome_revision", "outcome_chain_hash", "outcome_recorded_at"),
    *("content", "outcome_content"),
)


def export_csv(read_after: Callable[[int], list[ForecastRow]]) -> Iterator[bytes]:
    """Yield the lines in pieces; memory holds one page.

    Args:
        read_after: returns the next page of forecasts after a number, the oldest first.
    """
    yield _lines([_COLUMNS])
    after = 0
    while rows := read_after(after):
        yield _lines([_cells(row) for row in in_pieces(rows)])
        after = rows[-1].number


def _lines(rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cells(row: ForecastRow) -> tuple[object, ...]:
    entry, outcome = row.entry, row.outcome
    found = {
        **({} if outcome is None else dict(outcome)),
        **{name: getattr(entry, name) for name in _COLUMNS[5:14]},
        "median": entry.median,
        **vars(row),
    }
    return tuple(_cell(found.get(name)) for name in _COLUMNS)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value
