"""Watchlists as CSV."""

from __future__ import annotations

import pytest

from common.domain.errors import InvalidRequest
from common.sql.repositories.watchlists import MOST_ITEMS, WatchlistItem
from webserver.watchlists.csv_format import read_csv, write_csv


def test_an_export_is_read_back_unchanged() -> None:
    items = [
        WatchlistItem("AAPL", 30, 0.8, "blend", 'buy "low",\nsell high', 450.1),
        WatchlistItem("BP.L", 90, 0.95, "prophet", "=HYPERLINK(1)"),
        WatchlistItem("^GSPC", 1, 0.5, "last_price", "naïve – 50 %"),
    ]
    assert read_csv(write_csv(items)) == items


def test_a_note_is_no_formula_in_a_spreadsheet() -> None:
    text = write_csv([WatchlistItem("AAPL", 30, 0.8, "blend", "=1+1")])
    assert ",'=1+1," in text


@pytest.mark.parametrize(
    "text",
    ["ticker\nAAPL\nxom\n", "\ufeffTicker,note\r\naapl,\r\nXOM,\r\n", "note,ticker\n,AAPL\n\n,xom\n,XOM\n"],
)
def test_only_the_ticker_is_necessary(text: str) -> None:
    assert [(each.ticker, each.days) for each in read_csv(text)] == [("AAPL", 30), ("XOM", 30)]


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("AAPL\nXOM\n", "Unknown column aapl"),
        ("days\n30\n", "among them ticker"),
        ("ticker,ticker\nAAPL,XOM\n", "each column once"),
        ("ticker,day\nAAPL,30\n", "Did you mean days?"),
        ("ticker\nAAPL\nnot a ticker\n", "Line 3 of the CSV: This is not a valid ticker"),
        ("ticker,days\nAAPL,0\n", "Line 2 of the CSV: days must be"),
        ("ticker,days\nAAPL,thirty\n", "Line 2 of the CSV: days must be a number such as 30; it is 'thirty'."),
        ("ticker,level\nAAPL,2\n", "Line 2 of the CSV: level must be"),
        ("ticker,model\nAAPL,magic\n", "Line 2 of the CSV: model must be"),
        ("ticker,chance_above\nAAPL,-1\n", "Line 2 of the CSV: chance_above must be"),
        ("ticker,chance_above\nAAPL,nan\n", "Line 2 of the CSV: chance_above must be"),
        ('ticker,note\nAAPL,"open\n', "open quote"),
        (f"ticker\n{''.join(f'T{number}{chr(10)}' for number in range(MOST_ITEMS + 1))}", "at most 200"),
    ],
)
def test_a_mistake_is_explained_with_its_line(text: str, explanation: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read_csv(text)
    assert explanation in raised.value.detail
