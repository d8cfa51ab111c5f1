"""Connections to S3 that end at the deadline of :mod:`common.runtime.call_time_limits`, even on a slow transfer.

urllib3's time-outs are for one read. A store that sends a byte every two seconds never exceeds them.
"""

from __future__ import annotations

import io
import math
import socket
from typing import TYPE_CHECKING, Any, cast

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.exceptions import ClientError

from common.runtime.call_time_limits import remaining_s
from common.runtime.tracing.spans import is_wanted, span, traceparent

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.client import S3Client

_SEND_AT_ONCE = 65_536
_NO_FAULTS = {304, 404, 409, 412}
"""The statuses of an object that does not exist, is unchanged, or was put by another."""


class PastDeadline(TimeoutError):
    """The deadline has passed."""


def end_calls_at_deadline(client: S3Client) -> S3Client:
    """Make every call of ``client`` end at its caller's deadline; return the client."""
    session: Any = client._endpoint.http_session  # type: ignore[attr-defined]  # noqa: SLF001 - botocore has no other way
    session._pool_classes_by_scheme.update(http=_Pool, https=_TlsPool)  # noqa: SLF001 - see above
    client.meta.events.register_first("needs-retry.s3", _refuse_retry_past_deadline)  # type: ignore[arg-type]
    return client


def trace_calls(client: S3Client) -> S3Client:
    """Make a span of each call of ``client`` within a trace; return the client. Probes are in none."""
    if not is_wanted():
        return client
    make_call = client._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - every operation goes through it

    def make_traced_call(operation: str, parameters: dict[str, Any]) -> Any:
        if traceparent() is None:
            return make_call(operation, parameters)
        with span(f"S3 {operation}", "client"):
            try:
                return make_call(operation, parameters)
            except ClientError as exc:
                if exc.response["ResponseMetadata"]["HTTPStatusCode"] not in _NO_FAULTS:
                    raise
                expected = exc
        raise expected

    client._make_api_call = make_traced_call  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return client


def _refuse_retry_past_deadline(**_: object) -> bool | None:
    """Return False (no retry) after the deadline; botocore uses the first result that is not None."""
    return None if remaining_s() else False


class _Reader(io.RawIOBase):
    """A reader of a socket whose every read ends at the deadline."""

    def __init__(self, sock: _DeadlineSocket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._sock.apply_deadline()
        return cast(int | None, self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """A socket whose every operation ends at the deadline, or after its own time-out if that is sooner."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._timeout_s = sock.gettimeout()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """Set the time-out of one operation."""
        self._timeout_s = seconds

    def apply_deadline(self) -> None:
        """Set the time-out of the next operation to the remaining time.

        Raises:
            PastDeadline: the deadline has passed.
        """
        seconds = min(math.inf if self._timeout_s is None else self._timeout_s, remaining_s())
        if seconds <= 0:
            raise PastDeadline("the deadline has passed")
        self._sock.settimeout(None if seconds == math.inf else seconds)

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all data."""
        rest = memoryview(data).cast("B")
        while rest:
            self.apply_deadline()
            rest = rest[self._sock.send(rest[:_SEND_AT_ONCE]) :]

    def makefile(self, mode: str = "rb", buffering: int | None = None, **_: Any) -> io.RawIOBase | io.BufferedReader:
        """Return a file that reads from the socket."""
        reader = _Reader(self, cast(io.RawIOBase, self._sock.makefile("rb", buffering=0)))
        return reader if buffering == 0 else io.BufferedReader(reader)


class _DeadlineConnection:
    """A mix-in for botocore's connections that ends their operations at the deadline."""

    sock: Any
    timeout: Any

    def connect(self) -> None:
        """Connect within the remaining time."""
        left = remaining_s()
        if left <= 0:
            raise PastDeadline("the deadline has passed")
        if isinstance(self.timeout, int | float):
            self.timeout = min(self.timeout, left)
        super().connect()  # type: ignore[misc]
        self.sock = _DeadlineSocket(self.sock)


class _Connection(_DeadlineConnection, AWSHTTPConnection):  # type: ignore[misc]  # botocore's own bases disagree
    pass


class _TlsConnection(_DeadlineConnection, AWSHTTPSConnection):  # type: ignore[misc]  # see above
    pass


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _TlsConnection
