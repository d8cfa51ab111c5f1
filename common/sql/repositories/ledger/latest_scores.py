"""Scores of the track record for its metrics."""

from __future__ import annotations

import sqlalchemy as sa

from common.domain.calibration import LATEST, ScoredForecast
from common.sql import schema
from common.sql.repositories.ledger.chain import is_of
from common.sql.repositories.ledger.sums import is_present

_OUTCOMES = schema.ledger_outcomes


def list_latest_scores(connection: sa.Connection) -> list[ScoredForecast]:
    """Return the scored live forecasts with the latest target days, at most :data:`LATEST`, the latest first."""
    columns = _OUTCOMES.c
    chosen = (
        sa.select(
            *(columns.ticker, columns.days, columns.target_date),
            *(columns.inside_50, columns.inside_80, columns.inside_95),
            *(columns.crps_pct, columns.last_price_crps_pct),
        )
        .where(columns.kind == "live", is_of(_OUTCOMES, "outcomes"), columns.status == "scored", is_present())
        .order_by(columns.target_date.desc(), columns.forecast_number.desc())
        .limit(LATEST)
    )
    return [ScoredForecast(**row) for row in connection.execute(chosen).mappings()]
