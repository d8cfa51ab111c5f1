"""A backup of real stores, their destruction, and what a restore brings back."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from common.domain.errors import Busy
from common.domain.outcomes import scored_outcome
from common.redis.content_copy import RedisContent
from common.s3.bucket_copy import Bucket
from common.sql import schema
from common.sql.engines import make_engine
from common.sql.repositories.ledger.chain import CHAINS
from common.sql.repositories.ledger.entries import NewOutcome, append_forecasts, append_outcomes, list_due_forecasts
from common.sql.repositories.ledger.verification import verify_chain, verify_sums
from common.sql.repositories.people.accounts import NewAccount, create_account, list_accounts
from common.sql.store import SqlStore
from local_stack.backups.__main__ import main
from local_stack.backups.archive import MANIFEST, BackupFailed, reading_backup, writing_backup
from local_stack.backups.stores import StackContent
from tests.integration.common.sql.test_ledger import TARGET, finished

NOW = datetime(2026, 5, 4, tzinfo=UTC)
KEY = "prices/daily/PLANTEDNAME.csv"
BODY = b"date,close\n" * 5000
METADATA = {"version": "abc", "source": "sample"}
PRIVATE = "planted-secret@example.com"


@pytest.fixture
def content(s3, s3_bucket, redis_url, sql_address):
    """Three stores with something in each."""
    s3.put_object(Bucket=s3_bucket, Key=KEY, Body=BODY, ContentType="text/csv", Metadata=METADATA)
    redis = RedisContent.at(redis_url)
    redis._client.hset("request:planted", mapping={"status": "done"})
    redis._client.pexpire("request:planted", 3_600_000)
    redis._client.zadd("leases", {"one": 1.5})
    redis._client.set("result:gone", b"\x00\xff", px=30)
    store = SqlStore(sql_address)
    store.transaction(lambda connection: create_account(connection, NewAccount(PRIVATE, "hash"), NOW))
    store.close()
    yield StackContent(Bucket(s3, s3_bucket), redis, sql_address)
    redis._client.close()


@pytest.fixture
def settings(content, monkeypatch, s3_bucket, redis_url):
    """The environment of the command."""
    database = content.database.postgresql or f"sqlite:///{content.database.path}"
    for name, value in {"S3_BUCKET": s3_bucket, "REDIS_URL": redis_url, "DATABASE_URL": database}.items():
        monkeypatch.setenv(name, value)


def destroy(content):
    """Replace everything by something else."""
    content.bucket.delete_others([])
    content.redis._client.flushdb()
    content.redis._client.set("later", "x")
    engine = make_engine(content.database)
    with engine.begin() as connection:
        connection.execute(sa.delete(schema.accounts))
    engine.dispose()


def emails(content):
    store = SqlStore(content.database)
    found = [account.email for account in store.read(list_accounts)]
    store.close()
    return found


def state(content):
    """Everything in the stores but remaining times to live."""
    objects = [content.bucket.read(key) for key in sorted(content.bucket.list_keys())]
    return objects, sorted(key.name for key in content.redis.read_all()), emails(content)


def save(content, path):
    with writing_backup(path) as writer:
        content.save(writer)


def rewrite(path, change):
    """Change the members of a zip file; ``change`` takes and returns them by their names."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in change(members).items():
            archive.writestr(name, body)


def with_manifest(members, **values):
    return members | {MANIFEST: json.dumps(json.loads(members[MANIFEST]) | values).encode()}


@pytest.mark.usefixtures("settings")
def test_a_restore_brings_back_what_was_destroyed(content, tmp_path, capsys):
    path = tmp_path / "backup.zip"
    assert main(["backup", str(path)]) == 0
    assert f"{path} holds 1 price files, 1 accounts, 0 tokens, 0 watchlists, 0 alerts, " in capsys.readouterr().out
    assert path.stat().st_mode & 0o777 == 0o600
    destroy(content)

    assert main(["restore", str(path), "--keep-in", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "It replaces everything in the stores of this stack: 0 price files, " in shown.out
    assert shown.err == "error: nothing was changed. Add --yes to replace it.\n"
    assert content.redis._client.get("later") == b"x"

    assert main(["restore", str(path), "--yes", "--keep-in", str(tmp_path)]) == 0
    copied = content.bucket.read(KEY)
    assert (copied.body, copied.metadata, copied.content_type) == (BODY, METADATA, "text/csv")
    redis = content.redis._client
    assert redis.get("later") is None
    assert redis.hgetall("request:planted") == {b"status": b"done"}
    assert 3_500_000 < redis.pttl("request:planted") <= 3_600_000
    assert (redis.zscore("leases", "one"), redis.ttl("leases")) == (1.5, -1)
    assert redis.get("result:gone") is None, "its time passed between the backup and the restore"
    assert emails(content) == [PRIVATE]


LEDGER = ("ledger_heads", "ledger_forecasts", "ledger_outcomes", "ledger_due", "ledger_sums", "ledger_stocks")


@pytest.mark.usefixtures("settings")
def test_a_restore_brings_back_the_track_record_with_its_sums(content, tmp_path, capsys):
    store = SqlStore(content.database)

    def rows():
        return [
            set(store.read(lambda c, n=name: c.execute(sa.select(schema.METADATA.tables[n])).all())) for name in LEDGER
        ]

    def append(*numbers):
        return store.transaction(lambda c: append_forecasts(c, finished(*numbers), NOW))

    append(1, 2, 3)
    scored, corrected, _ = store.read(lambda c: list_due_forecasts(c, "AAPL", TARGET, 0, 10))
    outcomes = [
        NewOutcome(one, scored_outcome(one.entry, one.entry.last_close, 99.0, "b")) for one in (scored, corrected)
    ]
    store.transaction(lambda c: append_outcomes(c, outcomes, NOW))
    before = rows()
    assert all(before)
    assert main(["backup", str(tmp_path / "backup.zip")]) == 0
    assert ", 3 forecasts of the track record, " in capsys.readouterr().out

    append(4)
    store.transaction(lambda c: [c.execute(sa.delete(schema.METADATA.tables[name])) for name in LEDGER[1:]])
    assert main(["restore", str(tmp_path / "backup.zip"), "--yes", "--keep-in", str(tmp_path)]) == 0
    assert rows() == before
    assert append(3, 4) == 1
    assert all(store.read(lambda c, n=name: verify_chain(c, n)).problems == () for name in CHAINS)
    assert store.read(verify_sums) == ()
    store.close()


def test_no_name_in_the_file_shows_what_it_holds(content, tmp_path):
    path = tmp_path / "backup.zip"
    save(content, path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert sorted(names) == ["manifest.json", "redis/keys.json", "s3/0", "s3/objects.json", "sql/copy"]
        assert b"planted" not in archive.read(MANIFEST).lower()
    assert list(tmp_path.glob(".stockcast-backup-*")) == []


def test_an_existing_file_is_never_overwritten(content, tmp_path):
    path = tmp_path / "backup.zip"
    path.write_text("mine")
    with pytest.raises(BackupFailed, match=r"exists\. Choose another name"):
        save(content, path)
    assert path.read_text() == "mine"


def test_a_backup_that_fails_leaves_no_file(content, tmp_path, monkeypatch):
    monkeypatch.setattr(content.bucket, "read", lambda _key: (_ for _ in ()).throw(Busy()))
    with pytest.raises(BackupFailed, match="A store cannot be used"):
        save(content, tmp_path / "backup.zip")
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


DAMAGE = {
    "a text file": (lambda path: path.write_text("not a zip"), "is no backup of Stockcast"),
    "another zip file": (lambda path: rewrite(path, lambda _: {"a": b"b"}), "is no backup of Stockcast"),
    "another manifest": (
        lambda path: rewrite(path, lambda m: with_manifest(m, format="x")),
        "is no backup of Stockcast",
    ),
    "half a file": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "is no backup"),
    "a changed member": (lambda path: rewrite(path, lambda m: m | {"s3/0": b"changed"}), "is damaged"),
    "a missing member": (
        lambda path: rewrite(path, lambda m: {k: v for k, v in m.items() if k != "s3/0"}),
        "is damaged",
    ),
    "an added member": (lambda path: rewrite(path, lambda m: m | {"../../x": b""}), "is damaged"),
    "a newer version": (lambda path: rewrite(path, lambda m: with_manifest(m, version=2)), "made by a newer version"),
    "a newer schema": (lambda path: rewrite(path, lambda m: with_manifest(m, revision="9")), "newer version"),
    "another database": (lambda path: rewrite(path, lambda m: with_manifest(m, database="x")), "leads to"),
    "no file": (lambda path: path.unlink(), "cannot be read: No such file or directory. Check its name."),
}


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_cannot_be_restored_changes_nothing(content, tmp_path, capsys, damage):
    path = tmp_path / "backup.zip"
    save(content, path)
    content.redis._client.delete("result:gone")  # otherwise it might expire between the two looks at the state
    harm, words = DAMAGE[damage]
    harm(path)
    before = state(content)
    assert main(["restore", str(path), "--yes", "--keep-in", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1
    assert state(content) == before


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("place", [(Bucket, "write"), (Bucket, "delete_others"), (RedisContent, "replace_all")])
def test_a_restore_that_fails_in_the_middle_puts_everything_back(content, tmp_path, capsys, monkeypatch, place):
    path = tmp_path / "backup.zip"
    save(content, path)
    destroy(content)
    content.redis._client.persist("later")
    before = state(content)
    kind, name = place
    whole, calls = getattr(kind, name), []

    def fail_once(self, *args):
        calls.append(args)
        if len(calls) == 1:
            raise Busy
        return whole(self, *args)

    monkeypatch.setattr(kind, name, fail_once)
    assert main(["restore", str(path), "--yes", "--keep-in", str(tmp_path)]) == 1
    assert "The content of the stores is as before." in capsys.readouterr().err
    assert state(content) == before


@pytest.mark.usefixtures("settings")
def test_where_nothing_can_be_put_back_the_copy_is_named(content, tmp_path, capsys, monkeypatch):
    path = tmp_path / "backup.zip"
    save(content, path)
    destroy(content)

    def fail(*_args):
        raise Busy

    monkeypatch.setattr(RedisContent, "replace_all", fail)
    assert main(["restore", str(path), "--yes", "--keep-in", str(tmp_path)]) == 1
    assert f"Restore {tmp_path}/before-restore.zip once" in capsys.readouterr().err
    with reading_backup(tmp_path / "before-restore.zip") as earlier:
        assert earlier.manifest.counts["redis_keys"] == 1


def test_a_long_file_is_restored_in_pieces(content, tmp_path, monkeypatch):
    monkeypatch.setattr("local_stack.backups.archive._PIECE_BYTES", 1000)
    path = tmp_path / "backup.zip"
    save(content, path)
    destroy(content)
    with reading_backup(path) as backup:
        content.check(backup)
        content.load(backup)
    assert emails(content) == [PRIVATE]
