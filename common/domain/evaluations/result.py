"""The result of an evaluation, as it is stored, answered and documented."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from common.domain.evaluations.question import TradingRule
from common.domain.results import Comparison

EVALUATION_ENGINE = "evaluation-1"
"""The version of the calculation, which is part of a result's key."""


class _ResultModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class EvaluatedOrigin(_ResultModel):
    """A day in the past from which every model forecast, and the value that came."""

    origin: date = Field(description="The last day that the models could use.")
    target: date = Field(description="The day that they forecast.")
    last_value: float = Field(description="The value of the field on the day `origin`.")
    actual: float = Field(description="The value of the field on the day `target`.")


class OriginForecast(_ResultModel):
    """The forecast of one model from one origin; the list has the order of `origins`."""

    median: float = Field(description="The median of the forecast, in the unit of the field.")
    lower: float
    upper: float
    crps_pct: float = Field(description="The CRPS of this forecast, in percent of `last_value`.")
    chance_of_gain: float = Field(description="The forecast's probability of a value above `last_value`.")


class Difference(_ResultModel):
    """The mean score of the last price minus that of a model. Above 0, the model is better."""

    mean: float = Field(description="The mean difference, in percentage points.")
    standard_error: float = Field(description="The standard error of the mean, which allows for overlap.")
    freedom: int = Field(description="The degrees of freedom of the standard error.")
    p_value: float = Field(description="The two-sided p-value of Student's t test.")
    p_corrected: float = Field(description="The p-value after Holm's correction for the number of compared models.")
    verdict: Comparison = Field(
        description="`better` or `worse` where `p_corrected` is below 0.05, otherwise `no_difference`."
    )


class RowFailure(_ResultModel):
    """The reason for which a model has no scores."""

    code: str = Field(
        description="`model_failed`, `model_too_slow`, `model_invalid` (no valid quantiles), `model_exited`, or "
        "`prices_not_stored`."
    )
    detail: str = Field(description="What happened, and what to do.")


class Holding(_ResultModel):
    """The outcome of holding a stock by a rule, after costs."""

    return_pct: float = Field(description="The change of the capital over the whole time, in percent.")
    largest_drawdown_pct: float = Field(description="The largest fall from an earlier high of the capital, in percent.")
    trades: int = Field(description="The number of purchases and sales.")
    time_held: float = Field(description="The fraction of the days on which the stock was held.")
    difference: Difference | None = Field(
        default=None,
        description="The mean return of a step minus that of buying and holding, in percentage points. Null for buying "
        "and holding itself, and with fewer than two steps.",
    )


class ModelScores(_ResultModel):
    """The scores of one model, its forecasts, and its comparison with the last price.

    A model that failed has a `failure`, and null in place of scores.
    """

    name: str = Field(description="The name of the model, as in the question.")
    label: str = Field(description="The name of the model for people.")
    failure: RowFailure | None = Field(
        default=None, description="The reason of a failure. Null for a model with scores."
    )
    mae_pct: float | None = Field(
        default=None,
        description="The mean of |median - actual| / last_value, in percent.",
    )
    crps_pct: float | None = Field(
        default=None,
        description="The mean continuous ranked probability score, in percent of `last_value`. Lower is better.",
    )
    interval_score_pct: float | None = Field(
        default=None,
        description="The mean width of the interval plus a penalty for each actual value outside of it, in percent of "
        "`last_value`. Lower is better.",
    )
    coverage: float | None = Field(
        default=None, description="The fraction of the actual values inside the interval. It should be near `level`."
    )
    seconds: float | None = Field(default=None, description="The time that all forecasts of the model took.")
    verdict: Comparison | None = Field(
        default=None,
        description="That of `crps_difference`. Null for the last price, which all others are compared with.",
    )
    crps_difference: Difference | None = Field(
        default=None, description="The CRPS of the last price minus that of the model, in percent of `last_value`."
    )
    mae_difference: Difference | None = Field(
        default=None, description="The same for the absolute errors of the medians."
    )
    forecasts: list[OriginForecast] = Field(default=[], description="The forecasts, in the order of `origins`.")
    holding: Holding | None = Field(
        default=None, description="The outcome of the trading rule with this model's chances. Null without `rule`."
    )


class FieldValue(_ResultModel):
    """The value of the field on a day."""

    date: date
    value: float = Field(description="The value of the field.")


class Split(_ResultModel):
    """The division of the history: no forecast is made in its first part, and the rest is forecast step by step."""

    fraction: float = Field(description="The fraction of the history in the first part.")
    last_of_first: date = Field(description="The last day of the first part, from which the first forecast is made.")
    steps_apart: int = Field(
        default=1,
        description="The horizons from one forecast to the next. 1 means that all of the rest is forecast; more where "
        "there would be more than 250 forecasts, so that the days between them are not.",
    )
    values: list[FieldValue] = Field(description="All values of the history that was used, oldest first.")


class Evaluation(_ResultModel):
    """Models compared on the same past days of one stock."""

    ticker: str
    field: str = Field(description="The field of the prices that was forecast.")
    unit: str = Field(description="The unit of the field's values: a currency such as `USD`, or `shares`.")
    days: int
    horizon_trading_days: int = Field(description="The trading days from each origin to its target.")
    level: float = Field(description="The probability of the intervals.")
    as_of: date = Field(description="The last day of the prices that were used.")
    source: str
    first: date = Field(description="The first day of the prices that were used.")
    rows: int = Field(description="The number of days that were used.")
    overlap: float = Field(description="The number of forecasts that cover the same day; 1 without overlap.")
    origins: list[EvaluatedOrigin] = Field(description="The days from which all models forecast, oldest first.")
    models: list[ModelScores] = Field(description="The models in the order of the question; the last price is added.")
    compared: int = Field(description="The number of models for which the verdicts are corrected.")
    summary: str = Field(description="The outcome in a sentence or two.")
    split: Split | None = Field(default=None, description="The division of the history. Null without `split`.")
    rule: TradingRule | None = Field(default=None, description="The trading rule of the question. Null without one.")
    buy_and_hold: Holding | None = Field(
        default=None, description="The outcome of buying at the first origin and holding. Null without `rule`."
    )
