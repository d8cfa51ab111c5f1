"""The lines of JSON that the services send each other (version 1): one order or command, one reply."""

from __future__ import annotations

import hmac
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.domain.errors import Failure, InvalidRequest, failure_from
from common.domain.questions import Question, RequestId, Ticker, checked, question_in

MAX_LINE_BYTES = 16 * 1024


class Order(Question):
    """A question on its way to a forecast: whose it is, which attempt this is, and how long it may take.

    ``budget_ms`` is what is left until the request's deadline, in milliseconds, when the order is sent.
    ``prices_version`` is set on the way from ingestion to forecast.
    """

    v: Literal[1] = 1
    request_id: RequestId
    attempt: int = Field(ge=1, le=1000)
    budget_ms: int = Field(ge=0, le=3_600_000)
    prices_version: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @property
    def question(self) -> Question:
        """The order without its delivery."""
        return question_in(self)


class PricesCommand(BaseModel):
    """A command to ingestion about a ticker's stored prices, with its time limit in milliseconds.

    ``track`` sees to it that there are fresh ones, ``refresh`` looks for newer ones now, ``untrack`` removes them.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1] = 1
    kind: Literal["prices"] = "prices"
    request_id: RequestId
    action: Literal["track", "refresh", "untrack"]
    ticker: Ticker
    budget_ms: int = Field(ge=0, le=3_600_000)


Message = Order | PricesCommand
Outcome = Literal["created", "kept", "removed"]
"""The effect of a command: prices were added, were there already (and may be newer now), or were removed."""


class Reply(BaseModel):
    """The reply of a service: an order was accepted, the effect of a command, or the reason of a refusal."""

    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1] = 1
    request_id: str | None = None
    status: Literal["accepted", "rejected"]
    outcome: Outcome | None = None
    code: str | None = None
    detail: str | None = None
    retry_after_s: int | None = None

    def raise_if_rejected(self) -> None:
        """Raise the failure that a ``rejected`` reply carries."""
        if self.status == "rejected":
            raise failure_from(self.code or "", self.detail, self.retry_after_s)


def accepted(request_id: str, outcome: Outcome | None = None) -> Reply:
    """Return the reply to an accepted order or to a completed command."""
    return Reply(request_id=request_id, status="accepted", outcome=outcome)


def rejected(failure: Failure, request_id: str | None = None) -> Reply:
    """Say that the order was not taken, or the command not obeyed, and why."""
    return Reply(
        request_id=request_id,
        status="rejected",
        code=failure.code,
        detail=failure.detail,
        retry_after_s=failure.retry_after_s,
    )


class ForeignPeer(Exception):
    """A message does not carry the token that the services share."""


def encoded(message: Message | Reply, token: str | None = None) -> bytes:
    """Write a message as one line of UTF-8 JSON, fields without a value left out.

    Args:
        message: what is sent.
        token: the token that the services share, where there is one; it has no character that JSON escapes.
    """
    line = message.model_dump_json(exclude_none=True)
    return (line if token is None else f'{line[:-1]},"token":"{token}"}}').encode() + b"\n"


def decoded_order(line: bytes) -> Order:
    """Read an order from a line without its line feed.

    Raises:
        BadRequest: the line is not UTF-8, not JSON, or not an order of this version.
    """
    return checked(Order, _decoded_object(line))


def decoded_message(line: bytes, token: str | None = None) -> Message:
    """Parse a command, or an order, which has no ``kind``.

    Args:
        line: what arrived, without its line feed.
        token: the token that the message has to carry, where the services share one.

    Raises:
        BadRequest: as :func:`decoded_order`.
        ForeignPeer: the token is missing, or another one.
    """
    fields = _decoded_object(line)
    if token is not None and not hmac.compare_digest(
        str(fields.get("token", "")).encode(errors="surrogatepass"), token.encode()
    ):
        raise ForeignPeer("its message carries no valid token")
    match fields.get("kind"):
        case None:
            return checked(Order, fields)
        case "prices":
            return checked(PricesCommand, fields)
        case _:
            raise InvalidRequest("kind: there is no message of this kind.")


def decoded_reply(line: bytes) -> Reply:
    """Read a reply from a line without its line feed; raises as :func:`decoded_order` does."""
    return checked(Reply, _decoded_object(line))


def _decoded_object(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as exc:
        raise InvalidRequest("The line is not UTF-8 JSON.") from exc
    if not isinstance(value, dict):
        raise InvalidRequest("The line is not a JSON object.")
    return value
