"""The JSON of the insights."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.domain.source_names import SOURCE_NAME
from common.insights.fact import Fact
from common.insights.values import LeftOut, Sentence, Sentiment

TEMPLATES = "templates"
"""The writer of sentences without a language model."""
_MOVE, _USUAL = (
    {
        "id": "move_day",
        "name": "Move of the last close",
        "value": -4.871,
        "unit": "%",
        "text": "−4.9 %",
        "date": "2026-11-27",
        "percentile": 0.56,
        "days_compared": 2514,
        "source": "yahoo",
    },
    {
        "id": "move_day_usual",
        "name": "Move of the last close in usual moves",
        "value": 3.412,
        "unit": "usual moves",
        "text": "3.4 times its usual move",
        "date": "2026-11-27",
        "percentile": 99.02,
        "days_compared": 2454,
        "source": "yahoo",
    },
)
_SENTIMENT: dict[str, Any] = {
    "mood": "negative",
    "votes": [
        {"fact": "move_day_usual", "vote": -1},
        {"fact": "move_month", "vote": -1},
        {"fact": "trend", "vote": 1},
        {"fact": "distance_high", "vote": -1},
    ],
    "evidence": {
        "days": 402,
        "other_days": 1817,
        "following_days": 30,
        "mean_return_pct": 1.92,
        "other_mean_return_pct": 1.31,
        "difference_pct": 0.61,
        "standard_error_pct": 1.45,
    },
    "predictive": False,
    "caveat": "In this stock's past, what followed negative days does not differ from what followed other days by more "
    "than chance. The sentiment describes the past, and foretells nothing.",
}
_EXAMPLE: dict[str, Any] = {
    "ticker": "AAPL",
    "source": "yahoo",
    "source_name": "Yahoo Finance",
    "currency": "USD",
    "as_of": "2026-11-27",
    "rows": 2515,
    "stale": False,
    "sample": False,
    "prices_version": "5f0c6c1d1a3c4d6c8a6f0e0a6d9f5c5b2c1a5f4e8d7b6a5948372615f4e3d2c1",
    "written_by": TEMPLATES,
    "language_model": None,
    "sentences": [
        {
            "text": "The last close moved by −4.9 %, 3.4 times its usual move, a move larger than on 99 % of 2454 "
            "earlier days.",
            "facts": ["move_day", "move_day_usual"],
            "unusual": 99.02,
        }
    ],
    "facts": [_MOVE, _USUAL],
    "left_out": [
        {
            "id": "season",
            "name": "Season of the year",
            "reason": "November does not differ from the other months by more than chance.",
        }
    ],
    "sentiment": _SENTIMENT,
}


class LanguageModelState(BaseModel):
    """The language model, and whether the sentences are its own."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The name of the model.")
    state: Literal["writing", "ready", "unavailable"] = Field(
        description="`ready`: the sentences are the model's. `writing`: it has not answered yet; ask again in some "
        "seconds. `unavailable`: it gave no usable text. Except for `ready`, the sentences are from templates."
    )
    code: str | None = Field(description="Why it is unavailable, as in the list of errors; null otherwise.")
    detail: str | None = Field(description="The same as a sentence.")


class StockInsights(BaseModel):
    """What is unusual about a stock after its newest close, compared with its own past."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    ticker: str = Field(description="The stock.")
    source: str = Field(description="The source of the prices.")
    source_name: str = Field(description=SOURCE_NAME)
    currency: str = Field(description="The unit of the prices.")
    as_of: dt.date = Field(description="The day of the newest close. Nothing later is used.")
    rows: int = Field(description="The number of daily prices that the facts rest on, at most those of ten years.")
    stale: bool = Field(description="Whether the newest close is more than 7 days old, so that nothing here is news.")
    sample: bool = Field(description="Whether these are the bundled prices, which are of the past.")
    prices_version: str = Field(description="The version of the prices and of what the checks found.")
    written_by: str = Field(description=f"`{TEMPLATES}`, or the name of the language model that wrote the sentences.")
    language_model: LanguageModelState | None = Field(
        default=None, description="The language model; null if the server has none."
    )
    sentences: list[Sentence] = Field(
        description="Five to eight sentences, the most unusual first. There are fewer where the data allow few facts."
    )
    facts: list[Fact] = Field(description="The facts. Every number of the sentences is from them.")
    left_out: list[LeftOut] = Field(description="Facts that the data do not allow, with the reason.")
    sentiment: Sentiment | None = Field(
        description="The sentiment by a rule, and what it was worth in the past. Null where the history is too short."
    )
