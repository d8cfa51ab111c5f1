"""The comparison of new prices with the stored ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.prices import COLUMNS, PriceSeries
from ingestion_service.prices.missing_days import continue_series
from ingestion_service.prices.reconciliation import (
    agrees_in_overlap,
    find_contradiction,
    find_contradiction_across_providers,
    loses_history,
    select_after,
)

SINCE = date(2024, 1, 1)


def series(rows: int = 300) -> PriceSeries:
    index = pd.bdate_range(SINCE, periods=rows, name="date")
    closes = 50 + np.arange(rows) / 8
    return PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, closes), index=index))


STORED = replace(series(), frame=series().frame.iloc[:290])


def replace_frame(frame: pd.DataFrame) -> PriceSeries:
    return replace(STORED, frame=frame)


def scaled(rows: slice, factor: float, columns: list[str] | None = None) -> PriceSeries:
    frame = series().frame.copy()
    frame.loc[frame.index[rows], columns or list(COLUMNS)] *= factor
    return replace_frame(frame)


def test_the_same_overlap_agrees():
    recent = select_after(series(), STORED.last - timedelta(days=21))
    assert agrees_in_overlap(STORED, recent)
    pd.testing.assert_frame_equal(continue_series(STORED, recent).frame, series().frame, check_freq=False)


@pytest.mark.parametrize(
    "recent",
    [
        select_after(scaled(slice(0, 300), 0.5), STORED.last - timedelta(days=21)),  # a split
        select_after(scaled(slice(0, 300), 0.99, ["adj_close"]), STORED.last - timedelta(days=21)),  # a dividend
        select_after(series(), STORED.last - timedelta(days=4)),  # too few to tell
        select_after(series(), STORED.last),
        replace_frame(series().frame.iloc[270:].set_axis(series().frame.index[270:] + pd.Timedelta("1D"))),  # a day off
        replace_frame(series().frame.iloc[:0]),
    ],
)
def test_a_different_overlap_does_not_agree(recent):
    assert not agrees_in_overlap(STORED, recent)


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (series(), None),
        (scaled(slice(0, 300), 0.25), None),  # one factor: a split since
        (scaled(slice(0, 300), 0.9, ["adj_close"]), None),  # a dividend since
        (scaled(slice(5, 9), 0.95), None),  # a few days were corrected
        (scaled(slice(5, 9), 0.01), "its closes differ by more than one factor"),
        (scaled(slice(0, 150), 0.5), "its closes differ by more than one factor"),
        (scaled(slice(0, 300, 7), 1.1), "its closes differ by more than one factor"),
        (replace_frame(series().frame.iloc[30:]), "it has lost history"),
        (replace_frame(series().frame.iloc[:280]), "it has lost history"),
        (replace_frame(series().frame.drop(series().frame.index[10:30])), "it lacks days"),
    ],
)
def test_a_history_that_contradicts_the_stored_one_is_detected(whole, reason):
    assert find_contradiction(STORED, whole, SINCE) == reason


def test_bars_older_than_the_requested_range_are_not_lost():
    recent = replace_frame(series().frame.iloc[100:])
    assert loses_history(STORED, recent, SINCE)
    assert not loses_history(STORED, recent, recent.first)


LONG = series(2500)
DAYS = LONG.frame.index


def long_with(rows, factor, columns=None):
    frame = LONG.frame.copy()
    frame.loc[DAYS[rows], columns or list(COLUMNS)] *= factor
    return replace(LONG, frame=frame)


def long_without(rows):
    return replace(LONG, frame=LONG.frame.drop(DAYS[rows]))


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (long_with(slice(-40, None), 100), "its closes differ by more than one factor"),
        (long_with(slice(20, 2500, 64), 100), "its closes differ by more than one factor"),
        (long_with(slice(-1, None), 1.3), "its closes differ by more than one factor"),
        (long_with(slice(-9, None), 1.05), "its closes differ by more than one factor"),
        (long_without(slice(-50, -5)), "it lacks days"),
        (long_with(slice(0, 2500), 0.01, ["adj_close"]), "its adjusted closes are far from the stored ones"),
        (long_with(slice(-9, -5), 0.01, ["adj_close"]), "its adjusted closes are far from the stored ones"),
    ],
)
def test_a_few_bad_days_in_ten_good_years_are_a_contradiction(whole, reason):
    assert find_contradiction(LONG, whole, SINCE) == reason


@pytest.mark.parametrize("columns", [None, ["adj_close"]])
def test_stored_days_that_were_100_times_too_high_may_be_corrected(columns):
    assert find_contradiction(long_with(slice(700, 710), 100, columns), LONG, SINCE) is None


def test_a_jump_on_new_days_is_not_a_contradiction():
    extra = LONG.frame.iloc[[704]].set_axis(DAYS[[704]] + pd.Timedelta("1D")) * 100
    assert DAYS[704].day_name() == "Friday"
    whole = replace(LONG, frame=pd.concat([LONG.frame, extra]).sort_index())
    assert find_contradiction(LONG, whole, SINCE) == "it has jumps that the stored prices do not have"


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (long_with(slice(0, 2500), 1.0), None),
        (long_with(slice(0, 2500), 0.25), None),  # a split since
        (long_with(slice(0, 2500), 0.0123), "its closes are in another unit"),
        (replace(LONG, frame=LONG.frame.iloc[::5]), "it has lost history"),
        (replace(LONG, frame=LONG.frame.iloc[4::5]), "it lacks days"),
        (long_without([2495]), "it lacks some of the newest days"),
        (long_without([900, 1700]), None),
    ],
)
def test_another_provider_must_have_the_same_days_and_closes(whole, reason):
    assert find_contradiction_across_providers(LONG, whole, SINCE) == reason


def test_stale_prices_are_replaced_by_a_provider_that_lacks_one_of_their_newest_days():
    stale = replace(LONG, frame=LONG.frame.iloc[:2480])
    assert find_contradiction_across_providers(stale, long_without([2475]), SINCE) is None
    assert find_contradiction_across_providers(stale, long_without(list(range(2470, 2475))), SINCE) == "it lacks days"


def split_by(series, ratio):
    """Return a series whose prices and volumes are those after a split."""
    prices = {name: series.frame[name] / ratio for name in COLUMNS if name != "volume"}
    return replace(series, frame=series.frame.assign(**prices, volume=series.frame["volume"] * ratio))


@pytest.mark.parametrize("factor", [100.0, 0.01, 1000.0])
@pytest.mark.parametrize("volume", [1.0, 0.0])
def test_a_history_in_another_unit_is_a_contradiction(factor, volume):
    prices = [name for name in COLUMNS if name != "volume"]
    traded = replace(LONG, frame=LONG.frame.assign(volume=LONG.frame["volume"] * volume))
    whole = replace(traded, frame=traded.frame.assign(**{name: traded.frame[name] * factor for name in prices}))
    assert find_contradiction(traded, whole, SINCE) == "its closes are in another unit"
    assert find_contradiction_across_providers(traded, whole, SINCE) == "its closes are in another unit"


@pytest.mark.parametrize("ratio", [100.0, 0.01, 50.0, 4.0, 0.1])
def test_volumes_distinguish_a_split_from_another_unit(ratio):
    assert find_contradiction(LONG, split_by(LONG, ratio), SINCE) is None


def in_currency(series, currency):
    return replace(series, currency=currency)


@pytest.mark.parametrize("factor", [1.0, 100.0])
@pytest.mark.parametrize("currency", ["GBp", "EUR"])
def test_prices_in_another_currency_are_a_contradiction(currency, factor):
    """Pence for pounds look like a 100:1 split; euros for dollars do not look like a split."""
    whole = in_currency(long_with(slice(0, 2500), factor), currency)
    assert find_contradiction(LONG, whole, SINCE) == "it is in another currency"
    assert find_contradiction_across_providers(LONG, whole, SINCE) == "it is in another currency"


def test_an_overlap_in_another_currency_does_not_agree():
    recent = select_after(series(), STORED.last - timedelta(days=21))
    assert not agrees_in_overlap(STORED, in_currency(recent, "EUR"))


AMOUNTS = st.floats(min_value=5e-324, allow_infinity=False)
CLOSES = st.dictionaries(st.integers(0, 400), st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=80)


def of_closes(closes):
    days = pd.DatetimeIndex([SINCE + timedelta(days=day) for day in sorted(closes)], name="date")
    frame = pd.DataFrame([closes[day] for day in sorted(closes)], columns=["close", "adj_close"], index=days)
    return replace_frame(frame.assign(open=frame["close"], high=frame["close"], low=frame["close"], volume=0.0))


@given(stored=CLOSES, whole=CLOSES)
def test_any_two_series_can_be_compared(stored, whole):
    before, after = of_closes(stored), of_closes(whole)
    agrees_in_overlap(before, after)
    if find_contradiction_across_providers(before, after, SINCE) is None:
        assert find_contradiction(before, after, SINCE) is None
        assert after.last >= before.last


@given(closes=CLOSES)
def test_a_series_never_contradicts_itself(closes):
    same = of_closes(closes)
    assert find_contradiction_across_providers(same, same, SINCE) is None
