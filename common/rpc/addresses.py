"""Where a service is, and how one speaks there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from common.rpc.tls import Credentials


@dataclass(frozen=True)
class Address:
    """A host and a port, written ``host:port``; with credentials, connections use TLS only.

    Where there is a ``token``, every message carries it.
    """

    host: str
    port: int
    credentials: Credentials | None = field(default=None, compare=False, repr=False)
    token: str | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``; raises ValueError for anything else."""
        host, colon, port = text.rpartition(":")
        if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
            raise ValueError(f"an address is host:port, not {text!r}")
        return cls(host.strip("[]"), int(port))

    def secured(self, credentials: Credentials | None, token: str | None = None) -> Address:
        """Return the same address with these credentials, or in the clear where there are none."""
        return replace(self, credentials=credentials, token=token)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
