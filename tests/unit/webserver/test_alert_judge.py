"""The judging of conditions that need a forecast, and of stored alerts of another version."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from common.domain.errors import Busy
from common.domain.questions import ForecastQuestion
from common.domain.results import Distribution
from common.sql.repositories.alerts import Alert
from webserver.alerts.judge import judge_alert
from webserver.stocks.closes import Closes

THURSDAY, FRIDAY, MONDAY = date(2013, 2, 28), date(2013, 3, 1), date(2013, 3, 4)
BAND = {"lower": 95.0, "upper": 105.0, "level": 0.95, "made_on": "2013-03-01"}


def alert(kind: str, parameters: dict[str, Any], **more: Any) -> Alert:
    values: dict[str, Any] = {
        "id": "a",
        "account_id": "b",
        "ticker": "AAPL",
        "channel_ids": [],
        "state": "armed",
        "enabled": True,
        "created_at": datetime(2013, 3, 1, tzinfo=UTC),
        "judged_through": FRIDAY,
        "bands": {},
        "note": "",
    }
    return Alert(**values | {"kind": kind, "parameters": parameters} | more)


def closes(last: float) -> Closes:
    return Closes("AAPL", "USD", [THURSDAY, FRIDAY, MONDAY], [100.0, 100.0, last])


def forecast(question: ForecastQuestion) -> Any:
    """Return what the judge reads of a forecast: 99 prices around 100, and the range of the next day."""
    prices = [100.0 + (number - 50) / 5 for number in range(1, 100)]
    return SimpleNamespace(
        as_of=MONDAY,
        interval=SimpleNamespace(level=question.level),
        distribution=Distribution(end=prices, highest=prices, lowest=prices),
        forecast=[SimpleNamespace(date=date(2013, 3, 5), lower=90.0, upper=110.0)],
    )


@pytest.mark.parametrize(("last", "fires"), [(106.0, 1), (94.0, 1), (104.0, 0)])
def test_a_close_outside_the_range_that_was_forecast_before_fires(last: float, fires: int) -> None:
    judged = judge_alert(alert("band", {"level": 0.95}, bands={"2013-03-04": BAND}), closes(last), MONDAY, forecast)
    assert judged is not None
    assert len(judged.firings) == fires
    assert judged.bands == {"2013-03-05": {"lower": 90.0, "upper": 110.0, "level": 0.95, "made_on": "2013-03-04"}}


def test_a_close_is_never_compared_with_a_range_that_was_forecast_after_it() -> None:
    judged = judge_alert(alert("band", {"level": 0.95}), closes(500.0), MONDAY, forecast)
    assert judged is not None
    assert judged.firings == []


@pytest.mark.parametrize(("price", "fires"), [(104.0, 1), (96.0, 0)])
def test_a_probability_beyond_the_bound_fires(price: float, fires: int) -> None:
    parameters = {"price": price, "days": 30, "probability": 0.5}
    judged = judge_alert(alert("chance_below", parameters), closes(100.0), MONDAY, forecast)
    assert judged is not None
    assert len(judged.firings) == fires


def test_a_failed_forecast_leaves_the_alert_to_the_next_run() -> None:
    def failing(question: ForecastQuestion) -> Any:
        raise Busy

    with pytest.raises(Busy):
        judge_alert(alert("band", {"level": 0.95}), closes(100.0), MONDAY, failing)


def test_parameters_of_another_version_cost_their_own_alert_only() -> None:
    with pytest.raises(ValueError, match="weather"):
        judge_alert(alert("weather", {}), closes(100.0), MONDAY, forecast)


def test_nothing_is_judged_without_a_new_close() -> None:
    parameters = {"side": "above", "price": 50.0}
    assert judge_alert(alert("price", parameters, judged_through=MONDAY), closes(100.0), MONDAY, forecast) is None
