"""The backups of a cluster: archives in a bucket of their own, each named by the time at which it was made."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local_stack.backups.archive import BackupFailed

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_FORM = "stockcast-%Y%m%dT%H%M%SZ.zip"
_PIECE_BYTES = 1 << 20
_NAME = re.compile(r"stockcast-\d{8}T\d{6}Z\.zip")


@dataclass(frozen=True)
class BucketBackups:
    """The archives in a bucket. Methods raise :class:`BackupFailed` if it cannot be used."""

    client: S3Client
    bucket: str

    def names(self) -> list[str]:
        """Return the names of all archives, the oldest first. Other objects are not among them."""
        with self._failures():
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="stockcast-")
            found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return sorted(name for name in found if _NAME.fullmatch(name))

    def put(self, path: Path, now: datetime) -> str:
        """Store an archive, and return its name. It appears when it is complete."""
        name = now.astimezone(UTC).strftime(_FORM)
        with self._failures():
            self.client.upload_file(str(path), self.bucket, name)
        return name

    def check(self, name: str, path: Path) -> None:
        """Read a stored archive back, and delete it if it differs from the file of which it was made.

        Raises:
            BackupFailed: it differs, too.
        """
        with self._failures():
            body = self.client.get_object(Bucket=self.bucket, Key=name)["Body"]
            stored = hashlib.sha256()
            for piece in body.iter_chunks(_PIECE_BYTES):
                stored.update(piece)
        with path.open("rb") as file:
            if stored.digest() == hashlib.file_digest(file, "sha256").digest():
                return
        with self._failures():
            self.client.delete_object(Bucket=self.bucket, Key=name)
        raise BackupFailed(f"The bucket {self.bucket} returned another {name} than it got. Check the object store.")

    def fetch(self, name: str, path: Path) -> None:
        """Write an archive to a new file that only its owner can read."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as exc:
            raise BackupFailed(f"{path} cannot be made: {exc.strerror}. Choose another name.") from exc
        with self._failures(), os.fdopen(descriptor, "wb") as file:
            self.client.download_fileobj(self.bucket, name, file)

    def remove_older(self, keep_days: int, now: datetime) -> list[str]:
        """Delete the archives older than ``keep_days``, but never the newest one; return their names."""
        earliest = (now.astimezone(UTC) - timedelta(days=keep_days)).strftime(_FORM)
        old = [name for name in self.names()[:-1] if name < earliest]
        with self._failures():
            for name in old:
                self.client.delete_object(Bucket=self.bucket, Key=name)
        return old

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as exc:
            code = exc.response.get("Error", {}).get("Code") if isinstance(exc, ClientError) else None
            reason = f"The bucket {self.bucket} cannot be used: {code or type(exc).__name__}."
            raise BackupFailed(f"{reason} Check its name and the rights of the backup's identity.") from exc
