"""The questions of requests, and the grammar of their fields."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from common.domain import fields
from common.domain.errors import TICKER_RULE, InvalidRequest, InvalidTicker
from common.domain.formats import parse_day
from common.domain.validation import explain_mistake

TICKER = re.compile(r"\A[A-Z0-9^][A-Z0-9.\-=^&_]{0,23}\Z")
"""Sources use all of these characters, as in M&M.NS and NIFTY_FIN_SERVICE.NS."""
MIN_DAYS, MAX_DAYS = 1, 10_000
MIN_LEVEL, MAX_LEVEL = 0.5, 0.99
DEFAULT_LEVEL = 0.8
MIN_HISTORY_DAYS, MAX_HISTORY_DAYS = 60, 3653
"""A forecast needs 60 rows, and stored prices go back ten years."""


def normalise_ticker(text: str) -> str:
    """Return ``text`` as an upper-case ticker.

    Only ASCII is accepted, because ``upper()`` turns letters such as ``ı`` into ASCII ones.

    Raises:
        InvalidTicker: ``text`` does not match the grammar.
    """
    ticker = text.upper() if text.isascii() else ""
    if not TICKER.match(ticker) or ".." in ticker:
        raise InvalidTicker
    return ticker


def normalise_request_id(text: str) -> str:
    """Return ``text`` as a lower-case UUID with hyphens.

    Raises:
        InvalidRequest: ``text`` is not a UUID in its usual form of 36 characters.
    """
    try:
        request_id = str(UUID(text))
    except ValueError:
        request_id = None
    if request_id is None or request_id != text.lower():
        raise InvalidRequest("The request id is not valid. Use a UUID such as 123e4567-e89b-42d3-a456-426614174000.")
    return request_id


def _ticker_or_value_error(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidTicker as exc:
        raise ValueError(exc.detail) from exc


def _request_id_or_value_error(text: str) -> str:
    try:
        return normalise_request_id(text)
    except InvalidRequest as exc:
        raise ValueError(exc.detail) from exc


def _to_day(value: object) -> object:
    """Return the date of a text. Strict models take no text, and others also take numbers of seconds."""
    if isinstance(value, str):
        return parse_day(value)
    if isinstance(value, date):
        return value
    raise ValueError("a day must have the form YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_to_day)]
Ticker = Annotated[
    str,
    AfterValidator(_ticker_or_value_error),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[A-Za-z0-9^](?:[A-Za-z0-9\-=^&_]|\.(?!\.)){0,23}$",
            "description": TICKER_RULE,
            "examples": ["AAPL"],
        }
    ),
]
RequestId = Annotated[
    str, AfterValidator(_request_id_or_value_error), WithJsonSchema({"type": "string", "format": "uuid"})
]


def to_whole_number(value: object) -> object:
    """Return an integral float as an int: in JSON, 30.0 is the integer 30."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Days = Annotated[
    int,
    Field(ge=MIN_DAYS, le=MAX_DAYS, description="The number of calendar days ahead.", examples=[30]),
    BeforeValidator(to_whole_number),
]
Level = Annotated[
    float,
    Field(
        ge=MIN_LEVEL,
        le=MAX_LEVEL,
        allow_inf_nan=False,
        description="The probability with which the interval contains the price.",
    ),
]
StockField = Annotated[
    fields.Field,
    Field(
        description="The field to forecast: `close` (the default), `open`, `high`, `low` or `volume`. Fields are "
        "forecast apart."
    ),
]
HistoryDays = Annotated[
    int,
    Field(
        ge=MIN_HISTORY_DAYS,
        le=MAX_HISTORY_DAYS,
        description="The number of calendar days of the past that are used, counted back from the newest price.",
        examples=[500],
    ),
    BeforeValidator(to_whole_number),
]
HISTORY_DAYS: Any = Field(
    default=None, description="How much of the past is used. Null, the default, stands for ten years."
)
M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q", bound="Question")
Model = Literal["blend", "prophet", "last_price"]
Interval = Literal["1d", "1h", "5min"]
"""The time between stored prices; forecasts use ``1d``."""


class Question(BaseModel):
    """A question about a stock. Each kind of analysis has a subclass (:mod:`common.domain.kinds`).

    Types are strict: the string ``"30"`` is not a number of days. Unknown fields are ignored, because a newer version
    may have sent them. A new field needs a default with which old questions keep their meaning.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    kind: ClassVar[str] = ""
    """The name of the kind."""
    first_fields: ClassVar[frozenset[str]] = frozenset({"ticker"})
    """The fields that are always stored: a later version can change a default without changing stored questions."""
    needs_prices: ClassVar[bool] = True
    """Whether ingestion makes sure that the prices of ``ticker`` are stored and fresh before the work begins."""

    ticker: Ticker

    @property
    def canonical(self) -> dict[str, Any]:
        """The fields that identify a question, in the order of their definition.

        These are the kind, the fields of the kind's first version, and each later field whose value is not its default.
        So two versions of the services compute the same key for a question that both understand.
        """
        fields = type(self).model_fields
        values = self.model_dump(mode="json")
        return {"kind": self.kind} | {
            name: values[name]
            for name, field in fields.items()
            if name in self.first_fields or getattr(self, name) != field.get_default(call_default_factory=True)
        }

    @property
    def text(self) -> str:
        """The question as JSON, as it is stored."""
        return json.dumps(self.canonical, separators=(",", ":"))

    @property
    def key(self) -> str:
        """A hash that identifies the question, and that all versions of the services compute alike."""
        return hash_canonical(self.canonical)

    @property
    def older_key(self) -> str:
        """The key that versions before the canonical hash store; empty if they lack the kind or one of the fields."""
        return ""

    @property
    def has_reusable_result(self) -> bool:
        """Whether the result depends on nothing but the prices of ``ticker``, the day and the engine.

        Only then does a later request with the same question get the stored result.
        """
        return True

    @property
    def named_requests(self) -> tuple[str, ...]:
        """The ids of earlier requests whose results the work uses."""
        return ()

    @property
    def cost(self) -> int:
        """The number of requests as which it counts against the quotas of its client."""
        return 1


class ForecastQuestion(Question):
    """The question of a forecast: the stock, its field, the calendar days ahead, the model and the interval level.

    ``history_days`` limits how much of the past is used; None stands for the usual ten years.
    """

    kind: ClassVar[str] = "forecast"
    first_fields: ClassVar[frozenset[str]] = frozenset({"ticker", "days", "model", "level"})

    days: Days
    model: Model = "blend"
    level: Level = DEFAULT_LEVEL
    field: StockField = "close"
    history_days: HistoryDays | None = HISTORY_DAYS

    @property
    def is_standard(self) -> bool:
        """Whether it asks about the close from the usual past, as the track record does."""
        return self.field == "close" and self.history_days is None

    @property
    def canonical(self) -> dict[str, Any]:
        """The fields that identify a question, without the kind, which the first versions did not have."""
        return {name: value for name, value in super().canonical.items() if name != "kind"}

    @property
    def older_key(self) -> str:
        """The key that versions before the canonical hash store; empty if they lack one of the fields."""
        if self.canonical.keys() - self.first_fields:
            return ""
        return f"{self.ticker}:{self.days}:{self.model}:{self.level!r}"


def hash_canonical(canonical: Mapping[str, Any]) -> str:
    """Return the hash of a question's canonical fields; their order does not matter."""
    text = json.dumps(canonical, separators=(",", ":"), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def extract_question(kind: type[Q], message: Q) -> Q:
    """Return the question of this kind without the other fields of a request body."""
    return kind.model_construct(**{name: getattr(message, name) for name in kind.model_fields})


def validate_as(kind: type[M], values: Any) -> M:
    """Return ``values`` as an instance of a model.

    Raises:
        BadRequest: a value is wrong; the text explains the first mistake.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as exc:
        raise explain_mistake(kind, exc) from exc
