"""The task of a worker process: a question, with access to the stored prices and to the report of progress."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel

from common.domain.companies.document import CompanyDocument
from common.domain.progress import WorkProgress
from common.domain.questions import Question
from common.s3.price_store import StoredSeries
from forecast_service.calls.named_request import NO_SOURCES, Sources
from forecast_service.calls.output import CallOutput

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True)
class Task(Generic[Q]):
    """A task of a worker process.

    Args:
        question: the question.
        today: the day at the ticker's exchange.
        prices: returns the stored prices of a ticker; raises PricesGone where they are missing or damaged.
        report: sends the progress, which is stored a few times a second.
        tickers: yields the tickers with stored prices, in order; by default none.
        company: returns the stored facts about a ticker's company; by default none.
        ends_at: the time of the monotonic clock, which all processes share, at which the process is ended.
        sources: the earlier requests that the question names.
    """

    question: Q
    today: date
    prices: Callable[[str], StoredSeries]
    report: Callable[[WorkProgress], None]
    tickers: Callable[[], Iterator[str]] = lambda: iter(())
    ends_at: float = math.inf
    sources: Sources = NO_SOURCES
    company: Callable[[str], CompanyDocument | None] = lambda _: None

    def output(
        self, result: BaseModel, stored: StoredSeries, timings_ms: Mapping[str, float] | None = None
    ) -> CallOutput:
        """Return the output of the task.

        Args:
            result: the result.
            stored: the prices of the question's ticker that it was computed from.
            timings_ms: the milliseconds of each stage.
        """
        body = result.model_dump_json().encode()
        return CallOutput(body, stored.facts.revision, stored.series.last, timings_ms or {})
