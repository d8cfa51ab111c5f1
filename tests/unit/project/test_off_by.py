"""``off by`` has the same meaning in the API, the command line and the page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.output.backtest_report import format_backtest
from cli.output.terminal import Paint
from common.domain.prices import PriceSeries
from common.domain.questions import ForecastQuestion
from common.domain.results import Backtest, Forecast
from forecast_service.engine.forecast import make_forecast
from test_support.paths import ROOT

SCRIPT = """
    import { readFileSync } from "node:fs";
    import { formatOffBy } from "./static/text/panels.js";
    console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(formatOffBy)));
"""


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    days = pd.bdate_range("2012-01-02", "2026-11-19", name="date")
    close = 100 * np.exp(np.random.default_rng(3).normal(0, 0.01, len(days)).cumsum())
    columns = dict.fromkeys(("open", "high", "low", "close", "adj_close"), close) | {"volume": 1000.0}
    series = PriceSeries("ACME", "tiingo", "USD", pd.DataFrame(columns, index=days))
    question = ForecastQuestion(ticker="ACME", days=30, model="prophet")
    fetched_at = datetime(2026, 11, 20, 18, tzinfo=UTC)
    return make_forecast(series, question, today=date(2026, 11, 20), fetched_at=fetched_at, version="0" * 64)


@pytest.fixture
def backtest(forecast: Forecast) -> Backtest:
    assert forecast.backtest is not None
    return forecast.backtest


def test_the_api_averages_the_errors_in_percent_of_the_close_at_the_origin(backtest):
    scored = [point for point in backtest.points if point.scored]
    errors = [100 * abs(point.price - point.actual) / point.last_close for point in scored]
    assert backtest.mae_pct == pytest.approx(np.mean(errors))
    assert backtest.naive_mae_pct == pytest.approx(
        np.mean([100 * abs(point.last_close - point.actual) / point.last_close for point in scored])
    )
    assert [abs(point.off_by(point.price)) for point in scored] == pytest.approx(errors)


def test_the_page_and_the_command_line_show_the_same_errors(forecast, backtest):
    points = json.dumps([point.model_dump(mode="json") for point in backtest.points])
    node = Path(sys.executable).with_name("node")
    command = [node, "--input-type=module", "--eval", SCRIPT]
    shown = subprocess.run(command, cwd=ROOT, input=points, capture_output=True, text=True, check=True).stdout
    on_page = [float(words.removesuffix("\u00a0%").replace("−", "-")) for words in json.loads(shown)]
    lines = format_backtest(forecast, Paint(False)).replace("−", "-").splitlines()
    in_terminal = [float(found[1]) for line in lines if (found := re.search(r"([+-]?[\d.]+) %\s+[+-]?[\d.]+ %", line))]
    assert on_page == in_terminal
    assert len(on_page) == len(backtest.points) > 20
