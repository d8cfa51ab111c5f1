"""The commands that use a stack: forecast, backtest and refresh."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from cli.arguments.values import FAILED, WRONG_USAGE
from cli.forecasts.forecast_client import ForecastAnswer
from cli.forecasts.forecasting import FailedForecast, Outcome, OutputFormat, ask_all, build_questions, print_answers
from cli.forecasts.formats import NamedPrices, backtest_format, forecast_format
from cli.forecasts.past_forecasts import record_line
from cli.output.chart_files import chart_paths, write_chart
from cli.output.terminal import Paint, ProgressLine, print_errors
from cli.stack.modules import run_module
from common.domain.errors import InvalidRequest
from common.domain.questions import ForecastQuestion, normalise_ticker
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack


@dataclass(frozen=True)
class AskCommand:
    """A command with its options and the stack that it uses."""

    options: argparse.Namespace
    stack: Stack
    port: int
    interrupts: Interrupts
    progress: ProgressLine
    paint: Paint
    token: str | None
    """The API token, where the stack needs one."""

    def run(self) -> int:
        """Run the command and return its exit status.

        Raises:
            BadRequest, InvalidChartPath: an argument is not valid.
            StackFailed: no stack is running, and none can be started.
        """
        options = self.options
        if options.command == "refresh":
            return self._refresh()
        more = {"field": options.field, "history_days": options.history_days}
        questions = build_questions(options.tickers, options.days, options.level, options.model, **more)
        if options.command == "backtest":
            return self._ask(questions, backtest_format(self.paint), {})
        asked = [question for question in questions if isinstance(question, ForecastQuestion)]
        paths = chart_paths(asked, options.out)
        charts = {question.ticker: path for question, path in zip(asked, paths, strict=True)}
        prices = NamedPrices(options.above, options.touch)
        if prices and options.field == "volume":
            raise InvalidRequest("Volume has no price to end above or to touch. Leave out --above and --touch.")
        record = record_line(self.port, self.token)
        return self._ask(questions, forecast_format(charts, self.paint, prices, record), charts)

    def _ask(
        self, questions: Sequence[ForecastQuestion | FailedForecast], form: OutputFormat, charts: Mapping[str, Path]
    ) -> int:
        options = self.options
        valid = any(isinstance(question, ForecastQuestion) for question in questions)
        with self.stack.use() if valid else nullcontext():
            outcomes = _write_charts(ask_all(self.port, questions, self.interrupts, self.progress, self.token), charts)
            failures = print_answers(
                outcomes, form, several=len(questions) > 1, as_json=options.json, as_csv=options.csv
            )
            return print_errors(failures, FAILED if valid else WRONG_USAGE)

    def _refresh(self) -> int:
        options = self.options
        tickers = [normalise_ticker(ticker) for ticker in options.tickers]
        which = "--tracked" if options.tracked else "--top50"
        with self.stack.use():
            arguments = [*(tickers or [which]), "--interval", options.interval]
            return run_module("ingestion_service.refresh", arguments, self.stack.environment, self.interrupts)


def _write_charts(outcomes: Iterator[Outcome], charts: Mapping[str, Path]) -> Iterator[Outcome]:
    """Write the chart of each answer before the answer is printed."""
    for outcome in outcomes:
        if isinstance(outcome, ForecastAnswer) and outcome.forecast.ticker in charts:
            write_chart(charts[outcome.forecast.ticker], outcome.png)
        yield outcome
