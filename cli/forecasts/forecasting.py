"""The requests for several forecasts, and their output as text, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.client.connection import RequestFailed
from cli.forecasts.forecast_client import ForecastAnswer, ask
from cli.output.terminal import ProgressLine
from common.domain.errors import InvalidTicker
from common.domain.questions import ForecastQuestion, validate_as
from common.domain.results import Forecast
from local_stack.processes.interrupts import Interrupts

MAX_CONCURRENT_REQUESTS = 4
"""The number of simultaneous requests. More would only wait in the services."""


@dataclass(frozen=True)
class FailedForecast:
    """A ticker without a forecast, and the reason."""

    ticker: str
    days: int
    failure: RequestFailed

    def document(self) -> dict[str, Any]:
        """Return the failure in the form of a failed record."""
        error = {"code": self.failure.code, "detail": self.failure.detail}
        return {"status": "failed", "ticker": self.ticker, "days": self.days, "error": error}


Outcome = ForecastAnswer | FailedForecast


def _no_line(_answer: ForecastAnswer) -> str:
    return ""


@dataclass(frozen=True)
class OutputFormat:
    """The output of a command: a text, a JSON document, or CSV rows under ``columns``, for each answer.

    ``line_below`` returns a line below all texts, or an empty one. It may take a while, and delays no text.
    """

    text: Callable[[ForecastAnswer], str]
    document: Callable[[ForecastAnswer], dict[str, Any]]
    columns: Sequence[str]
    rows: Callable[[Forecast], list[Sequence[object]]]
    line_below: Callable[[ForecastAnswer], str] = _no_line


def build_questions(
    tickers: Sequence[str], days: int, level: float | None, model: str = "blend", **more: object
) -> list[ForecastQuestion | FailedForecast]:
    """Build one question for each distinct ticker. An invalid ticker becomes a :class:`FailedForecast`.

    Args:
        tickers: the tickers.
        days: the calendar days ahead.
        level: the level of the interval; None for the default.
        model: the model.
        more: other fields of the question.

    Raises:
        BadRequest: days, level, model or another field is not valid.
    """
    rest = {"days": days, "model": model, **more} | ({} if level is None else {"level": level})
    questions: dict[str, ForecastQuestion | FailedForecast] = {}
    for ticker in tickers:
        try:
            question = validate_as(ForecastQuestion, {"ticker": ticker, **rest})
        except InvalidTicker as exc:
            questions[ticker] = FailedForecast(ticker, days, RequestFailed(exc.detail, exc.code))
        else:
            questions[question.ticker] = question
    return list(questions.values())


def ask_all(
    port: int,
    questions: Sequence[ForecastQuestion | FailedForecast],
    interrupts: Interrupts,
    progress: ProgressLine,
    token: str | None = None,
) -> Iterator[Outcome]:
    """Ask the stack on ``port``, with an API token if any; yield the outcomes in the order of the questions."""

    def answer(question: ForecastQuestion | FailedForecast) -> Outcome:
        if isinstance(question, FailedForecast):
            return question

        def on_progress(stage: str) -> None:
            interrupts.raise_if_any()
            progress.show(question.ticker, stage)

        try:
            on_progress("asking")
            return ask(port, question, on_progress, token)
        except RequestFailed as exc:
            return FailedForecast(question.ticker, question.days, exc)
        finally:
            progress.done(question.ticker)

    with ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS) as threads:
        yield from threads.map(answer, questions)


def print_answers(
    outcomes: Iterator[Outcome],
    form: OutputFormat,
    *,
    several: bool,
    as_json: bool,
    as_csv: bool,
) -> list[str]:
    """Print each answer as it arrives. Return one line for each failure."""
    if as_json:
        return _print_json(list(outcomes), form, several=several)
    write = _row_writer(form) if as_csv else _text_writer(form)
    answers, failures = [], []
    for outcome in outcomes:
        if isinstance(outcome, ForecastAnswer):
            write(outcome)
            sys.stdout.flush()
            answers.append(outcome)
        else:
            failures.append(_failure_line(outcome, several=several))
    if not as_csv:
        _print_lines_below(answers, form)
    return failures


def _print_lines_below(answers: Sequence[ForecastAnswer], form: OutputFormat) -> None:
    for line in filter(None, map(form.line_below, answers)):
        print(line, flush=True)


def _print_json(outcomes: list[Outcome], form: OutputFormat, *, several: bool) -> list[str]:
    documents = [form.document(each) if isinstance(each, ForecastAnswer) else each.document() for each in outcomes]
    failures = [_failure_line(each, several=several) for each in outcomes if isinstance(each, FailedForecast)]
    if several or not failures:
        print(json.dumps(documents if several else documents[0], ensure_ascii=False), flush=True)
    return failures


def _row_writer(form: OutputFormat) -> Callable[[ForecastAnswer], None]:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(form.columns)
    return lambda answer: writer.writerows(map(_cells, form.rows(answer.forecast)))


def _cells(row: Sequence[object]) -> list[object]:
    """Return the row with true and false in lower case, as JSON and spreadsheets write them."""
    return [str(value).lower() if isinstance(value, bool) else value for value in row]


def _text_writer(form: OutputFormat) -> Callable[[ForecastAnswer], None]:
    written = 0

    def write(answer: ForecastAnswer) -> None:
        nonlocal written
        print("\n" * bool(written) + form.text(answer))
        written += 1

    return write


def _failure_line(outcome: FailedForecast, *, several: bool) -> str:
    return f"{outcome.ticker}: {outcome.failure}" if several else str(outcome.failure)
