"""The secrets of an installation. They are made once, and only their owner can read them."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

FILE = "credentials.json"
_MIN_LENGTH = 16


@dataclass(frozen=True)
class StoreCredentials:
    """The credentials that the local Redis, the local S3 and the services require. They are alphanumeric.

    The key of notifications in browsers is in base64url.
    """

    s3_key_id: str
    s3_secret: str = field(repr=False)
    redis_password: str = field(repr=False)
    service_token: str = field(repr=False)
    web_push_key: str = field(repr=False)


def load_or_create_credentials(folder: Path) -> StoreCredentials:
    """Return the credentials in ``folder``. All commands of this installation receive the same.

    New credentials replace a file that is missing, damaged or readable by others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    with _locked(folder):
        found = _read(path) or _make(path)
        return found if found.web_push_key else _with_push_key(found, path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _read(path: Path) -> StoreCredentials | None:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            # An earlier version made no key of notifications.
            stored = {"web_push_key": ""} | json.load(file)
            credentials = StoreCredentials(**stored)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    secrets_ = (value for name, value in asdict(credentials).items() if name != "web_push_key")
    return credentials if not mode & 0o077 and all(map(_is_secret, secrets_)) else None


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and len(value) >= _MIN_LENGTH and value.isascii() and value.isalnum()


def _make(path: Path) -> StoreCredentials:
    new = StoreCredentials(
        s3_key_id=secrets.token_hex(10),
        s3_secret=secrets.token_hex(32),
        redis_password=secrets.token_hex(32),
        service_token=secrets.token_hex(32),
        web_push_key="",
    )
    return _with_push_key(new, path)


def _with_push_key(credentials: StoreCredentials, path: Path) -> StoreCredentials:
    """Write credentials with a key of notifications in browsers: any 32 random bytes are one."""
    complete = replace(credentials, web_push_key=secrets.token_urlsafe(32))
    write_private(path, json.dumps(asdict(complete)))
    return complete


def write_private(path: Path, text: str) -> None:
    """Write a file atomically that only its owner can read. Make its folder if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp gives the mode 0600 from the start.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(temporary).replace(path)
