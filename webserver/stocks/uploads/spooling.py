"""An arriving file on disk: it is sent to S3 when it is whole, and never held in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import IO, BinaryIO, cast

from common.domain.errors import Busy, InvalidFile
from webserver.http.cooperative_work import give_way

PIECE_BYTES = 65_536
_LARGE_READ = 262_144
"""S3's client hashes pieces of this size or more; other requests get a turn between them."""
EMPTY = "The request has no file. Send the prices as its body, such as with curl --data-binary @prices.csv."


class SpooledFile(BufferedIOBase):
    """A file on disk whose readers give other requests a turn.

    Args:
        file: the file, which has no name.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.length = 0

    def append(self, data: bytes) -> None:
        """Append arrived bytes."""
        self._file.write(data)
        self.length += len(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, at most ``size``."""
        data = self._file.read(-1 if size is None else size)
        if len(data) >= _LARGE_READ:
            give_way()
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to a position, and return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def readable(self) -> bool:
        """Return that the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return that the position can be changed: S3's client sends a file again after a failure."""
        return True


@contextmanager
def spooled(arriving: IO[bytes]) -> Iterator[SpooledFile]:
    """Yield the whole content of a stream as a file on disk, which is deleted at the end of the block.

    Raises:
        InvalidFile: the stream is empty.
        Busy: the disk has no room.
    """
    try:
        with tempfile.TemporaryFile() as file:
            spool = SpooledFile(cast(BinaryIO, file))
            while data := arriving.read(PIECE_BYTES):
                spool.append(data)
            if not spool.length:
                raise InvalidFile(EMPTY)
            file.flush()
            spool.seek(0)
            yield spool
    except OSError as exc:
        raise Busy("The server has no room for the file at the moment. Try again later.", retry_after_s=30) from exc
