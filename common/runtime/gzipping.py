"""Gzip of which the beginning is compressed once and the end is different each time."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Self

LEVEL = 3
"""Of what somebody waits for: the usual 6 takes half as long again or more, for a twentieth of the bytes."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True)
class GzipBeginning:
    """The compressed beginning of a file (RFC 1952), and what has to be known of it to end the file."""

    compressed: bytes
    crc: int
    length: int

    @classmethod
    def of(cls, plain: bytes) -> Self:
        """Compress the beginning, up to a byte at which anything may follow."""
        compressor = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
        compressed = _HEADER + compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH)
        return cls(compressed, zlib.crc32(plain), len(plain))

    def ended(self, tail: bytes) -> bytes:
        """The whole file with ``tail`` (up to 65535 bytes) at its end, which is stored as it is."""
        length = len(tail).to_bytes(2, "little")
        complement = (len(tail) ^ 0xFFFF).to_bytes(2, "little")
        crc = zlib.crc32(tail, self.crc).to_bytes(4, "little")
        size = ((self.length + len(tail)) & 0xFFFFFFFF).to_bytes(4, "little")
        return b"".join((self.compressed, b"\x01", length, complement, tail, crc, size))
