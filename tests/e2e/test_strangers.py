"""Pages of other origins, and other users of the machine, get nothing from the ports of a local stack."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import boto3
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.rpc.addresses import Address
from common.rpc.messages import PricesCommand
from common.rpc.tcp import send_order
from local_stack.credentials import load_or_create_credentials
from local_stack.ports import Ports, ports_of
from local_stack.service_environment import service_environment
from test_support.network.http_server import serving
from test_support.paths import ROOT

CSV = "date,open,high,low,close,adj_close,volume\n2026-11-20,1826,1826,1826,1826,1826,1\n"


@pytest.fixture(scope="module")
def ports(stack: str) -> Ports:
    """The ports of the running stack."""
    return ports_of(urlsplit(stack).port or 0)


@pytest.fixture(scope="module")
def environment(ports: Ports) -> dict[str, str]:
    """The environment by which the stack's own services find their stores."""
    return service_environment(ports, "stockcast", os.environ, load_or_create_credentials(ROOT / ".data"))


def stored(environment: dict[str, str]) -> dict[str, str]:
    """Return the stored prices by key, with the tag and the time that change whenever one is written.

    The services write their readiness probe beside them every five minutes.
    """
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    found = client.list_objects_v2(Bucket="stockcast", Prefix="prices/daily/").get("Contents", [])
    client.close()
    return {entry["Key"]: f"{entry['ETag']} {entry['LastModified']}" for entry in found}


@contextmanager
def page_of_another_origin() -> Iterator[str]:
    """Serve an empty page on another port."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><iframe name=sink></iframe>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}/"


REFUSAL = re.compile(r"cors /(status: cors |: cors .*<Code>(AccessDenied|MethodNotAllowed)</Code>.*)", re.DOTALL)
ATTACK = """
async ([port, csv]) => {
  const base = `http://127.0.0.1:${port}`;
  const seen = [];
  const tries = [
    ["/", {}], ["/stockcast?list-type=2", {}], ["/status", {}],
    ["/", {method: "POST", body: "Action=ListUsers&Version=2010-05-08"}],
    ["/stockcast/prices/daily/EVIL.csv", {method: "PUT", body: csv}],
    ["/stockcast/prices/daily/AAPL.csv", {method: "DELETE"}],
    ["/stockcast?delete", {method: "POST", body: "<Delete><Object><Key>prices/daily/AAPL.csv</Key></Object></Delete>"}],
  ];
  for (const [path, options] of tries) {
    for (const mode of ["cors", "no-cors"]) {
      try {
        const answer = await fetch(base + path, {...options, mode});
        seen.push(`${mode} ${path}: ${answer.type} ${await answer.text()}`);
      } catch { /* the browser gives the page nothing */ }
    }
  }
  for (const enctype of ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]) {
    const form = Object.assign(document.createElement("form"),
      {method: "post", enctype, action: `${base}/stockcast`, target: "sink"});
    const fields = {key: "prices/daily/EVIL.csv", "x-amz-meta-source": "tiingo", file: csv};
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement("input"), {name, value}));
    }
    document.body.append(form);
    const loaded = new Promise((done) => document.querySelector("iframe").addEventListener("load", done, {once: true}));
    form.submit();
    await loaded;
  }
  return seen;
}
"""


def test_a_page_of_another_origin_neither_reads_nor_changes_the_store(browser, stack, ports, environment):
    http_post(urlsplit(stack).port, "/api/v1/forecasts", {"ticker": "AAPL", "days": 30})
    before = stored(environment)
    assert "prices/daily/AAPL.csv" in before
    page = browser.new_page()
    with page_of_another_origin() as url:
        page.goto(url)
        seen = page.evaluate(ATTACK, [ports.object_store, CSV])
    page.close()
    # Of the addresses that belong to no bucket, a page can read that SeaweedFS refuses it.
    readable = [line for line in seen if not line.startswith("no-cors") or "opaque " not in line]
    assert [line for line in readable if not REFUSAL.fullmatch(line)] == []
    assert stored(environment) == before


def http_post(port: int | None, path: str, body: object) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=250)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("POST", "/?Action=ListUsers&Version=2010-05-08"),
        ("GET", "/stockcast?list-type=2"),
        ("PUT", "/stockcast/prices/daily/EVIL.csv"),
        ("DELETE", "/stockcast/prices/daily/AAPL.csv"),
        ("POST", "/stockcast"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/s3/aws4_request"}],
)
def test_a_program_without_the_key_gets_nothing_from_the_store(ports, environment, method, path, headers):
    before = stored(environment)
    connection = http.client.HTTPConnection("127.0.0.1", ports.object_store, timeout=100)
    connection.request(method, path, CSV, headers)
    answer = connection.getresponse()
    assert answer.status in {400, 403, 404, 405, 501}
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    connection.close()
    assert stored(environment) == before


def test_a_program_without_the_password_gets_nothing_from_redis(ports, environment):
    once = Retry(NoBackoff(), 0)
    for password in (None, "local"):
        stranger = redis.Redis(port=ports.redis, password=password, retry=once)
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.keys()
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        assert client.ping()


def test_a_form_that_is_posted_to_redis_changes_nothing(ports, environment):
    body = b"SET forged 1\r\nFLUSHALL\r\n"
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        client.set("kept", "1", ex=600)
        with socket.create_connection(("127.0.0.1", ports.redis), timeout=100) as sock:
            sock.sendall(head + body)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
        assert (client.get("forged"), client.get("kept")) == (None, b"1")


def forget(ticker: str) -> PricesCommand:
    return PricesCommand(
        request_id="123e4567-e89b-42d3-a456-426614174000", action="untrack", ticker=ticker, budget_ms=5000
    )


def test_a_program_without_the_token_has_no_prices_removed(stack, ports, environment):
    http_post(urlsplit(stack).port, "/api/v1/forecasts", {"ticker": "AAPL", "days": 30})
    before = stored(environment)
    assert send_order(Address("127.0.0.1", ports.ingestion), forget("AAPL")).code == "busy"
    assert stored(environment) == before
    known = Address("127.0.0.1", ports.ingestion, token=environment["SERVICE_TOKEN"])
    assert send_order(known, forget("AAPL")).status == "accepted"


POSTS = """
async ([ports, line]) => {
  const seen = [];
  for (const port of ports) {
    for (const body of [line, "\\n" + line, "FLUSHALL\\r\\n"]) {
      for (const method of ["GET", "POST"]) {
        try {
          const options = method === "POST" ? {method, body} : {method};
          const answer = await fetch(`http://127.0.0.1:${port}/metrics`, {...options, mode: "cors"});
          seen.push(`${port}: ${answer.status}`);
        } catch { /* the browser gives the page nothing */ }
        await fetch(`http://127.0.0.1:${port}/`, {method: "POST", body, mode: "no-cors"}).catch(() => null);
      }
    }
  }
  return seen;
}
"""


def test_a_page_of_another_origin_reads_no_port_and_changes_nothing(browser, stack, ports, environment):
    http_post(urlsplit(stack).port, "/api/v1/forecasts", {"ticker": "AAPL", "days": 30})
    before = stored(environment)
    helpers = [
        *(ports.web, ports.redis, ports.ingestion, ports.forecast, ports.ingestion_health, ports.forecast_health),
        *ports.object_store_inner,
    ]
    page = browser.new_page()
    with page_of_another_origin() as url:
        page.goto(url)
        assert page.evaluate(POSTS, [helpers, forget("AAPL").model_dump_json() + "\n"]) == []
    page.close()
    assert stored(environment) == before


@pytest.mark.parametrize("part", ["web", "ingestion_health", "forecast_health"])
@pytest.mark.parametrize(("host", "status"), [("evil.example", 421), ("[::1", 400), ("localhost", 200)])
def test_a_foreign_host_name_for_loopback_is_refused(stack, ports, part, host, status):
    connection = http.client.HTTPConnection("127.0.0.1", getattr(ports, part), timeout=100)
    connection.request("GET", "/metrics", headers={"Host": host})
    assert connection.getresponse().status == status
    connection.close()
