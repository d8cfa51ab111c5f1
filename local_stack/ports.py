"""The ports of a stack. All are derived from ``PORT``."""

from __future__ import annotations

from dataclasses import dataclass, field

_FIRST, _BLOCK = 10_000, 16
# The last block must end below 32768, where Linux starts to hand out ports to clients.
_BLOCKS = (32_768 - _FIRST) // _BLOCK


class InvalidPort(ValueError):
    """``PORT`` is not a port that a stack can use."""


@dataclass(frozen=True)
class Ports:
    """The ports on which the programs of a stack listen, all on loopback."""

    web: int
    ingestion: int
    ingestion_health: int
    forecast: int
    forecast_health: int
    redis: int
    object_store: int
    prometheus: int
    schedule_health: int = field(kw_only=True)
    object_store_inner: tuple[int, ...] = field(kw_only=True)
    """The ports that SeaweedFS uses besides its S3 port."""

    def all(self) -> tuple[int, ...]:
        """Return every port, the web server's first."""
        *single, inner = vars(self).values()
        return *single, *inner


def parse_port(text: str) -> int:
    """Read ``PORT``, or raise :class:`InvalidPort`."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 1024 <= port <= 65_535:
        raise InvalidPort(f"PORT must be a number from 1024 to 65535, not {text!r}")
    return port


def ports_of(web: int) -> Ports:
    """Return the ports of the stack on ``web``.

    Two stacks have the same inner ports only if their web ports differ by a multiple of :data:`_BLOCKS`. A block has
    one port more than a stack needs, because ``web`` itself may be in the block.
    """
    first = _FIRST + _BLOCK * (web % _BLOCKS)
    free = [port for port in range(first, first + _BLOCK) if port != web]
    return Ports(web, *free[:7], schedule_health=free[14], object_store_inner=tuple(free[7:14]))
