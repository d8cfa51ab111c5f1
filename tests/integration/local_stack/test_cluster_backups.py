"""The nightly backup of a cluster: real stores are filled, saved to a bucket, destroyed and restored."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from common.sql.repositories.ledger.chain import CHAINS
from common.sql.repositories.ledger.entries import append_forecasts
from common.sql.repositories.ledger.verification import verify_chain, verify_sums
from common.sql.store import SqlStore
from local_stack.backups import cluster
from local_stack.backups.__main__ import main as restore_main
from local_stack.backups.archive import BackupFailed
from local_stack.backups.bucket_backups import BucketBackups
from local_stack.backups.cluster import main
from test_support.stores.object_store import running_store, store_client
from test_support.stores.postgres import find_program
from tests.integration.common.sql.test_ledger import finished
from tests.integration.local_stack.test_backups import (  # noqa: F401 - fixtures
    BODY,
    KEY,
    content,
    destroy,
    settings,
    state,
)

BUCKET = "backups"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def backup_store(tmp_path_factory):
    """An object store of its own for the backups."""
    with running_store(tmp_path_factory.mktemp("backups"), BUCKET) as (url, _):
        client = store_client(url)
        yield client
        client.close()


@pytest.fixture
def bucket(backup_store, monkeypatch):
    """The empty bucket of the backups, which the command reaches."""
    monkeypatch.setattr(cluster, "make_s3_client", lambda **_: backup_store)
    for name in BucketBackups(backup_store, BUCKET).names():
        backup_store.delete_object(Bucket=BUCKET, Key=name)
    return BUCKET


@pytest.mark.usefixtures("settings")
def test_a_destroyed_cluster_is_restored_from_the_newest_backup(content, bucket, tmp_path, capsys):  # noqa: F811
    store = SqlStore(content.database)
    store.transaction(lambda c: append_forecasts(c, finished(1, 2, 3), NOW))
    copied = []
    if content.database.path is None:  # as the CronJob's first container does
        dump = [find_program("pg_dump"), "--format=custom", "--no-owner", f"--file={tmp_path / 'sql'}"]
        subprocess.run([*dump, str(content.database.postgresql)], check=True)
        copied = ["--sql-copy", str(tmp_path / "sql")]
    content.redis._client.delete("result:gone")
    before = state(content)
    assert main(["save", "--bucket", bucket, *copied]) == 0
    assert "0 older backups deleted" in capsys.readouterr().out

    destroy(content)
    assert state(content) != before
    path = tmp_path / "backup.zip"
    assert main(["fetch", "--bucket", bucket, "newest", str(path)]) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert restore_main(["restore", str(path), "--yes", "--keep-in", str(tmp_path)]) == 0
    assert state(content) == before
    assert content.bucket.read(KEY).body == BODY
    assert content.redis._client.hgetall("request:planted") == {b"status": b"done"}
    assert store.transaction(lambda c: append_forecasts(c, finished(3, 4), NOW)) == 1
    assert all(store.read(lambda c, n=name: verify_chain(c, n)).problems == () for name in CHAINS)
    assert store.read(verify_sums) == ()
    store.close()


def test_old_backups_go_and_the_newest_and_other_objects_stay(backup_store, bucket, tmp_path):
    backups = BucketBackups(backup_store, bucket)
    (tmp_path / "file").write_bytes(b"x")
    backup_store.put_object(Bucket=bucket, Key="stockcast-notes.txt", Body=b"mine")
    names = [backups.put(tmp_path / "file", NOW - timedelta(days=days)) for days in (50, 40, 31)]
    assert backups.remove_older(30, NOW) == names[:2]
    assert backups.names() == names[2:]
    assert backups.remove_older(30, NOW + timedelta(days=90)) == []
    assert backup_store.get_object(Bucket=bucket, Key="stockcast-notes.txt")["Body"].read() == b"mine"


@pytest.mark.usefixtures("settings")
def test_a_backup_that_fails_stores_nothing_and_says_why(backup_store, bucket, capsys, monkeypatch, redis_url):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert main(["save", "--bucket", bucket]) == 1
    assert capsys.readouterr().err.startswith("error: A store cannot be used: ")
    assert BucketBackups(backup_store, bucket).names() == []
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert main(["save", "--bucket", "no-such-bucket"]) == 1
    assert "The bucket no-such-bucket cannot be used: " in capsys.readouterr().err
    assert main(["fetch", "--bucket", bucket, "newest", "nowhere.zip"]) == 1
    with pytest.raises(BackupFailed, match="rights"):
        BucketBackups(backup_store, "no-such-bucket").names()
