"""The track record as a table for exports: one row a forecast, with its scores, its content and its hashes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from common.sql.repositories.ledger.queries import ForecastRow

COLUMNS: Mapping[str, type] = {
    "number": int,
    "hash": str,
    "chain_hash": str,
    "made_at": datetime,
    "recorded_at": datetime,
    "kind": str,
    "ticker": str,
    "days": int,
    "model": str,
    "engine": str,
    "source": str,
    "as_of": date,
    "last_close": float,
    "target_date": date,
    "median": float,
    "status": str,
    "actual": float,
    "error_pct": float,
    "crps_pct": float,
    "pit": float,
    "inside_50": bool,
    "inside_80": bool,
    "inside_95": bool,
    "brier_up": float,
    "last_price_error_pct": float,
    "last_price_crps_pct": float,
    "outcome_number": int,
    "outcome_revision": int,
    "outcome_chain_hash": str,
    "outcome_recorded_at": datetime,
    "content": str,
    "outcome_content": str,
}
"""The columns in their order. Those of the outcome are empty while there is none, the scores without a close."""
_OF_ENTRY = (
    *("kind", "ticker", "days", "model", "engine", "source", "as_of", "last_close", "target_date"),
    *("median", "quantiles"),
)
CSV_HEADER = (",".join(COLUMNS) + "\n").encode()


def table_row(row: ForecastRow) -> dict[str, Any]:
    """Return the values of :data:`COLUMNS`, and the ``quantiles``. Those of a damaged content are None."""
    entry, outcome = row.entry, row.outcome
    found = {
        **({} if outcome is None else dict(outcome)),
        **({} if entry is None else {name: getattr(entry, name) for name in _OF_ENTRY}),
        **vars(row),
    }
    return {name: found.get(name) for name in (*COLUMNS, "quantiles")}


def csv_lines(rows: Iterable[ForecastRow]) -> bytes:
    """Return the lines of rows, without the header."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    for row in rows:
        values = table_row(row)
        lines.writerow([_cell(values[name]) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value
