"""The command report: its arguments, the paths of its files, and what is refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from cli.arguments.parser import parser
from cli.forecasts.report_command import ReportCommand, _paths
from cli.output.chart_files import InvalidChartPath
from common.domain.errors import InvalidRequest
from common.domain.questions import ForecastQuestion


def command(*arguments: str) -> ReportCommand:
    nothing: Any = None
    return ReportCommand(parser().parse_args(["report", *arguments]), nothing, 0, nothing, nothing, nothing, None)


def questions(*tickers: str, **more: Any) -> list[ForecastQuestion]:
    return [ForecastQuestion(ticker=ticker, days=30, **more) for ticker in tickers]


def test_files_of_one_stock_have_its_name_and_the_folder_is_made(tmp_path):
    folder = tmp_path / "new" / "folder"
    assert [str(path.relative_to(folder)) for path in _paths(questions("BRK-B"), folder)] == [
        "BRK-B-30d-report.pdf",
        "BRK-B-30d-report.html",
    ]
    assert folder.is_dir()
    assert _paths(questions("A", "B", field="volume"), folder)[0].name == "2-stocks-volume-30d-report.pdf"


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidChartPath, match="is not a folder"):
        _paths(questions("AAPL"), tmp_path / "file")


def test_too_many_stocks_and_a_long_title_are_refused_before_anything_starts():
    with pytest.raises(InvalidRequest, match="at most 50 stocks"):
        command(*(f"S{number}" for number in range(51))).run()
    with pytest.raises(InvalidRequest, match="at most 200 characters"):
        command("AAPL", "--title", "x" * 201).run()


def test_invalid_tickers_alone_are_wrong_usage(capsys):
    assert command("../x").run() == 2
    assert "not a valid ticker" in capsys.readouterr().err
