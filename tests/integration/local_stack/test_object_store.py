"""The local S3 keeps acknowledged objects, makes conditional puts atomic, and accepts its own key only."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlsplit

import boto3
import psutil
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from test_support.stores.object_gateway import LOOKS
from test_support.stores.object_store import running_store, store_client
from test_support.waiting import until

BUCKET = "kept"
KEY = "prices/daily/BRK-B é.csv"
METADATA = {"source": "sample", "fetched-at": "2026-01-02T03:04:05+00:00"}
RACES, WRITERS = 20, 8


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The URL and the process id of an object store."""
    with running_store(tmp_path_factory.mktemp("store"), BUCKET) as (url, process):
        yield url, process.pid


def test_objects_and_their_metadata_survive_a_kill(tmp_path: Path) -> None:
    with running_store(tmp_path, BUCKET) as (url, process):
        s3 = store_client(url)
        s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
        s3.delete_object(Bucket=BUCKET, Key="gone")
        s3.put_object(Bucket=BUCKET, Key="gone-too", Body=b"x")
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "gone-too"}]})
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"date\n\x00\xff", ContentType="text/csv", Metadata=METADATA)
        os.kill(process.pid, signal.SIGKILL)
        s3.close()
    with running_store(tmp_path, BUCKET) as (url, _):
        s3 = store_client(url)
        found = s3.get_object(Bucket=BUCKET, Key=KEY)
        assert found["Body"].read() == b"date\n\x00\xff"
        assert found["ContentType"] == "text/csv"
        assert found["Metadata"] == METADATA
        assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
        s3.close()


def test_every_acknowledged_put_survives_a_kill_amid_writes(tmp_path: Path) -> None:
    acknowledged: list[str] = []

    def write(writer: int, url: str) -> None:
        s3 = store_client(url)
        try:
            for number in range(10_000):
                key = f"{writer}/{number}"
                s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * 20_000, IfNoneMatch="*")
                acknowledged.append(key)
        except Exception:  # noqa: BLE001 - the store was killed
            return
        finally:
            s3.close()

    with running_store(tmp_path, BUCKET) as (url, process), ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, writer, url) for writer in range(4)]
        try:
            until(lambda: len(acknowledged) >= 40 or any(each.done() for each in writing))
        finally:
            os.kill(process.pid, signal.SIGKILL)
        assert len(acknowledged) >= 40, "a writer ended before the store was killed"
    with running_store(tmp_path, BUCKET) as (url, _):
        s3 = store_client(url)
        for key in acknowledged:
            assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode() * 20_000
        s3.close()


def save_as_earlier_version(folder: Path, key: str, body: bytes, *, length: int | None = None) -> Path:
    """Write an object as the store before SeaweedFS did."""
    headers = {"Content-Type": "text/csv", **{f"x-amz-meta-{name}": value for name, value in METADATA.items()}}
    head = json.dumps({"headers": headers, "length": len(body) if length is None else length})
    path = folder / f"{quote(key, safe='')}.object"
    path.write_bytes(head.encode() + b"\n" + body)
    return path


def test_objects_of_an_earlier_version_are_copied_once(tmp_path: Path) -> None:
    earlier = save_as_earlier_version(tmp_path, KEY, b"date\n\x00\xff")
    short = save_as_earlier_version(tmp_path, "short", b"cut", length=4)
    (empty := tmp_path / "empty.object").touch()
    with running_store(tmp_path, BUCKET) as (url, _):
        s3 = store_client(url)
        s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key=KEY, WaiterConfig={"Delay": 1, "MaxAttempts": 200})
        found = s3.get_object(Bucket=BUCKET, Key=KEY)
        assert (found["Body"].read(), found["ContentType"]) == (b"date\n\x00\xff", "text/csv")
        assert found["Metadata"] == METADATA
        assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"newer")
        s3.close()
    assert (earlier.exists(), short.exists(), empty.exists()) == (False, True, True)
    save_as_earlier_version(tmp_path, KEY, b"older")
    with running_store(tmp_path, BUCKET) as (url, _):
        s3 = store_client(url)
        save_as_earlier_version(tmp_path, "unrelated", b"")
        assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"newer"
        s3.close()


def test_one_of_many_simultaneous_conditional_puts_succeeds(store: tuple[str, int]) -> None:
    clients = [store_client(store[0]) for _ in range(WRITERS)]

    def put(race: int, writer: int) -> bool:
        try:
            clients[writer].put_object(
                Bucket=BUCKET, Key=f"race/{race}", Body=str(writer).encode() * 50_000, IfNoneMatch="*"
            )
        except ClientError as exc:
            assert exc.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}  # noqa: PT017
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as pool:
        for race in range(RACES):
            winners = list(pool.map(put, [race] * WRITERS, range(WRITERS)))
            assert sum(winners) == 1
            body = clients[0].get_object(Bucket=BUCKET, Key=f"race/{race}")["Body"].read()
            assert body == str(winners.index(True)).encode() * 50_000
    for client in clients:
        client.close()


def test_a_put_on_an_older_version_is_refused(store: tuple[str, int]) -> None:
    s3 = store_client(store[0])
    first = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")["ETag"]
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"2", IfMatch=first)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"3", IfMatch=first)
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"2"
    s3.close()


def test_requests_that_are_unsigned_or_signed_with_another_key_are_refused(store: tuple[str, int]) -> None:
    unsigned = boto3.client(
        "s3", endpoint_url=store[0], region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    for s3 in (unsigned, store_client(store[0], "guessed")):
        for call in (s3.list_objects_v2, s3.head_bucket, s3.delete_bucket):
            with pytest.raises(ClientError) as refused:
                call(Bucket=BUCKET)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        with pytest.raises(ClientError, match=r"AccessDenied|SignatureDoesNotMatch"):
            s3.put_object(Bucket=BUCKET, Key="forged", Body=b"x")
        with pytest.raises(ClientError, match=r"AccessDenied|SignatureDoesNotMatch"):
            s3.list_buckets()
        s3.close()


def test_the_key_opens_no_other_bucket(store: tuple[str, int]) -> None:
    s3 = store_client(store[0])
    for call in (s3.create_bucket, s3.list_objects_v2):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(Bucket="another")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    s3.close()


def test_an_unsigned_body_is_refused(store: tuple[str, int]) -> None:
    s3 = store_client(store[0])

    def forge(request: object, **_: object) -> None:
        request.body = b"forged"  # type: ignore[attr-defined]

    s3.meta.events.register("before-send.s3.PutObject", forge)
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"signed")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    s3.close()


def test_a_page_of_another_origin_may_not_read_the_bucket(store: tuple[str, int]) -> None:
    connection = HTTPConnection(urlsplit(store[0]).netloc, timeout=100)
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
        connection.request(method, f"/{BUCKET}/k", headers=preflight)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    connection.close()


def listening_addresses(pid: int) -> set[tuple[str, int]]:
    connections = psutil.Process(pid).net_connections("tcp")
    listening = [link.laddr for link in connections if link.status == psutil.CONN_LISTEN]
    return {(str(address[0]), int(address[1])) for address in listening}


def test_every_port_is_on_loopback(store: tuple[str, int]) -> None:
    # The kernel's table can lack a port if other programs open or close theirs meanwhile.
    until(lambda: len(listening_addresses(store[1])) >= 8)
    addresses = set().union(*(listening_addresses(store[1]) for _ in range(LOOKS)))
    assert len(addresses) == 8
    assert {address for address, _ in addresses} == {"127.0.0.1"}


def http_answer(port: int, path: str) -> tuple[int, bytes] | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=100)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def test_the_inner_ports_give_nothing_to_a_client_without_their_certificate(store: tuple[str, int]) -> None:
    s3_port = urlsplit(store[0]).port
    inner = {port for _, port in listening_addresses(store[1])} - {s3_port}
    for port in inner:
        for path in ("/", "/status", "/dir/assign", "/dir/status", "/metrics", f"/buckets/{BUCKET}/", "/ui/index.html"):
            answer = http_answer(port, path)
            assert answer is None or answer[0] in {400, 404} or (answer[0], answer[1]) == (200, b"")
        assert not tls_is_accepted(port)


def tls_is_accepted(port: int) -> bool:
    """Return whether a server speaks TLS with a client that shows no certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=100) as sock, context.wrap_socket(sock) as secure:
            secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            return bool(secure.recv(1))
    except OSError:
        return False


def test_the_configuration_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with running_store(tmp_path, BUCKET):
        files = list((tmp_path / "configuration").iterdir())
        assert len(files) == 5
        assert [file for file in files if file.stat().st_mode & 0o077] == []
