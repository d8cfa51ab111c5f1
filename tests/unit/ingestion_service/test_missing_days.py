"""Stored days that a refresh lacks are kept, in the adjustment of the new prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.missing_days import continue_series, retain_missing_days
from ingestion_service.prices.reconciliation import agrees_in_overlap, find_contradiction

SINCE = date(2024, 1, 1)
ROWS = 300
PRICES = ["open", "high", "low", "close", "adj_close"]


def series(rows: int = ROWS) -> PriceSeries:
    close = 50 * np.exp(np.random.default_rng(3).normal(0, 0.01, rows).cumsum())
    index = pd.bdate_range(SINCE, periods=rows, name="date")
    columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "adj_close": close * 0.9}
    return PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(columns | {"volume": 8.0}, index=index)[list(COLUMNS)])


def changed(
    factor: float, *, adjusted: float = 1.0, without: Sequence[int] = (), rows: slice = slice(None)
) -> PriceSeries:
    frame = series().frame.copy()
    frame.loc[frame.index[rows], PRICES] *= factor
    frame.loc[frame.index[rows], "adj_close"] *= adjusted
    return replace(series(), frame=frame.drop(frame.index[list(without)]))


STORED = replace(series(), frame=series().frame.iloc[:290])
DAYS = series().frame.index


@pytest.mark.parametrize("missing", [[285, 286], [288], [250, 270, 289], [5], [0, 1]])
@pytest.mark.parametrize(("factor", "adjusted"), [(1.0, 1.0), (0.25, 1.0), (1.0, 0.97), (2.0, 0.97), (1 / 3, 1.0)])
def test_stored_days_that_a_history_lacks_are_kept_in_its_adjustment(missing, factor, adjusted):
    whole = changed(factor, adjusted=adjusted, without=missing)
    assert find_contradiction(STORED, whole, SINCE) is None
    merged = retain_missing_days(whole, STORED, SINCE)
    expected = changed(factor, adjusted=adjusted).frame
    expected.loc[DAYS[missing], "volume"] /= factor
    pd.testing.assert_frame_equal(merged.frame, expected, check_freq=False, rtol=1e-12)
    assert merged.flags == tuple(f"missing at the source and kept: {DAYS[row]:%Y-%m-%d}" for row in missing)


def test_days_kept_without_scaling_stay_bit_for_bit():
    merged = retain_missing_days(changed(1.0, without=[285, 286]), STORED, SINCE)
    pd.testing.assert_frame_equal(merged.frame, series().frame, check_exact=True, check_freq=False)


def test_without_a_constant_factor_around_a_missing_day_the_old_series_stays():
    assert retain_missing_days(changed(0.5, without=[150], rows=slice(0, 150)), STORED, SINCE) is None
    assert retain_missing_days(changed(0.97, without=[150], rows=slice(0, 150)), STORED, SINCE) is None
    assert retain_missing_days(changed(0.97, without=[100], rows=slice(0, 150)), STORED, SINCE) is not None


def test_without_a_constant_adjustment_around_a_missing_day_its_adjusted_close_is_empty():
    whole = changed(1.0, adjusted=0.9, without=[150], rows=slice(0, 150))
    kept = retain_missing_days(whole, STORED, SINCE).frame.loc[DAYS[150]]
    assert kept.drop("adj_close").equals(STORED.frame.loc[DAYS[150]].drop("adj_close"))
    assert np.isnan(kept["adj_close"])


def test_a_complete_history_stays_unchanged():
    whole = changed(0.5)
    assert retain_missing_days(whole, STORED, SINCE) is whole


def test_days_before_the_requested_range_are_kept_without_a_flag():
    whole = changed(0.5, without=list(range(20)))
    merged = retain_missing_days(whole, STORED, whole.first)
    assert (merged.first, merged.flags) == (STORED.first, ())


@pytest.mark.parametrize("missing", [[285], [285, 286], [280, 289], list(range(276, 282))])
def test_stored_days_that_the_new_end_lacks_stay_unchanged(missing):
    recent = changed(1.0, without=[*range(270), *missing])
    assert agrees_in_overlap(STORED, recent)
    merged = continue_series(STORED, recent)
    pd.testing.assert_frame_equal(merged.frame, series().frame, check_exact=True, check_freq=False)
    assert merged.flags[0] == f"missing at the source and kept: {DAYS[missing[0]]:%Y-%m-%d}"


def test_a_day_that_the_provider_has_again_is_no_longer_flagged():
    without, whole_end = changed(1.0, without=[*range(270), 285]), changed(1.0, without=list(range(270)))
    once = continue_series(STORED, without)
    assert continue_series(once, without).flags == once.flags
    assert continue_series(once, whole_end).flags == ()


def test_flags_of_the_new_rows_join_those_of_the_stored_ones():
    stored = replace(STORED, flags=("no dividends in adj_close",))
    recent = replace(changed(1.0, without=list(range(270))), flags=("no dividends in adj_close", "two rows"))
    assert continue_series(stored, recent).flags == ("no dividends in adj_close", "two rows")


def test_adjusted_closes_that_the_new_end_lacks_stay():
    recent = changed(1.0, without=list(range(270)))
    recent = replace(recent, frame=recent.frame.assign(adj_close=np.nan))
    assert agrees_in_overlap(STORED, recent)
    merged = continue_series(STORED, recent).frame["adj_close"]
    assert merged.iloc[:290].notna().all()
    assert merged.iloc[290:].isna().all()


@given(missing=st.sets(st.integers(1, 288), max_size=6), factor=st.sampled_from([1.0, 0.1, 2.0, 7.0]))
def test_no_day_is_ever_lost(missing, factor):
    merged = retain_missing_days(changed(factor, without=sorted(missing)), STORED, SINCE)
    assert list(merged.frame.index) == list(DAYS)


def test_flags_of_days_that_are_fetched_again_are_not_repeated() -> None:
    old, other = f"looks like a split on {DAYS[10]:%Y-%m-%d}", "no dividends in adj_close"
    stored = replace(STORED, flags=(old, other))
    for rows in range(291, 301):
        flag = f"impossible volume on 3 days, the last {DAYS[rows - 1]:%Y-%m-%d}"
        recent = replace(series(), frame=series().frame.iloc[rows - 15 : rows], flags=(flag, other))
        stored = continue_series(stored, recent)
        assert stored.flags == (old, other, flag)


def test_the_flag_of_a_corrected_day_is_dropped() -> None:
    stored = replace(STORED, flags=(f"no open on 2 days, the last {DAYS[288]:%Y-%m-%d}",))
    assert continue_series(stored, replace(series(), frame=series().frame.iloc[275:292])).flags == ()
