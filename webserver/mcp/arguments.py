"""The arguments of the tools, with their descriptions for the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_ROWS = 20

Ticker = Annotated[
    str, Field(description="The ticker, such as AAPL, BRK-B or VOD.L. Use search if you do not know it.")
]
Days = Annotated[int, Field(ge=1, le=10000, description="Calendar days ahead.")]
Level = Annotated[float, Field(ge=0.5, le=0.99, description="The probability of the range.")]
RequestId = Annotated[
    str | None, Field(description="Only to get the result of an earlier call that was not finished: the id it named.")
]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ForecastArguments(_Arguments):
    """The arguments of ``forecast``."""

    ticker: Ticker
    days: Days = 30
    level: Level = 0.8
    field: Literal["close", "open", "high", "low", "volume"] = Field(default="close", description="What is forecast.")


class ChancesArguments(_Arguments):
    """The arguments of ``chances``."""

    ticker: Ticker
    days: Days = 30
    above: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="The chance of a close above this price on the last day."
    )
    touch: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="The chance that a close reaches this price on any day up to then.",
    )


class BacktestArguments(_Arguments):
    """The arguments of ``backtest``."""

    ticker: Ticker
    days: Days = 30
    level: Level = 0.8


class CompareArguments(_Arguments):
    """The arguments of ``compare``."""

    ticker: Ticker
    days: int = Field(default=30, ge=1, le=730, description="Calendar days ahead.")
    models: tuple[str, ...] = Field(
        default=("drift", "blend", "ets"),
        max_length=6,
        description="Up to six of: drift, blend, prophet, ets, theta, arima, garch, regression. The last price is "
        "always compared too.",
    )
    request_id: RequestId = None


class PatternsArguments(_Arguments):
    """The arguments of ``patterns``."""

    ticker: Ticker
    candles: str | None = Field(
        default=None,
        description="Daily candles, oldest first: G rises, R falls, G>2% rises by more than 2 %, D has equal open and "
        "close, * is any. Or the name of a candlestick pattern such as hammer or morning star.",
    )
    turnaround_pct: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="In place of candles: days on which the price had risen by this many percent from a low, or, if it "
        "is negative, had fallen from a high.",
    )
    request_id: RequestId = None


class MarketArguments(_Arguments):
    """The arguments of ``market``."""

    ticker: Annotated[
        str | None, Field(description="A stock: what is unusual about it now. The other arguments are then ignored.")
    ] = None
    filters: tuple[str, ...] = Field(
        default=(),
        max_length=5,
        description="Conditions such as usual_moves>3, change_pct<-5, volatility_percentile>90, sector~energy. All "
        "have to be met. Without filters, the most unusual moves of the day are returned.",
    )
    sort: str | None = Field(
        default=None, description="With filters: a column such as usual_moves; - before it means the largest first."
    )
    limit: int = Field(default=10, ge=1, le=MOST_ROWS, description="With filters: the number of stocks.")


class TrackRecordArguments(_Arguments):
    """The arguments of ``track_record``."""

    ticker: Annotated[str | None, Field(description="Only forecasts of this stock.")] = None
    horizon: int | None = Field(
        default=None, ge=1, le=10000, description="Only forecasts about this many calendar days ahead."
    )
    kind: Literal["live", "sample", "replay"] = Field(
        default="live",
        description="live: forecasts as they were published. sample: of the bundled prices. replay: what past evenings "
        "would have forecast, computed later.",
    )


class SearchArguments(_Arguments):
    """The arguments of ``search``."""

    text: str = Field(min_length=1, max_length=100, description="A part of a company's name, or of a ticker.")
