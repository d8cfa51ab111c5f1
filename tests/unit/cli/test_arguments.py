from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import pytest

from cli.arguments.management import LOGS
from cli.arguments.parser import parser
from cli.arguments.values import FIELDS, MODELS, NOTHING_RUNS
from common.domain import fields
from common.domain.questions import (
    DEFAULT_LEVEL,
    MAX_DAYS,
    MAX_HISTORY_DAYS,
    MAX_LEVEL,
    MIN_DAYS,
    MIN_HISTORY_DAYS,
    MIN_LEVEL,
    ForecastQuestion,
    Interval,
    Model,
)
from local_stack.ports import ports_of
from local_stack.programs import ROOT, stack_programs


def command(name: str) -> argparse.ArgumentParser:
    subparsers: Any = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    found: argparse.ArgumentParser = subparsers.choices[name]
    return found


def test_help_states_the_limits_of_the_services() -> None:
    document = " ".join(command("forecast").format_help().split())
    assert f"{MIN_DAYS} to {MAX_DAYS}" in document
    assert f"{MIN_LEVEL:g} to {MAX_LEVEL:g} (default: {DEFAULT_LEVEL:g})" in document


@pytest.mark.parametrize("name", ["forecast", "backtest"])
def test_every_model_of_the_services_is_an_option(name: str) -> None:
    assert get_args(Model) == MODELS
    for model in MODELS:
        assert parser().parse_args([name, "AAPL", "--model", model]).model == model
    assert parser().parse_args([name, "AAPL"]).model == ForecastQuestion(ticker="AAPL", days=30).model


@pytest.mark.parametrize("name", ["forecast", "backtest"])
def test_every_field_of_the_services_is_an_option(name: str) -> None:
    assert fields.FIELDS == FIELDS
    for field in FIELDS:
        assert parser().parse_args([name, "AAPL", "--field", field]).field == field
    options = parser().parse_args([name, "AAPL"])
    assert (options.field, options.history_days) == ("close", None)


def test_length_of_the_past_has_the_limits_of_the_services(capsys: pytest.CaptureFixture[str]) -> None:
    for days in (MIN_HISTORY_DAYS, MAX_HISTORY_DAYS):
        assert parser().parse_args(["forecast", "AAPL", "--history-days", str(days)]).history_days == days
    for days in (MIN_HISTORY_DAYS - 1, MAX_HISTORY_DAYS + 1):
        with pytest.raises(SystemExit):
            parser().parse_args(["forecast", "AAPL", "--history-days", str(days)])
    assert f"from {MIN_HISTORY_DAYS} to {MAX_HISTORY_DAYS}" in capsys.readouterr().err


@pytest.mark.parametrize(("days", "level"), [(MIN_DAYS, MIN_LEVEL), (MAX_DAYS, MAX_LEVEL), (30, DEFAULT_LEVEL)])
def test_values_within_the_limits_are_accepted(days: int, level: float) -> None:
    options = parser().parse_args(["forecast", "AAPL", "--days", str(days), "--level", f"{level:g}"])
    assert (options.days, options.level) == (days, level)


@pytest.mark.parametrize(("text", "price"), [("450", 450.0), ("0.5", 0.5), (".5", 0.5), ("1e-300", 1e-300)])
def test_a_price_is_a_positive_number(text: str, price: float) -> None:
    options = parser().parse_args(["forecast", "AAPL", "--above", text, "--touch", text])
    assert (options.above, options.touch) == (price, price)


def test_refresh_has_the_intervals_of_ingestion() -> None:
    for interval in get_args(Interval):
        assert parser().parse_args(["refresh", "--tracked", "--interval", interval]).interval == interval
    assert "{1d,1h,5min}" in command("refresh").format_usage()


def test_every_program_of_a_stack_is_a_log_option() -> None:
    started = stack_programs(ports_of(5000), "bucket", Path("redis-server"), Path("prometheus"))
    assert sorted(LOGS) == sorted(["supervisord", *(program.name for program in started)])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], False),
        (["serve"], False),
        (["--with-prometheus"], True),
        (["--with-prometheus", "serve"], True),
        (["serve", "--with-prometheus"], True),
    ],
)
def test_with_prometheus_is_accepted_before_and_after_the_command(words: list[str], wanted: bool) -> None:
    assert parser().parse_args(words).with_prometheus is wanted


@pytest.mark.parametrize(
    "words",
    [
        ["forecast"],
        ["forecast", "AAPL", "--days", "1.5"],
        ["forecast", "AAPL", "--days", "٣٠"],
        ["forecast", "AAPL", "--days", "1_0"],
        ["forecast", "AAPL", "--days", ""],
        ["forecast", "AAPL", "--days", "0"],
        ["forecast", "AAPL", "--days", "-1"],
        ["backtest", "AAPL", "--days", "10001"],
        ["forecast", "AAPL", "--model", "arima"],
        ["forecast", "AAPL", "--level", "2"],
        ["forecast", "AAPL", "--level", "0.49"],
        ["backtest", "AAPL", "--level", "nan"],
        ["forecast", "AAPL", "--level", "0.٩"],
        ["forecast", "AAPL", "--level", ""],
        ["forecast", "AAPL", "--above", "0"],
        ["forecast", "AAPL", "--above", "-450"],
        ["forecast", "AAPL", "--above", "nan"],
        ["forecast", "AAPL", "--touch", "inf"],
        ["forecast", "AAPL", "--touch", "1e999"],
        ["forecast", "AAPL", "--touch", "1_000"],
        ["forecast", "AAPL", "--touch", ""],
        ["backtest", "AAPL", "--above", "450"],
        ["forecast", "AAPL", "--json", "--csv"],
        ["forecast", "AAPL", "--lev", "0.9"],
        ["backtest", "AAPL", "--out", "p.png"],
        ["refresh"],
        ["refresh", "AAPL", "--tracked"],
        ["logs", "no_service"],
        ["stop", "now"],
        ["forcast", "AAPL"],
    ],
)
def test_wrong_usage_prints_an_error_and_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(words)
    assert end.value.code == 2
    document = capsys.readouterr().err
    assert "./run_app.sh" in document
    assert "error: " in document.splitlines()[-1]


def test_help_and_documents_name_every_command_and_exit_status() -> None:
    document = parser().format_help()
    page = (ROOT / "docs/visitor/command-line.md").read_text()
    for name in ("serve", "forecast", "backtest", "refresh", "status", "stop", "logs"):
        assert f"\n    {name} " in document
        assert name == "serve" or f"./run_app.sh {name}" in page
    statuses = document.split("exit status:\n")[1]
    section = page.split("## Exit status")[1].split("\n## ")[0]
    for status in (0, 1, 2, NOTHING_RUNS, 130, 143):
        assert f"{status}" in statuses
        assert f"`{status}`" in section


@pytest.mark.parametrize(
    ("words", "document"),
    [
        (["backtest", "--modle"], "unknown option --modle; did you mean --model?"),
        (["backtest", "AAPL", "--modle", "blend"], "unknown option --modle; did you mean --model?"),
        (["forecast", "--modle=blend"], "unknown option --modle; did you mean --model?"),
        (["forecast", "-x"], "unknown option -x"),
        (["refresh", "--trakced"], "unknown option --trakced; did you mean --tracked?"),
        (["--with-promtheus"], "unknown option --with-promtheus; did you mean --with-prometheus?"),
        (["backtest", "AAPL", "--model", "blende"], "'blende' is not a model; did you mean blend?"),
        (["forecast", "AAPL", "--above", "$450"], "'$450' is not a positive number, such as 450"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    words: list[str], document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"{document}\n")


def test_known_options_are_accepted_in_every_form() -> None:
    assert parser().parse_args(["logs", "-f", "web"]).follow
    assert parser().parse_args(["forecast", "--days=5", "--", "AAPL"]).days == 5
