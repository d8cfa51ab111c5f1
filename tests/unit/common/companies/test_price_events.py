"""Dividends that are found in adjusted closes, and the text of splits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from common.domain.companies.price_events import find_dividends
from common.domain.companies.shares import MOST_SPLITS, Split, format_splits, parse_splits
from ingestion_service.providers.sample import parse, read_table


def adjusted_for(closes, dividends):
    """Return closes adjusted as sources do: before a dividend D they are multiplied by 1 - D/C."""
    adjusted = closes.copy()
    for place, amount in dividends.items():
        adjusted[:place] *= 1 - amount / closes[place - 1]
    return adjusted


def prices(number=500, start=50.0):
    days = [day.date() for day in pd.bdate_range("2023-01-02", periods=number)]
    return days, start * np.exp(np.random.default_rng(3).normal(0, 0.01, number).cumsum())


def test_dividends_are_found_with_their_days_and_amounts():
    days, closes = prices()
    paid = {100: 0.25, 163: 0.25, 226: 1.5}
    found = find_dividends(days, closes, adjusted_for(closes, paid))
    assert [(one.day, one.amount) for one in found] == [(days[place], amount) for place, amount in paid.items()]


def test_rounding_to_cents_is_no_dividend():
    days, closes = prices(start=8.0)
    closes = np.round(closes, 2)
    assert find_dividends(days, closes, np.round(adjusted_for(closes, {}), 2)) == ()
    found = find_dividends(days, closes, np.round(adjusted_for(closes, {250: 0.12}), 2))
    assert [one.day for one in found] == [days[250]]
    assert found[0].amount == pytest.approx(0.12, abs=0.02)


@pytest.mark.parametrize("missing", [np.nan, 0.0, -1.0, np.inf])
def test_days_without_an_adjusted_close_are_passed_over(missing):
    days, closes = prices()
    adjusted = adjusted_for(closes, {100: 0.3})
    adjusted[98:100] = missing
    assert [(one.day, one.amount) for one in find_dividends(days, closes, adjusted)] == [
        (days[100], pytest.approx(0.3, rel=0.05))
    ]
    assert find_dividends(days, closes, np.full(len(closes), missing)) == ()


def test_one_bar_and_a_falling_ratio_have_no_dividend():
    assert find_dividends([date(2024, 1, 2)], np.array([5.0]), np.array([4.0])) == ()
    days, closes = prices(10)
    assert find_dividends(days, closes, closes * np.linspace(1, 0.9, 10)) == ()


def test_the_sample_has_the_dividends_that_ibm_paid():
    series = parse("IBM", read_table("IBM"))
    frame = series.frame[series.frame.index >= "2010-01-01"]
    days = [day.date() for day in frame.index]
    found = find_dividends(days, frame["close"].to_numpy(), frame["adj_close"].to_numpy())
    known = {date(2010, 2, 8): 0.55, date(2011, 5, 6): 0.75, date(2012, 11, 7): 0.85}
    amounts = {one.day: one.amount for one in found}
    assert all(amounts[day] == pytest.approx(amount, abs=0.03) for day, amount in known.items())
    assert len(found) == 13


def test_splits_are_read_as_they_were_written():
    splits = (Split(date(2014, 6, 9), 7.0), Split(date(2020, 8, 31), 4.0), Split(date(2021, 1, 4), 0.1))
    assert parse_splits(format_splits(splits)) == splits
    assert parse_splits(format_splits(())) == ()
    assert len(parse_splits(format_splits(Split(date(2000 + n, 1, 3), 2.0) for n in range(25)))) == MOST_SPLITS


@pytest.mark.parametrize("text", [None, "", "2014-06-09", "2014-06-09=x", "2014-06-09=-1", "=2", "2014-06-09=nan"])
def test_damaged_splits_are_unknown(text):
    assert parse_splits(text) is None
