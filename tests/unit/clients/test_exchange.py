"""The steps of the Python client, without HTTP: repetitions, waits, cancelled requests, and other versions."""

import json
from uuid import uuid4

import pytest

from common.domain.errors import FAILURES_BY_CODE
from stockcast_client.core.batches import Batch, results_of
from stockcast_client.core.calls import all_pages, model_of, path_of
from stockcast_client.core.exchange import (
    LEAST_ANSWER_S,
    HttpAnswer,
    HttpCall,
    NoAnswer,
    Patience,
    Pause,
    answered,
    retry_after_s,
)
from stockcast_client.core.exchange import (
    NO_SUCH_ADDRESS as CLIENTS_SENTENCE,
)
from stockcast_client.core.waiting import Request, result_of
from stockcast_client.errors import (
    BY_CODE,
    Cancelled,
    InvalidRequest,
    NotFound,
    Problem,
    RateLimited,
    ServerUnreachable,
    Unavailable,
    UnknownTicker,
    UnreadableAnswer,
    UnsupportedByServer,
    WaitTimedOut,
)
from stockcast_client.models.generated import FinishedReport, Progress, StoredTicker, StoredTickers
from stockcast_client.results.batch import ForecastBatch
from stockcast_client.results.forecast import Forecast
from webserver.http.problems import NO_SUCH_ADDRESS
from webserver.reports.responses import LONGEST_WAIT_S as LONGEST_REPORT_WAIT_S
from webserver.settings import WebSettings
from webserver.stocks import ingestion_client

GET = HttpCall("GET", "/api/v1/tickers/AAPL", names_a_thing=True)


class Server:
    """Replies to steps in turn, and counts the seconds of pauses and of calls, which take ``call_s`` each."""

    def __init__(self, *replies, call_s=0.0):
        self.replies = list(replies)
        self.calls, self.pauses, self.now, self.call_s = [], [], 0.0, call_s

    def patience(self, outage_s=10.0, busy_s=60.0):
        return Patience(outage_s, busy_s, lambda: self.now)

    def run(self, steps, interrupt_after=None):
        try:
            step = next(steps)
            while True:
                reply = None
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.now += step.seconds
                else:
                    self.calls.append(step)
                    self.now += self.call_s
                    reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if len(self.calls) == interrupt_after:
                    interrupt_after = None
                    step = steps.throw(KeyboardInterrupt())
                else:
                    step = steps.send(reply)
        except StopIteration as end:
            return end.value


def answer(status, body, **headers):
    return HttpAnswer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()
    )


def problem(status, code, request_id=None, **headers):
    body = {"code": code, "detail": f"The sentence of {code}."} | ({"request_id": request_id} if request_id else {})
    return answer(status, body, **headers)


def request(timeout_s=60.0, on_progress=None):
    return Request("forecasts", {"ticker": "AAPL", "days": 30}, {}, str(uuid4()), timeout_s, on_progress)


def test_the_exceptions_are_of_codes_of_the_api():
    assert set(BY_CODE) <= set(FAILURES_BY_CODE)
    assert NO_SUCH_ADDRESS.startswith(CLIENTS_SENTENCE)


def test_a_call_waits_longer_than_the_server_for_prices_or_a_report():
    prices_s = WebSettings().request_deadline_s + ingestion_client.DISPATCH_PATIENCE_S + ingestion_client.REPLY_MARGIN_S
    assert GET.timeout_s > max(prices_s, LONGEST_REPORT_WAIT_S) + 1


def test_a_lost_call_is_repeated_until_the_outage_is_too_long():
    server = Server(NoAnswer("refused"), NoAnswer("reset"), answer(200, {"ticker": "AAPL"}))
    assert server.run(model_of(GET, server.patience(), StoredTicker)).ticker == "AAPL"
    assert server.pauses == [0.25, 0.5]
    server = Server(NoAnswer("refused"))
    with pytest.raises(ServerUnreachable, match="no answer to GET /api/v1/tickers/AAPL: refused"):
        server.run(answered(GET, server.patience(outage_s=10)))
    assert 3 <= len(server.calls) <= 8


def test_a_restart_at_the_end_of_a_long_wait_is_outlived():
    server = Server(NoAnswer("reset"), answer(200, {"status": "done", "ticker": "AAPL"}), call_s=19)
    assert server.run(result_of(request(), server.patience(outage_s=10), Forecast)).ticker == "AAPL"
    assert len(server.calls) == 2


def test_a_call_that_gets_no_answer_in_its_time_is_not_repeated_for_twice_as_long():
    server = Server(NoAnswer("timed out", is_silence=True), call_s=30)
    with pytest.raises(ServerUnreachable, match="timed out"):
        server.run(answered(GET, server.patience(outage_s=10)))
    assert len(server.calls) == 1


def test_a_silent_server_holds_a_call_hardly_longer_than_its_timeout():
    server = Server(NoAnswer("timed out", is_silence=True))
    with pytest.raises(ServerUnreachable):
        server.run(result_of(request(timeout_s=5), server.patience(outage_s=0), Forecast))
    assert server.calls[0].timeout_s <= 5 + LEAST_ANSWER_S


def test_a_change_that_a_proxy_may_have_passed_on_is_sent_once():
    change = HttpCall("POST", "/api/v1/watchlists", body={"name": "x"}, is_repeatable=False)
    server = Server(HttpAnswer(502, {}, b"<html>"))
    with pytest.raises(ServerUnreachable):
        server.run(answered(change, server.patience()))
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_whose_server_is_away_is_asked_again(status):
    server = Server(HttpAnswer(status, {}, b"<html>"), answer(200, {"ticker": "AAPL"}))
    assert server.run(model_of(GET, server.patience(), StoredTicker)).ticker == "AAPL"
    server = Server(HttpAnswer(status, {}, b"<html>"))
    with pytest.raises(ServerUnreachable, match=f"a proxy answered HTTP {status}"):
        server.run(answered(GET, server.patience()))


def test_another_address_is_named_and_not_followed():
    server = Server(HttpAnswer(301, {"location": "https://stocks.example/"}, b""))
    with pytest.raises(UnreadableAnswer, match=r"sends to https://stocks\.example/"):
        server.run(answered(GET, server.patience()))
    assert len(server.calls) == 1


def test_a_call_that_changes_something_is_sent_once_unless_its_refusal_is_certain():
    change = HttpCall("POST", "/api/v1/watchlists", body={"name": "x"}, is_repeatable=False)
    server = Server(NoAnswer("reset"))
    with pytest.raises(ServerUnreachable):
        server.run(answered(change, server.patience()))
    assert len(server.calls) == 1
    server = Server(problem(503, "store_unavailable"))
    with pytest.raises(Unavailable):
        server.run(answered(change, server.patience()))
    assert len(server.calls) == 1
    server = Server(problem(429, "rate_limited", retry_after="2"), answer(201, {}))
    server.run(answered(change, server.patience()))
    assert len(server.calls) == 2


def test_the_server_says_when_to_call_again():
    server = Server(
        problem(429, "rate_limited", retry_after="7"), problem(503, "busy", retry_after="5"), answer(200, {})
    )
    server.run(answered(GET, server.patience()))
    assert server.pauses == [7, 5]
    server = Server(problem(429, "rate_limited", retry_after="3600"))
    with pytest.raises(RateLimited, match=r"The sentence of rate_limited\.") as caught:
        server.run(answered(GET, server.patience(busy_s=60)))
    assert (caught.value.retry_after_s, caught.value.status, server.pauses) == (3600, 429, [])


def test_retry_after_may_be_a_date_or_nonsense():
    assert retry_after_s(answer(503, {}, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")) == 0
    for text in ("soon", "", "-5", "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"):
        assert retry_after_s(answer(503, {}, retry_after=text)) is None


def test_a_problem_becomes_the_exception_of_its_code():
    server = Server(problem(404, "unknown_ticker", request_id="7"))
    with pytest.raises(UnknownTicker, match="The sentence") as caught:
        server.run(answered(GET, server.patience()))
    assert (caught.value.code, caught.value.request_id) == ("unknown_ticker", "7")
    server = Server(problem(422, "of_a_newer_server"))
    with pytest.raises(Problem) as other:
        server.run(answered(GET, server.patience()))
    assert type(other.value) is Problem


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"\xff", b'{"message": "no code"}'])
def test_an_answer_of_another_server_is_said_to_be_one(content):
    for status in (404, 200):
        server = Server(HttpAnswer(status, {}, content))
        with pytest.raises(UnreadableAnswer, match="Check that"):
            server.run(result_of(request(), server.patience(), Forecast))
        if content.startswith(b'{"'):
            break


def test_a_result_is_polled_under_the_id_of_the_request():
    waiting = answer(202, {"status": "ingesting", "progress": 0.25, "step": "fetching"})
    seen = []
    asked = request(on_progress=seen.append)
    server = Server(waiting, waiting, answer(200, {"status": "done", "ticker": "AAPL"}))
    assert server.run(result_of(asked, server.patience(), Forecast)).ticker == "AAPL"
    first, *polls = server.calls
    assert (first.method, first.body["request_id"], first.headers["Prefer"]) == ("POST", asked.request_id, "wait=20")
    assert {(each.method, each.path) for each in polls} == {("GET", f"/api/v1/forecasts/{asked.request_id}")}
    assert [(each.status, each.fraction, each.step) for each in seen] == [("ingesting", 0.25, "fetching")] * 2


def test_a_lost_request_is_sent_again_with_the_same_id():
    server = Server(NoAnswer("reset"), answer(200, {"status": "done"}))
    server.run(result_of(request(timeout_s=600), server.patience(), Forecast))
    assert server.calls[0] == server.calls[1]


def test_a_request_that_failed_for_good_is_not_repeated():
    asked = request()
    server = Server(problem(503, "provider_unavailable", request_id=asked.request_id, retry_after="5"))
    with pytest.raises(Unavailable):
        server.run(result_of(asked, server.patience(), Forecast))
    assert len(server.calls) == 1
    server = Server(answer(202, {"status": "accepted"}), answer(200, {"status": "cancelled"}))
    with pytest.raises(Cancelled):
        server.run(result_of(asked, server.patience(), Forecast))


def test_a_request_whose_time_is_up_is_cancelled():
    asked = request(timeout_s=3)
    server = Server(answer(202, {"status": "accepted"}))
    with pytest.raises(WaitTimedOut, match="within 3 seconds") as caught:
        server.run(result_of(asked, server.patience(), Forecast))
    assert caught.value.request_id == asked.request_id
    assert (server.calls[-1].method, server.calls[-1].path) == ("DELETE", f"/api/v1/forecasts/{asked.request_id}")
    assert 2.9 < server.now <= 3.1


def test_an_interrupted_request_is_cancelled():
    server = Server(answer(202, {"status": "accepted"}))
    with pytest.raises(KeyboardInterrupt):
        server.run(result_of(request(), server.patience(), Forecast), interrupt_after=2)
    assert [each.method for each in server.calls] == ["POST", "GET", "DELETE"]


def test_a_batch_is_polled_and_read_once_it_has_ended():
    seen = []
    running = answer(200, {"status": "running", "counts": {"done": 1, "accepted": 3}})
    entries = [{"ticker": "AAPL", "status": "done", "result": {"ticker": "AAPL", "predicted_price": 1.5}}]
    entries += [{"ticker": "X", "status": "failed", "code": "unknown_ticker", "detail": "No X.", "result": None}]
    server = Server(running, answer(200, {"status": "ended"}), answer(200, {"status": "ended", "forecasts": entries}))
    batch = Batch("/api/v1/forecasts:batch", {"tickers": ["AAPL", "X"]}, str(uuid4()), {}, 60, seen.append)
    found = server.run(results_of(batch, server.patience(), ForecastBatch))
    assert (found.finished["AAPL"].predicted_price, found.failed) == (1.5, {"X": "No X."})
    assert server.calls[-1].params == {"results": True}
    assert (seen[0].fraction, seen[0].step) == (0.25, "1 of 4 ended")
    server = Server(running)
    with pytest.raises(WaitTimedOut):
        server.run(results_of(batch, server.patience(), ForecastBatch))
    assert server.calls[-1].method == "DELETE"


def test_pages_are_followed_on_the_same_server():
    first = answer(200, {"tickers": [{"ticker": "A"}], "next": "https://other.example/api/v1/tickers?after=A"})
    server = Server(first, answer(200, {"tickers": [{"ticker": "B"}], "next": None}))
    call = HttpCall("GET", path_of("tickers"))
    found = server.run(all_pages(call, server.patience(), StoredTickers, "tickers"))
    assert [each.ticker for each in found] == ["A", "B"]
    assert server.calls[1] == HttpCall("GET", "/api/v1/tickers", {"after": "A"})


def test_fields_of_a_newer_server_are_kept_and_those_that_an_older_one_lacks_are_none():
    body = {"status": "dreaming", "ticker": "AAPL", "url": None, "mood": {"of": "the market"}}
    found = Progress.model_validate(body)
    assert (found.status, found.ticker, found.days, found.url) == ("dreaming", "AAPL", None, None)
    assert found.mood == {"of": "the market"}


def test_a_field_of_another_type_is_a_sentence():
    server = Server(answer(200, {"ticker": ["a"]}))
    with pytest.raises(UnreadableAnswer, match=r"The answer's ticker cannot be read .* upgrade the client"):
        server.run(model_of(GET, server.patience(), StoredTicker))


@pytest.mark.parametrize("missing", [problem(404, "not_found"), problem(405, "invalid_request")])
def test_a_route_that_the_server_lacks_is_said_with_both_versions(missing):
    server = Server(missing, answer(200, {"version": "0.0.9"}))
    with pytest.raises(
        UnsupportedByServer, match=r"has no GET /api/v1/market\. It is version 0\.0\.9, and this client"
    ):
        server.run(answered(HttpCall("GET", "/api/v1/market"), server.patience()))
    assert server.calls[-1].path == "/livez"


def test_a_thing_that_the_server_lacks_is_not_a_route_that_it_lacks():
    server = Server(problem(404, "not_found"))
    with pytest.raises(NotFound):
        server.run(answered(GET, server.patience()))
    sentence = answer(404, {"code": "not_found", "detail": NO_SUCH_ADDRESS})
    server = Server(sentence, NoAnswer("gone"))
    with pytest.raises(UnsupportedByServer, match="Its version is unknown"):
        server.run(answered(GET, server.patience()))


def test_a_request_that_ended_with_what_is_missing_keeps_its_sentence():
    # Such as a report of a forecast that has expired.
    server = Server(problem(404, "not_found", request_id="7"))
    with pytest.raises(NotFound, match="The sentence of not_found"):
        server.run(result_of(request(), server.patience(), FinishedReport))
    assert len(server.calls) == 1


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_part_of_a_path_cannot_lead_to_another_thing(part):
    # httpx resolves dots, so that the removal of a stock would become that of its list.
    with pytest.raises(InvalidRequest, match="is no name of a thing"):
        path_of("watchlists", "1", "stocks", part)


def test_parts_of_a_path_are_escaped():
    assert path_of("prices", "../a/b?c") == "/api/v1/prices/..%2Fa%2Fb%3Fc"
    assert HttpCall("GET", "/", {"a": None, "b": True, "c": [1, 2]}).query == {"b": "true", "c": [1, 2]}
    assert issubclass(UnknownTicker, NotFound)
    assert issubclass(BY_CODE["invalid_days"], InvalidRequest)
