"""Notifications in a browser, through the push service of its maker (RFC 8030, RFC 8292)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from common.runtime.version import USER_AGENT
from common.sql.repositories.channels import DueDelivery
from webserver.alerts.channels.allowed_addresses import AllowedAddresses
from webserver.alerts.channels.destination import Destination, post
from webserver.alerts.channels.notification import DeliveryFailed, sentence_of, title_of
from webserver.alerts.channels.push_encryption import decode_base64url, encode_base64url, encrypt, public_bytes

KEY_ADVICE = "must be 32 bytes in base64url, as npx web-push generate-vapid-keys prints them"
_KEY_BYTES = 32
_KEPT_S = 3 * 24 * 3600
"""Seconds for which a push service keeps a notification for a browser that is not running: over a weekend."""
_TOKEN_S = 12 * 3600
_GONE = (404, 410)
_LATER = 429
_SERVER_FAILURE = 500


@dataclass(frozen=True)
class PushKey:
    """The key by which push services recognise this server (VAPID).

    Args:
        private: the key.
        contact: a ``mailto:`` or ``https:`` address at which a push service reaches the operator; empty without one.
    """

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str = ""

    @classmethod
    def parse(cls, text: str, contact: str = "") -> PushKey:
        """Read a key.

        Raises:
            ValueError: it is of another form.
        """
        try:
            data = decode_base64url(text)
            number = int.from_bytes(data, "big") if len(data) == _KEY_BYTES else 0  # which is no key
            return cls(ec.derive_private_key(number, ec.SECP256R1()), contact)
        except ValueError as exc:
            raise ValueError(KEY_ADVICE) from exc

    @property
    def public(self) -> str:
        """The key that a browser needs for a subscription."""
        return encode_base64url(public_bytes(self.private))

    def authorization(self, origin: str, now: float) -> str:
        """Return the header ``Authorization`` of a request to a push service."""
        # Only notifications need them, and they would take a twentieth of a second of every start.
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.jwk import ECKey  # noqa: PLC0415

        claims = {"aud": origin, "exp": int(now) + _TOKEN_S} | ({"sub": self.contact} if self.contact else {})
        token = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(_pem(self.private)), ["ES256"])
        return f"vapid t={token}, k={self.public}"


class WebPushSender:
    """Sends a notification to a browser. The push service cannot read it.

    Args:
        addresses: the private addresses that are allowed.
        key: the key of this server.
        now: seconds since the epoch.
    """

    def __init__(self, addresses: AllowedAddresses, key: PushKey, now: Callable[[], float] = time.time) -> None:
        self._addresses = addresses
        self._key = key
        self._now = now

    def send(self, due: DueDelivery) -> str:
        """Return the status of a successful delivery.

        Raises:
            DeliveryFailed: the push service cannot be reached or refuses, or the subscription has ended.
        """
        target = due.channel.target
        destination = Destination.parse(str(target["url"]))
        address = self._addresses.address_of(destination.host, destination.port)
        browser_key, auth_secret = (decode_base64url(str(target[name])) for name in ("p256dh", "auth"))
        body = encrypt(json.dumps(_content_of(due)).encode(), browser_key, auth_secret)
        status = post(destination, address, body, self._headers(destination, due))
        if 200 <= status < 300:
            return f"status {status}"
        if status in _GONE:
            reason = f"the push service answered {status}: this browser takes no more notifications"
            raise DeliveryFailed(reason, is_final=True, is_gone=True)
        is_final = status < _SERVER_FAILURE and status != _LATER
        raise DeliveryFailed(f"the push service answered {status}", is_final=is_final)

    def _headers(self, destination: Destination, due: DueDelivery) -> dict[str, str]:
        return {
            "Host": destination.host_header,
            "Authorization": self._key.authorization(destination.origin, self._now()),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(_KEPT_S),
            # The push service replaces an undelivered notification by a repetition. 32 characters are the most.
            "Topic": due.delivery.id.replace("-", ""),
            "User-Agent": USER_AGENT,
        }


def _content_of(due: DueDelivery) -> dict[str, str]:
    """Return the fields that the page's service worker shows. The link is relative to the page."""
    link = f"?{urlencode({'ticker': due.ticker})}" if due.ticker else "."
    return {"id": due.delivery.id, "title": title_of(due), "body": sentence_of(due), "url": link}


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
