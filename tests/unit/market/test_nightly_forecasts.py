import json

from market.nightly_forecasts import ForecastRefused, forecast, stored_tickers, summary


class Server:
    """Answers with what it was given, in order."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, path, body=None):
        self.asked.append((path, body and json.loads(body)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_tickers_are_listed_page_by_page():
    first = {"tickers": [{"ticker": "AAPL"}], "next": "/api/v1/tickers?after=AAPL"}
    server = Server(first, {"tickers": [{"ticker": "IBM"}], "next": None})
    assert list(stored_tickers(server)) == ["AAPL", "IBM"]
    assert [path for path, _ in server.asked] == ["/api/v1/tickers", "/api/v1/tickers?after=AAPL"]


def test_a_busy_server_is_asked_again_after_its_retry_after():
    pauses = []
    server = Server(ForecastRefused("busy", 3.0), {"status": "forecasting"}, {"status": "done"})
    assert forecast(server, "AAPL", 30, pauses.append) == "done"
    assert pauses == [3.0, 1.0]
    assert {json.dumps(body) for _, body in server.asked} == {'{"ticker": "AAPL", "days": 30}'}


def test_a_failed_ticker_is_requested_once():
    server = Server(ForecastRefused("too_little_data", 1.0))
    assert forecast(server, "NEW", 30) == "too_little_data"


def test_a_server_that_stays_busy_is_reported():
    assert forecast(Server(*[ForecastRefused("busy", 99.0)] * 30), "AAPL", 30, lambda _: None) == "busy"
    text = summary({"AAPL": "busy", "IBM": "done"}, 2.0)
    assert text == "AAPL            busy\n2 tickers in 2.0 s: 1 busy, 1 done"
