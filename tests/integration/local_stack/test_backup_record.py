"""What is recorded of backups: of whole ones, of those that fail or are killed, and after a restore."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from common.redis.backup_runs import BackupRuns
from local_stack.backups import record
from local_stack.backups.__main__ import main as local_main
from local_stack.backups.bucket_backups import BucketBackups
from local_stack.backups.cluster import main
from test_support.network.fault_proxy import fault_proxies
from test_support.paths import ROOT
from test_support.stores.object_gateway import object_gateway
from test_support.waiting import until
from tests.conftest import BUCKET
from tests.integration.local_stack.test_backups import content, destroy, settings  # noqa: F401 - fixtures

SAVE = ["save", "--bucket", BUCKET]

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def sql_address(sqlite_address):
    """One kind of SQL store is enough here: the record is in Redis."""
    return sqlite_address


@pytest.fixture
def backups(s3):
    """The bucket of the backups, which is also that of the prices here."""
    return BucketBackups(s3, BUCKET)


@pytest.fixture
def runs(redis_client):
    return BackupRuns(redis_client)


def test_a_whole_backup_is_recorded_with_the_time_of_redis_and_its_size(backups, runs, redis_client):
    seconds, _ = redis_client.time()
    assert main(SAVE) == 0
    (name,) = backups.names()
    last = runs.last()
    assert last.began == last.whole
    assert last.whole.strftime("stockcast-%Y%m%dT%H%M%SZ.zip") == name
    assert 0 <= last.whole.timestamp() - seconds < 60
    assert last.size_bytes == backups.client.head_object(Bucket=BUCKET, Key=name)["ContentLength"]
    assert redis_client.ttl("backup_run") > 59 * 86_400


def test_a_backup_on_one_machine_is_recorded_too(runs, tmp_path):
    path = tmp_path / "backup.zip"
    assert local_main(["backup", str(path)]) == 0
    assert runs.last().whole == runs.last().began
    assert runs.last().size_bytes == path.stat().st_size


def test_a_backup_that_fails_leaves_the_earlier_whole_one_on_record(backups, runs, s3):
    assert main([*SAVE, "--max-age-hours", "36"]) == 0
    earlier = runs.last()
    assert main(["save", "--bucket", "no-such-bucket"]) == 1
    last = runs.last()
    assert (last.whole, last.size_bytes, last.max_age_s) == (earlier.whole, earlier.size_bytes, 129_600)
    assert last.began > earlier.began


def test_a_killed_backup_never_counts_as_whole(backups, runs, s3_server_url):
    """The bucket takes nothing, so the process is killed while it uploads a complete archive."""
    uploads = []

    def hang_at_uploads(request):
        if request.command == "PUT" and f"/{BUCKET}/stockcast-" in request.path:
            uploads.append(request.path)
            request.hang(600)
            return True
        return False

    with object_gateway(urlsplit(s3_server_url).port, list) as gateway:
        gateway.rule = hang_at_uploads
        environment = os.environ | {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{gateway.port}"}
        command = [sys.executable, "-m", "local_stack.backups.cluster", *SAVE]
        with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
            until(lambda: uploads, complaint="the backup did not reach its upload")
            process.send_signal(signal.SIGKILL)
        gateway.rule = lambda _: False
    assert process.returncode == -signal.SIGKILL
    assert runs.last().began is not None
    assert runs.last().whole is None
    assert backups.names() == []


def test_an_archive_that_the_bucket_returns_damaged_is_deleted_and_does_not_count(backups, runs, monkeypatch, capsys):
    put = BucketBackups.put

    def put_and_damage(self, path, now):
        name = put(self, path, now)
        self.client.put_object(Bucket=BUCKET, Key=name, Body=path.read_bytes()[:-1] + b"x")
        return name

    monkeypatch.setattr(BucketBackups, "put", put_and_damage)
    assert main(SAVE) == 1
    assert "returned another stockcast-" in capsys.readouterr().err
    assert backups.names() == []
    assert runs.last().whole is None


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_backup_is_good_although_redis_is_away_at_its_end(backups, runs, monkeypatch, caplog, comes_back):
    put = BucketBackups.put
    with fault_proxies(urlsplit(os.environ["REDIS_URL"]).port) as (proxy,):

        def put_and_cut_off(self, path, now):
            proxy.set_fault("down")
            return put(self, path, now)

        def wait(_seconds):
            time.sleep(0.05)
            if comes_back:
                proxy.set_fault(None)

        monkeypatch.setattr(BucketBackups, "put", put_and_cut_off)
        monkeypatch.setattr(record, "TRY_FOR_S", 20 if comes_back else 0.5)
        # Not the sleep of the module time, which other threads of this process call too.
        monkeypatch.setattr(record, "time", SimpleNamespace(sleep=wait, monotonic=time.monotonic))
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{proxy.port}/0")
        with caplog.at_level(logging.ERROR):
            assert main(SAVE) == 0
    assert len(backups.names()) == 1
    assert (runs.last().whole is not None) is comes_back
    assert ("could not be recorded" in caplog.text) is not comes_back


def test_a_restore_changes_no_record_so_that_a_new_cluster_claims_no_backup(backups, runs, content, tmp_path):  # noqa: F811
    assert main(SAVE) == 0
    first = runs.last()
    assert main(["fetch", "--bucket", BUCKET, "newest", str(tmp_path / "backup.zip")]) == 0
    restore = ["restore", str(tmp_path / "backup.zip"), "--yes", "--keep-in", str(tmp_path)]
    later = first.began + timedelta(days=1)
    runs.begin(later)
    runs.complete(later, 99)
    assert local_main(restore) == 0
    assert (runs.last().whole, runs.last().size_bytes) == (later, 99)
    assert content.redis._client.hgetall("request:planted") == {b"status": b"done"}

    destroy(content)
    assert local_main(restore) == 0
    assert content.redis._client.hgetall("request:planted") == {b"status": b"done"}
    assert runs.last().whole is None
