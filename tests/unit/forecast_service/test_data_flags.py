"""The flags of unusual prices, with dates and numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from common.domain.markets.trading_calendars import calendar_of
from common.domain.prices import PriceSeries
from forecast_service.engine.data_flags import MOST_FLAGS, data_flags
from tests.unit.forecast_service.test_forecast import answer, series_of

FloatArray = npt.NDArray[np.float64]

DAYS = pd.bdate_range("2016-11-21", "2026-11-19")


def prices(days: pd.DatetimeIndex = DAYS) -> PriceSeries:
    return series_of(days)


def flags_of(series: PriceSeries, target: date | None = None) -> list[str]:
    calendar = calendar_of(series.ticker, pd.DatetimeIndex(series.frame.index))
    return data_flags(series, calendar, None, target)


def column(series: PriceSeries, name: str) -> FloatArray:
    return series.frame[name].to_numpy(dtype=np.float64, copy=True)


def changed(series: PriceSeries, rows: slice, name: str, value: float) -> PriceSeries:
    """Return ``series`` with a column overwritten in some rows."""
    values = column(series, name)
    values[rows] = value
    return replace(series, frame=series.frame.assign(**{name: values}))


def scaled(series: PriceSeries, rows: slice, factor: float) -> PriceSeries:
    """Return ``series`` with the closes of some rows multiplied."""
    closes = column(series, "close")
    closes[rows] *= factor
    return replace(series, frame=series.frame.assign(close=closes))


def without(series: PriceSeries, rows: slice) -> PriceSeries:
    return replace(series, frame=series.frame.drop(series.frame.index[rows]))


def test_ordinary_prices_have_no_flag() -> None:
    assert flags_of(prices()) == []
    assert flags_of(prices(pd.date_range("2020-01-01", "2026-11-21"))) == []


def test_stored_split_flag_gets_prices_and_meaning() -> None:
    day = DAYS[-100].date()
    series = scaled(prices(), slice(-100, None), 0.25)
    flagged = replace(series, flags=(f"looks like a split on {day}",))
    before, after = (f"{series.frame['close'].iloc[row]:,.2f}" for row in (-101, -100))
    assert answer(flagged, date(2026, 11, 20)).data.flags == [
        f"The close goes from {before} to {after} and looks like a split on {day}; "
        "the forecast treats it as a real fall."
    ]


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("factor", [0.25, 2 / 3, 2.0])
def test_split_without_a_stored_flag_is_flagged(factor: float, smooth: bool) -> None:
    series = scaled(prices(), slice(-300, None), factor)
    adjusted = column(prices() if smooth else series, "close")
    series = replace(series, frame=series.frame.assign(adj_close=adjusted))
    (flag,) = flags_of(series)
    assert f"looks like a split on {DAYS[-300].date()}" in flag


@pytest.mark.parametrize("factor", [0.19, 7.3, 0.01])
@pytest.mark.parametrize("rows", [1, 3, 100, 2000])
def test_large_move_without_a_stored_flag_is_flagged(factor: float, rows: int) -> None:
    (flag,) = flags_of(scaled(prices(), slice(-rows, None), factor))
    assert flag.startswith("The close goes from ")
    assert f" on {DAYS[-rows].date()}" in flag
    assert flag.endswith(f"a real {'rise' if factor > 1 else 'fall'}.")


def test_many_splits_give_two_sentences_and_a_count() -> None:
    days = [DAYS[row].date() for row in (-900, -700, -500, -300, -100)]
    stored = (*(f"looks like a split on {day}" for day in days), "looks like a split on 7 other days")
    flags = flags_of(replace(prices(), flags=stored))
    assert len(flags) == 3
    assert f"looks like a split on {days[-1]}" in flags[0]
    assert f"looks like a split on {days[-2]}" in flags[1]
    assert "looks like a split on 10 other days" in flags[2]


def test_stored_flag_of_a_day_outside_the_history_names_no_day() -> None:
    stored = ("looks like a split on 1999-01-04", "looks like a split on 2016-11-21", "looks like a split on nonsense")
    assert flags_of(replace(prices(), flags=stored)) == []


def test_other_stored_flag_becomes_a_sentence() -> None:
    series = replace(prices(), flags=("adj_close is missing", "volumes are missing"))
    assert flags_of(series) == ["Volumes are missing.", "adj_close is missing."]


@pytest.mark.parametrize(("rows", "recent"), [(slice(1000, 1065), False), (slice(-70, -5), True)])
def test_long_gap_is_flagged_with_its_length_and_days(rows: slice, recent: bool) -> None:
    series = without(prices(), rows)
    last, first = DAYS[rows.start - 1].date(), DAYS[rows.stop].date()
    (flag,) = flags_of(series)
    assert flag.startswith(f"No close for {(first - last).days} days ({last} to {first}); ")
    assert ("only 5 closes since" in flag) is recent


def test_longest_and_newest_gap_are_flagged() -> None:
    series = without(without(without(prices(), slice(-40, -20)), slice(1500, 1520)), slice(500, 600))
    flags = flags_of(series)
    assert len(flags) == 2
    assert f"{DAYS[-41].date()} to {DAYS[-20].date()}" in flags[0]
    assert "the longest of 3 gaps" in flags[1]


def test_holidays_of_a_week_and_a_half_have_no_flag() -> None:
    closed = pd.bdate_range("2024-10-01", "2024-10-08").union(pd.bdate_range("2025-01-28", "2025-02-04"))
    assert flags_of(prices(DAYS.difference(closed))) == []


def test_holidays_of_its_own_exchange_have_no_flag() -> None:
    holidays = pd.bdate_range("2026-02-12", "2026-02-20")  # twelve days between two closes in Taipei
    series = prices(DAYS.difference(holidays))
    assert flags_of(replace(series, ticker="2330.TW")) == []
    (flag,) = flags_of(series)
    assert flag.startswith("No close for 12 days")


def test_exchange_whose_holidays_are_not_known_is_named() -> None:
    week = prices(pd.bdate_range("2020-01-01", "2026-11-19", freq="C", weekmask="Sun Mon Tue Wed Thu"))
    flag = "The holidays of the Qatar Stock Exchange are not known; the target date may be one."
    assert flags_of(replace(week, ticker="QNBK.QA")) == [flag]


def test_unknown_exchange_is_named_however_much_else_is_unusual() -> None:
    unknown = "The exchange of ABC.XX is not known; its trading days are those of the New York Stock Exchange."
    assert flags_of(replace(prices(), ticker="ABC.XX")) == [unknown]
    assert unknown in flags_of(replace(everything(), ticker="ABC.XX"))[:3]
    every_day = replace(prices(pd.date_range("2020-01-01", "2026-11-21")), ticker="ABC.XX")
    assert flags_of(every_day) == []


def test_target_beyond_the_known_holidays_is_flagged() -> None:
    shanghai = replace(prices(), ticker="600519.SS")
    assert flags_of(shanghai, date(2026, 12, 1)) == []
    (flag,) = flags_of(shanghai, date(2050, 12, 1))
    assert flag.startswith("The Shanghai Stock Exchange's holidays are known up to ")
    assert flags_of(prices(), date(2050, 12, 1)) == []


@pytest.mark.parametrize(("ticker", "target"), [("VOD.L", date(2026, 12, 29)), ("7203.T", date(2026, 12, 28))])
def test_target_is_a_session_of_the_tickers_exchange(ticker: str, target: date) -> None:
    forecast = answer(replace(prices(), ticker=ticker), date(2026, 11, 26), days=30)
    assert forecast.target_date == target  # the 28th is a holiday in London, in place of a Saturday


def test_zero_volume_for_years_is_flagged() -> None:
    (flag,) = flags_of(changed(prices(), slice(500, 1500), "volume", 0.0))
    assert flag.startswith(f"Zero volume on 1000 days in a row ({DAYS[500].date()} to {DAYS[1499].date()}); ")


def test_zero_volume_on_the_last_days_is_flagged() -> None:
    (flag,) = flags_of(changed(prices(), slice(-6, None), "volume", 0.0))
    assert flag.startswith(f"Zero volume on 6 days in a row ({DAYS[-6].date()} to {DAYS[-1].date()}); the last close")


def test_ticker_without_any_volume_has_no_flag() -> None:
    for volume in (0.0, np.nan):
        assert flags_of(changed(prices(), slice(None), "volume", volume)) == []


def test_single_day_without_volume_has_no_flag() -> None:
    series = changed(changed(prices(), slice(400, 404), "volume", 0.0), slice(-2, None), "volume", 0.0)
    assert flags_of(series) == []


@pytest.mark.parametrize("rows", [slice(700, 730), slice(-12, None)])
def test_constant_close_is_flagged(rows: slice) -> None:
    series = prices()
    price = float(series.frame["close"].iloc[rows.start])
    (flag,) = flags_of(changed(series, rows, "close", price))
    assert flag.startswith(f"The close stands at {price:,.2f} on {len(DAYS[rows])} days in a row (")


def test_short_history_is_flagged_with_its_tests() -> None:
    series = prices(DAYS[-120:])
    found = answer(series, date(2026, 11, 20))
    assert found.backtest
    assert found.data.flags == [
        f"Short history: 120 prices since {series.first}; the interval rests on about "
        f"{found.backtest.independent_tests} independent test of this ticker."
    ]
    assert "rests on no test of this ticker" in answer(series, date(2026, 11, 20), days=365).data.flags[0]


def test_closes_on_few_trading_days_are_flagged() -> None:
    (flag,) = flags_of(prices(DAYS[::3]))
    assert flag.startswith("Closes exist on about 33 % of the trading days only; ")


def test_weekly_closes_are_flagged_as_such() -> None:
    (flag,) = flags_of(prices(DAYS[::5]))
    assert flag.startswith("The prices are weekly and are forecast in steps of a week; ")


def test_many_dropped_rows_are_flagged_and_few_are_not() -> None:
    assert flags_of(replace(prices(), dropped=5)) == []
    (flag,) = flags_of(replace(prices(), dropped=400))
    assert flag.startswith("400 faulty rows ")


def everything() -> PriceSeries:
    """Return prices with more unusual features than there are flags."""
    series = changed(changed(prices(), slice(300, 400), "close", 50.0), slice(800, 900), "volume", 0.0)
    series = without(scaled(series, slice(-50, None), 0.25), slice(-200, -130))
    return replace(series, flags=("adj_close is missing", f"looks like a split on {DAYS[-50].date()}"), dropped=500)


def test_at_most_five_flags_with_the_newest_jump_first() -> None:
    flags = flags_of(everything())
    assert len(flags) == MOST_FLAGS
    assert "looks like a split" in flags[0]
    assert flags[1].startswith("No close for ")


def test_each_flag_is_a_sentence_that_fits_on_a_line() -> None:
    dear = replace(everything(), frame=everything().frame * 12345.678)
    for flag in (*flags_of(dear), *flags_of(prices(DAYS[-90:]))):
        assert flag.endswith(".")
        assert len(flag) <= 160


@pytest.mark.parametrize("closes", [np.full(80, 5.0), np.geomspace(1, 1e9, 80)])
def test_constant_and_jumping_prices_are_flagged(closes: FloatArray) -> None:
    series = prices(DAYS[-80:])
    odd = replace(series, frame=series.frame.assign(close=closes))
    assert answer(odd, date(2026, 11, 20)).data.flags
