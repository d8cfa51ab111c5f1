"""A client selects the fields of a finished forecast."""

import gzip
import json

import pytest

from common.domain.errors import InvalidRequest
from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.forecasts.field_selection import Representation, field_paths, names_in
from webserver.forecasts.serializers import finished, finished_gzip
from webserver.http.byte_cache import ByteCache

ID = "123e4567-e89b-42d3-a456-426614174000"
BODY = {
    "ticker": "AAPL", "predicted_price": 1.5, "interval": {"level": 0.8, "lower": 1.0, "upper": 2.0}, "backtest": None,
    "series": [{"date": "2013-03-01", "close": 1.0}],
}  # fmt: skip
RESULT = Result(json.dumps(BODY).encode(), b"\x89PNG")


def answer(picture, fields, key="result:x"):
    record = Record(ID, ForecastQuestion(ticker="AAPL", days=30), "done", None, key, 0, 1)
    wanted = Representation.of(picture, fields)
    plain = json.loads(b"".join(finished(record, RESULT, wanted)))
    assert json.loads(gzip.decompress(finished_gzip(record, RESULT, wanted))) == plain
    assert (plain.pop("request_id"), plain.pop("status")) == (ID, "done")
    return plain


def test_picture_false_leaves_out_the_picture_only():
    assert answer(False, None) == BODY | {"plot_url": f"/api/v1/forecasts/{ID}/plot.png"}


@pytest.mark.parametrize(
    ("fields", "selected"),
    [
        ("predicted_price,interval", {"predicted_price": 1.5, "interval": BODY["interval"]}),
        ("interval.upper, ticker", {"ticker": "AAPL", "interval": {"upper": 2.0}}),
        ("interval,interval.upper", {"interval": BODY["interval"]}),
        ("interval.lower,interval.upper", {"interval": {"lower": 1.0, "upper": 2.0}}),
        ("backtest.coverage", {"backtest": None}),
        ("series", {"series": BODY["series"]}),
        ("status", {}),
        ("request_id,status", {}),
        ("plot_url", {"plot_url": f"/api/v1/forecasts/{ID}/plot.png"}),
        ("plot_png_base64", {"plot_png_base64": "iVBORw=="}),
        ("components", {}),
    ],
)
def test_fields_returns_the_named_fields_only(fields, selected):
    assert answer(True, fields) == selected


def test_picture_false_overrides_a_named_picture():
    assert answer(False, "ticker,plot_png_base64") == {"ticker": "AAPL"}


def test_another_result_under_the_same_key_is_parsed_again():
    record = Record(ID, ForecastQuestion(ticker="AAPL", days=30), "done", None, "result:same", 0, 1)
    for price in (1.5, 2.5):
        result = Result(json.dumps({"predicted_price": price}).encode(), b"png")
        answered = finished(record, result, Representation.of(True, "predicted_price"))
        assert json.loads(b"".join(answered))["predicted_price"] == price


def test_cached_parts_belong_to_their_result():
    assert answer(True, "ticker", "result:1") == {"ticker": "AAPL"}
    assert answer(True, "predicted_price", "result:1") == {"predicted_price": 1.5}
    assert BODY["interval"] == {"level": 0.8, "lower": 1.0, "upper": 2.0}


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ("predicted_prise", "Unknown field predicted_prise. Did you mean predicted_price?"),
        ("ticker,,days", 'Unknown field "". Allowed: ticker, days,'),
        ("", 'Unknown field "". Allowed:'),
        ("interval.low", "Unknown field \"interval.low\". Did you mean interval.lower?"),
        ("series.close", "Unknown field \"series.close\"."),
        ("__class__", "Unknown field __class__."),
    ],
)  # fmt: skip
def test_an_unknown_field_is_refused_by_its_name(fields, detail):
    with pytest.raises(InvalidRequest) as caught:
        names_in(fields)
    assert caught.value.detail.startswith(detail)
    assert "data.source" not in caught.value.detail


def test_every_field_of_a_forecast_can_be_selected():
    paths = field_paths()
    assert paths["data.stale"] is paths["predicted_price"] is paths["backtest.coverage"] is True
    assert paths["series"] is paths["interval"] is paths["backtest.points"] is paths["timings_ms"] is False
    assert names_in(",".join(paths)) == tuple(paths)


def test_a_byte_cache_keeps_the_most_recently_used_entries():
    made = []

    def value(key):
        return cache.get(key, lambda: made.append(key) or key * 4)

    cache = ByteCache(8, len)
    assert [value("a"), value("b"), value("a"), value("c"), value("a"), value("b")][-1] == "bbbb"
    assert made == ["a", "b", "c", "b"]
    assert ByteCache(2, len).get("large", lambda: "xxxx") == "xxxx"
