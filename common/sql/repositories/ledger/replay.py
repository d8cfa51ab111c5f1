"""The replay: what the evenings of the past would have forecast, with the outcomes, in a ledger of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from common.domain.outcomes import Outcome
from common.domain.track_record import REPLAYS, LedgerEntry, content_hash
from common.sql import schema
from common.sql.repositories.ledger.chain import GENESIS, REPLAY_CHAINS, REPLAY_START, Chain, is_of
from common.sql.repositories.ledger.entries import (
    FinishedForecast,
    NewOutcome,
    RecordedForecast,
    forecast_entry,
    outcome_entry,
)
from common.sql.repositories.ledger.sums import Change, apply_changes, remove_sums

_FORECASTS = schema.ledger_forecasts
Evening = tuple[date, int]
"""The day from whose close a forecast was made, and its horizon."""


@dataclass(frozen=True)
class ReplayedForecast:
    """A forecast of the past. ``forecast.made_at`` is the evening on which it would have been made."""

    forecast: FinishedForecast
    outcome: Outcome

    @property
    def evening(self) -> Evening:
        """The evening and the horizon, of which a stock has one forecast."""
        return self.forecast.made_at.date(), self.forecast.entry.days


def append_replayed(connection: sa.Connection, replayed: Sequence[ReplayedForecast], now: datetime) -> int:
    """Append the forecasts of a stock that the replay lacks, with their outcomes, and return how many these were."""
    forecasts, outcomes = (Chain(connection, name) for name in REPLAY_CHAINS)
    by_evening = {one.evening: one for one in replayed}
    known = list_replayed(connection, replayed[0].forecast.entry.ticker) if replayed else set()
    new = [(content_hash(one.forecast.content), one) for evening, one in by_evening.items() if evening not in known]
    numbers = forecasts.append([forecast_entry(hash_, one.forecast) for hash_, one in new], now)
    outcomes.append(
        [
            outcome_entry(NewOutcome(RecordedForecast(number, hash_, one.forecast.entry), one.outcome))
            for number, (hash_, one) in zip(numbers, new, strict=True)
        ],
        now,
    )
    apply_changes(connection, [Change(one.forecast.entry, one.outcome, before=None) for _, one in new])
    return len(new)


def list_replayed(connection: sa.Connection, ticker: str) -> set[Evening]:
    """Return the evenings and horizons of a stock that the replay has."""
    chosen = sa.select(_FORECASTS.c.made_at, _FORECASTS.c.days).where(
        _FORECASTS.c.ticker == ticker, is_of(_FORECASTS, "replayed_forecasts")
    )
    return {(row.made_at.date(), row.days) for row in connection.execute(chosen)}


def find_replay_engine(connection: sa.Connection) -> str | None:
    """Return the version of the calculation that made the replay; None if it is empty."""
    first = sa.select(_FORECASTS.c.content).where(is_of(_FORECASTS, "replayed_forecasts"))
    content = connection.execute(first.order_by(_FORECASTS.c.number).limit(1)).scalar_one_or_none()
    return None if content is None else LedgerEntry.model_validate_json(content).engine


def remove_replay(connection: sa.Connection) -> None:
    """Remove the whole replay. The record stays."""
    for name in REPLAY_CHAINS:
        Chain(connection, name)  # waits for other writers
    for table in (schema.ledger_forecasts, schema.ledger_outcomes):
        connection.execute(sa.delete(table).where(table.c.number > REPLAY_START))
    remove_sums(connection, REPLAYS)
    heads = schema.ledger_heads
    start = {"number": REPLAY_START, "chain_hash": GENESIS}
    connection.execute(sa.update(heads).where(heads.c.chain.in_(REPLAY_CHAINS)).values(start))
