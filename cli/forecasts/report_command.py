"""The command report: forecasts of several stocks as one document, a PDF and an HTML page."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.arguments.values import FAILED, WRONG_USAGE
from cli.client.connection import RequestFailed, connected, parse_success
from cli.client.long_requests import wait_for_result
from cli.forecasts.forecasting import FailedForecast, Outcome, ask_all, build_questions
from cli.output.chart_files import InvalidChartPath, write_chart
from cli.output.progress_bar import ProgressBar
from cli.output.terminal import Paint, ProgressLine, print_errors
from common.domain.errors import InvalidRequest
from common.domain.kinds import REPORT
from common.domain.progress import WorkProgress
from common.domain.questions import ForecastQuestion
from common.domain.reports import LONGEST_TITLE, MOST_FORECASTS
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

_PATH = f"/api/v1/{REPORT.path}"
_FORMATS = ("pdf", "html")
_DOWNLOAD_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class ReportCommand:
    """The command report with its options and the stack that it uses."""

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
            BadRequest, InvalidChartPath: an argument is not valid; nothing was started.
            StackFailed: no stack is running, and none can be started.
        """
        options = self.options
        more = {"field": options.field, "history_days": options.history_days}
        questions = build_questions(options.tickers, options.days, options.level, options.model, **more)
        valid = [question for question in questions if isinstance(question, ForecastQuestion)]
        if len(valid) > MOST_FORECASTS:
            raise InvalidRequest(f"A report has at most {MOST_FORECASTS} stocks. Name fewer, or make several reports.")
        if options.title and len(options.title) > LONGEST_TITLE:
            raise InvalidRequest(f"A title has at most {LONGEST_TITLE} characters. Shorten it.")
        if not valid:
            failures = [str(one.failure) for one in questions if isinstance(one, FailedForecast)]
            return print_errors(failures, WRONG_USAGE)
        paths = _paths(valid, options.out)
        with self.stack.use():
            return self._report(questions, valid, paths)

    def _report(
        self,
        questions: Sequence[ForecastQuestion | FailedForecast],
        valid: Sequence[ForecastQuestion],
        paths: list[Path],
    ) -> int:
        outcomes = list(ask_all(self.port, questions, self.interrupts, self.progress, self.token))
        failures = [f"{one.ticker}: {one.failure}" for one in outcomes if isinstance(one, FailedForecast)]
        if len(failures) == len(outcomes):
            return print_errors(failures, FAILED)
        # A forecast that was refused has no id, and no row in the report.
        ids = [request_id for one in outcomes if (request_id := _id_of(one))]
        title = {"title": self.options.title} if self.options.title else {}
        try:
            document = self._made({"ticker": valid[0].ticker, "forecasts": ids} | title, paths)
        except RequestFailed as exc:
            return print_errors([*failures, str(exc)], FAILED)
        print(self.paint.bold(str(document["title"])))
        for path in paths:
            print(f"  {path}")
        sys.stdout.flush()
        return print_errors(failures, FAILED) if failures else 0

    def _made(self, body: dict[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
        """Request the report, write its files, and return its JSON document."""
        bar = ProgressBar(sys.stderr, "report")

        def show(progress: WorkProgress) -> None:
            self.interrupts.raise_if_any()
            bar.show(progress)

        try:
            with connected(self.port, self.token) as client:
                document = wait_for_result(client, _PATH, body, show)
                for path in paths:
                    write_chart(path, _download(client, document["request_id"], path.suffix.removeprefix(".")))
        finally:
            bar.close()
        return document


def _id_of(outcome: Outcome) -> str | None:
    """Return the id of a forecast's request; None if the server refused it."""
    if isinstance(outcome, FailedForecast):
        return outcome.failure.request_id
    return str(outcome.document["request_id"])


def _download(client: httpx.Client, request_id: str, document_format: str) -> bytes:
    response = client.get(f"{_PATH}/{request_id}/report.{document_format}", timeout=_DOWNLOAD_TIMEOUT_S)
    if not response.is_success:
        parse_success(response)
    return response.content


def _paths(questions: Sequence[ForecastQuestion], folder: Path | None) -> list[Path]:
    """Return the paths of the two files. The folder is made where it is missing.

    Raises:
        InvalidChartPath: the files cannot be written there. The check comes before the forecasts.
    """
    first, folder = questions[0], folder or Path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InvalidChartPath(f"{folder} is not a folder. Pass another folder as --out.") from exc
    if not os.access(folder, os.W_OK):
        raise InvalidChartPath(f"The report cannot be written to {folder}. Pass another folder as --out.")
    subject = first.ticker if len(questions) == 1 else f"{len(questions)}-stocks"
    field = "" if first.field == "close" else f"-{first.field}"
    return [folder / f"{subject}{field}-{first.days}d-report.{ending}" for ending in _FORMATS]
