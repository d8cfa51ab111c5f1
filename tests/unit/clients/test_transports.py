"""The two transports of the Python client carry the same steps out, and cancel a request that is interrupted."""

import asyncio

import httpx
import pytest

from stockcast_client import AsyncStockcast, InvalidRequest, Problem, ServerUnreachable, Stockcast
from stockcast_client.core.addresses import is_loopback
from stockcast_client.mcp.__main__ import main

SECRET = "stockcast_secret"


class Server:
    """Answers like a server that never finishes, and keeps the calls."""

    def __init__(self, interrupt=None):
        self.calls = []
        self.interrupt = interrupt

    def __call__(self, request):
        self.calls.append((request.method, request.url.path, request.headers.get("authorization")))
        if request.method == "GET" and self.interrupt is not None:
            self.interrupt()
        return httpx.Response(202, json={"status": "accepted"})

    @property
    def methods(self):
        return [method for method, *_ in self.calls]


def stop():
    raise KeyboardInterrupt


def test_an_interrupted_program_cancels_its_request():
    server = Server(stop)
    with Stockcast(token=SECRET, transport=httpx.MockTransport(server)) as client, pytest.raises(KeyboardInterrupt):
        client.forecast("AAPL", days=30)
    assert server.methods == ["POST", "GET", "DELETE"]
    assert server.calls[0][1] == "/api/v1/forecasts"
    assert server.calls[1][1] == server.calls[2][1]
    assert {secret for *_, secret in server.calls} == {f"Bearer {SECRET}"}


def test_a_cancelled_task_cancels_its_request():
    asked = asyncio.Event()
    server = Server(asked.set)

    async def begin_and_cancel():
        async with AsyncStockcast(transport=httpx.MockTransport(server)) as client:
            task = asyncio.create_task(client.forecast("AAPL", days=30))
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(begin_and_cancel())
    assert server.methods[0] == "POST"
    assert server.methods[-1] == "DELETE"


def test_a_failing_report_of_progress_cancels_the_request():
    def fail(_):
        raise ZeroDivisionError

    server = Server()
    with Stockcast(transport=httpx.MockTransport(server)) as client, pytest.raises(ZeroDivisionError):
        client.evaluate("AAPL", on_progress=fail)
    assert server.methods == ["POST", "DELETE"]


def test_a_server_below_a_path_is_asked_there():
    paths = []

    def answer(request):
        paths.append(request.url.raw_path.decode())
        return httpx.Response(404, json={"code": "not_found", "detail": "Nothing."})

    with (
        Stockcast("https://stocks.example/stockcast/", transport=httpx.MockTransport(answer)) as client,
        pytest.raises(Problem),
    ):
        client.prices("^GSPC", start="2026-01-02")
    assert paths == ["/stockcast/api/v1/prices/%5EGSPC?start=2026-01-02&interval=1d"]


def paths_of(ask):
    """Return the addresses that a program asks for."""
    asked = []

    def answer(request):
        asked.append((request.method, request.url.raw_path.decode(), request.content))
        return httpx.Response(200, json={"status": "ended", "prices": [], "rows": [], "forecasts": []})

    with Stockcast(transport=httpx.MockTransport(answer)) as client:
        ask(client)
    return asked


def test_one_ticker_in_place_of_a_list_is_not_taken_for_its_letters():
    assert paths_of(lambda client: client.latest("AAPL"))[0][1].endswith("?tickers=AAPL")
    assert b'["AAPL"]' in paths_of(lambda client: client.forecasts("AAPL", days=30))[0][2]
    (market,) = paths_of(lambda client: client.market(tickers="AAPL", filters="usual_moves>3"))
    assert market[1].endswith("?filter=usual_moves%3E3&tickers=AAPL")


def test_a_stock_named_by_dots_does_not_remove_its_list():
    with pytest.raises(InvalidRequest):
        paths_of(lambda client: client.unwatch("1", ".."))


def test_a_report_needs_a_forecast():
    with pytest.raises(InvalidRequest, match="at least one"):
        paths_of(lambda client: client.report())


@pytest.mark.parametrize("url", ["localhost:5000", "", "ftp://stocks.example", "http://", "http://[::1"])
def test_an_address_without_its_scheme_is_refused_at_once(url):
    with pytest.raises(ValueError, match=r"begins with http:// or https://"):
        Stockcast(url)


def test_a_token_from_a_file_may_end_with_a_line_and_is_never_quoted():
    seen = []

    def answer(request):
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    with Stockcast(token=f" {SECRET}\n", transport=httpx.MockTransport(answer)) as client:
        client.server_version()
    assert seen == [f"Bearer {SECRET}"]
    for wrong in (f"{SECRET}\nX: y", f"{SECRET}\u2019"):
        with pytest.raises(ValueError, match="letters that no token has") as caught:
            Stockcast(token=wrong)
        assert SECRET not in repr(caught.value)


def test_the_tools_do_not_start_with_a_wrong_address_or_token(monkeypatch, capsys):
    calls = (("localhost:5000", SECRET, "begins with http://"), ("http://localhost:5000", f"{SECRET}\u2019", "again"))
    for url, token, sentence in calls:
        monkeypatch.setenv("STOCKCAST_TOKEN", token)
        monkeypatch.setattr("sys.argv", ["stockcast-mcp", "--url", url])
        assert main() == 1
        error = capsys.readouterr().err
        assert sentence in error
        assert SECRET not in error


def test_an_answer_that_cannot_be_decoded_is_an_exception_of_the_client():
    def answer(_):
        return httpx.Response(200, content=b"no gzip", headers={"Content-Encoding": "gzip"})

    with (
        Stockcast(outage_s=0, transport=httpx.MockTransport(answer)) as client,
        pytest.raises(ServerUnreachable),
    ):
        client.server_version()


def test_no_proxy_is_asked_for_this_machine():
    assert is_loopback("http://localhost:5000")
    assert is_loopback("http://[::1]:5000")
    assert not is_loopback("https://stocks.example")
    assert not is_loopback("http://[::1")
