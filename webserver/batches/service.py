"""Many tickers asked for at once: one id, and for each ticker a request like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.domain.errors import ForecastFailed, InvalidTicker
from common.domain.questions import DEFAULT_LEVEL, Days, Level, Model, Question, normalised_ticker
from common.redis.requests.batch_store import BatchMember, BatchTimes
from common.redis.requests.records import Record
from common.redis.schema.stored_failures import DAMAGED
from common.redis.stores import RedisStores
from common.runtime.logs import log_context
from webserver.forecasts.record_cache import RecordCache
from webserver.http.cooperative_work import in_pieces

MOST_TICKERS = 100
SECONDS_A_TICKER = 3.0
"""What each ticker adds to the time that a batch may take: a hundred have six minutes, and need some seconds."""
_LONGEST_MS = 3_600_000
_FIRST_FIELDS = frozenset({"tickers", "days", "model", "level"})
"""Stored in any case, so that a later version may change a default without changing what was asked."""
_log = logging.getLogger(__name__)


class BatchQuestion(BaseModel):
    """What is asked of each of up to 100 tickers. Repeated ones count once; wrong ones fail alone."""

    model_config = ConfigDict(frozen=True, strict=True)

    tickers: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=MOST_TICKERS)
    days: Days
    model: Model = "blend"
    level: Level = DEFAULT_LEVEL

    @classmethod
    def normalised(cls, asked: BatchQuestion) -> Self:
        """The same without repetitions, in upper case; two that mean the same are equal."""
        tickers = list(dict.fromkeys(_normalised_or_same(ticker) for ticker in asked.tickers))
        return cls(tickers=tickers, days=asked.days, model=asked.model, level=asked.level)

    @property
    def text(self) -> str:
        """The question as it is stored, by which its batch is known again.

        A field that a later version added is in it only where its value is not its default: so two versions of the
        services agree on a batch that both understand.
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
    def questions(self) -> dict[str, Question | None]:
        """The question of each ticker; None where it is no ticker."""
        return {ticker: self._question(ticker) for ticker in self.tickers}

    def _question(self, ticker: str) -> Question | None:
        try:
            return Question(ticker=normalised_ticker(ticker), days=self.days, model=self.model, level=self.level)
        except InvalidTicker:
            return None


@dataclass(frozen=True)
class Batch:
    """A batch as a reader sees it: each ticker's record, or None where it is no ticker or the record is gone."""

    batch_id: str
    question: BatchQuestion
    records: dict[str, Record | None]

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return all(record is None or record.ended for record in self.records.values())


class Batches:
    """Takes batches in and gives them out; the requests in them are begun by ingestion, a few at a time.

    Args:
        stores: batches and their requests in Redis.
        kept: the same, as far as they never change again.
        deadline_s: seconds that a request may take once it has begun.
    """

    def __init__(self, stores: RedisStores, kept: RecordCache, deadline_s: float) -> None:
        self._stores = stores
        self._kept = kept
        self._deadline_ms = round(deadline_s * 1000)

    def submit(self, batch_id: str, asked: BatchQuestion, client: str) -> Batch:
        """Accept a batch of a client, which shares the workers with other clients in turns.

        Raises:
            RequestConflict: the id was used for another batch.
            Busy: it could not be accepted.
        """
        question = BatchQuestion.normalised(asked)
        times = self._times(len(question.tickers))
        members = [
            BatchMember(request_id_of(batch_id, ticker), one)
            for ticker, one in in_pieces(question.questions.items())
            if one
        ]
        if self._stores.batches.accept(batch_id, question.text, members, client, times):
            self._kept.outlast()
        for member in in_pieces(members):
            with log_context(member.request_id, member.question.ticker, "accepting"):
                _log.info("accepted")
        # Not those that are kept: after a loss of Redis's memory they may be of another batch.
        return self._read(batch_id, question, self._stores.requests.read_all)

    def batch(self, batch_id: str) -> Batch:
        """Read a batch; raises NotFound where there is none."""
        return self._read(batch_id, self._asked(batch_id), self._kept.records)

    def cancel(self, batch_id: str) -> Batch:
        """End what is under way of a batch as cancelled; raises NotFound where there is none."""
        question = self._asked(batch_id)
        self._stores.requests.cancel_all([request_id_of(batch_id, ticker) for ticker in _tickers(question)])
        return self._read(batch_id, question, self._kept.records)

    def _times(self, tickers: int) -> BatchTimes:
        a_ticker_ms = SECONDS_A_TICKER * 1000
        budget_ms = min(self._deadline_ms + round(tickers * a_ticker_ms), _LONGEST_MS)
        return BatchTimes(budget_ms, self._deadline_ms, max(round(a_ticker_ms), 0), _LONGEST_MS)

    def _asked(self, batch_id: str) -> BatchQuestion:
        try:
            return BatchQuestion.model_validate_json(self._stores.batches.asked(batch_id))
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
    """The id of a ticker's request in a batch."""
    return str(uuid5(UUID(batch_id), ticker))


def _tickers(question: BatchQuestion) -> list[str]:
    return [ticker for ticker, asked in question.questions.items() if asked]


def _normalised_or_same(text: str) -> str:
    try:
        return normalised_ticker(text)
    except InvalidTicker:
        return text
