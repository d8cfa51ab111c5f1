"""Gzip with a beginning that is compressed once and an end that differs in each response.

Every response with one result has the same 156 kB, then its own request id. Compressing all of it takes 3.6 ms of CPU
for each response; appending an uncompressed end takes 3 us.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Self

LEVEL = 3
"""The level for responses: the usual 6 takes half as long again, for 5 % fewer bytes."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True)
class GzipBeginning:
    """The compressed beginning of a gzip file (RFC 1952), with what the end of the file depends on."""

    compressed: bytes
    crc: int
    length: int

    @classmethod
    def of(cls, plain: bytes) -> Self:
        """Compress the beginning; anything may follow it."""
        compressor = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
        compressed = _HEADER + compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH)
        return cls(compressed, zlib.crc32(plain), len(plain))

    def ended(self, tail: bytes) -> bytes:
        """Return the whole file with ``tail`` (up to 65535 bytes) as its uncompressed end."""
        length = len(tail).to_bytes(2, "little")
        complement = (len(tail) ^ 0xFFFF).to_bytes(2, "little")
        crc = zlib.crc32(tail, self.crc).to_bytes(4, "little")
        size = ((self.length + len(tail)) & 0xFFFFFFFF).to_bytes(4, "little")
        return b"".join((self.compressed, b"\x01", length, complement, tail, crc, size))
