"""Processes that die, hang or receive SIGTERM during their work."""

import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import psutil
import pytest

from common.service.serving import EXIT_FORCED
from test_support.stacks.service_processes import DEADLINE_S, READY_WITHIN_S, attempt_numbers, command_line
from test_support.stacks.steady_load import steady_load
from test_support.waiting import until


def is_put(asked, ticker):
    return asked.command == "PUT" and asked.path.endswith(f"/{ticker}.csv")


def have_ended(processes):
    """Return whether none of the processes is running."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def ask_in_background(history, *asked, **fields):
    return ThreadPoolExecutor(1).submit(history.ask, *asked, **fields)


def is_worker(process):
    return process is not None and "multiprocessing.forkserver" in command_line(process)


def test_ingestion_killed_before_it_receives_the_order_loses_no_request(parts, history):
    parts.to_ingestion.set_fault("hang")
    opened_before = parts.to_ingestion.opened
    asking = ask_in_background(history, "PACK", 30)
    until(lambda: parts.to_ingestion.opened > opened_before, DEADLINE_S, "nothing was sent")
    parts.restart(parts.ingestion)
    parts.to_ingestion.set_fault(None)
    request_id, _ = asking.result(DEADLINE_S)
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["PACK"] == 1


def test_ingestion_killed_before_its_acknowledgement_loses_no_request(parts, history):
    parts.to_ingestion.run_before_next_reply(lambda: parts.restart(parts.ingestion))
    request_id, _ = history.ask("PACK2", 30)
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["PACK2"] == 1


def test_ingestion_killed_during_a_fetch_loses_no_request(parts, history):
    parts.source.may_answer.clear()
    request_id, _ = history.ask("FETCH", 30, prefer="wait=0")
    until(lambda: parts.source.calls["FETCH"], DEADLINE_S, "the source was not asked")
    parts.restart(parts.ingestion)
    parts.source.may_answer.set()
    assert history.end_of(request_id)["status"] == "done"


def test_ingestion_killed_after_the_put_asks_the_source_only_once(parts, history):
    def rule(asked):
        if not is_put(asked, "PUTKILL"):
            return False
        asked.forward()
        parts.gateway.rule = None
        parts.restart(parts.ingestion)
        return True

    parts.gateway.rule = rule
    request_id, _ = history.ask("PUTKILL", 30, prefer="wait=0")
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["PUTKILL"] == 1


def test_the_forecast_parent_killed_during_a_fit_leaves_no_orphan_and_loses_no_request(parts, history):
    orphans = parts.workers()

    def rule(asked):
        if not (asked.path.endswith("/PARENT.csv") and is_worker(asked.client_process)):
            return False
        parts.gateway.rule = None
        parts.restart(parts.forecast)
        return False

    parts.gateway.rule = rule
    request_id, _ = history.ask("PARENT", 30, prefer="wait=0")
    assert history.end_of(request_id)["status"] == "done"
    assert len(orphans) >= 1
    until(lambda: have_ended(orphans), DEADLINE_S, f"orphans: {orphans}")


def kill(worker):
    """End a worker as the kernel does when memory runs out."""
    worker.kill()


def starve(worker):
    """Limit a worker's memory to its present size, so that its next allocation fails."""
    worker.rlimit(psutil.RLIMIT_DATA, (1, psutil.RLIM_INFINITY))


def ids_that_lost_a_worker(parts, ids):
    """Return the id of each request that lost an attempt with its worker, once for each lost attempt."""
    lines = [json.loads(line) for line in parts.forecast.log.read_text().splitlines() if "worker lost" in line]
    return [line["request_id"] for line in lines if line["request_id"] in ids]


def harm_workers(parts, ticker, harm, times):
    """Harm the next workers that read a ticker's prices. Return the list to which each of them is added."""
    harmed = []

    def rule(asked):
        worker = asked.client_process if asked.path.endswith(f"/{ticker}.csv") and len(harmed) < times else None
        if not is_worker(worker) or worker in harmed:
            return False
        harmed.append(worker)
        harm(worker)
        return False

    parts.gateway.rule = rule
    return harmed


@pytest.mark.parametrize("harm", [kill, starve])
def test_a_killed_worker_costs_only_its_own_request_an_attempt(parts, history, harm):
    # New workers have no free memory that an earlier long forecast has left.
    parts.restart(parts.forecast)
    parts.recover()
    harmed = harm_workers(parts, f"ONCE{harm.__name__}".upper(), harm, times=1)
    request_id, _ = history.ask(f"ONCE{harm.__name__}".upper(), 10000, prefer="wait=0")
    innocent = [history.ask(f"CALM{harm.__name__}".upper(), days, prefer="wait=0")[0] for days in range(30, 36)]
    assert history.end_of(request_id)["status"] == "done"
    assert [history.end_of(each)["status"] for each in innocent] == ["done"] * 6
    assert ids_that_lost_a_worker(parts, [request_id, *innocent]) == [request_id]
    assert have_ended(harmed)


def test_the_fork_server_killed_loses_no_request_and_leaves_no_orphan(parts, history):
    before = parts.workers()
    fork_server = before[0].parent()

    def rule(asked):
        if not (asked.path.endswith("/FORKED.csv") and is_worker(asked.client_process)):
            return False
        parts.gateway.rule = None
        fork_server.kill()
        return False

    parts.gateway.rule = rule
    request_id, _ = history.ask("FORKED", 30, prefer="wait=0")
    assert history.end_of(request_id)["status"] == "done"
    until(lambda: have_ended([fork_server, *before]), DEADLINE_S, f"orphans: {before}")
    until(parts.workers, READY_WITHIN_S, "no workers were started again")


def test_a_poison_input_fails_after_three_workers_and_delays_no_other(parts, history):
    harmed = harm_workers(parts, "POISON", kill, times=4)
    poison, _ = history.ask("POISON", 30, prefer="wait=0")
    innocent = [history.ask("PURE", days, prefer="wait=0")[0] for days in range(30, 36)]
    assert history.end_of(poison)["code"] == "worker_crashed"
    assert len(harmed) == 3
    assert [history.end_of(request_id)["status"] for request_id in innocent] == ["done"] * 6
    assert ids_that_lost_a_worker(parts, [poison, *innocent]) == [poison] * 3


@pytest.mark.usefixtures("short_deadline")
def test_an_endless_fit_is_killed_at_its_deadline(parts, history):
    frozen = []

    def rule(asked):
        worker = asked.client_process if asked.path.endswith("/ENDLESS.csv") else None
        if is_worker(worker):
            worker.suspend()
            frozen.append(worker)
        return False

    parts.gateway.rule = rule
    request_id, _ = history.ask("ENDLESS", 30, prefer="wait=0")
    _, answer = history.ask("FLOWING", 30)
    assert answer.status_code == 200
    assert history.end_of(request_id)["code"] == "deadline_exceeded"
    until(lambda: frozen and have_ended(frozen), DEADLINE_S, "the frozen worker was not killed")


def block_stage(parts, stage):
    """Block a stage until the returned event is set."""
    if stage == "ingesting":
        parts.source.may_answer.clear()
        return parts.source.may_answer
    may_continue = threading.Event()

    def rule(asked):
        if is_worker(asked.client_process):
            may_continue.wait(DEADLINE_S)
        return False

    parts.gateway.rule = rule
    return may_continue


def ask_until_stage(history, stage, ticker, horizons):
    ids = [history.ask(ticker, days, prefer="wait=0")[0] for days in horizons]
    until(lambda: {history.read(each).json()["status"] for each in ids} == {stage}, DEADLINE_S, f"not {stage}")
    return ids


@pytest.mark.parametrize(
    ("name", "stage"), [("web", "ingesting"), ("ingestion", "ingesting"), ("forecast", "forecasting")]
)
def test_sigterm_in_the_middle_ends_with_status_0_and_loses_nothing(parts, history, name, stage):
    part, may_continue = getattr(parts, name), block_stage(parts, stage)
    ids = ask_until_stage(history, stage, f"TERM{name[0].upper()}", range(40, 44))
    part.signal(signal.SIGTERM)
    may_continue.set()
    assert part.wait(DEADLINE_S) == 0
    part.start()
    assert {history.end_of(request_id)["status"] for request_id in ids} == {"done"}


def count_requests(parts):
    """Return the number of requests for forecasts in the metrics of the web server."""
    text = httpx.get(f"{parts.url}/metrics", trust_env=False, timeout=DEADLINE_S).text
    return sum(
        float(line.split()[-1]) for line in text.splitlines() if line.startswith("stockcast_http_requests_total")
    )


def test_sighup_of_each_service_under_load_costs_no_request(parts, history):
    """gunicorn replaces its worker processes; the others end as after SIGTERM, and their supervisor starts them."""
    with steady_load(history) as load:
        load.wait_for_more(1)
        counted = count_requests(parts)
        workers = {child.pid for child in parts.web.children()}
        parts.web.signal(signal.SIGHUP)
        until(lambda: not workers & {child.pid for child in parts.web.children()}, complaint="the workers stayed")
        load.wait_for_more(1)
        for part in (parts.ingestion, parts.forecast):
            part.signal(signal.SIGHUP)
            assert part.wait() == 0
            part.start()
            load.wait_for_more(1)
    assert load.refusals == []
    assert count_requests(parts) > counted > 0


@pytest.mark.parametrize(("name", "stage"), [("ingestion", "ingesting"), ("forecast", "forecasting")])
def test_a_second_sigterm_ends_at_once(parts, history, name, stage):
    part, may_continue = getattr(parts, name), block_stage(parts, stage)
    ids = ask_until_stage(history, stage, f"TWICE{name[0].upper()}", [30])
    before = part.log.read_text().count('"stopping"')
    part.signal(signal.SIGTERM)
    until(lambda: part.log.read_text().count('"stopping"') > before, DEADLINE_S, "it did not log the first signal")
    assert part.terminate() == EXIT_FORCED
    may_continue.set()
    parts.remove_faults()
    assert history.end_of(ids[0])["status"] == "done"


def test_a_resumed_process_cannot_overwrite_the_newer_attempt(parts, history):
    stopped = []

    def rule(asked):
        if asked.path.endswith("/STOPPED.csv") and is_worker(asked.client_process) and not stopped:
            stopped.extend([psutil.Process(parts.forecast.pid), *parts.workers()])
            for process in stopped:
                process.suspend()
        return False

    parts.gateway.rule = rule
    request_id, _ = history.ask("STOPPED", 30, prefer="wait=0")
    until(lambda: attempt_numbers(parts, [request_id]) == {b"2"}, DEADLINE_S, "no replica claimed the request")
    for process in stopped:
        process.resume()
    assert history.end_of(request_id)["status"] == "done"
    assert attempt_numbers(parts, [request_id]) != {b"1"}

    def lines_with(message):
        return [line for line in parts.forecast.log.read_text().splitlines() if request_id in line and message in line]

    # Both attempts compute at the same time, so the newer one may end first.
    until(lambda: lines_with("a newer attempt is current"), DEADLINE_S, "the older attempt was not refused")
    assert len(lines_with('"message": "done"')) == 1


def test_a_web_worker_killed_during_a_wait_loses_no_request(parts, history):
    parts.source.may_answer.clear()
    request_id = "8b7a2b0e-6f0c-4f0e-9c3f-0123456789ab"
    asking = ask_in_background(history, "WEBKILL", 30, request_id=request_id)
    until(lambda: parts.source.calls["WEBKILL"], DEADLINE_S, "the source was not asked")
    for worker in parts.web.children():
        worker.kill()
    parts.source.may_answer.set()
    with suppress(httpx.TransportError):
        asking.result(DEADLINE_S)
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["WEBKILL"] == 1
