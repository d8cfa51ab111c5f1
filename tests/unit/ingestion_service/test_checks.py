"""The checks of a series before it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.errors import ImplausiblePrices, ProviderUnavailable, TooLittleData, UnknownTicker
from common.domain.prices import COLUMNS, MIN_ROWS, PriceSeries
from ingestion_service.prices.checks import PRICES, check_series
from ingestion_service.providers.sample import Sample
from webserver.stocks.price_tables import PriceTable

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # Friday, 15:00 in New York: the session is open
BAD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.5])


def series_of(rows: int = 200, start: str = "2024-01-01") -> PriceSeries:
    close = 10 * np.exp(np.random.default_rng(2).normal(0, 0.01, rows).cumsum())
    index = pd.bdate_range(start, periods=rows, name="date")
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, close) | {"volume": 5.0}, index=index)
    return PriceSeries("ACME", "tiingo", "USD", frame[list(COLUMNS)])


def replace_frame(series: PriceSeries, frame: pd.DataFrame) -> PriceSeries:
    return replace(series, frame=frame)


def test_a_clean_series_passes_unchanged():
    series = series_of()
    pd.testing.assert_frame_equal(check_series(series, NOW).frame, series.frame, check_freq=False)


@settings(max_examples=50)
@given(order=st.permutations(range(70)), repeated=st.lists(st.integers(0, 69), max_size=5))
def test_order_and_exact_repetition_do_not_matter(order, repeated):
    series = series_of(70)
    mixed = replace_frame(series, series.frame.iloc[[*order, *repeated]])
    pd.testing.assert_frame_equal(check_series(mixed, NOW).frame, series.frame, check_freq=False)


@settings(max_examples=50)
@given(faults=st.dictionaries(st.integers(0, 199), st.tuples(st.sampled_from(PRICES), BAD), max_size=20))
def test_a_bad_close_removes_its_row_and_any_other_bad_price_its_cell(faults):
    series = series_of()
    broken = series.frame.copy()
    expected = series.frame.copy()
    for row, (column, value) in faults.items():
        broken.iloc[row, broken.columns.get_loc(column)] = value
        expected.iloc[row, expected.columns.get_loc(column)] = np.nan
    kept = check_series(replace_frame(series, broken), NOW).frame
    pd.testing.assert_frame_equal(kept, expected[expected["close"].notna()], check_freq=False)


@pytest.mark.parametrize(
    ("columns", "rows", "flag"),
    [
        (["adj_close"], slice(None, None, 3), "no usable adj_close on 67 days"),
        (["adj_close"], slice(None), "no usable adj_close on any day"),
        (["open"], slice(None), "no usable open on any day"),
        (["open", "high", "low"], slice(None, None, 4), "no usable open, high and low on 50 days"),
        (["high", "low"], slice(7, 8), "no usable high and low on 1 day"),
    ],
)
@pytest.mark.parametrize("value", [0.0, -3.0, np.nan, np.inf, 1e200])
def test_a_faulty_auxiliary_column_is_removed_and_flagged(columns, rows, flag, value):
    series = series_of()
    frame = series.frame.copy()
    frame.loc[frame.index[rows], columns] = value
    checked = check_series(replace_frame(series, frame), NOW)
    assert (len(checked), checked.dropped, checked.flags) == (200, 0, (flag,))
    assert checked.frame.loc[frame.index[rows], columns].isna().all(axis=None)
    assert checked.frame.notna().sum().sum() == 200 * 6 - frame.loc[frame.index[rows], columns].size
    assert check_series(checked, NOW).flags == (flag,)


def test_the_failure_of_too_few_rows_counts_the_implausible_ones():
    series = series_of()
    frame = series.frame.copy()
    frame.loc[frame.index[20:], "close"] = 0.0
    with pytest.raises(TooLittleData, match="has 20 prices after 180 implausible ones were left out"):
        check_series(replace_frame(series, frame), NOW)


@pytest.mark.parametrize("rows", [1, 3, 200])
def test_two_equal_rows_of_one_day_become_one(rows):
    series = series_of()
    other = series.frame.iloc[-rows:].assign(volume=7.0, high=lambda frame: frame["high"] * 1.001)
    days = f"{rows} days, the last " if rows > 1 else ""
    for first, second in ((series.frame, other), (other, series.frame)):
        checked = check_series(replace_frame(series, pd.concat([first, second])), NOW)
        assert (len(checked), checked.dropped) == (200, rows)
        assert checked.frame.index.is_monotonic_increasing
        assert checked.frame["volume"].tolist() == [5.0] * (200 - rows) + [7.0] * rows
        assert checked.flags == (f"two rows with one close on {days}{other.index[-1]:%Y-%m-%d}",)


def test_the_row_with_more_prices_is_kept_of_two_of_one_day():
    series = series_of()
    empty = series.frame.iloc[[7]].assign(open=0.0, adj_close=0.0, volume=9e9)
    checked = check_series(replace_frame(series, pd.concat([series.frame, empty])), NOW)
    pd.testing.assert_frame_equal(checked.frame, series.frame, check_freq=False)


def test_accepted_bars_survive_the_csv_bit_for_bit():
    series = check_series(series_of(), NOW)
    again = PriceSeries.from_csv(series.to_csv(), ticker="ACME", source="tiingo", currency="USD")
    pd.testing.assert_frame_equal(again.frame, series.frame, check_exact=True, check_freq=False, check_index_type=False)


def test_two_prices_for_one_day_are_rejected():
    series = series_of()
    with pytest.raises(ProviderUnavailable, match="two different prices of ACME"):
        check_series(replace_frame(series, pd.concat([series.frame, series.frame.iloc[[7]] * 1.01])), NOW)


def test_a_broken_row_does_not_contradict_others():
    series = series_of()
    doubled = replace_frame(series, pd.concat([series.frame, series.frame.iloc[[7]] * 0]))
    assert len(check_series(doubled, NOW)) == 200


def test_only_the_last_ten_years_are_kept():
    assert check_series(series_of(4000, "2010-01-01"), NOW).first == date(2015, 5, 4)


@pytest.mark.parametrize("rows", [0, 1, MIN_ROWS - 1])
def test_too_few_rows_are_too_little_data(rows):
    series = series_of()
    with pytest.raises(TooLittleData, match=f"ACME has {rows} prices"):
        check_series(replace_frame(series, series.frame.iloc[:rows]), NOW)


@pytest.mark.parametrize(("ticker", "rows"), [("AAPL", 2518), ("FB", 196), ("GOOG", 2148)])
def test_the_sample_has_its_last_ten_years_on_every_date(ticker, rows):
    series = check_series(Sample().fetch(ticker, since=date(2026, 1, 1), timeout_s=1), NOW)
    assert len(series) == rows
    assert (series.source, series.currency, series.last) == ("sample", "USD", date(2013, 3, 1))
    moves = np.log(series.frame["close"]).diff().abs()
    assert moves.max() < 0.2


def test_the_failure_of_the_sample_lists_its_tickers():
    with pytest.raises(UnknownTicker, match="AAPL, FB, GOOG, IBM, MSFT"):
        Sample().fetch("TSLA", since=date(2026, 1, 1), timeout_s=1)


def test_dropped_rows_are_counted():
    series = series_of()
    broken = pd.concat([series.frame, series.frame.iloc[[7]], series.frame.iloc[[9]] * np.nan])
    assert check_series(replace_frame(series, broken), NOW).dropped == 2


def ending(day: str, **columns: float) -> PriceSeries:
    series = series_of(100)
    index = pd.bdate_range(end=day, periods=100, name="date")
    frame = series.frame.set_index(index)
    frame.loc[index[-1], list(columns)] = list(columns.values())
    return replace_frame(series, frame)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-20T14:00Z", "2026-11-19"),  # before the session
        ("2026-11-20T20:59Z", "2026-11-19"),  # in it
        ("2026-11-20T21:14Z", "2026-11-19"),  # over, but not yet published
        ("2026-11-20T21:15Z", "2026-11-20"),
        ("2026-11-21T03:00Z", "2026-11-20"),  # Saturday in London, Friday night in New York
        ("2026-11-27T18:14Z", "2026-11-20"),  # a short Friday, later than the series
        ("2026-11-19T23:00Z", "2026-11-19"),  # the last row is of tomorrow
    ],
)
def test_a_row_of_an_open_session_is_dropped(now, last):
    series = check_series(ending("2026-11-20"), datetime.fromisoformat(now))
    assert (series.last, series.dropped) == (date.fromisoformat(last), 0)


@pytest.mark.parametrize(("now", "last"), [("2026-11-27T18:14Z", "2026-11-26"), ("2026-11-27T18:15Z", "2026-11-27")])
def test_short_sessions_end_early(now, last):
    assert check_series(ending("2026-11-27"), datetime.fromisoformat(now)).last == date.fromisoformat(last)


def test_a_market_that_never_closes_has_days_in_utc():
    series = series_of(100)
    frame = series.frame.set_index(pd.date_range(end="2026-11-20", periods=100, name="date"))
    for now, last in (("2026-11-20T23:59Z", 19), ("2026-11-21T00:00Z", 20)):
        assert check_series(replace_frame(series, frame), datetime.fromisoformat(now)).last == date(2026, 11, last)


def test_a_last_row_without_trades_is_dropped_if_other_rows_have_trades():
    price = {"open": 9.0, "high": 9.0, "low": 9.0, "close": 9.0, "volume": 0.0}
    assert check_series(ending("2026-11-19", **price), NOW).last == date(2026, 11, 18)
    assert check_series(ending("2026-11-19", **price | {"high": 9.5}), NOW).last == date(2026, 11, 19)


@pytest.mark.parametrize("volume", [np.nan, np.inf, -1.0, -0.0])
def test_an_impossible_volume_becomes_zero(volume):
    series = series_of()
    frame = series.frame.assign(volume=volume)
    checked = check_series(replace_frame(series, frame), NOW)
    assert (checked.frame["volume"] == 0).all()
    assert not np.signbit(checked.frame["volume"]).any()
    assert len(checked) == 200
    assert (checked.flags == ("impossible volume on 200 days, the last 2024-10-04",)) == (volume in {np.inf, -1.0})


@pytest.mark.parametrize(
    ("changes", "dropped", "emptied"),
    [
        ({"high": 0.99}, 0, []),  # a close above the high by rounding: widened
        ({"low": 1.01}, 0, []),
        ({"close": 100.0}, 1, []),  # 100 times, in one column
        ({"close": 0.5}, 1, []),
        ({"open": 0.01}, 0, ["open"]),
        ({"open": 1.2}, 0, ["open"]),
        ({"high": 0.5, "open": 0.7}, 0, ["high", "open"]),
        ({"low": 1.05, "high": 0.95}, 0, ["high", "low"]),  # upside down
    ],
)
def test_low_and_high_enclose_open_and_close(changes, dropped, emptied):
    series = series_of()
    frame = series.frame.assign(low=series.frame["low"] * 0.99, high=series.frame["high"] * 1.01)
    for column, factor in changes.items():
        frame.loc[frame.index[50], column] *= factor
    checked = check_series(replace_frame(series, frame), NOW)
    assert checked.dropped == dropped
    assert not (checked.frame["low"] > checked.frame[["open", "close"]].min(axis=1)).any()
    assert not (checked.frame["high"] < checked.frame[["open", "close"]].max(axis=1)).any()
    if dropped:
        assert checked.flags == ("a close outside of its day's range left out on 2024-03-11",)
    else:
        pd.testing.assert_series_equal(checked.frame["close"], series.frame["close"], check_freq=False)
        absent = checked.frame.iloc[50].isna()
        assert set(absent.index[absent]) == set(emptied)


@pytest.mark.parametrize("factor", [4.0, 0.01, 1.5])
def test_a_column_that_contradicts_every_close_removes_no_row(factor):
    series = series_of()
    for column in ("open", "high", "low"):
        frame = series.frame.assign(low=series.frame["low"] * 0.99, high=series.frame["high"] * 1.01)
        frame[column] *= factor
        checked = check_series(replace_frame(series, frame), NOW)
        assert (len(checked), checked.dropped) == (200, 0)
        pd.testing.assert_series_equal(checked.frame["close"], series.frame["close"], check_freq=False)


def scaled(factor: float, columns: list[str], rows: slice) -> PriceSeries:
    series = series_of()
    frame = series.frame.copy()
    frame.loc[frame.index[rows], columns] *= factor
    return replace_frame(series, frame)


@pytest.mark.parametrize("factor", [2.0, 2.08, 1 / 2, 1.5, 2 / 3, 3.0, 10.0, 1 / 10, 50.0])
def test_an_unadjusted_split_is_flagged(factor):
    series = check_series(scaled(factor, PRICES, slice(0, 50)), NOW)
    assert series.flags == ("looks like a split on 2024-03-11",)
    assert len(series) == 200


@pytest.mark.parametrize("columns", [PRICES, ["open", "high", "low", "close"]])
def test_a_day_in_pence_among_days_in_pounds_is_dropped_counted_and_flagged(columns):
    series = check_series(scaled(100.0, columns, slice(50, 51)), NOW)
    assert series.flags == ("a close in another unit left out on 2024-03-11",)
    assert (len(series), series.dropped) == (199, 1)


@pytest.mark.parametrize("rows", [slice(0, 50), slice(50, 200), slice(199, 200), slice(197, 200), slice(60, 120)])
@pytest.mark.parametrize("factor", [100.0, 104.0, 1 / 100, 1000.0])
def test_a_series_that_changes_its_unit_is_rejected(factor, rows):
    with pytest.raises(ImplausiblePrices, match=r"ACME seem to change their unit on 202\d-\d\d-\d\d, from .* USD"):
        check_series(scaled(factor, PRICES, rows), NOW)


def test_a_rejection_of_prices_in_an_unknown_currency_says_so():
    series = replace(scaled(100.0, PRICES, slice(197, 200)), currency="XXX")
    with pytest.raises(ImplausiblePrices, match=r"\(unknown currency\)"):
        check_series(series, NOW)


@pytest.mark.parametrize("columns", [["close"], ["close", "adj_close"], ["close", "low", "high"]])
@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_a_change_of_the_unit_in_the_closes_only_is_rejected(columns, factor):
    series = scaled(factor, columns, slice(197, 200))
    frame = series.frame.assign(low=series.frame["low"] * 0.99, high=series.frame["high"] * 1.01)
    with pytest.raises(ImplausiblePrices, match="change their unit on 2024-10-02"):
        check_series(replace_frame(series, frame), NOW)


def test_an_unadjusted_split_is_flagged_despite_a_smooth_adjusted_close():
    series = check_series(scaled(4.0, ["open", "high", "low", "close"], slice(0, 50)), NOW)
    assert series.flags == ("looks like a split on 2024-03-11",)


def test_an_ordinary_crash_is_not_flagged():
    assert check_series(scaled(1.2, PRICES, slice(0, 50)), NOW).flags == ()


@pytest.mark.parametrize("factor", [5 / 4, 4 / 3, 3 / 4])
def test_a_small_split_on_a_quiet_day_is_flagged(factor):
    series = series_of()
    frame = series.frame.copy()
    frame[PRICES] = 10.0
    frame.loc[frame.index[:50], PRICES] *= factor
    assert check_series(replace_frame(series, frame), NOW).flags == ("looks like a split on 2024-03-11",)


def test_a_spike_is_flagged_with_every_adjusted_close():
    series = check_series(scaled(20.0, ["open", "high", "low", "close"], slice(50, 51)), NOW)
    assert series.flags == ("looks like a split on 2024-03-11", "looks like a split on 2024-03-12")


@pytest.mark.parametrize("price", [1e200, 1.7e308, 2e12, 5e-324, 1e-9])
def test_closes_outside_the_plausible_range_are_rejected(price):
    series = series_of()
    frame = series.frame.copy()
    frame[PRICES] = price
    with pytest.raises(ImplausiblePrices, match=r"200 of 200 closes of ACME are above 1e.12 or below 1e-08"):
        check_series(replace_frame(series, frame), NOW)


@pytest.mark.parametrize("row", [0, 70, -1])
def test_one_close_outside_the_plausible_range_is_dropped_and_flagged(row):
    series = series_of()
    frame = series.frame.copy()
    frame.loc[frame.index[row], PRICES] = 1e200
    checked = check_series(replace_frame(series, frame), NOW)
    assert (len(checked), checked.dropped) == (199, 1)
    assert checked.flags == (f"a close beyond every sensible range left out on {frame.index[row]:%Y-%m-%d}",)


def test_two_rows_of_one_day_become_one_row():
    series = series_of()
    again = series.frame.iloc[[7]].set_axis(series.frame.index[[7]] + pd.Timedelta("16h"))
    checked = check_series(replace_frame(series, pd.concat([series.frame, again])), NOW)
    assert (len(checked), checked.dropped) == (200, 1)
    with pytest.raises(ProviderUnavailable, match="two different prices of ACME"):
        check_series(replace_frame(series, pd.concat([series.frame, again * 1.01])), NOW)


def test_many_flags_are_summarised_and_those_of_the_source_stay():
    every_other = replace(scaled(1.0, PRICES, slice(0, 0)), flags=("no dividends in adj_close",))
    frame = every_other.frame.copy()
    frame.iloc[::2] *= 2
    flags = check_series(replace_frame(every_other, frame), NOW).flags
    assert flags[0] == "no dividends in adj_close"
    assert (len(flags), flags[-1]) == (7, "looks like a split on 194 other days")


PRICE = st.one_of(st.floats(), st.floats(min_value=5e-324, max_value=1e-300), st.floats(min_value=1e-3, max_value=1e6))
DAY = st.one_of(st.dates(), st.dates(date(2024, 1, 1), date(2024, 5, 31)))
IN_ORDER = st.lists(st.floats(min_value=0, exclude_min=True, allow_infinity=False), min_size=4, max_size=4).map(sorted)
SOUND_ROW = st.tuples(DAY, IN_ORDER.map(lambda four: [four[1], four[3], four[0], four[2]]), PRICE, PRICE)
ANY_ROW = st.tuples(DAY, st.lists(PRICE, min_size=4, max_size=4), PRICE, PRICE)
ROWS = st.lists(st.one_of(SOUND_ROW, ANY_ROW), max_size=130)


def of_rows(rows: list[tuple[date, list[float], float, float]], good: int) -> PriceSeries:
    """Return a series of arbitrary rows, among them ``good`` ones of a share."""
    index = pd.DatetimeIndex(pd.to_datetime([row[0] for row in rows]), name="date")
    noise = pd.DataFrame([[*row[1], *row[2:]] for row in rows], columns=list(COLUMNS), index=index, dtype="float64")
    series = series_of(max(good, 1), "2024-06-03")
    return replace_frame(series, pd.concat([noise, series.frame]))


@settings(max_examples=150)
@given(rows=ROWS, good=st.integers(0, 90))
def test_any_accepted_series_survives_the_csv_bit_for_bit(rows, good):
    try:
        checked = check_series(of_rows(rows, good), NOW)
    except (ImplausiblePrices, ProviderUnavailable, TooLittleData):
        return
    again = PriceSeries.from_csv(checked.to_csv(), ticker="ACME", source="tiingo", currency="USD")
    assert again.frame.index.tolist() == checked.frame.index.tolist()
    assert again.frame.to_numpy().tobytes() == checked.frame.to_numpy().tobytes()  # to the sign of a zero
    assert len(PriceTable.from_csv(checked.to_csv()).rows) == len(checked)
    assert checked.frame.index.is_monotonic_increasing
    assert checked.frame.index.is_unique
    assert checked.frame["close"].between(1e-8, 1e12).all()
    assert (checked.frame[PRICES].isna() | (checked.frame[PRICES] > 0)).all(axis=None)
    assert not np.isinf(checked.frame[PRICES]).any(axis=None)
    assert not (checked.frame["low"] > checked.frame[["open", "close"]].min(axis=1)).any()
    assert not (checked.frame["high"] < checked.frame[["open", "close"]].max(axis=1)).any()
    pd.testing.assert_frame_equal(check_series(checked, NOW).frame, checked.frame)  # passing twice changes nothing


@pytest.mark.parametrize("year", [1, 5, 1677, 1899])
def test_days_before_1900_are_dropped(year):
    series = series_of()
    days = pd.DatetimeIndex([date(year, 3, 1) + timedelta(days=row) for row in range(200)], name="date")
    with pytest.raises(TooLittleData, match="ACME has 0 prices after 200 implausible ones"):
        check_series(replace_frame(series, series.frame.set_index(days)), NOW)
    one = replace_frame(series, pd.concat([series.frame.set_index(days).iloc[:1], series.frame]))
    assert (len(check_series(one, NOW)), check_series(one, NOW).dropped) == (200, 1)
