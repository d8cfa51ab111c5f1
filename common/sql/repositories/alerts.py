"""Alerts, what they fired, and the judgements that move them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from common.sql import schema

MOST_ALERTS = 500
"""The most alerts of an account."""


class TooManyAlerts(Exception):
    """The account has the most alerts."""


@dataclass(frozen=True)
class Alert:
    """An alert of an account.

    Args:
        id: a UUID.
        account_id: the owner.
        ticker: the stock.
        kind: the kind of condition.
        parameters: the parameters of the condition.
        channel_ids: the channels that are notified.
        state: ``armed``, or ``fired`` until the condition was not met again.
        enabled: whether it is judged.
        created_at: when it was made.
        judged_through: the day of the last judged close; None before the first one.
        bands: the ranges that were forecast for the next days, by day.
        note: the owner's words.
    """

    id: str
    account_id: str
    ticker: str
    kind: str
    parameters: Mapping[str, Any]
    channel_ids: Sequence[str]
    state: str
    enabled: bool
    created_at: datetime
    judged_through: date | None
    bands: Mapping[str, Any]
    note: str


@dataclass(frozen=True)
class Firing:
    """What an alert observed on a day."""

    close_date: date
    sentence: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class AlertEvent(Firing):
    """A firing as it is stored."""

    id: str
    alert_id: str
    fired_at: datetime


@dataclass(frozen=True)
class JudgedAlert:
    """The outcome of judging an alert through a day."""

    state: str
    judged_through: date
    bands: Mapping[str, Any] = field(default_factory=dict)
    firings: Sequence[Firing] = ()


def add_alert(connection: sa.Connection, alert: Alert) -> None:
    """Store a new alert.

    Raises:
        TooManyAlerts: the account has :data:`MOST_ALERTS`.
    """
    owned = schema.alerts.c.account_id == alert.account_id
    connection.execute(
        sa.select(schema.accounts.c.id).where(schema.accounts.c.id == alert.account_id).with_for_update()
    )
    if (
        connection.execute(sa.select(sa.func.count()).select_from(schema.alerts).where(owned)).scalar_one()
        >= MOST_ALERTS
    ):
        raise TooManyAlerts
    connection.execute(sa.insert(schema.alerts).values(vars(alert)))


def list_alerts(connection: sa.Connection, account_id: str) -> list[Alert]:
    """Return the alerts of an account, the newest first."""
    alerts = schema.alerts.c
    chosen = sa.select(schema.alerts).where(alerts.account_id == account_id)
    return _read(connection, chosen.order_by(alerts.created_at.desc(), alerts.id))


def find_alert(connection: sa.Connection, account_id: str, alert_id: str) -> Alert | None:
    """Return an alert of an account."""
    alerts = schema.alerts.c
    found = _read(connection, sa.select(schema.alerts).where(alerts.account_id == account_id, alerts.id == alert_id))
    return found[0] if found else None


def list_enabled_alerts(connection: sa.Connection) -> list[Alert]:
    """Return the alerts to judge, of all accounts that are not disabled, by ticker."""
    alerts, accounts = schema.alerts.c, schema.accounts.c
    chosen = (
        sa.select(schema.alerts)
        .join_from(schema.alerts, schema.accounts)
        .where(alerts.enabled, accounts.disabled_at.is_(None))
        .order_by(alerts.ticker, alerts.id)
    )
    return _read(connection, chosen)


def update_alert(connection: sa.Connection, account_id: str, alert_id: str, **values: object) -> bool:
    """Change ``enabled``, ``note`` or ``channel_ids``. Return False if the account has no such alert."""
    alerts = schema.alerts
    chosen = sa.update(alerts).where(alerts.c.account_id == account_id, alerts.c.id == alert_id)
    return connection.execute(chosen.values(**values)).rowcount == 1


def delete_alert(connection: sa.Connection, account_id: str, alert_id: str) -> bool:
    """Delete an alert with its history. Return False if the account has no such alert."""
    alerts = schema.alerts
    chosen = sa.delete(alerts).where(alerts.c.account_id == account_id, alerts.c.id == alert_id)
    return connection.execute(chosen).rowcount == 1


def record_judgement(connection: sa.Connection, alert: Alert, judged: JudgedAlert, now: datetime) -> list[AlertEvent]:
    """Move an alert on, and put each firing with its notifications into the outbox, all in this transaction.

    Nothing happens if another process has judged the alert meanwhile, or if it was changed or deleted.

    Args:
        connection: a transaction that may write.
        alert: the alert as it was read.
        judged: the outcome.
        now: the time.

    Returns:
        the new events.
    """
    alerts = schema.alerts
    chosen = sa.update(alerts).where(
        alerts.c.id == alert.id,
        alerts.c.enabled,
        alerts.c.state == alert.state,
        alerts.c.judged_through.is_not_distinct_from(alert.judged_through),
    )
    moved = chosen.values(state=judged.state, judged_through=judged.judged_through, bands=dict(judged.bands))
    if connection.execute(moved).rowcount == 0:
        return []
    stored = sa.select(schema.alert_events.c.close_date).where(schema.alert_events.c.alert_id == alert.id)
    earlier = set(connection.execute(stored).scalars())
    events = [
        AlertEvent(**vars(firing), id=str(uuid4()), alert_id=alert.id, fired_at=now)
        for firing in judged.firings
        if firing.close_date not in earlier
    ]
    if events:
        connection.execute(
            sa.insert(schema.alert_events), [vars(event) | {"facts": dict(event.facts)} for event in events]
        )
        _add_deliveries(connection, alert, events, now)
    return events


def list_events(
    connection: sa.Connection, account_id: str, limit: int, before: datetime | None = None
) -> list[AlertEvent]:
    """Return what the alerts of an account fired, the newest first.

    Args:
        connection: a transaction.
        account_id: the owner.
        limit: the most events.
        before: only events that fired earlier: the last one of the page before.
    """
    events = schema.alert_events.c
    chosen = (
        sa.select(schema.alert_events)
        .join_from(schema.alert_events, schema.alerts)
        .where(schema.alerts.c.account_id == account_id)
        .order_by(events.fired_at.desc(), events.close_date.desc(), events.id)
        .limit(limit)
    )
    if before is not None:
        chosen = chosen.where(events.fired_at < before)
    return [AlertEvent(**row) for row in connection.execute(chosen).mappings()]


def _add_deliveries(connection: sa.Connection, alert: Alert, events: Iterable[AlertEvent], now: datetime) -> None:
    channels = schema.channels.c
    chosen = sa.select(channels.id).where(
        channels.account_id == alert.account_id, channels.enabled, channels.id.in_(list(alert.channel_ids))
    )
    rows = [
        new_delivery(event.id, channel_id, now)
        for channel_id in connection.execute(chosen).scalars().all()
        for event in events
    ]
    if rows:
        connection.execute(sa.insert(schema.deliveries), rows)


def new_delivery(event_id: str | None, channel_id: str, now: datetime) -> dict[str, Any]:
    """Return the row of a notification that is due now."""
    return {
        "id": str(uuid4()),
        "event_id": event_id,
        "channel_id": channel_id,
        "state": "pending",
        "attempts": 0,
        "next_attempt_at": now,
        "last_result": "",
        "created_at": now,
    }


def _read(connection: sa.Connection, chosen: sa.Select[Any]) -> list[Alert]:
    return [Alert(**row) for row in connection.execute(chosen).mappings()]
