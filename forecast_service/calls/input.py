"""The input of a call: what its order says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from common.domain.questions import Question
from forecast_service.calls.named_request import NO_SOURCES, Sources


@dataclass(frozen=True)
class CallInput:
    """The input of a call.

    Args:
        question: the question, of any kind.
        today: the day at the ticker's exchange.
        prices_version: the revision of the ticker's prices, if the order names it.
        sources: the earlier requests that the question names.
    """

    question: Question
    today: date
    prices_version: str | None = None
    sources: Sources = NO_SOURCES
