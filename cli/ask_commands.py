"""The commands that ask a stack: what they are told, turned into questions, and what comes back into output."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from cli.api_client import ForecastAnswer
from cli.arguments import FAILED, WRONG_USAGE
from cli.forecasting import NoForecast, Shape, answered, questions_about, show
from cli.formats import backtest_shape, forecast_shape
from cli.output.chart_files import picture_paths, write_picture
from cli.output.terminal import Paint, ProgressLine, complain
from cli.refreshing import refresh
from common.domain.questions import Question, normalised_ticker
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack


@dataclass(frozen=True)
class AskCommand:
    """A command that asks, and whom."""

    options: argparse.Namespace
    stack: Stack
    port: int
    interrupts: Interrupts
    progress: ProgressLine
    paint: Paint

    def run(self) -> int:
        """Run it; return its exit status.

        Raises:
            BadRequest, NoPlace: it is asked for something that cannot be.
            StackFailed: there is nothing to ask.
        """
        options = self.options
        if options.command == "refresh":
            return self._refresh()
        questions = questions_about(options.tickers, options.days, options.level, options.model)
        if options.command == "backtest":
            return self._ask(questions, backtest_shape(self.paint), {})
        asked = [question for question in questions if isinstance(question, Question)]
        paths = picture_paths(asked, options.out)
        pictures = {question.ticker: path for question, path in zip(asked, paths, strict=True)}
        return self._ask(questions, forecast_shape(pictures, self.paint), pictures)

    def _ask(self, questions: Sequence[Question | NoForecast], shape: Shape, pictures: Mapping[str, Path]) -> int:
        options = self.options
        can_be_asked = any(isinstance(question, Question) for question in questions)
        with self.stack.usable() if can_be_asked else nullcontext():
            outcomes = _drawn(answered(self.port, questions, self.interrupts, self.progress), pictures)
            failures = show(outcomes, shape, several=len(questions) > 1, as_json=options.json, as_csv=options.csv)
            return complain(failures, FAILED if can_be_asked else WRONG_USAGE)

    def _refresh(self) -> int:
        options = self.options
        tickers = [normalised_ticker(ticker) for ticker in options.tickers]
        which = "--tracked" if options.tracked else "--top50"
        with self.stack.usable():
            arguments = [*(tickers or [which]), "--interval", options.interval]
            return refresh(arguments, self.stack.environment, self.interrupts)


def _drawn(
    outcomes: Iterator[ForecastAnswer | NoForecast], pictures: Mapping[str, Path]
) -> Iterator[ForecastAnswer | NoForecast]:
    """Write each answer's picture, where it has a place, before the answer is shown."""
    for outcome in outcomes:
        if isinstance(outcome, ForecastAnswer) and outcome.forecast.ticker in pictures:
            write_picture(pictures[outcome.forecast.ticker], outcome.png)
        yield outcome
