from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.client.connection import RequestFailed
from cli.forecasts.forecast_client import ForecastAnswer
from cli.forecasts.forecasting import FailedForecast, build_questions, print_answers
from cli.forecasts.formats import NamedPrices, backtest_format, forecast_format
from cli.output.backtest_report import format_backtest
from cli.output.chart_files import InvalidChartPath, chart_paths
from cli.output.terminal import Paint
from common.domain.errors import InvalidDays, InvalidRequest
from common.domain.questions import ForecastQuestion
from common.domain.results import QUANTILE_NAMES, BacktestPoint, Forecast
from tests.unit.cli.test_api_client import DONE

POINT: dict[str, Any] = {
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


def test_each_ticker_is_asked_once_and_an_invalid_one_fails_alone() -> None:
    asked = build_questions(["aapl", "b@d", "MSFT", "AAPL"], 30, 0.9)
    assert [(each.ticker, isinstance(each, ForecastQuestion)) for each in asked] == [
        ("AAPL", True),
        ("b@d", False),
        ("MSFT", True),
    ]


def test_a_question_has_the_model_of_the_option() -> None:
    assert build_questions(["AAPL"], 30, None, "prophet") == [ForecastQuestion(ticker="AAPL", days=30, model="prophet")]
    assert build_questions(["AAPL"], 30, 0.9) == [ForecastQuestion(ticker="AAPL", days=30, level=0.9)]
    with pytest.raises(InvalidRequest, match="model must be blend, prophet or last_price"):
        build_questions(["AAPL"], 30, None, "arima")


def test_invalid_days_or_level_are_refused() -> None:
    with pytest.raises(InvalidDays):
        build_questions(["AAPL", "MSFT"], 0, None)
    for level in (0.0, 0.4, 1.0):
        with pytest.raises(InvalidRequest):
            build_questions(["AAPL"], 30, level)


def test_charts_are_written_to_the_current_folder_or_to_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = ForecastQuestion(ticker="AAPL", days=30), ForecastQuestion(ticker="MSFT", days=30)
    assert chart_paths([one, other], None) == [Path("AAPL-30d.png"), Path("MSFT-30d.png")]
    assert chart_paths([one, other], tmp_path) == [tmp_path / "AAPL-30d.png", tmp_path / "MSFT-30d.png"]
    assert chart_paths([one], Path("my.png")) == [Path("my.png")]
    indian = ForecastQuestion(ticker="M&M.NS", days=30)
    assert chart_paths([indian], None) == [Path("M&M.NS-30d.png")]
    with pytest.raises(InvalidChartPath, match="is not a folder"):
        chart_paths([one, other], Path("my.png"))
    with pytest.raises(InvalidChartPath, match="cannot be written"):
        chart_paths([one], tmp_path / "none" / "my.png")


def test_a_single_failure_prints_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    failed = FailedForecast("ZZZZ", 30, RequestFailed("Unknown.", "unknown_ticker"))
    form = backtest_format(Paint())
    assert print_answers(iter([failed]), form, several=False, as_json=True, as_csv=False) == [
        "Unknown. (unknown_ticker)"
    ]
    assert capsys.readouterr().out == ""
    print_answers(iter([failed, failed]), form, several=True, as_json=True, as_csv=False)
    assert json.loads(capsys.readouterr().out)[1]["error"] == {"code": "unknown_ticker", "detail": "Unknown."}


def test_answers_are_printed_as_they_arrive(capsys: pytest.CaptureFixture[str]) -> None:
    def slow() -> Iterator[ForecastAnswer | FailedForecast]:
        yield answer()
        assert "AAPL on Mon 1 Apr 2013" in capsys.readouterr().out
        yield answer(ticker="MSFT")

    charts = {"AAPL": Path("a.png"), "MSFT": Path("m.png")}
    print_answers(slow(), forecast_format(charts, Paint()), several=True, as_json=False, as_csv=False)
    assert capsys.readouterr().out.startswith("\nMSFT on ")


@pytest.mark.parametrize("tested", [BACKTEST, None])
def test_rows_have_a_cell_for_each_column(tested: dict[str, Any] | None, capsys: pytest.CaptureFixture[str]) -> None:
    for form, rows in ((forecast_format({}, Paint()), 1), (backtest_format(Paint()), 2 if tested else 0)):
        print_answers(iter([answer(backtest=tested)]), form, several=False, as_json=False, as_csv=True)
        head, *body = csv.reader(io.StringIO(capsys.readouterr().out))
        assert len(body) == rows
        assert {len(row) for row in body} <= {len(head)}


def test_booleans_are_written_in_lower_case(capsys: pytest.CaptureFixture[str]) -> None:
    for form, column, values in (
        (forecast_format({}, Paint()), "stale", ["true"]),
        (backtest_format(Paint()), "scored", ["false", "true"]),
    ):
        print_answers(iter([answer(backtest=BACKTEST)]), form, several=False, as_json=False, as_csv=True)
        rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
        assert [row[column] for row in rows] == values


@pytest.mark.parametrize("quantiles", [[], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]])
def test_last_columns_are_the_quantiles_of_the_target_date(
    quantiles: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    days = [{**DONE["forecast"][-1], "quantiles": each} for each in ([9.0] * 7, quantiles)]
    form = forecast_format({}, Paint())
    print_answers(iter([answer(forecast=days)]), form, several=False, as_json=False, as_csv=True)
    head, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head[-9:-2] == list(QUANTILE_NAMES)
    assert row[-9:-2] == ([str(price) for price in quantiles] or [""] * 7)


def test_a_failed_forecast_has_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    failed = FailedForecast("ZZZZ", 30, RequestFailed("Unknown.", "unknown_ticker"))
    failures = print_answers(
        iter([failed, answer()]), forecast_format({}, Paint()), several=True, as_json=False, as_csv=True
    )
    assert failures == ["ZZZZ: Unknown. (unknown_ticker)"]
    assert [row["ticker"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["AAPL"]


PRICES = NamedPrices(above=450.0, touch=500.0)


def test_named_prices_have_a_line_each() -> None:
    lines = forecast_format({"AAPL": Path("a.png")}, Paint(), PRICES).text(answer()).splitlines()
    assert "Above 450.00 USD on Mon 1 Apr 2013: 33 %" in lines
    assert "Touches 500.00 USD at a close by Mon 1 Apr 2013: 12 %" in lines


def test_named_prices_are_a_field_of_the_json_document() -> None:
    form = forecast_format({}, Paint(), PRICES)
    chances = form.document(answer())["price_chances"]
    assert {name: chance["price"] for name, chance in chances.items()} == {"above": 450, "touch": 500}
    assert all(0 < chance["probability"] < 1 for chance in chances.values())
    assert form.document(answer(distribution=None))["price_chances"] is None
    assert "price_chances" not in forecast_format({}, Paint()).document(answer())
    assert forecast_format({}, Paint(), NamedPrices(touch=500.0)).document(answer())["price_chances"]["above"] is None


@pytest.mark.parametrize(
    ("prices", "columns"),
    [
        (PRICES, ["above", "above_probability", "touch", "touch_probability"]),
        (NamedPrices(touch=500.0), ["touch", "touch_probability"]),
        (NamedPrices(), []),
    ],
)
def test_named_prices_are_columns(prices: NamedPrices, columns: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for distribution in (DONE["distribution"], None):
        one = answer(distribution=distribution)
        print_answers(iter([one]), forecast_format({}, Paint(), prices), several=False, as_json=False, as_csv=True)
        head, row = csv.reader(io.StringIO(capsys.readouterr().out))
        assert head[-len(columns) or len(head) :] == columns
        assert len(row) == len(head)
        cells = dict(zip(head, row, strict=True))
        assert all(bool(cells[f"{name}_probability"]) is bool(distribution) for name in columns[::2])


def test_a_backtest_marks_unscored_tests_and_missed_prices() -> None:
    lines = format_backtest(answer(backtest=BACKTEST).forecast, Paint()).splitlines()
    assert lines[0] == "AAPL, 30 days ahead (21 trading days): 2 past forecasts, scored: the last 1; prices in USD"
    assert lines[2].endswith("−17.0 %           −20.0 %  outside, warming up")
    assert lines[3].split() == [
        *("2012-01-03", "2012-02-02", "100.00", "103.00", "95.00", "to", "110.00", "101.00"),
        *("+2.0", "%", "−1.0", "%"),
    ]
    assert any("2.0 % on average; simply taking the last price, 1.0 %" in line for line in lines)


FLAGS = ["The close looks like a split on 2012-06-04.", "No close for 92 days."]


def flagged() -> ForecastAnswer:
    misled = BACKTEST | {"scored": 20, "coverage": 0.3, "calibration": "too_narrow"}
    return answer(backtest=misled, data=DONE["data"] | {"flags": FLAGS})


def test_flags_and_the_judgement_of_the_interval_are_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for form in (forecast_format({}, Paint()), backtest_format(Paint())):
        print_answers(iter([flagged()]), form, several=False, as_json=False, as_csv=True)
        row = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))[-1]
        assert row["flags"] == "; ".join(FLAGS)
        assert row.get("calibration", "too_narrow") == "too_narrow"
    assert (float(row["off_by_pct"]), float(row["last_price_off_by_pct"])) == (2.0, -1.0)


def test_flags_and_the_judgement_of_the_interval_are_in_json_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    charts = {"AAPL": Path("a.png")}
    for form in (forecast_format(charts, Paint()), backtest_format(Paint())):
        print_answers(iter([flagged()]), form, several=False, as_json=True, as_csv=False)
        assert json.loads(capsys.readouterr().out)["data"]["flags"] == FLAGS
        lines = form.text(flagged()).splitlines()
        assert set(FLAGS) <= set(lines)
    assert any("too narrow in the past: 6 of 20" in line for line in lines)
    assert any("percent of the close on the day of the forecast" in line for line in lines)


def test_an_error_is_in_percent_of_the_close_at_the_origin() -> None:
    point = BacktestPoint.model_validate(POINT | {"last_close": 50.0, "price": 40.0, "actual": 20.0})
    assert (point.off_by(point.price), point.off_by(point.last_close)) == (40.0, 60.0)


def test_a_forecast_without_a_backtest_says_why() -> None:
    assert format_backtest(answer().forecast, Paint()).splitlines()[:2] == [
        "AAPL, 30 days ahead: no backtest",
        "The history is too short.",
    ]


VOLUME = {
    "field": "volume",
    "unit": "shares",
    "currency": "XXX",
    "yardstick": 18_890_001.0,
    "last_close": 19_730_300.0,
    "predicted_price": 17_347_902.4,
    "interval": {"level": 0.8, "lower": 10_915_465.0, "upper": 29_184_027.0},
    "chances": None,
    "risk": None,
}


def test_report_of_volume_has_shares_and_no_currency_gain_or_risk() -> None:
    volume = answer(**VOLUME)
    text = forecast_format({"AAPL": Path("a.png")}, Paint()).text(volume)
    assert text.startswith("AAPL's volume on Mon 1 Apr 2013: 17.3 M shares\n")
    assert "  80 % interval  10.9 M to 29.2 M shares\n" in text
    assert "  last volume    19.7 M shares on Fri 1 Mar 2013\n" in text
    assert "  usual volume   18.9 M shares on such a weekday\n" in text
    for word in ("USD", "currency", "gain", "chances", "risk"):
        assert word not in text


def test_report_of_a_high_names_it() -> None:
    text = forecast_format({"AAPL": Path("a.png")}, Paint()).text(answer(field="high", unit="USD", risk=None))
    assert text.startswith("AAPL's high on Mon 1 Apr 2013: 450.00 USD\n")
    assert "  last high      430.47 USD on Fri 1 Mar 2013\n" in text
    assert "  chances        above the last high 51 %; over 10 %: rise 17 %, fall 14 %\n" in text


def test_backtest_of_volume_is_in_shares_and_compares_with_the_usual_volume() -> None:
    large = POINT | {name: 1e6 * POINT[name] for name in ("last_close", "price", "lower", "upper", "actual")}
    text = format_backtest(answer(**VOLUME, backtest=BACKTEST | {"points": [large]}).forecast, Paint())
    assert "volumes in shares" in text
    assert " usual    forecast " in text
    assert "95 M to 110 M" in text
    assert "simply taking the usual volume, 1.0 % (in percent of the usual volume)" in text
    assert "last price" not in text


def test_field_and_unit_are_the_last_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for form in (forecast_format({}, Paint()), backtest_format(Paint())):
        print_answers(iter([answer(**VOLUME, backtest=BACKTEST)]), form, several=False, as_json=False, as_csv=True)
        head, row = list(csv.reader(io.StringIO(capsys.readouterr().out)))[:2]
        assert (head[-2:], row[-2:]) == (["field", "unit"], ["volume", "shares"])


def test_chart_of_another_field_has_it_in_its_name() -> None:
    asked = [ForecastQuestion(ticker="AAPL", days=30, field=field) for field in ("close", "volume")]
    assert [path.name for path in chart_paths(asked, None)] == ["AAPL-30d.png", "AAPL-volume-30d.png"]
