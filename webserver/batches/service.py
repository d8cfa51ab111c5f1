"""Batches: one id for many tickers, with an ordinary request for each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.domain.errors import ForecastFailed, InvalidTicker
from common.domain.questions import DEFAULT_LEVEL, Days, ForecastQuestion, Level, Model, normalise_ticker
from common.redis.requests.batch_store import BatchMember
from common.redis.requests.queueing import Sender
from common.redis.requests.records import Record
from common.redis.schema.stored_failures import DAMAGED
from common.redis.stores import RedisStores
from common.runtime.logs import log_context
from webserver.http.cooperative_work import in_pieces
from webserver.request_deadlines import RequestDeadlines
from webserver.requests.request_access import RequestAccess

MOST_TICKERS = 100
_FIRST_FIELDS = frozenset({"tickers", "days", "model", "level"})
"""Always stored, so that a later version can change a default without changing a stored question."""
_log = logging.getLogger(__name__)


class BatchQuestion(BaseModel):
    """The question of a batch, for up to 100 tickers. A repeated ticker counts once; an invalid one fails alone."""

    model_config = ConfigDict(frozen=True, strict=True)

    tickers: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=MOST_TICKERS)
    days: Days
    model: Model = "blend"
    level: Level = DEFAULT_LEVEL

    @classmethod
    def normalised(cls, asked: BatchQuestion) -> Self:
        """Return the question with upper-case tickers and without repetitions; equal questions have equal texts."""
        tickers = list(dict.fromkeys(_normalised_or_same(ticker) for ticker in asked.tickers))
        return cls(tickers=tickers, days=asked.days, model=asked.model, level=asked.level)

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
    def questions(self) -> dict[str, ForecastQuestion | None]:
        """The question of each ticker; None for a text that is not a ticker."""
        return {ticker: self._question(ticker) for ticker in self.tickers}

    def _question(self, ticker: str) -> ForecastQuestion | None:
        try:
            return ForecastQuestion(ticker=normalise_ticker(ticker), days=self.days, model=self.model, level=self.level)
        except InvalidTicker:
            return None


@dataclass(frozen=True)
class Batch:
    """A batch with the record of each ticker; None for a text that is not a ticker, and for an expired record."""

    batch_id: str
    question: BatchQuestion
    records: dict[str, Record | None]

    @property
    def ended(self) -> bool:
        """Whether every request of the batch has ended."""
        return all(record is None or record.ended for record in self.records.values())


class Batches:
    """Accepts, reads and cancels batches; ingestion starts their requests, a few at a time.

    Args:
        stores: batches and their requests in Redis.
        access: the batches and requests that the present caller may use.
        deadlines: the deadlines of batches and their requests.
    """

    def __init__(self, stores: RedisStores, access: RequestAccess, deadlines: RequestDeadlines) -> None:
        self._stores = stores
        self._access = access
        self._deadlines = deadlines

    def submit(self, batch_id: str, asked: BatchQuestion, client: str) -> Batch:
        """Accept a batch of a client.

        Raises:
            RequestConflict: the id was used for another batch.
            Busy: it could not be accepted.
        """
        question = BatchQuestion.normalised(asked)
        times = self._deadlines.batch_times(len(question.tickers))
        members = [
            BatchMember(request_id_of(batch_id, ticker), one)
            for ticker, one in in_pieces(question.questions.items())
            if one
        ]
        if self._stores.batches.accept(batch_id, question.text, members, Sender(client, self._access.owner()), times):
            self._access.outlast()
        for member in in_pieces(members):
            with log_context(member.request_id, member.question.ticker, "accepting"):
                _log.info("accepted")
        # Read Redis, not the cache: after a loss of data the cached records may be those of another batch.
        return self._read(batch_id, question, self._access.uncached_records)

    def batch(self, batch_id: str) -> Batch:
        """Return a batch; raise NotFound if there is none."""
        return self._read(batch_id, self._asked(batch_id), self._access.records)

    def cancel(self, batch_id: str) -> Batch:
        """Cancel the unfinished requests of a batch; raise NotFound if there is no such batch."""
        question = self._asked(batch_id)
        self._access.cancel_all([request_id_of(batch_id, ticker) for ticker in _tickers(question)])
        return self._read(batch_id, question, self._access.records)

    def _asked(self, batch_id: str) -> BatchQuestion:
        try:
            return BatchQuestion.model_validate_json(self._access.batch_body(batch_id))
        except ValidationError as exc:
            raise ForecastFailed(DAMAGED) from exc

    def _read(
        self, batch_id: str, question: BatchQuestion, read: Callable[[Sequence[str]], Sequence[Record | None]]
    ) -> Batch:
        tickers = _tickers(question)
        found = read([request_id_of(batch_id, ticker) for ticker in tickers])
        records = dict.fromkeys(question.tickers) | dict(zip(tickers, found, strict=True))
        return Batch(batch_id, question, records)


def request_id_of(batch_id: str, ticker: str) -> str:
    """Return the id of a ticker's request in a batch."""
    return str(uuid5(UUID(batch_id), ticker))


def _tickers(question: BatchQuestion) -> list[str]:
    return [ticker for ticker, asked in question.questions.items() if asked]


def _normalised_or_same(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidTicker:
        return text
