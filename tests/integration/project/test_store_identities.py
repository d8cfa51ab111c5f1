"""The rights of the local overlay's identities, in the object store that it starts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local_stack.s3.weed_binary import find_weed
from test_support.network.ports import free_port
from test_support.paths import ROOT
from test_support.waiting import until

IDENTITIES = ROOT / "k8s/overlays/local/identities.json"
BUCKET, DAILY = "stockcast", "prices/daily/AAPL.csv"
PORTS = (
    "master.port",
    "volume.port",
    "filer.port",
    "master.port.grpc",
    "volume.port.grpc",
    "filer.port.grpc",
    "s3.port.grpc",
)
"""The ports that are not S3's."""
OWN_FOLDERS = {"hourly-bars": "prices/1h/", "web": "incoming/", "market": "market/"}


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Return a function that makes a client with an identity; a daily price is stored."""
    port, folder = free_port(), tmp_path_factory.mktemp("store")

    def client(name: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id=name,
            aws_secret_access_key=f"local-only-{name}",
            region_name="us-east-1",
        )

    with subprocess.Popen(store_command(folder, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            writer = client("writer")
            until(lambda: stores_a_price(writer), 100, "the object store did not get ready")
            yield client
        finally:
            process.kill()


def store_command(folder: Path, port: int) -> list[str]:
    return [
        *(str(find_weed()), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=16"),
        *("-master.volumeSizeLimitMB=64", "-s3", f"-s3.port={port}", f"-s3.config={IDENTITIES}"),
        *(f"-{name}={free_port()}" for name in PORTS),
    ]


def stores_a_price(writer: Any) -> bool:
    with suppress(ClientError, BotoCoreError):
        writer.create_bucket(Bucket=BUCKET)
    with suppress(ClientError, BotoCoreError):
        writer.put_object(Bucket=BUCKET, Key=DAILY, Body=b"daily")
        return True
    return False


def refusal_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the code with which a call is refused; empty if it is allowed."""
    try:
        call(Bucket=BUCKET, **arguments)
    except ClientError as exc:
        return str(exc.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize(("name", "folder"), OWN_FOLDERS.items())
def test_an_identity_writes_below_its_own_folder_and_reads_prices(connect, name, folder):
    client, key = connect(name), f"{folder}AAPL.csv"
    assert refusal_of(client.head_bucket) == ""
    assert refusal_of(client.get_object, Key=DAILY) == ""
    assert refusal_of(client.head_object, Key=key) == "404"
    assert refusal_of(client.put_object, Key=key, Body=b"1", IfNoneMatch="*") == ""
    assert refusal_of(client.put_object, Key=key, Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    etag = client.head_object(Bucket=BUCKET, Key=key)["ETag"]
    assert refusal_of(client.put_object, Key=key, Body=b"3", IfMatch=etag) == ""


@pytest.mark.parametrize("name", [*OWN_FOLDERS, "reader"])
def test_no_identity_but_the_writer_changes_daily_prices_or_the_folders_of_others(connect, name):
    client = connect(name)
    others = [folder for owner, folder in OWN_FOLDERS.items() if owner != name]
    for key in (DAILY, "quarantine/AAPL.csv", *(f"{folder}other" for folder in others)):
        assert refusal_of(client.put_object, Key=key, Body=b"x") == "AccessDenied", key
        assert refusal_of(client.delete_object, Key=key) == "AccessDenied", key
    assert connect("writer").get_object(Bucket=BUCKET, Key=DAILY)["Body"].read() == b"daily"
