"""Addresses of Redis: one server, or Sentinels that have the address of the current primary.

The forms of one server are those of redis-py: ``redis://``, ``rediss://`` (TLS), ``unix://``. Several Python libraries
share the form with Sentinels: ``redis+sentinel://[user:password@]host:port,host:port/name/database``, and
``rediss+sentinel://`` for TLS. User and password are those of the servers. ``sentinel_username`` and
``sentinel_password`` in the query are those of the Sentinels; all other parameters are redis-py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.connection import parse_url

SENTINEL_PORT = 26379
_SCHEMES = {"redis+sentinel": "redis", "rediss+sentinel": "rediss"}
_PREFIX = "sentinel_"
_OF_SENTINELS = {f"{_PREFIX}username", f"{_PREFIX}password"}
_FORM = "redis+sentinel://:password@host:26379,host:26379/name/0"
_REASON = f"must begin with redis://, rediss://, unix:// or be such as {_FORM}, with escaped special characters"


@dataclass(frozen=True)
class RedisAddress:
    """The address of Redis, and redis-py's options of each connection."""

    options: dict[str, Any] = field(repr=False)
    is_tls: bool = False
    sentinels: tuple[tuple[str, int], ...] = ()
    """Hosts and ports of the Sentinels; none for a single server, whose address is in ``options``."""
    primary_name: str = ""
    """The name under which the Sentinels watch the primary."""
    sentinel_options: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> RedisAddress:
        """Return the address that a URL states.

        Raises:
            ValueError: it states none. The message repeats no part of it.
        """
        url = url.strip()  # a Secret that `echo` made ends with a line break
        scheme = url.partition("://")[0]
        if scheme in _SCHEMES:
            return _parse_with_sentinels(url)
        try:
            options = parse_url(url)  # type: ignore[no-untyped-call]
        except ValueError:
            raise ValueError(_REASON) from None
        options.pop("connection_class", None)
        return cls(options, is_tls=scheme == "rediss")


def _parse_with_sentinels(url: str) -> RedisAddress:
    # By hand: some versions of Python refuse an IPv6 address among other hosts.
    scheme, _, rest = url.partition("#")[0].partition("://")
    place, _, parameters = rest.partition("?")
    netloc, _, path = place.partition("/")
    credentials, at, hosts = netloc.rpartition("@")
    name, _, database = path.strip("/").partition("/")
    if not name or not hosts or (database and not database.isdecimal()):
        raise ValueError(f"must be such as {_FORM}")
    query = parse_qsl(parameters, keep_blank_values=True)
    others = {key for key, _ in query if key.startswith(_PREFIX)} - _OF_SENTINELS
    if others:
        raise ValueError(f"has an unknown parameter: {', '.join(sorted(others))}")
    sentinels = tuple(_parse_host(host) for host in hosts.split(","))
    of_servers = urlencode([(key, value) for key, value in query if not key.startswith(_PREFIX)])
    server = f"{_SCHEMES[scheme]}://{credentials}{at}primary/{database or 0}"
    try:
        urlsplit(server)
    except ValueError:  # such as a bracket in the password
        raise ValueError(_REASON) from None
    try:
        options = parse_url(f"{server}?{of_servers}")  # type: ignore[no-untyped-call]
    except ValueError:
        raise ValueError("has a parameter whose value cannot be read") from None
    for unused in ("host", "port", "connection_class"):
        options.pop(unused, None)
    tls = {key: value for key, value in options.items() if key.startswith("ssl_")}
    own = {key.removeprefix(_PREFIX): value for key, value in query if key.startswith(_PREFIX)}
    is_tls = scheme == "rediss+sentinel"
    return RedisAddress(options, is_tls, sentinels, unquote(name), own | tls | ({"ssl": True} if is_tls else {}))


def _parse_host(text: str) -> tuple[str, int]:
    """Return host and port; an IPv6 address is in brackets."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise ValueError("has a Sentinel whose port is no number") from None
    if not parts.hostname:
        raise ValueError(f"must be such as {_FORM}")
    return parts.hostname, port or SENTINEL_PORT
