"""The board's rows over HTTP: filters, order, pages, CSV, conditional requests and mistakes."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta
from urllib.parse import quote

from test_support.stores.boards import DAY, put_board, random_rows, row_of

URL = "/api/v1/market"


def tickers(client, query=""):
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.json
    return [row["ticker"] for row in answer.json["rows"]]


def mistake(client, query):
    answer = client.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    return answer.json["detail"]


def test_a_page_has_the_date_the_sources_and_every_column(client, board):
    answer = client.get(URL)
    body = answer.json
    assert (body["date"], body["as_of"], body["horizons"]) == (str(DAY), str(DAY), [5, 21, 63])
    assert (body["sources"], body["total"], body["matching"], body["next_cursor"]) == (["tiingo"], 6, 6, None)
    first, failed = body["rows"][0], body["rows"][4]
    assert (first["ticker"], first["name"], first["sector"]) == ("AAPL", "Apple Inc.", "Technology")
    assert (first["usual_moves"], first["rows"], first["stale"], first["tests_21d"]) == (3.2, 2520, False, 40)
    assert first["target_21d"] == str(DAY + timedelta(days=21))
    assert (failed["code"], failed["last_close"], failed["name"]) == ("too_little_data", None, None)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "RateLimit" in answer.headers


ANSWERS = [
    ("filter=volatility_percentile>90", ["AAPL", "OLD"]),
    ("filter=volatility_percentile>90&filter=stale=false", ["AAPL"]),
    ("filter=abs(change_pct)>=2.5", ["AAPL", "MSFT"]),
    ("filter=change_pct<0", ["AAPL", "XYZ"]),
    ("filter=usual_moves=2", ["MSFT", "XYZ"]),
    ("filter=ticker=aapl|cvx", ["AAPL", "CVX"]),
    ("filter=ticker!=AAPL|CVX|MSFT|OLD", ["SHORT", "XYZ"]),
    ("filter=code=null", ["AAPL", "CVX", "MSFT", "OLD", "XYZ"]),
    ("filter=code=null|too_little_data", ["AAPL", "CVX", "MSFT", "OLD", "SHORT", "XYZ"]),
    ("filter=code!=too_little_data|null", []),
    ("filter=day_range_broken!=null", ["AAPL"]),
    ("filter=volatility_percentile=null", ["SHORT", "XYZ"]),
    ("filter=sector~tech", ["AAPL", "MSFT"]),
    ("filter=target_5d>2026-12-01", ["AAPL", "CVX", "MSFT", "OLD", "XYZ"]),
    ("q=micro", ["MSFT"]),
    ("q=x", ["XYZ"]),
    ("tickers=xyz,CVX,NOTHERE", ["CVX", "XYZ"]),
    ("sort=-usual_moves", ["OLD", "AAPL", "MSFT", "XYZ", "CVX", "SHORT"]),
    ("sort=volatility_percentile", ["CVX", "MSFT", "AAPL", "OLD", "SHORT", "XYZ"]),
    ("sort=-abs(change_pct)", ["AAPL", "MSFT", "OLD", "XYZ", "CVX", "SHORT"]),
    ("sort=-ticker&limit=2", ["XYZ", "SHORT"]),
    ("sort=-name", ["MSFT", "CVX", "XYZ", "AAPL", "OLD", "SHORT"]),
]


def test_filters_and_orders(client, board, subtests):
    for query, expected in ANSWERS:
        with subtests.test(query=query):
            assert tickers(client, quote(query, safe="=&")) == expected


MISTAKES = [
    ("filter=stale=false&filter=volatlity_percentile>9", "Filter 2, 'volatlity_percentile>9': Unknown column"),
    ("filter=volatlity_percentile>9", "Did you mean volatility_percentile?"),
    (
        "filter=usual_moves>many",
        "usual_moves is compared with a number such as 90 or -2.5, or null; you sent 'many'",
    ),
    ("filter=usual_moves>nan", "a number such as"),
    ("filter=usual_moves>1_000", "a number such as"),
    ("filter=usual_moves>1e999", "a number such as"),
    ("filter=as_of>2026-W09-5", "a day such as"),
    ("filter=as_of>2026-02-30", "a day such as"),
    ("filter=stale=perhaps", "true or false"),
    ("filter=stale>false", "stale has no order"),
    ("filter=as_of>yesterday", "a day such as"),
    ("filter=usual_moves~3", "is no text"),
    ("filter=ticker>A", "ticker has no order"),
    ("filter=abs(ticker)=A", "abs(ticker) has no meaning"),
    ("filter=code>null", "null has no order"),
    ("filter=usual_moves", "This is no filter"),
    ("filter=usual_moves>", "The value is missing"),
    ("sort=usualmoves", "sort: Unknown column usualmoves. Did you mean usual_moves?"),
    ("sort=usual_moves desc", "sort must be a column"),
    ("limit=0", "limit must be"),
    ("limit=501", "limit must be"),
    ("tickers=AAPL,", "tickers, entry 2"),
    ("cursor=abc", "The cursor is not that of an earlier page"),
    ("cursor=abc&format=csv", "Leave cursor out"),
    ("sort=ticker&sort=name", "sort is given twice"),
]


def test_a_mistake_is_named_with_its_place(client, board, subtests):
    for query, part in MISTAKES:
        with subtests.test(query=query):
            answer = client.get(f"{URL}?{quote(query, safe='=&')}")
            assert (answer.status_code, answer.json["code"]) in {(400, "invalid_request"), (400, "invalid_ticker")}
            assert part in answer.json["detail"]


ORDERS = ["ticker", "-usual_moves", "volatility_percentile", "-abs(change_pct)", "sector", "-as_of"]


def test_pages_have_each_row_once_in_the_same_order(client, board, subtests):
    for sort in ORDERS:
        with subtests.test(sort=sort):
            whole, found, cursor = tickers(client, f"sort={sort}"), [], ""
            while cursor is not None:
                page = client.get(f"{URL}?sort={sort}&limit=2{cursor and '&cursor=' + cursor}").json
                found += [row["ticker"] for row in page["rows"]]
                assert page["matching"] == 6
                cursor = page["next_cursor"]
            assert found == whole


def test_a_cursor_goes_on_in_a_newer_board_and_is_refused_for_another_question(client, board, s3, s3_bucket):
    cursor = client.get(f"{URL}?sort=-usual_moves&limit=2").json["next_cursor"]
    assert "other filters or another order" in mistake(client, f"sort=usual_moves&limit=2&cursor={cursor}")
    put_board(s3, s3_bucket, [row_of("NEW", usual_moves=2.5), row_of("TOP", usual_moves=99.0)], DAY + timedelta(days=1))
    client.application.extensions["market_board"].look()
    assert tickers(client, f"sort=-usual_moves&cursor={cursor}") == ["NEW"]


def test_the_client_that_has_the_board_gets_304_until_there_is_a_newer_one(client, board, s3, s3_bucket):
    first = client.get(URL)
    assert str(DAY) in first.headers["ETag"]
    again = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert client.get(URL, headers={"If-None-Match": first.headers["ETag"], "Accept": "text/csv"}).status_code == 200
    put_board(s3, s3_bucket, board[:2])
    client.application.extensions["market_board"].look()
    changed = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, changed.json["total"]) == (200, 2)


def test_a_csv_has_all_rows_and_no_formulas(client, board, subtests):
    for header in [{}, {"Accept": "text/csv"}]:
        with subtests.test(header=header):
            query = "sort=-usual_moves" + ("" if header else "&format=csv")
            answer = client.get(f"{URL}?{query}", headers=header)
            assert answer.mimetype == "text/csv"
            assert f"market-{DAY}.csv" in answer.headers["Content-Disposition"]
            rows = list(csv.DictReader(io.StringIO(answer.text)))
            assert [row["ticker"] for row in rows] == ["OLD", "AAPL", "MSFT", "XYZ", "CVX", "SHORT"]
            assert (rows[0]["stale"], rows[0]["usual_moves"], rows[-1]["usual_moves"]) == ("true", "9.0", "")
            assert rows[-1]["detail"] == "'=1+1"
            packed = client.get(f"{URL}?{query}", headers=header | {"Accept-Encoding": "gzip"})
            assert gzip.decompress(packed.data).decode() == answer.text


def test_eight_thousand_rows_are_filtered_sorted_and_paged(client, s3, s3_bucket):
    rows = random_rows(8000)
    put_board(s3, s3_bucket, rows)
    body = client.get(f"{URL}?{quote('filter=volatility_percentile>90&sort=-usual_moves&limit=500', safe='=&')}").json
    nervous = sorted((row for row in rows if row["volatility_percentile"] > 90), key=lambda row: -row["usual_moves"])
    assert (body["total"], body["matching"]) == (8000, len(nervous))
    assert [row["ticker"] for row in body["rows"]] == [row["ticker"] for row in nervous[:500]]
    assert len(client.get(f"{URL}?format=csv").text.splitlines()) == 8001


def test_a_mistake_is_refused_whatever_the_client_has(client, board, subtests):
    for query in ["filter=volatlity_percentile>9", "sort=nothing", "cursor=nonsense"]:
        with subtests.test(query=query):
            tag = client.get(URL).headers["ETag"]
            assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
            assert client.get(f"{URL}?{quote(query, safe='=&')}", headers={"If-None-Match": tag}).status_code == 400
