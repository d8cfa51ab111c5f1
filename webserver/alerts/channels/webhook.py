"""Webhooks, signed as the Standard Webhooks specification describes (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.notification import DeliveryFailed, payload_of

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public beginning of every secret
TIMEOUT_S = 10.0
ADVICE = "must be an address such as https://example.com/hook, without a name and a password"
_GONE = 410
_SECRET_BYTES = 32
_MOST_READ = 1024


def new_signing_secret() -> str:
    """Return a secret for a new webhook, which its receiver also needs."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature_of(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header ``webhook-signature``."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@dataclass(frozen=True)
class Destination:
    """The parts of a webhook's address."""

    is_secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Destination:
        """Read an address.

        Raises:
            ValueError: it is not of the form ``https://host/path`` or ``http://host/path``.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise ValueError(ADVICE) from exc
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.fragment:
            raise ValueError(ADVICE)
        is_secure = parts.scheme == "https"
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return cls(is_secure, parts.hostname, port or _port(is_secure=is_secure), path)

    @property
    def host_header(self) -> str:
        """The value of the header ``Host``."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _port(is_secure=self.is_secure) else f"{name}:{self.port}"

    def open(self, address: str) -> urllib3.HTTPConnectionPool:
        """Return connections to one IP address of the host. A certificate must still name the host."""
        timeout = urllib3.Timeout(total=TIMEOUT_S)
        if not self.is_secure:
            return urllib3.HTTPConnectionPool(address, self.port, timeout=timeout, retries=False)
        return urllib3.HTTPSConnectionPool(
            address, self.port, timeout=timeout, retries=False, server_hostname=self.host, assert_hostname=self.host
        )


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
        status = _post(destination, address, body, self._headers(destination, body, due))
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
            "User-Agent": "Stockcast",
            "webhook-id": due.delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(due.channel.signing_secret or "", due.delivery.id, timestamp, body),
        }


def _post(destination: Destination, address: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one request; return the status."""
    with destination.open(address) as pool:
        try:
            response = pool.urlopen(
                "POST", destination.path, body=body, headers=headers, redirect=False, preload_content=False
            )
            response.read(_MOST_READ)
            response.close()
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise DeliveryFailed(f"the receiver did not answer: {type(exc).__name__}") from exc
    return response.status


def _port(*, is_secure: bool) -> int:
    return 443 if is_secure else 80
