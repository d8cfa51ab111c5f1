"""The two transports of the Python client carry the same steps out, and cancel a request that is interrupted."""

import asyncio

import httpx
import pytest

from stockcast_client import AsyncStockcast, Problem, Stockcast
from stockcast_client.core.addresses import is_loopback

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


def test_no_proxy_is_asked_for_this_machine():
    assert is_loopback("http://localhost:5000")
    assert is_loopback("http://[::1]:5000")
    assert not is_loopback("https://stocks.example")
    assert not is_loopback("http://[::1")
