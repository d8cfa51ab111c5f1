"""The entry of the command line: parses the arguments, runs the command and returns the exit status."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from cli.arguments.parser import parser
from cli.arguments.values import FAILED, WRONG_USAGE
from cli.output.chart_files import InvalidChartPath
from cli.output.terminal import ProgressLine, paint_for, print_errors
from cli.stack.accounts import manage_accounts
from cli.stack.backups import back_up, restore
from cli.stack.market import forecast_market
from cli.stack.operation import show_logs, show_status, stop_stack
from cli.stack.tokens import manage_tokens
from cli.stack.track_record import manage_track_record
from common.domain.errors import BadRequest
from local_stack.ports import InvalidPort, parse_port, ports_of
from local_stack.processes.interrupts import Interrupted, Interrupts
from local_stack.stack import Stack, StackFailed


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command and return its exit status. ``--help`` lists the statuses."""
    options = parser().parse_args(arguments)
    progress = ProgressLine(sys.stderr)
    with Interrupts() as interrupts:
        try:
            return _flush_output(Commands(options, environment, interrupts, progress).run())
        except Interrupted:
            progress.done()
            return 128 + interrupts.last
        except BrokenPipeError:
            # The reader closed the output, as `head` does. A later flush must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        except BadRequest as exc:
            reason, status = f"{exc.detail} ({exc.code})", WRONG_USAGE
        except (InvalidPort, InvalidChartPath) as exc:
            reason, status = str(exc), WRONG_USAGE
        except (StackFailed, OSError) as exc:
            reason, status = str(exc), FAILED
        progress.done()
        return print_errors(reason.splitlines(), status)


def _flush_output(status: int) -> int:
    """Flush the output and return the status. A failure of the flush at the exit of Python could not be handled."""
    sys.stdout.flush()
    return status


_MANAGE = {
    "account": manage_accounts,
    "token": manage_tokens,
    "market": forecast_market,
    "track-record": manage_track_record,
}


class Commands:
    """Runs the command of the parsed arguments."""

    def __init__(
        self,
        options: argparse.Namespace,
        environment: Mapping[str, str],
        interrupts: Interrupts,
        progress: ProgressLine,
    ) -> None:
        self._options = options
        self._environment = environment
        self._interrupts = interrupts
        self._progress = progress
        self._port = parse_port(environment.get("PORT") or "5000")
        self._ports = ports_of(self._port)
        self._paint = paint_for(sys.stdout, environment)

    def run(self) -> int:
        """Run the command and return its exit status."""
        match self._options.command:
            case "forecast" | "backtest" | "refresh" | "upload" | "evaluate" | "patterns" | "report" as command:
                analyse, report = self._analyse, self._report
                ask = {"upload": self._upload, "evaluate": analyse, "patterns": analyse, "report": report}
                return ask.get(command, self._ask)()
            case "backup":
                return back_up(self._options.file, self._stack(), self._interrupts)
            case "restore":
                return restore(self._options, self._stack(), self._ports, self._interrupts)
            case "account" | "market" | "token" | "track-record":
                manage = _MANAGE[self._options.command]
                return manage(self._options, self._stack(), self._interrupts)
            case "status":
                return show_status(self._ports, self._paint)
            case "stop":
                stop_stack(self._ports, self._interrupts)
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
            # A stop before the stack is ready is a success as well.
            self._progress.done()

    def _analyse(self) -> int:
        # See _ask.
        from cli.analyses.command import AnalysisCommand  # noqa: PLC0415

        token = self._environment.get("STOCKCAST_TOKEN") or None
        stack = self._stack()
        return AnalysisCommand(self._options, stack, self._port, self._interrupts, self._paint, token).run()

    def _upload(self) -> int:
        # See _ask.
        from cli.client.connection import RequestFailed  # noqa: PLC0415
        from cli.prices.upload import upload  # noqa: PLC0415

        try:
            return upload(self._options, self._stack(), self._port, self._environment.get("STOCKCAST_TOKEN") or None)
        except RequestFailed as failure:
            return print_errors([str(failure)], FAILED)

    def _report(self) -> int:
        # See _ask.
        from cli.forecasts.report_command import ReportCommand  # noqa: PLC0415

        token = self._environment.get("STOCKCAST_TOKEN") or None
        stack = self._stack()
        return ReportCommand(
            self._options, stack, self._port, self._interrupts, self._progress, self._paint, token
        ).run()

    def _ask(self) -> int:
        # Imported late: the other commands do not need pydantic and httpx.
        from cli.forecasts.command import AskCommand  # noqa: PLC0415

        return AskCommand(
            self._options,
            self._stack(),
            self._port,
            self._interrupts,
            self._progress,
            self._paint,
            self._environment.get("STOCKCAST_TOKEN") or None,
        ).run()
