"""The questions of batches: forecasts of many tickers, or requests of any kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from common.domain.errors import BadRequest, Failure, InvalidRequest, InvalidTicker, make_failure
from common.domain.kinds import FORECAST, KINDS, find_kind
from common.domain.questions import (
    DEFAULT_LEVEL,
    HISTORY_DAYS,
    Days,
    ForecastQuestion,
    HistoryDays,
    Level,
    Model,
    Question,
    StockField,
    hash_canonical,
    normalise_ticker,
    validate_as,
)
from common.domain.validation import describe_value, explain_unknown_name

MOST_ITEMS = 100
"""The most requests of one batch."""
_FIRST_FIELDS = frozenset({"tickers", "days", "model", "level"})
"""Always stored, so that a later version can change a default without changing a stored question."""
_LONGEST_TICKER = 64


@dataclass(frozen=True)
class BatchItem:
    """One item of a batch: a request, or the reason why there is none.

    Args:
        kind: the name of the kind of analysis; empty if the item has no valid one.
        ticker: the ticker, or the text in its place; empty if there is none.
        name: the text from which the request's id is derived; empty for a refused item.
        question: the question; None for a refused item, and for a stored one that only another version understands.
        failure: the reason of a refused item.
    """

    kind: str
    ticker: str
    name: str = ""
    question: Question | None = None
    failure: Failure | None = None

    def request_id(self, batch_id: str) -> str:
        """Return the id of the item's request in a batch."""
        return str(uuid5(UUID(batch_id), self.name))


class BatchQuestion(BaseModel):
    """The question of a batch, for up to 100 tickers. A repeated ticker counts once; an invalid one fails alone."""

    model_config = ConfigDict(frozen=True, strict=True)

    tickers: list[Annotated[str, Field(max_length=_LONGEST_TICKER)]] = Field(min_length=1, max_length=MOST_ITEMS)
    days: Days
    model: Model = "blend"
    level: Level = DEFAULT_LEVEL
    field: StockField = "close"
    history_days: HistoryDays | None = HISTORY_DAYS

    @classmethod
    def normalised(cls, asked: BatchQuestion) -> Self:
        """Return the question with upper-case tickers and without repetitions; equal questions have equal texts."""
        tickers = list(dict.fromkeys(_normalised_or_same(ticker) for ticker in asked.tickers))
        return cls.model_construct(**{name: getattr(asked, name) for name in cls.model_fields} | {"tickers": tickers})

    @property
    def text(self) -> str:
        """The stored text of the question, by which a repeated request is recognised.

        A field of a later version is in it only if its value is not the default, so two versions of the services agree
        on a batch that both understand.
        """
        added = {name: field for name, field in type(self).model_fields.items() if name not in _FIRST_FIELDS}
        return self.model_dump_json(
            exclude={
                name
                for name, field in added.items()
                if getattr(self, name) == field.get_default(call_default_factory=True)
            }
        )

    @cached_property
    def items(self) -> list[BatchItem]:
        """An item for each ticker; a text that is not a ticker is refused."""
        return [self._item(ticker) for ticker in self.tickers]

    def _item(self, ticker: str) -> BatchItem:
        try:
            name = normalise_ticker(ticker)
        except InvalidTicker as failure:
            return BatchItem(FORECAST.name, ticker, failure=failure)
        rest = {field: getattr(self, field) for field in ForecastQuestion.model_fields if field != "ticker"}
        question = ForecastQuestion(ticker=name, **rest)
        return BatchItem(FORECAST.name, name, name, question)


@dataclass(frozen=True)
class RequestList:
    """The question of a batch of any kinds: the items in the order of the request."""

    items: Sequence[BatchItem]
    text: str
    """The stored text, by which a repeated request is recognised."""

    @property
    def cost(self) -> int:
        """The number of requests as which it counts against the quotas of its client; a refused item counts as one."""
        return sum(item.question.cost if item.question else 1 for item in self.items)

    @classmethod
    def parse(cls, requests: Sequence[Mapping[str, object]], bodies: Mapping[str, type[BaseModel]]) -> Self:
        """Return the question of a request body; an item that is not valid is refused alone.

        Args:
            requests: the items.
            bodies: the model of the request's body of each kind.
        """
        items = [_parse_item(asked, bodies) for asked in requests]
        return cls(items, json.dumps({"requests": list(map(_stored, items))}, separators=(",", ":"), sort_keys=True))

    @classmethod
    def load(cls, text: str) -> Self:
        """Return a stored question. Its items get no question, because another version may have written them.

        Raises:
            ValueError: the text is damaged.
        """
        try:
            return cls([_loaded(stored) for stored in json.loads(text)["requests"]], text)
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError("the text is not a list of requests") from exc


AnyBatchQuestion = BatchQuestion | RequestList


def load_question(text: str) -> AnyBatchQuestion:
    """Return the stored question of a batch.

    Raises:
        ValueError: the text is damaged.
    """
    stored = json.loads(text)
    if isinstance(stored, dict) and "requests" in stored:
        return RequestList.load(text)
    return BatchQuestion.model_validate_json(text)


def _parse_item(asked: Mapping[str, object], bodies: Mapping[str, type[BaseModel]]) -> BatchItem:
    kind, ticker = find_kind(asked), asked.get("ticker")
    name = kind.name if kind and kind.name in bodies else ""
    try:
        return _request_of(asked, name, bodies)
    except BadRequest as failure:
        shown = ticker[:_LONGEST_TICKER] if isinstance(ticker, str) else ""
        return BatchItem(name, shown.encode(errors="replace").decode(), failure=failure)


def _request_of(asked: Mapping[str, object], kind: str, bodies: Mapping[str, type[BaseModel]]) -> BatchItem:
    """Return an item with its question.

    Raises:
        BadRequest: the item is not valid.
    """
    if not kind:
        raise _explain_kind(asked["kind"], sorted(bodies))
    if "request_id" in asked:
        raise InvalidRequest("A request of a batch has no request_id of its own. Send one for the whole batch.")
    body: Any = validate_as(bodies[kind], {name: value for name, value in asked.items() if name != "kind"})
    question: Question = body.question
    return BatchItem(kind, question.ticker, question.key, question)


def _explain_kind(kind: object, known: list[str]) -> InvalidRequest:
    if isinstance(kind, str):
        return explain_unknown_name("kind", kind, known)
    *others, last = known
    names = " or ".join(filter(None, [", ".join(others), last]))
    return InvalidRequest(f"kind must be {names}; you sent {describe_value(kind)}.")


def _stored(item: BatchItem) -> dict[str, Any]:
    """Return the stored form of an item: the fields of its question, or the reason of its refusal."""
    if item.question is not None:
        return item.question.canonical
    failure = item.failure or InvalidRequest()
    return {"refused": {"kind": item.kind, "ticker": item.ticker, "code": failure.code, "detail": failure.detail}}


def _loaded(stored: dict[str, Any]) -> BatchItem:
    if refused := stored.get("refused"):
        failure = make_failure(refused["code"], refused["detail"], None)
        return BatchItem(refused["kind"], refused["ticker"], failure=failure)
    kind = stored.get("kind", FORECAST.name)
    return BatchItem(kind if kind in KINDS else "", str(stored.get("ticker", "")), hash_canonical(stored))


def _normalised_or_same(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidTicker:
        return text
