"""Make the bucket of a new store, and copy the objects of an earlier version into it.

``python -m local_stack.s3.bucket PARENT URL BUCKET FOLDER`` runs after each start, as a child of SeaweedFS.
"""

from __future__ import annotations

import http.client
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

# A client of boto3 takes twice as long to load as the signature alone, and there are only puts to send.
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from local_stack.s3.earlier_objects import EarlierObject, read_earlier_objects

_PAUSE_S = 0.1
_TIMEOUT_S = 10
_EXISTS_CODES = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou", "PreconditionFailed"}
_log = logging.getLogger(__name__)


class PutRefused(Exception):
    """The store refuses a put for good. The message has the status and the store's answer."""


class BucketClient:
    """Sends signed puts to one bucket.

    Args:
        url: the address of the store.
        bucket: the bucket.
        key: the access key.
    """

    def __init__(self, url: str, bucket: str, key: ReadOnlyCredentials) -> None:
        self._url = f"{url}/{bucket}"
        self._signature = S3SigV4Auth(key, "s3", "us-east-1")

    def put(self, path: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None) -> bool:
        """Put an object, or make the bucket; return False if the store cannot do it yet.

        An object or a bucket that exists already stays as it is.

        Raises:
            PutRefused: the store refuses the put.
        """
        request = AWSRequest("PUT", self._url + path, dict(headers or {}), body)
        self._signature.add_auth(request)
        address = urlsplit(self._url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_S)
        try:
            connection.request("PUT", address.path + path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        code = re.search(r"<Code>(\w+)</Code>", text)
        if answer.status < 300 or (code and code[1] in _EXISTS_CODES):
            return True
        if answer.status < 500:
            raise PutRefused(f"{answer.status} {text}")
        return False


class Preparation:
    """The making of the bucket and its first objects. It ends early once ``is_store_running`` returns False."""

    def __init__(self, client: BucketClient, is_store_running: Callable[[], bool]) -> None:
        self._client = client
        self._is_store_running = is_store_running

    def run(self, folder: Path) -> None:
        """Make the bucket and copy the objects that an earlier version stored in ``folder``."""
        self._repeat(self._client.put)
        for earlier in read_earlier_objects(folder):
            self._copy(earlier)

    def _copy(self, earlier: EarlierObject) -> None:
        """Store an object unless its key exists already. Then remove its file."""
        metadata = {f"x-amz-meta-{name}": value for name, value in earlier.metadata.items()}
        headers = {"Content-Type": earlier.content_type, "If-None-Match": "*", **metadata}
        self._repeat(lambda: self._client.put(f"/{quote(earlier.key)}", earlier.body, headers))
        earlier.path.unlink()
        _log.info("copied %s from the store of an earlier version", earlier.key)

    def _repeat(self, put: Callable[[], bool]) -> None:
        """Repeat a put until the store, which may still be starting, accepts it or already has the result."""
        while not put():
            if not self._is_store_running():
                sys.exit("the object store ended")
            time.sleep(_PAUSE_S)


def main() -> None:
    """Make the bucket and its objects in the store that the parent process becomes."""
    parent, url, bucket, folder = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    key = ReadOnlyCredentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], None)
    Preparation(BucketClient(url, bucket, key), lambda: os.getppid() == int(parent)).run(Path(folder))


if __name__ == "__main__":
    main()
