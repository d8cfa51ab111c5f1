"""The content of the three stores of a stack, and its way into a backup and out of it."""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from common.domain.errors import Failure
from common.redis.content_copy import CopiedKey, OtherRedisVersion, RedisContent
from common.s3.bucket_copy import Bucket, CopiedObject
from common.s3.objects import make_s3_client
from common.sql.copies import DamagedCopy, NoPostgresqlProgram, check_sqlite, count_rows, load_copy, save_copy
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import find_revision, require_known_revision
from local_stack.backups.archive import Backup, BackupFailed, BackupWriter, Manifest

_OBJECTS, _REDIS, _SQL = "s3/objects.json", "redis/keys.json", "sql/copy"
OBJECTS, KEYS = "objects", "redis_keys"
"""The names of the counts that are no tables of SQL."""


@dataclass(frozen=True)
class StackContent:
    """The three stores of a stack. Methods raise :class:`BackupFailed` if one of them cannot be used."""

    bucket: Bucket
    redis: RedisContent
    database: DatabaseUrl

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> StackContent:
        """Return the stores to which the settings lead. boto3 reads its own from the environment."""
        client = make_s3_client(checksums=environment.get("S3_CHECKSUMS") != "off")
        return cls(
            Bucket(client, environment["S3_BUCKET"]),
            RedisContent.at(environment["REDIS_URL"]),
            DatabaseUrl.parse(environment["DATABASE_URL"]),
        )

    @property
    def kind(self) -> str:
        """The kind of the SQL store."""
        return "sqlite" if self.database.path is not None else "postgresql"

    def count(self) -> dict[str, int]:
        """Return the number of objects and Redis keys, and of the rows of each table."""
        with _failures():
            counts = {OBJECTS: len(self.bucket.list_keys()), KEYS: self.redis.count()}
            return counts | count_rows(self.database)

    def save(self, backup: BackupWriter, sql_copy: Path | None = None) -> Manifest:
        """Copy all content into a backup, and return its manifest.

        Args:
            backup: the backup.
            sql_copy: a file that pg_dump has made of the SQL store; without one, this method makes it.
        """
        with _failures(), tempfile.TemporaryDirectory(prefix="stockcast-backup-") as folder:
            counts = self.count()
            made = Path(folder) / "sql"
            revision = find_revision(self.database) if sql_copy else save_copy(self.database, made)
            backup.add_file(_SQL, sql_copy or made)
            counts[OBJECTS] = self._save_objects(backup)
            keys = list(self.redis.read_all())
            backup.add(_REDIS, json.dumps([_encode_key(key) for key in keys]).encode())
            counts[KEYS] = len(keys)
        manifest = Manifest(datetime.now(UTC).isoformat(timespec="seconds"), self.kind, revision, counts)
        backup.finish(manifest)
        return manifest

    def _save_objects(self, backup: BackupWriter) -> int:
        index: list[dict[str, object]] = []
        for key in self.bucket.list_keys():
            copied = self.bucket.read(key)
            if copied is None:  # deleted since it was listed
                continue
            member = f"s3/{len(index)}"
            backup.add(member, copied.body)
            index.append({"key": key, "type": copied.content_type, "metadata": copied.metadata, "member": member})
        backup.add(_OBJECTS, json.dumps(index).encode())
        return len(index)

    def check(self, backup: Backup) -> None:
        """Check that these stores can take a backup, before any of them is changed."""
        if backup.manifest.database != self.kind:
            raise BackupFailed(
                f"The backup holds a {backup.manifest.database} database, and DATABASE_URL leads to {self.kind}. "
                "Restore it where DATABASE_URL leads to the same kind."
            )
        with _failures(), tempfile.TemporaryDirectory(prefix="stockcast-restore-") as folder:
            require_known_revision(backup.manifest.revision)
            if self.database.path is not None:
                backup.extract(_SQL, Path(folder) / "sql")
                check_sqlite(Path(folder) / "sql")
            for key in _read_keys(backup)[:1]:
                self.redis.check_readable(key)
            list(_read_index(backup))

    def load(self, backup: Backup) -> None:
        """Replace the content of the stores. SQL and Redis change in one step each, S3 object by object."""
        with _failures(), tempfile.TemporaryDirectory(prefix="stockcast-restore-") as folder:
            backup.extract(_SQL, Path(folder) / "sql")
            load_copy(self.database, Path(folder) / "sql", backup.manifest.revision)
            written = []
            for copied in _read_objects(backup):
                self.bucket.write(copied)
                written.append(copied.key)
            self.bucket.delete_others(written)
            self.redis.replace_all(_read_keys(backup))


def _encode_key(key: CopiedKey) -> dict[str, object]:
    return {
        "name": b64encode(key.name).decode(),
        "value": b64encode(key.value).decode(),
        "expires_at_ms": key.expires_at_ms,
    }


def _read_keys(backup: Backup) -> list[CopiedKey]:
    keys = json.loads(backup.read(_REDIS))
    return [CopiedKey(b64decode(key["name"]), b64decode(key["value"]), key["expires_at_ms"]) for key in keys]


def _read_index(backup: Backup) -> Iterator[tuple[str, str, dict[str, str], str]]:
    for entry in json.loads(backup.read(_OBJECTS)):
        yield entry["key"], entry["type"], entry["metadata"], entry["member"]


def _read_objects(backup: Backup) -> Iterator[CopiedObject]:
    for key, content_type, metadata, member in _read_index(backup):
        yield CopiedObject(key, content_type, metadata, backup.read(member))


@contextmanager
def _failures() -> Iterator[None]:
    """Turn the failures of the stores into one with a sentence for the operator."""
    try:
        yield
    except Failure as exc:
        raise BackupFailed(f"A store cannot be used: {exc.detail}") from exc
    except OtherRedisVersion as exc:
        raise BackupFailed("The backup was made with a newer Redis. Install that version of Redis.") from exc
    except NoPostgresqlProgram as exc:
        raise BackupFailed(
            f"{exc} is not installed. Install PostgreSQL's client programs (Debian, Ubuntu: apt install "
            "postgresql-client)."
        ) from exc
    except (DamagedCopy, KeyError, ValueError, TypeError) as exc:
        raise BackupFailed("The backup is damaged. Restore another one.") from exc
