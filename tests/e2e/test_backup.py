"""./run_app.sh backup and restore: a running stack loses everything, and another one is empty."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import boto3

from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.people.accounts import NewAccount, create_account
from common.sql.store import SqlStore
from test_support.network.ports import free_stack_port
from test_support.paths import ROOT
from test_support.stacks.run_app import RunningStack, clean_environment, running_stack
from tests.e2e.conftest import DEADLINE_S, PATIENT

SETTINGS = {"PROVIDERS": "sample"} | PATIENT
ID = "0b8f7e6c-1111-4222-8333-444455556666"
EMAIL = "ada@example.com"
NAMES = {"sql/copy", "redis/keys.json", "s3/objects.json", "manifest.json"}


def run(port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | SETTINGS | {"PORT": str(port)}
    command = [str(ROOT / "run_app.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)


def add_account(stack: RunningStack) -> None:
    store = SqlStore(DatabaseUrl.parse(stack.environment["DATABASE_URL"]))
    store.transaction(lambda connection: create_account(connection, NewAccount(EMAIL), datetime.now(UTC)))
    store.close()


def emails(port: int) -> list[str]:
    path = ROOT / ".data" / str(port) / "stockcast.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        return [email for (email,) in connection.execute("SELECT email FROM accounts WHERE email IS NOT NULL")]


def destroy(stack: RunningStack) -> None:
    """Delete all prices, requests, results and accounts of a running stack."""
    settings = stack.environment
    session = boto3.Session(settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    bucket = session.resource("s3", endpoint_url=settings["AWS_ENDPOINT_URL_S3"]).Bucket("stockcast")
    bucket.objects.all().delete()
    bucket.meta.client.close()
    stack.redis.flushall()
    with closing(sqlite3.connect(ROOT / ".data" / str(stack.port) / "stockcast.sqlite")) as connection, connection:
        connection.execute("DELETE FROM accounts WHERE email IS NOT NULL")


def test_a_backup_restores_a_running_stack_and_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    other_port = free_stack_port()
    with running_stack(SETTINGS) as stack, stack.client() as client:
        question = {"ticker": "AAPL", "days": 30, "request_id": ID}
        asked = client.post("/api/v1/forecasts", json=question, timeout=DEADLINE_S + 50)
        assert asked.status_code == 200, asked.text
        prices = client.get("/api/v1/prices/AAPL")
        assert prices.status_code == 200, prices.text
        add_account(stack)

        made = run(stack.port, "backup", str(file))
        assert (made.returncode, made.stderr) == (0, "")
        assert made.stdout.startswith(f"{file} holds ")
        assert file.stat().st_mode & 0o777 == 0o600
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
        # The names of members are seen without opening one, as in a listing: they contain no ticker, id or address.
        assert {name for name in names if not re.fullmatch(r"s3/\d+", name)} == NAMES

        destroy(stack)
        assert client.get(f"/api/v1/forecasts/{ID}").status_code == 404
        unconfirmed = run(stack.port, "restore", str(file))
        assert unconfirmed.returncode == 1
        assert "It replaces everything in the stores of this stack: " in unconfirmed.stdout
        assert unconfirmed.stderr == "error: nothing was changed. Add --yes to replace it.\n"
        assert emails(stack.port) == []

        restored = run(stack.port, "restore", str(file), "--yes")
        assert (restored.returncode, restored.stderr) == (0, "")
        again = client.get(f"/api/v1/forecasts/{ID}")
        assert again.status_code == 200
        assert again.json()["predicted_price"] == asked.json()["predicted_price"]
        assert client.get("/api/v1/prices/AAPL").json() == prices.json()
        assert emails(stack.port) == [EMAIL]

    try:
        into_empty = run(other_port, "restore", str(file), "--yes")
        assert (into_empty.returncode, into_empty.stderr) == (0, "")
        assert emails(other_port) == [EMAIL]
    finally:
        shutil.rmtree(ROOT / ".data" / str(other_port), ignore_errors=True)


def test_a_damaged_file_is_reported_before_a_stack_starts(tmp_path: Path) -> None:
    file, port = tmp_path / "backup.zip", free_stack_port()
    file.write_bytes(os.urandom(1000))
    done = run(port, "restore", str(file), "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {file} is no backup of Stockcast, or is damaged. Choose another file.\n"
    assert not (ROOT / ".data" / str(port) / "stockcast.sqlite").exists()
    shutil.rmtree(ROOT / ".data" / str(port), ignore_errors=True)
