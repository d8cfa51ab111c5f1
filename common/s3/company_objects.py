"""The documents of company facts in S3, beside the prices: one JSON object for each ticker."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from common.domain.companies.document import SCHEMA, CompanyDocument
from common.domain.errors import Busy
from common.s3.failures import error_code
from common.s3.objects import ObjectChanged, s3_call

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MOST_BYTES = 1_000_000
"""Larger objects are not read: a document takes about 20 kB."""
_FOLDER = "fundamentals/"
_SECTORS = f"{_FOLDER}.sectors"
"""The object with the sector of each ticker, because a board of thousands of stocks needs all of them. No ticker begins
with a dot."""
MOST_SECTOR_BYTES = 4_000_000
_SECTOR_TRIES = 5
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

    def read_sectors(self) -> dict[str, str]:
        """Return the known sector of each ticker."""
        return self._read_sectors()[0]

    def note_sector(self, ticker: str, sector: str | None) -> None:
        """Set the known sector of a ticker, or remove it.

        Raises:
            Busy: other processes changed the object during each try.
        """
        for _ in range(_SECTOR_TRIES):
            sectors, etag = self._read_sectors()
            if sectors.get(ticker) == sector:
                return
            kept = {name: value for name, value in sectors.items() if name != ticker}
            changed = kept | ({ticker: sector} if sector else {})
            condition: Any = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
            with suppress(ObjectChanged), s3_call():
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=_SECTORS,
                    Body=json.dumps(changed, separators=(",", ":"), sort_keys=True).encode(),
                    ContentType="application/json",
                    **condition,
                )
                return
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - jitter, not a secret
        raise Busy

    def _read_sectors(self) -> tuple[dict[str, str], str]:
        """Return the sectors and the version of their object, which is empty if there is none."""
        with s3_call():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=_SECTORS)
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return {}, ""
                raise
            body = found["Body"].read() if found["ContentLength"] <= MOST_SECTOR_BYTES else b""
        return _parse_sectors(body), found["ETag"]


def _parse_sectors(body: bytes) -> dict[str, str]:
    """Return the sectors in a body; none if it is damaged, so that they are noted again."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    sectors = found.items() if isinstance(found, dict) else ()
    return {ticker: sector for ticker, sector in sectors if isinstance(sector, str)}


def _make_key(ticker: str) -> str:
    return f"{_FOLDER}{ticker}.json"


def _parse(body: bytes) -> CompanyDocument | None:
    """Return the document in a body; None if it is damaged or of another schema, so that it is fetched again."""
    try:
        document = CompanyDocument.model_validate_json(body)
    except ValidationError:
        return None
    return document if document.schema_version == SCHEMA else None
