"""The question of a pattern search: where to search, and up to ten patterns."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from common.domain.errors import BadRequest, InvalidPattern, InvalidRequest
from common.domain.patterns.grammar import LONGEST_TEXT, GrammarMistake, parse_candles
from common.domain.questions import Day, Question, Ticker, validate_as
from common.domain.validation import EXPLAINED, describe_value, explain_unknown_name

MOST_PATTERNS = 10
MOST_TICKERS = 50
MIN_WINDOW, MAX_WINDOW = 10, 250
"""The shortest and the longest shape, in trading days."""
MOST_NUMBERS = 400
"""The most numbers of all shapes of a question: an order has at most 16 KiB."""


Numbers = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], ...],
    Field(strict=False, min_length=MIN_WINDOW, max_length=MAX_WINDOW),
]
"""Sequences are tuples, because questions are hashed. A strict tuple would not be read from a list."""


class _Search(BaseModel):
    """A pattern. A default never changes: only other values are stored."""

    model_config = ConfigDict(frozen=True, strict=True)


class CandleSearch(_Search):
    """Candles in a row, or a named candlestick pattern."""

    type: Literal["candles"] = Field(description="The kind of pattern.")
    candles: str = Field(
        max_length=LONGEST_TEXT,
        description="The candles, oldest first: `G` closes above its open, `R` below, `D` is a doji, `*` any. Sizes "
        "are in percent from open to close: `G>2%`, `R>1%` (a fall of more than 1 %, also written `R<-1%`). Or a name "
        "of TA-Lib, such as `hammer` or `bearish engulfing`.",
        examples=["G G G R"],
    )
    every: Literal["day", "week", "month"] = Field(default="day", description="The time of one candle.")

    @model_validator(mode="after")
    def _check(self) -> CandleSearch:
        try:
            parse_candles(self.candles)
        except GrammarMistake as exc:
            raise _explained(InvalidPattern(str(exc))) from exc
        return self


class TurnaroundSearch(_Search):
    """A reversal: the price has moved by a threshold from its last extreme, against the move before."""

    type: Literal["turnaround"] = Field(description="The kind of pattern.")
    turn: Literal["up", "down"] = Field(
        description="`up`: a rise from a low confirms the end of a fall. `down`: a fall from a high ends a rise."
    )
    percent: float | None = Field(
        default=None,
        ge=0.5,
        le=90,
        allow_inf_nan=False,
        description="The threshold in percent of the extreme.",
        examples=[8],
    )
    usual_moves: float | None = Field(
        default=None,
        ge=1,
        le=100,
        allow_inf_nan=False,
        description="The threshold in usual daily moves: the mean size of a day's move in the 250 days before.",
        examples=[6],
    )

    @model_validator(mode="after")
    def _check(self) -> TurnaroundSearch:
        if (self.percent is None) == (self.usual_moves is None):
            raise _explained(InvalidPattern("A turnaround needs percent or usual_moves, and not both."))
        return self


class ShapeSearch(_Search):
    """Windows of similar shape: of the question's ticker between two days, or of numbers."""

    type: Literal["shape"] = Field(description="The kind of pattern.")
    start: Day | None = Field(default=None, description="The first day of the window of `ticker`.")
    end: Day | None = Field(default=None, description="The last day of the window.")
    numbers: Numbers | None = Field(
        default=None,
        description="The shape as numbers, a trading day each, in place of a window. Of positive numbers, the "
        "logarithms are compared.",
    )
    similarity: float = Field(
        default=0.9,
        ge=0.5,
        le=0.99,
        allow_inf_nan=False,
        description="The least correlation of a window with the shape.",
    )
    nearest: int = Field(default=100, ge=10, le=1000, description="The most windows: the nearest ones are taken.")
    dtw: bool = Field(
        default=False,
        description="Whether the nearest windows are ranked by dynamic time warping, which allows a shape to be "
        "stretched in places by up to a tenth of its length.",
    )

    @model_validator(mode="after")
    def _check(self) -> ShapeSearch:
        days = (self.start is not None, self.end is not None)
        if self.numbers is None and not all(days):
            raise _explained(InvalidPattern("A shape needs start and end, or numbers."))
        if self.numbers is not None and any(days):
            raise _explained(InvalidPattern("A shape has either start and end, or numbers. Leave one of them out."))
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise _explained(InvalidPattern("The start of a shape must be before its end. Exchange the two days."))
        return self


_SEARCHES: dict[object, type[_Search]] = {
    "candles": CandleSearch,
    "turnaround": TurnaroundSearch,
    "shape": ShapeSearch,
}


def _explained(failure: BadRequest) -> PydanticCustomError:
    """Return an error whose text is for the client, with the failure's code."""
    return PydanticCustomError(EXPLAINED, "{text}", {"text": failure.detail, "code": failure.code})


def _find_search(value: object) -> type[_Search]:
    if not isinstance(value, dict):
        raise InvalidPattern(f"A pattern must be an object such as {_EXAMPLE}; you sent {describe_value(value)}.")
    kind = value.get("type")
    search = _SEARCHES.get(kind) if isinstance(kind, str) else None
    if search is None:
        sent = f"you sent {describe_value(kind)}" if "type" in value else "it is missing"
        raise InvalidPattern(f"The type of a pattern must be candles, turnaround or shape; {sent}.")
    return search


_EXAMPLE = '{"type": "candles", "candles": "G G G R"}'


def _validate_search(value: Any, handler: Any) -> Any:
    """Validate one pattern, and explain its first mistake by the pattern's own model."""
    try:
        return handler(value)
    except ValidationError as exc:
        try:
            validate_as(_find_search(value), value)
        except InvalidPattern as failure:
            raise _explained(failure) from exc
        except BadRequest as failure:
            raise _explained(InvalidPattern(failure.detail)) from exc
        raise


Search = Annotated[
    CandleSearch | TurnaroundSearch | ShapeSearch, Field(discriminator="type"), WrapValidator(_validate_search)
]


class PatternQuestion(Question):
    """The question of a pattern search. It is asked of one stock, of a list, or of all stored stocks."""

    kind: ClassVar[str] = "pattern_search"
    first_fields: ClassVar[frozenset[str]] = frozenset({"ticker", "patterns"})

    patterns: tuple[Search, ...] = Field(
        strict=False,
        min_length=1,
        max_length=MOST_PATTERNS,
        description="The patterns. The verdicts are corrected for their number.",
        examples=[[{"type": "candles", "candles": "G G G R"}]],
    )
    tickers: tuple[Ticker, ...] = Field(
        default=(),
        strict=False,
        max_length=MOST_TICKERS,
        description="Other stocks in which to search too. Only stored prices are read.",
        examples=[["MSFT", "GOOG"]],
    )
    all: bool = Field(default=False, description="Whether to search in all stored stocks.")

    @model_validator(mode="after")
    def _check(self) -> PatternQuestion:
        if self.all and self.tickers:
            raise _explained(InvalidRequest("A search has either tickers or all. Leave one of them out."))
        numbers = sum(len(one.numbers or ()) for one in self.patterns if isinstance(one, ShapeSearch))
        if numbers > MOST_NUMBERS:
            raise _explained(InvalidRequest(f"The shapes have {numbers} numbers. Send at most {MOST_NUMBERS} in all."))
        return self

    @property
    def has_reusable_result(self) -> bool:
        """Whether the result depends on nothing but the prices of ``ticker``, the day and the engine."""
        return not self.all and not set(self.tickers) - {self.ticker}

    @property
    def canonical(self) -> dict[str, Any]:
        """The fields that identify a question. A pattern's fields count where they differ from their defaults."""
        patterns = [
            {"type": one.type} | one.model_dump(mode="json", exclude_defaults=True, exclude={"type"})
            for one in self.patterns
        ]
        return super().canonical | {"patterns": patterns}


def name_item(item: int, text: str) -> str:
    """Return a sentence about a pattern of a question; after the first pattern, with its number."""
    return f"Item {item + 1}: {text}" if item else text


def check_known_fields(patterns: object) -> object:
    """Return the patterns of a request's body; raise an error if one has an unknown field."""
    for item, one in enumerate(patterns if isinstance(patterns, list) else ()):
        search = _SEARCHES.get(one.get("type")) if isinstance(one, dict) and isinstance(one.get("type"), str) else None
        unknown = [name for name in one if name not in search.model_fields] if search else []
        if search and unknown:
            failure = explain_unknown_name("field", str(unknown[0]), search.model_fields)
            raise _explained(InvalidPattern(name_item(item, failure.detail)))
    return patterns
