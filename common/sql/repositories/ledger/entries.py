"""The track record: finished forecasts and their outcomes. Entries are appended; nothing changes or deletes one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from common.domain.outcomes import Outcome
from common.domain.track_record import LedgerEntry, content_hash
from common.sql import schema
from common.sql.repositories.ledger.chain import Chain, ChainEntry, is_of
from common.sql.repositories.ledger.stored_content import parse_stored
from common.sql.repositories.ledger.sums import WAITING, Change, apply_changes, is_present

SUBJECT = ("kind", "ticker", "days", "model", "target_date")
"""The columns by which entries are selected; an outcome has those of its forecast."""
_OUTCOME_COLUMNS = (
    *("forecast_number", "revision", "status", "actual", "error_pct", "crps_pct", "pit"),
    *("inside_50", "inside_80", "inside_95", "brier_up", "last_price_error_pct", "last_price_crps_pct"),
)


@dataclass(frozen=True)
class FinishedForecast:
    """A finished forecast that the ledger may lack: the bytes of its entry, and when it was made.

    The stored content is these bytes as they are, so that an entry of a newer version keeps its unknown fields.
    """

    content: bytes
    entry: LedgerEntry
    made_at: datetime


@dataclass(frozen=True)
class RecordedForecast:
    """A forecast of the ledger with its number and the hash of its content."""

    number: int
    hash: str
    entry: LedgerEntry


@dataclass(frozen=True)
class RecordedOutcome:
    """An outcome of the ledger with its number; ``revision`` is 0 for the first outcome of a forecast."""

    number: int
    revision: int
    outcome: Outcome


@dataclass(frozen=True)
class NewOutcome:
    """The outcome of a forecast, or a correction of the outcome that ``corrects`` names."""

    forecast: RecordedForecast
    outcome: Outcome
    corrects: RecordedOutcome | None = None


def append_forecasts(connection: sa.Connection, finished: Sequence[FinishedForecast], now: datetime) -> int:
    """Append the forecasts that the ledger lacks, and return how many these were."""
    chain = Chain(connection, "forecasts")
    by_hash = {content_hash(one.content): one for one in finished}
    table = schema.ledger_forecasts
    known = connection.execute(sa.select(table.c.hash).where(table.c.hash.in_(by_hash))).scalars().all()
    new = {hash_: one for hash_, one in by_hash.items() if hash_ not in set(known)}
    numbers = chain.append([forecast_entry(hash_, one) for hash_, one in new.items()], now)
    due = [
        {"forecast_number": number, "ticker": one.entry.ticker, "target_date": one.entry.target_date}
        for number, one in zip(numbers, new.values(), strict=True)
    ]
    if due:
        connection.execute(sa.insert(schema.ledger_due), due)
        apply_changes(connection, [Change(one.entry, outcome=None, before=None) for one in new.values()])
    return len(due)


def list_due_tickers(connection: sa.Connection, until: date) -> list[str]:
    """Return the tickers with a forecast without an outcome whose target day is at most ``until``."""
    due = schema.ledger_due
    chosen = sa.select(due.c.ticker).where(due.c.target_date <= until).distinct().order_by(due.c.ticker)
    return list(connection.execute(chosen).scalars())


def list_due_forecasts(
    connection: sa.Connection, ticker: str, until: date, after: int, most: int
) -> list[RecordedForecast]:
    """Return the forecasts of a ticker without an outcome whose target day is at most ``until``, by number.

    A damaged one is logged and left out. An empty page is the end.

    Args:
        connection: a transaction.
        ticker: the stock.
        until: the latest target day.
        after: only forecasts with a larger number.
        most: the most returned forecasts.
    """
    due, forecasts = schema.ledger_due, schema.ledger_forecasts
    chosen = (
        sa.select(forecasts.c.number, forecasts.c.hash, forecasts.c.content)
        .join_from(due, forecasts, due.c.forecast_number == forecasts.c.number)
        .where(due.c.ticker == ticker, due.c.target_date <= until)
        .order_by(due.c.forecast_number)
        .limit(most)
    )
    while True:
        rows = connection.execute(chosen.where(due.c.forecast_number > after)).all()
        found = [forecast for forecast in map(_recorded, rows) if forecast is not None]
        if found or not rows:
            return found
        after = rows[-1].number


def list_recent_outcomes(
    connection: sa.Connection, ticker: str, since: date
) -> list[tuple[RecordedForecast, RecordedOutcome]]:
    """Return the present outcomes of a ticker from a target day on, with their forecasts, in the record itself.

    A damaged one is logged and left out.
    """
    outcomes, forecasts = schema.ledger_outcomes, schema.ledger_forecasts
    chosen = (
        sa.select(
            *(forecasts.c.number, forecasts.c.hash, forecasts.c.content),
            *(outcomes.c.number, outcomes.c.revision, outcomes.c.content),
        )
        .join_from(outcomes, forecasts, outcomes.c.forecast_number == forecasts.c.number)
        .where(outcomes.c.ticker == ticker, outcomes.c.target_date >= since, is_of(outcomes, "outcomes"), is_present())
        .order_by(outcomes.c.number)
    )
    found = []
    for *forecast, number, revision, content in connection.execute(chosen).all():
        recorded, outcome = _recorded(forecast), parse_stored(Outcome, content, f"outcome {number}")
        if recorded is not None and outcome is not None:
            found.append((recorded, RecordedOutcome(number, revision, outcome)))
    return found


def append_outcomes(connection: sa.Connection, new: Sequence[NewOutcome], now: datetime) -> list[NewOutcome]:
    """Append outcomes and corrections, and return them without those that another process has appended."""
    chain = Chain(connection, "outcomes")
    revisions = _revisions(connection, [one.forecast.number for one in new])
    wanted = [one for one in new if revisions.get(one.forecast.number, -1) == _revision_of(one) - 1]
    chain.append([outcome_entry(one) for one in wanted], now)
    due = schema.ledger_due
    scored = [one.forecast.number for one in wanted]
    connection.execute(sa.delete(due).where(due.c.forecast_number.in_(scored)))
    apply_changes(connection, [_change(one) for one in wanted])
    return wanted


def _change(new: NewOutcome) -> Change:
    before = WAITING if new.corrects is None else new.corrects.outcome
    return Change(new.forecast.entry, new.outcome, before)


def forecast_columns(entry: LedgerEntry) -> dict[str, Any]:
    """Return the columns by which a forecast is selected."""
    return {name: getattr(entry, name) for name in SUBJECT}


def outcome_columns(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns by which an outcome is selected and summed up, without those of its forecast."""
    return {name: content[name] for name in _OUTCOME_COLUMNS}


def _recorded(row: Sequence[Any]) -> RecordedForecast | None:
    number, hash_, content = row
    entry = parse_stored(LedgerEntry, content, f"entry {number}")
    return None if entry is None else RecordedForecast(number, hash_, entry)


def _revisions(connection: sa.Connection, forecast_numbers: Sequence[int]) -> dict[int, int]:
    """Return the revision of the present outcome of each forecast that has one."""
    outcomes = schema.ledger_outcomes
    chosen = (
        sa.select(outcomes.c.forecast_number, sa.func.max(outcomes.c.revision).label("revision"))
        .where(outcomes.c.forecast_number.in_(forecast_numbers))
        .group_by(outcomes.c.forecast_number)
    )
    return {row.forecast_number: row.revision for row in connection.execute(chosen)}


def _revision_of(new: NewOutcome) -> int:
    return 0 if new.corrects is None else new.corrects.revision + 1


def forecast_entry(hash_: str, finished: FinishedForecast) -> ChainEntry:
    """Return the entry of a forecast for its chain."""
    columns = forecast_columns(finished.entry) | {"made_at": finished.made_at}
    return ChainEntry(finished.content.decode(), hash_, columns)


def outcome_entry(new: NewOutcome) -> ChainEntry:
    """Return the entry of an outcome for its chain."""
    content = new.outcome.model_dump(mode="json") | {
        "forecast_number": new.forecast.number,
        "forecast_hash": new.forecast.hash,
        "revision": _revision_of(new),
        "corrects": None if new.corrects is None else new.corrects.number,
    }
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return ChainEntry(
        text, content_hash(text.encode()), forecast_columns(new.forecast.entry) | outcome_columns(content)
    )
