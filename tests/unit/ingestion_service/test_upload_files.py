"""Uploaded files as people have them: encodings, marks, orders of dates, and exports of many sources."""

import json
import time
import tracemalloc
from datetime import date

import pytest

from common.domain.errors import AmbiguousDates, AmbiguousNumbers, BadRequest, DeadlineExceeded, InvalidFile
from common.domain.uploads import UploadOptions
from ingestion_service.uploads import tables
from ingestion_service.uploads.json_tables import find_objects
from ingestion_service.uploads.numbers import NotANumber, parse_number
from ingestion_service.uploads.reading import read_prices

MONTH = "a month without a day. Write it as a day, such as 2024-01-31."
TEN = tuple(f"2024-01-{day:02}" for day in range(1, 11))


def read(text, **options):
    return read_prices(text if isinstance(text, bytes) else text.encode(), UploadOptions(**options))


def closes(text, **options):
    """Return the days and closes of a file without faulty rows."""
    prices = read(text, **options)
    assert list(prices.faults) == []
    return dict(zip(prices.frame["day"].dt.strftime("%Y-%m-%d"), prices.frame["close"], strict=True))


EXPORTS = {
    "ours": "date,open,high,low,close,adj_close,volume\n2024-01-02,1,2,0.5,1.5,1.4,100\n",
    "Yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,0.5,1.500000,1.4,100\n",
    "Yahoo's page": "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\nJan 2, 2024\t1\t2\t0.5\t1.5\t1.4\t1,100,200\n",
    "Yahoo's page of today": "Date\tOpen\tHigh\tLow\tClose Close price adjusted for splits.\tAdj Close Adjusted close "
    "price adjusted for splits and dividend and/or capital gain distributions.\tVolume\n"
    "Jan 2, 2024\t1\t2\t0.5\t1.5\t1.4\t1,100\n",
    "a fund's page": "Date,NAV per Share\n2024-01-02,1.5\n",
    "yfinance": "Date,Open,High,Low,Close,Volume,Dividends\n2024-01-02 00:00:00-05:00,1,2,0.5,1.5,100,0.0\n",
    "yfinance, three header lines": "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n"
    "2024-01-02,1.5,2,0.5,1,100\n",
    "Stooq": "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\n2024-01-02,1,2,0.5,1.5,100\n",
    "Stooq's archive": "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
    "AAPL.US,D,20240102,000000,1,2,0.5,1.5,100,0\n",
    "Investing.com": '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n'
    '"01/02/2024","1.50","1.00","2.00","0.50","68.18K","-0.61%"\n"01/13/2024","","","","","",""\n',
    "Nasdaq": "Date,Close/Last,Volume,Open,High,Low\n01/02/2024,$1.50,100,$1.00,$2.00,$0.50\n01/13/2024,N/A,,,,\n",
    "Alpha Vantage": "timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,100\n",
    "Google Finance": "Date,Open,High,Low,Close,Volume\n1/2/2024 16:00:00,1,2,0.5,1.5,100\n1/13/2024 16:00:00,,,,,\n",
    "Google Finance, German": "Date;Close\n02.01.2024 16:00:00;1,5\n13.01.2024 16:00:00;\n",
    "FRED": "observation_date,SOMEINDEX\n2024-01-02,1.5\n2024-01-03,.\n",
    "ariva.de": "Datum;Erster;Hoch;Tief;Schlusskurs;Stücke;Volumen\n2024-01-02;1,00;2,00;0,50;1,50;1.000;10.750\n",
    "Euronext": '"Historical Data"\n"From 2024-01-01 to 2024-01-05"\nFR0000000000\n'
    "Date;Open;High;Low;Last;Close\n02/01/2024;1;2;0.5;1.4;1.5\n31/01/2024;;;;;\n",
    "with a separator line": "sep=;\nDate;Close\n2024-01-02;1,5\n",
    "MSN": "Date, Close\nTue 02-Jan-24, 1.5\n",
    "list of objects": '[{"date": "2024-01-02", "close": 1.5}]',
    "objects of texts": '{"data": [{"Date": "2024-01-02", "Close": "1.5"}]}',
    "table by columns": '{"date": ["2024-01-02"], "close": [1.5]}',
    "Alpha Vantage as JSON": '{"Meta Data": {"1. Information": "Daily"}, "Time Series (Daily)": '
    '{"2024-01-02": {"1. open": "1.0", "4. close": "1.5", "5. volume": "100"}}}',
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_exports_of_sources_and_programs_are_read(name):
    assert closes(EXPORTS[name]) == {"2024-01-02": 1.5}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_encoding_and_the_ends_of_lines_are_found(encoding, ending):
    text = ending.join(["Datum;Schlusskurs (€);Stücke", "2024-01-02;1,50 €;1\u00a0000", ""])
    prices = read(text.encode(encoding))
    assert prices.frame[["close", "volume"]].to_numpy().tolist() == [[1.5, 1000.0]]
    assert bool(prices.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (b"", "empty"), (b"\xef\xbb\xbf \r\n", "empty"), (b"PK\x03\x04...", "Excel"), (b"\xd0\xcf\x11\xe0..", "Excel"),
        (b"\x1f\x8b\x08", "compressed"), (b"%PDF-1.4", "PDF"), (b"PAR1", "Parquet"), (b"\x00\x01\x02\x03" * 9, "text"),
        (b"date,close\n2024-01-02,\x00\n" * 9, "text"), (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"), (b"2024-01-02,1.5\n", "date,open"),
        (b"date,close\n", "no prices"), (b"date,open\n2024-01-02,1\n2024-01-03,1\n,1,1,1", "date,open"),
        (b"date,close,close\n2024-01-02,1,2\n", "two columns"), (b"{", "valid JSON"), (b"[1, 2]", "list of prices"),
        (b'{"date": "x"}', "list of prices"), (b'[{"day": "2024-01-02", "open": 1}, {"low": 2}]', "date and close"),
        (b"[" * 100_000, "valid JSON"), (b'date,close\n2024-01-02,"1' + b"1" * 200_000, "quotation"),
        (b"date,close\n" + b"2024-01-02" + b",1" * 70, "64 cells"),
        (b"date,close\n" + b"2024-01-02,1\n" * 60_001, "60000 rows"),
        (b"symbol,date,close\nA,2024-01-02,1\nB,2024-01-02,1\n", "several tickers"),
        (b"Price,Close,Close\nTicker,A,B\nDate,,\n2024-01-02,1,2\n", "several tickers"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_of_prices_is_refused_with_advice(body, advice):
    with pytest.raises(InvalidFile, match=advice):
        read(body)


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["12.5"], "point"), (["12,5"], "comma"), (["1,234.5"], "point"), (["1.234,5"], "comma"),
        (["1,234,567"], "point"), (["1.234.567"], "comma"), (["1,234", "1.5"], "point"), (["1.234", "1,5"], "comma"),
        (["0.123"], "point"), (["0,123"], "comma"), (["1234.567"], "point"), (["12'345.50"], "point"), (["7"], "point"),
        (["1 234,5"], "comma"), (["1\u202f234,50"], "comma"), (["-", "1,5"], "comma"), (["1,23,456", "2"], "point"),
    ],
)  # fmt: skip
def test_the_decimal_mark_follows_from_the_numbers(texts, mark):
    rows = "\n".join(f"{day};{text}" for day, text in zip(TEN, texts, strict=False))
    assert closes(f"date;close\n{rows}\n") == closes(f"date;close\n{rows}\n", decimal=mark)


def test_a_mark_that_cannot_be_known_is_asked_for():
    for number in ("1.234", "1,234"):
        with pytest.raises(AmbiguousNumbers, match="decimal=point or decimal=comma"):
            read(f"date;close\n2024-01-02;{number}\n")
    assert closes("date;close\n2024-01-02;1.234\n", decimal="point") == {"2024-01-02": 1.234}
    assert closes("date;close\n2024-01-02;1.234\n", decimal="comma") == {"2024-01-02": 1234.0}
    with pytest.raises(AmbiguousNumbers):
        read('date,close\n2024-01-02,"1.234"\n')


def test_a_comma_between_cells_without_quotation_marks_is_no_decimal_mark():
    assert closes("date,close\n2024-01-02,1.234\n") == {"2024-01-02": 1.234}


def test_both_marks_in_one_file_are_a_question_and_with_its_answer_a_faulty_row():
    text = "date;close\n2024-01-02;1.5\n2024-01-03;1,75\n"
    with pytest.raises(AmbiguousNumbers, match=r"1\.5 has a decimal point and 1,75 a decimal comma"):
        read(text)
    (fault,) = read(text, decimal="point").faults
    assert (fault.line, fault.detail) == (3, 'The close is the text "1,75", which is no number.')


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-1-2", "2024-01-02"), ("2024/01/02", "2024-01-02"), ("2024.01.02.", "2024-01-02"),
        ("20240102", "2024-01-02"), ("2024-01-02T00:00:00Z", "2024-01-02"), ("2024-01-02 16:00", "2024-01-02"),
        ("02-Jan-2024", "2024-01-02"), ("2 January 2024", "2024-01-02"), ("Jan 02, 2024", "2024-01-02"),
        ("January 2nd, 2024", "2024-01-02"), ("2. März 2024", "2024-03-02"), ("2 Okt 24", "2024-10-02"),
        ("Tue, 2 Jan 2024", "2024-01-02"), ("02-Jan-75", "1975-01-02"), ("2024 Jan 2", "2024-01-02"),
        ("31.12.2024", "2024-12-31"), ("12/31/2024", "2024-12-31"), ("31/12/99", "1999-12-31"),
        ("02/02/2024", "2024-02-02"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_many_forms(text, day):
    assert list(closes(f'date;close\n"{text}";1\n')) == [day]


@pytest.mark.parametrize("text", ["01/02/2024", "1.2.2024", "01-02-03", "20-01-15", "01/02/24"])
def test_an_order_of_day_and_month_that_cannot_be_known_is_asked_for(text):
    with pytest.raises(AmbiguousDates, match="date_order="):
        read(f"date;close\n{text};1\n")
    for order in ("dmy", "mdy"):
        assert len(read(f"date;close\n{text};1\n", date_order=order).frame) + (text == "20-01-15") >= 1


def test_one_date_decides_the_order_of_all():
    text = "date;close\n01/02/2024;1\n{};2\n"
    assert list(closes(text.format("13/02/2024"))) == ["2024-02-01", "2024-02-13"]
    assert list(closes(text.format("02/13/2024"))) == ["2024-01-02", "2024-02-13"]


def test_dates_that_fit_no_order_are_a_question_and_with_its_answer_faulty_rows():
    text = "date;close\n13/02/2024;1\n02/13/2024;2\n"
    with pytest.raises(AmbiguousDates, match="No order"):
        read(text)
    assert [row.line for row in read(text, date_order="dmy").faults] == [3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-01-02,1,", "The close is missing."),
        ("2024-01-02,1,0", "The close is 0. Only positive values can be forecast."),
        ("2024-01-02,1,-3.5", "The close is -3.5. Only positive values can be forecast."),
        ("2024-01-02,1,(3.5)", "The close is -3.5. Only positive values can be forecast."),
        ("2024-01-02,word,1", 'The open is the text "word", which is no number.'),
        ("2024-01-02,1,1_0", 'The close is the text "1_0", which is no number.'),
        ("2024-01-02,1,inf", 'The close is the text "inf", which is no number.'),
        ("2024-01-02,1,1e999", 'The close is the text "1e999", which is too large.'),
        ("2024-02-30,1,1", 'The date is the text "2024-02-30", a day that does not exist.'),
        ("yesterday,1,1", 'The date is the text "yesterday", which is no date.'),
        ("45293,1,1", "The date is 45293, a spreadsheet's number of a day. Give the column the format of a date."),
        ("1704153600,1,1", "The date is 1704153600, a Unix time. Write it as a day, such as 2024-01-31."),
        ("2024-02,1,1", f'The date is the text "2024-02", {MONTH}'),
        ("02/2024,1,1", f'The date is the text "02/2024", {MONTH}'),
        ("Feb 2024,1,1", f'The date is the text "Feb 2024", {MONTH}'),
        ("Feb-24,1,1", f'The date is the text "Feb-24", {MONTH}'),
        ("202402,1,1", f'The date is the text "202402", {MONTH}'),
        ("2024M02,1,1", f'The date is the text "2024M02", {MONTH}'),
        ("Total 2024,1,1", 'The date is the text "Total 2024", which is no date.'),
        ("999999999,1,1", "The date is 999999999, a Unix time. Write it as a day, such as 2024-01-31."),
        (",1,1", "The date is empty."),
        ("2024-01-02,1,1,5", "It has 4 cells and the header 3. A comma within a cell needs quotation marks."),
    ],
)
def test_a_faulty_row_has_its_line_and_the_reason(row, reason):
    prices = read(f"date,open,close\n2024-01-01,1,1.25\n\n{row}\n2024-01-04,1,1.5\n")
    assert [(fault.line, fault.detail) for fault in prices.faults] == [(4, reason)]
    assert len(prices.frame) == 2


def test_rows_that_are_no_prices_are_left_out_with_a_note():
    text = (
        "Date\tClose*\tVolume\nAug 12, 2024\t217.53\t38,028,100\nAug 12, 2024\t0.25 Dividend\n\n"
        "Aug 11, 2024\t-\t-\nAug 9, 2024\t216.24\t42,201,600\n\n*Close price adjusted for splits.\nSource: a page\n"
    )
    prices = read(text)
    assert list(prices.frame["line"]) == [2, 6]
    assert list(prices.notes) == [
        "1 row was left out, with a dividend or split.",
        "The text at the end was left out, from line 8 on.",
        "1 row was left out, because no column has a price.",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('date,close,note\n2024-01-02,1,\n2024-01-03,2,"open\n2024-01-04,3,\n2024-01-05,4,\n', 3),
        ('date,close,note\n2024-01-02,1,\n"2024-01-03,2,\n2024-01-04,3,\n2024-01-05,4,\n', 3),
        ('date,close,note\n2024-01-02,1,"open\n2024-01-03,2,\n2024-01-04,3,"closed"\n', 2),
        ('date,close,"note\n2024-01-02,1,\n2024-01-03,2,"x"\n2024-01-04,3,\n', 1),
        ('"title\ndate;close\n02.01.2024;1,5\ndate;close"\ndate;close\n03.01.2024;2,5\n', 1),
    ],
)
def test_a_quotation_mark_that_may_hide_rows_is_refused(text, line):
    with pytest.raises(InvalidFile, match=rf"Line {line} .* quotation mark"):
        read(text)


def test_titles_headers_notes_and_footers_may_have_several_lines():
    text = '"Fund\nof things"\nDate,"Close\n(EUR)",Note\n2024-01-02,1.5,"two\nlines"\n"Source: a page\nof 2024"\n'
    assert closes(text) == {"2024-01-02": 1.5}


def test_numbers_of_rows_are_no_prices():
    for header in ("index,Date,VTI", "date,fund price,index"):
        with pytest.raises(InvalidFile, match="No line names a date and a close"):
            read(f"{header}\n1,2024-01-02,100.5\n")
    assert closes("date,index\n2024-01-02,1.5\n") == {"2024-01-02": 1.5}


@pytest.mark.parametrize(
    "header",
    [
        "Datum;Schlusskurs;Stuecke;Volumen", "Datum;Schlusskurs;Stücke;Volumen", "Date;Close;Number of Shares;Turnover",
        "Date;Close;Volume;Value traded", "Date;Close;Wolumen;Number of shares", "Date;Close;Volume;Number of shares",
    ],
)  # fmt: skip
def test_the_volume_is_the_number_of_shares_and_not_their_value(header):
    prices = read(f"{header}\n2024-01-02;1,50;1234;123831\n")
    assert list(prices.frame["volume"]) == [1234.0]


def test_a_column_that_is_guessed_is_named():
    assert list(read("observation_date,CSUSHPINSA\n2024-01-02,1.5\n").notes) == [
        "The column CSUSHPINSA was read as the close."
    ]


def test_the_currency_of_a_document_is_read():
    assert read('{"currency": "EUR", "prices": [{"date": "2024-01-02", "close": 1}]}').currency == "EUR"
    assert read('{"currency": 7, "prices": [{"date": "2024-01-02", "close": 1}]}').currency is None


def test_a_value_of_json_that_is_no_number_is_a_faulty_row():
    rows = ["true", "[1]", "1" * 400, '"x"', "NaN", "1e999"]
    listed = ", ".join(f'{{"date": "2024-01-02", "open": 1, "close": {row}}}' for row in rows)
    assert [fault.line for fault in read(f"[{listed}]").faults] == [1, 2, 3, 4, 5, 6]
    alone = read('[{"date": "2024-01-02", "close": 1}, {"date": "2024-01-03", "close": Infinity}]')
    assert [fault.line for fault in alone.faults] == [2]


def test_no_bytes_cause_another_failure_than_a_refusal():
    text = "Date;Close\n02.01.2024;1,5\n".encode("utf-16")
    for end in range(len(text)):
        for body in (text[:end], text[end:], text[:end] + b"\xff\x00" + text[end:]):
            try:
                read(body)
            except BadRequest as failure:
                assert failure.detail.endswith((".", "?"))  # noqa: PT017 - most of the bodies are refused


def test_descending_rows_keep_their_lines():
    prices = read("date,close\n2024-01-03,2\n2024-01-02,1\n")
    assert [(row.line, row.day.date()) for row in prices.frame.itertuples()] == [
        (2, date(2024, 1, 3)),
        (3, date(2024, 1, 2)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"date;close\n{'T' * 100_000};1\n2024-01-02;1\n",
        f'date;close\n"{"12 , " * 20_000}";1\n2024-01-02;1\n',
        f"{'(' * 100_000};x\ndate;close\n2024-01-02;1\n",
    ],
    ids=["letters of a time", "spaces", "brackets"],
)
def test_a_long_cell_takes_no_time(text):
    begin = time.process_time()
    assert len(read(text).frame) == 1
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    "text",
    [
        f'{{"date": [{"1," * 200_000}1], "close": [{"1," * 200_000}1]}}',
        f'{{"Time Series (Daily)": {{{",".join(f"{chr(34)}{day}{chr(34)}:{{}}" for day in range(60_001))}}}}}',
        f"[{'{},' * 60_000}{{}}]",
    ],
    ids=["columns", "days", "objects"],
)
def test_a_document_of_too_many_prices_is_refused_before_rows_are_made(text):
    document = json.loads(text)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidFile, match="more than 60000 prices"):
            find_objects(document)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_header_of_many_short_lines_is_found_without_a_list_of_all_lines():
    text = "sep=;\r\ndate;close\r\n" + "2024-01-02;1\r\n" * 50_000
    tracemalloc.start()
    try:
        read_first = tables.find_delimiters(text)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert read_first == [";"]


def test_of_several_lists_the_one_with_the_name_prices_is_read():
    dividends = '"dividends": [{"date": "2024-01-02", "amount": 0.24}]'
    prices = '[{"date": "2024-01-02", "close": 1.5}]'
    assert closes(f'{{{dividends}, "prices": {prices}}}') == {"2024-01-02": 1.5}
    assert closes(f'{{"data": {prices}}}') == {"2024-01-02": 1.5}
    with pytest.raises(InvalidFile, match="lists dividends and data"):
        read(f'{{{dividends}, "data": {prices}}}')
    with pytest.raises(InvalidFile, match="no list of prices"):
        read(f'{{{dividends}, "prices": []}}')


def test_a_name_or_a_remark_with_a_word_of_payments_is_no_payment():
    name = "Vanguard Dividend Appreciation ETF"
    assert closes(f"date,name,close\n2024-01-02,{name},1.5\n") == {"2024-01-02": 1.5}
    assert closes("date,close,remark\n2024-01-02,1.5,ex dividend\n") == {"2024-01-02": 1.5}
    assert [fault.line for fault in read(f"date,name,close\n2024-01-02,{name},x\n").faults] == [2]


@pytest.mark.parametrize(("text", "mark"), [("10.50", "comma"), ("1,23", "point"), ("1,234,56", "point")])
def test_the_last_group_of_thousands_has_three_digits(text, mark):
    with pytest.raises(NotANumber):
        parse_number(text, mark)


def test_a_file_is_not_read_beyond_the_time_limit():
    with pytest.raises(DeadlineExceeded, match="not read in time"):
        read_prices(b"date,close\n2024-01-02,1\n", UploadOptions(), give_up=time.monotonic())


def test_the_header_is_searched_at_the_beginning_of_a_file_only():
    blank, rows = "\n" * 100_000, "date;close\n2024-01-02;1\n"
    assert closes(blank + rows) == closes(rows + blank)
    with pytest.raises(InvalidFile, match="No line names a date"):
        read(blank * 3 + rows)
