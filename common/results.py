"""The shape of a finished forecast, as it is stored, answered and documented."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

ENGINE = "stockcast-3"
"""Which mathematics made a result; part of its key, so that a new engine never answers with an old one's numbers."""
NOTEWORTHY_OVERLAP = 1.5


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Interval(_Value):
    """The range that holds the price with probability ``level``, as far as the model knows."""

    level: float
    lower: float
    upper: float


class BacktestPoint(_Value):
    """What was forecast at one origin, and what came; ``scored`` is False where it only warmed up."""

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
        """Whether the interval held what came."""
        return self.lower <= self.actual <= self.upper

    def change(self, price: float) -> float:
        """How far ``price`` is from the last close at the origin, in percent of it."""
        return 100 * (price / self.last_close - 1)


class Backtest(_Value):
    """How far such forecasts of this stock have been off, on origins that chose nothing.

    Of ``origins``, the last ``scored`` count; ``overlap`` says how many of them cover the same day. Errors are in
    percent of the close at their origin; ``skill`` is 1 minus the ratio of the mean absolute errors (this forecast's to
    the last price's); ``direction_hit_rate`` is None where every forecast was the last price, which has no direction.
    """

    origins: int
    scored: int
    overlap: float
    horizon_trading_days: int
    mae_pct: float
    naive_mae_pct: float
    skill: float
    coverage: float
    direction_hit_rate: float | None
    points: list[BacktestPoint]

    @property
    def independent(self) -> int:
        """How many tests that share no day the scored ones are worth; all of them where they hardly overlap."""
        return self.scored if self.overlap <= NOTEWORTHY_OVERLAP else max(1, round(self.scored / self.overlap))


class ModelUsed(_Value):
    """Which model answered; ``prophet_weight`` is the share of Prophet's move in the prediction."""

    name: str
    version: str
    prophet_weight: float


class DataUsed(_Value):
    """Which prices were modelled, where they came from, and how old they are."""

    source: str
    rows: int
    first: date
    last: date
    fetched_at: datetime
    stale: bool
    version: str


class PastClose(_Value):
    """A split-adjusted close."""

    date: date
    close: float


class FuturePrice(_Value):
    """A predicted price and its interval on one trading day; ``prophet`` is Prophet's own price where it was asked."""

    date: date
    price: float
    lower: float
    upper: float
    prophet: float | None


class TrendPoint(_Value):
    """The trend of Prophet's fit on one day, as a price."""

    date: date
    price: float


class SeasonPoint(_Value):
    """By how many percent the time of the year moves the price off its trend."""

    date: date
    effect_pct: float


class Changepoint(_Value):
    """Where the trend bent, and by how much its growth changed, in percent a year (continuously compounded)."""

    date: date
    rate_change_pct: float


class Components(_Value):
    """What Prophet's fit is made of.

    ``trend`` runs from the first day of the data to the target date, a point every four weeks and one at each bend;
    ``yearly`` covers the calendar year of the last close, and is None where the history is too short for a season.
    """

    trend: list[TrendPoint]
    yearly: list[SeasonPoint] | None
    changepoints: list[Changepoint]


class Forecast(_Value):
    """A finished forecast without its envelope (request id, status, picture).

    Prices are in ``currency``; ``as_of`` is the date of ``last_close``; ``target_date`` is the first trading day on or
    after ``counted_from`` plus ``days`` calendar days. ``components`` is None where Prophet was not fitted.
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
