"""The conditions of alerts: each judges one close of a stock, from evidence that was known on that day."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.config import JsonDict

from common.domain.formats import format_date, format_days, format_price
from common.domain.markets.currencies import format_currency
from common.domain.price_chances import chance_words
from common.domain.questions import Days, Level, to_whole_number
from webserver.stocks.closes import Closes

TradingDays = Annotated[int, Field(ge=1, le=250), BeforeValidator(to_whole_number)]
Price = Annotated[float, Field(gt=0, lt=1e15, allow_inf_nan=False)]
KIND = "The kind of condition."
_SATURDAY = 5


@dataclass(frozen=True)
class Band:
    """The range that was forecast for one day before that day came."""

    lower: float
    upper: float
    level: float
    made_on: date


@dataclass(frozen=True)
class Evidence:
    """The facts about a stock from which a condition is judged.

    Args:
        closes: the closes up to the judged one, at least one.
        today: the present day at the exchange.
        band: the range that was forecast for the last close, where there is one.
        chance_below: the probability of ending below the condition's price, where it was forecast.
    """

    closes: Closes
    today: date
    band: Band | None = None
    chance_below: float | None = None


@dataclass(frozen=True)
class Judgement:
    """Whether a condition holds on a day, in words and in figures.

    Args:
        holds: whether the condition is met; None if the evidence does not tell.
        sentence: the observation, for a person.
        facts: the figures of the sentence, for a program.
    """

    holds: bool | None
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


def _require_kind(schema: JsonDict) -> None:
    """State in the description that a client must send the kind, which code need not repeat."""
    schema["required"] = ["kind", *schema.get("required", [])]  # type: ignore[misc]
    schema["properties"]["kind"].pop("default")  # type: ignore[index,union-attr,arg-type,call-overload]


class Condition(BaseModel):
    """The base of all conditions. A subclass has a ``kind`` and its parameters."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", json_schema_extra=_require_kind)

    fires_each_day: ClassVar[bool] = False
    """Whether each day that meets the condition is news. Otherwise, it fires again only after it was not met."""
    needs_band: ClassVar[bool] = False
    needs_forecast: ClassVar[bool] = False

    @abstractmethod
    def judge(self, evidence: Evidence) -> Judgement:
        """Return whether the condition holds for the last close of ``evidence``."""

    @abstractmethod
    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence that begins with "Tell me when"."""


class PriceCondition(Condition):
    """The stock closes above or below a price."""

    kind: Literal["price"] = Field(default="price", description=KIND)
    side: Literal["above", "below"] = Field(description="On which side of the price a close meets the condition.")
    price: Price = Field(description="The price.")

    def judge(self, evidence: Evidence) -> Judgement:
        """Compare the last close with the price."""
        closes = evidence.closes
        is_above = self.side == "above"
        holds = closes.last > self.price if is_above else closes.last < self.price
        relation = self.side if holds else f"not {self.side}"
        sentence = f"{_closed(closes)}, {relation} {format_price(self.price)}."
        return Judgement(holds, sentence, {"close": closes.last, "price": self.price})

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return f"Tell me when {ticker} closes {self.side} {format_price(self.price)}."


class UnusualMoveCondition(Condition):
    """A day's move is larger than a number of usual daily moves."""

    kind: Literal["unusual_move"] = Field(default="unusual_move", description=KIND)
    fires_each_day: ClassVar[bool] = True
    usual_moves: float = Field(
        ge=1, le=20, allow_inf_nan=False, description="The number of usual daily moves that a move must exceed."
    )

    def judge(self, evidence: Evidence) -> Judgement:
        """Compare the last move with the usual one of the days before."""
        closes = evidence.closes
        move, usual = closes.last_move, closes.usual_move
        if move is None or not usual:
            return Judgement(None, f"{closes.ticker} has too few closes to tell its usual move.")
        ratio = abs(move) / usual
        change_pct = 100 * (closes.values[-1] / closes.values[-2] - 1)
        sentence = f"{_closed(closes)}, {change_pct:+.1f} % on the day: {ratio:.1f} times its usual move."
        return Judgement(ratio > self.usual_moves, sentence, {"change_pct": change_pct, "usual_moves": ratio})

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return f"Tell me when {ticker} moves by more than {self.usual_moves:g} usual daily moves in a day."


class BandCondition(Condition):
    """A close leaves the range that was forecast for its day."""

    kind: Literal["band"] = Field(default="band", description=KIND)
    fires_each_day: ClassVar[bool] = True
    needs_band: ClassVar[bool] = True
    needs_forecast: ClassVar[bool] = True
    level: Level = Field(default=0.95, description="The probability with which the range contains the close.")

    def judge(self, evidence: Evidence) -> Judgement:
        """Compare the last close with the range that was forecast for it."""
        closes, band = evidence.closes, evidence.band
        if band is None:
            return Judgement(None, f"No range was forecast for {closes.ticker} on {format_date(closes.last_day)}.")
        side = "above" if closes.last > band.upper else "below" if closes.last < band.lower else "inside"
        sentence = (
            f"{_closed(closes)}, {side} the {100 * band.level:.10g} % range from {format_price(band.lower)} to "
            f"{format_price(band.upper)} that was forecast on {format_date(band.made_on)}."
        )
        facts = {"close": closes.last, "lower": band.lower, "upper": band.upper, "made_on": band.made_on.isoformat()}
        return Judgement(side != "inside", sentence, facts)

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return (
            f"Tell me when {ticker} closes outside the {100 * self.level:.10g} % range that was forecast for the day."
        )


class ChanceBelowCondition(Condition):
    """The probability of ending below a price exceeds a bound."""

    kind: Literal["chance_below"] = Field(default="chance_below", description=KIND)
    needs_forecast: ClassVar[bool] = True
    price: Price = Field(description="The price.")
    days: Days
    probability: float = Field(
        gt=0, lt=1, allow_inf_nan=False, description="The probability that must be exceeded, from 0 to 1."
    )

    def judge(self, evidence: Evidence) -> Judgement:
        """Compare the forecast's probability with the bound."""
        ticker, chance = evidence.closes.ticker, evidence.chance_below
        if chance is None:
            return Judgement(None, f"No forecast of {ticker} was possible.")
        price = f"{format_price(self.price)} {format_currency(evidence.closes.currency)}"
        sentence = (
            f"{ticker} ends below {price} in {format_days(self.days)} with a probability of {chance_words(chance)}, by "
            f"the forecast of {format_date(evidence.closes.last_day)}."
        )
        return Judgement(chance > self.probability, sentence, {"chance_below": chance, "price": self.price})

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return (
            f"Tell me when the chance that {ticker} ends below {format_price(self.price)} in {format_days(self.days)} "
            f"exceeds {chance_words(self.probability)}."
        )


class VolatilityCondition(Condition):
    """The volatility leaves its usual range: it is above or below most of the past two years."""

    kind: Literal["volatility"] = Field(default="volatility", description=KIND)
    below_percentile: float = Field(
        default=5,
        ge=0,
        lt=50,
        allow_inf_nan=False,
        description="A volatility below this percentile is unusually small.",
    )
    above_percentile: float = Field(
        default=95, gt=50, le=100, allow_inf_nan=False, description="One above this percentile is unusually large."
    )

    def judge(self, evidence: Evidence) -> Judgement:
        """Compare the volatility's percentile with the bounds."""
        closes = evidence.closes
        percentile = closes.volatility_percentile
        if percentile is None:
            return Judgement(None, f"{closes.ticker} has too few closes to tell its usual volatility.")
        holds = percentile > self.above_percentile or percentile < self.below_percentile
        side, share = ("larger", percentile) if percentile >= 50 else ("smaller", 100 - percentile)
        sentence = (
            f"The moves of {closes.ticker} up to {format_date(closes.last_day)} are {side} than on "
            f"{chance_words(share / 100)} of the days of the past two years."
        )
        return Judgement(holds, sentence, {"volatility_percentile": percentile})

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return (
            f"Tell me when the volatility of {ticker} is above {self.above_percentile:g} % or below "
            f"{self.below_percentile:g} % of the past two years' days."
        )


class MissingDataCondition(Condition):
    """No new close has come for a number of trading days."""

    kind: Literal["missing_data"] = Field(default="missing_data", description=KIND)
    trading_days: TradingDays = Field(description="The number of trading days without a new close.")

    def judge(self, evidence: Evidence) -> Judgement:
        """Count the trading days after the last close that are over."""
        closes = evidence.closes
        missing = _missing_days(closes, evidence.today)
        sentence = (
            f"The last close of {closes.ticker} is of {format_date(closes.last_day)}; {missing} trading days since."
        )
        return Judgement(missing >= self.trading_days, sentence, {"missing_days": missing})

    def describe(self, ticker: str) -> str:
        """Return the condition as a sentence."""
        return f"Tell me when {ticker} has had no new close for {self.trading_days} trading days."


AnyCondition = Annotated[
    PriceCondition
    | UnusualMoveCondition
    | BandCondition
    | ChanceBelowCondition
    | VolatilityCondition
    | MissingDataCondition,
    Field(discriminator="kind"),
]
CONDITIONS: TypeAdapter[AnyCondition] = TypeAdapter(AnyCondition)
CONDITION_OF_KIND: Mapping[str, type[AnyCondition]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        PriceCondition,
        UnusualMoveCondition,
        BandCondition,
        ChanceBelowCondition,
        VolatilityCondition,
        MissingDataCondition,
    )
}
"""The class of each kind of condition."""


def _closed(closes: Closes) -> str:
    price = f"{format_price(closes.last)} {format_currency(closes.currency)}"
    return f"{closes.ticker} closed at {price} on {format_date(closes.last_day)}"


def _missing_days(closes: Closes, today: date) -> int:
    """Return the days after the last close and before today on which the stock usually trades.

    Holidays count as trading days: the web server has no calendars of exchanges.
    """
    trades_at_weekends = any(day.weekday() >= _SATURDAY for day in closes.days[-30:])
    count = (today - closes.last_day).days - 1
    after = (closes.last_day + timedelta(days=number + 1) for number in range(max(count, 0)))
    return sum(1 for day in after if trades_at_weekends or day.weekday() < _SATURDAY)
