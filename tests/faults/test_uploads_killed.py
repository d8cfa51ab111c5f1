"""Uploads while ingestion, the web server or S3 fails: the old series or the new one, and always an answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import boto3
import httpx
import pandas as pd
import pytest

from test_support.stacks.service_processes import BUCKET, DEADLINE_S
from test_support.waiting import until

OLD, NEW = 100.0, 200.0
DAYS = pd.bdate_range("2024-01-01", periods=80)
LONG_ROW = 330


def table(price, filler=""):
    return "\n".join(["date,close,note", *(f"{day:%Y-%m-%d},{price},{filler}" for day in DAYS), ""]).encode()


def put(parts, ticker, body, timeout_s=DEADLINE_S * 2):
    return httpx.put(f"{parts.url}/api/v1/prices/{ticker}", content=body, timeout=timeout_s)


def stored_closes(parts, ticker):
    """Return the different closes of the stored series, and the number of its days."""
    prices = httpx.get(f"{parts.url}/api/v1/prices/{ticker}", timeout=30).raise_for_status().json()["prices"]
    return {row["close"] for row in prices}, len(prices)


def incoming_files(parts):
    s3 = boto3.client(
        "s3",
        endpoint_url=parts.web.environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
        region_name="us-east-1",
    )
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="incoming/").get("Contents", [])]


def is_reading(asked):
    return asked.command == "GET" and "/incoming/" in asked.path


def is_writing(asked):
    return asked.command == "PUT" and "/prices/daily/" in asked.path


@pytest.mark.parametrize(
    ("name", "moment", "is_after"),
    [("READ", is_reading, False), ("BEFORE", is_writing, False), ("AFTER", is_writing, True)],
)
def test_ingestion_killed_during_an_upload_leaves_a_whole_series_and_the_client_gets_an_end(
    parts, name, moment, is_after
):
    ticker = f"UP-{name}"
    assert put(parts, ticker, table(OLD)).status_code == 201

    def rule(asked):
        if not (moment(asked) and (is_reading(asked) or asked.path.endswith(f"/{ticker}.csv"))):
            return False
        if is_after:
            asked.forward()
        parts.gateway.rule = None
        parts.restart(parts.ingestion)
        return True

    parts.gateway.rule = rule
    answer = put(parts, ticker, table(NEW))
    assert answer.status_code in {200, 503, 504}, answer.text
    closes, days = stored_closes(parts, ticker)
    assert (closes, days) in [({OLD}, 80), ({NEW}, 80)]
    assert answer.status_code != 200 or closes == {NEW}
    parts.recover()
    assert put(parts, ticker, table(NEW)).status_code == 200
    assert stored_closes(parts, ticker) == ({NEW}, 80)
    assert incoming_files(parts) == []


def test_an_upload_whose_reply_is_lost_is_sent_again_and_has_one_effect(parts):
    parts.to_ingestion.run_before_next_reply(lambda: parts.restart(parts.ingestion))
    answer = put(parts, "UP-REPLY", table(NEW))
    assert answer.status_code in {200, 201, 503}
    parts.recover()
    assert put(parts, "UP-REPLY", table(NEW)).json()["upload"]["changed"] == 0
    assert stored_closes(parts, "UP-REPLY") == ({NEW}, 80)


def test_the_web_server_killed_during_an_upload_leaves_a_whole_series(parts):
    assert put(parts, "UP-WEB", table(OLD)).status_code == 201
    reading, may_go_on = threading.Event(), threading.Event()

    def rule(asked):
        if is_reading(asked):
            reading.set()
            may_go_on.wait(DEADLINE_S)
        return False

    parts.gateway.rule = rule
    with ThreadPoolExecutor(1) as pool, suppress(httpx.HTTPError):
        asking = pool.submit(put, parts, "UP-WEB", table(NEW))
        until(reading.is_set, DEADLINE_S, "the file was not read")
        for child in parts.web.children():
            child.kill()
        parts.web.kill()
        may_go_on.set()
        asking.result(DEADLINE_S)
    parts.recover()
    until(lambda: stored_closes(parts, "UP-WEB") == ({NEW}, 80), DEADLINE_S, "ingestion did not finish")


@pytest.mark.parametrize("command", ["PUT", "GET", "DELETE"])
def test_an_s3_that_refuses_the_file_ends_the_upload_with_a_reason(parts, command):
    def rule(asked):
        if "/incoming/" not in asked.path or asked.command != command:
            return False
        asked.send_response(403)
        asked.send_header("Content-Length", "0")
        asked.end_headers()
        return True

    parts.gateway.rule = rule
    answer = put(parts, f"UP-S3-{command}", table(NEW))
    expected = (201, None) if command == "DELETE" else (503, "busy")
    assert (answer.status_code, answer.json().get("code")) == expected


def test_a_large_file_takes_no_memory_of_the_web_server(parts):
    rows = [f"{day:%Y-%m-%d},7.5,{'x' * LONG_ROW}" for day in pd.date_range("1900-01-01", periods=45_000)]
    body = "\n".join(["date,close,note", *rows, ""]).encode()
    assert len(body) > 15_000_000
    put(parts, "UP-SMALL", table(NEW))
    before = {pid: mb for pid, mb in parts.memory_mb_of_each().items() if pid.startswith("web")}
    for _ in range(3):
        assert put(parts, "UP-LARGE", body).status_code in {200, 201}
    after = {pid: mb for pid, mb in parts.memory_mb_of_each().items() if pid.startswith("web")}
    assert max(after[pid] - before[pid] for pid in before) < 0.8 * len(body) / 1e6
