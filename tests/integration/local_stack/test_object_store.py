"""The local S3 keeps what it was given, and does S3's conditional put in one step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from test_support.ports import free_port
from tests.conftest import s3_environment

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "kept"


@contextmanager
def store_in(folder: Path) -> Iterator[tuple[S3Client, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "local_stack.s3.object_store", "--port", str(port)]
    environment = os.environ | s3_environment(f"http://127.0.0.1:{port}")
    with subprocess.Popen([*command, "--bucket", BUCKET, "--folder", str(folder)], env=environment) as process:
        try:
            yield connected(f"http://127.0.0.1:{port}"), process
        finally:
            process.kill()


def connected(url: str) -> S3Client:
    keys = s3_environment(url)
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    give_up = time.monotonic() + 250
    while time.monotonic() < give_up:
        try:
            client.head_bucket(Bucket=BUCKET)
        except BotoCoreError:
            time.sleep(0.05)
        else:
            return client
    pytest.fail("the object store did not answer")


def test_objects_and_their_metadata_are_there_again_after_a_kill(tmp_path: Path) -> None:
    with store_in(tmp_path) as (s3, process):
        s3.put_object(
            Bucket=BUCKET,
            Key="prices/daily/BRK-B é.csv",
            Body=b"date,close\n\x00\xff",
            ContentType="text/csv",
            Metadata={"source": "sample", "fetched-at": "2026-01-02T03:04:05+00:00"},
        )
        s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
        s3.delete_object(Bucket=BUCKET, Key="gone")
        s3.put_object(Bucket=BUCKET, Key="gone-too", Body=b"x")
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "gone-too"}]})
        os.kill(process.pid, signal.SIGKILL)
    with store_in(tmp_path) as (s3, _):
        found = s3.get_object(Bucket=BUCKET, Key="prices/daily/BRK-B é.csv")
        assert found["Body"].read() == b"date,close\n\x00\xff"
        assert found["ContentType"] == "text/csv"
        assert found["Metadata"] == {"source": "sample", "fetched-at": "2026-01-02T03:04:05+00:00"}
        assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_a_file_cut_short_is_left_out(tmp_path: Path) -> None:
    with store_in(tmp_path) as (s3, _):
        s3.put_object(Bucket=BUCKET, Key="short", Body=b"0123456789")
        s3.put_object(Bucket=BUCKET, Key="whole", Body=b"0123456789")
    cut = tmp_path / "short.object"
    cut.write_bytes(cut.read_bytes()[:-1])
    (tmp_path / "empty.object").touch()
    with store_in(tmp_path) as (s3, _):
        assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["whole"]


def test_of_many_conditional_puts_at_once_one_succeeds(s3_bucket: str) -> None:
    def put(number: int) -> bool:
        client = boto3.client("s3")
        try:
            client.put_object(Bucket=s3_bucket, Key="race", Body=str(number).encode() * 50_000, IfNoneMatch="*")
        except ClientError as exc:
            assert exc.response["Error"]["Code"] == "PreconditionFailed"  # noqa: PT017
            return False
        else:
            return True
        finally:
            client.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, range(8))) == 1


def test_a_put_on_an_older_version_is_refused(s3_bucket: str) -> None:
    client = boto3.client("s3")
    first = client.put_object(Bucket=s3_bucket, Key="k", Body=b"1")["ETag"]
    client.put_object(Bucket=s3_bucket, Key="k", Body=b"2", IfMatch=first)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=s3_bucket, Key="k", Body=b"3", IfMatch=first)
    assert client.get_object(Bucket=s3_bucket, Key="k")["Body"].read() == b"2"
    client.close()
