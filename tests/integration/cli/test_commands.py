"""The commands of ./run_app.sh over a real stack."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from subprocess import PIPE

import httpx
import psutil
import pytest

from local_stack.ports import ports_of
from local_stack.processes.pid_files import find_holder
from local_stack.processes.probes import is_stockcast
from local_stack.processes.usage_lock import UsageLock
from test_support.network.ports import free_stack_port
from test_support.paths import ROOT
from test_support.sources.source_server import SourceServer, answering
from test_support.waiting import until

COMMAND = (sys.executable, "-P", "-m", "cli")
PATIENCE_S = 250.0
"""Only what hangs takes longer, however busy the machine is."""


def environment_of(port: int, **more: str) -> dict[str, str]:
    here = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "PYTHONUNBUFFERED"}}
    return (
        here
        | {
            "PORT": str(port),
            "PROVIDERS": "sample",
            "REQUEST_DEADLINE_S": "200",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
        }
        | more
    )


class Shell:
    """Types commands in a folder of its own, with a ``PORT``."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def run(self, *arguments: str, standard_input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            input=standard_input,
            env=environment_of(self.port),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=environment_of(self.port, **more),
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )


def forget(port: int) -> None:
    """Leave nothing in the checkout of what a stack kept."""
    shutil.rmtree(ROOT / ".data" / str(port), ignore_errors=True)


def test_tokens_are_made_without_a_running_stack_and_are_not_in_its_arguments(empty_port_shell: Shell) -> None:
    created = empty_port_shell.run("token", "create", "--scope", "read,forecast", "--name", "nightly job")
    assert created.returncode == 0, created.stderr
    assert re.fullmatch(r"stockcast_[0-9A-Za-z]{49}\n", created.stdout)
    token_id = re.search(r"[0-9a-f-]{36}", created.stderr)
    assert token_id is not None
    assert f"{token_id[0]}  {created.stdout[:18]}…  active" in empty_port_shell.run("token", "list").stdout
    assert empty_port_shell.run("token", "revoke", token_id[0]).returncode == 0
    assert empty_port_shell.run("token", "revoke", token_id[0]).returncode == 1
    wrong = empty_port_shell.run("token", "create", "--scope", "everything")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "choose from read, forecast, write, admin" in wrong.stderr
    assert empty_port_shell.run("token").returncode == 2


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a stack that runs."""
    number = free_stack_port()
    with subprocess.Popen([*COMMAND], env=environment_of(number), stdout=PIPE, text=True) as stack:
        assert stack.stdout is not None
        assert stack.stdout.readline() == f"ready http://127.0.0.1:{number}\n"
        try:
            yield number
        finally:
            stack.terminate()
            assert stack.wait(PATIENCE_S) == 0
            forget(number)


@pytest.fixture
def shell(port: int, tmp_path: Path) -> Shell:
    return Shell(tmp_path, port)


@pytest.fixture
def empty_port_shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell for a port without a stack."""
    shell = Shell(tmp_path, free_stack_port())
    yield shell
    forget(shell.port)


def test_a_failed_ticker_does_not_prevent_other_answers(shell: Shell) -> None:
    done = shell.run("forecast", "AAPL", "ZZZZ", "b@d", "msft", "aapl", "--days", "14")
    assert done.returncode == 1
    assert re.findall(r"^(\w+) on \w{3} \d", done.stdout, re.MULTILINE) == ["AAPL", "MSFT"]
    errors = done.stderr.splitlines()
    assert [line.split(": ")[:2] for line in errors] == [["error", "ZZZZ"], ["error", "b@d"]]
    assert "(unknown_ticker)" in errors[0]
    assert "(invalid_ticker)" in errors[1]
    assert {path.name for path in shell.folder.iterdir()} == {"AAPL-14d.png", "MSFT-14d.png"}


def test_several_forecasts_are_printed_as_one_json_list(shell: Shell) -> None:
    done = shell.run("forecast", "AAPL", "ZZZZ", "MSFT", "--json", "--level", "0.9")
    documents = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(each["ticker"], each["status"]) for each in documents] == [
        ("AAPL", "done"),
        ("ZZZZ", "failed"),
        ("MSFT", "done"),
    ]
    assert documents[0]["interval"]["level"] == 0.9
    assert documents[1]["error"]["code"] == "unknown_ticker"


def test_one_forecast_is_printed_as_the_json_object_of_the_api(shell: Shell) -> None:
    done = shell.run("forecast", "IBM", "--json", "--out", os.devnull)
    assert (done.returncode, json.loads(done.stdout)["ticker"]) == (0, "IBM")
    assert list(shell.folder.iterdir()) == []


def test_the_chance_of_a_price_is_printed_and_is_that_of_the_api(shell: Shell) -> None:
    words = shell.run("forecast", "AAPL", "--above", "450", "--touch", "500", "--out", os.devnull)
    assert words.returncode == 0
    assert re.search(r"^Above 450\.00 USD on Mon 1 Apr 2013: \d+ %$", words.stdout, re.MULTILINE)
    assert re.search(r"^Touches 500\.00 USD at a close by Mon 1 Apr 2013: \d+ %$", words.stdout, re.MULTILINE)
    document = json.loads(shell.run("forecast", "AAPL", "--above", "450", "--json", "--out", os.devnull).stdout)
    answer = httpx.get(
        f"http://127.0.0.1:{shell.port}/api/v1/forecasts/{document['request_id']}/chances?above=450", trust_env=False
    )
    assert {name: answer.json()[name] for name in ("above", "touch")} == document["price_chances"]


def test_csv_output_has_one_row_a_forecast(shell: Shell) -> None:
    (shell.folder / "pictures").mkdir()
    done = shell.run("forecast", "AAPL", "IBM", "--csv", "--out", "pictures")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert (done.returncode, done.stderr) == (0, "")
    assert [(row["ticker"], row["currency"], row["as_of"], row["source"]) for row in rows] == [
        (ticker, "USD", "2013-03-01", "sample") for ticker in ("AAPL", "IBM")
    ]
    assert all(float(row["lower"]) < float(row["predicted_price"]) < float(row["upper"]) for row in rows)
    assert {path.name for path in (shell.folder / "pictures").iterdir()} == {"AAPL-30d.png", "IBM-30d.png"}


def test_a_backtest_prints_each_past_forecast_with_the_actual_price(shell: Shell) -> None:
    points = json.loads(shell.run("backtest", "AAPL", "--json").stdout)["backtest"]["points"]
    rows = list(csv.DictReader(shell.run("backtest", "AAPL", "--csv").stdout.splitlines()))
    assert [(row["origin"], float(row["price"]), float(row["actual"])) for row in rows] == [
        (point["origin"], point["price"], point["actual"]) for point in points
    ]
    done = shell.run("backtest", "AAPL")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line[:4].isdigit()] == [
        row["origin"] for row in rows
    ]
    for part in ("simply taking the last price", "80 % interval", "USD", "old sample prices"):
        assert part in done.stdout
    assert list(shell.folder.iterdir()) == []


def test_models_are_compared_and_patterns_found(shell: Shell) -> None:
    compared = shell.run("evaluate", "AAPL", "--models", "drift", "--origins", "8", "--json")
    assert (compared.returncode, [one["name"] for one in json.loads(compared.stdout)["models"]]) == (
        0,
        ["last_price", "drift"],
    )
    assert compared.stderr.startswith("AAPL: "), "a stream that is no terminal has plain lines"
    found = shell.run("patterns", "AAPL", "--candles", "G G G R", "--hits", "1")
    assert found.returncode == 0, found.stderr
    assert re.search(r"^  after 5 trading days: [a-z]", found.stdout, re.MULTILINE)
    failed = shell.run("evaluate", "ZZZZ")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.splitlines()[-1].endswith("(unknown_ticker)")


def test_an_interrupt_cancels_long_work(shell: Shell) -> None:
    command = shell.start("evaluate", "AAPL", "--models", "arima,ets,prophet", "--origins", "250")
    assert command.stderr is not None
    line = ""
    while "origin" not in line:
        line = command.stderr.readline()
        assert line, "the command ended before its work began"
    command.send_signal(signal.SIGINT)
    output, _ = command.communicate(timeout=PATIENCE_S)
    assert (command.returncode, output) == (130, "")
    with httpx.Client(base_url=f"http://127.0.0.1:{shell.port}", timeout=PATIENCE_S) as client:
        quick = {"ticker": "AAPL", "models": ["drift"], "origins": 5}
        answer = client.post("/api/v1/evaluations", json=quick)
    assert answer.json()["status"] == "done", "the only worker is free"


def test_a_refresh_returns_its_own_exit_status(shell: Shell) -> None:
    done = shell.run("refresh", "aapl", "ZZZZ")
    assert done.returncode == 1
    assert "from sample" in done.stdout
    assert "2 tickers in" in done.stdout
    assert "1 failed" in done.stdout
    assert done.stderr.startswith("error: ZZZZ: ")
    assert shell.run("refresh", "--tracked").returncode == 0


def test_an_interrupted_refresh_prints_its_results(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_source:
        url = f"http://127.0.0.1:{silent_source.getsockname()[1]}"
        source = {"PROVIDERS": "tiingo", "TIINGO_API_KEY": "k", "TIINGO_URL": url}
        command = shell.start("refresh", "NEVER", **source)
        silent_source.settimeout(PATIENCE_S)
        asked, _ = silent_source.accept()
        command.send_signal(signal.SIGINT)
        output, errors = command.communicate(timeout=PATIENCE_S)
        asked.close()
    assert (command.returncode, errors) == (130, "")
    assert output.startswith("0 tickers in ")


def test_status_lists_each_program_with_its_address_and_health(shell: Shell) -> None:
    done = shell.run("status")
    assert done.returncode == 0, done.stdout
    lines = {line.split()[0]: line for line in done.stdout.splitlines()[1:]}
    ports = ports_of(shell.port)
    for name, part in (("web", ports.web), ("redis", ports.redis)):
        assert lines[name].split()[1:] == [f"127.0.0.1:{part}", "healthy"]
    for name, part, health in (
        ("ingestion", ports.ingestion, ports.ingestion_health),
        ("forecast", ports.forecast, ports.forecast_health),
    ):
        expected = f"{name} 127.0.0.1:{part} healthy (health: http://127.0.0.1:{health}/readyz)"
        assert " ".join(lines[name].split()) == expected
    assert str(ROOT / ".data" / str(shell.port)) in done.stdout


def test_status_names_unhealthy_programs(shell: Shell) -> None:
    owner = find_holder(ROOT / ".data" / str(shell.port) / "lock")
    parts = psutil.Process(owner).children(recursive=True)
    forecast = next(part for part in parts if part.cmdline()[-2:] == ["-m", "forecast_service"])
    forecast.suspend()
    try:
        done = shell.run("status")
    finally:
        forecast.resume()
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines() if "does not answer" in line] == ["forecast"]


def test_logs_prints_one_log_or_all(shell: Shell) -> None:
    shell.run("forecast", "AAPL", "--out", os.devnull)
    one = shell.run("logs", "web")
    assert one.returncode == 0
    assert "webserver" in one.stdout
    everything = shell.run("logs").stdout
    for name in ("web", "ingestion", "forecast", "redis"):
        assert f"/{name}.log <==" in everything
    assert shell.run("logs", "no_service").returncode == 2


def test_a_closed_output_is_not_an_error(shell: Shell) -> None:
    for arguments in (["forecast", "AAPL", "--csv"], ["backtest", "AAPL"], ["status"], ["logs"]):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=shell.folder,
            env=environment_of(shell.port),
            stdout=write,
            stderr=PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        os.close(write)
        assert (done.returncode % 256 in (141, -signal.SIGPIPE % 256), done.stderr) == (True, ""), arguments


def run_on_terminal(shell: Shell, *arguments: str, **more: str) -> str:
    """Run a command on a terminal and return its output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=shell.folder,
        env=environment_of(shell.port, **more),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as command:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # raised on Linux when the other end is closed
        command.wait(PATIENCE_S)
    os.close(ours)
    return shown.decode()


def test_colour_and_progress_are_for_terminals_only(shell: Shell) -> None:
    on_a_terminal = run_on_terminal(shell, "forecast", "AAPL", "ZZZZ")
    assert "\x1b[1mAAPL on " in on_a_terminal
    assert "\x1b[31merror:" in on_a_terminal
    assert "AAPL asking" in on_a_terminal
    without_colour = run_on_terminal(shell, "status", NO_COLOR="1")
    assert "healthy" in without_colour
    assert "\x1b[" not in without_colour
    piped = shell.run("forecast", "AAPL", "ZZZZ")
    assert "\x1b" not in piped.stdout + piped.stderr


def test_simultaneous_commands_share_one_stack_until_the_last_one_ends(
    empty_port_shell: Shell, server: SourceServer
) -> None:
    # The source does not answer before the guest holds the lock, so that no command ends the stack earlier.
    guest_holds_lock = threading.Event()

    def refuse_then(request: BaseHTTPRequestHandler) -> None:
        guest_holds_lock.wait(PATIENCE_S)
        answering(503, b"{}")(request)

    server.handle = refuse_then
    source = {"PROVIDERS": "tiingo,sample", "TIINGO_API_KEY": "k", "TIINGO_URL": server.url}
    questions = (["AAPL", "MSFT"], ["MSFT"], ["ZZZZ"])
    commands = [empty_port_shell.start("forecast", *tickers, "--csv", **source) for tickers in questions]
    until(lambda: server.asked)
    guest = UsageLock(ROOT / ".data" / str(empty_port_shell.port) / "door")
    assert guest.acquire_shared()
    guest_holds_lock.set()
    # All have their answers. The command that started the stack waits for the guest.
    until(lambda: sum(command.poll() is not None for command in commands) == 2)
    until(lambda: is_stockcast(empty_port_shell.port))
    guest.close()
    ends = [(*command.communicate(timeout=PATIENCE_S), command.returncode) for command in commands]
    assert [status for _, _, status in ends] == [0, 0, 1]
    assert [len(output.splitlines()) for output, _, _ in ends] == [3, 2, 1]
    assert ends[2][1].startswith("error: ")
    assert not is_stockcast(empty_port_shell.port)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_terminated_command_leaves_no_process(empty_port_shell: Shell, number: signal.Signals, status: int) -> None:
    command = empty_port_shell.start("backtest", "AAPL")
    started = ROOT / ".data" / str(empty_port_shell.port) / "pids" / "supervisord"
    until(lambda: find_holder(started) is not None)
    family = psutil.Process(command.pid).children(recursive=True)
    command.send_signal(number)
    assert (command.communicate(timeout=PATIENCE_S), command.returncode) == (("", ""), status)
    assert psutil.wait_procs(family, timeout=PATIENCE_S)[1] == []


def test_stop_ends_the_stack_and_can_be_repeated(empty_port_shell: Shell) -> None:
    serve = empty_port_shell.start("serve")
    assert serve.stdout is not None
    serve.stdout.readline()
    done = empty_port_shell.run("stop")
    assert (done.returncode, done.stdout) == (0, f"stopped http://127.0.0.1:{empty_port_shell.port}\n")
    assert (serve.communicate(timeout=PATIENCE_S), serve.returncode) == (("", ""), 0)
    again = empty_port_shell.run("stop")
    assert (again.returncode, again.stdout) == (0, f"nothing runs on port {empty_port_shell.port}\n")
    assert empty_port_shell.run("status").returncode == 3
    assert empty_port_shell.run("logs", "redis").returncode == 0


def test_logs_fails_on_a_port_without_a_stack(empty_port_shell: Shell) -> None:
    done = empty_port_shell.run("logs")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: port {empty_port_shell.port} has no log yet; start the services with ./run_app.sh\n"


def test_a_file_is_uploaded_amended_and_refused_with_its_lines(shell: Shell) -> None:
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 5) for day in range(1, 21)]
    (shell.folder / "fund.csv").write_text("\n".join(["Datum;Kurs", *(f"{day};10,5" for day in days), ""]))
    stored = shell.run("upload", "fund.csv", "--ticker", "my-fund", "--currency", "EUR")
    assert (stored.returncode, stored.stderr) == (0, "")
    assert stored.stdout.splitlines() == [
        "MY-FUND: 80 days in EUR are stored, 2024-01-01 to 2024-04-20.",
        "The file had 80 rows: 80 new days, 0 with other prices.",
    ]
    (shell.folder / "more.csv").write_text("date,close\n2024-04-21,11\n2024-04-22,-1\n")
    refused = shell.run("upload", "more.csv", "--ticker", "MY-FUND", "--patch")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "error: 1 of 2 rows cannot be stored, so nothing was stored. Line 3: The close is -1. Only positive values can "
        "be forecast. Correct the rows, or use --partial to store the others. (invalid_rows)"
    ]
    (shell.folder / "unclear.csv").write_text("\n".join(["date;close", *(f"{day};1.234" for day in days)]))
    asked = shell.run("upload", "unclear.csv", "--ticker", "MY-FUND")
    assert asked.stderr.endswith("Use --decimal point or --decimal comma. (ambiguous_numbers)\n")
    amended = shell.run("upload", "more.csv", "--ticker", "MY-FUND", "--patch", "--partial", "--json")
    assert (json.loads(amended.stdout)["rows"], amended.returncode) == (81, 0)
    assert shell.run("upload", "none.csv", "--ticker", "MY-FUND").returncode == 2
    (shell.folder / "empty.csv").touch()
    empty = shell.run("upload", "empty.csv", "--ticker", "MY-FUND")
    assert (empty.returncode, empty.stderr) == (
        2,
        "error: empty.csv is empty. Upload a table with the columns date and close.\n",
    )
    piped = shell.run(
        "upload", "/dev/stdin", "--ticker", "PIPED", standard_input=(shell.folder / "fund.csv").read_text()
    )
    assert piped.stdout.splitlines()[0] == "PIPED: 80 days are stored, 2024-01-01 to 2024-04-20."
    assert "days" in shell.run("forecast", "MY-FUND", "--days", "7").stdout
