"""The outcomes of a stock's latest due forecasts, from their columns alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from common.domain.track_record import Kind
from common.sql import schema
from common.sql.repositories.ledger.sums import is_present

_OUTCOMES = schema.ledger_outcomes


@dataclass(frozen=True)
class DueRow:
    """A scored forecast.

    Args:
        target_date: its target day.
        days: its horizon in calendar days.
        pit: the probability that it gave to a close at or below the actual one.
        inside_80: whether the close was inside the range of 80 %; ``inside_95`` is that of 95 %.
    """

    target_date: date
    days: int
    pit: float
    inside_80: bool
    inside_95: bool


def list_due_forecasts(connection: sa.Connection, ticker: str, kind: Kind, most: int) -> list[DueRow]:
    """Return a stock's scored forecasts of a kind by their present outcomes, those of the latest target days first."""
    columns = _OUTCOMES.c
    wanted = (columns.target_date, columns.days, columns.pit, columns.inside_80, columns.inside_95)
    chosen = (
        sa.select(*wanted)
        .where(columns.ticker == ticker, columns.kind == kind, columns.status == "scored", is_present())
        .order_by(columns.target_date.desc(), columns.forecast_number.desc())
        .limit(most)
    )
    return [DueRow(**row) for row in connection.execute(chosen).mappings()]
