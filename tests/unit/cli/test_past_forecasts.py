from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.formats import forecast_format
from cli.output.terminal import Paint
from cli.past_forecasts import record_line
from tests.unit.cli.test_forecasting import answer
from webserver.track_record.models import TrackRecord

RECORD: dict[str, Any] = TrackRecord.model_json_schema()["examples"][0]
"""The example answer of the API's description."""
LINE = "Of 1204 forecasts of AAPL about a month ahead that came due, the 80 % range held 951 (79 %)."


@pytest.fixture
def read_with(monkeypatch: pytest.MonkeyPatch):
    """Read the line from a web server that gives this response or has this failure."""
    real = httpx.Client

    def read(given: httpx.Response | Exception) -> tuple[str, list[httpx.Request]]:
        sent = []

        def respond(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            if isinstance(given, Exception):
                raise given
            return given

        transport = httpx.MockTransport(respond)
        monkeypatch.setattr(httpx, "Client", lambda **kwargs: real(transport=transport, **kwargs))
        return record_line(5000, "secret")(answer().forecast), sent

    return read


def test_the_line_is_that_of_the_stock_and_similar_horizons(read_with) -> None:
    line, (request,) = read_with(httpx.Response(200, json=RECORD))
    assert line == LINE
    assert dict(request.url.params) == {"ticker": "AAPL", "horizon": "30"}
    assert request.headers["Authorization"] == "Bearer secret"


def test_few_forecasts_have_counts_and_no_percentage(read_with) -> None:
    few = RECORD | {"scored": 1, "coverage": [{"level": 0.8, "inside": 1, "fraction": None}]}
    line, _ = read_with(httpx.Response(200, json=few))
    assert line == "Of 1 forecast of AAPL about a month ahead that came due, the 80 % range held 1."


@pytest.mark.parametrize(
    "given",
    [
        httpx.Response(200, json=RECORD | {"scored": 0}),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, json=RECORD | {"horizon": None}),
        httpx.Response(503, json={"code": "store_unavailable"}),
        httpx.ConnectError("away"),
        httpx.ReadTimeout("late"),
    ],
    ids=["none due", "no JSON", "older server", "no store", "no server", "late"],
)
def test_without_a_record_there_is_no_line(read_with, given: httpx.Response | Exception) -> None:
    assert read_with(given)[0] == ""


def test_the_line_follows_the_summary_of_the_backtest() -> None:
    form = forecast_format({"AAPL": Path("a.png")}, Paint(), record=lambda _: LINE)
    lines = form.text(answer()).splitlines()
    assert lines[lines.index("The history is too short.") + 1] == LINE
