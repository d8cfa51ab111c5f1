"""The local S3 answers only programs that sign with its key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from local_stack.s3.access import AccessControl
from local_stack.s3.signatures import AccessKey

KEY = AccessKey("installation", "its secret")
BASE = "http://127.0.0.1:5001"


@Request.application
def store(request: Request) -> Response:
    """Answer with the body, as an S3 with CORS would."""
    return Response(request.get_data(), headers={"Access-Control-Allow-Origin": "*", "ETag": '"x"'})


def signed(method: str, path: str, body: bytes = b"", key: AccessKey = KEY) -> dict[str, str]:
    """Return the headers that boto3 sends."""
    request = AWSRequest(method, f"{BASE}{path}", {}, body)
    S3SigV4Auth(Credentials(key.id, key.secret), "s3", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def send(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> TestResponse:
    client = Client(AccessControl(store, "stockcast", KEY))
    return client.open(
        path, method=method, base_url=BASE, headers=headers, data=body, environ_overrides={"RAW_URI": path}
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/stockcast/prices/daily/AAPL.csv", b""),
        ("GET", "/stockcast/prices/daily/M%26M.NS%20%C3%A9.csv", b""),
        ("HEAD", "/stockcast", b""),
        ("GET", "/stockcast?list-type=2&prefix=prices%2Fdaily%2F&max-keys=1000", b""),
        ("PUT", "/stockcast/prices/daily/AAPL.csv", b"date,close\n"),
        ("DELETE", "/stockcast/prices/daily/AAPL.csv", b""),
        ("POST", "/stockcast?delete", b"<Delete/>"),
    ],
)
def test_a_signed_request_reaches_the_store_with_its_body(method: str, path: str, body: bytes) -> None:
    answer = send(method, path, signed(method, path, body), body)
    assert answer.status_code == 200
    assert answer.data == (b"" if method == "HEAD" else body)
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def tampered(change: Callable[[dict[str, str]], Any]) -> dict[str, str]:
    headers = signed("PUT", "/stockcast/a", b"body")
    change(headers)
    return headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=installation/20200101/us-east-1/s3/aws4_request"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic aW5zdGFsbGF0aW9uOml0cyBzZWNyZXQ="},
        {"Authorization": "AWS installation:c2lnbmF0dXJl"},
        signed("PUT", "/stockcast/a", b"body", AccessKey("installation", "guessed")),
        signed("PUT", "/stockcast/a", b"body", AccessKey("local", "local")),
        signed("PUT", "/stockcast/a", b"body", AccessKey("installation", "")),
        signed("PUT", "/stockcast/b", b"body"),
        signed("GET", "/stockcast/a", b"body"),
        signed("PUT", "/stockcast/a?x-id=PutObject", b"body"),
        tampered(lambda headers: headers.pop("X-Amz-Date")),
        tampered(lambda headers: headers.update({"X-Amz-Date": "yesterday"})),
        tampered(lambda headers: headers.update({"X-Amz-Date": "20261399T999999Z"})),
        tampered(lambda headers: headers.update({"X-Amz-Content-SHA256": "0" * 64})),
        tampered(lambda headers: headers.update({"Authorization": headers["Authorization"].replace("host;", "")})),
        tampered(lambda headers: headers.update({"Authorization": headers["Authorization"][:-1] + "é"})),
    ],
)
def test_a_request_without_a_signature_by_the_key_is_refused(headers: dict[str, str]) -> None:
    answer = send("PUT", "/stockcast/a", headers, b"body")
    assert (answer.status_code, answer.mimetype) == (403, "application/xml")


def test_another_body_than_the_signed_one_is_refused() -> None:
    answer = send("PUT", "/stockcast/a", signed("PUT", "/stockcast/a", b"body"), b"forged")
    assert (answer.status_code, b"XAmzContentSHA256Mismatch" in answer.data) == (400, True)


@pytest.mark.parametrize("payload", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "x"])
def test_a_signature_must_cover_the_body(payload: str) -> None:
    request = AWSRequest("PUT", f"{BASE}/stockcast/a", {"X-Amz-Content-SHA256": payload}, b"body")
    SigV4Auth(Credentials(KEY.id, KEY.secret), "s3", "us-east-1").add_auth(request)
    assert send("PUT", "/stockcast/a", dict(request.headers.items()), b"body").status_code == 400


def test_a_program_whose_clock_is_wrong_still_reaches_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: datetime(2020, 1, 1))
    assert send("GET", "/stockcast/a", signed("GET", "/stockcast/a")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Mode": "no-cors"}],
)
def test_a_browser_is_refused_even_with_a_signature(header: dict[str, str]) -> None:
    answer = send("GET", "/stockcast/a", signed("GET", "/stockcast/a") | header)
    assert answer.status_code == 403
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5001", "stockcast.s3.amazonaws.com", "127.0.0.1.evil.example", ""]
)
def test_another_host_name_is_refused(host: str) -> None:
    assert send("GET", "/stockcast/a", signed("GET", "/stockcast/a") | {"Host": host}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("POST", "/"),
        ("POST", "/moto-api/reset"),
        ("GET", "/moto-api/"),
        ("GET", "/moto-api/data.json"),
        ("OPTIONS", "/stockcast/a"),
        ("PUT", "/stockcast"),
        ("DELETE", "/stockcast"),
        ("POST", "/stockcast"),
        ("POST", "/stockcast/a?uploads"),
        ("PUT", "/stockcast?policy"),
        ("PUT", "/stockcast/a?acl"),
        ("GET", "/stockcast/a?X-Amz-Signature=x"),
        ("PATCH", "/stockcast/a"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
    ],
)
def test_only_the_operations_that_stockcast_needs_exist(method: str, path: str) -> None:
    answer = send(method, path, signed(method, path))
    assert answer.status_code in {404, 405, 501}
