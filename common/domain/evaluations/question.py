"""The question of an evaluation, and the names of the models."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from common.domain import fields
from common.domain.questions import DEFAULT_LEVEL, Level, Question, Ticker, to_whole_number

BUILT_IN = ("last_price", "drift", "blend", "prophet", "ets", "theta", "arima", "garch", "regression")
"""The models of this project. Operators can add others."""
YARDSTICK = "last_price"
"""The model with which all others are compared."""
MODEL_NAME = r"^[a-z][a-z0-9_]{0,39}(:[0-9]{1,3}(\.[0-9]{1,6})?)?$"
DEFAULT_MODELS = ("last_price", "drift", "blend", "prophet", "ets")
MOST_MODELS, MOST_OTHERS = 12, 10
LEAST_ORIGINS, MOST_ORIGINS, DEFAULT_ORIGINS = 4, 250, 40
MAX_EVALUATED_DAYS = 730


def is_of_user(name: str) -> bool:
    """Return whether a model, if there is one of this name, is a user's."""
    return name.partition(":")[0] not in BUILT_IN


def _to_tuple(value: Any) -> Any:
    """Return a JSON list as a tuple, which can be hashed."""
    return tuple(value) if isinstance(value, list) else value


def _without_repetition(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


ModelName = Annotated[str, Field(pattern=MODEL_NAME, max_length=51, examples=["ets"])]
_Names = Annotated[tuple[ModelName, ...], BeforeValidator(_to_tuple), AfterValidator(_without_repetition)]
_Others = Annotated[tuple[Ticker, ...], BeforeValidator(_to_tuple), AfterValidator(_without_repetition)]
_Origins = Annotated[int, Field(ge=LEAST_ORIGINS, le=MOST_ORIGINS, examples=[40]), BeforeValidator(to_whole_number)]
_EvaluatedDays = Annotated[int, Field(ge=1, le=MAX_EVALUATED_DAYS, examples=[30]), BeforeValidator(to_whole_number)]
_Fraction = Annotated[float, Field(ge=0.5, le=0.95, allow_inf_nan=False, examples=[0.8])]


class TradingRule(BaseModel):
    """A trading rule: hold the stock while the model's chance of a gain exceeds a bound. It is no advice."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    bound: float = Field(
        default=0.5, ge=0.0, le=0.99, allow_inf_nan=False, description="The bound of the chance of a gain."
    )
    cost_pct: float = Field(
        default=0.1,
        ge=0.0,
        le=5.0,
        allow_inf_nan=False,
        description="The cost of each purchase and each sale, in percent of the amount.",
    )


class EvaluationQuestion(Question):
    """The question of an evaluation: which of some models forecasts a stock better than its last price does."""

    kind: ClassVar[str] = "evaluation"
    first_fields: ClassVar[frozenset[str]] = frozenset(
        {"ticker", "field", "days", "models", "origins", "level", "others", "split", "rule"}
    )

    field: fields.Field = Field(default="close", description="The field of the prices that is forecast.")
    days: _EvaluatedDays = Field(default=30, description="The number of calendar days ahead.")
    models: _Names = Field(
        default=DEFAULT_MODELS,
        min_length=1,
        max_length=MOST_MODELS,
        examples=[["blend", "ets"]],
        description="The names of the models. `prophet:0.01` is Prophet with another prior scale of its changepoints. "
        "The last price is always evaluated too.",
    )
    origins: _Origins = Field(
        default=DEFAULT_ORIGINS,
        description="The number of days in the past from which each model forecasts. Ignored with `split`.",
    )
    level: Level = DEFAULT_LEVEL
    others: _Others = Field(
        default=(),
        max_length=MOST_OTHERS,
        examples=[["MSFT", "SPY"]],
        description="Other stocks whose past returns the model `regression` uses. Their prices must be stored.",
    )
    split: _Fraction | None = Field(
        default=None,
        description="The fraction of the history that no forecast is made in. The rest is forecast, in steps of the "
        "horizon, or of a multiple of it that gives at most 250 forecasts.",
    )
    rule: TradingRule | None = Field(
        default=None, description="Also report a trading rule that uses each model's chance of a gain."
    )

    @property
    def has_reusable_result(self) -> bool:
        """Whether the result depends on nothing but the prices of ``ticker``, the day and the engine.

        The prices of other stocks and the code of a user's model may change while those of ``ticker`` do not.
        """
        return not self.others and not any(is_of_user(name) for name in self.models)
