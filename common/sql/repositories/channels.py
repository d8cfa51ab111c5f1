"""The channels by which an account is notified, and the outbox of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from common.sql import schema
from common.sql.repositories.alerts import AlertEvent, new_delivery

MOST_CHANNELS = 20
"""The most channels of an account."""
_MAY_SEND = (schema.channels.c.enabled, schema.accounts.c.disabled_at.is_(None))
"""The conditions on a notification's channel and account."""


class TooManyChannels(Exception):
    """The account has the most channels."""


@dataclass(frozen=True)
class Channel:
    """A way to notify an account.

    Args:
        id: a UUID.
        account_id: the owner.
        kind: ``webhook``, ``mail``, ``apprise`` or ``web_push``.
        name: the owner's name for it.
        target: the address, such as ``{"url": …}``. It may contain a secret.
        signing_secret: the key of a webhook's signatures; None for other kinds.
        created_at: when it was made.
        enabled: whether notifications are sent.
    """

    id: str
    account_id: str
    kind: str
    name: str
    target: Mapping[str, Any] = field(repr=False)
    signing_secret: str | None = field(repr=False)
    created_at: datetime
    enabled: bool = True


@dataclass(frozen=True)
class Delivery:
    """A notification and its attempts. Without an event it is a test."""

    id: str
    event_id: str | None
    channel_id: str
    state: str
    """``pending``, ``delivered`` or ``failed``."""
    attempts: int
    next_attempt_at: datetime
    last_result: str
    created_at: datetime
    delivered_at: datetime | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True)
class DueDelivery:
    """A claimed notification with all that it takes to send it."""

    delivery: Delivery
    channel: Channel
    event: AlertEvent | None
    ticker: str | None


def add_channel(connection: sa.Connection, channel: Channel) -> Channel:
    """Store a new channel, and return it.

    Raises:
        TooManyChannels: the account has :data:`MOST_CHANNELS`.
    """
    if len(list_channels(connection, channel.account_id)) >= MOST_CHANNELS:
        raise TooManyChannels
    connection.execute(sa.insert(schema.channels).values(vars(channel)))
    return channel


def add_or_renew_channel(connection: sa.Connection, channel: Channel) -> Channel:
    """Store a channel. An earlier one of its kind and address is kept and enabled, with the new target.

    Raises:
        TooManyChannels: it is a new one, and the account has :data:`MOST_CHANNELS`.
    """
    for earlier in list_channels(connection, channel.account_id):
        if earlier.kind == channel.kind and earlier.target["url"] == channel.target["url"]:
            channels = schema.channels
            renewed = sa.update(channels).where(channels.c.id == earlier.id)
            connection.execute(renewed.values(target=channel.target, enabled=True))
            return replace(earlier, target=channel.target, enabled=True)
    return add_channel(connection, channel)


def list_channels(connection: sa.Connection, account_id: str) -> list[Channel]:
    """Return the channels of an account, the oldest first."""
    channels = schema.channels.c
    chosen = sa.select(schema.channels).where(channels.account_id == account_id)
    rows = connection.execute(chosen.order_by(channels.created_at, channels.id)).mappings()
    return [Channel(**row) for row in rows]


def delete_channel(connection: sa.Connection, account_id: str, channel_id: str) -> bool:
    """Delete a channel with its notifications. Return False if the account has no such channel."""
    channels = schema.channels
    chosen = sa.delete(channels).where(channels.c.account_id == account_id, channels.c.id == channel_id)
    return connection.execute(chosen).rowcount == 1


def disable_channel(connection: sa.Connection, channel_id: str, reason: str) -> None:
    """Send no more to a channel, and give up its pending notifications for this reason."""
    channels, deliveries = schema.channels, schema.deliveries
    connection.execute(sa.update(channels).where(channels.c.id == channel_id).values(enabled=False))
    pending = sa.update(deliveries).where(deliveries.c.channel_id == channel_id, deliveries.c.state == "pending")
    connection.execute(pending.values(state="failed", last_result=reason, lease_until=None))


def add_test_delivery(connection: sa.Connection, channel_id: str, now: datetime) -> str:
    """Put a test notification into the outbox; return its id."""
    row = new_delivery(None, channel_id, now)
    connection.execute(sa.insert(schema.deliveries).values(row))
    return str(row["id"])


def list_deliveries(connection: sa.Connection, account_id: str, limit: int) -> list[Delivery]:
    """Return the notifications of an account, the newest first."""
    deliveries = schema.deliveries.c
    chosen = (
        sa.select(schema.deliveries)
        .join_from(schema.deliveries, schema.channels)
        .where(schema.channels.c.account_id == account_id)
        .order_by(deliveries.created_at.desc(), deliveries.id)
        .limit(limit)
    )
    return [Delivery(**row) for row in connection.execute(chosen).mappings()]


def find_delivery(connection: sa.Connection, account_id: str, delivery_id: str) -> Delivery | None:
    """Return a notification of an account."""
    deliveries = schema.deliveries.c
    chosen = (
        sa.select(schema.deliveries)
        .join_from(schema.deliveries, schema.channels)
        .where(schema.channels.c.account_id == account_id, deliveries.id == delivery_id)
    )
    row = connection.execute(chosen).mappings().one_or_none()
    return Delivery(**row) if row is not None else None


def redeliver(connection: sa.Connection, account_id: str, delivery_id: str, now: datetime) -> bool:
    """Make a notification due again, under the same id. Return False if the account has none with this id."""
    deliveries, channels = schema.deliveries, schema.channels.c
    owned = sa.select(channels.id).where(channels.account_id == account_id)
    chosen = sa.update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.channel_id.in_(owned))
    again = chosen.values(state="pending", attempts=0, next_attempt_at=now, lease_until=None)
    return connection.execute(again).rowcount == 1


def count_overdue_deliveries(connection: sa.Connection, due_before: datetime) -> int:
    """Return how many notifications have been due since before a time, of enabled channels and accounts."""
    deliveries = schema.deliveries.c
    chosen = (
        sa.select(sa.func.count())
        .select_from(schema.deliveries.join(schema.channels).join(schema.accounts))
        .where(deliveries.state == "pending", deliveries.next_attempt_at < due_before, *_MAY_SEND)
    )
    return int(connection.execute(chosen).scalar_one())


def claim_due_deliveries(
    connection: sa.Connection, now: datetime, lease: timedelta, limit: int, only_id: str | None = None
) -> list[DueDelivery]:
    """Claim notifications that are due, so that no other process sends them until the lease ends.

    Those of a disabled account wait until it is enabled again.

    Args:
        connection: a transaction that may write.
        now: the time.
        lease: the time after which another process may send a notification that has no result.
        limit: the most claimed notifications.
        only_id: claim no other notification than this one.
    """
    deliveries = schema.deliveries
    is_free = sa.or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now)
    chosen = (
        sa.select(deliveries.c.id)
        .select_from(deliveries.join(schema.channels).join(schema.accounts))
        .where(deliveries.c.state == "pending", deliveries.c.next_attempt_at <= now, is_free, *_MAY_SEND)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    if only_id is not None:
        chosen = chosen.where(deliveries.c.id == only_id)
    ids = list(connection.execute(chosen).scalars())
    if not ids:
        return []
    claimed = sa.update(deliveries).where(deliveries.c.id.in_(ids))
    connection.execute(claimed.values(lease_until=now + lease, attempts=deliveries.c.attempts + 1))
    return _read_due(connection, ids)


def finish_delivery(connection: sa.Connection, delivery_id: str, result: str, now: datetime) -> None:
    """Record that a notification was delivered."""
    _end_attempt(connection, delivery_id, state="delivered", last_result=result, delivered_at=now)


def postpone_delivery(connection: sa.Connection, delivery_id: str, result: str, next_attempt_at: datetime) -> None:
    """Record a failed attempt, and when the next one is due."""
    _end_attempt(connection, delivery_id, last_result=result, next_attempt_at=next_attempt_at)


def fail_delivery(connection: sa.Connection, delivery_id: str, result: str) -> None:
    """Record that a notification is given up."""
    _end_attempt(connection, delivery_id, state="failed", last_result=result)


def _end_attempt(connection: sa.Connection, delivery_id: str, **values: object) -> None:
    deliveries = schema.deliveries
    chosen = sa.update(deliveries).where(deliveries.c.id == delivery_id)
    connection.execute(chosen.values(lease_until=None, **values))


def _read_due(connection: sa.Connection, ids: list[str]) -> list[DueDelivery]:
    deliveries, channels = schema.deliveries, schema.channels
    events, alerts = schema.alert_events, schema.alerts
    joined = (
        deliveries.join(channels, channels.c.id == deliveries.c.channel_id)
        .outerjoin(events, events.c.id == deliveries.c.event_id)
        .outerjoin(alerts, alerts.c.id == events.c.alert_id)
    )
    chosen = sa.select(deliveries, channels, events, alerts.c.ticker).select_from(joined)
    rows = connection.execute(chosen.where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id)).mappings()
    return [
        DueDelivery(
            Delivery(**{column.name: row[column] for column in deliveries.columns}),
            Channel(**{column.name: row[column] for column in channels.columns}),
            AlertEvent(**{column.name: row[column] for column in events.columns}) if row[events.c.id] else None,
            row[alerts.c.ticker],
        )
        for row in rows
    ]
