"""A local S3: moto's S3, with every object also in a folder so that it is there again after a restart.

``python -m local_stack.s3.object_store --port 5001 --bucket stockcast --folder .data/5000/s3``

Each request must be signed with the key in ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY`` (:mod:`.s3_access`).
moto keeps its objects in memory. Each write to the bucket is therefore carried on to a file before it is answered:
nothing that a client was told is stored can be lost with the process. Only path-style addresses (``/bucket/key``) are
known, which is what boto3 uses with an IP address.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import Client
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from local_stack.s3.access import AccessControl
from local_stack.s3.signatures import AccessKey

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_SUFFIX = ".object"
# moto checks no signature, but lets only somebody who names himself read what is not public.
_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/s3/aws4_request"}


class CorruptObject(ValueError):
    """A file in the folder that holds no whole object."""


class ObjectFolder:
    """One file per object: a line of JSON (headers and length), then the body."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def saved_keys(self) -> list[str]:
        """The keys of all files, readable or not."""
        return [unquote(path.name.removesuffix(_SUFFIX)) for path in sorted(self._folder.glob(f"*{_SUFFIX}"))]

    def read(self, key: str) -> tuple[dict[str, str], bytes]:
        """Return an object's headers and body, or raise :class:`CorruptObject`."""
        head, _, body = self._path(key).read_bytes().partition(b"\n")
        try:
            saved = json.loads(head)
            headers, length = dict(saved["headers"]), saved["length"]
        except (ValueError, KeyError, TypeError) as exc:
            raise CorruptObject(key) from exc
        if len(body) != length:
            raise CorruptObject(key)
        return headers, body

    def write(self, key: str, headers: dict[str, str], body: bytes) -> None:
        """Write an object so that a reader finds the old one or the new one whole, whenever the writer dies."""
        head = json.dumps({"headers": headers, "length": len(body)}).encode()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".tmp", delete=False) as file:
            file.write(head + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path(key))

    def remove(self, key: str) -> None:
        """Remove an object, there or not."""
        self._path(key).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a writer that died left half-written."""
        for path in self._folder.glob("*.tmp"):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{quote(key, safe='')}{_SUFFIX}"


class MirroredStore:
    """A WSGI application: moto's S3, its writes to one bucket one at a time and carried on to ``folder``.

    One at a time because moto's conditional put looks first and stores later; S3 does both in one step.
    """

    def __init__(self, bucket: str, folder: ObjectFolder) -> None:
        self._moto: WSGIApplication = create_backend_app("s3")
        self._inside = Client(self._moto)
        self._bucket = bucket
        self._folder = folder
        self._lock = Lock()

    def restore(self) -> None:
        """Make the bucket and put back every object that can be read."""
        self._folder.sweep()
        self._inside.put(f"/{self._bucket}", headers=_SIGNED)
        for key in self._folder.saved_keys():
            try:
                headers, body = self._folder.read(key)
            except (CorruptObject, OSError):
                log.warning("object %s cannot be read and is left out", key)
                continue
            self._inside.put(self._url(key), headers=_SIGNED | headers, data=body)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"}:
            return self._moto(environ, start_response)
        # The body is read before the lock is taken: a slow client holds up nobody else.
        body = get_input_stream(environ).read()
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        with self._lock:
            response = Response.from_app(self._moto, environ, buffered=True)
            self._carry_on(environ["PATH_INFO"])
        return response(environ, start_response)

    def _carry_on(self, path: str) -> None:
        bucket, _, key = path.encode("latin-1").decode("utf-8", "replace").lstrip("/").partition("/")
        if bucket != self._bucket:
            return
        # A request to the bucket itself may be a deletion of many objects.
        for changed in [key] if key else self._folder.saved_keys():
            self._save(changed)

    def _save(self, key: str) -> None:
        response = self._inside.get(self._url(key), headers=_SIGNED)
        if response.status_code == 200:
            kept = {name: value for name, value in response.headers.items() if _is_kept(name)}
            self._folder.write(key, kept, response.data)
        elif response.status_code == 404:
            self._folder.remove(key)

    def _url(self, key: str) -> str:
        return f"/{self._bucket}/{quote(key)}"


def _is_kept(header: str) -> bool:
    return header.lower() == "content-type" or header.lower().startswith("x-amz-meta-")


def make_store_server(port: int, bucket: str, folder: Path, key: AccessKey) -> BaseWSGIServer:
    """Restore what ``folder`` holds, then listen on loopback; port 0 takes a free one (``server.port``)."""
    store = MirroredStore(bucket, ObjectFolder(folder))
    store.restore()
    application = AccessControl(store, bucket, key)
    return make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)


def _access_key() -> AccessKey:
    """Read the key from the environment, where other users cannot see it, as they can a command line."""
    pair = [os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if not all(pair):
        sys.exit("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the key that clients must sign with")
    return AccessKey(*pair)


def main() -> None:
    """Serve until killed: whatever was answered is on disk, so there is nothing to do at the end."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.s3.object_store")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    key = _access_key()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    make_store_server(options.port, options.bucket, options.folder, key).serve_forever()


if __name__ == "__main__":
    main()
