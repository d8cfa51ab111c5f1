"""The parsing of price tables: bounds, and columns that may be missing."""

from __future__ import annotations

import numpy as np
import pytest

from common.domain.errors import ProviderUnavailable
from ingestion_service.providers.fetch.tables import (
    MAX_COLUMNS,
    MAX_ROWS,
    build_table_from_objects,
    build_table_from_rows,
    read_table,
)

NUMBERS = ("open", "close", "split")


def read(body: bytes):
    return read_table("The source", body, day="date", numbers=NUMBERS)


def test_a_table_is_sorted_by_day():
    frame = read(
        b'\xef\xbb\xbfnote,date,close,open,split\r\n\r\nx,2024-01-03T00:00:00,2,3,1\r\n"y,z",2024-01-02,1,2,1\r\n'
    )
    assert frame.index.strftime("%Y-%m-%d").tolist() == ["2024-01-02", "2024-01-03"]
    assert frame.to_dict("list") == {"open": [2.0, 3.0], "close": [1.0, 2.0], "split": [1.0, 1.0]}


@pytest.mark.parametrize("word", ["", "null", "N/A", "NaN", "None", "-", " NA "])
def test_texts_for_a_missing_number_are_empty_cells(word):
    frame = read(f"date,close,open,split\n2024-01-02,1,{word},1\n2024-01-03,{word},2,1\n".encode())
    assert np.isnan(frame["open"].iloc[0])
    assert np.isnan(frame["close"].iloc[1])


def test_an_auxiliary_column_may_be_absent():
    assert read(b"date,close,split\n2024-01-02,1,1\n")["open"].isna().all()
    assert (
        build_table_from_objects([{"date": "2024-01-02", "close": "7", "split": 1}], "date", NUMBERS)["open"]
        .isna()
        .all()
    )


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", b"date,open,split\n2024-01-02,1,1\n", b"date,open,close\n2024-01-02,1,1\n",
        b"date,close,close,split\n2024-01-02,1,1,1\n", b"date,close,split\n2024-01-02,1,1,1\n",
        b"date,close,split\n2024-01-02,x,1\n", b"date,close,split\nyesterday,1,1\n",
        b"date,close,open,split\n2024-01-02,1,word,1\n",
        b"date,close,split\n2024-01-02,\"" + b"1" * 200_000 + b"\",1\n",
    ],
)  # fmt: skip
def test_any_other_format_is_rejected(body):
    with pytest.raises(ProviderUnavailable, match="not a price table"):
        read(body)


@pytest.mark.parametrize("name", ["close", "", '"a\nb"'])
def test_a_header_with_too_many_names_is_rejected(name):
    """pandas takes a minute for this."""
    with pytest.raises(ProviderUnavailable, match="not a price table"):
        read(f"date,close,split{f',{name}' * 1_000_000}\n2024-01-02,1,1\n".encode())
    with pytest.raises(ValueError, match="too large"):
        build_table_from_rows([*NUMBERS, "date", *[name] * MAX_COLUMNS], [], "date", NUMBERS)


def test_too_many_rows_are_rejected():
    rows = b"2024-01-02,1,1\n" * (MAX_ROWS + 1)
    with pytest.raises(ProviderUnavailable, match="not a price table"):
        read(b"date,close,split\n" + rows)
    assert len(read(b"date,close,split\n" + rows[: 15 * MAX_ROWS])) == MAX_ROWS


def test_unrequested_fields_of_objects_cost_no_time():
    objects = [
        {f"field {row} {place}": place for place in range(200)} | {"date": "2024-01-02", "close": "1", "split": "1"}
        for row in range(3000)
    ]
    assert build_table_from_objects(objects, "date", NUMBERS).shape == (3000, 3)
