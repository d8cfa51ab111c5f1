"""The shape of a finished forecast, as it is stored, answered and documented."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from common.domain.source_names import SOURCE_NAME, display_name

ENGINE = "stockcast-4"
"""The version of the mathematics and of the words. It is part of a result's key, so an upgrade never returns a cached
result of the version before."""
NOTEWORTHY_OVERLAP = 1.5

Calibration = Literal["too_narrow", "too_wide", "as_said", "too_few_tests"]
"""The judgement of a backtest's coverage against the level of its interval."""

Comparison = Literal["better", "worse", "no_difference"]
"""The judgement of a forecast's past errors against those of the last price."""


class _ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class Interval(_ResultModel):
    """The range that holds the price with probability ``level``, as far as the model knows."""

    level: float
    lower: float
    upper: float


class BacktestPoint(_ResultModel):
    """A past forecast and the actual close; ``scored`` is False for the first ones, which only adjust the model."""

    origin: date
    target: date
    last_close: float
    price: float
    lower: float
    upper: float
    actual: float
    prophet_weight: float
    scored: bool

    @property
    def held(self) -> bool:
        """Whether the interval contained the actual price."""
        return self.lower <= self.actual <= self.upper

    def change(self, price: float) -> float:
        """How far ``price`` is from the last close at the origin, in percent of it."""
        return 100 * (price / self.last_close - 1)

    def off_by(self, price: float) -> float:
        """Return the error of ``price`` as a forecast, in percent of the close on the origin's day.

        This is the one definition of "off by". ``mae_pct`` and ``naive_mae_pct`` are means of its absolute values.
        """
        return 100 * (price - self.actual) / self.last_close


class Backtest(_ResultModel):
    """The errors of past forecasts of this stock, each made only from prices known at the time.

    Of ``origins``, the last ``scored`` count; ``overlap`` says how many of them cover the same day. Errors are in
    percent of the close on the origin's day; ``skill`` is 1 minus the ratio of the mean absolute errors (this
    forecast's to the last price's); ``direction_hit_rate`` is None where every forecast was the last price, which has
    no direction. ``calibration`` judges ``coverage`` and ``comparison`` judges ``skill``; results of
    earlier versions have neither.
    """

    origins: int
    scored: int
    overlap: float
    horizon_trading_days: int
    mae_pct: float = Field(
        description="By how much the forecasts were off: the mean of |price - actual| / last_close of the scored "
        "points, in percent of the close on the origin's day."
    )
    naive_mae_pct: float = Field(
        description="The same for the last price as the forecast, in percent of the close on the origin's day."
    )
    skill: float
    comparison: Comparison | None = Field(
        default=None,
        description="The forecast's errors against the last price's: `better` or `worse` where chance does not explain "
        "the difference, `no_difference` where it does.",
    )
    coverage: float
    calibration: Calibration | None = Field(
        default=None,
        description="Whether `coverage` fits the interval's level: `too_narrow` and `too_wide` where chance does not "
        "explain the difference, `as_said` where it does, `too_few_tests` where the tests cannot tell.",
    )
    direction_hit_rate: float | None
    points: list[BacktestPoint]

    @property
    def miscalibration(self) -> str | None:
        """Return "too narrow" or "too wide" where the coverage contradicts the interval's level, else None."""
        return self.calibration.replace("_", " ") if self.calibration in ("too_narrow", "too_wide") else None

    @property
    def held(self) -> int:
        """Return how many of the scored prices came inside their interval."""
        return round(self.coverage * self.scored)

    @property
    def independent(self) -> int:
        """Return the number of independent tests to which the scored ones amount; overlapping tests count as fewer."""
        return self.scored if self.overlap <= NOTEWORTHY_OVERLAP else max(1, round(self.scored / self.overlap))


class ModelUsed(_ResultModel):
    """Which model answered; ``prophet_weight`` is the share of Prophet's move in the prediction."""

    name: str
    version: str
    prophet_weight: float


class DataUsed(_ResultModel):
    """The modelled prices: their source, their age and their unusual features."""

    source: str
    rows: int
    first: date
    last: date
    fetched_at: datetime
    stale: bool
    version: str
    flags: list[str] = Field(
        default=[],
        description="What is unusual about these prices and what it means for the forecast: at most five sentences, "
        "the most important one first.",
    )

    @computed_field(description=SOURCE_NAME)  # type: ignore[prop-decorator]
    @property
    def source_name(self) -> str:
        """Return the source's name for people."""
        return display_name(self.source)


class PastClose(_ResultModel):
    """A split-adjusted close."""

    date: date
    close: float


class FuturePrice(_ResultModel):
    """A predicted price and its interval on one trading day; ``prophet`` is Prophet's own, if it was fitted."""

    date: date
    price: float
    lower: float
    upper: float
    prophet: float | None


class TrendPoint(_ResultModel):
    """The trend of Prophet's fit on one day, as a price."""

    date: date
    price: float


class SeasonPoint(_ResultModel):
    """By how many percent the time of the year moves the price off its trend."""

    date: date
    effect_pct: float


class Changepoint(_ResultModel):
    """A day on which the trend's growth changed, and the change in percent a year (continuously compounded)."""

    date: date
    rate_change_pct: float


class Components(_ResultModel):
    """The components of Prophet's fit.

    ``trend`` runs from the first day of the data to the target date, a point every four weeks and one at each bend;
    ``yearly`` covers the calendar year of the last close, and is None where the history is too short for a season.
    """

    trend: list[TrendPoint]
    yearly: list[SeasonPoint] | None
    changepoints: list[Changepoint]


class Forecast(_ResultModel):
    """A finished forecast without its envelope (request id, status, picture).

    Prices are in ``currency``, which is ``XXX`` where no source names one; ``as_of`` is the date of ``last_close``;
    ``target_date`` is the first trading day on or after ``counted_from`` plus ``days`` calendar days.
    ``components`` is None where Prophet was not fitted.
    """

    ticker: str
    days: int
    as_of: date
    last_close: float
    counted_from: date
    target_date: date
    predicted_price: float
    currency: str
    interval: Interval
    backtest: Backtest | None
    verdict: str
    model: ModelUsed
    data: DataUsed
    series: list[PastClose]
    forecast: list[FuturePrice]
    components: Components | None = None
    timings_ms: dict[str, float]
