"""Make the bucket of a new store, and copy the objects of an earlier version into it.

``python -m local_stack.s3.bucket PARENT URL BUCKET FOLDER`` runs after each start, as a child of SeaweedFS.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from local_stack.s3.earlier_objects import EarlierObject, read_earlier_objects

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_PAUSE_S = 0.1
_EXISTS_CODES = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou", "PreconditionFailed"}
_log = logging.getLogger(__name__)


class Preparation:
    """The making of the bucket and its first objects. It ends early once ``is_store_running`` returns False."""

    def __init__(self, client: S3Client, bucket: str, is_store_running: Callable[[], bool]) -> None:
        self._client = client
        self._bucket = bucket
        self._is_store_running = is_store_running

    def run(self, folder: Path) -> None:
        """Make the bucket and copy the objects that an earlier version stored in ``folder``."""
        self._repeat(lambda: self._client.create_bucket(Bucket=self._bucket))
        for earlier in read_earlier_objects(folder):
            self._copy(earlier)

    def _copy(self, earlier: EarlierObject) -> None:
        """Store an object unless its key exists already. Then remove its file."""
        self._repeat(
            lambda: self._client.put_object(
                Bucket=self._bucket,
                Key=earlier.key,
                Body=earlier.body,
                ContentType=earlier.content_type,
                Metadata=earlier.metadata,
                IfNoneMatch="*",
            )
        )
        earlier.path.unlink()
        _log.info("copied %s from the store of an earlier version", earlier.key)

    def _repeat(self, call: Callable[[], object]) -> None:
        """Repeat a call until the store, which may still be starting, accepts it or already has the result."""
        while not _succeeds(call):
            if not self._is_store_running():
                sys.exit("the object store ended")
            time.sleep(_PAUSE_S)


def _succeeds(call: Callable[[], object]) -> bool:
    try:
        call()
    except (NoConnection, HTTPClientError):
        return False
    except ClientError as exc:
        if exc.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            return False
        if exc.response["Error"]["Code"] not in _EXISTS_CODES:
            raise
    return True


def main() -> None:
    """Make the bucket and its objects in the store that the parent process becomes."""
    parent, url, bucket, folder = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    once = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=once)
    Preparation(client, bucket, lambda: os.getppid() == int(parent)).run(Path(folder))


if __name__ == "__main__":
    main()
