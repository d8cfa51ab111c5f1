"""The one module that talks to S3. Here a CSV is bytes and facts; :mod:`common.s3.price_store` makes a series of it."""

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

from common.domain.questions import TICKER, Interval
from common.runtime.call_time_limits import within
from common.s3.failures import error_code, failure_of, ignores_conditions
from common.s3.transport import end_calls_at_deadline

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SCHEMA = "1"
MAX_BODY_BYTES = 16_000_000
"""A year of minutes is a few megabytes; what is larger is not ours and is not read."""
CALL_S = 10.0
"""Seconds that one call may take from the connection to the last byte of the body, all tries together."""
_FOLDERS: dict[Interval, str] = {"1d": "daily", "1h": "1h", "5min": "5min"}
_PROBE = "prices/.readiness-probe"
"""Beside the folders of prices: a right to write prices is the right to write this."""
_BETWEEN_FLAGS = "; "
_MORE_FLAGS = re.compile(r"and \d+ more findings")
_FLAGS_CHARACTERS = 1200
_ABSENT = {"NoSuchKey", "404", "NotFound"}
_WRITTEN_MEANWHILE = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


@dataclass(frozen=True)
class Description:
    """What is known of a series when it is stored; two closes, so that a list of tickers needs no bodies.

    ``dropped`` and ``flags`` are what the checks took away and what they found.
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


@dataclass(frozen=True)
class StoredFacts(Description):
    """What the object's metadata says, without its body. ``version`` is the SHA-256 of the body."""

    version: str
    etag: str

    @property
    def revision(self) -> str:
        """The name of the version together with what the checks found in it: a result states both.

        It is the version itself where nothing was found. Elsewhere it is a SHA-256, too.
        """
        if not self.flags and not self.dropped:
            return self.version
        found = repr((self.version, self.source, self.currency, self.dropped, self.flags))
        return hashlib.sha256(found.encode()).hexdigest()


@dataclass(frozen=True)
class StoredBody:
    """A stored CSV, whole, and its facts."""

    facts: StoredFacts
    body: bytes


@dataclass(frozen=True)
class Listed:
    """An entry of a listing; ``state`` changes whenever the object is written."""

    ticker: str
    state: str


@dataclass(frozen=True)
class TickerPage:
    """Some of the tickers with daily prices, in order; ``after`` is where the next ones begin, if there are any."""

    entries: tuple[Listed, ...]
    after: str | None


class WrittenMeanwhile(Exception):
    """Somebody else wrote the object since it was read."""


class DamagedObject(Exception):
    """The body is not the one that the metadata speaks of; a short body is never a shorter series."""


def s3_client(connections: int = 32, *, checksums: bool = True) -> S3Client:
    """Make a client from AWS's own environment variables, whose calls end at the deadline of their caller.

    The time-outs here are for one connection and one read.

    Args:
        connections: how many at the most.
        checksums: whether puts carry a checksum; some stores refuse them.
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
    region = os.environ.get("AWS_REGION")  # as AWS's other kits do; boto3 itself knows AWS_DEFAULT_REGION only
    return end_calls_at_deadline(boto3.client("s3", region_name=region or None, config=config))


class PriceObjects:
    """One CSV a ticker and interval.

    Methods raise :class:`Busy` where S3 cannot be reached, refuses, or does not answer within :data:`CALL_S`.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def ping(self) -> None:
        """Find out whether the bucket is there."""
        with _translated():
            self._client.head_bucket(Bucket=self._bucket)

    def prove_writable(self) -> None:
        """Prove, on a small object of its own, that a put with a condition and a checksum is carried out.

        Raises:
            Busy: S3 cannot be reached, or refuses, or ignores the condition.
        """
        try:
            etag = self._put_probe(IfNoneMatch="*")
        except WrittenMeanwhile:
            with _translated():
                etag = self._client.head_object(Bucket=self._bucket, Key=_PROBE)["ETag"]
        else:
            self._expect_refusal()
        with suppress(WrittenMeanwhile):  # by another replica's probe
            self._put_probe(IfMatch=etag)

    def _expect_refusal(self) -> None:
        """Raise where an object that is there is overwritten under the condition that there is none."""
        with suppress(WrittenMeanwhile):
            self._put_probe(IfNoneMatch="*")
            raise ignores_conditions()

    def _put_probe(self, **condition: Any) -> str:
        with _translated():
            return str(self._client.put_object(Bucket=self._bucket, Key=_PROBE, Body=b"probe", **condition)["ETag"])

    def facts(self, ticker: str, interval: Interval = "1d") -> StoredFacts | None:
        """The facts of a ticker's stored prices, or None where none are stored."""
        head = self._found(lambda: self._client.head_object(Bucket=self._bucket, Key=_key(ticker, interval)))
        return None if head is None else _facts(head)

    def read(self, ticker: str, interval: Interval = "1d") -> StoredBody | None:
        """A ticker's stored CSV, or None where none is stored.

        Raises:
            DamagedObject: the body is too large, or has another SHA-256 than its metadata says.
        """
        found = self._found(self._whole_object(_key(ticker, interval)))
        if found is None:
            return None
        answer, body = found
        facts = _facts(answer)
        if hashlib.sha256(body).hexdigest() != facts.version:
            raise DamagedObject(f"the stored prices of {ticker} are damaged")
        return StoredBody(facts, body)

    def write(
        self,
        ticker: str,
        body: bytes,
        description: Description,
        *,
        replacing: StoredFacts | None,
        interval: Interval = "1d",
    ) -> StoredFacts:
        """Store a CSV in the place of what was seen there (None: of nothing); return the facts of it.

        Raises:
            WrittenMeanwhile: the object is no longer the one that was seen, or is gone.
        """
        version = hashlib.sha256(body).hexdigest()
        condition: Any = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing.etag}

        def put() -> Any:
            return self._client.put_object(
                Bucket=self._bucket,
                Key=_key(ticker, interval),
                Body=body,
                ContentType="text/csv; charset=utf-8",
                Metadata=_metadata(description, version),
                **condition,
            )

        answer = self._found(put)
        if answer is None:
            raise WrittenMeanwhile
        as_stored = {"fetched_at": description.fetched_at.replace(microsecond=0), "version": version}
        return StoredFacts(**(vars(description) | as_stored | {"etag": answer["ETag"]}))

    def quarantine(self, ticker: str, body: bytes, description: Description) -> None:
        """Keep a CSV that is not trusted where nobody reads it but a person; the same one is kept once."""
        version = hashlib.sha256(body).hexdigest()
        with _translated():
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"quarantine/{_folder('1d')}{ticker}/{version}.csv",
                Body=body,
                ContentType="text/csv; charset=utf-8",
                Metadata=_metadata(description, version),
            )

    def remove(self, ticker: str) -> None:
        """Remove a ticker's prices of every interval, there or not."""
        with _translated():
            for interval in get_args(Interval):
                self._client.delete_object(Bucket=self._bucket, Key=_key(ticker, interval))

    def listing(self, *, after: str = "", most: int = 1000) -> TickerPage:
        """The next ``most`` (1000 at the most) tickers with daily prices behind ``after``."""
        folder = _folder("1d")
        with _translated():
            page = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=folder, MaxKeys=most, StartAfter=_key(after, "1d") if after else folder
            )
        found = page.get("Contents", [])
        entries = (
            Listed(_ticker(entry["Key"]), f"{entry['ETag']} {entry['LastModified'].isoformat()}") for entry in found
        )
        return TickerPage(
            tuple(entry for entry in entries if TICKER.match(entry.ticker)),
            _ticker(found[-1]["Key"]) if page["IsTruncated"] else None,
        )

    def tickers(self) -> Iterator[str]:
        """Every ticker with daily prices, in order."""
        after: str | None = ""
        while after is not None:
            page = self.listing(after=after)
            yield from (entry.ticker for entry in page.entries)
            after = page.after

    def _whole_object(self, key: str) -> Callable[[], Any]:
        def read() -> Any:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            if answer["ContentLength"] > MAX_BODY_BYTES:
                answer["Body"].close()
                raise DamagedObject(f"the object {key} is larger than prices can be")
            try:
                return answer, answer["Body"].read()
            except FlexibleChecksumError as exc:
                raise DamagedObject(f"the object {key} is not the one that was stored") from exc

        return read

    def _found(self, ask: Callable[[], Any]) -> Any:
        with _translated():
            try:
                return ask()
            except ClientError as exc:
                if error_code(exc) in _ABSENT:
                    return None
                raise


def _folder(interval: Interval) -> str:
    return f"prices/{_FOLDERS[interval]}/"


def _key(ticker: str, interval: Interval) -> str:
    return f"{_folder(interval)}{ticker}.csv"


def _ticker(key: str) -> str:
    return key.removeprefix(_folder("1d")).removesuffix(".csv")


def _metadata(description: Description, version: str) -> dict[str, str]:
    said = {
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
    if description.flags:
        said["flags"] = _BETWEEN_FLAGS.join(_fitting(description.flags))
    closes = {"last-close": description.last_close, "previous-close": description.previous_close}
    return said | {name: repr(close) for name, close in closes.items() if close is not None}


def _fitting(flags: Sequence[str]) -> list[str]:
    """Return the first flags that S3's 2 kB of metadata have room for, and how many more there are."""
    fitting: list[str] = []
    flags = [flag for flag in flags if not _MORE_FLAGS.fullmatch(flag)]  # read back, it would count as a finding
    for flag in flags:
        if sum(len(other) + len(_BETWEEN_FLAGS) for other in fitting) + len(flag) > _FLAGS_CHARACTERS:
            return [*fitting, f"and {len(flags) - len(fitting)} more findings"]
        fitting.append(flag)
    return fitting


def _facts(answer: Any) -> StoredFacts:
    """The facts in an answer's metadata; of somebody else's object, facts that nobody will take for fresh."""
    metadata = answer["Metadata"]
    try:
        return StoredFacts(
            version=metadata["version"],
            source=metadata["source"],
            currency=metadata["currency"],
            fetched_at=_moment(metadata["fetched-at"]),
            rows=int(metadata["rows"]),
            first=date.fromisoformat(metadata["first"]),
            last=date.fromisoformat(metadata["last"]),
            last_close=_close(metadata, "last-close"),
            previous_close=_close(metadata, "previous-close"),
            dropped=int(metadata.get("dropped", "0")),
            flags=tuple(filter(None, metadata.get("flags", "").split(_BETWEEN_FLAGS))),
            etag=answer["ETag"],
        )
    except (KeyError, ValueError):
        never = datetime.min.replace(tzinfo=UTC)
        return StoredFacts("unknown", "", never, 0, date.min, date.min, None, None, "", answer["ETag"])


def _moment(text: str) -> datetime:
    """A moment as it is written here; raises ValueError where its zone is not said, and nobody can tell its age."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def _close(metadata: dict[str, str], name: str) -> float | None:
    """A close of the metadata; objects that an earlier release wrote have none."""
    text = metadata.get(name)
    return None if text is None else float(text)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        with within(CALL_S):
            yield
    except ClientError as exc:
        if error_code(exc) in _WRITTEN_MEANWHILE:
            raise WrittenMeanwhile from exc
        raise failure_of(exc) from exc
    except (BotoCoreError, OSError) as exc:
        raise failure_of(exc) from exc
