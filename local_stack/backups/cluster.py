"""``python -m local_stack.backups.cluster save|list|fetch --bucket BUCKET``: backups of a cluster, kept in a bucket.

The stores are those of the environment: S3_BUCKET and AWS_*, REDIS_URL, DATABASE_URL. ``python -m local_stack.backups
restore`` restores an archive that ``fetch`` wrote.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from common.runtime.tracing.jobs import run_job
from common.s3.objects import make_s3_client
from local_stack.backups.archive import BackupFailed, reading_backup, writing_backup
from local_stack.backups.bucket_backups import BucketBackups
from local_stack.backups.record import BackupRecord
from local_stack.backups.stores import StackContent

NEWEST = "newest"


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.backups.cluster")
    commands = parser.add_subparsers(dest="command", required=True)
    save, listing, fetch = (commands.add_parser(name) for name in ("save", "list", "fetch"))
    for command in (save, listing, fetch):
        command.add_argument("--bucket", required=True, help="the bucket of the backups")
    save.add_argument("--keep-days", type=int, default=30, help="older backups are deleted, but never the newest")
    save.add_argument("--sql-copy", type=Path, help="a file that pg_dump made, for an image without pg_dump")
    save.add_argument(
        "--max-age-hours", type=_hours, help="an alert is due if the newest whole backup is older; by default none is"
    )
    fetch.add_argument("name", help=f"the name of a backup, or {NEWEST}")
    fetch.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(message)s")
    backups = BucketBackups(make_s3_client(checksums=os.environ.get("S3_CHECKSUMS") != "off"), options.bucket)
    try:
        match options.command:
            case "save":
                _save(backups, options.keep_days, options.sql_copy, options.max_age_hours)
            case "list":
                print("\n".join(backups.names()))
            case _:
                _fetch(backups, options.name, options.file)
    except BackupFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def _hours(text: str) -> timedelta:
    return timedelta(hours=int(text))


def _save(backups: BucketBackups, keep_days: int, sql_copy: Path | None, max_age: timedelta | None) -> None:
    record = BackupRecord.at(os.environ["REDIS_URL"])
    began = record.begin(max_age)
    with tempfile.TemporaryDirectory(prefix="stockcast-backup-") as folder:
        path = Path(folder) / "backup.zip"
        with writing_backup(path) as writer:
            manifest = StackContent.of(os.environ).save(writer, sql_copy)
        with reading_backup(path):  # a backup that cannot be read must not push out one that can
            name = backups.put(path, began)
        backups.check(name, path)
        record.complete(began, path.stat().st_size)
    removed = backups.remove_older(keep_days, began)
    print(f"{name} holds {sum(manifest.counts.values())} objects, rows and keys; {len(removed)} older backups deleted.")


def _fetch(backups: BucketBackups, name: str, path: Path) -> None:
    names = backups.names()
    wanted = names[-1] if name == NEWEST and names else name
    if wanted not in names:
        raise BackupFailed(f"The bucket {backups.bucket} has no backup {name}. The command list prints those it has.")
    backups.fetch(wanted, path)
    print(f"{path} is {wanted}. To see what a restore would replace: python -m local_stack.backups restore {path}")


if __name__ == "__main__":
    sys.exit(run_job("backup", main))
