"""The address of a receiver on the Web: its parts, and one POST to an IP address that was checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from webserver.alerts.channels.notification import DeliveryFailed

TIMEOUT_S = 10.0
ADVICE = "must be an address such as https://example.com/hook, without a name and a password"
_MOST_READ = 1024


@dataclass(frozen=True)
class Destination:
    """The parts of a receiver's address."""

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
    def origin(self) -> str:
        """The scheme, the host and the port, as a browser writes them."""
        return f"{'https' if self.is_secure else 'http'}://{self.host_header}"

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


def post(destination: Destination, address: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one request to an IP address of the destination; return the status. Redirects are not followed.

    Raises:
        DeliveryFailed: the receiver does not answer.
    """
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
