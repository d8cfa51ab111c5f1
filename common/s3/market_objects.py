"""The market's dataset in S3: objects under ``market/{date}/``.

``docs/operator/market.md`` describes them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from common.s3.failures import error_code
from common.s3.objects import ObjectChanged, s3_call

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MARKET_FOLDER = "market/"
"""Everything in it can be made again from the prices, so that no backup contains it."""
BOARD = "board.parquet"
"""Its existence shows that the dataset of the date is complete."""
MAX_BOARD_BYTES = 64_000_000
"""A larger board is not read: one of 8000 stocks takes 5 MB."""
_ABSENT = {"NoSuchKey", "404", "NotFound"}
_UNCHANGED = {"304", "NotModified"}


@dataclass(frozen=True)
class StoredBoard:
    """A board as S3 has it.

    Args:
        etag: the version of the object.
        body: the Parquet file; None where the reader has this version already, or the file is too large.
        is_too_large: whether it has more than :data:`MAX_BOARD_BYTES`.
    """

    etag: str
    body: bytes | None
    is_too_large: bool = False


class MarketDay:
    """The objects of one date. Methods raise :class:`Busy` if S3 cannot be reached or refuses.

    Args:
        client: the S3 client.
        bucket: the bucket's name.
        day: the date of the dataset.
    """

    def __init__(self, client: S3Client, bucket: str, day: date) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = f"{MARKET_FOLDER}{day.isoformat()}/"

    def put_once(self, name: str, body: bytes) -> bool:
        """Store an object unless it exists; return whether this call stored it."""
        try:
            with s3_call():
                self._client.put_object(Bucket=self._bucket, Key=self._folder + name, Body=body, IfNoneMatch="*")
        except ObjectChanged:
            return False
        return True

    def put(self, name: str, body: bytes) -> None:
        """Store an object in place of any that exists."""
        with s3_call():
            self._client.put_object(Bucket=self._bucket, Key=self._folder + name, Body=body)

    def read(self, name: str) -> bytes | None:
        """Return an object's body; None if it does not exist."""
        with s3_call():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._folder + name)["Body"].read()
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return None
                raise

    def read_board(self, known: str) -> StoredBoard | None:
        """Return the board; None if the date has none.

        Args:
            known: the version that the reader has, whose body is not read again; empty for none.
        """
        condition: Any = {"IfNoneMatch": known} if known else {}
        with s3_call():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._folder + BOARD, **condition)
            except ClientError as exc:
                if error_code(exc) in _UNCHANGED:
                    return StoredBoard(known, None)
                if error_code(exc) in _ABSENT:
                    return None
                raise
            if found["ContentLength"] > MAX_BOARD_BYTES:
                found["Body"].close()
                return StoredBoard(found["ETag"], None, is_too_large=True)
            return StoredBoard(found["ETag"], found["Body"].read())

    def exists(self, name: str) -> bool:
        """Return whether an object exists."""
        with s3_call():
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._folder + name)
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return False
                raise
            return True

    def list_names(self, folder: str) -> list[str]:
        """Return the names of the objects in a folder, such as ``parts/``, without the folder."""
        start = self._folder + folder
        return [key.removeprefix(start) for key in list_keys(self._client, self._bucket, start)]

    def delete(self) -> None:
        """Delete all objects of the date."""
        for key in list_keys(self._client, self._bucket, self._folder):  # the board is the first
            with s3_call():
                self._client.delete_object(Bucket=self._bucket, Key=key)


def list_keys(client: S3Client, bucket: str, prefix: str) -> list[str]:
    """Return the keys that begin with ``prefix``, in order."""
    keys: list[str] = []
    after = prefix
    while True:
        with s3_call():
            page = client.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=after)
        keys += [found["Key"] for found in page.get("Contents", ())]
        if not page["IsTruncated"]:
            return keys
        after = keys[-1]


def list_market_dates(client: S3Client, bucket: str) -> list[date]:
    """Return the dates that have objects, ascending."""
    days = list_market_folders(client, bucket)
    return [day for day in days if _has_objects(client, bucket, f"{MARKET_FOLDER}{day}/")]


def list_market_folders(client: S3Client, bucket: str) -> list[date]:
    """Return the dates that have or had objects, ascending. It costs one call."""
    with s3_call():
        page = client.list_objects_v2(Bucket=bucket, Prefix=MARKET_FOLDER, Delimiter="/")
    found = []
    for entry in page.get("CommonPrefixes", ()):
        with suppress(ValueError):  # another program's folder
            found.append(date.fromisoformat(entry["Prefix"].removeprefix(MARKET_FOLDER).rstrip("/")))
    return sorted(found)


def _has_objects(client: S3Client, bucket: str, prefix: str) -> bool:
    """Return whether a folder has objects: SeaweedFS also lists those whose objects were deleted."""
    with s3_call():
        return client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"] > 0
