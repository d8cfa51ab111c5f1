"""Failures of Redis, S3 and price sources, behind real services."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from test_support.stacks.service_processes import DEADLINE_S, stack_client
from test_support.waiting import until


def is_object(asked, ticker):
    return asked.path.endswith(f"/{ticker}.csv")


def refuses(status, code):
    def rule(asked):
        asked.reply_error(status, code)
        return True

    return rule


def truncates(asked):
    if asked.command != "GET" or not is_object(asked, "SHORT"):
        return False
    asked.forward(truncated_to=2000)
    return True


def check_refused_until_later(answer):
    """Check that the request was not accepted, and that the refusal has a Retry-After."""
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_restarted_redis_still_has_the_accepted_requests(parts, history):
    parts.source.may_answer.clear()
    request_id, _ = history.ask("AOF", 30, prefer="wait=0")
    until(lambda: parts.source.calls["AOF"], DEADLINE_S, "the source was not asked")
    parts.restart(parts.redis)
    parts.source.may_answer.set()
    assert history.end_of(request_id)["status"] == "done"


@pytest.mark.parametrize("fault", ["down", "reset", "hang", "truncate"])
def test_redis_that_cannot_be_used_accepts_nothing_and_recovers_by_itself(parts, history, fault):
    parts.to_redis.set_fault(fault)
    _, answer = history.ask("CUTOFF", 30)
    check_refused_until_later(answer)
    parts.to_redis.set_fault(None)
    until(lambda: history.ask("CUTOFF", 31)[1].status_code == 200, DEADLINE_S, "did not recover by itself")


@pytest.mark.parametrize("fault", ["latency", "slice"])
def test_a_slow_redis_delays_answers_and_changes_none(parts, history, fault):
    parts.to_redis.set_fault(fault)
    request_id, first = history.ask("SLOWLY", 30, prefer="wait=1")
    assert first.status_code in {200, 202}, "a slow Redis must not refuse"
    parts.to_redis.set_fault(None)
    assert history.end_of(request_id)["status"] == "done"


def test_a_full_redis_accepts_nothing_and_loses_nothing(parts, history):
    before, answer = history.ask("FULL", 30)
    assert answer.status_code == 200
    with redis.Redis.from_url(parts.redis_url) as client:
        client.config_set("maxmemory", "1mb")
        try:
            check_refused_until_later(history.ask("FULL", 31)[1])
            assert history.read(before).status_code == 200
        finally:
            client.config_set("maxmemory", "0")
    assert history.ask("FULL", 32)[1].status_code == 200


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (403, "AccessDenied")])
def test_an_s3_that_refuses_ends_requests_with_a_reason(parts, history, status, code):
    parts.gateway.rule = refuses(status, code)
    request_id, _ = history.ask("REFUSED", 30)
    assert history.end_of(request_id)["code"] == "busy"


def test_a_missing_bucket_is_busy_and_not_an_unknown_ticker(parts, history):
    parts.gateway.rule = refuses(404, "NoSuchBucket")
    request_id, _ = history.ask("NOBUCKET", 30)
    assert history.end_of(request_id)["code"] == "busy"


@pytest.mark.usefixtures("short_deadline")
def test_an_s3_that_hangs_ends_requests_by_their_deadline(parts, history):
    def hangs(asked):
        asked.hang(60)
        return True

    parts.gateway.rule = hangs
    request_id, _ = history.ask("HANGS", 30)
    assert history.end_of(request_id)["code"] in {"busy", "deadline_exceeded"}


def test_an_s3_that_trickles_holds_no_reader_beyond_the_deadline(parts, history):
    history.ask("TRICKLES", 30)

    def trickles(asked):
        if asked.command != "GET" or not is_object(asked, "TRICKLES"):
            return False
        asked.forward(byte_every_s=1)
        return True

    parts.gateway.rule = trickles
    with stack_client(parts) as client, ThreadPoolExecutor(12) as threads:
        for answer in threads.map(client.get, ["/api/v1/prices/TRICKLES"] * 12):
            check_refused_until_later(answer)
        parts.gateway.rule = None
        assert client.get("/api/v1/prices/TRICKLES").status_code == 200


def test_a_truncated_body_is_never_a_shorter_series(parts, history):
    parts.gateway.rule = truncates
    request_id, _ = history.ask("SHORT", 30)
    end = history.end_of(request_id)
    assert end.get("code") in {"busy", "worker_crashed", "deadline_exceeded"}


def test_a_corrupt_csv_is_fetched_anew(parts, history):
    history.ask("CORRUPT", 30)

    def corrupts(asked):
        if asked.command != "GET" or not is_object(asked, "CORRUPT"):
            return False
        parts.gateway.rule = None
        asked.forward(corrupted=True)
        return True

    for worker in parts.workers():  # they cache what they read before
        worker.kill()
    parts.gateway.rule = corrupts
    request_id, _ = history.ask("CORRUPT", 31)
    assert history.end_of(request_id)["status"] == "done"
    assert parts.source.calls["CORRUPT"] == 2


def test_every_provider_down_is_reported_as_the_reason(parts, history):
    parts.source.error_status = 500
    request_id, _ = history.ask("DOWN", 30)
    assert history.end_of(request_id)["code"] == "provider_unavailable"


def test_stored_prices_are_used_while_every_provider_is_down(parts, history):
    history.ask("STALE", 30)
    with redis.Redis.from_url(parts.redis_url) as client:
        client.delete("prices:STALE")
    parts.source.error_status = 500
    request_id, _ = history.ask("STALE", 31)
    assert history.end_of(request_id)["status"] == "done"


def test_services_started_in_any_order_wait_for_their_dependencies(parts, history):
    for part in parts.all:
        part.kill()
    for part in (parts.web, parts.ingestion, parts.forecast):
        part.start()
    first = [part.pid for part in (parts.web, parts.ingestion, parts.forecast)]
    with stack_client(parts) as client:
        until(lambda: answers(client, "/livez") == 200, DEADLINE_S, "the web server did not start")
        until(lambda: answers(client, "/readyz") == 503, DEADLINE_S, "readiness of the web server did not fail")
    parts.recover()
    assert [part.pid for part in (parts.web, parts.ingestion, parts.forecast)] == first
    assert history.ask("ORDER", 30)[1].status_code == 200


def answers(client, path):
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return None
