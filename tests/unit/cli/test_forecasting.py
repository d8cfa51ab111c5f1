from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.api_client import AskFailed, ForecastAnswer
from cli.forecasting import NoForecast, questions_about, show
from cli.formats import backtest_shape, forecast_shape
from cli.output.backtest_report import written_backtest
from cli.output.chart_files import NoPlace, picture_paths
from cli.output.terminal import Paint
from common.domain.errors import InvalidDays, InvalidRequest
from common.domain.questions import Question
from common.domain.results import BacktestPoint, Forecast
from tests.unit.cli.test_api_client import DONE

POINT = {
    "origin": "2012-01-03",
    "target": "2012-02-02",
    "last_close": 100.0,
    "price": 103.0,
    "lower": 95.0,
    "upper": 110.0,
    "actual": 101.0,
    "prophet_weight": 0.5,
    "scored": True,
}
BACKTEST = {
    "origins": 2,
    "scored": 1,
    "overlap": 1.0,
    "horizon_trading_days": 21,
    "mae_pct": 2.0,
    "naive_mae_pct": 1.0,
    "skill": -1.0,
    "coverage": 1.0,
    "direction_hit_rate": 1.0,
    "points": [POINT | {"origin": "2011-12-01", "actual": 120.0, "scored": False}, POINT],
}


def answer(**changes: Any) -> ForecastAnswer:
    document = DONE | changes
    return ForecastAnswer(document, Forecast.model_validate(document), b"png")


def test_each_ticker_is_asked_once_and_a_wrong_one_spoils_no_other() -> None:
    asked = questions_about(["aapl", "b@d", "MSFT", "AAPL"], 30, 0.9)
    assert [(each.ticker, isinstance(each, Question)) for each in asked] == [
        ("AAPL", True),
        ("b@d", False),
        ("MSFT", True),
    ]


def test_a_model_is_asked_for_by_its_name() -> None:
    assert questions_about(["AAPL"], 30, None, "prophet") == [Question(ticker="AAPL", days=30, model="prophet")]
    assert questions_about(["AAPL"], 30, 0.9) == [Question(ticker="AAPL", days=30, level=0.9)]
    with pytest.raises(InvalidRequest, match="model must be blend, prophet or last_price"):
        questions_about(["AAPL"], 30, None, "arima")


def test_what_no_ticker_can_be_asked_is_refused_at_once() -> None:
    with pytest.raises(InvalidDays):
        questions_about(["AAPL", "MSFT"], 0, None)
    for level in (0.0, 0.4, 1.0):
        with pytest.raises(InvalidRequest):
            questions_about(["AAPL"], 30, level)


def test_pictures_go_here_or_where_they_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = Question(ticker="AAPL", days=30), Question(ticker="MSFT", days=30)
    assert picture_paths([one, other], None) == [Path("AAPL-30d.png"), Path("MSFT-30d.png")]
    assert picture_paths([one, other], tmp_path) == [tmp_path / "AAPL-30d.png", tmp_path / "MSFT-30d.png"]
    assert picture_paths([one], Path("my.png")) == [Path("my.png")]
    indian = Question(ticker="M&M.NS", days=30)
    assert picture_paths([indian], None) == [Path("M&M.NS-30d.png")]
    with pytest.raises(NoPlace, match="is no folder for several pictures"):
        picture_paths([one, other], Path("my.png"))
    with pytest.raises(NoPlace, match="cannot be written"):
        picture_paths([one], tmp_path / "none" / "my.png")


def test_a_single_failure_prints_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    failed = NoForecast("ZZZZ", 30, AskFailed("Unknown.", "unknown_ticker"))
    shape = backtest_shape(Paint())
    assert show(iter([failed]), shape, several=False, as_json=True, as_csv=False) == ["Unknown. (unknown_ticker)"]
    assert capsys.readouterr().out == ""
    show(iter([failed, failed]), shape, several=True, as_json=True, as_csv=False)
    assert json.loads(capsys.readouterr().out)[1]["error"] == {"code": "unknown_ticker", "detail": "Unknown."}


def test_answers_are_shown_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    def slow() -> Iterator[ForecastAnswer | NoForecast]:
        yield answer()
        assert "AAPL on Mon 1 Apr 2013" in capsys.readouterr().out
        yield answer(ticker="MSFT")

    pictures = {"AAPL": Path("a.png"), "MSFT": Path("m.png")}
    show(slow(), forecast_shape(pictures, Paint()), several=True, as_json=False, as_csv=False)
    assert capsys.readouterr().out.startswith("\nMSFT on ")


@pytest.mark.parametrize("tested", [BACKTEST, None])
def test_rows_are_as_long_as_their_head(tested: dict[str, Any] | None, capsys: pytest.CaptureFixture[str]) -> None:
    for shape, rows in ((forecast_shape({}, Paint()), 1), (backtest_shape(Paint()), 2 if tested else 0)):
        show(iter([answer(backtest=tested)]), shape, several=False, as_json=False, as_csv=True)
        head, *body = csv.reader(io.StringIO(capsys.readouterr().out))
        assert len(body) == rows
        assert {len(row) for row in body} <= {len(head)}


def test_truth_is_written_as_json_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    for shape, column, values in (
        (forecast_shape({}, Paint()), "stale", ["true"]),
        (backtest_shape(Paint()), "scored", ["false", "true"]),
    ):
        show(iter([answer(backtest=BACKTEST)]), shape, several=False, as_json=False, as_csv=True)
        rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
        assert [row[column] for row in rows] == values


def test_what_has_no_forecast_has_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    failed = NoForecast("ZZZZ", 30, AskFailed("Unknown.", "unknown_ticker"))
    failures = show(iter([failed, answer()]), forecast_shape({}, Paint()), several=True, as_json=False, as_csv=True)
    assert failures == ["ZZZZ: Unknown. (unknown_ticker)"]
    assert [row["ticker"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["AAPL"]


def test_a_backtest_marks_what_did_not_count_and_what_the_interval_missed() -> None:
    lines = written_backtest(answer(backtest=BACKTEST).forecast, Paint()).splitlines()
    assert (
        lines[0] == "AAPL, 30 days ahead (21 trading days): 2 past forecasts, of which the last 1 count; prices in USD"
    )
    assert lines[2].endswith("-17.0 %           -20.0 %  outside, warming up")
    assert lines[3].split() == [
        *("2012-01-03", "2012-02-02", "100.00", "103.00", "95.00", "to", "110.00", "101.00"),
        *("+2.0", "%", "-1.0", "%"),
    ]
    assert any("2.0 % on average; simply taking the last price, 1.0 %" in line for line in lines)


FLAGS = ["The close looks like a split on 2012-06-04.", "No close for 92 days."]


def flagged() -> ForecastAnswer:
    misled = BACKTEST | {"scored": 20, "coverage": 0.3, "calibration": "too_narrow"}
    return answer(backtest=misled, data=DONE["data"] | {"flags": FLAGS})


def test_flags_and_the_judgement_of_the_interval_are_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for shape in (forecast_shape({}, Paint()), backtest_shape(Paint())):
        show(iter([flagged()]), shape, several=False, as_json=False, as_csv=True)
        row = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))[-1]
        assert row["flags"] == "; ".join(FLAGS)
        assert row.get("calibration", "too_narrow") == "too_narrow"
    assert (float(row["off_by_pct"]), float(row["last_price_off_by_pct"])) == (2.0, -1.0)


def test_flags_and_the_judgement_of_the_interval_are_in_json_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = {"AAPL": Path("a.png")}
    for shape in (forecast_shape(pictures, Paint()), backtest_shape(Paint())):
        show(iter([flagged()]), shape, several=False, as_json=True, as_csv=False)
        assert json.loads(capsys.readouterr().out)["data"]["flags"] == FLAGS
        lines = shape.words(flagged()).splitlines()
        assert set(FLAGS) <= set(lines)
    assert any("too narrow in the past: 6 of 20" in line for line in lines)
    assert any("percent of the close on the origin's day" in line for line in lines)


def test_an_error_is_a_percentage_of_the_close_on_the_origins_day() -> None:
    point = BacktestPoint.model_validate(POINT | {"last_close": 50.0, "price": 40.0, "actual": 20.0})
    assert (point.off_by(point.price), point.off_by(point.last_close)) == (40.0, 60.0)


def test_a_forecast_without_a_backtest_says_why() -> None:
    assert written_backtest(answer().forecast, Paint()).splitlines()[:2] == [
        "AAPL, 30 days ahead: no backtest",
        "The history is too short.",
    ]
