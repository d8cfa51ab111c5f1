"""Alerts, what they fired, and the judgements that move them on."""

from __future__ import annotations

from collections import Counter
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
    """An alert's observation on a day."""

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


def record_judgements(
    connection: sa.Connection, outcomes: Sequence[tuple[Alert, JudgedAlert]], now: datetime
) -> list[int | None]:
    """Move alerts on, and put each firing with its notifications into the outbox, all in this transaction.

    An alert stays as it is if another process has judged it meanwhile, or if it was changed or deleted.

    Args:
        connection: a transaction that may write.
        outcomes: each alert as it was read, and the outcome of judging it.
        now: the time.

    Returns:
        the number of new events of each alert; None where the database refused a value of this alert.
    """
    try:
        with connection.begin_nested():
            return _record_all(connection, outcomes, now)
    except (sa.exc.IntegrityError, sa.exc.DataError):
        if len(outcomes) == 1:
            return [None]
        return [found for outcome in outcomes for found in record_judgements(connection, [outcome], now)]


def _record_all(
    connection: sa.Connection, outcomes: Sequence[tuple[Alert, JudgedAlert]], now: datetime
) -> list[int | None]:
    unchanged = _lock_unchanged(connection, [alert for alert, _ in outcomes])
    moved = [(alert, judged) for alert, judged in outcomes if alert.id in unchanged]
    if moved:
        _move_on(connection, moved)
    events = _new_events(connection, moved, now)
    if events:
        connection.execute(
            sa.insert(schema.alert_events), [vars(event) | {"facts": dict(event.facts)} for event in events]
        )
        _add_deliveries(connection, [alert for alert, _ in moved], events, now)
    counts = Counter(event.alert_id for event in events)
    return [counts[alert.id] for alert, _ in outcomes]


def _lock_unchanged(connection: sa.Connection, alerts: Iterable[Alert]) -> set[str]:
    """Lock alerts until the end of the transaction; return the ids of those that are as they were read."""
    stored = schema.alerts.c
    known = {alert.id: (True, alert.state, alert.judged_through) for alert in alerts}
    chosen = sa.select(stored.id, stored.enabled, stored.state, stored.judged_through).where(stored.id.in_(known))
    rows = connection.execute(chosen.order_by(stored.id).with_for_update())  # one order, so that no two wait in a ring
    return {row.id for row in rows if known[row.id] == (row.enabled, row.state, row.judged_through)}


def _move_on(connection: sa.Connection, outcomes: Iterable[tuple[Alert, JudgedAlert]]) -> None:
    alerts = schema.alerts
    values = [
        {"alert": alert.id, "state": judged.state, "judged_through": judged.judged_through, "bands": dict(judged.bands)}
        for alert, judged in outcomes
    ]
    connection.execute(sa.update(alerts).where(alerts.c.id == sa.bindparam("alert")), values)


def _new_events(
    connection: sa.Connection, outcomes: Iterable[tuple[Alert, JudgedAlert]], now: datetime
) -> list[AlertEvent]:
    """Return the firings as events, without those of a day on which the alert has fired before."""
    firings = [(alert.id, firing) for alert, judged in outcomes for firing in judged.firings]
    stored = schema.alert_events.c
    chosen = sa.select(stored.alert_id, stored.close_date).where(stored.alert_id.in_({id_ for id_, _ in firings}))
    earlier = set(map(tuple, connection.execute(chosen))) if firings else set()
    return [
        AlertEvent(**vars(firing), id=str(uuid4()), alert_id=alert_id, fired_at=now)
        for alert_id, firing in firings
        if (alert_id, firing.close_date) not in earlier
    ]


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


def _add_deliveries(
    connection: sa.Connection, alerts: Iterable[Alert], events: Sequence[AlertEvent], now: datetime
) -> None:
    alert_of = {alert.id: alert for alert in alerts}
    wanted = {channel_id for event in events for channel_id in alert_of[event.alert_id].channel_ids}
    channels = schema.channels.c
    chosen = sa.select(channels.account_id, channels.id).where(channels.enabled, channels.id.in_(wanted))
    usable = set(map(tuple, connection.execute(chosen))) if wanted else set()
    rows = [
        new_delivery(event.id, channel_id, now)
        for event in events
        for channel_id in dict.fromkeys(alert_of[event.alert_id].channel_ids)
        if (alert_of[event.alert_id].account_id, channel_id) in usable
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
