"""The search for the current primary at the Sentinels."""

from __future__ import annotations

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoReply
from redis.retry import Retry

from common.redis.client.addresses import RedisAddress

SENTINEL_TIMEOUT_S = 0.5
"""Seconds that one Sentinel may take to connect, and again to reply. The next one is asked then."""


class NoPrimary(NoConnection):
    """No Sentinel sees the primary alive, as during a failover."""


class PrimaryLocator:
    """Asks the Sentinels for the primary. Each new connection asks, so that none is made to a server of the past.

    It takes the place of redis-py's ``Sentinel``, which reorders its list while other threads read it, and may so lose
    a Sentinel.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._name = address.primary_name
        options: dict[str, Any] = {
            "socket_connect_timeout": SENTINEL_TIMEOUT_S,
            "socket_timeout": SENTINEL_TIMEOUT_S,
            "retry": Retry(NoBackoff(), retries=0),
            **address.sentinel_options,
        }
        self._sentinels = tuple(Redis(host, port, **options) for host, port in address.sentinels)
        self._first = 0
        """The number of the Sentinel that replied last, which is asked first."""
        self.newest: tuple[str, int] | None = None
        """The address that was found last."""

    def find(self) -> tuple[str, int]:
        """Return host and port of the primary, of the first Sentinel that sees it alive.

        Raises:
            NoPrimary: no Sentinel does.
        """
        reasons: list[str] = []
        first = self._first
        for step in range(len(self._sentinels)):
            number = (first + step) % len(self._sentinels)
            try:
                state: Any = self._sentinels[number].sentinel_master(self._name)
            except (NoConnection, NoReply, ResponseError) as exc:
                reasons.append(type(exc).__name__)
                continue
            if state["is_master"] and not state["is_sdown"] and not state["is_odown"]:
                self._first = number
                self.newest = found = (str(state["ip"]), int(state["port"]))
                return found
            reasons.append("it is down")
        raise NoPrimary(f"no Sentinel has a primary {self._name}: {', '.join(reasons)}")

    def is_staying(self) -> bool:
        """Return whether every Sentinel replies that the primary that was found last is not being replaced.

        At first only the Sentinel that carries a failover out sees it, so that one without a reply may be that one.
        """
        primary = self.newest
        for sentinel in self._sentinels:
            try:
                state: Any = sentinel.sentinel_master(self._name)
            except (NoConnection, NoReply, ResponseError):
                return False
            if "failover_in_progress" in state["flags"] or (str(state["ip"]), int(state["port"])) != primary:
                return False
        return True
