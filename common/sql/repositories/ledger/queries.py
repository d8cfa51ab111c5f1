"""Queries of the track record: counts and means, pages of forecasts, and every entry for an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from common.domain.monthly_scores import DayScores
from common.domain.outcomes import Outcome
from common.domain.track_record import REPLAYS, Kind, LedgerEntry
from common.sql import schema
from common.sql.repositories.ledger.chain import ChainName, is_of
from common.sql.repositories.ledger.stored_content import parse_stored
from common.sql.repositories.ledger.sums import FIGURES, MILLION, WAITING, figure_columns, is_present

_FORECASTS, _OUTCOMES = schema.ledger_forecasts, schema.ledger_outcomes
_SUMS, _STOCKS = schema.ledger_sums, schema.ledger_stocks


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
    def entry(self) -> LedgerEntry | None:
        """The forecast; None if it is damaged."""
        return parse_stored(LedgerEntry, self.content, f"entry {self.number}")

    @property
    def outcome(self) -> Outcome | None:
        """The outcome; None while there is none, and if it is damaged."""
        content = self.outcome_content
        return None if content is None else parse_stored(Outcome, content, f"outcome {self.outcome_number}")


def sum_up(connection: sa.Connection, selection: Selection) -> Sums:
    """Return the counts and means of a selection: of one stock from its entries, of all from the kept sums."""
    sums = _sums_of_stock(connection, selection) if selection.ticker else _kept_sums(connection, selection)
    scored = sums.figures.get("scored", {})
    count = scored.get("entries", 0)
    outcomes = {status: found["entries"] for status, found in sums.figures.items() if status != WAITING}
    return Sums(
        forecasts=sums.forecasts,
        outcomes=outcomes,
        tickers=sums.tickers,
        target_days=sums.target_days,
        inside={percent: scored.get(f"inside_{percent}", 0) for percent in schema.COUNTED_LEVELS},
        means={name: scored[name] / MILLION / count if count else None for name in schema.SUMMED_SCORES},
        pit=[scored.get(f"pit_{tenth}", 0) for tenth in range(schema.PIT_BINS)],
    )


def sum_by_target_day(connection: sa.Connection, selection: Selection) -> list[DayScores]:
    """Return the sums of the scored forecasts of each target day, in order."""
    of_stock = selection.ticker is not None
    table, unit = (_OUTCOMES, 1) if of_stock else (_SUMS, MILLION)
    columns = table.c
    chosen = (
        sa.select(
            columns.target_date,
            (sa.func.count() if of_stock else sa.func.sum(_SUMS.c.entries)).label("forecasts"),
            sa.func.sum(columns.crps_pct).label("crps"),
            sa.func.sum(columns.last_price_crps_pct).label("last_price_crps"),
            sa.func.sum(columns.last_price_crps_pct * columns.days).label("weighted_days"),
        )
        .where(*_conditions(table, selection), columns.status == "scored")
        .where(is_present() if of_stock else _SUMS.c.entries > 0)
        .group_by(columns.target_date)
        .order_by(columns.target_date)
    )
    return [
        DayScores(
            target_date=row.target_date,
            forecasts=int(row.forecasts),
            crps=float(row.crps) / unit,
            last_price_crps=float(row.last_price_crps) / unit,
            weighted_days=float(row.weighted_days) / unit,
        )
        for row in connection.execute(chosen)
    ]


@dataclass(frozen=True)
class _Figures:
    """The figures of a selection by status, and the numbers of forecasts, scored stocks and scored target days."""

    figures: Mapping[str, Mapping[str, int]]
    forecasts: int
    tickers: int
    target_days: int


def _sums_of_stock(connection: sa.Connection, selection: Selection) -> _Figures:
    chosen = (*_conditions(_OUTCOMES, selection), is_present())
    days = sa.func.count(_OUTCOMES.c.target_date.distinct()).label("target_days")
    by_status = sa.select(_OUTCOMES.c.status, days, *figure_columns()).where(*chosen).group_by(_OUTCOMES.c.status)
    found = {row["status"]: row for row in connection.execute(by_status).mappings()}
    forecasts = sa.select(sa.func.count()).select_from(_FORECASTS).where(*_conditions(_FORECASTS, selection))
    return _Figures(
        figures={status: {name: int(row[name]) for name in FIGURES} for status, row in found.items()},
        forecasts=connection.execute(forecasts).scalar_one(),
        tickers=int("scored" in found),
        target_days=found["scored"]["target_days"] if "scored" in found else 0,
    )


def _kept_sums(connection: sa.Connection, selection: Selection) -> _Figures:
    chosen = (*_conditions(_SUMS, selection), _SUMS.c.entries > 0)
    days = sa.func.count(_SUMS.c.target_date.distinct()).label("target_days")
    summed = (sa.func.sum(_SUMS.c[name]).label(name) for name in FIGURES)
    by_status = sa.select(_SUMS.c.status, days, *summed).where(*chosen).group_by(_SUMS.c.status)
    found = {row["status"]: row for row in connection.execute(by_status).mappings()}
    figures = {status: {name: int(row[name]) for name in FIGURES} for status, row in found.items()}
    return _Figures(
        figures=figures,
        forecasts=sum(row["entries"] for row in figures.values()),
        tickers=connection.execute(_count_stocks(selection)).scalar_one(),
        target_days=found["scored"]["target_days"] if "scored" in found else 0,
    )


def _count_stocks(selection: Selection) -> sa.Select[int]:
    """Return the query of the number of stocks with a scored forecast."""
    whole = replace(selection, since=None, until=None)
    stocks = sa.select(_STOCKS.c.ticker).where(*_conditions(_STOCKS, whole), _STOCKS.c.scored > 0).distinct().subquery()
    counted = sa.select(sa.func.count()).select_from(stocks)
    if selection.since is None and selection.until is None:
        return counted
    conditions = (*_conditions(_OUTCOMES, selection), _OUTCOMES.c.status == "scored", is_present())
    one = sa.select(_OUTCOMES.c.number).where(_OUTCOMES.c.ticker == stocks.c.ticker, *conditions).limit(1)
    # A look-up for each stock. PostgreSQL would turn an EXISTS into a join, which reads all entries of the period.
    return counted.where(one.correlate(stocks).scalar_subquery().is_not(None))


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
    number = _FORECASTS.c.number
    found: list[int] = []
    for part in _parts(connection, selection):
        chosen = sa.select(number).where(*_conditions(_FORECASTS, part)).order_by(number.desc()).limit(most)
        if part.until is not None and part.ticker is None:
            chosen = chosen.where(number.between(*_first_and_last_number(connection, part)))
        if before is not None:
            chosen = chosen.where(number < before)
        found += connection.execute(chosen).scalars()
    newest = sorted(found, reverse=True)[:most]
    return _read(connection, _rows().where(number.in_(newest)).order_by(number.desc()))


def list_misses(connection: sa.Connection, selection: Selection, most: int) -> list[ForecastRow]:
    """Return the scored forecasts with the largest errors, the largest first."""
    number, error = _OUTCOMES.c.forecast_number, _OUTCOMES.c.error_pct
    found: list[tuple[float, int]] = []
    for part in _parts(connection, selection, status="scored"):
        scored = (*_conditions(_OUTCOMES, part), _OUTCOMES.c.status == "scored", is_present())
        for side, order in ((error >= 0, error.desc()), (error < 0, error)):
            chosen = sa.select(error, number).where(*scored, side).order_by(order, number).limit(most)
            found += [(-abs(row.error_pct), row.forecast_number) for row in connection.execute(chosen)]
    worst = [forecast_number for _, forecast_number in sorted(found)[:most]]
    rows = _read(connection, _rows().where(_FORECASTS.c.number.in_(worst)))
    return sorted(rows, key=lambda row: worst.index(row.number))


def _parts(connection: sa.Connection, selection: Selection, status: str | None = None) -> list[Selection]:
    """Return the selection by model and horizon, of which an index has the order; as it is, if it is of one stock."""
    if selection.ticker is not None:
        return [selection]
    chosen = sa.select(_SUMS.c.model, _SUMS.c.days).where(*_conditions(_SUMS, selection), _SUMS.c.entries > 0)
    if status is not None:
        chosen = chosen.where(_SUMS.c.status == status)
    found = connection.execute(chosen.distinct()).all()
    return [replace(selection, model=model, days=days, days_from=None, days_until=None) for model, days in found]


def _first_and_last_number(connection: sa.Connection, part: Selection) -> tuple[int, int]:
    """Return the limits of the numbers of a model and horizon in a period; without limits, later entries are read."""
    days = sa.select(_SUMS.c.target_date).where(*_conditions(_SUMS, part)).distinct().subquery()
    number = _FORECASTS.c.number
    whole = replace(part, since=None, until=None)
    of_day = (
        sa.select(number)
        .where(*_conditions(_FORECASTS, whole), _FORECASTS.c.target_date == days.c.target_date)
        .limit(1)
        .correlate(days)
    )
    first, last = (of_day.order_by(order).scalar_subquery() for order in (number, number.desc()))
    found = connection.execute(sa.select(sa.func.min(first), sa.func.max(last)).select_from(days)).one()
    return found[0] or 0, found[1] or 0


def read_forecasts(connection: sa.Connection, selection: Selection, most: int, after: int) -> list[ForecastRow]:
    """Return forecasts with a larger number than ``after``, the oldest first."""
    number = _FORECASTS.c.number
    chosen = sa.select(number).where(*_conditions(_FORECASTS, selection), number > after).order_by(number).limit(most)
    # Two queries: in one, PostgreSQL merges the page with all outcomes from the first one on.
    return _read(connection, _rows().where(number.in_(connection.execute(chosen).scalars().all())).order_by(number))


def _conditions(table: sa.Table, selection: Selection) -> list[sa.ColumnElement[bool]]:
    columns = table.c
    ledger: ChainName = "replayed_forecasts" if selection.kind in REPLAYS else "forecasts"
    equal = {name: getattr(selection, name) for name in ("kind", "ticker", "days", "model")}
    found = [columns[name] == value for name, value in equal.items() if value is not None]
    if "number" in columns:
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
