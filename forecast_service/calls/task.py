"""The task of a worker process: a question, with access to the stored prices and to the report of progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from common.domain.progress import WorkProgress
from common.domain.questions import Question
from common.s3.price_store import StoredSeries

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True)
class Task(Generic[Q]):
    """A task of a worker process.

    Args:
        question: the question.
        today: the day at the ticker's exchange.
        prices: returns the stored prices of a ticker; raises PricesGone where they are missing or damaged.
        report: stores the progress, at most a few times a second.
        tickers: yields the tickers with stored prices, in order; by default none.
    """

    question: Q
    today: date
    prices: Callable[[str], StoredSeries]
    report: Callable[[WorkProgress], None]
    tickers: Callable[[], Iterator[str]] = lambda: iter(())
