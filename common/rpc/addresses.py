"""The address of a service, with the credentials for connections to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from common.rpc.tls import Credentials


@dataclass(frozen=True)
class Address:
    """A host and a port, written ``host:port``.

    Args:
        host: the host name or IP address.
        port: the port.
        credentials: for TLS; None for connections in the clear.
        token: the shared token that every message carries, if any.
    """

    host: str
    port: int
    credentials: Credentials | None = field(default=None, compare=False, repr=False)
    token: str | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse ``host:port``; raise ValueError for anything else."""
        host, colon, port = text.rpartition(":")
        if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
            raise ValueError(f"an address is host:port, not {text!r}")
        return cls(host.strip("[]"), int(port))

    def with_security(self, credentials: Credentials | None, token: str | None = None) -> Address:
        """Return the same address with these credentials; None is without TLS."""
        return replace(self, credentials=credentials, token=token)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
