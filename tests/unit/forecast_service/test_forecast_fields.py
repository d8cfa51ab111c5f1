"""Forecasts of the open, the high and the low, and from a chosen length of the past."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from common.domain.errors import FieldUnavailable, TooLittleData
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Forecast
from common.domain.track_record import ledger_entry
from common.s3.price_store import StoredSeries
from forecast_service.calls.forecast import compute
from forecast_service.calls.task import Task
from forecast_service.engine.forecast import make_forecast

TODAY = date(2026, 11, 20)


def series(rows: int = 600, freq: str = "B", **columns: object) -> PriceSeries:
    days = pd.date_range(end="2026-11-19", periods=rows, freq=freq)
    random = np.random.default_rng(3)
    close = 100 * np.exp(random.normal(0, 0.01, len(days)).cumsum())
    values = {
        "open": close * 1.001,
        "high": close * (1 + random.uniform(0.002, 0.02, rows)),
        "low": close * (1 - random.uniform(0.002, 0.02, rows)),
        "close": close,
        "adj_close": close,
        "volume": 1e6,
    }
    return PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(values | columns, index=days.rename("date")))


def answer(prices: PriceSeries, **asked: object) -> Forecast:
    question = ForecastQuestion.model_validate({"ticker": "ACME", "days": 30} | asked)
    return make_forecast(prices, question, today=TODAY, fetched_at=datetime(2026, 11, 20, tzinfo=UTC), version="0" * 64)


@pytest.mark.parametrize("model", ["blend", "last_price", "prophet"])
@pytest.mark.parametrize("field", ["open", "high", "low"])
def test_a_price_field_is_forecast_from_its_own_values(field, model):
    prices = series()
    forecast = answer(prices, field=field, model=model)
    own = prices.frame[field]
    assert forecast.last_close == forecast.yardstick == pytest.approx(own.iloc[-1], rel=1e-7)
    assert [day.close for day in forecast.series] == pytest.approx(own[-len(forecast.series) :].tolist(), rel=1e-7)
    assert (forecast.field, forecast.unit, forecast.currency) == (field, "USD", "USD")
    point = forecast.backtest.points[-1]
    assert point.actual == pytest.approx(own.iloc[-1])
    assert point.last_close == pytest.approx(own[pd.Timestamp(point.origin)])
    assert (forecast.risk, forecast.chances is None) == (None, False)
    assert forecast.verdict.startswith(f"With a probability of 80 %, ACME's {field} on 2026-12-21 may be between ")
    assert f"held the {field} in" in forecast.verdict


def test_a_forecast_of_the_close_is_the_same_with_and_without_its_field():
    prices = series()
    plain, named = answer(prices), answer(prices, field="close")
    assert plain.model_dump(exclude={"timings_ms"}) == named.model_dump(exclude={"timings_ms"})
    assert (plain.field, plain.unit, plain.history_days) == ("close", "USD", None)


def test_days_without_an_open_are_left_out():
    prices = series()
    prices.frame.iloc[[10, 11, -1], 0] = np.nan
    forecast = answer(prices, field="open")
    assert forecast.data.rows == 597
    assert forecast.as_of == forecast.data.last == date(2026, 11, 18)
    assert "3 days without a plausible open were left out." in forecast.data.flags
    assert answer(prices).as_of == date(2026, 11, 19)


def test_a_source_without_opens_is_a_failure_that_names_them():
    with pytest.raises(FieldUnavailable, match="ACME has no opens"):
        answer(series(open=np.nan), field="open")
    assert answer(series(open=np.nan), field="high").field == "high"


@pytest.mark.parametrize("field", ["close", "high", "volume"])
def test_history_days_limit_the_past(field):
    forecast = answer(series(), field=field, history_days=200)
    assert 195 < (date(2026, 11, 19) - forecast.data.first).days < 200
    assert forecast.history_days == 200


def test_earlier_prices_do_not_matter_beyond_history_days():
    prices = series()
    changed = series()
    changed.frame.iloc[:300] *= 1.5
    one, other = (answer(each, history_days=300) for each in (prices, changed))
    assert one.predicted_price == other.predicted_price
    assert one.backtest == other.backtest


@pytest.mark.parametrize(("freq", "days"), [("B", 70), ("W-FRI", 300)])
def test_too_short_a_past_is_explained(freq, days):
    with pytest.raises(TooLittleData, match=rf"The last {days} days of ACME hold \d+ prices.*longer history_days"):
        answer(series(freq=freq), history_days=days)


@pytest.mark.parametrize("asked", [{"field": "high"}, {"field": "volume"}, {"history_days": 400}])
def test_only_forecasts_of_the_close_from_the_usual_past_enter_the_track_record(asked, caplog):
    prices = series()
    assert json.loads(entry_of(prices))["ticker"] == "ACME"
    assert entry_of(prices, **asked) == b""
    assert not caplog.records
    with pytest.raises(ValueError, match="usual past"):
        ledger_entry(answer(prices, **asked))


def entry_of(prices: PriceSeries, **asked: object) -> bytes:
    question = ForecastQuestion.model_validate({"ticker": "ACME", "days": 30} | asked)
    facts = SimpleNamespace(fetched_at=datetime(2026, 11, 20, tzinfo=UTC), version="0" * 64, revision="1")
    stored = cast("StoredSeries", SimpleNamespace(series=prices, facts=facts))
    return compute(Task(question, TODAY, lambda _ticker: stored, lambda _progress: None)).ledger_entry
