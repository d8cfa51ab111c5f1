"""Access control before the local S3: it passes the requests of this installation's programs on, and no others.

The port is on loopback. Every page in a browser of this machine can send requests to it, and so can every other user.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from local_stack.s3.signatures import AccessKey, BadSignature, verify_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_OF_BROWSERS = ("HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE", "HTTP_SEC_FETCH_MODE", "HTTP_SEC_FETCH_DEST")
_LISTING = {
    *("list-type", "prefix", "delimiter", "max-keys", "marker", "start-after", "continuation-token"),
    *("encoding-type", "fetch-owner", "x-id"),
}
_ON_BUCKET: dict[str, set[str]] = {"HEAD": {"x-id"}, "GET": _LISTING, "POST": {"delete", "x-id"}}
_ON_OBJECT: dict[str, set[str]] = {method: {"x-id"} for method in ("GET", "HEAD", "PUT", "DELETE")}
"""The parameters that a query may have, by method: what Stockcast and its tests ask of S3, and nothing else."""


class _Refused(Exception):
    """A request is refused with an S3 error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class AccessControl:
    """A WSGI application: passes signed requests of programs on to ``store``, and refuses all others."""

    def __init__(self, store: WSGIApplication, bucket: str, key: AccessKey) -> None:
        self._store = store
        self._bucket = bucket
        self._key = key

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            _refuse_browsers(environ)
            _refuse_other_operations(environ, self._bucket)
            digest = verify_signature(environ, self._key)
            _read_body(environ, digest)
        except BadSignature as exc:
            return _error(403, exc.code, str(exc))(environ, start_response)
        except _Refused as exc:
            return _error(exc.status, exc.code, str(exc))(environ, start_response)
        return self._store(environ, _without_cors(start_response))


def _refuse_browsers(environ: WSGIEnvironment) -> None:
    if not _LOOPBACK_HOST.fullmatch(environ.get("HTTP_HOST", "")):
        raise _Refused(403, "AccessDenied", "The host name is not one of this machine.")
    if any(header in environ for header in _OF_BROWSERS):
        raise _Refused(403, "AccessDenied", "Browsers have no access.")


def _refuse_other_operations(environ: WSGIEnvironment, served: str) -> None:
    bucket, _, key = environ["PATH_INFO"].removeprefix("/").partition("/")
    allowed = (_ON_OBJECT if key else _ON_BUCKET).get(environ["REQUEST_METHOD"]) if bucket else None
    if allowed is not None and bucket != served:
        raise _Refused(404, "NoSuchBucket", "This store has no such bucket.")
    if allowed is None:
        raise _Refused(405, "MethodNotAllowed", "This store has no such operation.")
    query = {name for name, _ in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)}
    if not query <= allowed or (environ["REQUEST_METHOD"] == "POST" and "delete" not in query):
        raise _Refused(501, "NotImplemented", "This store has no such operation.")


def _read_body(environ: WSGIEnvironment, digest: str) -> None:
    """Read the body, which the store then finds in memory, and refuse one that the signature does not cover."""
    body = get_input_stream(environ).read()
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), digest.encode()):
        raise _Refused(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.")
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)


def _error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, content_type="application/xml", headers={"X-Content-Type-Options": "nosniff"})


def _without_cors(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
        kept = [(name, value) for name, value in headers if not name.lower().startswith("access-control-")]
        return start_response(status, kept, *failure)

    return start
