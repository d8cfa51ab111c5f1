"""The JSON of alerts and channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from common.sql.repositories.alerts import Alert, AlertEvent
from common.sql.repositories.channels import Channel, Delivery
from webserver.alerts.conditions import CONDITIONS
from webserver.alerts.models import (
    AlertDetail,
    AlertEventDetail,
    AlertEvents,
    ChannelDetail,
    DeliveryDetail,
    NewChannel,
)
from webserver.alerts.service import MOST_SHOWN


def url_of(alert_id: str) -> str:
    """Return the address of an alert."""
    return f"/api/v1/alerts/{alert_id}"


def alert_detail(alert: Alert) -> AlertDetail:
    """Return an alert as the API shows it."""
    condition = CONDITIONS.validate_python({"kind": alert.kind, **alert.parameters})
    return AlertDetail(
        id=alert.id,
        url=url_of(alert.id),
        ticker=alert.ticker,
        condition=condition.model_dump(),
        sentence=condition.describe(alert.ticker),
        channels=list(alert.channel_ids),
        note=alert.note,
        enabled=alert.enabled,
        state="fired" if alert.state == "fired" else "armed",
        judged_through=alert.judged_through,
        created_at=alert.created_at,
    )


def event_page(events: Sequence[AlertEvent]) -> AlertEvents:
    """Return a page of the history."""
    shown = [AlertEventDetail.model_validate(vars(event)) for event in events]
    last = shown[-1].fired_at.isoformat() if len(shown) == MOST_SHOWN else None
    return AlertEvents(events=shown, next=f"/api/v1/alert-events?{urlencode({'before': last})}" if last else None)


def channel_detail(channel: Channel) -> ChannelDetail:
    """Return a channel without its secrets: of a webhook's address only the host, of a service's only the kind."""
    return ChannelDetail(**_shown(channel))


def new_channel(channel: Channel) -> NewChannel:
    """Return a new channel with its signing secret."""
    return NewChannel(**_shown(channel), signing_secret=channel.signing_secret)


def delivery_detail(delivery: Delivery) -> DeliveryDetail:
    """Return a notification as the API shows it."""
    return DeliveryDetail.model_validate({name: getattr(delivery, name) for name in DeliveryDetail.model_fields})


def _shown(channel: Channel) -> dict[str, Any]:
    scheme, _, rest = str(channel.target.get("url", "")).partition("://")
    address = f"{scheme}://…" if channel.kind == "apprise" else urlsplit(f"//{rest}").hostname or ""
    target = channel.target.get("to") or address
    return {
        "id": channel.id,
        "kind": channel.kind,
        "name": channel.name,
        "target": target,
        "enabled": channel.enabled,
        "created_at": channel.created_at,
    }
