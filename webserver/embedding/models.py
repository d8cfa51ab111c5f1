"""What an embedded chart and a badge show, and their query parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.markets.currencies import format_currency
from common.domain.questions import DEFAULT_LEVEL, MAX_DAYS, MIN_DAYS, ForecastQuestion, Ticker
from common.domain.results import Forecast
from common.domain.source_names import UPLOAD
from webserver.http.request_parsing import whole_number

Point = TypeVar("Point")
Theme = Literal["auto", "light", "dark"]
_PAST_A_DAY_AHEAD = 3
"""A chart shows three times as many days of the past as of the future, within the next two limits."""
_LEAST_PAST, _MOST_PAST = 60, 1000
_MOST_POINTS = 250
"""Of each line of a chart: more are narrower than a pixel."""

WholeDays = Annotated[int, BeforeValidator(whole_number)]


class BadgeQuery(BaseModel):
    """The query parameters of a badge."""

    model_config = ConfigDict(frozen=True, strict=True)

    days: WholeDays = Field(default=30, ge=MIN_DAYS, le=MAX_DAYS, description="The number of calendar days ahead.")


class EmbedQuery(BadgeQuery):
    """The query parameters of an embedded chart."""

    theme: Theme = Field(default="auto", description="The colours. `auto` takes those of the reader's system.")


class Subject(BaseModel):
    """The stock in the path of a badge or a chart."""

    model_config = ConfigDict(frozen=True, strict=True)

    ticker: Ticker


@dataclass(frozen=True)
class FutureDay:
    """A day ahead with its predicted price and the interval around it."""

    day: date
    price: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ShownForecast:
    """The parts of a finished forecast that an embedded chart and a badge show.

    Args:
        ticker: the stock.
        days: the calendar days ahead.
        as_of: the day of the last close.
        target: the day of the forecast.
        level: the probability with which the interval contains the price.
        currency: the unit of the prices, as people read it.
        source: the name of the source of the prices.
        is_stale: whether the last close is old.
        closes: days of the past with their closes, oldest first.
        ahead: the days ahead, the last of which is the target.
        is_uploaded: whether the prices come from a file that a person uploaded.
    """

    ticker: str
    days: int
    as_of: date
    target: date
    level: float
    currency: str
    source: str
    is_stale: bool
    closes: tuple[tuple[date, float], ...]
    ahead: tuple[FutureDay, ...]
    is_uploaded: bool = False

    @property
    def end(self) -> FutureDay:
        """The target day."""
        return self.ahead[-1]


def question_of(ticker: str, days: int) -> ForecastQuestion:
    """Return the question whose forecast a chart and a badge show: the one that the page asks by default."""
    return ForecastQuestion(ticker=ticker, days=days, level=DEFAULT_LEVEL)


def shown_forecast(body: bytes) -> ShownForecast:
    """Return the shown parts of a result's JSON."""
    forecast = Forecast.model_validate(json.loads(body), strict=False)
    past = min(max(_PAST_A_DAY_AHEAD * len(forecast.forecast), _LEAST_PAST), _MOST_PAST)
    return ShownForecast(
        ticker=forecast.ticker,
        days=forecast.days,
        as_of=forecast.as_of,
        target=forecast.target_date,
        level=forecast.interval.level,
        currency=format_currency(forecast.currency),
        source=forecast.data.source_name,
        is_stale=forecast.data.stale,
        closes=_thinned(tuple((each.date, each.close) for each in forecast.series[-past:])),
        ahead=_thinned(tuple(FutureDay(day.date, day.price, day.lower, day.upper) for day in forecast.forecast)),
        is_uploaded=forecast.data.source == UPLOAD,
    )


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return at most :data:`_MOST_POINTS` of the points at even distances, the last one included."""
    step = -(-len(points) // _MOST_POINTS)
    return points[::-1][:: max(step, 1)][::-1]
