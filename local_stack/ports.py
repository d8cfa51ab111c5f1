"""The ports of a stack, all told from the one a person chooses."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST, _BLOCK = 10_000, 8
# The last block must end below 32768, where Linux starts to hand out ports to clients.
_BLOCKS = (32_768 - _FIRST) // _BLOCK


class InvalidPort(ValueError):
    """``PORT`` is nothing that a stack can be started on."""


@dataclass(frozen=True)
class Ports:
    """Where each part of a stack listens on this machine."""

    web: int
    ingestion: int
    ingestion_health: int
    forecast: int
    forecast_health: int
    redis: int
    object_store: int
    prometheus: int

    def all(self) -> tuple[int, ...]:
        """Every port, the web server's first."""
        return tuple(vars(self).values())


def parse_port(text: str) -> int:
    """Read ``PORT``, or raise :class:`InvalidPort`."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 1024 <= port <= 65_535:
        raise InvalidPort(f"PORT must be a number from 1024 to 65535, not {text!r}")
    return port


def ports_of(web: int) -> Ports:
    """Return the ports of the stack on ``web``; they meet those of another only :data:`_BLOCKS` ports away.

    A block has one port more than is needed, so that ``web`` itself may lie in it.
    """
    first = _FIRST + _BLOCK * (web % _BLOCKS)
    free = [port for port in range(first, first + _BLOCK) if port != web]
    return Ports(web, *free[:7])
