"""The tools at ``/mcp`` for callers with and without rights, with real Redis and SQLite."""

from __future__ import annotations

import asyncio
import sys

import pytest
from mcp import Client, StdioServerParameters
from werkzeug.serving import make_server

from test_support.network.http_server import serving
from test_support.paths import ROOT
from tests.integration.webserver.test_access import bearer, make_app
from tests.integration.webserver.test_access import world as world  # noqa: PLC0414 - a fixture
from tests.integration.webserver.test_prices_api import check_problem

FORECASTING = ("forecast", "chances", "backtest", "compare", "patterns")
ARGUMENTS = {
    **{tool: {"ticker": "AAPL"} for tool in FORECASTING},
    "chances": {"ticker": "AAPL", "above": 1},
    "patterns": {"ticker": "AAPL", "candles": "G"},
    "search": {"text": "apple"},
}


@pytest.fixture
def ask(world, redis_url, s3_bucket):
    """Send a message to a server with accounts; return the response."""
    client = make_app(world, redis_url, auth="on", rate_limit_per_client="20/minute").test_client()

    def send(method, params=None, headers=None, **more):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        return client.post("/mcp", json=message, headers=headers or {}, **more)

    return send


def call(ask, tool, headers, **more):
    """Return the text of a tool and whether it is an error."""
    params = {"name": tool, "arguments": ARGUMENTS.get(tool, {})}
    result = ask("tools/call", params, headers, **more).get_json()["result"]
    return result["content"][0]["text"], result["isError"]


def test_a_message_needs_a_valid_token_that_may_read(ask, world):
    for headers in ({}, bearer("stockcast_wrong")):
        response = ask("tools/list", headers=headers)
        check_problem(response, 401, "unauthenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    check_problem(ask("tools/list", headers=world.credentials["forecast token"]), 403, "forbidden")
    assert len(ask("tools/list", headers=world.credentials["read token"]).get_json()["result"]["tools"]) == 8


def test_a_tool_needs_the_scopes_of_the_calls_that_it_makes(ask, world):
    for tool in FORECASTING:
        text, is_error = call(ask, tool, world.credentials["read token"])
        assert is_error
        assert "scope forecast" in text, tool
        assert text.endswith("(forbidden)")
    text, is_error = call(ask, "search", world.credentials["read token"])
    assert not is_error
    assert "AAPL: Apple Inc." in text


def test_the_calls_of_a_tool_count_against_the_limits_of_its_caller(ask, world):
    headers = world.credentials["read token"]
    # Each message costs 1, and so does the search.
    texts = [call(ask, "search", headers)[0] for _ in range(10)]
    assert all("AAPL" in text for text in texts)
    check_problem(ask("tools/list", headers=headers), 429, "rate_limited")


def test_a_limit_that_is_reached_within_a_tool_is_its_sentence(ask, world):
    headers = world.credentials["read token"]
    for _ in range(19):
        ask("ping", headers=headers)
    text, is_error = call(ask, "search", headers)
    assert is_error
    assert text.endswith("(rate_limited)")


def test_a_page_of_another_site_cannot_use_the_tools(ask, world):
    for header in ({"Origin": "https://other.example"}, {"Sec-Fetch-Site": "cross-site"}):
        response = ask("tools/list", headers=world.credentials["person"] | header)
        check_problem(response, 403, "invalid_request")
    check_problem(ask("tools/list", base_url="http://rebound.example"), 421, "invalid_request")
    own = world.credentials["read token"] | {"Origin": "http://localhost"}
    assert ask("tools/list", headers=own).status_code == 200


def test_what_is_no_message_is_refused(world, redis_url, s3_bucket):
    client = make_app(None, redis_url).test_client()
    for method in (client.get, client.delete):
        response = method("/mcp")
        check_problem(response, 405, "invalid_request")
        assert "POST" in response.headers["Allow"]
    check_problem(client.post("/mcp", data=b"{"), 400, "invalid_request")
    check_problem(client.post("/mcp", data=b" " * 20_000), 413, "invalid_request")
    assert client.post("/mcp", json=[]).get_json()["error"]["code"] == -32600
    received = client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (received.status_code, received.data) == (202, b"")


def test_the_tools_on_standard_input_are_those_of_the_token_in_the_environment(
    world, redis_url, s3_bucket, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = make_server("127.0.0.1", 0, make_app(world, redis_url, auth="on"), threaded=True)

    async def use(token):
        environment = {"PYTHONPATH": str(ROOT / "clients" / "python"), "STOCKCAST_TOKEN": token}
        command = ["-m", "stockcast_client.mcp", "--url", f"http://127.0.0.1:{server.server_port}"]
        program = StdioServerParameters(command=sys.executable, args=command, env=environment)
        async with Client(program) as client:
            found = await client.call_tool("search", {"text": "apple"})
            refused = await client.call_tool("forecast", {"ticker": "AAPL"})
            return found.content[0].text, refused.content[0].text, refused.is_error

    secret = world.credentials["read token"]["Authorization"].removeprefix("Bearer ")
    with serving(server):
        found, refused, is_error = asyncio.run(use(f"{secret}\n"))
        stranger = asyncio.run(use("stockcast_wrong"))
    assert "AAPL: Apple Inc." in found
    assert is_error
    assert "scope forecast" in refused
    assert "token" in stranger[0]
    assert "AAPL" not in stranger[0]
