"""The command line behind ./run_app.sh."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.errors import BadRequest
from common.questions import Question, checked
from local_stack.client import Answer, AskFailed, ask
from local_stack.grammar import parser
from local_stack.interrupts import Interrupted, Interrupts
from local_stack.ports import InvalidPort, parse_port, ports_of
from local_stack.report import written_forecast
from local_stack.stack import Stack, StackFailed


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command; return the exit status: 0, 1 after an error, 2 wrong usage, 128 + N ended by signal N."""
    options = parser().parse_args(arguments)
    with Interrupts() as interrupts:
        try:
            if options.command == "forecast":
                _forecast(options, environment, interrupts)
            else:
                _serve(environment, interrupts, with_prometheus=options.with_prometheus)
        except Interrupted:
            return 128 + interrupts.last
        except BadRequest as exc:
            return _complain(f"{exc.detail} ({exc.code})")
        except (AskFailed, StackFailed, InvalidPort, OSError) as exc:
            return _complain(str(exc))
    return 0


def _complain(message: str) -> int:
    for line in message.splitlines():
        print(f"error: {line}", file=sys.stderr)
    return 1


def _port(environment: Mapping[str, str]) -> int:
    return parse_port(environment.get("PORT") or "5000")


def _serve(environment: Mapping[str, str], interrupts: Interrupts, *, with_prometheus: bool) -> None:
    port = _port(environment)
    stack = Stack(ports_of(port), environment, interrupts, with_prometheus=with_prometheus)
    try:
        with stack.running() as supervisor:
            print(f"ready http://127.0.0.1:{port}", flush=True)
            if with_prometheus:
                print(f"prometheus http://127.0.0.1:{ports_of(port).prometheus}", flush=True)
            stack.wait(supervisor)
    except Interrupted:
        # Asked to end before it was ready: that is as good an end as any.
        return


def _forecast(options: argparse.Namespace, environment: Mapping[str, str], interrupts: Interrupts) -> None:
    asked = {"ticker": options.ticker, "days": options.days, "level": options.level}
    question = checked(Question, {name: value for name, value in asked.items() if value is not None})
    picture: Path = options.out or Path(f"{question.ticker}-{question.days}d.png")
    _require_writable(picture)
    port = _port(environment)
    stack = Stack(ports_of(port), environment, interrupts)
    with stack.usable():
        answer = ask(port, question, interrupts.raise_if_any)
        write_picture(picture, answer.png)
        _print(answer, picture, as_json=options.json)


def _print(answer: Answer, picture: Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer.document, ensure_ascii=False), flush=True)
    else:
        print(written_forecast(answer.forecast, picture.absolute()), flush=True)


def _require_writable(picture: Path) -> None:
    if picture.is_dir() or not os.access(picture if picture.exists() else picture.parent, os.W_OK):
        raise AskFailed(f"the picture cannot be written to {picture}: give another file with --out")


def write_picture(path: Path, png: bytes) -> None:
    """Write the picture so that nobody ever sees half of it; into a device or a pipe, as it comes."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(png)
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(png)
    temporary = Path(file.name)
    # A temporary file is for its owner alone; a picture is a file like any other.
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    temporary.replace(path)
