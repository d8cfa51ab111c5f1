"""The local stack's object store as a process of its own, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_stack.s3.weed_configuration import INNER_PORTS
from test_support.network.ports import free_port
from test_support.paths import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "local"
"""Both halves of the access key."""


class NoAnswer(Exception):
    """The object store did not answer in time."""


def store_command(port: int, bucket: str, folder: Path) -> tuple[str, ...]:
    """Return the command of an object store on ``port``."""
    inner = [str(free_port()) for _ in range(INNER_PORTS)]
    listening = ("--port", str(port), "--inner-ports", *inner)
    return (
        *(sys.executable, "-m", "local_stack.s3.object_store", *listening),
        *("--bucket", bucket, "--folder", str(folder)),
    )


@contextmanager
def running_store(folder: Path, bucket: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start an object store, wait for its bucket, and kill it at the end; yield its URL and its process."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    environment = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(
            store_command(port, bucket, folder), cwd=ROOT, env=environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait_for_bucket(url, bucket)
            yield url, process
        finally:
            process.kill()


def wait_for_bucket(url: str, bucket: str, seconds: float = 250) -> None:
    """Return as soon as the store has made its bucket."""
    client = store_client(url)
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            client.head_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError):
            time.sleep(0.05)
        else:
            client.close()
            return
    raise NoAnswer(url)


def store_client(url: str, key: str = KEY) -> S3Client:
    """Return an S3 client that never retries."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=key,
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
