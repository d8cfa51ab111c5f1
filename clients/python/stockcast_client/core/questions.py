"""The bodies of questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stockcast_client.models.generated import (
    CandleSearch,
    EvaluationRequest,
    ForecastRequest,
    PatternRequest,
    ShapeSearch,
    TurnaroundSearch,
)

FORECAST_TIMEOUT_S = 60.0
LONG_TIMEOUT_S = 900.0
"""Seconds: an analysis has ten minutes from its beginning on, and waits for its turn before."""
BATCH_TIMEOUT_S = 600.0
_KINDS = {ForecastRequest: "forecast", EvaluationRequest: "evaluation", PatternRequest: "patterns"}


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not None, with sequences as lists."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in fields.items() if value is not None
    }


def as_list(texts: Iterable[str]) -> list[str]:
    """Return texts as a list. One text is a list of one, and not of its letters."""
    return [texts] if isinstance(texts, str) else list(texts)


def as_patterns(patterns: Iterable[str | CandleSearch | TurnaroundSearch | ShapeSearch]) -> list[dict[str, Any]]:
    """Return patterns as the server takes them. A text is one of candles."""
    return [
        {"type": "candles", "candles": each}
        if isinstance(each, str)
        else each.model_dump(mode="json", exclude_none=True)
        for each in patterns
    ]


def as_items(
    questions: Iterable[ForecastRequest | EvaluationRequest | PatternRequest | Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return the items of a batch, each with its kind."""
    return [_item(each) for each in questions]


def _item(question: ForecastRequest | EvaluationRequest | PatternRequest | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(question, Mapping):
        return dict(question)
    return {"kind": _KINDS[type(question)], **question.model_dump(mode="json", exclude_unset=True, exclude_none=True)}
