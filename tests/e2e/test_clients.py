"""The Python client, its notebook and the Model Context Protocol, in front of the whole stack."""

import asyncio
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from common.runtime.version import VERSION
from stockcast_client import (
    AsyncStockcast,
    EvaluationRequest,
    Forecast,
    ForecastRequest,
    NoMarketBoard,
    ServerUnreachable,
    Stockcast,
    UnknownTicker,
)
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.waiting import until
from test_support.web.notebooks import run_notebook
from tests.e2e.conftest import DEADLINE_S

CLIENTS = ROOT / "clients" / "python"
TOOLS = {"forecast", "chances", "backtest", "compare", "patterns", "market", "track_record", "search"}


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own: the open browser's event loop belongs to this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def test_a_program_asks_reads_and_watches(stack):
    with Stockcast(stack) as client:
        assert client.server_version() == VERSION
        forecast = client.forecast("AAPL", days=30, timeout=DEADLINE_S)
        assert forecast.to_frame().index[-1].date() == forecast.target_date
        assert "data:image/png;base64," in forecast._repr_html_()
        assert client.chart(forecast.request_id, "svg").lstrip().startswith(b"<")
        assert 0 < client.chances(forecast.request_id, above=forecast.last_close).above.probability < 1
        with pytest.raises(UnknownTicker, match="NOSUCH"):
            client.forecast("NOSUCH", days=30)
        with pytest.raises(NoMarketBoard, match="no board"):
            client.market()
        assert client.report(forecast).startswith(b"%PDF-")
        assert len(client.insights("AAPL").sentences) >= 5
        assert client.search("apple")[0].ticker == "AAPL"
        assert client.prices("AAPL", start="2013-02-01").to_frame().index.is_monotonic_increasing
        assert "AAPL" in {each.ticker for each in client.tickers()}
        until(lambda: client.track_record(kind="sample").forecasts > 0, DEADLINE_S, "the track record is empty")
        found = client.find_patterns("AAPL", "G G G R", timeout=DEADLINE_S)
        assert len(found.to_frame()) == 3
        made = client.create_watchlist("of a program")
        client.watch(made.id, "AAPL", note="mine")
        assert client.watchlist(made.id).to_frame().loc["AAPL", "note"] == "mine"
        client.delete_watchlist(made.id)


def test_an_asynchronous_program_waits_for_many_things_at_once(stack):
    async def ask():
        async with AsyncStockcast(stack) as client:
            questions = [
                ForecastRequest(ticker="AAPL", days=7),
                EvaluationRequest(ticker="AAPL", models=["drift"], origins=4),
            ]
            return await asyncio.gather(
                client.batch(questions, timeout=DEADLINE_S),
                client.forecasts(["AAPL", "NOSUCH"], days=30, timeout=DEADLINE_S),
            )

    batch, forecasts = run(ask())
    assert [type(each).__name__ for each in batch.results] == ["Forecast", "Evaluation"]
    assert (list(forecasts.finished), list(forecasts.failed)) == (["AAPL"], ["NOSUCH"])
    assert isinstance(forecasts.finished["AAPL"], Forecast)


def test_a_server_that_is_away_is_a_sentence():
    with (
        Stockcast(f"http://127.0.0.1:{free_port()}", outage_s=0.1) as client,
        pytest.raises(ServerUnreachable, match="gave no answer to GET /livez"),
    ):
        client.server_version()


def test_the_notebook_of_the_documents_runs(stack, monkeypatch):
    monkeypatch.setenv("STOCKCAST_URL", stack)
    shown = run_notebook(ROOT / "docs" / "notebooks" / "forecasts.ipynb", {})
    assert shown[0] == repr(VERSION)
    assert "data:image/png;base64," in shown[1]
    assert "NOSUCH" in shown[-2]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_language_model_uses_the_tools(stack, mode, transport, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "stockcast_client.mcp", "--url", stack],
        env={"PYTHONPATH": str(CLIENTS)},
    )

    async def ask():
        async with Client(f"{stack}/mcp" if transport == "http" else program, mode=mode) as client:
            listed = (await client.list_tools()).tools
            assert {tool.name for tool in listed} == TOOLS
            assert all(tool.annotations.read_only_hint for tool in listed)
            good = await client.call_tool("chances", {"ticker": "AAPL", "days": 30, "above": 450})
            bad = await client.call_tool("forecast", {"ticker": "NOSUCH"})
            return good, bad

    good, bad = run(ask())
    assert not good.is_error
    assert "Chance that AAPL closes above 450.00 USD on" in good.content[0].text
    assert "sample prices" in good.content[0].text
    assert bad.is_error
    assert bad.content[0].text.endswith("(unknown_ticker)")
