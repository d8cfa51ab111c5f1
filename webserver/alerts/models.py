"""The bodies of requests and responses about alerts and their channels."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.domain.questions import RequestId, Ticker
from webserver.alerts.conditions import AnyCondition

EXAMPLE_ID = "9b2f6a51-0c0e-4a5e-8a5d-3f1c2d4e5f60"
EXAMPLE_CHANNEL = "5f0c2b1a-7d3e-4c8b-9a6f-1e2d3c4b5a69"
_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid")
Note = Annotated[str, Field(max_length=500, description="Your words about the alert.")]
ChannelIds = Annotated[
    list[RequestId], Field(max_length=20, description="The ids of the channels that are notified. None is allowed.")
]


class AlertRequest(BaseModel):
    """The body that makes an alert."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {"ticker": "AAPL", "condition": {"kind": "price", "side": "above", "price": 450.0}},
                {"ticker": "AAPL", "condition": {"kind": "unusual_move", "usual_moves": 3.0}, "note": "Read the news."},
            ]
        },
    )

    ticker: Ticker
    condition: AnyCondition = Field(description="The condition.")
    channels: ChannelIds = []
    note: Note = ""


class AlertChange(BaseModel):
    """The body that changes an alert. A field that is left out stays as it is."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"enabled": False}]})

    enabled: bool | None = Field(default=None, description="Whether the alert is judged.")
    channels: ChannelIds | None = Field(default=None, description="The ids of the channels that are notified.")
    note: Note | None = Field(default=None, description="Your words about the alert.")


class AlertDetail(BaseModel):
    """An alert."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the alert, a UUID.")
    url: str = Field(description="The address of the alert.")
    ticker: str
    condition: dict[str, Any] = Field(description="The condition, as it was sent.")
    sentence: str = Field(description="The condition as a sentence.")
    channels: list[str] = Field(description="The ids of the channels that are notified.")
    note: str = Field(description="Your words about the alert.")
    enabled: bool = Field(description="Whether the alert is judged.")
    state: Literal["armed", "fired"] = Field(
        description="`armed`, or `fired`: then the alert waits until its condition is not met."
    )
    judged_through: date | None = Field(description="The day of the last judged close.")
    created_at: datetime = Field(description="When the alert was made.")


class Alerts(BaseModel):
    """The alerts of an account."""

    model_config = ConfigDict(frozen=True)

    alerts: list[AlertDetail] = Field(description="The alerts, the newest first.")


class AlertEventDetail(BaseModel):
    """An alert's observation on a day."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the event, a UUID.")
    alert_id: str = Field(description="The id of the alert.")
    close_date: date = Field(description="The day of the close.")
    fired_at: datetime = Field(description="When the alert fired (UTC).")
    sentence: str = Field(description="The observation as a sentence.")
    facts: dict[str, Any] = Field(description="The figures of the sentence.")


class AlertEvents(BaseModel):
    """The events of an account's alerts."""

    model_config = ConfigDict(frozen=True)

    events: list[AlertEventDetail] = Field(description="The events, the newest first.")
    next: str | None = Field(description="The address of the next page. Null on the last one.")


class SubscriptionKeys(BaseModel):
    """The keys of a browser's subscription."""

    model_config = _STRICT

    p256dh: str = Field(max_length=200, description="The public key of the browser, in base64url.")
    auth: str = Field(max_length=50, description="The secret of the subscription, in base64url.")


class PushSubscription(BaseModel):
    """A browser's subscription, as `PushSubscription.toJSON()` returns it."""

    model_config = ConfigDict(frozen=True, strict=True)

    endpoint: str = Field(max_length=1000, description="The address at the push service.")
    keys: SubscriptionKeys = Field(description="The keys that the browser made.")


class WebPushKey(BaseModel):
    """The key of notifications in browsers."""

    model_config = ConfigDict(frozen=True)

    public_key: str | None = Field(
        description="The `applicationServerKey` of a subscription. Null on a server without such notifications."
    )


class ChannelRequest(BaseModel):
    """The body that makes a channel: a webhook, a service that Apprise knows, a mail address or a browser."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {"kind": "webhook", "name": "My program", "url": "https://hooks.example/stockcast"},
                {"kind": "mail", "name": "Me", "to": "me@example.com"},
            ]
        },
    )

    kind: Literal["webhook", "mail", "apprise", "web_push"] = Field(description="The kind of channel.")
    name: str = Field(min_length=1, max_length=80, description="Your name for the channel.")
    url: str | None = Field(default=None, max_length=1000, description="The address of a webhook or a service.")
    to: str | None = Field(default=None, max_length=254, description="The mail address.")
    subscription: PushSubscription | None = Field(default=None, description="The subscription of a browser.")


class ChannelDetail(BaseModel):
    """A channel without its secrets."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the channel, a UUID.")
    kind: str = Field(description="The kind of channel.")
    name: str = Field(description="Your name for the channel.")
    target: str = Field(description="The host of a webhook or push service, the kind of service, or the mail address.")
    enabled: bool = Field(description="False once a browser has ended its subscription. Then nothing is sent.")
    created_at: datetime = Field(description="When the channel was made.")


class NewChannel(ChannelDetail):
    """A channel that was just made."""

    signing_secret: str | None = Field(
        description="The key of a webhook's signatures (Standard Webhooks). It is shown once. Null for others."
    )


class Channels(BaseModel):
    """The channels of an account."""

    model_config = ConfigDict(frozen=True)

    channels: list[ChannelDetail] = Field(description="The channels, the oldest first.")


class DeliveryDetail(BaseModel):
    """A notification and its attempts."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the notification, which every attempt carries.")
    event_id: str | None = Field(description="The id of the event. Null for a test.")
    channel_id: str = Field(description="The id of the channel.")
    state: Literal["pending", "delivered", "failed"] = Field(description="`pending`, `delivered` or `failed`.")
    attempts: int = Field(description="The number of attempts.")
    last_result: str = Field(description="The outcome of the last attempt.")
    next_attempt_at: datetime = Field(description="When the next attempt of a pending notification is due (UTC).")
    created_at: datetime = Field(description="When the notification was made (UTC).")
    delivered_at: datetime | None = Field(description="When it was delivered (UTC). Null before.")


class Deliveries(BaseModel):
    """The notifications of an account."""

    model_config = ConfigDict(frozen=True)

    deliveries: list[DeliveryDetail] = Field(description="The latest notifications, the newest first.")
