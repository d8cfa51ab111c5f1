"""``python -m local_stack.backups backup|check|restore FILE``, in the environment of a running stack.

./run_app.sh starts it so.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from common.runtime.tracing.jobs import run_job
from local_stack.backups.archive import Backup, BackupFailed, reading_backup, writing_backup
from local_stack.backups.record import BackupRecord
from local_stack.backups.stores import KEYS, OBJECTS, StackContent

FAILED, INTERRUPTED = 1, 128 + signal.SIGINT
_SAFETY_COPY = "before-restore.zip"
_NAMES = {
    OBJECTS: "price files",
    "accounts": "accounts",
    "api_tokens": "tokens",
    "watchlists": "watchlists",
    "alerts": "alerts",
    "ledger_forecasts": "forecasts of the track record",
    KEYS: "Redis keys",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.backups")
    parser.add_argument("command", choices=("backup", "check", "restore"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--keep-in", type=Path, default=Path(), help="the folder of the copy of the replaced content")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(message)s")
    try:
        if options.command == "backup":
            _save(options.file)
            return 0
        with reading_backup(options.file) as backup:
            if options.command == "check":
                return 0
            return _restore(backup, options.file, options.keep_in / _SAFETY_COPY, confirmed=options.yes)
    except BackupFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _save(path: Path) -> None:
    record = BackupRecord.at(os.environ["REDIS_URL"])
    with writing_backup(path) as writer:
        began = record.begin()
        manifest = StackContent.of(os.environ).save(writer)
    with reading_backup(path):
        record.complete(began, path.stat().st_size)
    print(f"{path} holds {_words(manifest.counts)}.")


def _restore(backup: Backup, path: Path, safety_copy: Path, *, confirmed: bool) -> int:
    content = StackContent.of(os.environ)
    content.check(backup)
    manifest = backup.manifest
    print(f"{path} is of {manifest.created_at} and holds {_words(manifest.counts)}.")
    print(f"It replaces everything in the stores of this stack: {_words(content.count())}.")
    if not confirmed:
        print("error: nothing was changed. Add --yes to replace it.", file=sys.stderr)
        return FAILED
    with writing_backup(safety_copy, replace=True) as writer:
        content.save(writer)
    try:
        content.load(backup)
    except (BackupFailed, KeyboardInterrupt) as exc:
        raise BackupFailed(_undo(content, safety_copy, str(exc) or "The restore was interrupted.")) from exc
    print(f"Restored. The replaced content is in {safety_copy}.")
    return 0


def _undo(content: StackContent, safety_copy: Path, reason: str) -> str:
    """Put the replaced content back, and return what to tell the operator."""
    try:
        with reading_backup(safety_copy) as earlier:
            content.load(earlier)
    except BackupFailed:
        advice = f"Part of the content may be replaced. Restore {safety_copy} once the stores can be used."
        return f"{reason} {advice}"
    return f"{reason} The content of the stores is as before."


def _words(counts: dict[str, int]) -> str:
    """Return the counts that people know, without the account of the machine."""
    known = counts | {"accounts": max(counts.get("accounts", 0) - 1, 0)}
    return ", ".join(f"{known.get(name, 0)} {words}" for name, words in _NAMES.items())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run_job("backup", main))
