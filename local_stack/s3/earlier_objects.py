"""The objects that an earlier version stored. Each file has a line of JSON (headers and length), then the body."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_SUFFIX = ".object"
_METADATA = "x-amz-meta-"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EarlierObject:
    """An object and the file that holds it."""

    path: Path
    key: str
    content_type: str
    metadata: dict[str, str]
    body: bytes


def read_earlier_objects(folder: Path) -> Iterator[EarlierObject]:
    """Yield every whole object in ``folder``. Damaged files are logged and left there."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            yield _read(path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            _log.warning("%s is damaged and was not copied", path)


def _read(path: Path) -> EarlierObject:
    head, _, body = path.read_bytes().partition(b"\n")
    saved = json.loads(head)
    if len(body) != saved["length"]:
        raise ValueError(path)
    headers = {name.lower(): value for name, value in saved["headers"].items()}
    metadata = {name.removeprefix(_METADATA): value for name, value in headers.items() if name.startswith(_METADATA)}
    key = unquote(path.name.removesuffix(_SUFFIX))
    return EarlierObject(path, key, headers.get("content-type", "binary/octet-stream"), metadata, body)
