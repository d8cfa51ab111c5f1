"""The shape of a finished forecast, as it is stored, answered and documented."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from common.domain.companies.reports import ExpectedReport
from common.domain.fields import Field as StockField
from common.domain.source_names import SOURCE_NAME, display_name

ENGINE = "stockcast-6"
"""The version of the calculation and of the result's texts. It is part of a result's key, so that a newer version
never returns a cached result of an older one."""
NOTEWORTHY_OVERLAP = 1.5
"""Scored tests that overlap by no more than this factor count as independent."""

Day = date
"""The type of fields with the name ``date``."""
Calibration = Literal["too_narrow", "too_wide", "as_said", "too_few_tests"]
"""The coverage of a backtest, compared with the level of its interval."""

Comparison = Literal["better", "worse", "no_difference"]
"""The past errors of a forecast, compared with those of the last price used as the forecast."""


class _ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True)


QUANTILE_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The probabilities of the quantiles of each day: the bounds of 95, 80 and 50 %, and the median."""
QUANTILE_NAMES = ("q025", "q10", "q25", "q50", "q75", "q90", "q975")
"""The names of the same quantiles as columns of a CSV."""
LARGE_MOVE_PCT = 10
"""The gain and the loss whose chances every forecast states."""
RISK_LEVEL = 0.95
"""The level of the value at risk, the expected shortfall and the large drawdown."""


class Interval(_ResultModel):
    """A prediction interval: by the model, the price is in it with probability ``level``."""

    level: float
    lower: float
    upper: float


class BacktestPoint(_ResultModel):
    """A past forecast and the actual close. The first ones are not scored: they only calibrate the model."""

    origin: date
    target: date
    last_close: float
    price: float
    lower: float
    upper: float
    actual: float
    prophet_weight: float
    scored: bool
    pit: float | None = Field(
        default=None,
        description="The probability that the forecast gave to a close at or below the actual one. Over many points "
        "it is spread evenly from 0 to 1 where the stated probabilities are right.",
    )

    @property
    def contains_actual(self) -> bool:
        """Whether the interval contains the actual price."""
        return self.lower <= self.actual <= self.upper

    def change_pct(self, price: float) -> float:
        """Return the change from the last close on the origin's day to ``price``, in percent of that close."""
        return 100 * (price / self.last_close - 1)

    def off_by(self, price: float) -> float:
        """Return the error of ``price`` as a forecast, in percent of the close on the origin's day.

        This is the one definition of "off by". ``mae_pct`` and ``naive_mae_pct`` are means of its absolute values.
        """
        return 100 * (price - self.actual) / self.last_close


class Backtest(_ResultModel):
    """The errors of past forecasts of this stock, each made only from prices known at the time.

    Of ``origins`` forecasts, the last ``scored`` are scored; ``overlap`` is the mean number of them that cover the same
    day. Errors are in percent of the close on the origin's day. ``skill`` is 1 minus the ratio of the mean absolute
    errors, this forecast's to the last price's. ``direction_hit_rate`` is null if every forecast was the last price,
    which has no direction. Results of earlier versions have neither ``comparison`` nor ``calibration``.
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
    crps_pct: float | None = Field(
        default=None,
        description="The continuous ranked probability score of the whole distribution, in percent of the close on the "
        "origin's day: the mean error of a forecast that states probabilities. Lower is better.",
    )
    crps_ratio: float | None = Field(
        default=None,
        description="`crps_pct` divided by that of the last price with the same spread. Below 1, this forecast was "
        "better.",
    )
    coverage_50: float | None = Field(default=None, description="The fraction of closes inside the 50 % interval.")
    coverage_80: float | None = Field(default=None, description="The fraction of closes inside the 80 % interval.")
    coverage_95: float | None = Field(default=None, description="The fraction of closes inside the 95 % interval.")
    brier_up: float | None = Field(
        default=None,
        description="The Brier score of the probability of a rise: 0 is perfect, and 0.25 is what a coin scores.",
    )
    points: list[BacktestPoint]

    @property
    def miscalibration(self) -> str | None:
        """Either "too narrow" or "too wide" if the coverage contradicts the interval's level, else None."""
        return self.calibration.replace("_", " ") if self.calibration in ("too_narrow", "too_wide") else None

    @property
    def scored_inside(self) -> int:
        """The number of scored forecasts whose interval contains the actual price."""
        return round(self.coverage * self.scored)

    @computed_field(  # type: ignore[prop-decorator]
        description="The number of tests without a common day that the scored ones are worth: overlapping ones count "
        "as fewer. The scores, the coverages and the calibration rest on them."
    )
    @property
    def independent_tests(self) -> int:
        """The number of independent tests that the scored ones are worth: overlapping tests count as fewer."""
        return self.scored if self.overlap <= NOTEWORTHY_OVERLAP else max(1, round(self.scored / self.overlap))


class ModelUsed(_ResultModel):
    """The model that made the forecast; ``prophet_weight`` is the share of Prophet's move in the price."""

    name: str
    version: str
    prophet_weight: float


class DataUsed(_ResultModel):
    """The prices that the forecast was made from: their source, age and anomalies."""

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
    """A split-adjusted close, or the value of another field that the forecast is of."""

    date: date
    close: float


class FuturePrice(_ResultModel):
    """The predicted price of one trading day and its interval; ``prophet`` is Prophet's own prediction, if fitted."""

    date: date
    price: float
    lower: float
    upper: float
    prophet: float | None
    quantiles: list[float] = Field(
        default=[],
        description="The prices at the probabilities 0.025, 0.1, 0.25, 0.5, 0.75, 0.9 and 0.975, in this order. The "
        "median is `price`.",
    )


class StockEvent(_ResultModel):
    """A dividend, a split or a report of results on one day."""

    date: Day = Field(description="The first trading day without the dividend or after the split; the day of a report.")
    kind: Literal["dividend", "split", "report"] = Field(description="The kind of event.")
    value: float | None = Field(
        default=None,
        description="The dividend for one share of today, in `currency`, or the number of shares that replaced one. "
        "Null for a report.",
    )


class Distribution(_ResultModel):
    """The values of the field at the 99 percentiles, from 1 % to 99 %, as far as the model knows."""

    end: list[float] = Field(description="The percentiles of the close, or the other field, on the target date.")
    highest: list[float] = Field(
        description="The percentiles of the highest close from the first day ahead to the target date; empty for "
        "volume."
    )
    lowest: list[float] = Field(
        description="The percentiles of the lowest close from the first day ahead to the target date; empty for volume."
    )


class SamplePaths(_ResultModel):
    """Ten simulated paths of the close, as examples of what is possible. None of them is a prediction."""

    dates: list[date] = Field(description="The trading days of the paths, at most 500.")
    prices: list[list[float]] = Field(description="One list for each path, with a price for each day.")


class Chances(_ResultModel):
    """Probabilities of the close on the target date, from 0 to 1, as far as the model knows."""

    above_last_close: float = Field(description="The probability of a close above the last one.")
    gain_over_10_pct: float = Field(description="The probability of a close more than 10 % above the last one.")
    loss_over_10_pct: float = Field(description="The probability of a close more than 10 % below the last one.")


class Risk(_ResultModel):
    """Losses up to the target date; a loss is a positive number.

    Those on the target date are in percent of the last close. A drawdown is a fall from an earlier peak, the last close
    included, in percent of that peak.
    """

    horizon_trading_days: int = Field(description="The number of trading days ahead.")
    value_at_risk_95_pct: float = Field(
        description="With a probability of 95 %, the loss on the target date is at most this."
    )
    expected_shortfall_95_pct: float = Field(
        description="The mean loss in the worst 5 % of outcomes on the target date."
    )
    median_drawdown_pct: float = Field(
        description="The largest fall from an earlier peak on the way, today included, in the median."
    )
    drawdown_95_pct: float = Field(
        description="With a probability of 95 %, the largest fall from an earlier peak on the way is at most this, in "
        "percent of that peak."
    )
    volatility_pct: float = Field(description="The standard deviation of the moves of a year, at their present size.")
    volatility_percentile: float = Field(
        description="The fraction of past days on which moves were smaller than now, from 0 to 1."
    )


class TrendPoint(_ResultModel):
    """A price on the trend line of Prophet's fit."""

    date: date
    price: float


class SeasonPoint(_ResultModel):
    """The seasonal effect on one day: the deviation from the trend, in percent."""

    date: date
    effect_pct: float


class Changepoint(_ResultModel):
    """A day on which the slope of the trend changes; the change is in percent a year, continuously compounded."""

    date: date
    rate_change_pct: float


class Components(_ResultModel):
    """The components of Prophet's fit.

    ``trend`` runs from the first day of the data to the target date, with a point every four weeks and at each
    changepoint. ``yearly`` covers the calendar year of the last close; it is null if the history is too short for a
    yearly season.
    """

    trend: list[TrendPoint]
    yearly: list[SeasonPoint] | None
    changepoints: list[Changepoint]


class Forecast(_ResultModel):
    """A finished forecast: the result fields of a response body, without request id, status and chart.

    Prices are in ``currency``, which is ``XXX`` if no source names one. ``as_of`` is the date of ``last_close``.
    ``target_date`` is the first trading day on or after ``counted_from`` plus ``days`` calendar days. ``components`` is
    null if Prophet was not fitted. All values are those of ``field``, in ``unit``: ``last_close`` and ``series`` are
    those of the high in a forecast of the high.
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
    distribution: Distribution | None = Field(
        default=None,
        description="The distributions of the close on the target date and of the highest and the lowest close on the "
        "way. Null in a result of an earlier version, as are `chances`, `risk` and `sample_paths`.",
    )
    chances: Chances | None = Field(default=None, description="The probabilities of a gain and of large moves.")
    risk: Risk | None = Field(default=None, description="The losses to expect in bad cases, and the size of the moves.")
    sample_paths: SamplePaths | None = Field(
        default=None, description="Ten simulated paths of the close. They are possible, not predicted."
    )
    components: Components | None = None
    timings_ms: dict[str, float]
    field: StockField = Field(
        default="close",
        description="The field of the forecast: all its values, `last_close` and `series` included, are of this field.",
    )
    unit: str | None = Field(
        default=None,
        description="The unit of all values: the currency of prices; `shares`, `contracts` or `units` of volume, whose "
        "`currency` is `XXX`. Null in a result of an earlier version.",
    )
    yardstick: float | None = Field(
        default=None,
        description="The naive forecast of the target date, with which the backtest compares: the last value of a "
        "price; of volume the usual volume, which is the median of the last 8 volumes of the same weekday. For volume, "
        "`last_close` of a backtest's point is this value at its origin.",
    )
    history_days: int | None = Field(
        default=None,
        description="The number of calendar days of the past that were used. Null for the usual ten years.",
    )

    events: list[StockEvent] = Field(
        default=[],
        description="The dividends, splits and reports within `series`, oldest first, as far as they are known.",
    )
    expected_report: ExpectedReport | None = Field(
        default=None,
        description="The estimated window of the company's next report, if it shares days with the time of the "
        "forecast. Null if it does not, or without an estimate.",
    )
    report_note: str | None = Field(
        default=None, description="A sentence on that report. The range is not widened for it."
    )

    @property
    def is_of_volume(self) -> bool:
        """Whether the values are volumes and not prices."""
        return self.field == "volume"

    @property
    def is_standard(self) -> bool:
        """Whether it is of the close from the usual past, as in the track record."""
        return self.field == "close" and self.history_days is None

    @property
    def value_unit(self) -> str:
        """The unit of the values; the currency in a result of an earlier version."""
        return self.unit or self.currency

    @property
    def reference(self) -> float:
        """The value with which the outcomes are compared: the yardstick of volume, else the last value."""
        return self.yardstick if self.is_of_volume and self.yardstick else self.last_close
