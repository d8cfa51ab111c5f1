"""The detection of splits and the adjustment for them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion_service.providers.sample import read_table
from ingestion_service.splits import adjust_for_splits, find_split_factors

ROWS = 40
INDEX = pd.bdate_range("2020-01-01", periods=ROWS)
RATIOS = st.sampled_from([2.0, 3.0, 4.0, 7.0, 10.0, 20.0, 1.5, 4 / 3, 0.5, 0.1, 0.02])


def shares_price(events: dict[int, float], dividends: dict[int, float]) -> tuple[pd.Series, pd.Series]:
    """Return raw and adjusted closes of a quiet share with splits (factors) and dividends (shares of the price)."""
    value = pd.Series(100 * np.exp(np.random.default_rng(5).normal(0, 0.01, ROWS).cumsum()), index=INDEX)
    raw, adjusted = value.copy(), value.copy()
    for day, factor in events.items():
        raw.iloc[:day] *= factor
    for day, share in dividends.items():
        raw.iloc[day:] *= 1 - share
    adjusted *= raw.iloc[-1] / value.iloc[-1]
    return raw, adjusted


@pytest.mark.parametrize(
    ("ticker", "days"),
    [("AAPL", ["2000-06-21", "2005-02-28"]), ("MSFT", ["2003-02-18"]), ("IBM", []), ("GOOG", []), ("FB", [])],
)
def test_the_sample_has_exactly_these_splits(ticker, days):
    table = pd.DataFrame(read_table(ticker)).set_index("date")
    factors = find_split_factors(table["close"], table["adj_close"])
    assert dict(factors[factors != 1]) == dict.fromkeys(days, 2.0)  # nor Microsoft's dividend of 2004-11-15


@given(ratio=RATIOS, day=st.integers(1, ROWS - 1), dividend=st.floats(0, 0.015))
def test_a_split_is_found_on_its_day_also_with_an_ordinary_dividend(ratio, day, dividend):
    dividend = dividend if ratio >= 2 or ratio <= 0.5 else 0.0
    raw, adjusted = shares_price({day: ratio}, {day: dividend} if dividend else {})
    factors = find_split_factors(raw, adjusted)
    assert dict(factors[factors != 1]) == {INDEX[day]: pytest.approx(ratio)}


@given(share=st.floats(0.001, 0.13), day=st.integers(1, ROWS - 1))
def test_a_dividend_is_not_a_split(share, day):
    raw, adjusted = shares_price({}, {day: share})
    assert (find_split_factors(raw, adjusted) == 1).all()


def test_a_step_without_a_jump_of_the_raw_price_is_not_a_split():
    raw, adjusted = shares_price({}, {})
    adjusted.iloc[:20] /= 2
    assert (find_split_factors(raw, adjusted) == 1).all()


def test_rows_without_a_price_hide_no_split():
    raw, adjusted = shares_price({20: 2.0}, {})
    raw.iloc[20], adjusted.iloc[19] = np.nan, 0.0
    assert dict(find_split_factors(raw, adjusted)[lambda factor: factor != 1]) == {INDEX[21]: 2.0}


@given(factors=st.dictionaries(st.integers(1, ROWS - 1), RATIOS, max_size=4))
def test_adjusting_by_given_factors_leaves_no_jump_and_keeps_turnover(factors):
    raw, adjusted = shares_price(factors, {})
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), raw) | {"volume": 1000.0})
    given_factors = pd.Series(1.0, index=INDEX)
    for day, factor in factors.items():
        given_factors.iloc[day] = factor
    result = adjust_for_splits(frame, given_factors)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_allclose(result[name], adjusted, rtol=1e-12)
    np.testing.assert_allclose(result["close"] * result["volume"], raw * 1000, rtol=1e-12)


@given(order=st.permutations(range(ROWS)), repeated=st.lists(st.integers(0, ROWS - 1), max_size=3))
def test_a_split_counts_once_with_repeated_or_unordered_rows(order, repeated):
    raw, adjusted = shares_price({20: 2.0}, {})
    rows = [*order, *repeated]
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), raw) | {"volume": 1000.0}).iloc[rows]
    factors = pd.Series(np.where(np.array(rows) == 20, 2.0, 1.0), index=frame.index)
    np.testing.assert_allclose(adjust_for_splits(frame, factors)["close"], adjusted.iloc[rows], rtol=1e-12)


def test_the_days_from_a_split_on_stay_as_they_are():
    table = pd.DataFrame(read_table("AAPL")).set_index("date")
    factors = find_split_factors(table["close"], table["adj_close"])
    adjusted = adjust_for_splits(table, factors)
    later = adjusted.index >= date(2005, 2, 28).isoformat()
    pd.testing.assert_series_equal(adjusted["close"][later], table["close"][later])
    before = adjusted.index[~later][-1]
    assert adjusted["close"][before] == table["close"][before] / 2
    assert adjusted["volume"][before] == table["volume"][before] * 2
