"""Alerts and channels of an account: made, changed, listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from common.domain.email_addresses import normalise_email
from common.domain.errors import Forbidden, InvalidRequest, NotFound
from common.domain.markets.dates import exchange_day
from common.sql.repositories import alerts as stored_alerts
from common.sql.repositories import channels as stored_channels
from common.sql.repositories.alerts import MOST_ALERTS, Alert, AlertEvent
from common.sql.repositories.channels import MOST_CHANNELS, Channel, Delivery
from common.sql.repositories.people.accounts import find_account
from common.sql.store import SqlStore
from webserver.alerts.channels.apprise_services import open_service
from webserver.alerts.channels.destination import Destination
from webserver.alerts.channels.push_encryption import decode_base64url, encrypt
from webserver.alerts.channels.webhook import new_signing_secret
from webserver.alerts.conditions import Evidence
from webserver.alerts.judge import ClosesReader
from webserver.alerts.models import AlertChange, AlertRequest, ChannelRequest
from webserver.alerts.outbox import Outbox
from webserver.alerts.state import first_state

MOST_SHOWN = 100
"""The most events and notifications of a page."""
NO_ALERT = "There is no such alert. Choose one of GET /api/v1/alerts."
NO_CHANNEL = "There is no such channel. Choose one of GET /api/v1/channels."
UNKNOWN_CHANNEL = "channels has a channel that does not exist. Choose from GET /api/v1/channels."
NOT_YOUR_ADDRESS = (
    "Mail goes only to the address of your own account, once you have confirmed it. Send to your address, or ask an "
    "administrator to make the channel."
)
NOT_ADMINISTRATOR = "Only an administrator makes a channel of this kind. Use a webhook, or ask an administrator."
ENDED = "This browser takes no more notifications. Delete the channel, and turn notifications on in the browser again."
NO_WEB_PUSH = (
    "This server sends no notifications to browsers. Use another channel, or ask the operator to set "
    "WEB_PUSH_PRIVATE_KEY."
)
NO_DELIVERY = "There is no such notification. Choose one of GET /api/v1/deliveries."


class AlertService:
    """The alerts and channels of accounts.

    Args:
        store: the SQL store.
        closes: the closes of stored stocks.
        outbox: sends notifications.
        now: the clock.
        push_key: the public key of notifications in browsers; None without them.
    """

    def __init__(
        self,
        store: SqlStore,
        closes: ClosesReader,
        outbox: Outbox,
        now: Callable[[], datetime],
        push_key: str | None = None,
    ) -> None:
        self._store = store
        self._closes = closes
        self._outbox = outbox
        self._now = now
        self.push_key = push_key

    def add(self, account_id: str, request: AlertRequest) -> Alert:
        """Make an alert. A condition that the last close meets already fires only after it was not met.

        Raises:
            NotFound: no prices of the stock are stored.
            InvalidRequest: a channel does not exist, or the account has the most alerts.
        """
        closes = self._closes.read(request.ticker)
        today = exchange_day(self._now(), request.ticker)
        judgement = request.condition.judge(Evidence(closes, today))
        alert = Alert(
            id=str(uuid4()),
            account_id=account_id,
            ticker=request.ticker,
            kind=request.condition.kind,
            parameters=request.condition.model_dump(exclude={"kind"}),
            channel_ids=request.channels,
            state=first_state(request.condition, judgement),
            enabled=True,
            created_at=self._now(),
            judged_through=closes.last_day,
            bands={},
            note=request.note,
        )
        self._require_channels(account_id, request.channels)
        try:
            self._store.transaction(lambda connection: stored_alerts.add_alert(connection, alert))
        except stored_alerts.TooManyAlerts as exc:
            raise InvalidRequest(f"An account has at most {MOST_ALERTS} alerts. Delete some first.") from exc
        return alert

    def list_all(self, account_id: str) -> list[Alert]:
        """Return the alerts of an account, the newest first."""
        return self._store.read(lambda connection: stored_alerts.list_alerts(connection, account_id))

    def read(self, account_id: str, alert_id: str) -> Alert:
        """Return an alert; raise NotFound if the account has none with this id."""
        found = self._store.read(lambda connection: stored_alerts.find_alert(connection, account_id, alert_id))
        if found is None:
            raise NotFound(NO_ALERT)
        return found

    def change(self, account_id: str, alert_id: str, change: AlertChange) -> Alert:
        """Change an alert; raise NotFound if there is no such alert, InvalidRequest if there is no such channel."""
        values: dict[str, Any] = change.model_dump(exclude_none=True, exclude={"channels"})
        if change.channels is not None:
            self._require_channels(account_id, change.channels)
            values["channel_ids"] = change.channels
        if values:
            self._store.transaction(
                lambda connection: stored_alerts.update_alert(connection, account_id, alert_id, **values)
            )
        return self.read(account_id, alert_id)

    def delete(self, account_id: str, alert_id: str) -> None:
        """Delete an alert with its history; raise NotFound if there is none."""
        if not self._store.transaction(lambda connection: stored_alerts.delete_alert(connection, account_id, alert_id)):
            raise NotFound(NO_ALERT)

    def events(self, account_id: str, before: datetime | None) -> list[AlertEvent]:
        """Return one page of what the alerts fired, the newest first."""
        return self._store.read(
            lambda connection: stored_alerts.list_events(connection, account_id, MOST_SHOWN, before)
        )

    def add_channel(self, account_id: str, request: ChannelRequest, *, may_reach_anybody: bool) -> Channel:
        """Make a channel.

        Args:
            account_id: the owner.
            request: the channel.
            may_reach_anybody: whether mail may go to another address than the account's own, and Apprise may be used.

        Raises:
            Forbidden: mail to another address, or Apprise.
            InvalidRequest: its address is not valid, or the account has the most channels.
        """
        if request.kind == "web_push" and self.push_key is None:
            raise InvalidRequest(NO_WEB_PUSH)
        is_webhook, target = request.kind == "webhook", _target(request)
        if request.kind == "apprise" and not may_reach_anybody:
            raise Forbidden(NOT_ADMINISTRATOR)
        if request.kind == "mail" and not may_reach_anybody:
            self._require_own_address(account_id, str(target["to"]))
        channel = Channel(
            id=str(uuid4()),
            account_id=account_id,
            kind=request.kind,
            name=request.name,
            target=target,
            signing_secret=new_signing_secret() if is_webhook else None,
            created_at=self._now(),
        )
        add = stored_channels.add_or_renew_channel if request.kind == "web_push" else stored_channels.add_channel
        try:
            return self._store.transaction(lambda connection: add(connection, channel))
        except stored_channels.TooManyChannels as exc:
            raise InvalidRequest(f"An account has at most {MOST_CHANNELS} channels. Delete some first.") from exc

    def _require_own_address(self, account_id: str, address: str) -> None:
        """Raise Forbidden unless the address is the confirmed one of the account."""
        account = self._store.read(lambda connection: find_account(connection, account_id))
        is_confirmed = account is not None and account.email_verified_at is not None
        if account is None or not is_confirmed or account.email != address:
            raise Forbidden(NOT_YOUR_ADDRESS)

    def channels(self, account_id: str) -> list[Channel]:
        """Return the channels of an account, the oldest first."""
        return self._store.read(lambda connection: stored_channels.list_channels(connection, account_id))

    def delete_channel(self, account_id: str, channel_id: str) -> None:
        """Delete a channel with its notifications; raise NotFound if there is none."""
        if not self._store.transaction(
            lambda connection: stored_channels.delete_channel(connection, account_id, channel_id)
        ):
            raise NotFound(NO_CHANNEL)

    def test_channel(self, account_id: str, channel_id: str) -> Delivery:
        """Send a test notification now, and return its outcome; raise NotFound if there is no such channel."""
        if not self._has_channels(account_id, [channel_id]):
            raise NotFound(NO_CHANNEL)
        if not all(channel.enabled for channel in self.channels(account_id) if channel.id == channel_id):
            raise InvalidRequest(ENDED)
        now = self._now()
        delivery_id = self._store.transaction(
            lambda connection: stored_channels.add_test_delivery(connection, channel_id, now)
        )
        return self._delivered(account_id, delivery_id)

    def deliveries(self, account_id: str) -> list[Delivery]:
        """Return the latest notifications of an account, the newest first."""
        return self._store.read(lambda connection: stored_channels.list_deliveries(connection, account_id, MOST_SHOWN))

    def redeliver(self, account_id: str, delivery_id: str) -> Delivery:
        """Send a notification again now, under the same id; raise NotFound if there is none."""
        now = self._now()
        if not self._store.transaction(
            lambda connection: stored_channels.redeliver(connection, account_id, delivery_id, now)
        ):
            raise NotFound(NO_DELIVERY)
        return self._delivered(account_id, delivery_id)

    def _delivered(self, account_id: str, delivery_id: str) -> Delivery:
        self._outbox.deliver_one(delivery_id)
        found = self._store.read(lambda connection: stored_channels.find_delivery(connection, account_id, delivery_id))
        if found is None:  # its channel was deleted meanwhile
            raise NotFound(NO_DELIVERY)
        return found

    def _require_channels(self, account_id: str, channel_ids: list[str]) -> None:
        if not self._has_channels(account_id, channel_ids):
            raise InvalidRequest(UNKNOWN_CHANNEL)

    def _has_channels(self, account_id: str, channel_ids: list[str]) -> bool:
        known = {channel.id for channel in self.channels(account_id)} if channel_ids else set()
        return known.issuperset(channel_ids)


def _target(request: ChannelRequest) -> dict[str, Any]:
    if request.kind == "web_push":
        return _browser(request)
    if request.subscription is not None:
        raise InvalidRequest("subscription is for channels of the kind web_push. Leave it out.")
    if request.kind == "mail":
        return {"to": _mail_address(request)}
    if request.to is not None or not request.url:
        raise InvalidRequest("url must be an address such as https://example.com/hook. Send it without to.")
    try:
        if request.kind == "apprise":
            open_service(request.url)
        else:
            Destination.parse(request.url)
    except ValueError as exc:
        raise InvalidRequest(f"url {exc}.") from exc
    return {"url": request.url}


def _browser(request: ChannelRequest) -> dict[str, Any]:
    subscription = request.subscription
    if subscription is None or request.url is not None or request.to is not None:
        raise InvalidRequest("subscription must be the subscription of a browser. Send it without url and to.")
    keys = subscription.keys
    try:
        Destination.parse(subscription.endpoint)
        encrypt(b"", decode_base64url(keys.p256dh), decode_base64url(keys.auth))
    except ValueError as exc:
        raise InvalidRequest("subscription must have the address and the keys that the browser made.") from exc
    return {"url": subscription.endpoint, "p256dh": keys.p256dh, "auth": keys.auth}


def _mail_address(request: ChannelRequest) -> str:
    try:
        if request.url is None:
            return normalise_email(request.to or "")
    except ValueError:
        pass
    raise InvalidRequest("to must be one mail address such as me@example.com. Send it without url.")
