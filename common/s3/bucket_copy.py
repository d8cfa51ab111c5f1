"""The objects of a bucket with their metadata, for backups. The market's dataset is left out: it can be made again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from common.s3.failures import error_code, translate_error
from common.s3.market_objects import MARKET_FOLDER

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_ABSENT = {"NoSuchKey", "404", "NotFound"}


@dataclass(frozen=True)
class CopiedObject:
    """An object as it is stored."""

    key: str
    content_type: str
    metadata: dict[str, str]
    body: bytes = field(repr=False)


class Bucket:
    """The objects of one bucket. Methods raise :class:`Busy` if S3 cannot be reached or refuses."""

    def __init__(self, client: S3Client, name: str) -> None:
        self._client = client
        self._name = name

    def list_keys(self) -> list[str]:
        """Return the keys of the objects, without those of the market's dataset."""
        with _s3_call():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
            keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return [key for key in keys if not key.startswith(MARKET_FOLDER)]

    def read(self, key: str) -> CopiedObject | None:
        """Return an object; None if it was deleted meanwhile."""
        with _s3_call():
            try:
                found = self._client.get_object(Bucket=self._name, Key=key)
                body = found["Body"].read()
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return None
                raise
        return CopiedObject(key, found["ContentType"], found["Metadata"], body)

    def write(self, copied: CopiedObject) -> None:
        """Store an object in place of the one with its key."""
        with _s3_call():
            self._client.put_object(
                Bucket=self._name,
                Key=copied.key,
                Body=copied.body,
                ContentType=copied.content_type,
                Metadata=copied.metadata,
            )

    def delete_others(self, keys: Collection[str]) -> None:
        """Delete the objects with other keys than these."""
        for key in set(self.list_keys()) - set(keys):
            with _s3_call():
                self._client.delete_object(Bucket=self._name, Key=key)


@contextmanager
def _s3_call() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as exc:
        raise translate_error(exc) from exc
