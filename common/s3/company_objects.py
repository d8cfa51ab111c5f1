"""The documents of company facts in S3, beside the prices: one JSON object for each ticker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from common.domain.companies.document import SCHEMA, CompanyDocument
from common.s3.failures import error_code
from common.s3.objects import s3_call

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MOST_BYTES = 1_000_000
"""Larger objects are not read: a document takes about 20 kB."""
_FOLDER = "fundamentals/"
_ABSENT = {"NoSuchKey", "404", "NotFound"}


@dataclass(frozen=True)
class StoredCompany:
    """A stored document and the version of its object. The document is None if a service cannot read it."""

    document: CompanyDocument | None
    etag: str


class CompanyObjects:
    """The documents of one bucket. Methods raise :class:`Busy` if S3 cannot be reached, refuses or is slow."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, ticker: str) -> StoredCompany | None:
        """Return a ticker's document; None if none is stored."""
        with s3_call():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=_make_key(ticker))
                if found["ContentLength"] > MOST_BYTES:
                    found["Body"].close()
                    return StoredCompany(None, found["ETag"])
                return StoredCompany(_parse(found["Body"].read()), found["ETag"])
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return None
                raise

    def write(self, document: CompanyDocument, replacing: StoredCompany | None) -> None:
        """Store a document if the stored object is still the expected one.

        Args:
            document: the document.
            replacing: the object that is replaced; None if none is expected.

        Raises:
            ObjectChanged: another process wrote or removed the object meanwhile.
        """
        condition: Any = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing.etag}
        with s3_call():
            self._client.put_object(
                Bucket=self._bucket,
                Key=_make_key(document.ticker),
                Body=document.model_dump_json().encode(),
                ContentType="application/json",
                **condition,
            )


def _make_key(ticker: str) -> str:
    return f"{_FOLDER}{ticker}.json"


def _parse(body: bytes) -> CompanyDocument | None:
    """Return the document in a body; None if it is damaged or of another schema, so that it is fetched again."""
    try:
        document = CompanyDocument.model_validate_json(body)
    except ValidationError:
        return None
    return document if document.schema_version == SCHEMA else None
