"""The JSON of the headlines about a stock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.domain.news import Headline

_EXAMPLE: dict[str, Any] = {
    "ticker": "AAPL",
    "source": "finnhub",
    "source_name": "Finnhub",
    "fetched_at": "2026-11-27T21:05:00Z",
    "headlines": [
        {
            "title": "Apple shares fall after a report on supply",
            "publisher": "Reuters",
            "published": "2026-11-27T18:40:00Z",
            "url": "https://www.reuters.com/technology/example",
        }
    ],
}


class StockNews(BaseModel):
    """The newest headlines about a stock."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    ticker: str = Field(description="The ticker.")
    source: str = Field(description="The source of the headlines, such as `finnhub`.")
    source_name: str = Field(description="The source's name for people.")
    fetched_at: datetime = Field(description="When the headlines were fetched (UTC).")
    headlines: tuple[Headline, ...] = Field(
        description="The headlines of the last two weeks, newest first, at most 20. Empty if the source has none."
    )
