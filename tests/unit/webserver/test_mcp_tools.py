"""The tools of ``/mcp`` for answers of the API: their texts, and the sentences of wrong calls."""

import pytest

from test_support.stores.boards import row_of
from webserver.mcp.own_api import ApiFailure
from webserver.mcp.texts import LONGEST_LIST
from webserver.mcp.tools import TOOLS, WAIT_S, call_tool

DATA = {
    "source": "tiingo",
    "source_name": "Tiingo",
    "first": "2016-11-28",
    "last": "2026-11-27",
    "stale": False,
    "flags": ["A price fell by 60 % in a day."],
}
FORECAST = {
    "status": "done",
    "request_id": "11111111-1111-4111-8111-111111111111",
    "ticker": "AAPL",
    "days": 30,
    "as_of": "2026-11-27",
    "last_close": 200.0,
    "counted_from": "2026-11-29",
    "target_date": "2026-12-29",
    "predicted_price": 201.5,
    "currency": "USD",
    "interval": {"level": 0.8, "lower": 180.0, "upper": 222.0},
    "verdict": "It may end between 180 and 222 USD.",
    "chances": {"above_last_close": 0.52, "gain_over_10_pct": 0.13, "loss_over_10_pct": 0.1},
    "data": DATA,
}
BACKTEST = {
    "scored": 20,
    "independent_tests": 18.4,
    "coverage": 0.75,
    "mae_pct": 5.0,
    "naive_mae_pct": 5.2,
    "comparison": "no_difference",
    "calibration": "too_narrow",
    "direction_hit_rate": 0.6,
}
FOLLOWED = {
    "days": 5,
    "hits": 30,
    "difference_pct": 0.4,
    "lower_pct": -1.0,
    "upper_pct": 1.8,
    "verdict": "no_difference",
}
STORED = {"ticker": "AAPL", "source": "tiingo", "source_name": "Tiingo", "last": "2026-11-27", "stale": False}
SEARCHED = {"stocks": 1, "prices": 2500, "first": "2016-11-28", "last": "2026-11-27"}
BOARD = {"date": "2026-11-28", "as_of": "2026-11-27", "total": 900, "matching": 40, "sources": ["tiingo", "sample"]}
RECORD = {
    "kind": "live",
    "horizon": {"words": "about 30 days"},
    "forecasts": 90,
    "waiting": 30,
    "scored": 60,
    "tickers": 12,
    "target_days": 25,
    "is_enough": True,
    "coverage": [{"level": 0.8, "inside": 47, "fraction": 0.783}],
    "means": {"abs_error_pct": 5.0, "last_price_abs_error_pct": 5.1, "crps_pct": 3.6, "last_price_crps_pct": 3.7},
    "months": [{"month": "2026-09"}, {"month": "2026-11"}],
}


class Api:
    """Answers every call in the same way but those of ``others``, and keeps the first and the last one."""

    def __init__(self, answer, others=None):
        self.answer = answer
        self.others = others or {}
        self.first = self.called = None

    def get(self, path, **params):
        self.called = (path, {name: value for name, value in params.items() if value is not None})
        self.first = self.first or self.called
        if path in self.others:
            return self.others[path]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self, path, body, wait_s, **_):
        assert wait_s == WAIT_S
        return self.get(path, **body)


def text_of(tool, answer, **arguments):
    result = call_tool(Api(answer), tool, arguments)
    assert not result.is_error, result.text
    return result.text


def test_a_forecast_has_range_probability_dates_source_and_caveats():
    text = text_of("forecast", FORECAST, ticker="AAPL")
    assert "AAPL: the price on Tue 29 Dec 2026, 30 days after Sun 29 Nov 2026." in text
    assert "Range with a probability of 80 %: 180.00 USD to 222.00 USD. Median: 201.50 USD." in text
    assert "Prices: Tiingo, Mon 28 Nov 2016 to Fri 27 Nov 2026." in text
    assert "A price fell by 60 % in a day." in text
    assert text.endswith("This is not investment advice.")


def test_old_and_sample_prices_are_said_to_be_such():
    old = FORECAST | {"data": DATA | {"stale": True}}
    assert "The prices are old: the last one is of Fri 27 Nov 2026" in text_of("forecast", old, ticker="AAPL")
    sample = FORECAST | {"data": DATA | {"source": "sample"}}
    assert "They say nothing about today's market." in text_of("forecast", sample, ticker="AAPL")


def test_a_forecast_of_volume_is_in_shares_and_has_no_chances():
    volume = FORECAST | {"field": "volume", "unit": "shares", "currency": "XXX", "chances": None}
    text = text_of("forecast", volume, ticker="AAPL", field="volume")
    assert "AAPL: the volume on" in text
    assert "200 shares" in text
    assert "Chances" not in text


def test_a_price_that_was_asked_for_keeps_its_digits():
    found = {"request_id": "7", "ticker": "EURUSD=X", "target_date": "2026-12-29", "last_close": 1.1}
    body = FORECAST | found | {"above": {"price": 1.1049, "probability": 0.25}, "touch": None}
    text = text_of("chances", body, ticker="EURUSD=X", above=1.1049)
    assert "closes above 1.1049 USD on Tue 29 Dec 2026: 25 %." in text


def test_a_backtest_names_its_tests_and_whether_it_beats_the_last_price():
    text = text_of("backtest", FORECAST | {"backtest": BACKTEST}, ticker="AAPL")
    assert "20 are scored, which are worth 18 without a common day" in text
    assert "Ranges of 80 %: 75 % contained the price; the ranges were too narrow." in text
    assert "not to be told apart from the last price" in text
    short = text_of("backtest", FORECAST | {"backtest": None}, ticker="AAPL")
    assert "The history of AAPL is too short" in short


def test_models_are_compared_in_a_line_each():
    models = [
        {"label": "Last price", "mae_pct": 5, "crps_pct": 4, "coverage": 0.8},
        {"label": "ETS", "mae_pct": 6, "crps_pct": 5, "coverage": 0.7, "verdict": "no_difference"},
        {"label": "Regression", "failure": {"detail": "No prices.", "code": "prices_not_stored"}},
    ]
    body = FORECAST | {
        "level": 0.8,
        "models": models,
        "origins": [1, 2],
        "summary": "None is better.",
        "source": "sample",
        "first": "2003-03-03",
    }
    text = text_of("compare", body, ticker="AAPL")
    assert "- Last price: error 5.00, score 4.00, range of 80 % held in 80 %; the yardstick" in text
    assert "; beside the last price: no difference" in text
    assert "- Regression: no result. No prices." in text
    assert "Prices: the sample data, Mon 3 Mar 2003" in text
    old = body | {"source": "tiingo", "first": "1999-01-04", "as_of": "2003-03-03"}
    assert "The prices are old: the last one is of Mon 3 Mar 2003" in text_of("compare", old, ticker="AAPL")


def test_a_pattern_has_what_followed_with_its_interval():
    pattern = {"name": "hammer", "total": 30, "summary": "As on any other day.", "hits": [{"known": "2026-10-02"}]}
    body = {
        "status": "done",
        "patterns": [pattern | {"followed": [FOLLOWED]}],
        "searched": SEARCHED,
        "caveats": ["Few."],
    }
    api = Api(body, {"/api/v1/tickers/AAPL": STORED})
    text = call_tool(api, "patterns", {"ticker": "aapl", "turnaround_pct": -8}).text
    assert api.first[1]["patterns"] == [{"type": "turnaround", "turn": "down", "percent": 8}]
    assert (
        "- 5 trading days later: +0.40 % beside the usual move, 95 % interval −1.00 % to +1.80 %; no difference" in text
    )
    assert "last seen on Fri 2 Oct 2026" in text
    assert "Few." in text
    assert "Prices: Tiingo, 2500 days from Mon 28 Nov 2016 to Fri 27 Nov 2026." in text
    for stored, warning in ((STORED | {"source": "sample"}, "sample prices"), (STORED | {"stale": True}, "are old")):
        other = call_tool(Api(body, {"/api/v1/tickers/AAPL": stored}), "patterns", {"ticker": "AAPL", "candles": "G"})
        assert warning in other.text


@pytest.mark.parametrize("percent", [float("inf"), float("nan")])
def test_a_turnaround_is_of_a_finite_number(percent):
    result = call_tool(Api({}), "patterns", {"ticker": "AAPL", "turnaround_pct": percent})
    assert result.is_error
    assert "not finite" in result.text


def test_long_work_that_is_not_finished_says_how_to_get_the_result():
    going = {"status": "computing", "progress": 0.4, "step": "ETS, origin 4 of 10", "request_id": "7"}
    text = text_of("compare", going, ticker="AAPL")
    assert text.startswith("Not finished yet: computing, 40 % done (ETS, origin 4 of 10). Call compare again")
    assert "request_id 7" in text
    api = Api(going)
    call_tool(api, "compare", {"ticker": "AAPL", "request_id": "7"})
    assert api.called[1]["request_id"] == "7"


@pytest.mark.parametrize("tool", TOOLS)
def test_an_unfinished_result_is_asked_for_with_arguments_that_the_tool_takes(tool):
    if tool in {"market", "track_record", "search"}:
        return  # these read what is stored
    arguments = {"chances": {"above": 1}, "patterns": {"candles": "G"}}.get(tool, {}) | {"ticker": "AAPL"}
    going = {"status": "ingesting", "request_id": "7"}
    text = text_of(tool, going, **arguments)
    if "request_id" in text:
        arguments["request_id"] = "7"
    text_of(tool, going, **arguments)


def test_the_market_is_movers_or_what_filters_select():
    rows = [
        row_of("AAPL", name="Apple Inc.", usual_moves=3.2),
        {"ticker": "X", "last_close": None, "detail": "No prices."},
    ]
    movers = BOARD | {"up": rows, "down": [], "broken": [], "broken_total": 50, "expected_broken": 45.0}
    text = text_of("market", movers)
    assert "- AAPL (Apple Inc.): " in text
    assert "3.2 usual moves" in text
    assert "- X: No prices." in text
    assert "sources of the prices: Tiingo, the sample data. Sample prices are old" in text
    api = Api(BOARD | {"rows": rows})
    assert "40 of 900 stocks match; the first 2." in call_tool(api, "market", {"filters": ["usual_moves>3"]}).text
    assert api.called == ("/api/v1/market", {"filter": ["usual_moves>3"], "limit": 10})


def test_the_market_of_one_stock_is_what_is_unusual_about_it():
    caveat = "The sentiment describes the past, and foretells nothing."
    body = {
        "ticker": "AAPL",
        "as_of": "2026-11-27",
        "rows": 2515,
        "source": "yahoo",
        "source_name": "Yahoo Finance",
        "stale": False,
        "sentences": [{"text": "The last close moved by −4.9 %."}],
        "sentiment": {"mood": "negative", "caveat": caveat},
        "language_model": None,
    }
    api = Api(body)
    text = call_tool(api, "market", {"ticker": "aapl"}).text
    assert api.called == ("/api/v1/insights/AAPL", {})
    assert "- The last close moved by −4.9 %." in text
    assert f"Mood of these facts: negative. {caveat}" in text
    assert "Prices: Yahoo Finance, 2515 days to Fri 27 Nov 2026." in text
    missing = call_tool(Api(ApiFailure("PUT it.", "not_found")), "market", {"ticker": "ZZZ"})
    assert missing.text == "No prices of ZZZ are stored. Call forecast for it first, which fetches them. (not_found)"
    worded = text_of("market", body | {"language_model": "llama", "sentiment": None, "stale": True}, ticker="AAPL")
    assert "worded by the language model llama" in worded
    assert "The prices are old" in worded


def test_a_record_has_figures_only_from_twenty_forecasts_on():
    text = text_of("track_record", RECORD)
    assert "Record of live forecasts over about 30 days: 90 made, 30 wait for their day, 60 scored (12 stocks" in text
    assert "Range of 80 %: 78 % of the closes were inside." in text
    assert "Target days from 2026-09 to 2026-11" in text
    few = text_of("track_record", RECORD | {"is_enough": False, "means": None, "months": []})
    assert "too few for a figure" in few
    assert "%" not in few


def test_a_search_without_a_match_says_what_to_do():
    match = {"ticker": "AAPL", "name": None, "stored": True}
    assert "- AAPL: name unknown, prices are stored" in text_of("search", {"query": "x", "tickers": [match]}, text="x")
    assert "Try another spelling" in text_of("search", {"query": "x", "tickers": []}, text="x")


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("forecast", {}, "ticker is missing"),
        ("forecast", {"ticker": "A", "day": 3}, "Unknown field day. Did you mean days?"),
        ("forecast", {"ticker": "A", "days": 0}, "days must be a whole number from 1 to 10000"),
        ("chances", {"ticker": "A"}, "Send a price as above, as touch, or both."),
        ("patterns", {"ticker": "A"}, "Send candles, or a fall or rise in percent"),
        ("search", {"text": ""}, "text must"),
        ("market", {"ticker": "../x"}, "A ticker has 1 to 24 letters"),
    ],
)
def test_a_wrong_call_is_a_sentence(tool, arguments, sentence):
    result = call_tool(Api({}), tool, arguments)
    assert result.is_error
    assert sentence in result.text
    assert result.text.endswith(")")


def test_a_refusal_of_the_api_is_its_sentence():
    result = call_tool(Api(ApiFailure("No price source has ZZZ.", "unknown_ticker")), "forecast", {"ticker": "ZZZ"})
    assert (result.text, result.is_error) == ("No price source has ZZZ. (unknown_ticker)", True)
    assert call_tool(Api({}), "nope", {}) is None


def test_texts_are_short():
    models = [{"label": "M", "mae_pct": 1, "crps_pct": 1, "coverage": 1}] * 50
    found = {"level": 0.8, "models": models, "origins": [], "summary": "", "source": "x", "first": "2003-03-03"}
    body = FORECAST | found
    assert text_of("compare", body, ticker="A").count("- M") == LONGEST_LIST
    flags = FORECAST | {"data": DATA | {"flags": ["A flag."] * 99}}
    assert len(text_of("forecast", flags, ticker="A")) < 1500
    assert all(tool.title and tool.arguments.__doc__ for tool in TOOLS.values())
