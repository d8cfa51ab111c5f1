"""The command line behind ./run_app.sh: reads what is asked, runs it, and turns its end into an exit status."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from common.errors import BadRequest
from common.questions import Question, normalised_ticker
from local_stack.answers import Shape, Unanswered, answered, questions_about, show
from local_stack.client import Answer, AskFailed
from local_stack.control import show_logs, status, stop
from local_stack.grammar import FAILED, WRONG_USAGE, parser
from local_stack.interrupts import Interrupted, Interrupts
from local_stack.pictures import NoPlace, picture_paths, write_picture
from local_stack.ports import InvalidPort, parse_port, ports_of
from local_stack.refreshing import refresh
from local_stack.shapes import backtest_shape, forecast_shape
from local_stack.stack import Stack, StackFailed
from local_stack.terminal import Progress, paint_for


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command; return its exit status, as ``--help`` lists them."""
    options = parser().parse_args(arguments)
    progress = Progress(sys.stderr)
    with Interrupts() as interrupts:
        try:
            return Commands(options, environment, interrupts, progress).run()
        except Interrupted:
            progress.done()
            return 128 + interrupts.last
        except BrokenPipeError:
            # Whoever read the output has gone, as `head` does: nothing to complain about, and nobody to print to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        except BadRequest as exc:
            reason, status = f"{exc.detail} ({exc.code})", WRONG_USAGE
        except (InvalidPort, NoPlace) as exc:
            reason, status = str(exc), WRONG_USAGE
        except (AskFailed, StackFailed, OSError) as exc:
            reason, status = str(exc), FAILED
        progress.done()
        return _complain(reason.splitlines(), status)


def _complain(reasons: Sequence[str], status: int) -> int:
    for reason in reasons:
        print(f"{paint_for(sys.stderr).red('error:')} {reason}", file=sys.stderr)
    return status if reasons else 0


class Commands:
    """What each command does."""

    def __init__(
        self, options: argparse.Namespace, environment: Mapping[str, str], interrupts: Interrupts, progress: Progress
    ) -> None:
        self._options = options
        self._environment = environment
        self._interrupts = interrupts
        self._progress = progress
        self._port = parse_port(environment.get("PORT") or "5000")
        self._ports = ports_of(self._port)
        self._paint = paint_for(sys.stdout, environment)

    def run(self) -> int:
        """Run the command that was asked for."""
        match self._options.command:
            case "forecast":
                return self._forecast()
            case "backtest":
                questions = questions_about(self._options.tickers, self._options.days, self._options.level)
                return self._ask(questions, backtest_shape(self._paint), {})
            case "refresh":
                return self._refresh()
            case "status":
                return status(self._ports, self._paint)
            case "stop":
                stop(self._ports, self._interrupts)
            case "logs":
                show_logs(self._ports, self._options.service, follow=self._options.follow)
            case _:
                self._serve()
        return 0

    def _stack(self, *, with_prometheus: bool = False) -> Stack:
        return Stack(self._ports, self._environment, self._interrupts, self._progress, with_prometheus=with_prometheus)

    def _serve(self) -> None:
        stack = self._stack(with_prometheus=self._options.with_prometheus)
        try:
            with stack.running() as supervisor:
                print(f"ready http://127.0.0.1:{self._port}", flush=True)
                if self._options.with_prometheus:
                    print(f"prometheus http://127.0.0.1:{self._ports.prometheus}", flush=True)
                stack.wait(supervisor)
        except Interrupted:
            # Asked to end before it was ready: that is as good an end as any.
            self._progress.done()

    def _forecast(self) -> int:
        questions = questions_about(self._options.tickers, self._options.days, self._options.level)
        asked = [question for question in questions if isinstance(question, Question)]
        paths = picture_paths(asked, self._options.out)
        pictures = {question.ticker: path for question, path in zip(asked, paths, strict=True)}
        return self._ask(questions, forecast_shape(pictures, self._paint), pictures)

    def _ask(self, questions: Sequence[Question | Unanswered], shape: Shape, pictures: Mapping[str, Path]) -> int:
        options, stack = self._options, self._stack()
        can_be_asked = any(isinstance(question, Question) for question in questions)
        with stack.usable() if can_be_asked else nullcontext():
            outcomes = _drawn(answered(self._port, questions, self._interrupts, self._progress), pictures)
            failures = show(outcomes, shape, several=len(questions) > 1, as_json=options.json, as_csv=options.csv)
            return _complain(failures, FAILED if can_be_asked else WRONG_USAGE)

    def _refresh(self) -> int:
        options = self._options
        tickers = [normalised_ticker(ticker) for ticker in options.tickers]
        which = "--tracked" if options.tracked else "--top50"
        stack = self._stack()
        with stack.usable():
            return refresh([*(tickers or [which]), "--interval", options.interval], stack.environment, self._interrupts)


def _drawn(outcomes: Iterator[Answer | Unanswered], pictures: Mapping[str, Path]) -> Iterator[Answer | Unanswered]:
    """Write each answer's picture, where it has a place, before the answer is shown."""
    for outcome in outcomes:
        if isinstance(outcome, Answer) and outcome.forecast.ticker in pictures:
            write_picture(pictures[outcome.forecast.ticker], outcome.png)
        yield outcome
