"""Parts that are stopped for a minute during their work. They do not change what others ended meanwhile."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from test_support.network.ports import free_port
from test_support.stacks.request_history import RequestHistory
from test_support.stacks.service_processes import DEADLINE_S, Part, Parts, attempt_numbers, running_parts, stack_client
from test_support.waiting import until
from tests.faults.test_processes import is_worker
from tests.faults.test_stores import check_refused_until_later

MINUTE_S = 60


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """A stack of the test's own."""
    with running_parts(tmp_path) as running:
        yield running


def replica_of(part: Part) -> tuple[Part, int]:
    """Start another replica of the same service. Return it and its port."""
    port, health = free_port(), free_port()
    replica = part.copy_with(LISTEN_ADDRESS=f"127.0.0.1:{port}", HEALTH_ADDRESS=f"127.0.0.1:{health}")
    replica.start()
    until(lambda: ready(health), complaint=f"the second {part.name} did not get ready")
    return replica, port


def ready(port):
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200


def stop(processes):
    for process in processes:
        process.suspend()


def resume(processes):
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def processes_of(part):
    return [psutil.Process(part.pid), *part.children()]


def lines_about(part, request_id):
    return [line for line in part.log.read_text().splitlines() if request_id in line]


def fetched_at(client, ticker):
    return client.get(f"/api/v1/prices/{ticker}").json()["fetched_at"]


def wait_until_a_minute_after(began):
    time.sleep(max(began + MINUTE_S - time.monotonic(), 0))


def stopped_while_it_fetches(parts, history, second_port):
    """Stop the ingestion service during a call of the source. The answer arrives while it is stopped."""
    parts.source.may_answer.clear()
    request_id, _ = history.ask("FETCHES", 30, prefer="wait=0")
    until(lambda: parts.source.calls["FETCHES"], DEADLINE_S, "the source was not asked")
    stop([psutil.Process(parts.ingestion.pid)])
    parts.source.may_answer.set()
    parts.to_ingestion.set_target(second_port)
    assert history.end_of(request_id)["status"] == "done"
    assert attempt_numbers(parts, [request_id]) == {b"2"}
    return request_id


def stopped_while_it_forecasts(parts, history, second_port):
    """Stop the forecast service and its workers when one of them reads the prices."""
    first = processes_of(parts.forecast)

    def rule(asked):
        if asked.path.endswith("/FORECASTS.csv") and is_worker(asked.client_process):
            parts.gateway.rule = None
            stop(first)
            parts.to_forecast.set_target(second_port)
        return False

    parts.gateway.rule = rule
    request_id, _ = history.ask("FORECASTS", 30, prefer="wait=0")
    assert history.end_of(request_id)["status"] == "done"
    assert attempt_numbers(parts, [request_id]) == {b"2"}
    return request_id


def stopped_while_a_client_waits(parts, history, waiting):
    """Stop the web worker that holds a client's connection. Return the worker and the client's future."""
    port = int(parts.url.rpartition(":")[2])
    parts.source.may_answer.clear()
    request_id = "8b7a2b0e-6f0c-4f0e-9c3f-0123456789ad"
    asking = waiting.submit(history.ask, "WAITS", 30, request_id)
    until(lambda: parts.source.calls["WAITS"], DEADLINE_S, "the source was not asked")
    holder = wait_for_holder(parts, port)
    stop([holder])
    parts.source.may_answer.set()
    assert history.end_of(request_id)["status"] == "done"
    return holder, asking


def wait_for_holder(parts, port):
    """Return the web worker with a client. The kernel's table can lack it if other connections begin or end."""
    found = []
    until(lambda: found.extend(worker for worker in parts.web.children() if has_client(worker, port)) or found)
    (holder,) = found
    return holder


def has_client(worker, port):
    links = worker.net_connections("tcp")
    return any(link.laddr.port == port and link.status == psutil.CONN_ESTABLISHED for link in links)


def test_a_part_stopped_for_a_minute_overwrites_no_later_result(parts):
    ingestion, ingestion_port = replica_of(parts.ingestion)
    forecast, forecast_port = replica_of(parts.forecast)
    with stack_client(parts) as client, ThreadPoolExecutor(1) as waiting:
        history = RequestHistory(client)
        began = time.monotonic()
        fetched = stopped_while_it_fetches(parts, history, ingestion_port)
        forecasted = stopped_while_it_forecasts(parts, history, forecast_port)
        holder, asking = stopped_while_a_client_waits(parts, history, waiting)
        before = fetched_at(client, "FETCHES")
        line_counts = {
            part: len(lines_about(part, id_)) for part, id_ in stopped_with_requests(parts, fetched, forecasted)
        }
        wait_until_a_minute_after(began)

        resume([*processes_of(parts.ingestion), *processes_of(parts.forecast), holder])
        for part, request_id in stopped_with_requests(parts, fetched, forecasted):
            until(
                lambda p=part, i=request_id: len(lines_about(p, i)) > line_counts[p],
                complaint=f"{part.name} did not go on",
            )
        parts.to_ingestion.set_target(parts.ingestion_port)
        parts.to_forecast.set_target(parts.forecast_port)
        parts.recover()
        history.check()
        assert attempt_numbers(parts, [fetched, forecasted]) == {b"2"}
        assert fetched_at(client, "FETCHES") == before, "the older attempt stored its prices over the newer one's"
        assert not any('"message": "done"' in line for line in lines_about(parts.forecast, forecasted))
        assert isinstance(asking.exception(), httpx.TransportError), "no process can have answered"
        until(lambda: len(parts.web.children()) == 2, complaint="the web worker was not replaced")
        assert history.ask("AFTERWARDS", 30)[1].status_code == 200
    assert forecast.terminate() == ingestion.terminate() == 0


def stopped_with_requests(parts, fetched, forecasted):
    """Return each stopped part with the id of its request."""
    return (parts.ingestion, fetched), (parts.forecast, forecasted)


def test_a_redis_that_is_stopped_for_a_minute_loses_nothing(parts):
    with stack_client(parts) as client:
        history = RequestHistory(client)
        parts.source.may_answer.clear()
        history.ask("UNDERWAY", 30, prefer="wait=0")
        until(lambda: parts.source.calls["UNDERWAY"], DEADLINE_S, "the source was not asked")
        began = time.monotonic()
        parts.redis.signal(signal.SIGSTOP)
        parts.source.may_answer.set()
        check_refused_until_later(history.ask("REFUSED", 30)[1])
        wait_until_a_minute_after(began)
        parts.recover()
        history.check()
        assert history.ask("AFTERWARDS", 30)[1].status_code == 200


def test_an_object_store_that_is_stopped_for_a_minute_loses_nothing(parts):
    with stack_client(parts) as client:
        history = RequestHistory(client)
        assert history.ask("KNOWN", 30)[1].status_code == 200
        began = time.monotonic()
        parts.object_store.signal(signal.SIGSTOP)
        ids = [history.ask(ticker, 31, prefer="wait=0")[0] for ticker in ("KNOWN", "UNKNOWN")]
        ends = [history.end_of(request_id, DEADLINE_S + 10)["code"] for request_id in ids]
        assert set(ends) <= {"busy", "deadline_exceeded"}
        wait_until_a_minute_after(began)
        parts.recover()
        history.check()
        assert history.ask("KNOWN", 32)[1].status_code == 200
