from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import ProviderUnavailable
from ingestion_service.intraday.bars import (
    NEW_YORK_TIME,
    Bar,
    check_bars,
    from_csv,
    have_contradictory_closes,
    parse_bar,
    to_csv,
)
from ingestion_service.intraday.keeper import find_missing_bars

NOW = datetime(2024, 11, 20, 12, 0, tzinfo=NEW_YORK_TIME)
FIVE = timedelta(minutes=5)


def bar(minutes=-60, *, open_=10.0, high=12.0, low=9.0, close=11.0, volume=100.0):
    return Bar(NOW + timedelta(minutes=minutes), open_, high, low, close, volume)


def test_bars_are_sorted_and_repeated_ones_dropped():
    assert check_bars([bar(-50), bar(-60), bar(-50)], NOW, FIVE) == ([bar(-60), bar(-50)], 1)


@pytest.mark.parametrize(
    "bad",
    [
        bar(open_=0.0), bar(low=-1.0), bar(close=float("nan")), bar(high=float("inf")), bar(low=10.5), bar(high=10.5),
        bar(volume=-1.0), bar(volume=float("nan")),
    ],
)  # fmt: skip
def test_invalid_bars_are_dropped_and_counted(bad):
    assert check_bars([bar(-70), bad], NOW, FIVE) == ([bar(-70)], 1)


@pytest.mark.parametrize("minutes", [-4, 5, -60 * 24 * 400])
def test_unfinished_and_old_bars_are_dropped_without_being_counted(minutes):
    assert check_bars([bar(-70), bar(minutes)], NOW, FIVE) == ([bar(-70)], 0)


@pytest.mark.parametrize("zone", ["Z", "+00:00", "-05:00"])
def test_a_time_with_a_zone_is_rejected(zone):
    with pytest.raises(ValueError, match="zone"):
        parse_bar(f"2024-01-02T09:30:00{zone}", ["1"] * 5)


def test_two_prices_of_one_time_are_rejected():
    with pytest.raises(ProviderUnavailable):
        check_bars([bar(), bar(close=11.5)], NOW, FIVE)


@pytest.mark.parametrize(
    "other", [{"volume": 900.0}, {"volume": 900.0, "high": 12.5}, {"volume": 900.0, "open_": 10.5}]
)
def test_the_bar_with_more_volume_is_kept_of_two_with_one_time_and_close(other):
    for pair in ([bar(), bar(**other)], [bar(**other), bar()]):
        assert check_bars(pair, NOW, FIVE) == ([bar(**other)], 1)


STORED = [bar(minutes) for minutes in range(-600, -10, 5)]


@pytest.mark.parametrize("gone", [[3], [60, 61], [115, 100]])
@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_stored_bars_that_a_provider_lacks_are_kept_in_its_adjustment(gone, factor):
    anew = [Bar(item.time, *(price * factor for price in item[1:5]), item.volume / factor) for item in STORED]
    fetched = [item for place, item in enumerate(anew) if place not in gone]
    assert sorted([*fetched, *find_missing_bars(STORED, fetched, NOW)]) == anew
    assert find_missing_bars(STORED, anew, NOW) == []


def test_missing_bars_without_a_constant_factor_are_not_kept():
    half = [item._replace(close=item.close / 2) if place < 60 else item for place, item in enumerate(STORED)]
    assert find_missing_bars(STORED, [*half[:60], *half[61:]], NOW) is None


def test_a_split_between_two_fetches_is_detected():
    assert have_contradictory_closes([bar(close=11.0)], [bar(close=5.5)])
    assert not have_contradictory_closes([bar(close=11.0)], [bar(close=11.001), bar(-10, close=99.0)])


def test_times_keep_their_order_and_offset_across_a_daylight_saving_change():
    winter, summer = parse_bar("2024-03-08 15:55:00", ["1"] * 5), parse_bar("2024-03-11 09:30:00", ["1"] * 5)
    assert to_csv([winter, summer]).decode().splitlines()[1:] == [
        "2024-03-08T15:55:00-05:00,1.0,1.0,1.0,1.0,1.0", "2024-03-11T09:30:00-04:00,1.0,1.0,1.0,1.0,1.0",
    ]  # fmt: skip


prices = st.floats(min_value=1e-6, max_value=1e9)


@given(st.lists(st.tuples(st.integers(1, 100_000), prices, prices), max_size=20, unique_by=lambda made: made[0]))
def test_checked_bars_survive_the_csv_bit_for_bit(made):
    bars = [bar(-5 * n, open_=a, close=b, high=max(a, b), low=min(a, b)) for n, a, b in made]
    checked, _ = check_bars(bars, NOW, FIVE)
    assert from_csv(to_csv(checked)) == checked


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"time,open,high,low,close,volume\nnow,1,1,1,1,1\n",
        b"\xff",
        b"time,open,high,low,close,volume\n2024-01-02T09:30:00,1,1,1,1,1\n",
    ],
)
def test_other_bytes_are_not_bars(body):
    with pytest.raises(ValueError, match=r".*"):
        from_csv(body)


def test_a_volume_has_no_sign():
    assert to_csv([parse_bar("2026-01-02 09:30", ["1", "1", "1", "1", "-0.0"])]).endswith(b",0.0\n")
