"""The commands that ask: several forecasts at once, shown in words, as JSON or as CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.api_client import AskFailed, ForecastAnswer, ask
from cli.output.terminal import ProgressLine
from common.domain.errors import InvalidTicker
from common.domain.questions import Question, checked
from common.domain.results import Forecast
from local_stack.processes.interrupts import Interrupts

AT_ONCE = 4
"""How many forecasts are asked for at once; more would only wait in the services."""


@dataclass(frozen=True)
class NoForecast:
    """Why a ticker has no forecast."""

    ticker: str
    days: int
    failure: AskFailed

    def document(self) -> dict[str, Any]:
        """The failure in the form in which a record has it."""
        error = {"code": self.failure.code, "detail": self.failure.detail}
        return {"status": "failed", "ticker": self.ticker, "days": self.days, "error": error}


@dataclass(frozen=True)
class Shape:
    """How a command shows its answers; ``rows`` are a CSV's, below ``columns``."""

    words: Callable[[ForecastAnswer], str]
    document: Callable[[ForecastAnswer], dict[str, Any]]
    columns: Sequence[str]
    rows: Callable[[Forecast], list[Sequence[object]]]


def questions_about(
    tickers: Sequence[str], days: int, level: float | None, model: str = "blend"
) -> list[Question | NoForecast]:
    """Check what is to be asked, each ticker once; one that is none spoils no other.

    Raises:
        BadRequest: days, level or model cannot be asked for.
    """
    rest = {"days": days, "model": model} | ({} if level is None else {"level": level})
    questions: dict[str, Question | NoForecast] = {}
    for ticker in tickers:
        try:
            question = checked(Question, {"ticker": ticker, **rest})
        except InvalidTicker as exc:
            questions[ticker] = NoForecast(ticker, days, AskFailed(exc.detail, exc.code))
        else:
            questions[question.ticker] = question
    return list(questions.values())


def answered(
    port: int, questions: Sequence[Question | NoForecast], interrupts: Interrupts, progress: ProgressLine
) -> Iterator[ForecastAnswer | NoForecast]:
    """Ask the stack on ``port``; what comes back is in the order of the questions."""

    def answer(question: Question | NoForecast) -> ForecastAnswer | NoForecast:
        if isinstance(question, NoForecast):
            return question

        def keep_on(stage: str) -> None:
            interrupts.raise_if_any()
            progress.show(question.ticker, stage)

        try:
            keep_on("asking")
            return ask(port, question, keep_on)
        except AskFailed as exc:
            return NoForecast(question.ticker, question.days, exc)
        finally:
            progress.done(question.ticker)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(answer, questions)


def show(
    outcomes: Iterator[ForecastAnswer | NoForecast], shape: Shape, *, several: bool, as_json: bool, as_csv: bool
) -> list[str]:
    """Print what was answered as it comes; return why the rest was not, a line each."""
    if as_json:
        return _show_json(list(outcomes), shape, several=several)
    write = _row_writer(shape) if as_csv else _word_writer(shape)
    failures = []
    for outcome in outcomes:
        if isinstance(outcome, ForecastAnswer):
            write(outcome)
            sys.stdout.flush()
        else:
            failures.append(_why(outcome, several=several))
    return failures


def _show_json(outcomes: list[ForecastAnswer | NoForecast], shape: Shape, *, several: bool) -> list[str]:
    documents = [shape.document(each) if isinstance(each, ForecastAnswer) else each.document() for each in outcomes]
    failures = [_why(each, several=several) for each in outcomes if isinstance(each, NoForecast)]
    if several or not failures:
        print(json.dumps(documents if several else documents[0], ensure_ascii=False), flush=True)
    return failures


def _row_writer(shape: Shape) -> Callable[[ForecastAnswer], None]:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(shape.columns)
    return lambda answer: writer.writerows(map(_cells, shape.rows(answer.forecast)))


def _cells(row: Sequence[object]) -> list[object]:
    """The same with true and false as JSON and spreadsheets write them."""
    return [str(value).lower() if isinstance(value, bool) else value for value in row]


def _word_writer(shape: Shape) -> Callable[[ForecastAnswer], None]:
    written = 0

    def write(answer: ForecastAnswer) -> None:
        nonlocal written
        print("\n" * bool(written) + shape.words(answer))
        written += 1

    return write


def _why(outcome: NoForecast, *, several: bool) -> str:
    return f"{outcome.ticker}: {outcome.failure}" if several else str(outcome.failure)
