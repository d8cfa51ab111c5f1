"""The addresses to which webhooks may be sent: public ones, and private ones that the operator lists.

Without this check, an account could reach the services of the server's own network.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from webserver.alerts.channels.notification import DeliveryFailed

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host name.

    Raises:
        DeliveryFailed: the name has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise DeliveryFailed(f"the host name {host} cannot be resolved") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class AllowedAddresses:
    """Private hosts and networks that the operator allows.

    Args:
        hosts: names, in lower case.
        networks: networks of private addresses.
        resolve: returns the addresses of a name.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    resolve: Resolve = resolve

    @classmethod
    def parse(cls, text: str) -> AllowedAddresses:
        """Read a setting such as ``hooks.internal,10.1.0.0/16``.

        Raises:
            ValueError: an entry is neither a host name nor a network.
        """
        hosts, networks = set(), []
        for entry in filter(None, map(str.strip, text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not entry.replace("-", "").replace(".", "").isalnum():
                    raise ValueError("must be host names and networks with commas between them") from None
                hosts.add(entry.lower())
        return cls(frozenset(hosts), tuple(networks))

    def address_of(self, host: str, port: int) -> str:
        """Return the IP address to connect to.

        All addresses of a name must be allowed. The caller connects to the returned one, because a second look-up could
        give another.

        Raises:
            DeliveryFailed: the name cannot be resolved, or is of a network that is not allowed.
        """
        addresses = self.resolve(host, port)
        if host.lower() not in self.hosts and not all(map(self._allows, map(ip_address, addresses))):
            raise DeliveryFailed(
                "the address is in a private network, which the operator does not allow", is_final=True
            )
        return addresses[0]

    def allows_without_lookup(self, host: str) -> bool:
        """Return whether a host is allowed whatever address its name has: one that is listed, or an allowed address."""
        try:
            return host.lower() in self.hosts or self._allows(ip_address(host.strip("[]")))
        except ValueError:
            return False

    def _allows(self, address: IPv4Address | IPv6Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        real = mapped or address
        is_public = real.is_global and not real.is_multicast
        return is_public or any(real in network for network in _of_version(self.networks, real.version))


def _of_version(networks: Iterable[Network], version: int) -> list[Network]:
    return [network for network in networks if network.version == version]
