"""The schedule as a process, and the commands that it runs on a whole stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import httpx
import pytest

from common.rpc.addresses import Address
from common.service.health import HealthServer
from local_stack.processes.probes import is_ready
from local_stack.schedule.commands import CommandRunner
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.sources.twelvedata_source import hour_source
from test_support.sources.yahoo_source import Quoted, yahoo_source
from test_support.stacks.run_app import running_stack
from test_support.waiting import until

RECORDED = "/api/v1/track-record/forecasts"
STANDING_SET = "/api/v1/track-record/standing-set"
ONE_QUARTER = """
import sys
from pathlib import Path
from local_stack.schedule.commands import CommandRunner
from local_stack.schedule.jobs import Jobs, RefreshLog, utc_now
runner, (file, *hours) = CommandRunner(), map(Path, sys.argv[1:])
Jobs(runner, RefreshLog(file, utc_now()), utc_now, *(RefreshLog(path, None) for path in hours)).each_quarter()
print({name: run.outcome for name, run in runner.last.items()})
"""


@contextmanager
def running_schedule(file: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The schedule beside a web server that is ready, and its health port."""
    web = HealthServer("webserver", alive={}, ready={})
    web_port, port = web.start(Address("127.0.0.1", 0)).port, free_port()
    command = [sys.executable, "-m", "local_stack.schedule", str(web_port), f"127.0.0.1:{port}", str(file)]
    try:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process, port
            finally:
                process.kill()
    finally:
        web.stop()


def test_the_schedule_is_ready_beside_the_web_server_and_stops_cleanly(tmp_path: Path) -> None:
    with running_schedule(tmp_path / "schedule.json") as (process, port):
        until(lambda: is_ready(port))
        until((tmp_path / "schedule.json").exists)
        metrics = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        assert "stockcast_scheduled_runs_total" in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(100) == 0


def test_a_schedule_that_waits_for_its_web_server_stops_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-v", "-m", "local_stack.schedule", str(free_port()), "127.0.0.1:0", "unused"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("http.client" in line for line in process.stderr)
        until(lambda: _handles_sigterm(process.pid))
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(100) == 0


def _handles_sigterm(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(("module", "outcome"), [("this", "done"), ("no_such_module", "incomplete")])
def test_the_outcome_of_a_command_is_kept(module: str, outcome: str) -> None:
    runner = CommandRunner({"command": (module,)})
    assert runner.run("command") == outcome
    assert runner.last["command"].outcome == outcome


def test_nothing_is_started_after_the_stop() -> None:
    runner = CommandRunner({"command": ("this",)})
    runner.stop()
    assert runner.run("command") == "stopped"


def test_an_overdue_refresh_and_the_alerts_run_on_the_bundled_sample_without_failures(tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    with running_stack({"PROVIDERS": "sample"}) as stack, stack.client() as client:
        answer = client.post("/api/v1/forecasts", json={"ticker": "AAPL", "days": 30}, headers={"Prefer": "wait=30"})
        assert answer.status_code == 200
        condition = {"kind": "missing_data", "trading_days": 5}
        assert client.post("/api/v1/alerts", json={"ticker": "AAPL", "condition": condition}).status_code == 201
        file.write_text(json.dumps({"refreshed_at": "2013-03-01T12:00:00+00:00"}))
        outcomes = [run_quarter(stack.environment, file) for _ in range(2)]
    assert outcomes == [
        "{'refresh': 'done', 'alerts': 'done', 'scores': 'done', 'standing_set': 'done', 'market': 'done'}",
        "{'alerts': 'done'}",
    ]


def test_the_standing_set_is_forecast_once_from_real_prices_and_never_from_the_sample() -> None:
    quotes = {ticker: Quoted("USD", 100.0) for ticker in ("AAPL", "MSFT")}
    with yahoo_source(quotes, datetime.now(UTC).date()) as source:
        settings = {"PROVIDERS": "yahoo", "YAHOO_URL": source.url}
        with running_stack(settings) as stack, stack.client() as client:
            untracked = [one["ticker"] for one in client.get(STANDING_SET).json()["stocks"] if one["ticker"] > "AAPL"]
            assert run_record(stack.environment, "untrack", *untracked).startswith("49 stocks removed; ")
            assert client.put(f"{STANDING_SET}/MSFT").status_code == 204
            assert client.put(f"{STANDING_SET}/NOBODY").status_code == 204
            outputs = [run_record(stack.environment, "forecast") for _ in range(2)]
            until(lambda: recorded(client) == [(ticker, days) for ticker in ("AAPL", "MSFT") for days in (7, 30, 91)])
            (closes,) = {one["as_of"] for one in client.get(STANDING_SET).json()["stocks"]} - {None}
            assert {one["as_of"] for one in client.get(RECORDED).json()["forecasts"]} == {closes}
    assert outputs == [
        "6 forecasts of 2 stocks; 0 have no new close, 1 no source, 0 stale prices; 0 failed",
        "0 forecasts of 0 stocks; 2 have no new close, 1 no source, 0 stale prices; 0 failed",
    ]


def recorded(client: httpx.Client) -> list[tuple[str, int]]:
    return sorted((one["ticker"], one["days"]) for one in client.get(RECORDED).json()["forecasts"])


def run_record(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "webserver.track_record", *arguments]
    output = subprocess.check_output(command, cwd=ROOT, env=os.environ | environment, text=True)
    return next(line for line in output.splitlines() if not line.startswith("{"))  # the others are its log


def run_quarter(environment: dict[str, str], *files: Path) -> str:
    command = [sys.executable, "-c", ONE_QUARTER, *map(str, files)]
    output = subprocess.check_output(command, cwd=ROOT, env=os.environ | environment, text=True)
    return output.splitlines()[-1]


def test_a_stack_with_keys_keeps_hourly_bars_which_its_web_server_returns_and_counts(tmp_path: Path) -> None:
    keys = ("first-key-0123456789", "second-key-0123456789")
    with hour_source() as source:
        settings = {
            "PROVIDERS": "sample", "TWELVE_DATA_API_KEY": ",".join(keys), "TWELVE_DATA_URL": source.url,
            "PROVIDER_BUDGETS": "twelvedata=100/minute",
        }  # fmt: skip
        with running_stack(settings) as stack, stack.client() as client:
            files = (tmp_path / "schedule.json", tmp_path / "hourly_bars.json")
            outcomes = [run_quarter(stack.environment, *files) for _ in range(2)]
            (hourly,) = client.get("/api/v1/prices/MSFT/intervals").json()["intervals"]
            bars = client.get("/api/v1/prices/MSFT", params={"interval": "1h", "start": hourly["last"]}).json()
            until(lambda: stack.metric(stack.port, "stockcast_refresh_tickers", interval="1h") == 50)
        assert source.calls_by_key == dict.fromkeys(keys, 25)
    assert outcomes == ["{'alerts': 'done', 'hourly_bars': 'done'}", "{'alerts': 'done'}"]
    assert (hourly["source"], hourly["time_zone"]) == ("twelvedata", "America/New_York")
    assert bars["prices"][0]["time"].startswith(f"{hourly['last']}T09:30:00-0")


def test_a_new_stack_without_a_source_has_a_board_of_the_sample() -> None:
    with running_stack({"PROVIDERS": "sample", "SCHEDULE": "on"}) as stack, stack.client() as client:
        until(lambda: client.get("/api/v1/market").status_code == 200, 400, "no board was made")
        body = client.get("/api/v1/market/movers").json()
        assert (body["sources"], body["total"]) == (["sample"], 5)
        assert len(body["up"]) + len(body["down"]) == 5
        assert is_ready(stack.ports.schedule_health)
        log = stack.logs / "schedule.log"
        until(lambda: "first_board: done" in log.read_text(), complaint="the end of the run was not logged")
        text = log.read_text()
    assert text.index("sample: done") < text.index("first_board: done")
