import json
from datetime import date

import pytest

from common.domain.errors import Busy
from webserver.http import cooperative_work as cooperation
from webserver.stocks.price_tables import PriceTable

BODY = b"date,close,volume\n2024-01-02,1.5,10\n2024-01-03,1e-05,\n2024-01-05,2.0,0.0\n"


def dates(table):
    return [row[:10].decode() for row in table.rows]


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (None, None, 3), (date(2024, 1, 2), date(2024, 1, 5), 3), (date(2024, 1, 3), date(2024, 1, 3), 1),
        (date(2024, 1, 4), date(2024, 1, 4), 0), (None, date(2024, 1, 1), 0), (date(2024, 1, 6), None, 0),
        (date.min, date.max, 3),
    ],
)  # fmt: skip
def test_a_range_includes_its_first_and_last_day(start, end, kept):
    assert len(PriceTable.from_csv(BODY, start, end).rows) == kept


def test_a_range_includes_all_times_of_its_last_day():
    moments = b"time,close\n2024-01-02T09:30:00-05:00,1\n2024-01-03T15:55:00-05:00,1\n2024-01-04T09:30:00-05:00,1\n"
    table = PriceTable.from_csv(moments, date(2024, 1, 3), date(2024, 1, 3))
    assert dates(table) == ["2024-01-03"]


def test_the_whole_table_is_returned_unchanged():
    assert PriceTable.from_csv(BODY).to_csv() == BODY


def test_an_empty_cell_is_null_in_json():
    assert json.loads(PriceTable.from_csv(BODY).to_json({"a": 1})) == {
        "a": 1,
        "prices": [
            {"date": "2024-01-02", "close": 1.5, "volume": 10},
            {"date": "2024-01-03", "close": 1e-05, "volume": None},
            {"date": "2024-01-05", "close": 2.0, "volume": 0.0},
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"date,close\n\n",
        b"date,close\n2024-01-02,1\r\n",
        b"Date,Close\n",
        b"date,close\n2024-01-02,1,2\n",
    ],
)
def test_a_table_of_another_form_is_refused(body):
    with pytest.raises(Busy):
        PriceTable.from_csv(body)


def test_only_the_rows_of_the_range_are_checked():
    body = b"date,close\n2024-01-02,=cmd()\n2024-01-03,1\n2024-01-04,2\n"
    assert dates(PriceTable.from_csv(body, date(2024, 1, 3), None)) == ["2024-01-03", "2024-01-04"]
    with pytest.raises(Busy):
        PriceTable.from_csv(body, date(2024, 1, 2), None)


def test_rows_are_checked_and_written_in_small_pieces(monkeypatch):
    """With pieces of no length, others have their turn after each row."""
    turns = []
    monkeypatch.setattr(cooperation, "give_way", lambda: turns.append(1))
    monkeypatch.setattr(cooperation, "PIECE_S", 0.0)
    body = b"date,close\n" + b"2024-01-02,1.5\n" * 1000
    table = PriceTable.from_csv(body)
    assert len(turns) >= 999
    turns.clear()
    table.to_json({})
    assert len(turns) >= 999


@pytest.mark.parametrize("rows", [0, 1, 499, 500, 501, 20_000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_long_files_are_the_same_in_pieces(monkeypatch, rows, end):
    turns = []
    monkeypatch.setattr(cooperation, "give_way", lambda: turns.append(1))
    monkeypatch.setattr(cooperation, "PIECE_S", 0.0)
    lines = [b"date,close", *(b"%d-01-02,1.5" % (1000 + number % 9000) for number in range(rows))]
    table = PriceTable.from_csv(b"\n".join(lines) + end)
    assert [table.header, *table.rows] == lines
    turns.clear()
    assert table.to_csv() == b"\n".join([*lines, b""])
    assert len(turns) >= rows // 500
    assert len(json.loads(table.to_json({"a": 1}))["prices"]) == rows
