import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import TooLittleData
from common.domain.prices import COLUMNS, CorruptPrices, PriceSeries

prices = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)


def series_of(closes):
    days = pd.bdate_range("2020-01-01", periods=len(closes), name="date")
    return PriceSeries("AAPL", "test", "USD", pd.DataFrame(dict.fromkeys(COLUMNS, np.asarray(closes)), index=days))


def read(body):
    return PriceSeries.from_csv(body, ticker="AAPL", source="test", currency="USD")


@given(st.lists(prices, min_size=1, max_size=50))
def test_a_series_survives_its_csv_bit_for_bit(closes):
    series = series_of(closes)
    again = read(series.to_csv())
    pd.testing.assert_frame_equal(again.frame, series.frame, check_exact=True, check_freq=False, check_index_type=False)
    assert again.to_csv() == series.to_csv()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"date\n", b"<html>", b"\xff\xfe", b"date,open,high,low,close,adj_close,volume\n",
        b"date,open,high,low,close,adj_close,volume\n2020-01-02,1,1,1,x,1,1\n",
        b"date,open,high,low,close,adj_close,volume\nyesterday,1,1,1,1,1,1\n",
        b"date,open,high,low,close,adj_close,volume\n2020-01-03,1,1,1,1,1,1\n2020-01-02,1,1,1,1,1,1\n",
        b"date,open,high,low,close,adj_close,volume\n2020-01-02,1,1,1,1,1,1\n2020-01-02,1,1,1,1,1,1\n",
        b"date,close\n2020-01-02,1\n", b"date" + b",close" * 1_000_000 + b"\n2020-01-02,1\n",
    ],
)  # fmt: skip
def test_other_bytes_are_corrupt_prices(body):
    with pytest.raises(CorruptPrices):
        read(body)


def test_a_short_series_is_too_little_data():
    with pytest.raises(TooLittleData):
        series_of([1.0] * 59).require_rows()
    series_of([1.0] * 60).require_rows()


def test_a_lack_of_memory_is_no_damage_of_the_prices(monkeypatch):
    def read_csv(*_args, **_options):
        raise pd.errors.ParserError("Error tokenizing data. C error: out of memory")

    monkeypatch.setattr(pd, "read_csv", read_csv)
    header = ",".join(("date", *COLUMNS)).encode()
    with pytest.raises(MemoryError):
        PriceSeries.from_csv(header + b"\n", ticker="AAPL", source="sample", currency="USD")
