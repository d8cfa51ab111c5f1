"""The command upload: sends a file of prices to a stack, and prints the report on its rows."""

from __future__ import annotations

import argparse
import json
from typing import Any

import httpx

from cli.arguments.values import FAILED, WRONG_USAGE
from cli.client.connection import RequestFailed, connected, parse_success
from cli.output.terminal import print_errors
from common.domain.markets.currencies import UNKNOWN_CURRENCY
from common.domain.questions import normalise_ticker
from common.domain.uploads import MAX_UPLOAD_BYTES
from local_stack.stack import Stack

ANSWER_S = 150.0
"""Seconds for the transfer of a file and its checks."""
_OPTIONS = ("currency", "date_order", "decimal")
_PARAMETERS = {"date_order=": "--date-order ", "decimal=": "--decimal ", "partial=true": "--partial"}


def upload(options: argparse.Namespace, stack: Stack, port: int, token: str | None) -> int:
    """Upload the file in the options and return the exit status.

    Raises:
        BadRequest: the ticker is not valid.
        StackFailed: no stack is running, and none can be started.
    """
    ticker = normalise_ticker(options.ticker)
    try:
        with options.file.open("rb") as file:
            content = file.read(MAX_UPLOAD_BYTES + 1)  # a pipe tells no length
    except OSError as exc:
        return print_errors([f"{options.file} cannot be read: {exc.strerror}."], WRONG_USAGE)
    if not content:
        return print_errors([f"{options.file} is empty. Upload a table with the columns date and close."], WRONG_USAGE)
    if len(content) > MAX_UPLOAD_BYTES:
        return print_errors([f"{options.file} is longer than 16 MiB. Upload a shorter file."], WRONG_USAGE)
    with stack.use():
        return _send(options, ticker, content, port, token)


def _send(options: argparse.Namespace, ticker: str, content: bytes, port: int, token: str | None) -> int:
    parameters = {name: value for name in _OPTIONS if (value := getattr(options, name))}
    if options.partial:
        parameters["partial"] = "true"
    with connected(port, token) as client:
        response = client.request(
            "PATCH" if options.patch else "PUT",
            f"/api/v1/prices/{ticker}",
            params=parameters,
            content=content,
            timeout=ANSWER_S,
        )
        try:
            stored = parse_success(response)
        except RequestFailed as failure:
            # The message has the first row.
            return print_errors([with_options(str(failure)), *list_faulty_rows(_document_of(response))[1:]], FAILED)
    print(json.dumps(stored, ensure_ascii=False) if options.json else describe_upload(stored))
    return 0


def with_options(message: str) -> str:
    """Return a message of the API with the command's options in place of the parameters that it names."""
    for parameter, option in _PARAMETERS.items():
        message = message.replace(parameter, option)
    return message.replace("Send --", "Use --").replace("send --", "use --")


def describe_upload(stored: dict[str, Any]) -> str:
    """Return the text on a stored file: the series, the changes, the notes, and the rows that were left out."""
    report = stored["upload"]
    currency = "" if stored["currency"] == UNKNOWN_CURRENCY else f" in {stored['currency']}"
    return "\n".join(
        [
            f"{stored['ticker']}: {stored['rows']} days{currency} are stored, {stored['first']} to {stored['last']}.",
            f"The file had {report['read']} rows: {report['added']} new days, {report['changed']} with other prices.",
            *report["notes"],
            *list_faulty_rows(report),
        ]
    )


def list_faulty_rows(report: dict[str, Any]) -> list[str]:
    """Return a line for each listed row of a report, and one with the number of the others."""
    rows = report.get("rows") or []
    lines = [f"line {row['line']}: {row['detail']}" for row in rows]
    others = report.get("faulty", 0) - len(rows)
    return [*lines, f"and {others} more rows"] if rows and others > 0 else lines


def _document_of(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
