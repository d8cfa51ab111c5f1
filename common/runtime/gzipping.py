"""Gzip files with a shared beginning that is compressed once, and a different end in each response.

All responses with the same result share 156 kB; then follows the request id. Compressing everything takes 3.6 ms of CPU
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
    """The compressed beginning of a gzip file (RFC 1952), and the checksum and length that its end needs."""

    compressed: bytes
    crc: int
    length: int

    @classmethod
    def of(cls, plain: bytes) -> Self:
        """Compress the beginning of a file."""
        compressor = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
        compressed = _HEADER + compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH)
        return cls(compressed, zlib.crc32(plain), len(plain))

    def append_end(self, tail: bytes) -> bytes:
        """Return the whole file with ``tail`` (up to 65535 bytes) as its uncompressed end."""
        length = len(tail).to_bytes(2, "little")
        complement = (len(tail) ^ 0xFFFF).to_bytes(2, "little")
        crc = zlib.crc32(tail, self.crc).to_bytes(4, "little")
        size = ((self.length + len(tail)) & 0xFFFFFFFF).to_bytes(4, "little")
        return b"".join((self.compressed, b"\x01", length, complement, tail, crc, size))
