"""The conditions of alerts, judged on small series."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from webserver.alerts.conditions import (
    CONDITIONS,
    Band,
    BandCondition,
    ChanceBelowCondition,
    Condition,
    Evidence,
    Judgement,
    MissingDataCondition,
    PriceCondition,
    UnusualMoveCondition,
    VolatilityCondition,
)
from webserver.alerts.state import Step, first_state, next_step
from webserver.stocks.closes import Closes

FRIDAY = date(2013, 3, 1)


def weekdays_until(last: date, count: int) -> list[date]:
    days: list[date] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


def closes_of(values: list[float], last: date = FRIDAY) -> Closes:
    return Closes("AAPL", "USD", weekdays_until(last, len(values)), values)


def alternating(count: int, move: float = 0.01, start: float = 100.0) -> list[float]:
    """Return closes that move up and down by ``move`` in turn."""
    return [start * math.exp(move * (number % 2)) for number in range(count)]


def judge(condition: Condition, values: list[float], **evidence: object) -> Judgement:
    return condition.judge(Evidence(closes_of(values), today=FRIDAY, **evidence))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "close", "holds"),
    [
        ("above", 450.01, True),
        ("above", 450.0, False),
        ("above", 449.99, False),
        ("below", 449.99, True),
        ("below", 450.0, False),
    ],
)
def test_a_price_condition_is_met_beyond_the_price_only(side: str, close: float, holds: bool) -> None:
    condition = CONDITIONS.validate_python({"kind": "price", "side": side, "price": 450.0})
    assert judge(condition, [440.0, close]).holds is holds


def test_the_sentence_of_a_price_condition_names_the_close_the_day_and_the_price() -> None:
    judgement = judge(PriceCondition(side="above", price=450.0), [440.0, 451.2])
    assert judgement.sentence == "AAPL closed at 451.20 USD on Fri 1 Mar 2013, above 450.00."


def test_a_move_of_five_usual_moves_is_unusual() -> None:
    values = alternating(200)
    values.append(values[-1] * math.exp(0.05))
    judgement = judge(UnusualMoveCondition(usual_moves=4.0), values)
    assert judgement.holds
    assert judgement.facts["usual_moves"] == pytest.approx(5.0, rel=0.01)
    assert judge(UnusualMoveCondition(usual_moves=6.0), values).holds is False


def test_a_large_move_is_not_compared_with_itself() -> None:
    values = alternating(200)
    values.append(values[-1] * math.exp(1.0))
    assert judge(UnusualMoveCondition(usual_moves=3.0), values).facts["usual_moves"] == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("values", [[100.0], [100.0, 101.0], alternating(60), [100.0] * 300])
def test_a_short_or_constant_history_tells_no_unusual_move(values: list[float]) -> None:
    assert judge(UnusualMoveCondition(usual_moves=3.0), values).holds is None


@pytest.mark.parametrize(("close", "holds"), [(95.0, False), (110.0, False), (110.1, True), (94.9, True)])
def test_a_close_outside_its_band_meets_the_condition(close: float, holds: bool) -> None:
    band = Band(95.0, 110.0, 0.95, date(2013, 2, 28))
    judgement = judge(BandCondition(level=0.95), [100.0, close], band=band)
    assert judgement.holds is holds
    assert "the 95 % range from 95.00 to 110.00 that was forecast on Thu 28 Feb 2013" in judgement.sentence


def test_a_close_without_a_forecast_band_is_not_judged() -> None:
    assert judge(BandCondition(), [100.0, 101.0]).holds is None


@pytest.mark.parametrize(("chance", "holds"), [(0.31, True), (0.3, False), (None, None)])
def test_a_chance_above_the_bound_meets_the_condition(chance: float | None, holds: bool | None) -> None:
    condition = ChanceBelowCondition(price=90.0, days=30, probability=0.3)
    assert judge(condition, [100.0], chance_below=chance).holds is holds


def test_a_nervous_month_after_two_calm_years_leaves_the_usual_range() -> None:
    calm = alternating(600)
    nervous = [calm[-1] * value / 100 for value in alternating(30, move=0.05)]
    judgement = judge(VolatilityCondition(), [*calm, *nervous])
    assert judgement.holds
    assert judgement.facts["volatility_percentile"] == pytest.approx(100, abs=6)


def test_a_year_of_closes_is_too_short_for_a_usual_volatility() -> None:
    assert judge(VolatilityCondition(), alternating(252)).holds is None


@pytest.mark.parametrize(("today", "missing"), [(FRIDAY, 0), (date(2013, 3, 4), 0), (date(2013, 3, 8), 4)])
def test_weekends_are_not_missing_days(today: date, missing: int) -> None:
    evidence = Evidence(closes_of([100.0, 101.0]), today=today)
    assert MissingDataCondition(trading_days=4).judge(evidence).facts == {"missing_days": missing}
    assert MissingDataCondition(trading_days=4).judge(evidence).holds is (missing >= 4)


def test_weekends_are_missing_days_of_what_trades_every_day() -> None:
    days = [FRIDAY - timedelta(days=number) for number in range(10)][::-1]
    evidence = Evidence(Closes("BTC-USD", "USD", days, [1.0] * 10), today=date(2013, 3, 8))
    assert MissingDataCondition(trading_days=4).judge(evidence).facts == {"missing_days": 6}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "price", "side": "above", "price": 0.0},
        {"kind": "price", "side": "above", "price": float("nan")},
        {"kind": "price", "side": "over", "price": 1.0},
        {"kind": "price", "side": "above"},
        {"kind": "unusual_move", "usual_moves": 0.5},
        {"kind": "chance_below", "price": 1.0, "days": 30, "probability": 1.0},
        {"kind": "volatility", "above_percentile": 40.0},
        {"kind": "missing_data", "trading_days": 0},
        {"kind": "missing_data", "trading_days": 3, "other": 1},
        {"kind": "weather"},
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CONDITIONS.validate_python(wrong)


@pytest.mark.parametrize(
    "condition",
    [
        PriceCondition(side="above", price=450.0),
        UnusualMoveCondition(usual_moves=3.0),
        BandCondition(),
        ChanceBelowCondition(price=400.0, days=30, probability=0.3),
        VolatilityCondition(),
        MissingDataCondition(trading_days=3),
    ],
)
def test_every_condition_has_a_sentence(condition: Condition) -> None:
    assert condition.describe("AAPL").startswith("Tell me when ")


def steps(condition: Condition, holds: list[bool | None]) -> list[bool]:
    state, fired = first_state(condition, Judgement(holds[0], "")), []
    for each in holds[1:]:
        step: Step = next_step(condition, state, Judgement(each, ""))
        state = step.state
        fired.append(step.fires)
    return fired


def test_an_alert_fires_once_until_its_condition_was_not_met() -> None:
    condition = PriceCondition(side="above", price=1.0)
    assert steps(condition, [False, True, True, None, True, False, True]) == [True, False, False, False, False, True]


def test_an_alert_whose_condition_is_met_at_first_waits_for_the_reversal() -> None:
    assert steps(PriceCondition(side="above", price=1.0), [True, True, False, True]) == [False, False, True]


def test_every_unusual_day_is_news() -> None:
    assert steps(UnusualMoveCondition(usual_moves=3.0), [True, True, True, None, False]) == [True, True, False, False]


def test_judging_up_to_a_day_ignores_later_closes() -> None:
    closes = closes_of([*alternating(300), 500.0])
    earlier = closes.until(closes.days[-2])
    assert earlier.last_day == closes.days[-2]
    assert earlier.usual_move == closes_of(alternating(300), last=closes.days[-2]).usual_move
