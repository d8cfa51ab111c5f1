"""The uploaded files in S3 under ``incoming/``, from their arrival to their end as a price series or as a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, FlexibleChecksumError

from common.domain.errors import Busy
from common.domain.uploads import MAX_UPLOAD_BYTES
from common.s3.failures import error_code
from common.s3.objects import s3_call

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LEFT_AFTER = timedelta(hours=1)
"""The age of a file that an ended process left: no request takes so long."""
TRANSFER_S = 20.0
"""The most seconds of the transfer of a file."""
_FOLDER = "incoming/"
_ABSENT = {"NoSuchKey", "404", "NotFound"}
_LOST = "The uploaded file did not arrive as it was sent. Send it again."


class IncomingFiles:
    """The files of one bucket, each named by the id of its request.

    Methods raise :class:`Busy` if S3 cannot be reached, refuses, or does not respond in time.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, request_id: str, body: Any, length: int) -> None:
        """Store a readable file of ``length`` bytes, which S3's client reads in pieces."""
        with s3_call(TRANSFER_S):
            self._client.put_object(Bucket=self._bucket, Key=_make_key(request_id), Body=body, ContentLength=length)

    def read(self, request_id: str) -> bytes:
        """Return a file.

        Raises:
            Busy: it is not there, or not whole.
        """
        with s3_call(TRANSFER_S):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=_make_key(request_id))
                if found["ContentLength"] > MAX_UPLOAD_BYTES:
                    found["Body"].close()
                    raise Busy(_LOST)
                return found["Body"].read()
            except FlexibleChecksumError as exc:
                raise Busy(_LOST) from exc
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    raise Busy(_LOST) from exc
                raise

    def remove(self, request_id: str) -> None:
        """Remove a file, if it is there."""
        with s3_call():
            self._client.delete_object(Bucket=self._bucket, Key=_make_key(request_id))

    def remove_left(self, now: datetime) -> int:
        """Remove the files that are older than :data:`LEFT_AFTER`; return their number."""
        with s3_call():
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=_FOLDER)
        left = [entry["Key"] for entry in page.get("Contents", ()) if now - entry["LastModified"] > LEFT_AFTER]
        for key in left:
            with s3_call():
                self._client.delete_object(Bucket=self._bucket, Key=key)
        return len(left)


def _make_key(request_id: str) -> str:
    return f"{_FOLDER}{request_id}"
