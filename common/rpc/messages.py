"""The messages between the services (version 1), each one line of JSON: an order or a command, and its reply."""

from __future__ import annotations

import hmac
import json
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from common.domain.errors import Failure, FaultyRow, InvalidRequest, InvalidRows, make_failure
from common.domain.kinds import find_kind
from common.domain.questions import Question, RequestId, Ticker, validate_as
from common.domain.uploads import UploadOptions, UploadReport, list_first_rows

MAX_LINE_BYTES = 16 * 1024


class Order(BaseModel):
    """An attempt at a request: its question, id, number and time budget.

    The line of an order has the question's fields beside the others. It has no ``kind`` if the question is a forecast.

    Args:
        question: the question, of any kind.
        request_id: the request's UUID.
        attempt: the number of the attempt, from 1.
        budget_ms: milliseconds until the request's deadline when the order is sent.
        prices_version: the revision of the prices to use; None until ingestion sets it.
        traceparent: the sender's span; None without traces. Versions without traces ignore it.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1] = 1
    question: InstanceOf[Question]
    request_id: RequestId
    attempt: int = Field(ge=1, le=1000)
    budget_ms: int = Field(ge=0, le=3_600_000)
    prices_version: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    traceparent: str | None = Field(default=None, max_length=512)

    @property
    def ticker(self) -> str:
        """The ticker of the question."""
        return self.question.ticker


class PricesCommand(BaseModel):
    """A command to ingestion about a ticker's stored prices.

    Args:
        action: ``track`` stores fresh prices if there are none, ``refresh`` looks for newer ones now, ``untrack``
            removes them. ``upload`` stores the file that is in S3 under the request's id, ``amend`` adds its days to
            an uploaded series. ``company`` makes sure that the facts about the ticker's company are fresh. ``news``
            stores the newest headlines in Redis.
        budget_ms: the time limit in milliseconds.
        upload: what the client said about its file; None for other actions.
        traceparent: see :class:`Order`.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1] = 1
    kind: Literal["prices"] = "prices"
    request_id: RequestId
    action: Literal["track", "refresh", "untrack", "upload", "amend", "company", "news"]
    ticker: Ticker
    budget_ms: int = Field(ge=0, le=3_600_000)
    upload: UploadOptions | None = None
    traceparent: str | None = Field(default=None, max_length=512)


Message = Order | PricesCommand
Outcome = Literal["created", "kept", "removed"]
"""The effect of a command: prices were added, were stored before (and may be newer now), or were removed."""


class CommandResult(NamedTuple):
    """The result of a command: its effect, and for an uploaded file the report on its rows."""

    outcome: Outcome
    report: UploadReport | None = None


class Reply(BaseModel):
    """The reply to a message: an accepted order, the outcome of a command, or the reason of a rejection."""

    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1] = 1
    request_id: str | None = None
    status: Literal["accepted", "rejected"]
    outcome: Outcome | None = None
    code: str | None = None
    detail: str | None = None
    retry_after_s: int | None = None
    report: UploadReport | None = None

    def raise_if_rejected(self) -> None:
        """Raise the failure that a ``rejected`` reply carries."""
        if self.status == "rejected" and self.code == InvalidRows.code and self.report is not None:
            rows = [FaultyRow(row.line, row.detail) for row in self.report.rows]
            raise InvalidRows(self.detail, rows=rows, count=self.report.faulty)
        if self.status == "rejected":
            raise make_failure(self.code or "", self.detail, self.retry_after_s)


def make_accepted_reply(request_id: str, outcome: Outcome | None = None, report: UploadReport | None = None) -> Reply:
    """Return the reply to an accepted order or to a completed command."""
    return Reply(request_id=request_id, status="accepted", outcome=outcome, report=report)


def make_rejected_reply(failure: Failure, request_id: str | None = None) -> Reply:
    """Return the reply to an order that is not accepted, or to a command that failed."""
    report = None
    if isinstance(failure, InvalidRows):
        report = UploadReport(faulty=failure.count, rows=list_first_rows(failure.rows))
    return Reply(
        request_id=request_id,
        status="rejected",
        code=failure.code,
        detail=failure.detail,
        retry_after_s=failure.retry_after_s,
        report=report,
    )


class ForeignPeer(Exception):
    """A message does not carry the token that the services share."""


def encode(message: Message | Reply, token: str | None = None) -> bytes:
    """Return a message as one line of UTF-8 JSON, without the fields that are None.

    Args:
        message: the message.
        token: the token that the services share, if any; it has no character that JSON escapes.
    """
    fields = message.model_dump(exclude={"question"}, exclude_none=True)
    if isinstance(message, Order):
        fields = message.question.canonical | fields
    line = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return (line if token is None else f'{line[:-1]},"token":"{token}"}}').encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """Parse an order from a line without its line feed.

    Raises:
        BadRequest: the line is not UTF-8, not JSON, or not an order of this version.
    """
    return _read_order(_decode_object(line))


def decode_message(line: bytes, token: str | None = None) -> Message:
    """Parse a command or an order.

    Args:
        line: the line without its line feed.
        token: the token that the message must carry; None if the services share none.

    Raises:
        BadRequest: the line is not UTF-8, not JSON, or not a message of this version.
        ForeignPeer: the token is missing or wrong.
    """
    fields = _decode_object(line)
    if token is not None and not hmac.compare_digest(
        str(fields.get("token", "")).encode(errors="surrogatepass"), token.encode()
    ):
        raise ForeignPeer("its message carries no valid token")
    return validate_as(PricesCommand, fields) if fields.get("kind") == "prices" else _read_order(fields)


def _read_order(fields: dict[str, object]) -> Order:
    kind = find_kind(fields)
    if kind is None:
        raise InvalidRequest("kind: there is no message of this kind.")
    return validate_as(Order, fields | {"question": validate_as(kind.question, fields)})


def decode_reply(line: bytes) -> Reply:
    """Parse a reply from a line without its line feed; raises as :func:`decode_order` does."""
    return validate_as(Reply, _decode_object(line))


def _decode_object(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as exc:
        raise InvalidRequest("The line is not UTF-8 JSON.") from exc
    if not isinstance(value, dict):
        raise InvalidRequest("The line is not a JSON object.")
    return value
