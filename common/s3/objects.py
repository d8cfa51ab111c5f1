"""The price CSVs in S3 as bytes and metadata. :mod:`common.s3.price_store` parses them.

No other module of a service calls S3.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

from common.domain.companies.shares import Split, format_splits, parse_splits
from common.domain.questions import TICKER, Interval
from common.domain.source_names import UPLOAD
from common.runtime.call_time_limits import call_deadline
from common.s3.failures import error_code, ignored_condition_failure, translate_error
from common.s3.transport import end_calls_at_deadline, trace_calls

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SCHEMA = "1"
MAX_BODY_BYTES = 16_000_000
"""Larger objects are not read: a year of five-minute prices takes a few megabytes."""
CALL_S = 10.0
"""The most seconds of one call, from the connection to the last byte of the body, retries included."""
_FOLDERS: dict[Interval, str] = {"1d": "daily", "1h": "1h", "5min": "5min"}
_PROBE = "prices/.readiness-probe"
"""The object of the readiness probe. Its prefix is that of the prices, so that the same access rights apply."""
_BETWEEN_FLAGS = "; "
_MORE_FLAGS = re.compile(r"and \d+ more findings")
_FLAGS_CHARACTERS = 1200
_ABSENT = {"NoSuchKey", "404", "NotFound"}
_WRITTEN_MEANWHILE = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


@dataclass(frozen=True)
class SeriesDescription:
    """The metadata of a series when it is stored. With its two closes, a list of tickers needs no CSVs.

    Args:
        source: the provider's name.
        currency: the ISO 4217 code.
        fetched_at: when the provider returned the prices (aware).
        rows: the number of closes; ``first`` and ``last`` are the days of the oldest and the newest one.
        last_close: the newest close; ``previous_close`` is the one before it.
        dropped: the number of rows that the checks removed.
        flags: short texts on what the checks found.
        splits: the splits that the source states; None if they are unknown.
    """

    source: str
    currency: str
    fetched_at: datetime
    rows: int
    first: date
    last: date
    last_close: float | None
    previous_close: float | None
    dropped: int = field(default=0, kw_only=True)
    flags: tuple[str, ...] = field(default=(), kw_only=True)
    splits: tuple[Split, ...] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class StoredFacts(SeriesDescription):
    """The metadata of a stored object. ``version`` is the SHA-256 of its body."""

    version: str
    etag: str

    @property
    def revision(self) -> str:
        """A key of the version together with the findings of the checks, because a result contains both.

        It is the version itself if the checks found nothing in a provider's prices, and another SHA-256 otherwise. A
        person may upload the same prices again in another currency.
        """
        if not self.flags and not self.dropped and self.source != UPLOAD:
            return self.version
        found = repr((self.version, self.source, self.currency, self.dropped, self.flags))
        return hashlib.sha256(found.encode()).hexdigest()


@dataclass(frozen=True)
class StoredBody:
    """A stored CSV and its metadata."""

    facts: StoredFacts
    body: bytes


@dataclass(frozen=True)
class ListedTicker:
    """A ticker with daily prices.

    Args:
        ticker: the ticker.
        etag: the version of its object.
        stored_at: when the object was written.
    """

    ticker: str
    etag: str
    stored_at: datetime


@dataclass(frozen=True)
class TickerPage:
    """A page of the tickers with daily prices, in order; ``after`` is the cursor of the next page, None on the last."""

    entries: tuple[ListedTicker, ...]
    after: str | None


class ObjectChanged(Exception):
    """The object was written or removed by another process since it was read."""


class DamagedObject(Exception):
    """The body does not match the metadata, as after an incomplete transfer."""


def make_s3_client(connections: int = 32, *, checksums: bool = True) -> S3Client:
    """Make a client from AWS's environment variables; its calls end at the caller's deadline.

    The time-outs in its configuration are for one connection and one read.

    Args:
        connections: the most connections.
        checksums: whether puts carry a checksum. Some stores refuse them.
    """
    needed: Literal["when_supported", "when_required"] = "when_supported" if checksums else "when_required"
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
        request_checksum_calculation=needed,
        response_checksum_validation=needed,
    )
    region = os.environ.get("AWS_REGION")  # boto3 itself reads only AWS_DEFAULT_REGION
    return trace_calls(end_calls_at_deadline(boto3.client("s3", region_name=region or None, config=config)))


class PriceObjects:
    """The objects of one bucket: one CSV for each ticker and interval.

    Methods raise :class:`Busy` if S3 cannot be reached, refuses, or does not respond within :data:`CALL_S`.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def ping(self) -> None:
        """Check that the bucket exists and can be reached."""
        with s3_call():
            self._client.head_bucket(Bucket=self._bucket)

    def prove_writable(self) -> None:
        """Check that S3 accepts puts with a condition and a checksum, by writing the probe object.

        Raises:
            Busy: S3 cannot be reached, refuses the put, or ignores the condition.
        """
        try:
            etag = self._put_probe(IfNoneMatch="*")
        except ObjectChanged:
            with s3_call():
                etag = self._client.head_object(Bucket=self._bucket, Key=_PROBE)["ETag"]
        else:
            self._expect_refusal()
        with suppress(ObjectChanged):  # another replica wrote the probe
            self._put_probe(IfMatch=etag)

    def _expect_refusal(self) -> None:
        """Raise :class:`StoreRefusal` if S3 overwrites the existing probe against the put's condition."""
        with suppress(ObjectChanged):
            self._put_probe(IfNoneMatch="*")
            raise ignored_condition_failure()

    def _put_probe(self, **condition: Any) -> str:
        with s3_call():
            return str(self._client.put_object(Bucket=self._bucket, Key=_PROBE, Body=b"probe", **condition)["ETag"])

    def read_facts(self, ticker: str, interval: Interval = "1d") -> StoredFacts | None:
        """Return the metadata of a ticker's stored prices; None if none are stored."""
        head = self._call_or_none(
            lambda: self._client.head_object(Bucket=self._bucket, Key=_make_key(ticker, interval))
        )
        return None if head is None else _parse_facts(head)

    def read(self, ticker: str, interval: Interval = "1d") -> StoredBody | None:
        """Return a ticker's stored CSV; None if none is stored.

        Raises:
            DamagedObject: the body is too large, or its SHA-256 differs from the one in the metadata.
        """
        found = self._call_or_none(self._make_reader(_make_key(ticker, interval)))
        if found is None:
            return None
        response, body = found
        facts = _parse_facts(response)
        if hashlib.sha256(body).hexdigest() != facts.version:
            raise DamagedObject(f"the stored prices of {ticker} are damaged")
        return StoredBody(facts, body)

    def write(
        self,
        ticker: str,
        body: bytes,
        description: SeriesDescription,
        *,
        replacing: StoredFacts | None,
        interval: Interval = "1d",
    ) -> StoredFacts:
        """Store a CSV if the stored object is still the expected one; return its metadata.

        Args:
            ticker: the ticker.
            body: the CSV.
            description: its metadata.
            replacing: the metadata of the object that is replaced; None if no object is expected.
            interval: the time between two prices.

        Raises:
            ObjectChanged: another object is stored, or the expected one was removed.
        """
        version = hashlib.sha256(body).hexdigest()
        condition: Any = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing.etag}

        def put() -> Any:
            return self._client.put_object(
                Bucket=self._bucket,
                Key=_make_key(ticker, interval),
                Body=body,
                ContentType="text/csv; charset=utf-8",
                Metadata=_build_metadata(description, version),
                **condition,
            )

        response = self._call_or_none(put)
        if response is None:
            raise ObjectChanged
        as_stored = {"fetched_at": description.fetched_at.replace(microsecond=0), "version": version}
        return StoredFacts(**(vars(description) | as_stored | {"etag": response["ETag"]}))

    def quarantine(self, ticker: str, body: bytes, description: SeriesDescription) -> None:
        """Store a rejected CSV under ``quarantine/`` for a person to inspect; the same CSV is stored once."""
        version = hashlib.sha256(body).hexdigest()
        with s3_call():
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"quarantine/{_folder('1d')}{ticker}/{version}.csv",
                Body=body,
                ContentType="text/csv; charset=utf-8",
                Metadata=_build_metadata(description, version),
            )

    def remove(self, ticker: str) -> None:
        """Remove a ticker's prices of every interval, if there are any."""
        with s3_call():
            for interval in get_args(Interval):
                self._client.delete_object(Bucket=self._bucket, Key=_make_key(ticker, interval))

    def list_page(self, *, after: str = "", most: int = 1000) -> TickerPage:
        """Return a page of tickers with daily prices.

        Args:
            after: the cursor: the last ticker before the page; empty for the first page.
            most: the most tickers of the page, up to 1000.
        """
        folder = _folder("1d")
        with s3_call():
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=folder, MaxKeys=most, StartAfter=_make_key(after, "1d") if after else folder
            )
        found = page.get("Contents", [])
        entries = (ListedTicker(_extract_ticker(entry["Key"]), entry["ETag"], entry["LastModified"]) for entry in found)
        return TickerPage(
            tuple(entry for entry in entries if TICKER.match(entry.ticker)),
            _extract_ticker(found[-1]["Key"]) if page["IsTruncated"] else None,
        )

    def list_tickers(self) -> Iterator[str]:
        """Yield every ticker with daily prices, in order."""
        return (entry.ticker for entry in self.list_all())

    def list_all(self) -> Iterator[ListedTicker]:
        """Yield every ticker with daily prices and the version of its object, in order."""
        after: str | None = ""
        while after is not None:
            page = self.list_page(after=after)
            yield from page.entries
            after = page.after

    def _make_reader(self, key: str) -> Callable[[], Any]:
        def read() -> Any:
            response = self._client.get_object(Bucket=self._bucket, Key=key)
            if response["ContentLength"] > MAX_BODY_BYTES:
                response["Body"].close()
                raise DamagedObject(f"the object {key} is larger than {MAX_BODY_BYTES} bytes")
            try:
                return response, response["Body"].read()
            except FlexibleChecksumError as exc:
                raise DamagedObject(f"the object {key} does not match its checksum") from exc

        return read

    def _call_or_none(self, ask: Callable[[], Any]) -> Any:
        """Return the response of a call; None if the object does not exist."""
        with s3_call():
            try:
                return ask()
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return None
                raise


def _folder(interval: Interval) -> str:
    return f"prices/{_FOLDERS[interval]}/"


def _make_key(ticker: str, interval: Interval) -> str:
    return f"{_folder(interval)}{ticker}.csv"


def _extract_ticker(key: str) -> str:
    return key.removeprefix(_folder("1d")).removesuffix(".csv")


def _build_metadata(description: SeriesDescription, version: str) -> dict[str, str]:
    fields = {
        "source": description.source,
        "currency": description.currency,
        "fetched-at": description.fetched_at.isoformat(timespec="seconds"),
        "rows": str(description.rows),
        "first": description.first.isoformat(),
        "last": description.last.isoformat(),
        "schema": SCHEMA,
        "version": version,
        "dropped": str(description.dropped),
    }
    if description.splits is not None:
        fields["splits"] = format_splits(description.splits)
    if description.flags:
        fields["flags"] = _BETWEEN_FLAGS.join(_truncate_flags(description.flags))
    closes = {"last-close": description.last_close, "previous-close": description.previous_close}
    return fields | {name: repr(close) for name, close in closes.items() if close is not None}


def _truncate_flags(flags: Sequence[str]) -> list[str]:
    """Return the first flags that fit into S3's 2 kB of metadata, and one with the number of the others."""
    fitting: list[str] = []
    flags = [flag for flag in flags if not _MORE_FLAGS.fullmatch(flag)]  # the count of an earlier truncation
    for flag in flags:
        if sum(len(other) + len(_BETWEEN_FLAGS) for other in fitting) + len(flag) > _FLAGS_CHARACTERS:
            return [*fitting, f"and {len(flags) - len(fitting)} more findings"]
        fitting.append(flag)
    return fitting


def _parse_facts(response: Any) -> StoredFacts:
    """Return the metadata of a response; for an object of another program, metadata that is never fresh."""
    metadata = response["Metadata"]
    try:
        return StoredFacts(
            version=metadata["version"],
            source=metadata["source"],
            currency=metadata["currency"],
            fetched_at=_parse_moment(metadata["fetched-at"]),
            rows=int(metadata["rows"]),
            first=date.fromisoformat(metadata["first"]),
            last=date.fromisoformat(metadata["last"]),
            last_close=_parse_close(metadata, "last-close"),
            previous_close=_parse_close(metadata, "previous-close"),
            dropped=int(metadata.get("dropped", "0")),
            flags=tuple(filter(None, metadata.get("flags", "").split(_BETWEEN_FLAGS))),
            splits=parse_splits(metadata.get("splits")),
            etag=response["ETag"],
        )
    except (KeyError, ValueError):
        never = datetime.min.replace(tzinfo=UTC)
        return StoredFacts("unknown", "", never, 0, date.min, date.min, None, None, "", response["ETag"])


def _parse_moment(text: str) -> datetime:
    """Parse a stored time; raise ValueError if it has no time zone, because its age is then unknown."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def _parse_close(metadata: dict[str, str], name: str) -> float | None:
    """Return a close of the metadata; None in objects of earlier releases."""
    text = metadata.get(name)
    return None if text is None else float(text)


@contextmanager
def s3_call(within_s: float = CALL_S) -> Iterator[None]:
    """Limit the calls in the block to ``within_s`` seconds, and translate their exceptions.

    Raises:
        ObjectChanged: the condition of a put is false.
        Busy: S3 cannot be reached, or refuses.
    """
    try:
        with call_deadline(within_s):
            yield
    except ClientError as exc:
        if error_code(exc) in _WRITTEN_MEANWHILE:
            raise ObjectChanged from exc
        raise translate_error(exc) from exc
    except (BotoCoreError, OSError) as exc:
        raise translate_error(exc) from exc
