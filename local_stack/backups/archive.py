"""The file of a backup: a zip archive with a manifest, which has the SHA-256 of every other member.

The file appears under its name when it is complete. Only its owner can read it. Names of members are numbers and kinds,
never a ticker or a token.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "stockcast-backup"
VERSION = 1
"""The newest version of the format that this code reads and writes."""
MANIFEST = "manifest.json"
_PIECE_BYTES = 1 << 20
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class BackupFailed(Exception):
    """A backup or a restore failed. The message is for a person: what happened, then what to do."""


@dataclass(frozen=True)
class Manifest:
    """The content of a backup, and the time at which it was made."""

    created_at: str
    database: str
    """The kind of the SQL store: sqlite or postgresql."""
    revision: str | None
    """The revision of the SQL store."""
    counts: dict[str, int]
    """The number of objects, keys and rows."""
    checksums: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each member by its name."""


class BackupWriter:
    """Writes the members of a backup."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._checksums: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add a member."""
        self._archive.writestr(name, content)
        self._checksums[name] = hashlib.sha256(content).hexdigest()

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as a member."""
        digest = hashlib.sha256()
        with path.open("rb") as file, self._archive.open(name, "w", force_zip64=True) as member:
            while piece := file.read(_PIECE_BYTES):
                member.write(piece)
                digest.update(piece)
        self._checksums[name] = digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest with the checksums."""
        content = asdict(manifest) | {"format": FORMAT, "version": VERSION, "checksums": self._checksums}
        self._archive.writestr(MANIFEST, json.dumps(content, indent=1))


@contextmanager
def writing_backup(path: Path, *, replace: bool = False) -> Iterator[BackupWriter]:
    """Write a backup. The file gets its name at the end of the block; an exception leaves nothing.

    Raises:
        BackupFailed: the file exists, or cannot be written.
    """
    if path.exists() and not replace:
        raise BackupFailed(f"{path} exists. Choose another name, or move the file away.")
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".stockcast-backup-")  # with mode 0600
    except OSError as exc:
        raise BackupFailed(f"{path} cannot be written: {exc.strerror}. Choose another folder.") from exc
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield BackupWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        _rename(Path(temporary), path, replace=replace)
    except OSError as exc:
        raise BackupFailed(f"{path} cannot be written: {exc.strerror or exc}. Check the free disk space.") from exc
    finally:
        Path(temporary).unlink(missing_ok=True)


def _rename(temporary: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)  # a rename would replace a file that was made meanwhile
    except FileExistsError:
        raise BackupFailed(f"{path} exists. Choose another name, or move the file away.") from None
    except OSError:  # a file system without links
        temporary.replace(path)


class Backup:
    """A whole backup, whose members are readable and match their checksums."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def read(self, name: str) -> bytes:
        """Return a member."""
        return self._archive.read(name)

    def extract(self, name: str, target: Path) -> None:
        """Write a member to a file that only its owner can read."""
        with self._archive.open(name) as member, target.open("wb") as file:
            target.chmod(0o600)
            while piece := member.read(_PIECE_BYTES):
                file.write(piece)


@contextmanager
def reading_backup(path: Path) -> Iterator[Backup]:
    """Open a backup after checking all of it.

    Raises:
        BackupFailed: the file is missing, damaged, of a newer version, or no backup.
    """
    try:
        file = path.open("rb")
    except OSError as exc:
        raise BackupFailed(f"{path} cannot be read: {exc.strerror}. Check its name.") from exc
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except _UNREADABLE as exc:
            raise BackupFailed(f"{path} is no backup of Stockcast, or is damaged. Choose another file.") from exc
        with archive:
            manifest = _read_manifest(archive, path)
            _check_members(archive, manifest, path)
            yield Backup(archive, manifest)


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        content = json.loads(archive.read(MANIFEST))
        form, version = content.pop("format"), content.pop("version")
    except KeyError as exc:
        raise BackupFailed(f"{path} is no backup of Stockcast. Choose another file.") from exc
    except (*_UNREADABLE, ValueError, TypeError, AttributeError) as exc:
        raise _damaged(path) from exc
    if form != FORMAT or not isinstance(version, int):
        raise BackupFailed(f"{path} is no backup of Stockcast. Choose another file.")
    if version > VERSION:
        raise BackupFailed(f"{path} was made by a newer version of Stockcast. Install that version to restore it.")
    return _parse_manifest(content, path)


def _parse_manifest(content: dict[str, Any], path: Path) -> Manifest:
    try:
        manifest = Manifest(**{name: content[name] for name in Manifest.__dataclass_fields__})
    except KeyError as exc:
        raise _damaged(path) from exc
    if not isinstance(manifest.checksums, dict) or not isinstance(manifest.counts, dict):
        raise _damaged(path)
    return manifest


def _check_members(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    names = archive.namelist()
    if sorted(names) != sorted([MANIFEST, *manifest.checksums]):
        raise _damaged(path)
    for name, checksum in manifest.checksums.items():
        try:
            found = _checksum(archive, name)
        except _UNREADABLE as exc:
            raise _damaged(path) from exc
        if found != checksum:
            raise _damaged(path)


def _checksum(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while piece := member.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _damaged(path: Path) -> BackupFailed:
    return BackupFailed(f"{path} is damaged. Restore another backup.")
