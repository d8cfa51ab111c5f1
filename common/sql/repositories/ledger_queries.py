"""Queries of the track record: counts and means, pages of forecasts, and every entry for an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from common.domain.monthly_scores import DayScores
from common.domain.outcomes import Outcome
from common.domain.track_record import REPLAYS, Kind, LedgerEntry
from common.sql import schema
from common.sql.repositories.ledger import is_present
from common.sql.repositories.ledger_chain import ChainName, is_of

PIT_BINS = 10
_FORECASTS, _OUTCOMES = schema.ledger_forecasts, schema.ledger_outcomes


@dataclass(frozen=True)
class Selection:
    """The forecasts of a kind, and what narrows them; None is no limit. The period is that of the target days.

    Without a kind, these are all forecasts of the record, and none of the replay.
    """

    kind: Kind | None
    ticker: str | None = None
    days: int | None = None
    model: str | None = None
    since: date | None = None
    until: date | None = None
    days_from: int | None = None
    days_until: int | None = None


@dataclass(frozen=True)
class Sums:
    """Counts and means over the scored forecasts of a selection.

    Args:
        forecasts: all recorded forecasts of the selection.
        outcomes: the number of present outcomes by status.
        tickers: the number of stocks among the scored ones.
        target_days: the number of different target days among the scored ones.
        inside: how many closes were in the interval of 50, 80 and 95 %.
        means: the means of the scores by name; None without scored forecasts.
        pit: how many closes came in each tenth of the forecasts' probabilities.
    """

    forecasts: int
    outcomes: Mapping[str, int]
    tickers: int
    target_days: int
    inside: Mapping[int, int]
    means: Mapping[str, float | None]
    pit: Sequence[int]


@dataclass(frozen=True)
class ForecastRow:
    """A forecast of the ledger with its present outcome, and the numbers and hashes of both."""

    number: int
    hash: str
    chain_hash: str
    made_at: datetime
    recorded_at: datetime
    content: str
    outcome_number: int | None
    outcome_revision: int | None
    outcome_chain_hash: str | None
    outcome_recorded_at: datetime | None
    outcome_content: str | None

    @property
    def entry(self) -> LedgerEntry:
        """The forecast."""
        return LedgerEntry.model_validate_json(self.content)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome; None while there is none."""
        return None if self.outcome_content is None else Outcome.model_validate_json(self.outcome_content)


def sum_up(connection: sa.Connection, selection: Selection) -> Sums:
    """Return the counts and means of a selection."""
    forecasts = sa.select(sa.func.count()).select_from(_FORECASTS).where(*_conditions(_FORECASTS, selection))
    chosen = (*_conditions(_OUTCOMES, selection), is_present())
    by_status = sa.select(_OUTCOMES.c.status, sa.func.count()).where(*chosen).group_by(_OUTCOMES.c.status)
    scored = connection.execute(sa.select(*_sums()).where(*chosen, _OUTCOMES.c.status == "scored")).mappings().one()
    return Sums(
        forecasts=connection.execute(forecasts).scalar_one(),
        outcomes={status: count for status, count in connection.execute(by_status).all()},  # noqa: C416 - typed rows
        tickers=scored["tickers"],
        target_days=scored["target_days"],
        inside={percent: scored[f"inside_{percent}"] or 0 for percent in (50, 80, 95)},
        means={name: scored[name] for name in _means()},
        pit=[scored[f"pit_{tenth}"] or 0 for tenth in range(PIT_BINS)],
    )


def sum_by_target_day(connection: sa.Connection, selection: Selection) -> list[DayScores]:
    """Return the sums of the scored forecasts of each target day, in order."""
    columns = _OUTCOMES.c
    chosen = (
        sa.select(
            columns.target_date,
            sa.func.count().label("forecasts"),
            sa.func.sum(columns.crps_pct).label("crps"),
            sa.func.sum(columns.last_price_crps_pct).label("last_price_crps"),
            sa.func.sum(columns.last_price_crps_pct * columns.days).label("weighted_days"),
        )
        .where(*_conditions(_OUTCOMES, selection), is_present(), columns.status == "scored")
        .group_by(columns.target_date)
        .order_by(columns.target_date)
    )
    return [DayScores(**row) for row in connection.execute(chosen).mappings()]


def list_forecasts(
    connection: sa.Connection, selection: Selection, most: int, before: int | None = None
) -> list[ForecastRow]:
    """Return forecasts, the newest first.

    Args:
        connection: a transaction.
        selection: which forecasts.
        most: the most returned forecasts.
        before: only forecasts with a smaller number: the last one of the page before.
    """
    chosen = _rows().where(*_conditions(_FORECASTS, selection)).order_by(_FORECASTS.c.number.desc()).limit(most)
    if before is not None:
        chosen = chosen.where(_FORECASTS.c.number < before)
    return _read(connection, chosen)


def list_misses(connection: sa.Connection, selection: Selection, most: int) -> list[ForecastRow]:
    """Return the scored forecasts with the largest errors, the largest first."""
    chosen = _rows().where(*_conditions(_OUTCOMES, selection), _OUTCOMES.c.status == "scored")
    error = sa.func.abs(_OUTCOMES.c.error_pct)
    return _read(connection, chosen.order_by(error.desc(), _FORECASTS.c.number).limit(most))


def read_forecasts(connection: sa.Connection, selection: Selection, most: int, after: int) -> list[ForecastRow]:
    """Return forecasts with a larger number than ``after``, the oldest first."""
    chosen = _rows().where(*_conditions(_FORECASTS, selection), _FORECASTS.c.number > after)
    return _read(connection, chosen.order_by(_FORECASTS.c.number).limit(most))


def _conditions(table: sa.Table, selection: Selection) -> list[sa.ColumnElement[bool]]:
    columns = table.c
    is_replay = selection.kind in REPLAYS
    ledger: ChainName = "replayed_forecasts" if is_replay else "forecasts"
    equal = {name: getattr(selection, name) for name in ("kind", "ticker", "days", "model")}
    found = [columns[name] == value for name, value in equal.items() if value is not None]
    found.append(is_of(table, ledger))
    if selection.days_from is not None:
        found.append(columns.days >= selection.days_from)
    if selection.days_until is not None:
        found.append(columns.days <= selection.days_until)
    if selection.since is not None:
        found.append(columns.target_date >= selection.since)
    if selection.until is not None:
        found.append(columns.target_date <= selection.until)
    return found


def _means() -> dict[str, sa.ColumnElement[Any]]:
    columns = _OUTCOMES.c
    return {
        "abs_error_pct": sa.func.avg(sa.func.abs(columns.error_pct)),
        "error_pct": sa.func.avg(columns.error_pct),
        "crps_pct": sa.func.avg(columns.crps_pct),
        "brier_up": sa.func.avg(columns.brier_up),
        "last_price_abs_error_pct": sa.func.avg(sa.func.abs(columns.last_price_error_pct)),
        "last_price_crps_pct": sa.func.avg(columns.last_price_crps_pct),
    }


def _sums() -> list[sa.ColumnElement[Any]]:
    columns = _OUTCOMES.c
    edges = [tenth / PIT_BINS for tenth in range(PIT_BINS)]
    at_least = [sa.func.sum(sa.case((columns.pit >= edge, 1), else_=0)) for edge in edges]
    bins = [*(count - following for count, following in pairwise(at_least)), at_least[-1]]
    return [
        sa.func.count(columns.ticker.distinct()).label("tickers"),
        sa.func.count(columns.target_date.distinct()).label("target_days"),
        *(sa.func.sum(sa.case((columns[f"inside_{p}"], 1), else_=0)).label(f"inside_{p}") for p in (50, 80, 95)),
        *(mean.label(name) for name, mean in _means().items()),
        *(counted.label(f"pit_{tenth}") for tenth, counted in enumerate(bins)),
    ]


def _rows() -> sa.Select[Any]:
    columns, outcome = _FORECASTS.c, _OUTCOMES.c
    return sa.select(
        *(columns.number, columns.hash, columns.chain_hash, columns.made_at, columns.recorded_at, columns.content),
        outcome.number.label("outcome_number"),
        outcome.revision.label("outcome_revision"),
        outcome.chain_hash.label("outcome_chain_hash"),
        outcome.recorded_at.label("outcome_recorded_at"),
        outcome.content.label("outcome_content"),
    ).outerjoin_from(_FORECASTS, _OUTCOMES, sa.and_(outcome.forecast_number == columns.number, is_present()))


def _read(connection: sa.Connection, chosen: sa.Select[Any]) -> list[ForecastRow]:
    return [ForecastRow(**row) for row in connection.execute(chosen).mappings()]
