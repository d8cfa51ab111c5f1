"""Webhooks, signed as the Standard Webhooks specification describes (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable

from common.runtime.version import USER_AGENT
from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.destination import Destination, post
from webserver.alerts.channels.notification import DeliveryFailed, payload_of

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public beginning of every secret
_GONE = 410
_SECRET_BYTES = 32


def new_signing_secret() -> str:
    """Return a secret for a new webhook, which its receiver also needs."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature_of(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header ``webhook-signature``."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookSender:
    """Sends a notification as one POST. Redirects are not followed.

    Args:
        addresses: the private addresses that are allowed.
        now: seconds since the epoch.
    """

    def __init__(self, addresses: AllowedAddresses, now: Callable[[], float] = time.time) -> None:
        self._addresses = addresses
        self._now = now

    def send(self, due: DueDelivery) -> str:
        """Return the status of a successful delivery.

        Raises:
            DeliveryFailed: the receiver cannot be reached or refuses.
        """
        destination = Destination.parse(str(due.channel.target["url"]))
        address = self._addresses.address_of(destination.host, destination.port)
        body = json.dumps(payload_of(due)).encode()
        status = post(destination, address, body, self._headers(destination, body, due))
        if status == _GONE:
            raise DeliveryFailed("the receiver answered 410: it wants no more", is_final=True)
        if not 200 <= status < 300:
            raise DeliveryFailed(f"the receiver answered {status}")
        return f"status {status}"

    def _headers(self, destination: Destination, body: bytes, due: DueDelivery) -> dict[str, str]:
        timestamp = int(self._now())
        return {
            "Host": destination.host_header,
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": due.delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(due.channel.signing_secret or "", due.delivery.id, timestamp, body),
        }
