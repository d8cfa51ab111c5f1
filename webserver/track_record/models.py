"""The JSON of the track record."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from common.domain.outcomes import Status
from common.domain.questions import MAX_DAYS, MIN_DAYS, Day, Model, Ticker
from common.domain.track_record import Kind
from webserver.http.request_parsing import whole_number

_KIND = (
    "`live` forecasts from fresh prices of a source; `sample`, `uploaded` and `stale` forecasts are never counted "
    "among them. `replay` and `replay_sample` select the replay: forecasts that were computed later, as the evenings "
    "of the past would have made them."
)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SelectionQuery(BaseModel):
    """The query parameters that narrow the track record."""

    model_config = ConfigDict(frozen=True, strict=True)

    ticker: Ticker | None = Field(default=None, description="Only forecasts of this stock.")
    days: Annotated[int, Field(ge=MIN_DAYS, le=MAX_DAYS), BeforeValidator(whole_number)] | None = Field(
        default=None, description="Only forecasts over this horizon, in calendar days."
    )
    horizon: Annotated[int, Field(ge=MIN_DAYS, le=MAX_DAYS), BeforeValidator(whole_number)] | None = Field(
        default=None,
        description="Only forecasts about this many calendar days ahead: those of its group, which are 1 to 14, 15 to "
        "60, 61 to 135, 136 to 270, 271 to 540, and more days.",
    )
    model: Model | None = Field(default=None, description="Only forecasts of this model.")
    start: Day | None = Field(default=None, description="The first target day of the period.")
    end: Day | None = Field(default=None, description="The last target day of the period.")


class TrackRecordQuery(SelectionQuery):
    """The query parameters of the track record."""

    kind: Kind = Field(default="live", description=_KIND)


class ExportQuery(SelectionQuery):
    """The query parameters of the export."""

    kind: Kind | None = Field(
        default=None, description="Only forecasts of this kind. By default, those of all kinds but the replay."
    )


class RecordedForecastsQuery(TrackRecordQuery):
    """The query parameters of a page of recorded forecasts."""

    before: Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(whole_number)] | None = Field(
        default=None, description="The last entry of the previous page. `next` in the response contains it."
    )


class LevelCoverage(_Frozen):
    """The number of closes inside an interval."""

    level: float = Field(description="The probability of the interval.")
    inside: int = Field(description="The number of closes inside it.")
    fraction: float | None = Field(description="The same as a fraction. Null below 20 scored forecasts.")


class MeanScores(_Frozen):
    """The mean scores. Errors are in percent of the last close before the forecast."""

    abs_error_pct: float = Field(description="The mean absolute error of the predicted price.")
    error_pct: float = Field(description="The mean error; positive where the predicted prices were too high.")
    crps_pct: float = Field(description="The mean continuous ranked probability score. Lower is better.")
    brier_up: float = Field(description="The mean Brier score of the probability of a rise. A coin scores 0.25.")
    last_price_abs_error_pct: float = Field(description="The mean absolute error of the last price as the forecast.")
    last_price_crps_pct: float = Field(description="The same score of the last price with the forecasts' spread.")


class MonthView(_Frozen):
    """The score against that of the last price, over the target days of a month."""

    month: str = Field(description="The year and the month.")
    forecasts: int = Field(description="The number of scored forecasts.")
    target_days: int = Field(description="The number of different target days.")
    crps_difference: float | None = Field(
        description="The mean CRPS less that of the last price, as a fraction of the latter. Negative is better. Null "
        "below 20 forecasts."
    )
    standard_error: float | None = Field(
        description="The standard error of the difference. It takes the forecasts of a day as one observation, and "
        "allows for overlapping periods. Null below 5 target days."
    )


class ChainHead(_Frozen):
    """The last entry of a chain. Keep it: if the chain no longer contains it, the record was rewritten."""

    entries: int = Field(description="The number of entries.")
    hash: str = Field(description="The hash of the last entry, which covers all before it.")


class HorizonView(_Frozen):
    """A group of horizons."""

    first_days: int = Field(description="The shortest horizon, in calendar days.")
    last_days: int = Field(description="The longest horizon, in calendar days.")
    words: str = Field(description="The group in words.")


class TrackRecord(_Frozen):
    """The track record: what was forecast, what came, and how many forecasts this rests on."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "live",
                    "horizon": {"first_days": 15, "last_days": 60, "words": "about a month ahead"},
                    "sentence": None,
                    "forecasts": 1310,
                    "waiting": 98,
                    "outcomes": {"scored": 1204, "no_close": 5, "ended": 3},
                    "scored": 1204,
                    "tickers": 52,
                    "target_days": 121,
                    "is_enough": True,
                    "coverage": [
                        {"level": 0.5, "inside": 590, "fraction": 0.49},
                        {"level": 0.8, "inside": 951, "fraction": 0.7899},
                        {"level": 0.95, "inside": 1140, "fraction": 0.9468},
                    ],
                    "means": {
                        "abs_error_pct": 5.12,
                        "error_pct": -0.31,
                        "crps_pct": 3.64,
                        "brier_up": 0.248,
                        "last_price_abs_error_pct": 5.2,
                        "last_price_crps_pct": 3.69,
                    },
                    "pit": [118, 125, 121, 119, 122, 117, 124, 116, 120, 122],
                    "months": [
                        {
                            "month": "2026-10",
                            "forecasts": 640,
                            "target_days": 22,
                            "crps_difference": -0.018,
                            "standard_error": 0.011,
                        }
                    ],
                    "chains": {
                        "forecasts": {"entries": 1340, "hash": "5f" * 32},
                        "outcomes": {"entries": 1219, "hash": "a7" * 32},
                    },
                }
            ]
        },
    )

    kind: Kind = Field(description=_KIND)
    horizon: HorizonView | None = Field(description="The group of `horizon`. Null without that parameter.")
    forecasts: int = Field(description="The recorded forecasts of the selection.")
    waiting: int = Field(description="The forecasts whose target day has not come, or has no close yet.")
    outcomes: dict[Status, int] = Field(
        description="The forecasts with an outcome, by its status. Every status but `scored` is a reason for which "
        "there is no score."
    )
    sentence: str | None = Field(
        default=None,
        description="The record of `ticker` over `horizon` as a sentence, with a percentage from 20 scored forecasts "
        "on. Null without both parameters, and where no forecast came due.",
    )
    scored: int = Field(description="The scored forecasts, on which all figures rest. They may overlap in time.")
    tickers: int = Field(description="The number of stocks among the scored forecasts.")
    target_days: int = Field(description="The number of different target days among the scored forecasts.")
    is_enough: bool = Field(description="False below 20 scored forecasts: there are counts, and no means.")
    coverage: list[LevelCoverage] = Field(description="The coverage of the intervals of 50, 80 and 95 %.")
    means: MeanScores | None = Field(description="The mean scores. Null below 20 scored forecasts.")
    pit: list[int] = Field(
        description="How many closes came in each tenth of the forecasts' probabilities. They are even where the "
        "stated probabilities are right."
    )
    months: list[MonthView] = Field(description="The score against the last price by month of the target day.")
    chains: dict[str, ChainHead] = Field(
        description="The last entries of the two chains: those of the record, of all kinds, or those of the replay."
    )


class OutcomeView(_Frozen):
    """The outcome of a forecast, or the newest correction of it."""

    status: Status = Field(description="`scored`, or the reason for which there is no score.")
    number: int = Field(description="The number of the entry in the chain of outcomes.")
    revision: int = Field(description="0 for the first outcome; a correction has a larger number.")
    recorded_at: datetime = Field(description="When the outcome was recorded.")
    actual: float | None = Field(description="The close of the target day, in the shares of the forecast's day.")
    split_factor: float | None = Field(description="1, or the factor of a split since the forecast.")
    error_pct: float | None = Field(description="The error in percent of the last close; positive if too high.")
    crps_pct: float | None = Field(description="The continuous ranked probability score.")
    pit: float | None = Field(description="The probability of a close at or below the actual one.")
    inside_50: bool | None = Field(description="Whether the close was in the interval of 50 %.")
    inside_80: bool | None = Field(description="Whether the close was in the interval of 80 %.")
    inside_95: bool | None = Field(description="Whether the close was in the interval of 95 %.")
    brier_up: float | None = Field(description="The Brier score of the probability of a rise.")
    last_price_error_pct: float | None = Field(description="The error of the last price as the forecast.")
    last_price_crps_pct: float | None = Field(description="The score of the last price with the forecast's spread.")


class RecordedForecastView(_Frozen):
    """A recorded forecast."""

    number: int = Field(description="The number of the entry in the chain of forecasts.")
    hash: str = Field(description="The hash of the entry's content.")
    made_at: datetime = Field(
        description="When the forecast was finished; in a replay, the evening on which it would have been made."
    )
    recorded_at: datetime = Field(description="When it was recorded.")
    ticker: str = Field(description="The stock.")
    days: int = Field(description="The horizon in calendar days.")
    model: str = Field(description="The model.")
    engine: str = Field(description="The version of the calculation.")
    source: str = Field(description="The source of the prices.")
    as_of: date = Field(description="The day of the last close.")
    last_close: float = Field(description="The last close, which is also the forecast of the last price.")
    target_date: date = Field(description="The day that was forecast.")
    currency: str = Field(description="The unit of the prices.")
    quantiles: list[float] = Field(
        description="The prices at the probabilities 0.025, 0.1, 0.25, 0.5, 0.75, 0.9 and 0.975."
    )
    chance_up: float = Field(description="The probability of a close above the last one.")
    outcome: OutcomeView | None = Field(description="The outcome. Null while there is none.")


_EXAMPLE: dict[str, Any] = {
    "forecasts": [
        {
            "number": 17,
            "hash": "5f" * 32,
            "made_at": "2026-11-20T21:30:00Z",
            "recorded_at": "2026-11-20T21:30:01Z",
            "ticker": "AAPL",
            "days": 30,
            "model": "blend",
            "engine": "stockcast-6",
            "source": "yahoo",
            "as_of": "2026-11-20",
            "last_close": 270.1,
            "target_date": "2026-12-21",
            "currency": "USD",
            "quantiles": [236.1, 249.9, 260.8, 272.3, 283.9, 295.6, 312.2],
            "chance_up": 0.55,
            "outcome": None,
        }
    ],
    "next": "/api/v1/track-record/forecasts?before=17",
}


class RecordedForecasts(_Frozen):
    """A page of recorded forecasts, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    forecasts: list[RecordedForecastView] = Field(description="Up to 100 forecasts.")
    next: str | None = Field(description="The address of the next page. Null on the last page.")
