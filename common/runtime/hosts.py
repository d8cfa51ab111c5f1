"""The host names that a server accepts, as a protection against DNS rebinding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

ANY = "*"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,252}))(?::(\d{1,5}))?", re.IGNORECASE)


def is_loopback(address: object) -> bool:
    """Return whether a socket's own name is reachable from its machine only: loopback, or a path of a Unix socket."""
    if not isinstance(address, tuple):
        return True
    bound = ip_address(str(address[0]).partition("%")[0])
    return (getattr(bound, "ipv4_mapped", None) or bound).is_loopback


class InvalidHost(ValueError):
    """The text is not a host name or an IP address, with or without a port."""


@dataclass(frozen=True)
class Host:
    """A host as in a URL or a ``Host`` header: the name in lower case, and the port if there is one."""

    name: str
    port: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``name``, ``name:port``, or the same with an IP address.

        Raises:
            InvalidHost: the text is something else.
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
        """Whether the name is an IP address, which no DNS record can redirect."""
        return _is_address(self.name)


@dataclass(frozen=True)
class AllowedHosts:
    """The loopback names and those of a setting; a name without a port allows every port.

    ``.stockcast.example`` allows a domain and its subdomains, ``*`` every host.
    """

    entries: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse names that are separated by commas.

        Raises:
            InvalidHost: one of them is not a host name.
        """
        return cls(frozenset(_parse_entry(part.strip()) for part in text.split(",") if part.strip()))

    def allows(self, host: Host) -> bool:
        """Return whether requests to this host are accepted."""
        if host.name in LOOPBACK or not self.entries:
            return host.name in LOOPBACK
        names = {host.name, f"{host.name}:{host.port}", ANY, *_list_domain_entries(host.name)}
        return not names.isdisjoint(self.entries)

    def allows_probe(self, host: Host) -> bool:
        """Return whether probes of this host are accepted; a cluster's probes use the pod's IP address."""
        return host.is_address or self.allows(host)

    def name(self, host: Host) -> bool:
        """Return whether the setting contains exactly this host, with its port if it has one."""
        return (host.name if host.port is None else f"{host.name}:{host.port}") in self.entries


LOOPBACK_ONLY = AllowedHosts()


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _list_domain_entries(name: str) -> set[str]:
    """Return the domain entries that would allow a name: those of the name and of its parent domains."""
    labels = name.split(".")
    return {f".{'.'.join(labels[start:])}" for start in range(len(labels))}


def _parse_entry(text: str) -> str:
    if text == ANY:
        return text
    if ":" in text and _is_address(text):
        text = f"[{text}]"
    host = Host.parse(text.removeprefix("."))
    name = host.name if host.port is None else f"{host.name}:{host.port}"
    return f".{name}" if text.startswith(".") else name
