from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.forecasts.forecasting import print_answers
from cli.forecasts.formats import forecast_format
from cli.forecasts.past_forecasts import record_line
from cli.output.terminal import Paint
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


def test_the_line_is_read_after_every_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []

    def read(_: object) -> str:
        printed.append(capsys.readouterr().out)
        return LINE

    form = forecast_format({"AAPL": Path("a.png")}, Paint(), record=read)
    print_answers(iter([answer(), answer()]), form, several=True, as_json=False, as_csv=False)
    assert printed[0].count("The history is too short.") == 2
    assert printed[1] + capsys.readouterr().out == f"{LINE}\n{LINE}\n"


@pytest.mark.parametrize("form", ["as_json", "as_csv"])
def test_machine_readable_output_has_no_line(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with_line = forecast_format({"AAPL": Path("a.png")}, Paint(), record=lambda _: LINE)
    print_answers(iter([answer()]), with_line, several=False, **({"as_json": False, "as_csv": False} | {form: True}))
    assert LINE not in capsys.readouterr().out


def test_without_a_line_nothing_follows_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    form = forecast_format({"AAPL": Path("a.png")}, Paint(), record=lambda _: "")
    print_answers(iter([answer()]), form, several=False, as_json=False, as_csv=False)
    assert capsys.readouterr().out == form.text(answer()) + "\n"
