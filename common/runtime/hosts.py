"""Host names that a server answers to, so that a name of an attacker's domain that points here opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

ANY = "*"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,252}))(?::(\d{1,5}))?", re.IGNORECASE)


class InvalidHost(ValueError):
    """A text is neither a host name nor an address, with or without a port."""


@dataclass(frozen=True)
class Host:
    """A host as in an address or a ``Host`` header: the name in lower case, and the port where there is one."""

    name: str
    port: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name``, ``name:port``, or the same with an IP address.

        Raises:
            InvalidHost: it is something else.
        """
        found = _HOST.fullmatch(text)
        if found is None:
            raise InvalidHost(text)
        name, port = found.groups()
        if name.startswith("[") and not _is_address(name):
            raise InvalidHost(text)
        return cls(name.lower().removesuffix("."), port)

    @property
    def is_address(self) -> bool:
        """Whether it is an IP address, which DNS cannot make point elsewhere."""
        return _is_address(self.name)


@dataclass(frozen=True)
class AllowedHosts:
    """The loopback names, and those of a setting; a name without a port allows each port.

    ``.stockcast.example`` allows a domain and all below it, ``*`` every host.
    """

    entries: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read names with commas between them.

        Raises:
            InvalidHost: one of them is no host name.
        """
        return cls(frozenset(_entry(part.strip()) for part in text.split(",") if part.strip()))

    def allow(self, host: Host) -> bool:
        """Whether requests to this host are answered."""
        if host.name in LOOPBACK or not self.entries:
            return host.name in LOOPBACK
        names = {host.name, f"{host.name}:{host.port}", ANY, *_domains(host.name)}
        return not names.isdisjoint(self.entries)

    def allow_probe(self, host: Host) -> bool:
        """Whether a probe or a scrape of this host is answered: a cluster's come to the pod's address."""
        return host.is_address or self.allow(host)

    def name(self, host: Host) -> bool:
        """Whether the setting names exactly this host, with its port where there is one."""
        return (host.name if host.port is None else f"{host.name}:{host.port}") in self.entries


LOOPBACK_ONLY = AllowedHosts()


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _domains(name: str) -> set[str]:
    """Return the entries that allow a name as one below a domain, or as the domain itself."""
    labels = name.split(".")
    return {f".{'.'.join(labels[start:])}" for start in range(len(labels))}


def _entry(text: str) -> str:
    if text == ANY:
        return text
    if ":" in text and _is_address(text):
        text = f"[{text}]"
    host = Host.parse(text.removeprefix("."))
    name = host.name if host.port is None else f"{host.name}:{host.port}"
    return f".{name}" if text.startswith(".") else name
