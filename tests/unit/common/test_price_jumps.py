"""The distinction of unadjusted splits and changes of the unit from crashes and payouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from common.domain.price_jumps import find_jump_days, find_unit_changes
from common.domain.prices import COLUMNS
from ingestion_service.prices.checks import check_rows
from ingestion_service.providers.sample import TICKERS, Sample
from tests.unit.ingestion_service.test_checks import NOW

ROWS = 200
FOUR = ["open", "high", "low", "close"]


def frame_of(rows: int = ROWS) -> pd.DataFrame:
    close = 700 * np.exp(np.random.default_rng(2).normal(0, 0.015, rows).cumsum())
    index = pd.bdate_range("2024-01-01", periods=rows, name="date")
    columns = {"open": close * 0.99, "high": close * 1.02, "low": close * 0.98, "close": close, "adj_close": close}
    return pd.DataFrame(columns | {"volume": 1e6}, index=index)[list(COLUMNS)]


def scaled(factor: float, rows: slice, columns: list[str] | None = None) -> pd.DataFrame:
    frame = frame_of()
    frame.loc[frame.index[rows], columns or [*FOUR, "adj_close"]] *= factor
    return frame


@pytest.mark.parametrize("ratio", [4.0, 2.0, 3.0, 10.0, 20.0, 1.5, 5 / 4, 4 / 3, 6 / 5, 1 / 2, 1 / 10])
def test_a_split_in_the_close_only_is_an_unadjusted_split(ratio):
    frame = scaled(ratio, slice(0, 50), FOUR)
    assert list(find_jump_days(frame)) == [frame.index[50]]


def test_an_unadjusted_split_is_found_also_with_a_dividend_on_its_day():
    frame = scaled(4.0, slice(0, 50), FOUR)
    frame.loc[frame.index[:50], "adj_close"] *= 0.99
    assert list(find_jump_days(frame)) == [frame.index[50]]


@pytest.mark.parametrize("payout", [0.1, 0.22, 0.3, 0.42, 0.47, 0.54])
def test_a_large_payout_is_not_a_split(payout):
    assert not len(find_jump_days(scaled(1 / (1 - payout), slice(0, 50), FOUR)))


def test_an_adjusted_close_that_is_missing_explains_nothing():
    frame = scaled(4.0, slice(0, 50), FOUR).assign(adj_close=np.nan)
    assert list(find_jump_days(frame)) == [frame.index[50]]


@pytest.mark.parametrize("ticker", TICKERS)
def test_the_sample_has_neither_jumps_nor_changes_of_the_unit(ticker):
    frame = check_rows(Sample().fetch(ticker, since=NOW.date(), timeout_s=1), NOW).frame
    assert not len(find_jump_days(frame))
    assert not len(find_unit_changes(frame).days)
    assert not len(find_unit_changes(frame).stray_days)


@pytest.mark.parametrize("factor", [100.0, 0.01, 1000.0, 0.001, 1e4, 1e-6])
@pytest.mark.parametrize("rows", [1, 2, 3, 30, 100])
def test_a_unit_that_changes_near_the_end_is_found_on_its_day(factor, rows):
    frame = scaled(factor, slice(ROWS - rows, ROWS))
    assert list(find_unit_changes(frame).days) == [frame.index[ROWS - rows]]
    assert not len(find_unit_changes(frame).stray_days)


@pytest.mark.parametrize("factor", [0.5, 0.3, 1 / 4, 1 / 10, 1 / 50, 1 / 300])
def test_crashes_and_splits_are_not_changes_of_the_unit(factor):
    assert not len(find_unit_changes(scaled(factor, slice(150, ROWS))).days)


def test_a_traded_collapse_is_not_a_change_of_the_unit():
    frame = scaled(0.01, slice(150, ROWS))
    frame.loc[frame.index[150], ["open", "high"]] *= 90
    assert not len(find_unit_changes(frame).days)
    frame = scaled(100.0, slice(150, ROWS))
    frame.loc[frame.index[150], ["open", "low"]] /= 90
    assert not len(find_unit_changes(frame).days)


@pytest.mark.parametrize("rows", [slice(0, 1), slice(0, 3), slice(70, 71), slice(70, 74)])
def test_a_few_days_in_another_unit_are_stray_days(rows):
    frame = scaled(100.0, rows)
    assert list(find_unit_changes(frame).stray_days) == list(frame.index[rows])
    assert not len(find_unit_changes(frame).days)


def test_scattered_days_in_another_unit_are_stray_days():
    frame = frame_of(2000)
    days = [100, 640, 641, 1500]
    frame.iloc[days] /= 100
    assert list(find_unit_changes(frame).stray_days) == list(frame.index[days])


def test_many_days_in_another_unit_are_a_change_of_the_unit():
    frame = frame_of()
    frame.iloc[20:180:8] *= 100
    assert len(find_unit_changes(frame).days) == 40
    assert not len(find_unit_changes(frame).stray_days)


def test_a_stray_day_does_not_hide_a_change_at_the_end():
    frame = scaled(100.0, slice(70, 71))
    frame.iloc[-2:] /= 100
    assert list(find_unit_changes(frame).days) == [frame.index[-2]]


def test_no_rows_and_one_row_have_no_jumps():
    for rows in (0, 1):
        frame = frame_of().iloc[:rows]
        assert not len(find_jump_days(frame))
        assert not len(find_unit_changes(frame).days)
        assert not len(find_unit_changes(frame).stray_days)


def test_closes_alone_are_enough_for_a_change_of_the_unit():
    frame = scaled(0.01, slice(197, ROWS))[["close"]]
    assert list(find_unit_changes(frame).days) == [frame.index[197]]
