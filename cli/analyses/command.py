"""The commands evaluate and patterns."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cli.analyses.evaluation_report import format_evaluation
from cli.analyses.pattern_report import format_patterns
from cli.analyses.questions import evaluation_question, pattern_question
from cli.arguments.values import FAILED
from cli.client.connection import RequestFailed, connected
from cli.client.long_requests import wait_for_result
from cli.output.progress_bar import ProgressBar
from cli.output.terminal import Paint, print_errors
from common.domain.evaluations.result import Evaluation
from common.domain.kinds import kind_of
from common.domain.patterns.results import PatternSearchResult
from common.domain.progress import WorkProgress
from common.domain.questions import Question
from local_stack.processes.interrupts import Interrupts
from local_stack.stack import Stack

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class AnalysisCommand:
    """A command that requests long work, with its options and the stack that it uses."""

    options: argparse.Namespace
    stack: Stack
    port: int
    interrupts: Interrupts
    paint: Paint
    token: str | None
    """The API token, where the stack needs one."""

    def run(self) -> int:
        """Run the command and return its exit status.

        Raises:
            BadRequest: an option is not valid; nothing was started.
            StackFailed: no stack is running, and none can be started.
        """
        options = self.options
        if options.command == "evaluate":
            return self._answer(
                evaluation_question(options),
                lambda document: format_evaluation(_parse(Evaluation, document), self.paint),
            )
        return self._answer(
            pattern_question(options),
            lambda document: format_patterns(_parse(PatternSearchResult, document), self.paint, options.hits),
        )

    def _answer(self, question: Question, text: Callable[[dict[str, Any]], str]) -> int:
        with self.stack.use():
            try:
                document = self._result(question)
                print(json.dumps(document, ensure_ascii=False) if self.options.json else text(document), flush=True)
            except RequestFailed as exc:
                return print_errors([str(exc)], FAILED)
        return 0

    def _result(self, question: Question) -> dict[str, Any]:
        bar = ProgressBar(sys.stderr, question.ticker)

        def show(progress: WorkProgress) -> None:
            self.interrupts.raise_if_any()
            bar.show(progress)

        body = {name: value for name, value in question.canonical.items() if name != "kind"}
        try:
            with connected(self.port, self.token) as client:
                return wait_for_result(client, f"/api/v1/{kind_of(question).path}", body, show)
        finally:
            bar.close()


def _parse(model: type[M], document: dict[str, Any]) -> M:
    try:
        return model.model_validate(document)
    except ValidationError as exc:
        raise RequestFailed("The result cannot be read. Check that the web server has this version.") from exc
